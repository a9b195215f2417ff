//! The list of products in the back office, whatever their status, also those in the bin.

use super::draft::ProductStatus;
use crate::label::containing;
use crate::named;
use db::{Tx, args, row};
use kernel::{Cursor, Page};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::App;
use platform::storage::Picture;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A product in the back office's list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminProductRow {
    pub id: Id,
    /// The mall's own number of the product.
    pub code: Option<String>,
    pub name: String,
    pub picture: Option<Picture>,
    pub status: ListedStatus,
    pub price_fen: i64,
    pub max_price_fen: i64,
    /// On hand at all locations together.
    pub stock: i64,
    /// Reserved at all locations together.
    pub reserved: i64,
    pub sales_count: i64,
    pub category_name: String,
    pub updated_at: Instant,
}

/// Status of a product, or that it is in the bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedStatus {
    OnSale,
    OffSale,
    Scheduled,
    Deleted,
}

impl ListedStatus {
    pub(super) fn new(status: &str, is_deleted: bool) -> Result<Self> {
        Ok(match ProductStatus::parse(status)? {
            _ if is_deleted => ListedStatus::Deleted,
            ProductStatus::OnSale => ListedStatus::OnSale,
            ProductStatus::OffSale => ListedStatus::OffSale,
            ProductStatus::Scheduled => ListedStatus::Scheduled,
        })
    }
}

/// Which products to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusFilter {
    /// All but those in the bin.
    #[default]
    All,
    OnSale,
    OffSale,
    Scheduled,
    Deleted,
}

/// Order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdminSort {
    /// Newest first.
    #[default]
    New,
    Updated,
    Sales,
    PriceAsc,
    PriceDesc,
    /// Least on hand first.
    Stock,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AdminFilter {
    /// Words of the name, or a whole code or barcode.
    pub q: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub status: StatusFilter,
    /// The category and everything below it.
    pub category_id: Option<Id>,
    #[serde(default)]
    #[param(inline)]
    pub sort: AdminSort,
    pub cursor: Option<String>,
    /// 1–100, 30 if absent.
    pub limit: Option<i64>,
}

pub(super) struct Listed {
    key: i64,
    id: Id,
    code: Option<String>,
    name: String,
    picture_keys: String,
    status: String,
    is_deleted: bool,
    price_fen: i64,
    max_price_fen: i64,
    stock: i64,
    reserved: i64,
    sales_count: i64,
    category_name: String,
    updated_at: Instant,
}
row!(Listed {
    key,
    id,
    code,
    name,
    picture_keys,
    status,
    is_deleted,
    price_fen,
    max_price_fen,
    stock,
    reserved,
    sales_count,
    category_name,
    updated_at
});

impl AdminFilter {
    fn page_size(&self) -> i64 {
        self.limit.unwrap_or(30).clamp(1, 100)
    }

    fn condition(&self) -> &'static str {
        match self.status {
            StatusFilter::All => "p.deleted_at is null",
            StatusFilter::OnSale => "p.deleted_at is null and p.status = 'on_sale'",
            StatusFilter::OffSale => "p.deleted_at is null and p.status = 'off_sale'",
            StatusFilter::Scheduled => "p.deleted_at is null and p.status = 'scheduled'",
            StatusFilter::Deleted => "p.deleted_at is not null",
        }
    }

    fn order(&self) -> (&'static str, bool) {
        match self.sort {
            AdminSort::New => ("p.id", true),
            AdminSort::Updated => ("p.updated_at", true),
            AdminSort::Sales => ("p.sales_count", true),
            AdminSort::PriceAsc => ("p.min_price_fen", false),
            AdminSort::PriceDesc => ("p.min_price_fen", true),
            AdminSort::Stock => ("p.on_hand", false),
        }
    }
}

const RESERVED: &str = "(select cast(coalesce(sum(t.reserved), 0) as bigint)
   from sku k join stock t on t.mall_id = k.mall_id and t.sku_id = k.id
   where k.mall_id = p.mall_id and k.product_id = p.id and k.deleted_at is null)";

/// One row more than the page holds.
pub(super) fn rows(tx: &mut Tx<'_>, mall_id: MallId, filter: &AdminFilter) -> Result<Vec<Listed>> {
    let (key, falls) = filter.order();
    let (direction, operator, start) = if falls { ("desc", "<", i64::MAX) } else { ("asc", ">", i64::MIN) };
    let after = filter.cursor.as_deref().map(Cursor::decode).transpose()?.unwrap_or(Cursor { key: start, id: start });
    let mut args = Vec::from(args![mall_id, after.key, after.id, filter.page_size() + 1]);
    let mut chosen = String::new();
    if let Some(category_id) = filter.category_id {
        args.push(category_id.into());
        chosen += &format!(
            " and p.category_id in (
                 select d.id
                 from category d
                 join category root on root.mall_id = d.mall_id
                 where d.mall_id = $1 and root.id = ${n} and d.path like root.path || '%'
               )",
            n = args.len()
        );
    }
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        if filter.status == StatusFilter::Deleted {
            // The bin is small, and nothing in it can be searched for.
            args.push(containing(&q.to_lowercase()).into());
            chosen += &format!(" and lower(p.name) like ${} escape '\\'", args.len());
        } else {
            args.push(named::products(tx, mall_id, q)?.into());
            chosen += &format!(" and p.id = any(${})", args.len());
        }
    }
    // The category is joined from the left, so that the walk is along the products in their order.
    tx.all(
        &format!(
            "select {key}, p.id, p.code, p.name, p.picture_keys, p.status, p.deleted_at is not null, p.min_price_fen,
               p.max_price_fen, p.on_hand, {RESERVED}, p.sales_count, coalesce(c.name, ''), p.updated_at
             from product p
             left join category c on c.mall_id = p.mall_id and c.id = p.category_id
             where p.mall_id = $1 and {condition} and ({key}, p.id) {operator} ($2, $3){chosen}
             order by {key} {direction}, p.id {direction}
             limit $4",
            condition = filter.condition()
        ),
        &args,
    )
}

/// The ids of a page, and where the next one begins.
pub(crate) fn page_of(tx: &mut Tx<'_>, mall_id: MallId, filter: &AdminFilter) -> Result<(Vec<Id>, Option<String>)> {
    let rows = rows(tx, mall_id, filter)?;
    let page = Page::from_rows(rows, filter.page_size(), |row| Cursor { key: row.key, id: row.id.0 });
    Ok((page.items.iter().map(|row| row.id).collect(), page.next_cursor))
}

/// Turns rows into the page that is sent.
pub(super) fn page(app: &App, filter: &AdminFilter, rows: Vec<Listed>) -> Result<Page<AdminProductRow>> {
    let page = Page::from_rows(rows, filter.page_size(), |row| Cursor { key: row.key, id: row.id.0 });
    let items = page.items.into_iter().map(|row| row.shown(app)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

impl Listed {
    fn shown(self, app: &App) -> Result<AdminProductRow> {
        let picture = crate::picture::first(app, &self.picture_keys, &self.name);
        Ok(AdminProductRow {
            id: self.id,
            code: self.code,
            picture: Some(picture.map_err(|e| Error::internal(format_args!("product {}: {e}", self.id)))?),
            name: self.name,
            status: ListedStatus::new(&self.status, self.is_deleted)?,
            price_fen: self.price_fen,
            max_price_fen: self.max_price_fen,
            stock: self.stock,
            reserved: self.reserved,
            sales_count: self.sales_count,
            category_name: self.category_name,
            updated_at: self.updated_at,
        })
    }
}
