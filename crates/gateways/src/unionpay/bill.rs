//! The statement of a day: the answer to a signed request carries a zip (deflated, in base64, under the signature), and in it
//! the ZM file, one line of fixed columns a trade. A day at UnionPay is a day of settlement: from 23:00 to 23:00.
//! Source: open.unionpay.com API 791 (对账文件下载); the columns of 全渠道平台接入接口规范 第3部分 文件接口, 6.1 ZM文件, as the
//! vendor's SDK reads them (`parseZMFile` of upacp_demo: 42 columns with one blank between) and named as in its field list.

use super::UnionPay;
use super::call::{Door, Failure, china_time, read_short_time};
use crate::http::Repeat;
use crate::statement::{gbk, unreadable, unzip};
use flate2::read::ZlibDecoder;
use kernel::ports::{Bill, BillKind, BillLine, BillState};
use kernel::{Error, Fen, Instant, Result, days, hours};
use std::io::Read;

/// Widths of the columns in bytes.
const WIDTHS: [usize; 42] = [
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13,
    13, 8, 32, 13, 13, 12, 2, 1, 32, 98,
];
const TRACE_TIME: usize = 4;
const AMOUNT: usize = 6;
const QUERY_ID: usize = 9;
const ORDER_ID: usize = 11;
const FEE: usize = 15;
const TYPE: usize = 19;
const MERCHANT: usize = 27;
/// Most bytes of the deflated archive once inflated.
const MOST_INFLATED: u64 = 128 << 20;
/// Until then of the next day a missing file may still come; after that there was nothing to settle.
const SURELY_MADE: i64 = hours(12);

impl UnionPay {
    pub(super) async fn download_bill(&self, day: i64) -> Result<Bill> {
        let midnight = Instant(day.saturating_mul(days(1)) - hours(8));
        let (date, now) = (china_time(midnight), self.clock.now());
        let txn_time = china_time(now);
        let own = [
            ("txnType", "76"),
            ("txnSubType", "01"),
            ("bizType", "000000"),
            ("fileType", "00"),
            ("txnTime", txn_time.as_str()),
            ("settleDate", &date[4..8]),
        ];
        let told = match self.call(Door::Files, &own, Repeat::Harmless).await {
            // 98: there is no such file, because nothing was settled or because it is not made yet.
            Err(Failure::Refused(refusal)) if refusal.code == "98" => {
                if now < midnight + days(1) + SURELY_MADE {
                    let text = "银联还没有出这一天的对账文件，稍后会再取";
                    return Err(Error::gateway("payment.bill_not_ready", text).because(refusal));
                }
                return Ok(Bill::default());
            }
            other => other.map_err(Failure::into_error)?,
        };
        if told.of("settleDate") != &date[4..8] {
            return Err(unreadable("the file is of another day"));
        }
        let packed = wire::unionpay::file_content(told.of("fileContent")).map_err(unreadable)?;
        let mut archive = Vec::new();
        ZlibDecoder::new(&*packed).take(MOST_INFLATED + 1).read_to_end(&mut archive).map_err(unreadable)?;
        if archive.len() as u64 > MOST_INFLATED {
            return Err(unreadable("the archive is too large"));
        }
        let files = unzip(&archive, |name| name.contains("ZM_")).map_err(unreadable)?;
        if files.is_empty() {
            return Err(unreadable("an archive without a ZM file"));
        }
        let mut bill = Bill::default();
        for file in files {
            read(&file, &self.merchant_id, midnight, &mut bill).map_err(unreadable)?;
        }
        Ok(bill)
    }
}

/// Reads the lines of a ZM file.
fn read(file: &[u8], merchant_id: &str, day: Instant, bill: &mut Bill) -> Result<(), String> {
    let lines = file.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in lines.filter(|line| !line.iter().all(u8::is_ascii_whitespace)) {
        if column(line, MERCHANT)? != merchant_id {
            return Err("a line of another merchant".to_owned());
        }
        let (kind, sign) = match column(line, TYPE)?.as_str() {
            "01" => (BillKind::Payment, 1),
            // Given back: a refund, or a payment undone on its own day.
            "04" | "31" => (BillKind::Refund, -1),
            other => return Err(format!("a trade of type {other}")),
        };
        let fee = Fen(sign * digits(&column(line, FEE)?)?);
        bill.lines.push(BillLine {
            kind,
            number: column(line, ORDER_ID)?,
            channel_number: column(line, QUERY_ID)?,
            amount: Fen(digits(&column(line, AMOUNT)?)?),
            fee,
            state: BillState::Done,
            at: read_short_time(&column(line, TRACE_TIME)?, day),
        });
        bill.fee = Fen(bill.fee.0 + fee.0);
    }
    Ok(())
}

/// One column, without the blanks around it.
fn column(line: &[u8], at: usize) -> Result<String, String> {
    let start: usize = WIDTHS[..at].iter().map(|width| width + 1).sum();
    let cell = line.get(start..start + WIDTHS[at]);
    cell.map(|cell| gbk(cell).trim().to_owned()).ok_or(format!("a line of {} bytes", line.len()))
}

/// Fen; of amounts with a letter or sign before them (`C`, `D`: to whose credit) only the size, the trade says the rest.
fn digits(text: &str) -> Result<i64, String> {
    let plain = text.strip_prefix(['C', 'D', '+', '-']).unwrap_or(text).trim();
    if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) {
        return if text.is_empty() { Ok(0) } else { Err(format!("amount {text}")) };
    }
    plain.parse().map_err(|_| format!("amount {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, number: &str, amount: &str, fee: &str) -> Vec<u8> {
        let mut cells: Vec<String> = WIDTHS.iter().map(|width| " ".repeat(*width)).collect();
        for (at, value) in [
            (0, "S22"),
            (TRACE_TIME, "1124100005"),
            (AMOUNT, amount),
            (QUERY_ID, "951807261002324791038"),
            (ORDER_ID, number),
            (FEE, fee),
            (TYPE, kind),
            (MERCHANT, "777290058110048"),
        ] {
            cells[at] = format!("{value:<width$}", width = WIDTHS[at]);
        }
        cells.join(" ").into_bytes()
    }

    fn bill(lines: &[Vec<u8>]) -> Result<Bill, String> {
        let day = Instant::parse("2026-11-24T00:00:00+08:00").unwrap();
        let mut bill = Bill::default();
        read(&lines.join(b"\r\n".as_slice()), "777290058110048", day, &mut bill).map(|()| bill)
    }

    #[test]
    fn columns_are_read_to_the_fen() {
        let read = bill(&[
            line("01", "3612345678901234567", "000000019900", "D000000000119"),
            line("04", "R3612345678901234568", "000000000999", "C000000000006"),
        ])
        .unwrap();
        assert_eq!(read.fee, Fen(113));
        let [paid, back] = &read.lines[..] else { panic!("two lines") };
        assert_eq!(
            (paid.kind, paid.number.as_str(), paid.amount),
            (BillKind::Payment, "3612345678901234567", Fen(19_900))
        );
        assert_eq!(paid.at, Instant::parse("2026-11-24T02:00:05Z"));
        assert_eq!(
            (back.kind, back.number.as_str(), back.amount),
            (BillKind::Refund, "R3612345678901234568", Fen(999))
        );
        assert_eq!(bill(&[]).unwrap(), Bill::default());
    }

    #[test]
    fn a_file_that_is_cut_off_or_not_ours_is_refused() {
        let whole = line("01", "3612345678901234567", "000000019900", "D000000000119");
        assert!(bill(&[whole[..200].to_vec()]).is_err());
        assert!(bill(&[line("99", "3612345678901234567", "1", "")]).unwrap_err().contains("type 99"));
        assert!(bill(&[line("01", "3612345678901234567", "1.00", "")]).is_err());
        let mut bill = Bill::default();
        assert!(read(&whole, "somebody", Instant(0), &mut bill).is_err());
    }
}
