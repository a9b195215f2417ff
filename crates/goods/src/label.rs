//! How a SKU is called: its options as one line, its product's name with them.

use kernel::{Error, Result};

/// How goods are called in a sentence: the product's name and its options (a stored JSON list).
pub(crate) fn label(name: &str, option_values: &str) -> String {
    match option_text(option_values) {
        Ok(options) if !options.is_empty() => format!("{name} {options}"),
        _ => name.to_owned(),
    }
}

/// `["墨绿","38"]` as `墨绿 / 38`.
pub(crate) fn option_text(option_values: &str) -> Result<String> {
    Ok(texts(option_values)?.join(" / "))
}

/// A JSON list of texts, as columns store them.
pub(crate) fn texts(json: &str) -> Result<Vec<String>> {
    serde_json::from_str(json).map_err(Error::internal)
}

/// Makes a pattern for `like … escape '\'` that finds `text` anywhere.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
