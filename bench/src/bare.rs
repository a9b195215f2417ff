//! The ceiling for reads: an axum handler that returns given bytes and does nothing else.

use crate::Outcome;
use axum::Router;
use axum::http::header;
use axum::routing::get;

/// `bench bare PORT FILE`
pub fn main(mut args: impl Iterator<Item = String>) -> Outcome<()> {
    let port: u16 = args.next().ok_or("a port")?.parse()?;
    let bytes: &'static [u8] = std::fs::read(args.next().ok_or("a file")?)?.leak();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let handler = move || async move { ([(header::CONTENT_TYPE, "application/json")], bytes) };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        axum::serve(listener, Router::new().route("/same", get(handler))).await?;
        Ok(())
    })
}
