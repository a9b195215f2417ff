//! What the names in a file refer to: categories by path or by name, brands, freight templates, shops.

use super::parse::Mistake;
use crate::catalog;
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use std::collections::HashMap;

/// Names of one mall at one moment.
#[derive(Debug, Default)]
pub struct Lookup {
    /// Path (`茶/绿茶`) and, where only one category has it, the bare name.
    categories: HashMap<String, Vec<Id>>,
    brands: HashMap<String, Id>,
    freight: HashMap<String, Id>,
    shops: HashMap<String, Id>,
    category_names: HashMap<Id, String>,
    brand_names: HashMap<Id, String>,
}

impl Lookup {
    pub fn read(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Self> {
        let mut lookup = Lookup::default();
        let rows = catalog::categories(tx, mall_id)?;
        let names: HashMap<Id, &str> = rows.iter().map(|row| (row.id, row.name.as_str())).collect();
        for row in &rows {
            let path: Vec<&str> = row.path_ids().iter().filter_map(|id| names.get(id).copied()).collect();
            let mut keys = vec![path.join("/"), row.name.clone()];
            keys.dedup();
            for key in keys {
                let known = lookup.categories.entry(key).or_default();
                if !known.contains(&row.id) {
                    known.push(row.id);
                }
            }
            lookup.category_names.insert(row.id, row.name.clone());
        }
        for brand in catalog::brands(tx, mall_id)? {
            lookup.brand_names.insert(brand.id, brand.name.clone());
            lookup.brands.insert(brand.name, brand.id);
        }
        let templates: Vec<(String, Id)> =
            tx.all("select name, id from freight_template where mall_id = $1", &args![mall_id])?;
        lookup.freight = templates.into_iter().collect();
        let shops: Vec<(String, Id)> = tx.all("select name, id from shop where mall_id = $1", &args![mall_id])?;
        lookup.shops = shops.into_iter().collect();
        Ok(lookup)
    }

    pub fn category(&self, text: &str) -> Result<Id, Mistake> {
        let path: Vec<&str> = text.split(['/', '>', '＞', '／']).map(str::trim).filter(|p| !p.is_empty()).collect();
        match self.categories.get(&path.join("/")).map(Vec::as_slice) {
            Some([one]) => Ok(*one),
            Some(_) => Err(Mistake(format!("有好几个分类叫“{text}”，请写完整路径，如 茶/绿茶"))),
            None => Err(Mistake(format!("没有“{text}”这个分类，请先新建分类，或改成已有的分类"))),
        }
    }

    pub fn brand(&self, text: &str) -> Result<Id, Mistake> {
        self.brands
            .get(text)
            .copied()
            .ok_or_else(|| Mistake(format!("没有“{text}”这个品牌，请先新建品牌，或改成已有的品牌")))
    }

    pub fn freight(&self, text: &str) -> Result<Id, Mistake> {
        self.freight
            .get(text)
            .copied()
            .ok_or_else(|| Mistake(format!("没有“{text}”这个运费模板，请先新建，或留空使用默认模板")))
    }

    pub fn shop(&self, text: &str) -> Result<Id, Mistake> {
        let found = self.shops.get(text).copied();
        found.ok_or_else(|| Mistake(format!("没有“{text}”这家店铺，请先新开店铺，或留空放进商城自己的店铺")))
    }

    pub fn category_name(&self, id: Id) -> &str {
        self.category_names.get(&id).map_or("", String::as_str)
    }

    pub fn brand_name(&self, id: Option<Id>) -> Option<&str> {
        self.brand_names.get(&id?).map(String::as_str)
    }
}
