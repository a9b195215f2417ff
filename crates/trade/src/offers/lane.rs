//! The words of pricing: lanes, sources, what applied and what did not.

use kernel::{Fen, Id};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The lane an explanation comes from, in the order in which lanes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneName {
    Activity,
    BestPrice,
    Promotion,
    Coupon,
    Points,
    Freight,
    Reward,
}

impl LaneName {
    pub const ALL: [LaneName; 7] = [
        LaneName::Activity,
        LaneName::BestPrice,
        LaneName::Promotion,
        LaneName::Coupon,
        LaneName::Points,
        LaneName::Freight,
        LaneName::Reward,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            LaneName::Activity => "activity",
            LaneName::BestPrice => "best_price",
            LaneName::Promotion => "promotion",
            LaneName::Coupon => "coupon",
            LaneName::Points => "points",
            LaneName::Freight => "freight",
            LaneName::Reward => "reward",
        }
    }
}

/// A set of lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lanes(u8);

impl Lanes {
    pub const ALL: Lanes = Lanes(0x7f);
    pub const NONE: Lanes = Lanes(0);

    pub const fn of(lanes: &[LaneName]) -> Lanes {
        let (mut bits, mut i) = (0, 0);
        while i < lanes.len() {
            bits |= 1 << lanes[i] as u8;
            i += 1;
        }
        Lanes(bits)
    }
    pub const fn has(self, lane: LaneName) -> bool {
        self.0 & (1 << lane as u8) != 0
    }
    #[must_use]
    pub const fn and(self, other: Lanes) -> Lanes {
        Lanes(self.0 & other.0)
    }
    #[must_use]
    pub const fn without(self, lane: LaneName) -> Lanes {
        Lanes(self.0 & !(1 << lane as u8))
    }
}

/// Which rule, price or coupon something comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = OfferSource)]
pub struct Source {
    /// `promotion`, `coupon`, `limited`, `tier`, `points`, `freight` …
    pub kind: String,
    pub id: Id,
}

impl Source {
    pub fn new(kind: &str, id: Id) -> Self {
        Source { kind: kind.to_owned(), id }
    }
}

/// What kind of row it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DiscountKind)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// At most zero.
    Discount,
    /// At least zero.
    Fee,
    /// Zero: goods or points that come with the order.
    Gift,
}

impl RowKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            RowKind::Discount => "discount",
            RowKind::Fee => "fee",
            RowKind::Gift => "gift",
        }
    }
}

/// What one line has of something that applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Position of the line in the draft.
    pub line: usize,
    pub amount: Fen,
    /// Pieces it concerned: those at a limited price, those given.
    pub pieces: i64,
    /// What the line paid before and after; the unit shares are the difference.
    pub before: Fen,
    pub after: Fen,
}

/// A discount, fee or gift that applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub lane: LaneName,
    pub kind: RowKind,
    pub source: Source,
    pub label: String,
    pub amount: Fen,
    /// Pieces given, points earned; 0 where it has no meaning.
    pub quantity: i64,
    /// Empty for what concerns the order as a whole.
    pub parts: Vec<Part>,
    /// Of a fee and what is taken off it: each shop's part.
    pub freight: Vec<(Id, Fen)>,
}

/// What a lane did, or did not do and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    pub lane: LaneName,
    pub label: String,
    /// Negative for a discount, positive for a fee.
    pub amount_fen: i64,
    pub applied: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Did not apply, but would if the member chose it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub choosable: bool,
    /// Did not apply, but would with more of the same goods.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub short: bool,
}

/// Something to settle before the order can be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteProblem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_id: Option<Id>,
    /// The cart's codes, `order.empty`, `order.address_required`, `order.store_required`, `freight.undeliverable`.
    pub code: String,
    pub message: String,
}
