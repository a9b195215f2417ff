//! Goods that a store puts aside for a member to try. Owns `fitting`.
//!
//! Promise: while one is open its pieces are reserved at the store (`inventory`, holder `fitting`), and whoever ends it gives
//! them back or sells them, once. Nothing is paid before the counter. What was laid out for somebody who did not come stays in
//! a clerk's list until one of them says that it is back on the shelf; the stock knows long before.

use db::{FromRow, Row, Tx, args};
use goods::inventory::{self, Demand, Holder};
use kernel::{Actor, Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Holder kind of its reservation.
pub const FITTING: &str = "fitting";

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FittingState)]
pub enum State {
    Held,
    /// Laid out for the member.
    Ready,
    Bought,
    /// The member came, or will not come, and did not take it.
    Returned,
    Cancelled,
    /// The store could not keep it, and said why.
    Refused,
    /// The day is over.
    Expired,
}

impl State {
    pub const ALL: [State; 7] =
        [State::Held, State::Ready, State::Bought, State::Returned, State::Cancelled, State::Refused, State::Expired];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Ready => "ready",
            State::Bought => "bought",
            State::Returned => "returned",
            State::Cancelled => "cancelled",
            State::Refused => "refused",
            State::Expired => "expired",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let found = State::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown state of a fitting {text}")))
    }

    pub const fn is_open(self) -> bool {
        matches!(self, State::Held | State::Ready)
    }
}

/// A row.
#[derive(Debug, Clone)]
pub struct Fitting {
    pub id: Id,
    pub member_id: Id,
    pub store_id: Id,
    pub sku_id: Id,
    pub product_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture_key: Option<String>,
    pub quantity: i64,
    pub state: State,
    pub until: Instant,
    pub created_at: Instant,
    pub ready_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    /// Why the store could not keep it.
    pub ended_reason: Option<String>,
    /// The sale that took it.
    pub order_id: Option<Id>,
    /// When a clerk put it back that had been laid out for nobody, and who.
    pub put_back_at: Option<Instant>,
    pub put_back_by: Option<Id>,
}

impl Fitting {
    /// It was laid out, nobody came, and nobody has said yet that it is back on the shelf.
    pub fn is_to_put_back(&self) -> bool {
        matches!(self.state, State::Cancelled | State::Expired) && self.ready_at.is_some() && self.put_back_at.is_none()
    }
}

/// [`Fitting::is_to_put_back`], as the index `fitting_to_put_back` has it.
const TO_PUT_BACK: &str = "state in ('cancelled', 'expired') and ready_at is not null and put_back_at is null";

const COLUMNS: &str =
    "id, member_id, store_id, sku_id, product_id, name, option_text, picture_key, quantity, state, until,
    created_at, ready_at, ended_at, ended_reason, order_id, put_back_at, put_back_by";

impl FromRow for Fitting {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Fitting {
            id: row.next()?,
            member_id: row.next()?,
            store_id: row.next()?,
            sku_id: row.next()?,
            product_id: row.next()?,
            name: row.next()?,
            option_text: row.next()?,
            picture_key: row.next()?,
            quantity: row.next()?,
            state: State::parse(&row.next::<String>()?)?,
            until: row.next()?,
            created_at: row.next()?,
            ready_at: row.next()?,
            ended_at: row.next()?,
            ended_reason: row.next()?,
            order_id: row.next()?,
            put_back_at: row.next()?,
            put_back_by: row.next()?,
        })
    }
}

/// What is to be put aside.
#[derive(Debug)]
pub struct NewFitting<'a> {
    pub member_id: Id,
    pub store_id: Id,
    pub location_id: Id,
    pub sku: &'a goods::catalog::SkuForSale,
    pub quantity: i64,
    pub until: Instant,
}

/// Puts goods aside. `inventory.sold_out` (409).
pub fn hold(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewFitting<'_>) -> Result<Id> {
    let id = ctx.id();
    let demand = Demand { sku_id: new.sku.sku_id, location_id: new.location_id, quantity: new.quantity };
    inventory::reserve(tx, ctx, Holder { kind: FITTING, id }, &[demand], Some(new.until))?;
    tx.exec(
        "insert into fitting (id, mall_id, member_id, store_id, sku_id, product_id, name, option_text, picture_key,
           quantity, state, until, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'held', $11, $12)",
        &args![
            id,
            ctx.mall_id,
            new.member_id,
            new.store_id,
            new.sku.sku_id,
            new.sku.product_id,
            &new.sku.name,
            &new.sku.option_text,
            &new.sku.picture_key,
            new.quantity,
            new.until,
            ctx.now
        ],
    )?;
    Ok(id)
}

/// One, locked until the transaction ends. `fitting.not_found` (404).
pub fn lock(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Fitting> {
    let sql = format!("select {COLUMNS} from fitting where mall_id = $1 and id = $2 for update");
    let found = tx.opt(&sql, &args![mall_id, id])?;
    found.ok_or_else(|| Error::not_found("fitting.not_found", "没有找到这份留货"))
}

/// One.
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Fitting> {
    let sql = format!("select {COLUMNS} from fitting where mall_id = $1 and id = $2");
    let found = tx.opt(&sql, &args![mall_id, id])?;
    found.ok_or_else(|| Error::not_found("fitting.not_found", "没有找到这份留货"))
}

/// Several, locked until the transaction ends, in the order of ids, so that two sales take turns.
pub fn lock_all(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<Vec<Fitting>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("select {COLUMNS} from fitting where mall_id = $1 and id = any($2) order by id for update");
    tx.all(&sql, &args![mall_id, ids])
}

/// Those of a store that are still open.
pub fn open_by_id(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, ids: &[Id]) -> Result<Vec<Fitting>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select {COLUMNS} from fitting
         where mall_id = $1 and store_id = $2 and id = any($3) and state in ('held', 'ready')"
    );
    tx.all(&sql, &args![mall_id, store_id, ids])
}

/// A member's, newest first.
pub fn of_member(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Fitting>> {
    let before = cursor.map_or(i64::MAX, |cursor| cursor.id);
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from fitting where mall_id = $1 and member_id = $2 and id < $3 order by id desc limit $4"
        ),
        &args![mall_id, member_id, before, limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Fitting| Cursor { key: 0, id: row.id.0 }))
}

/// How many pieces a member has waiting.
pub fn waiting_of_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<i64> {
    let (pieces,) = tx.one(
        "select coalesce(cast(sum(quantity) as bigint), 0) from fitting
         where mall_id = $1 and member_id = $2 and state in ('held', 'ready')",
        &args![mall_id, member_id],
    )?;
    Ok(pieces)
}

/// What waits for a member at a store, the oldest first.
pub fn open_of_member(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, member_id: Id) -> Result<Vec<Fitting>> {
    let sql = format!(
        "select {COLUMNS} from fitting
         where mall_id = $1 and member_id = $2 and store_id = $3 and state in ('held', 'ready')
         order by id"
    );
    tx.all(&sql, &args![mall_id, member_id, store_id])
}

/// What waits at a store, the first to end first.
pub fn open_at(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Fitting>> {
    let after = cursor.unwrap_or(Cursor { key: i64::MIN, id: 0 });
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from fitting
             where mall_id = $1 and store_id = $2 and state in ('held', 'ready') and (until, id) > ($3, $4)
             order by until, id
             limit $5"
        ),
        &args![mall_id, store_id, after.key, after.id, limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Fitting| Cursor { key: row.until.0, id: row.id.0 }))
}

/// What is over at a store, the last to end first.
pub fn over_at(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Fitting>> {
    let before = cursor.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from fitting
             where mall_id = $1 and store_id = $2 and ended_at is not null and (ended_at, id) < ($3, $4)
             order by ended_at desc, id desc
             limit $5"
        ),
        &args![mall_id, store_id, before.key, before.id, limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Fitting| Cursor { key: row.ended_at.map_or(0, |at| at.0), id: row.id.0 }))
}

/// What lies laid out at a store for nobody, the longest first.
pub fn to_put_back_at(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Fitting>> {
    let after = cursor.unwrap_or(Cursor { key: i64::MIN, id: 0 });
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from fitting
             where mall_id = $1 and store_id = $2 and {TO_PUT_BACK} and (ended_at, id) > ($3, $4)
             order by ended_at, id
             limit $5"
        ),
        &args![mall_id, store_id, after.key, after.id, limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Fitting| Cursor { key: row.ended_at.map_or(0, |at| at.0), id: row.id.0 }))
}

/// Stores with something to put back, of these or of all: how many entries, and when the last of them ended.
pub fn put_backs(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<Vec<(Id, i64, Instant)>> {
    let (only, values) = match store_id {
        Some(store_id) => (" and store_id = $2", args![mall_id, store_id].to_vec()),
        None => ("", args![mall_id].to_vec()),
    };
    let sql = format!(
        "select store_id, count(*), max(ended_at) from fitting
         where mall_id = $1{only} and {TO_PUT_BACK}
         group by store_id
         order by store_id"
    );
    tx.all(&sql, &values)
}

/// Says that what was laid out is back on the shelf, once. `fitting.put_back_already`, `fitting.not_to_put_back` (409).
pub fn put_back(tx: &mut Tx<'_>, ctx: &Ctx, fitting: &Fitting) -> Result<()> {
    let by = match ctx.actor {
        Actor::Staff(id) => Some(id),
        _ => None,
    };
    let done = tx.exec(
        &format!(
            "update fitting set put_back_at = $3, put_back_by = $4 where mall_id = $1 and id = $2 and {TO_PUT_BACK}"
        ),
        &args![ctx.mall_id, fitting.id, ctx.now, by],
    )?;
    match (done, fitting.put_back_at) {
        (1, _) => Ok(()),
        (_, Some(_)) => Err(Error::conflict("fitting.put_back_already", "已经有人放回货架了")),
        (_, None) => Err(Error::conflict("fitting.not_to_put_back", "这份留货不用放回货架，请刷新再看")),
    }
}

/// Whose day is over.
pub fn due(tx: &mut Tx<'_>, mall_id: MallId, now: Instant, limit: i64) -> Result<Vec<Id>> {
    tx.all(
        "select id from fitting
         where mall_id = $1 and until <= $2 and state in ('held', 'ready')
         order by until, id
         limit $3",
        &args![mall_id, now, limit],
    )
}

fn over() -> Error {
    Error::conflict("fitting.over", "这份留货已经结束了，请刷新再看")
}

/// Laid out for the member, once.
pub fn make_ready(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let made = tx.exec(
        "update fitting set state = 'ready', ready_at = $3 where mall_id = $1 and id = $2 and state = 'held'",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    if made == 1 { Ok(()) } else { Err(over()) }
}

/// Ends one; its pieces are free on the shelf again, also for the sale that takes them in the same transaction.
/// `fitting.over` (409).
pub fn end(tx: &mut Tx<'_>, ctx: &Ctx, fitting: &Fitting, to: State, reason: Option<&str>) -> Result<()> {
    let ended = tx.exec(
        "update fitting set state = $3, ended_at = $4, ended_reason = $5
         where mall_id = $1 and id = $2 and state in ('held', 'ready')",
        &args![ctx.mall_id, fitting.id, to.as_str(), ctx.now, reason],
    )?;
    if ended == 0 {
        return Err(over());
    }
    inventory::release(tx, ctx, Holder { kind: FITTING, id: fitting.id }).map(drop)
}

/// The sale that took them was given up unpaid: the goods lie on the shelf, nobody bought them.
pub fn not_sold(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    tx.exec(
        "update fitting set state = 'returned', order_id = null
         where mall_id = $1 and order_id = $2 and state = 'bought'",
        &args![ctx.mall_id, order_id],
    )?;
    Ok(())
}

/// Names the sale that took them.
pub fn sold_with(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id], order_id: Id) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    tx.exec(
        "update fitting set order_id = $3 where mall_id = $1 and id = any($2) and state = 'bought'",
        &args![ctx.mall_id, ids, order_id],
    )?;
    Ok(())
}
