//! The SKUs of a product being written: which are new, which stay, which go, and the first stock of the new ones.
//! A SKU is never deleted from the table, because orders and stock point at it; it only stops being sold.

use super::draft::{ProductInput, SkuInput};
use super::save::json;
use crate::inventory::{self, Demand};
use crate::store;
use db::{Arg, OnConstraint, Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;
use std::collections::{HashMap, HashSet};

/// Brings the stored SKUs in line with the input.
pub(super) fn replace_skus(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, shop_id: Id, input: &ProductInput) -> Result<()> {
    let stored: Vec<(Id, String)> = tx.all(
        "select id, code from sku where mall_id = $1 and product_id = $2 and deleted_at is null",
        &args![ctx.mall_id, id],
    )?;
    let stored: HashMap<Id, String> = stored.into_iter().collect();
    let kept: HashSet<Id> = input.skus.iter().filter_map(|sku| sku.id).collect();
    if let Some(position) = input.skus.iter().position(|sku| sku.id.is_some_and(|id| !stored.contains_key(&id))) {
        return Err(Error::field(format!("skus[{position}].id"), "这个规格已经不在了，请刷新后再改"));
    }
    let gone: Vec<Id> = stored.keys().copied().filter(|id| !kept.contains(id)).collect();
    tx.exec("update sku set deleted_at = $3 where mall_id = $1 and id = any($2)", &args![ctx.mall_id, &gone, ctx.now])?;
    // Codes that go, and codes about to be swapped, step aside first: a code is free once nobody sells under it.
    let recoded = input.skus.iter().filter_map(|sku| Some((sku.id?, &sku.code)));
    let recoded = recoded.filter(|(id, code)| stored.get(id) != Some(code)).map(|(id, _)| id);
    let aside: Vec<Id> = gone.iter().copied().chain(recoded).collect();
    tx.exec(
        "update sku set code = code || '#' || cast(id as text) where mall_id = $1 and id = any($2)",
        &args![ctx.mall_id, &aside],
    )?;
    let mut new = Vec::new();
    for (position, sku) in input.skus.iter().enumerate() {
        match sku.id {
            Some(sku_id) => update_sku(tx, ctx, sku_id, position, sku)?,
            None => new.push(NewSku { product_id: id, id: ctx.id(), position, sku }),
        }
    }
    insert_skus(tx, ctx, shop_id, &new)
}

fn update_sku(tx: &mut Tx<'_>, ctx: &Ctx, sku_id: Id, position: usize, sku: &SkuInput) -> Result<()> {
    tx.exec(
        "update sku
         set code = $3, barcode = $4, option_values = $5, price_fen = $6, list_price_fen = $7, cost_fen = $8,
           weight_g = $9, volume_cm3 = $10, picture_key = $11, position = $12
         where mall_id = $1 and id = $2",
        &args![
            ctx.mall_id,
            sku_id,
            &sku.code,
            &sku.barcode,
            json(&sku.option_values)?,
            sku.price_fen,
            sku.list_price_fen,
            sku.cost_fen,
            sku.weight_g,
            sku.volume_cm3,
            &sku.picture_key,
            position as i64
        ],
    )
    .on_constraint("sku_code_taken", |_| code_taken(position, &sku.code))?;
    Ok(())
}

/// A SKU about to be written, with its place in its product.
#[derive(Clone, Copy)]
pub(super) struct NewSku<'a> {
    pub product_id: Id,
    pub id: Id,
    pub position: usize,
    pub sku: &'a SkuInput,
}

/// Inserts new SKUs, of one product or of many, with their stock at the default warehouse.
pub(super) fn insert_skus(tx: &mut Tx<'_>, ctx: &Ctx, shop_id: Id, skus: &[NewSku<'_>]) -> Result<()> {
    if skus.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = skus.iter().map(|new| new.sku.code.as_str()).collect();
    let taken: Vec<String> =
        tx.all("select code from sku where mall_id = $1 and code = any($2)", &args![ctx.mall_id, &codes])?;
    if let Some(new) = skus.iter().find(|new| taken.contains(&new.sku.code)) {
        return Err(code_taken(new.position, &new.sku.code));
    }
    let rows = skus.iter().map(|new| {
        let sku = new.sku;
        Ok(Vec::from(args![
            new.id,
            ctx.mall_id,
            new.product_id,
            &sku.code,
            &sku.barcode,
            json(&sku.option_values)?,
            sku.price_fen,
            sku.list_price_fen,
            sku.cost_fen,
            sku.weight_g,
            sku.volume_cm3,
            &sku.picture_key,
            new.position as i64
        ]))
    });
    tx.insert_many(
        "insert into sku (id, mall_id, product_id, code, barcode, option_values, price_fen, list_price_fen, cost_fen,
           weight_g, volume_cm3, picture_key, position) values",
        "",
        &rows.collect::<Result<Vec<_>>>()?,
    )
    .on_constraint("sku_code_taken", |_| Error::conflict("sku.code_taken", "规格编码已经被用了，请换一个"))?;
    let location_id = store::default_location(tx, ctx.mall_id, shop_id)?;
    let initial: Vec<Demand> = skus
        .iter()
        .filter_map(|new| {
            let quantity = new.sku.initial_stock.filter(|pieces| *pieces > 0)?;
            Some(Demand { sku_id: new.id, location_id, quantity })
        })
        .collect();
    // Every SKU gets its row of stock at the warehouse, so that stock lists show those with none.
    let rows: Vec<Vec<Arg>> =
        skus.iter().map(|new| Vec::from(args![ctx.mall_id, new.id, location_id, ctx.now])).collect();
    tx.insert_many("insert into stock (mall_id, sku_id, location_id, updated_at) values", "", &rows)?;
    inventory::receive_all(tx, ctx, &initial, "初始库存")
}

fn code_taken(position: usize, code: &str) -> Error {
    Error::conflict("sku.code_taken", format!("规格编码 {code} 已经被用了，请换一个"))
        .at(format!("skus[{position}].code"))
}
