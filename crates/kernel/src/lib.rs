//! The vocabulary every floor shares: money, ids, instants, errors, callers, events and the ports to the outside.
//! No runtime, no web framework, no SQL: anything here can be used in a pure test.

mod caller;
mod clock;
mod error;
mod event;
mod id;
mod instant;
mod money;
mod page;
pub mod ports;

pub use caller::{Actor, Caller};
pub use clock::{Clock, FrozenClock, SystemClock};
pub use error::{Error, Kind, Result};
pub use event::NewEvent;
pub use id::{Id, Ids, MallId};
pub use instant::{Instant, days, hours, minutes, seconds};
pub use money::{Fen, prorate};
pub use page::{Cursor, Page};
