//! Values on PostgreSQL's wire. An argument takes the type the server declared for its place; what does not fit is an
//! error here, before it is sent.

use crate::Arg;
use crate::row::Cell;
use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use std::error::Error as StdError;

type Encoded = Result<IsNull, Box<dyn StdError + Sync + Send>>;

impl ToSql for Arg {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Arg::Null => Ok(IsNull::Yes),
            Arg::Int(number) => integer(*number, ty, out),
            Arg::Bool(truth) if *ty == Type::BOOL => truth.to_sql(ty, out),
            Arg::Bool(truth) => integer(i64::from(*truth), ty, out),
            Arg::Float(number) if *ty == Type::FLOAT8 => number.to_sql(ty, out),
            Arg::Float(number) if *ty == Type::FLOAT4 => (*number as f32).to_sql(ty, out),
            Arg::Text(text) if <&str as ToSql>::accepts(ty) => text.as_str().to_sql(ty, out),
            Arg::Text(text) if *ty == Type::JSON => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            Arg::Text(text) if *ty == Type::JSONB => {
                out.extend_from_slice(&[1]);
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            Arg::Ints(list) => match ty.kind() {
                Kind::Array(member) if *member == Type::INT8 => list.to_sql(ty, out),
                Kind::Array(member) if *member == Type::INT4 => {
                    let narrow = list.iter().map(|number| i32::try_from(*number)).collect::<Result<Vec<i32>, _>>()?;
                    narrow.to_sql(ty, out)
                }
                _ => unfit("a list of integers", ty),
            },
            Arg::Texts(list) => match ty.kind() {
                Kind::Array(member) if <&str as ToSql>::accepts(member) => list.to_sql(ty, out),
                _ => unfit("a list of texts", ty),
            },
            Arg::Float(_) => unfit("a float", ty),
            Arg::Text(_) => unfit("text", ty),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(number: i64, ty: &Type, out: &mut BytesMut) -> Encoded {
    match *ty {
        Type::INT8 => number.to_sql(ty, out),
        Type::INT4 => i32::try_from(number)?.to_sql(ty, out),
        Type::INT2 => i16::try_from(number)?.to_sql(ty, out),
        Type::FLOAT8 => (number as f64).to_sql(ty, out),
        Type::BOOL if matches!(number, 0 | 1) => (number == 1).to_sql(ty, out),
        Type::TEXT | Type::VARCHAR => number.to_string().to_sql(ty, out),
        _ => unfit("an integer", ty),
    }
}

fn unfit(what: &str, ty: &Type) -> Encoded {
    Err(format!("{what} was given where the statement takes {ty}; a cast in the SQL may be missing").into())
}

/// A column of any type we read.
struct Seen<'a>(Cell<'a>);

impl<'a> FromSql<'a> for Seen<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let cell = match *ty {
            Type::INT8 => Cell::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Cell::Int(i64::from(i32::from_sql(ty, raw)?)),
            Type::INT2 => Cell::Int(i64::from(i16::from_sql(ty, raw)?)),
            Type::BOOL => Cell::Bool(bool::from_sql(ty, raw)?),
            Type::FLOAT8 => Cell::Float(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => Cell::Float(f64::from(f32::from_sql(ty, raw)?)),
            Type::JSON => Cell::Text(std::str::from_utf8(raw)?),
            Type::JSONB => Cell::Text(std::str::from_utf8(raw.get(1..).unwrap_or_default())?),
            _ if <&str as FromSql>::accepts(ty) => Cell::Text(<&str>::from_sql(ty, raw)?),
            Type::NUMERIC => return Err("a numeric came; write cast(… as bigint) around sums".into()),
            _ => return Err(format!("the type {ty} is not read; cast it").into()),
        };
        Ok(Seen(cell))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Seen(Cell::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The value of a column.
pub(crate) fn cell(row: &postgres::Row, position: usize) -> Result<Cell<'_>, String> {
    row.try_get::<_, Seen<'_>>(position).map(|seen| seen.0).map_err(|cause| match cause.source() {
        Some(source) => source.to_string(),
        None => cause.to_string(),
    })
}
