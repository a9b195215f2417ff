//! What staff do with a member: block with a reason, let in again. A blocked member loses every session at once, cannot
//! sign in and cannot order; both are told in words. Owns `member_event`, the member's own log.

use super::admin::{MemberRow, row_of};
use super::store;
use axum::extract::State;
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::session::Subject;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(block_member)).routes(routes!(unblock_member))
}

/// Why; only staff see it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberDecision {
    #[schema(min_length = 1, max_length = 100)]
    pub reason: String,
}

impl MemberDecision {
    fn checked(&self) -> Result<String> {
        let reason = self.reason.trim();
        if (1..=100).contains(&reason.chars().count()) {
            Ok(reason.to_owned())
        } else {
            Err(Error::field("reason", "请写明原因，最长 100 个字"))
        }
    }
}

/// Block a member.
///
/// Needs `member.block`. Every session ends at once; the member cannot sign in or order until unblocked. Orders that
/// were paid go on.
#[utoipa::path(post, path = "/members/{id}/block", tag = "member", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = MemberDecision, responses((status = 200, body = MemberRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 404, body = ProblemBody, description = "`member.not_found`"),
    (status = 409, body = ProblemBody, description = "`member.not_active`")))]
async fn block_member(
    State(app): State<App>,
    staff: Staff<perm::MemberBlock>,
    Path(id): Path<Id>,
    Json(decision): Json<MemberDecision>,
) -> Answer<Json<MemberRow>> {
    let reason = decision.checked()?;
    let app_in = app.clone();
    let row = staff
        .write(&app, "member.block", move |tx, ctx| {
            turn(tx, ctx, id, "active", "blocked", Some(&reason))?;
            app_in.sessions.close_all(tx, ctx.mall_id, Subject::Member(id))?;
            log(tx, ctx, id, "blocked", &format!("停用账号：{reason}"))?;
            Ok((row_of(tx, &app_in.sealer, ctx.mall_id, id)?, Note::new("member", id, format!("停用会员：{reason}"))))
        })
        .await?;
    Ok(Json(row))
}

/// Let a blocked member in again.
///
/// Needs `member.block`.
#[utoipa::path(post, path = "/members/{id}/unblock", tag = "member", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = MemberDecision, responses((status = 200, body = MemberRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 404, body = ProblemBody, description = "`member.not_found`"),
    (status = 409, body = ProblemBody, description = "`member.not_blocked`")))]
async fn unblock_member(
    State(app): State<App>,
    staff: Staff<perm::MemberBlock>,
    Path(id): Path<Id>,
    Json(decision): Json<MemberDecision>,
) -> Answer<Json<MemberRow>> {
    let reason = decision.checked()?;
    let app_in = app.clone();
    let row = staff
        .write(&app, "member.unblock", move |tx, ctx| {
            turn(tx, ctx, id, "blocked", "active", None)?;
            log(tx, ctx, id, "unblocked", &format!("恢复账号：{reason}"))?;
            Ok((row_of(tx, &app_in.sealer, ctx.mall_id, id)?, Note::new("member", id, format!("恢复会员：{reason}"))))
        })
        .await?;
    Ok(Json(row))
}

fn turn(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, from: &str, to: &str, reason: Option<&str>) -> Result<()> {
    let turned = tx.exec(
        "update member set status = $4, blocked_reason = $5, updated_at = $6
         where mall_id = $1 and id = $2 and kind = 'member' and status = $3",
        &args![ctx.mall_id, id, from, to, reason, ctx.now],
    )?;
    if turned == 1 {
        return Ok(());
    }
    store::member(tx, ctx.mall_id, id)?;
    Err(if to == "blocked" {
        Error::conflict("member.not_active", "这位会员已经停用或注销")
    } else {
        Error::conflict("member.not_blocked", "这位会员没有被停用")
    })
}

/// Appends to a member's log.
pub fn log(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, kind: &str, text: &str) -> Result<()> {
    tx.exec(
        "insert into member_event (mall_id, member_id, id, kind, actor_kind, actor_id, text, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![ctx.mall_id, member_id, ctx.id(), kind, ctx.actor.kind(), ctx.actor.id(), text, ctx.now],
    )?;
    Ok(())
}

/// The latest entries of a member's log: when, kind, text.
pub fn log_of(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, limit: i64) -> Result<Vec<(Instant, String, String)>> {
    tx.all(
        "select at, kind, text from member_event where mall_id = $1 and member_id = $2 order by id desc limit $3",
        &args![mall_id, member_id, limit],
    )
}

/// Refuses whoever may not act: `member.blocked` (403), `session.ended` (401) for a merged one. Read inside the
/// transaction that places an order, because a session may outlive the block for seconds on another node.
pub fn require_active(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<()> {
    store::member(tx, mall_id, member_id)?.require_active()
}
