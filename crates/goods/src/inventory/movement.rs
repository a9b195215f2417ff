//! The trail of stock: one row per change, the sum it leaves at the product, and the two reports that compare the trail with the counters.

use super::Holder;
use db::{Arg, Tx, args, row};
use kernel::{Id, Instant, MallId, Result, hours};
use platform::{App, Ctx};

/// One change of one row of stock, about to be written.
pub(super) struct NewMovement<'a> {
    pub sku_id: Id,
    pub location_id: Id,
    pub kind: &'static str,
    pub on_hand_delta: i64,
    pub reserved_delta: i64,
    pub holder: Option<Holder>,
    pub note: Option<&'a str>,
}

/// Writes the movements of one verb in one go, after all its rows of stock were changed.
pub(super) fn record(tx: &mut Tx<'_>, ctx: &Ctx, movements: &[NewMovement<'_>]) -> Result<()> {
    let ids: Vec<Id> = movements.iter().map(|_| ctx.id()).collect();
    let rows: Vec<Vec<Arg>> = movements
        .iter()
        .zip(&ids)
        .map(|(m, id)| {
            Vec::from(args![
                ctx.mall_id,
                m.sku_id,
                *id,
                m.location_id,
                m.kind,
                m.on_hand_delta,
                m.reserved_delta,
                m.holder.map(|h| h.kind),
                m.holder.map(|h| h.id),
                ctx.actor.kind(),
                ctx.actor.id(),
                m.note,
                ctx.now
            ])
        })
        .collect();
    tx.insert_many(
        "insert into stock_movement (mall_id, sku_id, id, location_id, kind, on_hand_delta, reserved_delta,
           holder_kind, holder_id, actor_kind, actor_id, note, at) values",
        "",
        &rows,
    )?;
    if movements.iter().any(|m| m.on_hand_delta != 0) {
        let sku_ids: Vec<Id> = movements.iter().map(|m| m.sku_id).collect();
        add_to_products(tx, ctx, &sku_ids, &ids)?;
    }
    Ok(())
}

/// Keeps `product.on_hand`. The products are locked by a statement of its own, in id order, so that the next one sees
/// whether a SKU was deleted meanwhile.
fn add_to_products(tx: &mut Tx<'_>, ctx: &Ctx, sku_ids: &[Id], movement_ids: &[Id]) -> Result<()> {
    let _locked: Vec<Id> = tx.all(
        "select p.id
         from product p
         where p.mall_id = $1 and p.id in (select k.product_id from sku k where k.mall_id = $1 and k.id = any($2))
         order by p.id
         for update",
        &args![ctx.mall_id, sku_ids],
    )?;
    tx.exec(
        "update product
         set on_hand = on_hand + moved.delta
         from (
           select k.product_id as product_id, cast(sum(m.on_hand_delta) as bigint) as delta
           from stock_movement m
           join sku k on k.mall_id = m.mall_id and k.id = m.sku_id
           where m.mall_id = $1 and m.sku_id = any($2) and m.id = any($3) and k.deleted_at is null
           group by k.product_id
         ) moved
         where product.mall_id = $1 and product.id = moved.product_id and moved.delta <> 0",
        &args![ctx.mall_id, sku_ids, movement_ids],
    )?;
    Ok(())
}

/// A row of stock whose counter and reservations disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    pub sku_id: Id,
    pub location_id: Id,
    /// What the row of stock says.
    pub reserved: i64,
    /// What the reservations sum to.
    pub held: i64,
}
row!(Drift { sku_id, location_id, reserved, held });

/// Where `reserved` differs from the sum of the reservations; empty when all is well. Reported nightly, never repaired
/// silently.
pub fn drift(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<Drift>> {
    tx.all(
        "with held as (
           select sku_id, location_id, cast(sum(quantity) as bigint) as quantity
           from stock_reservation
           where mall_id = $1
           group by sku_id, location_id
         )
         select s.sku_id, s.location_id, s.reserved, coalesce(h.quantity, cast(0 as bigint))
         from stock s
         left join held h on h.sku_id = s.sku_id and h.location_id = s.location_id
         where s.mall_id = $1 and s.reserved <> coalesce(h.quantity, 0)
         order by s.sku_id, s.location_id",
        &args![mall_id],
    )
}

/// Holders (`kind`, id) whose reservations should have been committed or released before `now`, oldest first.
/// The holder's own clock releases them; a list that stays filled tells that this clock stands still.
pub fn overdue(tx: &mut Tx<'_>, mall_id: MallId, now: Instant, limit: i64) -> Result<Vec<(String, Id)>> {
    tx.all(
        "select holder_kind, holder_id
         from stock_reservation
         where mall_id = $1 and expires_at < $2
         group by holder_kind, holder_id
         order by min(expires_at), holder_id
         limit $3",
        &args![mall_id, now, limit],
    )
}

/// The nightly look: every row that drifted and every holder that is overdue goes to the log as an error, in every mall.
/// Nothing is repaired, because a counter that went wrong has a cause that must be found.
pub async fn report_drift(app: App) -> Result<()> {
    let now = app.clock.now();
    for mall in app.malls.all() {
        let mall_id = mall.id;
        let (drifted, late) =
            app.db.read(move |tx| Ok((drift(tx, mall_id)?, overdue(tx, mall_id, now - hours(1), 100)?))).await?;
        for row in drifted {
            tracing::error!(%mall_id, sku_id = %row.sku_id, location_id = %row.location_id, row.reserved, row.held, "stock drifted");
        }
        for (kind, id) in late {
            tracing::error!(%mall_id, kind, %id, "stock is still reserved an hour after its time");
        }
    }
    Ok(())
}
