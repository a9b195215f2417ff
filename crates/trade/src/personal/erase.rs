//! Taking the person out of an order: receiver, remarks, payer and the parcel's journey go; sums, goods and times stay.

use db::{Tx, args};
use kernel::{Error, Id, Instant, Result};
use platform::Ctx;

/// Orders that closed without ever being paid: no trade took place, nothing is held.
pub(super) fn never_paid(tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
    let orders: Vec<(Id, Id)> = tx.all(
        "select id, group_id
         from trade_order
         where mall_id = $1 and member_id = $2 and status = 'closed' and paid_at is null and personal_erased_at is null",
        &args![ctx.mall_id, member],
    )?;
    take_out(tx, ctx, member, orders)
}

/// Orders that ended before an instant.
pub(super) fn ended_before(tx: &mut Tx<'_>, ctx: &Ctx, member: Id, instant: Instant) -> Result<()> {
    let orders: Vec<(Id, Id)> = tx.all(
        "select id, group_id
         from trade_order
         where mall_id = $1 and member_id = $2 and status in ('completed', 'closed')
           and coalesce(completed_at, closed_at) <= $3 and personal_erased_at is null",
        &args![ctx.mall_id, member, instant],
    )?;
    take_out(tx, ctx, member, orders)?;
    // The books keep the number and the amount of an invoice, not the name on it.
    tx.exec(
        "update invoice set title = null where mall_id = $1 and member_id = $2 and created_at <= $3",
        &args![ctx.mall_id, member, instant],
    )?;
    // Payments of what is no order: top-ups, paid membership.
    tx.exec(
        "update payment
         set payer = null, instruction = null
         where mall_id = $1 and member_id = $2 and payable_kind <> 'order_group'
           and coalesce(paid_at, created_at) <= $3",
        &args![ctx.mall_id, member, instant],
    )?;
    Ok(())
}

fn take_out(tx: &mut Tx<'_>, ctx: &Ctx, member: Id, orders: Vec<(Id, Id)>) -> Result<()> {
    if orders.is_empty() {
        return Ok(());
    }
    let (ids, groups): (Vec<Id>, Vec<Id>) = orders.into_iter().unzip();
    tx.exec(
        "update trade_order
         set receiver = null, receiver_search = null, receiver_name_search = null, remark = null, staff_remark = null,
             personal_erased_at = $3
         where mall_id = $1 and id = any($2)",
        &args![ctx.mall_id, &ids, ctx.now],
    )?;
    let lists: Vec<(String,)> = tx.all(
        "select picture_keys from after_sale where mall_id = $1 and order_id = any($2) and picture_keys <> '[]'",
        &args![ctx.mall_id, &ids],
    )?;
    let mut pictures = Vec::new();
    for (list,) in lists {
        pictures.extend(serde_json::from_str::<Vec<String>>(&list).map_err(Error::internal)?);
    }
    people::privacy::remove_pictures(tx, ctx, pictures)?;
    tx.exec(
        "update after_sale
         set description = null, picture_keys = '[]', staff_note = null, answer = null
         where mall_id = $1 and order_id = any($2)",
        &args![ctx.mall_id, &ids],
    )?;
    tx.exec(
        "update after_sale_event set text = kind
         where mall_id = $1
           and after_sale_id in (select id from after_sale where mall_id = $1 and order_id = any($2))",
        &args![ctx.mall_id, &ids],
    )?;
    tx.exec(
        "update local_order set place_sealed = null where mall_id = $1 and order_id = any($2)",
        &args![ctx.mall_id, &ids],
    )?;
    tx.exec("update parcel set track = null where mall_id = $1 and order_id = any($2)", &args![ctx.mall_id, &ids])?;
    // A payment may stand for several orders: the payer goes with the last of them.
    tx.exec(
        "update payment
         set payer = null, instruction = null
         where mall_id = $1 and payable_kind = 'order_group' and payable_id = any($2)
           and not exists (
             select 1
             from trade_order o
             where o.mall_id = $1 and o.member_id = $3 and o.group_id = payment.payable_id
               and o.personal_erased_at is null
           )",
        &args![ctx.mall_id, &groups, member],
    )?;
    Ok(())
}
