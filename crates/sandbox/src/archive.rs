//! Zip archives of statement files.

use std::io::{Cursor, Error, Result, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An archive of these files.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(name.as_str(), options).map_err(Error::other)?;
        writer.write_all(content)?;
    }
    Ok(writer.finish().map_err(Error::other)?.into_inner())
}
