"""Combined payments (合单支付) with wechatpayv3, which verifies every successful response and every notice, in both trust modes."""

import json

import pytest
from test_wechat_pay import OPENID, merchant, trust  # noqa: F401  (fixtures)
from wechatpayv3 import WeChatPayType


def subs_of(merchant, number):
    def sub(position, fen, name):
        amount = {"total_amount": fen, "currency": "CNY"}
        return {"mchid": merchant._mchid, "attach": number, "amount": amount, "out_trade_no": f"{number[:28]}S{position}", "description": name}

    return [sub(1, 700, "自营 订单"), sub(2, 500, "山房 订单")]


def combine(merchant, number, **changes):
    asked = {"combine_out_trade_no": number, "sub_orders": subs_of(merchant, number), "combine_payer_info": {"openid": OPENID}}
    code, message = merchant.combine_pay(**(asked | changes))
    return code, json.loads(message)


def query(merchant, number):
    code, message = merchant.combine_query(number)
    assert code == 200, message
    return json.loads(message)


def states(content):
    return [sub["trade_state"] for sub in content["sub_orders"]]


def test_all_sub_orders_are_paid_at_once_and_told_in_one_notice(stand_ins, merchant, receiver, number):
    code, answer = combine(merchant, number)
    assert code == 200 and answer["prepay_id"].startswith("wx"), answer
    assert combine(merchant, number) == (200, answer), "the same again answers the same"
    assert states(query(merchant, number)) == ["NOTPAY", "NOTPAY"]

    stand_ins.control("pay", out_trade_no=number)
    told = merchant.callback(*receiver.next())
    assert told["event_type"] == "TRANSACTION.SUCCESS"
    content = told["resource"]
    assert (content["combine_out_trade_no"], content["combine_mchid"]) == (number, merchant._mchid)
    assert content["combine_payer_info"]["openid"] == OPENID
    assert [sub["amount"]["total_amount"] for sub in content["sub_orders"]] == [700, 500]
    assert states(content) == ["SUCCESS", "SUCCESS"]
    ids = {sub["transaction_id"] for sub in content["sub_orders"]}
    assert len(ids) == 2, "a transaction for each"
    assert {sub["transaction_id"] for sub in query(merchant, number)["sub_orders"]} == ids
    assert combine(merchant, number)[1]["code"] == "ORDERPAID"


def test_native_and_h5_open_one_cashier(stand_ins, merchant, number):
    code, answer = combine(merchant, number, pay_type=WeChatPayType.NATIVE, combine_payer_info=None)
    assert code == 200 and answer["code_url"].startswith(f"{stand_ins.address}/cashier/"), answer
    scene = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    code, answer = combine(merchant, number[::-1], pay_type=WeChatPayType.H5, combine_payer_info=None, scene_info=scene)
    assert code == 200 and answer["h5_url"].startswith(f"{stand_ins.address}/cashier/"), answer


def test_close_names_every_sub_order(stand_ins, merchant, number):
    combine(merchant, number)
    named = [{"mchid": sub["mchid"], "out_trade_no": sub["out_trade_no"]} for sub in subs_of(merchant, number)]
    assert merchant.combine_close(number, named[:1])[0] == 400
    assert merchant.combine_close(number, named)[0] == 204
    assert states(query(merchant, number)) == ["CLOSED", "CLOSED"]
    assert combine(merchant, number)[1]["code"] == "ORDER_CLOSED"
    other = number[::-1]
    combine(merchant, other)
    stand_ins.control("pay", out_trade_no=other)
    named = [{"mchid": sub["mchid"], "out_trade_no": sub["out_trade_no"]} for sub in subs_of(merchant, other)]
    code, message = merchant.combine_close(other, named)
    assert (code, json.loads(message)["code"]) == (400, "ORDER_PAID")


def test_each_sub_order_is_refunded_by_itself_for_what_it_cost(stand_ins, merchant, receiver, number):
    combine(merchant, number)
    stand_ins.control("pay", out_trade_no=number)
    receiver.next()
    sub = subs_of(merchant, number)[1]["out_trade_no"]
    asked = {"out_refund_no": f"r{number[:20]}", "out_trade_no": sub}
    code, message = merchant.refund(amount={"refund": 501, "total": 500, "currency": "CNY"}, **asked)
    assert (code, json.loads(message)["code"]) == (400, "INVALID_REQUEST"), "no more than the sub-order"
    code, message = merchant.refund(amount={"refund": 500, "total": 500, "currency": "CNY"}, **asked)
    assert code == 200, message
    told = merchant.callback(*receiver.next())
    assert (told["event_type"], told["resource"]["out_trade_no"]) == ("REFUND.SUCCESS", sub)
    assert states(query(merchant, number)) == ["SUCCESS", "REFUND"]


def test_what_does_not_fit_is_refused(merchant, number):
    def code_of(sub_orders):
        return combine(merchant, number, sub_orders=sub_orders)[1]["code"]

    one, two = subs_of(merchant, number)
    assert code_of([one, two | {"mchid": "1900009999"}]) == "PARAM_ERROR"
    assert code_of([one, two | {"out_trade_no": one["out_trade_no"]}]) == "PARAM_ERROR"
    assert code_of([one, two | {"amount": {"total_amount": 0, "currency": "CNY"}}]) == "PARAM_ERROR"
    assert combine(merchant, number)[0] == 200
    assert code_of([one, two | {"amount": {"total_amount": 1, "currency": "CNY"}}]) == "INVALID_REQUEST"


def test_wrong_signatures_are_refused_by_the_sdk(stand_ins, merchant, receiver, number):
    combine(merchant, number)
    with stand_ins.switched("wrong_signature"), pytest.raises(Exception, match="failed to verify the signature"):
        merchant.combine_query(number)
    with stand_ins.switched("wrong_notice_signature"):
        stand_ins.control("pay", out_trade_no=number)
        assert merchant.callback(*receiver.next()) is None
