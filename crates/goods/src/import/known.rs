//! Which codes of a file the mall has already, and whose they are.

use super::columns::Column;
use super::parse::Draft;
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use platform::task::Problem;
use std::collections::HashMap;

/// What is there of the codes of a batch.
pub(super) struct Known {
    /// Product and whether it is in the bin, by the product's code.
    pub products: HashMap<String, (Id, bool)>,
    /// Code of the product that has it, by SKU code.
    skus: HashMap<String, String>,
}

impl Known {
    pub fn read(tx: &mut Tx<'_>, mall_id: MallId, drafts: &[Draft]) -> Result<Self> {
        let codes: Vec<&str> = drafts.iter().map(|draft| draft.code.as_str()).collect();
        let products: Vec<(String, Id, bool)> = tx.all(
            "select code, id, deleted_at is not null from product where mall_id = $1 and code = any($2)",
            &args![mall_id, &codes],
        )?;
        // An export knows products without a code by their id.
        let ids: Vec<Id> = drafts.iter().filter_map(|d| d.code.strip_prefix('#')?.parse().ok().map(Id)).collect();
        let by_id: Vec<(Id, bool)> = tx.all(
            "select id, deleted_at is not null from product where mall_id = $1 and id = any($2)",
            &args![mall_id, &ids],
        )?;
        let codes: Vec<&str> = drafts.iter().flat_map(|d| d.skus.iter().map(|sku| sku.code.as_str())).collect();
        let skus: Vec<(String, String)> = tx.all(
            "select k.code, coalesce(p.code, '#' || cast(p.id as text))
             from sku k
             join product p on p.mall_id = k.mall_id and p.id = k.product_id
             where k.mall_id = $1 and k.code = any($2)",
            &args![mall_id, &codes],
        )?;
        Ok(Known {
            products: products
                .into_iter()
                .map(|(code, id, binned)| (code, (id, binned)))
                .chain(by_id.into_iter().map(|(id, binned)| (format!("#{id}"), (id, binned))))
                .collect(),
            skus: skus.into_iter().collect(),
        })
    }

    /// SKU codes that another product has.
    pub fn own_codes(&self, draft: &Draft) -> Result<(), Vec<Problem>> {
        let foreign = |code: &str| self.skus.get(code).is_some_and(|owner| *owner != draft.code);
        let told: Vec<Problem> = draft
            .skus
            .iter()
            .filter(|sku| foreign(&sku.code))
            .map(|sku| {
                let message = format!("规格编码 {} 已经被别的商品用了", sku.code);
                Problem::new(sku.line, Column::SkuCode.title(), message)
            })
            .collect();
        if told.is_empty() { Ok(()) } else { Err(told) }
    }
}
