//! Orders: what was bought at which price, and where it stands. Owns `trade_order`, `order_line`, `order_discount`,
//! `order_event`. Every move is a compare-and-swap and leaves an event with its actor. An order keeps the quote it was
//! placed with; its lines carry the exact share of every unit. It does not know how money is collected.

mod model;
mod place;
mod store;
mod view;

pub use model::{Action, DeliveryKind, Move, Standing, Status, Who, member_actions, not_allowed, rule, staff_actions};
pub use place::{NewOrder, Receiver, insert};
pub use store::{
    Line, Order, add_event, advance, by_group, expired_unpaid, find, find_of_member, group_ids, lines, lines_of,
    mark_reviewed, shipped_before,
};
pub use view::{
    AdminOrderRow, ListFilter, OrderCard, OrderEventView, OrderLineView, OrderMember, StateFilter, admin_rows, badges,
    cards, events, line_views, mask_phone,
};
