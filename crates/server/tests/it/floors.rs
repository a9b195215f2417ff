//! The house keeps its floors: crates look down only, domains look back only, files stay short, settings are explained.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Lower floors first; crates of one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["kernel", "wire"],
    &["db", "picture"],
    &["platform", "gateways", "sandbox"],
    &["people", "goods", "open"],
    &["trade"],
    &["insight", "campaign"],
    &["server"],
    &["testkit"],
];

fn floor_of(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&name))
}

fn manifest(name: &str) -> toml::Table {
    let path = root().join("crates").join(name).join("Cargo.toml");
    fs::read_to_string(&path).unwrap().parse().unwrap()
}

#[test]
fn crates_depend_downwards_only() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let mine = floor_of(&name).unwrap_or_else(|| panic!("crate {name} stands on no floor: add it to FLOORS"));
        for dependency in manifest(&name)["dependencies"].as_table().unwrap().keys() {
            if let Some(theirs) = floor_of(dependency) {
                assert!(theirs < mine, "{name} looks up or sideways to {dependency}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} edges: the manifests are written in another way now");
}

#[test]
fn clients_and_stand_ins_know_neither_the_database_nor_the_web_glue() {
    for name in ["gateways", "sandbox"] {
        for forbidden in ["db", "platform"] {
            assert!(
                !manifest(name)["dependencies"].as_table().unwrap().contains_key(forbidden),
                "{name} → {forbidden}"
            );
        }
    }
    for name in ["kernel", "wire"] {
        for forbidden in ["tokio", "axum", "reqwest", "rusqlite", "postgres"] {
            assert!(
                !manifest(name)["dependencies"].as_table().unwrap().contains_key(forbidden),
                "{name} → {forbidden}"
            );
        }
    }
}

#[test]
fn only_one_crate_names_a_database_driver() {
    for name in FLOORS.iter().copied().flatten().filter(|name| **name != "db") {
        for driver in ["rusqlite", "postgres", "tokio-postgres", "sqlx"] {
            assert!(!manifest(name)["dependencies"].as_table().unwrap().contains_key(driver), "{name} → {driver}");
        }
    }
}

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Modules in the order of `lib.rs`.
fn modules(lib: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut under_test = false;
    for line in lib.lines() {
        let line = line.trim();
        let declared = ["pub(crate) mod ", "pub mod ", "mod "].iter().find_map(|start| line.strip_prefix(start));
        if let Some(name) = declared.and_then(|rest| rest.strip_suffix(';'))
            && !under_test
        {
            found.push(name.to_owned());
        }
        under_test = line == "#[cfg(test)]";
    }
    found
}

/// Modules of the same crate that a text names: `crate::x…` and `use crate::{x…, y}`.
fn named_modules(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("crate::") {
        let before = text[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[start + "crate::".len()..];
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = &list[..list.find(';').unwrap_or(list.len())];
                let mut depth = 0;
                for part in list.split_inclusive([',', '{', '}']) {
                    if depth == 0 {
                        found.push(word(part.trim()));
                    }
                    depth += part.matches('{').count();
                    depth = depth.saturating_sub(part.matches('}').count());
                }
            }
            None => found.push(word(rest)),
        }
    }
    found
}

#[test]
fn inside_a_crate_the_order_of_modules_is_the_order_of_imports() {
    for name in ["people", "goods", "trade", "campaign"] {
        let source = root().join("crates").join(name).join("src");
        let order = modules(&fs::read_to_string(source.join("lib.rs")).unwrap());
        let place: BTreeMap<&str, usize> = order.iter().enumerate().map(|(i, module)| (module.as_str(), i)).collect();
        assert!(place.len() > 4, "{name}: {order:?}");
        let mut edges = 0;
        for path in rust_files(&source) {
            let inside = path.strip_prefix(&source).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
            let Some(mine) = place.get(first.trim_end_matches(".rs")) else { continue };
            let text = fs::read_to_string(&path).unwrap();
            let text: String =
                text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            for other in named_modules(&text) {
                if let Some(theirs) = place.get(other.as_str()) {
                    assert!(theirs <= mine, "{name}: {} looks ahead to {other}", inside.display());
                    edges += usize::from(theirs < mine);
                }
            }
        }
        assert!(edges > 0, "{name} has no edges: imports are written in another way now");
    }
}

/// Files that may be longer for now, with their reason.
const LONGER: &[(&str, &str)] = &[
    ("crates/goods/src/catalog/tests.rs", "a list of the editor's rules, one test each"),
    ("crates/goods/src/route/tests.rs", "a list of routes, one test each"),
];

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let mut long = Vec::new();
    for path in rust_files(&root().join("crates")) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if lines > 400 && !LONGER.iter().any(|(known, _)| *known == name) {
            long.push(format!("{name}: {lines} lines"));
        }
    }
    assert!(long.is_empty(), "split into a folder of verbs:\n{}", long.join("\n"));
}

#[test]
fn every_file_opens_by_saying_what_lives_in_it() {
    let mut silent = Vec::new();
    for path in rust_files(&root().join("crates")) {
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("//!") {
            silent.push(path.strip_prefix(root()).unwrap().display().to_string());
        }
    }
    assert!(silent.is_empty(), "no opening `//!` in {silent:?}");
}

#[test]
fn every_setting_has_a_default_and_is_explained() {
    platform::config::Config::load(None, std::iter::empty()).unwrap();
    let mut settings = 0;
    for line in platform::config::DEFAULT.lines() {
        let Some((name, value)) = line.split_once('=').filter(|_| !line.trim_start().starts_with('#')) else {
            continue;
        };
        settings += 1;
        assert!(value.contains('#'), "`{}` is not explained", name.trim());
    }
    assert!(settings > 20, "{settings} settings");
}

#[test]
fn the_source_says_nothing_of_work_left_for_later() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["unimple", "mented!"].concat()];
    for path in rust_files(&root().join("crates")) {
        let text = fs::read_to_string(&path).unwrap();
        for word in &words {
            assert!(!text.contains(word.as_str()), "{word} in {}", path.display());
        }
    }
}
