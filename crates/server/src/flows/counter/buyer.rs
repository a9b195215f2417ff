//! Who buys: the member shows a code that renews itself, or says a phone number. Staff see a name and a masked phone.

use axum::extract::State;
use kernel::{Error, Id, Instant, Result, minutes};
use people::identity;
use people::ledger::{self, Account};
use people::membership;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Staff};
use serde::{Deserialize, Serialize};
use trade::counter::{MemberCode, MemberCodes};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_member_code))
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(find_counter_member))
}

/// What a member shows at the counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MemberCodeView {
    /// Text for the QR picture.
    pub code: String,
    /// The same code in an even number of digits, for Code 128.
    #[schema(pattern = "^[0-9]{30}$")]
    pub digits: String,
    pub expires_at: Instant,
    /// When to ask for the next one; it comes before this one ends.
    pub renew_in_ms: i64,
    pub points: i64,
    pub balance_fen: i64,
}

/// Show my member code.
///
/// Signed for two minutes; ask again after `renew_in_ms`. Shown at a counter it names the member and confirms a payment from
/// the balance, once.
#[utoipa::path(get, path = "/me/member-code", tag = "member", security(("member" = [])),
    responses((status = 200, body = MemberCodeView)))]
async fn show_member_code(State(app): State<App>, member: Member) -> Answer<Json<MemberCodeView>> {
    let code = MemberCode::fresh(member.id, member.ctx.now);
    let codes = MemberCodes::new(&app.sealer, member.mall.id);
    let (text, digits) = (codes.text(&code)?, codes.digits(&code));
    let (mall_id, member_id) = (member.mall.id, member.id);
    let held = app.db.read(move |tx| ledger::balances(tx, mall_id, member_id)).await?;
    let of = |account| held.get(&account).copied().unwrap_or(0);
    Ok(Json(MemberCodeView {
        code: text,
        digits,
        expires_at: code.expires_at,
        renew_in_ms: minutes(1),
        points: of(Account::Points),
        balance_fen: of(Account::Principal) + of(Account::Gift),
    }))
}

/// A code that was scanned, or a phone number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindCounterMember {
    #[schema(min_length = 4, max_length = 200)]
    pub code: String,
}

/// A member at the counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterMember {
    pub id: Id,
    pub nickname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_masked: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_name: Option<String>,
    pub points: i64,
    pub balance_fen: i64,
    /// Can confirm a payment from the balance by password.
    pub has_password: bool,
}

/// Find a member by the code they show or by phone.
///
/// Needs `counter.sell`. A whole phone number only: a counter is no list of members.
#[utoipa::path(post, path = "/counter/members", tag = "counter", security(("staff" = [])),
    request_body = FindCounterMember, responses((status = 200, body = CounterMember),
    (status = 403, body = ProblemBody, description = "`member.blocked`"),
    (status = 404, body = ProblemBody, description = "`member.not_found`"),
    (status = 409, body = ProblemBody, description = "`counter.code_forged`, `counter.code_expired`")))]
async fn find_counter_member(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Json(request): Json<FindCounterMember>,
) -> Answer<Json<CounterMember>> {
    let (reader, ctx) = (app.clone(), staff.ctx.clone());
    let found = app
        .db
        .read(move |tx| {
            let id = match MemberCode::is_one(&request.code) {
                true => Some(MemberCodes::new(&reader.sealer, ctx.mall_id).read(&request.code, ctx.now)?.member_id),
                false => identity::find_by_phone(tx, &reader.sealer, ctx.mall_id, &request.code)?,
            };
            let id = id.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))?;
            member_at_counter(&reader, tx, &ctx, id)
        })
        .await?;
    Ok(Json(found))
}

/// What the clerk sees of a member.
pub(in crate::flows) fn member_at_counter(
    app: &App,
    tx: &mut db::Tx<'_>,
    ctx: &platform::Ctx,
    id: Id,
) -> Result<CounterMember> {
    let mall_id = ctx.mall_id;
    identity::require_active(tx, mall_id, id)?;
    let brief = identity::briefs(tx, &app.sealer, mall_id, &[id])?.remove(&id);
    let brief = brief.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))?;
    let held = ledger::balances(tx, mall_id, id)?;
    let of = |account| held.get(&account).copied().unwrap_or(0);
    let tiers = membership::tiers(tx, mall_id)?;
    let tier_id = membership::tier_of(tx, mall_id, id)?;
    let tier = tiers.iter().find(|tier| Some(tier.id) == tier_id).or_else(|| membership::tier_for(&tiers, 0));
    Ok(CounterMember {
        id,
        nickname: brief.nickname,
        phone_masked: brief.phone_masked,
        tier_name: tier.map(|tier| tier.name.clone()),
        points: of(Account::Points),
        balance_fen: of(Account::Principal) + of(Account::Gift),
        has_password: people::wallet::has_password(tx, mall_id, id)?,
    })
}
