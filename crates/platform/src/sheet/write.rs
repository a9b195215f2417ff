//! Writing a table row by row.

use kernel::{Error, Result};
use rust_xlsxwriter::{Format as Style, Workbook};

/// Kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SheetFormat)]
pub enum Format {
    Csv,
    #[default]
    Xlsx,
}

impl Format {
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
        }
    }
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Int(i64),
    /// Written in yuan with two places.
    Fen(i64),
    Empty,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }
    /// Of an amount that may be absent.
    pub fn fen(fen: Option<i64>) -> Self {
        fen.map_or(Cell::Empty, Cell::Fen)
    }
}

/// A table being written.
pub struct Writer(Kind);

enum Kind {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Xlsx(Box<Book>),
}

struct Book {
    book: Workbook,
    row: u32,
    money: Style,
}

impl Writer {
    /// Begins with the header.
    pub fn new(format: Format, header: &[&str]) -> Result<Self> {
        match format {
            Format::Csv => {
                // The mark lets spreadsheets know that it is UTF-8.
                let mut writer = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
                writer.write_record(header).map_err(Error::internal)?;
                Ok(Writer(Kind::Csv(Box::new(writer))))
            }
            Format::Xlsx => {
                let mut book = Workbook::new();
                let sheet = book.add_worksheet();
                let bold = Style::new().set_bold();
                for (column, title) in (0u16..).zip(header) {
                    sheet.write_string_with_format(0, column, *title, &bold).map_err(Error::internal)?;
                    let width = title.chars().count().max(6) * 2;
                    sheet.set_column_width(column, width as f64).map_err(Error::internal)?;
                }
                sheet.set_freeze_panes(1, 0).map_err(Error::internal)?;
                let money = Style::new().set_num_format("0.00");
                Ok(Writer(Kind::Xlsx(Box::new(Book { book, row: 0, money }))))
            }
        }
    }

    /// Appends a row.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        match &mut self.0 {
            Kind::Csv(writer) => writer.write_record(cells.iter().map(csv_text)).map_err(Error::internal),
            Kind::Xlsx(book) => book.row(cells),
        }
    }

    /// The bytes of the file.
    pub fn finish(self) -> Result<Vec<u8>> {
        match self.0 {
            Kind::Csv(writer) => writer.into_inner().map_err(Error::internal),
            Kind::Xlsx(mut book) => book.book.save_to_buffer().map_err(Error::internal),
        }
    }
}

impl Book {
    fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.row += 1;
        let (row, money) = (self.row, &self.money);
        let sheet = self.book.worksheet_from_index(0).map_err(Error::internal)?;
        for (column, cell) in (0u16..).zip(cells) {
            let written = match cell {
                // Long texts are cut where the format ends.
                Cell::Text(text) => {
                    sheet.write_string(row, column, text.chars().take(32_000).collect::<String>()).map(drop)
                }
                // A number of more than fifteen digits would lose its end.
                Cell::Int(number) if number.unsigned_abs() >= 1_000_000_000_000_000 => {
                    sheet.write_string(row, column, number.to_string()).map(drop)
                }
                Cell::Int(number) => sheet.write_number(row, column, *number as f64).map(drop),
                Cell::Fen(fen) => sheet.write_number_with_format(row, column, *fen as f64 / 100.0, money).map(drop),
                Cell::Empty => Ok(()),
            };
            written.map_err(Error::internal)?;
        }
        Ok(())
    }
}

fn csv_text(cell: &Cell) -> String {
    match cell {
        // A spreadsheet would run it as a formula.
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Cell::Text(text) => text.clone(),
        Cell::Int(number) => number.to_string(),
        Cell::Fen(fen) => {
            let sign = if *fen < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100)
        }
        Cell::Empty => String::new(),
    }
}
