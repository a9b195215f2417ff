//! The trade bill of a day: a signed answer gives an address that lives for seconds, where a zip lies; in it a CSV in GBK with
//! one line a movement, then its sums. Nothing but Alipay's own hosts is fetched from.
//! Source: opendocs.alipay.com, alipay.data.dataservice.bill.downloadurl.query (bill_type trade), 业务明细账单.

use super::Alipay;
use super::call::Failure;
use crate::http::Repeat;
use crate::statement::{gbk, hundredths, unreadable, unzip};
use kernel::ports::{Bill, BillKind, BillLine, BillState};
use kernel::{Error, Fen, Instant, Result, days, hours};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

/// Most bytes of a bill as downloaded.
const MOST_BYTES: usize = 64 << 20;
/// Until then of the next day a missing bill may still come; after that there was nothing to bill.
const SURELY_MADE: i64 = hours(12);

#[derive(Deserialize)]
struct Address {
    bill_download_url: String,
}

impl Alipay {
    pub(super) async fn download_bill(&self, day: i64) -> Result<Bill> {
        let date = Instant(day.saturating_mul(days(1))).datetime().date().to_string();
        let content = json!({ "bill_type": "trade", "bill_date": date });
        let method = "alipay.data.dataservice.bill.downloadurl.query";
        let address: Address = match self.call(method, &content, "", Repeat::Harmless).await {
            Ok(address) => address,
            Err(failure) if failure.says("isp.bill_not_exist") => {
                let midnight = Instant(day.saturating_mul(days(1)) - hours(8));
                if self.clock.now() < midnight + days(1) + SURELY_MADE {
                    let text = "支付宝还没有出这一天的账单，稍后会再取";
                    return Err(Error::gateway("payment.bill_not_ready", text).because(failure.into_error()));
                }
                return Ok(Bill::default());
            }
            Err(failure) => return Err(failure.into_error()),
        };
        let packed = self.fetch_bill(&address.bill_download_url).await?;
        let files = unzip(&packed, |name| name.ends_with(".csv") && !name.contains("汇总")).map_err(unreadable)?;
        let [file] = &files[..] else { return Err(unreadable("not one file of details")) };
        parse(&gbk(file), &self.seller_id).map_err(unreadable)
    }

    /// The address was signed; what lies there is not, so it must be Alipay's own, reached the same way as the gateway.
    async fn fetch_bill(&self, address: &str) -> Result<bytes::Bytes> {
        let url = Url::parse(address).map_err(unreadable)?;
        let gateway = Url::parse(&self.gateway).map_err(unreadable)?;
        let host = url.host_str().unwrap_or_default();
        let is_theirs = host.ends_with(".alipay.com") && url.scheme() == "https";
        if !is_theirs && url.origin() != gateway.origin() {
            return Err(unreadable("the address of the file is none of the channel's"));
        }
        let http = self.http.clone().reading_up_to(MOST_BYTES);
        let unavailable = |cause: String| Failure::Unknown(cause).into_error();
        let answer = http.send(Repeat::Harmless, || http.to(Method::GET, url.clone())).await;
        let answer = answer.map_err(|fault| unavailable(fault.text))?;
        if !answer.is_success() {
            return Err(unavailable(format!("http {} for the file of a bill", answer.status)));
        }
        Ok(answer.body)
    }
}

/// Reads the details. Refunds stand as negative amounts, by the number they were asked for with.
fn parse(text: &str, seller_id: &str) -> Result<Bill, String> {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let account = lines.by_ref().find(|line| line.starts_with("#账号"));
    let account = account.ok_or("no account")?;
    // The account's number has four digits more than the PID that it begins with.
    if !account.trim_start_matches(|c: char| !c.is_ascii_digit()).starts_with(seller_id) {
        return Err("a bill of another account".to_owned());
    }
    let header = lines.by_ref().find(|line| !line.starts_with('#')).ok_or("no header")?;
    let header: Vec<&str> = header.split(',').map(str::trim).collect();
    let column = |name: &str| header.iter().position(|have| *have == name).ok_or(format!("no column {name}"));
    let (trade, number, kind, at) =
        (column("支付宝交易号")?, column("商户订单号")?, column("业务类型")?, column("完成时间")?);
    let (amount, received, request, fee) =
        (column("订单金额（元）")?, column("商家实收（元）")?, column("退款批次号/请求号")?, column("服务费（元）")?);
    let mut bill = Bill::default();
    let (mut paid, mut back) = ((0_i64, 0_i64), (0_i64, 0_i64));
    let mut ended = false;
    for line in lines.by_ref() {
        if line.starts_with('#') {
            ended = line.contains("业务明细列表结束");
            break;
        }
        let cells = cells(line, header.len())?;
        let cell = |at: usize| cells[at].as_str();
        let at = Instant::parse(&format!("{}+08:00", cell(at).replace(' ', "T")));
        let (fen, got) = (hundredths(cell(amount))?, hundredths(cell(received))?);
        let size = hundredths(cell(fee))?.abs();
        let (kind, number, sums, sign) = match cell(kind) {
            "交易" => (BillKind::Payment, cell(number), &mut paid, 1),
            "退款" => (BillKind::Refund, cell(request), &mut back, -1),
            other => return Err(format!("a line of kind {other}")),
        };
        if fen * sign < 0 {
            return Err(format!("amount {fen} of a {number}"));
        }
        *sums = (sums.0 + 1, sums.1 + got);
        bill.fee = Fen(bill.fee.0 + sign * size);
        bill.lines.push(BillLine {
            kind,
            number: number.to_owned(),
            channel_number: cell(trade).to_owned(),
            amount: Fen(fen.abs()),
            fee: Fen(sign * size),
            state: BillState::Done,
            at,
        });
    }
    if !ended {
        return Err("the end is missing: the file is cut off".to_owned());
    }
    let mut said = (None, None);
    for line in lines {
        if line.starts_with("#交易合计") {
            said.0 = Some(sums(line)?);
        } else if line.starts_with("#退款合计") {
            said.1 = Some(sums(line)?);
        }
    }
    if said != (Some(paid), Some(back)) {
        return Err(format!("the sums {said:?} are not those of the lines ({paid:?}, {back:?})"));
    }
    Ok(bill)
}

/// The cells of a line; a goods name may itself hold commas, which stand unquoted: they are taken into the fourth cell.
fn cells(line: &str, count: usize) -> Result<Vec<String>, String> {
    const GOODS: usize = 3;
    let parts: Vec<&str> = line.split(',').map(|part| part.trim_matches(['\t', ' '])).collect();
    let extra = parts.len().checked_sub(count).ok_or(format!("a line of {} cells", parts.len()))?;
    let goods = parts[GOODS..=GOODS + extra].join(",");
    let (before, after) = (&parts[..GOODS], &parts[GOODS + extra + 1..]);
    Ok(before
        .iter()
        .map(|part| (*part).to_owned())
        .chain([goods])
        .chain(after.iter().map(|p| (*p).to_owned()))
        .collect())
}

/// `#交易合计：6笔，商家实收共0.06元，…`: how many, and how much.
fn sums(line: &str) -> Result<(i64, i64), String> {
    let wrong = || format!("sums {line}");
    let (count, rest) = line.split_once('：').and_then(|(_, rest)| rest.split_once('笔')).ok_or_else(wrong)?;
    let (_, rest) = rest.split_once('共').ok_or_else(wrong)?;
    let (amount, _) = rest.split_once('元').ok_or_else(wrong)?;
    Ok((count.trim().parse().map_err(|_| wrong())?, hundredths(amount.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n#起始日期：[2026年11月24日 00:00:00]   终止日期：[2026年11月25日 00:00:00]\r\n#-----------------------------------------业务明细列表----------------------------------------\r\n支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n";
    const END: &str =
        "#-----------------------------------------业务明细列表结束------------------------------------\r\n";

    fn line(kind: &str, goods: &str, yuan: &str, request: &str, fee: &str) -> String {
        format!(
            "2026112422001458860515315453\t,700000001\t,{kind}\t,{goods},2026-11-24 10:55:16,2026-11-24 10:55:23,\t,\t,\t,\t,*津水(602***@qq.com)\t,{yuan},{yuan},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,{request}\t,{fee},0.00,\r\n"
        )
    }

    fn bill(lines: &[String], sums: &str) -> Result<Bill, String> {
        parse(&format!("{HEAD}{}{END}{sums}", lines.concat()), "2088000000000001")
    }

    const SUMS: &str = "#交易合计：1笔，商家实收共20.00元，商家优惠共0.00元\r\n#退款合计：1笔，商家实收退款共-9.99元，商家优惠退款共0.00元\r\n#导出时间：[2026年11月25日 05:46:49]\r\n";

    #[test]
    fn lines_and_sums_are_read_to_the_fen() {
        let lines =
            [line("交易", "龙井, 明前", "20.00", "", "-0.12"), line("退款", "龙井", "-9.99", "R900000001", "0.06")];
        let read = bill(&lines, SUMS).unwrap();
        assert_eq!(read.fee, Fen(6));
        let [paid, back] = &read.lines[..] else { panic!("two lines") };
        assert_eq!((paid.kind, paid.number.as_str(), paid.amount), (BillKind::Payment, "700000001", Fen(2_000)));
        assert_eq!(paid.at, Instant::parse("2026-11-24T02:55:23Z"));
        assert_eq!((back.kind, back.number.as_str(), back.amount), (BillKind::Refund, "R900000001", Fen(999)));
        assert_eq!(back.channel_number, "2026112422001458860515315453");
    }

    #[test]
    fn sums_that_do_not_agree_and_files_that_end_early_are_refused() {
        let lines = [line("交易", "茶", "20.00", "", "0"), line("退款", "茶", "-9.99", "R9", "0")];
        assert!(bill(&lines[..1], SUMS).is_err());
        assert!(bill(&lines, &SUMS.replace("-9.99", "-9.98")).is_err());
        assert!(bill(&lines, "").is_err());
        assert!(parse(&format!("{HEAD}{}", lines.concat()), "2088000000000001").unwrap_err().contains("cut off"));
        assert!(parse(&format!("{HEAD}{}{END}{SUMS}", lines.concat()), "2088000000000002").is_err());
        assert!(parse("what,is,this\n", "1").is_err());
        let odd = [line("转账", "茶", "1.00", "", "0")];
        assert!(bill(&odd, SUMS).unwrap_err().contains("转账"));
    }
}
