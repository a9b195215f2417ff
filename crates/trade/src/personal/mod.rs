//! What the sale keeps of a member: the cart, orders with their receivers, payments, refunds, parcels and after-sales. Orders that were
//! paid are held after the account is gone, sealed, for as long as the law wants; what was never paid is not.

mod copy;
mod erase;
mod visits;

use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use people::hooks::{Held, PersonalData, Section, UnderWay};
use platform::{App, Ctx};

/// This floor's part of a member's data.
pub struct SaleData;

impl PersonalData for SaleData {
    fn gather(&self, tx: &mut Tx<'_>, app: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        Ok(vec![
            copy::cart(tx, mall_id, member)?,
            copy::orders(tx, &app.sealer, mall_id, member)?,
            copy::order_lines(tx, mall_id, member)?,
            copy::payments(tx, mall_id, member)?,
            copy::refunds(tx, mall_id, member)?,
            copy::parcels(tx, mall_id, member)?,
            copy::after_sales(tx, mall_id, member)?,
            visits::bookings(tx, &app.sealer, mall_id, member)?,
            visits::fittings(tx, mall_id, member)?,
            copy::invoice_titles(tx, &app.sealer, mall_id, member)?,
            copy::invoices(tx, &app.sealer, mall_id, member)?,
        ])
    }

    fn under_way(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<UnderWay>> {
        let rows: Vec<(String, Id, String)> = tx.all(
            "select 'order', id, status
             from trade_order
             where mall_id = $1 and member_id = $2
               and status in ('unpaid', 'paid_waiting', 'to_ship', 'to_pick_up', 'shipped')
             union all
             select 'refund', o.id, r.status
             from trade_order o
             join refund r on r.mall_id = o.mall_id and r.order_id = o.id
             where o.mall_id = $1 and o.member_id = $2 and r.status in ('requested', 'processing')
             union all
             select 'fitting', min(id), min(state)
             from fitting
             where mall_id = $1 and member_id = $2 and state in ('held', 'ready')
             having count(*) > 0
             union all
             select 'after_sale', id, status
             from after_sale
             where mall_id = $1 and member_id = $2 and ended_at is null
             order by 2, 1",
            &args![mall_id, member],
        )?;
        Ok(rows.into_iter().map(|(kind, id, state)| UnderWay { kind, id, state }).collect())
    }

    fn files_kept(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<String>> {
        copy::after_sale_pictures(tx, mall_id, member)
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        tx.exec("delete from cart_line where mall_id = $1 and member_id = $2", &args![ctx.mall_id, member])?;
        crate::invoice::forget_titles(tx, ctx, member)?;
        tx.exec("delete from fitting where mall_id = $1 and member_id = $2", &args![ctx.mall_id, member])?;
        // Nobody has to be called back any more; what was paid is in the order.
        tx.exec(
            "update booking set contact = null, remark = null where mall_id = $1 and member_id = $2",
            &args![ctx.mall_id, member],
        )?;
        erase::never_paid(tx, ctx, member)
    }

    fn held(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Held> {
        let (records, oldest, youngest): (i64, Option<Instant>, Option<Instant>) = tx.one(
            "select count(*), min(x.ended_at), max(x.ended_at)
             from (select coalesce(completed_at, closed_at) as ended_at
               from trade_order
               where mall_id = $1 and member_id = $2 and personal_erased_at is null
                 and not (status = 'closed' and paid_at is null)
               union all
               select created_at from invoice where mall_id = $1 and member_id = $2 and title is not null) x",
            &args![mall_id, member],
        )?;
        Ok(Held { records, oldest_ended_at: oldest, youngest_ended_at: youngest })
    }

    fn erase_held(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id, ended_before: Instant) -> Result<()> {
        erase::ended_before(tx, ctx, member, ended_before)
    }
}
