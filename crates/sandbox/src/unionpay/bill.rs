//! The statement of a day of settlement (23:00 to 23:00): a ZM file of fixed columns in a zip, deflated and in base64 under
//! the answer's signature. It holds what was really settled; three faults make it differ.

use super::gateway::Call;
use super::model::{Order, Standing};
use super::trade::Refused;
use crate::archive;
use crate::china;
use crate::switches::Fault;
use crate::world::World;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use kernel::{Fen, Instant, hours};
use std::io::Write as _;

/// Widths of the columns in bytes; one blank between two.
const WIDTHS: [usize; 42] = [
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13,
    13, 8, 32, 13, 13, 12, 2, 1, 32, 98,
];
/// 0.60 %.
const RATE_PER_MILLE: i64 = 6;
const NO_FILE: Refused = Refused("98", "文件不存在[5100098]");

/// `YYYYMMDD` of the day an instant is settled on.
pub(super) fn settle_date(at: Instant) -> String {
    china::compact(at + hours(1))[..8].to_owned()
}

/// Name and content of the file of `settleDate`.
pub(super) fn file(world: &World, call: &Call) -> Result<(String, String), Refused> {
    if call.of("txnType") != "76" || call.of("txnSubType") != "01" || call.of("fileType") != "00" {
        return Err(Refused("10", "报文格式错误[6100030]"));
    }
    let (asked, now) = (call.of("settleDate"), world.now());
    // The day of that name that is over.
    let date = (1..366).map(|back| settle_date(now + hours(-24 * back))).find(|date| &date[4..] == asked);
    let date = date.ok_or(NO_FILE)?;
    if call.faults.has(Fault::BillLate) {
        return Err(NO_FILE);
    }
    let mut orders: Vec<Order> = {
        let state = world.state();
        let on_day = |order: &&Order| {
            order.standing == Standing::Paid && order.settled_at.is_some_and(|at| settle_date(at) == date)
        };
        state.unionpay.newest().filter(on_day).cloned().collect()
    };
    orders.reverse();
    if call.faults.has(Fault::BillMissingLine) {
        orders.pop();
    }
    if call.faults.has(Fault::BillWrongAmount)
        && let Some(first) = orders.iter_mut().find(|order| order.kind == "01" && order.amount.0 > 1)
    {
        first.amount = Fen(first.amount.0 - 1);
    }
    let merchant = world.keys(|keys| keys.unionpay.merchant_id.clone());
    let mut text: String = orders.iter().map(|order| line(order, &merchant)).collect();
    if call.faults.has(Fault::BillExtraLine) {
        text.push_str(&extra(&date, &merchant));
    }
    if text.is_empty() {
        return Err(NO_FILE);
    }
    let short = &date[2..];
    let name = format!("{merchant}_{date}.zip");
    let packed = archive::zip(&[(format!("INN{short}88ZM_{merchant}"), text.into_bytes())]);
    let mut deflater = ZlibEncoder::new(Vec::new(), Compression::fast());
    let deflated = packed.and_then(|zip| deflater.write_all(&zip).and_then(|()| deflater.finish()));
    let bytes = deflated.map_err(|_| Refused("06", "系统正忙，请稍后再试[2000002]"))?;
    Ok((name, wire::unionpay::as_file_content(&bytes)))
}

/// A line of the ZM file.
fn line(order: &Order, merchant: &str) -> String {
    let at = order.settled_at.unwrap_or(order.created_at);
    let is_refund = order.kind == "04";
    let fee = (order.amount.0 * RATE_PER_MILLE + 500) / 1_000;
    let side = |to_us: bool| if to_us { 'C' } else { 'D' };
    columns(&[
        (0, if is_refund { "S30" } else { "S22" }.to_owned()),
        (1, "00049992".to_owned()),
        (2, "00049992".to_owned()),
        (3, order.trace_no.clone()),
        (4, china::compact(at)[4..].to_owned()),
        (5, "6221********0000".to_owned()),
        (6, format!("{:012}", order.amount.0)),
        (7, "5411".to_owned()),
        (8, order.channel_type.clone()),
        (9, order.query_id.clone()),
        (11, order.number.clone()),
        (12, "01".to_owned()),
        (15, format!("{}{fee:012}", side(is_refund))),
        (16, format!("{}{:012}", side(!is_refund), order.amount.0 - fee)),
        (19, order.kind.clone()),
        (20, if is_refund { "00" } else { "01" }.to_owned()),
        (21, "000201".to_owned()),
        (26, order.original.clone()),
        (27, merchant.to_owned()),
    ])
}

/// A payment nobody at the mall knows of.
fn extra(date: &str, merchant: &str) -> String {
    columns(&[
        (0, "S22".to_owned()),
        (3, "000000".to_owned()),
        (4, format!("{}123456", &date[4..])),
        (6, format!("{:012}", 888)),
        (9, format!("{date}1234567890123")),
        (11, format!("UNKNOWN{date}")),
        (15, format!("D{:012}", 5)),
        (16, format!("C{:012}", 883)),
        (19, "01".to_owned()),
        (20, "01".to_owned()),
        (21, "000201".to_owned()),
        (27, merchant.to_owned()),
    ])
}

fn columns(values: &[(usize, String)]) -> String {
    let cells: Vec<String> = WIDTHS
        .iter()
        .enumerate()
        .map(|(at, width)| {
            let value = values.iter().find(|(column, _)| *column == at).map_or("", |(_, value)| value.as_str());
            format!("{value:<width$.width$}")
        })
        .collect();
    cells.join(" ") + "\r\n"
}
