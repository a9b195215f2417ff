//! The SKUs of which points may cover less, with their names: the rule is the members' domain, the names the goods'.

use axum::extract::State;
use db::Tx;
use kernel::{Id, MallId, Result};
use people::membership::{SkuCap, save_sku_caps, sku_caps};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_points_caps, change_points_caps))
}

/// SKUs with a cap of their own.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkuCaps {
    #[schema(max_items = 1000)]
    pub items: Vec<SkuCap>,
}

/// A cap with the name of what it is for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SkuCapRow {
    pub sku_id: Id,
    pub percent: i64,
    /// Empty when the SKU is gone.
    pub name: String,
    pub option_text: String,
}

fn named(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<SkuCapRow>> {
    let caps = sku_caps(tx, mall_id)?;
    let ids: Vec<Id> = caps.iter().map(|cap| cap.sku_id).collect();
    let skus = goods::catalog::skus_for_sale(tx, mall_id, &ids)?;
    let row = |cap: SkuCap| {
        let sku = skus.iter().find(|sku| sku.sku_id == cap.sku_id);
        SkuCapRow {
            sku_id: cap.sku_id,
            percent: cap.percent,
            name: sku.map(|sku| sku.name.clone()).unwrap_or_default(),
            option_text: sku.map(|sku| sku.option_text.clone()).unwrap_or_default(),
        }
    };
    Ok(caps.into_iter().map(row).collect())
}

/// List the SKUs of which points may cover less.
///
/// Permission `loyalty.edit`.
#[utoipa::path(get, path = "/loyalty/sku-caps", tag = "membership", security(("staff" = [])),
    responses((status = 200, body = Vec<SkuCapRow>)))]
async fn list_points_caps(State(app): State<App>, staff: Staff<perm::LoyaltyEdit>) -> Answer<Json<Vec<SkuCapRow>>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| named(tx, mall_id)).await?))
}

/// Change the SKUs of which points may cover less.
///
/// Permission `loyalty.edit`. Replaces all of them.
#[utoipa::path(put, path = "/loyalty/sku-caps", tag = "membership", security(("staff" = [])), request_body = SkuCaps,
    responses((status = 200, body = Vec<SkuCapRow>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the item that does not fit")))]
async fn change_points_caps(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Json(input): Json<SkuCaps>,
) -> Answer<Json<Vec<SkuCapRow>>> {
    let mall_id = staff.mall.id;
    let saved = staff
        .write(&app, "loyalty.change_caps", move |tx, ctx| {
            save_sku_caps(tx, ctx, &input.items)?;
            let summary = format!("单独设置 {} 个规格的积分抵扣比例", input.items.len());
            Ok((named(tx, mall_id)?, Note::new("mall", mall_id, summary)))
        })
        .await?;
    Ok(Json(saved))
}
