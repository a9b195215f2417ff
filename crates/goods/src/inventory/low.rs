//! Tells when stock falls to its warning mark: once, and again only after it was above. A sweep, not a check in every
//! reservation, so that a flash sale pays nothing for it; both questions are answered from the index of low stock.
//! Programs hear of it by a webhook, staff by a list that the back office rings with.

use super::admin::{Row, StockRow, rows_of};
use super::scope;
use axum::extract::State;
use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use platform::permission::perm;
use platform::{Answer, App, Ctx, Json, Staff, outbox};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

/// Stock that fell to its warning mark and is still there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LowNotice {
    pub told_at: Instant,
    pub stock: StockRow,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_low_notices))
}

/// List what fell to its warning mark, the newest first.
///
/// Needs `inventory.view`. The newest 50 of what is still low; a clerk of a store hears of its own shelf. All of it is the
/// stock list with `low=true`.
#[utoipa::path(get, path = "/inventory/low-notices", tag = "inventory", security(("staff" = [])),
    responses((status = 200, body = Vec<LowNotice>)))]
async fn list_low_notices(State(app): State<App>, staff: Staff<perm::InventoryView>) -> Answer<Json<Vec<LowNotice>>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let rows = app.db.read(move |tx| told(tx, mall_id, store_id)).await?;
    let shown = rows.into_iter().map(|(told_at, row)| Ok(LowNotice { told_at, stock: row.shown(&app)? }));
    Ok(Json(shown.collect::<Result<_>>()?))
}

fn told(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<Vec<(Instant, Row)>> {
    let own = scope::own_place(tx, mall_id, store_id)?;
    let mut args = Vec::from(args![mall_id]);
    let mut chosen = String::new();
    if let Some(own) = own {
        args.push(own.into());
        chosen += " and t.location_id = $2";
    }
    let newest: Vec<(Instant, Id, Id)> = tx.all(
        &format!(
            "select t.told_at, t.sku_id, t.location_id
             from stock_low_told t
             where t.mall_id = $1{chosen}
             order by t.told_at desc, t.sku_id desc, t.location_id desc
             limit 50"
        ),
        &args,
    )?;
    let sku_ids: Vec<Id> = newest.iter().map(|row| row.1).collect();
    let places: Vec<Id> = newest.iter().map(|row| row.2).collect();
    let mut rows = rows_of(tx, mall_id, &sku_ids, &places)?;
    let mut shown = Vec::with_capacity(newest.len());
    for (told_at, sku_id, location_id) in newest {
        if let Some(at) = rows.iter().position(|row| (row.sku_id, row.location_id) == (sku_id, location_id)) {
            shown.push((told_at, rows.swap_remove(at)));
        }
    }
    Ok(shown)
}
