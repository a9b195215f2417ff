//! What products are part of, for lists, detail and cart: promotions in a few words, coupons to be had, the limited price
//! with its end and the server's clock. Owns no table; answers from the rules in memory.

use crate::coupon::{self, CouponSource, Coupons};
use crate::limited::{LIMITED, LimitedSales};
use crate::promotion::{PROMOTION, Promotions};
use axum::extract::State;
use db::{Tx, args};
use kernel::{Error, Id, Instant, Result};
use platform::cache::{Cached, Topic};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Query, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use trade::offers::Versions;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The campaigns' rules in memory; attached to the application beside the offers, which are the same values.
#[derive(Clone, Default)]
pub struct Campaigns {
    pub promotions: Arc<Promotions>,
    pub coupons: Arc<Coupons>,
    pub limited: Arc<LimitedSales>,
}

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_offer_tags))
}

/// A promotion as a tag.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct PromotionTag {
    id: Id,
    /// `满减`, `满折`, `任选`, `多件`, `满赠`.
    badge: String,
    /// `满200减30，满500减100`
    words: String,
}

/// A coupon as a tag.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CouponTag {
    template_id: Id,
    words: String,
}

/// The limited price of a SKU.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct LimitedTag {
    sale_id: Id,
    name: String,
    sku_id: Id,
    price_fen: i64,
    starts_at: Instant,
    ends_at: Instant,
    /// False: announced.
    live: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_percent: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_member: Option<i64>,
}

/// What one product is part of.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductTags {
    product_id: Id,
    promotions: Vec<PromotionTag>,
    /// At most three that can be had.
    coupons: Vec<CouponTag>,
    /// One per SKU in a sale that runs or begins within a day.
    limited: Vec<LimitedTag>,
}

/// Tags with the server's clock, for countdowns.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OfferTags {
    pub now: Instant,
    pub products: Vec<ProductTags>,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TagQuery {
    /// Up to 60, separated by commas.
    product_ids: String,
}

/// Show what products are part of: promotions, coupons, limited-time prices.
#[utoipa::path(get, path = "/offer-tags", tag = "campaign", params(TagQuery), responses((status = 200, body = OfferTags),
    (status = 400, body = ProblemBody, description = "`request.invalid`")))]
async fn list_offer_tags(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<TagQuery>,
) -> Answer<Cached<OfferTags>> {
    let ids: Vec<Id> = query
        .product_ids
        .split(',')
        .filter(|text| !text.is_empty())
        .map(|text| text.trim().parse().map_err(|_| Error::field("product_ids", "商品编号不正确")))
        .collect::<Result<_>>()?;
    if ids.len() > 60 {
        return Err(Error::field("product_ids", "一次最多 60 件商品").into());
    }
    let ctx = visitor.ctx.clone();
    let stamp = app.cache.stamp(&[Topic::Catalog(ctx.mall_id)]);
    let tags = app.db.read(move |tx| tags(tx, &ctx, &ids)).await?;
    Ok(Cached::new(tags, stamp))
}

impl ProductTags {
    /// Part of nothing.
    pub fn is_empty(&self) -> bool {
        self.promotions.is_empty() && self.coupons.is_empty() && self.limited.is_empty()
    }
}

/// A product as scopes see it.
struct Seen {
    category_ids: Vec<Id>,
    brand_id: Option<Id>,
    shop_id: Id,
}

/// What these products are part of; those of which nothing is to be said may be among them.
pub fn tags(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id]) -> Result<OfferTags> {
    let now = ctx.now;
    let versions = Versions::read(tx, ctx.mall_id)?;
    let empty = Campaigns::default();
    let campaigns = ctx.attached::<Campaigns>().unwrap_or(&empty);
    let any = [PROMOTION, coupon::COUPON, LIMITED].iter().any(|kind| versions.of(kind).is_some());
    if !any || ids.is_empty() {
        return Ok(OfferTags { now, products: Vec::new() });
    }
    let rows: Vec<(Id, String, Option<Id>, Id)> = tx.all(
        "select p.id, c.path, p.brand_id, p.shop_id
         from product p join category c on c.mall_id = p.mall_id and c.id = p.category_id
         where p.mall_id = $1 and p.id = any($2)",
        &args![ctx.mall_id, ids],
    )?;
    let products: HashMap<Id, Seen> = rows
        .into_iter()
        .map(|(id, path, brand_id, shop_id)| {
            let category_ids = path.split('/').filter_map(|part| part.parse().ok()).collect();
            (id, Seen { category_ids, brand_id, shop_id })
        })
        .collect();
    let promotions = match versions.of(PROMOTION) {
        Some(version) => campaigns.promotions.published(tx, ctx, version)?,
        None => Arc::default(),
    };
    let coupons = match versions.of(coupon::COUPON) {
        Some(version) => campaigns.coupons.templates(tx, ctx, version)?,
        None => Arc::default(),
    };
    let sales = match versions.of(LIMITED) {
        Some(version) => campaigns.limited.published(tx, ctx, version)?,
        None => Arc::default(),
    };
    let soon = now + kernel::days(1);
    let sales: Vec<_> = sales.iter().filter(|sale| sale.ends_at > now && sale.starts_at <= soon).collect();
    let sale_ids: Vec<Id> = sales.iter().map(|sale| sale.id).collect();
    let sold = if sale_ids.is_empty() { HashMap::new() } else { crate::limited::sold_of(tx, ctx.mall_id, &sale_ids)? };
    let mut open: Vec<_> = coupons.values().filter(|t| t.open_at(now) && t.from(CouponSource::Centre)).collect();
    open.sort_by_key(|t| std::cmp::Reverse(t.id));

    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(seen) = products.get(id) else { continue };
        let covers =
            |scope: &crate::scope::Scope| scope.covers_product(*id, &seen.category_ids, seen.brand_id, seen.shop_id);
        let mut limited = Vec::new();
        for sale in &sales {
            for item in sale.items.iter().filter(|item| item.product_id == *id) {
                let sold = sold.get(&(sale.id, item.sku_id)).copied().unwrap_or(0);
                limited.push(LimitedTag {
                    sale_id: sale.id,
                    name: sale.name.clone(),
                    sku_id: item.sku_id,
                    price_fen: item.price.0,
                    starts_at: sale.starts_at,
                    ends_at: sale.ends_at,
                    live: sale.live_at(now),
                    sold_percent: item.cap.map(|cap| (sold * 100 / cap.max(1)).min(100)),
                    per_member: item.per_member,
                });
            }
        }
        found.push(ProductTags {
            product_id: *id,
            promotions: promotions
                .iter()
                .filter(|p| p.live_at(now) && covers(&p.scope))
                .map(|p| PromotionTag { id: p.id, badge: p.rule.badge().into(), words: p.rule.words() })
                .collect(),
            coupons: open
                .iter()
                .filter(|t| covers(&t.scope))
                .take(3)
                .map(|t| CouponTag { template_id: t.id, words: t.rule.words() })
                .collect(),
            limited,
        });
    }
    Ok(OfferTags { now, products: found })
}
