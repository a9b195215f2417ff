//! Goods leave, and arrive: the two moments at which a transfer touches shelves.

use super::super::shift::{Shift, Short, shift};
use super::super::{Holder, scope};
use super::{Locked, TransferState, lock, refresh};
use crate::label::label;
use db::{Arg, Tx, args, row};
use kernel::{Error, Id, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const HOLDER: &str = "stock_transfer";

/// Why pieces did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceReason {
    /// They were never packed: they lie at the sender and come back onto its shelf.
    NotSent,
    /// Gone on the way; written off.
    Lost,
    /// Arrived broken; written off.
    Damaged,
}

impl DifferenceReason {
    const fn as_str(self) -> &'static str {
        match self {
            DifferenceReason::NotSent => "not_sent",
            DifferenceReason::Lost => "lost",
            DifferenceReason::Damaged => "damaged",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let all = [DifferenceReason::NotSent, DifferenceReason::Lost, DifferenceReason::Damaged];
        let known = all.into_iter().find(|reason| reason.as_str() == text);
        known.ok_or_else(|| Error::internal(format_args!("unknown reason of a difference: {text}")))
    }
}

/// What came of one line. Pieces that are told of neither as received nor as missing stay under way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReceivedLine {
    pub sku_id: Id,
    /// Pieces that arrived whole now.
    #[schema(minimum = 0)]
    pub received: i64,
    /// Pieces that will not arrive.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub missing: i64,
    /// Needed when some are missing.
    pub reason: Option<DifferenceReason>,
    /// About the difference; at most 100 characters.
    pub note: Option<String>,
}

/// What arrived of a transfer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransferReceipt {
    /// The `underway` the clerk saw, so that of two who count the same box one is told.
    pub seen: i64,
    /// 1–200, each SKU once.
    pub lines: Vec<ReceivedLine>,
}

/// The goods of a draft leave the sender's shelf.
///
/// # Errors
/// `stock_transfer.short` (409, `details.sku_ids`) when not so many are free there, `inventory.other_store` (403) for a
/// clerk of another store than the sender, `stock_transfer.wrong_state` (409).
pub fn send(tx: &mut Tx<'_>, ctx: &Ctx, by_store: Option<Id>, id: Id) -> Result<()> {
    let places = lock(tx, ctx, id, TransferState::Draft)?;
    scope::within(tx, ctx.mall_id, by_store, places.from)?;
    let lines: Vec<(Id, i64)> = tx.all(
        "select sku_id, quantity from stock_transfer_line where mall_id = $1 and stock_transfer_id = $2 order by sku_id",
        &args![ctx.mall_id, id],
    )?;
    let leaving: Vec<Shift> = lines
        .into_iter()
        .map(|(sku_id, quantity)| Shift { sku_id, location_id: places.from, delta: -quantity })
        .collect();
    let short = shift(tx, ctx, Holder { kind: HOLDER, id }, "transfer", Some("调出"), &leaving)?;
    if !short.is_empty() {
        return Err(too_few(tx, ctx, &short)?);
    }
    tx.exec(
        "update stock_transfer_line set underway = quantity where mall_id = $1 and stock_transfer_id = $2",
        &args![ctx.mall_id, id],
    )?;
    tx.exec(
        "update stock_transfer set state = 'sent', sent_at = $3 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    Ok(())
}

fn too_few(tx: &mut Tx<'_>, ctx: &Ctx, short: &[Short]) -> Result<Error> {
    let ids: Vec<Id> = short.iter().map(|s| s.sku_id).collect();
    let names: Vec<(Id, String, String)> = tx.all(
        "select k.id, p.name, k.option_values
         from sku k
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where k.mall_id = $1 and k.id = any($2)",
        &args![ctx.mall_id, &ids],
    )?;
    let sentence = |s: &Short| {
        let name = names.iter().find(|row| row.0 == s.sku_id);
        let name = name.map_or_else(|| String::from("已删除的规格"), |(_, name, values)| label(name, values));
        format!("「{name}」只有 {} 件可以调出", s.free)
    };
    let mut sentences: Vec<String> = short.iter().take(3).map(sentence).collect();
    if short.len() > 3 {
        sentences.push(format!("还有 {} 行也不够", short.len() - 3));
    }
    let details = serde_json::json!({ "sku_ids": ids });
    Ok(Error::conflict("stock_transfer.short", sentences.join("，")).with(details))
}

/// A line as it stands.
struct Due {
    sku_id: Id,
    quantity: i64,
    underway: i64,
    received: i64,
    returned: i64,
    lost: i64,
    reason: Option<String>,
    note: Option<String>,
}
row!(Due { sku_id, quantity, underway, received, returned, lost, reason, note });

/// Some or all of a transfer arrives; when nothing is under way any more, it is over. Answers pieces received and missing.
///
/// # Errors
/// `stock_transfer.moved` (409) when somebody else received meanwhile, 400 at `lines` for more than is under way,
/// `inventory.other_store` (403) for a clerk of another store than the receiver, `stock_transfer.wrong_state` (409).
pub fn receive(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    by_store: Option<Id>,
    id: Id,
    receipt: &TransferReceipt,
) -> Result<(i64, i64)> {
    let places = lock(tx, ctx, id, TransferState::Sent)?;
    scope::within(tx, ctx.mall_id, by_store, places.to)?;
    let mut due: Vec<Due> = tx.all(
        "select sku_id, quantity, underway, received, returned, lost, reason, note
         from stock_transfer_line
         where mall_id = $1 and stock_transfer_id = $2
         order by sku_id",
        &args![ctx.mall_id, id],
    )?;
    let underway: i64 = due.iter().map(|line| line.underway).sum();
    if underway != receipt.seen {
        return Err(Error::conflict("stock_transfer.moved", "刚刚有人收过这张单，请看看还剩多少再填"));
    }
    let told = tell(&mut due, receipt)?;
    let shifts = arriving(&told, places);
    let blocked = shift(tx, ctx, Holder { kind: HOLDER, id }, "transfer", Some("调入"), &shifts)?;
    if !blocked.is_empty() {
        return Err(Error::conflict("inventory.out_of_range", "库存数量超出范围"));
    }
    write(tx, ctx, id, places, &due)?;
    refresh(tx, ctx, &[id])?;
    if due.iter().all(|line| line.underway == 0) {
        tx.exec(
            "update stock_transfer set state = 'received', ended_at = $3 where mall_id = $1 and id = $2",
            &args![ctx.mall_id, id, ctx.now],
        )?;
    }
    Ok((told.iter().map(|line| line.received).sum(), told.iter().map(|line| line.missing).sum()))
}

/// Writes a receipt onto the lines; answers what of it says something.
fn tell<'a>(due: &mut [Due], receipt: &'a TransferReceipt) -> Result<Vec<&'a ReceivedLine>> {
    let mut told: Vec<&ReceivedLine> = Vec::with_capacity(receipt.lines.len());
    for (at, line) in receipt.lines.iter().enumerate() {
        let field = |name: &str| format!("lines[{at}].{name}");
        if told.iter().any(|known| known.sku_id == line.sku_id) {
            return Err(Error::field(field("sku_id"), "同一个规格写了两次"));
        }
        if line.received < 0 || line.missing < 0 {
            return Err(Error::field(field("received"), "数量要在 0 以上"));
        }
        let known = due.iter_mut().find(|known| known.sku_id == line.sku_id);
        let known = known.ok_or_else(|| Error::field(field("sku_id"), "这张单里没有这个规格"))?;
        if line.received.saturating_add(line.missing) > known.underway {
            let message = format!("在途只有 {} 件；多到的货请先收完，再到库存里调整", known.underway);
            return Err(Error::field(field("received"), message));
        }
        if line.received + line.missing == 0 {
            continue;
        }
        known.underway -= line.received + line.missing;
        known.received += line.received;
        if line.missing > 0 {
            let reason = line.reason.ok_or_else(|| Error::field(field("reason"), "请选少货的原因"))?;
            match reason {
                DifferenceReason::NotSent => known.returned += line.missing,
                DifferenceReason::Lost | DifferenceReason::Damaged => known.lost += line.missing,
            }
            let note = line.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
            if note.is_some_and(|note| note.chars().count() > 100) {
                return Err(Error::field(field("note"), "说明最长 100 个字"));
            }
            known.reason = Some(reason.as_str().to_owned());
            known.note = note.map(str::to_owned);
        }
        told.push(line);
    }
    if told.is_empty() {
        return Err(Error::field("lines", "请填写收到的数量"));
    }
    Ok(told)
}

/// What of a receipt touches shelves: pieces at the receiver, pieces that never left the sender.
fn arriving(told: &[&ReceivedLine], places: Locked) -> Vec<Shift> {
    let at = |line: &ReceivedLine, location_id, delta| Shift { sku_id: line.sku_id, location_id, delta };
    let came = told.iter().filter(|line| line.received > 0).map(|line| at(line, places.to, line.received));
    let stayed = told
        .iter()
        .filter(|line| line.missing > 0 && line.reason == Some(DifferenceReason::NotSent))
        .map(|line| at(line, places.from, line.missing));
    came.chain(stayed).collect()
}

fn write(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, places: Locked, due: &[Due]) -> Result<()> {
    let rows: Vec<Vec<Arg>> = due
        .iter()
        .map(|line| {
            Vec::from(args![
                ctx.mall_id,
                id,
                line.sku_id,
                places.to,
                line.quantity,
                line.underway,
                line.received,
                line.returned,
                line.lost,
                line.reason.as_deref(),
                line.note.as_deref()
            ])
        })
        .collect();
    tx.insert_many(
        "insert into stock_transfer_line (mall_id, stock_transfer_id, sku_id, to_location_id, quantity, underway,
           received, returned, lost, reason, note) values",
        "on conflict (mall_id, stock_transfer_id, sku_id)
         do update set underway = excluded.underway, received = excluded.received, returned = excluded.returned,
           lost = excluded.lost, reason = excluded.reason, note = excluded.note",
        &rows,
    )?;
    Ok(())
}
