"""wechatpayv3, which verifies every successful response and every notice, in both trust modes."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
YUAN = {"total": 1200, "currency": "CNY"}


@pytest.fixture(params=["certificate", "public_key"])
def trust(request):
    return request.param


@pytest.fixture
def merchant(stand_ins, receiver, trust, monkeypatch):
    """An SDK client whose gateway is the stand-in; nothing else about it is changed."""
    own = stand_ins.credentials["wechat_pay"]
    original = Core._init_certificates

    def init_certificates(core):
        core._gate_way = stand_ins.address
        original(core)

    monkeypatch.setattr(Core, "_init_certificates", init_certificates)
    by_key = {"public_key": own["public_key"], "public_key_id": own["public_key_id"]} if trust == "public_key" else {}
    client = WeChatPay(
        wechatpay_type=WeChatPayType.JSAPI,
        mchid=own["merchant_id"],
        private_key=own["merchant_private_key"],
        cert_serial_no=own["merchant_serial"],
        apiv3_key=own["api_v3_key"],
        appid=stand_ins.credentials["wechat"]["app_id"],
        notify_url=receiver.url,
        **by_key,
    )
    client._core._gate_way = stand_ins.address
    return client


def prepay(merchant, number, **changes):
    asked = {"description": "咖啡椅 等 2 件", "out_trade_no": number, "amount": YUAN, "payer": {"openid": OPENID}}
    code, message = merchant.pay(**(asked | changes))
    return code, json.loads(message)


def query(merchant, number):
    code, message = merchant.query(out_trade_no=number)
    assert code == 200, message
    return json.loads(message)


def test_jsapi_is_paid_queried_and_told(stand_ins, merchant, receiver, number, trust):
    code, answer = prepay(merchant, number)
    assert code == 200 and answer["prepay_id"].startswith("wx"), answer
    assert prepay(merchant, number) == (200, answer)
    assert query(merchant, number)["trade_state"] == "NOTPAY"

    stand_ins.control("pay", out_trade_no=number)
    headers, body = receiver.next()
    is_key_id = headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_")
    assert is_key_id == (trust == "public_key")
    told = merchant.callback(headers, body)
    assert told["event_type"] == "TRANSACTION.SUCCESS"
    content = told["resource"]
    assert (content["out_trade_no"], content["amount"]["total"], content["payer"]["openid"]) == (number, 1200, OPENID)

    seen = query(merchant, number)
    assert (seen["trade_state"], seen["transaction_id"]) == ("SUCCESS", content["transaction_id"])
    code, answer = prepay(merchant, number)
    assert (code, answer["code"]) == (400, "ORDERPAID")


def test_native_opens_the_cashier(stand_ins, merchant, number):
    code, answer = prepay(merchant, number, pay_type=WeChatPayType.NATIVE, payer=None)
    assert code == 200, answer
    assert answer["code_url"].startswith(f"{stand_ins.address}/cashier/")


def test_h5_opens_the_cashier(stand_ins, merchant, number):
    scene = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    code, answer = prepay(merchant, number, pay_type=WeChatPayType.H5, payer=None, scene_info=scene)
    assert code == 200 and answer["h5_url"].startswith(f"{stand_ins.address}/cashier/"), answer


def test_close_answers_204_with_a_good_signature(merchant, number):
    prepay(merchant, number)
    assert merchant.close(number)[0] == 204
    assert query(merchant, number)["trade_state"] == "CLOSED"
    assert prepay(merchant, number)[1]["code"] == "ORDER_CLOSED"


def test_refund_is_done_once_and_told(stand_ins, merchant, receiver, number):
    prepay(merchant, number)
    stand_ins.control("pay", out_trade_no=number)
    receiver.next()
    asked = {"out_refund_no": f"r{number[:20]}", "out_trade_no": number, "reason": "不想要了"}
    amount = {"refund": 500, "total": 1200, "currency": "CNY"}
    code, message = merchant.refund(amount=amount, **asked)
    assert code == 200, message
    refund_id = json.loads(message)["refund_id"]
    assert json.loads(merchant.refund(amount=amount, **asked)[1])["refund_id"] == refund_id

    headers, body = receiver.next()
    told = merchant.callback(headers, body)
    assert told["event_type"] == "REFUND.SUCCESS"
    assert (told["resource"]["refund_id"], told["resource"]["amount"]["refund"]) == (refund_id, 500)
    code, message = merchant.query_refund(out_refund_no=asked["out_refund_no"])
    assert (code, json.loads(message)["status"]) == (200, "SUCCESS")

    code, message = merchant.refund(amount=amount | {"refund": 600}, **asked)
    assert code == 400, message
    code, message = merchant.refund(amount=amount | {"refund": 701}, **(asked | {"out_refund_no": "other"}))
    assert (code, json.loads(message)["code"]) == (400, "INVALID_REQUEST")


def test_wrong_response_signature_is_refused_by_the_sdk(stand_ins, merchant, number):
    prepay(merchant, number)
    with stand_ins.switched("wrong_signature"), pytest.raises(Exception, match="failed to verify the signature"):
        merchant.query(out_trade_no=number)
    with stand_ins.switched("probe_response"), pytest.raises(Exception, match="failed to verify the signature"):
        merchant.query(out_trade_no=number)
    assert query(merchant, number)["trade_state"] == "NOTPAY"


def test_wrong_notice_signature_is_refused_and_sent_again(stand_ins, merchant, receiver, number):
    receiver.statuses = [500]
    prepay(merchant, number)
    with stand_ins.switched("wrong_notice_signature"):
        stand_ins.control("pay", out_trade_no=number)
        for _ in range(2):
            headers, body = receiver.next()
            assert merchant.callback(headers, body) is None


def test_rotated_certificate_is_fetched_again(stand_ins, merchant, number, trust):
    prepay(merchant, number)
    stand_ins.control("rotate-certificate")
    assert query(merchant, number)["trade_state"] == "NOTPAY"
    if trust == "certificate":
        assert len(merchant._core._certificates) == 2


def test_foreign_key_is_refused(merchant, number):
    merchant._core._private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    code, answer = prepay(merchant, number)
    assert (code, answer["code"]) == (401, "SIGN_ERROR")


def test_transfer_waits_for_its_payee_and_is_told(stand_ins, merchant, receiver, number):
    bill = f"T{number[:24]}"
    asked = {
        "out_bill_no": bill,
        "transfer_scene_id": "1005",
        "openid": OPENID,
        "transfer_amount": 500,
        "transfer_remark": "佣金",
        "notify_url": receiver.url,
        "transfer_scene_report_infos": [
            {"info_type": "岗位类型", "info_content": "推广员"},
            {"info_type": "报酬说明", "info_content": "佣金"},
        ],
    }
    code, message = merchant.mch_transfer_bills(**asked)
    made = json.loads(message)
    assert (code, made["state"]) == (200, "WAIT_USER_CONFIRM"), message
    assert made["package_info"]
    assert json.loads(merchant.mch_transfer_bills(**asked)[1]) == made
    stand_ins.control("confirm-transfer", out_bill_no=bill, accept=True)
    headers, body = receiver.next()
    told = merchant.callback(headers, body)
    assert told["event_type"] == "MCHTRANSFER.BILL.FINISHED"
    assert (told["resource"]["state"], told["resource"]["transfer_amount"]) == ("SUCCESS", 500)
