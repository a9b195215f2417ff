//! Where a clerk may touch stock: one who is bound to a store at its own shelf only, everyone else everywhere. Looking at
//! what lies elsewhere is free, for a clerk tells customers which store has it.

use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};

/// The place of a clerk who is bound to a store; `None` for those who are not.
pub(super) fn own_place(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<Option<Id>> {
    let Some(store_id) = store_id else { return Ok(None) };
    let place: Option<Id> =
        tx.opt("select id from location where mall_id = $1 and store_id = $2", &args![mall_id, store_id])?;
    place.map(Some).ok_or_else(other_store)
}

/// Refuses a clerk of a store at another place: `inventory.other_store` (403).
pub(super) fn within(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>, location_id: Id) -> Result<()> {
    match own_place(tx, mall_id, store_id)? {
        Some(own) if own != location_id => Err(other_store()),
        _ => Ok(()),
    }
}

pub(super) fn other_store() -> Error {
    Error::forbidden("inventory.other_store", "这不是你所在门店的库存")
}
