//! The storefront's page with what its first screen shows already in it: the answer of `GET /api/v1/home` and the offers of
//! its goods stand in an element of the document, so that a phone on a slow line asks once and not three times. Kept like
//! any ready answer, for who unpacks and who does not. Whatever cannot be read is left out; the page then asks by itself.

use crate::web;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use campaign::tag;
use goods::page::{Block, HomePage};
use kernel::{Error, Id, Result};
use platform::cache::{Cached, Fill, Topic};
use platform::mall::Mall;
use platform::packed::Asked;
use platform::{App, seal};
use std::sync::Arc;

/// The element of index.html that is filled.
const PLACE: &str = "<script type=\"application/json\" id=\"ready\">";
const HOME: &str = "/api/v1/home";
/// Not an address: no request finds it.
const KEY: &str = "page of the storefront";
const SCRIPT: &str = "<script>";
/// As many as one answer of tags takes.
const MOST_TAGGED: usize = 60;

/// The document for a shopper of this mall.
pub async fn page(app: &App, mall: &Arc<Mall>, built: &str, headers: &HeaderMap) -> Response {
    let (asked, now) = (Asked::of(headers), app.clock.now());
    let mut response = match app.cache.answer(mall.id, KEY, asked, now) {
        Some(ready) => ready,
        None => {
            let stamp = app.cache.stamp(&[Topic::Catalog(mall.id), Topic::Stores(mall.id)]);
            let text = match first_screen(app, mall).await {
                Ok(data) => filled(built, &data),
                Err(error) => {
                    tracing::warn!(mall = %mall.code, %error, "the storefront's page goes out without its first screen");
                    built.to_owned()
                }
            };
            let fill = Fill::new(Bytes::from(text), stamp);
            app.cache.keep(mall.id, KEY, &fill, now);
            fill.respond(asked)
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = web::content_policy(&own_scripts(built), mall.settings.tile_origin().as_deref(), "'self'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

async fn first_screen(app: &App, mall: &Arc<Mall>) -> Result<String> {
    let stamp = app.cache.stamp(&[Topic::Catalog(mall.id), Topic::Stores(mall.id)]);
    let home = goods::page::home(app, mall).await?;
    let ids = tagged(&home);
    let ctx = app.system(mall.id);
    let mut tags = app.db.read(move |tx| tag::tags(tx, &ctx, &ids)).await?;
    tags.products.retain(|product| !product.is_empty());
    let fill = Cached::new(home, stamp).fill()?;
    app.cache.keep(mall.id, HOME, &fill, app.clock.now());
    let home = std::str::from_utf8(fill.ready().bytes()).map_err(Error::internal)?;
    let tags = serde_json::to_string(&tags).map_err(Error::internal)?;
    Ok(format!("{{\"home\":{home},\"tags\":{tags}}}"))
}

fn tagged(home: &HomePage) -> Vec<Id> {
    let shelves = home.blocks.iter().filter_map(|block| match block {
        Block::Products { items, .. } => Some(items.iter().map(|card| card.id)),
        _ => None,
    });
    let mut ids: Vec<Id> = shelves.flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(MOST_TAGGED);
    ids
}

/// The built page with the data in its place; nothing in the data can end the element.
fn filled(built: &str, data: &str) -> String {
    let Some(at) = built.find(PLACE).map(|at| at + PLACE.len()) else { return built.to_owned() };
    let mut page = String::with_capacity(built.len() + data.len() + data.len() / 8);
    page.push_str(&built[..at]);
    page.push_str(&data.replace('<', "\\u003c"));
    page.push_str(&built[at..]);
    page
}

/// The scripts that stand in the built page itself, as the content policy names them.
fn own_scripts(built: &str) -> String {
    built
        .match_indices(SCRIPT)
        .filter_map(|(at, _)| {
            let from = at + SCRIPT.len();
            let code = &built[from..from + built[from..].find("</script>")?];
            Some(format!(" 'sha256-{}'", seal::sha256_base64(code.as_bytes())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: &str = "<body><script type=\"application/json\" id=\"ready\"></script><script>a()</script></body>";

    #[test]
    fn data_cannot_leave_its_element() {
        let page = filled(BUILT, r#"{"name":"</script><script>alert(1)</script>"}"#);
        assert_eq!(page.matches("<script").count(), 2);
        assert!(page.contains(r#"id="ready">{"name":"\u003c/script>"#));
    }

    #[test]
    fn the_policy_names_the_scripts_that_were_built_and_no_other() {
        let expected = format!(" 'sha256-{}'", seal::sha256_base64(b"a()"));
        assert_eq!(own_scripts(BUILT), expected);
        assert_eq!(own_scripts("<script type=\"module\" src=\"/a.js\"></script>"), "");
    }

    #[test]
    fn a_page_that_was_built_otherwise_goes_out_as_it_is() {
        assert_eq!(filled("<body></body>", "{}"), "<body></body>");
    }
}
