//! The life of an after-sale in one table: every move, where it may start, what it is called in the log, what it emits.
//!
//! ```text
//! requested ──approve──▶ approved ──send_back──▶ returning ──receive──▶ refunding ──▶ refunded
//!   │  │  └─(refund only)─────────────────────────────────────────────▶ refunding
//!   │  │                 approved, returning ──receive──▶ received ──reship──▶ exchanged
//!   │  │                                                 received ──(no goods left, or the clock)──▶ refunding
//!   │  └─decline──▶ rejected ──escalate──▶ escalated ──approve, receive or decline for good
//!   └─cancel, or the clock──▶ cancelled
//! ```

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal $label:literal;)* }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        $(#[$doc])*
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The stored word.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
            /// As people read it.
            pub const fn label(self) -> &'static str {
                match self { $($name::$variant => $label),* }
            }
            /// From the stored word.
            pub fn parse(text: &str) -> Result<Self> {
                let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
                found.ok_or_else(|| Error::internal(format_args!("{text} is no {}", stringify!($name))))
            }
        }
    };
}

words! {
    /// What the member asks for.
    #[schema(as = AfterSaleKind)]
    Kind {
        RefundOnly "refund_only" "仅退款";
        ReturnRefund "return_refund" "退货退款";
        Exchange "exchange" "换货";
    }
}

words! {
    /// Whether the pieces had left the house when it was asked for.
    #[schema(as = AfterSaleStage)]
    Stage {
        Unsent "unsent" "未发货";
        Sent "sent" "已发货";
    }
}

words! {
    /// Where an after-sale stands.
    #[schema(as = AfterSaleStatus)]
    Status {
        Requested "requested" "待商家处理";
        Approved "approved" "待寄回";
        Returning "returning" "待商家收货";
        Received "received" "待换货发出";
        Refunding "refunding" "退款中";
        Refunded "refunded" "已退款";
        Exchanged "exchanged" "已换货";
        Rejected "rejected" "商家已拒绝";
        Cancelled "cancelled" "已撤销";
        Escalated "escalated" "平台处理中";
    }
}

use Status::{
    Approved, Cancelled, Escalated, Exchanged, Received, Refunded, Refunding, Rejected, Requested, Returning,
};

impl Status {
    /// Nobody waits for anything any more.
    pub const fn is_ended(self) -> bool {
        matches!(self, Refunded | Exchanged | Rejected | Cancelled)
    }
}

/// A step in the life of an after-sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Approve,
    AutoApprove,
    Decline,
    Cancel,
    Lapse,
    SendBack,
    Receive,
    RefuseGoods,
    Reship,
    RefundInstead,
    Escalate,
    Finish,
}

/// Where a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    One(Status),
    /// A refund only is refunded at once; other goods come back first.
    AfterApproval,
    /// An exchange waits for its parcel, everything else is refunded.
    AfterReceipt,
}

/// One row of the table of moves.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub step: Step,
    pub from: &'static [Status],
    pub to: To,
    /// `kind` of the event in the log.
    pub event: &'static str,
    /// Event in the outbox.
    pub emits: &'static str,
    /// The line in the log.
    pub text: &'static str,
}

const fn rule_of(
    step: Step,
    from: &'static [Status],
    to: To,
    event: &'static str,
    emits: &'static str,
    text: &'static str,
) -> Rule {
    Rule { step, from, to, event, emits, text }
}

/// Every move there is.
pub const RULES: &[Rule] = &[
    rule_of(
        Step::Approve,
        &[Requested, Escalated],
        To::AfterApproval,
        "approved",
        "after_sale.approved",
        "商家同意了申请",
    ),
    rule_of(
        Step::AutoApprove,
        &[Requested],
        To::AfterApproval,
        "approved",
        "after_sale.approved",
        "商家超时未处理，自动同意",
    ),
    rule_of(
        Step::Decline,
        &[Requested, Escalated],
        To::One(Rejected),
        "rejected",
        "after_sale.rejected",
        "商家拒绝了申请",
    ),
    rule_of(
        Step::Cancel,
        &[Requested, Approved, Escalated],
        To::One(Cancelled),
        "cancelled",
        "after_sale.cancelled",
        "撤销了申请",
    ),
    rule_of(Step::Lapse, &[Approved], To::One(Cancelled), "lapsed", "after_sale.cancelled", "超时未寄回，申请自动关闭"),
    rule_of(Step::SendBack, &[Approved], To::One(Returning), "sent_back", "after_sale.sent_back", "寄回了商品"),
    rule_of(
        Step::Receive,
        &[Approved, Returning, Escalated],
        To::AfterReceipt,
        "received",
        "after_sale.received",
        "商家收到并验过商品",
    ),
    rule_of(
        Step::RefuseGoods,
        &[Approved, Returning, Escalated],
        To::One(Rejected),
        "goods_refused",
        "after_sale.rejected",
        "商家验货没有通过",
    ),
    rule_of(Step::Reship, &[Received], To::One(Exchanged), "reshipped", "after_sale.exchanged", "换的商品已发出"),
    rule_of(
        Step::RefundInstead,
        &[Received],
        To::One(Refunding),
        "refund_instead",
        "after_sale.refunding",
        "换货改为退款",
    ),
    rule_of(
        Step::Escalate,
        &[Requested, Returning, Rejected],
        To::One(Escalated),
        "escalated",
        "after_sale.escalated",
        "已申请平台处理",
    ),
    rule_of(Step::Finish, &[Refunding], To::One(Refunded), "refunded", "after_sale.refunded", "退款已完成"),
];

/// The rule of a step.
pub fn rule(step: Step) -> &'static Rule {
    RULES.iter().find(|rule| rule.step == step).expect("every step has a rule")
}

impl Step {
    /// The status after this step, or `after_sale.not_allowed` (409) if it cannot be made from `from`.
    pub fn apply(self, from: Status, kind: Kind) -> Result<Status> {
        let rule = rule(self);
        if !rule.from.contains(&from) {
            return Err(not_allowed(from));
        }
        Ok(match (rule.to, kind) {
            (To::One(status), _) => status,
            (To::AfterApproval, Kind::RefundOnly) | (To::AfterReceipt, Kind::ReturnRefund) => Refunding,
            (To::AfterApproval, _) => Approved,
            (To::AfterReceipt, Kind::Exchange) => Received,
            // Nothing comes back of a refund only.
            (To::AfterReceipt, Kind::RefundOnly) => return Err(not_allowed(from)),
        })
    }
}

/// The refusal of a step; names the state in words.
pub fn not_allowed(from: Status) -> Error {
    Error::conflict("after_sale.not_allowed", format!("售后单现在是“{}”，不能这样操作", from.label()))
}

/// What a page may offer for an after-sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AfterSaleAction)]
pub enum Action {
    Approve,
    Decline,
    Receive,
    Reship,
    RefundInstead,
    Escalate,
    Note,
    Cancel,
    SendBack,
}

/// What the actions depend on.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub status: Status,
    pub kind: Kind,
    /// The member has handed the goods to a carrier.
    pub sent_back: bool,
    /// The operator decided: nobody asks again.
    pub is_final: bool,
}

/// Actions of the member.
pub fn member_actions(standing: Standing) -> Vec<Action> {
    match standing.status {
        Requested => vec![Action::Cancel],
        Escalated if !standing.sent_back => vec![Action::Cancel],
        Approved => vec![Action::SendBack, Action::Cancel],
        Rejected if !standing.is_final => vec![Action::Escalate],
        _ => Vec::new(),
    }
}

/// Actions of staff; the page hides those the role does not allow. What was escalated waits for the operator.
pub fn staff_actions(standing: Standing) -> Vec<Action> {
    let mut actions = match standing.status {
        Requested => vec![Action::Approve, Action::Decline, Action::Escalate],
        Escalated if standing.sent_back => vec![Action::Receive, Action::Decline],
        Escalated => vec![Action::Approve, Action::Decline],
        Approved => vec![Action::Receive],
        Returning => vec![Action::Receive, Action::Escalate],
        Received => vec![Action::Reship, Action::RefundInstead],
        _ => Vec::new(),
    };
    actions.push(Action::Note);
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_parses_back() {
        assert!(Status::ALL.iter().all(|one| Status::parse(one.as_str()).unwrap() == *one));
        assert!(Kind::ALL.iter().all(|one| Kind::parse(one.as_str()).unwrap() == *one));
        assert!(Status::parse("lost").is_err());
    }

    #[test]
    fn money_that_went_back_and_parcels_that_left_stay() {
        for rule in RULES {
            for end in [Refunded, Exchanged, Cancelled] {
                assert!(!rule.from.contains(&end), "{rule:?}");
            }
        }
    }

    #[test]
    fn every_offered_action_can_be_made() {
        let step_of = |action| match action {
            Action::Approve => Some(Step::Approve),
            Action::Decline => Some(Step::Decline),
            Action::Receive => Some(Step::Receive),
            Action::Reship => Some(Step::Reship),
            Action::RefundInstead => Some(Step::RefundInstead),
            Action::Escalate => Some(Step::Escalate),
            Action::Cancel => Some(Step::Cancel),
            Action::SendBack => Some(Step::SendBack),
            Action::Note => None,
        };
        for status in Status::ALL.iter().copied() {
            for kind in [Kind::ReturnRefund, Kind::Exchange] {
                for sent_back in [false, true] {
                    let standing = Standing { status, kind, sent_back, is_final: false };
                    for action in member_actions(standing).into_iter().chain(staff_actions(standing)) {
                        let done = step_of(action).is_none_or(|step| step.apply(status, kind).is_ok());
                        assert!(done, "{action:?} offered in {status:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_state_but_the_ends_can_be_left() {
        for status in Status::ALL.iter().copied().filter(|status| !status.is_ended()) {
            assert!(RULES.iter().any(|rule| rule.from.contains(&status)), "{status:?} is a dead end");
        }
    }
}
