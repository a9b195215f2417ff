//! The member's balance: what is in it, its statement, its password, and what was bought.

use super::confirm::{check_code, phone_of};
use super::plan::TopUpPlan;
use super::purchase::{PurchaseKind, PurchaseView, purchases};
use super::{NAMED_CAP_FEN, UNNAMED_CAP_FEN, password, top_up_plans};
use crate::identity::send_code;
use crate::ledger::{self, Account, StatementLine};
use crate::staff::slow_hash;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Cursor, Page};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_balance))
        .routes(routes!(list_balance))
        .routes(routes!(set_pay_password))
        .routes(routes!(send_balance_code))
        .routes(routes!(list_purchases))
}

/// The balance and how to add to it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalanceView {
    pub total_fen: i64,
    /// What was paid in.
    pub principal_fen: i64,
    /// What the mall gave on top; not paid out.
    pub gift_fen: i64,
    pub has_password: bool,
    /// Where a code would go; absent without a phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_masked: Option<String>,
    /// The most the balance may hold.
    pub cap_fen: i64,
    /// Plans on sale, smallest first.
    pub plans: Vec<TopUpPlan>,
}

/// Show the member's balance and the top-up plans.
#[utoipa::path(
    get,
    path = "/balance",
    tag = "balance",
    responses((status = 200, body = BalanceView)),
    security(("member" = []))
)]
async fn show_balance(State(app): State<App>, member: Member) -> Answer<Json<BalanceView>> {
    let (mall_id, sealer) = (member.mall.id, app.clone());
    let view = app
        .db
        .read(move |tx| {
            let held = ledger::balances(tx, mall_id, member.id)?;
            let of = |account: Account| held.get(&account).copied().unwrap_or(0);
            let phone = match phone_of(tx, &sealer.sealer, mall_id, member.id) {
                Ok(phone) => Some(phone.masked()),
                Err(error) if error.is("member.phone_required") => None,
                Err(error) => return Err(error),
            };
            let mut plans = top_up_plans(tx, mall_id)?;
            plans.retain(|plan| plan.on_sale);
            let (principal_fen, gift_fen) = (of(Account::Principal), of(Account::Gift));
            Ok(BalanceView {
                total_fen: principal_fen + gift_fen,
                principal_fen,
                gift_fen,
                has_password: password::has(tx, mall_id, member.id)?,
                cap_fen: if phone.is_some() { NAMED_CAP_FEN } else { UNNAMED_CAP_FEN },
                phone_masked: phone,
                plans,
            })
        })
        .await?;
    Ok(Json(view))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BalanceQuery {
    cursor: Option<String>,
}

const PAGE: i64 = 20;

/// List what happened to the member's balance.
///
/// Principal and gift together, newest first, each with the balance after it.
#[utoipa::path(
    get,
    path = "/balance/statement",
    tag = "balance",
    params(BalanceQuery),
    responses(
        (status = 200, body = Page<StatementLine>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor`"),
    ),
    security(("member" = []))
)]
async fn list_balance(
    State(app): State<App>,
    member: Member,
    Query(query): Query<BalanceQuery>,
) -> Answer<Json<Page<StatementLine>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = member.mall.id;
    let both = [Account::Principal, Account::Gift];
    let page = app.db.read(move |tx| ledger::statement(tx, mall_id, member.id, &both, before, PAGE)).await?;
    Ok(Json(page))
}

/// A new payment password, proven by a code sent to the member's phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayPasswordInput {
    /// Six digits, not all the same and no plain row.
    #[schema(min_length = 6, max_length = 6)]
    password: String,
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

/// Set the payment password.
///
/// Takes a code of `POST /balance/sms-code`; also when it was forgotten or locked.
#[utoipa::path(
    put,
    path = "/balance/password",
    tag = "balance",
    request_body = PayPasswordInput,
    responses(
        (status = 204, description = "Set"),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `password`, `session.code_wrong`, `session.code_expired`"),
        (status = 409, body = ProblemBody, description = "`member.phone_required`"),
        (status = 429, body = ProblemBody, description = "`session.code_locked`"),
    ),
    security(("member" = []))
)]
async fn set_pay_password(
    State(app): State<App>,
    member: Member,
    Json(input): Json<PayPasswordInput>,
) -> Answer<StatusCode> {
    password::check_form(&input.password)?;
    check_code(&app, &member.ctx, member.id, &input.code).await?;
    let hash = slow_hash(input.password).await?;
    app.db.write(move |tx| password::save(tx, &member.ctx, member.id, &hash)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a code to the member's own phone.
///
/// To pay from the balance or to set the payment password. The limits of sign-in codes hold.
#[utoipa::path(
    post,
    path = "/balance/sms-code",
    tag = "balance",
    responses(
        (status = 204, description = "The message is on its way; the code lives five minutes"),
        (status = 409, body = ProblemBody, description = "`member.phone_required`"),
        (status = 429, body = ProblemBody, description = "`sms.too_often`: wait `Retry-After` seconds"),
        (status = 502, body = ProblemBody, description = "`sms.failed`: the carrier refused; try again at once"),
    ),
    security(("member" = []))
)]
async fn send_balance_code(State(app): State<App>, member: Member) -> Answer<StatusCode> {
    let (mall_id, sealer) = (member.mall.id, app.clone());
    let phone = app.db.read(move |tx| phone_of(tx, &sealer.sealer, mall_id, member.id)).await?;
    send_code(&app, &member.ctx, &phone, member.visitor.ip).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PurchasesQuery {
    #[param(inline)]
    kind: Option<PurchaseKind>,
    cursor: Option<String>,
}

/// List the member's top-ups and paid memberships.
///
/// Paid ones, newest first.
#[utoipa::path(
    get,
    path = "/purchases",
    tag = "balance",
    params(PurchasesQuery),
    responses(
        (status = 200, body = Page<PurchaseView>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `kind` or `cursor`"),
    ),
    security(("member" = []))
)]
async fn list_purchases(
    State(app): State<App>,
    member: Member,
    Query(query): Query<PurchasesQuery>,
) -> Answer<Json<Page<PurchaseView>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = member.mall.id;
    let page = app.db.read(move |tx| purchases(tx, mall_id, Some(member.id), query.kind, before, PAGE)).await?;
    Ok(Json(page))
}
