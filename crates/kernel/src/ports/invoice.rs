//! Who issues invoices (数电票), and what is asked of them.

use super::Pending;
use crate::{Fen, Instant};

/// Whom an invoice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceBuyer {
    pub is_company: bool,
    pub name: String,
    /// 统一社会信用代码; companies only, like everything below but the e-mail.
    pub tax_number: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub bank: Option<String>,
    pub account: Option<String>,
    pub email: Option<String>,
}

/// One line of an invoice; the tax is within the amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceItem {
    pub name: String,
    pub quantity: i64,
    pub amount: Fen,
}

/// An invoice to be issued, or a red letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceRequest {
    /// Our number of it; never changed on retry.
    pub number: String,
    pub buyer: InvoiceBuyer,
    /// Sum to `total`.
    pub items: Vec<InvoiceItem>,
    /// Positive, also for a red letter.
    pub total: Fen,
    /// The number of the invoice that this one takes back, in whole or in part.
    pub reverses: Option<String>,
}

/// Where an invoice stands at the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvoiceState {
    Issuing,
    Issued {
        /// Twenty digits.
        number: String,
        issued_at: Instant,
        pdf_url: String,
    },
    /// It will not be issued as it was asked for.
    Refused {
        reason: String,
    },
}

/// Issues 数电票 for one seller.
pub trait InvoiceIssuer: Send + Sync {
    /// Asks for an invoice; safe to repeat with the same number and content. `invoice.issuer_unavailable` (502): ask later.
    fn issue<'a>(&'a self, request: &'a InvoiceRequest) -> Pending<'a, InvoiceState>;
    /// State by our number; `None` if the issuer never heard of it.
    fn query<'a>(&'a self, number: &'a str) -> Pending<'a, Option<InvoiceState>>;
}
