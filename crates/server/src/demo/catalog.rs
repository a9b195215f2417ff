//! The demo's content as it lies in `demo/catalog.json`; keys join the parts, ids are made when seeding.

use goods::catalog::{NameValue, ProductOption};
use goods::freight::{FreeRule, Rule, Unit};
use goods::page::BlockSource;
use goods::store::{DaySpan, OpeningHours, SpecialDay};
use kernel::{Instant, days};
use serde::Deserialize;
use std::collections::HashMap;

const TEXT: &str = include_str!("../../../../demo/catalog.json");

#[derive(Deserialize)]
pub struct Catalog {
    pub mall: Mall,
    /// Shops beside the mall's own.
    #[serde(default)]
    pub shops: Vec<Shop>,
    pub brands: Vec<Brand>,
    pub categories: Vec<Category>,
    pub products: Vec<Product>,
    pub stores: Vec<Store>,
    pub freight: Vec<Freight>,
    pub members: Vec<Member>,
    pub reviews: Vec<Review>,
    pub hot_words: Vec<String>,
    pub staff: Vec<StaffMember>,
    pub home: Vec<Block>,
}

#[derive(Deserialize)]
pub struct Mall {
    pub code: String,
    pub name: String,
    pub accent: String,
    pub service_phone: Option<String>,
}

#[derive(Deserialize)]
pub struct Shop {
    pub key: String,
    pub name: String,
}

#[derive(Deserialize)]
pub struct Brand {
    pub key: String,
    pub name: String,
    pub story: String,
}

#[derive(Deserialize)]
pub struct Category {
    pub key: String,
    pub name: String,
    pub photo: Option<String>,
    pub parent: Option<String>,
}

#[derive(Deserialize)]
pub struct Product {
    pub slug: String,
    /// Whose it is; the mall's own when absent.
    #[serde(default)]
    pub shop: Option<String>,
    pub name: String,
    pub subtitle: Option<String>,
    pub category: String,
    pub brand: Option<String>,
    pub freight: Option<String>,
    pub photos: Vec<String>,
    pub description_html: String,
    pub attributes: Vec<NameValue>,
    pub options: Vec<ProductOption>,
    pub skus: Vec<Sku>,
    pub tags: Vec<String>,
    pub keywords: Option<String>,
    pub return_7d: bool,
    #[serde(default)]
    pub no_return_reason: Option<goods::catalog::NoReturnReason>,
}

impl Product {
    /// The goods' own number, which their SKU codes begin with: `HF001` of `HF001-02`.
    pub fn code(&self) -> Option<String> {
        let (code, _) = self.skus.first()?.code.split_once('-')?;
        code.chars().any(|c| c.is_ascii_digit()).then(|| code.to_owned())
    }
}

#[derive(Deserialize)]
pub struct Sku {
    pub code: String,
    pub barcode: Option<String>,
    pub options: Vec<String>,
    pub price_fen: i64,
    pub list_price_fen: Option<i64>,
    pub cost_fen: Option<i64>,
    pub weight_g: i64,
    pub volume_cm3: i64,
    /// Pieces by place: `main` is the warehouse, else a store's key.
    pub stock: HashMap<String, i64>,
}

#[derive(Deserialize)]
pub struct Store {
    pub key: String,
    pub name: String,
    pub district: String,
    pub address: String,
    pub lat: f64,
    pub lng: f64,
    pub phone: String,
    pub hours: Vec<OpeningHours>,
    pub notice: Option<String>,
    pub photo: Option<String>,
    /// More of its pictures.
    #[serde(default)]
    pub more_photos: Vec<String>,
    #[serde(default)]
    pub services: Vec<goods::store::StoreService>,
    /// Where it delivers to by itself.
    #[serde(default)]
    pub delivery_area: Option<goods::store::DeliveryArea>,
    /// How it deals out time; absent: members come whenever it is open.
    #[serde(default)]
    pub pickup_rule: Option<trade::pickup::PickupRule>,
    /// How it delivers; absent: it does not.
    #[serde(default)]
    pub delivery_rule: Option<trade::delivery::DeliveryRule>,
}

impl Store {
    /// Its pictures, the one of lists first.
    pub fn photos(&self) -> impl Iterator<Item = &str> {
        self.photo.iter().chain(&self.more_photos).map(String::as_str)
    }
}

#[derive(Deserialize)]
pub struct Freight {
    pub key: String,
    pub name: String,
    pub unit: Unit,
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub free_rules: Vec<FreeRule>,
    #[serde(default)]
    pub no_delivery_codes: Vec<String>,
    #[serde(default)]
    pub is_default: bool,
}

#[derive(Deserialize)]
pub struct Member {
    pub nickname: String,
    pub phone: String,
}

#[derive(Deserialize)]
pub struct Review {
    pub product: String,
    pub member: usize,
    pub stars: i64,
    pub text: String,
    pub days_ago: i64,
    pub options: Vec<String>,
    #[serde(default)]
    pub photos: Vec<String>,
}

#[derive(Deserialize)]
pub struct StaffMember {
    pub username: String,
    pub name: String,
    pub role: String,
    pub store: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    Banner { items: Vec<BannerItem> },
    Categories,
    Products { title: String, subtitle: Option<String>, source: Source, limit: i64, more: Option<Target> },
    Text { title: String, text: String },
    Coupons { title: String },
    Limited { title: String, limit: i64 },
    Recommended { title: String, limit: i64 },
    Stores { title: String },
}

impl Block {
    /// A block that names no photograph and no goods; `None` for those that do.
    pub fn of_itself(&self) -> Option<BlockSource> {
        let block = match self {
            Block::Text { title, text } => BlockSource::Text { title: title.clone(), text: text.clone() },
            Block::Coupons { title } => BlockSource::Coupons { title: title.clone(), template_ids: Vec::new() },
            Block::Limited { title, limit } => BlockSource::Limited { title: title.clone(), limit: *limit },
            Block::Recommended { title, limit } => BlockSource::Recommended { title: title.clone(), limit: *limit },
            Block::Stores { title } => BlockSource::Stores { title: title.clone(), store_ids: Vec::new() },
            Block::Categories => BlockSource::Categories { category_ids: Vec::new() },
            Block::Banner { .. } | Block::Products { .. } => return None,
        };
        Some(block)
    }
}

#[derive(Deserialize)]
pub struct BannerItem {
    pub photo: String,
    pub title: String,
    pub subtitle: Option<String>,
    pub link: Target,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Product(String),
    Category(String),
    Search(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Tag(String),
    Category(String),
    Newest,
}

/// The embedded content.
pub fn read() -> kernel::Result<Catalog> {
    serde_json::from_str(TEXT).map_err(kernel::Error::internal)
}

/// Two days to come on which the demo's stores keep other hours: one of rest, one that ends early.
pub fn special_days(now: Instant) -> Vec<SpecialDay> {
    let date = |ahead: i64| (now + days(ahead)).to_string()[..10].to_owned();
    let short = DaySpan { open: "10:00".into(), close: "17:00".into() };
    vec![
        SpecialDay { date: date(9), note: "员工培训".into(), spans: vec![short] },
        SpecialDay { date: date(10), note: "盘点".into(), spans: Vec::new() },
    ]
}
