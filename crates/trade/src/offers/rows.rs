//! Rows of `order_discount`: what applied to an order, for good. One row per applied discount, fee or gift and line;
//! `line_id` 0 for what concerns the order as a whole.

use super::shares::{difference, runs_text};
use super::{Draft, RowKind};
use db::{Arg, Tx, args, row};
use kernel::{Fen, Id, MallId, Result};
use platform::Ctx;

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedRow {
    /// 0: the order as a whole.
    pub line_id: i64,
    /// `discount`, `fee`, `gift`.
    pub kind: String,
    pub lane: String,
    pub source_kind: String,
    pub source_id: Id,
    pub label: String,
    pub amount: Fen,
    /// Pieces it concerned, points earned.
    pub quantity: i64,
    /// `[[fen, units], …]`; with the line's own shares they add up to the list price, unit by unit.
    pub unit_shares: String,
}
row!(AppliedRow { line_id, kind, lane, source_kind, source_id, label, amount, quantity, unit_shares });

/// Writes what applied. Nothing for a plain order.
pub fn insert_applied(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, draft: &Draft) -> Result<()> {
    let mut rows: Vec<Vec<Arg>> = Vec::new();
    let mut push = |line_id: i64, a: &super::Applied, amount: Fen, quantity: i64, shares: String| {
        let position = i64::try_from(rows.len()).unwrap_or(i64::MAX) + 1;
        rows.push(Vec::from(args![
            ctx.mall_id,
            order_id,
            position,
            line_id,
            a.kind.as_str(),
            &a.source.kind,
            a.source.id,
            &a.label,
            amount,
            shares,
            a.lane.as_str(),
            quantity
        ]));
    };
    for applied in &draft.applied {
        if applied.parts.is_empty() {
            // A free delivery needs no row of its own.
            if applied.kind != RowKind::Fee || applied.amount != Fen::ZERO {
                push(0, applied, applied.amount, applied.quantity, "[]".into());
            }
            continue;
        }
        for part in &applied.parts {
            let quantity = draft.lines[part.line].quantity;
            let line_id = i64::try_from(part.line).unwrap_or(i64::MAX - 1) + 1;
            push(line_id, applied, part.amount, part.pieces, runs_text(&difference(part.before, part.after, quantity)));
        }
    }
    tx.insert_many(
        "insert into order_discount
           (mall_id, order_id, position, line_id, kind, source_kind, source_id, label, amount_fen, unit_shares, lane,
            quantity) values",
        "",
        &rows,
    )?;
    Ok(())
}

/// What applied to an order.
pub fn rows_of_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<AppliedRow>> {
    tx.all(
        "select line_id, kind, lane, source_kind, source_id, label, amount_fen, quantity, unit_shares
         from order_discount where mall_id = $1 and order_id = $2 order by position",
        &args![mall_id, order_id],
    )
}
