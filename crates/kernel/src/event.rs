//! A fact to be told after commit. Written to the outbox in the transaction that made it true,
//! delivered at least once; handlers are idempotent by the event's id.

use crate::MallId;
use serde::Serialize;

/// An event about to be written to the outbox.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub mall_id: MallId,
    /// Past tense, dotted: `order.paid`, `product.changed`.
    pub kind: &'static str,
    /// JSON text.
    pub payload: String,
}

impl NewEvent {
    /// Serialises the payload; payloads are plain structs of ids and numbers, so this cannot fail.
    pub fn new(mall_id: MallId, kind: &'static str, payload: &impl Serialize) -> Self {
        NewEvent { mall_id, kind, payload: serde_json::to_string(payload).expect("event payloads are plain data") }
    }
}
