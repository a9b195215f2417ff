//! What a hand-over is made of.

use db::{FromRow, Row};
use kernel::{Error, Id, Instant, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Pickup,
    /// Somebody came for a service that was booked.
    Service,
}

impl Kind {
    /// What an order's code hands over.
    pub const fn of(is_service: bool) -> Self {
        if is_service { Kind::Service } else { Kind::Pickup }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Pickup => "pickup",
            Kind::Service => "service",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        match text {
            "pickup" => Ok(Kind::Pickup),
            "service" => Ok(Kind::Service),
            other => Err(Error::internal(format_args!("unknown kind of redemption {other}"))),
        }
    }
}

/// How the clerk knew whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The digits were typed.
    Typed,
    /// The signed code was scanned and asked about at once.
    Scanned,
    /// The signed code was scanned and checked without a network; the mall heard of it later.
    Offline,
}

impl Proof {
    pub const fn as_str(self) -> &'static str {
        match self {
            Proof::Typed => "typed",
            Proof::Scanned => "scanned",
            Proof::Offline => "offline",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let known = [Proof::Typed, Proof::Scanned, Proof::Offline];
        let found = known.into_iter().find(|proof| proof.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown proof {text}")))
    }
}

/// Pieces of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    pub line_id: Id,
    #[schema(minimum = 1)]
    pub quantity: i64,
}

/// A hand-over to be written down.
#[derive(Debug, Clone)]
pub struct NewRedemption<'a> {
    pub kind: Kind,
    pub subject_id: Id,
    pub store_id: Id,
    pub request_key: &'a str,
    pub proof: Proof,
    pub pieces: &'a [Piece],
    pub handed_at: Instant,
}

/// A hand-over as stored.
#[derive(Debug, Clone)]
pub struct Redemption {
    pub id: Id,
    pub kind: Kind,
    pub subject_id: Id,
    pub store_id: Id,
    pub proof: Proof,
    pub quantity: i64,
    pub handed_at: Instant,
    pub redeemed_at: Instant,
    pub redeemed_by: Id,
    pub undone_at: Option<Instant>,
    pub undone_by: Option<Id>,
    pub undo_reason: Option<String>,
    /// Filled by the queries of this domain.
    pub pieces: Vec<Piece>,
}

impl FromRow for Redemption {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Redemption {
            id: row.next()?,
            kind: Kind::parse(&row.next::<String>()?)?,
            subject_id: row.next()?,
            store_id: row.next()?,
            proof: Proof::parse(&row.next::<String>()?)?,
            quantity: row.next()?,
            handed_at: row.next()?,
            redeemed_at: row.next()?,
            redeemed_by: row.next()?,
            undone_at: row.next()?,
            undone_by: row.next()?,
            undo_reason: row.next()?,
            pieces: Vec::new(),
        })
    }
}

impl Redemption {
    /// Until when it may be taken back; `None` once it was, or when the mall takes nothing back.
    pub fn undo_until(&self, window_ms: i64) -> Option<Instant> {
        (self.undone_at.is_none() && window_ms > 0).then_some(self.redeemed_at + window_ms)
    }
}
