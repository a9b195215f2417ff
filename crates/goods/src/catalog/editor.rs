//! A product as the editor shows it: what was written, with the pictures and the stock beside it.

use super::admin_list::ListedStatus;
use super::draft::{NameValue, NoReturnReason, ProductInput, ProductOption, ProductStatus, SkuInput};
use super::save::not_found;
use crate::label::texts;
use db::{Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product in the editor: what was written, and what the editor shows beside it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminProduct {
    pub id: Id,
    /// The mall's own number of the product.
    pub code: Option<String>,
    pub name: String,
    pub subtitle: Option<String>,
    pub category_id: Id,
    pub brand_id: Option<Id>,
    pub shop_id: Id,
    pub freight_template_id: Option<Id>,
    pub picture_keys: Vec<String>,
    /// The pictures of `picture_keys` and of SKUs.
    pub pictures: Vec<KeyedPicture>,
    pub video_key: Option<String>,
    pub video_url: Option<String>,
    pub description_html: String,
    pub attributes: Vec<NameValue>,
    pub options: Vec<ProductOption>,
    pub skus: Vec<AdminSku>,
    pub tags: Vec<String>,
    pub keywords: Option<String>,
    pub return_7d: bool,
    pub no_return_reason: Option<NoReturnReason>,
    pub purchase_limit: Option<i64>,
    pub status: ListedStatus,
    pub on_sale_at: Option<Instant>,
    pub off_sale_at: Option<Instant>,
    /// Send it back with the changes.
    pub version: i64,
    pub updated_at: Instant,
}

/// A SKU in the editor.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminSku {
    pub id: Id,
    pub code: String,
    pub barcode: Option<String>,
    pub option_values: Vec<String>,
    pub price_fen: i64,
    pub list_price_fen: Option<i64>,
    pub cost_fen: Option<i64>,
    pub weight_g: i64,
    pub volume_cm3: i64,
    pub picture_key: Option<String>,
    /// The list price as shoppers see it struck through; absent while the price history does not support it.
    pub struck_fen: Option<i64>,
    /// At the default warehouse.
    pub default_on_hand: i64,
    /// At all locations together.
    pub on_hand: i64,
    /// At all locations together.
    pub reserved: i64,
}

/// A picture and the key it is stored under.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct KeyedPicture {
    pub key: String,
    pub picture: Picture,
}

/// Reads a product for the editor, also one in the bin; `product.not_found` (404).
pub(super) async fn read(app: &App, mall_id: MallId, id: Id) -> Result<AdminProduct> {
    app.db.read(move |tx| find(tx, mall_id, id)).await?.shown(app)
}

/// What is stored of a product, as one would write it again; `product.not_found` (404).
pub(crate) fn input_of(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<ProductInput> {
    let Stored { product, attributes, skus } = find(tx, mall_id, id)?;
    let skus = skus.into_iter().map(|sku| {
        Ok(SkuInput {
            id: Some(sku.id),
            code: sku.code,
            barcode: sku.barcode,
            option_values: texts(&sku.option_values)?,
            price_fen: sku.price_fen,
            list_price_fen: sku.list_price_fen,
            cost_fen: sku.cost_fen,
            weight_g: sku.weight_g,
            volume_cm3: sku.volume_cm3,
            picture_key: sku.picture_key,
            initial_stock: None,
        })
    });
    Ok(ProductInput {
        code: product.code,
        name: product.name,
        subtitle: Some(product.subtitle).filter(|text| !text.is_empty()),
        category_id: product.category_id,
        brand_id: product.brand_id,
        shop_id: Some(product.shop_id),
        freight_template_id: product.freight_template_id,
        picture_keys: texts(&product.picture_keys)?,
        video_key: product.video_key,
        description_html: product.description_html,
        attributes: attributes.into_iter().map(|(name, value)| NameValue { name, value }).collect(),
        options: serde_json::from_str(&product.options).map_err(Error::internal)?,
        skus: skus.collect::<Result<_>>()?,
        tags: texts(&product.tags)?,
        keywords: Some(product.keywords).filter(|text| !text.is_empty()),
        return_7d: product.return_7d,
        no_return_reason: NoReturnReason::parse(product.return_7d, product.no_return_reason.as_deref()),
        purchase_limit: product.purchase_limit,
        status: ProductStatus::parse(&product.status)?,
        on_sale_at: product.on_sale_at,
        off_sale_at: product.off_sale_at,
        version: Some(product.version),
    })
}

struct Stored {
    product: Row,
    attributes: Vec<(String, String)>,
    skus: Vec<SkuRow>,
}

struct Row {
    id: Id,
    code: Option<String>,
    name: String,
    subtitle: String,
    category_id: Id,
    brand_id: Option<Id>,
    shop_id: Id,
    freight_template_id: Option<Id>,
    picture_keys: String,
    video_key: Option<String>,
    description_html: String,
    options: String,
    tags: String,
    keywords: String,
    return_7d: bool,
    no_return_reason: Option<String>,
    purchase_limit: Option<i64>,
    status: String,
    on_sale_at: Option<Instant>,
    off_sale_at: Option<Instant>,
    version: i64,
    updated_at: Instant,
    is_deleted: bool,
}
row!(Row {
    id,
    code,
    name,
    subtitle,
    category_id,
    brand_id,
    shop_id,
    freight_template_id,
    picture_keys,
    video_key,
    description_html,
    options,
    tags,
    keywords,
    return_7d,
    no_return_reason,
    purchase_limit,
    status,
    on_sale_at,
    off_sale_at,
    version,
    updated_at,
    is_deleted
});

struct SkuRow {
    id: Id,
    code: String,
    barcode: Option<String>,
    option_values: String,
    price_fen: i64,
    list_price_fen: Option<i64>,
    cost_fen: Option<i64>,
    weight_g: i64,
    volume_cm3: i64,
    picture_key: Option<String>,
    struck_fen: Option<i64>,
    default_on_hand: i64,
    on_hand: i64,
    reserved: i64,
}
row!(SkuRow {
    id,
    code,
    barcode,
    option_values,
    price_fen,
    list_price_fen,
    cost_fen,
    weight_g,
    volume_cm3,
    picture_key,
    struck_fen,
    default_on_hand,
    on_hand,
    reserved
});

fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Stored> {
    let product: Option<Row> = tx.opt(
        "select id, code, name, subtitle, category_id, brand_id, shop_id, freight_template_id, picture_keys, video_key,
           description_html, options, tags, keywords, return_7d, no_return_reason, purchase_limit, status, on_sale_at, off_sale_at,
           version, updated_at, deleted_at is not null
         from product
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    Ok(Stored {
        product: product.ok_or_else(not_found)?,
        attributes: tx.all(
            "select name, value from product_attribute where mall_id = $1 and product_id = $2 order by position",
            &args![mall_id, id],
        )?,
        skus: tx.all(
            "select k.id, k.code, k.barcode, k.option_values, k.price_fen, k.list_price_fen, k.cost_fen, k.weight_g,
               k.volume_cm3, k.picture_key, k.struck_fen,
               (select cast(coalesce(sum(t.on_hand), 0) as bigint)
                from stock t
                join location l on l.mall_id = t.mall_id and l.id = t.location_id
                where t.mall_id = k.mall_id and t.sku_id = k.id and l.is_default),
               (select cast(coalesce(sum(t.on_hand), 0) as bigint) from stock t
                where t.mall_id = k.mall_id and t.sku_id = k.id),
               (select cast(coalesce(sum(t.reserved), 0) as bigint) from stock t
                where t.mall_id = k.mall_id and t.sku_id = k.id)
             from sku k
             where k.mall_id = $1 and k.product_id = $2 and k.deleted_at is null
             order by k.position, k.id",
            &args![mall_id, id],
        )?,
    })
}

impl Stored {
    fn shown(self, app: &App) -> Result<AdminProduct> {
        let product = self.product;
        let picture_keys = texts(&product.picture_keys)?;
        let mut pictures: Vec<KeyedPicture> = Vec::new();
        for key in picture_keys.iter().chain(self.skus.iter().filter_map(|sku| sku.picture_key.as_ref())) {
            if !pictures.iter().any(|one| one.key == *key) {
                pictures.push(KeyedPicture { key: key.clone(), picture: storage::picture(app, key, &product.name) });
            }
        }
        let skus = self.skus.into_iter().map(|sku| {
            Ok(AdminSku {
                option_values: texts(&sku.option_values)?,
                id: sku.id,
                code: sku.code,
                barcode: sku.barcode,
                price_fen: sku.price_fen,
                list_price_fen: sku.list_price_fen,
                cost_fen: sku.cost_fen,
                weight_g: sku.weight_g,
                volume_cm3: sku.volume_cm3,
                picture_key: sku.picture_key,
                struck_fen: sku.struck_fen,
                default_on_hand: sku.default_on_hand,
                on_hand: sku.on_hand,
                reserved: sku.reserved,
            })
        });
        Ok(AdminProduct {
            status: ListedStatus::new(&product.status, product.is_deleted)?,
            skus: skus.collect::<Result<_>>()?,
            attributes: self.attributes.into_iter().map(|(name, value)| NameValue { name, value }).collect(),
            options: serde_json::from_str(&product.options).map_err(Error::internal)?,
            tags: texts(&product.tags)?,
            picture_keys,
            pictures,
            id: product.id,
            code: product.code,
            name: product.name,
            subtitle: Some(product.subtitle).filter(|text| !text.is_empty()),
            category_id: product.category_id,
            brand_id: product.brand_id,
            shop_id: product.shop_id,
            freight_template_id: product.freight_template_id,
            video_url: product.video_key.as_deref().map(|key| app.outside.objects().url(key)),
            video_key: product.video_key,
            description_html: product.description_html,
            keywords: Some(product.keywords).filter(|text| !text.is_empty()),
            no_return_reason: NoReturnReason::parse(product.return_7d, product.no_return_reason.as_deref()),
            return_7d: product.return_7d,
            purchase_limit: product.purchase_limit,
            on_sale_at: product.on_sale_at,
            off_sale_at: product.off_sale_at,
            version: product.version,
            updated_at: product.updated_at,
        })
    }
}
