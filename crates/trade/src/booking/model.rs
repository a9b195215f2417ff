//! A booking and its life.
//!
//! ```text
//! held ──paid──▶ booked ──come──▶ arrived ──▶ started ──▶ finished
//!   └─not paid─▶ lapsed   ├─────▶ cancelled
//!                         └─────▶ no_show
//! ```

use db::{FromRow, Row};
use kernel::{Error, Fen, Id, Instant, Result, hours};
use platform::seal::Sealer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BookingState)]
pub enum State {
    /// Its deposit is not paid yet.
    Held,
    Booked,
    Arrived,
    Started,
    Finished,
    NoShow,
    Cancelled,
    /// The deposit was not paid in time.
    Lapsed,
}

impl State {
    pub const ALL: [State; 8] = [
        State::Held,
        State::Booked,
        State::Arrived,
        State::Started,
        State::Finished,
        State::NoShow,
        State::Cancelled,
        State::Lapsed,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Booked => "booked",
            State::Arrived => "arrived",
            State::Started => "started",
            State::Finished => "finished",
            State::NoShow => "no_show",
            State::Cancelled => "cancelled",
            State::Lapsed => "lapsed",
        }
    }

    /// As people read it.
    pub const fn label(self) -> &'static str {
        match self {
            State::Held => "待付定金",
            State::Booked => "待到店",
            State::Arrived => "已到店",
            State::Started => "服务中",
            State::Finished => "已完成",
            State::NoShow => "未到店",
            State::Cancelled => "已取消",
            State::Lapsed => "已失效",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let found = State::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown state of a booking {text}")))
    }

    /// Its quarters of an hour are taken.
    pub const fn stands(self) -> bool {
        !matches!(self, State::NoShow | State::Cancelled | State::Lapsed)
    }
}

/// The refusal of a step; names the state in words.
pub fn not_allowed(state: State) -> Error {
    Error::conflict("booking.not_allowed", format!("这个预约现在是“{}”，不能这样操作", state.label()))
}

/// What becomes of the deposit when nobody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoShow {
    Kept,
    Returned,
}

impl NoShow {
    pub const fn as_str(self) -> &'static str {
        match self {
            NoShow::Kept => "kept",
            NoShow::Returned => "returned",
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        if text == "kept" { NoShow::Kept } else { NoShow::Returned }
    }
}

/// Whom to ask for. Sealed at rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub phone: String,
}

const CONTACT: &str = "booking.contact";

impl Contact {
    pub fn seal(&self, sealer: &Sealer) -> Result<String> {
        Ok(sealer.seal(CONTACT, &serde_json::to_string(self).map_err(Error::internal)?))
    }
    pub fn open(sealer: &Sealer, sealed: &str) -> Result<Self> {
        serde_json::from_str(&sealer.open(CONTACT, sealed)?).map_err(Error::internal)
    }
}

/// A booking's row.
#[derive(Debug, Clone)]
pub struct Booking {
    pub id: Id,
    /// Of its deposit, which may be nothing.
    pub order_id: Id,
    pub service_id: Id,
    pub store_id: Id,
    pub resource_id: Id,
    pub member_id: Id,
    pub service_name: String,
    pub state: State,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub busy_until: Instant,
    pub people: i64,
    pub weight: i64,
    /// Of all people; what of it was paid the order says.
    pub price: Fen,
    pub free_hours: i64,
    /// From then on nobody is waited for.
    pub no_show_at: Instant,
    pub no_show: NoShow,
    /// The member asked for this person or room.
    pub wants_resource: bool,
    pub by_store: bool,
    contact: Option<String>,
    pub remark: Option<String>,
    /// The sale of the counter that took, or is taking, the rest of the price.
    pub rest_order_id: Option<Id>,
    pub created_at: Instant,
    pub arrived_at: Option<Instant>,
    pub started_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub ended_reason: Option<String>,
}

impl Booking {
    pub fn contact(&self, sealer: &Sealer) -> Result<Option<Contact>> {
        self.contact.as_deref().map(|sealed| Contact::open(sealer, sealed)).transpose()
    }

    /// Until then it can be changed or given up without losing the deposit.
    pub fn free_until(&self) -> Instant {
        self.starts_at - hours(self.free_hours)
    }
}

pub(super) const COLUMNS: &str = "id, order_id, service_id, store_id, resource_id, member_id, service_name, state, starts_at,
    ends_at, busy_until, people, weight, price_fen, free_hours, no_show_at, no_show, wants_resource, by_store, contact, remark,
    rest_order_id, created_at, arrived_at, started_at, ended_at, ended_reason";

impl FromRow for Booking {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Booking {
            id: row.next()?,
            order_id: row.next()?,
            service_id: row.next()?,
            store_id: row.next()?,
            resource_id: row.next()?,
            member_id: row.next()?,
            service_name: row.next()?,
            state: State::parse(&row.next::<String>()?)?,
            starts_at: row.next()?,
            ends_at: row.next()?,
            busy_until: row.next()?,
            people: row.next()?,
            weight: row.next()?,
            price: row.next()?,
            free_hours: row.next()?,
            no_show_at: row.next()?,
            no_show: NoShow::parse(&row.next::<String>()?),
            wants_resource: row.next()?,
            by_store: row.next()?,
            contact: row.next()?,
            remark: row.next()?,
            rest_order_id: row.next()?,
            created_at: row.next()?,
            arrived_at: row.next()?,
            started_at: row.next()?,
            ended_at: row.next()?,
            ended_reason: row.next()?,
        })
    }
}
