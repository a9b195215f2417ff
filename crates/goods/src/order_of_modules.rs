//! The `mod` lines of `lib.rs` are the import order: a domain may use those above it, never those below.

use std::fs;
use std::path::Path;

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn no_domain_imports_one_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(root.join("lib.rs")).unwrap();
    let mods = lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let order: Vec<&str> = mods.take_while(|name| *name != "constraint").collect();
    assert!(order.len() >= 9, "{order:?}");
    for (place, name) in order.iter().enumerate() {
        let mut texts = Vec::new();
        let folder = root.join(name);
        if folder.is_dir() {
            sources(&folder, &mut texts);
        } else {
            texts.push(fs::read_to_string(root.join(format!("{name}.rs"))).unwrap());
        }
        for below in &order[place + 1..] {
            let imports = [format!("crate::{below}::"), format!("crate::{below};")];
            let upward = texts.iter().any(|text| imports.iter().any(|import| text.contains(import)));
            assert!(!upward, "{name} imports {below}, which stands below it");
        }
    }
}
