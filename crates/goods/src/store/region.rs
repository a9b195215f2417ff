//! Names of districts. The divisions are reference data of the whole program, kept by people; they are handed in
//! once at wiring, because two crates of one floor do not import each other.

use kernel::{Error, Result};
use std::sync::OnceLock;

/// Names of province, city and district of a six-digit code; `None` if there is no such district.
pub type RegionPath = fn(&str) -> Option<(&'static str, &'static str, &'static str)>;

static PATHS: OnceLock<RegionPath> = OnceLock::new();

/// Tells where names of districts come from; the first call counts.
pub fn name_regions_with(paths: RegionPath) {
    let _ = PATHS.set(paths);
}

/// Province, city and district of a code.
///
/// # Errors
/// 400 at `district_code` when there is no such district; internal when no source of names was handed in.
pub fn region_path(district_code: &str) -> Result<(&'static str, &'static str, &'static str)> {
    let paths = PATHS.get().ok_or_else(|| Error::internal("no source of region names: call name_regions_with"))?;
    paths(district_code).ok_or_else(|| Error::field("district_code", "没有这个地区，请重新选择"))
}
