//! Points for a coupon: stock, limit, points and the coupon itself in one transaction; and what was exchanged, for staff
//! and for the copy of a member's data.

use super::model::Thing;
use super::offer::closed;
use super::store::{self, NewExchange};
use crate::coupon::{CouponSource, Gift, grant};
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use people::ledger::{self, Spent};
use people::membership;
use platform::Ctx;

/// Exchanges points for a coupon; answers the coupon. `expected_points` is what the member saw.
///
/// # Errors
/// 404 `points_item.not_found`; 409 `points.closed`, `points_item.changed`, `points_item.sold_out`, `points.not_enough`
/// and the refusals of [`grant`].
pub fn exchange_coupon(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    day: i64,
    member_id: Id,
    item_id: Id,
    expected_points: i64,
) -> Result<Id> {
    if !membership::rules(tx, ctx.mall_id)?.points.enabled {
        return Err(closed());
    }
    people::identity::require_active(tx, ctx.mall_id, member_id)?;
    let item = store::find(tx, ctx.mall_id, item_id)?;
    let Thing::Coupon { template_id } = item.thing else { return Err(store::not_found()) };
    if !item.on_sale {
        return Err(store::not_found());
    }
    if item.points != expected_points {
        return Err(Error::conflict("points_item.changed", format!("现在需要 {}，请确认", item.words())));
    }
    let had = store::taken_by(tx, ctx.mall_id, member_id, &[item_id])?.get(&item_id).copied().unwrap_or(0);
    if let Some(limit) = item.per_member
        && had >= limit
    {
        return Err(Error::conflict("points_item.over_limit", format!("每人限兑 {limit} 张，你已经兑过了")));
    }
    if !store::take(tx, ctx, item_id, member_id, 1, item.points)? {
        return Err(Error::conflict("points_item.sold_out", "来晚了，已经兑完"));
    }
    let id = ctx.id();
    let spent = Spent { member_id, kind: "points_exchanged", source_id: id };
    ledger::spend(tx, ctx, &spent, item.points, "积分兑换优惠券")?;
    // The item has a limit of its own; the template's does not count here.
    let gift = Gift::of(CouponSource::Points).once(format!("points:{id}")).unlimited(None);
    let coupon_id = grant(tx, ctx, day, template_id, member_id, &gift)?;
    let (coupon, points) = (Some(coupon_id), item.points);
    let new = NewExchange { id, item_id, member_id, order_id: None, coupon_id: coupon, pieces: 1, points };
    store::insert_exchange(tx, ctx, &new)?;
    Ok(coupon_id)
}

/// What a member exchanged, for the copy of their data: pieces, points, when.
pub fn exchanges_of(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<(Id, i64, i64, Instant)>> {
    tx.all(
        "select id, pieces, points, created_at from points_exchange
         where mall_id = $1 and member_id = $2
         order by id",
        &args![mall_id, member_id],
    )
}
