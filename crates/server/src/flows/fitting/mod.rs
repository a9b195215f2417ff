//! Goods put aside for trying: a member chooses store and day and pays nothing; the store lays them out and says so; what is
//! taken is sold at the counter from what was put aside, and what is not lies on the shelf again, at the latest when the day
//! is over.

mod clock;
mod mine;
mod sale;
mod store;

pub use clock::{sweep, tell_ready, tell_refused};
pub(crate) use mine::evening;
pub use sale::{CounterFitting, MOST_FITTINGS, take_for_sale};

use db::Tx;
use goods::store::stores_by_id;
use kernel::{Error, Id, Instant, MallId, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::fitting::{Fitting, State};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    mine::routes()
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    store::routes().merge(sale::routes())
}

/// Event in the outbox: laid out for the member.
pub const READY: &str = "fitting.ready";
/// Event in the outbox: the store could not keep it.
pub const REFUSED: &str = "fitting.refused";

/// Goods put aside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FittingView {
    pub id: Id,
    pub store_id: Id,
    pub store_name: String,
    pub sku_id: Id,
    pub product_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture: Picture,
    pub quantity: i64,
    pub state: State,
    pub until: Instant,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// Why the store could not keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_reason: Option<String>,
}

fn views(app: &App, tx: &mut Tx<'_>, mall_id: MallId, rows: Vec<Fitting>) -> Result<Vec<FittingView>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.store_id).collect();
    let names: HashMap<Id, String> =
        stores_by_id(tx, mall_id, &ids)?.into_iter().map(|store| (store.id, store.name)).collect();
    let view = |row: Fitting| FittingView {
        store_name: names.get(&row.store_id).cloned().unwrap_or_default(),
        picture: storage::picture(app, row.picture_key.as_deref().unwrap_or_default(), &row.name),
        id: row.id,
        store_id: row.store_id,
        sku_id: row.sku_id,
        product_id: row.product_id,
        name: row.name,
        option_text: row.option_text,
        quantity: row.quantity,
        state: row.state,
        until: row.until,
        created_at: row.created_at,
        ready_at: row.ready_at,
        ended_at: row.ended_at,
        ended_reason: row.ended_reason,
    };
    Ok(rows.into_iter().map(view).collect())
}

fn view(app: &App, tx: &mut Tx<'_>, mall_id: MallId, row: Fitting) -> Result<FittingView> {
    let made = views(app, tx, mall_id, vec![row])?.pop();
    made.ok_or_else(|| Error::internal("a fitting without its view"))
}
