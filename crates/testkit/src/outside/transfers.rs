//! Transfers to members in memory: a number repeated answers the same, a payee confirms once, what was called back cannot be
//! confirmed. Troubles are queued per call and happen once each.

use super::channel::{Call, Trouble};
use super::locked;
use super::notice::LocalNotice;
use kernel::ports::{ChannelTransfer, ChannelTransferState, Pending, TransferChannel, TransferRequest};
use kernel::{Error, Fen, Result};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Mutex;

#[derive(Default)]
struct Books {
    bills: BTreeMap<String, (ChannelTransfer, TransferRequest)>,
    troubles: HashMap<Call, VecDeque<Trouble>>,
    declines: bool,
    asked: usize,
    notices: u64,
}

/// The transfers of one merchant's account.
pub struct LocalTransfers {
    secret: String,
    books: Mutex<Books>,
}

impl LocalTransfers {
    pub(super) fn new(secret: &str) -> Self {
        LocalTransfers { secret: secret.to_owned(), books: Mutex::default() }
    }

    /// The next call of this kind goes wrong.
    pub fn trouble(&self, call: Call, trouble: Trouble) {
        locked(&self.books).troubles.entry(call).or_default().push_back(trouble);
    }

    /// New transfers are refused for good until switched off.
    pub fn decline(&self, on: bool) {
        locked(&self.books).declines = on;
    }

    /// Money that arrived at members.
    pub fn paid_out(&self) -> Fen {
        let books = locked(&self.books);
        let done = books.bills.values().filter(|(bill, _)| bill.state == ChannelTransferState::Done);
        Fen(done.filter_map(|(bill, _)| bill.amount).map(|amount| amount.0).sum())
    }

    /// How often a transfer was asked for.
    pub fn asked(&self) -> usize {
        locked(&self.books).asked
    }

    /// The payee confirms; answers the notice, which is not delivered by itself.
    pub fn confirm(&self, number: &str) -> LocalNotice {
        self.end(number, ChannelTransferState::Done)
    }

    /// Nobody confirmed in time.
    pub fn expire(&self, number: &str) -> LocalNotice {
        self.end(number, ChannelTransferState::Failed)
    }

    fn end(&self, number: &str, state: ChannelTransferState) -> LocalNotice {
        let mut books = locked(&self.books);
        books.notices += 1;
        let notice_id = format!("TR-{}", books.notices);
        let (bill, _) = books.bills.get_mut(number).expect("the channel knows the transfer");
        assert_eq!(bill.state, ChannelTransferState::WaitingForUser, "{number} cannot end");
        bill.state = state;
        let transfer = json!({ "number": number, "done": state == ChannelTransferState::Done, "amount": bill.amount.map(|a| a.0) });
        LocalNotice::new(json!({ "notice_id": notice_id, "kind": "transfer", "transfer": transfer }), &self.secret)
    }

    fn begin(&self, call: Call) -> Result<bool> {
        match locked(&self.books).troubles.get_mut(&call).and_then(VecDeque::pop_front) {
            Some(Trouble::Refuse) => Err(unanswered()),
            Some(Trouble::LoseAnswer) => Ok(true),
            None => Ok(false),
        }
    }

    fn transfer_now(&self, request: &TransferRequest) -> Result<ChannelTransfer> {
        let lost = self.begin(Call::Transfer)?;
        let mut books = locked(&self.books);
        books.asked += 1;
        if !books.bills.contains_key(&request.number) {
            if books.declines {
                return Err(Error::conflict("transfer.refused", "渠道没有接受"));
            }
            let bill = ChannelTransfer {
                number: request.number.clone(),
                channel_transfer_id: Some(format!("bill {}", request.number)),
                state: ChannelTransferState::WaitingForUser,
                amount: Some(request.amount),
                package: None,
                fail_reason: None,
                finished_at: None,
            };
            books.bills.insert(request.number.clone(), (bill, request.clone()));
        }
        let (bill, first) = &books.bills[&request.number];
        assert!(
            first.amount == request.amount && first.openid == request.openid,
            "a number was used twice: {request:?}"
        );
        let package =
            (bill.state == ChannelTransferState::WaitingForUser).then(|| format!("package of {}", request.number));
        if lost { Err(unanswered()) } else { Ok(ChannelTransfer { package, ..bill.clone() }) }
    }
}

/// What a notice of a transfer says.
pub(super) fn transfer_from(value: &serde_json::Value) -> ChannelTransfer {
    let done = value["done"].as_bool() == Some(true);
    ChannelTransfer {
        number: value["number"].as_str().unwrap_or_default().to_owned(),
        channel_transfer_id: None,
        state: if done { ChannelTransferState::Done } else { ChannelTransferState::Failed },
        amount: value["amount"].as_i64().map(Fen),
        package: None,
        fail_reason: (!done).then(|| "OVERDUE_CLOSE".to_owned()),
        finished_at: None,
    }
}

fn unanswered() -> Error {
    Error::gateway("payment.channel_unknown", "支付渠道没有回答")
}

impl TransferChannel for LocalTransfers {
    fn transfer<'a>(&'a self, request: &'a TransferRequest) -> Pending<'a, ChannelTransfer> {
        Box::pin(async move { self.transfer_now(request) })
    }
    fn query_transfer<'a>(&'a self, number: &'a str) -> Pending<'a, Option<ChannelTransfer>> {
        Box::pin(async move {
            let lost = self.begin(Call::QueryTransfer)?;
            let found = locked(&self.books).bills.get(number).map(|(bill, _)| bill.clone());
            if lost { Err(unanswered()) } else { Ok(found) }
        })
    }
    fn cancel_transfer<'a>(&'a self, number: &'a str) -> Pending<'a, ChannelTransfer> {
        Box::pin(async move {
            let mut books = locked(&self.books);
            let (bill, _) = books.bills.get_mut(number).ok_or_else(unanswered)?;
            if bill.state != ChannelTransferState::WaitingForUser {
                return Err(Error::conflict("transfer.refused", "不能撤销"));
            }
            bill.state = ChannelTransferState::Cancelled;
            Ok(ChannelTransfer { state: ChannelTransferState::Cancelling, ..bill.clone() })
        })
    }
}
