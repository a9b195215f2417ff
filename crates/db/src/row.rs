//! Rows: a struct says once in which order its columns come, and reads them with `row.next()?`.
//! A column left unread, a missing one, or a null where none is expected is an internal error, never a silent default.

use kernel::{Error, Fen, Id, Instant, Result};

/// Built from the columns of a row, in order. Implement it for structs with [`row!`](crate::row), for an enum by hand:
/// `Status::parse(&row.next::<String>()?)`.
pub trait FromRow: Sized {
    fn from_row(row: &mut Row<'_>) -> Result<Self>;
}

/// A row being read from left to right.
pub struct Row<'a> {
    cells: Cells<'a>,
    position: usize,
}

pub(crate) enum Cells<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

/// A value as the engine returned it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Float(f64),
    Text(&'a str),
}

impl<'a> Row<'a> {
    /// Reads the whole row into a `T`; every column must be taken.
    pub(crate) fn read<T: FromRow>(cells: Cells<'a>) -> Result<T> {
        let mut row = Row { cells, position: 0 };
        let value = T::from_row(&mut row)?;
        let width = row.width();
        if row.position == width {
            return Ok(value);
        }
        Err(Error::internal(format_args!("the row has {width} columns, {} were read", row.position)))
    }

    /// The next value, or the next few when `T` takes several columns.
    ///
    /// # Errors
    /// Internal when the row has ended, the value is null and `T` is not an `Option`, or the type differs.
    #[allow(clippy::should_implement_trait, reason = "generic over what is read, unlike an iterator")]
    pub fn next<T: FromRow>(&mut self) -> Result<T> {
        T::from_row(self)
    }

    fn width(&self) -> usize {
        match self.cells {
            Cells::Sqlite(row) => row.as_ref().column_count(),
            Cells::Postgres(row) => row.len(),
        }
    }

    fn column_name(&self, position: usize) -> &str {
        match self.cells {
            Cells::Sqlite(row) => row.as_ref().column_name(position).unwrap_or("?"),
            Cells::Postgres(row) => row.columns().get(position).map_or("?", |column| column.name()),
        }
    }

    fn peek(&self) -> Result<Cell<'a>> {
        if self.position >= self.width() {
            return Err(Error::internal(format_args!("the row has only {} columns", self.width())));
        }
        let cell = match self.cells {
            Cells::Sqlite(row) => crate::sqlite::cell(row, self.position),
            Cells::Postgres(row) => crate::pgsql::cell(row, self.position),
        };
        cell.map_err(|cause| self.wrong(self.position, &cause))
    }

    fn take(&mut self) -> Result<Cell<'a>> {
        let cell = self.peek()?;
        self.position += 1;
        Ok(cell)
    }

    fn wrong(&self, position: usize, what: &str) -> Error {
        Error::internal(format_args!("column {} ({}): {what}", position + 1, self.column_name(position)))
    }

    fn mismatch(&self, wanted: &str, found: Cell<'_>) -> Error {
        let found = match found {
            Cell::Null => "null",
            Cell::Int(_) => "an integer",
            Cell::Bool(_) => "a boolean",
            Cell::Float(_) => "a float",
            Cell::Text(_) => "text",
        };
        self.wrong(self.position - 1, &format!("{wanted} was expected, {found} came"))
    }
}

macro_rules! scalars {
    ($($kind:ty, $wanted:literal: $($cell:pat => $value:expr),+;)*) => {$(
        impl FromRow for $kind {
            fn from_row(row: &mut Row<'_>) -> Result<Self> {
                match row.take()? {
                    $($cell => Ok($value),)+
                    other => Err(row.mismatch($wanted, other)),
                }
            }
        }
    )*};
}

scalars! {
    i64, "an integer": Cell::Int(n) => n;
    bool, "a boolean": Cell::Bool(b) => b, Cell::Int(n @ (0 | 1)) => n == 1;
    f64, "a number": Cell::Float(x) => x, Cell::Int(n) => n as f64;
    String, "text": Cell::Text(text) => text.to_owned();
    Id, "an id": Cell::Int(n) => Id(n);
    Instant, "an instant": Cell::Int(n) => Instant(n);
    Fen, "an amount": Cell::Int(n) => Fen(n);
}

macro_rules! narrow {
    ($($kind:ty)*) => {$(
        impl FromRow for $kind {
            fn from_row(row: &mut Row<'_>) -> Result<Self> {
                let wide: i64 = row.next()?;
                <$kind>::try_from(wide)
                    .map_err(|_| row.wrong(row.position - 1, concat!("does not fit ", stringify!($kind))))
            }
        }
    )*};
}

narrow! { i32 u32 u16 u8 }

/// Null is `None`; only for types of one column.
impl<T: FromRow> FromRow for Option<T> {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        if row.peek()? == Cell::Null {
            row.position += 1;
            return Ok(None);
        }
        let start = row.position;
        let value = T::from_row(row)?;
        if row.position == start + 1 {
            return Ok(Some(value));
        }
        Err(row.wrong(start, "an Option reads one column, not a group of them"))
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        impl<$($name: FromRow),+> FromRow for ($($name,)+) {
            fn from_row(row: &mut Row<'_>) -> Result<Self> {
                Ok(($($name::from_row(row)?,)+))
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
    A B C D E F G H I J K L M;
    A B C D E F G H I J K L M N;
    A B C D E F G H I J K L M N O;
    A B C D E F G H I J K L M N O P;
}

/// Implements [`FromRow`] for a struct, reading its fields in the listed order: `row!(Product { id, name, price_fen });`
#[macro_export]
macro_rules! row {
    ($kind:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::FromRow for $kind {
            fn from_row(row: &mut $crate::Row<'_>) -> $crate::Result<Self> {
                ::core::result::Result::Ok($kind { $($field: row.next()?),+ })
            }
        }
    };
}
