//! Sell: one transaction prices the goods inside it, takes the stock, writes order, sale and how it is paid, and, when all of
//! the money is there, hands the goods over. A payment code is charged after that transaction; the other parts wait for it.

use super::basket::request_of;
use super::receipt::{CounterSaleView, sale_view};
use super::tender::TenderInput;
use super::{own_shift, wait};
use crate::flows::balance::BALANCE;
use crate::flows::channel::Channel;
use crate::flows::group::CODE;
use crate::flows::place::{self, PlaceOrder};
use crate::flows::{ORDER_GROUP, booking, fitting, settle};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Fen, Id, Instant, Result, hours, minutes};
use people::identity;
use people::wallet;
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Staff};
use serde::{Deserialize, Serialize};
use trade::counter::{self, MemberCodes, NewSale, Shift, Tender, TenderKind};
use trade::offers::Choices;
use trade::order::{self, Move, NewPrices, Order};
use trade::payment::{self, CASH, Payable};
use trade::quote::{self, Delivery, ItemInput, Request, Source};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sell_at_counter))
}

/// How long a customer may take to confirm on the phone before the sale is cancelled by itself.
const WAIT_MS: i64 = minutes(3);
/// How late a sale may be told that was rung up without a network.
const LATE_MS: i64 = hours(24);
/// The most ways a sale is paid in.
const MOST_TENDERS: usize = 8;

/// A sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SellAtCounter {
    /// The clerk's own open shift.
    pub shift_id: Id,
    #[schema(max_items = 120)]
    pub items: Vec<ItemInput>,
    /// Instead of items: what is left to pay of a booking. It is its member's purchase, with or without `member_id`.
    pub booking_id: Option<Id>,
    /// Of the items, what was put aside here for trying and is taken now. Told late, one that is over by then is sold from the shelf.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub fitting_ids: Vec<Id>,
    /// Absent for somebody the mall does not know.
    pub member_id: Option<Id>,
    #[serde(default)]
    pub choices: Choices,
    /// The quote's total; a drift is refused with the new quote.
    pub expected_total_fen: i64,
    /// They sum to the total; none when it is nothing.
    #[schema(max_items = 8)]
    pub tenders: Vec<TenderInput>,
    /// When it was rung up without a network, within the last 24 hours: the goods are gone, so the price of that moment
    /// holds; paid in cash or otherwise by hand, by somebody the mall does not know.
    pub rung_at: Option<Instant>,
}

impl SellAtCounter {
    fn check(&self, now: Instant) -> Result<()> {
        if self.items.is_empty() != self.booking_id.is_some() {
            return Err(Error::field("items", "请先扫描商品"));
        }
        if self.fitting_ids.len() > fitting::MOST_FITTINGS
            || (self.booking_id.is_some() && !self.fitting_ids.is_empty())
        {
            return Err(Error::field("fitting_ids", "留货一次最多 20 份，预约的尾款要单独收"));
        }
        let amounts: Vec<i64> = self.tenders.iter().map(TenderInput::amount).collect();
        let sum = amounts.iter().try_fold(0i64, |sum, amount| sum.checked_add(*amount));
        let positive = amounts.iter().all(|amount| *amount > 0) && amounts.len() <= MOST_TENDERS;
        if !positive || sum != Some(self.expected_total_fen) {
            return Err(Error::field("tenders", "各种付款方式的金额加起来要等于应付金额"));
        }
        let count = |is: fn(&TenderInput) -> bool| self.tenders.iter().filter(|tender| is(tender)).count();
        let codes = count(|tender| matches!(tender, TenderInput::Code { .. }));
        let balances = count(|tender| matches!(tender, TenderInput::Balance { .. }));
        if codes > 1 || balances > 1 {
            return Err(Error::field("tenders", "付款码和余额各只能用一次"));
        }
        if balances > 0 && self.member_id.is_none() {
            return Err(Error::field("tenders", "余额付款要先识别会员"));
        }
        for tender in &self.tenders {
            match tender {
                TenderInput::Cash { amount_fen, tendered_fen: Some(given) }
                    if !(*amount_fen..=Fen::MAX.0).contains(given) =>
                {
                    return Err(Error::field("tenders", "收到的现金少于应收金额"));
                }
                TenderInput::Other { note, .. } if !(1..=40).contains(&note.trim().chars().count()) => {
                    return Err(Error::field("tenders", "请写明付款方式，最多 40 个字"));
                }
                _ => {}
            }
        }
        let Some(rung_at) = self.rung_at else { return Ok(()) };
        if self.booking_id.is_some() {
            return Err(Error::field("booking_id", "尾款要联网收"));
        }
        if rung_at > now + minutes(10) || rung_at + LATE_MS < now {
            return Err(Error::conflict("counter.told_too_late", "离线销售要在 24 小时内上传，请联系店长处理"));
        }
        if codes + balances > 0 || self.member_id.is_some() {
            return Err(Error::field("tenders", "离线销售只能收现金或登记其他方式，不能用会员权益"));
        }
        Ok(())
    }
}

/// Sell at the counter.
///
/// Needs `counter.sell`. Stock leaves the store's shelf, and the order is completed, in the moment it is paid. The same
/// `Idempotency-Key` again answers how the sale stands. With a payment code the answer may be `waiting`: ask again with
/// `GET /counter/sales/{id}`.
#[utoipa::path(post, path = "/counter/sales", tag = "counter", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = SellAtCounter,
    responses((status = 200, body = CounterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `items`, `tenders`, `tenders.auth_code`, `fitting_ids`; `cart.quantity_invalid`; `pay_password.wrong`, `session.code_wrong`, `session.code_expired`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `counter.other_clerk`, `fitting.other_store`, `member.blocked`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_shift`, `member.not_found`, `fitting.not_found`"),
    (status = 409, body = ProblemBody, description = "`counter.shift_closed`, `order.price_changed` (details.quote), `inventory.sold_out` (details.sku_ids), `order.not_placeable`, `counter.code_forged`, `counter.code_expired`, `counter.code_used`, `balance.not_enough`, `counter.told_too_late`, `counter.sale_sent`, `pay_password.not_set`, `store.closed`, `booking.nothing_left`, `booking.rest_moved`, `booking.not_allowed`, `fitting.over`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`"),
    (status = 429, body = ProblemBody, description = "`pay_password.locked`, `session.code_locked`")))]
async fn sell_at_counter(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    key: IdempotencyKey,
    Json(request): Json<SellAtCounter>,
) -> Answer<Json<CounterSaleView>> {
    let claim = Claim::new(&staff.ctx, "counter.sell", &key, &request)?;
    request.check(staff.ctx.now)?;
    let (mall_id, request_key) = (staff.mall.id, format!("{}:{}", staff.id, key.0));
    let asked = request_key.clone();
    let known = app.db.read(move |tx| counter::of_request(tx, mall_id, &asked)).await?;
    if known.is_none() {
        confirm(&app, &staff.ctx, &request).await?;
    }
    let channel = channel_of(&app, &staff.ctx, &request)?;
    let (reader, grants, currency) = (app.clone(), staff.grants.clone(), staff.mall.currency.clone());
    let auth_code = request.tenders.iter().find_map(|tender| match tender {
        TenderInput::Code { auth_code, .. } => Some(auth_code.trim().to_owned()),
        _ => None,
    });
    let sold = staff
        .write_once(&app, "counter.sell", claim, move |tx, ctx| {
            let sold = run(&reader, tx, ctx, &grants, &request, &request_key, &currency, channel)?;
            let note = format!("柜台销售 ¥{}", Fen(request.expected_total_fen));
            Ok((sold, Note::new("order", sold.order_id, note)))
        })
        .await?;
    let refused = match (sold.code_payment_id, auth_code) {
        (Some(payment_id), Some(code)) => wait::charge(&app, &staff.ctx, sold.order_id, payment_id, &code).await?,
        _ => None,
    };
    Ok(Json(sale_view(&app, mall_id, sold.order_id, refused).await?))
}

/// A password or a text message is checked before anything is written.
async fn confirm(app: &App, ctx: &Ctx, request: &SellAtCounter) -> Result<()> {
    for tender in &request.tenders {
        let TenderInput::Balance { member_code, confirmation, .. } = tender else { continue };
        match (member_code, confirmation, request.member_id) {
            (None, Some(given), Some(member_id)) => wallet::confirm(app, ctx, member_id, given).await?,
            (Some(_), None, _) => {}
            _ => return Err(Error::field("tenders", "余额付款请让顾客出示会员码，或输入支付密码")),
        }
    }
    Ok(())
}

/// Whose code was scanned; `request.invalid` at `tenders.auth_code` when no channel of the mall takes it.
fn channel_of(app: &App, ctx: &Ctx, request: &SellAtCounter) -> Result<Option<&'static str>> {
    let code = request.tenders.iter().find_map(|tender| match tender {
        TenderInput::Code { auth_code, .. } => Some(auth_code.trim()),
        _ => None,
    });
    code.map(|code| code_channel(app, ctx, code)).transpose()
}

/// The channel that takes a payment code.
pub(super) fn code_channel(app: &App, ctx: &Ctx, auth_code: &str) -> Result<&'static str> {
    let takes = |channel: &Channel| {
        let account = app.outside.payment_channel(ctx.mall_id, channel.as_str()).ok()?;
        account.codes().is_some_and(|codes| codes.takes(auth_code)).then_some(channel.as_str())
    };
    let found = Channel::ALL.iter().find_map(takes);
    found.ok_or_else(|| Error::field("tenders.auth_code", "这不是可以收款的付款码，请顾客打开微信或支付宝的付款码再扫"))
}

/// What came of the transaction.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sold {
    order_id: Id,
    /// The payment that waits for the customer's code.
    code_payment_id: Option<Id>,
}

/// The transaction's body for sales that need no code: also of the demo.
pub fn sell_in(
    app: &App,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    grants: &Grants,
    request: &SellAtCounter,
    request_key: &str,
    currency: &str,
) -> Result<Id> {
    run(app, tx, ctx, grants, request, request_key, currency, None).map(|sold| sold.order_id)
}

fn run(
    app: &App,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    grants: &Grants,
    request: &SellAtCounter,
    request_key: &str,
    currency: &str,
    channel: Option<&'static str>,
) -> Result<Sold> {
    let shift = own_shift(tx, ctx, grants, request.shift_id)?;
    Selling { app, shift: &shift, grants, request, currency }.run(tx, ctx, request_key, channel)
}

/// One sale about to be written.
struct Selling<'a> {
    app: &'a App,
    shift: &'a Shift,
    grants: &'a Grants,
    request: &'a SellAtCounter,
    currency: &'a str,
}

impl Selling<'_> {
    fn run(&self, tx: &mut Tx<'_>, ctx: &Ctx, request_key: &str, channel: Option<&'static str>) -> Result<Sold> {
        let request = self.request;
        let tried = fitting::take_for_sale(tx, ctx, self.shift.store_id, request)?;
        let order_id = self.place(tx, ctx)?;
        trade::fitting::sold_with(tx, ctx, &tried, order_id)?;
        let new = NewSale {
            order_id,
            store_id: self.shift.store_id,
            shift_id: self.shift.id,
            clerk_id: self.grants.staff_id,
            request_key,
            is_walk_in: self.request.member_id.is_none(),
            rung_at: self.request.rung_at,
        };
        counter::insert_sale(tx, ctx, &new)?;
        self.at_the_price_of_then(tx, ctx, order_id)?;
        let order = order::find(tx, ctx.mall_id, order_id)?;
        let mut code_payment_id = None;
        for tender in &self.request.tenders {
            let payment_id = self.pay(tx, ctx, &order, tender, channel)?;
            if matches!(tender, TenderInput::Code { .. }) {
                code_payment_id = Some(payment_id);
            }
        }
        if code_payment_id.is_none() {
            settle::paid(tx, ctx, &order, Move::Paid, None)?;
        }
        Ok(Sold { order_id, code_payment_id })
    }

    /// The order, as checkout would place it.
    fn place(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Id> {
        let (request, store_id) = (self.request, self.shift.store_id);
        if let Some(booking_id) = request.booking_id {
            return self.place_rest(tx, ctx, booking_id);
        }
        let mut ask = request_of(store_id, &request.items, request.member_id, &request.choices)?;
        ask.check_stock = false;
        if ask.is_walk_in {
            ask.member_id = identity::create_guest(tx, ctx)?;
        }
        let mut expected_total_fen = request.expected_total_fen;
        if request.rung_at.is_some() {
            let facts = quote::gather(self.app, tx, ctx, &ask)?;
            expected_total_fen = quote::price(&facts)?.total().0;
        }
        self.place_as(tx, ctx, &ask, expected_total_fen)
    }

    /// The order of what is left to pay of a booking.
    fn place_rest(&self, tx: &mut Tx<'_>, ctx: &Ctx, booking_id: Id) -> Result<Id> {
        let (booking, ask) = booking::rest_line(tx, ctx, self.grants, self.shift.store_id, booking_id)?;
        if self.request.member_id.is_some_and(|member| member != booking.member_id) {
            return Err(Error::not_found("member.not_found", "这个预约是另一位会员的"));
        }
        let order_id = self.place_as(tx, ctx, &ask, self.request.expected_total_fen)?;
        trade::booking::set_rest(tx, ctx, &booking, order_id)?;
        Ok(order_id)
    }

    fn place_as(&self, tx: &mut Tx<'_>, ctx: &Ctx, ask: &Request, expected_total_fen: i64) -> Result<Id> {
        let place = PlaceOrder {
            source: Source::Now,
            items: self.request.items.clone(),
            delivery: Delivery::Pickup { store_id: Some(self.shift.store_id), slot_at: None },
            remark: None,
            confirmed_no_return: true,
            choices: ask.choices.clone(),
            expected_total_fen,
        };
        let placed = place::place_in(self.app, tx, ctx, ask, &place, WAIT_MS)?;
        placed.orders.first().map(|order| order.id).ok_or_else(|| Error::internal("nothing was placed"))
    }

    /// What was sold without a network is sold at the price of that moment, up to the list price of today.
    fn at_the_price_of_then(&self, tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
        let taken = Fen(self.request.expected_total_fen);
        let order = order::lock(tx, ctx.mall_id, order_id)?;
        if self.request.rung_at.is_none() || order.total == taken {
            return Ok(());
        }
        if taken > order.goods || taken < Fen(1) {
            let text = format!("现在的价格低于离线时收的 ¥{taken}，请在联网后重新收款，把差额退给顾客");
            return Err(Error::conflict("counter.price_fell", text));
        }
        let prices = NewPrices { goods: Some(taken), ..NewPrices::default() };
        order::reprice(tx, ctx, &order, &prices, "离线收银，按当时的价格").map(drop)
    }

    /// The payment behind one way of paying, and what the receipt says of it. Beside a payment code the others wait.
    fn pay(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        order: &Order,
        tender: &TenderInput,
        channel: Option<&'static str>,
    ) -> Result<Id> {
        let amount = Fen(tender.amount());
        let (kind, own, tendered, note) = match tender {
            TenderInput::Cash { tendered_fen, .. } => (TenderKind::Cash, CASH, tendered_fen.map_or(amount, Fen), None),
            TenderInput::Code { .. } => (TenderKind::Code, channel.unwrap_or_default(), amount, None),
            TenderInput::Balance { member_code, .. } => {
                self.check_member_code(tx, ctx, member_code.as_deref())?;
                (TenderKind::Balance, BALANCE, amount, None)
            }
            TenderInput::Other { note, .. } => (TenderKind::Other, OFFLINE, amount, Some(note.trim().to_owned())),
        };
        let payable = Payable { kind: ORDER_GROUP, id: order.group_id, amount };
        let (member_id, currency) = (order.member_id, self.currency);
        let until = order.expires_at.unwrap_or(ctx.now);
        let payment_id = match (kind, channel) {
            (TenderKind::Code, _) => {
                payment::insert_attempt(tx, ctx, payable, member_id, own, CODE, currency, until)?.id
            }
            (_, Some(_)) => payment::insert_part(tx, ctx, payable, member_id, own, currency, until)?.id,
            (_, None) => payment::insert_paid(tx, ctx, payable, member_id, currency, own)?,
        };
        if kind == TenderKind::Balance {
            wallet::pay(tx, ctx, member_id, payment_id, amount, "门店消费")?;
        }
        counter::insert_tender(tx, ctx, &Tender { order_id: order.id, payment_id, kind, amount, tendered, note })?;
        Ok(payment_id)
    }

    /// A code that confirms a payment is the buyer's own, good now, and was not used before.
    fn check_member_code(&self, tx: &mut Tx<'_>, ctx: &Ctx, code: Option<&str>) -> Result<()> {
        let Some(code) = code else { return Ok(()) };
        let code = MemberCodes::new(&self.app.sealer, ctx.mall_id).read(code, ctx.now)?;
        if Some(code.member_id) != self.request.member_id {
            return Err(Error::conflict("counter.code_forged", "这是另一位会员的会员码"));
        }
        counter::use_up(tx, ctx, &code)
    }
}

/// Channel of what staff take by hand.
const OFFLINE: &str = "offline";
