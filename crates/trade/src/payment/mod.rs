//! Payments and refunds: attempts to collect and to give back, through one channel each. Owns `payment`, `refund`,
//! `payment_part`, `payment_notice`, `refund_settlement`. Payment does not know what an order is: it collects for a [`Payable`] and tells
//! the flow that asked; of several orders it knows only which part of the money is whose.
//! A payment becomes `paid` once, by the channel's transaction id; replays change nothing.

mod failed;
mod notice;
mod part;
mod refund;
mod store;
mod view;

pub use failed::{
    DeskRefund, Method, RefundState, SettlementView, desk_refund, refunds, renumber, retry, settle, settlements, warn,
};
pub use notice::{Checked, check_combined, check_payment, remember_notice};
pub use part::{Part, insert_parts, name_transactions, part_number, part_of_number, parts_of};
pub use refund::{
    NewRefund, Refund, find_refund, finish_refund, open_refunds, record_refund_error, refund_number, refunds_of_order,
    request_refund,
};
pub use store::{
    CASH, Payable, Payment, PaymentStatus, attempts, close_attempt, close_pending, due_for_query, find,
    find_for_channel, insert_attempt, insert_offline, insert_paid, insert_part, mark_paid, mark_sent_back, of_member,
    pending_payables, reusable, save_instruction, touch_checked, waiting_parts,
};
pub use view::{FormField, Instruction, PaymentPartView, PaymentView, RefundView, instruction_from_port, payment_view};
