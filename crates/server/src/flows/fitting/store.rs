//! What a store does with goods put aside: lays them out, puts them back, says that it cannot keep them.

use super::{FittingView, READY, REFUSED, view, views};
use crate::flows::detail::required_text;
use axum::extract::State;
use db::Tx;
use goods::catalog;
use goods::store::stores_by_id;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::outbox;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::fitting::{self, Fitting, State as FittingState};
use trade::order::OrderMember;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_fittings)).routes(routes!(step_fitting)).routes(routes!(count_put_backs))
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FittingFilter)]
pub enum Filter {
    /// They wait for somebody; the first to end first.
    #[default]
    Open,
    /// They were laid out for somebody who did not come, and go back on the shelf; the longest first.
    ToPutBack,
    /// The last to end first.
    Over,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StoreQuery {
    store_id: Id,
    #[serde(default)]
    #[param(inline)]
    state: Filter,
    cursor: Option<String>,
}

/// What a store has put aside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FittingRow {
    #[serde(flatten)]
    pub fitting: FittingView,
    pub member: OrderMember,
    /// To find it on the shelf.
    pub sku_code: String,
    /// The sale that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Id>,
    /// It was laid out, nobody came, and it lies there still.
    pub is_to_put_back: bool,
    /// When it was back on the shelf, if it had been laid out for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_back_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_back_by: Option<String>,
}

fn rows(app: &App, tx: &mut Tx<'_>, mall_id: MallId, rows: Vec<Fitting>) -> Result<Vec<FittingRow>> {
    let members: Vec<Id> = rows.iter().map(|row| row.member_id).collect();
    let skus: Vec<Id> = rows.iter().map(|row| row.sku_id).collect();
    let clerks: Vec<Id> = rows.iter().filter_map(|row| row.put_back_by).collect();
    let clerks = people::staff::names(tx, mall_id, &clerks)?;
    let kept: Vec<Fitting> = rows.clone();
    let briefs = people::identity::briefs(tx, &app.sealer, mall_id, &members)?;
    let codes = catalog::sku_codes(tx, mall_id, &skus)?;
    let views = views(app, tx, mall_id, rows)?;
    let row = |(fitting, kept): (FittingView, Fitting)| FittingRow {
        member: OrderMember {
            id: kept.member_id,
            nickname: briefs.get(&kept.member_id).map(|brief| brief.nickname.clone()).unwrap_or_default(),
            phone_masked: briefs.get(&kept.member_id).and_then(|brief| brief.phone_masked.clone()),
        },
        sku_code: codes.get(&fitting.sku_id).map(|(code, _)| code.clone()).unwrap_or_default(),
        order_id: kept.order_id,
        is_to_put_back: kept.is_to_put_back(),
        put_back_at: kept.put_back_at,
        put_back_by: kept.put_back_by.and_then(|id| clerks.get(&id).cloned()),
        fitting,
    };
    Ok(views.into_iter().zip(kept).map(row).collect())
}

/// List what a store has put aside.
///
/// Needs `order.redeem`.
#[utoipa::path(get, path = "/fittings", tag = "fitting", security(("staff" = [])), params(StoreQuery),
    responses((status = 200, body = Page<FittingRow>), (status = 403, body = ProblemBody, description = "`fitting.other_store`")))]
async fn list_fittings(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Query(query): Query<StoreQuery>,
) -> Answer<Json<Page<FittingRow>>> {
    at_store(&staff.grants, query.store_id)?;
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app.db.read(move |tx| {
        let page = match query.state {
            Filter::Open => fitting::open_at(tx, mall_id, query.store_id, cursor, 50)?,
            Filter::ToPutBack => fitting::to_put_back_at(tx, mall_id, query.store_id, cursor, 50)?,
            Filter::Over => fitting::over_at(tx, mall_id, query.store_id, cursor, 20)?,
        };
        Ok(Page { items: rows(&reader, tx, mall_id, page.items)?, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
}

/// What a store has to put back on its shelves.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PutBacks {
    pub store_id: Id,
    pub store_name: String,
    /// Entries of the list `to_put_back`.
    pub count: i64,
    /// When the last of them ended.
    pub newest_at: Instant,
}

/// Count what goes back on the shelves, by store.
///
/// Needs `order.redeem`. Stores with nothing to put back are left out; a clerk bound to a store hears of that one.
#[utoipa::path(get, path = "/fittings/put-backs", tag = "fitting", security(("staff" = [])),
    responses((status = 200, body = Vec<PutBacks>)))]
async fn count_put_backs(State(app): State<App>, staff: Staff<perm::OrderRedeem>) -> Answer<Json<Vec<PutBacks>>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let found = app.db.read(move |tx| {
        let found = fitting::put_backs(tx, mall_id, store_id)?;
        let ids: Vec<Id> = found.iter().map(|(id, ..)| *id).collect();
        let mut names: HashMap<Id, String> =
            stores_by_id(tx, mall_id, &ids)?.into_iter().map(|store| (store.id, store.name)).collect();
        let named = |(store_id, count, newest_at)| PutBacks {
            store_name: names.remove(&store_id).unwrap_or_default(),
            store_id,
            count,
            newest_at,
        };
        Ok(found.into_iter().map(named).collect())
    });
    Ok(Json(found.await?))
}

fn at_store(grants: &Grants, store_id: Id) -> Result<()> {
    match grants.store_id {
        Some(own) if own != store_id => Err(Error::forbidden("fitting.other_store", "这不是你所在门店的留货")),
        _ => Ok(()),
    }
}

/// What the store did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FittingStep {
    /// Laid out; the member is told.
    Ready,
    /// Tried and not taken, or not wanted any more: back on the shelf.
    Return,
    /// The store cannot keep it; the member is told why.
    Refuse,
    /// It was laid out, nobody came, and it is back on the shelf now. Its stock was free before.
    PutBack,
}

/// A step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepFitting {
    pub step: FittingStep,
    /// Of a refusal, in words for the member.
    #[schema(max_length = 40)]
    pub reason: Option<String>,
}

/// Say what became of goods put aside.
///
/// Needs `order.redeem`. What is taken is sold at the counter with `fitting_ids`.
#[utoipa::path(post, path = "/fittings/{id}/step", tag = "fitting", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = StepFitting, responses((status = 200, body = FittingView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 403, body = ProblemBody, description = "`fitting.other_store`"),
    (status = 404, body = ProblemBody, description = "`fitting.not_found`"),
    (status = 409, body = ProblemBody, description = "`fitting.over`, `fitting.put_back_already`, `fitting.not_to_put_back`")))]
async fn step_fitting(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Path(id): Path<Id>,
    Json(request): Json<StepFitting>,
) -> Answer<Json<FittingView>> {
    let (mall_id, grants, reader) = (staff.mall.id, staff.grants.clone(), app.clone());
    let reason = match request.step {
        FittingStep::Refuse => Some(required_text("reason", request.reason.unwrap_or_default(), 40)?),
        FittingStep::Ready | FittingStep::Return | FittingStep::PutBack => None,
    };
    let view = staff
        .write(&app, "fitting.step", move |tx, ctx| {
            let row = fitting::lock(tx, mall_id, id)?;
            at_store(&grants, row.store_id)?;
            let about = serde_json::json!({ "fitting_id": id });
            let said = match request.step {
                FittingStep::Ready => {
                    fitting::make_ready(tx, ctx, id)?;
                    outbox::emit(tx, ctx, READY, &about)?;
                    "备好".to_owned()
                }
                FittingStep::Return => {
                    fitting::end(tx, ctx, &row, FittingState::Returned, None)?;
                    "放回货架".to_owned()
                }
                FittingStep::Refuse => {
                    fitting::end(tx, ctx, &row, FittingState::Refused, reason.as_deref())?;
                    outbox::emit(tx, ctx, REFUSED, &about)?;
                    format!("留不了（{}）", reason.as_deref().unwrap_or_default())
                }
                FittingStep::PutBack => {
                    fitting::put_back(tx, ctx, &row)?;
                    "没人来试，放回货架".to_owned()
                }
            };
            let note = Note::new("fitting", id, format!("{said} {} × {}", row.name, row.quantity));
            let row = fitting::find(tx, mall_id, id)?;
            Ok((view(&reader, tx, mall_id, row)?, note))
        })
        .await?;
    Ok(Json(view))
}
