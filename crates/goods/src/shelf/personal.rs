//! What the shelf and the search box know of a member: to be handed over as rows, or forgotten.

use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use platform::search;

/// A product of a shelf, by name, and when it came there.
pub type ShelfRow = (Id, String, Instant);

/// Favourites with the names of the products.
pub fn favourites_of(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<ShelfRow>> {
    tx.all(
        "select p.id, p.name, f.created_at
         from favourite f
         join product p on p.mall_id = f.mall_id and p.id = f.product_id
         where f.mall_id = $1 and f.member_id = $2
         order by f.created_at, p.id",
        &args![mall_id, member],
    )
}

/// Products looked at, with their names.
pub fn history_of(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<ShelfRow>> {
    tx.all(
        "select p.id, p.name, h.seen_at
         from browse_history h
         join product p on p.mall_id = h.mall_id and p.id = h.product_id
         where h.mall_id = $1 and h.member_id = $2
         order by h.seen_at, p.id",
        &args![mall_id, member],
    )
}

/// Forgets favourites, browsing and searches.
pub fn forget_shopper(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<()> {
    for table in ["favourite", "browse_history"] {
        tx.exec(&format!("delete from {table} where mall_id = $1 and member_id = $2"), &args![mall_id, member])?;
    }
    search::clear_history(tx, mall_id, member)
}
