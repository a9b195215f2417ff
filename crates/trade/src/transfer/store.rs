//! Rows of transfers and their guarded changes.

use super::model::TransferStatus;
use db::{FromRow, Row, Tx, args};
use kernel::ports::ChannelTransfer;
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result};
use platform::Ctx;

/// One transfer.
#[derive(Debug, Clone)]
pub struct Transfer {
    pub id: Id,
    pub member_id: Id,
    /// Name of the ledger account it was paid out from.
    pub account: String,
    pub channel: String,
    /// The payee at the channel; forgotten with the member.
    pub openid: Option<String>,
    pub amount: Fen,
    pub remark: String,
    pub status: TransferStatus,
    /// What the member's app needs to confirm.
    pub package: Option<String>,
    pub fail_reason: Option<String>,
    pub last_error: Option<String>,
    pub created_at: Instant,
    pub checked_at: Instant,
    pub finished_at: Option<Instant>,
}

impl Transfer {
    /// The number given to the channel; never changed.
    pub fn number(&self) -> String {
        format!("T{}", self.id)
    }
}

const COLUMNS: &str = "id, member_id, account, channel, openid, amount_fen, remark, status, package, fail_reason,
    last_error, created_at, checked_at, finished_at";

impl FromRow for Transfer {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Transfer {
            id: row.next()?,
            member_id: row.next()?,
            account: row.next()?,
            channel: row.next()?,
            openid: row.next()?,
            amount: row.next()?,
            remark: row.next()?,
            status: TransferStatus::parse(&row.next::<String>()?)?,
            package: row.next()?,
            fail_reason: row.next()?,
            last_error: row.next()?,
            created_at: row.next()?,
            checked_at: row.next()?,
            finished_at: row.next()?,
        })
    }
}

/// What to pay out.
#[derive(Debug, Clone, Copy)]
pub struct NewTransfer<'a> {
    pub member_id: Id,
    pub account: &'a str,
    pub channel: &'a str,
    pub openid: &'a str,
    pub amount: Fen,
    pub remark: &'a str,
}

/// Writes a transfer; the channel is asked after the commit.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewTransfer<'_>) -> Result<Transfer> {
    tx.one(
        &format!(
            "insert into transfer
               (id, mall_id, member_id, account, channel, openid, amount_fen, remark, actor_kind, actor_id, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             returning {COLUMNS}"
        ),
        &args![
            ctx.id(),
            ctx.mall_id,
            new.member_id,
            new.account,
            new.channel,
            new.openid,
            new.amount,
            new.remark,
            ctx.actor.kind(),
            ctx.actor.id(),
            ctx.now
        ],
    )
}

fn not_found() -> Error {
    Error::not_found("transfer.not_found", "没有找到这笔转账")
}

/// One transfer of a mall.
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Transfer> {
    tx.opt(&format!("select {COLUMNS} from transfer where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(not_found)
}

/// One transfer of a member.
pub fn of_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, id: Id) -> Result<Transfer> {
    find(tx, mall_id, id).and_then(|found| if found.member_id == member_id { Ok(found) } else { Err(not_found()) })
}

/// The transfer behind a channel's number; `None` for a number that is not ours or belongs to another channel.
pub fn find_by_number(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, number: &str) -> Result<Option<Transfer>> {
    let Some(id) = number.strip_prefix('T').and_then(|id| id.parse::<Id>().ok()) else { return Ok(None) };
    tx.opt(
        &format!("select {COLUMNS} from transfer where mall_id = $1 and id = $2 and channel = $3 for update"),
        &args![mall_id, id, channel],
    )
}

/// Transfers, newest first; of one member or in one status when it is given.
pub fn list(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Option<Id>,
    status: Option<TransferStatus>,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<Transfer>> {
    let mut sql = format!("select {COLUMNS} from transfer where mall_id = $1 and id < $2");
    let mut values = args![mall_id, before.map_or(i64::MAX, |cursor| cursor.id), limit + 1].to_vec();
    if let Some(member_id) = member_id {
        values.push(member_id.into());
        sql.push_str(&format!(" and member_id = ${}", values.len()));
    }
    if let Some(status) = status {
        values.push(status.as_str().into());
        sql.push_str(&format!(" and status = ${}", values.len()));
    }
    sql.push_str(" order by id desc limit $3");
    let rows: Vec<Transfer> = tx.all(&sql, &values)?;
    Ok(Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 }))
}

/// Transfers whose channel should be asked (again): after 5 seconds, then ever more seldom (a quarter of their age).
pub fn due(tx: &mut Tx<'_>, ctx: &Ctx, limit: i64) -> Result<Vec<Transfer>> {
    tx.all(
        &format!(
            "select {COLUMNS} from transfer
             where mall_id = $1 and finished_at is null
               and $2 - checked_at > 5000 and ($2 - checked_at) * 4 > $2 - created_at
             order by checked_at
             limit $3"
        ),
        &args![ctx.mall_id, ctx.now, limit],
    )
}

/// Remembers that the channel was asked now, and what went wrong.
pub fn ask_later(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, error: Option<&str>) -> Result<()> {
    tx.exec(
        "update transfer set checked_at = $3, last_error = $4 where mall_id = $1 and id = $2 and finished_at is null",
        &args![ctx.mall_id, id, ctx.now, error],
    )?;
    Ok(())
}

/// Writes down the channel's word. True when this ended the transfer now; one that has ended stays as it is.
pub fn mark(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, theirs: &ChannelTransfer) -> Result<bool> {
    let status = TransferStatus::of_channel(theirs.state);
    let finished_at = status.is_final().then_some(theirs.finished_at.unwrap_or(ctx.now));
    let changed = tx.exec(
        "update transfer
         set status = $3, package = coalesce($4, package), channel_transfer_id = coalesce($5, channel_transfer_id),
             fail_reason = $6, last_error = null, checked_at = $7, finished_at = $8
         where mall_id = $1 and id = $2 and finished_at is null",
        &args![
            ctx.mall_id,
            id,
            status.as_str(),
            theirs.package.as_deref(),
            theirs.channel_transfer_id.as_deref(),
            theirs.fail_reason.as_deref(),
            ctx.now,
            finished_at
        ],
    )?;
    Ok(changed == 1 && status.is_final())
}

/// Forgets who was paid in transfers that have ended.
pub fn forget_person(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<()> {
    tx.exec(
        "update transfer set openid = null, package = null
         where mall_id = $1 and member_id = $2 and finished_at is not null",
        &args![mall_id, member_id],
    )?;
    Ok(())
}
