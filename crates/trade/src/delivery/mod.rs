//! Local delivery: a store brings an order to a door near by, by its own riders or by a courier service.
//! Owns `delivery_rule`, `delivery_slot`, `local_order`, `delivery` and `delivery_rider`.
//!
//! Promises: an order has one unfinished delivery at most (the index `delivery_unfinished_once`); a delivery moves by
//! guarded updates, so of two riders who claim it at the same instant one gets it; a place in a slot is taken once and
//! goes back once. It does not know how an order moves nor whom a courier service is: `server::flows::delivery` joins them.

mod fee;
mod goods;
mod life;
mod local;
mod rider;
mod row;
mod rule;

pub use fee::{FeePart, Trip, fee, kilometres, parts};
pub use goods::{put_back, take_along};
pub use life::{
    Proof, again, back_to_riders, called_courier, cancel, claim, delivered, failed, fetched, give_up, heard,
    note_trouble, returned, start, wrong_code,
};
pub use local::{
    DeliverySlots, LocalOrder, NewLocalOrder, Wanted, local_order, local_orders, order_closed, promise, slots,
};
pub use rider::{Rider, phone_of, save_phone};
pub use row::{
    Delivery, DeliveryState, ListState, asked_courier, find, latest_of, list, list_ended, of_orders, to_ask,
    unfinished_of,
};
pub(crate) use rule::delivers_at_all;
pub use rule::{CarriedBy, DeliveryRule, rule, rules, save_rule};

/// Name of the job that takes a delivery back from a courier service.
pub const CANCEL_COURIER: &str = "cancel_courier";

/// What jobs about one delivery carry.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct AboutDelivery {
    pub delivery_id: kernel::Id,
}

/// The refusal when somebody else moved a delivery meanwhile.
pub fn moved_meanwhile() -> kernel::Error {
    kernel::Error::conflict("delivery.moved", "这次配送的状态刚刚变了，请刷新再看")
}
