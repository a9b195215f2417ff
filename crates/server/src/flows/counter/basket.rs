//! What is on the counter: goods by barcode, code or words, and what they cost this buyer here, by the quote of checkout.

use super::at_store;
use crate::flows::booking::rest_line;
use axum::extract::State;
use db::Tx;
use goods::{catalog, inventory, store};
use kernel::{Cursor, Id, MallId, Page, Result};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::offers::Choices;
use trade::quote::{self, Delivery, ItemInput, Quote, QuoteRequest, Request, Source};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(find_counter_goods))
        .routes(routes!(list_counter_prices))
        .routes(routes!(quote_counter_sale))
}

/// Something that can be rung up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterGoods {
    pub sku_id: Id,
    pub product_id: Id,
    pub name: String,
    pub option_text: String,
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    pub picture: Picture,
    pub price_fen: i64,
    /// Pieces on this store's shelf that nobody holds.
    pub available: i64,
    pub on_sale: bool,
}

/// What is looked for, and where.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GoodsQuery {
    store_id: Id,
    /// A barcode or a code, or words.
    #[param(min_length = 1, max_length = 60)]
    q: String,
}

/// Goods that were looked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterGoodsFound {
    /// At most thirty.
    pub items: Vec<CounterGoods>,
    /// The whole barcode or code of one of them was given: it can be rung up without asking.
    pub exact: bool,
}

/// Find goods by barcode, code or words.
///
/// Needs `counter.sell`. Goods of the store's shop, with what lies on its shelf.
#[utoipa::path(get, path = "/counter/goods", tag = "counter", security(("staff" = [])), params(GoodsQuery),
    responses((status = 200, body = CounterGoodsFound), (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn find_counter_goods(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Query(query): Query<GoodsQuery>,
) -> Answer<Json<CounterGoodsFound>> {
    at_store(&staff.grants, query.store_id)?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let found = app
        .db
        .read(move |tx| {
            let (ids, exact) = catalog::skus_named(tx, mall_id, query.q.trim(), 30)?;
            let items = goods_at(&reader, tx, mall_id, query.store_id, &ids)?;
            Ok(CounterGoodsFound { exact: exact && items.len() == 1, items })
        })
        .await?;
    Ok(Json(found))
}

/// Of which store's shop, and from where on.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PriceQuery {
    store_id: Id,
    cursor: Option<String>,
}

/// List what a counter sells, with codes and prices.
///
/// Needs `counter.sell`. For a till that has to go on without a network.
#[utoipa::path(get, path = "/counter/prices", tag = "counter", security(("staff" = [])), params(PriceQuery),
    responses((status = 200, body = Page<CounterGoods>), (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn list_counter_prices(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Query(query): Query<PriceQuery>,
) -> Answer<Json<Page<CounterGoods>>> {
    at_store(&staff.grants, query.store_id)?;
    let after = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(0, |cursor| cursor.id);
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app
        .db
        .read(move |tx| {
            let shop_id = store::find_store(tx, mall_id, query.store_id)?.shop_id;
            let ids = catalog::skus_on_sale(tx, mall_id, shop_id, after, PRICES + 1)?;
            let page = Page::from_rows(ids, PRICES, |id| Cursor { key: 0, id: id.0 });
            let items = goods_at(&reader, tx, mall_id, query.store_id, &page.items)?;
            Ok(Page { items, next_cursor: page.next_cursor })
        })
        .await?;
    Ok(Json(page))
}

/// Prices a page.
const PRICES: i64 = 200;

/// Goods of a store's shop, in the order asked for.
pub(in crate::flows) fn goods_at(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    ids: &[Id],
) -> Result<Vec<CounterGoods>> {
    let (store, location_id) = store::location_of_store(tx, mall_id, store_id)?;
    let mut skus = catalog::skus_for_sale(tx, mall_id, ids)?;
    skus.retain(|sku| sku.shop_id == store.shop_id);
    skus.sort_by_key(|sku| ids.iter().position(|id| *id == sku.sku_id));
    let codes = catalog::sku_codes(tx, mall_id, ids)?;
    let available = inventory::available(tx, mall_id, location_id, ids)?;
    let shown = |sku: catalog::SkuForSale| {
        let (code, barcode) = codes.get(&sku.sku_id).cloned().unwrap_or_default();
        CounterGoods {
            picture: storage::picture(app, sku.picture_key.as_deref().unwrap_or_default(), &sku.name),
            available: available.get(&sku.sku_id).copied().unwrap_or(0).max(0),
            sku_id: sku.sku_id,
            product_id: sku.product_id,
            name: sku.name,
            option_text: sku.option_text,
            code,
            barcode,
            price_fen: sku.price.0,
            on_sale: sku.on_sale && sku.shop_open,
        }
    };
    Ok(skus.into_iter().map(shown).collect())
}

/// What is rung up for whom.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterQuoteRequest {
    pub store_id: Id,
    #[schema(max_items = 120)]
    pub items: Vec<ItemInput>,
    /// Absent for somebody the mall does not know: nothing is earned then, and members' prices do not apply.
    pub member_id: Option<Id>,
    /// Of a member, as in the quote of checkout.
    #[serde(default)]
    pub choices: Choices,
    /// Instead of items: what is left to pay of a booking.
    pub booking_id: Option<Id>,
    /// Of the items, what was put aside here for trying.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub fitting_ids: Vec<Id>,
}

/// The request for a quote, as checkout makes it.
pub(super) fn request_of(
    store_id: Id,
    items: &[ItemInput],
    member_id: Option<Id>,
    choices: &Choices,
) -> Result<Request> {
    let asked = QuoteRequest {
        source: Source::Now,
        items: items.to_vec(),
        delivery: Delivery::Pickup { store_id: Some(store_id), slot_at: None },
        choices: if member_id.is_some() { choices.clone() } else { Choices::default() },
    };
    let mut request = Request::new(member_id.unwrap_or_default(), &asked)?;
    (request.at_counter, request.is_walk_in) = (true, member_id.is_none());
    Ok(request)
}

/// Price what is on the counter.
///
/// Needs `counter.sell`. The same lanes, prices, coupons and points as online; nothing is reserved.
#[utoipa::path(post, path = "/counter/quote", tag = "counter", security(("staff" = [])),
    request_body = CounterQuoteRequest, responses((status = 200, body = Quote),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`, `booking.not_found`"),
    (status = 409, body = ProblemBody, description = "`store.closed`, `booking.nothing_left`, `booking.rest_moved`, `booking.not_allowed`")))]
async fn quote_counter_sale(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Json(request): Json<CounterQuoteRequest>,
) -> Answer<Json<Quote>> {
    at_store(&staff.grants, request.store_id)?;
    let ask = request_of(request.store_id, &request.items, request.member_id, &request.choices)?;
    let (reader, ctx, grants, mall_id) = (app.clone(), staff.ctx.clone(), staff.grants.clone(), staff.mall.id);
    let quote = app
        .db
        .read(move |tx| {
            let ask = match request.booking_id {
                Some(id) => rest_line(tx, &ctx, &grants, request.store_id, id)?.1,
                None => ask.clone(),
            };
            let mut facts = quote::gather(&reader, tx, &ctx, &ask)?;
            for held in trade::fitting::open_by_id(tx, mall_id, request.store_id, &request.fitting_ids)? {
                *facts.available.entry(held.sku_id).or_insert(0) += held.quantity;
            }
            Ok(quote::into_quote(quote::price(&facts)?, &facts, &reader))
        })
        .await?;
    Ok(Json(quote))
}
