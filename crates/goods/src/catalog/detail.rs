//! One product with everything its page shows.

use super::draft::{NameValue, NoReturnReason, ProductOption, ProductStatus};
use super::save::not_found;
use super::taxonomy::{BrandBrief, CategoryBrief};
use crate::freight;
use crate::inventory;
use crate::label::texts;
use db::{Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product's page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductDetail {
    pub id: Id,
    pub name: String,
    pub subtitle: Option<String>,
    pub status: ProductStatus,
    /// False while its shop takes no orders.
    pub shop_open: bool,
    /// When a scheduled product goes on sale.
    pub on_sale_at: Option<Instant>,
    pub gallery: Vec<Picture>,
    pub video_url: Option<String>,
    /// Cleaned HTML.
    pub description_html: String,
    pub brand: Option<BrandBrief>,
    /// From the top down to its own.
    pub categories: Vec<CategoryBrief>,
    pub attributes: Vec<NameValue>,
    pub options: Vec<ProductOption>,
    pub skus: Vec<SkuView>,
    pub price_fen: i64,
    pub max_price_fen: i64,
    pub list_price_fen: Option<i64>,
    pub sales_count: i64,
    pub reviews: ReviewSummary,
    pub tags: Vec<String>,
    /// Seven-day return without reason.
    pub return_7d: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_return_reason: Option<NoReturnReason>,
    /// One line about freight before an address is known.
    pub freight_note: String,
    pub purchase_limit: Option<i64>,
}

/// A SKU as a shopper chooses it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SkuView {
    pub id: Id,
    pub code: String,
    /// In the order of the product's options.
    pub option_values: Vec<String>,
    pub price_fen: i64,
    pub list_price_fen: Option<i64>,
    /// Pieces the best-stocked place can promise, shown up to 999.
    #[schema(minimum = 0, maximum = 999)]
    pub available: i64,
    pub picture_url: Option<String>,
    pub weight_g: i64,
}

/// What reviews say in sum.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct ReviewSummary {
    pub count: i64,
    /// Mean of the stars times ten, 0 without reviews.
    #[schema(minimum = 0, maximum = 50)]
    pub rating_x10: i64,
    pub with_pictures: i64,
    /// Share of 4 and 5 stars, 0 without reviews.
    #[schema(minimum = 0, maximum = 100)]
    pub positive_percent: i64,
}

impl ReviewSummary {
    fn new(count: i64, rating_sum: i64, with_pictures: i64, positive: i64) -> Self {
        let share = |part: i64, of: i64| if count > 0 { (2 * part * of + count) / (2 * count) } else { 0 };
        ReviewSummary {
            count,
            rating_x10: share(rating_sum, 10),
            with_pictures,
            positive_percent: share(positive, 100),
        }
    }
}

/// Everything a page needs, read in one snapshot.
pub(super) struct Found {
    product: ProductRow,
    reviews: ReviewSummary,
    brand: Option<super::brand::BrandRow>,
    categories: Vec<super::category::CategoryRow>,
    attributes: Vec<(String, String)>,
    skus: Vec<SkuRow>,
    available: std::collections::HashMap<Id, i64>,
    freight_note: String,
}

struct ProductRow {
    id: Id,
    name: String,
    subtitle: String,
    status: String,
    on_sale_at: Option<Instant>,
    picture_keys: String,
    video_key: Option<String>,
    description_html: String,
    category_id: Id,
    brand_id: Option<Id>,
    options: String,
    price_fen: i64,
    max_price_fen: i64,
    list_price_fen: Option<i64>,
    sales_count: i64,
    tags: String,
    return_7d: bool,
    no_return_reason: Option<String>,
    freight_template_id: Option<Id>,
    purchase_limit: Option<i64>,
    shop_open: bool,
}
row!(ProductRow {
    id,
    name,
    subtitle,
    status,
    on_sale_at,
    picture_keys,
    video_key,
    description_html,
    category_id,
    brand_id,
    options,
    price_fen,
    max_price_fen,
    list_price_fen,
    sales_count,
    tags,
    return_7d,
    no_return_reason,
    freight_template_id,
    purchase_limit,
    shop_open
});

struct SkuRow {
    id: Id,
    code: String,
    option_values: String,
    price_fen: i64,
    list_price_fen: Option<i64>,
    picture_key: Option<String>,
    weight_g: i64,
}
row!(SkuRow { id, code, option_values, price_fen, list_price_fen, picture_key, weight_g });

/// Makes sure that a product has a page; `product.not_found` (404) when it is in the bin.
pub fn require_shown(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<()> {
    let found: Option<Id> =
        tx.opt("select id from product where mall_id = $1 and id = $2 and deleted_at is null", &args![mall_id, id])?;
    found.map(drop).ok_or_else(not_found)
}

/// Reads a product that is not in the bin; `product.not_found` (404).
pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Found> {
    let product: Option<ProductRow> = tx.opt(
        "select id, name, subtitle, status, on_sale_at, picture_keys, video_key, description_html, category_id, brand_id,
           options, min_price_fen, max_price_fen, list_price_fen, sales_count, tags, return_7d, no_return_reason,
           freight_template_id, purchase_limit,
           exists (select 1 from shop s where s.mall_id = product.mall_id and s.id = product.shop_id and s.closed_at is null)
         from product
         where mall_id = $1 and id = $2 and deleted_at is null",
        &args![mall_id, id],
    )?;
    let product = product.ok_or_else(not_found)?;
    let (count, rating_sum, with_pictures, positive): (i64, i64, i64, i64) = tx.one(
        "select review_count, rating_sum, picture_review_count, positive_review_count
         from product
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    let skus: Vec<SkuRow> = tx.all(
        "select id, code, option_values, price_fen, struck_fen, picture_key, weight_g
         from sku
         where mall_id = $1 and product_id = $2 and deleted_at is null
         order by position, id",
        &args![mall_id, id],
    )?;
    let sku_ids: Vec<Id> = skus.iter().map(|sku| sku.id).collect();
    let template_ids: Vec<Id> = product.freight_template_id.into_iter().collect();
    let templates = freight::templates(tx, mall_id, &template_ids)?;
    let named = templates.iter().find(|template| Some(template.id) == product.freight_template_id);
    let template = named.or_else(|| templates.iter().find(|template| template.is_default));
    let category = super::category::find_category(tx, mall_id, product.category_id)?;
    Ok(Found {
        reviews: ReviewSummary::new(count, rating_sum, with_pictures, positive),
        brand: product.brand_id.map(|brand_id| super::brand::find_brand(tx, mall_id, brand_id)).transpose()?,
        categories: super::category::by_ids(tx, mall_id, &category.path_ids())?,
        attributes: tx.all(
            "select name, value from product_attribute where mall_id = $1 and product_id = $2 order by position",
            &args![mall_id, id],
        )?,
        available: inventory::best_available(tx, mall_id, &sku_ids)?,
        freight_note: freight::note(template),
        skus,
        product,
    })
}

impl Found {
    pub(super) fn shown(self, app: &App) -> Result<ProductDetail> {
        let product = self.product;
        let available = self.available;
        let sku = |row: SkuRow| {
            Ok(SkuView {
                id: row.id,
                code: row.code,
                option_values: texts(&row.option_values)?,
                price_fen: row.price_fen,
                list_price_fen: row.list_price_fen,
                available: available.get(&row.id).copied().unwrap_or(0).clamp(0, 999),
                picture_url: row.picture_key.map(|key| storage::picture(app, &key, &product.name).medium_url),
                weight_g: row.weight_g,
            })
        };
        Ok(ProductDetail {
            skus: self.skus.into_iter().map(sku).collect::<Result<_>>()?,
            gallery: crate::picture::all(app, &product.picture_keys, &product.name)?,
            video_url: product.video_key.map(|key| app.outside.objects().url(&key)),
            status: ProductStatus::parse(&product.status)?,
            shop_open: product.shop_open,
            on_sale_at: product.on_sale_at.filter(|_| product.status == ProductStatus::Scheduled.as_str()),
            brand: self.brand.map(|row| BrandBrief::new(app, row)),
            categories: self.categories.into_iter().map(|row| CategoryBrief::new(app, &row)).collect(),
            attributes: self.attributes.into_iter().map(|(name, value)| NameValue { name, value }).collect(),
            options: serde_json::from_str(&product.options).map_err(Error::internal)?,
            tags: texts(&product.tags)?,
            id: product.id,
            name: product.name,
            subtitle: Some(product.subtitle).filter(|text| !text.is_empty()),
            description_html: product.description_html,
            price_fen: product.price_fen,
            max_price_fen: product.max_price_fen,
            list_price_fen: product.list_price_fen,
            sales_count: product.sales_count,
            reviews: self.reviews,
            no_return_reason: NoReturnReason::parse(product.return_7d, product.no_return_reason.as_deref()),
            return_7d: product.return_7d,
            freight_note: self.freight_note,
            purchase_limit: product.purchase_limit,
        })
    }
}
