//! What staff do: ship, hand over, refund, close, receive by hand.

use crate::client::Client;
use crate::member::Order;
use crate::product::Product;
use crate::reply::Reply;
use kernel::Id;
use serde_json::{Value, json};
use std::ops::Deref;

/// Signed-in staff; also a [`Client`] for everything without a verb of its own.
#[derive(Clone)]
pub struct StaffClient {
    client: Client,
    pub id: Id,
}

impl Deref for StaffClient {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl StaffClient {
    pub(crate) fn new(client: Client, id: Id) -> Self {
        StaffClient { client, id }
    }

    async fn act(&self, order: &Order, verb: &str, body: Value) -> Reply {
        self.post(&format!("/admin/v1/orders/{}/{verb}", order.id), body).await
    }

    /// The order as staff see it.
    pub async fn order(&self, order: &Order) -> Value {
        self.get(&format!("/admin/v1/orders/{}", order.id)).await.ok()
    }

    /// Ships everything that is left.
    pub async fn ship(&self, order: &Order, tracking_number: &str) -> Reply {
        self.act(order, "ship", json!({ "carrier_code": "sf", "tracking_number": tracking_number })).await
    }

    /// Ships some pieces: `(line, pieces)`.
    pub async fn ship_lines(&self, order: &Order, tracking_number: &str, lines: &[(i64, i64)]) -> Reply {
        let lines: Vec<Value> =
            lines.iter().map(|(line, quantity)| json!({ "line_id": line.to_string(), "quantity": quantity })).collect();
        let body = json!({ "carrier_code": "sf", "tracking_number": tracking_number, "lines": lines });
        self.act(order, "ship", body).await
    }

    pub async fn mark_ready(&self, order: &Order) -> Reply {
        self.act(order, "ready", json!({})).await
    }
    pub async fn refund(&self, order: &Order, reason: &str) -> Reply {
        self.act(order, "refund", json!({ "reason": reason })).await
    }
    pub async fn close(&self, order: &Order, reason: &str) -> Reply {
        self.act(order, "close", json!({ "reason": reason })).await
    }
    pub async fn pay_offline(&self, order: &Order) -> Reply {
        self.act(order, "pay-offline", json!({ "note": "现金" })).await
    }
    pub async fn remark(&self, order: &Order, text: &str) -> Reply {
        self.act(order, "remark", json!({ "text": text })).await
    }
    pub async fn preview_redeem(&self, code: &str) -> Reply {
        self.post("/admin/v1/redeem/preview", json!({ "code": code })).await
    }
    pub async fn redeem(&self, code: &str) -> Reply {
        self.post("/admin/v1/redeem", json!({ "code": code })).await
    }

    /// Reads a product, lets `change` edit it, and saves it.
    pub async fn edit_product(&self, product: &Product, change: impl FnOnce(&mut Value)) -> Reply {
        let path = format!("/admin/v1/products/{}", product.id);
        let mut input = self.get(&path).await.ok();
        change(&mut input);
        self.put(&path, input).await
    }
}
