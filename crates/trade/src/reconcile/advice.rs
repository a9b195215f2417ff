//! What staff can do about a difference, in words.

use super::model::Problem;
use super::view::Difference;

pub(super) fn advice(found: &Difference) -> &'static str {
    let own = super::is_own(&found.channel);
    match (found.problem, found.kind.as_str()) {
        (_, _) if own => "这笔钱没有经过外部渠道，两本内部账却不一致。请把编号交给技术支持核对，查清后再登记。",
        (_, _) if super::is_funds(&found.channel) => funds_advice(found),
        (Problem::OursOnly, "payment") => {
            "我们记了收款，账单里没有。可能跨零点记在第二天的账单里，第二天会自动对上；仍对不上，请到商户平台按单号查询。"
        }
        (Problem::OursOnly, _) => {
            "我们记了退款，账单里没有。可能记在第二天的账单里；仍对不上，请到商户平台核对退款是否成功。"
        }
        (Problem::TheirsOnly, "payment") => {
            "渠道收了钱，商城里没有这个单号。多半是同一商户号在别处收的款；不是的话，请按单号退回付款人。"
        }
        (Problem::TheirsOnly, _) => "渠道退了款，商城里没有这个单号。多半是有人在商户平台手动退款；请找到订单并登记。",
        (Problem::Amount, _) => "两边金额不一样。请以渠道为准查明原因：改过价、部分退款或代金券，处理后登记。",
        (Problem::State, "payment") => {
            "渠道说付成功了，商城还没有到账。点“再问渠道”会按渠道的结果入账，订单已关闭的会原路退回。"
        }
        (Problem::State, _) => "渠道和商城的退款结果不一样。点“再问渠道”更新；手工退过的请核对是否退了两次。",
    }
}

fn funds_advice(found: &Difference) -> &'static str {
    match (found.kind.as_str(), found.problem) {
        ("fee", _) => {
            "资金账户收的手续费和交易账单写的不一样。请在商户平台按单号核对费率；多收的向微信支付申诉，查清后登记。"
        }
        ("transfer", Problem::OursOnly) => {
            "我们记了转账成功，资金账单里没有支出。可能记在第二天；仍对不上，请到商户平台“商家转账”按单号核对。"
        }
        ("transfer", Problem::TheirsOnly) => {
            "账户转出了一笔钱，商城里没有这笔转账。请确认是不是有人在商户平台直接转账，查清后登记。"
        }
        ("transfer", _) => "转账的金额或结果和资金账单不一样。点“再问渠道”更新；仍不一致请以商户平台为准核对。",
        (_, Problem::OursOnly) => {
            "交易记了这笔钱，资金账户没有变动。可能记在第二天的资金账单里，会自动对上；仍对不上，请到商户平台查资金流水。"
        }
        (_, Problem::TheirsOnly) => {
            "资金账户有变动，商城里没有这个单号。多半是同一商户号在别处的收退款；不是的话，请到商户平台查资金流水。"
        }
        _ => "资金账户变动的金额或结果和我们的账不一样。请以商户平台的资金流水为准查明原因，处理后登记。",
    }
}
