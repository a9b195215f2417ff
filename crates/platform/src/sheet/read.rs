//! Reading a table: the kind of file is told by its content, the first row that is not empty is the header.

use calamine::{Data, Reader, Xlsx};
use kernel::{Error, Result};
use std::io::Cursor;

/// Most rows of one file.
const MOST_ROWS: usize = 200_000;
/// Most columns looked at.
const MOST_COLUMNS: usize = 100;
/// Of all parts of an XLSX together, unpacked.
const MOST_UNPACKED: u64 = 400 << 20;

/// A table: its header and its rows, all as trimmed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub header: Vec<String>,
    pub lines: Vec<Line>,
}

/// One row; as wide as the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number of the row in the file, from 1, as the spreadsheet shows it.
    pub number: i64,
    pub cells: Vec<String>,
}

impl Sheet {
    /// Place of a column by one of its names.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        self.header.iter().position(|title| names.contains(&title.trim_end_matches('*').trim()))
    }
}

/// Reads CSV or XLSX. Empty rows are left out.
///
/// # Errors
/// `sheet.unreadable` (400), `sheet.empty` (400) without a row below the header, `sheet.too_long` (400).
pub fn read(bytes: &[u8]) -> Result<Sheet> {
    let rows = if bytes.starts_with(b"PK\x03\x04") {
        xlsx(bytes)?
    } else if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(unreadable("这是旧版 Excel 文件（.xls），请另存为 .xlsx 或 .csv 再上传", "an OLE file"));
    } else {
        csv(bytes)?
    };
    let mut rows = rows.into_iter().filter(|line| line.cells.iter().any(|cell| !cell.is_empty()));
    let mut header = rows.next().map(|line| line.cells).unwrap_or_default();
    while header.last().is_some_and(String::is_empty) {
        header.pop();
    }
    let width = header.len();
    let lines: Vec<Line> = rows
        .map(|mut line| {
            line.cells.resize(width, String::new());
            line
        })
        .filter(|line| line.cells.iter().any(|cell| !cell.is_empty()))
        .collect();
    if lines.is_empty() {
        return Err(Error::invalid("sheet.empty", "表格里没有内容，第一行是表头，从第二行开始填").at("file"));
    }
    Ok(Sheet { header, lines })
}

fn unreadable(message: &'static str, cause: impl std::fmt::Display) -> Error {
    Error::invalid("sheet.unreadable", message).at("file").because(cause)
}

fn too_long() -> Error {
    Error::invalid("sheet.too_long", format!("一个表格最多 {MOST_ROWS} 行，请拆成几个文件")).at("file")
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Line>> {
    const MESSAGE: &str = "这个 Excel 文件打不开，请重新另存为 .xlsx 再上传";
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| unreadable(MESSAGE, e))?;
    let mut unpacked = 0u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|e| unreadable(MESSAGE, e))?;
        unpacked = unpacked.saturating_add(part.size());
    }
    if unpacked > MOST_UNPACKED {
        return Err(too_long());
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| unreadable(MESSAGE, e))?;
    let first = book.sheet_names().first().cloned().ok_or_else(|| unreadable(MESSAGE, "no sheet"))?;
    let range = book.worksheet_range(&first).map_err(|e| unreadable(MESSAGE, e))?;
    let (top, left) = range.start().unwrap_or_default();
    if range.height() > MOST_ROWS + 1 {
        return Err(too_long());
    }
    let mut lines = Vec::with_capacity(range.height());
    for (index, row) in range.rows().enumerate() {
        let before = std::iter::repeat_n(String::new(), left as usize);
        let cells = before.chain(row.iter().map(text)).take(MOST_COLUMNS).collect();
        lines.push(Line { number: i64::from(top) + index as i64 + 1, cells });
    }
    Ok(lines)
}

fn text(cell: &Data) -> String {
    match cell {
        Data::String(text) => tidy(text),
        // Prices and codes typed as numbers: the shortest text that means the same number, never an exponent.
        Data::Float(number) => format!("{}", (number * 1e6).round() / 1e6),
        Data::Int(number) => number.to_string(),
        Data::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Data::Empty | Data::Error(_) => String::new(),
        other => tidy(&other.to_string()),
    }
}

/// Trimmed, without the characters that no database keeps.
fn tidy(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

fn csv(bytes: &[u8]) -> Result<Vec<Line>> {
    const MESSAGE: &str = "这不是能识别的表格，请上传 .xlsx 或 .csv";
    let decoded = decode(bytes).ok_or_else(|| unreadable(MESSAGE, "neither UTF-8 nor GBK text"))?;
    let first = decoded.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|d| first.bytes().filter(|b| b == d).count());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(decoded.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| unreadable(MESSAGE, e))?;
        if lines.len() > MOST_ROWS {
            return Err(too_long());
        }
        let number = record.position().map_or(0, |place| line_of(&decoded, place));
        lines.push(Line { number, cells: record.iter().take(MOST_COLUMNS).map(tidy).collect() });
    }
    Ok(lines)
}

/// The line where a record begins; the reader counts from the empty lines before it.
fn line_of(text: &str, place: &csv::Position) -> i64 {
    let rest = usize::try_from(place.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let skipped = &rest[..rest.len() - rest.trim_start_matches(['\r', '\n']).len()];
    i64::try_from(place.line()).unwrap_or(0) + skipped.matches('\n').count() as i64
}

/// UTF-8 with or without its mark, else GBK; `None` for what is no text.
fn decode(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.contains(&0) {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let (text, _, broken) = encoding_rs::GBK.decode(bytes);
    (!broken).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Format, Writer};
    use super::*;

    fn cells(sheet: &Sheet) -> Vec<(i64, Vec<&str>)> {
        sheet.lines.iter().map(|line| (line.number, line.cells.iter().map(String::as_str).collect())).collect()
    }

    #[test]
    fn what_we_write_reads_back_in_both_formats() {
        for format in [Format::Csv, Format::Xlsx] {
            let mut writer = Writer::new(format, &["名称*", "售价", "数量"]).unwrap();
            writer.row(&[Cell::text("龙井, \"明前\"\n二行"), Cell::Fen(19_905), Cell::Int(-3)]).unwrap();
            writer.row(&[Cell::text("=1+1"), Cell::Empty, Cell::Int(6_901_234_567_890)]).unwrap();
            let sheet = read(&writer.finish().unwrap()).unwrap();
            assert_eq!(sheet.header, ["名称*", "售价", "数量"]);
            assert_eq!(sheet.column(&["名称"]), Some(0));
            assert_eq!(sheet.lines[0].cells, ["龙井, \"明前\"\n二行", "199.05", "-3"], "{format:?}");
            assert_eq!(sheet.lines[1].cells[1..], ["", "6901234567890"], "{format:?}");
            assert!(!sheet.lines[1].cells[0].starts_with('=') || format == Format::Xlsx);
        }
    }

    #[test]
    fn gbk_marks_separators_and_empty_rows_are_understood() {
        let (gbk, ..) = encoding_rs::GBK.encode("名称,价\n\n龙井,1\n,,\n");
        assert_eq!(cells(&read(&gbk).unwrap()), [(3, vec!["龙井", "1"])]);
        let marked = "\u{feff}名称\t价\n龙井\t1".as_bytes();
        assert_eq!(cells(&read(marked).unwrap()), [(2, vec!["龙井", "1"])]);
        assert_eq!(cells(&read("a;b;c\n1;2".as_bytes()).unwrap()), [(2, vec!["1", "2", ""])]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (bytes, code) in [
            (b"".as_slice(), "sheet.empty"),
            ("只有表头".as_bytes(), "sheet.empty"),
            (b"PK\x03\x04 not really a zip", "sheet.unreadable"),
            (b"\xD0\xCF\x11\xE0 old", "sheet.unreadable"),
            (b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00", "sheet.unreadable"),
        ] {
            assert!(read(bytes).unwrap_err().is(code), "{bytes:?}");
        }
    }
}
