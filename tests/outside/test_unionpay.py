"""UnionPay 5.1.0 as its documents describe it, written with Python's cryptography: no SDK for this protocol is published that
can be pointed elsewhere, so requests, certificates and the statement's columns are checked by a second hand."""

import base64
import hashlib
import io
import re
import time
import urllib.parse
import zipfile
import zlib
from datetime import datetime, timedelta, timezone

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

# Columns of a ZM file, as the vendor's own SDK cuts it.
WIDTHS = [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98]


def digest(fields):
    text = "&".join(f"{k}={v}" for k, v in sorted(fields.items()) if v and k != "signature")
    return hashlib.sha256(text.encode()).hexdigest().encode()


def split(text):
    """Pairs of an answer, which is not encoded: base64 may hold `=`, the certificate line feeds."""
    return dict(pair.split("=", 1) for pair in text.split("&"))


class Merchant:
    def __init__(self, stand_ins, back_url):
        self.own, self.base, self.back_url = stand_ins.credentials["unionpay"], stand_ins.address, back_url
        self.key = serialization.load_pem_private_key(self.own["private_key"].encode(), None)
        own, self.middle, self.root = (
            x509.load_pem_x509_certificate(self.own[name].encode())
            for name in ("certificate", "middle_certificate", "root_certificate")
        )
        self.common = {"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "accessType": "0", "bizType": "000201"}
        self.common |= {"merId": self.own["merchant_id"], "certId": str(own.serial_number)}

    def signed(self, **fields):
        fields = self.common | fields
        fields["signature"] = base64.b64encode(self.key.sign(digest(fields), padding.PKCS1v15(), hashes.SHA256())).decode()
        return fields

    def verify(self, fields):
        theirs = x509.load_pem_x509_certificate(fields["signPubKeyCert"].encode())
        self.root.verify_directly_issued_by(self.root)
        self.middle.verify_directly_issued_by(self.root)
        theirs.verify_directly_issued_by(self.middle)
        name = theirs.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        assert name.split("@")[2] == self.own["signer"]
        theirs.public_key().verify(base64.b64decode(fields["signature"]), digest(fields), padding.PKCS1v15(), hashes.SHA256())
        return fields

    def ask(self, path, **fields):
        return self.verify(split(requests.post(f"{self.base}{path}", data=self.signed(**fields), timeout=5).text))

    def query(self, number, second):
        asked = {"txnType": "00", "txnSubType": "00", "orderId": number, "txnTime": second}
        return self.ask("/gateway/api/queryTrans.do", **asked)

    def form(self, number, second, amount="1200"):
        return self.signed(
            txnType="01", txnSubType="01", channelType="07", orderId=number, txnTime=second, txnAmt=amount,
            currencyCode="156", backUrl=self.back_url, frontUrl="http://127.0.0.1/back",
        )

    def post(self, form):
        return requests.post(f"{self.base}/gateway/api/frontTransReq.do", data=form, allow_redirects=False, timeout=5)


def second():
    return datetime.now(timezone(timedelta(hours=8))).strftime("%Y%m%d%H%M%S")


@pytest.fixture
def merchant(stand_ins, receiver):
    return Merchant(stand_ins, receiver.url)


@pytest.fixture
def order():
    return f"{time.time_ns()}", second()


def told(receiver):
    body = receiver.next()[1]
    return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))


def told_of(receiver, kind):
    """The next notice of a kind: one whose answer came late is sent again."""
    while (notice := told(receiver))["txnType"] != kind:
        pass
    return notice


def test_form_is_posted_paid_told_and_queried(stand_ins, merchant, receiver, order):
    assert merchant.query(*order)["respCode"] == "34"
    answer = merchant.post(merchant.form(*order))
    assert answer.status_code == 303, answer.text
    page = requests.get(urllib.parse.urljoin(merchant.base, answer.headers["location"]), timeout=5).text
    assert "¥12.00" in page
    stand_ins.control("pay", out_trade_no=order[0])
    notice = merchant.verify(told(receiver))
    assert (notice["orderId"], notice["txnAmt"], notice["respCode"]) == (order[0], "1200", "00")
    forged = notice | {"txnAmt": "1"}
    with pytest.raises(InvalidSignature):
        merchant.verify(forged)
    seen = merchant.query(*order)
    assert (seen["respCode"], seen["origRespCode"], seen["queryId"]) == ("00", "00", notice["queryId"])
    assert merchant.query(order[0], "20200101000000")["respCode"] == "34", "a trade of another second is another trade"


def test_changed_form_is_refused(merchant, order):
    assert "验证签名失败" in merchant.post(merchant.form(*order) | {"txnAmt": "1"}).text
    assert "txnTime无效" in merchant.post(merchant.form(order[0], "20200101000000")).text


def test_refund_is_accepted_told_and_done_once(stand_ins, merchant, receiver, order):
    merchant.post(merchant.form(*order))
    stand_ins.control("pay", out_trade_no=order[0])
    paid = told(receiver)
    back = {"txnType": "04", "txnSubType": "00", "channelType": "07", "backUrl": merchant.back_url, "origQryId": paid["queryId"]}
    one = back | {"orderId": f"R{order[0]}", "txnTime": second(), "txnAmt": "500"}
    assert merchant.ask("/gateway/api/backTransReq.do", **one)["respCode"] == "00"
    assert merchant.ask("/gateway/api/backTransReq.do", **one)["respCode"] == "12"
    notice = merchant.verify(told_of(receiver, "04"))
    assert (notice["txnType"], notice["orderId"], notice["respCode"]) == ("04", one["orderId"], "00")
    assert merchant.query(one["orderId"], one["txnTime"])["origRespCode"] == "00"
    more = back | {"orderId": f"S{order[0]}", "txnTime": second(), "txnAmt": "701"}
    assert merchant.ask("/gateway/api/backTransReq.do", **more)["respCode"] == "36"


def test_unknown_states_are_told_as_such(stand_ins, merchant, order):
    merchant.post(merchant.form(*order))
    with stand_ins.switched("payer_pending"):
        stand_ins.control("pay", out_trade_no=order[0])
    assert merchant.query(*order)["origRespCode"] == "05"
    with stand_ins.switched("wrong_signature"), pytest.raises(InvalidSignature):
        merchant.query(*order)


def test_statement_of_a_day_without_movements(merchant):
    yesterday = (datetime.now(timezone(timedelta(hours=9))) - timedelta(days=1)).strftime("%m%d")
    asked = {"bizType": "000000", "txnType": "76", "txnSubType": "01", "fileType": "00", "txnTime": second(), "settleDate": yesterday}
    assert merchant.ask("/unionpay/file/", **asked)["respCode"] == "98"


def test_statement_has_the_columns_of_the_vendors_sdk(stand_ins, merchant):
    yesterday = (datetime.now(timezone(timedelta(hours=9))) - timedelta(days=1)).strftime("%m%d")
    asked = {"bizType": "000000", "txnType": "76", "txnSubType": "01", "fileType": "00", "txnTime": second(), "settleDate": yesterday}
    with stand_ins.switched("bill_extra_line"):
        answer = merchant.ask("/unionpay/file/", **asked)
    archive = zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(answer["fileContent"]))))
    (name,) = [name for name in archive.namelist() if "ZM_" in name]
    (line,) = archive.read(name).decode("gbk").splitlines()
    cells, at = [], 0
    for width in WIDTHS:
        cells.append(line[at : at + width].strip())
        at += width + 1
    assert (cells[6], cells[19], cells[27]) == ("000000000888", "01", merchant.own["merchant_id"])
    assert re.fullmatch(r"UNKNOWN\d{8}", cells[11]) and at == len(line) + 1
