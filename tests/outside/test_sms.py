"""The vendor's own SMS SDK against SendSms: signature, refusal of a wrong secret, and the inbox."""

import json

import pytest
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.models import Config

PHONE = "13900000002"


def client(stand_ins, **changes):
    own = stand_ins.credentials["aliyun_sms"]
    config = {"access_key_id": own["access_key_id"], "access_key_secret": own["access_key_secret"]} | changes
    return Client(Config(endpoint=stand_ins.address.removeprefix("http://"), protocol="http", **config))


def request(stand_ins, **changes):
    own = stand_ins.credentials["aliyun_sms"]
    asked = {
        "phone_numbers": PHONE,
        "sign_name": own["sign_name"],
        "template_code": own["template_code"],
        "template_param": json.dumps({"code": "402 817"}),
    }
    return SendSmsRequest(**(asked | changes))


def test_code_reaches_the_inbox(stand_ins):
    answer = client(stand_ins).send_sms(request(stand_ins))
    assert (answer.body.code, answer.status_code) == ("OK", 200)
    newest = stand_ins.ask("messages", phone=PHONE)[0]
    assert (newest["sign_name"], newest["params"]) == ("河坊生活", {"code": "402 817"})


def test_wrong_secret_is_refused(stand_ins):
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        client(stand_ins, access_key_secret="0" * 30).send_sms(request(stand_ins))


def test_unknown_key_is_refused(stand_ins):
    with pytest.raises(Exception, match="InvalidAccessKeyId.NotFound"):
        client(stand_ins, access_key_id="LTAI5tnobody").send_sms(request(stand_ins))


def test_limits_are_business_errors(stand_ins):
    with stand_ins.switched("sms_limited"):
        answer = client(stand_ins).send_sms(request(stand_ins))
    assert answer.body.code == "isv.BUSINESS_LIMIT_CONTROL"


def test_wrong_number_is_a_business_error(stand_ins):
    answer = client(stand_ins).send_sms(request(stand_ins, phone_numbers="12345"))
    assert answer.body.code == "isv.MOBILE_NUMBER_ILLEGAL"
