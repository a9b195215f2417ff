//! Coupons in the storefront: the centre, taking one, what the member has.

use super::grant::{Gift, grant};
use super::model::{CouponRule, CouponSource, Template, Validity};
use super::{code, events, store};
use crate::scope::Scope;
use axum::extract::State;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, days};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path, Query, Visitor};
use serde::{Deserialize, Serialize};
use trade::offers::standing_of;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_coupon_centre))
        .routes(routes!(show_coupon))
        .routes(routes!(take_coupon))
        .routes(routes!(list_my_coupons))
        .routes(routes!(redeem_coupon_code))
}

/// Whether a coupon can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CouponClaim)]
#[serde(rename_all = "snake_case")]
enum Claim {
    Open,
    /// The member has as many as one may have.
    Taken,
    SoldOut,
}

/// A coupon of the centre.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CentreCoupon {
    template_id: Id,
    name: String,
    rule: CouponRule,
    /// The rule in a few words.
    words: String,
    scope: Scope,
    validity: Validity,
    /// Of new members only.
    newcomer: bool,
    /// What taking it names as its source.
    source: TakenFrom,
    /// May be passed on as a link.
    shareable: bool,
    claim: Claim,
    /// Percent already taken; absent without a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_percent: Option<i64>,
}

/// List the coupons that can be had now.
///
/// For a signed-in member with what is still open to them; newcomers' coupons only for newcomers.
#[utoipa::path(get, path = "/coupons", tag = "coupon",
    responses((status = 200, body = Vec<CentreCoupon>), (status = 400, body = ProblemBody, description = "`request.invalid`")))]
async fn list_coupon_centre(State(app): State<App>, visitor: Visitor) -> Answer<Json<Vec<CentreCoupon>>> {
    let (ctx, shopper) = (visitor.ctx.clone(), visitor.shopper_id());
    let found = app
        .db
        .read(move |tx| {
            let open = store::open(tx, ctx.mall_id, ctx.now)?;
            let ids: Vec<Id> = open.iter().map(|t| t.id).collect();
            let (is_new, taken) = match shopper {
                Some(id) if !ids.is_empty() => {
                    (standing_of(tx, &ctx, id)?.is_new, store::taken_by(tx, ctx.mall_id, id, &ids)?)
                }
                _ => (true, Default::default()),
            };
            let shown = open.iter().filter(|t| {
                t.open_at(ctx.now) && (t.from(CouponSource::Centre) || (t.from(CouponSource::Newcomer) && is_new))
            });
            let view = |t: &Template| {
                let way = if t.from(CouponSource::Centre) { TakenFrom::Centre } else { TakenFrom::Newcomer };
                centre_coupon(t, taken.get(&t.id).copied().unwrap_or(0), way)
            };
            Ok(shown.map(view).collect::<Vec<_>>())
        })
        .await?;
    Ok(Json(found))
}

/// How a template can be had by a link: as shared, else as in the centre.
fn by_link(t: &Template) -> Option<TakenFrom> {
    let ways = [
        (CouponSource::Share, TakenFrom::Share),
        (CouponSource::Centre, TakenFrom::Centre),
        (CouponSource::Newcomer, TakenFrom::Newcomer),
    ];
    ways.into_iter().find(|(source, _)| t.from(*source)).map(|(_, way)| way)
}

/// Show a coupon that somebody shared.
#[utoipa::path(get, path = "/coupons/{template_id}", tag = "coupon", params(("template_id" = Id, Path)),
    responses((status = 200, body = CentreCoupon),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`: unknown, or not given out now")))]
async fn show_coupon(
    State(app): State<App>,
    visitor: Visitor,
    Path(template_id): Path<Id>,
) -> Answer<Json<CentreCoupon>> {
    let (ctx, shopper) = (visitor.ctx.clone(), visitor.shopper_id());
    let found = app
        .db
        .read(move |tx| {
            let template = store::find(tx, ctx.mall_id, template_id)?;
            let way = by_link(&template).filter(|_| template.open_at(ctx.now)).ok_or_else(store::not_found)?;
            let had = match shopper {
                Some(id) => store::taken_by(tx, ctx.mall_id, id, &[template_id])?.get(&template_id).copied(),
                None => None,
            };
            Ok(centre_coupon(&template, had.unwrap_or(0), way))
        })
        .await?;
    Ok(Json(found))
}

fn centre_coupon(t: &Template, had: i64, source: TakenFrom) -> CentreCoupon {
    let claim = match () {
        () if had >= t.per_member => Claim::Taken,
        () if t.stock.is_some_and(|stock| t.taken >= stock) => Claim::SoldOut,
        () => Claim::Open,
    };
    CentreCoupon {
        template_id: t.id,
        name: t.name.clone(),
        words: t.rule.words(),
        rule: t.rule.clone(),
        scope: t.scope.clone(),
        validity: t.validity,
        newcomer: source == TakenFrom::Newcomer,
        source,
        shareable: t.from(CouponSource::Share),
        claim,
        taken_percent: t.stock.map(|stock| t.taken * 100 / stock.max(1)),
    }
}

/// From where a member takes a coupon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CouponTakenFrom)]
#[serde(rename_all = "snake_case")]
enum TakenFrom {
    #[default]
    Centre,
    Newcomer,
    /// A link that somebody shared.
    Share,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct TakeCoupon {
    source: TakenFrom,
}

/// Take a coupon.
#[utoipa::path(post, path = "/coupons/{template_id}/take", tag = "coupon", security(("member" = [])),
    params(("template_id" = Id, Path)), request_body = TakeCoupon, responses((status = 200, body = MyCoupon),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`"),
    (status = 409, body = ProblemBody, description = "`coupon.not_open`, `coupon.sold_out`, `coupon.limit_reached`, `coupon.day_sold_out`, `coupon.not_for_you`")))]
async fn take_coupon(
    State(app): State<App>,
    member: Member,
    Path(template_id): Path<Id>,
    Json(request): Json<TakeCoupon>,
) -> Answer<Json<MyCoupon>> {
    let (ctx, member_id) = (member.ctx.clone(), member.id);
    let day = events::day_of(&app, &ctx);
    let source = match request.source {
        TakenFrom::Centre => CouponSource::Centre,
        TakenFrom::Newcomer => CouponSource::Newcomer,
        TakenFrom::Share => CouponSource::Share,
    };
    let coupon = app
        .db
        .write(move |tx| {
            let template = store::find(tx, ctx.mall_id, template_id)?;
            let standing = standing_of(tx, &ctx, member_id)?;
            let refused = match source {
                CouponSource::Newcomer if !standing.is_new => Some("这张券只给新会员"),
                _ => template.audience.refuses(standing),
            };
            if let Some(reason) = refused {
                return Err(Error::conflict("coupon.not_for_you", reason));
            }
            let id = grant(tx, &ctx, day, template_id, member_id, &Gift::of(source))?;
            my_coupon(tx, ctx.mall_id, member_id, id, ctx.now)
        })
        .await?;
    Ok(Json(coupon))
}

/// A code to turn into a coupon.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RedeemCode {
    #[schema(min_length = 4, max_length = 40)]
    code: String,
}

/// Turn a code into a coupon.
#[utoipa::path(post, path = "/coupons/redeem", tag = "coupon", security(("member" = [])), request_body = RedeemCode,
    responses((status = 200, body = MyCoupon), (status = 404, body = ProblemBody, description = "`coupon.code_wrong`"),
    (status = 409, body = ProblemBody, description = "`coupon.code_used`, `coupon.sold_out`, `coupon.limit_reached`")))]
async fn redeem_coupon_code(
    State(app): State<App>,
    member: Member,
    Json(request): Json<RedeemCode>,
) -> Answer<Json<MyCoupon>> {
    if request.code.chars().count() > 40 {
        return Err(Error::field("code", "兑换码最长 40 个字").into());
    }
    let (ctx, member_id) = (member.ctx.clone(), member.id);
    let day = events::day_of(&app, &ctx);
    let coupon = app
        .db
        .write(move |tx| {
            let id = code::redeem_code(tx, &ctx, day, member_id, &request.code)?;
            my_coupon(tx, ctx.mall_id, member_id, id, ctx.now)
        })
        .await?;
    Ok(Json(coupon))
}

/// Which of the member's coupons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CouponState {
    #[default]
    Usable,
    Used,
    Expired,
}

/// A coupon in the member's hand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct MyCoupon {
    id: Id,
    template_id: Id,
    name: String,
    rule: CouponRule,
    words: String,
    scope: Scope,
    valid_from: Instant,
    valid_until: Instant,
    /// Ends within two days.
    expiring: bool,
    /// `unused`, `used`, `giving`.
    status: String,
    with_coupons: bool,
    with_promotions: bool,
    transferable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<Id>,
}

struct MyRow(MyCoupon);

impl FromRow for MyRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (id, template_id, name): (Id, Id, String) = (row.next()?, row.next()?, row.next()?);
        let rule: CouponRule = crate::json(&row.next::<String>()?)?;
        Ok(MyRow(MyCoupon {
            id,
            template_id,
            name,
            words: rule.words(),
            rule,
            scope: crate::json(&row.next::<String>()?)?,
            valid_from: row.next()?,
            valid_until: row.next()?,
            expiring: false,
            status: row.next()?,
            with_coupons: row.next()?,
            with_promotions: row.next()?,
            transferable: row.next()?,
            order_id: row.next()?,
        }))
    }
}

const MINE: &str = "select c.id, c.template_id, t.name, t.rule, t.scope, c.valid_from, c.valid_until, c.status,
      t.with_coupons, t.with_promotions, t.transferable, c.order_id
    from coupon c
    join coupon_template t on t.mall_id = c.mall_id and t.id = c.template_id
    where c.mall_id = $1 and c.member_id = $2";

fn shown(row: MyRow, now: Instant) -> MyCoupon {
    let expiring = row.0.status == "unused" && row.0.valid_until > now && row.0.valid_until <= now + days(2);
    MyCoupon { expiring, ..row.0 }
}

/// One of the member's coupons; `coupon.not_found` (404).
pub(crate) fn my_coupon(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, id: Id, now: Instant) -> Result<MyCoupon> {
    let row: Option<MyRow> = tx.opt(&format!("{MINE} and c.id = $3"), &args![mall_id, member_id, id])?;
    row.map(|row| shown(row, now)).ok_or_else(store::not_found)
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MyCouponQuery {
    #[serde(default)]
    #[param(inline)]
    state: CouponState,
    cursor: Option<String>,
    /// 1–100, 30 if absent.
    limit: Option<i64>,
}

/// List the member's coupons; the usable ones by what ends first.
#[utoipa::path(get, path = "/coupons/mine", tag = "coupon", security(("member" = [])), params(MyCouponQuery),
    responses((status = 200, body = Page<MyCoupon>)))]
async fn list_my_coupons(
    State(app): State<App>,
    member: Member,
    Query(query): Query<MyCouponQuery>,
) -> Answer<Json<Page<MyCoupon>>> {
    let (mall_id, member_id, now) = (member.ctx.mall_id, member.id, member.ctx.now);
    let limit = query.limit.unwrap_or(30).clamp(1, 100);
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let rows = app.db.read(move |tx| mine(tx, mall_id, member_id, now, query.state, cursor, limit + 1)).await?;
    let key = |row: &MyRow| Cursor { key: row.0.valid_until.0, id: row.0.id.0 };
    Ok(Json(Page::from_rows(rows, limit, key).map(|row| shown(row, now))))
}

fn mine(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    now: Instant,
    state: CouponState,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<MyRow>> {
    let (filter, order) = match state {
        CouponState::Usable => (" and c.status in ('unused', 'giving') and c.valid_until > $3", true),
        CouponState::Used => (" and c.status = 'used' and c.taken_at <= $3", false),
        CouponState::Expired => (" and c.status = 'unused' and c.valid_until <= $3", false),
    };
    let start = if order { (i64::MIN, 0) } else { (i64::MAX, i64::MAX) };
    let (key, id) = cursor.map_or(start, |c| (c.key, c.id));
    let (than, way) = if order { (">", "") } else { ("<", " desc") };
    let sql = format!(
        "{MINE}{filter} and (c.valid_until, c.id) {than} ($4, $5) order by c.valid_until{way}, c.id{way} limit $6"
    );
    let values: Vec<Arg> = Vec::from(args![mall_id, member_id, now, key, id, limit]);
    tx.all(&sql, &values)
}
