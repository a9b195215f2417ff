//! What members bought, counted as it happens, so that lists can be filtered and sorted by it. Owns `member_purchase`.
//! It does not know orders: whoever moves the money calls in the same transaction.

use db::{Tx, args};
use kernel::{Fen, Id, MallId, Result};
use platform::Ctx;

/// An order of a member was paid.
pub fn count_purchase(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, paid: Fen) -> Result<()> {
    tx.exec(
        "insert into member_purchase (mall_id, member_id, orders, paid_fen, last_paid_at)
         values ($1, $2, 1, $3, $4)
         on conflict (mall_id, member_id)
         do update set orders = member_purchase.orders + 1, paid_fen = member_purchase.paid_fen + excluded.paid_fen,
           last_paid_at = excluded.last_paid_at",
        &args![ctx.mall_id, member_id, paid, ctx.now],
    )?;
    Ok(())
}

/// Money of a paid order goes back.
pub fn count_refund(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, amount: Fen) -> Result<()> {
    tx.exec(
        "update member_purchase set paid_fen = paid_fen - $3 where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member_id, amount],
    )?;
    Ok(())
}

/// Orders paid, and money paid less refunds.
pub fn purchases(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<(i64, i64)> {
    let row: Option<(i64, i64)> = tx.opt(
        "select orders, paid_fen from member_purchase where mall_id = $1 and member_id = $2",
        &args![mall_id, member_id],
    )?;
    Ok(row.unwrap_or_default())
}
