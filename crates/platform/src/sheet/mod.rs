//! Tables that people keep in files: CSV (UTF-8 or GBK, as spreadsheets in China write it) and XLSX, read into rows of
//! text with their line numbers and written with numbers as numbers.
//! Promise: a file that is not such a table is refused with a sentence; no file makes us unpack more than it should; what
//! we write runs no formula when it is opened.

mod number;
mod read;
mod upload;
mod write;

pub use number::{plain_digit, whole};
pub use read::{Line, Sheet, read};
pub use upload::upload;
pub use write::{Cell, Format, Writer};

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kernel::{Error, Result};

/// A file as the answer of a request.
pub fn download(name: &str, format: Format, bytes: Vec<u8>) -> Result<Response> {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, disposition(name)?),
    ];
    Ok((headers, bytes).into_response())
}

/// `attachment` with a name in any script.
pub fn disposition(name: &str) -> Result<HeaderValue> {
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{encoded}")).map_err(Error::internal)
}
