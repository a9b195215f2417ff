//! Stock: how many of a SKU lie at a location, and how many of those are promised. Owns `stock`, `stock_reservation`,
//! `stock_movement` and `stock_pace`; every write goes through the verbs below and leaves a movement row.
//!
//! Invariants: `0 ≤ reserved ≤ on_hand` (also a check in the database), `reserved` equals the sum of the reservations
//! ([`drift`] reports where it does not), demand is summed per SKU and rows are locked in id order.
//! It knows a [`Holder`], never an order; of a product it keeps one column, `in_stock`.

mod admin;
mod level;
mod low;
mod movement;
mod moves;
mod replenish;
mod reserve;
mod scope;
mod shift;
mod shop;
mod take;
#[cfg(test)]
mod tests;
mod transit;

pub use admin::{Location, Movement, StockChange, StockRow, admin_routes};
pub(crate) use level::refresh_products;
pub use level::{
    Level, adjust, available, available_at, best_available, count, low_count, receive, receive_all, restock, transfer,
};
pub use low::{LowNotice, tell_low_stock};
pub use movement::{Drift, drift, overdue, report_drift};
pub use moves::{LowMark, mark_low};
pub use replenish::{ReplenishHint, count_pace};
pub use reserve::{commit, release, reserve};
pub use shop::{ProductStore, shop_routes};
pub use take::{
    Count, NewStockTake, Uneven, finish as finish_take, open as open_take, post as post_take, set_counts as count_take,
};
pub(crate) use transit::forget as forget_transfers;
pub use transit::{
    DifferenceReason, NewTransferSheet, ReceivedLine, TransferPieces, TransferReceipt, open as open_transfer,
    receive as receive_transfer, send as send_transfer,
};

use kernel::Id;

/// Whoever stock is kept for: an order, later a presale or a store's shelf talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holder {
    /// `order`, …
    pub kind: &'static str,
    pub id: Id,
}

/// So many of a SKU at a location; the same SKU may come several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    pub sku_id: Id,
    pub location_id: Id,
    /// Pieces, at least 1.
    pub quantity: i64,
}

/// Sums per SKU and location, in the order in which rows are locked: by SKU id, then location id.
/// A quantity below 1 or a sum beyond the range of stock is a 400.
fn summed(demands: &[Demand]) -> kernel::Result<Vec<Demand>> {
    let mut sorted = demands.to_vec();
    sorted.sort_unstable_by_key(|d| (d.sku_id, d.location_id));
    let mut sums: Vec<Demand> = Vec::with_capacity(sorted.len());
    for demand in sorted {
        if !(1..=MOST).contains(&demand.quantity) {
            return Err(kernel::Error::field("quantity", "数量要在 1 以上"));
        }
        match sums.last_mut() {
            Some(last) if (last.sku_id, last.location_id) == (demand.sku_id, demand.location_id) => {
                last.quantity += demand.quantity;
            }
            _ => sums.push(demand),
        }
    }
    Ok(sums)
}

/// The most pieces one row of stock may hold; as in the table's check.
const MOST: i64 = 1_000_000_000;
