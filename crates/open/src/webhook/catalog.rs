//! What may be told: every kind of event with the shape of its `data`. The same list feeds the form of the back office
//! and `webhooks` of the OpenAPI document. Data holds no names, phones or addresses: who may see those asks by API key.

use kernel::{Id, Instant};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};

/// A kind of event for the form.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookEventKind)]
pub struct EventKind {
    #[schema(example = "order.paid")]
    pub kind: &'static str,
    pub group: &'static str,
    pub label: &'static str,
    /// Name of the schema of `data` in the API document.
    pub schema: &'static str,
}

macro_rules! kinds {
    ($($kind:literal $group:literal $label:literal $schema:literal;)*) => {
        /// Kinds that can be chosen, as they stand in the outbox.
        pub const KINDS: &[&str] = &[$($kind),*];
        pub(super) const CATALOG: &[EventKind] =
            &[$(EventKind { kind: $kind, group: $group, label: $label, schema: $schema }),*];
    };
}

kinds! {
    "order.placed"      "订单" "提交订单"           "WebhookOrder";
    "order.paid"        "订单" "付款成功"           "WebhookOrder";
    "order.parcel_sent" "订单" "部分发货"           "WebhookOrder";
    "order.shipped"     "订单" "全部发货"           "WebhookOrder";
    "order.completed"   "订单" "完成（确认收货或核销）" "WebhookOrder";
    "order.closed"      "订单" "关闭（取消、超时或全额退款）" "WebhookOrder";
    "refund.done"       "退款" "退款到账"           "WebhookRefund";
    "refund.failed"     "退款" "退款失败"           "WebhookRefund";
    "after_sale.requested" "售后" "提交售后申请"      "WebhookAfterSale";
    "after_sale.approved"  "售后" "同意（仅退款时退款已发起）" "WebhookAfterSale";
    "after_sale.rejected"  "售后" "拒绝或验货不通过"    "WebhookAfterSale";
    "after_sale.cancelled" "售后" "撤销或超时关闭"     "WebhookAfterSale";
    "after_sale.sent_back" "售后" "会员寄回商品"       "WebhookAfterSale";
    "after_sale.received"  "售后" "收到并验过商品"     "WebhookAfterSale";
    "after_sale.exchanged" "售后" "换货发出"          "WebhookAfterSale";
    "after_sale.escalated" "售后" "交平台处理"        "WebhookAfterSale";
    "after_sale.refunded"  "售后" "退款完成"          "WebhookAfterSale";
    "product.changed"   "商品" "商品新建、修改、上下架或删除" "WebhookProduct";
    "stock.low"         "商品" "库存降到预警线"       "WebhookStockLow";
    "review.created"    "评价" "收到新评价"          "WebhookReview";
}

/// `data` of `order.*`: the order as it stands when the message is composed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookOrder)]
pub struct OrderData {
    pub order_id: Id,
    pub number: String,
    #[schema(example = "to_ship")]
    pub status: String,
    #[schema(example = "express")]
    pub delivery_kind: String,
    pub member_id: Id,
    pub store_id: Option<Id>,
    pub goods_fen: i64,
    /// Not above zero.
    pub discount_fen: i64,
    pub freight_fen: i64,
    pub total_fen: i64,
    pub paid_fen: i64,
    pub refunded_fen: i64,
    pub lines: Vec<OrderLineData>,
    pub created_at: Instant,
    pub paid_at: Option<Instant>,
    pub shipped_at: Option<Instant>,
    pub completed_at: Option<Instant>,
    pub closed_reason: Option<String>,
}

/// A line of an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookOrderLine)]
pub struct OrderLineData {
    pub line_id: Id,
    pub product_id: Id,
    pub sku_id: Id,
    pub name: String,
    pub option_text: String,
    pub quantity: i64,
    pub payable_fen: i64,
}

/// `data` of `refund.*`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookRefund)]
pub struct RefundData {
    pub refund_id: Id,
    /// Absent when money came for nothing and went straight back.
    pub order_id: Option<Id>,
    pub amount_fen: i64,
    pub reason: String,
    #[schema(example = "done")]
    pub status: String,
}

/// `data` of `after_sale.*`: the after-sale as it stands when the message is composed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookAfterSale)]
pub struct AfterSaleData {
    pub after_sale_id: Id,
    pub order_id: Id,
    pub member_id: Id,
    /// `refund_only`, `return_refund` or `exchange`.
    pub kind: String,
    #[schema(example = "refunding")]
    pub status: String,
    pub reason: String,
    pub goods_fen: i64,
    pub freight_fen: i64,
    pub refund_ids: Vec<Id>,
    pub return_tracking_number: Option<String>,
    pub reship_tracking_number: Option<String>,
    pub lines: Vec<AfterSaleLineData>,
}

/// A line of an after-sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookAfterSaleLine)]
pub struct AfterSaleLineData {
    pub line_id: Id,
    pub quantity: i64,
    /// Absent until the shop decided.
    pub accepted_quantity: Option<i64>,
    pub sellable_quantity: i64,
    pub damaged_quantity: i64,
    pub amount_fen: Option<i64>,
    pub exchange_sku_id: Option<Id>,
}

/// `data` of `product.changed`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookProduct)]
pub struct ProductData {
    pub product_id: Id,
    /// Absent when the product is gone for good.
    pub name: Option<String>,
    /// `on_sale`, `off_sale`, `deleted` …
    pub status: String,
}

/// `data` of `stock.low`: told once, and again after the stock was above its mark.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookStockLow)]
pub struct StockLowData {
    pub sku_id: Id,
    pub product_id: Id,
    pub location_id: Id,
    /// What can still be sold there.
    pub available: i64,
    pub low_mark: i64,
}

/// `data` of `review.created`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookReview)]
pub struct ReviewData {
    pub review_id: Id,
    pub product_id: Id,
    pub sku_id: Id,
    pub order_id: Id,
    /// 1 to 5.
    pub rating: i64,
    pub text: String,
}

/// `data` of `ping`, sent by hand from the back office.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookPing)]
pub struct Ping {
    pub endpoint_id: Id,
    pub text: String,
}

#[derive(OpenApi)]
#[openapi(components(schemas(
    OrderData,
    OrderLineData,
    RefundData,
    AfterSaleData,
    AfterSaleLineData,
    ProductData,
    StockLowData,
    ReviewData,
    Ping
)))]
struct Schemas;

/// The schemas of every `data`, and the `webhooks` part of the API document (OpenAPI 3.1).
pub fn document() -> (utoipa::openapi::OpenApi, Value) {
    let ping = EventKind { kind: "ping", group: "", label: "测试", schema: "WebhookPing" };
    let header = |name: &str, text: &str| json!({ "name": name, "in": "header", "required": true, "description": text, "schema": { "type": "string" } });
    let item = |one: &EventKind| {
        let words = if one.group.is_empty() { one.label.to_owned() } else { format!("{}：{}", one.group, one.label) };
        let body = json!({
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "type": { "type": "string", "const": one.kind },
                "timestamp": { "type": "string", "format": "date-time", "description": "When it became true" },
                "data": { "$ref": format!("#/components/schemas/{}", one.schema) },
            },
        });
        json!({ "post": {
            "operationId": format!("webhook_{}", one.kind.replace('.', "_")),
            "tags": ["webhooks"],
            "summary": words,
            "description": "Signed by the Standard Webhooks rules. Answer 2xx within 10 seconds; anything else is tried again for about a day.",
            "parameters": [
                header("webhook-id", "Names the event; the same over all tries. Handle each only once"),
                header("webhook-timestamp", "Seconds since 1970; refuse what is older than five minutes"),
                header("webhook-signature", "`v1,` + base64(HMAC-SHA-256(secret, id.timestamp.body)); several, separated by spaces, while a secret changes"),
            ],
            "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
            "responses": { "2XX": { "description": "Taken" } },
        } })
    };
    let webhooks = CATALOG.iter().chain([&ping]).map(|one| (one.kind.to_owned(), item(one))).collect();
    (Schemas::openapi(), Value::Object(webhooks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_schema() {
        let (schemas, webhooks) = document();
        let known = schemas.components.unwrap().schemas;
        assert!(CATALOG.iter().all(|one| known.contains_key(one.schema)), "{:?}", known.keys());
        assert_eq!(webhooks.as_object().unwrap().len(), KINDS.len() + 1);
    }
}
