//! Freight: templates that price a delivery by region and by pieces, weight or volume. Owns `freight_template`.
//! Pricing ([`fee`]) is pure: the same templates and loads give the same fee, without IO.
//! It does not know what an order is; it is given [`Load`]s and a district.

mod admin;
mod price;
mod template;
#[cfg(test)]
mod tests;

pub use admin::{FreightTemplate, FreightTemplateInput, admin_routes, save};
pub use price::{Freight, Load, Undeliverable, fee};
pub use template::{FreeRule, Rule, Template, Unit, note, templates};
