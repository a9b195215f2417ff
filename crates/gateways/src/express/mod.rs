//! Parcels on their way: [`Kuaidi100`] asks 快递100 where they are.

mod kuaidi100;

pub use kuaidi100::{Kuaidi100, Kuaidi100Config};
