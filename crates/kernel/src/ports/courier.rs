//! Couriers who bring goods across a town, called by a service that knows several of them.

use super::Pending;
use crate::{Fen, Instant, Result};

/// What is to be carried where.
#[derive(Debug, Clone, PartialEq)]
pub struct CourierOrder {
    /// Our number; the same number again is the same order.
    pub number: String,
    /// The store's number at the service.
    pub store: String,
    /// Who is told of it in WeChat.
    pub openid: String,
    /// GCJ-02 degrees.
    pub lat: f64,
    pub lng: f64,
    pub address: String,
    pub name: String,
    pub phone: String,
    /// Short, by which a courier finds the bag.
    pub sequence: String,
    /// Page of the mini program that shows the order.
    pub page: String,
    /// Full URL of our callback.
    pub notify_url: String,
    pub goods: Vec<CourierGoods>,
    pub weight_g: i64,
    pub price: Fen,
}

/// Some pieces of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourierGoods {
    pub name: String,
    pub pieces: i64,
    /// Full URL of a picture; may be empty.
    pub picture_url: String,
}

/// What the service made of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourierPlaced {
    /// The service's number of it.
    pub number: String,
    /// Whose couriers come: `DADA`, `SFTC`.
    pub service: String,
    pub distance_m: i64,
    pub fee: Fen,
}

/// How far a courier has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CourierStage {
    Created,
    /// The courier gave it back; another is looked for.
    GivenBack,
    Accepted,
    AtStore,
    OnTheWay,
    Trouble,
    CancelledByShop,
    CancelledByCourier,
    Delivered,
}

impl CourierStage {
    /// Of two reports of one second, the later stage is the news.
    pub const fn rank(self) -> i64 {
        match self {
            CourierStage::Created => 1,
            CourierStage::Accepted => 2,
            CourierStage::AtStore => 3,
            CourierStage::GivenBack => 4,
            CourierStage::OnTheWay => 5,
            CourierStage::Trouble => 6,
            CourierStage::CancelledByShop => 7,
            CourierStage::CancelledByCourier => 8,
            CourierStage::Delivered => 9,
        }
    }
}

/// A report about an order, asked for or told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourierReport {
    /// Our number.
    pub number: String,
    pub store: String,
    /// The service's number.
    pub courier_number: String,
    pub service: String,
    pub stage: CourierStage,
    /// When it became true; told by the second.
    pub at: Instant,
    pub rider_name: Option<String>,
    pub rider_phone: Option<String>,
}

/// One account at a service that calls couriers.
pub trait CourierService: Send + Sync {
    /// Calls a courier; safe to repeat with the same number. `courier.refused` (409) when none will come for it,
    /// `courier.busy` (502) when that is not known yet.
    fn place<'a>(&'a self, order: &'a CourierOrder) -> Pending<'a, CourierPlaced>;
    /// How an order stands by our number; `None` when the service never heard of it.
    fn ask<'a>(&'a self, store: &'a str, number: &'a str) -> Pending<'a, Option<CourierReport>>;
    /// Takes an order back; one that is not known, or was cancelled before, is fine. `courier.too_late` (409) when the
    /// goods are on their way. Answers what is charged for it.
    fn cancel<'a>(&'a self, store: &'a str, number: &'a str, reason: &'a str) -> Pending<'a, Fen>;
    /// Reads a callback; anything doubtful is `courier.notice_rejected` (401).
    fn read_notice(&self, body: &[u8]) -> Result<CourierReport>;
}
