//! Refunds: money on its way back. A refund is first a row, reserved against the payment in the same transaction;
//! only then a job asks the channel, always with the same number.

use super::part::count_refund;
use super::store::Payment;
use db::{FromRow, Row, Tx, args};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::Ctx;

/// One refund.
#[derive(Debug, Clone)]
pub struct Refund {
    pub id: Id,
    pub payment_id: Id,
    pub order_id: Option<Id>,
    pub amount: Fen,
    pub reason: String,
    pub status: String,
    pub created_at: Instant,
    pub finished_at: Option<Instant>,
    /// Which number it has at the channel: a refund that the channel closed is asked for again under another.
    pub generation: i64,
    pub last_error: Option<String>,
    /// The channel's last word about a failed refund: `closed` or `abnormal`.
    pub channel_state: Option<String>,
}

pub(super) const COLUMNS: &str =
    "id, payment_id, order_id, amount_fen, reason, status, created_at, finished_at, generation, last_error,
    channel_state";

impl FromRow for Refund {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Refund {
            id: row.next()?,
            payment_id: row.next()?,
            order_id: row.next()?,
            amount: row.next()?,
            reason: row.next()?,
            status: row.next()?,
            created_at: row.next()?,
            finished_at: row.next()?,
            generation: row.next()?,
            last_error: row.next()?,
            channel_state: row.next()?,
        })
    }
}

impl Refund {
    /// The number given to the channel, see [`refund_number`].
    pub fn number(&self) -> String {
        refund_number(self.id, self.generation)
    }
    /// The refund behind a channel's number, of any generation.
    pub fn id_of(number: &str) -> Option<Id> {
        let number = number.strip_prefix('R')?;
        number.split_once('N').map_or(number, |(id, _)| id).parse().ok()
    }
    pub fn is_finished(&self) -> bool {
        matches!(self.status.as_str(), "done" | "failed")
    }
}

/// `R12`; after the channel closed that one, `R12N173` for a refund asked for again 173 seconds after it was written: the
/// number tells when it was sent ([`kernel::ports::sent_at`]).
pub fn refund_number(id: Id, generation: i64) -> String {
    match generation {
        1 => format!("R{id}"),
        later => format!("R{id}N{later}"),
    }
}

/// What to give back and why.
#[derive(Debug, Clone)]
pub struct NewRefund<'a> {
    pub order_id: Option<Id>,
    pub amount: Fen,
    pub reason: &'a str,
}

/// Reserves a refund against a paid payment: together they never exceed it (`refund.too_much`).
/// Payments without a channel outside are done at once: staff hand the money back, or the flow posts it.
pub fn request_refund(tx: &mut Tx<'_>, ctx: &Ctx, payment: &Payment, new: &NewRefund<'_>) -> Result<Refund> {
    let offline = !payment.is_outside();
    let taken = tx.exec(
        "update payment
         set refunded_fen = refunded_fen + $3,
             status = case when not $4 then 'refunding' when refunded_fen + $3 < amount_fen then 'paid' else 'refunded' end
         where mall_id = $1 and id = $2 and status in ('paid', 'refunding', 'refunded')",
        &args![ctx.mall_id, payment.id, new.amount, offline],
    )?;
    if taken == 0 {
        return Err(Error::conflict("refund.not_paid", "这笔支付还没有到账，不能退款"));
    }
    count_refund(tx, ctx, payment.id, new.order_id, new.amount)?;
    let (state, finished) = if offline { ("done", Some(ctx.now)) } else { ("requested", None) };
    tx.one(
        &format!(
            "insert into refund (id, mall_id, payment_id, order_id, amount_fen, reason, status, actor_kind, actor_id, created_at, finished_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             returning {COLUMNS}"
        ),
        &args![
            ctx.id(), ctx.mall_id, payment.id, new.order_id, new.amount, new.reason, state, ctx.actor.kind(), ctx.actor.id(),
            ctx.now, finished
        ],
    )
}

/// One refund of a mall.
pub fn find_refund(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Refund> {
    tx.opt(&format!("select {COLUMNS} from refund where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(|| Error::not_found("refund.not_found", "没有找到这笔退款"))
}

/// Refunds of an order, oldest first.
pub fn refunds_of_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<Refund>> {
    tx.all(
        &format!("select {COLUMNS} from refund where mall_id = $1 and order_id = $2 order by id"),
        &args![mall_id, order_id],
    )
}

/// Refunds that staff should look at: failed ones.
pub fn open_refunds(tx: &mut Tx<'_>, mall_id: MallId) -> Result<i64> {
    let (count,): (i64,) =
        tx.one("select count(*) from refund where mall_id = $1 and status = 'failed'", &args![mall_id])?;
    Ok(count)
}

/// Records the channel's word: `processing`, `done` or `failed` (then `channel_state` says how). True when this finished
/// the refund now.
pub fn finish_refund(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: Id,
    status: &str,
    channel_state: Option<&str>,
    channel_refund_id: &str,
) -> Result<bool> {
    let finished_at = (status != "processing").then_some(ctx.now);
    let changed: Option<(Id,)> = tx.opt(
        "update refund
         set status = $3, channel_refund_id = $4, finished_at = $5, last_error = null, channel_state = $6
         where mall_id = $1 and id = $2
           and (status in ('requested', 'processing') or (status = 'failed' and $3 = 'done'))
         returning payment_id",
        &args![ctx.mall_id, id, status, channel_refund_id, finished_at, channel_state],
    )?;
    let Some((payment_id,)) = changed.filter(|_| status == "done") else { return Ok(false) };
    settle_payment(tx, ctx, payment_id)?;
    Ok(true)
}

/// A payment all of whose refunds are done is refunded, or paid as before when they were a part of it.
pub(super) fn settle_payment(tx: &mut Tx<'_>, ctx: &Ctx, payment_id: Id) -> Result<()> {
    tx.exec(
        "update payment set status = case when refunded_fen < amount_fen then 'paid' else 'refunded' end
         where mall_id = $1 and id = $2 and status = 'refunding'
           and not exists (select 1 from refund r
             where r.mall_id = payment.mall_id and r.payment_id = payment.id and r.status <> 'done')",
        &args![ctx.mall_id, payment_id],
    )?;
    Ok(())
}

/// Keeps the last error of a refund that is being retried, for staff to see.
pub fn record_refund_error(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, error: &str) -> Result<()> {
    tx.exec("update refund set last_error = $3 where mall_id = $1 and id = $2", &args![ctx.mall_id, id, error])?;
    Ok(())
}
