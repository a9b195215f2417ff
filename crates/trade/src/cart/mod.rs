//! The cart: what a shopper means to buy. Owns `cart_line`. A line that can no longer be bought is kept and explained,
//! never dropped silently. It knows prices and stock only to show them; the quote decides.

mod shop;
mod view;

pub use shop::shop_routes;
pub use view::{CartLine, CartShop, CartView, LineProblem, problem_of, view};

use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;

/// Most pieces of one SKU in a cart.
pub const MAX_QUANTITY: i64 = 999;
/// Most lines in a cart.
pub const MAX_LINES: i64 = 120;

/// A SKU and how many of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub sku_id: Id,
    pub quantity: i64,
}

/// Puts `quantity` more of a SKU into the cart.
pub fn add(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, item: Item) -> Result<()> {
    check_quantity(item.quantity)?;
    let known = goods::catalog::skus_for_sale(tx, ctx.mall_id, &[item.sku_id])?;
    match known.first() {
        Some(sku) if sku.on_sale && !sku.shop_open => {
            return Err(Error::conflict("shop.closed", "这家店铺暂停接单，可以先收藏，恢复后再买"));
        }
        Some(sku) if sku.on_sale => {}
        _ => return Err(Error::conflict("product.off_sale", "这件商品现在买不到了")),
    }
    tx.exec(
        "insert into cart_line (mall_id, member_id, sku_id, quantity, selected, added_at)
         values ($1, $2, $3, $4, true, $5)
         on conflict (mall_id, member_id, sku_id)
         do update set quantity = least(cart_line.quantity + excluded.quantity, $6), selected = true",
        &args![ctx.mall_id, member_id, item.sku_id, item.quantity, ctx.now, MAX_QUANTITY],
    )?;
    let (lines,): (i64,) =
        tx.one("select count(*) from cart_line where mall_id = $1 and member_id = $2", &args![ctx.mall_id, member_id])?;
    if lines > MAX_LINES {
        return Err(Error::conflict("cart.full", "购物车放满了，先结算或清理几件吧"));
    }
    Ok(())
}

/// Sets quantity, selection, or swaps the line to another SKU of the same product.
pub fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    member_id: Id,
    sku_id: Id,
    quantity: Option<i64>,
    selected: Option<bool>,
    new_sku_id: Option<Id>,
) -> Result<()> {
    if let Some(quantity) = quantity {
        check_quantity(quantity)?;
    }
    let changed: Option<(i64, bool)> = tx.opt(
        "update cart_line
         set quantity = coalesce($4, quantity), selected = coalesce($5, selected)
         where mall_id = $1 and member_id = $2 and sku_id = $3
         returning quantity, selected",
        &args![ctx.mall_id, member_id, sku_id, quantity, selected],
    )?;
    let (quantity, selected) = changed.ok_or_else(|| Error::not_found("cart.no_such_line", "购物车里没有这件商品"))?;
    if let Some(new_sku_id) = new_sku_id.filter(|new| *new != sku_id) {
        swap(tx, ctx, member_id, sku_id, Item { sku_id: new_sku_id, quantity }, selected)?;
    }
    Ok(())
}

fn swap(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, old: Id, new: Item, selected: bool) -> Result<()> {
    let known = goods::catalog::skus_for_sale(tx, ctx.mall_id, &[old, new.sku_id])?;
    let product_of = |id| known.iter().find(|sku| sku.sku_id == id).map(|sku| sku.product_id);
    match (product_of(old), product_of(new.sku_id)) {
        (Some(a), Some(b)) if a == b => {}
        _ => return Err(Error::conflict("cart.other_product", "只能换成同一件商品的其他规格")),
    }
    tx.exec(
        "insert into cart_line (mall_id, member_id, sku_id, quantity, selected, added_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (mall_id, member_id, sku_id)
         do update set quantity = least(cart_line.quantity + excluded.quantity, $7)",
        &args![ctx.mall_id, member_id, new.sku_id, new.quantity, selected, ctx.now, MAX_QUANTITY],
    )?;
    remove(tx, ctx.mall_id, member_id, &[old])
}

/// Selects or clears some lines, or all of them.
pub fn select(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, sku_ids: Option<&[Id]>, selected: bool) -> Result<()> {
    match sku_ids {
        Some(ids) => tx.exec(
            "update cart_line set selected = $3 where mall_id = $1 and member_id = $2 and sku_id = any($4)",
            &args![ctx.mall_id, member_id, selected, ids],
        )?,
        None => tx.exec(
            "update cart_line set selected = $3 where mall_id = $1 and member_id = $2",
            &args![ctx.mall_id, member_id, selected],
        )?,
    };
    Ok(())
}

/// Takes lines out.
pub fn remove(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, sku_ids: &[Id]) -> Result<()> {
    tx.exec(
        "delete from cart_line where mall_id = $1 and member_id = $2 and sku_id = any($3)",
        &args![mall_id, member_id, sku_ids],
    )?;
    Ok(())
}

/// The selected lines, oldest first: what checkout takes.
pub fn selected(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<Item>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select sku_id, quantity from cart_line
         where mall_id = $1 and member_id = $2 and selected
         order by added_at, sku_id",
        &args![mall_id, member_id],
    )?;
    Ok(rows.into_iter().map(|(sku_id, quantity)| Item { sku_id, quantity }).collect())
}

/// Pieces in the cart, for the badge.
pub fn count(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<i64> {
    let (count,): (i64,) = tx.one(
        "select cast(coalesce(sum(quantity), 0) as bigint) from cart_line where mall_id = $1 and member_id = $2",
        &args![mall_id, member_id],
    )?;
    Ok(count)
}

/// Moves a guest's lines to the member they turned out to be; quantities of the same SKU add up.
pub fn merge(tx: &mut Tx<'_>, ctx: &Ctx, guest: Id, member: Id) -> Result<()> {
    tx.exec(
        "insert into cart_line (mall_id, member_id, sku_id, quantity, selected, added_at)
         select mall_id, $3, sku_id, quantity, selected, added_at
         from cart_line
         where mall_id = $1 and member_id = $2
         on conflict (mall_id, member_id, sku_id)
         do update set quantity = least(cart_line.quantity + excluded.quantity, $4), selected = true",
        &args![ctx.mall_id, guest, member, MAX_QUANTITY],
    )?;
    tx.exec("delete from cart_line where mall_id = $1 and member_id = $2", &args![ctx.mall_id, guest])?;
    Ok(())
}

fn check_quantity(quantity: i64) -> Result<()> {
    if (1..=MAX_QUANTITY).contains(&quantity) {
        return Ok(());
    }
    Err(Error::invalid("cart.quantity_invalid", "数量要在 1 到 999 之间").at("quantity"))
}
