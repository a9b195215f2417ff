//! What is compared, and the one rule that says whether it agrees. Pure.

use kernel::ports::{BillKind, BillState};
use kernel::{Error, Fen, Id, Instant, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// In what way ours and theirs disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BillProblem)]
pub enum Problem {
    /// We say the money moved, the bill does not know of it.
    OursOnly,
    /// The bill has it, we do not.
    TheirsOnly,
    Amount,
    /// The channel moved the money, we say it did not; or the other way round.
    State,
}

impl Problem {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Problem::OursOnly => "ours_only",
            Problem::TheirsOnly => "theirs_only",
            Problem::Amount => "amount",
            Problem::State => "state",
        }
    }
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "ours_only" => Problem::OursOnly,
            "theirs_only" => Problem::TheirsOnly,
            "amount" => Problem::Amount,
            "state" => Problem::State,
            other => return Err(Error::internal(format_args!("unknown problem {other}"))),
        })
    }
}

/// A payment or refund of ours, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    pub kind: BillKind,
    /// The number it has at the channel now.
    pub number: String,
    pub amount: Fen,
    /// The stored status; of a fee, the state of the line of the trade bill that told it.
    pub status: String,
    pub payment_id: Option<Id>,
    pub refund_id: Option<Id>,
    pub order_id: Option<Id>,
    /// Staff gave the money back by hand; the channel never did.
    pub by_hand: bool,
    pub at: Option<Instant>,
}

impl Ours {
    /// True when we say that the money moved through the channel.
    pub fn moved(&self) -> bool {
        match self.kind {
            BillKind::Payment => matches!(self.status.as_str(), "paid" | "refunding" | "refunded"),
            BillKind::Refund => self.status == "done" && !self.by_hand,
            BillKind::Transfer | BillKind::Fee => self.status == "done",
            BillKind::Other => false,
        }
    }

    /// True while nobody can say yet whether the money moves: what the bill says of it is taken as it is.
    fn is_under_way(&self) -> bool {
        match self.kind {
            BillKind::Transfer => !matches!(self.status.as_str(), "done" | "failed" | "cancelled"),
            BillKind::Fee => self.status == "processing",
            _ => false,
        }
    }
}

/// A line as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    pub channel_number: String,
    pub amount: Fen,
    pub state: BillState,
}

pub(super) const fn kind_word(kind: BillKind) -> &'static str {
    match kind {
        BillKind::Payment => "payment",
        BillKind::Refund => "refund",
        BillKind::Transfer => "transfer",
        BillKind::Fee => "fee",
        BillKind::Other => "other",
    }
}

pub(super) fn kind_of(text: &str) -> Result<BillKind> {
    match text {
        "payment" => Ok(BillKind::Payment),
        "refund" => Ok(BillKind::Refund),
        "transfer" => Ok(BillKind::Transfer),
        "fee" => Ok(BillKind::Fee),
        "other" => Ok(BillKind::Other),
        other => Err(Error::internal(format_args!("unknown kind of line {other}"))),
    }
}

pub(super) const fn state_word(state: BillState) -> &'static str {
    match state {
        BillState::Done => "done",
        BillState::Processing => "processing",
        BillState::Failed => "failed",
    }
}

pub(super) fn state_of(text: &str) -> Result<BillState> {
    match text {
        "done" => Ok(BillState::Done),
        "processing" => Ok(BillState::Processing),
        "failed" => Ok(BillState::Failed),
        other => Err(Error::internal(format_args!("unknown state of a line {other}"))),
    }
}

/// What is wrong between ours and theirs of one number.
///
/// | ours \ theirs | none       | done        | processing  | failed |
/// |---------------|------------|-------------|-------------|--------|
/// | none          | –          | theirs only | theirs only | –      |
/// | moved         | ours only  | –           | – (a bill is made early, the refund ended since) | state |
/// | not moved     | –          | state       | –           | –      |
///
/// Where both are there and either says the money moved, another amount is said before another state. What is under way
/// on our side agrees with whatever moved.
pub fn judge(ours: Option<&Ours>, theirs: Option<&Theirs>) -> Option<Problem> {
    match (ours, theirs) {
        (None, None) => None,
        (Some(ours), None) => ours.moved().then_some(Problem::OursOnly),
        (None, Some(theirs)) => (theirs.state != BillState::Failed).then_some(Problem::TheirsOnly),
        (Some(ours), Some(theirs)) => {
            let (moved, gone) = (ours.moved(), theirs.state == BillState::Failed);
            if ours.amount != theirs.amount && (moved || !gone) {
                return Some(Problem::Amount);
            }
            match theirs.state {
                BillState::Done => (!moved && !ours.is_under_way()).then_some(Problem::State),
                BillState::Processing => None,
                BillState::Failed => moved.then_some(Problem::State),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(kind: BillKind, status: &str, fen: i64) -> Ours {
        Ours {
            kind,
            number: "7".into(),
            amount: Fen(fen),
            status: status.into(),
            payment_id: Some(Id(7)),
            refund_id: None,
            order_id: None,
            by_hand: false,
            at: None,
        }
    }
    fn theirs(state: BillState, fen: i64) -> Theirs {
        Theirs { channel_number: "42".into(), amount: Fen(fen), state }
    }

    #[test]
    fn the_table_holds() {
        use BillKind::{Fee, Payment, Refund, Transfer};
        use BillState::{Done, Failed, Processing};
        let paid = ours(Payment, "paid", 100);
        let pending = ours(Payment, "pending", 100);
        let back = ours(Refund, "done", 100);
        let failed = ours(Refund, "failed", 100);
        let (sent, waiting) = (ours(Transfer, "done", 100), ours(Transfer, "waiting", 100));
        let cancelled = ours(Transfer, "cancelled", 100);
        let (fee, early) = (ours(Fee, "done", 12), ours(Fee, "processing", -6));
        for (ours, theirs, want) in [
            (None, None, None),
            (Some(&paid), None, Some(Problem::OursOnly)),
            (Some(&pending), None, None),
            (None, Some(theirs(Done, 1)), Some(Problem::TheirsOnly)),
            (None, Some(theirs(Failed, 1)), None),
            (Some(&paid), Some(theirs(Done, 100)), None),
            (Some(&paid), Some(theirs(Done, 99)), Some(Problem::Amount)),
            (Some(&pending), Some(theirs(Done, 100)), Some(Problem::State)),
            (Some(&back), Some(theirs(Processing, 100)), None),
            (Some(&back), Some(theirs(Failed, 100)), Some(Problem::State)),
            (Some(&failed), Some(theirs(Failed, 100)), None),
            (Some(&failed), Some(theirs(Done, 100)), Some(Problem::State)),
            (Some(&sent), None, Some(Problem::OursOnly)),
            (Some(&waiting), None, None),
            (Some(&waiting), Some(theirs(Done, 100)), None),
            (Some(&cancelled), Some(theirs(Done, 100)), Some(Problem::State)),
            (Some(&fee), None, Some(Problem::OursOnly)),
            (Some(&fee), Some(theirs(Done, 13)), Some(Problem::Amount)),
            (Some(&early), Some(theirs(Done, -6)), None),
        ] {
            assert_eq!(judge(ours, theirs.as_ref()), want, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn money_given_back_by_hand_is_not_looked_for_in_the_bill() {
        let mut by_hand = ours(BillKind::Refund, "done", 100);
        by_hand.by_hand = true;
        assert_eq!(judge(Some(&by_hand), None), None);
        assert_eq!(judge(Some(&by_hand), Some(&theirs(BillState::Failed, 100))), None);
        assert_eq!(
            judge(Some(&by_hand), Some(&theirs(BillState::Done, 100))),
            Some(Problem::State),
            "given back twice"
        );
    }
}
