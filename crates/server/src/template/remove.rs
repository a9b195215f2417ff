//! Taking out what a template brought: goods nobody ordered are gone for good, ordered ones go to the recycle bin, and
//! categories, files and the home page go unless something of the mall's own needs them.

use crate::demo::Brought;
use db::{Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of the template's content.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct TemplateRemoved {
    /// Products gone for good.
    pub erased: i64,
    /// Products in the recycle bin, because people ordered them.
    pub binned: i64,
    /// Categories that stay, because other goods are in them.
    pub categories_kept: i64,
}

/// Removes it; answers keys of files whose bytes can go after the commit.
///
/// # Errors
/// `template.nothing_to_remove` (409) in a mall without a template.
pub(super) fn remove(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(TemplateRemoved, Vec<String>)> {
    let contents: Option<String> =
        tx.opt("select contents from mall_template where mall_id = $1 and state = 'applied'", &args![ctx.mall_id])?;
    let contents = contents.ok_or_else(|| Error::conflict("template.nothing_to_remove", "没有可以清除的示例内容"))?;
    let brought: Brought = serde_json::from_str(&contents).map_err(Error::internal)?;
    let mut outcome = TemplateRemoved::default();
    let ordered: Vec<Id> = tx.all(
        "select distinct product_id from order_line where mall_id = $1 and product_id = any($2)",
        &args![ctx.mall_id, &brought.products],
    )?;
    let (keep, erase): (Vec<Id>, Vec<Id>) = brought.products.iter().partition(|id| ordered.contains(id));
    tx.exec(
        "delete from cart_line
         where mall_id = $1
           and sku_id in (select id from sku where mall_id = $1 and product_id = any($2))",
        &args![ctx.mall_id, &brought.products],
    )?;
    match tx.savepoint(|tx| goods::catalog::erase(tx, ctx, &erase)) {
        Ok(erased) => outcome.erased = erased,
        // Something else of the mall has come to hang on them, a campaign for instance: the bin holds them.
        Err(_) => outcome.binned = goods::catalog::bin_all(tx, ctx, &erase)?,
    }
    outcome.binned += goods::catalog::bin_all(tx, ctx, &keep)?;
    // Leaves before their branches.
    for id in brought.categories.iter().rev() {
        match tx.savepoint(|tx| goods::catalog::delete_category(tx, ctx, *id)) {
            Ok(_) => {}
            Err(error) if error.is("category.not_found") => {}
            Err(error) if error.is("category.in_use") => outcome.categories_kept += 1,
            Err(error) => return Err(error),
        }
    }
    if let Some(version) = brought.home_version {
        goods::page::forget_home(tx, ctx, version)?;
    }
    let unused = goods::media::forget_unused(tx, ctx.mall_id, &brought.files)?;
    tx.exec("delete from mall_template where mall_id = $1", &args![ctx.mall_id])?;
    Ok((outcome, unused))
}
