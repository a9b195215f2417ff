//! What a member does: look, quote, place, pay, cancel, confirm, review. Verbs answer a [`Reply`].

use crate::client::Client;
use crate::mall::TestMall;
use crate::outside::LocalNotice;
use crate::product::{Product, Store, id_of};
use crate::reply::Reply;
use kernel::Id;
use serde_json::{Value, json};
use std::ops::Deref;

/// A signed-in member; also a [`Client`] for everything without a verb of its own.
#[derive(Clone)]
pub struct MemberClient {
    client: Client,
    mall: TestMall,
    pub id: Id,
    /// The default address.
    pub address_id: Id,
    pub phone: String,
}

impl Deref for MemberClient {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

/// An order that was placed.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: Id,
    pub total_fen: i64,
    /// `PlacedOrder` as answered.
    pub json: Value,
}

impl From<Value> for Order {
    fn from(json: Value) -> Self {
        Order { id: id_of(&json["orders"][0]["id"]), total_fen: json["total_fen"].as_i64().expect("a total"), json }
    }
}

/// An order and the payment that paid it.
#[derive(Debug, Clone)]
pub struct PaidOrder {
    pub order: Order,
    /// Number of the payment at the channel.
    pub payment: String,
}

impl Deref for PaidOrder {
    type Target = Order;
    fn deref(&self) -> &Order {
        &self.order
    }
}

impl MemberClient {
    pub(crate) fn new(client: Client, mall: TestMall, id: Id, address_id: Id, phone: String) -> Self {
        MemberClient { client, mall, id, address_id, phone }
    }

    /// The same member at a mall that was restarted.
    #[must_use]
    pub fn at(&self, mall: &TestMall) -> Self {
        MemberClient { client: self.client.in_world(&mall.world), mall: mall.clone(), ..self.clone() }
    }

    /// Delivery to the member's address, as JSON.
    pub fn express(&self) -> Value {
        json!({ "kind": "express", "address_id": self.address_id })
    }

    /// Puts pieces into the cart.
    pub async fn add_to_cart(&self, product: &Product, quantity: i64) -> Reply {
        self.post("/api/v1/cart/lines", json!({ "sku_id": product.sku().id, "quantity": quantity })).await
    }

    /// A quote of "buy now" to the member's address.
    pub async fn quote(&self, items: &[(&Product, i64)]) -> Reply {
        self.post("/api/v1/quote", json!({ "source": "now", "items": items_of(items), "delivery": self.express() }))
            .await
    }

    /// A quote of the selected lines of the cart.
    pub async fn quote_cart(&self) -> Reply {
        self.post("/api/v1/quote", json!({ "source": "cart", "delivery": self.express() })).await
    }

    /// Quotes, then places at the quoted total.
    pub async fn place_order(&self, items: &[(&Product, i64)]) -> Reply<Order> {
        let quote = self.quote(items).await.ok();
        self.place_at(items, quote["total_fen"].as_i64().expect("a total")).await
    }

    /// Places at a total that was seen before.
    pub async fn place_at(&self, items: &[(&Product, i64)], total_fen: i64) -> Reply<Order> {
        let body = json!({ "source": "now", "items": items_of(items), "delivery": self.express(),
            "expected_total_fen": total_fen });
        self.post("/api/v1/orders", body).await.reads_as()
    }

    /// Quotes the cart, then places it.
    pub async fn place_cart(&self) -> Reply<Order> {
        let quote = self.quote_cart().await.ok();
        let body = json!({ "source": "cart", "delivery": self.express(), "expected_total_fen": quote["total_fen"] });
        self.post("/api/v1/orders", body).await.reads_as()
    }

    /// Places an order to be fetched at a store.
    pub async fn place_pickup(&self, store: &Store, items: &[(&Product, i64)]) -> Reply<Order> {
        let delivery = json!({ "kind": "pickup", "store_id": store.id });
        let mut body = json!({ "source": "now", "items": items_of(items), "delivery": delivery });
        let quote = self.post("/api/v1/quote", body.clone()).await.ok();
        body["expected_total_fen"] = quote["total_fen"].clone();
        self.post("/api/v1/orders", body).await.reads_as()
    }

    /// Asks for a payment: `native`, `h5` or `mini_program`.
    pub async fn start_paying(&self, order: &Order, scene: &str) -> Reply {
        let body = json!({ "channel": "wechat", "scene": scene });
        self.post(&format!("/api/v1/orders/{}/pay", order.id), body).await
    }

    /// Starts paying by QR code; answers the number at the channel.
    pub async fn intent(&self, order: &Order, scene: &str) -> String {
        let intent = self.start_paying(order, scene).await.ok();
        intent["payment_id"].as_str().expect("a payment has an id").to_owned()
    }

    /// Pays by QR code; the notice arrives at once.
    pub async fn pay(&self, order: &Order) -> PaidOrder {
        let (payment, notice) = self.pay_without_notice(order).await;
        self.mall.deliver(&notice).await.status(204);
        PaidOrder { order: order.clone(), payment }
    }

    /// Pays by QR code; the notice is left to the test.
    pub async fn pay_without_notice(&self, order: &Order) -> (String, LocalNotice) {
        let number = self.intent(order, "native").await;
        let notice = self.mall.wechat.pay(&number);
        (number, notice)
    }

    /// Quotes, places and pays.
    pub async fn buy(&self, items: &[(&Product, i64)]) -> PaidOrder {
        let order = self.place_order(items).await.ok();
        self.pay(&order).await
    }

    /// The order as its member sees it.
    pub async fn order(&self, order: &Order) -> Value {
        self.get(&format!("/api/v1/orders/{}", order.id)).await.ok()
    }

    /// Where it stands: `unpaid`, `to_ship` …
    pub async fn status_of(&self, order: &Order) -> String {
        self.order(order).await["status"].as_str().expect("a status").to_owned()
    }

    pub async fn cancel(&self, order: &Order) -> Reply {
        self.post(&format!("/api/v1/orders/{}/cancel", order.id), json!({})).await
    }

    pub async fn confirm(&self, order: &Order) -> Reply {
        self.post(&format!("/api/v1/orders/{}/confirm", order.id), json!({})).await
    }

    /// Reviews the first line.
    pub async fn review(&self, order: &Order, rating: i64, text: &str) -> Reply {
        let body = json!({ "reviews": [{ "line_id": "1", "rating": rating, "text": text }] });
        self.post(&format!("/api/v1/orders/{}/reviews", order.id), body).await
    }

    /// A payment as its member sees it; looking makes the mall ask the channel.
    pub async fn payment(&self, number: &str) -> Value {
        self.get(&format!("/api/v1/payments/{number}")).await.ok()
    }

    /// Ties the member to a person at WeChat, as when the shop is opened in the mini program.
    pub async fn open_in_mini_program(&self, person: &str) {
        let code = self.mall.mini_program.login_code(person);
        self.post("/api/v1/session/wechat", json!({ "code": code })).await.ok();
    }
}

fn items_of(items: &[(&Product, i64)]) -> Vec<Value> {
    items.iter().map(|(product, quantity)| json!({ "sku_id": product.sku().id, "quantity": quantity })).collect()
}
