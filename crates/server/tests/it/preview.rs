//! The worked examples of `docs/api-guide.md` under "Trial calculator": each request is sent, and everything its answer
//! shows must be in what comes back.

use testkit::{Value, json, on_both_engines};

const GUIDE: &str = include_str!("../../../../docs/api-guide.md");

/// `(title, request, answer)` of every example.
fn examples() -> Vec<(String, Value, Value)> {
    let start = GUIDE.find("## Trial calculator").expect("the guide has the chapter");
    let chapter = &GUIDE[start + 3..];
    let chapter = &chapter[..chapter.find("\n## ").unwrap_or(chapter.len())];
    let block = |text: &str, from: usize| {
        let open = text[from..].find("```json\n").map(|at| from + at + 8)?;
        let close = open + text[open..].find("\n```")?;
        Some((serde_json::from_str::<Value>(&text[open..close]).expect("an example is JSON"), close))
    };
    chapter
        .split("\n### ")
        .skip(1)
        .map(|example| {
            let title = example.lines().next().unwrap_or_default().to_owned();
            let (request, end) = block(example, 0).unwrap_or_else(|| panic!("{title}: a request"));
            let (answer, _) = block(example, end).unwrap_or_else(|| panic!("{title}: an answer"));
            (title, request, answer)
        })
        .collect()
}

/// Everything of `part` is in `whole`; lists have the same length.
fn holds(part: &Value, whole: &Value, at: &str) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (name, value) in part {
                holds(value, whole.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"));
            }
        }
        (Value::Array(part), Value::Array(whole)) => {
            assert_eq!(part.len(), whole.len(), "{at}: {}", json!(whole));
            for (i, (part, whole)) in part.iter().zip(whole).enumerate() {
                holds(part, whole, &format!("{at}[{i}]"));
            }
        }
        _ => assert_eq!(part, whole, "{at}"),
    }
}

#[test]
fn the_worked_examples_of_the_guide_come_out_as_written() {
    let examples = examples();
    assert!(examples.len() >= 10, "{} examples", examples.len());
    on_both_engines(async |mall| {
        for (title, request, answer) in examples.clone() {
            let quote = mall.staff().post("/admin/v1/quote/preview", request).await.ok();
            holds(&answer, &quote, &title);
        }
    });
}

#[test]
fn what_does_not_fit_is_refused_at_its_field() {
    on_both_engines(async |mall| {
        let refused = async |body: Value| {
            let problem = mall.staff().post("/admin/v1/quote/preview", body).await.refused("request.invalid");
            problem["field"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(refused(json!({ "lines": [] })).await, "lines");
        let line = json!([{ "unit_price_fen": 100, "quantity": 0 }]);
        assert_eq!(refused(json!({ "lines": line })).await, "lines[0].quantity");
        let lines = json!([{ "unit_price_fen": 100, "quantity": 1 }]);
        let steps = json!({ "kind": "spend_save", "steps": [] });
        let body = json!({ "lines": lines, "promotions": [{ "name": "空", "rule": steps }] });
        assert_eq!(refused(body).await, "promotions[0].rule.steps");
    });
}
