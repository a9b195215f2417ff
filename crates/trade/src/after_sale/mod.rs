//! After-sale: members ask for money back, with or without the goods, or for other goods; by line and quantity. Owns
//! `after_sale`, `after_sale_line`, `after_sale_event`, `after_sale_track`, `after_sale_rules`, and the counters of an order's lines that say
//! what is spoken for. A piece is in one open request at most and is refunded once; every move is a compare-and-swap and
//! leaves an entry in the log. It does not know how money goes back nor what stock is: `server::flows` joins them.

mod asked;
mod came_back;
mod claim;
mod desk;
mod freight;
mod model;
mod reason;
mod rules;
mod store;
mod track;
mod view;

pub use asked::{AskedLine, asked_lines, write_outcome};
pub use came_back::{Pieces, take, with_member, write_came_back};
pub use claim::{LineStock, claim, is_waiting, line_stock, release, settle, settle_rest, too_many};
pub use desk::{AdminAfterSaleRow, AfterSaleCounts, DeskFilter, Tab, admin_rows, counts};
pub use freight::freight_back;
pub use model::{Action, Kind, Stage, Standing, Status, Step, member_actions, not_allowed, staff_actions};
pub use reason::{Fault, ReasonChoice, Window, check_reason, fault_of, reason_label, reasons, window};
pub use rules::{AfterSaleRules, ReturnAddress, rules, save_rules};
pub use store::{
    AboutAfterSale, AfterSale, Change, NewAfterSale, NewLine, add_event, advance, due, find, find_of_member, insert,
    is_open, of_refund, refunds, under_way, write_money, write_note,
};
pub use track::{Tracked, Way, save_way, tracked};
pub use view::{
    AfterSaleCard, AfterSaleEventView, AfterSaleLineView, AfterSaleParcel, AfterSaleView, cards, events, view,
};
