//! How SQLite would run each statement, noted while a test asks for it. A statement that walks a whole table shows up
//! here long before the table is large enough for anyone to feel it.

use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Statements and the steps of their plans; shared by the connections of one database.
#[derive(Clone, Default)]
pub struct Plans(Arc<Inner>);

#[derive(Default)]
struct Inner {
    recording: AtomicBool,
    noted: Mutex<BTreeMap<String, Vec<String>>>,
}

impl Plans {
    /// From now on every new statement's plan is noted.
    pub fn record(&self) {
        self.0.recording.store(true, Ordering::Relaxed);
    }

    /// Each statement seen since, with its plan, step by step as SQLite words it.
    pub fn noted(&self) -> BTreeMap<String, Vec<String>> {
        self.0.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note(&self, connection: &Connection, text: &str) {
        if !self.0.recording.load(Ordering::Relaxed) {
            return;
        }
        let mut noted = self.0.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.contains_key(text) {
            return;
        }
        let steps = connection.prepare(&format!("explain query plan {text}")).and_then(|mut statement| {
            // The values do not matter to the plan: every parameter stays null.
            statement.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>()
        });
        // Statements that cannot be explained (pragmas, scripts) have no plan.
        noted.insert(text.to_owned(), steps.unwrap_or_default());
    }
}
