//! What a SKU was asked for, and the list price that may stand struck through beside its price (划线价).
//!
//! The rule (ADR 0008, after 规范促销行为暂行规定 第 21 条): a list price is shown only while the price is really reduced.
//! The reference is the lowest price asked in the seven days before the present price began; the list price may not be
//! above it, the goods must have been asked for at that price for a whole day at least, and a reduction that has stood for
//! ninety days is the normal price. What does not keep the rule is kept as a wish and not shown.

use super::save::touch;
use db::{Arg, Tx, args};
use kernel::{Id, Instant, MallId, Result, days};
use platform::{App, Ctx};
use std::collections::HashMap;

/// Most fen a SKU may cost; as in the table's check.
pub const DEAREST: i64 = 10_000_000_000;

/// How far back the lowest price is looked for.
pub const LOOKED_BACK: i64 = days(7);
/// How long the earlier price must have been asked.
pub const ASKED_FOR: i64 = days(1);
/// How long a reduction may call itself one.
pub const REDUCED_FOR: i64 = days(90);

/// A price and since when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub price_fen: i64,
    pub from: Instant,
}

/// The list price that may be shown now, if any. `history` is in order of time and ends with the present price; prices
/// that were taken back within the same moment count like any other.
pub fn struck(history: &[Asked], wish: Option<i64>, now: Instant) -> Option<i64> {
    let wish = wish?;
    let present = history.last()?;
    // The present price began when the last change to it was made; saving the same price again changes nothing.
    let began = history.iter().rev().take_while(|asked| asked.price_fen == present.price_fen).last()?.from;
    let start = began - LOOKED_BACK;
    let mut reference: Option<i64> = None;
    let mut asked_for = 0;
    for (place, asked) in history.iter().enumerate() {
        if asked.from >= began {
            break;
        }
        let until = history.get(place + 1).map_or(began, |next| next.from).min(began);
        if until > start {
            reference = Some(reference.map_or(asked.price_fen, |lowest| lowest.min(asked.price_fen)));
        }
        if asked.price_fen >= wish {
            asked_for += until - asked.from;
        }
    }
    let supported = reference.is_some_and(|lowest| wish <= lowest) && asked_for >= ASKED_FOR;
    (wish > present.price_fen && supported && now - began < REDUCED_FOR).then_some(wish)
}

/// Notes the prices of SKUs where they differ from the last ones noted: `(sku, price)`.
pub fn note_prices(tx: &mut Tx<'_>, ctx: &Ctx, prices: &[(Id, i64)]) -> Result<()> {
    let ids: Vec<Id> = prices.iter().map(|(id, _)| *id).collect();
    let last: Vec<(Id, i64)> = tx.all(
        "select h.sku_id, h.price_fen
         from price_history h
         where h.mall_id = $1 and h.sku_id = any($2)
           and h.id = (
             select l.id
             from price_history l
             where l.mall_id = h.mall_id and l.sku_id = h.sku_id
             order by l.from_at desc, l.id desc
             limit 1
           )",
        &args![ctx.mall_id, &ids],
    )?;
    let last: HashMap<Id, i64> = last.into_iter().collect();
    let changed: Vec<(Id, i64)> = prices.iter().filter(|(id, price)| last.get(id) != Some(price)).copied().collect();
    note_new_prices(tx, ctx, &changed)
}

/// Notes prices that surely differ from the last ones, as those of new SKUs.
pub fn note_new_prices(tx: &mut Tx<'_>, ctx: &Ctx, prices: &[(Id, i64)]) -> Result<()> {
    let rows: Vec<Vec<Arg>> = prices
        .iter()
        .map(|(id, price)| {
            Vec::from(args![ctx.mall_id, *id, ctx.id(), *price, ctx.now, ctx.actor.kind(), ctx.actor.id()])
        })
        .collect();
    tx.insert_many(
        "insert into price_history (mall_id, sku_id, id, price_fen, from_at, actor_kind, actor_id) values",
        "",
        &rows,
    )?;
    Ok(())
}

/// Brings the shown list prices of products up to date with the history. Called after every change of a price or of a
/// list price, in its transaction, and daily by the sweep for reductions that have grown old.
pub fn settle_struck(tx: &mut Tx<'_>, ctx: &Ctx, product_ids: &[Id]) -> Result<()> {
    let skus: Vec<(Id, Option<i64>, Option<i64>)> = tx.all(
        "select id, list_price_fen, struck_fen
         from sku
         where mall_id = $1 and product_id = any($2) and deleted_at is null
           and (list_price_fen is not null or struck_fen is not null)",
        &args![ctx.mall_id, product_ids],
    )?;
    let ids: Vec<Id> = skus.iter().map(|(id, ..)| *id).collect();
    let history = histories(tx, ctx.mall_id, &ids)?;
    let none = Vec::new();
    for (id, wish, shown) in skus {
        let now = struck(history.get(&id).unwrap_or(&none), wish, ctx.now);
        if now != shown {
            tx.exec("update sku set struck_fen = $3 where mall_id = $1 and id = $2", &args![ctx.mall_id, id, now])?;
        }
    }
    // The card shows that of the cheapest SKU.
    let changed: Vec<Id> = tx.all(
        "with cheapest as (
           select p.id as product_id, (
             select k.struck_fen
             from sku k
             where k.mall_id = p.mall_id and k.product_id = p.id and k.deleted_at is null
             order by k.price_fen, k.position, k.id
             limit 1
           ) as struck_fen
           from product p
           where p.mall_id = $1 and p.id = any($2)
         )
         update product
         set list_price_fen = cheapest.struck_fen
         from cheapest
         where product.mall_id = $1 and product.id = cheapest.product_id
           and product.list_price_fen is distinct from cheapest.struck_fen
         returning product.id",
        &args![ctx.mall_id, product_ids],
    )?;
    changed.into_iter().try_for_each(|id| touch(tx, ctx, id))
}

/// Histories of SKUs in order of time, those that are long by their last hundred entries.
fn histories(tx: &mut Tx<'_>, mall_id: MallId, sku_ids: &[Id]) -> Result<HashMap<Id, Vec<Asked>>> {
    let rows: Vec<(Id, i64, Instant)> = tx.all(
        "select sku_id, price_fen, from_at
         from price_history
         where mall_id = $1 and sku_id = any($2)
         order by sku_id, from_at, id",
        &args![mall_id, sku_ids],
    )?;
    let mut found: HashMap<Id, Vec<Asked>> = HashMap::new();
    for (id, price_fen, from) in rows {
        found.entry(id).or_default().push(Asked { price_fen, from });
    }
    Ok(found)
}

/// The daily sweep: reductions that have stood too long lose their list price.
pub async fn settle_old_reductions(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let mall_id = mall.id;
        let ids: Vec<Id> = app
            .db
            .read(move |tx| {
                tx.all(
                    "select distinct product_id from sku where mall_id = $1 and struck_fen is not null",
                    &args![mall_id],
                )
            })
            .await?;
        for some in ids.chunks(200) {
            let (ctx, some) = (app.system(mall_id), some.to_vec());
            app.db.write(move |tx| settle_struck(tx, &ctx, &some)).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod unit {
    use super::*;

    const NOW: Instant = Instant(1_000 * days(1));

    fn history(prices: &[(i64, i64)]) -> Vec<Asked> {
        prices
            .iter()
            .map(|(days_ago, price_fen)| Asked { price_fen: *price_fen, from: NOW - days(*days_ago) })
            .collect()
    }

    #[test]
    fn a_list_price_needs_a_history_that_supports_it() {
        // Asked 200 for a month, 150 since three days.
        let reduced = history(&[(30, 200), (3, 150)]);
        assert_eq!(struck(&reduced, Some(200), NOW), Some(200));
        assert_eq!(struck(&reduced, Some(180), NOW), Some(180));
        assert_eq!(struck(&reduced, Some(201), NOW), None, "never asked");
        assert_eq!(struck(&reduced, Some(150), NOW), None, "no reduction");
        assert_eq!(struck(&reduced, None, NOW), None);
        // Never sold for anything else.
        assert_eq!(struck(&history(&[(30, 150)]), Some(200), NOW), None);
        assert_eq!(struck(&[], Some(200), NOW), None);
    }

    #[test]
    fn the_lowest_price_of_the_week_before_is_the_reference() {
        // 200, then 160 for two days, then 150: the week before 150 began saw 160.
        let twice = history(&[(30, 200), (5, 160), (3, 150)]);
        assert_eq!(struck(&twice, Some(200), NOW), None);
        assert_eq!(struck(&twice, Some(160), NOW), Some(160));
        // A low price long before the week does not count.
        let long_ago = history(&[(60, 100), (30, 200), (3, 150)]);
        assert_eq!(struck(&long_ago, Some(200), NOW), Some(200));
        // Raised for an hour to look reduced: not a day.
        let raised = vec![
            Asked { price_fen: 150, from: NOW - days(30) },
            Asked { price_fen: 300, from: NOW - days(8) },
            Asked { price_fen: 150, from: NOW - days(8) + 3_600_000 },
        ];
        assert_eq!(struck(&raised, Some(300), NOW), None);
    }

    #[test]
    fn a_reduction_grows_old_and_saving_again_does_not_renew_it() {
        assert_eq!(struck(&history(&[(200, 200), (89, 150)]), Some(200), NOW), Some(200));
        assert_eq!(struck(&history(&[(200, 200), (90, 150)]), Some(200), NOW), None);
        assert_eq!(struck(&history(&[(200, 200), (90, 150), (5, 150)]), Some(200), NOW), None);
    }
}
