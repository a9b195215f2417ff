//! Limited-time sales in the back office. Publishing is `launch`'s: it shows the worst case first.

use super::model::{LimitedItem, LimitedSale};
use super::store;
use crate::desk::CampaignQuery;
use crate::scope::CampaignStatus;
use axum::extract::State;
use axum::http::StatusCode;
use db::Tx;
use kernel::{Error, Fen, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_limited_sales, create_limited_sale)).routes(routes!(
        show_limited_sale,
        change_limited_sale,
        delete_limited_sale
    ))
}

/// A SKU of a sale as staff write it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitedItemInput {
    pub sku_id: Id,
    pub price_fen: i64,
    /// Pieces at this price; absent: as many as there are.
    #[serde(default)]
    pub cap: Option<i64>,
    /// Pieces of one member.
    #[serde(default)]
    pub per_member: Option<i64>,
}

/// A sale as staff write it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitedSaleInput {
    /// 1–20 characters.
    pub name: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// Its goods still count for promotions.
    #[serde(default = "yes")]
    pub with_promotions: bool,
    /// Its goods still count for coupons.
    #[serde(default = "yes")]
    pub with_coupons: bool,
    /// 1–200 SKUs.
    pub items: Vec<LimitedItemInput>,
}

const fn yes() -> bool {
    true
}

/// A SKU of a sale as staff read it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LimitedItemView {
    pub sku_id: Id,
    pub product_id: Id,
    pub name: String,
    pub option_text: String,
    /// Its price without the sale.
    pub sku_price_fen: i64,
    pub price_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_member: Option<i64>,
    pub sold: i64,
}

/// A sale as staff read it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LimitedSaleView {
    pub id: Id,
    pub name: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub with_promotions: bool,
    pub with_coupons: bool,
    pub status: CampaignStatus,
    /// It holds at this moment.
    pub live: bool,
    pub items: Vec<LimitedItemView>,
}

/// Views of sales: the names and prices of their SKUs and what was sold, in two queries.
fn views(tx: &mut Tx<'_>, mall_id: MallId, sales: Vec<LimitedSale>, now: Instant) -> Result<Vec<LimitedSaleView>> {
    let ids: Vec<Id> = sales.iter().flat_map(|sale| sale.items.iter().map(|item| item.sku_id)).collect();
    let skus: HashMap<Id, _> =
        goods::catalog::skus_for_sale(tx, mall_id, &ids)?.into_iter().map(|sku| (sku.sku_id, sku)).collect();
    let sale_ids: Vec<Id> = sales.iter().map(|sale| sale.id).collect();
    let sold = store::sold_of(tx, mall_id, &sale_ids)?;
    let view = |sale: LimitedSale| LimitedSaleView {
        live: sale.live_at(now),
        id: sale.id,
        name: sale.name,
        starts_at: sale.starts_at,
        ends_at: sale.ends_at,
        with_promotions: sale.with_promotions,
        with_coupons: sale.with_coupons,
        status: sale.status,
        items: sale
            .items
            .iter()
            .map(|item| {
                let sku = skus.get(&item.sku_id);
                LimitedItemView {
                    sku_id: item.sku_id,
                    product_id: item.product_id,
                    name: sku.map_or(String::new(), |sku| sku.name.clone()),
                    option_text: sku.map_or(String::new(), |sku| sku.option_text.clone()),
                    sku_price_fen: sku.map_or(0, |sku| sku.price.0),
                    price_fen: item.price.0,
                    cap: item.cap,
                    per_member: item.per_member,
                    sold: sold.get(&(sale.id, item.sku_id)).copied().unwrap_or(0),
                }
            })
            .collect(),
    };
    Ok(sales.into_iter().map(view).collect())
}

fn load(tx: &mut Tx<'_>, mall_id: MallId, id: Id, now: Instant) -> Result<LimitedSaleView> {
    let sale = store::find(tx, mall_id, id)?;
    views(tx, mall_id, vec![sale], now)?.pop().ok_or_else(|| Error::internal("a sale without a view"))
}

/// The sale these words make; each price must be lower than the SKU's own.
fn sale_of(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &LimitedSaleInput) -> Result<LimitedSale> {
    let ids: Vec<Id> = input.items.iter().map(|item| item.sku_id).collect();
    let skus = goods::catalog::skus_for_sale(tx, ctx.mall_id, &ids)?;
    let mut items = Vec::with_capacity(input.items.len());
    for (i, item) in input.items.iter().enumerate() {
        let field = |name: &str| format!("items[{i}].{name}");
        let Some(sku) = skus.iter().find(|sku| sku.sku_id == item.sku_id) else {
            return Err(Error::field(field("sku_id"), "没有找到这个规格"));
        };
        if item.price_fen >= sku.price.0 {
            return Err(Error::field(field("price_fen"), format!("{}：限时价要低于 {} 元", sku.name, sku.price)));
        }
        items.push(LimitedItem {
            sku_id: item.sku_id,
            product_id: sku.product_id,
            price: Fen(item.price_fen),
            cap: item.cap,
            per_member: item.per_member,
        });
    }
    let sale = LimitedSale {
        id,
        name: input.name.trim().to_owned(),
        starts_at: input.starts_at,
        ends_at: input.ends_at,
        with_promotions: input.with_promotions,
        with_coupons: input.with_coupons,
        status: CampaignStatus::Draft,
        updated_at: ctx.now,
        items,
    };
    sale.check()?;
    Ok(sale)
}

/// Writes a sale and publishes it at once; for content that is made, not typed.
pub fn publish_new(tx: &mut Tx<'_>, ctx: &Ctx, input: &LimitedSaleInput) -> Result<Id> {
    let sale = sale_of(tx, ctx, ctx.id(), input)?;
    store::save(tx, ctx, &sale, true)?;
    store::advance(tx, ctx, sale.id, &["draft"], CampaignStatus::Published)?;
    Ok(sale.id)
}

/// List limited-time sales, newest first.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/limited-sales", tag = "campaign", security(("staff" = [])), params(CampaignQuery),
    responses((status = 200, body = Page<LimitedSaleView>)))]
async fn list_limited_sales(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Query(query): Query<CampaignQuery>,
) -> Answer<Json<Page<LimitedSaleView>>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    let wanted = query.wanted()?;
    let page = app
        .db
        .read(move |tx| {
            let page = store::list(tx, mall_id, wanted)?;
            Ok(Page { items: views(tx, mall_id, page.items, now)?, next_cursor: page.next_cursor })
        })
        .await?;
    Ok(Json(page))
}

/// Make a limited-time sale, as a draft.
///
/// Needs `campaign.edit`.
#[utoipa::path(post, path = "/limited-sales", tag = "campaign", security(("staff" = [])), request_body = LimitedSaleInput,
    responses((status = 201, body = LimitedSaleView)))]
async fn create_limited_sale(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Json(input): Json<LimitedSaleInput>,
) -> Answer<(StatusCode, Json<LimitedSaleView>)> {
    let made = staff
        .write(&app, "limited_sale.create", move |tx, ctx| {
            let sale = sale_of(tx, ctx, ctx.id(), &input)?;
            store::save(tx, ctx, &sale, true)?;
            let note = Note::new("limited_sale", sale.id, format!("新建限时购 {}", sale.name));
            Ok((load(tx, ctx.mall_id, sale.id, ctx.now)?, note))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Show a limited-time sale.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/limited-sales/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = LimitedSaleView), (status = 404, body = ProblemBody, description = "`limited_sale.not_found`")))]
async fn show_limited_sale(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Path(id): Path<Id>,
) -> Answer<Json<LimitedSaleView>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    Ok(Json(app.db.read(move |tx| load(tx, mall_id, id, now)).await?))
}

/// Change a limited-time sale that is not published; it becomes a draft.
///
/// Needs `campaign.edit`.
#[utoipa::path(put, path = "/limited-sales/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = LimitedSaleInput, responses((status = 200, body = LimitedSaleView),
    (status = 404, body = ProblemBody, description = "`limited_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.published`: stop it first; `limited_sale.item_sold`")))]
async fn change_limited_sale(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Json(input): Json<LimitedSaleInput>,
) -> Answer<Json<LimitedSaleView>> {
    let changed = staff
        .write(&app, "limited_sale.update", move |tx, ctx| {
            store::find(tx, ctx.mall_id, id)?;
            let sale = sale_of(tx, ctx, id, &input)?;
            store::save(tx, ctx, &sale, false)?;
            let note = Note::new("limited_sale", id, format!("修改限时购 {}", sale.name));
            Ok((load(tx, ctx.mall_id, id, ctx.now)?, note))
        })
        .await?;
    Ok(Json(changed))
}

/// Delete a draft that sold nothing.
///
/// Needs `campaign.edit`.
#[utoipa::path(delete, path = "/limited-sales/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, description = "`limited_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.not_allowed`")))]
async fn delete_limited_sale(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "limited_sale.delete", move |tx, ctx| {
            store::delete(tx, ctx, id)?;
            Ok(((), Note::new("limited_sale", id, "删除限时购草稿")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
