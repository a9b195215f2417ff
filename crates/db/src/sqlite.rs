//! Stub.
use crate::row::Cell;
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'a>, position: usize) -> Result<Cell<'a>, String> {
    use rusqlite::types::ValueRef;
    match row.get_ref(position).map_err(|e| e.to_string())? {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(n) => Ok(Cell::Int(n)),
        ValueRef::Real(x) => Ok(Cell::Float(x)),
        ValueRef::Text(text) => std::str::from_utf8(text).map(Cell::Text).map_err(|_| "text is not UTF-8".into()),
        ValueRef::Blob(_) => Err("blobs are not read".into()),
    }
}
