//! Buy a top-up or a paid membership: a purchase is written, collected by the same payments as orders, and fulfilled
//! once in the transaction that marks it paid. What cannot be fulfilled any more goes back. Payment knows a purchase
//! only as a `Payable` of another kind.

use super::pay::{self, PayIntent, PayRequest};
use super::{refund, settle};
use axum::extract::State;
use db::Tx;
use kernel::ports::CloseOutcome;
use kernel::{Error, Fen, Id, MallId, Result, days, minutes};
use people::wallet::{self, NewPurchase, PurchaseKind, PurchaseView};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::payment::{self, NewRefund, Payable, Payment, PaymentStatus};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a payment of a purchase is for.
pub const PURCHASE: &str = "wallet_purchase";

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin_purchase))
        .routes(routes!(get_purchase))
        .routes(routes!(pay_purchase))
        .routes(routes!(refund_own_top_up))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(refund_any_purchase))
}

/// Begin to buy a top-up or a paid membership.
///
/// Needs an `Idempotency-Key`. Pay within half an hour with `POST /purchases/{id}/pay`.
#[utoipa::path(post, path = "/purchases", tag = "balance", security(("member" = [])), request_body = NewPurchase,
    params(("Idempotency-Key" = String, Header)), responses((status = 200, body = PurchaseView),
    (status = 404, body = ProblemBody, description = "`top_up.no_such_plan`, `plan.not_found`"),
    (status = 409, body = ProblemBody, description = "`purchase.price_changed`, `balance.over_cap`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn begin_purchase(
    State(app): State<App>,
    member: Member,
    key: IdempotencyKey,
    Json(request): Json<NewPurchase>,
) -> Answer<Json<PurchaseView>> {
    let claim = Claim::new(&member.ctx, "begin_purchase", &key, &request)?;
    let made = app
        .db
        .write(move |tx| {
            once(tx, &member.ctx, &claim, |tx| {
                wallet::create_purchase(tx, &member.ctx, member.id, &request).map(PurchaseView::from)
            })
        })
        .await?;
    Ok(Json(made))
}

/// Show a purchase.
#[utoipa::path(get, path = "/purchases/{id}", tag = "balance", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = PurchaseView), (status = 404, body = ProblemBody, description = "`purchase.not_found`")))]
async fn get_purchase(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<PurchaseView>> {
    let mall_id = member.mall.id;
    let found = app.db.read(move |tx| wallet::of_member(tx, mall_id, member.id, id)).await?;
    Ok(Json(found.into()))
}

/// Start paying for a purchase.
///
/// Answers the same instruction while it can still be paid; poll `GET /payments/{id}` as for an order.
#[utoipa::path(post, path = "/purchases/{id}/pay", tag = "balance", security(("member" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = PayRequest,
    responses((status = 200, body = PayIntent),
    (status = 404, body = ProblemBody, description = "`purchase.not_found`"),
    (status = 409, body = ProblemBody, description = "`purchase.not_payable`, `payment.channel_unavailable`, `payment.openid_required`, `payment.payer_unknown`, `payment.scene_unsupported`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: try again, nothing was charged")))]
async fn pay_purchase(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    _key: IdempotencyKey,
    Json(request): Json<PayRequest>,
) -> Answer<Json<PayIntent>> {
    let description = format!("{} 会员 {id}", member.mall.settings.name);
    let intent = pay::collect(&app, &member, &request, &description, async |fresh_for| {
        let (ctx, member_id, currency) = (member.ctx.clone(), member.id, member.mall.currency.clone());
        app.db
            .write(move |tx| {
                let purchase = wallet::of_member(tx, ctx.mall_id, member_id, id)?;
                if purchase.status != "unpaid" || purchase.expires_at - ctx.now < minutes(1) {
                    return Err(Error::conflict("purchase.not_payable", "这笔购买已经付款或过期，请重新发起"));
                }
                let payable = Payable { kind: PURCHASE, id, amount: purchase.amount };
                let (channel, scene) = (request.channel.as_str(), request.scene.as_str());
                if let Some(known) = payment::reusable(tx, &ctx, payable, channel, scene, fresh_for)? {
                    return Ok(known);
                }
                let until = purchase.expires_at;
                payment::insert_attempt(tx, &ctx, payable, member_id, channel, scene, &currency, until)
            })
            .await
    });
    intent.await.map(Json)
}

/// The money of a purchase arrived: fulfil it, or send the money back.
pub fn settle(tx: &mut Tx<'_>, ctx: &Ctx, ours: &Payment) -> Result<settle::Outcome> {
    if wallet::paid(tx, ctx, ours.payable_id, ours.id)? {
        return Ok(settle::Outcome::Paid);
    }
    let paid = Payment { status: PaymentStatus::Paid, ..ours.clone() };
    payment::mark_sent_back(tx, ctx, ours.id)?;
    let reason = "购买已关闭或重复付款，款项原路退回";
    refund::start(tx, ctx, &paid, &NewRefund { order_id: None, amount: ours.amount, reason })?;
    Ok(settle::Outcome::SentBack)
}

/// The sweep over purchases nobody paid: the channel closes first; if it says one was paid, it is fulfilled instead.
pub async fn close_expired(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let (mall_id, now) = (mall.id, ctx.now);
        for id in app.db.read(move |tx| wallet::expired_purchases(tx, mall_id, now, 100)).await? {
            if let Err(error) = close(&app, &ctx, id).await {
                tracing::warn!(purchase_id = %id, %error, "an unpaid purchase could not be closed yet");
            }
        }
    }
    Ok(())
}

async fn close(app: &App, ctx: &Ctx, id: Id) -> Result<()> {
    let mall_id = ctx.mall_id;
    let attempts = app.db.read(move |tx| payment::attempts(tx, mall_id, PURCHASE, id)).await?;
    for attempt in attempts.iter().filter(|attempt| attempt.status == PaymentStatus::Pending) {
        let account = app.outside.payment_channel(mall_id, &attempt.channel)?;
        if account.close(&attempt.number()).await? == CloseOutcome::AlreadyPaid {
            pay::refresh(app, ctx, attempt).await?;
            return Ok(());
        }
    }
    let ctx = ctx.clone();
    app.db
        .write(move |tx| {
            wallet::close_purchase(tx, &ctx, id)?;
            payment::close_pending(tx, &ctx, PURCHASE, id)?;
            Ok(())
        })
        .await
}

/// How much to give back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundTopUp {
    #[schema(minimum = 1)]
    pub amount_fen: i64,
    #[schema(min_length = 1, max_length = 60)]
    pub reason: String,
}

fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, mall_id: MallId, id: Id, amount: Fen, reason: &str) -> Result<Fen> {
    let purchase = wallet::find_purchase(tx, mall_id, id)?;
    let gift = match purchase.kind {
        PurchaseKind::TopUp => wallet::refund_top_up(tx, ctx, &purchase, amount, reason)?,
        PurchaseKind::Membership => {
            wallet::refund_membership(tx, ctx, &purchase, amount)?;
            Fen::ZERO
        }
    };
    let paid = purchase.payment_id.ok_or_else(|| Error::conflict("refund.not_paid", "没有找到这笔储值的到账记录"))?;
    let paid = payment::find(tx, mall_id, paid)?;
    refund::start(tx, ctx, &paid, &NewRefund { order_id: None, amount, reason })?;
    Ok(gift)
}

/// Give money of a top-up or of a paid membership back.
///
/// Needs `member.adjust`. The money goes back the way it came; the gift of a top-up, or the time of a membership, is taken
/// back in proportion.
#[utoipa::path(post, path = "/purchases/{id}/refund", tag = "balance", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = RefundTopUp, responses((status = 200, body = PurchaseView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 404, body = ProblemBody, description = "`purchase.not_found`"),
    (status = 409, body = ProblemBody, description = "`purchase.not_refundable`, `balance.not_enough`, `refund.too_much`")))]
async fn refund_any_purchase(
    State(app): State<App>,
    staff: Staff<perm::MemberAdjust>,
    Path(id): Path<Id>,
    Json(request): Json<RefundTopUp>,
) -> Answer<Json<PurchaseView>> {
    let reason = super::detail::required_text("reason", request.reason, 60)?;
    let (mall_id, amount) = (staff.mall.id, Fen(request.amount_fen));
    let view = staff
        .write(&app, "purchase.refund", move |tx, ctx| {
            let gift = give_back(tx, ctx, mall_id, id, amount, &reason)?;
            let view: PurchaseView = wallet::find_purchase(tx, mall_id, id)?.into();
            let note = match view.kind {
                PurchaseKind::TopUp => format!("退储值本金 ¥{amount}，收回赠送 ¥{gift}：{reason}"),
                PurchaseKind::Membership => format!("退会员费 ¥{amount}，按比例收回时长：{reason}"),
            };
            Ok((view, Note::new("purchase", id, note)))
        })
        .await?;
    Ok(Json(view))
}

/// Give an own top-up back.
///
/// Within seven days of paying: what is left of its principal goes back the way it came, gift is taken back in
/// proportion.
#[utoipa::path(post, path = "/purchases/{id}/refund", tag = "balance", security(("member" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), responses((status = 200, body = PurchaseView),
    (status = 404, body = ProblemBody, description = "`purchase.not_found`"),
    (status = 409, body = ProblemBody, description = "`purchase.too_late`, `purchase.not_refundable`, `balance.not_enough`")))]
async fn refund_own_top_up(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    key: IdempotencyKey,
) -> Answer<Json<PurchaseView>> {
    let claim = Claim::new(&member.ctx, "refund_top_up", &key, &id)?;
    let mall_id = member.mall.id;
    let view = app
        .db
        .write(move |tx| {
            let ctx = &member.ctx;
            once(tx, ctx, &claim, |tx| {
                let purchase = wallet::of_member(tx, mall_id, member.id, id)?;
                if purchase.kind != PurchaseKind::TopUp {
                    return Err(Error::conflict("purchase.not_refundable", "付费会员请联系客服退款"));
                }
                if purchase.paid_at.is_some_and(|paid_at| ctx.now - paid_at > days(7)) {
                    return Err(Error::conflict("purchase.too_late", "储值超过七日，请联系客服退款"));
                }
                let held = people::ledger::balance(tx, mall_id, member.id, people::ledger::Account::Principal)?;
                let amount = Fen((purchase.amount.0 - purchase.refunded.0).min(held));
                give_back(tx, ctx, mall_id, id, amount, "七日内退储值")?;
                wallet::of_member(tx, mall_id, member.id, id).map(PurchaseView::from)
            })
        })
        .await?;
    Ok(Json(view))
}
