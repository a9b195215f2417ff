//! Statements in SQLite's words, rewritten once. Looked up by where the text lies in memory, which for the texts of our
//! code never changes; the text itself is compared too, since a built one may lie where another did.

use super::dialect;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Texts kept; built ones come and go at new places, so it is emptied now and then.
const KEPT: usize = 2_048;

/// The words of one connection.
#[derive(Default)]
pub(super) struct Words(HashMap<usize, Known, BuildHasherDefault<ByPlace>>);

struct Known {
    text: Box<str>,
    words: Box<str>,
}

impl Words {
    /// The SQLite form of `sql`.
    pub(super) fn of(&mut self, sql: &str) -> &str {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        let known = match self.0.entry(sql.as_ptr().addr()) {
            Entry::Occupied(found) if &*found.get().text == sql => found.into_mut(),
            Entry::Occupied(mut other) => {
                other.insert(Known::new(sql));
                other.into_mut()
            }
            Entry::Vacant(place) => place.insert(Known::new(sql)),
        };
        &known.words
    }
}

impl Known {
    fn new(sql: &str) -> Self {
        let mut words = String::new();
        dialect::rewrite(sql, &mut words);
        Known { text: sql.into(), words: words.into() }
    }
}

/// Addresses are spread by a multiplication; nobody outside chooses them.
#[derive(Default)]
struct ByPlace(u64);

impl Hasher for ByPlace {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, place: usize) {
        self.0 = (self.0 ^ place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_with_another_text_is_another_statement() {
        let mut words = Words::default();
        let mut built = String::from("select $1");
        assert_eq!(words.of(&built), "select ?1");
        built.replace_range(.., "select $2");
        assert_eq!(words.of(&built), "select ?2");
        assert_eq!(words.of(&built[..8]), "select $");
        for round in 0..3 * KEPT {
            let one = format!("select ${round}");
            assert_eq!(words.of(&one), format!("select ?{round}"));
            assert!(words.0.len() <= KEPT);
        }
    }
}
