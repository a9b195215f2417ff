//! The templates that come with the program: `demo/templates/*.json`, with photographs of the demo and drawn pictures.

use crate::demo::Catalog;
use kernel::{Error, Result};
use rust_embed::Embed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Embed)]
#[folder = "../../demo/templates"]
struct Files;

/// What a template brings.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateBrief {
    #[schema(example = "food")]
    pub name: String,
    pub label: String,
    pub about: String,
    pub products: i64,
    pub categories: i64,
    /// Names of a few of its goods.
    pub samples: Vec<String>,
    pub accent: String,
}

#[derive(Deserialize)]
struct Head {
    name: String,
    label: String,
    about: String,
}

/// Names that can be given.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> =
        Files::iter().filter_map(|file| file.strip_suffix(".json").map(str::to_owned)).collect();
    names.sort_unstable();
    names
}

fn text(name: &str) -> Result<Vec<u8>> {
    let file = names().iter().any(|known| known == name).then(|| Files::get(&format!("{name}.json"))).flatten();
    let file = file
        .ok_or_else(|| Error::not_found("template.unknown", format!("没有这个模板，可选：{}", names().join("、"))))?;
    Ok(file.data.into_owned())
}

/// The content of a template; `template.unknown` (404).
pub fn read(name: &str) -> Result<Catalog> {
    serde_json::from_slice(&text(name)?).map_err(Error::internal)
}

/// What it brings, in short.
pub fn brief(name: &str) -> Result<TemplateBrief> {
    let head: Head = serde_json::from_slice(&text(name)?).map_err(Error::internal)?;
    let catalog = read(name)?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(TemplateBrief {
        name: head.name,
        label: head.label,
        about: head.about,
        products: count(catalog.products.len()),
        categories: count(catalog.categories.len()),
        samples: catalog.products.iter().take(4).map(|product| product.name.clone()).collect(),
        accent: catalog.mall.accent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_whole() {
        assert_eq!(names(), ["fashion", "food", "lifestyle"]);
        for name in names() {
            let catalog = read(&name).unwrap();
            assert!((8..=15).contains(&catalog.products.len()), "{name}");
            assert!(!catalog.home.is_empty() && !catalog.freight.is_empty() && !catalog.categories.is_empty());
        }
        assert!(read("../catalog").is_err_and(|error| error.is("template.unknown")));
    }
}
