//! The shape of every bill file: CSV with a header, one line a movement with each field behind a backtick, then a header
//! and a line of sums. Columns are found by their names; a file without its sums is cut off.

use kernel::Instant;

/// A file, read.
pub(super) struct Sheet<'a> {
    header: Vec<String>,
    pub rows: Vec<Vec<&'a str>>,
    pub sums: Vec<&'a str>,
}

impl<'a> Sheet<'a> {
    pub fn read(text: &'a str) -> Result<Self, String> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
        let header = lines.next().unwrap_or_default().split(',').map(plain).collect();
        let (mut rows, mut sums) = (Vec::new(), None);
        for line in lines {
            let fields = line.trim().strip_prefix('`').map(|rest| rest.split(",`").map(str::trim).collect::<Vec<_>>());
            match (fields, &sums) {
                // The header of the sums; what follows it is one line.
                (None, _) => sums = Some(Vec::new()),
                (Some(fields), None) => rows.push(fields),
                (Some(fields), Some(_)) => sums = Some(fields),
            }
        }
        match sums {
            Some(sums) if !sums.is_empty() => Ok(Sheet { header, rows, sums }),
            _ => Err("the sums are missing: the file is cut off".to_owned()),
        }
    }

    pub fn column(&self, name: &str) -> Result<usize, String> {
        self.header.iter().position(|have| have == name).ok_or(format!("no column {name}"))
    }
}

/// Some files write the brackets of a header full width.
fn plain(name: &str) -> String {
    name.trim().replace('（', "(").replace('）', ")")
}

/// One field of a line.
pub(super) fn cell<'a>(row: &[&'a str], at: usize) -> Result<&'a str, String> {
    row.get(at).copied().ok_or(format!("a line of {} fields", row.len()))
}

/// `2026-11-24 10:00:05`, in China.
pub(super) fn moment(text: &str) -> Option<Instant> {
    Instant::parse(&format!("{}+08:00", text.replace(' ', "T")))
}
