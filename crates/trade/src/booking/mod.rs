//! Services booked by time: what is offered, who or what does it, and who comes when. Owns `service`, `service_resource`,
//! `service_skill`, `booking_tick` and `booking`.
//!
//! Promises: a resource never has more at once than it can take — each quarter of an hour is a row that is taken by a guarded
//! upsert under a check, whoever asks at the same instant; a booking that ended gives its quarters back, once. It does not
//! know orders: the flow joins a booking to the order of its deposit (ADR 110).

mod grid;
mod model;
mod offer;
mod resource;
mod store;
mod times;

pub use grid::{Held, Place, Wanted, release, sweep, take};
pub use model::{Booking, Contact, NoShow, State, not_allowed};
pub use offer::{
    Service, ServiceInput, create_service, find_service, save_service, services, services_by_id, skills_of,
};
pub use resource::{
    Counts, Resource, ResourceInput, ResourceKind, able, create_resource, find_resource, resource_names, resources,
    resources_by_id, save_resource,
};
pub use store::{
    NewBooking, at_store, by_order, by_orders, due_no_show, find, insert, lock, lock_by_order, mark_reminded, move_to,
    of_member, reschedule, set_rest, standing_of_member, to_remind,
};
pub use times::{FreeTime, free_times, starts};
