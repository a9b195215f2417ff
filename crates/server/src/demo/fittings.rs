//! What members of the demo have put aside to try: two sizes of a shoe, one of them laid out, something for somebody else, what
//! is over, and what was laid out for somebody who did not come and still has to go back on the shelf.

use crate::flows::fitting::{READY, evening};
use db::{Tx, args};
use goods::catalog::skus_for_sale;
use goods::store::location_of_store;
use kernel::{Id, Result, hours};
use platform::{Ctx, outbox};
use trade::fitting::{NewFitting, State, end, find, hold, make_ready};

const OFFSET: i64 = hours(8);

pub(super) fn seed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let store: Option<Id> =
        tx.opt("select id from store where mall_id = $1 order by id limit 1", &args![ctx.mall_id])?;
    let members: Vec<Id> = tx
        .all("select id from member where mall_id = $1 and kind = 'member' order by id limit 3", &args![ctx.mall_id])?;
    let (Some(store_id), [ann, bob, eve]) = (store, &members[..]) else { return Ok(()) };
    let (store, location_id) = location_of_store(tx, ctx.mall_id, store_id)?;
    let there: Vec<Id> = tx.all(
        "select k.id
         from stock t
         join sku k on k.mall_id = t.mall_id and k.id = t.sku_id and k.deleted_at is null
         join product p on p.mall_id = k.mall_id and p.id = k.product_id and p.status = 'on_sale'
         where t.mall_id = $1 and t.location_id = $2 and t.on_hand - t.reserved > 2
         order by case when p.slug like '%-running-shoe' then 0 else 1 end, p.id, k.id
         limit 5",
        &args![ctx.mall_id, location_id],
    )?;
    let tomorrow = ctx.now.day_at_offset(OFFSET) + 1;
    let Ok(until) = evening(&store, tomorrow, ctx.now, OFFSET) else { return Ok(()) };
    let skus = skus_for_sale(tx, ctx.mall_id, &there)?;
    let wishes =
        [(ann, State::Ready), (ann, State::Held), (bob, State::Held), (eve, State::Returned), (eve, State::Expired)];
    for ((member_id, state), sku) in wishes.into_iter().zip(&skus) {
        let new = NewFitting { member_id: *member_id, store_id, location_id, sku, quantity: 1, until };
        let id = hold(tx, ctx, &new)?;
        match state {
            State::Ready => {
                make_ready(tx, ctx, id)?;
                outbox::emit(tx, ctx, READY, &serde_json::json!({ "fitting_id": id }))?;
            }
            State::Held => {}
            over => {
                if over == State::Expired {
                    make_ready(tx, ctx, id)?;
                }
                let row = find(tx, ctx.mall_id, id)?;
                end(tx, ctx, &row, over, None)?;
            }
        }
    }
    Ok(())
}
