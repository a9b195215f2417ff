//! Blocks as text in the database. The text names its schema, so that a page written years ago is still understood:
//! each schema is read by its own rule and brought to the present one; nothing stored is rewritten for it.

use super::block::{BlockSource, PlacedBlock};
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The schema written now. 1 was a bare list of blocks without ids; 2 gives every block an id and lets it hide.
const SCHEMA: i64 = 2;

#[derive(Serialize)]
struct Written<'a> {
    schema: i64,
    blocks: &'a [PlacedBlock],
}

#[derive(Deserialize)]
struct Read {
    schema: i64,
    blocks: Value,
}

pub(super) fn write(blocks: &[PlacedBlock]) -> Result<String> {
    serde_json::to_string(&Written { schema: SCHEMA, blocks }).map_err(Error::internal)
}

pub(super) fn read(text: &str) -> Result<Vec<PlacedBlock>> {
    let value: Value = serde_json::from_str(text).map_err(Error::internal)?;
    if value.is_array() {
        return Ok(place(serde_json::from_value(value).map_err(Error::internal)?));
    }
    let stored: Read = serde_json::from_value(value).map_err(Error::internal)?;
    match stored.schema {
        SCHEMA => serde_json::from_value(stored.blocks).map_err(Error::internal),
        other => Err(Error::internal(format_args!("a page of schema {other} was written by a newer release"))),
    }
}

/// Gives blocks ids by their place.
pub(super) fn place(blocks: Vec<BlockSource>) -> Vec<PlacedBlock> {
    (1..).zip(blocks).map(|(n, block)| PlacedBlock { id: format!("b{n}"), hidden: false, block }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_first_schema_is_read_and_gets_ids() {
        let old = r#"[{"kind":"text","title":"关于","text":"小店"},{"kind":"banner","items":[
            {"picture_key":"m1/a.jpg","title":"春","link":{"kind":"search","target":"茶"}}]}]"#;
        let read = read(old).unwrap();
        assert_eq!(read.iter().map(|placed| placed.id.as_str()).collect::<Vec<_>>(), ["b1", "b2"]);
        assert!(matches!(&read[1].block, BlockSource::Banner { items } if items[0].link.is_some()));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let blocks = place(vec![BlockSource::Spacer { height: 12 }]);
        let text = write(&blocks).unwrap();
        assert!(text.starts_with(r#"{"schema":2,"#));
        assert_eq!(read(&text).unwrap(), blocks);
    }

    #[test]
    fn a_page_of_a_newer_release_is_refused_instead_of_misread() {
        assert!(read(r#"{"schema":3,"blocks":[]}"#).is_err());
    }
}
