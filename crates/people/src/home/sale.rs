//! What members with a home buy, one row an order and one a refund, written where the money is counted.

use db::{Tx, args};
use kernel::{Fen, Id, Result};
use platform::Ctx;

/// An order of a member was paid: it counts for the home in force, once. `counter` is the store whose counter sold it.
pub fn count_paid(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    member_id: Id,
    order_id: Id,
    amount: Fen,
    counter: Option<Id>,
) -> Result<()> {
    let counted = tx.exec(
        "insert into home_sale (mall_id, order_id, kind, source_id, home_id, store_id, clerk_id, place, amount_fen, at)
         select h.mall_id, cast($3 as bigint), 'paid', cast($3 as bigint), h.id, h.store_id, h.clerk_id,
           case when cast($4 as bigint) is null then 'online' when h.store_id = $4 then 'here' else 'elsewhere' end,
           cast($5 as bigint), cast($6 as bigint)
         from member_home h
         where h.mall_id = $1 and h.member_id = $2 and h.ended_at is null
         on conflict do nothing",
        &args![ctx.mall_id, member_id, order_id, counter, amount, ctx.now],
    )?;
    if counted == 1 {
        tx.exec(
            "update member_home set bought_at = $3
             where mall_id = $1 and member_id = $2 and ended_at is null and bought_at is null",
            &args![ctx.mall_id, member_id, ctx.now],
        )?;
    }
    Ok(())
}

/// Money of an order goes back: it leaves the home that had counted it, once a refund, wherever the member belongs by now.
pub fn count_refund(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, refund_id: Id, amount: Fen) -> Result<()> {
    tx.exec(
        "insert into home_sale (mall_id, order_id, kind, source_id, home_id, store_id, clerk_id, place, amount_fen, at)
         select s.mall_id, s.order_id, 'refunded', cast($3 as bigint), s.home_id, s.store_id, s.clerk_id, s.place,
           -cast($4 as bigint), cast($5 as bigint)
         from home_sale s
         where s.mall_id = $1 and s.order_id = $2 and s.kind = 'paid' and s.source_id = $2
         on conflict do nothing",
        &args![ctx.mall_id, order_id, refund_id, amount, ctx.now],
    )?;
    Ok(())
}
