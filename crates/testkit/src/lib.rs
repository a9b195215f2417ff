//! A mall for tests: a fresh migrated database of either engine, a clock that stands still, the real wiring and routes
//! called in process, and an outside world in memory with levers. Nothing here opens a socket.
//! After every story the books are checked: stock, reservations, sums of orders, money held, jobs left dead.
//!
//! ```no_run
//! use testkit::{minutes, on_both_engines};
//! on_both_engines(async |mall| {
//!     let tea = mall.product("龙井").price_fen(19_900).stock(1).create().await;
//!     let (ann, bob) = (mall.member().await, mall.member().await);
//!     ann.place_order(&[(&tea, 1)]).await.ok();
//!     bob.place_order(&[(&tea, 1)]).await.refused("inventory.sold_out");
//!     mall.clock.advance(minutes(31));
//!     mall.run_jobs().await;
//!     bob.place_order(&[(&tea, 1)]).await.ok();
//! });
//! ```

mod client;
mod dump;
mod invariant;
mod mall;
mod member;
mod outside;
mod product;
mod reply;
mod staff;
mod world;

pub use client::Client;
pub use dump::Dump;
pub use kernel::ports::{Bill, BillKind, BillLine, BillState};
pub use kernel::{Clock, Fen, FrozenClock, Id, Instant, days, hours, minutes, seconds};
pub use mall::TestMall;
pub use member::{MemberClient, Order, PaidOrder};
pub use outside::{
    Accounts, Call, IssuerMood, LocalChannel, LocalCourier, LocalExpress, LocalIssuer, LocalMiniProgram, LocalNotice,
    LocalObjects, LocalOutside, LocalSms, LocalTransfers, LocalWebhooks, Message, Posted, Trouble,
};
pub use platform::config::Config;
pub use product::{Product, ProductBuilder, Sku, Store};
pub use reply::Reply;
pub use serde_json::{Value, json};
pub use staff::StaffClient;
pub use world::{Engine, World, on_both_engines, on_both_engines_with, on_engine};
