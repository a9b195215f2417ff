//! A product as typed in the editor, and the rules it must keep before anything is written: every SKU has one value of
//! each option, no two SKUs the same values, at most 3 options of 20 values and 100 SKUs.

use super::price::DEAREST;
use super::rich_text;
use kernel::{Error, Id, Instant, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// Whether shoppers can buy a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    OnSale,
    OffSale,
    /// Goes on sale by itself at `on_sale_at`.
    Scheduled,
}

impl ProductStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            ProductStatus::OnSale => "on_sale",
            ProductStatus::OffSale => "off_sale",
            ProductStatus::Scheduled => "scheduled",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        match text {
            "on_sale" => Ok(ProductStatus::OnSale),
            "off_sale" => Ok(ProductStatus::OffSale),
            "scheduled" => Ok(ProductStatus::Scheduled),
            other => Err(Error::internal(format_args!("unknown product status {other}"))),
        }
    }
}

/// A fact of a product: `产地` `杭州`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct NameValue {
    pub name: String,
    pub value: String,
}

/// A choice that makes SKUs: `颜色` with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductOption {
    pub name: String,
    pub values: Vec<String>,
}

/// A product as written by staff.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductInput {
    /// The mall's own number of the product, unique in the mall, at most 40 characters.
    #[serde(default)]
    pub code: Option<String>,
    /// 1–60 characters.
    pub name: String,
    /// At most 80 characters.
    pub subtitle: Option<String>,
    pub category_id: Id,
    pub brand_id: Option<Id>,
    /// Whose goods it is; read when it is new, `None` for the mall's first shop. It stays there.
    #[serde(default)]
    pub shop_id: Option<Id>,
    /// `None` uses the default template.
    pub freight_template_id: Option<Id>,
    /// 1–15 keys of uploaded pictures; the first is the main one.
    pub picture_keys: Vec<String>,
    /// Key of an uploaded film.
    pub video_key: Option<String>,
    /// Cleaned before it is stored.
    pub description_html: String,
    pub attributes: Vec<NameValue>,
    /// At most 3, each of at most 20 values.
    pub options: Vec<ProductOption>,
    /// 1–100.
    pub skus: Vec<SkuInput>,
    pub tags: Vec<String>,
    /// Further words to be found by.
    pub keywords: Option<String>,
    /// Seven-day return without reason.
    pub return_7d: bool,
    /// Why not, where it is off; `confirmed` when left out.
    #[serde(default)]
    pub no_return_reason: Option<NoReturnReason>,
    /// Pieces one member may buy in one order.
    #[schema(minimum = 1)]
    pub purchase_limit: Option<i64>,
    pub status: ProductStatus,
    /// Needed when `status` is `scheduled`.
    pub on_sale_at: Option<Instant>,
    pub off_sale_at: Option<Instant>,
    /// The version that was read; needed to change a product.
    #[serde(default)]
    pub version: Option<i64>,
}

/// One SKU of a product being written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SkuInput {
    /// Absent for a new SKU.
    #[serde(default)]
    pub id: Option<Id>,
    /// Unique in the mall, 1–40 characters.
    pub code: String,
    #[serde(default)]
    pub barcode: Option<String>,
    /// One value of each option, in the order of the options.
    pub option_values: Vec<String>,
    #[schema(minimum = 0)]
    pub price_fen: i64,
    /// A price really asked before; above `price_fen`. Shown struck through only when the price history supports it.
    #[serde(default)]
    pub list_price_fen: Option<i64>,
    #[serde(default)]
    pub cost_fen: Option<i64>,
    #[schema(minimum = 0)]
    pub weight_g: i64,
    #[schema(minimum = 0)]
    pub volume_cm3: i64,
    #[serde(default)]
    pub picture_key: Option<String>,
    /// Pieces that lie in the default warehouse when a SKU is new; ignored for others.
    #[serde(default)]
    pub initial_stock: Option<i64>,
}

/// Why goods are outside the seven-day return. Four kinds the law names; any others only when the buyer confirms it with
/// the purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoReturnReason {
    /// Made to order.
    Custom,
    /// Fresh and perishable.
    Fresh,
    /// Downloads, and unpacked recordings and software.
    Digital,
    /// Newspapers and periodicals.
    Press,
    /// Not fit to be returned by its nature; the buyer confirms it.
    Confirmed,
}

impl NoReturnReason {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            NoReturnReason::Custom => "custom",
            NoReturnReason::Fresh => "fresh",
            NoReturnReason::Digital => "digital",
            NoReturnReason::Press => "press",
            NoReturnReason::Confirmed => "confirmed",
        }
    }

    /// From the stored word; what an earlier release stored without one is `confirmed`.
    pub fn parse(return_7d: bool, word: Option<&str>) -> Option<Self> {
        let all = [NoReturnReason::Custom, NoReturnReason::Fresh, NoReturnReason::Digital, NoReturnReason::Press];
        let named = all.into_iter().find(|reason| Some(reason.as_str()) == word);
        (!return_7d).then_some(named.unwrap_or(NoReturnReason::Confirmed))
    }
}

impl ProductInput {
    /// The word kept with the product: none while it can be returned.
    pub(super) fn no_return(&self) -> Option<&'static str> {
        NoReturnReason::parse(self.return_7d, self.no_return_reason.map(NoReturnReason::as_str))
            .map(NoReturnReason::as_str)
    }

    /// Trims what was typed, cleans the description and checks every rule that needs no database.
    /// `files` is the public address of the mall's own files (see [`rich_text::clean`]).
    ///
    /// # Errors
    /// 400 at the field that breaks a rule.
    pub fn checked(mut self, files: &str) -> Result<Self> {
        self.trim();
        length("name", &self.name, 1, 60, "商品名称要有 1 到 60 个字")?;
        length("subtitle", self.subtitle.as_deref().unwrap_or(""), 0, 80, "副标题最长 80 个字")?;
        length("code", self.code.as_deref().unwrap_or(""), 0, 40, "商品编码最长 40 个字")?;
        length("keywords", self.keywords.as_deref().unwrap_or(""), 0, 200, "搜索关键词最长 200 个字")?;
        require("picture_keys", (1..=15).contains(&self.picture_keys.len()), "请上传 1 到 15 张商品图")?;
        let is_film = self.video_key.as_deref().is_none_or(|key| key.ends_with(".mp4"));
        require("video_key", is_film, "视频请上传 MP4 文件")?;
        require("description_html", self.description_html.len() <= 200_000, "商品详情太长了，请精简一些")?;
        self.description_html = rich_text::clean(&self.description_html, files);
        let limit = self.purchase_limit.is_none_or(|limit| (1..=999).contains(&limit));
        require("purchase_limit", limit, "每单限购数量在 1 到 999 之间")?;
        self.check_times()?;
        self.check_attributes()?;
        self.check_tags()?;
        self.check_options()?;
        self.check_skus()?;
        Ok(self)
    }

    fn trim(&mut self) {
        let trim = |text: &mut String| *text = text.trim().to_owned();
        let trim_option = |text: &mut Option<String>| {
            *text = text.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        };
        trim(&mut self.name);
        for text in [&mut self.code, &mut self.subtitle, &mut self.keywords, &mut self.video_key] {
            trim_option(text);
        }
        for pair in &mut self.attributes {
            trim(&mut pair.name);
            trim(&mut pair.value);
        }
        for option in &mut self.options {
            trim(&mut option.name);
            option.values.iter_mut().for_each(trim);
        }
        self.tags.iter_mut().for_each(trim);
        for sku in &mut self.skus {
            trim(&mut sku.code);
            trim_option(&mut sku.barcode);
            trim_option(&mut sku.picture_key);
            sku.option_values.iter_mut().for_each(trim);
            sku.list_price_fen = sku.list_price_fen.filter(|list| *list != sku.price_fen);
        }
    }

    fn check_times(&self) -> Result<()> {
        let planned = self.status != ProductStatus::Scheduled || self.on_sale_at.is_some();
        require("on_sale_at", planned, "定时上架需要选择上架时间")?;
        let ordered = match (self.on_sale_at, self.off_sale_at) {
            (Some(on), Some(off)) => on < off,
            _ => true,
        };
        require("off_sale_at", ordered, "下架时间要晚于上架时间")
    }

    fn check_attributes(&self) -> Result<()> {
        require("attributes", self.attributes.len() <= 30, "商品参数最多 30 项")?;
        for (i, pair) in self.attributes.iter().enumerate() {
            let field = format!("attributes[{i}]");
            length(&field, &pair.name, 1, 20, "参数名称要有 1 到 20 个字")?;
            length(&field, &pair.value, 1, 100, "参数内容要有 1 到 100 个字")?;
            require(&field, !pair.name.contains(':'), "参数名称里不能有冒号")?;
        }
        let names = self.attributes.iter().map(|pair| pair.name.as_str());
        require("attributes", all_differ(names), "商品参数的名称重复了")
    }

    fn check_tags(&self) -> Result<()> {
        require("tags", self.tags.len() <= 10, "标签最多 10 个")?;
        for tag in &self.tags {
            length("tags", tag, 1, 12, "标签要有 1 到 12 个字")?;
        }
        require("tags", all_differ(self.tags.iter().map(String::as_str)), "标签重复了")
    }

    fn check_options(&self) -> Result<()> {
        require("options", self.options.len() <= 3, "规格最多 3 项")?;
        for (i, option) in self.options.iter().enumerate() {
            let field = format!("options[{i}]");
            length(&field, &option.name, 1, 12, "规格名称要有 1 到 12 个字")?;
            require(&field, (1..=20).contains(&option.values.len()), "每项规格要有 1 到 20 个值")?;
            for value in &option.values {
                length(&field, value, 1, 30, "规格值要有 1 到 30 个字")?;
            }
            require(&field, all_differ(option.values.iter().map(String::as_str)), "规格值重复了")?;
        }
        require("options", all_differ(self.options.iter().map(|o| o.name.as_str())), "规格名称重复了")
    }

    fn check_skus(&self) -> Result<()> {
        require("skus", (1..=100).contains(&self.skus.len()), "规格组合要有 1 到 100 个")?;
        for (i, sku) in self.skus.iter().enumerate() {
            sku.check(i, &self.options)?;
        }
        require("skus", all_differ(self.skus.iter().map(|sku| &sku.option_values)), "有两个规格组合完全相同")?;
        require("skus", all_differ(self.skus.iter().map(|sku| sku.code.as_str())), "规格编码重复了")?;
        require("skus", all_differ(self.skus.iter().filter_map(|sku| sku.id)), "同一个规格出现了两次")?;
        let used =
            |option: usize, value: &String| self.skus.iter().any(|sku| sku.option_values.get(option) == Some(value));
        for (i, option) in self.options.iter().enumerate() {
            let idle = option.values.iter().find(|value| !used(i, value));
            if let Some(value) = idle {
                return Err(Error::field(format!("options[{i}]"), format!("没有任何规格组合用到「{value}」")));
            }
        }
        Ok(())
    }

    /// Lowest and highest price.
    pub(super) fn prices(&self) -> (i64, i64) {
        let prices = || self.skus.iter().map(|sku| sku.price_fen);
        (prices().min().unwrap_or(0), prices().max().unwrap_or(0))
    }
}

impl SkuInput {
    fn check(&self, position: usize, options: &[ProductOption]) -> Result<()> {
        let at = |name: &str| format!("skus[{position}].{name}");
        length(&at("code"), &self.code, 1, 40, "规格编码要有 1 到 40 个字")?;
        let barcode = self.barcode.as_deref().unwrap_or_default();
        let is_barcode = barcode.len() <= 32 && barcode.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        require(&at("barcode"), is_barcode, "条码只能是字母和数字，最长 32 位")?;
        require(&at("option_values"), self.option_values.len() == options.len(), "每个规格组合都要选好每项规格")?;
        let chosen = self.option_values.iter().zip(options).all(|(value, option)| option.values.contains(value));
        require(&at("option_values"), chosen, "规格组合里有没定义的规格值")?;
        require(&at("price_fen"), (0..=DEAREST).contains(&self.price_fen), "价格超出范围")?;
        let list = self.list_price_fen.is_none_or(|list| (self.price_fen..=DEAREST).contains(&list));
        require(&at("list_price_fen"), list, "划线价要高于售价")?;
        let cost = self.cost_fen.is_none_or(|cost| (0..=DEAREST).contains(&cost));
        require(&at("cost_fen"), cost, "成本价超出范围")?;
        require(&at("weight_g"), (0..=100_000_000).contains(&self.weight_g), "重量超出范围")?;
        require(&at("volume_cm3"), (0..=1_000_000_000).contains(&self.volume_cm3), "体积超出范围")?;
        let stock = self.initial_stock.is_none_or(|pieces| (0..=100_000_000).contains(&pieces));
        require(&at("initial_stock"), stock, "库存超出范围")
    }
}

fn length(field: &str, text: &str, least: usize, most: usize, message: &'static str) -> Result<()> {
    require(field, (least..=most).contains(&text.chars().count()), message)
}

fn require(field: &str, holds: bool, message: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::field(field.to_owned(), message)) }
}

fn all_differ<T: std::hash::Hash + Eq>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    items.into_iter().all(|item| seen.insert(item))
}
