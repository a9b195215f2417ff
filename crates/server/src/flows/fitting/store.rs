//! What a store does with goods put aside: lays them out, puts them back, says that it cannot keep them.

use super::{FittingView, READY, REFUSED, view, views};
use crate::flows::detail::required_text;
use axum::extract::State;
use db::Tx;
use goods::catalog;
use kernel::{Cursor, Error, Id, MallId, Page, Result};
use platform::audit::Note;
use platform::outbox;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::fitting::{self, Fitting, State as FittingState};
use trade::order::OrderMember;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_fittings)).routes(routes!(step_fitting))
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FittingFilter)]
pub enum Filter {
    /// They wait for somebody; the first to end first.
    #[default]
    Open,
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
}

fn rows(app: &App, tx: &mut Tx<'_>, mall_id: MallId, rows: Vec<Fitting>) -> Result<Vec<FittingRow>> {
    let members: Vec<Id> = rows.iter().map(|row| row.member_id).collect();
    let skus: Vec<Id> = rows.iter().map(|row| row.sku_id).collect();
    let sales: Vec<Option<Id>> = rows.iter().map(|row| row.order_id).collect();
    let briefs = people::identity::briefs(tx, &app.sealer, mall_id, &members)?;
    let codes = catalog::sku_codes(tx, mall_id, &skus)?;
    let views = views(app, tx, mall_id, rows)?;
    let row = |(fitting, (id, order_id)): (FittingView, (Id, Option<Id>))| FittingRow {
        member: OrderMember {
            id,
            nickname: briefs.get(&id).map(|brief| brief.nickname.clone()).unwrap_or_default(),
            phone_masked: briefs.get(&id).and_then(|brief| brief.phone_masked.clone()),
        },
        sku_code: codes.get(&fitting.sku_id).map(|(code, _)| code.clone()).unwrap_or_default(),
        order_id,
        fitting,
    };
    Ok(views.into_iter().zip(members.into_iter().zip(sales)).map(row).collect())
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
            Filter::Over => fitting::over_at(tx, mall_id, query.store_id, cursor, 20)?,
        };
        Ok(Page { items: rows(&reader, tx, mall_id, page.items)?, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
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
    (status = 409, body = ProblemBody, description = "`fitting.over`")))]
async fn step_fitting(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Path(id): Path<Id>,
    Json(request): Json<StepFitting>,
) -> Answer<Json<FittingView>> {
    let (mall_id, grants, reader) = (staff.mall.id, staff.grants.clone(), app.clone());
    let reason = match request.step {
        FittingStep::Refuse => Some(required_text("reason", request.reason.unwrap_or_default(), 40)?),
        FittingStep::Ready | FittingStep::Return => None,
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
            };
            let note = Note::new("fitting", id, format!("{said} {} × {}", row.name, row.quantity));
            let row = fitting::find(tx, mall_id, id)?;
            Ok((view(&reader, tx, mall_id, row)?, note))
        })
        .await?;
    Ok(Json(view))
}
