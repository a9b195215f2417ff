//! Tells when stock falls to its warning mark: once, and again only after it was above. A sweep, not a check in every
//! reservation, so that a flash sale pays nothing for it; both questions are answered from the index of low stock.

use db::{Tx, args};
use kernel::{Id, Result};
use platform::{App, Ctx, outbox};
use serde::Serialize;

/// Told per mall and round.
const MOST: i64 = 500;

/// `stock.low`.
#[derive(Serialize)]
struct Low {
    sku_id: Id,
    location_id: Id,
}

/// The sweep.
pub async fn tell_low_stock(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let reader = ctx.clone();
        let (fallen, risen) = app.db.read(move |tx| Ok((fallen(tx, &reader)?, has_risen(tx, &reader)?))).await?;
        if !fallen.is_empty() || risen {
            app.db.write(move |tx| tell(tx, &ctx, &fallen)).await?;
        }
    }
    Ok(())
}

fn fallen(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<(Id, Id)>> {
    tx.all(
        "select s.sku_id, s.location_id
         from stock s
         where s.mall_id = $1
           and s.on_hand - s.reserved <= s.low_mark
           and not exists (select 1 from stock_low_told t
             where t.mall_id = s.mall_id and t.sku_id = s.sku_id and t.location_id = s.location_id)
         limit $2",
        &args![ctx.mall_id, MOST],
    )
}

fn has_risen(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<bool> {
    let one: Option<Id> = tx.opt(
        "select t.sku_id
         from stock_low_told t
         join stock s on s.mall_id = t.mall_id and s.sku_id = t.sku_id and s.location_id = t.location_id
         where t.mall_id = $1 and s.on_hand - s.reserved > s.low_mark
         limit 1",
        &args![ctx.mall_id],
    )?;
    Ok(one.is_some())
}

fn tell(tx: &mut Tx<'_>, ctx: &Ctx, fallen: &[(Id, Id)]) -> Result<()> {
    tx.exec(
        "delete from stock_low_told
         where mall_id = $1
           and exists (select 1 from stock s
             where s.mall_id = stock_low_told.mall_id and s.sku_id = stock_low_told.sku_id
               and s.location_id = stock_low_told.location_id and s.on_hand - s.reserved > s.low_mark)",
        &args![ctx.mall_id],
    )?;
    for (sku_id, location_id) in fallen.iter().copied() {
        let is_new = tx.exec(
            "insert into stock_low_told (mall_id, sku_id, location_id, told_at) values ($1, $2, $3, $4)
             on conflict (mall_id, sku_id, location_id) do nothing",
            &args![ctx.mall_id, sku_id, location_id, ctx.now],
        )?;
        // Another node may have told it meanwhile.
        if is_new == 1 {
            outbox::emit(tx, ctx, "stock.low", &Low { sku_id, location_id })?;
        }
    }
    Ok(())
}
