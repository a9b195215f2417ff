//! Who acts. Recorded in order events, the audit log and stock movements.

use crate::{Id, MallId};
use serde::Serialize;

/// The acting party of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    Member(Id),
    Staff(Id),
    /// A clock, a job, or a payment channel's notice.
    System,
}

impl Actor {
    /// `member`, `staff` or `system`, as stored.
    pub const fn kind(self) -> &'static str {
        match self {
            Actor::Member(_) => "member",
            Actor::Staff(_) => "staff",
            Actor::System => "system",
        }
    }
    /// The person's id, if a person acts.
    pub const fn id(self) -> Option<Id> {
        match self {
            Actor::Member(id) | Actor::Staff(id) => Some(id),
            Actor::System => None,
        }
    }
}

/// An actor in a mall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub mall_id: MallId,
    pub actor: Actor,
}

impl Caller {
    pub const fn system(mall_id: MallId) -> Self {
        Caller { mall_id, actor: Actor::System }
    }
}
