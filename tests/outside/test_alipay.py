"""python-alipay-sdk, which verifies every response and checks notices, in both trust modes."""

import urllib.parse
from datetime import datetime, timedelta, timezone

import pytest
import requests
from alipay import AliPay, DCAliPay
from alipay.exceptions import AliPayValidationError


@pytest.fixture(params=["public_key", "certificate"])
def merchant(request, stand_ins, receiver):
    """An SDK client whose gateway is the stand-in; nothing else about it is changed."""
    own = stand_ins.credentials["alipay"]
    common = {
        "appid": own["app_id"],
        "app_notify_url": receiver.url,
        "app_private_key_string": own["app_private_key"],
        "sign_type": "RSA2",
    }
    if request.param == "public_key":
        client = AliPay(alipay_public_key_string=own["alipay_public_key"], **common)
    else:
        client = DCAliPay(
            app_public_key_cert_string=own["app_certificate"],
            alipay_public_key_cert_string=own["alipay_certificate"],
            alipay_root_cert_string=own["root_certificate"],
            **common,
        )
    client._gateway = f"{stand_ins.address}/gateway.do"
    return client


@pytest.fixture(autouse=True)
def china(monkeypatch):
    """The SDK stamps requests with the machine's local time and expects it to be China's."""
    import alipay

    class InChina(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(timezone(timedelta(hours=8))).replace(tzinfo=None)

    monkeypatch.setattr(alipay, "datetime", InChina)


def opened(stand_ins, merchant, number, total="12.00"):
    """A page payment whose address was opened in a browser."""
    order = merchant.api_alipay_trade_page_pay(
        subject="咖啡椅 等 2 件", out_trade_no=number, total_amount=total, return_url="http://127.0.0.1/back"
    )
    answer = requests.get(f"{merchant._gateway}?{order}", allow_redirects=False, timeout=5)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def form_of(body):
    return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))


def test_page_payment_is_opened_paid_told_and_queried(stand_ins, merchant, receiver, number):
    assert merchant.api_alipay_trade_query(out_trade_no=number)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    opened(stand_ins, merchant, number)
    assert merchant.api_alipay_trade_query(out_trade_no=number)["trade_status"] == "WAIT_BUYER_PAY"
    stand_ins.control("pay", out_trade_no=number)
    told = form_of(receiver.next()[1])
    assert merchant.verify({k: v for k, v in told.items() if k != "sign"}, told["sign"])
    assert (told["out_trade_no"], told["total_amount"], told["trade_status"]) == (number, "12.00", "TRADE_SUCCESS")
    forged = {k: v for k, v in told.items() if k != "sign"} | {"total_amount": "0.01"}
    assert not merchant.verify(forged, told["sign"])
    seen = merchant.api_alipay_trade_query(out_trade_no=number)
    assert (seen["code"], seen["trade_status"], seen["trade_no"]) == ("10000", "TRADE_SUCCESS", told["trade_no"])


def test_mobile_payment_and_trade(stand_ins, merchant, number):
    order = merchant.api_alipay_trade_wap_pay(subject="茶", out_trade_no=number, total_amount="0.29", product_code="QUICK_WAP_WAY")
    page = requests.get(f"{merchant._gateway}?{order}", timeout=5).text
    assert "¥0.29" in page
    made = merchant.api_alipay_trade_create(
        subject="茶",
        out_trade_no=f"{number}m",
        total_amount="0.29",
        buyer_id="2088102534368455",
        product_code="JSAPI_PAY",
        op_app_id=stand_ins.credentials["alipay"]["app_id"],
    )
    assert made["code"] == "10000" and made["trade_no"], made


def test_close(stand_ins, merchant, number):
    opened(stand_ins, merchant, number)
    assert merchant.api_alipay_trade_close(out_trade_no=number)["code"] == "10000"
    assert merchant.api_alipay_trade_query(out_trade_no=number)["trade_status"] == "TRADE_CLOSED"


def test_refund_is_done_once_and_told(stand_ins, merchant, receiver, number):
    opened(stand_ins, merchant, number)
    stand_ins.control("pay", out_trade_no=number)
    receiver.next()
    asked = {"out_trade_no": number, "refund_amount": "5.00", "out_request_no": "r1"}
    assert merchant.api_alipay_trade_refund(**asked)["fund_change"] == "Y"
    assert merchant.api_alipay_trade_refund(**asked)["fund_change"] == "N"
    found = merchant.api_alipay_trade_fastpay_refund_query("r1", out_trade_no=number)
    assert (found["refund_status"], found["refund_amount"]) == ("REFUND_SUCCESS", "5.00")
    too_much = merchant.api_alipay_trade_refund(out_trade_no=number, refund_amount="7.01", out_request_no="r2")
    assert too_much["code"] == "40004", too_much
    merchant.api_alipay_trade_refund(out_trade_no=number, refund_amount="7.00", out_request_no="r2")
    assert merchant.api_alipay_trade_query(out_trade_no=number)["trade_status"] == "TRADE_CLOSED"


def test_wrong_response_signature_is_refused_by_the_sdk(stand_ins, merchant, number):
    opened(stand_ins, merchant, number)
    with stand_ins.switched("wrong_signature"), pytest.raises(AliPayValidationError):
        merchant.api_alipay_trade_query(out_trade_no=number)
    assert merchant.api_alipay_trade_query(out_trade_no=number)["trade_status"] == "WAIT_BUYER_PAY"


def test_changed_request_is_refused(stand_ins, merchant, number):
    order = merchant.api_alipay_trade_page_pay(subject="茶", out_trade_no=number, total_amount="12.00")
    page = requests.get(f"{merchant._gateway}?{order.replace('12.00', '0.01')}", timeout=5).text
    assert "isv.invalid-signature" in page


def test_payment_code_is_charged_asked_refused_and_cancelled(merchant, number):
    def charge(number, code):
        return merchant.api_alipay_trade_pay(
            out_trade_no=number, scene="bar_code", auth_code=code, subject="门店消费", total_amount="12.00",
            product_code="FACE_TO_FACE_PAYMENT",
        )

    paid = charge(number, "280000000000000000")
    assert (paid["code"], paid["total_amount"]) == ("10000", "12.00"), paid
    assert merchant.api_alipay_trade_query(out_trade_no=number)["trade_status"] == "TRADE_SUCCESS"
    asked = charge(f"{number}a", "280000000000000001")
    assert asked["code"] == "10003", asked
    assert merchant.api_alipay_trade_cancel(out_trade_no=f"{number}a")["action"] == "close"
    assert merchant.api_alipay_trade_query(out_trade_no=f"{number}a")["trade_status"] == "TRADE_CLOSED"
    assert charge(f"{number}b", "280000000000000002")["sub_code"] == "ACQ.BUYER_BALANCE_NOT_ENOUGH"
    assert charge(f"{number}c", "130000000000000000")["sub_code"] == "ACQ.PAYMENT_AUTH_CODE_INVALID"
    assert merchant.api_alipay_trade_cancel(out_trade_no=number)["action"] == "refund"
