//! How SQLite runs each statement, noted while a test asks for it.

use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Statements with the steps of their plans; nothing is noted before [`record`](Plans::record).
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<Mutex<Option<Noted>>>);

/// Statements and their steps.
pub type Noted = BTreeMap<String, Vec<String>>;

impl Plans {
    /// Notes every statement from now on.
    pub fn record(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Noted::new());
    }

    /// What was noted: each statement in SQLite's words, and its steps as `explain query plan` tells them.
    pub fn noted(&self) -> Noted {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    pub(super) fn note(&self, connection: &Connection, sql: &str) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(noted) = noted.as_mut().filter(|noted| !noted.contains_key(sql)) else { return };
        let steps = connection.prepare(&format!("explain query plan {sql}")).and_then(|mut statement| {
            for position in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(position, rusqlite::types::Null)?;
            }
            let mut rows = statement.raw_query();
            let mut steps = Vec::new();
            while let Some(row) = rows.next()? {
                steps.push(row.get::<_, String>(3)?);
            }
            Ok(steps)
        });
        if let Ok(steps) = steps {
            noted.insert(sql.to_owned(), steps);
        }
    }
}
