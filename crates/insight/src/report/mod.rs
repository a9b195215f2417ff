//! Figures of sales and traffic. Owns `rollup_mark`, `traffic_day`, `sales_hour`, `product_sales_day`; reads orders and
//! behaviour events. The overview adds a live rest of seconds to the rollups, so it is exact to the moment and its cost
//! does not grow with the number of orders.

mod sales;
mod traffic;

pub use sales::{Best, HourOf, best_products, between, by_day, by_hour, roll_up_sales};
pub use traffic::{Funnel, funnel, roll_up_traffic};

use db::{Tx, args};
use kernel::{Instant, MallId, Result};

pub(crate) fn mark(tx: &mut Tx<'_>, mall_id: MallId, name: &str) -> Result<Option<Instant>> {
    tx.opt("select at from rollup_mark where mall_id = $1 and name = $2", &args![mall_id, name])
}

pub(crate) fn set_mark(tx: &mut Tx<'_>, mall_id: MallId, name: &str, at: Instant) -> Result<()> {
    tx.exec(
        "insert into rollup_mark (mall_id, name, at) values ($1, $2, $3)
         on conflict (mall_id, name) do update set at = excluded.at",
        &args![mall_id, name, at],
    )?;
    Ok(())
}
