//! Lines of after-sales: what was asked for, what was decided, what went back.

use db::{Tx, args};
use kernel::{Fen, Id, MallId, Result};
use platform::Ctx;
use std::collections::HashMap;

/// One line of an after-sale.
#[derive(Debug, Clone)]
pub struct AskedLine {
    pub after_sale_id: Id,
    pub line_id: Id,
    pub quantity: i64,
    /// `None` until somebody decided.
    pub accepted: Option<i64>,
    pub sellable: i64,
    pub damaged: i64,
    pub amount: Option<Fen>,
    pub exchange_sku_id: Option<Id>,
    pub exchange_text: Option<String>,
}

db::row!(AskedLine {
    after_sale_id,
    line_id,
    quantity,
    accepted,
    sellable,
    damaged,
    amount,
    exchange_sku_id,
    exchange_text
});

const LINE_COLUMNS: &str = "after_sale_id, line_id, quantity, accepted_quantity, sellable_quantity, damaged_quantity,
    amount_fen, exchange_sku_id, exchange_text";

/// Lines of one after-sale.
pub fn asked_lines(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Vec<AskedLine>> {
    Ok(asked_lines_of(tx, mall_id, &[id])?.remove(&id).unwrap_or_default())
}

/// Lines of several after-sales.
pub fn asked_lines_of(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, Vec<AskedLine>>> {
    let rows: Vec<AskedLine> = tx.all(
        &format!(
            "select {LINE_COLUMNS} from after_sale_line
             where mall_id = $1 and after_sale_id = any($2)
             order by after_sale_id, line_id"
        ),
        &args![mall_id, ids],
    )?;
    let mut lines: HashMap<Id, Vec<AskedLine>> = HashMap::new();
    for row in rows {
        lines.entry(row.after_sale_id).or_default().push(row);
    }
    Ok(lines)
}

/// Writes down what was decided of a line, and what went back for it.
pub fn write_outcome(tx: &mut Tx<'_>, ctx: &Ctx, line: &AskedLine) -> Result<()> {
    tx.exec(
        "update after_sale_line
         set accepted_quantity = $4, sellable_quantity = $5, damaged_quantity = $6, amount_fen = $7
         where mall_id = $1 and after_sale_id = $2 and line_id = $3",
        &args![ctx.mall_id, line.after_sale_id, line.line_id, line.accepted, line.sellable, line.damaged, line.amount],
    )?;
    Ok(())
}
