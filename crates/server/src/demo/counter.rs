//! An open shift at a store's counter, with a few sales of this morning: to somebody nobody knows, to a member, by card.

use crate::flows::counter::{SellAtCounter, sell_in};
use db::{Tx, args};
use kernel::{Actor, Error, Fen, Id, Result, hours};
use platform::permission::Grants;
use platform::{App, Ctx};
use serde_json::{Value, json};
use trade::counter::open_shift;

/// What the drawer begins with: 500 yuan.
const FLOAT: Fen = Fen(50_000);

/// What a clerk may do.
pub(super) const CLERK: [&str; 11] = [
    "order.view",
    "order.ship",
    "order.redeem",
    "order.remark",
    "product.view",
    "inventory.view",
    "store.view",
    "counter.sell",
    "booking.manage",
    "delivery.ride",
    "home.view",
];

/// Opens the shift of the first clerk who is bound to a store, and sells.
pub(super) fn seed(tx: &mut Tx<'_>, app: &App, ctx: &Ctx) -> Result<()> {
    let clerk: Option<(Id, String, Id)> = tx.opt(
        "select id, name, store_id from staff where mall_id = $1 and store_id is not null order by id limit 1",
        &args![ctx.mall_id],
    )?;
    let Some((clerk_id, name, store_id)) = clerk else { return Ok(()) };
    let ctx = &ctx.acting_as(Actor::Staff(clerk_id));
    let grants = Grants::everything(clerk_id, name, Some(store_id));
    let today = ctx.now.day_at_offset(hours(8));
    let shift_id = open_shift(tx, ctx, store_id, clerk_id, FLOAT, today)?;
    let shelf: Vec<(Id, i64)> = tx.all(
        "select k.id, k.price_fen from stock t
         join location l on l.mall_id = t.mall_id and l.id = t.location_id and l.store_id = $2
         join sku k on k.mall_id = t.mall_id and k.id = t.sku_id and k.deleted_at is null
         join product p on p.mall_id = k.mall_id and p.id = k.product_id and p.status = 'on_sale'
         where t.mall_id = $1 and t.on_hand - t.reserved > 3
         order by k.id
         limit 3",
        &args![ctx.mall_id, store_id],
    )?;
    let member: Option<Id> =
        tx.opt("select max(id) from member where mall_id = $1 and kind = 'member'", &args![ctx.mall_id])?;
    let buyers = [None, member, None];
    for (at, ((sku_id, price), member_id)) in shelf.into_iter().zip(buyers).enumerate() {
        let tender: Value = match at {
            0 => json!({ "kind": "cash", "amount_fen": price, "tendered_fen": (price + 9_999) / 10_000 * 10_000 }),
            1 => json!({ "kind": "cash", "amount_fen": price }),
            _ => json!({ "kind": "other", "amount_fen": price, "note": "银行卡" }),
        };
        let sale = json!({ "shift_id": shift_id, "items": [{ "sku_id": sku_id, "quantity": 1 }],
            "member_id": member_id, "expected_total_fen": price, "tenders": [tender] });
        let sale: SellAtCounter = serde_json::from_value(sale).map_err(Error::internal)?;
        // A price that is not the shelf's (a member's tier) is no sale for the demo.
        match tx.savepoint(|tx| sell_in(app, tx, ctx, &grants, &sale, &format!("demo:{at}"), "CNY")) {
            Err(error) if error.is("order.price_changed") => {}
            sold => drop(sold?),
        }
    }
    Ok(())
}
