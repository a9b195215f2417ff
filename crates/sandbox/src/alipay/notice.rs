//! Notices of a trade: a signed form, posted on Alipay's schedule until the receiver answers exactly `success`.

use super::model::Trade;
use crate::china;
use crate::form_notice::{FORM, FormLetter, post};
use crate::switches::Fault;
use crate::world::World;
use kernel::{hours, minutes};
use std::sync::Arc;

/// Waits before the second and each further try: 25 hours and a bit.
const RETRIES_MS: &[i64] = &[minutes(4), minutes(10), minutes(10), hours(1), hours(2), hours(6), hours(15)];

/// Tells the merchant that a trade was paid.
pub(super) fn announce_payment(world: &Arc<World>, trade: &Trade) {
    send(world, trade, "alipay 支付成功", &[]);
}

/// Tells the merchant that money went back; `refund_fee` is the sum of all refunds.
pub(super) fn announce_refund(world: &Arc<World>, trade: &Trade, number: &str) {
    let extra = [
        ("out_biz_no", number.to_owned()),
        ("refund_fee", trade.refunded().to_string()),
        ("gmt_refund", format!("{}.000", china::plain(world.now()))),
    ];
    send(world, trade, "alipay 退款", &extra);
}

fn send(world: &Arc<World>, trade: &Trade, event: &'static str, extra: &[(&str, String)]) {
    if trade.notify_url.is_empty() {
        return;
    }
    let now = china::plain(world.now());
    let id = format!("{}{}", china::compact(world.now()), wire::random::nonce().to_ascii_lowercase());
    let (app_id, seller_id) = world.keys(|k| (k.alipay.app_id.clone(), k.alipay.seller_id.clone()));
    let (buyer, paid_at) = (trade.buyer_id.clone().unwrap_or_default(), trade.paid_at.map(china::plain));
    let total = trade.total.to_string();
    let mut params: Vec<(&str, String)> = vec![
        ("notify_time", now),
        ("notify_type", "trade_status_sync".to_owned()),
        ("notify_id", id.clone()),
        ("app_id", app_id.clone()),
        ("auth_app_id", app_id),
        ("charset", "utf-8".to_owned()),
        ("version", "1.0".to_owned()),
        ("trade_no", trade.trade_no.clone()),
        ("out_trade_no", trade.number.clone()),
        ("subject", trade.subject.clone()),
        ("seller_id", seller_id),
        ("buyer_id", buyer),
        ("trade_status", trade.status.code().to_owned()),
        ("total_amount", total.clone()),
        ("receipt_amount", total.clone()),
        ("buyer_pay_amount", total.clone()),
        ("invoice_amount", total.clone()),
        ("point_amount", "0.00".to_owned()),
        ("fund_bill_list", format!("[{{\"amount\":\"{total}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]")),
        ("gmt_create", china::plain(trade.created_at)),
        ("gmt_payment", paid_at.unwrap_or_default()),
    ];
    params.extend(extra.iter().map(|(k, v)| (*k, v.clone())));
    params.retain(|(_, value)| !value.is_empty());
    let mut faults = trade.faults.clone();
    faults.extend(&world.state().switches);
    let borrowed: Vec<(&str, &str)> = params.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let mut message = wire::alipay::notice_message(&borrowed);
    if faults.has(Fault::WrongNoticeSignature) {
        message.push(' ');
    }
    let sign = world.keys(|k| k.alipay.key.sign(message));
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(&params).append_pair("sign_type", "RSA2").append_pair("sign", &sign);
    post(
        world,
        FormLetter {
            id,
            event,
            payment_number: trade.number.clone(),
            url: trade.notify_url.clone(),
            content_type: FORM,
            body: form.finish(),
            faults: trade.faults.clone(),
            retries_ms: RETRIES_MS,
            accepted: |status, text| status == 200 && text == "success",
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_is_the_published_one() {
        assert_eq!(RETRIES_MS.iter().sum::<i64>(), hours(24) + minutes(24));
    }
}
