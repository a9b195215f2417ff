//! The flow of funds of a day: payments in, refunds out when they are done, fees taken and given back, on the basic account;
//! transfers that arrived, on the operation account. `GET /v3/bill/fundflowbill`; the file comes from the same place as the
//! trade bill's. Three faults make it differ from what happened.

use super::answer::PayResult;
use super::bill::{RATE_PER_MILLE, address_of, formed, yuan};
use super::model::{Payment, Refund, RefundStatus, Transfer, TransferState};
use crate::china;
use crate::switches::Fault;
use crate::world::World;
use axum::extract::{Query, State};
use kernel::Instant;
use serde::Deserialize;
use std::sync::Arc;

const HEADER: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const SUMS: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";
/// What lay on an account in the morning.
const OPENING_FEN: i64 = 10_000_000;

#[derive(Deserialize)]
pub(super) struct Asked {
    bill_date: String,
    #[serde(default)]
    account_type: String,
    #[serde(default)]
    tar_type: String,
}

/// `GET /v3/bill/fundflowbill`.
pub(super) async fn address(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> PayResult {
    let account = match asked.account_type.as_str() {
        "" | "BASIC" => "BASIC",
        "OPERATION" => "OPERATION",
        _ => return Err(super::answer::PayError::param("account_type", "没有这个资金账户")),
    };
    formed(&world, &asked.bill_date, &asked.tar_type)?;
    let token = format!("{account}-{}", asked.bill_date);
    address_of(&world, &token, file(&world, account, &asked.bill_date))
}

/// One movement.
struct Entry {
    at: Instant,
    theirs: String,
    entry: String,
    kind: &'static str,
    comes_in: bool,
    fen: i64,
    by: String,
    note: String,
    ours: String,
}

/// The file of an account; `None` on a day without movements.
pub(super) fn file(world: &World, account: &str, date: &str) -> Option<String> {
    let merchant = world.keys(|keys| keys.merchant_id().to_owned());
    let (mut entries, switches) = {
        let state = world.state();
        let on_day = |at: Instant| china::plain(at).starts_with(date);
        let mut entries = Vec::new();
        if account == "BASIC" {
            state.pay.payments.newest().for_each(|paid| payment(paid, &mut entries));
            state.pay.refunds.newest().for_each(|back| refund(back, &merchant, &mut entries));
        } else {
            state.pay.newest_transfers().for_each(|sent| transfer(sent, &merchant, &mut entries));
        }
        entries.retain(|entry| on_day(entry.at));
        (entries, state.switches.clone())
    };
    // Those of one instant stay in their order: a fee follows what it was taken for.
    entries.sort_by_key(|entry| entry.at);
    if account == "BASIC" {
        if switches.has(Fault::FundsMissingLine) {
            entries.pop();
        }
        if switches.has(Fault::FundsWrongFee)
            && let Some(fee) = entries.iter_mut().find(|entry| entry.kind == TAKEN)
        {
            fee.fen += 1;
        }
        if switches.has(Fault::FundsExtraLine) {
            entries.push(stray(date)?);
        }
    }
    (!entries.is_empty()).then(|| text(&entries))
}

const TAKEN: &str = "扣除交易手续费";

fn fee(fen: i64) -> i64 {
    (fen * RATE_PER_MILLE + 500) / 1_000
}

fn payment(paid: &Payment, entries: &mut Vec<Entry>) {
    let (Some(at), Some(id)) = (paid.paid_at, &paid.transaction_id) else { return };
    let (fen, fee) = (paid.total_fen, fee(paid.total_fen));
    let entry = |kind, comes_in, fen, note: String| Entry {
        at,
        theirs: id.clone(),
        entry: id.clone(),
        kind,
        comes_in,
        fen,
        by: "system".to_owned(),
        note,
        ours: paid.number.clone(),
    };
    entries.push(entry("交易", true, fen, format!("结算总金额 {} 元;含手续费 {} 元", yuan(fen), yuan(fee))));
    if fee > 0 {
        entries.push(entry(TAKEN, false, fee, String::new()));
    }
}

fn refund(back: &Refund, merchant: &str, entries: &mut Vec<Entry>) {
    let (RefundStatus::Success, Some(at)) = (back.status, back.finished_at) else { return };
    let (fen, fee) = (back.amount_fen, fee(back.amount_fen));
    let entry = |kind, comes_in, fen, note: String| Entry {
        at,
        theirs: back.refund_id.clone(),
        entry: back.transaction_id.clone(),
        kind,
        comes_in,
        fen,
        by: format!("{merchant}API"),
        note,
        ours: back.number.clone(),
    };
    entries.push(entry("退款", false, fen, format!("退款总金额{}元;含手续费{}元", yuan(fen), yuan(fee))));
    if fee > 0 {
        entries.push(entry("退还交易手续费", true, fee, String::new()));
    }
}

fn transfer(sent: &Transfer, merchant: &str, entries: &mut Vec<Entry>) {
    if sent.state != TransferState::Success {
        return;
    }
    entries.push(Entry {
        at: sent.updated_at,
        theirs: sent.bill_no.clone(),
        entry: sent.bill_no.clone(),
        kind: "商家转账",
        comes_in: false,
        fen: sent.amount_fen,
        by: format!("{merchant}API"),
        note: sent.remark.replace([',', '`'], " "),
        ours: sent.number.clone(),
    });
}

/// Money nobody at the mall knows of.
fn stray(date: &str) -> Option<Entry> {
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    Some(Entry {
        at: Instant::parse(&format!("{date}T12:34:56+08:00"))?,
        theirs: format!("4200008888{digits}"),
        entry: format!("4200008888{digits}"),
        kind: "交易",
        comes_in: true,
        fen: 666,
        by: "system".to_owned(),
        note: "结算总金额 6.66 元;含手续费 0.00 元".to_owned(),
        ours: format!("STRAY{digits}"),
    })
}

fn text(entries: &[Entry]) -> String {
    let mut text = format!("\u{feff}{HEADER}\r\n");
    let mut balance = OPENING_FEN;
    for Entry { at, theirs, entry, kind, comes_in, fen, by, note, ours } in entries {
        balance += if *comes_in { *fen } else { -fen };
        let (at, way) = (china::plain(*at), if *comes_in { "收入" } else { "支出" });
        let (fen, balance) = (yuan(*fen), yuan(balance));
        text.push_str(&format!(
            "`{at},`{theirs},`{entry},`{kind},`{kind},`{way},`{fen},`{balance},`{by},`{note},`{ours}\r\n"
        ));
    }
    let sum = |comes_in: bool| {
        let of = entries.iter().filter(|entry| entry.comes_in == comes_in);
        of.fold((0, 0), |(count, fen), entry| (count + 1, fen + entry.fen))
    };
    let (came, went) = (sum(true), sum(false));
    let all = entries.len();
    text.push_str(&format!("{SUMS}\r\n`{all}.0,`{}.0,`{},`{}.0,`{}\r\n", came.0, yuan(came.1), went.0, yuan(went.1)));
    text
}
