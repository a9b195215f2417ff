"""wechatpy's client against the mini-program API: token, sign-in, and the renewal it does by itself."""

import pytest
import requests
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException


class Redirected(requests.adapters.HTTPAdapter):
    """Changes scheme and authority only; path, query, headers and body stay as the SDK made them."""

    def __init__(self, address):
        super().__init__()
        self.address = address

    def send(self, request, **kwargs):
        request.url = request.url.replace("https://api.weixin.qq.com", self.address, 1)
        return super().send(request, **kwargs)


@pytest.fixture
def client(stand_ins):
    own = stand_ins.credentials["wechat"]
    client = WeChatClient(own["app_id"], own["app_secret"])
    client._http.mount("https://api.weixin.qq.com", Redirected(stand_ins.address))
    return client


def test_token_lives_two_hours(client):
    answer = client.fetch_access_token()
    assert answer["expires_in"] == 7200 and len(answer["access_token"]) > 100


def test_wrong_secret_gives_no_token(client):
    client.secret = "0" * 32
    with pytest.raises(WeChatClientException) as refused:
        client.fetch_access_token()
    assert refused.value.errcode == 40125


def test_login_code_works_once(stand_ins, client):
    code = stand_ins.control("login-code", user="小满")["code"]
    session = client.wxa.code_to_session(code)
    assert len(session["openid"]) == 28 and len(session["session_key"]) == 24
    with pytest.raises(WeChatClientException) as refused:
        client.wxa.code_to_session(code)
    assert refused.value.errcode == 40163
    again = client.wxa.code_to_session(stand_ins.control("login-code", user="小满")["code"])
    assert again["openid"] == session["openid"] and again["session_key"] != session["session_key"]


def test_unknown_code_is_refused(client):
    with pytest.raises(WeChatClientException) as refused:
        client.wxa.code_to_session("nonsense")
    assert refused.value.errcode == 40029


def test_phone_code_works_once_and_a_lost_token_is_renewed(stand_ins, client):
    code = stand_ins.control("phone-code", phone="13800000001")["code"]
    client.fetch_access_token()
    stand_ins.control("expire-tokens")
    url = "https://api.weixin.qq.com/wxa/business/getuserphonenumber"
    answer = client.post(url, data={"code": code})
    assert answer["phone_info"]["purePhoneNumber"] == "13800000001"
    with pytest.raises(WeChatClientException) as refused:
        client.post(url, data={"code": code})
    assert refused.value.errcode == 40163
