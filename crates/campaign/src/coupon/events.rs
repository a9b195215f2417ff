//! What happens by itself: coupons after a purchase, reminders before the end, gifts that nobody fetched.

use super::grant::{Gift, grant};
use super::model::CouponSource;
use super::{store, transfer};
use db::{Tx, args};
use kernel::{Fen, Id, Instant, MallId, Result, days};
use platform::outbox::{self, Event};
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Paid {
    order_id: Id,
    member_id: Id,
}

/// Subscriber of `order.paid`: gives the coupons that come after a purchase, once per order.
pub async fn after_purchase(app: App, event: Event) -> Result<()> {
    let paid: Paid = event.read()?;
    let ctx = app.system(event.mall_id);
    let day = day_of(&app, &ctx);
    app.db
        .write(move |tx| {
            let templates = store::of_source(tx, ctx.mall_id, ctx.now, CouponSource::AfterPurchase)?;
            if templates.is_empty() {
                return Ok(());
            }
            // Not to who bought at a counter without saying who they are.
            let total: Option<Fen> = tx.opt(
                "select o.total_fen from trade_order o
                 join member m on m.mall_id = o.mall_id and m.id = o.member_id and m.kind = 'member'
                 where o.mall_id = $1 and o.id = $2",
                &args![ctx.mall_id, paid.order_id],
            )?;
            let Some(total) = total else { return Ok(()) };
            for template in templates.iter().filter(|t| t.min_order.is_none_or(|min| total >= min)) {
                let gift = Gift::of(CouponSource::AfterPurchase).once(format!("order:{}", paid.order_id));
                match tx.savepoint(|tx| grant(tx, &ctx, day, template.id, paid.member_id, &gift)) {
                    Ok(_) => {}
                    // Used up, had already, or enough: no reason to try again.
                    Err(error) if error.kind() == kernel::Kind::Conflict => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
        .await
}

/// The mall's day now.
pub(crate) fn day_of(app: &App, ctx: &Ctx) -> i64 {
    let offset = app.malls.get(ctx.mall_id).map_or(kernel::hours(8), |mall| mall.utc_offset_ms);
    ctx.now.day_at_offset(offset)
}

/// `coupon.expiring`: what a member should be reminded of.
#[derive(Serialize)]
struct Expiring {
    member_id: Id,
    /// Of each coupon, the one that ends first before the others.
    template_ids: Vec<Id>,
    coupon_ids: Vec<Id>,
    /// When the first of them ends.
    until: Instant,
}

/// Names of templates with what they do, by id.
pub fn briefs(tx: &mut Tx<'_>, mall_id: MallId, template_ids: &[Id]) -> Result<BTreeMap<Id, (String, String)>> {
    let found = store::find_all(tx, mall_id, template_ids)?.into_iter();
    Ok(found.map(|t| (t.id, (t.name, t.rule.words()))).collect())
}

/// Hourly: coupons that end within two days are told once, one event per member; unfetched gifts go back.
pub async fn remind_expiring(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        app.db
            .write(move |tx| {
                transfer::return_unfetched(tx, ctx.mall_id, ctx.now)?;
                let due: Vec<(Id, Id, Id, Instant)> = tx.all(
                    "select id, member_id, template_id, valid_until from coupon
                     where mall_id = $1 and status = 'unused' and reminded_at is null
                       and valid_until > $2 and valid_until <= $3
                     order by valid_until
                     limit 2000",
                    &args![ctx.mall_id, ctx.now, ctx.now + days(2)],
                )?;
                let ids: Vec<Id> = due.iter().map(|row| row.0).collect();
                let mut members: BTreeMap<Id, Expiring> = BTreeMap::new();
                for (id, member_id, template_id, until) in due {
                    let (template_ids, coupon_ids) = (Vec::new(), Vec::new());
                    let mine =
                        members.entry(member_id).or_insert(Expiring { member_id, template_ids, coupon_ids, until });
                    mine.template_ids.push(template_id);
                    mine.coupon_ids.push(id);
                }
                for expiring in members.values() {
                    outbox::emit(tx, &ctx, "coupon.expiring", expiring)?;
                }
                tx.exec(
                    "update coupon set reminded_at = $3 where mall_id = $1 and id = any($2)",
                    &args![ctx.mall_id, ids, ctx.now],
                )?;
                Ok(())
            })
            .await?;
    }
    Ok(())
}
