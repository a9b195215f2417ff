//! Query and close. A query tells the truth of this moment; a close answers 204, or ORDER_PAID when the payer was faster.

use super::answer::{Answer, PayError, PayResult, read};
use super::model::{Payment, TradeState};
use crate::world::World;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Whose {
    #[serde(default)]
    mchid: String,
}

impl Whose {
    fn check(&self, world: &World) -> Result<(), PayError> {
        if world.keys(|k| k.merchant_id() == self.mchid) {
            Ok(())
        } else {
            Err(PayError::param("mchid", "商户号与签名的商户号不一致"))
        }
    }
}

fn unknown() -> PayError {
    PayError::new(404, "ORDER_NOT_EXIST", "订单不存在")
}

fn shown(world: &World, payment: &Payment) -> Answer {
    Answer::json(world.keys(|k| payment.view(k.merchant_id())), &payment.faults)
}

/// `GET /v3/pay/transactions/out-trade-no/{out_trade_no}?mchid=`.
pub(super) async fn by_number(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
    Query(whose): Query<Whose>,
) -> PayResult {
    whose.check(&world)?;
    let now = world.now();
    // A sub-order is asked for with the payment that combines it.
    let mut state = world.state();
    let known = state.pay.current(&number, now).filter(|payment| payment.combined.is_none());
    known.map(|p| shown(&world, p)).ok_or_else(unknown)
}

/// `GET /v3/pay/transactions/id/{transaction_id}?mchid=`.
pub(super) async fn by_transaction(
    State(world): State<Arc<World>>,
    Path(transaction_id): Path<String>,
    Query(whose): Query<Whose>,
) -> PayResult {
    whose.check(&world)?;
    world.state().pay.by_transaction(&transaction_id).map(|p| shown(&world, p)).ok_or_else(unknown)
}

/// `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`.
pub(super) async fn close(State(world): State<Arc<World>>, Path(number): Path<String>, body: Bytes) -> PayResult {
    read::<Whose>(&body)?.check(&world)?;
    let now = world.now();
    let faults = {
        let mut state = world.state();
        let known = state.pay.current(&number, now).filter(|payment| payment.combined.is_none());
        let payment = known.ok_or_else(unknown)?;
        match payment.state {
            TradeState::Success | TradeState::Refund => {
                return Err(PayError::new(400, "ORDER_PAID", "该订单已支付，不能关闭"));
            }
            TradeState::UserPaying => {
                return Err(PayError::new(400, "TRADE_ERROR", "付款码支付的订单请用撤销接口"));
            }
            TradeState::NotPay | TradeState::Closed | TradeState::Revoked => payment.state = TradeState::Closed,
        }
        payment.faults.clone()
    };
    world.payments_changed();
    Ok(Answer::empty(&faults))
}
