//! Numbers as people type them into tables.

/// A count without fractions: `12`, `１２`, `1,200`, and `12.0` as spreadsheets write it. At most ten digits.
pub fn whole(text: &str) -> Option<i64> {
    let plain: String = text.chars().filter_map(plain_digit).collect();
    let plain = plain.strip_suffix(".0").unwrap_or(&plain);
    let digits = !plain.is_empty() && plain.len() <= 10 && plain.chars().all(|c| c.is_ascii_digit());
    digits.then(|| plain.parse().ok()).flatten()
}

/// Full-width digits become plain, separators of thousands go.
pub fn plain_digit(c: char) -> Option<char> {
    match c {
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10),
        '．' => Some('.'),
        ',' | '，' | ' ' => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn counts_are_read_as_people_type_them() {
        let read: Vec<Option<i64>> = ["12", "１２", "1,200", " 7 ", "12.0", "0"].into_iter().map(whole).collect();
        assert_eq!(read, [Some(12), Some(12), Some(1_200), Some(7), Some(12), Some(0)]);
        for wrong in ["", "-1", "1.5", "十二", "12345678901", "1e3"] {
            assert_eq!(whole(wrong), None, "{wrong}");
        }
    }
}
