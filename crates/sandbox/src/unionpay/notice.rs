//! Back notices: a signed form, posted on UnionPay's schedule until the receiver answers 200 or 302. A payment is told when
//! it succeeded, a refund either way. The browser that goes back to `frontUrl` carries the same fields.

use super::gateway::{signed, told};
use super::model::Order;
use crate::form_notice::{FORM, FormLetter, post};
use crate::switches::Fault;
use crate::world::World;
use kernel::minutes;
use std::sync::Arc;

/// Waits before the second and each further try: five in all.
const RETRIES_MS: &[i64] = &[minutes(1), minutes(2), minutes(4), minutes(15)];

/// Tells the merchant how a trade ended.
pub(super) fn announce(world: &Arc<World>, order: &Order) {
    if order.back_url.is_empty() {
        return;
    }
    let mut faults = order.faults.clone();
    faults.extend(&world.state().switches);
    let fields = fields(world, order, faults.has(Fault::WrongNoticeSignature));
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(&fields);
    post(
        world,
        FormLetter {
            id: wire::random::nonce(),
            event: if order.kind == "04" { "unionpay 退货" } else { "unionpay 消费" },
            payment_number: order.number.clone(),
            url: order.back_url.clone(),
            content_type: FORM,
            body: form.finish(),
            faults: order.faults.clone(),
            retries_ms: RETRIES_MS,
            accepted: |status, _| matches!(status, 200 | 302),
        },
    );
}

/// What is told of a trade, signed.
pub(super) fn fields(world: &World, order: &Order, wrongly: bool) -> Vec<(String, String)> {
    let merchant = world.keys(|keys| keys.unionpay.merchant_id.clone());
    let own = [
        ("version", "5.1.0"),
        ("encoding", "UTF-8"),
        ("bizType", "000201"),
        ("txnType", order.kind.as_str()),
        ("txnSubType", if order.kind == "04" { "00" } else { "01" }),
        ("accessType", "0"),
        ("merId", merchant.as_str()),
        ("orderId", order.number.as_str()),
        ("txnTime", order.second.as_str()),
        ("origQryId", order.original.as_str()),
        ("respCode", order.standing.code()),
        ("respMsg", order.standing.label()),
    ];
    let mut all: Vec<(String, String)> = own.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    all.extend(told(order));
    all.retain(|(_, value)| !value.is_empty());
    signed(world, all, wrongly)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_is_the_known_one() {
        assert_eq!(RETRIES_MS.iter().sum::<i64>(), minutes(22));
    }
}
