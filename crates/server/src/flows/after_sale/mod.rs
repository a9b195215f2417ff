//! After-sale across the domains: claims on lines, money back the way it came, stock, offers, the order's own move. Each
//! verb locks the order first, then reads the after-sale, so that of two at once one sees what the other did.
//! What the clock does is in `clock`; what members and staff may do over HTTP in `ask`, `member` and `admin`.

mod admin;
mod ask;
mod clock;
mod decide;
mod desk;
mod member;
mod money;
mod settings;
mod tell;
mod track;

pub use admin::admin_routes;
pub use ask::{AfterSaleOptions, AskAfterSale, AskedPieces, ask, options};
pub use clock::run_clocks;
pub use decide::{Inspected, approve, receive, send_back};
pub use money::{arrived, rest_of};
pub use tell::messages;

use db::Tx;
use goods::inventory::Holder;
use kernel::{Id, MallId, Result};
use platform::App;
use trade::after_sale::{self, AfterSale};
use trade::order::{self, Order};
use utoipa_axum::router::OpenApiRouter;

/// Holder kind of the stock an exchange waits for.
const AFTER_SALE: &str = "after_sale";

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    ask::routes().merge(member::routes()).merge(track::routes())
}

fn holder(after: &AfterSale) -> Holder {
    Holder { kind: AFTER_SALE, id: after.id }
}

/// The after-sale with its order, both as they stand under the order's lock.
fn held(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<(Order, AfterSale)> {
    let found = after_sale::find(tx, mall_id, id)?;
    let order = order::lock(tx, mall_id, found.order_id)?;
    Ok((order, after_sale::find(tx, mall_id, id)?))
}
