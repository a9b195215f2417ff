//! Browsing history: the last 200 products a shopper looked at, each once, newest first.

use super::check_product;
use super::favourite::{Kept, ShelfQuery, page_of};
use crate::catalog::{CARD_COLUMNS, ProductCard};
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Cursor, Page};
use kernel::{Id, MallId, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Shopper};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many products are remembered.
pub(super) const REMEMBERED: i64 = 200;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_history, clear_history)).routes(routes!(remember_product))
}

/// List the products looked at, newest first.
#[utoipa::path(get, path = "/history", tag = "shelf", security(("member" = [])), params(ShelfQuery),
    responses((status = 200, body = Page<ProductCard>)))]
async fn list_history(
    State(app): State<App>,
    shopper: Shopper,
    Query(query): Query<ShelfQuery>,
) -> Answer<Json<Page<ProductCard>>> {
    let (mall_id, member_id, limit) = (shopper.mall.id, shopper.id, query.limit.unwrap_or(20).clamp(1, 50));
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let before = before.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let rows = app.db.read(move |tx| seen(tx, mall_id, member_id, before, limit + 1)).await?;
    Ok(Json(page_of(&app, rows, limit)?))
}

/// Remember that a product was looked at now.
#[utoipa::path(put, path = "/history/{product_id}", tag = "shelf", security(("member" = [])),
    params(("product_id" = Id, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, description = "`product.not_found`")))]
async fn remember_product(State(app): State<App>, shopper: Shopper, Path(product_id): Path<Id>) -> Answer<StatusCode> {
    let ctx = shopper.ctx.clone();
    app.db.write(move |tx| remember(tx, &ctx, shopper.id, product_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forget what was looked at.
#[utoipa::path(delete, path = "/history", tag = "shelf", security(("member" = [])), responses((status = 204)))]
async fn clear_history(State(app): State<App>, shopper: Shopper) -> Answer<StatusCode> {
    let (mall_id, member_id) = (shopper.mall.id, shopper.id);
    app.db
        .write(move |tx| {
            tx.exec("delete from browse_history where mall_id = $1 and member_id = $2", &args![mall_id, member_id])
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn remember(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, product_id: Id) -> Result<()> {
    check_product(tx, ctx.mall_id, product_id)?;
    tx.exec(
        "insert into browse_history (mall_id, member_id, product_id, seen_at)
         values ($1, $2, $3, $4)
         on conflict (mall_id, member_id, product_id) do update set seen_at = excluded.seen_at",
        &args![ctx.mall_id, member_id, product_id, ctx.now],
    )?;
    trim(tx, ctx.mall_id, member_id)
}

/// Forgets all but the newest [`REMEMBERED`].
pub(super) fn trim(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<()> {
    tx.exec(
        "delete from browse_history
         where mall_id = $1 and member_id = $2 and product_id in (
           select product_id
           from browse_history
           where mall_id = $1 and member_id = $2
           order by seen_at desc, product_id desc
           limit 1000 offset $3
         )",
        &args![mall_id, member_id, REMEMBERED],
    )?;
    Ok(())
}

pub(super) fn seen(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, before: Cursor, limit: i64) -> Result<Vec<Kept>> {
    tx.all(
        &format!(
            "select h.seen_at, {CARD_COLUMNS}
             from browse_history h
             join product p on p.mall_id = h.mall_id and p.id = h.product_id
             where h.mall_id = $1 and h.member_id = $2 and p.deleted_at is null and (h.seen_at, p.id) < ($3, $4)
             order by h.seen_at desc, p.id desc
             limit $5"
        ),
        &args![mall_id, member_id, before.key, before.id, limit],
    )
}
