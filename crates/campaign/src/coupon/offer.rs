//! Coupons as an offer: what the member holds for this basket, and a coupon's use and return.
//! A coupon is used by one guarded update; of two orders at once with one coupon, one is placed.

use super::lane::{COUPON, Candidate, CouponRules};
use super::model::Template;
use super::store;
use db::{Tx, args};
use kernel::{Id, Instant, Result, days};
use platform::{App, Ctx};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use trade::offers::{AppliedRow, Basket, Draft, Offer, Refunded, RuleCache, Rules, Sale, Standing, gone};

/// A coupon that comes back after a refund holds for at least this long.
const GRACE: i64 = days(3);

/// The coupons of every mall.
#[derive(Default)]
pub struct Coupons {
    templates: RuleCache<HashMap<Id, Arc<Template>>>,
}

impl Coupons {
    /// Every template that was ever published.
    pub fn templates(&self, tx: &mut Tx<'_>, ctx: &Ctx, version: i64) -> Result<Arc<HashMap<Id, Arc<Template>>>> {
        self.templates.get(ctx.mall_id, version, || {
            Ok(store::published(tx, ctx.mall_id)?.into_iter().map(|t| (t.id, Arc::new(t))).collect())
        })
    }
}

impl Offer for Coupons {
    fn name(&self) -> &'static str {
        COUPON
    }

    fn gather(&self, _: &App, tx: &mut Tx<'_>, ctx: &Ctx, basket: &Basket<'_>) -> Result<Option<Arc<dyn Rules>>> {
        let Some(version) = basket.version(COUPON) else { return Ok(None) };
        let held = store::held(tx, ctx.mall_id, basket.member_id, ctx.now)?;
        let chosen = basket.choices.coupon_ids.clone();
        if held.is_empty() && chosen.as_ref().is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        let templates = self.templates(tx, ctx, version)?;
        let mut standing = None;
        let mut candidates = Vec::with_capacity(held.len());
        for held in held {
            let Some(template) = templates.get(&held.template_id) else { continue };
            if template.audience.needs_standing() && standing.is_none() {
                standing = Some(basket.standing(tx, ctx)?);
            }
            let mut refused = template.audience.refuses(standing.unwrap_or(Standing::default())).map(str::to_owned);
            if held.valid_from > ctx.now {
                refused = Some("还没到可用的时间".into());
            }
            candidates.push(Candidate { held, template: template.clone(), refused });
        }
        Ok(Some(Arc::new(CouponRules::new(candidates, chosen))))
    }

    fn placed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, draft: &Draft) -> Result<()> {
        let used: BTreeSet<Id> =
            draft.applied.iter().filter(|a| a.source.kind == COUPON).map(|a| a.source.id).collect();
        for id in used {
            let taken = tx.exec(
                "update coupon set status = 'used', order_id = $4, used_at = $5
                 where mall_id = $1 and id = $2 and member_id = $3 and status = 'unused'
                   and valid_from <= $5 and valid_until > $5",
                &args![ctx.mall_id, id, sale.member_id, sale.order_id, ctx.now],
            )?;
            if taken == 0 && !used_by_group(tx, ctx, sale, id)? {
                return Err(gone("优惠券"));
            }
        }
        Ok(())
    }

    fn closed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
        let ids: BTreeSet<Id> = rows.iter().filter(|row| row.source_kind == COUPON).map(|row| row.source_id).collect();
        give_back(tx, ctx, sale, &ids, None)
    }

    fn refunded(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow], back: &Refunded) -> Result<()> {
        // A coupon comes back when nothing is left of all that it was used on.
        let mine = || rows.iter().filter(|row| row.source_kind == COUPON);
        let kept: BTreeSet<Id> = mine()
            .filter(|row| !back.whole && !back.finished_line_ids.contains(&row.line_id))
            .map(|row| row.source_id)
            .collect();
        let mut ids: BTreeSet<Id> = mine().map(|row| row.source_id).filter(|id| !kept.contains(id)).collect();
        if !ids.is_empty() {
            for id in kept_elsewhere(tx, ctx, sale, &ids)? {
                ids.remove(&id);
            }
        }
        give_back(tx, ctx, sale, &ids, Some(ctx.now + GRACE))
    }
}

/// One coupon may have been used on several orders that are paid together; the first of them holds it.
fn used_by_group(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, id: Id) -> Result<bool> {
    let held: Option<(Id,)> = tx.opt(
        "select c.id from coupon c
         join trade_order o on o.mall_id = c.mall_id and o.id = c.order_id and o.group_id = $4
         where c.mall_id = $1 and c.id = $2 and c.member_id = $3 and c.status = 'used'",
        &args![ctx.mall_id, id, sale.member_id, sale.group_id],
    )?;
    Ok(held.is_some())
}

/// Those of some coupons that other orders of the group still have goods, or freight, from.
fn kept_elsewhere(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, ids: &BTreeSet<Id>) -> Result<Vec<Id>> {
    let ids: Vec<Id> = ids.iter().copied().collect();
    let rows: Vec<(Id,)> = tx.all(
        "select distinct d.source_id from trade_order o
         join order_discount d on d.mall_id = o.mall_id and d.order_id = o.id and d.source_kind = $6
           and d.source_id = any($5)
         left join order_line l on l.mall_id = d.mall_id and l.order_id = d.order_id and l.id = d.line_id
         where o.mall_id = $1 and o.member_id = $2 and o.id >= $3 and o.group_id = $3 and o.id <> $4
           and o.status <> 'closed' and (l.id is null or l.refunded_quantity < l.quantity)",
        &args![ctx.mall_id, sale.member_id, sale.group_id, sale.order_id, ids, COUPON],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, ids: &BTreeSet<Id>, at_least: Option<Instant>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<Id> = ids.iter().copied().collect();
    tx.exec(
        "update coupon
         set status = 'unused', order_id = null, used_at = null, reminded_at = null,
             valid_until = case when valid_until < $4 then $4 else valid_until end
         where mall_id = $1 and id = any($3) and status = 'used'
           and order_id in (select o.id from trade_order o
             where o.mall_id = $1 and o.member_id = $5 and o.id >= $2 and o.group_id = $2)",
        &args![ctx.mall_id, sale.group_id, ids, at_least.unwrap_or(Instant(0)), sale.member_id],
    )?;
    Ok(())
}
