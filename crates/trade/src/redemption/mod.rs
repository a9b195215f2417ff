//! Redemptions: what was handed over at a counter, by line and quantity, and what was taken back. Owns `redemption` and
//! `redemption_line`.
//!
//! Promises: a hand-over is written once for each request of a clerk's page, however often it is sent; it is undone once,
//! with a reason, inside the mall's window; a proof is signed by the mall and short-lived, and a page with the public key
//! can check it without a network. That no piece is handed over twice is promised by what is redeemed (a pickup guards its
//! pieces): the redemption does not know what an order is.

mod model;
mod pass;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Kind, NewRedemption, Piece, Proof, Redemption};
pub use pass::{LIFE_MS, Pass, PassKey, signer};
pub use store::{find, list, of_request, of_subject, record, undo};
