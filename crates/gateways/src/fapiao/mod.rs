//! Invoices through a bridge to a provider of 数电票. Providers share no protocol, so this one is ours: JSON under
//! `/fapiao/v1`, every request signed (`wire::fapiao`), an invoice known by our number, asking twice issues once.

use crate::http::{Answer, Http, Repeat};
use crate::{Secret, Timeouts};
use kernel::ports::{InvoiceIssuer, InvoiceRequest, InvoiceState, Pending};
use kernel::{Clock, Error, Instant, Result};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

const PATH: &str = "/fapiao/v1/invoices";

/// Settings of one seller's account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FapiaoConfig {
    /// Address of the bridge, or of a stand-in.
    pub base_url: String,
    /// The account's key.
    pub key: String,
    /// What requests are signed with.
    pub secret: Secret,
    /// 统一社会信用代码 of the seller.
    pub seller_tax_number: String,
    /// Rate of tax in per cent, within the prices. Default 13.
    #[serde(default = "thirteen")]
    pub tax_rate_percent: u32,
    /// 税收分类编码 of what is sold; the provider's default when empty.
    #[serde(default)]
    pub tax_code: String,
    #[serde(default)]
    pub timeouts: Timeouts,
}

const fn thirteen() -> u32 {
    13
}

/// Client of one account.
pub struct Fapiao {
    http: Http,
    config: FapiaoConfig,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Fapiao {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fapiao({})", self.config.key)
    }
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    state: String,
    number: Option<String>,
    issued_at: Option<String>,
    pdf_url: Option<String>,
    reason: Option<String>,
}

fn unavailable(cause: impl fmt::Display) -> Error {
    Error::gateway("invoice.issuer_unavailable", "开票服务暂时没有回应，系统会继续尝试").because(cause)
}

impl Fapiao {
    pub fn new(config: FapiaoConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Fapiao { http: Http::new(&config.base_url, config.timeouts)?, config, clock })
    }

    fn signed(&self, method: &Method, path: &str, body: &[u8]) -> RequestBuilder {
        let now = self.clock.now().unix_seconds();
        let signature = wire::fapiao::sign(self.config.secret.expose(), method.as_str(), path, now, body);
        let request = if *method == Method::GET { self.http.get(path) } else { self.http.post(path) };
        request
            .header(wire::fapiao::KEY, &self.config.key)
            .header(wire::fapiao::TIMESTAMP, now.to_string())
            .header(wire::fapiao::SIGNATURE, signature)
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Told)> {
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = || {
            let request = self.signed(&method, path, &bytes);
            if body.is_some() {
                request.header("content-type", "application/json").body(bytes.clone())
            } else {
                request
            }
        };
        // Our number makes a repeat harmless.
        let answer: Answer =
            self.http.send(Repeat::Harmless, request).await.map_err(|fault| unavailable(fault.text))?;
        let told = serde_json::from_slice(&answer.body)
            .map_err(|e| unavailable(format_args!("http {}: {e}", answer.status)))?;
        Ok((answer.status, told))
    }

    async fn issue_now(&self, request: &InvoiceRequest) -> Result<InvoiceState> {
        let buyer = &request.buyer;
        let items: Vec<Value> = request
            .items
            .iter()
            .map(|item| {
                json!({ "name": item.name, "quantity": item.quantity, "amount_fen": item.amount.0,
                    "tax_rate_percent": self.config.tax_rate_percent, "tax_code": self.config.tax_code })
            })
            .collect();
        let body = json!({
            "request_number": request.number,
            "seller_tax_number": self.config.seller_tax_number,
            "buyer": { "kind": if buyer.is_company { "company" } else { "personal" }, "name": buyer.name,
                "tax_number": buyer.tax_number, "address": buyer.address, "phone": buyer.phone, "bank": buyer.bank,
                "account": buyer.account, "email": buyer.email },
            "items": items,
            "total_fen": request.total.0,
            "reverses": request.reverses,
        });
        let (status, told) = self.call(Method::POST, PATH, Some(&body)).await?;
        match status {
            200..=299 => state_of(told),
            // What is wrong with the request stays wrong.
            400 | 409 | 422 => Ok(InvoiceState::Refused { reason: told.message }),
            _ => Err(unavailable(format_args!("http {status} {}: {}", told.code, told.message))),
        }
    }

    async fn query_now(&self, number: &str) -> Result<Option<InvoiceState>> {
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain {
            return Ok(None);
        }
        let (status, told) = self.call(Method::GET, &format!("{PATH}/{number}"), None).await?;
        match status {
            200..=299 => state_of(told).map(Some),
            404 if told.code == "NOT_FOUND" => Ok(None),
            _ => Err(unavailable(format_args!("http {status} {}: {}", told.code, told.message))),
        }
    }
}

fn state_of(told: Told) -> Result<InvoiceState> {
    match (told.state.as_str(), told.number, told.issued_at.as_deref().and_then(Instant::parse), told.pdf_url) {
        ("issuing", ..) => Ok(InvoiceState::Issuing),
        ("issued", Some(number), Some(issued_at), Some(pdf_url)) => {
            let is_web = pdf_url.starts_with("https://") || pdf_url.starts_with("http://");
            let is_number = number.len() == 20 && number.bytes().all(|b| b.is_ascii_digit());
            if !is_web || !is_number {
                return Err(unavailable("an invoice with an odd number or address"));
            }
            Ok(InvoiceState::Issued { number, issued_at, pdf_url })
        }
        ("refused", ..) => Ok(InvoiceState::Refused { reason: told.reason.unwrap_or_default() }),
        (other, ..) => Err(unavailable(format_args!("state {other} with parts missing"))),
    }
}

impl InvoiceIssuer for Fapiao {
    fn issue<'a>(&'a self, request: &'a InvoiceRequest) -> Pending<'a, InvoiceState> {
        Box::pin(self.issue_now(request))
    }
    fn query<'a>(&'a self, number: &'a str) -> Pending<'a, Option<InvoiceState>> {
        Box::pin(self.query_now(number))
    }
}
