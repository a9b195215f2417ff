//! Waiting for a payment code: charging it, asking how it stands, another code, giving up. The channel alone knows what became
//! of a charge, so nothing is guessed: what is in doubt waits, and who gives up has it reversed first.

use super::receipt::{CounterSaleView, no_sale, sale_view};
use super::sell::code_channel;
use super::{at_store, own_shift};
use crate::flows::balance_part::taken;
use crate::flows::close::{self, Intents};
use crate::flows::group::CODE;
use crate::flows::{ORDER_GROUP, group, pay};
use axum::extract::State;
use kernel::ports::{ChannelPaymentState, CloseOutcome, CodeIntent};
use kernel::{Actor, Error, Id, MallId, Result, minutes, seconds};
use platform::audit::Note;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::counter::{self, CounterSale, Tender, TenderKind};
use trade::order::{self, Move, Order, Status};
use trade::payment::{self, Payable, Payment, PaymentStatus};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_counter_sale))
        .routes(routes!(scan_another_code))
        .routes(routes!(cancel_counter_sale))
}

/// Asked about again only when our knowledge is older than this.
const STALE_MS: i64 = seconds(2);

/// Charges a code; answers why it was refused. What the channel did not answer stays open: it is asked about.
pub(super) async fn charge(
    app: &App,
    ctx: &Ctx,
    order_id: Id,
    payment_id: Id,
    auth_code: &str,
) -> Result<Option<String>> {
    let mall_id = ctx.mall_id;
    let (known, store) = app
        .db
        .read(move |tx| {
            let sale = counter::of_order(tx, mall_id, order_id)?.ok_or_else(no_sale)?;
            Ok((payment::find(tx, mall_id, payment_id)?, sale.store_id))
        })
        .await?;
    if known.status != PaymentStatus::Pending {
        return Ok(None);
    }
    let account = app.outside.payment_channel(mall_id, &known.channel)?;
    let codes = account.codes().ok_or_else(kernel::ports::scene_unsupported)?;
    // From now on it is asked about, also when this node dies here.
    let asked = ctx.clone();
    app.db.write(move |tx| payment::save_instruction(tx, &asked, payment_id, "\"code\"")).await?;
    let intent = CodeIntent {
        number: known.number(),
        description: format!("{} 门店消费", app.malls.get(mall_id)?.settings.name).chars().take(40).collect(),
        amount: known.amount,
        auth_code: auth_code.to_owned(),
        store: store.to_string(),
    };
    match codes.pay_by_code(&intent).await {
        Ok(theirs) => {
            let settling = ctx.clone();
            let report = group::Report::One(theirs);
            app.db.write(move |tx| report.settle(tx, &settling, &*account)).await?;
            Ok(None)
        }
        Err(error) if error.is("payment.code_refused") => {
            drop_attempt(app, ctx, order_id, payment_id).await?;
            Ok(Some(error.message().to_owned()))
        }
        Err(error) => {
            tracing::warn!(%payment_id, %error, "a payment code was charged and nobody answered");
            Ok(None)
        }
    }
}

/// Nothing was collected under this number and never will be.
async fn drop_attempt(app: &App, ctx: &Ctx, order_id: Id, payment_id: Id) -> Result<()> {
    let ctx = ctx.clone();
    app.db
        .write(move |tx| {
            payment::close_attempt(tx, &ctx, payment_id)?;
            counter::drop_tender(tx, &ctx, order_id, payment_id)
        })
        .await
}

/// The sale with its order, of a counter the clerk may stand at.
async fn find(app: &App, mall_id: MallId, grants: &Grants, id: Id) -> Result<(Order, CounterSale)> {
    let found = app.db.read(move |tx| {
        let sale = counter::of_order(tx, mall_id, id)?.ok_or_else(no_sale)?;
        Ok((order::find(tx, mall_id, id)?, sale))
    });
    let (order, sale) = found.await?;
    at_store(grants, sale.store_id)?;
    Ok((order, sale))
}

/// The attempt that waits for its customer.
async fn waiting_code(app: &App, mall_id: MallId, group_id: Id) -> Result<Option<Payment>> {
    let attempts = app.db.read(move |tx| payment::attempts(tx, mall_id, ORDER_GROUP, group_id)).await?;
    Ok(attempts.into_iter().rfind(|one| one.scene == CODE && one.status == PaymentStatus::Pending))
}

/// Show a sale.
///
/// Needs `counter.sell`. While it waits for a payment code, the channel is asked when our knowledge is older than two seconds.
#[utoipa::path(get, path = "/counter/sales/{id}", tag = "counter", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = CounterSaleView), (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_sale`")))]
async fn get_counter_sale(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
) -> Answer<Json<CounterSaleView>> {
    let mall_id = staff.mall.id;
    let (order, _) = find(&app, mall_id, &staff.grants, id).await?;
    let mut refused = None;
    if order.status == Status::Unpaid
        && let Some(known) = waiting_code(&app, mall_id, order.group_id).await?
        && staff.ctx.now - known.checked_at > STALE_MS
    {
        match ask(&app, &staff.ctx, id, &known).await {
            Ok(answer) => refused = answer,
            Err(error) => tracing::warn!(payment_id = %known.id, %error, "the channel could not be asked"),
        }
    }
    Ok(Json(sale_view(&app, mall_id, id, refused).await?))
}

/// Asks how a charge stands; answers why it came to nothing.
async fn ask(app: &App, ctx: &Ctx, order_id: Id, known: &Payment) -> Result<Option<String>> {
    let account = app.outside.payment_channel(ctx.mall_id, &known.channel)?;
    let theirs = account.query(&known.number()).await?;
    let ended = [ChannelPaymentState::Failed, ChannelPaymentState::Closed];
    if theirs.as_ref().is_some_and(|theirs| ended.contains(&theirs.state)) {
        drop_attempt(app, ctx, order_id, known.id).await?;
        return Ok(Some("顾客没有完成付款，请再扫一次或换一种方式".to_owned()));
    }
    let (ctx, id) = (ctx.acting_as(Actor::System), known.id);
    app.db
        .write(move |tx| match &theirs {
            Some(theirs) => group::Report::One(theirs.clone()).settle(tx, &ctx, &*account).map(drop),
            None => payment::touch_checked(tx, &ctx, id),
        })
        .await?;
    Ok(None)
}

/// Another payment code for a sale that waits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnotherCode {
    #[schema(min_length = 16, max_length = 24)]
    pub auth_code: String,
}

/// Scan another payment code.
///
/// Needs `counter.sell`. The charge before it is reversed first; if that one was paid after all, the sale is paid.
#[utoipa::path(post, path = "/counter/sales/{id}/code", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = AnotherCode, responses((status = 200, body = CounterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `tenders.auth_code`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `counter.other_clerk`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_sale`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.expired`, `order.being_paid`, `counter.shift_closed`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: the charge before could not be reversed, try again")))]
async fn scan_another_code(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
    Json(request): Json<AnotherCode>,
) -> Answer<Json<CounterSaleView>> {
    let mall_id = staff.mall.id;
    let auth_code = request.auth_code.trim().to_owned();
    let (order, sale) = find(&app, mall_id, &staff.grants, id).await?;
    let channel = code_channel(&app, &staff.ctx, &auth_code)?;
    if let Some(before) = waiting_code(&app, mall_id, order.group_id).await? {
        let account = app.outside.payment_channel(mall_id, &before.channel)?;
        match group::close(&*account, &before).await? {
            CloseOutcome::Closed => drop_attempt(&app, &staff.ctx, id, before.id).await?,
            CloseOutcome::AlreadyPaid => drop(pay::refresh(&app, &staff.ctx, &before).await?),
        }
    }
    let (grants, currency) = (staff.grants.clone(), staff.mall.currency.clone());
    let attempt = staff
        .write(&app, "counter.code", move |tx, ctx| {
            own_shift(tx, ctx, &grants, sale.shift_id)?;
            let order = order::lock(tx, mall_id, id)?;
            if order.status != Status::Unpaid {
                return Ok((None, Note::new("order", id, "再扫付款码：已经付款")));
            }
            if order.expires_at.is_none_or(|until| until - ctx.now < seconds(20)) {
                return Err(Error::conflict("order.expired", "等待的时间到了，请取消后重新收款"));
            }
            let attempts = payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)?;
            if attempts.iter().any(|one| one.scene == CODE && one.status == PaymentStatus::Pending) {
                return Err(Error::conflict("order.being_paid", "这笔销售正在收款，请稍等"));
            }
            let parts = payment::waiting_parts(tx, mall_id, ORDER_GROUP, order.group_id)?;
            let amount = order.total.minus(taken(&parts))?;
            let payable = Payable { kind: ORDER_GROUP, id: order.group_id, amount };
            let until = order.expires_at.unwrap_or(ctx.now + minutes(1));
            let made = payment::insert_attempt(tx, ctx, payable, order.member_id, channel, CODE, &currency, until)?;
            let (order_id, payment_id, kind) = (id, made.id, TenderKind::Code);
            let tender = Tender { order_id, payment_id, kind, amount, tendered: amount, note: None };
            counter::insert_tender(tx, ctx, &tender)?;
            Ok((Some(made.id), Note::new("order", id, "再扫付款码")))
        })
        .await?;
    let refused = match attempt {
        Some(payment_id) => charge(&app, &staff.ctx, id, payment_id, &auth_code).await?,
        None => None,
    };
    Ok(Json(sale_view(&app, mall_id, id, refused).await?))
}

/// Cancel a sale that waits for its payment.
///
/// Needs `counter.sell`. The charge is reversed first; if it was paid after all, the sale is paid. What was taken from the
/// balance comes back, the stock too; cash is handed back.
#[utoipa::path(post, path = "/counter/sales/{id}/cancel", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = CounterSaleView),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_sale`"),
    (status = 409, body = ProblemBody, description = "`order.being_paid`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: the charge could not be reversed, try again")))]
async fn cancel_counter_sale(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
) -> Answer<Json<CounterSaleView>> {
    let mall_id = staff.mall.id;
    let (order, _) = find(&app, mall_id, &staff.grants, id).await?;
    if order.status == Status::Unpaid {
        let (intents, closed) = close::close_known_intents(&app, &staff.ctx, &order).await?;
        if intents == Intents::Closed {
            staff
                .write(&app, "counter.cancel", move |tx, ctx| {
                    let order = order::lock(tx, mall_id, id)?;
                    let attempts = payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)?;
                    let mut open =
                        attempts.iter().filter(|one| one.scene == CODE && one.status == PaymentStatus::Pending);
                    if open.any(|one| !closed.contains(&one.id)) {
                        return Err(Error::conflict("order.being_paid", "这笔销售正在收款，请稍等"));
                    }
                    if order.status == Status::Unpaid {
                        close::finish(tx, ctx, &order, Move::Close, Some("柜台取消了收款"))?;
                    }
                    Ok(((), Note::new("order", id, "取消柜台销售")))
                })
                .await?;
        }
    }
    Ok(Json(sale_view(&app, mall_id, id, None).await?))
}
