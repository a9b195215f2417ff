//! WeChat Pay v3 (`api.mch.weixin.qq.com`) for one direct merchant: JSAPI, Native and H5 prepay, query, close, the same over
//! several sub-orders, refunds,
//! transfers to persons, platform certificates and notices. Every request is verified and every answer is signed, refusals included, by `guard`.
//! Payments and refunds are the only state that outlives a restart.

mod answer;
mod bill;
mod certificate;
mod code;
mod combine;
mod funds;
mod guard;
mod model;
mod notice;
mod prepay;
mod refund;
mod settle;
mod transaction;
mod transfer;

pub(crate) use model::{Attempt, NoticeRecord, Outcome, PayState, Payment, Scene, TradeState};
pub(crate) use settle::{Declined, decline, pay, random_below};
pub(crate) use transfer::confirm;

use crate::world::World;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use std::sync::Arc;

pub(crate) fn routes(world: &Arc<World>) -> Router<Arc<World>> {
    Router::new()
        .route("/v3/pay/transactions/jsapi", post(prepay::jsapi))
        .route("/v3/pay/transactions/native", post(prepay::native))
        .route("/v3/pay/transactions/h5", post(prepay::h5))
        .route("/v3/pay/transactions/codepay", post(code::pay))
        .route("/v3/pay/transactions/out-trade-no/{number}/reverse", post(code::reverse))
        .route("/v3/pay/transactions/out-trade-no/{number}", get(transaction::by_number))
        .route("/v3/pay/transactions/id/{transaction_id}", get(transaction::by_transaction))
        .route("/v3/pay/transactions/out-trade-no/{number}/close", post(transaction::close))
        .route("/v3/combine-transactions/jsapi", post(combine::jsapi))
        .route("/v3/combine-transactions/native", post(combine::native))
        .route("/v3/combine-transactions/h5", post(combine::h5))
        .route("/v3/combine-transactions/out-trade-no/{number}", get(combine::query))
        .route("/v3/combine-transactions/out-trade-no/{number}/close", post(combine::close))
        .route("/v3/refund/domestic/refunds", post(refund::create))
        .route("/v3/refund/domestic/refunds/{number}", get(refund::query))
        .route("/v3/bill/tradebill", get(bill::address))
        .route("/v3/bill/fundflowbill", get(funds::address))
        .route("/v3/billdownload/file", get(bill::download))
        .route("/v3/fund-app/mch-transfer/transfer-bills", post(transfer::create))
        .route("/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{number}", get(transfer::query))
        .route("/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{number}/cancel", post(transfer::cancel))
        .route("/v3/certificates", get(certificate::list))
        .route("/v3/{*rest}", any(answer::no_such_api))
        .method_not_allowed_fallback(answer::no_such_api)
        .layer(from_fn_with_state(world.clone(), guard::guard))
        .route("/transfer/{number}", get(transfer::show).post(transfer::press))
}
