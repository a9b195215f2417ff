//! Detail, list and search against a bare handler with the same bytes. The two take turns in short rounds, so that a
//! change in the machine's mood meets both; the ratio is that of the medians.

use crate::load::{Connection, get, same_request};
use crate::process::Mall;
use crate::{CALLERS, Outcome, say};
use std::time::Duration;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1_500);

pub async fn measure(mall: &mut Mall) -> Outcome<()> {
    let list = "/api/v1/products?limit=20";
    let mut connection = Connection::open(mall.port).await?;
    let first = connection.exchange(&get(list), true).await?;
    let page: serde_json::Value = serde_json::from_slice(&first.body)?;
    let id = page["items"][0]["id"].as_str().ok_or("a product")?.to_owned();
    let search = "/api/v1/products?q=%E7%9B%B8%E6%9C%BA&limit=20";
    for (name, path) in [
        ("product detail", format!("/api/v1/products/{id}")),
        ("product list", list.to_owned()),
        ("search", search.to_owned()),
        ("home page", "/api/v1/home".to_owned()),
    ] {
        compare(mall, name, &path).await?;
    }
    Ok(())
}

async fn compare(mall: &mut Mall, name: &str, path: &str) -> Outcome<()> {
    let request = get(path);
    let reply = Connection::open(mall.port).await?.exchange(&request, true).await?;
    if reply.status != 200 {
        return Err(format!("{path} answered {}", reply.status).into());
    }
    let (bare_port, mut bare) = mall.bare(&reply.body).await?;
    let ceiling = get("/same");
    let (mut ours, mut theirs, mut p99) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(same_request(bare_port, &ceiling, CALLERS, ROUND).await?.per_second);
        let figures = same_request(mall.port, &request, CALLERS, ROUND).await?;
        ours.push(figures.per_second);
        p99.push(figures.p99_ms);
    }
    bare.kill().await?;
    let (ours, theirs, p99) = (median(ours), median(theirs), median(p99));
    let size = reply.body.len();
    say(&format!(
        "| {name} ({size} bytes) | {ours:.0}/s, p99 {p99:.1} ms | bare handler {theirs:.0}/s | {:.2} |",
        ours / theirs
    ));
    Ok(())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
