//! Goods of the points mall as an offer: the first lane sets the item's money price and names the points; placing spends
//! them in the order's own transaction. No promotion, coupon or points-as-money touches such a line.

use super::model::{PointsItem, Thing};
use super::store::{self, NewExchange};
use db::Tx;
use kernel::{Error, Id, Result, days};
use people::ledger::{self, Account, Spent};
use people::membership;
use platform::{App, Ctx};
use std::sync::Arc;
use trade::offers::{AppliedRow, Basket, Draft, LaneName, Lanes, Offer, Refunded, Rules, Sale, Source, gone};

/// Kind of the sources.
pub const POINTS_ITEM: &str = "points_item";
/// What the ledger calls the spending; the order is its source.
const SPENT: &str = "points_exchanged";
/// Points that come back after their day stay good for a week.
const GRACE: i64 = days(7);

/// The points mall of every mall.
#[derive(Default)]
pub struct PointsMall;

/// One item for one basket.
pub struct PointsItemRules {
    pub item: PointsItem,
    pub sku_id: Id,
    /// The member's points.
    pub balance: i64,
    /// Pieces the member has of it.
    pub had: i64,
}

impl Rules for PointsItemRules {
    fn price(&self, lane: LaneName, draft: &mut Draft) -> Result<()> {
        if lane != LaneName::Activity {
            return Ok(());
        }
        let item = &self.item;
        let Some(line) = draft.lines.iter().position(|line| line.sku.sku_id == self.sku_id) else {
            draft.problem(None, "points_item.other_goods", "要兑换的商品不在这一单里");
            return Ok(());
        };
        let (quantity, list_price) = (draft.lines[line].quantity, draft.lines[line].unit_price);
        let points = item.points.checked_mul(quantity).ok_or_else(|| Error::field("items", "数量太大了"))?;
        let sku_id = Some(self.sku_id);
        if item.price >= list_price {
            draft.problem(sku_id, "points_item.dearer", "这件商品现在直接买更划算");
            return Ok(());
        }
        match item.left() {
            Some(0) => draft.problem(sku_id, "points_item.sold_out", "这件商品已经兑完"),
            Some(left) if left < quantity => {
                draft.problem(sku_id, "points_item.sold_out", format!("只剩 {left} 件可兑"));
            }
            _ => {}
        }
        if let Some(limit) = item.per_member
            && self.had + quantity > limit
        {
            draft.problem(sku_id, "points_item.over_limit", format!("每人限兑 {limit} 件"));
        }
        if self.balance < points {
            let text = format!("需要 {points} 积分，你有 {} 积分", self.balance);
            draft.problem(sku_id, "points.not_enough", text);
        }
        let label = format!("{points} 积分兑换");
        let done = draft.activity(Source::new(POINTS_ITEM, item.id), &label, &[(line, item.price)], Lanes::NONE)?;
        if done && let Some(applied) = draft.applied.last_mut() {
            applied.quantity = points;
        }
        Ok(())
    }
}

impl Offer for PointsMall {
    fn name(&self) -> &'static str {
        POINTS_ITEM
    }

    fn gather(&self, _: &App, tx: &mut Tx<'_>, ctx: &Ctx, basket: &Basket<'_>) -> Result<Option<Arc<dyn Rules>>> {
        let Some(id) = basket.choices.points_item_id else { return Ok(None) };
        if !membership::rules(tx, ctx.mall_id)?.points.enabled {
            return Err(closed());
        }
        let item = store::find(tx, ctx.mall_id, id)?;
        let Thing::Sku { sku_id, .. } = item.thing else { return Err(store::not_found()) };
        if !item.on_sale {
            return Err(store::not_found());
        }
        let balance = ledger::balance(tx, ctx.mall_id, basket.member_id, Account::Points)?;
        let had = store::taken_by(tx, ctx.mall_id, basket.member_id, &[id])?.get(&id).copied().unwrap_or(0);
        Ok(Some(Arc::new(PointsItemRules { item, sku_id, balance, had })))
    }

    fn placed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, draft: &Draft) -> Result<()> {
        let Some(applied) = draft.applied.iter().find(|applied| applied.source.kind == POINTS_ITEM) else {
            return Ok(());
        };
        let (item_id, points) = (applied.source.id, applied.quantity);
        let pieces = applied.parts.iter().map(|part| part.pieces).sum();
        if !store::take(tx, ctx, item_id, sale.member_id, pieces, points)? {
            return Err(gone("兑换名额"));
        }
        match ledger::spend(tx, ctx, &spent(sale), points, "积分兑换") {
            Err(error) if error.is("points.not_enough") => return Err(gone("积分")),
            done => done?,
        };
        let (id, member_id, order_id) = (ctx.id(), sale.member_id, Some(sale.order_id));
        store::insert_exchange(
            tx,
            ctx,
            &NewExchange { id, item_id, member_id, order_id, coupon_id: None, pieces, points },
        )
    }

    fn closed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
        if rows.iter().any(|row| row.source_kind == POINTS_ITEM) {
            give_back(tx, ctx, sale, None, "points_exchange_closed", "订单关闭，积分退回", None)?;
        }
        Ok(())
    }

    fn refunded(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow], back: &Refunded) -> Result<()> {
        let mine = |line: i64| rows.iter().any(|row| row.source_kind == POINTS_ITEM && row.line_id == line);
        if !rows.iter().any(|row| row.source_kind == POINTS_ITEM) {
            return Ok(());
        }
        let pieces = back.units.iter().filter(|(line, _)| mine(*line)).map(|(_, units)| units).sum();
        let pieces = if back.whole { None } else { Some(pieces) };
        give_back(tx, ctx, sale, pieces, "points_exchange_refunded", "退款，积分退回", Some(GRACE))
    }
}

fn give_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sale: &Sale,
    pieces: Option<i64>,
    kind: &'static str,
    note: &str,
    grace_ms: Option<i64>,
) -> Result<()> {
    let points = store::give_back(tx, ctx, sale.order_id, pieces)?;
    if points > 0 {
        ledger::give_back(tx, ctx, &spent(sale), (kind, ctx.id()), points, note, grace_ms)?;
    }
    Ok(())
}

fn spent(sale: &Sale) -> Spent {
    Spent { member_id: sale.member_id, kind: SPENT, source_id: sale.order_id }
}

pub(super) fn closed() -> Error {
    Error::conflict("points.closed", "商城现在没有开放积分")
}
