//! The flow of funds of a day (资金账单): what really moved on the merchant's accounts. Payments come in, refunds go out, fees
//! are taken and given back; transfers to persons leave the operation account, so both accounts are read.
//! Source: pay.weixin.qq.com/doc/v3/merchant 4012791867; files as merchants publish them.
//!
//! Of a payment the file names our number (业务凭证号) and the channel's (微信支付业务单号); its fee stands in a line of its
//! own with the channel's number, or the account is credited what is left and the note says so. What a number moved there
//! and back on one day is taken together.

use super::WechatPay;
use super::bill::date;
use super::sheet::{Sheet, cell, moment};
use crate::statement::{fen, hundredths, unreadable};
use kernel::ports::{Bill, BillKind, BillLine, BillState};
use kernel::{Fen, Instant, Result};
use std::collections::{BTreeMap, HashMap};

const ACCOUNTS: [&str; 2] = ["BASIC", "OPERATION"];

impl WechatPay {
    pub(super) async fn download_funds(&self, day: i64) -> Result<Bill> {
        let mut flow = Flow::default();
        for account in ACCOUNTS {
            let date = date(day);
            let path = format!("/v3/bill/fundflowbill?bill_date={date}&account_type={account}&tar_type=GZIP");
            if let Some(text) = self.download(&path).await? {
                flow.take(&text).map_err(unreadable)?;
            }
        }
        Ok(flow.into_bill())
    }
}

/// What one number moved; out of the account, for what goes out.
#[derive(Default)]
struct Moved {
    channel_number: String,
    amount: i64,
    at: Option<Instant>,
}

#[derive(Default)]
struct Flow(BTreeMap<(BillKind, String), Moved>);

impl Flow {
    fn add(&mut self, kind: BillKind, number: &str, channel_number: &str, amount: i64, at: Option<Instant>) {
        let moved = self.0.entry((kind, number.to_owned())).or_default();
        moved.amount += amount;
        moved.at = moved.at.or(at);
        channel_number.clone_into(&mut moved.channel_number);
    }

    /// Takes in the file of one account.
    fn take(&mut self, text: &str) -> std::result::Result<(), String> {
        let sheet = Sheet::read(text)?;
        let column = |name: &str| sheet.column(name);
        let (at, theirs, entry, kind) =
            (column("记账时间")?, column("微信支付业务单号")?, column("资金流水单号")?, column("业务类型")?);
        let (way, amount, note, ours) =
            (column("收支类型")?, column("收支金额(元)")?, column("备注")?, column("业务凭证号")?);
        // A fee names its payment or refund by the channel's number.
        let mut numbers = HashMap::new();
        for row in &sheet.rows {
            if matches!(cell(row, kind)?, "交易" | "退款") {
                numbers.insert(cell(row, theirs)?, cell(row, ours)?);
            }
        }
        let (mut came, mut went) = ((0_i64, 0_i64), (0_i64, 0_i64));
        for row in &sheet.rows {
            let field = |at: usize| cell(row, at);
            let (theirs, ours, at, fen) = (field(theirs)?, field(ours)?, moment(field(at)?), fen(field(amount)?)?);
            let (sum, out) = match field(way)? {
                "收入" => (&mut came, -1),
                "支出" => (&mut went, 1),
                other => return Err(format!("a movement of the way {other}")),
            };
            *sum = (sum.0 + 1, sum.1 + fen);
            match field(kind)? {
                "交易" => self.gross(BillKind::Payment, (ours, theirs), (-out * fen, fen), field(note)?, at),
                "退款" => self.gross(BillKind::Refund, (ours, theirs), (out * fen, fen), field(note)?, at),
                fee if fee.contains("手续费") => {
                    let number = numbers.get(theirs).copied().unwrap_or(if ours.is_empty() { theirs } else { ours });
                    self.add(BillKind::Fee, number, theirs, out * fen, at);
                }
                paid if paid.contains("转账") || paid.contains("付款") => {
                    self.add(BillKind::Transfer, ours, theirs, out * fen, at);
                }
                _ => self.add(BillKind::Other, field(entry)?, theirs, -out * fen, at),
            }
        }
        let sum = |at: usize| cell(&sheet.sums, at).and_then(hundredths);
        let said = ((sum(1)? / 100, sum(2)?), (sum(3)? / 100, sum(4)?));
        if said != (came, went) || sum(0)? / 100 != came.0 + went.0 {
            return Err(format!("the sums {said:?} are not those of the lines ({came:?}, {went:?})"));
        }
        Ok(())
    }

    /// A payment or refund in full: where the account moved only what the fee left of it, the note names both.
    fn gross(
        &mut self,
        kind: BillKind,
        (ours, theirs): (&str, &str),
        (signed, fen): (i64, i64),
        note: &str,
        at: Option<Instant>,
    ) {
        let mut amount = signed;
        if let Some((total, fee)) = told(note)
            && fee > 0
            && total == fen + fee
        {
            amount = signed.signum() * total;
            let taken = if kind == BillKind::Payment { fee } else { -fee };
            self.add(BillKind::Fee, ours, theirs, signed.signum() * taken, at);
        }
        self.add(kind, ours, theirs, amount, at);
    }

    fn into_bill(self) -> Bill {
        let mut bill = Bill::default();
        for ((kind, number), moved) in self.0 {
            if kind == BillKind::Fee {
                bill.fee = Fen(bill.fee.0 + moved.amount);
            }
            let (amount, state) = match kind {
                BillKind::Fee | BillKind::Other => (moved.amount, BillState::Done),
                // What went there and came back moved nothing.
                _ if moved.amount <= 0 => (-moved.amount, BillState::Failed),
                _ => (moved.amount, BillState::Done),
            };
            let Moved { channel_number, at, .. } = moved;
            bill.lines.push(BillLine { kind, number, channel_number, amount: Fen(amount), fee: Fen::ZERO, state, at });
        }
        bill
    }
}

/// Total and fee of `结算总金额 20.00 元;含手续费 0.12 元` or `退款总金额9.99元;含手续费0.06元`.
fn told(note: &str) -> Option<(i64, i64)> {
    let (total, fee) = note.split_once("总金额")?.1.split_once("手续费")?;
    let yuan = |text: &str| fen(text.split_once('元')?.0.trim()).ok();
    Some((yuan(total)?, yuan(fee)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
    const SUMS: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

    fn row(theirs: &str, kind: &str, way: &str, yuan: &str, note: &str, ours: &str) -> String {
        format!("`2026-11-24 10:00:05,`{theirs},`4200009,`{kind},`{kind},`{way},`{yuan},`99.00,`system,`{note},`{ours}")
    }
    fn read(rows: &[String], sums: &str) -> std::result::Result<Vec<(BillKind, String, i64, BillState)>, String> {
        let mut flow = Flow::default();
        flow.take(&format!("\u{feff}{HEADER}\r\n{}\r\n{SUMS}\r\n{sums}\r\n", rows.join("\r\n")))?;
        let bill = flow.into_bill();
        let fees = bill.lines.iter().filter(|line| line.kind == BillKind::Fee);
        assert_eq!(bill.fee.0, fees.map(|line| line.amount.0).sum::<i64>());
        Ok(bill.lines.into_iter().map(|line| (line.kind, line.number, line.amount.0, line.state)).collect())
    }

    #[test]
    fn what_moved_is_read_by_our_numbers() {
        use BillKind::{Fee, Other, Payment, Refund, Transfer};
        use BillState::{Done, Failed};
        let rows = [
            row("42001", "交易", "收入", "20.00", "结算总金额 20.00 元;含手续费 0.12 元", "700"),
            row("42001", "扣除交易手续费", "支出", "0.12", "", ""),
            row("50301", "退款", "支出", "9.99", "退款总金额9.99元;含手续费0.06元", "R9"),
            row("50301", "退还交易手续费", "收入", "0.06", "", ""),
            row("13301", "商家转账", "支出", "5.00", "佣金", "T3"),
            row("13302", "商家转账", "支出", "6.00", "佣金", "T4"),
            row("13302", "商家转账", "收入", "6.00", "佣金退回", "T4"),
            row("90001", "提现", "支出", "10.00", "", "90001"),
        ];
        let read = read(&rows, "`8.0,`3.0,`26.06,`5.0,`31.11").unwrap();
        let want = [
            (Payment, "700", 2_000, Done),
            (Refund, "R9", 999, Done),
            (Transfer, "T3", 500, Done),
            (Transfer, "T4", 0, Failed),
            (Fee, "700", 12, Done),
            (Fee, "R9", -6, Done),
            (Other, "4200009", -1_000, Done),
        ];
        assert_eq!(read, want.map(|(kind, number, amount, state)| (kind, number.to_owned(), amount, state)));
    }

    #[test]
    fn an_account_that_is_credited_what_is_left_reads_the_same() {
        let rows = [
            row("42001", "交易", "收入", "19.88", "结算总金额 20.00 元;含手续费 0.12 元", "700"),
            row("50301", "退款", "支出", "9.93", "退款总金额9.99元;含手续费0.06元", "R9"),
        ];
        let read = read(&rows, "`2,`1,`19.88,`1,`9.93").unwrap();
        let amounts: Vec<(&str, i64)> = read.iter().map(|line| (line.1.as_str(), line.2)).collect();
        assert_eq!(amounts, [("700", 2_000), ("R9", 999), ("700", 12), ("R9", -6)]);
    }

    #[test]
    fn sums_that_do_not_agree_are_refused() {
        let rows = [row("42001", "交易", "收入", "20.00", "", "700")];
        for sums in ["`1,`1,`20.01,`0,`0.00", "`2,`1,`20.00,`0,`0.00", "`1,`0,`0.00,`1,`20.00", "`1"] {
            assert!(read(&rows, sums).is_err(), "{sums}");
        }
        assert!(read(&[row("42001", "交易", "不变", "20.00", "", "700")], "`1,`1,`20.00,`0,`0.00").is_err());
    }
}
