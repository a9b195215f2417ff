//! The pieces of an order that a rider takes along, and puts back. Counted where parcels count theirs, so that after-sale,
//! refunds and lists need to know nothing new.

use db::{Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;

fn after_sale_open(text: &'static str) -> Error {
    Error::conflict("delivery.after_sale_open", text)
}

/// Everything that is left goes along. `delivery.after_sale_open` (409) while the member waits for an answer about pieces.
pub fn take_along(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let withheld: i64 = tx.one(
        "select cast(sum(withheld_quantity) as bigint) from order_line where mall_id = $1 and order_id = $2",
        &args![ctx.mall_id, order_id],
    )?;
    if withheld > 0 {
        return Err(after_sale_open("顾客正在申请退款，请等门店处理完再取货"));
    }
    tx.exec(
        "update order_line set shipped_quantity = quantity - unsent_quantity
         where mall_id = $1 and order_id = $2 and withheld_quantity = 0",
        &args![ctx.mall_id, order_id],
    )?;
    Ok(())
}

/// Everything lies in the store again. `delivery.after_sale_open` (409) while pieces of it are in an after-sale.
pub fn put_back(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let spoken_for: i64 = tx.one(
        "select count(*) from order_line
         where mall_id = $1 and order_id = $2
           and (refunded_quantity - unsent_quantity) + (claimed_quantity - withheld_quantity) > 0",
        &args![ctx.mall_id, order_id],
    )?;
    if spoken_for > 0 {
        return Err(after_sale_open("这个订单在售后中，请先处理售后"));
    }
    tx.exec(
        "update order_line set shipped_quantity = 0 where mall_id = $1 and order_id = $2 and shipped_quantity > 0",
        &args![ctx.mall_id, order_id],
    )?;
    Ok(())
}
