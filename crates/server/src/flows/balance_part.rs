//! Pay part of an order from the balance and the rest through a channel outside. The part leaves the ledger at once and
//! waits as a pending payment; it becomes paid in the transaction that settles the rest, and comes back as it was taken when
//! the order closes, is repriced, or is paid otherwise. Refunds go to the balance first (see `refund::spread`).

use super::balance::BALANCE;
use super::{ORDER_GROUP, close, group};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Fen, Id, Result, minutes};
use people::wallet::{self, Confirmation};
use platform::extract::IdempotencyKey;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path};
use serde::{Deserialize, Serialize};
use trade::order::{self, Move, Order, Status};
use trade::payment::{self, Payable, Payment, PaymentStatus};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(take_balance_part, give_balance_part_back))
}

/// How much to take, of what total, and who says so.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBalancePart {
    /// Less than what the orders of the group cost together.
    #[schema(minimum = 1)]
    pub amount_fen: i64,
    /// What the orders of the group cost together.
    pub expected_fen: i64,
    pub confirmation: Confirmation,
}

/// What was taken and what is left to pay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BalancePart {
    pub taken_fen: i64,
    pub left_fen: i64,
}

/// Pay part of an order from the balance.
///
/// The rest is paid with `POST /orders/{id}/pay`, which then asks for what is left. Intents made before are closed first.
/// Comes back by itself when the order is not paid.
#[utoipa::path(post, path = "/orders/{id}/balance-part", tag = "payment", security(("member" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = TakeBalancePart,
    responses((status = 200, body = BalancePart),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `amount_fen`, `pay_password.wrong`, `session.code_wrong`, `session.code_expired`"),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`balance.not_enough`, `payment.part_taken`, `order.not_allowed`, `order.already_paid`, `order.being_paid`, `order.expired`, `order.price_changed`, `pay_password.not_set`, `member.phone_required`"),
    (status = 429, body = ProblemBody, description = "`pay_password.locked`, `session.code_locked`: wait `Retry-After` seconds"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: another channel could not close its intent, try again")))]
async fn take_balance_part(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    _key: IdempotencyKey,
    Json(request): Json<TakeBalancePart>,
) -> Answer<Json<BalancePart>> {
    if request.amount_fen < 1 || request.amount_fen >= request.expected_fen {
        return Err(Error::field("amount_fen", "要用的余额应大于零，小于应付金额").into());
    }
    let (mall_id, member_id) = (member.mall.id, member.id);
    let (order, taken) = app
        .db
        .read(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            let attempts = payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)?;
            let taken = attempts.iter().any(|a| a.channel == BALANCE && a.status == PaymentStatus::Pending);
            Ok((order, taken))
        })
        .await?;
    order.require_online()?;
    Move::Paid.apply(order.status, order.delivery)?;
    if taken {
        return Err(part_taken().into());
    }
    wallet::confirm(&app, &member.ctx, member_id, &request.confirmation).await?;
    let closed = close_others(&app, &member.ctx, &order).await?;
    let (ctx, currency) = (member.ctx.clone(), member.mall.currency.clone());
    let part = app.db.write(move |tx| take(tx, &ctx, member_id, &order, &request, &closed, &currency)).await?;
    Ok(Json(part))
}

fn part_taken() -> Error {
    Error::conflict("payment.part_taken", "这个订单已经用了一部分余额，先退回再改")
}

async fn close_others(app: &App, ctx: &Ctx, order: &Order) -> Result<Vec<Id>> {
    match close::close_known_intents(app, ctx, order).await? {
        (close::Intents::Paid, _) => Err(close::already_paid()),
        (close::Intents::Closed, closed) => Ok(closed),
    }
}

/// The group is locked, so that no new attempt can be written beside it.
fn unpaid_group(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, group_id: Id, closed: &[Id]) -> Result<Vec<Order>> {
    let orders = order::by_group(tx, ctx.mall_id, member_id, group_id)?;
    if let Some(other) = orders.iter().find(|order| order.status != Status::Unpaid) {
        return Err(order::not_allowed(other.status));
    }
    let attempts = payment::attempts(tx, ctx.mall_id, ORDER_GROUP, group_id)?;
    let mut open = attempts.iter().filter(|a| a.status == PaymentStatus::Pending && a.is_outside());
    if open.any(|attempt| !closed.contains(&attempt.id)) {
        return Err(Error::conflict("order.being_paid", "这个订单正在付款，请稍等一会儿"));
    }
    Ok(orders)
}

fn take(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    member_id: Id,
    order: &Order,
    request: &TakeBalancePart,
    closed: &[Id],
    currency: &str,
) -> Result<BalancePart> {
    let orders = unpaid_group(tx, ctx, member_id, order.group_id, closed)?;
    let total: i64 = orders.iter().map(|order| order.total.0).sum();
    if total != request.expected_fen {
        return Err(Error::conflict("order.price_changed", "订单金额有变动，请看过新的金额再付款"));
    }
    let expires_at = order.expires_at.unwrap_or(ctx.now);
    if expires_at - ctx.now < minutes(1) {
        return Err(Error::conflict("order.expired", "付款时间到了，请重新下单"));
    }
    if !payment::waiting_parts(tx, ctx.mall_id, ORDER_GROUP, order.group_id)?.is_empty() {
        return Err(part_taken());
    }
    payment::close_pending(tx, ctx, ORDER_GROUP, order.group_id)?;
    let amount = Fen(request.amount_fen);
    let payable = Payable { kind: ORDER_GROUP, id: order.group_id, amount };
    let part = payment::insert_part(tx, ctx, payable, member_id, BALANCE, currency, expires_at)?;
    group::divide(tx, ctx, part.id, &orders, amount, false)?;
    wallet::pay(tx, ctx, member_id, part.id, amount, "订单付款，余额部分")?;
    Ok(BalancePart { taken_fen: amount.0, left_fen: total - amount.0 })
}

/// Take the part back that was paid from the balance.
///
/// While the order is unpaid. Intents for the rest are closed first.
#[utoipa::path(delete, path = "/orders/{id}/balance-part", tag = "payment", security(("member" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = BalancePart),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.already_paid`, `order.being_paid`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: a channel could not close its intent, try again")))]
async fn give_balance_part_back(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
) -> Answer<Json<BalancePart>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let order = app.db.read(move |tx| order::find_of_member(tx, mall_id, member_id, id)).await?;
    order.require_online()?;
    Move::Paid.apply(order.status, order.delivery)?;
    let closed = close_others(&app, &member.ctx, &order).await?;
    let ctx = member.ctx.clone();
    let part = app
        .db
        .write(move |tx| {
            let orders = unpaid_group(tx, &ctx, member_id, order.group_id, &closed)?;
            payment::close_pending(tx, &ctx, ORDER_GROUP, order.group_id)?;
            release(tx, &ctx, order.group_id)?;
            Ok(BalancePart { taken_fen: 0, left_fen: orders.iter().map(|order| order.total.0).sum() })
        })
        .await?;
    Ok(Json(part))
}

/// What parts of a group hold together.
pub fn taken(parts: &[Payment]) -> Fen {
    Fen(parts.iter().map(|part| part.amount.0).sum())
}

/// The rest arrived: the parts are paid too.
pub fn keep(tx: &mut Tx<'_>, ctx: &Ctx, parts: &[Payment]) -> Result<()> {
    for part in parts {
        if !payment::mark_paid(tx, ctx, part.id, Some(&part.id.to_string()), None, ctx.now)? {
            return Err(Error::internal("a waiting part was paid before"));
        }
    }
    Ok(())
}

/// Gives the parts of a group back to the balance; nothing when there are none.
pub fn release(tx: &mut Tx<'_>, ctx: &Ctx, group_id: Id) -> Result<()> {
    for part in payment::waiting_parts(tx, ctx.mall_id, ORDER_GROUP, group_id)? {
        payment::close_attempt(tx, ctx, part.id)?;
        if part.channel != BALANCE {
            continue; // Cash and the like that a counter took: the clerk hands it back.
        }
        wallet::release(tx, ctx, part.member_id, part.id, "订单没有付成，余额退回")?;
    }
    Ok(())
}
