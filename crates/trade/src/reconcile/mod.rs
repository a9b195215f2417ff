//! Daily reconciliation. What a channel says it moved (the lines of its bill) is held against our payments and refunds,
//! both ways; what does not agree is a difference that stays open until it agrees or a person settles it with a reason.
//! Owns `bill_day`, `bill_line`, `bill_difference`; reads payments and refunds, changes none of them.
//!
//! It stands here and not beside the clients because it compares with our rows, and not in the flows because it needs
//! nothing above payment. Whoever has lines can be compared: a channel's file comes through `PaymentChannel::bill`, the
//! balance's lines are the postings of the ledger, those of money received by hand are the books of the orders, and the
//! flow of funds on the merchant's account is one more book of the same payments (`funds`). A new
//! channel brings a parser behind that one method and nothing here changes.
//!
//! Running a day again changes nothing but what changed in between: lines are kept by their number, differences too.

mod advice;
mod compare;
mod funds;
mod model;
mod own_books;
mod run;
mod view;

pub use funds::{WECHAT_FUNDS, account_of, check_fees, funds_of, is_funds};
pub use model::{Ours, Problem, Theirs, judge};
pub use own_books::{BALANCE, CASH, OFFLINE, is_own, own_lines};
pub use run::{Window, begin, check_ours, done_of, drop_stale, due, failed, finish, recheck, recheck_open, take_lines};
pub use view::{
    BillDayView, Counts, Difference, DifferenceStatus, Filter, FundCounts, day, days, difference, differences,
    open_count, settle,
};
