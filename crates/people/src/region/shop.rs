//! The region picker's one read.

use super::{Region, children};
use axum::extract::State;
use kernel::Error;
use platform::cache::Cached;
use platform::problem::ProblemBody;
use platform::{Answer, App, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_regions))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RegionQuery {
    /// Code of the division above; the provinces without it.
    #[param(example = "33")]
    parent: Option<String>,
}

/// List the divisions below one.
///
/// Province → city → district → street. Carries an `ETag`; the data changes once a year at most.
#[utoipa::path(
    get,
    path = "/regions",
    tag = "region",
    params(RegionQuery),
    responses(
        (status = 200, body = Vec<Region>),
        (status = 404, body = ProblemBody, description = "`region.unknown`: no such parent"),
    )
)]
async fn list_regions(State(app): State<App>, Query(query): Query<RegionQuery>) -> Answer<Cached<Vec<Region>>> {
    let stamp = app.cache.stamp(&[]);
    let parent = query.parent.as_deref().filter(|parent| !parent.is_empty());
    let regions = children(parent).ok_or_else(|| Error::not_found("region.unknown", "没有这个地区").at("parent"))?;
    Ok(Cached::new(regions, stamp))
}
