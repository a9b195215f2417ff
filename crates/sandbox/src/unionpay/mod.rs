//! UnionPay's gateway 5.1.0 (`gateway.95516.com`) for one merchant: the form a browser posts, queries, refunds, statement
//! files and back notices. Every request's signature is checked against the merchant's certificate, and every answer is
//! signed and carries a certificate that the stand-in's own authority issued. A trade is known by number and second.

mod bill;
mod cashier;
mod gateway;
mod keys;
mod model;
mod notice;
mod trade;

pub(crate) use keys::{UnionKeys, UnionRing};
pub(crate) use model::{Order, UnionState};
pub(crate) use trade::pay;

use crate::world::World;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/gateway/api/frontTransReq.do", post(gateway::front))
        .route("/gateway/api/backTransReq.do", post(gateway::back))
        .route("/gateway/api/queryTrans.do", post(gateway::query))
        .route("/unionpay/file/", post(gateway::file))
        .route("/unionpay/cashier/{token}", get(cashier::show).post(cashier::press))
}
