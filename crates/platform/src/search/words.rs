//! From text to terms. Text is folded (full width to half width, lower case) and split into runs of Han characters and
//! runs of other letters and digits.
//! Indexed of a Han run: its jieba words and their parts (`龙井茶`, `龙井`), every pair of neighbours (`井茶`), every
//! character (`茶`) — so a word cut differently in the question is still found. Of another run: the run (`500ml`) and its
//! letters and digits apart (`500`, `ml`). Jieba's guessing of unknown words (HMM) is off: the same characters are cut
//! the same way everywhere.

use jieba_rs::Jieba;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// A question is cut off after this many characters, a field after this many.
const LONGEST_QUERY: usize = 64;
const LONGEST_FIELD: usize = 2_000;
/// Pairs and single characters are indexed of fields up to this length; longer texts give their words only.
const LONGEST_PAIRED: usize = 120;
/// Terms longer than this are cut: nobody types them, and an index key must stay small.
const LONGEST_TERM: usize = 32;

static JIEBA: OnceLock<Jieba> = OnceLock::new();

fn jieba() -> &'static Jieba {
    JIEBA.get_or_init(Jieba::new)
}

/// Loads the dictionary on a thread of its own (150 ms, 33 MB resident), so that neither start-up nor the first search
/// waits for it.
pub fn warm() {
    let spawned = std::thread::Builder::new().name("jieba".into()).spawn(|| {
        jieba();
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "the dictionary will load with the first search");
    }
}

/// Half width, lower case.
pub(super) fn fold(text: &str, longest: usize) -> String {
    let half = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    text.chars().take(longest).flat_map(|c| half(c).to_lowercase()).collect()
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '々' | '〇')
}

enum Run<'a> {
    Han(&'a str),
    Word(&'a str),
}

/// Runs of Han characters and of other letters and digits; a dot between digits stays inside (`1.5l`).
fn runs(folded: &str) -> Vec<Run<'_>> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Han,
        Word,
        Gap,
    }
    let chars: Vec<(usize, char)> = folded.char_indices().collect();
    let class_at = |i: usize| {
        let is_digit = |j: Option<usize>| j.and_then(|j| chars.get(j)).is_some_and(|(_, c)| c.is_ascii_digit());
        match chars[i].1 {
            c if is_han(c) => Class::Han,
            c if c.is_alphanumeric() => Class::Word,
            '.' if is_digit(i.checked_sub(1)) && is_digit(Some(i + 1)) => Class::Word,
            _ => Class::Gap,
        }
    };
    let mut found = Vec::new();
    let mut start = 0;
    while start < chars.len() {
        let class = class_at(start);
        let mut end = start + 1;
        while end < chars.len() && class_at(end) == class {
            end += 1;
        }
        let to = chars.get(end).map_or(folded.len(), |(at, _)| *at);
        let text = &folded[chars[start].0..to];
        match class {
            Class::Han => found.push(Run::Han(text)),
            Class::Word => found.push(Run::Word(text)),
            Class::Gap => {}
        }
        start = end;
    }
    found
}

fn clipped(term: &str) -> String {
    term.chars().take(LONGEST_TERM).collect()
}

/// Neighbouring pairs of a run: `龙井茶` gives `龙井`, `井茶`.
fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    (2..starts.len()).map(move |end| &run[starts[end - 2]..starts[end]])
}

/// Letters and digits of a mixed run apart: `iphone15` gives `iphone`, `15`; nothing for a pure run.
fn parts(run: &str) -> Vec<&str> {
    let kind = |c: char| c.is_numeric() || c == '.';
    let mut cuts = vec![0];
    let chars: Vec<(usize, char)> = run.char_indices().collect();
    cuts.extend(chars.windows(2).filter(|w| kind(w[0].1) != kind(w[1].1)).map(|w| w[1].0));
    cuts.push(run.len());
    if cuts.len() == 2 { Vec::new() } else { cuts.windows(2).map(|w| &run[w[0]..w[1]]).collect() }
}

/// Every term of a text with how much it says: words count by their length, pairs and characters little.
pub fn tokens(text: &str) -> Vec<(String, i64)> {
    let folded = fold(text, LONGEST_FIELD);
    let is_paired = folded.chars().count() <= LONGEST_PAIRED;
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    let mut add = |term: &str, says: i64| {
        let kept = found.entry(clipped(term)).or_default();
        *kept = says.max(*kept);
    };
    for run in runs(&folded) {
        match run {
            Run::Han(run) => {
                if is_paired {
                    run.chars().for_each(|c| add(c.encode_utf8(&mut [0; 4]), 1));
                    pairs(run).for_each(|pair| add(pair, 1));
                }
                for word in jieba().cut_for_search(run, false) {
                    let length = word.word.chars().count();
                    add(word.word, i64::try_from(length.min(4)).expect("at most four"));
                }
            }
            Run::Word(run) => {
                add(run, 3);
                parts(run).into_iter().for_each(|part| add(part, 2));
            }
        }
    }
    found.into_iter().collect()
}

/// Words that say nothing when others stand beside them.
const STOP: &[&str] = &[
    "的", "了", "和", "与", "及", "之", "是", "在", "有", "我", "要", "买", "吗", "呢", "a", "the", "of", "for", "and",
];

/// A question in three readings, from strict to generous; [`plan`](super::plan) takes the first that finds something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Question {
    /// Words; characters jieba knows no word for stand together (`河坊`).
    pub words: Vec<String>,
    /// Neighbouring pairs: finds what was cut differently.
    pub pairs: Vec<String>,
    /// Words and their parts; the most of them wins.
    pub loose: Vec<String>,
}

pub(super) fn question(text: &str) -> Question {
    let folded = fold(text, LONGEST_QUERY);
    let mut read = Question::default();
    for run in runs(&folded) {
        match run {
            Run::Han(run) => {
                for word in known_words(run) {
                    read.loose.extend(jieba().cut_for_search(word, false).iter().map(|t| t.word.to_owned()));
                    // An unknown name may be longer than two characters: it is found by its pairs.
                    if word.chars().count() > 2 && !jieba().has_word(word) {
                        read.words.extend(pairs(word).map(str::to_owned));
                    } else {
                        read.words.push(word.to_owned());
                    }
                }
                if run.chars().nth(1).is_some() {
                    read.pairs.extend(pairs(run).map(str::to_owned));
                } else {
                    read.pairs.push(run.to_owned());
                }
            }
            Run::Word(run) => {
                for list in [&mut read.words, &mut read.pairs, &mut read.loose] {
                    list.push(clipped(run));
                }
                read.loose.extend(parts(run).into_iter().map(clipped));
            }
        }
    }
    for list in [&mut read.words, &mut read.pairs, &mut read.loose] {
        let mut seen = std::collections::HashSet::new();
        list.retain(|term| seen.insert(term.clone()));
        if list.iter().any(|term| !STOP.contains(&term.as_str())) {
            list.retain(|term| !STOP.contains(&term.as_str()));
        }
    }
    read
}

/// Words of a Han run, with neighbouring single characters (unknown to the dictionary, not stop words) put together.
fn known_words(run: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for token in jieba().cut(run, false) {
        let (from, to) = (at, at + token.word.len());
        at = to;
        let is_lonely = token.word.chars().nth(1).is_none() && !STOP.contains(&token.word);
        match (&mut open, is_lonely) {
            (Some((_, end)), true) => *end = to,
            (None, true) => open = Some((from, to)),
            (_, false) => {
                words.extend(open.take().map(|(a, b)| &run[a..b]));
                words.push(token.word);
            }
        }
    }
    words.extend(open.map(|(a, b)| &run[a..b]));
    words
}

/// Phrases to suggest from a name: for each word of a piece between spaces, the rest of the piece from that word on.
pub(super) fn endings(name: &str, longest: usize) -> Vec<String> {
    let folded = fold(name, LONGEST_FIELD);
    let mut found = Vec::new();
    for piece in folded.split(|c: char| !is_han(c) && !c.is_alphanumeric() && !matches!(c, '.' | '-' | '+')) {
        let words = jieba().cut_for_search(piece, false);
        let begins = words.iter().filter(|word| word.end - word.start >= 2).map(|word| word.byte_start);
        for from in begins.chain([0]).collect::<BTreeSet<usize>>() {
            if (2..=longest).contains(&piece[from..].chars().count()) {
                found.push(piece[from..].to_owned());
            }
        }
    }
    found
}

/// The words of a question, as they must all stand in a document that answers it.
pub fn query_tokens(text: &str) -> Vec<String> {
    question(text).words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|(term, _)| term).collect()
    }

    #[test]
    fn a_title_gives_words_pairs_and_characters() {
        let found = terms("西湖龙井茶礼盒 500ML");
        for term in ["西湖", "龙井", "龙井茶", "礼盒", "茶礼", "茶", "500ml", "500", "ml"] {
            assert!(found.iter().any(|t| t == term), "{term} in {found:?}");
        }
        let weight = |term: &str| tokens("西湖龙井茶礼盒").into_iter().find(|(t, _)| t == term).map(|(_, w)| w);
        assert_eq!(
            (weight("龙井茶"), weight("龙井"), weight("茶礼"), weight("茶")),
            (Some(3), Some(2), Some(1), Some(1))
        );
    }

    #[test]
    fn full_width_capitals_and_decimals_fold() {
        assert_eq!(terms("ＯｎｅＳｔｅｐ　2"), ["2", "onestep"]);
        assert_eq!(terms("10.2 英寸")[0], "10.2");
        assert_eq!(terms("1.5L"), ["1.5", "1.5l", "l"]);
        assert!(terms("！？—…  ").is_empty());
    }

    #[test]
    fn unknown_names_stay_together_in_a_question() {
        assert_eq!(query_tokens("河坊"), ["河坊"]);
        assert_eq!(query_tokens("杭州的丝绸围巾"), ["杭州", "丝绸", "围巾"]);
        assert_eq!(query_tokens("的"), ["的"]);
        assert_eq!(query_tokens("黑咖啡豆"), ["黑", "咖啡豆"]);
        assert_eq!(query_tokens("  "), Vec::<String>::new());
    }

    #[test]
    fn names_are_suggested_from_each_of_their_words() {
        let found = endings("云栖 三人位布艺沙发", 32);
        for phrase in ["云栖", "三人位布艺沙发", "布艺沙发", "沙发"] {
            assert!(found.iter().any(|f| f == phrase), "{phrase} in {found:?}");
        }
        assert_eq!(endings("！ A", 32), Vec::<String>::new());
    }

    #[test]
    fn long_texts_stay_small() {
        let long = "龙井茶".repeat(5_000);
        assert!(tokens(&long).len() < 20);
        assert!(tokens(&"x".repeat(5_000)).iter().all(|(term, _)| term.len() <= LONGEST_TERM));
        assert!(question(&long).words.len() < 70);
    }
}
