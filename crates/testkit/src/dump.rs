//! Every row of one mall as text, to see that nothing changed. Tables and columns are read from the migrations, so a new
//! table is looked at without being listed here.

use crate::world::World;
use db::args;
use kernel::MallId;
use std::collections::BTreeMap;

/// Rows by table, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump(BTreeMap<String, Vec<String>>);

impl Dump {
    pub(crate) async fn take(world: &World, mall_id: MallId) -> Dump {
        let tables = tables();
        let read = world.app().db.read(move |tx| {
            let mut rows = BTreeMap::new();
            for (table, columns) in &tables {
                let key = if table == "mall" { "id" } else { "mall_id" };
                let parts: Vec<String> =
                    columns.iter().map(|c| format!("'{c}=' || coalesce(cast({c} as text), '-')")).collect();
                let sql = format!("select {} from {table} where {key} = $1", parts.join(" || '|' || "));
                let found: Vec<(String,)> = tx.all(&sql, &args![mall_id])?;
                let mut found: Vec<String> = found.into_iter().map(|row| row.0).collect();
                found.sort_unstable();
                rows.insert(table.clone(), found);
            }
            Ok(rows)
        });
        Dump(read.await.expect("every table can be read"))
    }

    /// The same without some tables, for those that are expected to change.
    #[must_use]
    pub fn without(mut self, tables: &[&str]) -> Self {
        self.0.retain(|table, _| !tables.contains(&table.as_str()));
        self
    }

    /// Rows of one table.
    pub fn rows(&self, table: &str) -> &[String] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// Every row here and not there, or there and not here.
    pub fn difference(&self, other: &Dump) -> Vec<String> {
        let mut found = Vec::new();
        for (table, rows) in &self.0 {
            let theirs = other.rows(table);
            found.extend(rows.iter().filter(|row| !theirs.contains(row)).map(|row| format!("- {table}: {row}")));
            found.extend(theirs.iter().filter(|row| !rows.contains(row)).map(|row| format!("+ {table}: {row}")));
        }
        found
    }
}

/// Names and columns of the tables that carry `mall_id`, from the portable texts.
fn tables() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for migration in db::migrations() {
        let mut table: Option<(String, Vec<String>)> = None;
        for line in migration.text.lines() {
            if let Some(rest) = line.strip_prefix("create table ") {
                table = rest.split([' ', '(']).next().map(|name| (name.to_owned(), Vec::new()));
            } else if line.starts_with(')') {
                let known = |columns: &[String], name: &str| columns.iter().any(|column| column == name);
                found.extend(table.take().filter(|(name, columns)| name == "mall" || known(columns, "mall_id")));
            } else if let Some((_, columns)) = &mut table {
                let mut words = line.split_whitespace();
                match words.next().unwrap_or_default() {
                    "@id@," => columns.push("id".to_owned()),
                    name if words.next().is_some_and(is_type) => columns.push(name.to_owned()),
                    _ => {}
                }
            }
        }
    }
    assert!(found.len() > 30, "the migrations are written in another way now: {found:?}");
    found
}

fn is_type(word: &str) -> bool {
    matches!(word.trim_end_matches(','), "bigint" | "text" | "boolean" | "double")
}
