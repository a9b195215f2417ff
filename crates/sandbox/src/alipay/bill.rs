//! The trade bill of a day: an address, and behind it a zip with a CSV in GBK, as merchants download it. It holds what was
//! really settled on that day in China's time; three faults make it differ.

use super::gateway::Call;
use super::model::{Trade, TradeRefund};
use super::trade::Refused;
use crate::archive;
use crate::china;
use crate::switches::Fault;
use crate::world::World;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{Fen, Instant};
use serde_json::{Value, json};
use std::sync::Arc;

const HEADER: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";
/// 0.60 %.
const RATE_PER_MILLE: i64 = 6;

/// `alipay.data.dataservice.bill.downloadurl.query`.
pub(super) fn address(world: &World, call: &Call) -> Result<Value, Refused> {
    let date = call.text("bill_date");
    let formed = date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if call.text("bill_type") != "trade" || !formed {
        return Err(Refused::arguments("isv.invalid-arguments", "参数有误"));
    }
    let is_over = date < &china::plain(world.now())[..10];
    if !is_over || call.faults.has(Fault::BillLate) || entries(world, date).is_empty() {
        return Err(Refused::arguments("isp.bill_not_exist", "账单不存在"));
    }
    let token = date.replace('-', "");
    let url = format!("{}/alipay/bill/{token}", world.public_url.trim_end_matches('/'));
    Ok(json!({ "bill_download_url": url }))
}

/// `GET /alipay/bill/{token}`: the archive; nobody signs it.
pub(super) async fn download(State(world): State<Arc<World>>, Path(token): Path<String>) -> Response {
    if token.len() != 8 || !token.bytes().all(|b| b.is_ascii_digit()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let date = format!("{}-{}-{}", &token[..4], &token[4..6], &token[6..]);
    let seller = world.keys(|keys| keys.alipay.seller_id.clone());
    let text = file(&entries(&world, &date), &date, &seller, world.now());
    let (gbk, ..) = encoding_rs::GBK.encode(&text);
    let files = [
        (format!("{seller}0156_{token}_业务明细.csv"), gbk.into_owned()),
        (format!("{seller}0156_{token}_业务明细(汇总).csv"), Vec::new()),
    ];
    match archive::zip(&files) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/zip")], bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// One movement.
struct Entry {
    trade_no: String,
    number: String,
    goods: String,
    created_at: Instant,
    at: Instant,
    /// Negative for a refund.
    amount: Fen,
    request: String,
}

fn entries(world: &World, date: &str) -> Vec<Entry> {
    let (mut entries, switches) = {
        let state = world.state();
        let on_day = |at: Instant| china::plain(at).starts_with(date);
        let mut entries = Vec::new();
        for trade in state.alipay.newest() {
            if let Some(at) = trade.paid_at.filter(|at| on_day(*at)) {
                entries.push(entry(trade, at, trade.total, None));
            }
            let back = trade.refunds.iter().filter(|refund| on_day(refund.at));
            entries.extend(back.map(|refund| entry(trade, refund.at, Fen(-refund.amount.0), Some(refund))));
        }
        (entries, state.switches.clone())
    };
    entries.sort_by_key(|entry| entry.at);
    if switches.has(Fault::BillMissingLine) {
        entries.pop();
    }
    if switches.has(Fault::BillWrongAmount)
        && let Some(first) = entries.iter_mut().find(|entry| entry.amount.0 > 1)
    {
        first.amount = Fen(first.amount.0 - 1);
    }
    if switches.has(Fault::BillExtraLine) {
        let at = Instant::parse(&format!("{date}T12:34:56+08:00")).unwrap_or_default();
        entries.push(Entry {
            trade_no: format!("{}22001000000000000000", date.replace('-', "")),
            number: format!("UNKNOWN{}", date.replace('-', "")),
            goods: "来路不明".to_owned(),
            created_at: at,
            at,
            amount: Fen(888),
            request: String::new(),
        });
    }
    entries
}

fn entry(trade: &Trade, at: Instant, amount: Fen, refund: Option<&TradeRefund>) -> Entry {
    Entry {
        trade_no: trade.trade_no.clone(),
        number: trade.number.clone(),
        goods: trade.subject.clone(),
        created_at: trade.created_at,
        at,
        amount,
        request: refund.map(|refund| refund.number.clone()).unwrap_or_default(),
    }
}

fn yuan(fen: i64) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

fn file(entries: &[Entry], date: &str, seller: &str, now: Instant) -> String {
    let next = Instant::parse(&format!("{date}T00:00:00+08:00")).unwrap_or_default() + kernel::days(1);
    let spoken = |day: &str| format!("{}年{}月{}日", &day[..4], &day[5..7], &day[8..10]);
    let mut text = format!(
        "#支付宝业务明细查询\r\n#账号：[{seller}0156]\r\n#起始日期：[{} 00:00:00]   终止日期：[{} 00:00:00]\r\n\
         #-----------------------------------------业务明细列表----------------------------------------\r\n{HEADER}\r\n",
        spoken(date),
        spoken(&china::plain(next)),
    );
    for entry in entries {
        let kind = if entry.amount.0 < 0 { "退款" } else { "交易" };
        // What Alipay keeps is negative, what it gives back positive.
        let fee = -(entry.amount.0 * RATE_PER_MILLE + 500 * entry.amount.0.signum()) / 1_000;
        let total = yuan(entry.amount.0);
        text.push_str(&format!(
            "{}\t,{}\t,{kind}\t,{},{},{},\t,\t,\t,\t,*演示(hef***@sandbox.com)\t,{total},{total},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,{}\t,{},0.00,\r\n",
            entry.trade_no,
            entry.number,
            entry.goods,
            china::plain(entry.created_at),
            china::plain(entry.at),
            entry.request,
            yuan(fee),
        ));
    }
    let sum = |of: fn(&&Entry) -> bool| {
        let some: Vec<&Entry> = entries.iter().filter(of).collect();
        (some.len(), yuan(some.iter().map(|entry| entry.amount.0).sum()))
    };
    let (paid, back) = (sum(|entry| entry.amount.0 > 0), sum(|entry| entry.amount.0 < 0));
    text.push_str(&format!(
        "#-----------------------------------------业务明细列表结束------------------------------------\r\n\
         #交易合计：{}笔，商家实收共{}元，商家优惠共0.00元\r\n#退款合计：{}笔，商家实收退款共{}元，商家优惠退款共0.00元\r\n\
         #导出时间：[{} {}]\r\n",
        paid.0,
        paid.1,
        back.0,
        back.1,
        spoken(&china::plain(now)),
        &china::plain(now)[11..],
    ));
    text
}
