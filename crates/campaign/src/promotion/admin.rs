//! Promotions in the back office. Publishing is `launch`'s: it shows the worst case first.

use super::model::{Promotion, Rule};
use super::store;
use crate::desk::CampaignQuery;
use crate::scope::{Audience, CampaignStatus, Scope};
use axum::extract::State;
use axum::http::StatusCode;
use db::Tx;
use kernel::{Error, Fen, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_promotions, create_promotion)).routes(routes!(
        show_promotion,
        change_promotion,
        delete_promotion
    ))
}

/// A promotion as staff write it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionInput {
    /// 1–30 characters.
    pub name: String,
    pub rule: Rule,
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub audience: Audience,
    /// Now, if absent.
    #[serde(default)]
    pub starts_at: Option<Instant>,
    #[serde(default)]
    pub ends_at: Option<Instant>,
    /// What it may cost altogether; a discount is given whole or not at all.
    #[serde(default)]
    pub budget_fen: Option<i64>,
    /// Times one member may have it.
    #[serde(default)]
    pub per_member: Option<i64>,
    /// Promotions of one group do not share a piece of goods; `default` if absent.
    #[serde(default)]
    pub group: Option<String>,
    /// Lower comes first; 100 if absent.
    #[serde(default)]
    pub priority: Option<i64>,
}

impl PromotionInput {
    /// The promotion these words make; refused where they contradict each other.
    pub fn promotion(&self, id: Id, now: Instant) -> Result<Promotion> {
        let require = |field: &'static str, holds: bool, text: &'static str| {
            if holds { Ok(()) } else { Err(Error::field(field, text)) }
        };
        let name = self.name.trim().to_owned();
        require("name", (1..=30).contains(&name.chars().count()), "名称要有 1 到 30 个字")?;
        self.rule.check()?;
        self.scope.check()?;
        self.audience.check()?;
        let starts_at = self.starts_at.unwrap_or(now);
        require("ends_at", self.ends_at.is_none_or(|end| starts_at < end), "结束时间要晚于开始时间")?;
        let budget = self.budget_fen.is_none_or(|fen| (1..=100 * Fen::MAX.0).contains(&fen));
        require("budget_fen", budget, "预算要大于 0")?;
        require("per_member", self.per_member.is_none_or(|n| (1..=10_000).contains(&n)), "每人次数要大于 0")?;
        let group = self.group.as_deref().map(str::trim).filter(|g| !g.is_empty()).unwrap_or("default").to_owned();
        require("group", group.chars().count() <= 20, "组名最长 20 个字")?;
        let priority = self.priority.unwrap_or(100);
        require("priority", (0..=10_000).contains(&priority), "优先级要在 0 到 10000 之间")?;
        Ok(Promotion {
            id,
            name,
            rule: self.rule.clone(),
            scope: self.scope.clone(),
            audience: self.audience.clone(),
            starts_at,
            ends_at: self.ends_at,
            budget: self.budget_fen.map(Fen),
            spent: Fen::ZERO,
            per_member: self.per_member,
            group,
            priority,
            status: CampaignStatus::Draft,
            updated_at: now,
        })
    }
}

/// A promotion as staff read it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PromotionView {
    pub id: Id,
    pub name: String,
    pub rule: Rule,
    /// The rule in a few words.
    pub words: String,
    pub scope: Scope,
    pub audience: Audience,
    pub starts_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_fen: Option<i64>,
    pub spent_fen: i64,
    pub used_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_member: Option<i64>,
    pub group: String,
    pub priority: i64,
    pub status: CampaignStatus,
    /// It holds at this moment.
    pub live: bool,
    /// Names of the gifts, when one promotion is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gifts: Vec<GiftName>,
}

/// What a gift is called.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GiftName {
    pub sku_id: Id,
    pub name: String,
}

fn view(p: Promotion, used_count: i64, now: Instant) -> PromotionView {
    PromotionView {
        live: p.live_at(now),
        id: p.id,
        name: p.name,
        words: p.rule.words(),
        rule: p.rule,
        scope: p.scope,
        audience: p.audience,
        starts_at: p.starts_at,
        ends_at: p.ends_at,
        budget_fen: p.budget.map(|fen| fen.0),
        spent_fen: p.spent.0,
        used_count,
        per_member: p.per_member,
        group: p.group,
        priority: p.priority,
        status: p.status,
        gifts: Vec::new(),
    }
}

fn load(tx: &mut Tx<'_>, mall_id: MallId, id: Id, now: Instant) -> Result<PromotionView> {
    let promotion = store::find(tx, mall_id, id)?;
    let used = store::used_count(tx, mall_id, id)?;
    let ids: Vec<Id> = promotion.rule.gift_skus().collect();
    let skus = goods::catalog::skus_for_sale(tx, mall_id, &ids)?.into_iter();
    let named = |sku: goods::catalog::SkuForSale| GiftName {
        sku_id: sku.sku_id,
        name: if sku.option_text.is_empty() { sku.name } else { format!("{} · {}", sku.name, sku.option_text) },
    };
    Ok(PromotionView { gifts: skus.map(named).collect(), ..view(promotion, used, now) })
}

/// Gifts are SKUs of this mall.
fn check_gifts(tx: &mut Tx<'_>, ctx: &Ctx, rule: &Rule) -> Result<()> {
    let ids: Vec<Id> = rule.gift_skus().collect();
    let known = goods::catalog::skus_for_sale(tx, ctx.mall_id, &ids)?;
    if ids.iter().all(|id| known.iter().any(|sku| sku.sku_id == *id)) {
        return Ok(());
    }
    Err(Error::field("rule.steps", "有赠品不存在"))
}

/// Writes a promotion and publishes it at once; for content that is made, not typed.
pub fn publish_new(tx: &mut Tx<'_>, ctx: &Ctx, input: &PromotionInput) -> Result<Id> {
    let promotion = input.promotion(ctx.id(), ctx.now)?;
    check_gifts(tx, ctx, &promotion.rule)?;
    store::insert(tx, ctx, &promotion)?;
    store::advance(tx, ctx, promotion.id, &["draft"], CampaignStatus::Published)?;
    Ok(promotion.id)
}

/// List promotions, newest first.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/promotions", tag = "campaign", security(("staff" = [])), params(CampaignQuery),
    responses((status = 200, body = Page<PromotionView>)))]
async fn list_promotions(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Query(query): Query<CampaignQuery>,
) -> Answer<Json<Page<PromotionView>>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    let wanted = query.wanted()?;
    let page = app.db.read(move |tx| store::list(tx, mall_id, wanted)).await?;
    Ok(Json(page.map(|(promotion, used)| view(promotion, used, now))))
}

/// Make a promotion, as a draft.
///
/// Needs `campaign.edit`.
#[utoipa::path(post, path = "/promotions", tag = "campaign", security(("staff" = [])), request_body = PromotionInput,
    responses((status = 201, body = PromotionView)))]
async fn create_promotion(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Json(input): Json<PromotionInput>,
) -> Answer<(StatusCode, Json<PromotionView>)> {
    let made = staff
        .write(&app, "promotion.create", move |tx, ctx| {
            let promotion = input.promotion(ctx.id(), ctx.now)?;
            check_gifts(tx, ctx, &promotion.rule)?;
            store::insert(tx, ctx, &promotion)?;
            let note = Note::new("promotion", promotion.id, format!("新建促销 {}", promotion.name));
            Ok((load(tx, ctx.mall_id, promotion.id, ctx.now)?, note))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Show a promotion.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/promotions/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = PromotionView), (status = 404, body = ProblemBody, description = "`promotion.not_found`")))]
async fn show_promotion(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Path(id): Path<Id>,
) -> Answer<Json<PromotionView>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    Ok(Json(app.db.read(move |tx| load(tx, mall_id, id, now)).await?))
}

/// Change a promotion that is not published; it becomes a draft.
///
/// Needs `campaign.edit`.
#[utoipa::path(put, path = "/promotions/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = PromotionInput, responses((status = 200, body = PromotionView),
    (status = 404, body = ProblemBody, description = "`promotion.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.published`: stop it first")))]
async fn change_promotion(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Json(input): Json<PromotionInput>,
) -> Answer<Json<PromotionView>> {
    let changed = staff
        .write(&app, "promotion.update", move |tx, ctx| {
            let known = store::find(tx, ctx.mall_id, id)?;
            let mut promotion = input.promotion(id, ctx.now)?;
            if input.starts_at.is_none() {
                promotion.starts_at = known.starts_at;
            }
            if promotion.budget.is_some_and(|budget| budget < known.spent) {
                return Err(Error::field("budget_fen", format!("已经花掉 {} 元，预算不能更低", known.spent)));
            }
            check_gifts(tx, ctx, &promotion.rule)?;
            store::update(tx, ctx, &promotion)?;
            let note = Note::new("promotion", id, format!("修改促销 {}", promotion.name));
            Ok((load(tx, ctx.mall_id, id, ctx.now)?, note))
        })
        .await?;
    Ok(Json(changed))
}

/// Delete a draft that no order had.
///
/// Needs `campaign.edit`.
#[utoipa::path(delete, path = "/promotions/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, description = "`promotion.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.not_allowed`")))]
async fn delete_promotion(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "promotion.delete", move |tx, ctx| {
            store::delete(tx, ctx, id)?;
            Ok(((), Note::new("promotion", id, "删除促销草稿")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
