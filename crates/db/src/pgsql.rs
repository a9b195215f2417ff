//! Stub.
use crate::row::Cell;
pub(crate) fn cell(row: &postgres::Row, position: usize) -> Result<Cell<'_>, String> {
    row.try_get::<_, i64>(position).map(Cell::Int).map_err(|e| e.to_string())
}
