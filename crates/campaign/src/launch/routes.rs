//! Worst case, publish, stop: the same three steps for promotions, coupons and limited-time sales.

use super::CampaignKind;
use super::running::{Campaign, Cost, of_promotion, of_sale, of_template, published};
use super::worst::{Bounds, WorstCase, worst_case};
use crate::promotion::Rule;
use crate::scope::CampaignStatus;
use crate::{coupon, limited, promotion};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Fen, Id, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::seal::Sealer;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_worst_case))
        .routes(routes!(publish_campaign))
        .routes(routes!(stop_campaign))
}

/// What was shown before.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishCampaign {
    /// The `token` of the worst case.
    pub worst_case_token: String,
}

/// Where a campaign stands now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CampaignState {
    pub kind: CampaignKind,
    pub id: Id,
    pub status: CampaignStatus,
}

/// Which kind of campaign an id is; ids are unique over all kinds. `campaign.not_found` (404).
fn kind_of(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<CampaignKind> {
    let kind: Option<String> = tx.opt(
        "select 'promotion' from promotion where mall_id = $1 and id = $2
         union all select 'coupon' from coupon_template where mall_id = $1 and id = $2
         union all select 'limited' from limited_sale where mall_id = $1 and id = $2",
        &db::args![ctx.mall_id, id],
    )?;
    match kind.as_deref() {
        Some("promotion") => Ok(CampaignKind::Promotion),
        Some("coupon") => Ok(CampaignKind::Coupon),
        Some("limited") => Ok(CampaignKind::Limited),
        _ => Err(Error::not_found("campaign.not_found", "没有找到这个活动")),
    }
}

/// The worst case as it is at this moment, with its token.
fn look(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, id: Id) -> Result<(CampaignKind, WorstCase)> {
    let kind = kind_of(tx, ctx, id)?;
    let (campaign, bounds) = match kind {
        CampaignKind::Promotion => promotion_of(tx, ctx, id)?,
        CampaignKind::Coupon => coupon_of(tx, ctx, id)?,
        CampaignKind::Limited => limited_of(tx, ctx, id)?,
    };
    let mut worst = worst_case(&campaign, bounds, &published(tx, ctx)?);
    let shown = serde_json::to_string(&(&worst, campaign.changed_at, id)).map_err(Error::internal)?;
    worst.token = sealer.hash("campaign.worst_case", &shown);
    worst.token.truncate(32);
    Ok((kind, worst))
}

fn promotion_of(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<(Campaign, Bounds)> {
    let p = promotion::find(tx, ctx.mall_id, id)?;
    let gifts: Vec<Id> = p.rule.gift_skus().collect();
    let skus = goods::catalog::skus_for_sale(tx, ctx.mall_id, &gifts)?;
    let mut dearest = Fen::ZERO;
    if let Rule::Gift { steps } = &p.rule {
        for step in steps {
            let mut sum = Fen::ZERO;
            for gift in &step.gifts {
                if let Some(sku) = skus.iter().find(|sku| sku.sku_id == gift.sku_id) {
                    sum = sum.plus(sku.price.times(gift.quantity)?)?;
                }
            }
            dearest = dearest.max(sum);
        }
    }
    Ok((of_promotion(&p, dearest), Bounds { budget: p.budget.map(|fen| (fen, "预算")), times: None }))
}

fn coupon_of(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<(Campaign, Bounds)> {
    let t = coupon::find(tx, ctx.mall_id, id)?;
    let mut campaign = of_template(&t);
    if let coupon::CouponRule::Exchange { pieces } = t.rule {
        // At worst the dearest of its goods.
        let dearest: Option<Fen> = tx
            .opt::<(Option<Fen>,)>(
                "select max(k.price_fen) from sku k
             where k.mall_id = $1 and k.product_id = any($2) and k.deleted_at is null",
                &db::args![ctx.mall_id, &t.scope.ids],
            )?
            .and_then(|(price,)| price);
        campaign.cost = Cost::AtMost(dearest.unwrap_or(Fen::ZERO).times(pieces)?);
    }
    Ok((campaign, Bounds { budget: None, times: t.stock }))
}

fn limited_of(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<(Campaign, Bounds)> {
    let sale = limited::find(tx, ctx.mall_id, id)?;
    let ids: Vec<Id> = sale.items.iter().map(|item| item.sku_id).collect();
    let skus = goods::catalog::skus_for_sale(tx, ctx.mall_id, &ids)?;
    // Per order: every item up to the member's limit. Altogether: every item up to its cap.
    let (mut per_order, mut total) = (Some(Fen::ZERO), Some(Fen::ZERO));
    for item in &sale.items {
        let off = skus.iter().find(|sku| sku.sku_id == item.sku_id).map_or(Fen::ZERO, |sku| sku.price);
        let off = Fen((off.0 - item.price.0).max(0));
        let add = |sum: Option<Fen>, pieces: Option<i64>| -> Result<Option<Fen>> {
            match (sum, pieces) {
                (Some(sum), Some(pieces)) => Ok(Some(sum.plus(off.times(pieces)?)?)),
                _ => Ok(None),
            }
        };
        per_order = add(per_order, item.per_member.or(item.cap))?;
        total = add(total, item.cap)?;
    }
    let mut campaign = of_sale(&sale, Fen::ZERO);
    campaign.cost = per_order.map_or(Cost::Open, Cost::AtMost);
    Ok((campaign, Bounds { budget: total.map(|fen| (fen, "活动数量")), times: None }))
}

/// Show what a campaign costs at worst, what it stacks with and what it conflicts with.
///
/// Needs `campaign.view`. Publishing takes the token.
#[utoipa::path(get, path = "/campaigns/{id}/worst-case", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = WorstCase),
    (status = 404, body = ProblemBody, description = "`campaign.not_found`")))]
async fn show_worst_case(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Path(id): Path<Id>,
) -> Answer<Json<WorstCase>> {
    let (ctx, reader) = (staff.ctx.clone(), app.clone());
    Ok(Json(app.db.read(move |tx| Ok(look(tx, &ctx, &reader.sealer, id)?.1)).await?))
}

/// Publish a campaign whose worst case was seen.
///
/// Needs `campaign.edit`.
#[utoipa::path(post, path = "/campaigns/{id}/publish", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = PublishCampaign,
    responses((status = 200, body = CampaignState),
    (status = 404, body = ProblemBody, description = "`campaign.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.worst_case_unseen`: look at it again; `campaign.not_allowed`")))]
async fn publish_campaign(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Json(request): Json<PublishCampaign>,
) -> Answer<Json<CampaignState>> {
    let reader = app.clone();
    let state = staff
        .write(&app, "campaign.publish", move |tx, ctx| {
            let (kind, worst) = look(tx, ctx, &reader.sealer, id)?;
            if worst.token != request.worst_case_token {
                let text = "活动或同期的其他活动有变化，请重新看过最坏情况再发布";
                return Err(Error::conflict("campaign.worst_case_unseen", text));
            }
            advance(tx, ctx, kind, id, &["draft", "stopped"], CampaignStatus::Published)?;
            let note = Note::new(kind.as_str(), id, format!("发布活动：{}，{}", worst.per_order, worst.total));
            Ok((CampaignState { kind, id, status: CampaignStatus::Published }, note))
        })
        .await?;
    Ok(Json(state))
}

/// Stop a campaign.
///
/// Needs `campaign.edit`. Coupons that members have stay good; orders placed keep what they got.
#[utoipa::path(post, path = "/campaigns/{id}/stop", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = CampaignState),
    (status = 404, body = ProblemBody, description = "`campaign.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.not_allowed`")))]
async fn stop_campaign(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<CampaignState>> {
    let state = staff
        .write(&app, "campaign.stop", move |tx, ctx| {
            let kind = kind_of(tx, ctx, id)?;
            advance(tx, ctx, kind, id, &["published"], CampaignStatus::Stopped)?;
            Ok((CampaignState { kind, id, status: CampaignStatus::Stopped }, Note::new(kind.as_str(), id, "停止活动")))
        })
        .await?;
    Ok(Json(state))
}

fn advance(tx: &mut Tx<'_>, ctx: &Ctx, kind: CampaignKind, id: Id, from: &[&str], to: CampaignStatus) -> Result<()> {
    match kind {
        CampaignKind::Promotion => promotion::advance(tx, ctx, id, from, to),
        CampaignKind::Coupon => coupon::advance(tx, ctx, id, from, to),
        CampaignKind::Limited => limited::advance(tx, ctx, id, from, to),
    }?;
    // Pages show tags and limited prices.
    ctx.touch(tx, platform::cache::Topic::Catalog(ctx.mall_id));
    Ok(())
}
