//! The card of a product: what every list, shelf and home page shows of it. Built in one place, from one set of columns.

use crate::label::texts;
use db::{FromRow, Row, Tx, args};
use kernel::{Id, MallId, Result};
use platform::App;
use platform::storage::Picture;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product in a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductCard {
    pub id: Id,
    pub name: String,
    pub subtitle: Option<String>,
    pub picture: Picture,
    /// The lowest price of its SKUs.
    pub price_fen: i64,
    pub list_price_fen: Option<i64>,
    pub sales_count: i64,
    pub review_count: i64,
    /// False also when it is not on sale.
    pub in_stock: bool,
    pub tags: Vec<String>,
}

/// The columns of a [`CardRow`], of a product called `p`.
pub(crate) const CARD_COLUMNS: &str = "p.id, p.name, p.subtitle, p.picture_keys, p.min_price_fen, p.list_price_fen,
   p.sales_count, p.review_count, p.in_stock, p.status = 'on_sale', p.tags";

/// A card before its picture has addresses.
#[derive(Debug, Clone)]
pub(crate) struct CardRow {
    pub id: Id,
    pub name: String,
    pub subtitle: String,
    pub picture_keys: String,
    pub price_fen: i64,
    pub list_price_fen: Option<i64>,
    pub sales_count: i64,
    pub review_count: i64,
    pub in_stock: bool,
    pub is_on_sale: bool,
    pub tags: String,
}

impl FromRow for CardRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(CardRow {
            id: row.next()?,
            name: row.next()?,
            subtitle: row.next()?,
            picture_keys: row.next()?,
            price_fen: row.next()?,
            list_price_fen: row.next()?,
            sales_count: row.next()?,
            review_count: row.next()?,
            in_stock: row.next()?,
            is_on_sale: row.next()?,
            tags: row.next()?,
        })
    }
}

impl CardRow {
    pub(crate) fn card(self, app: &App) -> Result<ProductCard> {
        Ok(ProductCard {
            id: self.id,
            picture: crate::picture::first(app, &self.picture_keys, &self.name)?,
            name: self.name,
            subtitle: Some(self.subtitle).filter(|text| !text.is_empty()),
            price_fen: self.price_fen,
            list_price_fen: self.list_price_fen,
            sales_count: self.sales_count,
            review_count: self.review_count,
            in_stock: self.in_stock && self.is_on_sale,
            tags: texts(&self.tags)?,
        })
    }
}

/// Cards of products that are not in the bin, on sale or not, in any order.
pub(crate) fn cards(tx: &mut Tx<'_>, mall_id: MallId, product_ids: &[Id]) -> Result<Vec<CardRow>> {
    tx.all(
        &format!(
            "select {CARD_COLUMNS} from product p where p.mall_id = $1 and p.id = any($2) and p.deleted_at is null"
        ),
        &args![mall_id, product_ids],
    )
}
