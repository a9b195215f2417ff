//! Pay an order from the member's balance. The balance is a channel of its own that pays whole groups of orders: the
//! member confirms, intents of other channels are closed first, then one transaction takes the money and moves the
//! orders. A refund of such a payment is posted in the transaction that writes it.

use super::{ORDER_GROUP, balance_part, close, group, settle};
use axum::extract::State;
use db::{Tx, args};
use kernel::{Error, Fen, Id, Result};
use people::wallet::{self, Confirmation};
use platform::extract::IdempotencyKey;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path};
use serde::{Deserialize, Serialize};
use trade::order::{self, Move, Status};
use trade::payment::{self, Payable, Payment, PaymentStatus, PaymentView, Refund};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Name of the channel.
pub const BALANCE: &str = "balance";

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pay_order_from_balance))
}

/// The amount the member saw, and who says so.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayFromBalance {
    /// What the orders of the group cost together.
    pub expected_fen: i64,
    pub confirmation: Confirmation,
}

/// Pay an order from the balance.
///
/// The balance pays all orders of the group or none. Confirmed by payment password or by a code of
/// `POST /balance/sms-code`; a code that was right is used up. Sent again after it succeeded, it answers the payment.
#[utoipa::path(post, path = "/orders/{id}/pay-from-balance", tag = "payment", security(("member" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = PayFromBalance,
    responses((status = 200, body = PaymentView),
    (status = 400, body = ProblemBody, description = "`pay_password.wrong`, `session.code_wrong`, `session.code_expired`"),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`balance.not_enough`, `order.not_allowed`, `order.already_paid`, `order.price_changed`, `pay_password.not_set`, `member.phone_required`"),
    (status = 429, body = ProblemBody, description = "`pay_password.locked`, `session.code_locked`: wait `Retry-After` seconds"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: another channel could not close its intent, try again")))]
async fn pay_order_from_balance(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    _key: IdempotencyKey,
    Json(request): Json<PayFromBalance>,
) -> Answer<Json<PaymentView>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let (order, known) = app
        .db
        .read(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            let attempts = payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)?;
            let group = order::group_ids(tx, mall_id, member_id, order.group_id)?;
            let paid = attempts.into_iter().find(|attempt| {
                attempt.channel == BALANCE && !matches!(attempt.status, PaymentStatus::Pending | PaymentStatus::Closed)
            });
            let Some(paid) = paid else { return Ok((order, None)) };
            let parts = payment::parts_of(tx, mall_id, &[paid.id])?.remove(&paid.id).unwrap_or_default();
            Ok((order, Some(payment::payment_view(&paid, group, &parts))))
        })
        .await?;
    if let Some(known) = known {
        return Ok(Json(known));
    }
    order.require_online()?;
    Move::Paid.apply(order.status, order.delivery)?;
    wallet::confirm(&app, &member.ctx, member_id, &request.confirmation).await?;
    if close::close_intents(&app, &member.ctx, &order).await? == close::Intents::Paid {
        return Err(Error::conflict("order.already_paid", "这个订单刚刚已经付款").into());
    }
    let (ctx, currency) = (member.ctx.clone(), member.mall.currency.clone());
    let expected = Fen(request.expected_fen);
    let view = app
        .db
        .write(move |tx| {
            let payment_id = take(tx, &ctx, member_id, order.group_id, expected, &currency)?;
            let payment = payment::find(tx, mall_id, payment_id)?;
            let group = order::group_ids(tx, mall_id, member_id, order.group_id)?;
            let parts = payment::parts_of(tx, mall_id, &[payment_id])?.remove(&payment_id).unwrap_or_default();
            Ok(payment::payment_view(&payment, group, &parts))
        })
        .await?;
    Ok(Json(view))
}

/// One transaction: the payment, the money out of the ledger, the orders paid, other attempts closed.
fn take(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, group_id: Id, expected: Fen, currency: &str) -> Result<Id> {
    let orders = order::by_group(tx, ctx.mall_id, member_id, group_id)?;
    if let Some(other) = orders.iter().find(|order| order.status != Status::Unpaid) {
        return Err(order::not_allowed(other.status));
    }
    let amount = Fen(orders.iter().map(|order| order.total.0).sum());
    if amount != expected {
        return Err(Error::conflict("order.price_changed", "订单金额有变动，请看过新的金额再付款"));
    }
    balance_part::release(tx, ctx, group_id)?;
    let payable = Payable { kind: ORDER_GROUP, id: group_id, amount };
    let payment_id = payment::insert_paid(tx, ctx, payable, member_id, currency, BALANCE)?;
    group::divide(tx, ctx, payment_id, &orders, amount, false)?;
    wallet::pay(tx, ctx, member_id, payment_id, amount, "订单付款")?;
    for order in &orders {
        settle::paid(tx, ctx, order, Move::Paid, None)?;
    }
    payment::close_pending(tx, ctx, ORDER_GROUP, group_id)?;
    Ok(payment_id)
}

/// Posts a refund of a balance payment: gift first, then principal.
pub fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, payment: &Payment, refund: &Refund) -> Result<()> {
    let (before,): (i64,) = tx.one(
        "select coalesce(cast(sum(amount_fen) as bigint), cast(0 as bigint)) from refund
         where mall_id = $1 and payment_id = $2 and id <> $3",
        &args![ctx.mall_id, payment.id, refund.id],
    )?;
    let note = refund.reason.as_str();
    wallet::give_back(tx, ctx, payment.member_id, payment.id, refund.id, Fen(before), refund.amount, note)?;
    if let Some(order_id) = refund.order_id {
        order::add_event(tx, ctx, order_id, "refund_done", &format!("退款 ¥{} 已退回余额", refund.amount))?;
    }
    Ok(())
}
