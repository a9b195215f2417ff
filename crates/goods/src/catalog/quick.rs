//! Small changes from the list: price and stock of a product's SKUs in place, and a copy of a product to start from.
//! A quick change says what it saw; where somebody was faster, nothing is written.

use super::change::refresh_ranges;
use super::draft::{ProductInput, ProductStatus};
use super::editor::input_of;
use super::price::{DEAREST, note_prices, settle_struck};
use super::save::{create, not_found};
use crate::{inventory, store};
use db::{Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A number that was seen, and what it shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FromTo {
    pub from: i64,
    pub to: i64,
}

/// New numbers of one SKU.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuickSku {
    pub sku_id: Id,
    /// In fen.
    pub price: Option<FromTo>,
    /// Pieces on hand in the default warehouse.
    pub stock: Option<FromTo>,
}

/// Changes from the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuickEdit {
    /// 1–100.
    pub skus: Vec<QuickSku>,
}

impl QuickEdit {
    pub fn changes_stock(&self) -> bool {
        self.skus.iter().any(|sku| sku.stock.is_some())
    }
}

/// Writes new prices and counts of a product's SKUs; answers the product's name.
///
/// # Errors
/// `product.not_found` (404), `sku.price_changed`, `inventory.changed` (409) where what was seen is no longer so,
/// `inventory.below_reserved` (409); 400 for a SKU of another product or a number out of range.
pub fn quick_edit(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, edit: &QuickEdit) -> Result<String> {
    if !(1..=100).contains(&edit.skus.len()) {
        return Err(Error::field("skus", "要改 1 到 100 个规格"));
    }
    let found: Option<(String, Id)> = tx.opt(
        "select name, shop_id from product where mall_id = $1 and id = $2 and deleted_at is null for update",
        &args![ctx.mall_id, id],
    )?;
    let (name, shop_id) = found.ok_or_else(not_found)?;
    let location_id = store::default_location(tx, ctx.mall_id, shop_id)?;
    let rows: Vec<(Id, i64, i64)> = tx.all(
        "select k.id, k.price_fen, coalesce(t.on_hand, cast(0 as bigint))
         from sku k
         left join stock t on t.mall_id = k.mall_id and t.sku_id = k.id and t.location_id = $3
         where k.mall_id = $1 and k.product_id = $2 and k.deleted_at is null",
        &args![ctx.mall_id, id, location_id],
    )?;
    let known: HashMap<Id, (i64, i64)> = rows.into_iter().map(|(id, price, stock)| (id, (price, stock))).collect();
    let mut prices = Vec::new();
    for (place, sku) in edit.skus.iter().enumerate() {
        let at = |name: &str| format!("skus[{place}].{name}");
        let (price_now, stock_now) = known
            .get(&sku.sku_id)
            .copied()
            .ok_or_else(|| Error::field(at("sku_id"), "这个规格已经不在了，请刷新后再改"))?;
        if let Some(price) = sku.price {
            if !(0..=DEAREST).contains(&price.to) {
                return Err(Error::field(at("price"), "价格超出范围"));
            }
            if price.from != price_now {
                return Err(Error::conflict("sku.price_changed", "别人刚刚改过这个价格，请刷新后再改").at(at("price")));
            }
            prices.push((sku.sku_id, price.to));
        }
        if let Some(stock) = sku.stock {
            if stock.from != stock_now {
                let message = format!("库存刚刚变成了 {stock_now}，请确认后再改");
                return Err(Error::conflict("inventory.changed", message).at(at("stock")));
            }
            inventory::count(tx, ctx, sku.sku_id, location_id, stock.to, Some("列表里修改"))
                .map_err(|error| error.at(at("stock")))?;
        }
    }
    for (sku_id, price) in &prices {
        tx.exec(
            "update sku
             set price_fen = $3, list_price_fen = case when list_price_fen > $3 then list_price_fen end
             where mall_id = $1 and id = $2",
            &args![ctx.mall_id, *sku_id, *price],
        )?;
    }
    if !prices.is_empty() {
        note_prices(tx, ctx, &prices)?;
        refresh_ranges(tx, ctx, &[id])?;
        settle_struck(tx, ctx, &[id])?;
    }
    Ok(name)
}

/// Makes a product like another: off sale, without stock, under codes of its own. Answers its id and name.
pub fn copy(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<(Id, String)> {
    let original = input_of(tx, ctx.mall_id, id)?;
    let name: String = original.name.chars().take(56).chain("（副本）".chars()).collect();
    let mut copied = ProductInput {
        code: None,
        name: name.clone(),
        status: ProductStatus::OffSale,
        on_sale_at: None,
        off_sale_at: None,
        version: None,
        ..original
    };
    // Codes end in a piece of a fresh id, so no two copies meet.
    let mark = ctx.id().0 % 1_000_000;
    for (place, sku) in copied.skus.iter_mut().enumerate() {
        let stem: String = sku.code.chars().take(28).collect();
        sku.id = None;
        sku.code = format!("{stem}-{mark:06}{}", if place == 0 { String::new() } else { format!("-{place}") });
        sku.barcode = None;
        sku.initial_stock = Some(0);
    }
    Ok((create(tx, ctx, &copied, None)?, name))
}
