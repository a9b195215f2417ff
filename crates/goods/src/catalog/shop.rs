//! Products as shoppers meet them: the list with its facets, and the page of one product.

use super::detail::{self, ProductDetail};
use super::list::{ProductFilter, ProductList};
use axum::extract::State;
use kernel::{Cursor, Page};
use kernel::{Id, Result};
use platform::cache::{Cached, Topic};
use platform::problem::ProblemBody;
use platform::{Answer, App, Path, Query, Visitor, search};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_products)).routes(routes!(read_product))
}

/// List products on sale, searched, filtered and sorted.
///
/// A search by someone with a token is remembered in their search history.
#[utoipa::path(get, path = "/products", tag = "catalog", params(ProductFilter), security((), ("member" = [])),
    responses((status = 200, body = ProductList)))]
async fn list_products(
    State(app): State<App>,
    visitor: Visitor,
    Query(filter): Query<ProductFilter>,
) -> Answer<Cached<ProductList>> {
    let mall_id = visitor.mall.id;
    let phrase = filter.phrase().filter(|_| filter.cursor.is_none()).map(str::to_owned);
    let stamp = app.cache.stamp(&[Topic::Catalog(mall_id)]);
    let (rows, limit, facets) = app
        .db
        .read(move |tx| {
            let selection = filter.prepared(tx, mall_id)?;
            let facets = if filter.cursor.is_none() { Some(selection.facets(tx)?) } else { None };
            Ok((selection.rows(tx)?, filter.page_size(), facets))
        })
        .await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: row.key, id: row.card.id.0 });
    let items = page.items.into_iter().map(|row| row.card.card(&app)).collect::<Result<Vec<_>>>()?;
    if let Some(phrase) = phrase.filter(|_| !items.is_empty()) {
        remember_phrase(&app, &visitor, phrase).await;
    }
    Ok(Cached::new(ProductList { items, next_cursor: page.next_cursor, facets }, stamp))
}

/// Read a product's page.
///
/// Products off sale are shown too, so that a shared link tells what became of them.
#[utoipa::path(get, path = "/products/{id}", tag = "catalog", params(("id" = Id, Path)),
    responses((status = 200, body = ProductDetail),
        (status = 404, body = ProblemBody, description = "`product.not_found`: no such product, or it is in the bin")))]
async fn read_product(State(app): State<App>, visitor: Visitor, Path(id): Path<Id>) -> Answer<Cached<ProductDetail>> {
    let mall_id = visitor.mall.id;
    let stamp = app.cache.stamp(&[Topic::Product(mall_id, id), Topic::Catalog(mall_id)]);
    let found = app.db.read(move |tx| detail::find(tx, mall_id, id)).await?;
    Ok(Cached::new(found.shown(&app)?, stamp))
}

/// Writes what someone searched for and found into their history and the mall's counts. A search is answered even when
/// this cannot be written now; the log tells.
async fn remember_phrase(app: &App, visitor: &Visitor, phrase: String) {
    let Some(shopper_id) = visitor.shopper_id() else { return };
    let ctx = visitor.ctx.clone();
    let written = app.db.write(move |tx| search::record_query(tx, &ctx, shopper_id, &phrase)).await;
    if let Err(error) = written {
        tracing::warn!(%error, "a search was not remembered");
    }
}
