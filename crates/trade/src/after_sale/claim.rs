//! What of an order's lines is spoken for. A piece is claimed by one open request at most, and refunded once: both are
//! guarded updates over counters whose sums the database checks. The money of a piece is its stored share, counted from
//! the line's first piece on, so any split of a line gives back exactly what the line cost.

use super::model::Stage;
use crate::offers::{first_units, shares_of};
use crate::order::{DeliveryKind, Order, Status};
use db::{Tx, args};
use kernel::{Error, Fen, Id, MallId, Result};
use platform::Ctx;

/// A line with its counters.
#[derive(Debug, Clone)]
pub struct LineStock {
    pub id: Id,
    pub product_id: Id,
    pub sku_id: Id,
    pub quantity: i64,
    pub shipped: i64,
    pub claimed: i64,
    pub withheld: i64,
    pub refunded: i64,
    pub unsent: i64,
    pub unit_shares: String,
    pub return_7d: bool,
    pub no_return_reason: Option<String>,
    pub gift: bool,
}

db::row!(LineStock {
    id,
    product_id,
    sku_id,
    quantity,
    shipped,
    claimed,
    withheld,
    refunded,
    unsent,
    unit_shares,
    return_7d,
    no_return_reason,
    gift
});

const COLUMNS: &str = "id, product_id, sku_id, quantity, shipped_quantity, claimed_quantity, withheld_quantity,
    refunded_quantity, unsent_quantity, unit_shares, return_7d, no_return_reason, gift";

/// Lines of an order with their counters.
pub fn line_stock(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<LineStock>> {
    tx.all(
        &format!("select {COLUMNS} from order_line where mall_id = $1 and order_id = $2 order by id"),
        &args![mall_id, order_id],
    )
}

impl LineStock {
    /// Pieces that reached the member, or are on their way.
    fn out(&self, order: &Order) -> i64 {
        if handed_over(order) { self.quantity - self.unsent } else { self.shipped }
    }

    /// Pieces that may be asked for.
    pub fn free(&self, order: &Order, stage: Stage) -> i64 {
        match stage {
            Stage::Unsent if !is_waiting(order) => 0,
            Stage::Unsent => self.quantity - self.shipped - self.withheld - self.unsent,
            Stage::Sent => self.out(order) - (self.refunded - self.unsent) - (self.claimed - self.withheld),
        }
        .max(0)
    }

    /// What `quantity` more pieces would give back, the first of them at place `n`, for every `n` up to it.
    pub fn amounts(&self, quantity: i64) -> Result<Vec<i64>> {
        let from = self.refunded + self.claimed;
        let before = first_units(&self.unit_shares, from)?;
        (1..=quantity).map(|count| Ok(first_units(&self.unit_shares, from + count)? - before)).collect()
    }

    /// Nothing of the line is left with the member or on its way.
    pub fn is_finished(&self) -> bool {
        self.refunded == self.quantity
    }

    /// Pieces in the line, by what they cost.
    pub fn shares(&self) -> Result<Vec<(Fen, i64)>> {
        shares_of(&self.unit_shares)
    }
}

/// True while goods of the order wait in the house.
pub fn is_waiting(order: &Order) -> bool {
    matches!(order.status, Status::ToShip | Status::ToPickUp)
}

/// Goods of a pickup order are with the member once it is completed; parcels tell of the others.
fn handed_over(order: &Order) -> bool {
    order.delivery == DeliveryKind::Pickup && order.status == Status::Completed
}

/// Claims pieces of a line for one request. `after_sale.too_many` (409) when others hold them, or nobody can.
pub fn claim(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, stage: Stage, line_id: Id, quantity: i64) -> Result<()> {
    let withheld = if stage == Stage::Unsent { quantity } else { 0 };
    let claimed = tx.exec(
        "update order_line
         set claimed_quantity = claimed_quantity + $4, withheld_quantity = withheld_quantity + $5
         where mall_id = $1 and order_id = $2 and id = $3 and refunded_quantity + claimed_quantity + $4 <= quantity
           and shipped_quantity + withheld_quantity + unsent_quantity + $5 <= quantity
           and (refunded_quantity - unsent_quantity) + (claimed_quantity - withheld_quantity) + $4 - $5
             <= case when $6 then quantity - unsent_quantity else shipped_quantity end",
        &args![ctx.mall_id, order.id, line_id, quantity, withheld, handed_over(order)],
    )?;
    if claimed == 1 { Ok(()) } else { Err(too_many()) }
}

/// The refusal when pieces are not free.
pub fn too_many() -> Error {
    Error::conflict("after_sale.too_many", "这些商品已经在另一个售后里，或者数量不够了")
}

/// Gives claimed pieces free again.
pub fn release(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, stage: Stage, line_id: Id, quantity: i64) -> Result<()> {
    let withheld = if stage == Stage::Unsent { quantity } else { 0 };
    let released = tx.exec(
        "update order_line
         set claimed_quantity = claimed_quantity - $4, withheld_quantity = withheld_quantity - $5
         where mall_id = $1 and order_id = $2 and id = $3 and claimed_quantity >= $4 and withheld_quantity >= $5",
        &args![ctx.mall_id, order_id, line_id, quantity, withheld],
    )?;
    if released == 1 { Ok(()) } else { Err(Error::internal("an after-sale claims pieces its line does not know")) }
}

/// Turns `accepted` of `quantity` claimed pieces into refunded ones and frees the others; answers what they cost.
pub fn settle(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order_id: Id,
    stage: Stage,
    line_id: Id,
    (quantity, accepted): (i64, i64),
) -> Result<Fen> {
    if !(0..=quantity).contains(&accepted) {
        return Err(Error::internal("more pieces were accepted than asked for"));
    }
    let (withheld, unsent) = if stage == Stage::Unsent { (quantity, accepted) } else { (0, 0) };
    let settled: Option<(i64, String)> = tx.opt(
        "update order_line
         set claimed_quantity = claimed_quantity - $4, withheld_quantity = withheld_quantity - $5,
             refunded_quantity = refunded_quantity + $6, unsent_quantity = unsent_quantity + $7
         where mall_id = $1 and order_id = $2 and id = $3 and claimed_quantity >= $4 and withheld_quantity >= $5
         returning refunded_quantity, unit_shares",
        &args![ctx.mall_id, order_id, line_id, quantity, withheld, accepted, unsent],
    )?;
    let (refunded, shares) =
        settled.ok_or_else(|| Error::internal("an after-sale claims pieces its line does not know"))?;
    Ok(Fen(first_units(&shares, refunded)? - first_units(&shares, refunded - accepted)?))
}

/// Everything that is left of an order goes back at once: its lines are refunded, what was not sent stays unsent.
/// Answers `(line, pieces)` of what went back now.
pub fn settle_rest(tx: &mut Tx<'_>, ctx: &Ctx, lines: &[LineStock], order_id: Id) -> Result<Vec<(i64, i64)>> {
    tx.exec(
        "update order_line
         set unsent_quantity = quantity - shipped_quantity,
             refunded_quantity = quantity
         where mall_id = $1 and order_id = $2",
        &args![ctx.mall_id, order_id],
    )?;
    let rest = lines.iter().map(|line| (line.id.0, line.quantity - line.refunded));
    Ok(rest.filter(|(_, pieces)| *pieces > 0).collect())
}
