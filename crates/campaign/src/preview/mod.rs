//! The trial calculator: for lines and rules that need not exist, the quote that checkout's own code makes. Owns no table.

use crate::coupon::{Candidate, CouponRule, CouponRules, Held, Template, Validity};
use crate::limited::{LimitedPrice, LimitedRules};
use crate::promotion::{LiveRule, PROMOTION, PromotionInput, PromotionRules};
use crate::scope::{Audience, CampaignStatus, Scope};
use crate::tag::Campaigns;
use axum::extract::State;
use db::Tx;
use goods::catalog::SkuForSale;
use goods::freight::{FreightTemplateInput, Template as FreightTemplate};
use kernel::{Error, Fen, Id, Instant, Result};
use platform::permission::perm;
use platform::{Answer, App, Ctx, Json, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use trade::cart::{Item, MAX_QUANTITY};
use trade::offers::{Lanes, Rules, Standing, Versions};
use trade::quote::{Facts, Place, Quote, QuotedShop, into_quote, price};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(preview_quote))
}

/// A line to price: a SKU of the mall, or goods made up.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PreviewLine {
    /// A SKU of the mall; the other words, where given, take the place of its own.
    pub sku_id: Option<Id>,
    pub name: Option<String>,
    /// Needed without `sku_id`.
    pub unit_price_fen: Option<i64>,
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: i64,
    /// For scopes; a line without one is a product of its own.
    pub product_id: Option<Id>,
    /// From the top category to its own.
    pub category_ids: Vec<Id>,
    pub brand_id: Option<Id>,
    /// The shop it is sold by; one shop if absent.
    pub shop_id: Option<Id>,
    pub weight_g: Option<i64>,
}

/// Goods that promotions of the request give; SKUs of the mall need not be listed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewGift {
    pub sku_id: Id,
    pub name: String,
    pub unit_price_fen: i64,
    /// Without bound if absent.
    #[serde(default)]
    pub stock: Option<i64>,
}

/// A coupon in the member's hand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewCoupon {
    pub name: String,
    pub rule: CouponRule,
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub audience: Audience,
    /// A coupon of this shop; absent: of the mall.
    #[serde(default)]
    pub shop_id: Option<Id>,
    #[serde(default = "yes")]
    pub with_coupons: bool,
    #[serde(default = "yes")]
    pub with_promotions: bool,
}

const fn yes() -> bool {
    true
}

/// A limited-time price of a line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewLimited {
    pub name: String,
    /// Number of the line, from 1.
    pub line: i64,
    pub price_fen: i64,
    /// Pieces left in the sale.
    #[serde(default)]
    pub left: Option<i64>,
    /// Pieces of one member.
    #[serde(default)]
    pub per_member: Option<i64>,
    #[serde(default = "yes")]
    pub with_promotions: bool,
    #[serde(default = "yes")]
    pub with_coupons: bool,
}

/// Where the goods go and what that costs; without it they are fetched at a store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewFreight {
    pub template: FreightTemplateInput,
    /// Six digits.
    pub district_code: String,
}

/// Who the member is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PreviewMember {
    /// Has never paid an order.
    pub is_new: bool,
    pub tier_id: Option<Id>,
}

/// What to calculate.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// 1–120.
    pub lines: Vec<PreviewLine>,
    #[serde(default)]
    pub member: PreviewMember,
    /// As they are written for `POST /promotions`; times do not count, all hold now. Up to 50.
    #[serde(default)]
    pub promotions: Vec<PromotionInput>,
    #[serde(default)]
    pub gifts: Vec<PreviewGift>,
    /// Up to 50.
    #[serde(default)]
    pub coupons: Vec<PreviewCoupon>,
    /// Numbers of the coupons to use, from 1; absent: the best combination, empty: none.
    #[serde(default)]
    pub use_coupons: Option<Vec<i64>>,
    #[serde(default)]
    pub limited: Vec<PreviewLimited>,
    #[serde(default)]
    pub freight: Option<PreviewFreight>,
    /// The mall's own promotions that hold now count too.
    #[serde(default)]
    pub include_running: bool,
}

/// Calculate a quote for lines and rules that need not exist.
///
/// Needs `campaign.view`. The code is that of checkout; nothing is written. In the answer a promotion's or coupon's
/// `source.id` is its number in the request, from 1 (a running promotion keeps its own id).
#[utoipa::path(post, path = "/quote/preview", tag = "campaign", security(("staff" = [])), request_body = PreviewRequest,
    responses((status = 200, body = Quote)))]
async fn preview_quote(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Json(request): Json<PreviewRequest>,
) -> Answer<Json<Quote>> {
    let ctx = staff.ctx.clone();
    let quote = app
        .db
        .read({
            let app = app.clone();
            move |tx| {
                let facts = facts(tx, &ctx, &request)?;
                Ok(into_quote(price(&facts)?, &facts, &app))
            }
        })
        .await?;
    Ok(Json(quote))
}

fn nth(i: usize) -> Id {
    Id(i64::try_from(i).unwrap_or(i64::MAX - 1) + 1)
}

/// The facts of a request, as `quote::gather` makes them of a cart.
fn facts(tx: &mut Tx<'_>, ctx: &Ctx, request: &PreviewRequest) -> Result<Facts> {
    if !(1..=120).contains(&request.lines.len()) {
        return Err(Error::field("lines", "要有 1 到 120 行商品"));
    }
    if request.promotions.len() > 50 || request.coupons.len() > 50 || request.limited.len() > 120 {
        return Err(Error::field("promotions", "规则太多了"));
    }
    let skus = skus(tx, ctx, &request.lines)?;
    let items = request.lines.iter().zip(&skus);
    let items = items.map(|(line, sku)| Item { sku_id: sku.sku_id, quantity: line.quantity }).collect();
    let standing = Standing { is_new: request.member.is_new, tier_id: request.member.tier_id };
    let rules: Vec<Arc<dyn Rules>> = vec![
        Arc::new(limited(request, &skus)?),
        Arc::new(promotions(tx, ctx, request, standing)?),
        Arc::new(coupons(ctx.now, request, standing)?),
    ];
    let (place, templates) = match &request.freight {
        Some(freight) => way(freight)?,
        None => (Place::Store { store_id: Id(1), name: "门店".into(), shop_id: None, at_counter: false }, Vec::new()),
    };
    Ok(Facts {
        items,
        shops: QuotedShop::unnamed(&skus),
        elsewhere: HashMap::new(),
        skus,
        available: HashMap::new(),
        limits: Vec::new(),
        place,
        templates: Arc::new(templates),
        rules,
    })
}

/// Real SKUs in one query; the rest as described.
fn skus(tx: &mut Tx<'_>, ctx: &Ctx, lines: &[PreviewLine]) -> Result<Vec<SkuForSale>> {
    let ids: Vec<Id> = lines.iter().filter_map(|line| line.sku_id).collect();
    let known = if ids.is_empty() { Vec::new() } else { goods::catalog::skus_for_sale(tx, ctx.mall_id, &ids)? };
    let mut skus: Vec<SkuForSale> = Vec::with_capacity(lines.len());
    for (i, line) in lines.iter().enumerate() {
        let field = |name: &str| format!("lines[{i}].{name}");
        if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            return Err(Error::field(field("quantity"), "数量要在 1 到 999 之间"));
        }
        if line.unit_price_fen.is_some_and(|fen| !(0..=Fen::MAX.0).contains(&fen)) {
            return Err(Error::field(field("unit_price_fen"), "价格不正确"));
        }
        let mut sku = match line.sku_id {
            Some(id) => {
                let found = known.iter().find(|sku| sku.sku_id == id).cloned();
                found.ok_or_else(|| Error::field(field("sku_id"), "没有找到这个规格"))?
            }
            None => {
                let unit_price =
                    line.unit_price_fen.ok_or_else(|| Error::field(field("unit_price_fen"), "请填单价"))?;
                made_up(nth(i), &line.name.clone().unwrap_or_else(|| format!("商品{}", i + 1)), Fen(unit_price))
            }
        };
        if let Some(name) = &line.name {
            sku.name.clone_from(name);
        }
        sku.price = line.unit_price_fen.map_or(sku.price, Fen);
        sku.product_id = line.product_id.unwrap_or(sku.product_id);
        sku.shop_id = line.shop_id.unwrap_or(sku.shop_id);
        sku.brand_id = line.brand_id.or(sku.brand_id);
        sku.weight_g = line.weight_g.unwrap_or(sku.weight_g).clamp(0, 1_000_000_000);
        if !line.category_ids.is_empty() {
            sku.category_ids.clone_from(&line.category_ids);
        }
        if skus.iter().any(|other| other.sku_id == sku.sku_id) {
            return Err(Error::field(field("sku_id"), "同一个规格请合成一行"));
        }
        skus.push(sku);
    }
    Ok(skus)
}

fn made_up(id: Id, name: &str, price: Fen) -> SkuForSale {
    SkuForSale {
        sku_id: id,
        product_id: id,
        shop_id: Id(1),
        name: name.to_owned(),
        option_text: String::new(),
        picture_key: None,
        category_ids: Vec::new(),
        brand_id: None,
        price,
        list_price: None,
        weight_g: 0,
        volume_cm3: 0,
        freight_template_id: None,
        return_7d: true,
        no_return_reason: None,
        purchase_limit: None,
        on_sale: true,
        shop_open: true,
    }
}

fn limited(request: &PreviewRequest, skus: &[SkuForSale]) -> Result<LimitedRules> {
    let mut prices = Vec::with_capacity(request.limited.len());
    for (i, limited) in request.limited.iter().enumerate() {
        let field = |name: &str| format!("limited[{i}].{name}");
        let sku = usize::try_from(limited.line).ok().and_then(|line| skus.get(line.checked_sub(1)?));
        let sku = sku.ok_or_else(|| Error::field(field("line"), "没有这一行"))?;
        if !(0..=Fen::MAX.0).contains(&limited.price_fen) {
            return Err(Error::field(field("price_fen"), "价格不正确"));
        }
        prices.push(LimitedPrice {
            sale_id: nth(i),
            name: limited.name.clone(),
            sku_id: sku.sku_id,
            price: Fen(limited.price_fen),
            left: limited.left,
            allowance: limited.per_member.map(|n| (n, n)),
            allows: allows(limited),
        });
    }
    Ok(LimitedRules(prices))
}

fn allows(limited: &PreviewLimited) -> Lanes {
    crate::limited::allowed(limited.with_promotions, limited.with_coupons)
}

fn promotions(tx: &mut Tx<'_>, ctx: &Ctx, request: &PreviewRequest, standing: Standing) -> Result<PromotionRules> {
    let mut live = Vec::with_capacity(request.promotions.len());
    for (i, input) in request.promotions.iter().enumerate() {
        let at = |error: Error| {
            let field = format!("promotions[{i}].{}", error.field_name().unwrap_or("rule"));
            error.at(field)
        };
        let mut promotion = input.promotion(nth(i), ctx.now).map_err(at)?;
        promotion.status = CampaignStatus::Published;
        let budget_left = promotion.budget;
        live.push(LiveRule { promotion: Arc::new(promotion), uses: 0, budget_left });
    }
    if request.include_running {
        let versions = Versions::read(tx, ctx.mall_id)?;
        if let (Some(version), Some(campaigns)) = (versions.of(PROMOTION), ctx.attached::<Campaigns>()) {
            let running = campaigns.promotions.published(tx, ctx, version)?;
            live.extend(running.iter().filter(|p| p.live_at(ctx.now)).map(|promotion| LiveRule {
                promotion: promotion.clone(),
                uses: 0,
                budget_left: promotion.budget.map(|budget| Fen(budget.0 - promotion.spent.0)),
            }));
        }
    }
    let mut gifts: HashMap<Id, (SkuForSale, i64)> = HashMap::new();
    for gift in &request.gifts {
        let sku = made_up(gift.sku_id, &gift.name, Fen(gift.unit_price_fen.clamp(0, Fen::MAX.0)));
        gifts.insert(gift.sku_id, (sku, gift.stock.unwrap_or(i64::MAX)));
    }
    let wanted: Vec<Id> =
        live.iter().flat_map(|rule| rule.promotion.rule.gift_skus()).filter(|id| !gifts.contains_key(id)).collect();
    if !wanted.is_empty() {
        let known = goods::catalog::skus_for_sale(tx, ctx.mall_id, &wanted)?;
        gifts.extend(known.into_iter().map(|sku| (sku.sku_id, (sku, i64::MAX))));
    }
    Ok(PromotionRules::new(live, standing, gifts))
}

fn coupons(now: Instant, request: &PreviewRequest, standing: Standing) -> Result<CouponRules> {
    let mut candidates = Vec::with_capacity(request.coupons.len());
    for (i, coupon) in request.coupons.iter().enumerate() {
        let template = Template {
            id: nth(i),
            name: coupon.name.clone(),
            shop_id: coupon.shop_id,
            rule: coupon.rule.clone(),
            scope: coupon.scope.clone(),
            audience: coupon.audience.clone(),
            validity: Validity::Days { after_days: 0, days: 1 },
            sources: vec![crate::coupon::CouponSource::Staff],
            takes_from: now,
            takes_until: None,
            stock: None,
            taken: 0,
            per_member: 1,
            daily_quota: None,
            with_coupons: coupon.with_coupons,
            with_promotions: coupon.with_promotions,
            transferable: false,
            min_order: None,
            status: CampaignStatus::Published,
            updated_at: now,
        };
        template.check().map_err(|error| {
            let field = format!("coupons[{i}].{}", error.field_name().unwrap_or("rule"));
            error.at(field)
        })?;
        let refused = template.audience.refuses(standing).map(str::to_owned);
        let held = Held { id: nth(i), template_id: nth(i), valid_from: now, valid_until: now + kernel::days(1) };
        candidates.push(Candidate { held, template: Arc::new(template), refused });
    }
    let chosen = request.use_coupons.as_ref().map(|numbers| numbers.iter().map(|n| Id(*n)).collect());
    Ok(CouponRules::new(candidates, chosen))
}

fn way(freight: &PreviewFreight) -> Result<(Place, Vec<FreightTemplate>)> {
    let input = &freight.template;
    input.check().map_err(|error| {
        let field = format!("freight.template.{}", error.field_name().unwrap_or("rules"));
        error.at(field)
    })?;
    if freight.district_code.len() != 6 || !freight.district_code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::field("freight.district_code", "地区编码是 6 位数字"));
    }
    let template = FreightTemplate {
        id: Id(1),
        name: input.name.clone(),
        unit: input.unit,
        rules: input.rules.clone(),
        free_rules: input.free_rules.clone(),
        no_delivery_codes: input.no_delivery_codes.clone(),
        is_default: true,
    };
    Ok((Place::District { district_code: freight.district_code.clone() }, vec![template]))
}
