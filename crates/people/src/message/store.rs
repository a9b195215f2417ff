//! Rows of messages: written once per event, read by cursor, forgotten after half a year.

use super::{carry, preference};
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Error, Id, Ids, Instant, MallId, Result, days};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How long messages are kept.
const KEPT: i64 = days(180);

/// What a message is about; each can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    OrderPaid,
    OrderShipped,
    OrderReady,
    /// Goods that were laid out wait to be fetched.
    PickupExpiring,
    /// A clerk calls to the counter.
    PickupCalled,
    OrderCompleted,
    OrderClosed,
    RefundDone,
    AfterSale,
    /// A coupon came: from staff, after a purchase.
    CouponReceived,
    CouponExpiring,
    /// Points will expire soon.
    PointsExpiring,
    /// A gift of a tier came: birthday, month.
    MemberGift,
    /// The tier rose or fell.
    TierChanged,
    /// The paid membership ends soon.
    RenewalDue,
    /// The balance changed.
    BalanceChanged,
    /// A service was booked.
    BookingMade,
    /// It is tomorrow.
    BookingReminder,
    /// It is at another time.
    BookingChanged,
    BookingCancelled,
    /// Goods were laid out to be tried.
    FittingReady,
    /// The store could not keep them.
    FittingRefused,
}

impl MessageKind {
    pub const ALL: [MessageKind; 22] = [
        MessageKind::OrderPaid,
        MessageKind::OrderShipped,
        MessageKind::OrderReady,
        MessageKind::PickupExpiring,
        MessageKind::PickupCalled,
        MessageKind::OrderCompleted,
        MessageKind::OrderClosed,
        MessageKind::RefundDone,
        MessageKind::AfterSale,
        MessageKind::CouponReceived,
        MessageKind::CouponExpiring,
        MessageKind::PointsExpiring,
        MessageKind::MemberGift,
        MessageKind::TierChanged,
        MessageKind::RenewalDue,
        MessageKind::BalanceChanged,
        MessageKind::BookingMade,
        MessageKind::BookingReminder,
        MessageKind::BookingChanged,
        MessageKind::BookingCancelled,
        MessageKind::FittingReady,
        MessageKind::FittingRefused,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            MessageKind::OrderPaid => "order_paid",
            MessageKind::OrderShipped => "order_shipped",
            MessageKind::OrderReady => "order_ready",
            MessageKind::PickupExpiring => "pickup_expiring",
            MessageKind::PickupCalled => "pickup_called",
            MessageKind::OrderCompleted => "order_completed",
            MessageKind::OrderClosed => "order_closed",
            MessageKind::RefundDone => "refund_done",
            MessageKind::AfterSale => "after_sale",
            MessageKind::CouponReceived => "coupon_received",
            MessageKind::CouponExpiring => "coupon_expiring",
            MessageKind::PointsExpiring => "points_expiring",
            MessageKind::MemberGift => "member_gift",
            MessageKind::TierChanged => "tier_changed",
            MessageKind::RenewalDue => "renewal_due",
            MessageKind::BalanceChanged => "balance_changed",
            MessageKind::BookingMade => "booking_made",
            MessageKind::BookingReminder => "booking_reminder",
            MessageKind::BookingChanged => "booking_changed",
            MessageKind::BookingCancelled => "booking_cancelled",
            MessageKind::FittingReady => "fitting_ready",
            MessageKind::FittingRefused => "fitting_refused",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        MessageKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A message about to be written.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub member_id: Id,
    pub kind: MessageKind,
    /// In Chinese; pages in other languages use `facts`.
    pub title: String,
    pub text: String,
    /// The words' values: numbers, names of goods and stores. No phone, no address.
    pub facts: Value,
    pub order_id: Option<Id>,
    /// The event that made it; the same event makes no second message.
    pub event_id: Id,
    /// When it became true.
    pub at: Instant,
}

/// A message in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Message {
    pub id: Id,
    /// Its place in the list.
    #[serde(skip)]
    pub event_id: Id,
    pub kind: MessageKind,
    pub title: String,
    pub text: String,
    /// The values in the text, for pages in other languages: `goods`, `quantity`, `amount_fen`, `store`, `carrier` …
    #[schema(value_type = Object)]
    pub facts: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Id>,
    pub created_at: Instant,
    pub is_read: bool,
}

impl FromRow for Message {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (id, event_id) = (row.next()?, row.next()?);
        let kind: String = row.next()?;
        let kind =
            MessageKind::parse(&kind).ok_or_else(|| Error::internal(format_args!("unknown kind of message {kind}")))?;
        let (title, text) = (row.next()?, row.next()?);
        let facts: String = row.next()?;
        let facts = serde_json::from_str(&facts).map_err(Error::internal)?;
        let (order_id, created_at) = (row.next()?, row.next()?);
        let read_at: Option<Instant> = row.next()?;
        Ok(Message { id, event_id, kind, title, text, facts, order_id, created_at, is_read: read_at.is_some() })
    }
}

/// Writes a message; `false` when the event made one before, the member does not want the kind, or has left.
pub fn post(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewMessage) -> Result<bool> {
    let active: Option<Id> = tx.opt(
        "select id from member where mall_id = $1 and id = $2 and status = 'active'",
        &args![ctx.mall_id, new.member_id],
    )?;
    if active.is_none() || preference::of_shopper(tx, ctx.mall_id, new.member_id)?.muted.contains(&new.kind) {
        return Ok(false);
    }
    let id = ctx.id();
    let written = tx.exec(
        "insert into message (id, mall_id, member_id, kind, title, text, facts, order_id, event_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (mall_id, member_id, event_id) do nothing",
        &args![
            id,
            ctx.mall_id,
            new.member_id,
            new.kind.as_str(),
            &new.title,
            &new.text,
            new.facts.to_string(),
            new.order_id,
            new.event_id,
            new.at
        ],
    )?;
    if written == 1 {
        carry::follow(tx, ctx, new.kind, vec![id])?;
    }
    Ok(written == 1)
}

/// Writes the same message to many members, `new.member_id` aside: a few statements, however many.
pub fn post_many(tx: &mut Tx<'_>, ctx: &Ctx, member_ids: &[Id], new: &NewMessage) -> Result<()> {
    let active: Vec<(Id,)> = tx.all(
        "select id from member where mall_id = $1 and id = any($2) and status = 'active'",
        &args![ctx.mall_id, member_ids],
    )?;
    let muted = preference::muting(tx, ctx.mall_id, member_ids, new.kind)?;
    let facts = new.facts.to_string();
    let mut ids = Vec::new();
    let rows: Vec<Vec<Arg>> = active
        .into_iter()
        .filter(|(id,)| !muted.contains(id))
        .map(|(member_id,)| {
            let id = ctx.id();
            ids.push(id);
            Vec::from(args![
                id,
                ctx.mall_id,
                member_id,
                new.kind.as_str(),
                &new.title,
                &new.text,
                &facts,
                new.order_id,
                new.event_id,
                new.at
            ])
        })
        .collect();
    tx.insert_many(
        "insert into message (id, mall_id, member_id, kind, title, text, facts, order_id, event_id, created_at) values",
        "on conflict (mall_id, member_id, event_id) do nothing",
        &rows,
    )?;
    // Ids of those who had the message before find no row, and nothing is sent for them.
    carry::follow(tx, ctx, new.kind, ids)
}

/// Messages of events below `before`, in the order in which things happened, newest first: jobs may write them in
/// another order.
pub(super) fn page(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, before: i64, limit: i64) -> Result<Vec<Message>> {
    tx.all(
        "select id, event_id, kind, title, text, facts, order_id, created_at, read_at
         from message
         where mall_id = $1 and member_id = $2 and event_id < $3
         order by event_id desc
         limit $4",
        &args![mall_id, member_id, before, limit],
    )
}

/// Every message of a member, for the copy of their data.
pub fn all_of(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<Message>> {
    page(tx, mall_id, member_id, i64::MAX, 10_000)
}

/// How many are unread.
pub fn unread(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<i64> {
    tx.one(
        "select count(*)
         from message
         where mall_id = $1 and member_id = $2 and read_at is null",
        &args![mall_id, member_id],
    )
}

/// Marks one as read; `message.not_found` (404) for somebody else's.
pub(super) fn mark(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, id: Id) -> Result<()> {
    let found = tx.exec(
        "update message
         set read_at = coalesce(read_at, $4)
         where mall_id = $1 and member_id = $2 and id = $3",
        &args![ctx.mall_id, member_id, id, ctx.now],
    )?;
    if found == 1 { Ok(()) } else { Err(Error::not_found("message.not_found", "没有找到这条消息")) }
}

/// Marks everything that happened up to the message `newest` as read, so that what arrives meanwhile stays unread.
pub(super) fn mark_all(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, newest: Id) -> Result<()> {
    tx.exec(
        "update message
         set read_at = $4
         where mall_id = $1 and member_id = $2 and read_at is null
           and event_id <= (
             select newest.event_id
             from message newest
             where newest.mall_id = $1 and newest.member_id = $2 and newest.id = $3
           )",
        &args![ctx.mall_id, member_id, newest, ctx.now],
    )?;
    Ok(())
}

/// Forgets every message of a member.
pub fn erase(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<()> {
    tx.exec("delete from message where mall_id = $1 and member_id = $2", &args![mall_id, member_id])?;
    Ok(())
}

/// Forgets what is older than half a year.
pub fn sweep(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<u64> {
    tx.exec("delete from message where mall_id = $1 and id < $2", &args![mall_id, Ids::first_at(now - KEPT)])
}
