//! Promotions as an offer: which hold now for this member, and what an order consumes of them.
//! Budget and per-member limit are guarded updates: `spent_fen` never exceeds `budget_fen`, whoever comes at once.

use super::lane::{LiveRule, PROMOTION, PromotionRules};
use super::model::Promotion;
use super::store;
use db::{Tx, args};
use goods::catalog::SkuForSale;
use kernel::{Fen, Id, Result};
use platform::{App, Ctx};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use trade::offers::{AppliedRow, Basket, Draft, Offer, Refunded, RuleCache, Rules, Sale, Standing, gone};

/// The promotions of every mall.
#[derive(Default)]
pub struct Promotions {
    published: RuleCache<Vec<Arc<Promotion>>>,
}

impl Promotions {
    /// Published promotions of a mall that have not ended at the time they were read; one query when they changed.
    pub fn published(&self, tx: &mut Tx<'_>, ctx: &Ctx, version: i64) -> Result<Arc<Vec<Arc<Promotion>>>> {
        self.published.get(ctx.mall_id, version, || {
            Ok(store::published(tx, ctx.mall_id, ctx.now)?.into_iter().map(Arc::new).collect())
        })
    }
}

impl Offer for Promotions {
    fn name(&self) -> &'static str {
        PROMOTION
    }

    fn gather(&self, _: &App, tx: &mut Tx<'_>, ctx: &Ctx, basket: &Basket<'_>) -> Result<Option<Arc<dyn Rules>>> {
        let Some(version) = basket.version(PROMOTION) else { return Ok(None) };
        let published = self.published(tx, ctx, version)?;
        let live: Vec<&Arc<Promotion>> = published
            .iter()
            .filter(|p| p.live_at(ctx.now) && basket.skus.iter().any(|sku| p.scope.covers(sku)))
            .collect();
        if live.is_empty() {
            return Ok(None);
        }
        let standing = match live.iter().any(|p| p.audience.needs_standing()) {
            true => basket.standing(tx, ctx)?,
            false => Standing::default(),
        };
        // Budgets move with every order, so they are read, not kept.
        let counted: Vec<Id> =
            live.iter().filter(|p| p.budget.is_some() || p.per_member.is_some()).map(|p| p.id).collect();
        let counts = store::counts(tx, ctx.mall_id, basket.member_id, &counted)?;
        let gifts = gifts_of(tx, ctx, basket, &live)?;
        let live = live
            .into_iter()
            .map(|promotion| {
                let (spent, uses) = counts.get(&promotion.id).copied().unwrap_or((Fen::ZERO, 0));
                let budget_left = promotion.budget.map(|budget| Fen(budget.0 - spent.0));
                LiveRule { promotion: promotion.clone(), uses, budget_left }
            })
            .collect();
        Ok(Some(Arc::new(PromotionRules::new(live, standing, gifts))))
    }

    fn placed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, draft: &Draft) -> Result<()> {
        // By id, so that two orders with the same promotions do not wait for each other in a circle.
        let mut used: BTreeMap<Id, Fen> = BTreeMap::new();
        for applied in draft.applied.iter().filter(|applied| applied.source.kind == PROMOTION) {
            let gifts = applied.parts.iter().filter(|part| draft.lines[part.line].gift);
            let mut cost = -applied.amount.0;
            for part in gifts {
                cost += draft.lines[part.line].sku.price.times(part.pieces)?.0;
            }
            used.entry(applied.source.id).or_default().0 += cost;
        }
        for (id, cost) in used {
            consume(tx, ctx, sale, id, cost)?;
        }
        Ok(())
    }

    fn closed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
        give_back(tx, ctx, sale, rows)
    }

    fn refunded(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow], back: &Refunded) -> Result<()> {
        if back.whole { give_back(tx, ctx, sale, rows) } else { Ok(()) }
    }
}

/// What the gifts are, and how many pieces there are where the goods come from: two queries, and none without gifts.
fn gifts_of(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    basket: &Basket<'_>,
    live: &[&Arc<Promotion>],
) -> Result<HashMap<Id, (SkuForSale, i64)>> {
    let mut ids: Vec<Id> = live.iter().flat_map(|p| p.rule.gift_skus()).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    ids.sort_unstable();
    ids.dedup();
    let skus = goods::catalog::skus_for_sale(tx, ctx.mall_id, &ids)?;
    let locations: Vec<Id> = basket.places.iter().map(|(_, location)| *location).collect();
    // While placing, the reservation decides.
    let looked_up = basket.check_stock && !locations.is_empty();
    let available =
        if looked_up { Some(goods::inventory::available_at(tx, ctx.mall_id, &locations, &ids)?) } else { None };
    let there = |sku: &SkuForSale| {
        let place = basket.places.iter().find(|(shop, _)| *shop == sku.shop_id);
        let known = |known: &HashMap<(Id, Id), i64>| known.get(&(place?.1, sku.sku_id)).copied();
        available.as_ref().map_or(i64::MAX, |all| known(all).unwrap_or(0))
    };
    Ok(skus
        .into_iter()
        // A gift travels with goods of its own shop.
        .filter(|gift| basket.skus.iter().any(|sku| sku.shop_id == gift.shop_id))
        .map(|sku| {
            let there = there(&sku);
            let wanted = basket.items.iter().filter(|item| item.sku_id == sku.sku_id).map(|item| item.quantity);
            let left = there.saturating_sub(wanted.sum());
            (sku.sku_id, (sku, left))
        })
        .collect())
}

fn consume(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, id: Id, cost: Fen) -> Result<()> {
    let spent: Option<(Option<i64>, String)> = tx.opt(
        "update promotion
         set spent_fen = spent_fen + $3, used_count = used_count + 1
         where mall_id = $1 and id = $2 and status = 'published' and (budget_fen is null or spent_fen + $3 <= budget_fen)
         returning per_member, name",
        &args![ctx.mall_id, id, cost],
    )?;
    let Some((per_member, name)) = spent else { return Err(gone("活动优惠")) };
    // Orders that are paid together use it once.
    if used_by_group(tx, ctx, sale, id)? {
        tx.exec(
            "update promotion set used_count = used_count - 1 where mall_id = $1 and id = $2",
            &args![ctx.mall_id, id],
        )?;
        return note_use(tx, ctx, sale, id, cost);
    }
    let counted = tx.exec(
        "insert into promotion_member (mall_id, promotion_id, member_id, uses) values ($1, $2, $3, 1)
         on conflict (mall_id, promotion_id, member_id)
         do update set uses = promotion_member.uses + 1 where promotion_member.uses < $4",
        &args![ctx.mall_id, id, sale.member_id, per_member.unwrap_or(i64::MAX)],
    )?;
    if counted == 0 {
        return Err(gone(format_args!("“{name}”的次数")));
    }
    note_use(tx, ctx, sale, id, cost)
}

/// Whether another order of the group still uses the promotion.
fn used_by_group(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, id: Id) -> Result<bool> {
    let other: Option<(Id,)> = tx.opt(
        "select u.order_id from trade_order o
         join promotion_use u on u.mall_id = o.mall_id and u.promotion_id = $2 and u.order_id = o.id
         where o.mall_id = $1 and o.member_id = $3 and o.id >= $4 and o.group_id = $4 and o.id <> $5
           and u.returned_at is null
         limit 1",
        &args![ctx.mall_id, id, sale.member_id, sale.group_id, sale.order_id],
    )?;
    Ok(other.is_some())
}

fn note_use(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, id: Id, cost: Fen) -> Result<()> {
    tx.exec(
        "insert into promotion_use (mall_id, promotion_id, order_id, member_id, cost_fen, used_at)
         values ($1, $2, $3, $4, $5, $6)",
        &args![ctx.mall_id, id, sale.order_id, sale.member_id, cost, ctx.now],
    )?;
    Ok(())
}

/// Budget and count return, once.
fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
    if !rows.iter().any(|row| row.source_kind == PROMOTION) {
        return Ok(());
    }
    let mut returned: Vec<(Id, Fen)> = tx.all(
        "update promotion_use set returned_at = $3
         where mall_id = $1 and order_id = $2 and returned_at is null
         returning promotion_id, cost_fen",
        &args![ctx.mall_id, sale.order_id, ctx.now],
    )?;
    returned.sort_unstable();
    for (id, cost) in returned {
        let last = !used_by_group(tx, ctx, sale, id)?;
        tx.exec(
            "update promotion set spent_fen = spent_fen - $3, used_count = used_count - $4 where mall_id = $1 and id = $2",
            &args![ctx.mall_id, id, cost, i64::from(last)],
        )?;
        if !last {
            continue;
        }
        tx.exec(
            "update promotion_member set uses = uses - 1
             where mall_id = $1 and promotion_id = $2 and member_id = $3 and uses > 0",
            &args![ctx.mall_id, id, sale.member_id],
        )?;
    }
    Ok(())
}
