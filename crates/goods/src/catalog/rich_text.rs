//! Descriptions typed in an editor become harmless: a short list of tags, no styles, no scripts, no links away,
//! and pictures only from the mall's own files.

use ammonia::Builder;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

const TAGS: &[&str] = &[
    "p",
    "br",
    "hr",
    "h2",
    "h3",
    "h4",
    "strong",
    "b",
    "em",
    "i",
    "u",
    "s",
    "span",
    "blockquote",
    "ul",
    "ol",
    "li",
    "img",
    "figure",
    "figcaption",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
];

/// Cleans HTML. Pictures stay only if their address begins with `files`, the public address of the mall's own files
/// (`/files/m1/`); other pictures vanish with their tag.
pub fn clean(html: &str, files: &str) -> String {
    let ours = files.to_owned();
    let attributes = HashMap::from([
        ("img", HashSet::from(["src", "alt", "width", "height"])),
        ("th", HashSet::from(["colspan", "rowspan"])),
        ("td", HashSet::from(["colspan", "rowspan"])),
    ]);
    let cleaned = Builder::empty()
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style", "iframe", "object", "svg", "math", "title", "noscript"]))
        .tag_attributes(attributes)
        .url_schemes(HashSet::from(["https", "http"]))
        .url_relative(ammonia::UrlRelative::PassThrough)
        .attribute_filter(move |tag, attribute, value| match (tag, attribute) {
            ("img", "src") => is_ours(value, &ours).then_some(Cow::Borrowed(value)),
            (_, "width" | "height" | "colspan" | "rowspan") => is_small_number(value).then_some(Cow::Borrowed(value)),
            _ => Some(Cow::Borrowed(value)),
        })
        .clean(html)
        .to_string();
    without_empty_pictures(&cleaned)
}

fn is_ours(address: &str, files: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
    match address.strip_prefix(files) {
        Some(rest) => !files.is_empty() && !rest.is_empty() && !rest.contains("..") && rest.chars().all(plain),
        None => false,
    }
}

fn is_small_number(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Drops `<img …>` tags that lost their address. The input is the cleaner's own output, so attributes stand in double
/// quotes, and a `<` outside of tags is written as an entity.
fn without_empty_pictures(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<img") {
        let (before, tag_on) = rest.split_at(start);
        kept.push_str(before);
        let mut quoted = false;
        let end = tag_on.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let (tag, after) = tag_on.split_at(end.map_or(tag_on.len(), |at| at + 1));
        if tag.contains(" src=\"") {
            kept.push_str(tag);
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// The text of HTML without its tags, for search; at most `most` characters.
pub fn plain_text(html: &str, most: usize) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "/files/m1/";

    #[test]
    fn scripts_styles_and_handlers_vanish() {
        let dirty = r#"<p style="color:red" onclick="x()">好茶<script>alert(1)</script><style>p{}</style></p><iframe src="//e"></iframe>"#;
        assert_eq!(clean(dirty, OURS), "<p>好茶</p>");
        assert_eq!(clean("<a href=\"javascript:alert(1)\">点我</a>", OURS), "点我");
        assert_eq!(clean("<svg><text>x</text></svg><math><mi>y</mi></math>", OURS), "");
        assert_eq!(clean("<!-- 注释 --><h1>大</h1><h3>小</h3>", OURS), "大<h3>小</h3>");
    }

    #[test]
    fn only_our_own_pictures_stay() {
        let own = r#"<img src="/files/m1/202611/a_1200x800.jpg" alt="茶">"#;
        assert_eq!(clean(own, OURS), own);
        for foreign in [
            "https://evil.example/a.jpg",
            "/files/m2/a.jpg",
            "/files/m1/../m2/a.jpg",
            "/files/m1/a.jpg?x=1",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "//files/m1/a.jpg",
            "/files/m1/",
        ] {
            assert_eq!(clean(&format!("前<img src=\"{foreign}\" alt=\"a > b\">后"), OURS), "前后", "{foreign}");
        }
        assert_eq!(clean("<img alt=\"<img src=x>\" onerror=alert(1)>", OURS), "");
    }

    #[test]
    fn tables_and_lists_stay_whole() {
        let html = "<table><tbody><tr><td colspan=\"2\">产地</td></tr></tbody></table><ul><li>一</li></ul>";
        assert_eq!(clean(html, OURS), html);
        assert_eq!(clean("<td colspan=\"9999999\">x</td>", OURS), "x");
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        for html in ["<p>1 < 2 & 3</p>", "<<img src=x>script>alert(1)</script>", "<p><img src=\"/files/m1/a.jpg\"></p>"]
        {
            let once = clean(html, OURS);
            assert_eq!(clean(&once, OURS), once);
        }
    }

    #[test]
    fn plain_text_is_cut_at_a_character() {
        assert_eq!(plain_text("<p>西湖<strong>龙井</strong></p><p>明前</p>", 6), "西湖 龙井 ");
    }
}
