//! Rows of payments and their guarded changes.

use db::{FromRow, Row, Tx, args};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// What is being paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payable {
    /// `order_group`, or what else the flows let members pay for.
    pub kind: &'static str,
    pub id: Id,
    pub amount: Fen,
}

/// Cash in the drawer of a counter.
pub const CASH: &str = "cash";

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Pending,
    Paid,
    Closed,
    Failed,
    Refunding,
    Refunded,
}

impl PaymentStatus {
    fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "pending" => PaymentStatus::Pending,
            "paid" => PaymentStatus::Paid,
            "closed" => PaymentStatus::Closed,
            "failed" => PaymentStatus::Failed,
            "refunding" => PaymentStatus::Refunding,
            "refunded" => PaymentStatus::Refunded,
            other => return Err(Error::internal(format_args!("unknown payment status {other}"))),
        })
    }
}

/// One attempt to collect.
#[derive(Debug, Clone)]
pub struct Payment {
    pub id: Id,
    pub payable_kind: String,
    pub payable_id: Id,
    pub member_id: Id,
    pub channel: String,
    pub scene: String,
    pub status: PaymentStatus,
    pub amount: Fen,
    pub currency: String,
    /// JSON of what the front end was given.
    pub instruction: Option<String>,
    pub transaction_id: Option<String>,
    pub payer: Option<String>,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub checked_at: Instant,
    pub paid_at: Option<Instant>,
    /// Given back or on its way back.
    pub refunded: Fen,
    /// How many orders the channel collects for one by one; 0: for the whole at once.
    pub sub_orders: i64,
}

impl Payment {
    /// The number given to the channel.
    pub fn number(&self) -> String {
        self.id.to_string()
    }
    /// False for money that no channel outside holds: what staff received by hand, a counter's cash, and the balance.
    pub fn is_outside(&self) -> bool {
        !matches!(self.channel.as_str(), "offline" | CASH | "balance")
    }
}

const COLUMNS: &str =
    "id, payable_kind, payable_id, member_id, channel, scene, status, amount_fen, currency, instruction,
    transaction_id, payer, created_at, expires_at, checked_at, paid_at, refunded_fen,
    sub_orders";

impl FromRow for Payment {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Payment {
            id: row.next()?,
            payable_kind: row.next()?,
            payable_id: row.next()?,
            member_id: row.next()?,
            channel: row.next()?,
            scene: row.next()?,
            status: PaymentStatus::parse(&row.next::<String>()?)?,
            amount: row.next()?,
            currency: row.next()?,
            instruction: row.next()?,
            transaction_id: row.next()?,
            payer: row.next()?,
            created_at: row.next()?,
            expires_at: row.next()?,
            checked_at: row.next()?,
            paid_at: row.next()?,
            refunded: row.next()?,
            sub_orders: row.next()?,
        })
    }
}

/// One payment of a mall.
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Payment> {
    tx.opt(&format!("select {COLUMNS} from payment where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(|| Error::not_found("payment.not_found", "没有找到这笔支付"))
}

/// One payment of a member.
pub fn of_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, id: Id) -> Result<Payment> {
    let payment = find(tx, mall_id, id)?;
    if payment.member_id == member_id {
        Ok(payment)
    } else {
        Err(Error::not_found("payment.not_found", "没有找到这笔支付"))
    }
}

/// The payment behind a channel's number, locked; `None` for a number that is not ours or belongs to another channel.
pub fn find_for_channel(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, number: &str) -> Result<Option<Payment>> {
    let Ok(id) = number.parse::<Id>() else { return Ok(None) };
    tx.opt(
        &format!("select {COLUMNS} from payment where mall_id = $1 and id = $2 and channel = $3 for update"),
        &args![mall_id, id, channel],
    )
}

/// All attempts for a payable, oldest first.
pub fn attempts(tx: &mut Tx<'_>, mall_id: MallId, kind: &str, payable_id: Id) -> Result<Vec<Payment>> {
    tx.all(
        &format!(
            "select {COLUMNS} from payment where mall_id = $1 and payable_kind = $2 and payable_id = $3 order by id"
        ),
        &args![mall_id, kind, payable_id],
    )
}

/// Which of some payables have an attempt that could still be paid.
pub fn pending_payables(tx: &mut Tx<'_>, mall_id: MallId, kind: &str, ids: &[Id]) -> Result<HashSet<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select distinct payable_id from payment
         where mall_id = $1 and payable_kind = $2 and payable_id = any($3) and status = 'pending'",
        &args![mall_id, kind, ids],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A pending attempt that can be shown again instead of making another.
pub fn reusable(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    payable: Payable,
    channel: &str,
    scene: &str,
    fresh_for: Option<i64>,
) -> Result<Option<Payment>> {
    let since = fresh_for.map_or(Instant(0), |ms| Instant(ctx.now.0 - ms));
    tx.opt(
        &format!(
            "select {COLUMNS} from payment
             where mall_id = $1 and payable_kind = $2 and payable_id = $3 and channel = $4 and scene = $5
               and status = 'pending' and amount_fen = $6 and expires_at > $7 and created_at >= $8
             order by id desc
             limit 1"
        ),
        &args![ctx.mall_id, payable.kind, payable.id, channel, scene, payable.amount, ctx.now, since],
    )
}

/// Writes a pending attempt; the channel is asked after the commit.
pub fn insert_attempt(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    payable: Payable,
    member_id: Id,
    channel: &str,
    scene: &str,
    currency: &str,
    expires_at: Instant,
) -> Result<Payment> {
    tx.one(
        &format!(
            "insert into payment
               (id, mall_id, payable_kind, payable_id, member_id, channel, scene, status, amount_fen, currency, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11)
             returning {COLUMNS}"
        ),
        &args![
            ctx.id(), ctx.mall_id, payable.kind, payable.id, member_id, channel, scene, payable.amount, currency, ctx.now,
            expires_at
        ],
    )
}

/// Writes a payment that staff received by hand, or one of nothing.
pub fn insert_offline(tx: &mut Tx<'_>, ctx: &Ctx, payable: Payable, member_id: Id, currency: &str) -> Result<Id> {
    insert_paid(tx, ctx, payable, member_id, currency, "offline")
}

/// Writes a payment that is paid already, through a `channel` of our own.
pub fn insert_paid(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    payable: Payable,
    member_id: Id,
    currency: &str,
    channel: &str,
) -> Result<Id> {
    let id = ctx.id();
    tx.exec(
        "insert into payment
           (id, mall_id, payable_kind, payable_id, member_id, channel, scene, status, amount_fen, currency,
            transaction_id, created_at, expires_at, paid_at)
         values ($1, $2, $3, $4, $5, $10, $10, 'paid', $6, $7, $8, $9, $9, $9)",
        &args![
            id,
            ctx.mall_id,
            payable.kind,
            payable.id,
            member_id,
            payable.amount,
            currency,
            id.to_string(),
            ctx.now,
            channel
        ],
    )?;
    Ok(id)
}

/// Keeps what the channel answered, to show it again. False when the attempt was closed meanwhile: nobody may be shown
/// the instruction then, and the channel is to close it.
pub fn save_instruction(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, instruction: &str) -> Result<bool> {
    let kept = tx.exec(
        "update payment set instruction = $3, checked_at = $4 where mall_id = $1 and id = $2 and status <> 'closed'",
        &args![ctx.mall_id, id, instruction, ctx.now],
    )?;
    Ok(kept == 1)
}

/// Marks as paid, once; a combined payment has no transaction of its own. Also from `closed` or `failed`: money that came late is money. False if it was paid before.
pub fn mark_paid(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: Id,
    transaction_id: Option<&str>,
    payer: Option<&str>,
    paid_at: Instant,
) -> Result<bool> {
    let changed = tx.exec(
        "update payment
         set status = 'paid', transaction_id = $3, payer = $4, paid_at = $5, checked_at = $6
         where mall_id = $1 and id = $2 and status in ('pending', 'closed', 'failed')",
        &args![ctx.mall_id, id, transaction_id, payer, paid_at, ctx.now],
    )?;
    Ok(changed == 1)
}

/// Notes that a paid payment found nothing to pay: it goes back in full and counts as no sale.
pub fn mark_sent_back(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    tx.exec("update payment set sent_back = true where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    Ok(())
}

/// Writes what a member takes from the balance for part of a payable; it becomes paid with the rest.
pub fn insert_part(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    payable: Payable,
    member_id: Id,
    channel: &str,
    currency: &str,
    expires_at: Instant,
) -> Result<Payment> {
    insert_attempt(tx, ctx, payable, member_id, channel, PART, currency, expires_at)
}

const PART: &str = "part";

/// Parts that wait for the rest of their payable.
pub fn waiting_parts(tx: &mut Tx<'_>, mall_id: MallId, kind: &str, payable_id: Id) -> Result<Vec<Payment>> {
    tx.all(
        &format!(
            "select {COLUMNS} from payment
             where mall_id = $1 and payable_kind = $2 and payable_id = $3 and scene = $4 and status = 'pending'
             order by id
             for update"
        ),
        &args![mall_id, kind, payable_id, PART],
    )
}

/// Closes one pending attempt; the channel closed it before.
pub fn close_attempt(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    tx.exec(
        "update payment set status = 'closed', checked_at = $3 where mall_id = $1 and id = $2 and status = 'pending'",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    Ok(())
}

/// Closes the pending attempts of a payable; the channel closed them before. Parts are not among them: their money has to
/// be given back first.
pub fn close_pending(tx: &mut Tx<'_>, ctx: &Ctx, kind: &str, payable_id: Id) -> Result<u64> {
    tx.exec(
        "update payment set status = 'closed', checked_at = $4
         where mall_id = $1 and payable_kind = $2 and payable_id = $3 and status = 'pending' and scene <> $5",
        &args![ctx.mall_id, kind, payable_id, ctx.now, PART],
    )
}

/// Remembers that the channel was asked now.
pub fn touch_checked(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    tx.exec("update payment set checked_at = $3 where mall_id = $1 and id = $2", &args![ctx.mall_id, id, ctx.now])?;
    Ok(())
}

/// Pending payments whose channel should be asked again: after 5 seconds, then ever more seldom (a quarter of their age).
pub fn due_for_query(tx: &mut Tx<'_>, ctx: &Ctx, limit: i64) -> Result<Vec<Payment>> {
    tx.all(
        &format!(
            "select {COLUMNS} from payment
             where mall_id = $1 and status = 'pending' and instruction is not null
               and expires_at > $2 and $2 - checked_at > 5000 and ($2 - checked_at) * 4 > $2 - created_at
             order by expires_at
             limit $3"
        ),
        &args![ctx.mall_id, ctx.now, limit],
    )
}
