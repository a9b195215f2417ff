//! Coupon templates in the back office. Publishing is `launch`'s: it shows the worst case first.

use super::model::{CouponRule, CouponSource, Template, Validity};
use super::{grant, store};
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

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_coupon_templates, create_coupon_template))
        .routes(routes!(show_coupon_template, change_coupon_template, delete_coupon_template))
        .routes(routes!(give_coupons))
}

/// A coupon template as staff write it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CouponTemplateInput {
    /// 1–20 characters.
    pub name: String,
    /// A coupon of this shop; absent: of the mall, on top of shop coupons.
    #[serde(default)]
    pub shop_id: Option<Id>,
    pub rule: CouponRule,
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub audience: Audience,
    pub validity: Validity,
    pub sources: Vec<CouponSource>,
    /// Now, if absent.
    #[serde(default)]
    pub takes_from: Option<Instant>,
    #[serde(default)]
    pub takes_until: Option<Instant>,
    /// How many there are; absent: without bound.
    #[serde(default)]
    pub stock: Option<i64>,
    #[schema(minimum = 1, maximum = 1000)]
    pub per_member: i64,
    #[serde(default)]
    pub daily_quota: Option<i64>,
    /// May be used beside another coupon.
    #[serde(default = "yes")]
    pub with_coupons: bool,
    /// Goods that a promotion made cheaper count too.
    #[serde(default = "yes")]
    pub with_promotions: bool,
    #[serde(default)]
    pub transferable: bool,
    /// With `after_purchase`: what the order must have cost.
    #[serde(default)]
    pub min_order_fen: Option<i64>,
}

const fn yes() -> bool {
    true
}

impl CouponTemplateInput {
    /// The template these words make; refused where they contradict each other.
    pub fn template(&self, id: Id, now: Instant) -> Result<Template> {
        let mut sources = self.sources.clone();
        sources.sort_by_key(|source| source.as_str());
        sources.dedup();
        let template = Template {
            id,
            name: self.name.trim().to_owned(),
            shop_id: self.shop_id,
            rule: self.rule.clone(),
            scope: self.scope.clone(),
            audience: self.audience.clone(),
            validity: self.validity,
            sources,
            takes_from: self.takes_from.unwrap_or(now),
            takes_until: self.takes_until,
            stock: self.stock,
            taken: 0,
            per_member: self.per_member,
            daily_quota: self.daily_quota,
            with_coupons: self.with_coupons,
            with_promotions: self.with_promotions,
            transferable: self.transferable,
            min_order: self.min_order_fen.map(Fen),
            status: CampaignStatus::Draft,
            updated_at: now,
        };
        template.check()?;
        Ok(template)
    }
}

/// A coupon template as staff read it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CouponTemplateView {
    pub id: Id,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop_id: Option<Id>,
    pub rule: CouponRule,
    /// The rule in a few words.
    pub words: String,
    pub scope: Scope,
    pub audience: Audience,
    pub validity: Validity,
    pub sources: Vec<CouponSource>,
    pub takes_from: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes_until: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    pub per_member: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_quota: Option<i64>,
    pub with_coupons: bool,
    pub with_promotions: bool,
    pub transferable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_order_fen: Option<i64>,
    pub taken: i64,
    pub used: i64,
    pub status: CampaignStatus,
    /// It is given out at this moment.
    pub open: bool,
}

fn view(t: Template, used: i64, now: Instant) -> CouponTemplateView {
    CouponTemplateView {
        open: t.open_at(now),
        id: t.id,
        words: t.rule.words(),
        name: t.name,
        shop_id: t.shop_id,
        rule: t.rule,
        scope: t.scope,
        audience: t.audience,
        validity: t.validity,
        sources: t.sources,
        takes_from: t.takes_from,
        takes_until: t.takes_until,
        stock: t.stock,
        per_member: t.per_member,
        daily_quota: t.daily_quota,
        with_coupons: t.with_coupons,
        with_promotions: t.with_promotions,
        transferable: t.transferable,
        min_order_fen: t.min_order.map(|fen| fen.0),
        taken: t.taken,
        used,
        status: t.status,
    }
}

fn load(tx: &mut Tx<'_>, mall_id: MallId, id: Id, now: Instant) -> Result<CouponTemplateView> {
    let template = store::find(tx, mall_id, id)?;
    let used = store::used(tx, mall_id, &[id])?.get(&id).copied().unwrap_or(0);
    Ok(view(template, used, now))
}

/// A shop coupon names a shop of this mall.
fn check_shop(tx: &mut Tx<'_>, mall_id: MallId, shop_id: Option<Id>) -> Result<()> {
    let Some(shop_id) = shop_id else { return Ok(()) };
    let known: Option<Id> =
        tx.opt("select id from shop where mall_id = $1 and id = $2", &db::args![mall_id, shop_id])?;
    if known.is_some() { Ok(()) } else { Err(Error::field("shop_id", "没有找到这家店铺")) }
}

/// Writes a template and publishes it at once; for content that is made, not typed.
pub fn publish_new(tx: &mut Tx<'_>, ctx: &Ctx, input: &CouponTemplateInput) -> Result<Id> {
    let template = input.template(ctx.id(), ctx.now)?;
    store::insert(tx, ctx, &template)?;
    store::advance(tx, ctx, template.id, &["draft"], CampaignStatus::Published)?;
    Ok(template.id)
}

/// List coupon templates, newest first.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/coupon-templates", tag = "campaign", security(("staff" = [])), params(CampaignQuery),
    responses((status = 200, body = Page<CouponTemplateView>)))]
async fn list_coupon_templates(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Query(query): Query<CampaignQuery>,
) -> Answer<Json<Page<CouponTemplateView>>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    let wanted = query.wanted()?;
    let page = app
        .db
        .read(move |tx| {
            let page = store::list(tx, mall_id, wanted)?;
            let ids: Vec<Id> = page.items.iter().map(|t| t.id).collect();
            let used = store::used(tx, mall_id, &ids)?;
            Ok(page.map(|t| {
                let used = used.get(&t.id).copied().unwrap_or(0);
                view(t, used, now)
            }))
        })
        .await?;
    Ok(Json(page))
}

/// Make a coupon template, as a draft.
///
/// Needs `campaign.edit`.
#[utoipa::path(post, path = "/coupon-templates", tag = "campaign", security(("staff" = [])),
    request_body = CouponTemplateInput, responses((status = 201, body = CouponTemplateView)))]
async fn create_coupon_template(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Json(input): Json<CouponTemplateInput>,
) -> Answer<(StatusCode, Json<CouponTemplateView>)> {
    let made = staff
        .write(&app, "coupon_template.create", move |tx, ctx| {
            check_shop(tx, ctx.mall_id, input.shop_id)?;
            let template = input.template(ctx.id(), ctx.now)?;
            store::insert(tx, ctx, &template)?;
            let note = Note::new("coupon_template", template.id, format!("新建优惠券 {}", template.name));
            Ok((load(tx, ctx.mall_id, template.id, ctx.now)?, note))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Show a coupon template.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/coupon-templates/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = CouponTemplateView), (status = 404, body = ProblemBody, description = "`coupon.not_found`")))]
async fn show_coupon_template(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Path(id): Path<Id>,
) -> Answer<Json<CouponTemplateView>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    Ok(Json(app.db.read(move |tx| load(tx, mall_id, id, now)).await?))
}

/// Change a coupon template that nobody took.
///
/// Needs `campaign.edit`.
#[utoipa::path(put, path = "/coupon-templates/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = CouponTemplateInput, responses((status = 200, body = CouponTemplateView),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.published`")))]
async fn change_coupon_template(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Json(input): Json<CouponTemplateInput>,
) -> Answer<Json<CouponTemplateView>> {
    let changed = staff
        .write(&app, "coupon_template.update", move |tx, ctx| {
            check_shop(tx, ctx.mall_id, input.shop_id)?;
            let template = input.template(id, ctx.now)?;
            store::update(tx, ctx, &template)?;
            let note = Note::new("coupon_template", id, format!("修改优惠券 {}", template.name));
            Ok((load(tx, ctx.mall_id, id, ctx.now)?, note))
        })
        .await?;
    Ok(Json(changed))
}

/// Delete a draft.
///
/// Needs `campaign.edit`.
#[utoipa::path(delete, path = "/coupon-templates/{id}", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 204),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`"),
    (status = 409, body = ProblemBody, description = "`campaign.not_allowed`")))]
async fn delete_coupon_template(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "coupon_template.delete", move |tx, ctx| {
            store::delete(tx, ctx, id)?;
            Ok(((), Note::new("coupon_template", id, "删除优惠券草稿")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom to give a coupon: members by id, or by their phones.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiveCoupons {
    /// At most 1,000 together with `phones`.
    #[serde(default)]
    member_ids: Vec<Id>,
    #[serde(default)]
    phones: Vec<String>,
}

/// How many got one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct GivenCoupons {
    given: i64,
    /// Phones that belong to no member.
    unknown_phones: Vec<String>,
}

/// Give coupons to members.
///
/// Needs `campaign.edit`. The member's own limit does not count for gifts.
#[utoipa::path(post, path = "/coupon-templates/{id}/gifts", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = GiveCoupons, responses((status = 200, body = GivenCoupons),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`, `member.not_found`"),
    (status = 409, body = ProblemBody, description = "`coupon.not_open`, `coupon.sold_out`")))]
async fn give_coupons(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Json(request): Json<GiveCoupons>,
) -> Answer<Json<GivenCoupons>> {
    if !(1..=1_000).contains(&(request.member_ids.len() + request.phones.len())) {
        return Err(Error::field("member_ids", "一次发给 1 到 1000 位会员").into());
    }
    let (sealer, staff_id) = (app.clone(), staff.grants.staff_id);
    let given = staff
        .write(&app, "coupon_template.give", move |tx, ctx| {
            let mut ids = request.member_ids.clone();
            let known = people::identity::briefs(tx, &sealer.sealer, ctx.mall_id, &ids)?;
            if ids.iter().any(|id| !known.contains_key(id)) {
                return Err(Error::not_found("member.not_found", "有会员不存在"));
            }
            let mut unknown_phones = Vec::new();
            for phone in &request.phones {
                match people::identity::find_by_phone(tx, &sealer.sealer, ctx.mall_id, phone.trim())? {
                    Some(id) => ids.push(id),
                    None => unknown_phones.push(phone.clone()),
                }
            }
            ids.sort_unstable();
            ids.dedup();
            let given = match ids.is_empty() {
                true => 0,
                false => grant::grant_many(tx, ctx, id, &ids, staff_id)?,
            };
            let given = i64::try_from(given).map_err(Error::internal)?;
            let note = Note::new("coupon_template", id, format!("发券给 {given} 位会员"));
            Ok((GivenCoupons { given, unknown_phones }, note))
        })
        .await?;
    Ok(Json(given))
}
