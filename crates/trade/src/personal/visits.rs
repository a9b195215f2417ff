//! Bookings and goods put aside, for the copy a member asks for.

use crate::booking::Contact;
use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use people::hooks::Section;
use platform::seal::Sealer;
use serde_json::{Value, json};

const BOOKINGS: &[(&str, &str)] = &[
    ("id", "预约编号"),
    ("order_id", "订单号"),
    ("service", "服务"),
    ("state", "状态"),
    ("starts_at", "时间"),
    ("people", "人数"),
    ("name", "联系人"),
    ("phone", "电话"),
    ("remark", "留言"),
    ("created_at", "预约时间"),
];
const FITTINGS: &[(&str, &str)] = &[
    ("id", "留货编号"),
    ("name", "商品"),
    ("option_text", "规格"),
    ("quantity", "数量"),
    ("state", "状态"),
    ("until", "保留到"),
    ("created_at", "留货时间"),
];

type BookingRow = (Id, Id, String, String, Instant, i64, Option<String>, Option<String>, Instant);

pub(super) fn bookings(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<BookingRow> = tx.all(
        "select id, order_id, service_name, state, starts_at, people, contact, remark, created_at
         from booking
         where mall_id = $1 and member_id = $2
         order by id",
        &args![mall_id, member],
    )?;
    let row = |(id, order_id, service, state, starts_at, people, contact, remark, created_at): BookingRow| {
        let contact = contact.map(|sealed| Contact::open(sealer, &sealed)).transpose()?;
        let (name, phone) = contact.map_or((None, None), |contact| (Some(contact.name), Some(contact.phone)));
        Ok(vec![
            json!(id),
            json!(order_id),
            json!(service),
            json!(state),
            json!(starts_at),
            json!(people),
            json!(name),
            json!(phone),
            json!(remark),
            json!(created_at),
        ])
    };
    let rows: Result<Vec<Vec<Value>>> = rows.into_iter().map(row).collect();
    Ok(Section { name: "bookings", title: "预约", columns: BOOKINGS, rows: rows? })
}

pub(super) fn fittings(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(Id, String, String, i64, String, Instant, Instant)> = tx.all(
        "select id, name, option_text, quantity, state, until, created_at
         from fitting
         where mall_id = $1 and member_id = $2
         order by id",
        &args![mall_id, member],
    )?;
    let row = |(id, name, option, quantity, state, until, created_at): (
        Id,
        String,
        String,
        i64,
        String,
        Instant,
        Instant,
    )| {
        vec![json!(id), json!(name), json!(option), json!(quantity), json!(state), json!(until), json!(created_at)]
    };
    let rows = rows.into_iter().map(row).collect();
    Ok(Section { name: "fittings", title: "门店留货", columns: FITTINGS, rows })
}
