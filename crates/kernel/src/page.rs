//! Lists by cursor: a page of rows and, when there is more, an opaque text that continues after the last one.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list; `next_cursor` is absent on the last page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// From rows fetched with `limit + 1`: the surplus row only tells that there is more.
    pub fn from_rows(mut rows: Vec<T>, limit: i64, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|r| cursor(r).encode()) } else { None };
        Page { items: rows, next_cursor }
    }

    /// The same page with every row turned into another shape.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

/// Position after a row: the sort key and the id that breaks ties. Text form `key.id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub key: i64,
    pub id: i64,
}

impl Cursor {
    pub fn encode(self) -> String {
        format!("{}.{}", self.key, self.id)
    }

    /// Parses a cursor a client sent back; a broken one is a 400.
    pub fn decode(text: &str) -> Result<Self> {
        let parsed = text.split_once('.').and_then(|(k, i)| Some(Cursor { key: k.parse().ok()?, id: i.parse().ok()? }));
        parsed.ok_or_else(|| Error::field("cursor", "翻页位置不正确，请从第一页开始"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_row_becomes_the_next_cursor() {
        let page = Page::from_rows(vec![30, 20, 10], 2, |n| Cursor { key: *n, id: 1 });
        assert_eq!(page.items, [30, 20]);
        assert_eq!(page.next_cursor.as_deref(), Some("20.1"));
        assert_eq!(Cursor::decode("20.1").unwrap(), Cursor { key: 20, id: 1 });
        assert!(Cursor::decode("20").is_err());
    }

    #[test]
    fn last_page_has_no_cursor() {
        assert!(Page::from_rows(vec![1], 2, |n| Cursor { key: *n, id: 1 }).next_cursor.is_none());
    }
}
