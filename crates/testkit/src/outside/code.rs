//! Code pay in memory. The last digit of a code says how its owner is: `1` confirms on the phone (`pay` is the confirmation,
//! `decline` the refusal), `2` has no money, anything else pays at once.

use super::channel::{Call, Intent, LocalChannel, unanswered};
use super::locked;
use kernel::ports::{ChannelPayment, ChannelPaymentState, CloseOutcome, CodeChannel, CodeIntent, PayScene, Pending};
use kernel::{Error, Fen, Result};

impl LocalChannel {
    /// The owner of a code refuses on the phone.
    pub fn decline(&self, number: &str) {
        let mut books = locked(&self.books);
        let intent = books.intents.get_mut(number).expect("the channel knows the number");
        assert!(intent.transaction_id.is_none(), "payment {number} is paid");
        intent.state = ChannelPaymentState::Failed;
    }

    fn charge(&self, intent: &CodeIntent) -> Result<ChannelPayment> {
        let lost = self.begin(Call::PayByCode)?;
        let known = locked(&self.books).intents.contains_key(&intent.number);
        if !known {
            if intent.auth_code.ends_with('2') {
                return Err(Error::conflict("payment.code_refused", "顾客的余额不足，请换一种方式付款"));
            }
            let asked = Intent {
                amount: intent.amount,
                state: ChannelPaymentState::Paying,
                transaction_id: None,
                payer: Some(format!("o-{}", intent.auth_code)),
                paid_at: None,
                scene: PayScene::Native,
                notify_url: String::new(),
                refunded: Fen::ZERO,
            };
            locked(&self.books).intents.insert(intent.number.clone(), asked);
            if !intent.auth_code.ends_with('1') {
                drop(self.pay(&intent.number));
            }
        }
        let books = locked(&self.books);
        let payment = self.payment_of(&intent.number, &books).expect("it was just written");
        if lost { Err(unanswered()) } else { Ok(payment) }
    }

    fn undo(&self, number: &str) -> Result<CloseOutcome> {
        let lost = self.begin(Call::Reverse)?;
        if let Some(intent) = locked(&self.books).intents.get_mut(number) {
            (intent.state, intent.transaction_id, intent.paid_at) = (ChannelPaymentState::Closed, None, None);
        }
        if lost { Err(unanswered()) } else { Ok(CloseOutcome::Closed) }
    }
}

impl CodeChannel for LocalChannel {
    fn takes(&self, auth_code: &str) -> bool {
        auth_code.len() == 18 && auth_code.starts_with('1')
    }
    fn pay_by_code<'a>(&'a self, intent: &'a CodeIntent) -> Pending<'a, ChannelPayment> {
        Box::pin(async move { self.charge(intent) })
    }
    fn reverse<'a>(&'a self, number: &'a str) -> Pending<'a, CloseOutcome> {
        Box::pin(async move { self.undo(number) })
    }
}
