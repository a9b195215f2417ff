//! The schema, one file per change in order of version; a released file is never edited.
//! A new file `migrations/NNNN_name.sql` gets one line here.

use crate::Migration;

/// Every migration of the program, oldest first.
pub fn migrations() -> &'static [Migration] {
    ALL
}

const ALL: &[Migration] = &[];
