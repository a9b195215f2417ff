//! What a member does: asks a store to keep goods, looks what is kept, gives it up.

use super::{FittingView, view, views};
use axum::extract::State;
use db::Tx;
use goods::store::{self, StoreRow, spans_on};
use goods::{catalog, inventory};
use kernel::{Cursor, Error, Id, Instant, Page, Result, days, minutes};
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Query, Visitor};
use serde::{Deserialize, Serialize};
use trade::fitting::{self, NewFitting, State as FittingState};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_my_fittings, put_aside))
        .routes(routes!(list_fitting_days))
        .routes(routes!(give_up_fitting))
}

/// Today and the two days after it.
const DAYS: i64 = 3;

/// What is wanted, where and when.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutAside {
    pub store_id: Id,
    pub sku_id: Id,
    #[schema(minimum = 1, maximum = 20)]
    pub quantity: i64,
    /// A day of the mall's calendar, at most two days ahead; kept until the store closes.
    #[schema(example = "2026-11-26")]
    pub day: String,
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct MineQuery {
    cursor: Option<String>,
}

/// List what stores put aside for me, newest first.
#[utoipa::path(get, path = "/fittings", tag = "fitting", security(("member" = [])), params(MineQuery),
    responses((status = 200, body = Page<FittingView>)))]
async fn list_my_fittings(
    State(app): State<App>,
    member: Member,
    Query(query): Query<MineQuery>,
) -> Answer<Json<Page<FittingView>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id) = (app.clone(), member.mall.id);
    let page = app.db.read(move |tx| {
        let page = fitting::of_member(tx, mall_id, member.id, cursor, 20)?;
        Ok(Page { items: views(&reader, tx, mall_id, page.items)?, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DaysQuery {
    store_id: Id,
    sku_id: Id,
}

/// A day to come and try.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FittingDay {
    #[schema(example = "2026-11-26")]
    pub day: String,
    /// When the store closes.
    pub until: Instant,
}

/// When goods can be put aside in a store, and how many.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FittingDays {
    /// Without those on which the store is closed.
    pub days: Vec<FittingDay>,
    /// Pieces at once: what lies there, up to what the mall allows.
    pub most: i64,
}

/// See when goods can be put aside in a store, and how many.
#[utoipa::path(get, path = "/fittings/days", tag = "fitting", params(DaysQuery),
    responses((status = 200, body = FittingDays),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn list_fitting_days(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<DaysQuery>,
) -> Answer<Json<FittingDays>> {
    let (mall_id, offset, now) = (visitor.mall.id, visitor.mall.utc_offset_ms, app.clock.now());
    let allowed = visitor.mall.settings.fitting_pieces;
    let found = app.db.read(move |tx| {
        let (store, location_id) = store::location_of_store(tx, mall_id, query.store_id)?;
        let there = inventory::available(tx, mall_id, location_id, &[query.sku_id])?;
        let today = now.day_at_offset(offset);
        let days = (today..today + DAYS).filter_map(|day| {
            let until = evening(&store, day, now, offset).ok()?;
            Some(FittingDay { day: date(day), until })
        });
        let most = there.get(&query.sku_id).copied().unwrap_or(0).clamp(0, allowed);
        Ok(FittingDays { days: days.collect(), most })
    });
    Ok(Json(found.await?))
}

/// Have goods put aside in a store to try them there.
///
/// Needs an `Idempotency-Key`. Nothing is paid. They are kept until the store closes on that day; no more pieces wait for one
/// member at once than the mall allows.
#[utoipa::path(post, path = "/fittings", tag = "fitting", security(("member" = [])), request_body = PutAside,
    params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FittingView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `day`, `quantity`"),
    (status = 403, body = ProblemBody, description = "`member.blocked`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`, `sku.gone`"),
    (status = 409, body = ProblemBody, description = "`fitting.off`, `fitting.too_many`, `fitting.day_closed`, `inventory.sold_out`, `store.closed`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn put_aside(
    State(app): State<App>,
    member: Member,
    key: IdempotencyKey,
    Json(request): Json<PutAside>,
) -> Answer<Json<FittingView>> {
    let claim = Claim::new(&member.ctx, "put_aside", &key, &request)?;
    let day = crate::flows::reconcile::day_number("day", &request.day)?;
    let (ctx, reader, member_id) = (member.ctx.clone(), app.clone(), member.id);
    let (most, offset) = (member.mall.settings.fitting_pieces, member.mall.utc_offset_ms);
    let made = app
        .db
        .write(move |tx| {
            once(tx, &ctx, &claim, |tx| {
                people::identity::require_active(tx, ctx.mall_id, member_id)?;
                within_limits(tx, &ctx, member_id, request.quantity, most)?;
                let (store, location_id) = store::location_of_store(tx, ctx.mall_id, request.store_id)?;
                let until = evening(&store, day, ctx.now, offset)?;
                let sku = catalog::skus_for_sale(tx, ctx.mall_id, &[request.sku_id])?.pop();
                let sku = sku.filter(|sku| sku.on_sale && sku.shop_open && sku.shop_id == store.shop_id);
                let sku = sku.ok_or_else(|| Error::not_found("sku.gone", "这个规格已经没有了"))?;
                let quantity = request.quantity;
                let new = NewFitting { member_id, store_id: store.id, location_id, sku: &sku, quantity, until };
                let id = fitting::hold(tx, &ctx, &new)?;
                let row = fitting::find(tx, ctx.mall_id, id)?;
                view(&reader, tx, ctx.mall_id, row)
            })
        })
        .await?;
    Ok(Json(made))
}

/// Nobody empties a store; two requests of one member at once take turns.
fn within_limits(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, quantity: i64, most: i64) -> Result<()> {
    if most == 0 {
        return Err(Error::conflict("fitting.off", "商城暂时不接受留货"));
    }
    if !(1..=most).contains(&quantity) {
        return Err(Error::field("quantity", format!("一次最多留 {most} 件")));
    }
    tx.exec(
        "update member set updated_at = $3 where mall_id = $1 and id = $2",
        &db::args![ctx.mall_id, member_id, ctx.now],
    )?;
    if fitting::waiting_of_member(tx, ctx.mall_id, member_id)? + quantity > most {
        let text = format!("最多同时留 {most} 件，先到店试试已经留好的");
        return Err(Error::conflict("fitting.too_many", text));
    }
    Ok(())
}

/// When the store closes on a day that can be chosen.
pub(crate) fn evening(store: &StoreRow, day: i64, now: Instant, offset: i64) -> Result<Instant> {
    if !store.is_open() {
        return Err(Error::conflict("store.closed", "这家门店暂停营业，换一家试试"));
    }
    let today = now.day_at_offset(offset);
    if !(today..today + DAYS).contains(&day) {
        return Err(Error::field("day", "可以选今天起三天内"));
    }
    let midnight = Instant(day * days(1) - offset);
    let ends = spans_on(store, day)
        .into_iter()
        .map(|(open, close)| midnight + minutes(if close <= open { close + 24 * 60 } else { close }))
        .max();
    ends.filter(|end| *end > now)
        .ok_or_else(|| Error::conflict("fitting.day_closed", "这天门店不营业了，换一天").at("day"))
}

/// `2026-11-26`
fn date(day: i64) -> String {
    Instant(day * days(1)).to_string().chars().take(10).collect()
}

/// Give up what a store put aside for me.
#[utoipa::path(post, path = "/fittings/{id}/cancel", tag = "fitting", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = FittingView), (status = 404, body = ProblemBody, description = "`fitting.not_found`"),
    (status = 409, body = ProblemBody, description = "`fitting.over`")))]
async fn give_up_fitting(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<FittingView>> {
    let (ctx, reader, member_id) = (member.ctx.clone(), app.clone(), member.id);
    let view = app.db.write(move |tx| {
        let row = fitting::lock(tx, ctx.mall_id, id)?;
        if row.member_id != member_id {
            return Err(Error::not_found("fitting.not_found", "没有找到这份留货"));
        }
        fitting::end(tx, &ctx, &row, FittingState::Cancelled, None)?;
        let row = fitting::find(tx, ctx.mall_id, id)?;
        view(&reader, tx, ctx.mall_id, row)
    });
    Ok(Json(view.await?))
}
