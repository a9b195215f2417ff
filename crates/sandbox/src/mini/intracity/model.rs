//! An errand: what a courier was called for, and how far it has come.

use crate::bounded::Bounded;
use kernel::Instant;
use serde::{Deserialize, Serialize};

const ERRANDS: usize = 2_000;

/// `order_status` in WeChat's numbers.
pub(crate) const CREATED: i64 = 10_000;
pub(crate) const CANCELLED_BY_SHOP: i64 = 20_000;
pub(crate) const CANCELLED_BY_COURIER: i64 = 20_001;
pub(crate) const ACCEPTED: i64 = 30_000;
pub(crate) const AT_STORE: i64 = 40_000;
pub(crate) const ON_THE_WAY: i64 = 50_000;
pub(crate) const GIVEN_BACK: i64 = 60_000;
pub(crate) const DELIVERED: i64 = 70_000;
pub(crate) const TROUBLE: i64 = 90_000;

/// Couriers of the stand-in.
const RIDERS: [(&str, &str); 4] =
    [("林师傅", "13900007701"), ("周师傅", "13900007702"), ("何师傅", "13900007703"), ("沈师傅", "13900007704")];

/// What a courier was called for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Errand {
    pub(super) store_id: String,
    pub(super) number: String,
    pub(super) wx_order_id: String,
    pub(super) openid: String,
    pub(super) address: String,
    pub(super) receiver: String,
    pub(super) phone: String,
    pub(super) cargo: String,
    pub(super) weight_g: i64,
    pub(super) price_fen: i64,
    pub(super) distance_m: i64,
    pub(super) fee_fen: i64,
    pub(super) callback_url: String,
    pub(super) status: i64,
    /// When it came to each status, the last time.
    pub(super) times: Vec<(i64, Instant)>,
    pub(super) rider: usize,
}

impl Errand {
    pub(super) fn at(&self, status: i64) -> Option<Instant> {
        self.times.iter().rev().find(|(known, _)| *known == status).map(|(_, at)| *at)
    }

    pub(super) fn changed_at(&self) -> Instant {
        self.times.last().map(|(_, at)| *at).unwrap_or_default()
    }

    pub(super) fn rider(&self) -> (&'static str, &'static str) {
        RIDERS[self.rider % RIDERS.len()]
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.status, CANCELLED_BY_SHOP | CANCELLED_BY_COURIER | DELIVERED)
    }

    /// Where it may go from here.
    pub(super) fn next(&self) -> &'static [i64] {
        match self.status {
            CREATED | GIVEN_BACK => &[ACCEPTED, CANCELLED_BY_COURIER],
            ACCEPTED => &[AT_STORE, GIVEN_BACK, CANCELLED_BY_COURIER],
            AT_STORE => &[ON_THE_WAY, GIVEN_BACK, CANCELLED_BY_COURIER],
            ON_THE_WAY => &[DELIVERED, TROUBLE, CANCELLED_BY_COURIER],
            TROUBLE => &[ON_THE_WAY, DELIVERED, CANCELLED_BY_COURIER],
            _ => &[],
        }
    }

    /// Moves on; false when it may not go there. Callbacks tell seconds, so two steps never share one.
    pub(super) fn step(&mut self, status: i64, now: Instant) -> bool {
        if !self.next().contains(&status) {
            return false;
        }
        if status == GIVEN_BACK {
            self.rider += 1;
        }
        self.status = status;
        self.times.push((status, now));
        true
    }
}

/// In words, for the page.
pub(crate) const fn word(status: i64) -> &'static str {
    match status {
        CREATED => "等待接单",
        CANCELLED_BY_SHOP => "商家取消",
        CANCELLED_BY_COURIER => "配送方取消",
        ACCEPTED => "已接单",
        AT_STORE => "已到店",
        ON_THE_WAY => "配送中",
        GIVEN_BACK => "骑手撤单",
        DELIVERED => "已送达",
        TROUBLE => "配送异常",
        _ => "",
    }
}

/// Every errand, the newest first.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Couriers {
    pub(super) errands: Bounded<Errand>,
}

impl Default for Couriers {
    fn default() -> Self {
        Couriers { errands: Bounded::new(ERRANDS) }
    }
}

impl Couriers {
    pub(crate) fn bounded(self) -> Self {
        Couriers { errands: self.errands.with_capacity(ERRANDS) }
    }

    pub(super) fn by_wx_id(&self, id: &str) -> Option<&Errand> {
        self.errands.newest().find(|errand| errand.wx_order_id == id)
    }
}
