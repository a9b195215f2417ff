//! Close an unpaid order, with those it would have been paid together with: by its member, by staff, or by the clock. The
//! channel closes its intents first; if it says that one was paid, the orders are finalised instead. Only then the stock
//! goes back.

use super::{ORDER, ORDER_GROUP, balance_part, booking, detail, group, pay, settle};
use axum::extract::State;
use goods::inventory::{self, Holder};
use kernel::ports::CloseOutcome;
use kernel::{Error, Id, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::offers;
use trade::order::{self, Move, Order, Source, Status};
use trade::payment::{self, PaymentStatus};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(cancel_order))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(close_order))
}

/// What the channel said when asked to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intents {
    /// Nothing can be paid any more.
    Closed,
    /// The member was faster; the orders were finalised.
    Paid,
}

/// Makes every pending intent of an order's group unpayable, outside of any transaction.
pub async fn close_intents(app: &App, ctx: &Ctx, order: &Order) -> Result<Intents> {
    close_known_intents(app, ctx, order).await.map(|(outcome, _)| outcome)
}

/// The same; also names the attempts that the channel closed, so that a later transaction can tell a new one from them.
pub async fn close_known_intents(app: &App, ctx: &Ctx, order: &Order) -> Result<(Intents, Vec<Id>)> {
    let (mall_id, group_id) = (ctx.mall_id, order.group_id);
    let attempts = app.db.read(move |tx| payment::attempts(tx, mall_id, ORDER_GROUP, group_id)).await?;
    let mut closed = Vec::new();
    for attempt in attempts.iter().filter(|a| a.status == PaymentStatus::Pending && a.is_outside()) {
        let account = app.outside.payment_channel(mall_id, &attempt.channel)?;
        if group::close(&*account, attempt).await? == CloseOutcome::AlreadyPaid {
            return match pay::refresh(app, ctx, attempt).await? {
                settle::Outcome::Paid | settle::Outcome::Known | settle::Outcome::SentBack => {
                    Ok((Intents::Paid, closed))
                }
                other => Err(Error::gateway("payment.channel_failed", "支付渠道的状态还不明确，请稍后再试")
                    .because(format_args!("close said paid, query said {other:?}"))),
            };
        }
        closed.push(attempt.id);
    }
    Ok((Intents::Closed, closed))
}

/// The transaction that closes: the orders of the group, their stock, attempts to pay them.
pub fn finish(tx: &mut db::Tx<'_>, ctx: &Ctx, order: &Order, step: Move, reason: Option<&str>) -> Result<Status> {
    let mut status = order.status;
    for one in &order::by_group(tx, ctx.mall_id, order.member_id, order.group_id)? {
        status = order::advance(tx, ctx, one, step, reason)?;
        inventory::release(tx, ctx, Holder { kind: ORDER, id: one.id })?;
        trade::pickup::close(tx, ctx, one.id)?;
        if one.is_service {
            booking::closed_unpaid(tx, ctx, one.id)?;
        }
        trade::delivery::order_closed(tx, ctx, one.id)?;
        if one.source == Source::Counter {
            trade::fitting::not_sold(tx, ctx, one.id)?;
        }
        offers::closed(tx, ctx, &one.sale())?;
    }
    balance_part::release(tx, ctx, order.group_id)?;
    payment::close_pending(tx, ctx, ORDER_GROUP, order.group_id)?;
    Ok(status)
}

/// Orders closed in one transaction when no channel has to be asked.
const BATCH: i64 = 100;

/// The sweep over orders whose time to pay is over. It goes on while it gets anywhere, so that a sale's thousands of
/// unpaid orders return their stock within seconds.
pub async fn close_expired(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        while close_some(&app, &ctx).await? {}
    }
    Ok(())
}

/// Closes up to [`BATCH`] orders; true when there may be more to do now.
async fn close_some(app: &App, ctx: &Ctx) -> Result<bool> {
    let (mall_id, now) = (ctx.mall_id, ctx.now);
    let (due, asked) = app
        .db
        .read(move |tx| {
            let due = order::expired_unpaid(tx, mall_id, now, BATCH)?;
            let groups: Vec<Id> = due.iter().map(|order| order.group_id).collect();
            let asked = payment::pending_payables(tx, mall_id, ORDER_GROUP, &groups)?;
            Ok((due, asked))
        })
        .await?;
    let full = i64::try_from(due.len()).unwrap_or(BATCH) == BATCH;
    let (with_intent, bare): (Vec<Order>, Vec<Order>) =
        due.into_iter().partition(|order| asked.contains(&order.group_id));
    let mut closed = close_batch(app, ctx, bare.iter().map(|order| order.id).collect()).await?;
    for order in with_intent {
        match close_intents(app, ctx, &order).await {
            Ok(Intents::Paid) => closed += 1,
            Ok(Intents::Closed) => closed += close_batch(app, ctx, vec![order.id]).await?,
            Err(error) => {
                tracing::warn!(order_id = %order.id, %error, "an unpaid order could not be closed yet");
            }
        }
    }
    Ok(full && closed > 0)
}

/// Closes orders whose intents nobody can pay any more; one that moved meanwhile stays as it is. Answers how many closed.
async fn close_batch(app: &App, ctx: &Ctx, ids: Vec<Id>) -> Result<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    let ctx = ctx.clone();
    app.db
        .write(move |tx| {
            let mut closed = 0;
            for id in &ids {
                let order = order::find(tx, ctx.mall_id, *id)?;
                if order.status != Status::Unpaid {
                    continue;
                }
                match tx.savepoint(|tx| finish(tx, &ctx, &order, Move::Expire, None)) {
                    Ok(_) => closed += 1,
                    Err(error) if error.is("order.not_allowed") => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(closed)
        })
        .await
}

/// Why the member does not want it any more.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelOrder {
    #[schema(max_length = 100)]
    pub reason: Option<String>,
}

/// Cancel an unpaid order.
///
/// With those it would have been paid together with.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "order", security(("member" = [])), params(("id" = Id, Path)),
    request_body = CancelOrder, responses((status = 200, body = detail::OrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.already_paid`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: the channel could not close, try again")))]
async fn cancel_order(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(request): Json<CancelOrder>,
) -> Answer<Json<detail::OrderDetail>> {
    let reason = detail::short_text("reason", request.reason, 100)?;
    let (mall_id, member_id) = (member.mall.id, member.id);
    let order = app.db.read(move |tx| order::find_of_member(tx, mall_id, member_id, id)).await?;
    Move::Cancel.apply(order.status, order.delivery)?;
    if close_intents(&app, &member.ctx, &order).await? == Intents::Paid {
        return Err(already_paid().into());
    }
    let ctx = member.ctx.clone();
    app.db
        .write(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            finish(tx, &ctx, &order, Move::Cancel, reason.as_deref())
        })
        .await?;
    detail::member_detail(&app, mall_id, member_id, id).await.map(Json).map_err(Into::into)
}

/// Why staff close it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseOrder {
    #[schema(min_length = 1, max_length = 100)]
    pub reason: String,
}

/// Close an unpaid order.
///
/// Needs `order.close`. Orders that would have been paid together are closed together.
#[utoipa::path(post, path = "/orders/{id}/close", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = CloseOrder, responses((status = 200, body = detail::AdminOrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.already_paid`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`")))]
async fn close_order(
    State(app): State<App>,
    staff: Staff<perm::OrderClose>,
    Path(id): Path<Id>,
    Json(request): Json<CloseOrder>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let reason = detail::required_text("reason", request.reason, 100)?;
    let mall_id = staff.mall.id;
    let order = app.db.read(move |tx| order::find(tx, mall_id, id)).await?;
    detail::within_store(&staff.grants, &order)?;
    Move::Close.apply(order.status, order.delivery)?;
    if close_intents(&app, &staff.ctx, &order).await? == Intents::Paid {
        return Err(already_paid().into());
    }
    staff
        .write(&app, "order.close", move |tx, ctx| {
            let order = order::find(tx, mall_id, id)?;
            finish(tx, ctx, &order, Move::Close, Some(&reason))?;
            Ok(((), Note::new("order", id, format!("关闭未付款订单：{reason}"))))
        })
        .await?;
    detail::admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}

/// The member was faster.
pub fn already_paid() -> Error {
    Error::conflict("order.already_paid", "这个订单刚刚已经付款")
}
