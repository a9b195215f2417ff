//! The bill of a day: its address and hash, then the file itself, packed. It holds what was really settled on that day in
//! China's time; three faults make it differ. `GET /v3/bill/tradebill`, `GET /v3/billdownload/file`.

use super::answer::{Answer, PayError, PayResult};
use super::funds;
use super::model::{Payment, Refund, RefundStatus};
use crate::china;
use crate::switches::{Fault, Faults};
use crate::world::World;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::json;
use std::io::Write as _;
use std::sync::Arc;

const HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUMS: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
/// 0.60 %.
pub(super) const RATE_PER_MILLE: i64 = 6;

#[derive(Deserialize)]
pub(super) struct Asked {
    bill_date: String,
    #[serde(default)]
    bill_type: String,
    #[serde(default)]
    tar_type: String,
}

/// `GET /v3/bill/tradebill`.
pub(super) async fn address(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> PayResult {
    if !matches!(asked.bill_type.as_str(), "" | "ALL") {
        return Err(PayError::param("bill_type", "这里只有 ALL 类型的账单"));
    }
    formed(&world, &asked.bill_date, &asked.tar_type)?;
    address_of(&world, &asked.bill_date, file(&world, &asked.bill_date))
}

/// A bill of that day may be asked for.
pub(super) fn formed(world: &World, date: &str, packed: &str) -> Result<(), PayError> {
    if date.len() != 10 || !date.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return Err(PayError::param("bill_date", "账单日期格式错误"));
    }
    if packed != "GZIP" {
        return Err(PayError::param("tar_type", "这里只有 GZIP 压缩的账单"));
    }
    if date >= &china::plain(world.now())[..10] {
        return Err(nothing());
    }
    if world.switched(Fault::BillLate) {
        return Err(PayError::new(400, "STATEMENT_CREATING", "账单生成中，请稍后再试"));
    }
    Ok(())
}

fn nothing() -> PayError {
    PayError::new(400, "NO_STATEMENT_EXIST", "账单文件不存在")
}

/// Where the file lies, and its hash.
pub(super) fn address_of(world: &World, token: &str, text: Option<String>) -> PayResult {
    let text = text.ok_or_else(nothing)?;
    let url = format!("{}/v3/billdownload/file?token={token}", world.public_url.trim_end_matches('/'));
    let body = json!({"hash_type": "SHA1", "hash_value": wire::sha1_hex(text), "download_url": url});
    Ok(Answer::json(body, &Faults::default()))
}

#[derive(Deserialize)]
pub(super) struct Token {
    token: String,
}

/// `GET /v3/billdownload/file`: the packed file; this answer is never signed.
pub(super) async fn download(State(world): State<Arc<World>>, Query(asked): Query<Token>) -> Response {
    let text = match asked.token.split_once('-') {
        Some((account @ ("BASIC" | "OPERATION"), date)) => funds::file(&world, account, date),
        _ => file(&world, &asked.token),
    };
    let Some(text) = text else {
        return PayError::new(404, "RESOURCE_NOT_EXISTS", "账单文件不存在").into_response();
    };
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = packer.write_all(text.as_bytes()).and_then(|()| packer.finish());
    match packed {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/x-gzip")], bytes).into_response(),
        Err(_) => PayError::new(500, "SYSTEM_ERROR", "系统异常").into_response(),
    }
}

/// One line and what it adds to the sums.
struct Entry {
    line: String,
    paid_fen: i64,
    refunded_fen: i64,
    fee: i64,
}

fn file(world: &World, date: &str) -> Option<String> {
    let merchant = world.keys(|keys| keys.merchant_id().to_owned());
    let (mut entries, switches) = {
        let state = world.state();
        let on_day = |at: Option<kernel::Instant>| at.is_some_and(|at| china::plain(at).starts_with(date));
        let paid = state.pay.payments.newest().filter(|p| on_day(p.paid_at)).map(|p| payment_entry(p, &merchant));
        let back = state.pay.refunds.newest().filter(|r| on_day(Some(r.created_at)));
        let back = back.map(|r| refund_entry(r, state.pay.payments.get(&r.payment_number), &merchant));
        let mut entries: Vec<Entry> = paid.chain(back).collect();
        entries.reverse();
        (entries, state.switches.clone())
    };
    if switches.has(Fault::BillMissingLine) {
        entries.pop();
    }
    if switches.has(Fault::BillWrongAmount)
        && let Some(first) = entries.iter_mut().find(|entry| entry.paid_fen > 1)
    {
        let (was, is) = (yuan(first.paid_fen), yuan(first.paid_fen - 1));
        first.line = first.line.replace(&format!("`{was}"), &format!("`{is}"));
        first.paid_fen -= 1;
    }
    if switches.has(Fault::BillExtraLine) {
        let digits: String = date.chars().filter(char::is_ascii_digit).collect();
        entries.push(extra(&digits, &merchant));
    }
    if entries.is_empty() {
        return None;
    }
    let sum = |of: fn(&Entry) -> i64| entries.iter().map(of).sum::<i64>();
    let (paid, back, fee) = (sum(|e| e.paid_fen), sum(|e| e.refunded_fen), sum(|e| e.fee));
    let mut text = format!("\u{feff}{HEADER}\r\n");
    for entry in &entries {
        text.push_str(&entry.line);
        text.push_str("\r\n");
    }
    let (paid, back) = (yuan(paid), yuan(back));
    text.push_str(&format!("{SUMS}\r\n`{},`{paid},`{back},`0.00,`{},`{paid},`{back}\r\n", entries.len(), fine(fee)));
    Some(text)
}

fn payment_entry(payment: &Payment, merchant: &str) -> Entry {
    let (fen, fee) = (payment.total_fen, payment.total_fen * RATE_PER_MILLE);
    let yuan = yuan(fen);
    let line = format!(
        "`{},`{},`{merchant},`0,`,`{},`{},`{},`{},`SUCCESS,`OTHERS,`CNY,`{yuan},`0.00,`0,`0,`0.00,`0.00,`,`,`{},`,`{},`0.60%,`{yuan},`0.00,`",
        payment.paid_at.map(china::plain).unwrap_or_default(),
        payment.app_id,
        payment.transaction_id.as_deref().unwrap_or_default(),
        payment.number,
        payment.openid.as_deref().unwrap_or_default(),
        payment.scene.trade_type(),
        payment.description.replace([',', '`'], " "),
        fine(fee),
    );
    Entry { line, paid_fen: fen, refunded_fen: 0, fee }
}

fn refund_entry(refund: &Refund, payment: Option<&Payment>, merchant: &str) -> Entry {
    let gone = refund.status == RefundStatus::Abnormal;
    let state = match refund.status {
        RefundStatus::Processing => "PROCESSING",
        RefundStatus::Success => "SUCCESS",
        RefundStatus::Abnormal => "CHANGE",
    };
    let fee = if gone { 0 } else { -refund.amount_fen * RATE_PER_MILLE };
    let yuan = yuan(refund.amount_fen);
    let line = format!(
        "`{},`{},`{merchant},`0,`,`{},`{},`{},`{},`REFUND,`OTHERS,`CNY,`0.00,`0.00,`{},`{},`{yuan},`0.00,`ORIGINAL,`{state},`{},`,`{},`0.60%,`0.00,`{yuan},`",
        china::plain(refund.created_at),
        payment.map(|p| p.app_id.as_str()).unwrap_or_default(),
        refund.transaction_id,
        refund.payment_number,
        payment.and_then(|p| p.openid.as_deref()).unwrap_or_default(),
        payment.map_or("JSAPI", |p| p.scene.trade_type()),
        refund.refund_id,
        refund.number,
        payment.map(|p| p.description.replace([',', '`'], " ")).unwrap_or_default(),
        fine(fee),
    );
    Entry { line, paid_fen: 0, refunded_fen: refund.amount_fen, fee }
}

/// A payment nobody at the mall knows of.
fn extra(digits: &str, merchant: &str) -> Entry {
    let date = format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]);
    let line = format!(
        "`{date} 12:34:56,`wx0,`{merchant},`0,`,`4200009999{digits},`UNKNOWN{digits},`o0,`NATIVE,`SUCCESS,`OTHERS,`CNY,`8.88,`0.00,`0,`0,`0.00,`0.00,`,`,`来路不明,`,`0.05328,`0.60%,`8.88,`0.00,`"
    );
    Entry { line, paid_fen: 888, refunded_fen: 0, fee: 888 * RATE_PER_MILLE }
}

/// `12.30`.
pub(super) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// Thousandths of a fen as yuan with five places, as fees are written.
fn fine(thousandths: i64) -> String {
    let (sign, size) = if thousandths < 0 { ("-", -thousandths) } else { ("", thousandths) };
    format!("{sign}{}.{:05}", size / 100_000, size % 100_000)
}
