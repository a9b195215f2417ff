//! Limited-time sales in the storefront: what runs now and what comes next, with the server's clock for the countdown.

use super::store;
use axum::extract::State;
use kernel::{Id, Instant, Result};
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_current_limited_sales))
}

/// A product of a sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct LimitedGoods {
    product_id: Id,
    sku_id: Id,
    name: String,
    option_text: String,
    picture: Picture,
    price_fen: i64,
    /// Without the sale.
    sku_price_fen: i64,
    /// Percent of the cap that was sold; absent without a cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_percent: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_member: Option<i64>,
}

/// A sale that runs or will run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CurrentSale {
    id: Id,
    name: String,
    starts_at: Instant,
    ends_at: Instant,
    live: bool,
    goods: Vec<LimitedGoods>,
}

/// Sales with the server's clock.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CurrentSales {
    now: Instant,
    sales: Vec<CurrentSale>,
}

/// List limited-time sales that run now or are announced.
#[utoipa::path(get, path = "/limited-sales", tag = "campaign", responses((status = 200, body = CurrentSales),
    (status = 400, body = ProblemBody, description = "`request.invalid`")))]
async fn list_current_limited_sales(State(app): State<App>, visitor: Visitor) -> Answer<Json<CurrentSales>> {
    let ctx = visitor.ctx.clone();
    let now = ctx.now;
    let reader = app.clone();
    let sales = app
        .db
        .read(move |tx| -> Result<Vec<CurrentSale>> {
            let sales = store::published(tx, ctx.mall_id, now)?;
            let ids: Vec<Id> = sales.iter().flat_map(|sale| sale.items.iter().map(|item| item.sku_id)).collect();
            let skus: HashMap<Id, _> = goods::catalog::skus_for_sale(tx, ctx.mall_id, &ids)?
                .into_iter()
                .map(|sku| (sku.sku_id, sku))
                .collect();
            let sale_ids: Vec<Id> = sales.iter().map(|sale| sale.id).collect();
            let sold = store::sold_of(tx, ctx.mall_id, &sale_ids)?;
            let shown = |sale: &super::LimitedSale| CurrentSale {
                id: sale.id,
                name: sale.name.clone(),
                starts_at: sale.starts_at,
                ends_at: sale.ends_at,
                live: sale.live_at(now),
                goods: sale
                    .items
                    .iter()
                    .filter_map(|item| {
                        let sku = skus.get(&item.sku_id).filter(|sku| sku.on_sale && sku.price > item.price)?;
                        let sold = sold.get(&(sale.id, item.sku_id)).copied().unwrap_or(0);
                        Some(LimitedGoods {
                            product_id: item.product_id,
                            sku_id: item.sku_id,
                            name: sku.name.clone(),
                            option_text: sku.option_text.clone(),
                            picture: storage::picture(
                                &reader,
                                sku.picture_key.as_deref().unwrap_or_default(),
                                &sku.name,
                            ),
                            price_fen: item.price.0,
                            sku_price_fen: sku.price.0,
                            sold_percent: item.cap.map(|cap| (sold * 100 / cap.max(1)).min(100)),
                            per_member: item.per_member,
                        })
                    })
                    .collect(),
            };
            Ok(sales.iter().map(shown).collect())
        })
        .await?;
    Ok(Json(CurrentSales { now, sales }))
}
