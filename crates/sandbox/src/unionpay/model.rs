//! Trades as UnionPay keeps them: payments and refunds alike are named by `orderId` and `txnTime` and told by a response
//! code. A payment moves `Waiting → (Pending →) Paid`; a refund `Pending → Paid` or `Failed`.

use crate::bounded::Bounded;
use crate::switches::Faults;
use kernel::{Fen, Instant};
use serde::{Deserialize, Serialize};

const ORDERS: usize = 4_000;

/// Where a trade stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// A person has the page open, or had.
    Waiting,
    /// The bank has not decided.
    Pending,
    Paid,
    Failed,
}

impl Standing {
    /// `origRespCode`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            // Nothing was tried yet, so there is no trade.
            Standing::Waiting => "34",
            Standing::Pending => "05",
            Standing::Paid => "00",
            Standing::Failed => "61",
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Standing::Waiting => "等待付款",
            Standing::Pending => "处理中",
            Standing::Paid => "成功",
            Standing::Failed => "失败",
        }
    }
}

/// One trade: a payment, or a refund of one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) number: String,
    /// `txnTime`.
    pub(crate) second: String,
    /// 01 payment, 04 refund.
    pub(crate) kind: String,
    pub(crate) channel_type: String,
    pub(crate) goods: String,
    pub(crate) amount: Fen,
    pub(crate) back_url: String,
    pub(crate) front_url: String,
    pub(crate) created_at: Instant,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) faults: Faults,
    pub(crate) standing: Standing,
    /// Random name in the cashier's address.
    pub(crate) token: String,
    /// `queryId`, 21 digits.
    pub(crate) query_id: String,
    pub(crate) trace_no: String,
    pub(crate) settled_at: Option<Instant>,
    /// Of a payment: given back or on its way.
    pub(crate) refunded: Fen,
    /// Of a refund: `queryId` of its payment.
    pub(crate) original: String,
    /// Of a refund: it ends as failed.
    pub(crate) ends_failed: bool,
}

impl Order {
    /// True if a person may pay it now.
    pub(crate) fn payable(&self, now: Instant) -> bool {
        self.standing == Standing::Waiting && self.expires_at.is_none_or(|at| now < at)
    }
}

/// UnionPay's tables.
#[derive(Serialize, Deserialize)]
pub(crate) struct UnionState {
    orders: Bounded<Order>,
    by_token: Bounded<String>,
    by_query_id: Bounded<String>,
}

impl Default for UnionState {
    fn default() -> Self {
        let names = || Bounded::new(ORDERS);
        UnionState { orders: Bounded::new(ORDERS), by_token: names(), by_query_id: names() }
    }
}

impl UnionState {
    /// Sets the capacities again after reading from a file.
    pub(crate) fn bounded(self) -> Self {
        UnionState {
            orders: self.orders.with_capacity(ORDERS),
            by_token: self.by_token.with_capacity(ORDERS),
            by_query_id: self.by_query_id.with_capacity(ORDERS),
        }
    }

    pub(crate) fn put(&mut self, order: Order) {
        self.by_token.insert(order.token.clone(), order.number.clone());
        self.by_query_id.insert(order.query_id.clone(), order.number.clone());
        self.orders.insert(order.number.clone(), order);
    }

    pub(crate) fn by_number(&mut self, number: &str) -> Option<&mut Order> {
        self.orders.get_mut(number)
    }

    pub(crate) fn by_token(&mut self, token: &str) -> Option<&mut Order> {
        let number = self.by_token.get(token)?.clone();
        self.orders.get_mut(&number)
    }

    pub(crate) fn by_query_id(&mut self, id: &str) -> Option<&mut Order> {
        let number = self.by_query_id.get(id)?.clone();
        self.orders.get_mut(&number)
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Order> {
        self.orders.newest()
    }
}
