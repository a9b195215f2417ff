//! Stock between places and its low marks, in the back office.

use super::admin::{StockRow, stock_row};
use super::level::transfer;
use super::scope;
use crate::store;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Error, Id, Result};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::{self, Claim};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Pieces that go from one place to another.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockTransfer {
    pub sku_id: Id,
    pub from_location_id: Id,
    pub to_location_id: Id,
    #[schema(minimum = 1)]
    pub quantity: i64,
    /// At most 100 characters.
    pub note: Option<String>,
}

/// Both places after a transfer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransferredStock {
    pub from: StockRow,
    pub to: StockRow,
}

/// From which level on a SKU counts as low at a place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LowMark {
    pub sku_id: Id,
    pub location_id: Id,
    /// At or below it the SKU is low; 0 only when it is sold out.
    #[schema(minimum = 0)]
    pub low_mark: i64,
}

/// Low marks to set.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LowMarks {
    /// 1–200.
    pub marks: Vec<LowMark>,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(transfer_stock)).routes(routes!(set_low_marks))
}

/// Move stock from one place to another; only what no order holds can move.
///
/// Needs `inventory.edit`. It lies there at once; what travels is a transfer with goods under way (`/stock-transfers`).
#[utoipa::path(post, path = "/inventory/transfers", tag = "inventory", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = StockTransfer,
    responses((status = 200, body = TransferredStock),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`inventory.no_such_sku`, `location.not_found`"),
        (status = 409, body = ProblemBody, description = "`inventory.below_reserved`: not so many are free there"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn transfer_stock(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    key: IdempotencyKey,
    Json(asked): Json<StockTransfer>,
) -> Answer<Json<TransferredStock>> {
    let claim = Claim::new(&staff.ctx, "inventory.transfer", &key, &asked)?;
    let (sku_id, from, to, mall_id) = (asked.sku_id, asked.from_location_id, asked.to_location_id, staff.mall.id);
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "inventory.transfer", move |tx, ctx| {
            let names = idempotency::once(tx, ctx, &claim, |tx| move_stock(tx, ctx, store_id, &asked))?;
            let summary = format!("从 {} 调拨 {} 件到 {}", names.0, asked.quantity, names.1);
            Ok(((), Note::new("sku", sku_id, summary)))
        })
        .await?;
    let (from, to) =
        app.db.read(move |tx| Ok((stock_row(tx, mall_id, sku_id, from)?, stock_row(tx, mall_id, sku_id, to)?))).await?;
    Ok(Json(TransferredStock { from: from.shown(&app)?, to: to.shown(&app)? }))
}

fn move_stock(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Option<Id>, asked: &StockTransfer) -> Result<(String, String)> {
    let note = asked.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > 100) {
        return Err(Error::field("note", "备注最长 100 个字"));
    }
    let from = store::find_location(tx, ctx.mall_id, asked.from_location_id)?;
    let to = store::find_location(tx, ctx.mall_id, asked.to_location_id)?;
    scope::within(tx, ctx.mall_id, store_id, from.id)?;
    let known: Option<Id> =
        tx.opt("select id from sku where mall_id = $1 and id = $2", &args![ctx.mall_id, asked.sku_id])?;
    known.ok_or_else(|| Error::not_found("inventory.no_such_sku", "没有找到这个规格"))?;
    transfer(tx, ctx, asked.sku_id, from.id, to.id, asked.quantity, note)?;
    Ok((from.name, to.name))
}

/// Set from which level on SKUs count as low.
///
/// Needs `inventory.edit`. A place where the SKU never lay is left out.
#[utoipa::path(put, path = "/inventory/low-marks", tag = "inventory", security(("staff" = [])), request_body = LowMarks,
    responses((status = 204), (status = 403, body = ProblemBody, description = "`inventory.other_store`")))]
async fn set_low_marks(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Json(asked): Json<LowMarks>,
) -> Answer<StatusCode> {
    if !(1..=200).contains(&asked.marks.len()) {
        return Err(Error::field("marks", "一次设置 1 到 200 条").into());
    }
    if asked.marks.iter().any(|mark| !(0..=1_000_000).contains(&mark.low_mark)) {
        return Err(Error::field("marks", "预警数量要在 0 以上").into());
    }
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "inventory.low_marks", move |tx, ctx| {
            if let Some(own) = scope::own_place(tx, ctx.mall_id, store_id)?
                && asked.marks.iter().any(|mark| mark.location_id != own)
            {
                return Err(scope::other_store());
            }
            mark_low(tx, ctx, &asked.marks)?;
            Ok(((), Note::new("sku", asked.marks[0].sku_id, format!("设置 {} 条库存预警", asked.marks.len()))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes down from which level on SKUs count as low; where a SKU never lay, nothing is written.
pub fn mark_low(tx: &mut Tx<'_>, ctx: &Ctx, marks: &[LowMark]) -> Result<()> {
    for mark in marks {
        tx.exec(
            "update stock set low_mark = $4 where mall_id = $1 and sku_id = $2 and location_id = $3",
            &args![ctx.mall_id, mark.sku_id, mark.location_id, mark.low_mark],
        )?;
    }
    Ok(())
}
