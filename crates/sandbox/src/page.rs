//! The frame of every page a person sees: plain HTML without scripts, one style sheet, and a ribbon that says
//! this is a trial environment. Text from outside is escaped here and nowhere else.

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;

const STYLE: &str = include_str!("page.css");

/// Escapes text for HTML content and double-quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The prefix the stand-ins are mounted under (`/sandbox`, or nothing), for links between pages.
pub(crate) struct Prefix(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Prefix {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let OriginalUri(original) = OriginalUri::from_request_parts(parts, state).await?;
        let whole = original.path();
        let prefix = whole.strip_suffix(parts.uri.path()).unwrap_or(whole);
        Ok(Prefix(prefix.trim_end_matches('/').to_owned()))
    }
}

/// A whole page. `body` is HTML; `refresh_s` reloads it.
pub(crate) fn page(prefix: &Prefix, title: &str, refresh_s: Option<u32>, body: &str) -> Response {
    let refresh = refresh_s.map(|s| format!("<meta http-equiv=\"refresh\" content=\"{s}\">")).unwrap_or_default();
    let (title, base) = (escape(title), escape(&prefix.0));
    let html = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">{refresh}\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"{base}/style.css\"></head>\
         <body><p class=\"ribbon\">演示环境 · 不会真的扣款、发短信或寄快递</p><main>{body}</main></body></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (StatusCode::OK, headers, html).into_response()
}

/// A sentence on its own page.
pub(crate) fn sentence(prefix: &Prefix, title: &str, text: &str) -> Response {
    page(prefix, title, None, &format!("<section class=\"card center\"><h1>{}</h1></section>", escape(text)))
}

/// `GET /style.css`.
pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], STYLE).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_from_outside_is_text() {
        assert_eq!(escape("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
    }
}
