//! From sources to goods: the ids of every shelf of a page with one query per kind of source, then all cards in one.

use super::block::{BlockSource, ProductSource};
use crate::catalog::{CardRow, cards};
use db::{Arg, Tx, args};
use kernel::{Id, MallId, Result};
use std::cmp::Reverse;
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
        let mut tags: Vec<&str> = sources
            .iter()
            .filter_map(|source| match source {
                ProductSource::Tag { tag } => Some(tag.as_str()),
                _ => None,
            })
            .collect();
        let mut categories: Vec<Id> = sources
            .iter()
            .filter_map(|source| match source {
                ProductSource::Category { category_id } => Some(*category_id),
                _ => None,
            })
            .collect();
        // Two shelves of one source share its goods.
        tags.sort_unstable();
        tags.dedup();
        categories.sort_unstable();
        categories.dedup();
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

/// The newest products with each tag, those in stock before those that are not.
fn tagged(tx: &mut Tx<'_>, mall_id: MallId, tags: &[&str]) -> Result<Vec<(String, Id)>> {
    let mut found = tagged_where(tx, mall_id, tags, "p.in_stock")?;
    let many = usize::try_from(WIDEST).unwrap_or(0);
    let count = |tag: &str| found.iter().filter(|(of, _)| of == tag).count();
    let short: Vec<&str> = tags.iter().copied().filter(|tag| count(tag) < many).collect();
    if !short.is_empty() {
        found.extend(tagged_where(tx, mall_id, &short, "not p.in_stock")?);
    }
    Ok(found)
}

/// One walk along each tag, which ends when its shelf is full.
fn tagged_where(tx: &mut Tx<'_>, mall_id: MallId, tags: &[&str], stock: &str) -> Result<Vec<(String, Id)>> {
    let mut args = Vec::from(args![mall_id, WIDEST]);
    let shelves: Vec<String> = tags
        .iter()
        .map(|tag| {
            args.push(Arg::from(*tag));
            format!(
                "select tag, id from (
                   select t.tag as tag, t.product_id as id
                   from product_tag t
                   cross join product p
                   where t.mall_id = $1 and t.tag = ${} and p.mall_id = t.mall_id and p.id = t.product_id
                     and p.status = 'on_sale' and {stock}
                   order by t.product_id desc
                   limit $2
                 ) shelf",
                args.len()
            )
        })
        .collect();
    let mut found: Vec<(String, Id)> = tx.all(&shelves.join(" union all "), &args)?;
    found.sort_by_key(|(_, id)| Reverse(*id));
    Ok(found)
}

/// The first products of each category and everything below it: in stock, then the most sold.
fn categorised(tx: &mut Tx<'_>, mall_id: MallId, category_ids: &[Id]) -> Result<Vec<(Id, Id)>> {
    let mut args = Vec::from(args![mall_id, WIDEST]);
    let shelves: Vec<String> = category_ids
        .iter()
        .map(|category_id| {
            args.push(Arg::from(*category_id));
            let n = args.len();
            format!(
                "select root_id, id, in_stock, sales_count from (
                   select cast(${n} as bigint) as root_id, p.id as id, p.in_stock as in_stock, p.sales_count as sales_count
                   from product p
                   where p.mall_id = $1 and p.status = 'on_sale' and p.category_id in (
                     select c.id
                     from category c
                     join category root on root.mall_id = c.mall_id
                     where c.mall_id = $1 and root.id = ${n} and c.path like root.path || '%'
                   )
                   order by p.in_stock desc, p.sales_count desc, p.id desc
                   limit $2
                 ) shelf"
            )
        })
        .collect();
    let mut found: Vec<(Id, Id, bool, i64)> = tx.all(&shelves.join(" union all "), &args)?;
    found.sort_by_key(|(_, id, in_stock, sales)| Reverse((*in_stock, *sales, *id)));
    Ok(found.into_iter().map(|(root_id, id, ..)| (root_id, id)).collect())
}
