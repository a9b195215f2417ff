//! Alipay (`openapi.alipay.com/gateway.do`) for one merchant: page and mobile web pay, the mini program's trades, query,
//! close, refunds, authorisation codes, notices and bills. Every request's signature is checked in the mode it names (public key or
//! certificates), and every answer's node is signed. As outside, a page payment exists only once its address was opened.

mod bill;
mod cashier;
mod code;
mod gateway;
mod model;
mod notice;
mod trade;

pub(crate) use model::{AlipayState, Trade};
pub(crate) use trade::pay;

use crate::world::World;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/gateway.do", get(gateway::call).post(gateway::call))
        .route("/alipay/bill/{token}", get(bill::download))
        .route("/alipay/cashier/{trade_no}", get(cashier::show).post(cashier::press))
}
