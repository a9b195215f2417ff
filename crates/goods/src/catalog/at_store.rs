//! What lies on a store's shelf and is on sale, as cards.

use super::card::{CardRow, ProductCard, cards};
use crate::store;
use axum::extract::State;
use db::{Tx, args};
use kernel::{Cursor, Id, MallId, Page, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Visitor};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_store_products))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Shelf {
    cursor: Option<String>,
    /// 1–50, 12 if absent.
    limit: Option<i64>,
}

/// List what can be had in a store now, the newest products first.
#[utoipa::path(get, path = "/stores/{id}/products", tag = "store", params(("id" = Id, Path), Shelf),
    responses((status = 200, body = Page<ProductCard>),
        (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn list_store_products(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<Id>,
    Query(shelf): Query<Shelf>,
) -> Answer<Json<Page<ProductCard>>> {
    let (mall_id, limit) = (visitor.mall.id, shelf.limit.unwrap_or(12).clamp(1, 50));
    let before = shelf.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.id);
    let rows = app.db.read(move |tx| on_shelf(tx, mall_id, id, before, limit)).await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 });
    let items = page.items.into_iter().map(|row| row.card(&app)).collect::<Result<Vec<_>>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// One card more than the page holds.
fn on_shelf(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, before: i64, limit: i64) -> Result<Vec<CardRow>> {
    let (_, location_id) = store::location_of_store(tx, mall_id, store_id)?;
    let ids: Vec<Id> = tx.all(
        "select distinct k.product_id
         from stock t
         join sku k on k.mall_id = t.mall_id and k.id = t.sku_id
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where t.mall_id = $1 and t.location_id = $2 and t.on_hand > t.reserved
           and k.deleted_at is null and p.deleted_at is null and p.status = 'on_sale' and k.product_id < $3
         order by k.product_id desc
         limit $4",
        &args![mall_id, location_id, before, limit + 1],
    )?;
    let mut rows = cards(tx, mall_id, &ids)?;
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
    Ok(rows)
}
