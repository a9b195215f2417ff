//! Pay for an order: write the attempt, ask the channel outside of any transaction, keep its answer. Asking again shows
//! the same instruction while it lives. A member who waits on the page makes us ask the channel, at most every 3 seconds.

use super::channel::{self, Channel, Scene};
use super::{ORDER_GROUP, balance_part, close, detail, group, settle};
use axum::extract::State;
use kernel::ports::{CloseOutcome, PaymentChannel, PaymentIntent};
use kernel::{Error, Fen, Id, Instant, Result, minutes, seconds};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::outbox::Event;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, Status};
use trade::payment::{self, Instruction, Payable, Payment, PaymentStatus, PaymentView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pay_order)).routes(routes!(get_payment))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pay_order_offline))
}

/// How to pay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayRequest {
    pub channel: Channel,
    pub scene: Scene,
    /// A path of this storefront to return to after paying in a browser, like `/#/pages/pay/result?id=1`.
    pub return_url: Option<String>,
    /// In Alipay's mini program: what `my.getAuthCode` gave.
    pub auth_code: Option<String>,
}

/// An attempt to pay and what to do for it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PayIntent {
    pub payment_id: Id,
    pub status: PaymentStatus,
    pub amount_fen: i64,
    pub expires_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<Instruction>,
}

/// Start paying for an order.
///
/// Orders that were placed together are paid together, through any of them. For what is left after `POST /orders/{id}/balance-part`. Answers the same instruction while it can still be paid.
#[utoipa::path(post, path = "/orders/{id}/pay", tag = "payment", security(("member" = [])), params(("id" = Id, Path),
    ("Idempotency-Key" = String, Header)), request_body = PayRequest, responses((status = 200, body = PayIntent),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.expired`, `payment.channel_unavailable`, `payment.openid_required`, `payment.payer_unknown`, `payment.scene_unsupported`, `payment.superseded`: closed or repriced meanwhile"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: try again, nothing was charged")))]
async fn pay_order(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    _key: IdempotencyKey,
    Json(request): Json<PayRequest>,
) -> Answer<Json<PayIntent>> {
    let description = format!("{} 订单 {id}", member.mall.settings.name);
    collect(&app, &member, &request, &description, |fresh| {
        prepare(&app, &member, id, request.channel, request.scene, fresh)
    })
    .await
    .map(Json)
}

/// Asks the channel to collect for an attempt, new or made before; `prepare` finds it once the request is sound, and is told
/// how old one may be where the channel cares.
pub async fn collect(
    app: &App,
    member: &Member,
    request: &PayRequest,
    description: &str,
    prepare: impl AsyncFnOnce(Option<i64>) -> Result<Payment>,
) -> Answer<PayIntent> {
    request.channel.require(request.scene)?;
    let given = request.return_url.as_deref();
    let return_url = given.map(|path| channel::return_address(app, path)).transpose()?;
    let account = app.outside.payment_channel(member.mall.id, request.channel.as_str())?;
    let payer = payer(app, member, request, &*account).await?;
    let attempt = prepare(account.fresh_for()).await?;
    let instruction = match &attempt.instruction {
        Some(kept) => serde_json::from_str(kept).map_err(Error::internal)?,
        None => {
            let intent = PaymentIntent {
                number: attempt.number(),
                description: description.chars().take(40).collect(),
                amount: attempt.amount,
                scene: request.scene.port(),
                openid: match payer {
                    Some(Payer::Known(openid)) => Some(openid),
                    Some(Payer::Coded(code)) => Some(account.payer(code).await?),
                    None => None,
                },
                client_ip: member.visitor.ip.to_string(),
                expires_at: attempt.expires_at,
                notify_url: channel::notify_url(app, account.name(), member.mall.id),
                return_url: given.map(|path| channel::bounce_address(app, path)).transpose()?,
            };
            let made = payment::instruction_from_port(
                group::create(app, &member.ctx, &*account, &attempt, &intent, &member.mall.settings.name).await?,
            );
            let kept = serde_json::to_string(&made).map_err(Error::internal)?;
            let (ctx, id) = (member.ctx.clone(), attempt.id);
            if !app.db.write(move |tx| payment::save_instruction(tx, &ctx, id, &kept)).await? {
                group::close(&*account, &attempt).await?;
                return Err(Error::conflict("payment.superseded", "订单刚刚有变动，请看过新的金额再付款").into());
            }
            made
        }
    };
    Ok(PayIntent {
        payment_id: attempt.id,
        status: attempt.status,
        amount_fen: attempt.amount.0,
        expires_at: attempt.expires_at,
        instruction: Some(match request.channel {
            Channel::Wechat => with_return(instruction, return_url.as_deref()),
            Channel::Alipay | Channel::Unionpay => instruction,
        }),
    })
}

/// Phase one: an attempt that can be paid, new or the one made before.
async fn prepare(
    app: &App,
    member: &Member,
    id: Id,
    channel: Channel,
    scene: Scene,
    fresh_for: Option<i64>,
) -> Result<Payment> {
    let (ctx, member_id, currency) = (member.ctx.clone(), member.id, member.mall.currency.clone());
    let combines = app.outside.payment_channel(member.mall.id, channel.as_str())?.combines();
    app.db
        .write(move |tx| {
            let order = order::find_of_member(tx, ctx.mall_id, member_id, id)?;
            order.require_online()?;
            let orders = order::by_group(tx, ctx.mall_id, member_id, order.group_id)?;
            if let Some(other) = orders.iter().find(|order| order.status != Status::Unpaid) {
                return Err(order::not_allowed(other.status));
            }
            let expires_at = order.expires_at.unwrap_or(ctx.now);
            if expires_at - ctx.now < minutes(1) {
                return Err(Error::conflict("order.expired", "付款时间到了，请重新下单"));
            }
            let total = Fen(orders.iter().map(|order| order.total.0).sum());
            let parts = payment::waiting_parts(tx, ctx.mall_id, ORDER_GROUP, order.group_id)?;
            let amount = total.minus(balance_part::taken(&parts))?;
            let payable = Payable { kind: ORDER_GROUP, id: order.group_id, amount };
            let (channel, scene) = (channel.as_str(), scene.as_str());
            if let Some(known) = payment::reusable(tx, &ctx, payable, channel, scene, fresh_for)? {
                return Ok(known);
            }
            let made = payment::insert_attempt(tx, &ctx, payable, member_id, channel, scene, &currency, expires_at)?;
            group::divide(tx, &ctx, made.id, &orders, amount, combines)?;
            payment::find(tx, ctx.mall_id, made.id)
        })
        .await
}

/// Who pays, where the channel wants to know.
enum Payer<'a> {
    Known(String),
    /// To be exchanged once a new intent is made: a code works only once.
    Coded(&'a str),
}

async fn payer<'a>(
    app: &App,
    member: &Member,
    request: &'a PayRequest,
    account: &dyn PaymentChannel,
) -> Result<Option<Payer<'a>>> {
    match (request.scene, request.channel) {
        (Scene::MiniProgram, Channel::Wechat) => {
            openid_of(app, member, account.app_id()).await.map(Payer::Known).map(Some)
        }
        (Scene::MiniProgram, Channel::Alipay) => {
            let code = request.auth_code.as_deref().filter(|code| (1..=200).contains(&code.len()));
            let code = code.ok_or_else(|| Error::conflict("payment.openid_required", "请在支付宝里授权后再付款"))?;
            Ok(Some(Payer::Coded(code)))
        }
        _ => Ok(None),
    }
}

async fn openid_of(app: &App, member: &Member, app_id: &str) -> Result<String> {
    let (mall_id, member_id, app_id) = (member.mall.id, member.id, app_id.to_owned());
    let found = app.db.read(move |tx| people::identity::openid(tx, mall_id, member_id, &app_id)).await?;
    found.ok_or_else(|| Error::conflict("payment.openid_required", "请在微信小程序里登录后再付款"))
}

fn with_return(instruction: Instruction, return_url: Option<&str>) -> Instruction {
    match (instruction, return_url) {
        (Instruction::H5 { h5_url }, Some(url)) => {
            let glue = if h5_url.contains('?') { '&' } else { '?' };
            Instruction::H5 { h5_url: format!("{h5_url}{glue}redirect_url={}", channel::encoded(url)) }
        }
        (other, _) => other,
    }
}

/// Show a payment.
///
/// While it is pending, the channel is asked when our knowledge is older than three seconds.
#[utoipa::path(get, path = "/payments/{id}", tag = "payment", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = PaymentView), (status = 404, body = ProblemBody, description = "`payment.not_found`")))]
async fn get_payment(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<PaymentView>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let known = app.db.read(move |tx| payment::of_member(tx, mall_id, member_id, id)).await?;
    let stale = member.ctx.now - known.checked_at > seconds(3);
    let waiting = known.status == PaymentStatus::Pending && known.instruction.is_some();
    if waiting
        && stale
        && let Err(error) = refresh(&app, &member.ctx, &known).await
    {
        tracing::warn!(payment_id = %id, %error, "the channel could not be asked");
    }
    let view = app
        .db
        .read(move |tx| {
            let payment = payment::of_member(tx, mall_id, member_id, id)?;
            let orders = order::group_ids(tx, mall_id, member_id, payment.payable_id)?;
            let parts = payment::parts_of(tx, mall_id, &[id])?.remove(&id).unwrap_or_default();
            Ok(payment::payment_view(&payment, orders, &parts))
        })
        .await?;
    Ok(Json(view))
}

/// Asks the channel about a payment and acts on the answer.
pub async fn refresh(app: &App, ctx: &Ctx, known: &Payment) -> Result<settle::Outcome> {
    let account = app.outside.payment_channel(ctx.mall_id, &known.channel)?;
    let theirs = group::query(&*account, known).await?;
    let (ctx, id) = (ctx.acting_as(kernel::Actor::System), known.id);
    app.db
        .write(move |tx| match &theirs {
            Some(theirs) => theirs.settle(tx, &ctx, &*account),
            None => {
                payment::touch_checked(tx, &ctx, id)?;
                Ok(settle::Outcome::Open)
            }
        })
        .await
}

/// What else could still be paid for orders that are paid now is closed at its channel; what was paid there too goes back.
pub async fn close_leftovers(app: App, event: Event) -> Result<()> {
    let OrderPaid { order_id } = event.read()?;
    let ctx = app.system(event.mall_id);
    let mall_id = ctx.mall_id;
    let attempts = app
        .db
        .read(move |tx| {
            let order = order::find(tx, mall_id, order_id)?;
            payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)
        })
        .await?;
    let left = attempts.iter().filter(|attempt| attempt.status == PaymentStatus::Pending && attempt.is_outside());
    for attempt in left {
        let account = app.outside.payment_channel(mall_id, &attempt.channel)?;
        match group::close(&*account, attempt).await? {
            CloseOutcome::Closed => {
                let (ctx, id) = (ctx.clone(), attempt.id);
                app.db.write(move |tx| payment::close_attempt(tx, &ctx, id)).await?;
            }
            CloseOutcome::AlreadyPaid => drop(refresh(&app, &ctx, attempt).await?),
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct OrderPaid {
    order_id: Id,
}

/// The sweep that settles doubt: asks the channel about pending payments, the older the more seldom.
pub async fn refresh_due(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let asker = ctx.clone();
        let due = app.db.read(move |tx| payment::due_for_query(tx, &asker, 50)).await?;
        for known in due {
            if let Err(error) = refresh(&app, &ctx, &known).await {
                tracing::warn!(payment_id = %known.id, %error, "the channel could not be asked");
            }
        }
    }
    Ok(())
}

/// A note for the books.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfflinePayment {
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Record a payment received by hand.
///
/// Needs `order.pay_offline`. Intents of other channels are closed first, so that nobody pays twice.
#[utoipa::path(post, path = "/orders/{id}/pay-offline", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = OfflinePayment, responses((status = 200, body = detail::AdminOrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.already_paid`")))]
async fn pay_order_offline(
    State(app): State<App>,
    staff: Staff<perm::OrderPayOffline>,
    Path(id): Path<Id>,
    Json(request): Json<OfflinePayment>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let note = detail::short_text("note", request.note, 200)?;
    let (mall_id, currency) = (staff.mall.id, staff.mall.currency.clone());
    let order = app.db.read(move |tx| order::find(tx, mall_id, id)).await?;
    detail::within_store(&staff.grants, &order)?;
    order.require_online()?;
    if close::close_intents(&app, &staff.ctx, &order).await? == close::Intents::Paid {
        return Err(Error::conflict("order.already_paid", "这个订单刚刚已经付款").into());
    }
    staff
        .write(&app, "order.pay_offline", move |tx, ctx| {
            let order = order::find(tx, mall_id, id)?;
            settle::offline(tx, ctx, &order, note.as_deref(), &currency)?;
            payment::close_pending(tx, ctx, ORDER_GROUP, order.group_id)?;
            Ok(((), Note::new("order", id, format!("登记线下收款 ¥{}", order.total))))
        })
        .await?;
    detail::admin_detail(&app, staff.mall.id, id).await.map(Json).map_err(Into::into)
}
