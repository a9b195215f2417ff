//! From PostgreSQL's words to SQLite's, in one pass over the text and into a buffer that is used again:
//! `$1` → `?1`, `= any($1)` → ` in (select value from json_each(?1))`, `<> all($1)` → ` not in …`, `greatest(`/`least(` →
//! `max(`/`min(`, `ilike` → `like`; `for update [of t] [skip locked | nowait]` goes. Literals and comments stay untouched.
//! `on conflict (mall_id, id)` → `on conflict (id)`: `@id@` makes `id` the row id, and SQLite accepts only that as target.

/// Writes the SQLite form of `sql` into `out`, replacing what was there.
pub(crate) fn rewrite(sql: &str, out: &mut String) {
    out.clear();
    let bytes = sql.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        let (end, replacement) = match bytes[at] {
            quote @ (b'\'' | b'"') => (past_quoted(bytes, at, quote), None),
            b'-' if bytes.get(at + 1) == Some(&b'-') => (past_line(bytes, at), None),
            b'$' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => (at + 1, Some("?")),
            b'=' => match list(bytes, at + 1, "any") {
                Some((number, end)) => {
                    push_list(out, sql, copied..at, " in", number);
                    copied = end;
                    (end, None)
                }
                None => (at + 1, None),
            },
            b'<' if bytes.get(at + 1) == Some(&b'>') => match list(bytes, at + 2, "all") {
                Some((number, end)) => {
                    push_list(out, sql, copied..at, " not in", number);
                    copied = end;
                    (end, None)
                }
                None => (at + 2, None),
            },
            byte if in_word(byte) => word(bytes, at),
            _ => (at + 1, None),
        };
        if let Some(text) = replacement {
            out.push_str(&sql[copied..at]);
            out.push_str(text);
            copied = end;
        }
        at = end;
    }
    out.push_str(&sql[copied..]);
}

fn push_list(out: &mut String, sql: &str, before: std::ops::Range<usize>, how: &str, number: std::ops::Range<usize>) {
    out.push_str(sql[before].trim_end());
    out.push_str(how);
    out.push_str(" (select value from json_each(?");
    out.push_str(&sql[number]);
    out.push_str("))");
}

/// A whole word at `at`: where it ends, and what stands for it in SQLite.
fn word(bytes: &[u8], at: usize) -> (usize, Option<&'static str>) {
    let mut end = at;
    while end < bytes.len() && in_word(bytes[end]) {
        end += 1;
    }
    let word = &bytes[at..end];
    let replacement = match word.len() {
        3 if word.eq_ignore_ascii_case(b"for") => {
            return match locking(bytes, end) {
                Some(end) => (end, Some("")),
                None => (end, None),
            };
        }
        5 if word.eq_ignore_ascii_case(b"ilike") => Some("like"),
        5 if word.eq_ignore_ascii_case(b"least") && opens(bytes, end) => Some("min"),
        8 if word.eq_ignore_ascii_case(b"conflict") => {
            return match key_target(bytes, end) {
                Some(end) => (end, Some("conflict (id)")),
                None => (end, None),
            };
        }
        8 if word.eq_ignore_ascii_case(b"greatest") && opens(bytes, end) => Some("max"),
        _ => None,
    };
    (end, replacement)
}

/// After `for`: the rest of a locking clause, if it is one.
fn locking(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = expect(bytes, at, "update").or_else(|| expect(bytes, at, "share"))?;
    if let Some(mut names) = expect(bytes, end, "of") {
        loop {
            names = past_space(bytes, names);
            while names < bytes.len() && in_word(bytes[names]) {
                names += 1;
            }
            let next = past_space(bytes, names);
            if bytes.get(next) != Some(&b',') {
                break;
            }
            names = next + 1;
        }
        end = names;
    }
    if let Some(skip) = expect(bytes, end, "skip").and_then(|skip| expect(bytes, skip, "locked")) {
        return Some(skip);
    }
    Some(expect(bytes, end, "nowait").unwrap_or(end))
}

/// After `conflict`: the end of `(mall_id, id)`, if that is the target.
fn key_target(bytes: &[u8], at: usize) -> Option<usize> {
    let after =
        |at: Option<usize>, mark: u8| at.map(|at| past_space(bytes, at)).filter(|at| bytes.get(*at) == Some(&mark));
    let open = after(Some(at), b'(')?;
    let comma = after(expect(bytes, open + 1, "mall_id"), b',')?;
    let close = after(expect(bytes, comma + 1, "id"), b')')?;
    Some(close + 1)
}

/// `any($12)` after an operator: the span of the number and the end.
fn list(bytes: &[u8], at: usize, keyword: &str) -> Option<(std::ops::Range<usize>, usize)> {
    let open = past_space(bytes, expect(bytes, at, keyword)?);
    if bytes.get(open) != Some(&b'(') {
        return None;
    }
    let dollar = past_space(bytes, open + 1);
    if bytes.get(dollar) != Some(&b'$') {
        return None;
    }
    let start = dollar + 1;
    let mut end = start;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    let close = past_space(bytes, end);
    (end > start && bytes.get(close) == Some(&b')')).then_some((start..end, close + 1))
}

fn expect(bytes: &[u8], at: usize, word: &str) -> Option<usize> {
    let start = past_space(bytes, at);
    let end = start + word.len();
    let whole = bytes.get(end).is_none_or(|byte| !in_word(*byte));
    (whole && bytes.get(start..end)?.eq_ignore_ascii_case(word.as_bytes())).then_some(end)
}

fn opens(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'(')
}

fn past_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Past the closing quote; a doubled quote simply opens the next literal.
fn past_quoted(bytes: &[u8], at: usize, quote: u8) -> usize {
    bytes[at + 1..].iter().position(|byte| *byte == quote).map_or(bytes.len(), |length| at + 1 + length + 1)
}

fn past_line(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length + 1)
}

const fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(sql: &str) -> String {
        let mut out = String::from("left over");
        rewrite(sql, &mut out);
        out
    }

    #[test]
    fn parameters_are_numbered() {
        assert_eq!(rewritten("select $1, $12 where a=$2"), "select ?1, ?12 where a=?2");
    }

    #[test]
    fn lists_come_from_json() {
        let list = "in (select value from json_each(?2))";
        assert_eq!(rewritten("where id = any($2) and b = $1"), format!("where id {list} and b = ?1"));
        assert_eq!(rewritten("where id=ANY( $2 )"), format!("where id {list}"));
        assert_eq!(rewritten("where id <> all($2)"), format!("where id not {list}"));
        assert_eq!(rewritten("a = anything and b <> allot"), "a = anything and b <> allot");
    }

    #[test]
    fn locks_go() {
        assert_eq!(rewritten("select 1 from t where a = $1 for update"), "select 1 from t where a = ?1 ");
        assert_eq!(rewritten("(select id from t limit 1\nfor update skip locked)"), "(select id from t limit 1\n)");
        assert_eq!(rewritten("select 1 from a, b for update of a, b nowait"), "select 1 from a, b ");
        assert_eq!(rewritten("select for_update, format from t"), "select for_update, format from t");
    }

    #[test]
    fn functions_have_other_names() {
        assert_eq!(rewritten("greatest(a, least(b, 1))"), "max(a, min(b, 1))");
        assert_eq!(rewritten("name ilike $1"), "name like ?1");
        assert_eq!(rewritten("order by greatest"), "order by greatest");
    }

    #[test]
    fn the_key_of_a_conflict_is_the_row_id() {
        assert_eq!(rewritten("on conflict (mall_id, id) do nothing"), "on conflict (id) do nothing");
        assert_eq!(rewritten("on conflict(mall_id,id) do"), "on conflict (id) do");
        for same in ["on conflict (mall_id, id, x)", "on conflict (mall_id, code)", "on conflict do nothing"] {
            assert_eq!(rewritten(same), same);
        }
    }

    #[test]
    fn literals_and_comments_stay() {
        let text = "'it''s $1 = any($2) for update 茶' || \"greatest(\" -- $1 least(\n";
        assert_eq!(rewritten(text), text);
        assert_eq!(rewritten("'茶' || $1 || 名字"), "'茶' || ?1 || 名字");
        assert_eq!(rewritten("'open $1"), "'open $1");
    }
}
