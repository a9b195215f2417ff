//! The sale's tables for the copy a member asks for: one query a table.

use crate::after_sale::{Stage, reason_label};
use crate::invoice;
use crate::order::Receiver;
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use people::hooks::Section;
use platform::seal::Sealer;
use serde_json::{Value, json};

const CART: &[(&str, &str)] = &[("sku_id", "规格编号"), ("quantity", "数量"), ("added_at", "加入时间")];
const ORDERS: &[(&str, &str)] = &[
    ("id", "订单号"),
    ("status", "状态"),
    ("delivery_kind", "配送方式"),
    ("total_fen", "应付（分）"),
    ("paid_fen", "实付（分）"),
    ("refunded_fen", "已退（分）"),
    ("receiver_name", "收货人"),
    ("receiver_phone", "电话"),
    ("receiver_address", "地址"),
    ("remark", "留言"),
    ("created_at", "下单时间"),
    ("paid_at", "付款时间"),
    ("completed_at", "完成时间"),
    ("closed_at", "关闭时间"),
];
const LINES: &[(&str, &str)] = &[
    ("order_id", "订单号"),
    ("name", "商品"),
    ("option_text", "规格"),
    ("quantity", "数量"),
    ("unit_price_fen", "单价（分）"),
    ("payable_fen", "应付（分）"),
];
const PAYMENTS: &[(&str, &str)] = &[
    ("id", "支付编号"),
    ("channel", "渠道"),
    ("status", "状态"),
    ("amount_fen", "金额（分）"),
    ("transaction_id", "渠道流水号"),
    ("payer", "付款身份标识"),
    ("paid_at", "付款时间"),
];
const REFUNDS: &[(&str, &str)] = &[
    ("id", "退款编号"),
    ("order_id", "订单号"),
    ("amount_fen", "金额（分）"),
    ("reason", "原因"),
    ("status", "状态"),
    ("created_at", "申请时间"),
];
const AFTER_SALES: &[(&str, &str)] = &[
    ("id", "售后单号"),
    ("order_id", "订单号"),
    ("kind", "类型"),
    ("status", "状态"),
    ("reason", "原因"),
    ("description", "说明"),
    ("picture_keys", "图片"),
    ("goods_fen", "商品退款（分）"),
    ("freight_fen", "运费退款（分）"),
    ("return_tracking_number", "寄回运单号"),
    ("answer", "商家答复"),
    ("created_at", "申请时间"),
    ("ended_at", "结束时间"),
];
const PARCELS: &[(&str, &str)] =
    &[("order_id", "订单号"), ("carrier_code", "快递公司"), ("tracking_number", "运单号"), ("shipped_at", "发货时间")];

const TITLES: &[(&str, &str)] = &[
    ("kind", "类型"),
    ("name", "抬头"),
    ("tax_number", "税号"),
    ("address", "地址"),
    ("phone", "电话"),
    ("email", "邮箱"),
];
const INVOICES: &[(&str, &str)] = &[
    ("id", "编号"),
    ("kind", "红蓝字"),
    ("state", "状态"),
    ("name", "抬头"),
    ("amount_fen", "金额（分）"),
    ("number", "发票号码"),
    ("created_at", "申请时间"),
];

pub(super) fn invoice_titles(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member: Id) -> Result<Section> {
    let rows = invoice::titles(tx, sealer, mall_id, member)?.into_iter().map(|row| {
        let title = row.title;
        vec![
            json!(title.kind),
            json!(title.name),
            json!(title.tax_number),
            json!(title.address),
            json!(title.phone),
            json!(title.email),
        ]
    });
    Ok(Section { name: "invoice_titles", title: "发票抬头", columns: TITLES, rows: rows.collect() })
}

pub(super) fn invoices(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member: Id) -> Result<Section> {
    let rows = invoice::of_member(tx, sealer, mall_id, member, None, 10_000)?.items.into_iter().map(|row| {
        vec![
            json!(row.id),
            json!(row.kind),
            json!(row.state),
            json!(row.title.map(|title| title.name)),
            json!(row.amount_fen),
            json!(row.number),
            json!(row.created_at),
        ]
    });
    Ok(Section { name: "invoices", title: "发票", columns: INVOICES, rows: rows.collect() })
}

pub(super) fn cart(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(Id, i64, Instant)> = tx.all(
        "select sku_id, quantity, added_at
         from cart_line
         where mall_id = $1 and member_id = $2
         order by added_at, sku_id",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(sku, quantity, at)| vec![json!(sku), json!(quantity), json!(at)]);
    Ok(Section { name: "cart", title: "购物车", columns: CART, rows: rows.collect() })
}

struct OrderRow {
    id: Id,
    status: String,
    delivery_kind: String,
    total_fen: i64,
    paid_fen: i64,
    refunded_fen: i64,
    receiver: Option<String>,
    remark: Option<String>,
    created_at: Instant,
    paid_at: Option<Instant>,
    completed_at: Option<Instant>,
    closed_at: Option<Instant>,
}
db::row!(OrderRow {
    id,
    status,
    delivery_kind,
    total_fen,
    paid_fen,
    refunded_fen,
    receiver,
    remark,
    created_at,
    paid_at,
    completed_at,
    closed_at
});

pub(super) fn orders(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<OrderRow> = tx.all(
        "select id, status, delivery_kind, total_fen, paid_fen, refunded_fen, receiver, remark, created_at, paid_at,
                completed_at, closed_at
         from trade_order
         where mall_id = $1 and member_id = $2
         order by id",
        &args![mall_id, member],
    )?;
    let rows: Result<Vec<Vec<Value>>> = rows.into_iter().map(|row| order(sealer, row)).collect();
    Ok(Section { name: "orders", title: "订单", columns: ORDERS, rows: rows? })
}

fn order(sealer: &Sealer, row: OrderRow) -> Result<Vec<Value>> {
    let receiver = row.receiver.as_deref().map(|sealed| Receiver::open(sealer, sealed)).transpose()?;
    let address = receiver.as_ref().map(|to| format!("{} {}", to.region, to.detail));
    Ok(vec![
        json!(row.id),
        json!(row.status),
        json!(row.delivery_kind),
        json!(row.total_fen),
        json!(row.paid_fen),
        json!(row.refunded_fen),
        json!(receiver.as_ref().map(|to| &to.name)),
        json!(receiver.as_ref().map(|to| &to.phone)),
        json!(address),
        json!(row.remark),
        json!(row.created_at),
        json!(row.paid_at),
        json!(row.completed_at),
        json!(row.closed_at),
    ])
}

pub(super) fn order_lines(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(Id, String, String, i64, i64, i64)> = tx.all(
        "select l.order_id, l.name, l.option_text, l.quantity, l.unit_price_fen, l.payable_fen
         from trade_order o
         join order_line l on l.mall_id = o.mall_id and l.order_id = o.id
         where o.mall_id = $1 and o.member_id = $2
         order by l.order_id, l.id",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(order, name, options, quantity, price, payable)| {
        vec![json!(order), json!(name), json!(options), json!(quantity), json!(price), json!(payable)]
    });
    Ok(Section { name: "order_lines", title: "订单里的商品", columns: LINES, rows: rows.collect() })
}

pub(super) fn payments(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    type Row = (Id, String, String, i64, Option<String>, Option<String>, Option<Instant>);
    let rows: Vec<Row> = tx.all(
        "select id, channel, status, amount_fen, transaction_id, payer, paid_at
         from payment
         where mall_id = $1 and payable_kind = 'order_group' and member_id = $2
           and payable_id in (select group_id from trade_order where mall_id = $1 and member_id = $2)
         order by id",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(id, channel, status, amount, transaction, payer, at)| {
        vec![json!(id), json!(channel), json!(status), json!(amount), json!(transaction), json!(payer), json!(at)]
    });
    Ok(Section { name: "payments", title: "支付", columns: PAYMENTS, rows: rows.collect() })
}

pub(super) fn refunds(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(Id, Id, i64, String, String, Instant)> = tx.all(
        "select r.id, o.id, r.amount_fen, r.reason, r.status, r.created_at
         from trade_order o
         join refund r on r.mall_id = o.mall_id and r.order_id = o.id
         where o.mall_id = $1 and o.member_id = $2
         order by r.id",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(id, order, amount, reason, status, at)| {
        vec![json!(id), json!(order), json!(amount), json!(reason), json!(status), json!(at)]
    });
    Ok(Section { name: "refunds", title: "退款", columns: REFUNDS, rows: rows.collect() })
}

pub(super) fn after_sales(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<AfterSaleRow> = tx.all(
        "select id, order_id, kind, stage, status, reason, description, picture_keys, goods_fen, freight_fen,
                return_tracking_number, answer, created_at, ended_at
         from after_sale
         where mall_id = $1 and member_id = $2
         order by id",
        &args![mall_id, member],
    )?;
    let rows: Result<Vec<Vec<Value>>> = rows.into_iter().map(after_sale).collect();
    Ok(Section { name: "after_sales", title: "售后", columns: AFTER_SALES, rows: rows? })
}

struct AfterSaleRow {
    id: Id,
    order_id: Id,
    kind: String,
    stage: String,
    status: String,
    reason: String,
    description: Option<String>,
    picture_keys: String,
    goods_fen: i64,
    freight_fen: i64,
    return_tracking_number: Option<String>,
    answer: Option<String>,
    created_at: Instant,
    ended_at: Option<Instant>,
}
db::row!(AfterSaleRow {
    id,
    order_id,
    kind,
    stage,
    status,
    reason,
    description,
    picture_keys,
    goods_fen,
    freight_fen,
    return_tracking_number,
    answer,
    created_at,
    ended_at
});

fn after_sale(row: AfterSaleRow) -> Result<Vec<Value>> {
    let pictures: Vec<String> = serde_json::from_str(&row.picture_keys).map_err(Error::internal)?;
    let reason = reason_label(Stage::parse(&row.stage)?, &row.reason);
    Ok(vec![
        json!(row.id),
        json!(row.order_id),
        json!(row.kind),
        json!(row.status),
        json!(reason),
        json!(row.description),
        json!(pictures),
        json!(row.goods_fen),
        json!(row.freight_fen),
        json!(row.return_tracking_number),
        json!(row.answer),
        json!(row.created_at),
        json!(row.ended_at),
    ])
}

/// Pictures of the member's after-sales, which are held with their orders.
pub(super) fn after_sale_pictures(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<String>> {
    let lists: Vec<(String,)> = tx.all(
        "select picture_keys from after_sale where mall_id = $1 and member_id = $2 and picture_keys <> '[]'",
        &args![mall_id, member],
    )?;
    let mut keys = Vec::new();
    for (list,) in lists {
        keys.extend(serde_json::from_str::<Vec<String>>(&list).map_err(Error::internal)?);
    }
    Ok(keys)
}

pub(super) fn parcels(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(Id, String, String, Instant)> = tx.all(
        "select p.order_id, p.carrier_code, p.tracking_number, p.shipped_at
         from trade_order o
         join parcel p on p.mall_id = o.mall_id and p.order_id = o.id
         where o.mall_id = $1 and o.member_id = $2
         order by p.id",
        &args![mall_id, member],
    )?;
    let rows = rows
        .into_iter()
        .map(|(order, carrier, number, at)| vec![json!(order), json!(carrier), json!(number), json!(at)]);
    Ok(Section { name: "parcels", title: "包裹", columns: PARCELS, rows: rows.collect() })
}
