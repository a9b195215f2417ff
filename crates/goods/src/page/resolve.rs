//! From sources to goods: the ids of every shelf of a page with one query per kind of source, then all cards in one.

use super::block::{BlockSource, ProductSource};
use crate::catalog::{CardRow, cards};
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use std::collections::HashMap;

/// The most products one shelf shows.
const WIDEST: i64 = 20;

/// Cards of a page, by product, and the products of each source.
pub(super) struct Goods {
    cards: HashMap<Id, CardRow>,
    by_tag: HashMap<String, Vec<Id>>,
    by_category: HashMap<Id, Vec<Id>>,
    newest: Vec<Id>,
    best_selling: Vec<Id>,
}

impl Goods {
    /// Reads what the product shelves of a page need.
    pub(super) fn read(tx: &mut Tx<'_>, mall_id: MallId, blocks: &[&BlockSource]) -> Result<Self> {
        let sources: Vec<&ProductSource> = blocks
            .iter()
            .filter_map(|block| match block {
                BlockSource::Products { source, .. } => Some(source),
                _ => None,
            })
            .collect();
        let tags: Vec<&str> = sources
            .iter()
            .filter_map(|source| match source {
                ProductSource::Tag { tag } => Some(tag.as_str()),
                _ => None,
            })
            .collect();
        let categories: Vec<Id> = sources
            .iter()
            .filter_map(|source| match source {
                ProductSource::Category { category_id } => Some(*category_id),
                _ => None,
            })
            .collect();
        let mut goods = Goods {
            cards: HashMap::new(),
            by_tag: HashMap::new(),
            by_category: HashMap::new(),
            newest: if sources.contains(&&ProductSource::Newest) { ordered(tx, mall_id, "p.id desc")? } else { vec![] },
            best_selling: if sources.contains(&&ProductSource::BestSelling) {
                ordered(tx, mall_id, "p.sales_count desc, p.id desc")?
            } else {
                vec![]
            },
        };
        if !tags.is_empty() {
            for (tag, id) in tagged(tx, mall_id, &tags)? {
                goods.by_tag.entry(tag).or_default().push(id);
            }
        }
        if !categories.is_empty() {
            for (category_id, id) in categorised(tx, mall_id, &categories)? {
                goods.by_category.entry(category_id).or_default().push(id);
            }
        }
        let chosen = sources.iter().filter_map(|source| match source {
            ProductSource::Chosen { product_ids } => Some(product_ids.iter()),
            _ => None,
        });
        let mut wanted: Vec<Id> = chosen.flatten().copied().collect();
        wanted.extend(goods.by_tag.values().chain(goods.by_category.values()).flatten());
        wanted.extend(goods.newest.iter().chain(&goods.best_selling));
        wanted.sort_unstable();
        wanted.dedup();
        goods.cards = cards(tx, mall_id, &wanted)?.into_iter().map(|card| (card.id, card)).collect();
        Ok(goods)
    }

    /// The cards of one shelf, in its order.
    pub(super) fn of(&self, source: &ProductSource, limit: i64) -> Vec<CardRow> {
        let none = Vec::new();
        let ids = match source {
            ProductSource::Tag { tag } => self.by_tag.get(tag).unwrap_or(&none),
            ProductSource::Category { category_id } => self.by_category.get(category_id).unwrap_or(&none),
            ProductSource::Newest => &self.newest,
            ProductSource::BestSelling => &self.best_selling,
            ProductSource::Chosen { product_ids } => product_ids,
        };
        let found = ids.iter().filter_map(|id| self.cards.get(id)).filter(|card| card.is_on_sale);
        found.take(usize::try_from(limit).unwrap_or(0)).cloned().collect()
    }
}

fn ordered(tx: &mut Tx<'_>, mall_id: MallId, order: &str) -> Result<Vec<Id>> {
    tx.all(
        &format!(
            "select p.id
             from product p
             where p.mall_id = $1 and p.status = 'on_sale'
             order by {order}
             limit $2"
        ),
        &args![mall_id, WIDEST],
    )
}

fn tagged(tx: &mut Tx<'_>, mall_id: MallId, tags: &[&str]) -> Result<Vec<(String, Id)>> {
    tx.all(
        "select tag, id
         from (
           select t.tag as tag, p.id as id,
             row_number() over (partition by t.tag order by p.in_stock desc, p.id desc) as place
           from product_tag t
           join product p on p.mall_id = t.mall_id and p.id = t.product_id
           where t.mall_id = $1 and t.tag = any($2) and p.status = 'on_sale'
         ) ranked
         where place <= $3
         order by tag, place",
        &args![mall_id, tags, WIDEST],
    )
}

fn categorised(tx: &mut Tx<'_>, mall_id: MallId, category_ids: &[Id]) -> Result<Vec<(Id, Id)>> {
    tx.all(
        "select root_id, id
         from (
           select root.id as root_id, p.id as id,
             row_number() over (partition by root.id order by p.in_stock desc, p.sales_count desc, p.id desc) as place
           from category root
           join category c on c.mall_id = root.mall_id and c.path like root.path || '%'
           join product p on p.mall_id = c.mall_id and p.category_id = c.id
           where root.mall_id = $1 and root.id = any($2) and p.status = 'on_sale'
         ) ranked
         where place <= $3
         order by root_id, place",
        &args![mall_id, category_ids, WIDEST],
    )
}
