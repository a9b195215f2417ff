//! A payment channel in memory. It keeps intents, payments and refunds as a real one does: a paid intent cannot be
//! closed, a closed one cannot be paid, a refund never exceeds its payment, repeating a number repeats the answer.
//! Troubles are queued per call and happen once each; [`LocalChannel::calls`] tells what was asked.

use super::bill::Spoil;
use super::combined::{combined_from, combined_json};
use super::locked;
use super::notice::{LocalNotice, SIGNATURE, payment_from, payment_json, refund_from, refund_word, sign};
use super::transfers::{LocalTransfers, transfer_from};
use kernel::ports::{
    Bill, ChannelPayment, ChannelPaymentState, ChannelRefund, ChannelRefundState, CloseOutcome, CodeChannel,
    CombinedChannel, Notice, PayInstruction, PayScene, PaymentChannel, PaymentIntent, Pending, RawNotice,
    RefundRequest, TransferChannel,
};
use kernel::{Clock, Error, Fen, Instant, Result, minutes};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

/// The calls a channel answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    Create,
    Query,
    Close,
    Refund,
    QueryRefund,
    Bill,
    Transfer,
    QueryTransfer,
    PayByCode,
    Reverse,
}

/// How the next call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is done and an error comes back.
    Refuse,
    /// It is done, but the answer is lost on the way.
    LoseAnswer,
}

pub(super) struct Intent {
    pub(super) amount: Fen,
    pub(super) state: ChannelPaymentState,
    pub(super) transaction_id: Option<String>,
    pub(super) payer: Option<String>,
    pub(super) paid_at: Option<Instant>,
    pub(super) scene: PayScene,
    pub(super) notify_url: String,
    pub(super) refunded: Fen,
}

#[derive(Default)]
pub(super) struct Books {
    pub(super) intents: BTreeMap<String, Intent>,
    /// Numbers of the sub-orders of combined payments; each is an intent of its own.
    pub(super) combined: BTreeMap<String, Vec<String>>,
    pub(super) refunds: BTreeMap<String, (String, ChannelRefund)>,
    /// When each refund was asked for.
    pub(super) refunds_at: HashMap<String, Instant>,
    pub(super) spoil: Option<Spoil>,
    troubles: HashMap<Call, VecDeque<Trouble>>,
    calls: HashMap<Call, usize>,
    pub(super) unknown: bool,
    pub(super) as_one: bool,
    transactions: u64,
    notices: u64,
}

/// One merchant's account.
pub struct LocalChannel {
    pub(super) name: &'static str,
    pub(super) app_id: String,
    pub(super) merchant_id: String,
    secret: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) books: Mutex<Books>,
    pub transfers: LocalTransfers,
}

impl LocalChannel {
    pub(super) fn new(name: &'static str, app_id: &str, merchant_id: &str, clock: Arc<dyn Clock>) -> Self {
        LocalChannel {
            name,
            app_id: app_id.to_owned(),
            merchant_id: merchant_id.to_owned(),
            secret: format!("secret of {merchant_id}"),
            clock,
            books: Mutex::default(),
            transfers: LocalTransfers::new(&format!("secret of {merchant_id}")),
        }
    }

    // ------------------------------------------------------------ levers

    /// The next call of this kind goes wrong; several queue up.
    pub fn trouble(&self, call: Call, trouble: Trouble) {
        locked(&self.books).troubles.entry(call).or_default().push_back(trouble);
    }

    /// Queries answer that the channel never heard of the number, until switched off.
    pub fn forget_everything(&self, on: bool) {
        locked(&self.books).unknown = on;
    }

    /// How often this call was made.
    pub fn calls(&self, call: Call) -> usize {
        locked(&self.books).calls.get(&call).copied().unwrap_or(0)
    }

    /// The member pays; answers the notice, which is not delivered by itself.
    ///
    /// # Panics
    /// When the channel does not know the number, or it cannot be paid any more.
    pub fn pay(&self, number: &str) -> LocalNotice {
        let open = [ChannelPaymentState::NotPaid, ChannelPaymentState::Paying];
        let state = self.state_of(number);
        assert!(state.is_some_and(|s| open.contains(&s)), "payment {number} cannot be paid: {state:?}");
        self.pay_anyway(number)
    }

    /// The member pays although the intent was closed, as when a bank answers late.
    pub fn pay_anyway(&self, number: &str) -> LocalNotice {
        {
            let mut books = locked(&self.books);
            for number in books.subs(number) {
                books.transactions += 1;
                let transaction_id = format!("42{}{:08}", self.merchant_id, books.transactions);
                let intent = books.intents.get_mut(&number).expect("the channel knows the number");
                intent.state = ChannelPaymentState::Paid;
                intent.transaction_id = Some(transaction_id);
                intent.paid_at = Some(self.clock.now());
            }
        }
        self.notice_of(number)
    }

    /// A notice about a payment as it stands; every call gives it another notice id.
    pub fn notice_of(&self, number: &str) -> LocalNotice {
        let mut books = locked(&self.books);
        books.notices += 1;
        let notice_id = format!("EV-{}-{}", self.merchant_id, books.notices);
        if let Some(combined) = self.combined_of(number, &books) {
            let content = json!({ "notice_id": notice_id, "kind": "combined", "combined": combined_json(&combined) });
            return LocalNotice::new(content, &self.secret);
        }
        let payment = self.payment_of(number, &books).expect("the channel knows the number");
        let content = json!({ "notice_id": notice_id, "kind": "payment", "payment": payment_json(&payment) });
        LocalNotice::new(content, &self.secret)
    }

    /// Refunds under way arrive; answers a notice for each.
    pub fn finish_refunds(&self) -> Vec<LocalNotice> {
        self.end_refunds(ChannelRefundState::Done)
    }

    /// Refunds under way fail for good (a closed bank account).
    pub fn fail_refunds(&self) -> Vec<LocalNotice> {
        self.end_refunds(ChannelRefundState::Abnormal)
    }

    /// Refunds under way are closed by the channel; a new number may be tried.
    pub fn close_refunds(&self) -> Vec<LocalNotice> {
        self.end_refunds(ChannelRefundState::Closed)
    }

    /// A person mends the failed refunds in the channel's own platform: they arrive after all.
    pub fn mend_refunds(&self) -> Vec<LocalNotice> {
        {
            let mut guard = locked(&self.books);
            let books = &mut *guard;
            for (payment, refund) in books.refunds.values_mut() {
                if refund.state == ChannelRefundState::Abnormal
                    && let Some(intent) = books.intents.get_mut(payment)
                {
                    intent.refunded = Fen(intent.refunded.0 + refund.amount.0);
                    refund.state = ChannelRefundState::Processing;
                }
            }
        }
        self.end_refunds(ChannelRefundState::Done)
    }

    fn end_refunds(&self, state: ChannelRefundState) -> Vec<LocalNotice> {
        let mut guard = locked(&self.books);
        let books = &mut *guard;
        let mut made = Vec::new();
        let mut next = books.notices;
        let open = books.refunds.values_mut().filter(|(_, r)| r.state == ChannelRefundState::Processing);
        for (payment, refund) in open {
            if state != ChannelRefundState::Done
                && let Some(intent) = books.intents.get_mut(payment)
            {
                intent.refunded = Fen(intent.refunded.0 - refund.amount.0);
            }
            refund.state = state;
            refund.finished_at = Some(self.clock.now());
            next += 1;
            let content = json!({
                "notice_id": format!("EV-{}-{next}", self.merchant_id),
                "kind": "refund",
                "refund": { "refund_number": refund.refund_number, "channel_refund_id": refund.channel_refund_id,
                    "state": refund_word(state), "amount": refund.amount.0 },
            });
            made.push(LocalNotice::new(content, &self.secret));
        }
        books.notices = next;
        made
    }

    // ------------------------------------------------------------ looking in

    /// State of an intent, if there is one.
    pub fn state_of(&self, number: &str) -> Option<ChannelPaymentState> {
        let books = locked(&self.books);
        books.subs(number).first().and_then(|number| books.intents.get(number)).map(|intent| intent.state)
    }

    /// Where an intent asked us to send notices, and from which scene it is paid.
    pub fn asked(&self, number: &str) -> Option<(String, PayScene)> {
        let books = locked(&self.books);
        let first = books.subs(number).into_iter().next()?;
        books.intents.get(&first).map(|intent| (intent.notify_url.clone(), intent.scene))
    }

    /// Money taken in, less what went back or is on its way back.
    pub fn balance(&self) -> Fen {
        let books = locked(&self.books);
        let taken: i64 = books.intents.values().filter(|i| i.transaction_id.is_some()).map(|i| i.amount.0).sum();
        Fen(taken - books.intents.values().map(|i| i.refunded.0).sum::<i64>())
    }

    /// How many refunds were started.
    pub fn refund_count(&self) -> usize {
        locked(&self.books).refunds.len()
    }

    // ------------------------------------------------------------ inside

    pub(super) fn begin(&self, call: Call) -> Result<bool> {
        let mut books = locked(&self.books);
        *books.calls.entry(call).or_default() += 1;
        match books.troubles.get_mut(&call).and_then(VecDeque::pop_front) {
            Some(Trouble::Refuse) => Err(Error::gateway("payment.channel_failed", "支付渠道暂时不可用")),
            Some(Trouble::LoseAnswer) => Ok(true),
            None => Ok(false),
        }
    }

    pub(super) fn payment_of(&self, number: &str, books: &Books) -> Option<ChannelPayment> {
        let intent = books.intents.get(number)?;
        let paid = intent.transaction_id.is_some();
        Some(ChannelPayment {
            number: number.to_owned(),
            state: intent.state,
            transaction_id: intent.transaction_id.clone(),
            amount: paid.then_some(intent.amount),
            currency: paid.then(|| "CNY".to_owned()),
            app_id: self.app_id.clone(),
            merchant_id: self.merchant_id.clone(),
            payer_openid: paid.then(|| intent.payer.clone().unwrap_or_else(|| "o-somebody".into())),
            paid_at: intent.paid_at,
        })
    }

    fn create_now(&self, intent: &PaymentIntent) -> Result<PayInstruction> {
        let lost = self.begin(Call::Create)?;
        self.open(intent)?;
        if lost { Err(unanswered()) } else { Ok(self.instruction(intent)) }
    }

    fn close_now(&self, number: &str) -> Result<CloseOutcome> {
        let lost = self.begin(Call::Close)?;
        let mut books = locked(&self.books);
        let outcome = match books.intents.get_mut(number) {
            Some(intent) if intent.transaction_id.is_some() => CloseOutcome::AlreadyPaid,
            Some(intent) => {
                intent.state = ChannelPaymentState::Closed;
                CloseOutcome::Closed
            }
            None => CloseOutcome::Closed,
        };
        if lost { Err(unanswered()) } else { Ok(outcome) }
    }

    fn refund_now(&self, request: &RefundRequest) -> Result<ChannelRefund> {
        let lost = self.begin(Call::Refund)?;
        let mut books = locked(&self.books);
        if !books.refunds.contains_key(&request.refund_number) {
            let intent = books.intents.get_mut(&request.payment_number);
            let intent = intent.ok_or_else(|| Error::gateway("payment.channel_failed", "没有这笔支付"))?;
            let fits = intent.transaction_id.is_some()
                && intent.amount == request.payment_total
                && intent.refunded.0 + request.amount.0 <= intent.amount.0;
            assert!(fits, "the mall asked for a refund it must not ask for: {request:?}");
            intent.refunded = Fen(intent.refunded.0 + request.amount.0);
            intent.state = ChannelPaymentState::Refunded;
            let refund = ChannelRefund {
                refund_number: request.refund_number.clone(),
                channel_refund_id: format!("50{}", request.refund_number),
                state: ChannelRefundState::Processing,
                amount: request.amount,
                finished_at: None,
            };
            books.refunds_at.insert(request.refund_number.clone(), self.clock.now());
            books.refunds.insert(request.refund_number.clone(), (request.payment_number.clone(), refund));
        }
        let (_, refund) = &books.refunds[&request.refund_number];
        if lost { Err(unanswered()) } else { Ok(refund.clone()) }
    }

    fn read(&self, raw: &RawNotice<'_>) -> Result<Notice> {
        let rejected = || Error::unauthenticated("payment.notice_rejected", "通知验签失败");
        let signature = raw.headers.iter().find(|(name, _)| name == SIGNATURE).map(|(_, value)| value.as_str());
        if signature != Some(sign(&self.secret, raw.body).as_str()) {
            return Err(rejected());
        }
        let content: Value = serde_json::from_slice(raw.body).map_err(|_| rejected())?;
        let notice_id = content["notice_id"].as_str().unwrap_or_default().to_owned();
        Ok(match content["kind"].as_str() {
            Some("payment") => Notice::Payment { notice_id, payment: payment_from(&content["payment"]) },
            Some("combined") => Notice::Combined { notice_id, payment: combined_from(&content["combined"]) },
            Some("refund") => Notice::Refund { notice_id, refund: refund_from(&content["refund"]) },
            Some("transfer") => Notice::Transfer { notice_id, transfer: transfer_from(&content["transfer"]) },
            other => Notice::Other { notice_id, event: other.unwrap_or_default().to_owned() },
        })
    }
}

impl PaymentChannel for LocalChannel {
    fn name(&self) -> &'static str {
        self.name
    }
    fn app_id(&self) -> &str {
        &self.app_id
    }
    fn merchant_id(&self) -> &str {
        &self.merchant_id
    }
    fn create<'a>(&'a self, intent: &'a PaymentIntent) -> Pending<'a, PayInstruction> {
        Box::pin(async move { self.create_now(intent) })
    }
    fn query<'a>(&'a self, number: &'a str) -> Pending<'a, Option<ChannelPayment>> {
        Box::pin(async move {
            let lost = self.begin(Call::Query)?;
            let books = locked(&self.books);
            let found = if books.unknown { None } else { self.payment_of(number, &books) };
            if lost { Err(unanswered()) } else { Ok(found) }
        })
    }
    fn close<'a>(&'a self, number: &'a str) -> Pending<'a, CloseOutcome> {
        Box::pin(async move { self.close_now(number) })
    }
    fn refund<'a>(&'a self, request: &'a RefundRequest) -> Pending<'a, ChannelRefund> {
        Box::pin(async move { self.refund_now(request) })
    }
    fn fresh_for(&self) -> Option<i64> {
        (self.name == "unionpay").then_some(minutes(15))
    }
    fn query_refund<'a>(&'a self, _: &'a str, refund_number: &'a str) -> Pending<'a, Option<ChannelRefund>> {
        Box::pin(async move {
            let lost = self.begin(Call::QueryRefund)?;
            let found = locked(&self.books).refunds.get(refund_number).map(|(_, refund)| refund.clone());
            if lost { Err(unanswered()) } else { Ok(found) }
        })
    }
    fn combined(&self) -> Option<&dyn CombinedChannel> {
        (self.name == "wechat").then_some(self as &dyn CombinedChannel)
    }
    fn combines(&self) -> bool {
        self.combined().is_some() && !locked(&self.books).as_one
    }
    fn codes(&self) -> Option<&dyn CodeChannel> {
        (self.name == "wechat").then_some(self as &dyn CodeChannel)
    }
    fn transfers(&self) -> Option<&dyn TransferChannel> {
        (self.name == "wechat").then_some(&self.transfers as &dyn TransferChannel)
    }
    fn payer<'a>(&'a self, code: &'a str) -> Pending<'a, String> {
        Box::pin(async move { Ok(format!("payer of {code}")) })
    }
    fn read_notice<'a>(&'a self, raw: &'a RawNotice<'a>) -> Pending<'a, Notice> {
        Box::pin(async move { self.read(raw) })
    }
    fn bill(&self, day: i64) -> Pending<'_, Bill> {
        Box::pin(async move { self.bill_now(day) })
    }
}

pub(super) fn unanswered() -> Error {
    Error::gateway("payment.channel_unknown", "支付渠道没有回答")
}
