//! What a shopper keeps of the catalogue: favourites, and the last 200 products looked at. Owns `favourite` and
//! `browse_history`. Guests have both; signing in carries them over ([`merge_shopper`]).

mod favourite;
mod history;
mod personal;
mod recommend;
#[cfg(test)]
mod tests;

pub use favourite::{Favourite, favourite_count};
pub use personal::{ShelfRow, favourites_of, forget_shopper, history_of};
pub use recommend::recommended;

use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::{App, Ctx, search};
use utoipa_axum::router::OpenApiRouter;

pub fn shop_routes() -> OpenApiRouter<App> {
    favourite::shop_routes().merge(history::shop_routes())
}

/// Gives a guest's favourites, browsing and search history to the member that signed in; what both have is kept once.
pub fn merge_shopper(tx: &mut Tx<'_>, ctx: &Ctx, guest: Id, member: Id) -> Result<()> {
    tx.exec(
        "insert into favourite (mall_id, member_id, product_id, created_at)
         select mall_id, $3, product_id, created_at
         from favourite
         where mall_id = $1 and member_id = $2
         on conflict (mall_id, member_id, product_id) do nothing",
        &args![ctx.mall_id, guest, member],
    )?;
    tx.exec(
        "insert into browse_history (mall_id, member_id, product_id, seen_at)
         select mall_id, $3, product_id, seen_at
         from browse_history
         where mall_id = $1 and member_id = $2
         on conflict (mall_id, member_id, product_id)
         do update set seen_at = greatest(excluded.seen_at, browse_history.seen_at)",
        &args![ctx.mall_id, guest, member],
    )?;
    for table in ["favourite", "browse_history"] {
        tx.exec(&format!("delete from {table} where mall_id = $1 and member_id = $2"), &args![ctx.mall_id, guest])?;
    }
    search::merge_history(tx, ctx.mall_id, guest, member)?;
    history::trim(tx, ctx.mall_id, member)
}

/// Makes sure that a product exists and is not in the bin; `product.not_found` (404).
fn check_product(tx: &mut Tx<'_>, mall_id: MallId, product_id: Id) -> Result<()> {
    let found: Option<Id> = tx.opt(
        "select id from product where mall_id = $1 and id = $2 and deleted_at is null",
        &args![mall_id, product_id],
    )?;
    found.map(drop).ok_or_else(|| Error::not_found("product.not_found", "没有找到这件商品"))
}
