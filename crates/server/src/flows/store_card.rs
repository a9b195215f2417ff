//! What is on in a store: the campaigns that run now and whose goods it sells.

use axum::extract::State;
use campaign::launch::{self, Campaign, CampaignKind};
use campaign::scope::ScopeKind;
use kernel::{Id, Instant};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_store_campaigns))
}

/// A campaign that holds in a store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StoreCampaign {
    pub id: Id,
    pub kind: CampaignKind,
    pub name: String,
    /// What it gives, in a few words.
    pub words: String,
    pub until: Option<Instant>,
}

/// At most so many are told.
const MOST: usize = 8;

/// List what is on in a store.
///
/// Campaigns that run at this moment for whoever walks by, but for those of other shops; at most eight, those that end first.
#[utoipa::path(get, path = "/stores/{id}/campaigns", tag = "store", params(("id" = Id, Path)),
    responses((status = 200, body = Vec<StoreCampaign>),
        (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn list_store_campaigns(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<Id>,
) -> Answer<Json<Vec<StoreCampaign>>> {
    let ctx = app.system(visitor.mall.id);
    let found = app
        .db
        .read(move |tx| {
            let store = goods::store::find_store(tx, ctx.mall_id, id)?;
            let mut running = launch::on_show(tx, &ctx)?;
            running.retain(|campaign| holds(campaign, store.shop_id, ctx.now));
            Ok(running)
        })
        .await?;
    let mut found: Vec<StoreCampaign> = found
        .into_iter()
        .map(|Campaign { id, kind, name, words, until, .. }| StoreCampaign { id, kind, name, words, until })
        .collect();
    found.sort_by_key(|campaign| (campaign.until.is_none(), campaign.until, campaign.id));
    found.truncate(MOST);
    Ok(Json(found))
}

fn holds(campaign: &Campaign, shop_id: Id, now: Instant) -> bool {
    let runs = campaign.from <= now && campaign.until.is_none_or(|end| now < end);
    runs && (campaign.scope.kind != ScopeKind::Shop || campaign.scope.ids.contains(&shop_id))
}
