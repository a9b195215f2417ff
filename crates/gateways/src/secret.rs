//! A configured secret: readable by the client that needs it, invisible everywhere else.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A key, password or PEM text. `Debug` shows `…`; there is no `Display` and no `Serialize`.
/// In a configuration it is written as the text itself, or as `file:` followed by the path of the file that holds it;
/// the file is read when the configuration is, and an unreadable one is an error that names only the path.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The text itself; surrounding white space is cut off.
    pub fn new(text: impl AsRef<str>) -> Self {
        Secret(text.as_ref().trim().to_owned())
    }

    /// The text. Never put it into an error, a log line or an address that may be logged.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret::new(text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let Some(path) = text.strip_prefix("file:") else { return Ok(Secret::new(text)) };
        let read = std::fs::read_to_string(path.trim());
        read.map(Secret::new).map_err(|e| D::Error::custom(format!("secret file {path}: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_comes_from_text_or_file_and_hides() {
        let read = |text: &str| serde_json::from_value::<Secret>(text.into());
        assert_eq!(read("  key\n").unwrap().expose(), "key");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from file\n").unwrap();
        assert_eq!(read(&format!("file:{}", file.path().display())).unwrap().expose(), "from file");
        assert!(read("file:/nowhere/key.pem").unwrap_err().to_string().contains("/nowhere/key.pem"));
        assert_eq!(format!("{:?}", Secret::from("key")), "…");
    }
}
