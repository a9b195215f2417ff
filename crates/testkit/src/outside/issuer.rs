//! An issuer of invoices in memory. A number asked for twice is one invoice; red letters never exceed what they take back.
//! Unless told otherwise it issues at once.

use super::locked;
use kernel::ports::{InvoiceIssuer, InvoiceRequest, InvoiceState, Pending};
use kernel::{Clock, Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// How the issuer answers from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssuerMood {
    #[default]
    Prompt,
    /// Takes requests and does not issue them.
    Slow,
    Refusing,
    /// Does not answer; what was asked for is not done.
    Silent,
    /// Does it, and the answer is lost.
    LosingAnswers,
}

#[derive(Default)]
struct Desk {
    mood: IssuerMood,
    invoices: BTreeMap<String, (InvoiceRequest, InvoiceState)>,
    issued: u64,
}

/// One seller's account.
pub struct LocalIssuer {
    clock: Arc<dyn Clock>,
    desk: Mutex<Desk>,
}

impl LocalIssuer {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        LocalIssuer { clock, desk: Mutex::default() }
    }

    /// Answers like this from now on; what was slow is issued when it is prompt again.
    pub fn be(&self, mood: IssuerMood) {
        locked(&self.desk).mood = mood;
    }

    /// What was issued: signed totals in fen by our number.
    pub fn issued(&self) -> Vec<(InvoiceRequest, i64)> {
        let desk = locked(&self.desk);
        let issued = desk.invoices.values().filter(|one| matches!(one.1, InvoiceState::Issued { .. }));
        issued
            .map(|(request, _)| {
                let sign = if request.reverses.is_some() { -1 } else { 1 };
                (request.clone(), sign * request.total.0)
            })
            .collect()
    }

    fn stamp(&self, desk: &mut Desk) -> InvoiceState {
        desk.issued += 1;
        let number = format!("2633{:016}", desk.issued);
        let pdf_url = format!("https://fapiao.local/{number}.pdf");
        InvoiceState::Issued { number, issued_at: self.clock.now(), pdf_url }
    }

    fn issue_now(&self, request: &InvoiceRequest) -> Result<InvoiceState> {
        let mut desk = locked(&self.desk);
        let items: i64 = request.items.iter().map(|item| item.amount.0).sum();
        assert_eq!(items, request.total.0, "items must sum to the total: {request:?}");
        assert!(request.total.0 > 0 && request.items.iter().all(|item| item.amount.0 > 0), "{request:?}");
        if desk.mood == IssuerMood::Silent {
            return Err(silent());
        }
        let known = desk.invoices.get(&request.number).cloned();
        if let Some((asked, state)) = known.filter(|known| !matches!(known.1, InvoiceState::Refused { .. })) {
            assert_eq!(asked, *request, "a number with other content");
            return Ok(state);
        }
        if let Some(blue) = &request.reverses {
            let number_of = |state: &InvoiceState| match state {
                InvoiceState::Issued { number, .. } => Some(number.clone()),
                _ => None,
            };
            let whole = desk.invoices.values().find(|one| number_of(&one.1).as_ref() == Some(blue));
            let whole = whole.expect("a red letter names an issued invoice").0.total.0;
            let taken: i64 = desk
                .invoices
                .values()
                .filter(|one| one.0.reverses.as_ref() == Some(blue))
                .map(|one| one.0.total.0)
                .sum();
            assert!(taken + request.total.0 <= whole, "red letters over {whole}: {taken} and {request:?}");
        }
        let state = match desk.mood {
            IssuerMood::Refusing => InvoiceState::Refused { reason: "购方税号不存在".into() },
            IssuerMood::Slow => InvoiceState::Issuing,
            _ => self.stamp(&mut desk),
        };
        desk.invoices.insert(request.number.clone(), (request.clone(), state.clone()));
        if desk.mood == IssuerMood::LosingAnswers { Err(silent()) } else { Ok(state) }
    }
}

fn silent() -> Error {
    Error::gateway("invoice.issuer_unavailable", "开票服务没有回应")
}

impl InvoiceIssuer for LocalIssuer {
    fn issue<'a>(&'a self, request: &'a InvoiceRequest) -> Pending<'a, InvoiceState> {
        Box::pin(async move { self.issue_now(request) })
    }
    fn query<'a>(&'a self, number: &'a str) -> Pending<'a, Option<InvoiceState>> {
        Box::pin(async move {
            let mut desk = locked(&self.desk);
            if desk.mood == IssuerMood::Silent {
                return Err(silent());
            }
            let found = desk.invoices.get(number).cloned();
            if let Some((request, InvoiceState::Issuing)) = &found
                && desk.mood != IssuerMood::Slow
            {
                let state = self.stamp(&mut desk);
                desk.invoices.insert(number.to_owned(), (request.clone(), state.clone()));
                return Ok(Some(state));
            }
            Ok(found.map(|found| found.1))
        })
    }
}
