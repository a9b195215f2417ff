//! The points mall in the storefront.

use super::exchange::exchange_coupon;
use super::model::{ItemKind, PointsItem, Thing};
use super::store;
use crate::coupon::{self, MyCoupon, Template, Validity};
use axum::extract::State;
use db::Tx;
use goods::catalog::SkuForSale;
use kernel::{Cursor, Id, MallId, Page, Result};
use people::membership;
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Ctx, Json, Member, Path, Query, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_points_mall)).routes(routes!(exchange_points))
}

/// Whether an item can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PointsItemClaim)]
#[serde(rename_all = "snake_case")]
enum ItemClaim {
    Open,
    /// The member has as many as one may have.
    Taken,
    SoldOut,
}

/// An item of the points mall. Goods are bought by an order with `choices.points_item_id`, coupons exchanged at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct PointsGoods {
    id: Id,
    kind: ItemKind,
    /// Of the product, or of the coupon.
    name: String,
    /// The options of the SKU, or what the coupon does.
    words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<Picture>,
    points: i64,
    /// Money on top.
    price_fen: i64,
    /// What the goods cost without points.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku_price_fen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<Id>,
    /// When the coupon can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    validity: Option<Validity>,
    /// Pieces left; absent without a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_member: Option<i64>,
    claim: ItemClaim,
}

/// SKUs and coupon templates that items name.
pub(super) struct Things {
    pub skus: HashMap<Id, SkuForSale>,
    pub templates: HashMap<Id, Template>,
}

/// Two queries for any number of items.
pub(super) fn things(tx: &mut Tx<'_>, mall_id: MallId, items: &[PointsItem]) -> Result<Things> {
    let (mut skus, mut templates) = (Vec::new(), Vec::new());
    for item in items {
        match item.thing {
            Thing::Sku { sku_id, .. } => skus.push(sku_id),
            Thing::Coupon { template_id } => templates.push(template_id),
        }
    }
    Ok(Things {
        skus: goods::catalog::skus_for_sale(tx, mall_id, &skus)?.into_iter().map(|sku| (sku.sku_id, sku)).collect(),
        templates: coupon::find_all(tx, mall_id, &templates)?.into_iter().map(|t| (t.id, t)).collect(),
    })
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PointsMallQuery {
    cursor: Option<String>,
}

const PAGE: i64 = 30;

/// List what points can be exchanged for, newest first.
///
/// For a signed-in member with what is still open to them. Empty while the mall gives no points.
#[utoipa::path(get, path = "/points-mall", tag = "membership", params(PointsMallQuery),
    responses((status = 200, body = Page<PointsGoods>), (status = 400, body = ProblemBody, description = "`request.invalid`")))]
async fn list_points_mall(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<PointsMallQuery>,
) -> Answer<Json<Page<PointsGoods>>> {
    let (ctx, shopper) = (visitor.ctx.clone(), visitor.shopper_id());
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let reader = app.clone();
    let page = app
        .db
        .read(move |tx| {
            if !membership::rules(tx, ctx.mall_id)?.points.enabled {
                return Ok(Page { items: Vec::new(), next_cursor: None });
            }
            let page = store::list(tx, ctx.mall_id, true, before, PAGE)?;
            let things = things(tx, ctx.mall_id, &page.items)?;
            let ids: Vec<Id> = page.items.iter().map(|item| item.id).collect();
            let taken = match shopper {
                Some(id) => store::taken_by(tx, ctx.mall_id, id, &ids)?,
                None => HashMap::new(),
            };
            let shown = |item: &PointsItem| shown(&reader, &ctx, &things, item, taken.get(&item.id).copied());
            Ok(Page { items: page.items.iter().filter_map(shown).collect(), next_cursor: page.next_cursor })
        })
        .await?;
    Ok(Json(page))
}

/// `None` for what cannot be had at all: goods off sale, coupons that were stopped.
fn shown(app: &App, ctx: &Ctx, things: &Things, item: &PointsItem, had: Option<i64>) -> Option<PointsGoods> {
    let mut out = match item.thing {
        Thing::Sku { sku_id, product_id } => {
            let sku = things.skus.get(&sku_id).filter(|sku| sku.on_sale && sku.price > item.price)?;
            PointsGoods {
                name: sku.name.clone(),
                words: sku.option_text.clone(),
                picture: Some(storage::picture(app, sku.picture_key.as_deref().unwrap_or_default(), &sku.name)),
                sku_price_fen: Some(sku.price.0),
                sku_id: Some(sku_id),
                product_id: Some(product_id),
                ..blank(item)
            }
        }
        Thing::Coupon { template_id } => {
            let template = things.templates.get(&template_id).filter(|t| t.open_at(ctx.now))?;
            let left = template.stock.map(|stock| (stock - template.taken).max(0));
            let least = [item.left(), left].into_iter().flatten().min();
            PointsGoods {
                name: template.name.clone(),
                words: template.rule.words(),
                validity: Some(template.validity),
                left: least,
                ..blank(item)
            }
        }
    };
    out.claim = match () {
        () if item.per_member.is_some_and(|limit| had.unwrap_or(0) >= limit) => ItemClaim::Taken,
        () if out.left == Some(0) => ItemClaim::SoldOut,
        () => ItemClaim::Open,
    };
    Some(out)
}

fn blank(item: &PointsItem) -> PointsGoods {
    PointsGoods {
        id: item.id,
        kind: item.kind(),
        name: String::new(),
        words: String::new(),
        picture: None,
        points: item.points,
        price_fen: item.price.0,
        sku_price_fen: None,
        sku_id: None,
        product_id: None,
        validity: None,
        left: item.left(),
        per_member: item.per_member,
        claim: ItemClaim::Open,
    }
}

/// What the member saw.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExchangePoints {
    /// The item's points; others are refused.
    expected_points: i64,
}

/// Exchange points for a coupon.
///
/// Needs an `Idempotency-Key`. Goods are bought by an order with `choices.points_item_id`.
#[utoipa::path(post, path = "/points-mall/{id}/exchange", tag = "membership", security(("member" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = ExchangePoints,
    responses((status = 200, body = MyCoupon),
    (status = 403, body = ProblemBody, description = "`member.blocked`"),
    (status = 404, body = ProblemBody, description = "`points_item.not_found`"),
    (status = 409, body = ProblemBody, description = "`points.closed`, `points.not_enough`, `points_item.changed`, `points_item.sold_out`, `points_item.over_limit`, `coupon.not_open`, `coupon.sold_out`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn exchange_points(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    key: IdempotencyKey,
    Json(request): Json<ExchangePoints>,
) -> Answer<Json<MyCoupon>> {
    let claim = Claim::new(&member.ctx, "exchange_points", &key, &(id, &request))?;
    let day = coupon::day_of(&app, &member.ctx);
    let coupon = app
        .db
        .write(move |tx| {
            let ctx = &member.ctx;
            once(tx, ctx, &claim, |tx| {
                let coupon_id = exchange_coupon(tx, ctx, day, member.id, id, request.expected_points)?;
                coupon::my_coupon(tx, ctx.mall_id, member.id, coupon_id, ctx.now)
            })
        })
        .await?;
    Ok(Json(coupon))
}
