//! What a shopper may like. Whether it may be chosen in person is the shopper's own setting, which stands in people;
//! without it everybody gets the same list. Never kept at the edge: the same address answers differently.

use axum::extract::State;
use goods::catalog::ProductCard;
use platform::{Answer, App, Json, Query, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(recommend_products))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RecommendQuery {
    /// 1–20, 10 without it.
    limit: Option<i64>,
}

/// Products to show a shopper.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Recommendations {
    /// True when they were chosen by what this shopper looked at.
    pub personalised: bool,
    pub items: Vec<ProductCard>,
}

/// Recommend products.
///
/// By the categories of what the shopper looked at last; for a shopper who switched `personalised` off in
/// `PATCH /api/v1/me/preferences`, and for nobody, what sells best.
#[utoipa::path(get, path = "/recommendations", tag = "shelf", params(RecommendQuery),
    responses((status = 200, body = Recommendations)))]
async fn recommend_products(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<RecommendQuery>,
) -> Answer<Json<Recommendations>> {
    let (reader, mall_id, shopper) = (app.clone(), visitor.mall.id, visitor.shopper_id());
    let limit = query.limit.unwrap_or(10);
    let found = app
        .db
        .read(move |tx| {
            let of = match shopper {
                Some(id) if people::message::is_personalised(tx, mall_id, id)? => Some(id),
                _ => None,
            };
            let items = goods::shelf::recommended(&reader, tx, mall_id, of, limit)?;
            Ok(Recommendations { personalised: of.is_some(), items })
        })
        .await?;
    Ok(Json(found))
}
