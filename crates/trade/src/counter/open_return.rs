//! Goods taken back without a receipt: no order knows of them, so the shop pays at most what they cost now, in cash, and
//! says why.

use db::{Tx, args, row};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pieces that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnedPiece {
    pub sku_id: Id,
    pub name: String,
    pub quantity: i64,
    /// Of them fit for sale, back on the shelf.
    pub sellable_quantity: i64,
    /// What all of them cost now.
    pub price_fen: i64,
}

/// A return about to be written.
#[derive(Debug, Clone)]
pub struct NewOpenReturn<'a> {
    pub shift_id: Id,
    pub store_id: Id,
    pub staff_id: Id,
    pub request_key: &'a str,
    pub amount: Fen,
    pub pieces: &'a [ReturnedPiece],
    pub note: &'a str,
}

/// A return as stored.
#[derive(Debug, Clone)]
pub struct OpenReturn {
    pub id: Id,
    pub shift_id: Id,
    pub staff_id: Id,
    pub amount: Fen,
    pub note: String,
    pub at: Instant,
}
row!(OpenReturn { id, shift_id, staff_id, amount, note, at });

/// Writes a return.
pub fn insert_open_return(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewOpenReturn<'_>) -> Result<Id> {
    let id = ctx.id();
    tx.exec(
        "insert into open_return (id, mall_id, shift_id, store_id, staff_id, request_key, amount_fen, lines, note, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &args![
            id,
            ctx.mall_id,
            new.shift_id,
            new.store_id,
            new.staff_id,
            new.request_key,
            new.amount,
            serde_json::to_string(new.pieces).map_err(Error::internal)?,
            new.note,
            ctx.now
        ],
    )?;
    Ok(id)
}

/// Returns of a store with `from ≤ at < to`, oldest first.
pub fn open_returns(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    from: Instant,
    to: Instant,
) -> Result<Vec<OpenReturn>> {
    tx.all(
        "select id, shift_id, staff_id, amount_fen, note, at from open_return
         where mall_id = $1 and store_id = $2 and at >= $3 and at < $4
         order by at
         limit 500",
        &args![mall_id, store_id, from, to],
    )
}
