//! The money of a mall by day: sales with their discounts and freight, refunds, what came in and went back by channel, and
//! what the mall owes its members. Owns `finance_day`; reads orders, payments, refunds and postings.
//!
//! Two bases that are not to be mixed. *Sales* are orders by the moment they were paid, and refunds of orders by the moment
//! the money was back. *Money* is payments by the channel's time, so that a day agrees with the channel's bill; money that
//! found nothing to pay and went back is told apart. *Postings* are by the moment they were posted.
//!
//! A day is counted 26 hours after its end, when no notice of a payment can be under way any more (a channel repeats one
//! for 24 hours). Until then readers count it themselves from the same indexes by the same statements, so a report is exact
//! at every moment and costs days, not orders, of history.

mod count;
mod report;
mod seal;

pub use count::Entry;
pub use report::{
    AccountFlow, AccountMove, By, ChannelPart, FinanceReport, FinanceRow, LaneAmount, MoneyFlow, Span, report,
};
pub use seal::{recount, seal_days};

/// The measures and what their parts are.
mod measure {
    /// Orders paid; `amount` is the list price of their goods.
    pub const GOODS: &str = "goods";
    /// What was taken off, negative; parts are lanes.
    pub const DISCOUNT: &str = "discount";
    /// Freight after its discounts.
    pub const FREIGHT: &str = "freight";
    /// What the orders cost in the end.
    pub const SALES: &str = "sales";
    /// Refunds of orders that are back.
    pub const ORDER_REFUND: &str = "order_refund";
    /// Money in, by channel; parts are `order`, `top_up`, `membership`.
    pub const RECEIVED: &str = "received";
    /// Money back, by channel; parts as above.
    pub const RETURNED: &str = "returned";
    /// Money that found nothing to pay; parts are `in` and `out`.
    pub const SENT_BACK: &str = "sent_back";
    /// Postings; the channel is the account, parts are the kinds.
    pub const POSTED: &str = "posted";
    /// What is owed at the end of the day; the channel is the account.
    pub const OWED: &str = "owed";
}
