//! The channel's bill of a day: what it settled on that day in China's time, unless a lever spoils it.

use super::channel::{Call, LocalChannel, unanswered};
use super::locked;
use kernel::ports::{Bill, BillKind, BillLine, BillState, ChannelRefundState};
use kernel::{Fen, Instant, Result, hours};

/// Changes a bill on its way out.
pub(super) type Spoil = Box<dyn Fn(&mut Bill) + Send>;

impl LocalChannel {
    /// From now on every bill is changed like this on its way out.
    pub fn spoil_bills(&self, change: impl Fn(&mut Bill) + Send + 'static) {
        locked(&self.books).spoil = Some(Box::new(change));
    }

    /// Bills tell the truth again.
    pub fn honest_bills(&self) {
        locked(&self.books).spoil = None;
    }

    pub(super) fn bill_now(&self, day: i64) -> Result<Bill> {
        let lost = self.begin(Call::Bill)?;
        let books = locked(&self.books);
        let on_day = |at: &Option<Instant>| at.is_some_and(|at| at.day_at_offset(hours(8)) == day);
        let mut bill = Bill::default();
        for (number, intent) in books.intents.iter().filter(|(_, intent)| on_day(&intent.paid_at)) {
            bill.lines.push(BillLine {
                kind: BillKind::Payment,
                number: number.clone(),
                channel_number: intent.transaction_id.clone().unwrap_or_default(),
                amount: intent.amount,
                fee: Fen(intent.amount.0 * 6 / 1_000),
                state: BillState::Done,
                at: intent.paid_at,
            });
            bill.fee = Fen(bill.fee.0 + intent.amount.0 * 6 / 1_000);
        }
        for (number, (_, refund)) in &books.refunds {
            let at = books.refunds_at.get(number).copied();
            if !on_day(&at) {
                continue;
            }
            let state = match refund.state {
                ChannelRefundState::Processing => BillState::Processing,
                ChannelRefundState::Done => BillState::Done,
                ChannelRefundState::Closed | ChannelRefundState::Abnormal => BillState::Failed,
            };
            let (kind, channel_number) = (BillKind::Refund, refund.channel_refund_id.clone());
            bill.lines.push(BillLine {
                kind,
                number: number.clone(),
                channel_number,
                amount: refund.amount,
                fee: Fen::ZERO,
                state,
                at,
            });
        }
        if let Some(spoil) = &books.spoil {
            spoil(&mut bill);
        }
        if lost { Err(unanswered()) } else { Ok(bill) }
    }
}
