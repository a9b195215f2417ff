//! Which store a member belongs to, and which clerk of it: the one that won them, by an invite or at the counter, until
//! staff say otherwise. Owns `home_invite`, `home_visit`, `member_home`, `home_sale`.
//!
//! Promises: the first wins, whoever comes at the same instant; one home at most is in force for a member, and those before
//! it stay as they were; an order and each of its refunds count once, under the home of the moment the order was paid, so
//! that what counted for an order is what was paid for it less what came back.
//! It does not know orders, counters or what a store is: those who do call in the transaction that moves the money.

mod batch;
mod invite;
mod member;
mod model;
mod report;
mod sale;

pub use batch::{Batch, Held, Left, count_to_move, left_behind, move_all, next_to_move, sample_to_move};
pub use invite::{Invite, invite_of, invite_of_code, make_invite};
pub use member::{
    Move, change, clear_up, forget_member, history, home_of, join, members_of, merge, opened_by, win_at_counter,
};
pub use model::{Home, How, Whose};
pub use report::{Figures, by_clerk, by_day, by_store, members_in_force, of_clerk};
pub use sale::{count_paid, count_refund};
