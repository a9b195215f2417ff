//! Homes as rows.

use db::{FromRow, Row};
use kernel::{Error, Id, Instant, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a member came to a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HomeHow)]
pub enum How {
    /// Opened the link or scanned the code of a store or a clerk.
    Invite,
    /// Bought at the counter.
    Counter,
    /// Staff said so.
    Staff,
}

impl How {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            How::Invite => "invite",
            How::Counter => "counter",
            How::Staff => "staff",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let found = [How::Invite, How::Counter, How::Staff].into_iter().find(|how| how.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown way to a home {text}")))
    }
}

/// A store, and perhaps a clerk of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose {
    pub store_id: Id,
    pub clerk_id: Option<Id>,
}

/// A time during which a member had a home.
#[derive(Debug, Clone)]
pub struct Home {
    pub id: Id,
    /// None once the account is gone.
    pub member_id: Option<Id>,
    pub whose: Whose,
    pub how: How,
    pub since: Instant,
    pub set_by: Option<Id>,
    pub reason: Option<String>,
    /// The first sale counted under it.
    pub bought_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub ended_by: Option<Id>,
    pub ended_reason: Option<String>,
}

pub(super) const COLUMNS: &str =
    "h.id, h.member_id, h.store_id, h.clerk_id, h.how, h.since, h.set_by, h.reason, h.bought_at,
  h.ended_at, h.ended_by, h.ended_reason";

impl FromRow for Home {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Home {
            id: row.next()?,
            member_id: row.next()?,
            whose: Whose { store_id: row.next()?, clerk_id: row.next()? },
            how: How::parse(&row.next::<String>()?)?,
            since: row.next()?,
            set_by: row.next()?,
            reason: row.next()?,
            bought_at: row.next()?,
            ended_at: row.next()?,
            ended_by: row.next()?,
            ended_reason: row.next()?,
        })
    }
}
