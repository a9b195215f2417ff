//! What went wrong below a transaction, and what that does to it. Both engines tell the same four stories.

use kernel::Error;

/// An error of an engine with its effect on the transaction.
pub(crate) struct Fault {
    pub(crate) error: Error,
    pub(crate) effect: Effect,
}

/// Effect of a fault on the running transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The database did its part; only reading a row or an argument failed.
    None,
    /// A statement failed: nothing may follow in this transaction (or savepoint).
    Statement,
    /// Another transaction was in the way: run the closure again.
    Again,
    /// The connection is gone: run the closure again on a new one.
    Broken,
}

impl Fault {
    pub(crate) fn new(effect: Effect, error: Error) -> Self {
        Fault { error, effect }
    }

    /// A failed statement with an internal cause.
    pub(crate) fn statement(cause: impl std::fmt::Display) -> Self {
        Fault::new(Effect::Statement, Error::internal(cause))
    }
}

/// A mistake on our side of the wire.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::new(Effect::None, error)
    }
}
