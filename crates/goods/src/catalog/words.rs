//! Words around the search box: suggestions while typing, hot words, and one's own history.

use axum::extract::State;
use axum::http::StatusCode;
use platform::cache::{Cached, Topic};
use platform::{Answer, App, Json, Query, Shopper, Visitor, search};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Words that begin like what was typed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Suggestions {
    pub words: Vec<String>,
}

/// Words to show in an empty search box.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HotWords {
    pub words: Vec<String>,
}

/// What the shopper searched for, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SearchHistory {
    pub words: Vec<String>,
}

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(suggest_words))
        .routes(routes!(list_hot_words))
        .routes(routes!(read_search_history, clear_search_history))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Typed {
    /// What was typed so far.
    #[serde(default)]
    q: String,
}

/// Suggest words for a search.
#[utoipa::path(get, path = "/search/suggest", tag = "search", params(Typed), responses((status = 200, body = Suggestions)))]
async fn suggest_words(
    State(app): State<App>,
    visitor: Visitor,
    Query(typed): Query<Typed>,
) -> Answer<Cached<Suggestions>> {
    let mall_id = visitor.mall.id;
    let stamp = app.cache.stamp(&[Topic::Catalog(mall_id)]);
    let words = app.db.read(move |tx| search::suggest(tx, mall_id, &typed.q, 10)).await?;
    Ok(Cached::new(Suggestions { words }, stamp))
}

/// List hot words.
#[utoipa::path(get, path = "/search/hot", tag = "search", responses((status = 200, body = HotWords)))]
async fn list_hot_words(State(app): State<App>, visitor: Visitor) -> Answer<Cached<HotWords>> {
    let mall_id = visitor.mall.id;
    let stamp = app.cache.stamp(&[Topic::Catalog(mall_id)]);
    let words = app.db.read(move |tx| search::hot(tx, mall_id, 12)).await?;
    Ok(Cached::new(HotWords { words }, stamp))
}

/// Read one's own search history.
#[utoipa::path(get, path = "/search/history", tag = "search", security(("member" = [])),
    responses((status = 200, body = SearchHistory)))]
async fn read_search_history(State(app): State<App>, shopper: Shopper) -> Answer<Json<SearchHistory>> {
    let (mall_id, member_id) = (shopper.mall.id, shopper.id);
    let words = app.db.read(move |tx| search::history(tx, mall_id, member_id)).await?;
    Ok(Json(SearchHistory { words }))
}

/// Forget one's own search history.
#[utoipa::path(delete, path = "/search/history", tag = "search", security(("member" = [])), responses((status = 204)))]
async fn clear_search_history(State(app): State<App>, shopper: Shopper) -> Answer<StatusCode> {
    let (mall_id, member_id) = (shopper.mall.id, shopper.id);
    app.db.write(move |tx| search::clear_history(tx, mall_id, member_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
