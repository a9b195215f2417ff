//! Favourites: a heart on a product, newest first in the list.

use super::check_product;
use crate::catalog::{CARD_COLUMNS, CardRow, ProductCard};
use axum::extract::State;
use axum::http::StatusCode;
use db::{FromRow, Row, Tx, args};
use kernel::{Cursor, Page};
use kernel::{Id, MallId, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Shopper};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Whether the shopper keeps a product.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct Favourite {
    pub is_favourite: bool,
}

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_favourites)).routes(routes!(
        read_favourite,
        keep_favourite,
        drop_favourite
    ))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShelfQuery {
    pub cursor: Option<String>,
    /// 1–50, 20 if absent.
    pub limit: Option<i64>,
}

/// A card and when it came onto the shelf.
pub(super) struct Kept {
    pub at: i64,
    pub card: CardRow,
}

impl FromRow for Kept {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Kept { at: row.next()?, card: row.next()? })
    }
}

/// Turns rows fetched with `limit + 1` into a page of cards.
pub(super) fn page_of(app: &App, rows: Vec<Kept>, limit: i64) -> Result<Page<ProductCard>> {
    let page = Page::from_rows(rows, limit, |kept| Cursor { key: kept.at, id: kept.card.id.0 });
    let items = page.items.into_iter().map(|kept| kept.card.card(app)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// List favourites, newest first.
#[utoipa::path(get, path = "/favourites", tag = "shelf", security(("member" = [])), params(ShelfQuery),
    responses((status = 200, body = Page<ProductCard>)))]
async fn list_favourites(
    State(app): State<App>,
    shopper: Shopper,
    Query(query): Query<ShelfQuery>,
) -> Answer<Json<Page<ProductCard>>> {
    let (mall_id, member_id, limit) = (shopper.mall.id, shopper.id, query.limit.unwrap_or(20).clamp(1, 50));
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let before = before.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let rows = app.db.read(move |tx| kept(tx, mall_id, member_id, before, limit + 1)).await?;
    Ok(Json(page_of(&app, rows, limit)?))
}

/// Tell whether a product is a favourite.
#[utoipa::path(get, path = "/favourites/{product_id}", tag = "shelf", security(("member" = [])),
    params(("product_id" = Id, Path)), responses((status = 200, body = Favourite)))]
async fn read_favourite(
    State(app): State<App>,
    shopper: Shopper,
    Path(product_id): Path<Id>,
) -> Answer<Json<Favourite>> {
    let (mall_id, member_id) = (shopper.mall.id, shopper.id);
    let found: Option<Id> = app
        .db
        .read(move |tx| {
            tx.opt(
                "select product_id from favourite where mall_id = $1 and member_id = $2 and product_id = $3",
                &args![mall_id, member_id, product_id],
            )
        })
        .await?;
    Ok(Json(Favourite { is_favourite: found.is_some() }))
}

/// Keep a product as a favourite; repeating it changes nothing.
#[utoipa::path(put, path = "/favourites/{product_id}", tag = "shelf", security(("member" = [])),
    params(("product_id" = Id, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, description = "`product.not_found`")))]
async fn keep_favourite(State(app): State<App>, shopper: Shopper, Path(product_id): Path<Id>) -> Answer<StatusCode> {
    let ctx = shopper.ctx.clone();
    app.db.write(move |tx| keep(tx, &ctx, shopper.id, product_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Drop a favourite; repeating it changes nothing.
#[utoipa::path(delete, path = "/favourites/{product_id}", tag = "shelf", security(("member" = [])),
    params(("product_id" = Id, Path)), responses((status = 204)))]
async fn drop_favourite(State(app): State<App>, shopper: Shopper, Path(product_id): Path<Id>) -> Answer<StatusCode> {
    let (mall_id, member_id) = (shopper.mall.id, shopper.id);
    app.db
        .write(move |tx| {
            tx.exec(
                "delete from favourite where mall_id = $1 and member_id = $2 and product_id = $3",
                &args![mall_id, member_id, product_id],
            )
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many favourites a shopper has, of products that still exist; for the badge.
pub fn favourite_count(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<i64> {
    tx.one(
        "select count(*)
         from favourite f
         join product p on p.mall_id = f.mall_id and p.id = f.product_id
         where f.mall_id = $1 and f.member_id = $2 and p.deleted_at is null",
        &args![mall_id, member_id],
    )
}

pub(super) fn keep(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, product_id: Id) -> Result<()> {
    check_product(tx, ctx.mall_id, product_id)?;
    tx.exec(
        "insert into favourite (mall_id, member_id, product_id, created_at)
         values ($1, $2, $3, $4)
         on conflict (mall_id, member_id, product_id) do nothing",
        &args![ctx.mall_id, member_id, product_id, ctx.now],
    )?;
    Ok(())
}

pub(super) fn kept(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, before: Cursor, limit: i64) -> Result<Vec<Kept>> {
    tx.all(
        &format!(
            "select f.created_at, {CARD_COLUMNS}
             from favourite f
             join product p on p.mall_id = f.mall_id and p.id = f.product_id
             where f.mall_id = $1 and f.member_id = $2 and p.deleted_at is null and (f.created_at, p.id) < ($3, $4)
             order by f.created_at desc, p.id desc
             limit $5"
        ),
        &args![mall_id, member_id, before.key, before.id, limit],
    )
}
