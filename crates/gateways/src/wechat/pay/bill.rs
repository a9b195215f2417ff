//! The trade bill of a day: its address is asked for with a signed request, the file is downloaded with another one, and
//! nothing of it is believed before its hash is the one that was signed. Source: pay.weixin.qq.com/doc/v3/merchant
//! 4012791866 (trade bill), 4012791883 (download).
//!
//! The sums at the end must agree with the lines.

use super::WechatPay;
use super::call::{Failure, read};
use super::sheet::{Sheet, cell, moment};
use crate::http::Repeat;
use crate::statement::{fen, hundredths, unreadable};
use flate2::read::GzDecoder;
use kernel::ports::{Bill, BillKind, BillLine, BillState};
use kernel::{Error, Fen, Instant, Result, days};
use reqwest::{Method, Url};
use serde::Deserialize;
use std::io::Read;

/// Most bytes of a bill, as downloaded and unpacked.
const MOST_BYTES: usize = 64 << 20;
const MOST_UNPACKED: u64 = 512 << 20;

#[derive(Deserialize)]
struct Address {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

impl WechatPay {
    pub(super) async fn download_bill(&self, day: i64) -> Result<Bill> {
        let path = format!("/v3/bill/tradebill?bill_date={}&bill_type=ALL&tar_type=GZIP", date(day));
        match self.download(&path).await? {
            Some(text) => parse(&text, &self.merchant_id).map_err(unreadable),
            None => Ok(Bill::default()),
        }
    }

    /// The file behind a request for a bill; `None` when there was nothing to bill.
    pub(super) async fn download(&self, path: &str) -> Result<Option<String>> {
        let answer = match self.call(Method::GET, path, None, Repeat::Harmless).await {
            Ok(answer) => answer,
            Err(Failure::Refused(refusal)) => {
                return match refusal.code.as_str() {
                    "NO_STATEMENT_EXIST" => Ok(None),
                    "STATEMENT_CREATING" => {
                        Err(Error::gateway("payment.bill_not_ready", "微信支付还没有出这一天的账单，稍后会再取")
                            .because(refusal))
                    }
                    _ => Err(Failure::Refused(refusal).into_error()),
                };
            }
            Err(failure) => return Err(failure.into_error()),
        };
        let address: Address = read(&answer).map_err(Failure::into_error)?;
        if address.hash_type != "SHA1" {
            return Err(unreadable(format_args!("hash type {}", address.hash_type)));
        }
        let text = unpack(&self.fetch_bill(&address.download_url).await?)?;
        if !wire::same(wire::sha1_hex(&text), address.hash_value.to_ascii_lowercase()) {
            return Err(unreadable("the file has another hash than was signed"));
        }
        String::from_utf8(text).map(Some).map_err(unreadable)
    }

    /// Only path and query of the address are used: a signed request goes to nobody but the channel. The answer is not
    /// signed; the hash stands for it.
    async fn fetch_bill(&self, address: &str) -> Result<bytes::Bytes> {
        let url = Url::parse(address).map_err(unreadable)?;
        let whole = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let path = whole.find("/v3/").map(|at| whole[at..].to_owned());
        let path = path.ok_or_else(|| unreadable("the address of the file is no path of the channel"))?;
        let request = || self.signed_request(Method::GET, &path, None);
        let http = self.http.clone().reading_up_to(MOST_BYTES);
        let unavailable = |cause: String| Failure::Unknown(cause).into_error();
        let answer = http.send(Repeat::Harmless, request).await.map_err(|fault| unavailable(fault.text))?;
        if !answer.is_success() {
            return Err(unavailable(format!("http {} for the file of a bill", answer.status)));
        }
        Ok(answer.body)
    }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    GzDecoder::new(packed).take(MOST_UNPACKED + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MOST_UNPACKED {
        return Err(unreadable("the unpacked bill is too large"));
    }
    Ok(text)
}

/// The day as requests name it, `2026-11-25`.
pub(super) fn date(day: i64) -> String {
    Instant(day.saturating_mul(days(1))).datetime().date().to_string()
}

/// Reads a bill of the kind `ALL`.
fn parse(text: &str, merchant_id: &str) -> std::result::Result<Bill, String> {
    let sheet = Sheet::read(text)?;
    let column = |name: &str| sheet.column(name);
    let (at, merchant, transaction, number) =
        (column("交易时间")?, column("商户号")?, column("微信订单号")?, column("商户订单号")?);
    let (state, amount, fee) = (column("交易状态")?, column("订单金额")?, column("手续费")?);
    let (refund_id, refund_number, refund_amount, refund_state) =
        (column("微信退款单号")?, column("商户退款单号")?, column("申请退款金额")?, column("退款状态")?);
    let mut bill = Bill::default();
    let (mut paid, mut refunded) = (0_i64, 0_i64);
    for row in &sheet.rows {
        let field = |at: usize| cell(row, at);
        if field(merchant)? != merchant_id {
            return Err("a line of another merchant".to_owned());
        }
        let (at, fee) = (moment(field(at)?), Fen(hundredths(field(fee)?)?));
        let line = match field(state)? {
            "SUCCESS" => BillLine {
                kind: BillKind::Payment,
                number: field(number)?.to_owned(),
                channel_number: field(transaction)?.to_owned(),
                amount: Fen(fen(field(amount)?)?),
                fee,
                state: BillState::Done,
                at,
            },
            // A payment that was undone at the till counts as given back.
            "REFUND" | "REVOKED" => BillLine {
                kind: BillKind::Refund,
                number: field(refund_number)?.to_owned(),
                channel_number: field(refund_id)?.to_owned(),
                amount: Fen(fen(field(refund_amount)?)?),
                fee,
                state: match field(refund_state)? {
                    "SUCCESS" => BillState::Done,
                    "PROCESSING" => BillState::Processing,
                    "FAIL" | "CHANGE" => BillState::Failed,
                    other => return Err(format!("refund state {other}")),
                },
                at,
            },
            other => return Err(format!("trade state {other}")),
        };
        let sum = if line.kind == BillKind::Payment { &mut paid } else { &mut refunded };
        *sum += line.amount.0;
        bill.lines.push(line);
    }
    let sum = |at: usize| cell(&sheet.sums, at);
    let records = i64::try_from(sheet.rows.len()).unwrap_or(i64::MAX);
    let said = (sum(0)?.parse::<i64>().ok(), fen(sum(5)?)?, fen(sum(6)?)?);
    if said != (Some(records), paid, refunded) {
        return Err(format!("the sums {said:?} are not those of the lines ({records}, {paid}, {refunded})"));
    }
    bill.fee = Fen(hundredths(sum(4)?)?);
    Ok(bill)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
    const SUMS: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

    fn payment(number: &str, yuan: &str) -> String {
        format!(
            "`2026-11-24 10:00:05,`wx1,`1900000001,`0,`,`42000001,`{number},`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`{yuan},`0.00,`0,`0,`0.00,`0.00,`,`,`龙井, 明前,`,`0.12000,`0.60%,`{yuan},`0.00,`"
        )
    }
    fn refund(number: &str, yuan: &str, state: &str) -> String {
        format!(
            "`2026-11-24 11:00:05,`wx1,`1900000001,`0,`,`42000001,`700,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030001,`{number},`{yuan},`0.00,`ORIGINAL,`{state},`龙井,`,`-0.06000,`0.60%,`0.00,`{yuan},`"
        )
    }
    fn bill(lines: &[String], sums: &str) -> std::result::Result<Bill, String> {
        parse(&format!("\u{feff}{HEADER}\r\n{}\r\n{SUMS}\r\n{sums}\r\n", lines.join("\r\n")), "1900000001")
    }

    #[test]
    fn lines_and_sums_are_read_to_the_fen() {
        let lines = [payment("700", "20.00"), refund("R9", "9.99", "SUCCESS")];
        let read = bill(&lines, "`2,`20.00,`9.99,`0.00,`0.06000,`20.00,`9.99").unwrap();
        assert_eq!(read.fee, Fen(6));
        assert_eq!(read.lines.iter().map(|line| line.fee.0).collect::<Vec<_>>(), [12, -6]);
        let [paid, back] = &read.lines[..] else { panic!("two lines") };
        assert_eq!((paid.kind, paid.number.as_str(), paid.amount), (BillKind::Payment, "700", Fen(2_000)));
        assert_eq!(paid.at, Instant::parse("2026-11-24T02:00:05Z"));
        assert_eq!((back.kind, back.number.as_str(), back.amount), (BillKind::Refund, "R9", Fen(999)));
        assert_eq!((back.channel_number.as_str(), back.state), ("5030001", BillState::Done));
    }

    #[test]
    fn sums_that_do_not_agree_and_files_that_end_early_are_refused() {
        let line = [payment("700", "20.00")];
        assert!(bill(&line, "`1,`20.00,`0.00,`0.00,`0.12,`20.01,`0.00").is_err());
        assert!(bill(&line, "`2,`20.00,`0.00,`0.00,`0.12,`20.00,`0.00").is_err());
        assert!(parse(&format!("{HEADER}\n{}\n", line[0]), "1900000001").unwrap_err().contains("cut off"));
        assert!(parse(&format!("{HEADER}\n{}\n{SUMS}\n`1", line[0]), "1900000002").is_err(), "another merchant");
        assert!(parse("what,is,this\n", "1").is_err());
    }
}
