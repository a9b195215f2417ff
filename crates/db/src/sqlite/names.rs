//! SQLite reports a violated unique constraint by its columns (`coupon.mall_id, coupon.code`). The names are in the
//! schema's text, which SQLite keeps; they are read when first needed and again when something unknown turns up.
//! Unnamed ones get the name PostgreSQL would give: `coupon_pkey`, `coupon_mall_id_code_key`.

use rusqlite::Connection;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct UniqueNames(HashMap<String, String>);

impl UniqueNames {
    /// The name of the unique constraint or index over `columns`, as SQLite words them.
    pub(super) fn of(&mut self, connection: &Connection, columns: &str) -> String {
        if let Some(name) = columns.strip_prefix("index '") {
            return name.trim_end_matches('\'').to_owned();
        }
        if !self.0.contains_key(columns) {
            match read(connection) {
                Ok(names) => self.0 = names,
                Err(cause) => tracing::error!(%cause, "the schema cannot be read for a constraint's name"),
            }
        }
        self.0.get(columns).cloned().unwrap_or_else(|| like_postgres(columns))
    }
}

/// The name PostgreSQL gives to an unnamed key; `id` and `(mall_id, id)` are primary keys there.
fn like_postgres(columns: &str) -> String {
    let table = columns.split('.').next().unwrap_or_default();
    let names: Vec<&str> = columns.split(", ").filter_map(|one| one.rsplit('.').next()).collect();
    match names.as_slice() {
        ["id"] | ["mall_id", "id"] => format!("{table}_pkey"),
        names => format!("{table}_{}_key", names.join("_")),
    }
}

fn read(connection: &Connection) -> rusqlite::Result<HashMap<String, String>> {
    let mut statement = connection.prepare(
        "select type, name, tbl_name, sql from sqlite_master where type in ('table', 'index') and sql is not null",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
    })?;
    let mut names = HashMap::new();
    for row in rows {
        let (kind, name, table, sql) = row?;
        if kind == "index" {
            if let Some(open) = sql.find('(') {
                names.insert(columns(&table, &sql[open..]), name);
            }
            continue;
        }
        for (name, list) in constraints(&sql) {
            names.insert(columns(&table, list), name.to_owned());
        }
    }
    Ok(names)
}

/// `constraint <name> unique (…)` and `constraint <name> primary key (…)` in the text of a table.
fn constraints(sql: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            let at = find_word(rest, "constraint")?;
            rest = rest[at + "constraint".len()..].trim_start();
            let (name, after) = rest.split_at(rest.find(char::is_whitespace)?);
            let after = after.trim_start();
            let list = starts(after, "unique").or_else(|| starts(starts(after, "primary")?, "key"));
            if let Some(list) = list.filter(|list| list.starts_with('(')) {
                rest = list;
                return Some((name.trim_matches('"'), list));
            }
        }
    })
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    lower.match_indices(word).map(|(at, _)| at).find(|at| {
        let bytes = lower.as_bytes();
        (*at == 0 || !in_word(&bytes[at - 1])) && !bytes.get(at + word.len()).is_some_and(in_word)
    })
}

fn starts<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| text[word.len()..].trim_start())
}

/// `(mall_id, code desc) where …` → `coupon.mall_id, coupon.code`.
fn columns(table: &str, list: &str) -> String {
    let inner = list.trim_start_matches('(').split(')').next().unwrap_or_default();
    let names = inner.split(',').filter_map(|one| one.split_whitespace().next());
    names.map(|name| format!("{table}.{}", name.trim_matches('"'))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_schema() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "create table coupon (id integer primary key, mall_id bigint not null, code text not null,
                   kind text constraint coupon_kind check (kind in ('a', 'b')), note text,
                   unique (mall_id, id),
                   constraint coupon_code_once unique (mall_id, code), unique (kind, note));
                 create unique index coupon_note on coupon (mall_id, note desc) where note is not null;",
            )
            .unwrap();
        let mut names = UniqueNames::default();
        let mut of = |columns| names.of(&connection, columns);
        assert_eq!(of("coupon.mall_id, coupon.code"), "coupon_code_once");
        assert_eq!(of("coupon.mall_id, coupon.note"), "coupon_note");
        assert_eq!(of("coupon.mall_id, coupon.id"), "coupon_pkey");
        assert_eq!(of("coupon.id"), "coupon_pkey");
        assert_eq!(of("coupon.kind, coupon.note"), "coupon_kind_note_key");
        assert_eq!(of("index 'coupon_lower'"), "coupon_lower");
    }
}
