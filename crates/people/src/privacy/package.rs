//! The copy as a file: a zip with one JSON and one CSV per table and a note in plain words.

use crate::hooks::Section;
use kernel::{Error, Instant, Result};
use serde_json::{Map, Value};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Packs the tables. CSV begins with a byte-order mark, so that spreadsheets read the Chinese.
pub(super) fn pack(mall: &str, made_at: Instant, sections: &[Section]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut add = |name: String, bytes: &[u8]| -> Result<()> {
        zip.start_file(name, options).map_err(Error::internal)?;
        zip.write_all(bytes).map_err(Error::internal)
    };
    add("README.txt".into(), note(mall, made_at, sections).as_bytes())?;
    for section in sections {
        add(format!("json/{}.json", section.name), &json(section)?)?;
        add(format!("csv/{}.csv", section.name), csv(section).as_bytes())?;
    }
    Ok(zip.finish().map_err(Error::internal)?.into_inner())
}

fn note(mall: &str, made_at: Instant, sections: &[Section]) -> String {
    let mut text = format!("{mall}：您的个人信息副本\n生成时间（UTC）：{made_at}\n\n");
    text.push_str("json 文件夹适合程序读取，csv 文件夹可以用表格软件打开；金额单位是分，时间是 UTC。\n\n");
    for section in sections {
        text.push_str(&format!("{}：{}（{} 条）\n", section.name, section.title, section.rows.len()));
    }
    text
}

fn json(section: &Section) -> Result<Vec<u8>> {
    let rows: Vec<Map<String, Value>> = section
        .rows
        .iter()
        .map(|row| {
            section.columns.iter().zip(row).map(|((key, _), value)| ((*key).to_owned(), value.clone())).collect()
        })
        .collect();
    serde_json::to_vec_pretty(&rows).map_err(Error::internal)
}

fn csv(section: &Section) -> String {
    let mut text = String::from("\u{feff}");
    let headings: Vec<String> = section.columns.iter().map(|(_, heading)| cell(heading)).collect();
    text.push_str(&headings.join(","));
    text.push_str("\r\n");
    for row in &section.rows {
        let cells: Vec<String> = row.iter().map(shown).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => cell(text),
        Value::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        other => cell(&other.to_string()),
    }
}

/// A cell that a spreadsheet neither splits nor takes for a formula.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::io::Read;

    const COLUMNS: &[(&str, &str)] = &[("id", "编号"), ("text", "内容"), ("is_default", "默认")];

    fn section() -> Section {
        let rows =
            vec![vec![json!("1"), json!("a,\"b\"\nc"), json!(true)], vec![json!("2"), json!("=1+1"), Value::Null]];
        Section { name: "things", title: "东西", columns: COLUMNS, rows }
    }

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let text = csv(&section());
        assert_eq!(text, "\u{feff}编号,内容,默认\r\n1,\"a,\"\"b\"\"\nc\",是\r\n2,'=1+1,\r\n");
    }

    #[test]
    fn the_package_holds_both_forms_and_a_note() {
        let bytes = pack("河坊", Instant(0), &[section()]).unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        zip.by_name("json/things.json").unwrap().read_to_string(&mut text).unwrap();
        let rows: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(rows[1], json!({ "id": "2", "text": "=1+1", "is_default": null }));
        assert!(zip.by_name("csv/things.csv").is_ok());
        text.clear();
        zip.by_name("README.txt").unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("things：东西（2 条）"), "{text}");
    }
}
