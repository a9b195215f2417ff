//! Intents of [`LocalChannel`], alone and combined: every sub-order is an intent of its own, paid with the others or not at all.

use super::channel::{Books, Call, Intent, LocalChannel, unanswered};
use super::instruction::instruction;
use super::locked;
use super::notice::{payment_from, payment_json};
use kernel::ports::{
    ChannelPaymentState, CloseOutcome, CombinedChannel, CombinedPayment, PayInstruction, PaymentIntent, Pending,
    SubOrder,
};
use kernel::{Error, Fen, Result};
use serde_json::{Value, json};

impl Books {
    /// The intents behind a number: itself, or its sub-orders.
    pub(super) fn subs(&self, number: &str) -> Vec<String> {
        self.combined.get(number).cloned().unwrap_or_else(|| vec![number.to_owned()])
    }
}

impl LocalChannel {
    /// New payments over several orders are one transaction, as for a merchant without combined payment.
    pub fn collect_as_one(&self, on: bool) {
        locked(&self.books).as_one = on;
    }

    /// Keeps an intent, or finds it kept.
    pub(super) fn open(&self, intent: &PaymentIntent) -> Result<()> {
        let mut books = locked(&self.books);
        let known = books.intents.entry(intent.number.clone()).or_insert_with(|| Intent {
            amount: intent.amount,
            state: ChannelPaymentState::NotPaid,
            transaction_id: None,
            payer: intent.openid.clone(),
            paid_at: None,
            scene: intent.scene,
            notify_url: intent.notify_url.clone(),
            refunded: Fen::ZERO,
        });
        if known.transaction_id.is_some() {
            return Err(Error::conflict("payment.already_paid", "已经付过款了"));
        }
        if known.amount != intent.amount || known.state == ChannelPaymentState::Closed {
            return Err(Error::gateway("payment.channel_failed", "订单号重复"));
        }
        Ok(())
    }

    pub(super) fn instruction(&self, intent: &PaymentIntent) -> PayInstruction {
        instruction(self.name, &self.app_id, self.clock.now(), intent)
    }

    pub(super) fn combined_of(&self, number: &str, books: &Books) -> Option<CombinedPayment> {
        let subs = books.combined.get(number)?;
        Some(CombinedPayment {
            number: number.to_owned(),
            app_id: self.app_id.clone(),
            merchant_id: self.merchant_id.clone(),
            parts: subs.iter().filter_map(|sub| self.payment_of(sub, books)).collect(),
        })
    }

    /// Numbers of the sub-orders of a combined payment.
    pub fn sub_numbers(&self, number: &str) -> Vec<String> {
        locked(&self.books).combined.get(number).cloned().unwrap_or_default()
    }
}

impl CombinedChannel for LocalChannel {
    fn create_combined<'a>(&'a self, intent: &'a PaymentIntent, parts: &'a [SubOrder]) -> Pending<'a, PayInstruction> {
        Box::pin(async move {
            let lost = self.begin(Call::Create)?;
            let sum: i64 = parts.iter().map(|part| part.amount.0).sum();
            assert!(parts.len() > 1 && sum == intent.amount.0, "the mall combined badly: {intent:?}, {parts:?}");
            for part in parts {
                let (number, amount) = (part.number.clone(), part.amount);
                self.open(&PaymentIntent { number, amount, ..intent.clone() })?;
            }
            let subs = parts.iter().map(|part| part.number.clone()).collect();
            locked(&self.books).combined.insert(intent.number.clone(), subs);
            if lost { Err(unanswered()) } else { Ok(self.instruction(intent)) }
        })
    }

    fn query_combined<'a>(&'a self, number: &'a str) -> Pending<'a, Option<CombinedPayment>> {
        Box::pin(async move {
            let lost = self.begin(Call::Query)?;
            let books = locked(&self.books);
            let found = if books.unknown { None } else { self.combined_of(number, &books) };
            if lost { Err(unanswered()) } else { Ok(found) }
        })
    }

    fn close_combined<'a>(&'a self, number: &'a str, parts: &'a [String]) -> Pending<'a, CloseOutcome> {
        Box::pin(async move {
            let lost = self.begin(Call::Close)?;
            let mut books = locked(&self.books);
            let known = books.combined.get(number).cloned().unwrap_or_default();
            assert!(known.is_empty() || known == parts, "the mall closes other sub-orders than it opened");
            let paid = known.iter().any(|sub| books.intents[sub].transaction_id.is_some());
            if !paid {
                for sub in &known {
                    if let Some(intent) = books.intents.get_mut(sub) {
                        intent.state = ChannelPaymentState::Closed;
                    }
                }
            }
            let outcome = if paid { CloseOutcome::AlreadyPaid } else { CloseOutcome::Closed };
            if lost { Err(unanswered()) } else { Ok(outcome) }
        })
    }
}

pub(super) fn combined_json(payment: &CombinedPayment) -> Value {
    json!({
        "number": payment.number,
        "app_id": payment.app_id,
        "merchant_id": payment.merchant_id,
        "parts": payment.parts.iter().map(payment_json).collect::<Vec<Value>>(),
    })
}

pub(super) fn combined_from(value: &Value) -> CombinedPayment {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    CombinedPayment {
        number: text("number"),
        app_id: text("app_id"),
        merchant_id: text("merchant_id"),
        parts: value["parts"].as_array().into_iter().flatten().map(payment_from).collect(),
    }
}
