//! The cart as shown: every line with today's price and stock, and the reason if it cannot be bought.

use super::MAX_QUANTITY;
use db::{Tx, args};
use goods::catalog::SkuForSale;
use kernel::{Id, MallId, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Why a line cannot be bought as it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub struct LineProblem {
    /// `product.off_sale`, `shop.closed`, `sku.gone`, `inventory.sold_out`, `inventory.short`, `cart.over_limit`.
    pub code: String,
    pub message: String,
}

/// One line of the cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    pub sku_id: Id,
    pub product_id: Id,
    pub shop_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture: Picture,
    /// Fen.
    pub unit_price_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_price_fen: Option<i64>,
    pub quantity: i64,
    pub selected: bool,
    /// Pieces that can be bought now.
    pub available: i64,
    pub max_quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<LineProblem>,
}

/// A shop of which something lies in the cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub struct CartShop {
    pub id: Id,
    pub name: String,
}

/// The whole cart, newest line first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CartView {
    pub lines: Vec<CartLine>,
    /// Whose goods they are, in the order of the lines. Several are bought together and become one order a shop.
    pub shops: Vec<CartShop>,
    /// Pieces in all.
    pub count: i64,
    /// Pieces selected that can be bought.
    pub selected_count: i64,
    /// Fen; selected lines that can be bought, without freight and discounts.
    pub selected_total_fen: i64,
}

/// Reads the cart.
pub fn view(app: &App, tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<CartView> {
    let rows: Vec<(Id, i64, bool)> = tx.all(
        "select sku_id, quantity, selected from cart_line
         where mall_id = $1 and member_id = $2
         order by added_at desc, sku_id",
        &args![mall_id, member_id],
    )?;
    let ids: Vec<Id> = rows.iter().map(|row| row.0).collect();
    let skus: HashMap<Id, SkuForSale> =
        goods::catalog::skus_for_sale(tx, mall_id, &ids)?.into_iter().map(|sku| (sku.sku_id, sku)).collect();
    let stock = available_anywhere(tx, mall_id, &ids)?;
    let (lines, shops) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut cart = CartView { lines, shops, count: 0, selected_count: 0, selected_total_fen: 0 };
    for (sku_id, quantity, selected) in rows {
        let Some(sku) = skus.get(&sku_id) else { continue };
        let available = stock.get(&sku_id).copied().unwrap_or(0);
        let problem = problem_of(sku, available, quantity);
        cart.count += quantity;
        if selected && problem.is_none() {
            cart.selected_count += quantity;
            cart.selected_total_fen += sku.price.times(quantity)?.0;
        }
        cart.lines.push(CartLine {
            sku_id,
            product_id: sku.product_id,
            shop_id: sku.shop_id,
            name: sku.name.clone(),
            option_text: sku.option_text.clone(),
            picture: storage::picture(app, sku.picture_key.as_deref().unwrap_or_default(), &sku.name),
            unit_price_fen: sku.price.0,
            list_price_fen: sku.list_price.map(|p| p.0),
            quantity,
            selected,
            available,
            max_quantity: available.min(sku.purchase_limit.unwrap_or(MAX_QUANTITY)).clamp(0, MAX_QUANTITY),
            problem,
        });
    }
    cart.shops = shops_of(tx, mall_id, &cart.lines)?;
    Ok(cart)
}

fn shops_of(tx: &mut Tx<'_>, mall_id: MallId, lines: &[CartLine]) -> Result<Vec<CartShop>> {
    let mut ids: Vec<Id> = Vec::new();
    for line in lines {
        if !ids.contains(&line.shop_id) {
            ids.push(line.shop_id);
        }
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut names = goods::store::shop_names(tx, mall_id, &ids)?;
    Ok(ids.into_iter().map(|id| CartShop { id, name: names.remove(&id).unwrap_or_default() }).collect())
}

/// What stands against buying `quantity` of a SKU of which `available` are left.
pub fn problem_of(sku: &SkuForSale, available: i64, quantity: i64) -> Option<LineProblem> {
    let problem = |code: &str, message: String| Some(LineProblem { code: code.into(), message });
    if !sku.on_sale {
        return problem("product.off_sale", "已下架".into());
    }
    if !sku.shop_open {
        return problem("shop.closed", "这家店铺暂停接单".into());
    }
    if available <= 0 {
        return problem("inventory.sold_out", "这个规格卖完了".into());
    }
    if quantity > available {
        return problem("inventory.short", format!("只剩 {available} 件了"));
    }
    match sku.purchase_limit {
        Some(limit) if quantity > limit => problem("cart.over_limit", format!("每人限购 {limit} 件")),
        _ => None,
    }
}

/// The most that one location could hand out of each SKU: express ships from one place, pickup hands out at one.
fn available_anywhere(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select sku_id, max(on_hand - reserved) from stock
         where mall_id = $1 and sku_id = any($2)
         group by sku_id",
        &args![mall_id, ids],
    )?;
    Ok(rows.into_iter().collect())
}
