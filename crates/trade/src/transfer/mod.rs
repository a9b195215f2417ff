//! Money paid out to members through a channel: one row each, with the number it has there. Owns `transfer`.
//! A transfer ends once, as done, failed or cancelled; what the channel says afterwards changes nothing. It does not know the
//! ledger: the flow takes the money out when the row is written and brings it back when the end is not `done`.

mod model;
mod store;

pub use model::{TransferStatus, TransferView};
pub use store::{
    NewTransfer, Transfer, ask_later, create, due, find, find_by_number, forget_person, list, mark, of_member,
};
