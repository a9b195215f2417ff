//! Violated constraints: the database keeps the invariant, its name becomes a code and a sentence.
//! The name stays in the error's cause, which is for the log and never shown outside.

use kernel::{Error, Result};
use std::collections::HashMap;

/// What a named `check` or `unique` constraint (or unique index) means when it is violated: a 409.
#[derive(Debug, Clone, Copy)]
pub struct Constraint {
    /// `inventory_reserved_within_on_hand`
    pub name: &'static str,
    /// `inventory.sold_out`
    pub code: &'static str,
    /// `库存不足`
    pub message: &'static str,
}

/// Turns the violation of one named constraint into the error the caller means.
pub trait OnConstraint: Sized {
    /// Replaces the error by `remap(error)` when it is a violation of the constraint `name`; anything else passes.
    #[must_use]
    fn on_constraint(self, name: &str, remap: impl FnOnce(Error) -> Error) -> Self;
}

impl<T> OnConstraint for Result<T> {
    fn on_constraint(self, name: &str, remap: impl FnOnce(Error) -> Error) -> Self {
        self.map_err(|error| if violated(&error) == Some(name) { remap(error) } else { error })
    }
}

/// The name under which both engines report a foreign key (SQLite does not tell which).
pub(crate) const FOREIGN_KEY: &str = "foreign_key";

/// Too much at once: a 503 that invites a retry.
pub(crate) fn busy() -> Error {
    Error::unavailable("server.busy", "现在人有点多，请稍后再试").retry_after(1)
}

const MARK: &str = "violated constraint ";

/// The name of the constraint whose violation this error tells, if it does.
pub fn violated(error: &Error) -> Option<&str> {
    error.cause()?.strip_prefix(MARK)?.split(':').next()
}

/// Known constraints of a database, by name.
#[derive(Default)]
pub(crate) struct Meanings(HashMap<&'static str, &'static Constraint>);

impl Meanings {
    pub(crate) fn new(lists: &[&'static [Constraint]]) -> Self {
        Meanings(lists.iter().flat_map(|list| list.iter()).map(|one| (one.name, one)).collect())
    }

    /// The error of a violated constraint: its meaning if it has one, otherwise internal.
    pub(crate) fn error(&self, name: &str, driver: &dyn std::fmt::Display) -> Error {
        let cause = format!("{MARK}{name}: {driver}");
        match self.0.get(name) {
            Some(meaning) => Error::conflict(meaning.code, meaning.message).because(cause),
            None => Error::internal(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Constraint] =
        &[Constraint { name: "stock_enough", code: "inventory.sold_out", message: "库存不足" }];

    #[test]
    fn a_known_constraint_is_a_conflict_and_can_be_remapped() {
        let meanings = Meanings::new(&[KNOWN]);
        let error = meanings.error("stock_enough", &"CHECK failed");
        assert!(error.is("inventory.sold_out"));
        assert_eq!(violated(&error), Some("stock_enough"));
        let remapped = Err::<(), _>(error).on_constraint("stock_enough", |e| e.at("quantity"));
        assert_eq!(remapped.unwrap_err().field_name(), Some("quantity"));
    }

    #[test]
    fn an_unknown_constraint_is_internal_and_keeps_its_name() {
        let error = Meanings::default().error("other", &"x");
        assert!(error.is("internal"));
        let kept = Err::<(), _>(error).on_constraint("stock_enough", |_| Error::invalid("wrong", ""));
        assert_eq!(violated(&kept.unwrap_err()), Some("other"));
    }
}
