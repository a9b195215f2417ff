//! What staff see and change of one member's accounts, and what the mall owes altogether.

use super::points_shop::PAGE;
use super::rules::rules;
use super::shop::{MembershipView, membership_view};
use crate::ledger::{self, Account, Entry, Grant, LiabilityReport, Spent, StatementLine};
use axum::extract::State;
use db::{Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, days};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_member_accounts))
        .routes(routes!(list_member_postings))
        .routes(routes!(adjust_member))
        .routes(routes!(show_liabilities))
}

/// A member's accounts and membership.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberAccounts {
    pub member_id: Id,
    pub nickname: String,
    pub points: i64,
    pub principal_fen: i64,
    pub gift_fen: i64,
    pub commission_fen: i64,
    pub membership: MembershipView,
}

fn accounts(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, now: Instant) -> Result<MemberAccounts> {
    let nickname = require_member(tx, mall_id, member_id)?;
    let held = ledger::balances(tx, mall_id, member_id)?;
    let of = |account: Account| held.get(&account).copied().unwrap_or(0);
    Ok(MemberAccounts {
        member_id,
        nickname,
        points: of(Account::Points),
        principal_fen: of(Account::Principal),
        gift_fen: of(Account::Gift),
        commission_fen: of(Account::Commission),
        membership: membership_view(tx, mall_id, member_id, now)?,
    })
}

/// The nickname of a member; `member.not_found` (404).
pub fn require_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<String> {
    let found: Option<String> = tx.opt(
        "select nickname from member where mall_id = $1 and id = $2 and kind = 'member'",
        &args![mall_id, member_id],
    )?;
    found.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))
}

/// Show a member's points, balance and membership.
///
/// Permission `member.view`.
#[utoipa::path(get, path = "/members/{id}/accounts", tag = "member", params(("id" = Id, Path)),
    responses((status = 200, body = MemberAccounts), (status = 404, body = ProblemBody, description = "`member.not_found`")),
    security(("staff" = [])))]
async fn show_member_accounts(
    State(app): State<App>,
    staff: Staff<perm::MemberView>,
    Path(id): Path<Id>,
) -> Answer<Json<MemberAccounts>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    Ok(Json(app.db.read(move |tx| accounts(tx, mall_id, id, now)).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PostingsQuery {
    #[param(inline)]
    account: Account,
    cursor: Option<String>,
}

/// List what happened in one account of a member.
///
/// Newest first. Permission `member.view`.
#[utoipa::path(get, path = "/members/{id}/statement", tag = "member", params(("id" = Id, Path), PostingsQuery),
    responses((status = 200, body = Page<StatementLine>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `account` or `cursor`"),
    (status = 404, body = ProblemBody, description = "`member.not_found`")), security(("staff" = [])))]
async fn list_member_postings(
    State(app): State<App>,
    staff: Staff<perm::MemberView>,
    Path(id): Path<Id>,
    Query(query): Query<PostingsQuery>,
) -> Answer<Json<Page<StatementLine>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = staff.mall.id;
    let page = app
        .db
        .read(move |tx| {
            require_member(tx, mall_id, id)?;
            ledger::statement(tx, mall_id, id, &[query.account], before, PAGE)
        })
        .await?;
    Ok(Json(page))
}

/// What staff may correct by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Adjustable {
    Points,
    /// The gift part of the balance. Principal comes from payments only.
    Gift,
    /// Commission that was earned outside the shop's campaigns, or put right. It can be paid out: give the right with care.
    Commission,
}

impl Adjustable {
    const fn account(self) -> Account {
        match self {
            Adjustable::Points => Account::Points,
            Adjustable::Gift => Account::Gift,
            Adjustable::Commission => Account::Commission,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Adjustable::Points => "积分",
            Adjustable::Gift => "赠送金",
            Adjustable::Commission => "佣金",
        }
    }
}

/// A correction by hand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    pub account: Adjustable,
    /// Points, or fen; negative takes.
    #[schema(minimum = -10000000, maximum = 10000000)]
    pub amount: i64,
    /// The member reads it in the statement.
    #[schema(min_length = 1, max_length = 60)]
    pub reason: String,
}

/// Correct a member's points, gift balance or commission.
///
/// Permission `member.adjust`. The member sees the reason in the statement. Needs an `Idempotency-Key`.
#[utoipa::path(post, path = "/members/{id}/adjustments", tag = "member",
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = Adjustment,
    responses((status = 200, body = MemberAccounts),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `amount` or `reason`"),
    (status = 404, body = ProblemBody, description = "`member.not_found`"),
    (status = 409, body = ProblemBody, description = "`points.not_enough`, `balance.not_enough`, `commission.not_enough`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")), security(("staff" = [])))]
async fn adjust_member(
    State(app): State<App>,
    staff: Staff<perm::MemberAdjust>,
    Path(id): Path<Id>,
    key: IdempotencyKey,
    Json(input): Json<Adjustment>,
) -> Answer<Json<MemberAccounts>> {
    let reason = input.reason.trim().to_owned();
    if !(1..=60).contains(&reason.chars().count()) {
        return Err(Error::field("reason", "请用 1 到 60 个字写明原因").into());
    }
    if input.amount == 0 || input.amount.unsigned_abs() > 10_000_000 {
        return Err(Error::field("amount", "请填写要增加或扣减的数量").into());
    }
    let claim = Claim::new(&staff.ctx, "adjust_member", &key, &(id, &input))?;
    let (mall_id, offset) = (staff.mall.id, staff.mall.utc_offset_ms);
    let shown = staff
        .write(&app, "member.adjust", move |tx, ctx| {
            require_member(tx, mall_id, id)?;
            once::<Id>(tx, ctx, &claim, |tx| adjust(tx, ctx, id, &input, &reason, offset))?;
            let word = input.account.word();
            let words = match input.account {
                Adjustable::Points => format!("{word} {:+}：{reason}", input.amount),
                Adjustable::Gift | Adjustable::Commission => {
                    let sign = if input.amount < 0 { '-' } else { '+' };
                    let fen = input.amount.unsigned_abs();
                    format!("{word} {sign}{}.{:02} 元：{reason}", fen / 100, fen % 100)
                }
            };
            Ok((accounts(tx, mall_id, id, ctx.now)?, Note::new("member", id, words)))
        })
        .await?;
    Ok(Json(shown))
}

fn adjust(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, input: &Adjustment, reason: &str, offset: i64) -> Result<Id> {
    let source_id = ctx.id();
    let (kind, amount) = ("adjusted", input.amount.abs());
    match (input.account, input.amount > 0) {
        (Adjustable::Points, true) => {
            let expires_at = rules(tx, ctx.mall_id)?.points.expiry(ctx.now, offset);
            ledger::earn(tx, ctx, &Grant { member_id, kind, source_id, amount, note: reason, expires_at })?;
        }
        (Adjustable::Points, false) => {
            ledger::spend(tx, ctx, &Spent { member_id, kind, source_id }, amount, reason)?;
        }
        (Adjustable::Gift | Adjustable::Commission, gives) => {
            let entry = Entry { account: input.account.account(), member_id, kind, source_id, amount, note: reason };
            if gives {
                ledger::credit(tx, ctx, &entry)?
            } else {
                ledger::debit(tx, ctx, &entry)?
            };
        }
    }
    Ok(source_id)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LiabilityQuery {
    /// From this instant; the last thirty days by default.
    from: Option<Instant>,
    /// Before this instant; now by default.
    to: Option<Instant>,
}

/// Show what the mall owes its members, and how it came about.
///
/// Points, principal, gift and commission. Permission `ledger.view`.
#[utoipa::path(get, path = "/liabilities", tag = "finance", params(LiabilityQuery),
    responses((status = 200, body = LiabilityReport),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `from`: at most 400 days")),
    security(("staff" = [])))]
async fn show_liabilities(
    State(app): State<App>,
    staff: Staff<perm::LedgerView>,
    Query(query): Query<LiabilityQuery>,
) -> Answer<Json<LiabilityReport>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    let to = query.to.unwrap_or(now);
    let from = query.from.unwrap_or(to - days(30));
    if from > to || to - from > days(400) {
        return Err(Error::field("from", "时间范围最长 400 天").into());
    }
    Ok(Json(app.db.read(move |tx| ledger::liabilities(tx, mall_id, from, to)).await?))
}
