//! Goods put aside at the counter: what waits for the member who stands there, and its sale from what was kept.

use crate::flows::counter::{CounterGoods, CounterMember, SellAtCounter, at_store, goods_at, member_at_counter};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Id, Result};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::fitting::{self, Fitting, State as FittingState};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_counter_fittings))
}

/// The most that one sale takes.
pub const MOST_FITTINGS: usize = 20;

/// Something put aside, as a till knows it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterFitting {
    pub id: Id,
    pub sku_id: Id,
    pub quantity: i64,
    pub state: FittingState,
}

impl From<Fitting> for CounterFitting {
    fn from(row: Fitting) -> Self {
        CounterFitting { id: row.id, sku_id: row.sku_id, quantity: row.quantity, state: row.state }
    }
}

/// What waits at a store for a member.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterFittings {
    /// Absent when nothing waits: a counter is no list of members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<CounterMember>,
    pub items: Vec<CounterFitting>,
    /// The goods of the items.
    pub goods: Vec<CounterGoods>,
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitingQuery {
    store_id: Id,
    member_id: Id,
}

/// See what waits at a store for a member to try.
///
/// Needs `counter.sell`. What is taken of it is sold with `fitting_ids`.
#[utoipa::path(get, path = "/counter/fittings", tag = "counter", security(("staff" = [])), params(WaitingQuery),
    responses((status = 200, body = CounterFittings),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `member.blocked`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn list_counter_fittings(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Query(query): Query<WaitingQuery>,
) -> Answer<Json<CounterFittings>> {
    at_store(&staff.grants, query.store_id)?;
    let (reader, ctx) = (app.clone(), staff.ctx.clone());
    let found = app.db.read(move |tx| {
        let rows = fitting::open_of_member(tx, ctx.mall_id, query.store_id, query.member_id)?;
        let skus: Vec<Id> = rows.iter().map(|row| row.sku_id).collect();
        let goods = goods_at(&reader, tx, ctx.mall_id, query.store_id, &skus)?;
        let member = match rows.is_empty() {
            true => None,
            false => Some(member_at_counter(&reader, tx, &ctx, query.member_id)?),
        };
        Ok(CounterFittings { member, items: rows.into_iter().map(CounterFitting::from).collect(), goods })
    });
    Ok(Json(found.await?))
}

/// Frees what a sale is about to take, in its transaction; answers what it takes. Fewer pieces may be bought than were kept.
/// `fitting.not_found` (404), `fitting.other_store` (403), `fitting.over` (409); a sale that is told late takes what is over
/// from the shelf like anything else, because the buyer has left with it.
pub fn take_for_sale(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Id, sale: &SellAtCounter) -> Result<Vec<Id>> {
    let mut ids = sale.fitting_ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let rows = fitting::lock_all(tx, ctx.mall_id, &ids)?;
    if rows.len() < ids.len() {
        return Err(Error::not_found("fitting.not_found", "没有找到这份留货"));
    }
    let mut taken = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.store_id != store_id {
            return Err(Error::forbidden("fitting.other_store", "这是另一家门店的留货"));
        }
        if !sale.items.iter().any(|item| item.sku_id == row.sku_id) {
            return Err(Error::field("fitting_ids", format!("{} 没有扫进来", row.name)));
        }
        if sale.rung_at.is_some() && !row.state.is_open() {
            // Nothing lies there that somebody would have to put back.
            if row.is_to_put_back() {
                fitting::put_back(tx, ctx, row)?;
            }
            continue;
        }
        fitting::end(tx, ctx, row, FittingState::Bought, None)?;
        taken.push(row.id);
    }
    Ok(taken)
}
