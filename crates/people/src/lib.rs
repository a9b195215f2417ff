//! People: who shops, where they live, who works here. Guests and members, addresses, staff with roles and an audit log.
//! Names, phones and addresses lie sealed in the database; a phone outside is masked. It knows neither orders nor goods:
//! what those tell about people comes in through [`hooks`].

pub mod phone;
pub mod region;

pub mod hooks;

pub mod identity;

pub mod address;
