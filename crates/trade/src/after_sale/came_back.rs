//! Which SKU a piece is that comes back. A line names what was sold; after an exchange the member holds another SKU of the
//! product. What was sent last is taken to come back first, and what came back is written down, so no piece is shelved as
//! something the house never sent.

use super::claim::LineStock;
use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use std::collections::HashMap;

/// SKU and pieces.
pub type Pieces = Vec<(Id, i64)>;

/// A line of an earlier after-sale in which something was sent back or out.
struct Before {
    line_id: Id,
    status: String,
    accepted: Option<i64>,
    quantity: i64,
    sku_id: Option<Id>,
    came_back: Option<String>,
}
row!(Before { line_id, status, accepted, quantity, sku_id, came_back });

/// What the member holds of each line, the latest sent last.
pub fn with_member(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id, stock: &[LineStock]) -> Result<HashMap<Id, Pieces>> {
    let rows: Vec<Before> = tx.all(
        "select l.line_id, a.status, l.accepted_quantity, l.quantity, l.exchange_sku_id, l.came_back
         from after_sale a
         join after_sale_line l on l.mall_id = a.mall_id and l.after_sale_id = a.id
         where a.mall_id = $1 and a.order_id = $2 and a.stage = 'sent'
         order by coalesce(a.ended_at, a.updated_at), a.id",
        &args![mall_id, order_id],
    )?;
    let mut held: HashMap<Id, Pieces> =
        stock.iter().map(|line| (line.id, vec![(line.sku_id, line.quantity - line.unsent)])).collect();
    for row in &rows {
        if let (Some(pieces), Some(sku_id), "exchanged") = (held.get_mut(&row.line_id), row.sku_id, &*row.status) {
            pieces.push((sku_id, row.accepted.unwrap_or(row.quantity)));
        }
    }
    for row in &rows {
        let Some(text) = &row.came_back else { continue };
        let gone: Pieces = serde_json::from_str(text).map_err(Error::internal)?;
        if let Some(pieces) = held.get_mut(&row.line_id) {
            for (sku_id, count) in gone {
                take_of(pieces, sku_id, count);
            }
        }
    }
    Ok(held)
}

fn take_of(pieces: &mut Pieces, sku_id: Id, mut count: i64) {
    for (sku, left) in pieces.iter_mut().rev().filter(|(sku, _)| *sku == sku_id) {
        let part = count.min(*left);
        *left -= part;
        count -= part;
        debug_assert!(*left >= 0, "{sku} came back more often than it was sent");
    }
}

/// Takes pieces, the latest sent first. What no record explains is of the SKU that was sold.
pub fn take(pieces: &mut Pieces, sold: Id, mut count: i64) -> Pieces {
    let mut taken = Pieces::new();
    for (sku, left) in pieces.iter_mut().rev() {
        let part = count.min(*left).max(0);
        if part > 0 {
            taken.push((*sku, part));
            *left -= part;
            count -= part;
        }
    }
    if count > 0 {
        taken.push((sold, count));
    }
    taken
}

/// Writes down what came back of a line.
pub fn write_came_back(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, line_id: Id, pieces: &Pieces) -> Result<()> {
    tx.exec(
        "update after_sale_line
         set came_back = $4
         where mall_id = $1 and after_sale_id = $2 and line_id = $3",
        &args![ctx.mall_id, id, line_id, serde_json::to_string(pieces).map_err(Error::internal)?],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_sent_comes_back_first_and_nothing_is_made_up() {
        let (a, b) = (Id(1), Id(2));
        let mut held = vec![(a, 2), (b, 1)];
        assert_eq!(take(&mut held, a, 2), [(b, 1), (a, 1)]);
        assert_eq!(take(&mut held, a, 2), [(a, 1), (a, 1)]);
        assert_eq!(held, [(a, 0), (b, 0)]);
        let mut held = vec![(a, 1), (b, 1)];
        take_of(&mut held, a, 1);
        assert_eq!(take(&mut held, a, 1), [(b, 1)]);
    }
}
