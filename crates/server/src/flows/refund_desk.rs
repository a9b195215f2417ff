//! The refund desk: refunds by state, and what staff do with one that failed. Ask the channel again, or write down that the
//! money went back by hand. The channel is asked first in both cases, so that nothing is refunded twice.

use super::{after_sale, detail, refund};
use axum::extract::State;
use kernel::ports::{ChannelRefund, ChannelRefundState};
use kernel::{Cursor, Error, Id, Instant, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, OrderMember};
use trade::payment::{self, DeskRefund, Method, RefundState, SettlementView};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_refunds)).routes(routes!(retry_refund)).routes(routes!(settle_refund))
}

/// A refund on the desk.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RefundRow {
    pub id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Id>,
    pub member: OrderMember,
    pub channel: String,
    pub amount_fen: i64,
    /// `requested`, `processing`, `done` or `failed`.
    pub status: String,
    pub reason: String,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Instant>,
    /// The channel's last word about a failed one: `closed` or `abnormal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_state: Option<String>,
    /// Why the last try went wrong, or a warning about a finished one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<SettlementView>,
    /// `retry`, `settle`.
    pub allowed_actions: Vec<String>,
}

/// Which refunds to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RefundQuery {
    #[param(inline)]
    pub state: RefundState,
    pub order_id: Option<Id>,
    pub cursor: Option<String>,
}

const PAGE: i64 = 30;

/// List refunds, newest first.
///
/// Needs `order.refund`.
#[utoipa::path(get, path = "/refunds", tag = "refund", security(("staff" = [])), params(RefundQuery),
    responses((status = 200, body = Page<RefundRow>)))]
async fn list_refunds(
    State(app): State<App>,
    staff: Staff<perm::OrderRefund>,
    Query(query): Query<RefundQuery>,
) -> Answer<Json<Page<RefundRow>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app
        .db
        .read(move |tx| {
            let page = payment::refunds(tx, mall_id, query.state, query.order_id, before, PAGE)?;
            let members: Vec<Id> = page.items.iter().map(|row| row.member_id).collect();
            let briefs = people::identity::briefs(tx, &reader.sealer, mall_id, &members)?;
            Ok(page.map(|row| {
                let brief = briefs.get(&row.member_id);
                let member = OrderMember {
                    id: row.member_id,
                    nickname: brief.map(|b| b.nickname.clone()).unwrap_or_default(),
                    phone_masked: brief.and_then(|b| b.phone_masked.clone()),
                };
                shown(row, member)
            }))
        })
        .await?;
    Ok(Json(page))
}

fn shown(row: DeskRefund, member: OrderMember) -> RefundRow {
    let DeskRefund { refund, channel, settlement, .. } = row;
    let actions: &[&str] = match refund.status.as_str() {
        "failed" => &["retry", "settle"],
        "requested" | "processing" => &["retry"],
        _ => &[],
    };
    RefundRow {
        id: refund.id,
        order_id: refund.order_id,
        member,
        channel,
        amount_fen: refund.amount.0,
        status: refund.status,
        reason: refund.reason,
        created_at: refund.created_at,
        finished_at: refund.finished_at,
        channel_state: refund.channel_state,
        last_error: refund.last_error,
        settlement,
        allowed_actions: actions.iter().map(|action| (*action).to_owned()).collect(),
    }
}

async fn row(app: &App, ctx: &Ctx, id: Id) -> Result<RefundRow> {
    let (reader, mall_id) = (app.clone(), ctx.mall_id);
    app.db
        .read(move |tx| {
            let found = payment::desk_refund(tx, mall_id, id)?;
            let member = detail::buyer(&reader, tx, mall_id, found.member_id)?;
            Ok(shown(found, member))
        })
        .await
}

/// Ask the channel for a refund again.
///
/// Needs `refund.settle`. One that the channel closed is asked for under a new number; the answer comes by and by.
#[utoipa::path(post, path = "/refunds/{id}/retry", tag = "refund", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = RefundRow), (status = 404, body = ProblemBody, description = "`refund.not_found`"),
    (status = 409, body = ProblemBody, description = "`refund.finished`")))]
async fn retry_refund(
    State(app): State<App>,
    staff: Staff<perm::RefundSettle>,
    Path(id): Path<Id>,
) -> Answer<Json<RefundRow>> {
    let mall_id = staff.mall.id;
    staff
        .write(&app, "refund.retry", move |tx, ctx| {
            let found = payment::find_refund(tx, mall_id, id)?;
            payment::retry(tx, ctx, id)?;
            refund::enqueue(tx, ctx, id, ctx.now)?;
            Ok(((), Note::new("refund", id, format!("重新请求退款 ¥{}", found.amount))))
        })
        .await?;
    Ok(Json(row(&app, &staff.ctx, id).await?))
}

/// How the money went back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundSettlement {
    pub method: Method,
    /// Account, voucher number, who received it; the member reads it.
    #[schema(min_length = 1, max_length = 100)]
    pub note: String,
}

/// Write down that a failed refund was given back by hand.
///
/// Needs `refund.settle`. The channel is asked first: if the money went back after all, nothing is written.
#[utoipa::path(post, path = "/refunds/{id}/settle", tag = "refund", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = RefundSettlement, responses((status = 200, body = RefundRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `note`"),
    (status = 404, body = ProblemBody, description = "`refund.not_found`"),
    (status = 409, body = ProblemBody, description = "`refund.not_failed`, `refund.finished`, `refund.under_way`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: the channel did not answer, nothing was written")))]
async fn settle_refund(
    State(app): State<App>,
    staff: Staff<perm::RefundSettle>,
    Path(id): Path<Id>,
    Json(request): Json<RefundSettlement>,
) -> Answer<Json<RefundRow>> {
    let note = detail::required_text("note", request.note, 100)?;
    let mall_id = staff.mall.id;
    let found = app.db.read(move |tx| payment::desk_refund(tx, mall_id, id)).await?;
    if found.refund.status != "failed" {
        return Err(Error::conflict("refund.not_failed", "这笔退款没有失败，不能登记线下退款").into());
    }
    if let Some(theirs) = channel_word(&app, &staff.ctx, &found).await? {
        match theirs.state {
            ChannelRefundState::Done => {
                let ctx = staff.ctx.clone();
                app.db.write(move |tx| refund::record(tx, &ctx, id, &theirs, false)).await?;
                return Err(Error::conflict("refund.finished", "渠道确认这笔退款已经成功，不用再登记").into());
            }
            ChannelRefundState::Processing => {
                return Err(Error::conflict("refund.under_way", "渠道还在处理这笔退款，请稍后再看").into());
            }
            ChannelRefundState::Closed | ChannelRefundState::Abnormal => {}
        }
    }
    let (method, staff_id) = (request.method, staff.id);
    staff
        .write(&app, "refund.settle", move |tx, ctx| {
            let refund = payment::find_refund(tx, mall_id, id)?;
            let amount = payment::settle(tx, ctx, &refund, method, &note, staff_id)?;
            let text = format!("退款 ¥{amount} 已通过{}退回：{note}", method.label());
            if let Some(order_id) = refund.order_id {
                order::add_event(tx, ctx, order_id, "refund_settled", &text)?;
            }
            after_sale::arrived(tx, ctx, id)?;
            Ok(((), Note::new("refund", id, format!("登记线下退款 ¥{amount}，{}", method.label()))))
        })
        .await?;
    Ok(Json(row(&app, &staff.ctx, id).await?))
}

/// What the channel says of a refund; nothing when the account is gone, since then it cannot pay either.
async fn channel_word(app: &App, ctx: &Ctx, found: &DeskRefund) -> Result<Option<ChannelRefund>> {
    match app.outside.payment_channel(ctx.mall_id, &found.channel) {
        Ok(account) => account.query_refund(&found.refund.payment_id.to_string(), &found.refund.number()).await,
        Err(error) if error.is("payment.channel_unavailable") => Ok(None),
        Err(error) => Err(error),
    }
}
