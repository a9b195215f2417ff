//! Limited-time prices as an offer. Cap and member's limit are guarded updates: no piece too many is sold at the price,
//! and pieces of unpaid orders return to the sale.

use super::model::LimitedSale;
use super::store;
use db::{Arg, Tx, args};
use kernel::{Fen, Id, Result};
use platform::{App, Ctx};
use std::collections::BTreeMap;
use std::sync::Arc;
use trade::offers::{
    AppliedRow, Basket, Draft, LaneName, Lanes, Offer, PriceOffer, Refunded, RuleCache, Rules, Sale, Source, gone,
};

/// Kind of the sources and of the version of limited-time sales.
pub const LIMITED: &str = "limited";

/// The sales of every mall.
#[derive(Default)]
pub struct LimitedSales {
    published: RuleCache<Vec<LimitedSale>>,
}

impl LimitedSales {
    /// Published sales of a mall that had not ended when they were read.
    pub fn published(&self, tx: &mut Tx<'_>, ctx: &Ctx, version: i64) -> Result<Arc<Vec<LimitedSale>>> {
        self.published.get(ctx.mall_id, version, || store::published(tx, ctx.mall_id, ctx.now))
    }
}

/// A limited price of a SKU for this member now.
#[derive(Debug, Clone)]
pub struct LimitedPrice {
    pub sale_id: Id,
    pub name: String,
    pub sku_id: Id,
    pub price: Fen,
    /// Pieces left in the sale.
    pub left: Option<i64>,
    /// Pieces the member may still have, and how many one may have altogether.
    pub allowance: Option<(i64, i64)>,
    pub allows: Lanes,
}

/// The prices for one basket.
pub struct LimitedRules(pub Vec<LimitedPrice>);

/// What a sale allows of the later lanes.
pub fn allowed(with_promotions: bool, with_coupons: bool) -> Lanes {
    let lanes = if with_promotions { Lanes::ALL } else { Lanes::ALL.without(LaneName::Promotion) };
    if with_coupons { lanes } else { lanes.without(LaneName::Coupon) }
}

impl Rules for LimitedRules {
    fn price(&self, lane: LaneName, draft: &mut Draft) -> Result<()> {
        if lane != LaneName::BestPrice {
            return Ok(());
        }
        for price in &self.0 {
            let Some(line) = draft.open(lane).find(|i| draft.lines[*i].sku.sku_id == price.sku_id) else { continue };
            let (source, quantity) = (Source::new(LIMITED, price.sale_id), draft.lines[line].quantity);
            let left = price.left.unwrap_or(i64::MAX).max(0);
            let mine = price.allowance.map_or(i64::MAX, |(mine, _)| mine).max(0);
            let pieces = left.min(mine);
            let label = format!("{}：{}", price.name, draft.lines[line].sku.name);
            if pieces < quantity {
                let reason = match (left <= mine, pieces, price.allowance) {
                    (true, 0, _) => "限时购已抢完".to_owned(),
                    (true, n, _) => format!("限时购只剩 {n} 件，其余按原价"),
                    (false, 0, Some((_, limit))) => format!("每人限购 {limit} 件，你已经买过"),
                    (false, _, Some((_, limit))) => format!("每人限购 {limit} 件，其余按原价"),
                    (false, _, None) => String::new(),
                };
                draft.decline(lane, Some(source.clone()), &label, reason);
            }
            if pieces > 0 {
                let (unit_price, allows) = (price.price, price.allows);
                let pieces = Some(pieces);
                draft.propose(PriceOffer { line, unit_price, pieces, source, label: price.name.clone(), allows });
            }
        }
        Ok(())
    }
}

impl Offer for LimitedSales {
    fn name(&self) -> &'static str {
        LIMITED
    }

    fn gather(&self, _: &App, tx: &mut Tx<'_>, ctx: &Ctx, basket: &Basket<'_>) -> Result<Option<Arc<dyn Rules>>> {
        let Some(version) = basket.version(LIMITED) else { return Ok(None) };
        let published = self.published(tx, ctx, version)?;
        let wanted: Vec<Id> = basket.items.iter().map(|item| item.sku_id).collect();
        let mut prices: Vec<LimitedPrice> = Vec::new();
        let (mut sale_ids, mut sku_ids) = (Vec::new(), Vec::new());
        for sale in published.iter().filter(|sale| sale.live_at(ctx.now)) {
            for item in sale.items.iter().filter(|item| wanted.contains(&item.sku_id)) {
                if item.cap.is_some() || item.per_member.is_some() {
                    sale_ids.push(sale.id);
                    sku_ids.push(item.sku_id);
                }
                prices.push(LimitedPrice {
                    sale_id: sale.id,
                    name: sale.name.clone(),
                    sku_id: item.sku_id,
                    price: item.price,
                    left: item.cap,
                    allowance: item.per_member.map(|limit| (limit, limit)),
                    allows: allowed(sale.with_promotions, sale.with_coupons),
                });
            }
        }
        if prices.is_empty() {
            return Ok(None);
        }
        if !sku_ids.is_empty() {
            let counts = store::counts(tx, ctx.mall_id, basket.member_id, &sale_ids, &sku_ids)?;
            for price in &mut prices {
                let (sold, had) = counts.get(&(price.sale_id, price.sku_id)).copied().unwrap_or((0, 0));
                price.left = price.left.map(|cap| cap - sold);
                price.allowance = price.allowance.map(|(limit, _)| (limit - had, limit));
            }
        }
        Ok(Some(Arc::new(LimitedRules(prices))))
    }

    fn placed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, draft: &Draft) -> Result<()> {
        // By sale and SKU, so that two orders do not wait for each other in a circle.
        let mut used: BTreeMap<(Id, Id), i64> = BTreeMap::new();
        for applied in draft.applied.iter().filter(|applied| applied.source.kind == LIMITED) {
            for part in &applied.parts {
                *used.entry((applied.source.id, draft.lines[part.line].sku.sku_id)).or_default() += part.pieces;
            }
        }
        for ((sale_id, sku_id), pieces) in &used {
            consume(tx, ctx, sale, *sale_id, *sku_id, *pieces)?;
        }
        let rows: Vec<Vec<Arg>> = used
            .into_iter()
            .map(|((sale_id, sku_id), pieces)| {
                Vec::from(args![ctx.mall_id, sale.order_id, sale_id, sku_id, sale.member_id, pieces])
            })
            .collect();
        tx.insert_many(
            "insert into limited_use (mall_id, order_id, sale_id, sku_id, member_id, pieces) values",
            "",
            &rows,
        )?;
        Ok(())
    }

    fn closed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
        give_back(tx, ctx, sale, rows)
    }

    fn refunded(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow], back: &Refunded) -> Result<()> {
        if back.whole { give_back(tx, ctx, sale, rows) } else { Ok(()) }
    }
}

fn consume(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, sale_id: Id, sku_id: Id, pieces: i64) -> Result<()> {
    let limit: Option<Option<i64>> = tx
        .opt::<(Option<i64>,)>(
            "update limited_item set sold = sold + $4
             where mall_id = $1 and sale_id = $2 and sku_id = $3 and (cap is null or sold + $4 <= cap)
             returning per_member",
            &args![ctx.mall_id, sale_id, sku_id, pieces],
        )?
        .map(|(limit,)| limit);
    let Some(limit) = limit else { return Err(gone("限时价的名额")) };
    let limit = limit.unwrap_or(i64::MAX);
    let counted = tx.exec(
        "insert into limited_member (mall_id, sale_id, sku_id, member_id, pieces) values ($1, $2, $3, $4, $5)
         on conflict (mall_id, sale_id, sku_id, member_id)
         do update set pieces = limited_member.pieces + excluded.pieces
         where limited_member.pieces + excluded.pieces <= $6",
        &args![ctx.mall_id, sale_id, sku_id, sale.member_id, pieces, limit],
    )?;
    if counted == 0 || pieces > limit { Err(gone("限时价的名额")) } else { Ok(()) }
}

/// Pieces return to the sale, once.
fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
    if !rows.iter().any(|row| row.source_kind == LIMITED) {
        return Ok(());
    }
    let mut returned: Vec<(Id, Id, i64)> = tx.all(
        "update limited_use set returned_at = $3
         where mall_id = $1 and order_id = $2 and returned_at is null
         returning sale_id, sku_id, pieces",
        &args![ctx.mall_id, sale.order_id, ctx.now],
    )?;
    returned.sort_unstable();
    for (sale_id, sku_id, pieces) in returned {
        tx.exec(
            "update limited_item set sold = sold - $4
             where mall_id = $1 and sale_id = $2 and sku_id = $3",
            &args![ctx.mall_id, sale_id, sku_id, pieces],
        )?;
        tx.exec(
            "update limited_member set pieces = pieces - $5
             where mall_id = $1 and sale_id = $2 and sku_id = $3 and member_id = $4",
            &args![ctx.mall_id, sale_id, sku_id, sale.member_id, pieces],
        )?;
    }
    Ok(())
}
