//! No request walks a whole table that grows with the mall: every reading route is asked in every way its document
//! offers, and SQLite tells how it would run each statement.

use crate::contract::{Ids, Operation, operations};
use crate::furnished::furnish;
use db::testing::BY_HAND;
use testkit::{Client, Engine, on_engine};

/// Walks that were looked at, with what they cost; a part of the statement names them.
const ACCEPTED: &[(&str, &str)] = &[
    ("from ledger_balance", "what a mall owes its members: one row a member and account, for the finance page alone"),
    ("from webhook_delivery", "an index of what is not delivered yet"),
    ("p.deleted_at is not null", "the bin is small, and an index holds it alone"),
    ("and put_back_at is null", "an index of what clerks have yet to put back, over all stores for the owner"),
    ("group by category_id", "counts along an index of live products, without their rows"),
];

/// Values for query parameters, so that filters and sorts meet their SQL.
fn value_of(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "q" => &["龙井", "13800138000", "20261123100000001", "小安", "SF1000000001"],
        "from" | "since" => &["2026-11-01T00:00:00Z"],
        "to" | "until" => &["2026-12-01T00:00:00Z"],
        "min_price_fen" => &["1"],
        "max_price_fen" => &["100000"],
        "in_stock" | "low" | "low_only" => &["true"],
        "attr" => &["产地:杭州"],
        "tag" => &["新品"],
        "parent" => &["330100"],
        "limit" | "cursor" => return None,
        _ => &["1"],
    })
}

/// The words an enum parameter takes.
fn words_of(operation: &Operation, name: &str) -> Vec<String> {
    let parameters = operation.json["parameters"].as_array().into_iter().flatten();
    let parameter = parameters.into_iter().find(|p| p["name"] == name).cloned().unwrap_or_default();
    let schema = &parameter["schema"];
    let choices = [&schema["enum"], &schema["oneOf"][1]["enum"], &schema["oneOf"][0]["enum"]];
    let words = choices.iter().find_map(|c| c.as_array());
    words.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The bare request, each filter alone with each of its values, and each pair of a filter with each sort.
fn variants(operation: &Operation, ids: &Ids) -> Vec<String> {
    let bare = operation.path_with(ids);
    let joined = |more: &str| format!("{bare}{}{more}", if bare.contains('?') { '&' } else { '?' });
    let mut found = vec![bare.clone()];
    let mut filters = Vec::new();
    for name in operation.query_names() {
        let words = words_of(operation, name);
        let values: Vec<String> = match value_of(name) {
            _ if !words.is_empty() => words,
            None => continue,
            Some(_) if name.ends_with("_id") => {
                vec![ids.get(name.trim_end_matches("_id")).cloned().unwrap_or_else(|| "1".into())]
            }
            Some(values) => values.iter().map(|v| (*v).to_owned()).collect(),
        };
        filters.extend(values.into_iter().map(|value| format!("{name}={value}")));
    }
    found.extend(filters.iter().map(|filter| joined(filter)));
    for (at, one) in filters.iter().enumerate() {
        for other in filters.iter().skip(at + 1).filter(|other| {
            let names = [one, other].map(|pair| pair.split('=').next().unwrap_or_default());
            names[0] != names[1] && (names.contains(&"sort") || names.contains(&"state"))
        }) {
            found.push(joined(&format!("{one}&{other}")));
        }
    }
    found
}

/// The table a step walks from end to end, by its own name: `SCAN o`, or a search that knows nothing but the mall. A walk
/// along an index that stops after a page is none.
fn walked(statement: &str, steps: &[String], step: &str) -> Option<String> {
    let (kind, rest) = step.split_once(' ')?;
    let known = step.split_once('(').map(|(_, known)| known.trim_end_matches(')'));
    let whole = kind == "SCAN" || (kind == "SEARCH" && known == Some("mall_id=?"));
    let sorted = steps.iter().any(|step| step.starts_with("USE TEMP B-TREE"));
    let pages = statement.contains("limit") && !sorted;
    if !whole || pages {
        return None;
    }
    let alias = rest.split_whitespace().next()?;
    let words: Vec<&str> = statement.split_whitespace().map(|word| word.trim_matches(['(', ')', ','])).collect();
    let named = words.windows(3).find(|w| matches!(w[0], "from" | "join") && (w[1] == alias || w[2] == alias));
    Some(named.map_or(alias, |w| w[1]).to_owned())
}

#[test]
fn no_read_walks_a_table_that_grows() {
    on_engine(
        Engine::Sqlite,
        |config| config.cache.lifetime_ms = 0,
        async |mall| {
            let furnished = furnish(&mall, "甲家").await;
            mall.run_jobs().await;
            let tables: Vec<(String,)> = mall
                .world
                .app()
                .db
                .read(|tx| tx.all("select name from sqlite_master where type = 'table'", &db::args![]))
                .await
                .unwrap();
            let plans = mall.world.app().db.plans().clone();
            plans.record();
            let owner = mall.staff();
            let mut asked = 0;
            for operation in operations().iter().filter(|operation| operation.is_read()) {
                let caller: &Client = if operation.is_admin() { &owner } else { &furnished.member };
                for path in variants(operation, &furnished.ids_of_reads()) {
                    let reply = caller.get(&path).await;
                    assert!(reply.status.as_u16() < 500, "{reply:?}");
                    asked += usize::from(reply.status.as_u16() == 200);
                }
            }
            let noted = plans.noted();
            let mut walks = Vec::new();
            for (statement, steps) in &noted {
                for table in steps.iter().filter_map(|step| walked(statement, steps, step)) {
                    if tables.iter().any(|(name,)| *name == table)
                        && !BY_HAND.contains(&table.as_str())
                        && !ACCEPTED.iter().any(|(part, _)| statement.contains(part))
                    {
                        walks.push(format!("{table} in\n{statement}\n{}", steps.join("\n")));
                    }
                }
            }
            assert!(asked > 60 && noted.len() > 60, "{asked} requests made only {} statements", noted.len());
            assert!(walks.is_empty(), "{} statements walk a table:\n\n{}", walks.len(), walks.join("\n\n"));
        },
    );
}
