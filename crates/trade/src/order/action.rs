//! What pages may offer for an order: the API says it, so that no page knows the table of moves.

use super::model::{DeliveryKind, Source, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use Status::{Closed, Completed, Shipped, ToPickUp, ToShip, Unpaid};

/// What a page may offer for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Pay,
    Cancel,
    Confirm,
    Track,
    Review,
    RefundAsk,
    BuyAgain,
    Ship,
    Refund,
    Close,
    Redeem,
    MarkReady,
    PayOffline,
    Remark,
    ChangePrice,
}

/// What the actions depend on.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub status: Status,
    pub delivery: DeliveryKind,
    pub source: Source,
    /// A booking has its own page, which knows its rules.
    pub is_service: bool,
    pub has_parcels: bool,
    pub has_unreviewed_lines: bool,
    /// Some pieces are neither refunded nor in an open after-sale.
    pub has_free_pieces: bool,
    pub pickup_ready: bool,
}

/// Actions of the member who owns the order.
pub fn member_actions(standing: Standing) -> Vec<Action> {
    let mut actions = match standing.status {
        Unpaid if standing.source == Source::Counter => Vec::new(),
        Unpaid => vec![Action::Pay, Action::Cancel],
        Completed if standing.is_service && standing.has_free_pieces => return vec![Action::RefundAsk],
        _ if standing.is_service => return Vec::new(),
        Shipped => vec![Action::Confirm],
        Completed if standing.has_unreviewed_lines => vec![Action::Review],
        _ => Vec::new(),
    };
    if standing.has_free_pieces && matches!(standing.status, ToShip | ToPickUp | Shipped | Completed) {
        actions.push(Action::RefundAsk);
    }
    if standing.has_parcels && standing.status != Closed {
        actions.push(Action::Track);
    }
    if matches!(standing.status, Completed | Closed) {
        actions.push(Action::BuyAgain);
    }
    actions
}

/// Actions of staff; the page hides those the role does not allow.
pub fn staff_actions(standing: Standing) -> Vec<Action> {
    let mut actions = match standing.status {
        Unpaid if standing.source == Source::Counter => vec![Action::Close],
        Unpaid => vec![Action::ChangePrice, Action::PayOffline, Action::Close],
        // What is brought to the door moves on the page of deliveries.
        ToShip if standing.delivery == DeliveryKind::Local => vec![Action::Refund],
        ToShip => vec![Action::Ship, Action::Refund],
        ToPickUp if standing.is_service => vec![Action::Redeem, Action::Refund],
        ToPickUp if standing.pickup_ready => vec![Action::Redeem, Action::Refund],
        ToPickUp => vec![Action::MarkReady, Action::Redeem, Action::Refund],
        Shipped => vec![Action::Refund],
        _ => Vec::new(),
    };
    actions.push(Action::Remark);
    actions
}

#[cfg(test)]
mod tests {
    use super::super::model::Move;
    use super::*;

    #[test]
    fn every_offered_action_has_a_rule_from_that_state() {
        let step_of = |action| match action {
            Action::Cancel => Some(Move::Cancel),
            Action::Confirm => Some(Move::Confirm),
            Action::Ship => Some(Move::Ship),
            Action::Refund => Some(Move::Refund),
            Action::Close => Some(Move::Close),
            Action::Redeem => Some(Move::Redeem),
            Action::PayOffline => Some(Move::PayOffline),
            _ => None,
        };
        for status in Status::ALL {
            for delivery in [DeliveryKind::Express, DeliveryKind::Pickup, DeliveryKind::Local] {
                let standing = Standing {
                    status,
                    delivery,
                    source: Source::Online,
                    is_service: false,
                    has_parcels: true,
                    has_unreviewed_lines: true,
                    has_free_pieces: true,
                    pickup_ready: true,
                };
                for action in member_actions(standing).into_iter().chain(staff_actions(standing)) {
                    if let Some(step) = step_of(action) {
                        assert!(step.apply(status, delivery).is_ok(), "{action:?} offered in {status:?}");
                    }
                }
            }
        }
    }
}
