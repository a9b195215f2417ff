//! The life of an order in one table: every move, who may make it, what it is called in the log and which event it emits.
//!
//! ```text
//! unpaid ──paid──▶ to_ship ──ship──▶ shipped ──confirm, deliver──▶ completed
//!   │                 ▲───bring back────┘
//!   │     └──────▶ to_pick_up ──redeem, hand over, forfeit▶ completed
//!   │                   ▲──────────take back────────────────┘
//!   └─cancel─▶ closed ◀──refund── to_ship, to_pick_up, shipped
//! ```
//! Parts are facts of parcels and redemptions, not a status. Only what is taken back leaves an end (ADR 60).

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Unpaid,
    PaidWaiting,
    ToShip,
    ToPickUp,
    Shipped,
    Completed,
    Closed,
}

impl Status {
    pub const ALL: [Status; 7] = [
        Status::Unpaid,
        Status::PaidWaiting,
        Status::ToShip,
        Status::ToPickUp,
        Status::Shipped,
        Status::Completed,
        Status::Closed,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Unpaid => "unpaid",
            Status::PaidWaiting => "paid_waiting",
            Status::ToShip => "to_ship",
            Status::ToPickUp => "to_pick_up",
            Status::Shipped => "shipped",
            Status::Completed => "completed",
            Status::Closed => "closed",
        }
    }

    /// As people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Status::Unpaid => "待付款",
            Status::PaidWaiting => "等待中",
            Status::ToShip => "待发货",
            Status::ToPickUp => "待自提",
            Status::Shipped => "已发货",
            Status::Completed => "已完成",
            Status::Closed => "已关闭",
        }
    }

    /// From the stored word.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Status::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown order status {text}")))
    }
}

/// Where an order was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderSource)]
pub enum Source {
    Online,
    /// At a store's counter, where the goods are handed over as they are paid.
    Counter,
}

impl Source {
    pub const fn as_str(self) -> &'static str {
        match self {
            Source::Online => "online",
            Source::Counter => "counter",
        }
    }
    pub fn parse(text: &str) -> Self {
        if text == "counter" { Source::Counter } else { Source::Online }
    }
}

/// How the goods reach the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    Express,
    Pickup,
    /// Brought to the door from a store near by.
    Local,
}

impl DeliveryKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            DeliveryKind::Express => "express",
            DeliveryKind::Pickup => "pickup",
            DeliveryKind::Local => "local",
        }
    }
    pub fn parse(text: &str) -> Self {
        match text {
            "pickup" => DeliveryKind::Pickup,
            "local" => DeliveryKind::Local,
            _ => DeliveryKind::Express,
        }
    }
    /// Where a paid order of this kind goes.
    pub const fn after_payment(self) -> Status {
        match self {
            DeliveryKind::Express | DeliveryKind::Local => Status::ToShip,
            DeliveryKind::Pickup => Status::ToPickUp,
        }
    }
}

/// A step in the life of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Paid,
    PayOffline,
    Cancel,
    Close,
    Expire,
    Ship,
    Confirm,
    AutoConfirm,
    Deliver,
    BringBack,
    Redeem,
    HandOver,
    TakeBack,
    Forfeit,
    Refund,
    RefundedWhole,
}

/// Who may make a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Member,
    Staff,
    System,
}

/// One row of the table of moves.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub step: Move,
    pub from: &'static [Status],
    /// `None`: decided by the delivery kind.
    pub to: Option<Status>,
    pub who: Who,
    /// `kind` of the order event.
    pub event: &'static str,
    /// Event in the outbox.
    pub emits: &'static str,
    /// The line in the order's timeline.
    pub text: &'static str,
}

use Status::{Closed, Completed, Shipped, ToPickUp, ToShip, Unpaid};

/// Every move there is.
pub const RULES: &[Rule] = &[
    Rule {
        step: Move::Paid,
        from: &[Unpaid],
        to: None,
        who: Who::System,
        event: "paid",
        emits: "order.paid",
        text: "付款成功",
    },
    Rule {
        step: Move::PayOffline,
        from: &[Unpaid],
        to: None,
        who: Who::Staff,
        event: "paid",
        emits: "order.paid",
        text: "登记线下收款",
    },
    Rule {
        step: Move::Cancel,
        from: &[Unpaid],
        to: Some(Closed),
        who: Who::Member,
        event: "cancelled",
        emits: "order.closed",
        text: "取消了订单",
    },
    Rule {
        step: Move::Close,
        from: &[Unpaid],
        to: Some(Closed),
        who: Who::Staff,
        event: "closed",
        emits: "order.closed",
        text: "商家关闭了订单",
    },
    Rule {
        step: Move::Expire,
        from: &[Unpaid],
        to: Some(Closed),
        who: Who::System,
        event: "expired",
        emits: "order.closed",
        text: "超时未付款，订单关闭",
    },
    Rule {
        step: Move::Ship,
        from: &[ToShip],
        to: Some(Shipped),
        who: Who::Staff,
        event: "shipped",
        emits: "order.shipped",
        text: "商品已全部发出",
    },
    Rule {
        step: Move::Confirm,
        from: &[Shipped],
        to: Some(Completed),
        who: Who::Member,
        event: "completed",
        emits: "order.completed",
        text: "确认收货",
    },
    Rule {
        step: Move::AutoConfirm,
        from: &[Shipped],
        to: Some(Completed),
        who: Who::System,
        event: "completed",
        emits: "order.completed",
        text: "超时自动确认收货",
    },
    Rule {
        step: Move::Deliver,
        from: &[Shipped],
        to: Some(Completed),
        who: Who::System,
        event: "delivered",
        emits: "order.completed",
        text: "已送达",
    },
    Rule {
        step: Move::BringBack,
        from: &[Shipped],
        to: Some(ToShip),
        who: Who::Staff,
        event: "brought_back",
        emits: "order.brought_back",
        text: "没有送到，商品已带回门店",
    },
    Rule {
        step: Move::Redeem,
        from: &[ToPickUp],
        to: Some(Completed),
        who: Who::Staff,
        event: "redeemed",
        emits: "order.completed",
        text: "门店核销，商品已取走",
    },
    Rule {
        step: Move::HandOver,
        from: &[ToPickUp],
        to: Some(Completed),
        who: Who::Staff,
        event: "sold",
        emits: "order.completed",
        text: "在门店当面买走",
    },
    Rule {
        step: Move::TakeBack,
        from: &[Completed],
        to: Some(ToPickUp),
        who: Who::Staff,
        event: "taken_back",
        emits: "order.taken_back",
        text: "撤销核销，商品还在门店",
    },
    Rule {
        step: Move::Forfeit,
        from: &[ToPickUp],
        to: Some(Completed),
        who: Who::System,
        event: "forfeited",
        emits: "order.completed",
        text: "按预约的规则，定金不退",
    },
    Rule {
        step: Move::Refund,
        from: &[ToShip, ToPickUp, Shipped],
        to: Some(Closed),
        who: Who::Staff,
        event: "refunded",
        emits: "order.closed",
        text: "商家全额退款",
    },
    Rule {
        step: Move::RefundedWhole,
        from: &[ToShip, ToPickUp, Shipped],
        to: Some(Closed),
        who: Who::System,
        event: "refunded",
        emits: "order.closed",
        text: "商品已全部退款",
    },
];

/// The rule of a move.
pub fn rule(step: Move) -> &'static Rule {
    RULES.iter().find(|rule| rule.step == step).expect("every move has a rule")
}

impl Move {
    /// The status after this move, or `order.not_allowed` (409) if it cannot be made from `from`.
    pub fn apply(self, from: Status, delivery: DeliveryKind) -> Result<Status> {
        let rule = rule(self);
        if !rule.from.contains(&from) {
            return Err(not_allowed(from));
        }
        Ok(rule.to.unwrap_or(delivery.after_payment()))
    }
}

/// The refusal of a move; names the state in words.
pub fn not_allowed(from: Status) -> Error {
    let state = from.label();
    Error::conflict("order.not_allowed", format!("订单现在是“{state}”，不能这样操作"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_parses_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()).unwrap(), status);
        }
        assert!(Status::parse("lost").is_err());
    }

    #[test]
    fn every_kind_of_delivery_parses_back() {
        for kind in [DeliveryKind::Express, DeliveryKind::Pickup, DeliveryKind::Local] {
            assert_eq!(DeliveryKind::parse(kind.as_str()), kind);
        }
    }

    #[test]
    fn nothing_leaves_an_end_state_but_what_is_taken_back() {
        for rule in RULES.iter().filter(|rule| rule.step != Move::TakeBack) {
            assert!(!rule.from.contains(&Closed) && !rule.from.contains(&Completed), "{rule:?}");
        }
    }

    #[test]
    fn payment_leads_where_the_goods_will_be() {
        assert_eq!(Move::Paid.apply(Unpaid, DeliveryKind::Express).unwrap(), ToShip);
        assert_eq!(Move::Paid.apply(Unpaid, DeliveryKind::Pickup).unwrap(), ToPickUp);
        assert_eq!(Move::Paid.apply(Unpaid, DeliveryKind::Local).unwrap(), ToShip);
        assert!(Move::Paid.apply(Closed, DeliveryKind::Express).unwrap_err().is("order.not_allowed"));
        assert!(Move::Ship.apply(Unpaid, DeliveryKind::Express).is_err());
    }
}
