//! A provider of 数电票 behind its bridge: invoices and red letters by the seller's number, issued two seconds later, with
//! a number, a date and a file. A number asked for twice is one invoice; red letters never exceed what they take back.

use crate::bounded::Bounded;
use crate::china;
use crate::switches::Fault;
use crate::world::World;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use kernel::{Instant, seconds};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const INVOICES: usize = 2_000;
const TAKES_MS: i64 = seconds(2);
/// Key of the one account.
pub(crate) const KEY: &str = "hefang-fapiao";

pub(crate) struct FapiaoState {
    invoices: Bounded<Invoice>,
}

impl Default for FapiaoState {
    fn default() -> Self {
        FapiaoState { invoices: Bounded::new(INVOICES) }
    }
}

struct Invoice {
    asked: String,
    number: String,
    buyer: String,
    total_fen: i64,
    reverses: Option<String>,
    ready_at: Instant,
    refused: Option<String>,
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/fapiao/v1/invoices", post(issue))
        .route("/fapiao/v1/invoices/{number}", get(query))
        .route("/fapiao/file/{name}", get(file))
}

fn refuse(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({"code": code, "message": message}))).into_response()
}

/// The refusal of a request that may not come in.
fn refusal_of(world: &World, method: &Method, headers: &HeaderMap, uris: [&Uri; 2], body: &[u8]) -> Option<Response> {
    if world.switched(Fault::FapiaoBusy) {
        return Some(refuse(503, "BUSY", "开票服务繁忙"));
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let time: i64 = text(wire::fapiao::TIMESTAMP).parse().unwrap_or(0);
    let (secret, now) = (world.keys(|keys| keys.fapiao_secret()), world.now().unix_seconds());
    let signed = uris.iter().any(|uri| {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let given = text(wire::fapiao::SIGNATURE);
        wire::fapiao::verify(&secret, method.as_str(), path, time, body, given, now).is_ok()
    });
    let known = signed && text(wire::fapiao::KEY) == KEY;
    (!known).then(|| refuse(401, "SIGN", "签名不正确"))
}

#[derive(Deserialize)]
struct Asked {
    request_number: String,
    seller_tax_number: String,
    buyer: Buyer,
    items: Vec<Item>,
    total_fen: i64,
    reverses: Option<String>,
}

#[derive(Deserialize)]
struct Buyer {
    kind: String,
    name: String,
    tax_number: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    amount_fen: i64,
}

impl Asked {
    fn wrong(&self) -> Option<&'static str> {
        let named = !self.buyer.name.trim().is_empty() && !self.seller_tax_number.is_empty();
        let company = self.buyer.kind == "company";
        if self.request_number.is_empty() || !named {
            Some("缺少流水号、销方税号或购方名称")
        } else if company && self.buyer.tax_number.as_deref().is_none_or(|number| number.len() < 15) {
            Some("企业抬头缺少税号")
        } else if self.items.is_empty() || self.items.iter().any(|item| item.name.is_empty() || item.amount_fen < 0) {
            Some("明细不正确")
        } else if self.items.iter().map(|item| item.amount_fen).sum::<i64>() != self.total_fen || self.total_fen < 1 {
            Some("明细合计与价税合计不一致")
        } else {
            None
        }
    }
}

async fn issue(
    State(world): State<Arc<World>>,
    OriginalUri(original): OriginalUri,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = refusal_of(&world, &Method::POST, &headers, [&uri, &original], &body) {
        return refusal;
    }
    let asked: Asked = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => return refuse(400, "INVALID", &format!("请求不正确：{error}")),
    };
    if let Some(wrong) = asked.wrong() {
        return refuse(400, "INVALID", wrong);
    }
    let now = world.now();
    let text = String::from_utf8_lossy(&body).into_owned();
    let refused = world.switched(Fault::FapiaoRefused).then(|| "购方信息校验不通过".to_owned());
    let mut state = world.state();
    if let Some(known) = state.fapiao.invoices.get(&asked.request_number) {
        // One that was refused may be asked for again, put right.
        if known.refused.is_none() {
            return if known.asked == text {
                shown(&world.public_url, known, now)
            } else {
                refuse(409, "NUMBER_USED", "同一流水号的内容与之前不同")
            };
        }
    }
    if let Some(blue) = &asked.reverses {
        let of_blue = |invoice: &&Invoice| invoice.refused.is_none() && invoice.reverses.as_ref() == Some(blue);
        let taken: i64 = state.fapiao.invoices.newest().filter(of_blue).map(|red| red.total_fen).sum();
        let whole = state.fapiao.invoices.newest().find(|invoice| invoice.number == *blue).map(|blue| blue.total_fen);
        if whole.is_some_and(|whole| taken + asked.total_fen > whole) {
            return refuse(400, "INVALID", "红字金额超过了蓝字发票的剩余金额");
        }
    }
    let day = china::compact(now);
    let invoice = Invoice {
        asked: text,
        number: format!(
            "{}33{:016}",
            &day[2..4],
            u64::from_le_bytes(wire::random::bytes::<8>()) % 10_000_000_000_000_000
        ),
        buyer: asked.buyer.name,
        total_fen: asked.total_fen,
        reverses: asked.reverses,
        ready_at: now + world.notice_ms(TAKES_MS),
        refused,
    };
    let answer = shown(&world.public_url, &invoice, now);
    state.fapiao.invoices.insert(asked.request_number, invoice);
    answer
}

async fn query(
    State(world): State<Arc<World>>,
    OriginalUri(original): OriginalUri,
    uri: Uri,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refusal_of(&world, &Method::GET, &headers, [&uri, &original], b"") {
        return refusal;
    }
    let now = world.now();
    match world.state().fapiao.invoices.get(&number) {
        Some(invoice) => shown(&world.public_url, invoice, now),
        None => refuse(404, "NOT_FOUND", "没有这张发票"),
    }
}

fn shown(base: &str, invoice: &Invoice, now: Instant) -> Response {
    let body: Value = match &invoice.refused {
        Some(reason) => json!({"code": "OK", "state": "refused", "reason": reason}),
        None if now < invoice.ready_at => json!({"code": "OK", "state": "issuing"}),
        None => json!({
            "code": "OK",
            "state": "issued",
            "number": invoice.number,
            "issued_at": china::rfc3339(invoice.ready_at),
            "pdf_url": format!("{}/fapiao/file/{}.pdf", base.trim_end_matches('/'), invoice.number),
        }),
    };
    Json(body).into_response()
}

/// A page that says what it is: nobody shall take it for a real invoice.
async fn file(State(world): State<Arc<World>>, Path(name): Path<String>) -> Response {
    let number = name.strip_suffix(".pdf").unwrap_or_default();
    let state = world.state();
    let Some(invoice) = state.fapiao.invoices.newest().find(|invoice| invoice.number == number) else {
        return refuse(404, "NOT_FOUND", "没有这张发票");
    };
    let kind = if invoice.reverses.is_some() { "RED LETTER E-INVOICE" } else { "E-INVOICE" };
    let sign = if invoice.reverses.is_some() { "-" } else { "" };
    let buyer: String =
        invoice.buyer.chars().map(|c| if c.is_ascii_alphanumeric() || c == ' ' { c } else { '*' }).collect();
    let lines = [
        format!("{kind} - SANDBOX, NOT A TAX DOCUMENT"),
        format!("No. {number}"),
        format!("Date {}", &china::plain(invoice.ready_at)[..10]),
        format!("Buyer {buyer}"),
        format!("Total CNY {sign}{}.{:02}", invoice.total_fen / 100, invoice.total_fen % 100),
    ];
    ([(header::CONTENT_TYPE, "application/pdf")], pdf(&lines)).into_response()
}

/// A PDF of one page with some lines of ASCII.
fn pdf(lines: &[String]) -> Vec<u8> {
    let mut text = "BT /F1 14 Tf 22 TL 60 760 Td ".to_owned();
    for line in lines {
        let line = line.replace(['\\', '(', ')'], "");
        text.push_str(&format!("({line}) Tj T* "));
    }
    text.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        file.push_str(&format!("{place:010} 00000 n \n"));
    }
    file.push_str(&format!("trailer << /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    file.into_bytes()
}
