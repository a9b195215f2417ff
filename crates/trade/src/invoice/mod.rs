//! Invoices (数电票). Owns `invoice_title`, `invoice`, `invoice_order`.
//!
//! Promises: an order stands in one live invoice at most; an invoice never exceeds what its orders were paid with money,
//! less what was given back (the balance is not money here: prepaid cards are invoiced when they are bought, by law); when
//! more is given back later, a red letter takes exactly that much out of the issued invoice. Titles lie sealed.
//! It does not know who issues: the flows ask, this domain keeps the states.

mod limit;
mod model;
mod red;
mod request;
mod shop;
mod store;
mod title;
mod view;

pub use limit::{Share, candidates, shares};
pub use model::{Kind, State, Title, TitleKind, tax_number_fits};
pub use red::{Followed, follow_refund};
pub use request::{NewInvoice, cancel, record, reject, request, retry, start};
pub use shop::shop_routes;
pub use store::{Invoice, find, live_of_order, orders_of};
pub use title::{TitleView, title, titles};
pub use view::{InvoiceView, StaffInvoice, StateFilter, invoice_view, of_member, staff_list};

pub(crate) use title::forget as forget_titles;
