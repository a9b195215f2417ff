//! The store a member belongs to and the clerk that won them, in the storefront and in the back office: invites, the
//! clerk's own page, reports, moving a member. The rules are those of [`people::home`]; here they meet stores, orders and
//! counters. A clerk bound to a store sees that store only.

mod batch;
mod desk;
mod invite;
mod mine;
mod personal;
mod report;
mod shop;

pub use batch::{MOVE_MEMBERS, run as move_members};
pub use desk::{MemberHome, home_events, home_view};
pub use personal::HomeData;

use db::Tx;
use kernel::{Error, Id, MallId, Result};
use people::home::{self, Whose};
use people::staff;
use platform::permission::Grants;
use platform::{App, Ctx};
use trade::counter;
use trade::order::Order;
use utoipa_axum::router::OpenApiRouter;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    shop::routes()
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    mine::routes().merge(invite::routes()).merge(report::routes()).merge(desk::routes()).merge(batch::routes())
}

/// An order was paid: a counter wins its buyer, if nobody had before, and the sale counts for the buyer's home. Called by the
/// settlement of payments, in its transaction.
pub fn paid(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order) -> Result<()> {
    let sold = if order.is_of_counter() { counter::of_order(tx, ctx.mall_id, order.id)? } else { None };
    if let Some(sale) = &sold {
        let whose = Whose { store_id: sale.store_id, clerk_id: Some(sale.clerk_id) };
        home::win_at_counter(tx, ctx, order.member_id, whose)?;
    }
    home::count_paid(tx, ctx, order.member_id, order.id, order.total, sold.map(|sale| sale.store_id))
}

/// The store that is asked for, which a clerk bound to a store need not name and may not exceed. `home.other_store` (403).
fn within(grants: &Grants, asked: Option<Id>) -> Result<Option<Id>> {
    match (grants.store_id, asked) {
        (Some(own), Some(asked)) if own != asked => Err(other_store()),
        (Some(own), _) => Ok(Some(own)),
        (None, asked) => Ok(asked),
    }
}

fn other_store() -> Error {
    Error::forbidden("home.other_store", "只能查看和改动自己门店的会员归属")
}

/// Somebody's name, also of somebody who left.
fn clerk_name(tx: &mut Tx<'_>, mall_id: MallId, id: Option<Id>) -> Result<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    Ok(staff::names(tx, mall_id, &[id])?.remove(&id))
}

/// The clerks bound to a store, by name.
fn clerks_of(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<Vec<(Id, String)>> {
    tx.all(
        "select id, name from staff where mall_id = $1 and store_id = $2 and status = 'active' order by id",
        &db::args![mall_id, store_id],
    )
}
