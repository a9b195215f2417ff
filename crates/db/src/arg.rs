//! Arguments of a statement: one small enum for both engines, built by [`args!`](crate::args).
//! `$1` is the first argument; a list stands in `= any($1)`.

use kernel::{Fen, Id, Instant};

/// One argument. Integers carry ids, instants and money; lists serve `= any($n)`.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    Null,
    Int(i64),
    Bool(bool),
    Float(f64),
    Text(String),
    Ints(Vec<i64>),
    Texts(Vec<String>),
}

/// Builds `[Arg; N]` from values that turn into [`Arg`]: `tx.exec(sql, &args![mall_id, name, None::<i64>])`.
#[macro_export]
macro_rules! args {
    () => { [] as [$crate::Arg; 0] };
    ($($value:expr),+ $(,)?) => { [$($crate::Arg::from($value)),+] };
}

macro_rules! integers {
    ($($kind:ty => |$value:ident| $number:expr;)*) => {$(
        impl From<$kind> for Arg {
            fn from($value: $kind) -> Self {
                Arg::Int($number)
            }
        }
        impl From<&$kind> for Arg {
            fn from(value: &$kind) -> Self {
                Arg::from(*value)
            }
        }
        impl From<Vec<$kind>> for Arg {
            fn from(list: Vec<$kind>) -> Self {
                Arg::from(list.as_slice())
            }
        }
        impl From<&Vec<$kind>> for Arg {
            fn from(list: &Vec<$kind>) -> Self {
                Arg::from(list.as_slice())
            }
        }
        impl From<&[$kind]> for Arg {
            fn from(list: &[$kind]) -> Self {
                Arg::Ints(list.iter().map(|$value| { let $value = *$value; $number }).collect())
            }
        }
        impl<const N: usize> From<[$kind; N]> for Arg {
            fn from(list: [$kind; N]) -> Self {
                Arg::from(list.as_slice())
            }
        }
        impl<const N: usize> From<&[$kind; N]> for Arg {
            fn from(list: &[$kind; N]) -> Self {
                Arg::from(list.as_slice())
            }
        }
    )*};
}

integers! {
    i64 => |value| value;
    i32 => |value| i64::from(value);
    u32 => |value| i64::from(value);
    Id => |value| value.0;
    Instant => |value| value.0;
    Fen => |value| value.0;
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Arg::Bool(value)
    }
}
impl From<&bool> for Arg {
    fn from(value: &bool) -> Self {
        Arg::Bool(*value)
    }
}
impl From<f64> for Arg {
    fn from(value: f64) -> Self {
        Arg::Float(value)
    }
}
impl From<&f64> for Arg {
    fn from(value: &f64) -> Self {
        Arg::Float(*value)
    }
}
impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Arg::Text(value.to_owned())
    }
}
impl From<&&str> for Arg {
    fn from(value: &&str) -> Self {
        Arg::Text((*value).to_owned())
    }
}
impl From<String> for Arg {
    fn from(value: String) -> Self {
        Arg::Text(value)
    }
}
impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Arg::Text(value.clone())
    }
}
impl From<std::borrow::Cow<'_, str>> for Arg {
    fn from(value: std::borrow::Cow<'_, str>) -> Self {
        Arg::Text(value.into_owned())
    }
}
impl<T: Into<Arg>> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Self {
        value.map_or(Arg::Null, Into::into)
    }
}
macro_rules! borrowed_options {
    ($($kind:ty)*) => {$(
        impl From<&Option<$kind>> for Arg {
            fn from(value: &Option<$kind>) -> Self {
                value.as_ref().map_or(Arg::Null, Arg::from)
            }
        }
    )*};
}

borrowed_options! { i64 i32 u32 Id Instant Fen bool f64 String }

impl From<Vec<String>> for Arg {
    fn from(list: Vec<String>) -> Self {
        Arg::Texts(list)
    }
}
impl From<&Vec<String>> for Arg {
    fn from(list: &Vec<String>) -> Self {
        Arg::Texts(list.clone())
    }
}
impl From<&[String]> for Arg {
    fn from(list: &[String]) -> Self {
        Arg::Texts(list.to_vec())
    }
}
impl From<Vec<&str>> for Arg {
    fn from(list: Vec<&str>) -> Self {
        Arg::from(list.as_slice())
    }
}
impl From<&Vec<&str>> for Arg {
    fn from(list: &Vec<&str>) -> Self {
        Arg::from(list.as_slice())
    }
}
impl From<&[&str]> for Arg {
    fn from(list: &[&str]) -> Self {
        Arg::Texts(list.iter().map(|text| (*text).to_owned()).collect())
    }
}
impl<const N: usize> From<[&str; N]> for Arg {
    fn from(list: [&str; N]) -> Self {
        Arg::from(list.as_slice())
    }
}
impl<const N: usize> From<&[&str; N]> for Arg {
    fn from(list: &[&str; N]) -> Self {
        Arg::from(list.as_slice())
    }
}
impl From<&Arg> for Arg {
    fn from(value: &Arg) -> Self {
        value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_turn_into_arguments() {
        let name = String::from("茶");
        let note: Option<String> = None;
        let built = args![Id(7), 3i32, &name, &note, Some(Instant(9)), true, None::<&str>, [Id(1), Id(2)], &["a", "b"]];
        assert_eq!(
            built,
            [
                Arg::Int(7),
                Arg::Int(3),
                Arg::Text(name.clone()),
                Arg::Null,
                Arg::Int(9),
                Arg::Bool(true),
                Arg::Null,
                Arg::Ints(vec![1, 2]),
                Arg::Texts(vec!["a".into(), "b".into()]),
            ]
        );
        assert!(args![].is_empty());
    }
}
