//! The administrative divisions of China in four levels: province (2 digits), city (4), district (6), street (9).
//! Reference data, the same for every mall. The sorted text in `data/` is embedded and searched where it lies:
//! nothing is parsed at start, nothing is kept on the heap, and only the pages looked at come into memory.

mod shop;

pub(crate) use shop::routes;

use serde::Serialize;
use utoipa::ToSchema;

const TEXT: &str = include_str!("../../data/divisions.txt");
const LEVELS: [usize; 4] = [2, 4, 6, 9];

/// One division, as region pickers list it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Region {
    /// 2, 4, 6 or 9 digits.
    #[schema(example = "330106")]
    pub code: String,
    #[schema(example = "西湖区")]
    pub name: String,
    pub has_children: bool,
}

/// The official name of a division, `None` if there is no such code.
pub fn name(code: &str) -> Option<&'static str> {
    if !LEVELS.contains(&code.len()) {
        return None;
    }
    let (found, name) = line_at(lower_bound(code))?;
    (found == code).then_some(name)
}

/// True for a code of the third level.
pub fn is_valid_district(code: &str) -> bool {
    code.len() == 6 && name(code).is_some()
}

/// True for a street or town of that district.
pub fn is_valid_street(code: &str, district_code: &str) -> bool {
    code.len() == 9 && code.starts_with(district_code) && is_valid_district(district_code) && name(code).is_some()
}

/// Names of province, city and district, as they stand in an address: municipalities repeat their own name
/// (北京市 北京市 东城区). `None` if there is no such district.
pub fn path(district_code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    if district_code.len() != 6 {
        return None;
    }
    let district = name(district_code)?;
    Some((name(&district_code[..2])?, shown_name(&district_code[..4])?, district))
}

/// The name people know: the city level of a municipality is officially just 市辖区.
fn shown_name(code: &str) -> Option<&'static str> {
    match name(code) {
        Some("市辖区") => name(&code[..2]),
        name => name,
    }
}

/// The divisions right below `parent`, in order of code; the provinces when it is `None`.
/// `None` if there is no such parent.
pub fn children(parent: Option<&str>) -> Option<Vec<Region>> {
    let parent = parent.unwrap_or_default();
    if !parent.is_empty() {
        name(parent)?;
    }
    let level = LEVELS.iter().position(|length| *length > parent.len());
    let Some(length) = level.map(|level| LEVELS[level]) else {
        return Some(Vec::new());
    };
    let mut found = Vec::new();
    let mut position = if parent.is_empty() { 0 } else { after(lower_bound(parent)) };
    while let Some((code, _)) = line_at(position).filter(|(code, _)| code.starts_with(parent) && code.len() == length) {
        let next = after(position);
        let has_children = line_at(next).is_some_and(|(below, _)| below.starts_with(code));
        found.push(Region { code: code.to_owned(), name: shown_name(code)?.to_owned(), has_children });
        position = if has_children { past_subtree(code) } else { next };
    }
    Some(found)
}

/// The line that starts at a byte position: code and name.
fn line_at(position: usize) -> Option<(&'static str, &'static str)> {
    let line = TEXT.get(position..)?;
    let end = line.find('\n')?;
    line[..end].split_once(' ')
}

/// Start of the line after the one at `position`.
fn after(position: usize) -> usize {
    TEXT[position..].find('\n').map_or(TEXT.len(), |end| position + end + 1)
}

/// Start of the first line whose code is not less than `code`.
fn lower_bound(code: &str) -> usize {
    first_line(|found| found < code)
}

/// Start of the first line after everything below `code`.
fn past_subtree(code: &str) -> usize {
    first_line(|found| found < code || found.starts_with(code))
}

/// Binary search over the lines; `before` holds for a leading part of them.
fn first_line(before: impl Fn(&str) -> bool) -> usize {
    let (mut low, mut high) = (0, TEXT.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = TEXT.as_bytes()[low..middle].iter().rposition(|b| *b == b'\n').map_or(low, |i| low + i + 1);
        match line_at(start) {
            Some((found, _)) if before(found) => low = after(start),
            _ => high = start,
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_they_are_sorted() {
        let mut counts = [0; 4];
        let mut last = "";
        for line in TEXT.lines() {
            let (code, text) = line.split_once(' ').unwrap();
            assert!(last < code, "{last} {code}");
            assert_eq!(name(code), Some(text));
            counts[LEVELS.iter().position(|l| *l == code.len()).unwrap()] += 1;
            last = code;
        }
        assert_eq!(counts, [31, 342, 2_978, 41_352]);
    }

    #[test]
    fn children_of_all_levels_make_the_whole_country() {
        let provinces = children(None).unwrap();
        assert_eq!(provinces.len(), 31);
        assert_eq!((provinces[0].code.as_str(), provinces[0].name.as_str()), ("11", "北京市"));
        let below =
            |list: &[Region]| -> Vec<Region> { list.iter().flat_map(|r| children(Some(&r.code)).unwrap()).collect() };
        let cities = below(&provinces);
        let districts = below(&cities);
        let streets = below(&districts);
        assert_eq!((cities.len(), districts.len(), streets.len()), (342, 2_978, 41_352));
        assert!(
            provinces
                .iter()
                .chain(&cities)
                .chain(&districts)
                .all(|r| r.has_children != children(Some(&r.code)).unwrap().is_empty())
        );
        assert!(streets.iter().all(|r| !r.has_children));
    }

    #[test]
    fn names_along_the_path() {
        assert_eq!(path("330106"), Some(("浙江省", "杭州市", "西湖区")));
        assert_eq!(path("110101"), Some(("北京市", "北京市", "东城区")));
        assert_eq!(path("441900"), Some(("广东省", "东莞市", "东莞市")));
        assert_eq!(path("3301"), None);
        assert_eq!(path("999999"), None);
    }

    #[test]
    fn foreign_codes_are_unknown() {
        for code in ["", "1", "99", "33010", "3301061", "abc", "330106ééé", "北京", "33\n"] {
            assert_eq!(name(code), None, "{code}");
            assert!(!is_valid_district(code));
        }
        assert!(is_valid_district("330106"));
        assert!(is_valid_street("330106109", "330106"));
        assert!(!is_valid_street("330106109", "330105"));
        assert!(children(Some("99")).is_none());
    }
}
