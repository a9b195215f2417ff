//! Taking products out that a template brought: for good when nobody ordered them, into the recycle bin otherwise.

use super::index;
use crate::inventory::forget_transfers;
use db::{Tx, args};
use kernel::{Id, Result};
use platform::Ctx;
use platform::cache::Topic;

/// Deletes products with everything that hangs on them; answers how many. The caller knows that nobody ordered them.
pub fn erase(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id]) -> Result<i64> {
    if ids.is_empty() {
        return Ok(0);
    }
    forget_transfers(tx, ctx, ids)?;
    for table in ["stock_movement", "stock_reservation", "stock_pace", "stock"] {
        tx.exec(
            &format!(
                "delete from {table}
                 where mall_id = $1
                   and sku_id in (select id from sku where mall_id = $1 and product_id = any($2))"
            ),
            &args![ctx.mall_id, ids],
        )?;
    }
    for table in ["product_attribute", "product_tag", "favourite", "browse_history", "review", "sku"] {
        tx.exec(&format!("delete from {table} where mall_id = $1 and product_id = any($2)"), &args![ctx.mall_id, ids])?;
    }
    forget_words(tx, ctx, ids)?;
    let gone = tx.exec("delete from product where mall_id = $1 and id = any($2)", &args![ctx.mall_id, ids])?;
    Ok(i64::try_from(gone).unwrap_or(i64::MAX))
}

/// Puts those that are not there yet into the recycle bin; answers how many.
pub fn bin_all(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id]) -> Result<i64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let binned = tx.exec(
        "update product
         set deleted_at = $3, status = 'off_sale', updated_at = $3, version = version + 1
         where mall_id = $1 and id = any($2) and deleted_at is null",
        &args![ctx.mall_id, ids, ctx.now],
    )?;
    forget_words(tx, ctx, ids)?;
    Ok(i64::try_from(binned).unwrap_or(i64::MAX))
}

/// The search forgets them, and so do ready answers.
fn forget_words(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id]) -> Result<()> {
    for id in ids {
        index::remove(tx, ctx, *id)?;
        ctx.touch(tx, Topic::Product(ctx.mall_id, *id));
    }
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(())
}
