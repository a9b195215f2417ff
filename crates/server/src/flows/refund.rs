//! Give the money back: the refund is a row, reserved against order and payment in one transaction; a job then asks the
//! channel, always with the same number, until it says done. Goods not sent yet return to stock.

use super::{ORDER, ORDER_GROUP, after_sale, balance, booking, channel, detail, group};
use axum::extract::State;
use db::Tx;
use goods::inventory::{self, Demand, Holder};
use kernel::ports::{ChannelRefund, ChannelRefundState, RefundRequest};
use kernel::{Error, Fen, Id, Result, minutes, seconds};
use platform::audit::Note;
use platform::job::{self, Job, NewJob};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff, outbox};
use serde::{Deserialize, Serialize};
use trade::offers::{self, Refunded};
use trade::order::{self, Move, Order};
use trade::payment::{self, NewRefund, Payment, PaymentStatus, Refund};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Name of the job that asks the channel.
pub const SEND_REFUND: &str = "send_refund";

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(refund_order))
}

#[derive(Serialize, Deserialize)]
struct SendRefund {
    refund_id: Id,
}

/// The event `refund.done`.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefundDone {
    pub refund_id: Id,
    /// None for what was no order: a top-up.
    pub order_id: Option<Id>,
    pub amount_fen: i64,
}

/// Writes a refund and, unless it was cash or balance, the job that asks the channel.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, payment: &Payment, new: &NewRefund<'_>) -> Result<Refund> {
    let refund = payment::request_refund(tx, ctx, payment, new)?;
    if payment.channel == balance::BALANCE {
        balance::give_back(tx, ctx, payment, &refund)?;
    }
    if refund.is_finished() {
        announce(tx, ctx, &refund)?;
    } else {
        enqueue(tx, ctx, refund.id, ctx.now)?;
    }
    Ok(refund)
}

/// Gives part of an order's money back over the payments that paid it: the balance first, then what came from outside, the
/// latest first. Each payment gives at most what is left of it, and of what it paid for this order. `refund.not_paid`, `refund.too_much` (409).
pub fn spread(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, amount: Fen, reason: &str) -> Result<Vec<Refund>> {
    let mut paid = payment::attempts(tx, ctx.mall_id, ORDER_GROUP, order.group_id)?;
    paid.retain(|payment| {
        matches!(payment.status, PaymentStatus::Paid | PaymentStatus::Refunding | PaymentStatus::Refunded)
            && payment.refunded < payment.amount
    });
    if paid.is_empty() {
        return Err(Error::conflict("refund.not_paid", "没有找到这个订单的到账记录"));
    }
    paid.sort_by_key(|payment| (payment.channel != balance::BALANCE, std::cmp::Reverse(payment.id)));
    let most = group::left_of(tx, ctx, &paid, order.id)?;
    let (mut left, mut made) = (amount, Vec::new());
    for payment in &paid {
        let part = left.min(most.get(&payment.id).copied().unwrap_or(Fen::ZERO));
        if part > Fen::ZERO {
            let refund = start(tx, ctx, payment, &NewRefund { order_id: Some(order.id), amount: part, reason })?;
            people::home::count_refund(tx, ctx, order.id, refund.id, part)?;
            made.push(refund);
            left = left.minus(part)?;
        }
    }
    if left > Fen::ZERO {
        return Err(Error::conflict("refund.too_much", "退款金额超过了还能退的金额"));
    }
    Ok(made)
}

/// Tells that a refund's money is back.
pub fn announce(tx: &mut Tx<'_>, ctx: &Ctx, refund: &Refund) -> Result<()> {
    let done = RefundDone { refund_id: refund.id, order_id: refund.order_id, amount_fen: refund.amount.0 };
    outbox::emit(tx, ctx, "refund.done", &done)
}

/// The job that asks the channel.
pub fn enqueue(tx: &mut Tx<'_>, ctx: &Ctx, refund_id: Id, run_at: kernel::Instant) -> Result<()> {
    job::enqueue(tx, ctx, NewJob::new(SEND_REFUND, &SendRefund { refund_id }).at(run_at))
}

/// Why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundOrder {
    #[schema(min_length = 1, max_length = 80)]
    pub reason: String,
}

/// Refund an order in full and close it.
///
/// Needs `order.refund`. Goods not shipped yet return to stock; the money goes back the way it came.
#[utoipa::path(post, path = "/orders/{id}/refund", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = RefundOrder, responses((status = 200, body = detail::AdminOrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.after_sale_open`, `refund.not_paid`, `refund.too_much`")))]
async fn refund_order(
    State(app): State<App>,
    staff: Staff<perm::OrderRefund>,
    Path(id): Path<Id>,
    Json(request): Json<RefundOrder>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let reason = detail::required_text("reason", request.reason, 80)?;
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    staff
        .write(&app, "order.refund", move |tx, ctx| {
            let order = order::lock(tx, mall_id, id)?;
            detail::within_store(&grants, &order)?;
            let amount = refund_in_full(tx, ctx, &order, &reason)?;
            Ok(((), Note::new("order", id, format!("全额退款 ¥{amount}：{reason}"))))
        })
        .await?;
    detail::admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}

/// One transaction: the order closes, its money is on the way back, its unsent goods are on the shelf again.
pub fn refund_in_full(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, reason: &str) -> Result<Fen> {
    let unsent = trade::shipping::unshipped(tx, ctx.mall_id, order.id)?;
    let rest = after_sale::rest_of(tx, ctx, order.id)?;
    order::advance(tx, ctx, order, Move::Refund, Some(reason))?;
    trade::pickup::close(tx, ctx, order.id)?;
    trade::delivery::order_closed(tx, ctx, order.id)?;
    let amount = order.paid.minus(order.refunded)?;
    tx.exec(
        "update trade_order set refunded_fen = refunded_fen + $3 where mall_id = $1 and id = $2",
        &db::args![ctx.mall_id, order.id, amount],
    )?;
    people::identity::count_refund(tx, ctx, order.member_id, amount)?;
    if amount > Fen::ZERO {
        spread(tx, ctx, order, amount, reason)?;
    }
    if order.is_service {
        booking::paid_back(tx, ctx, order.id, amount, reason)?;
        return Ok(amount);
    }
    let lines = order::lines(tx, ctx.mall_id, order.id)?;
    offers::refunded(tx, ctx, &order.sale(), &whole(&lines, &rest))?;
    let back: Vec<Demand> = unsent
        .iter()
        .filter_map(|left| lines.iter().find(|line| line.id == left.line_id).map(|line| (line, left.quantity)))
        .map(|(line, quantity)| Demand { sku_id: line.sku_id, location_id: order.location_id, quantity })
        .collect();
    if !back.is_empty() {
        inventory::restock(tx, ctx, Holder { kind: ORDER, id: order.id }, &back, "退款退回库存")?;
    }
    let product = |id: i64| lines.iter().find(|line| line.id.0 == id).map(|line| line.product_id);
    let unsold: Vec<(Id, i64)> = rest.iter().filter_map(|(line, pieces)| Some((product(*line)?, -pieces))).collect();
    goods::catalog::add_sales(tx, ctx, &unsold)?;
    Ok(amount)
}

/// Nothing of the order is left.
fn whole(lines: &[order::Line], rest: &[(i64, i64)]) -> Refunded {
    Refunded { finished_line_ids: lines.iter().map(|line| line.id.0).collect(), units: rest.to_vec(), whole: true }
}

/// The job: asks the channel for the refund, or how it stands, until it is finished.
pub async fn send(app: App, job: Job) -> Result<()> {
    let SendRefund { refund_id } = job.read()?;
    let ctx = app.system(job.mall_id);
    let mall_id = ctx.mall_id;
    let (refund, payment) = app
        .db
        .read(move |tx| {
            let refund = payment::find_refund(tx, mall_id, refund_id)?;
            let payment = payment::find(tx, mall_id, refund.payment_id)?;
            Ok((refund, payment))
        })
        .await?;
    if refund.is_finished() {
        return Ok(());
    }
    let answer = ask(&app, &ctx, &refund, &payment).await;
    let writer = ctx.clone();
    match answer {
        Ok(theirs) => app.db.write(move |tx| record(tx, &writer, refund_id, &theirs, true)).await,
        Err(error) => {
            let text: String = error.to_string().chars().take(300).collect();
            app.db.write(move |tx| payment::record_refund_error(tx, &writer, refund_id, &text)).await?;
            Err(error)
        }
    }
}

async fn ask(app: &App, ctx: &Ctx, refund: &Refund, payment: &Payment) -> Result<ChannelRefund> {
    let account = app.outside.payment_channel(ctx.mall_id, &payment.channel)?;
    if let Some(known) = account.query_refund(&payment.number(), &refund.number()).await? {
        return Ok(known);
    }
    let sent_at = kernel::ports::sent_at(&refund.number());
    let too_old = account.fresh_for().zip(sent_at).is_some_and(|(most, sent)| ctx.now - sent > most);
    let refund = if too_old { &renumbered(app, ctx, refund).await? } else { refund };
    let paid = refunded_at(app, ctx, refund, payment).await?;
    let request = RefundRequest {
        payment_number: paid.number,
        transaction_id: paid.transaction_id.unwrap_or_default(),
        refund_number: refund.number(),
        amount: refund.amount,
        payment_total: paid.total,
        reason: refund.reason.clone(),
        notify_url: channel::notify_url(app, &payment.channel, ctx.mall_id),
    };
    account.refund(&request).await
}

/// The same refund under a new number, for a channel that never heard of it and takes fresh numbers only.
async fn renumbered(app: &App, ctx: &Ctx, refund: &Refund) -> Result<Refund> {
    let (writer, known) = (ctx.clone(), refund.clone());
    let renumbered = app.db.write(move |tx| payment::renumber(tx, &writer, &known)).await?;
    renumbered.ok_or_else(|| Error::conflict("refund.changed", "这笔退款刚刚有变动"))
}

/// What the channel knows the refunded money under: the order's own transaction when the payment was combined.
struct PaidAt {
    number: String,
    transaction_id: Option<String>,
    total: Fen,
}

async fn refunded_at(app: &App, ctx: &Ctx, refund: &Refund, payment: &Payment) -> Result<PaidAt> {
    if !payment.is_combined() {
        let (number, total) = (payment.number(), payment.amount);
        return Ok(PaidAt { number, transaction_id: payment.transaction_id.clone(), total });
    }
    let (mall_id, id) = (ctx.mall_id, payment.id);
    let parts = app.db.read(move |tx| payment::parts_of(tx, mall_id, &[id])).await?.remove(&id).unwrap_or_default();
    let part = parts.into_iter().find(|part| Some(part.order_id) == refund.order_id);
    let part = part.ok_or_else(|| Error::internal("a refund of a combined payment without an order"))?;
    Ok(PaidAt { number: part.number(), total: part.amount, transaction_id: part.transaction_id })
}

/// Writes down the channel's word about a refund. While it is processing and `follow` is set, asks again later. A failed
/// refund may still arrive (a person mended it at the channel); one that staff settled by hand gets a warning then.
pub fn record(tx: &mut Tx<'_>, ctx: &Ctx, refund_id: Id, theirs: &ChannelRefund, follow: bool) -> Result<()> {
    let refund = payment::find_refund(tx, ctx.mall_id, refund_id)?;
    if theirs.refund_number != refund.number() {
        tracing::error!(%refund_id, number = theirs.refund_number, "a report about a number that was given up");
        return Ok(());
    }
    let arrived = theirs.state == ChannelRefundState::Done;
    if refund.status == "done" && arrived && refund.channel_state.is_some() {
        tracing::error!(%refund_id, "the channel gave back what staff had settled by hand");
        return payment::warn(tx, ctx, refund_id, "渠道后来也退款成功了，请核对是否退了两次");
    }
    if refund.status == "done" || (refund.status == "failed" && !arrived) {
        return Ok(());
    }
    if theirs.amount != refund.amount {
        tracing::error!(%refund_id, "the channel reports another refund amount");
        return Err(Error::gateway("payment.refund_contradicts", "渠道的退款金额和记录不一致"));
    }
    let (status, word) = match theirs.state {
        ChannelRefundState::Processing => ("processing", None),
        ChannelRefundState::Done => ("done", None),
        ChannelRefundState::Closed => ("failed", Some("closed")),
        ChannelRefundState::Abnormal => ("failed", Some("abnormal")),
    };
    payment::finish_refund(tx, ctx, refund_id, status, word, &theirs.channel_refund_id)?;
    match status {
        "done" => {
            announce(tx, ctx, &refund)?;
            after_sale::arrived(tx, ctx, refund_id)?;
        }
        "failed" => outbox::emit(tx, ctx, "refund.failed", &SendRefund { refund_id })?,
        _ => {}
    }
    // A retry that fails in the same way is no news for the member.
    let is_news = status != "failed" || refund.channel_state.is_none();
    if let Some(order_id) = refund.order_id.filter(|_| is_news && status != "processing") {
        let (kind, text) = match status {
            "done" => ("refund_done", format!("退款 ¥{} 已到账", refund.amount)),
            _ => ("refund_failed", format!("退款 ¥{} 没有成功，商家正在处理", refund.amount)),
        };
        order::add_event(tx, ctx, order_id, kind, &text)?;
    }
    if status == "processing" && follow {
        let age = ctx.now - refund.created_at;
        enqueue(tx, ctx, refund_id, ctx.now + age.clamp(seconds(5), minutes(30)))?;
    }
    Ok(())
}
