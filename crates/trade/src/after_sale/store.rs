//! Rows of after-sales and the one guarded update that moves them.

use super::model::{Kind, Stage, Standing, Status, Step, not_allowed, rule};
use super::rules::ReturnAddress;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::{Ctx, outbox};
use serde::{Deserialize, Serialize};

/// An after-sale's row.
#[derive(Debug, Clone)]
pub struct AfterSale {
    pub id: Id,
    pub shop_id: Id,
    pub order_id: Id,
    pub member_id: Id,
    pub store_id: Option<Id>,
    pub kind: Kind,
    pub stage: Stage,
    pub status: Status,
    pub reason: String,
    pub description: Option<String>,
    pub picture_keys: String,
    pub quantity: i64,
    pub goods: Fen,
    pub freight: Fen,
    return_address: Option<String>,
    pub return_parcel: Parcel,
    pub reship_parcel: Parcel,
    pub answer: Option<String>,
    pub staff_note: Option<String>,
    pub is_final: bool,
    pub due_at: Option<Instant>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub ended_at: Option<Instant>,
}

/// A parcel: the carrier's code and the number, together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Parcel {
    pub carrier_code: Option<String>,
    pub tracking_number: Option<String>,
}

pub(super) const COLUMNS: &str = "id, shop_id, order_id, member_id, store_id, kind, stage, status, reason, description,
    picture_keys, quantity, goods_fen, freight_fen, return_address, return_carrier_code,
    return_tracking_number, reship_carrier_code, reship_tracking_number, answer, staff_note, is_final, due_at,
    created_at, updated_at, ended_at";

impl FromRow for AfterSale {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(AfterSale {
            id: row.next()?,
            shop_id: row.next()?,
            order_id: row.next()?,
            member_id: row.next()?,
            store_id: row.next()?,
            kind: Kind::parse(&row.next::<String>()?)?,
            stage: Stage::parse(&row.next::<String>()?)?,
            status: Status::parse(&row.next::<String>()?)?,
            reason: row.next()?,
            description: row.next()?,
            picture_keys: row.next()?,
            quantity: row.next()?,
            goods: row.next()?,
            freight: row.next()?,
            return_address: row.next()?,
            return_parcel: Parcel { carrier_code: row.next()?, tracking_number: row.next()? },
            reship_parcel: Parcel { carrier_code: row.next()?, tracking_number: row.next()? },
            answer: row.next()?,
            staff_note: row.next()?,
            is_final: row.next()?,
            due_at: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
            ended_at: row.next()?,
        })
    }
}

impl AfterSale {
    pub fn return_address(&self) -> Result<Option<ReturnAddress>> {
        self.return_address.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)
    }
    pub fn picture_keys(&self) -> Result<Vec<String>> {
        serde_json::from_str(&self.picture_keys).map_err(Error::internal)
    }
    pub fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            kind: self.kind,
            sent_back: self.return_parcel.tracking_number.is_some(),
            is_final: self.is_final,
        }
    }
}

fn missing() -> Error {
    Error::not_found("after_sale.not_found", "没有找到这个售后单")
}

/// One after-sale of a mall.
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<AfterSale> {
    tx.opt(&format!("select {COLUMNS} from after_sale where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(missing)
}

/// One after-sale of a member; another member's does not exist for them.
pub fn find_of_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, id: Id) -> Result<AfterSale> {
    let found = find(tx, mall_id, id)?;
    if found.member_id == member_id { Ok(found) } else { Err(missing()) }
}

/// The after-sale whose money a refund is.
pub fn of_refund(tx: &mut Tx<'_>, mall_id: MallId, refund_id: Id) -> Result<Option<AfterSale>> {
    tx.opt(
        &format!(
            "select {COLUMNS} from after_sale
             where mall_id = $1
               and id = (select after_sale_id from after_sale_refund where mall_id = $1 and refund_id = $2)"
        ),
        &args![mall_id, refund_id],
    )
}

/// The refunds that carry an after-sale's money, and whether each is done.
pub fn refunds(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Vec<(Id, bool)>> {
    tx.all(
        "select r.id, r.status = 'done' from after_sale_refund a
         join refund r on r.mall_id = a.mall_id and r.id = a.refund_id
         where a.mall_id = $1 and a.after_sale_id = $2
         order by r.id",
        &args![mall_id, id],
    )
}

/// An after-sale about to be written.
pub struct NewAfterSale<'a> {
    pub order: &'a crate::order::Order,
    pub kind: Kind,
    pub stage: Stage,
    pub reason: &'a str,
    pub description: Option<&'a str>,
    pub picture_keys: &'a [String],
    pub goods: Fen,
    pub freight: Fen,
    pub due_at: Instant,
    pub lines: &'a [NewLine],
}

/// A line about to be written.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub line_id: Id,
    pub quantity: i64,
    /// For an exchange: what is wanted instead, and its options in words.
    pub exchange: Option<(Id, String)>,
}

#[derive(Serialize)]
struct Told<'a> {
    after_sale_id: Id,
    order_id: Id,
    member_id: Id,
    status: &'a str,
}

/// Writes the request, its lines, its first event. The pieces are claimed by the caller.
pub fn insert(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewAfterSale<'_>) -> Result<Id> {
    let (id, order) = (ctx.id(), new.order);
    let quantity: i64 = new.lines.iter().map(|line| line.quantity).sum();
    tx.exec(
        "insert into after_sale
           (id, mall_id, shop_id, order_id, member_id, store_id, kind, stage, status, reason, description, picture_keys,
            quantity, goods_fen, freight_fen, due_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'requested', $9, $10, $11, $12, $13, $14, $15, $16, $16)",
        &args![
            id,
            ctx.mall_id,
            order.shop_id,
            order.id,
            order.member_id,
            order.store_id,
            new.kind.as_str(),
            new.stage.as_str(),
            new.reason,
            new.description,
            serde_json::to_string(new.picture_keys).map_err(Error::internal)?,
            quantity,
            new.goods,
            new.freight,
            new.due_at,
            ctx.now
        ],
    )?;
    let rows: Vec<Vec<Arg>> = new
        .lines
        .iter()
        .map(|line| {
            let (sku_id, text) = line.exchange.clone().unzip();
            Vec::from(args![ctx.mall_id, id, line.line_id, line.quantity, sku_id, text])
        })
        .collect();
    tx.insert_many(
        "insert into after_sale_line (mall_id, after_sale_id, line_id, quantity, exchange_sku_id, exchange_text) values",
        "",
        &rows,
    )?;
    add_event(tx, ctx, id, "requested", &format!("申请{}", new.kind.label()))?;
    let told =
        Told { after_sale_id: id, order_id: order.id, member_id: order.member_id, status: Status::Requested.as_str() };
    outbox::emit(tx, ctx, "after_sale.requested", &told)?;
    Ok(id)
}

/// What changes with a move, beside the status.
#[derive(Default)]
pub struct Change<'a> {
    /// When the clock acts next; none in states that nobody waits in.
    pub due_at: Option<Instant>,
    /// What staff said to the member.
    pub answer: Option<&'a str>,
    pub return_address: Option<&'a ReturnAddress>,
    pub return_parcel: Option<(&'a str, &'a str)>,
    pub reship_parcel: Option<(&'a str, &'a str)>,
    pub is_final: bool,
    /// Further words for the log.
    pub note: Option<&'a str>,
}

/// Makes a move: the guarded update, the event, the outbox. `after_sale.not_allowed` (409) when the after-sale is not where the
/// move starts — also when somebody else moved it since it was read.
pub fn advance(tx: &mut Tx<'_>, ctx: &Ctx, after: &AfterSale, step: Step, change: &Change<'_>) -> Result<Status> {
    let to = step.apply(after.status, after.kind)?;
    let address = change.return_address.map(serde_json::to_string).transpose().map_err(Error::internal)?;
    let (back, again) = (change.return_parcel.unzip(), change.reship_parcel.unzip());
    let moved = tx.exec(
        "update after_sale
         set status = $4, due_at = $5, answer = coalesce($6, answer), return_address = coalesce($7, return_address),
             return_carrier_code = coalesce($8, return_carrier_code),
             return_tracking_number = coalesce($9, return_tracking_number),
             reship_carrier_code = coalesce($10, reship_carrier_code),
             reship_tracking_number = coalesce($11, reship_tracking_number),
             is_final = $12, updated_at = $13, ended_at = $14
         where mall_id = $1 and id = $2 and status = $3",
        &args![
            ctx.mall_id,
            after.id,
            after.status.as_str(),
            to.as_str(),
            change.due_at,
            change.answer,
            address,
            back.0,
            back.1,
            again.0,
            again.1,
            after.is_final || change.is_final,
            ctx.now,
            to.is_ended().then_some(ctx.now)
        ],
    )?;
    if moved == 0 {
        return Err(not_allowed(find(tx, ctx.mall_id, after.id)?.status));
    }
    let rule = rule(step);
    let words = change.note.or(change.answer);
    let text = words.map_or_else(|| rule.text.to_owned(), |words| format!("{}：{words}", rule.text));
    add_event(tx, ctx, after.id, rule.event, &text)?;
    let told =
        Told { after_sale_id: after.id, order_id: after.order_id, member_id: after.member_id, status: to.as_str() };
    outbox::emit(tx, ctx, rule.emits, &told)?;
    Ok(to)
}

/// Appends to the log.
pub fn add_event(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, kind: &str, text: &str) -> Result<()> {
    tx.exec(
        "insert into after_sale_event (mall_id, after_sale_id, id, kind, actor_kind, actor_id, text, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![ctx.mall_id, id, ctx.id(), kind, ctx.actor.kind(), ctx.actor.id(), text, ctx.now],
    )?;
    Ok(())
}

/// Writes down what went back, and the refunds that carry it.
pub fn write_money(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, goods: Fen, freight: Fen, refund_ids: &[Id]) -> Result<()> {
    tx.exec(
        "update after_sale set goods_fen = $3, freight_fen = $4 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, goods, freight],
    )?;
    let rows: Vec<Vec<Arg>> = refund_ids.iter().map(|refund| Vec::from(args![ctx.mall_id, *refund, id])).collect();
    if !rows.is_empty() {
        tx.insert_many("insert into after_sale_refund (mall_id, refund_id, after_sale_id) values", "", &rows)?;
    }
    Ok(())
}

/// A note that only staff see.
pub fn write_note(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, note: Option<&str>) -> Result<()> {
    tx.exec(
        "update after_sale set staff_note = $3, updated_at = $4 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, note, ctx.now],
    )?;
    Ok(())
}

/// After-sales whose clock has run out, oldest first.
pub fn due(tx: &mut Tx<'_>, mall_id: MallId, now: Instant, limit: i64) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select id from after_sale where mall_id = $1 and due_at <= $2 order by due_at limit $3",
        &args![mall_id, now, limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// True when pieces of an order are in an open after-sale.
pub fn is_open(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<bool> {
    let (claimed,): (i64,) = tx.one(
        "select cast(coalesce(sum(claimed_quantity), 0) as bigint) from order_line where mall_id = $1 and order_id = $2",
        &args![mall_id, order_id],
    )?;
    Ok(claimed > 0)
}

/// How many of a member's after-sales are under way.
pub fn under_way(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<i64> {
    tx.one(
        "select count(*) from after_sale where mall_id = $1 and member_id = $2 and ended_at is null",
        &args![mall_id, member_id],
    )
}

/// An event of the outbox, as its subscribers read it.
#[derive(Debug, Clone, Deserialize)]
pub struct AboutAfterSale {
    pub after_sale_id: Id,
    pub order_id: Id,
}
