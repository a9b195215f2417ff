//! From rows to products: rows with the same code are one product, each row one of its SKUs. Every mistake is kept with
//! its line and column; what a file does not say stays `None`, so that a change touches only what is written.

use super::columns::{Column, Layout, fen, whole, yes};
use super::lookup::Lookup;
use crate::catalog::{NameValue, ProductStatus};
use kernel::Id;
use platform::sheet::{Line, Sheet};
use platform::task::Problem;
use std::collections::HashMap;

/// A sentence about one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake(pub String);

/// A product as a file tells it.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub code: String,
    /// Line of its first row.
    pub line: i64,
    pub name: Option<String>,
    pub subtitle: Option<String>,
    pub category_id: Option<Id>,
    pub brand_id: Option<Id>,
    pub shop_id: Option<Id>,
    pub freight_template_id: Option<Id>,
    /// Paths in the zip or folder.
    pub pictures: Option<Vec<String>>,
    pub description: Option<String>,
    pub tags: Option<Vec<String>>,
    pub keywords: Option<String>,
    pub attributes: Option<Vec<NameValue>>,
    pub return_7d: Option<bool>,
    pub purchase_limit: Option<i64>,
    pub status: Option<ProductStatus>,
    pub options: Vec<String>,
    pub skus: Vec<SkuDraft>,
    /// What is wrong with it; then nothing of it is written.
    pub problems: Vec<Problem>,
}

/// A SKU as a row tells it.
#[derive(Debug, Clone, Default)]
pub struct SkuDraft {
    pub line: i64,
    pub code: String,
    pub values: Vec<String>,
    pub barcode: Option<String>,
    pub price_fen: Option<i64>,
    pub list_price_fen: Option<i64>,
    pub cost_fen: Option<i64>,
    pub stock: Option<i64>,
    pub weight_g: Option<i64>,
    pub volume_cm3: Option<i64>,
    pub picture: Option<String>,
}

const PAIRS: [(Column, Column); 3] =
    [(Column::Option1, Column::Value1), (Column::Option2, Column::Value2), (Column::Option3, Column::Value3)];

/// All products of a file, in the order in which their codes first come.
pub fn parse(sheet: &Sheet, layout: &Layout, lookup: &Lookup) -> Vec<Draft> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for line in &sheet.lines {
        let code = layout.cell(&line.cells, Column::Code);
        if code.is_empty() {
            let problem = Problem::new(line.number, Column::Code.title(), "没有填商品编码");
            drafts.push(Draft { line: line.number, problems: vec![problem], ..Draft::default() });
            continue;
        }
        let place = *places.entry(code).or_insert_with(|| {
            drafts.push(Draft { code: code.to_owned(), line: line.number, ..Draft::default() });
            drafts.len() - 1
        });
        let mut reader = Reader { layout, line, problems: Vec::new() };
        reader.product(&mut drafts[place], lookup);
        reader.sku(&mut drafts[place]);
        let problems = reader.problems;
        drafts[place].problems.extend(problems);
    }
    drafts.iter_mut().for_each(name_skus);
    twice(&mut drafts);
    drafts
}

/// Rows without a code of their own take the product's.
fn name_skus(draft: &mut Draft) {
    let single = draft.skus.len() == 1;
    for (index, sku) in draft.skus.iter_mut().enumerate() {
        if sku.code.is_empty() {
            sku.code = if single { draft.code.clone() } else { format!("{}-{}", draft.code, index + 1) };
        }
    }
}

/// The same SKU code in two rows.
fn twice(drafts: &mut [Draft]) {
    let mut seen: HashMap<String, i64> = HashMap::new();
    for draft in drafts {
        for sku in &draft.skus {
            if let Some(first) = seen.get(&sku.code) {
                let message = format!("规格编码 {} 和第 {first} 行重复了", sku.code);
                draft.problems.push(Problem::new(sku.line, Column::SkuCode.title(), message));
            } else {
                seen.insert(sku.code.clone(), sku.line);
            }
        }
    }
}

struct Reader<'a> {
    layout: &'a Layout,
    line: &'a Line,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn text(&self, column: Column) -> &str {
        self.layout.cell(&self.line.cells, column)
    }

    fn given(&self, column: Column) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A cell turned into a value; a mistake is noted and counts as not given.
    fn read<T>(&mut self, column: Column, turn: impl FnOnce(&str) -> Result<T, Mistake>) -> Option<T> {
        let text = self.given(column)?;
        match turn(&text) {
            Ok(value) => Some(value),
            Err(Mistake(message)) => {
                self.problems.push(Problem::new(self.line.number, column.title(), message));
                None
            }
        }
    }

    /// What is told once per product: the first row that says it counts, a later one may repeat it.
    fn product(&mut self, draft: &mut Draft, lookup: &Lookup) {
        if let Some(name) = self.given(Column::Name) {
            match &draft.name {
                Some(known) if *known != name => {
                    let message = format!("和第 {} 行的商品名称不一样，编码相同的行要是同一件商品", draft.line);
                    self.problems.push(Problem::new(self.line.number, Column::Name.title(), message));
                }
                _ => draft.name = Some(name),
            }
        }
        let first = |known: &mut Option<String>, given: Option<String>| {
            if known.is_none() {
                *known = given;
            }
        };
        first(&mut draft.subtitle, self.given(Column::Subtitle));
        first(&mut draft.description, self.given(Column::Description));
        first(&mut draft.keywords, self.given(Column::Keywords));
        if draft.category_id.is_none() {
            draft.category_id = self.read(Column::Category, |text| lookup.category(text));
        }
        if draft.brand_id.is_none() {
            draft.brand_id = self.read(Column::Brand, |text| lookup.brand(text));
        }
        if draft.shop_id.is_none() {
            draft.shop_id = self.read(Column::Shop, |text| lookup.shop(text));
        }
        if draft.freight_template_id.is_none() {
            draft.freight_template_id = self.read(Column::Freight, |text| lookup.freight(text));
        }
        if draft.pictures.is_none() {
            draft.pictures = self.given(Column::Pictures).map(|text| list(&text));
        }
        if draft.tags.is_none() {
            draft.tags = self.given(Column::Tags).map(|text| list(&text));
        }
        if draft.attributes.is_none() {
            draft.attributes = self.read(Column::Attributes, attributes);
        }
        if draft.return_7d.is_none() {
            draft.return_7d = self.read(Column::Return7d, yes);
        }
        if draft.purchase_limit.is_none() {
            draft.purchase_limit = self.read(Column::Limit, whole);
        }
        if draft.status.is_none() {
            draft.status = self.read(Column::Status, |text| match text {
                "上架" | "在售" | "已上架" => Ok(ProductStatus::OnSale),
                "下架" | "已下架" | "仓库中" => Ok(ProductStatus::OffSale),
                other => Err(Mistake(format!("“{other}”请写成 上架 或 下架"))),
            });
        }
    }

    fn sku(&mut self, draft: &mut Draft) {
        let mut sku = SkuDraft { line: self.line.number, ..SkuDraft::default() };
        let mut names = Vec::new();
        for (name, value) in PAIRS {
            match (self.given(name), self.given(value)) {
                (Some(name), Some(value)) => {
                    names.push(name);
                    sku.values.push(value);
                }
                (None, None) => {}
                // The name need not be repeated in every row.
                (None, Some(value)) if draft.options.len() > names.len() => {
                    names.push(draft.options[names.len()].clone());
                    sku.values.push(value);
                }
                (None, Some(_)) => self.note(name, "填了规格值，还要填规格名"),
                (Some(_), None) => self.note(value, "填了规格名，还要填规格值"),
            }
        }
        if draft.skus.is_empty() {
            draft.options = names;
        } else if draft.options != names {
            let first = draft.skus[0].line;
            self.note(Column::Option1, format!("规格名要和第 {first} 行一样，顺序也一样"));
        }
        sku.code = self.given(Column::SkuCode).unwrap_or_default();
        sku.barcode = self.given(Column::Barcode);
        sku.price_fen = self.read(Column::Price, fen);
        sku.list_price_fen = self.read(Column::ListPrice, fen);
        sku.cost_fen = self.read(Column::Cost, fen);
        sku.stock = self.read(Column::Stock, whole);
        sku.weight_g = self.read(Column::Weight, whole);
        sku.volume_cm3 = self.read(Column::Volume, whole);
        sku.picture = self.given(Column::SkuPicture);
        draft.skus.push(sku);
    }

    fn note(&mut self, column: Column, message: impl Into<String>) {
        self.problems.push(Problem::new(self.line.number, column.title(), message));
    }
}

fn list(text: &str) -> Vec<String> {
    text.split([';', '；', '|', '\n', '、']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn attributes(text: &str) -> Result<Vec<NameValue>, Mistake> {
    let pair = |part: &String| {
        let split = part.split_once(':').or_else(|| part.split_once('：'));
        let (name, value) = split.ok_or_else(|| Mistake(format!("“{part}”请写成 产地:杭州 这样，多个用分号隔开")))?;
        Ok(NameValue { name: name.trim().to_owned(), value: value.trim().to_owned() })
    };
    text.split([';', '；', '|', '\n'])
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .iter()
        .map(pair)
        .collect()
}
