//! Orders: what was bought at which price, and where it stands. Owns `trade_order`, `order_line`, `order_discount`,
//! `order_event`, `order_price_change`. Every move is a compare-and-swap and leaves an event with its actor. An order keeps the quote it was
//! placed with; its lines carry the exact share of every unit. It does not know how money is collected.

mod action;
mod desk;
mod model;
mod place;
mod reprice;
mod seek;
mod store;
mod together;
mod view;

pub use action::{Action, Standing, member_actions, staff_actions};
pub use desk::{AdminOrderRow, DeskFilter, MOST_COUNTED, OrderCounts, admin_rows, counts, found_ids};
pub use model::{DeliveryKind, Move, Source, Status, Who, not_allowed, rule};
pub use place::{NewOrder, Receiver, insert};
pub use reprice::{LinePrice, NewPrices, PriceChangeView, price_changes, reprice};
pub use store::{
    Line, Order, add_event, advance, by_group, by_ids, expired_unpaid, find, find_of_member, group_ids, lines,
    lines_of, lock, mark_reviewed, shipped_before,
};
pub use together::{OrderShop, TogetherOrder, TogetherSum, together};
pub use view::{
    OrderCard, OrderEventView, OrderLineView, OrderMember, StateFilter, badges, cards, events, line_views, mask_phone,
};
