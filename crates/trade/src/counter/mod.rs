//! The counter of a store: a clerk's shift with its drawer, sales, baskets put aside, goods taken back without a receipt,
//! and the code by which a member is known. Owns `counter_shift`, `drawer_entry`, `counter_sale`, `counter_tender`,
//! `held_sale`, `open_return`, `member_code_use`, `counter_day`.
//!
//! Promises: a clerk has one open shift at a store; what must lie in a drawer is the sum of its entries, each of which has a
//! source that moves cash once; a sale that is sent twice is one; a closed shift takes nothing more, a closed day no shift.
//! A sale is an order (ADR 80): what was sold at which price, its stock, points and refunds are the order's, and it does not
//! know them.

mod code;
mod day;
mod drawer;
mod held;
mod open_return;
mod sale;
mod settlement;
mod shift;

pub use code::{MemberCode, MemberCodes, use_up};
pub use day::{ClosedDay, DaySums, close_day, closed_day, closed_days, hold_open_day, reopen_day};
pub use drawer::{DrawerEntry, DrawerKind, entries, record};
pub use held::{Basket, HeldSale, MOST_HELD, held_sales, hold, take_held};
pub use open_return::{NewOpenReturn, OpenReturn, ReturnedPiece, insert_open_return, open_returns};
pub use sale::{
    CounterSale, NewSale, Tender, TenderKind, drop_tender, insert_sale, insert_tender, mark_paid, of_order, of_request,
    sales, tenders_of,
};
pub use settlement::{ChannelSum, DayTotals, day_totals};
pub use shift::{
    Shift, ShiftSums, close_shift, drawers_of, find_shift, lock_shift, my_open_shifts, open_shift, shifts,
    shifts_between, sums_of,
};
