//! What integrators are told: reads what an event is about, as it stands now, and hands it to the webhooks of its mall.
//! At least once: the same event composed a second time changes nothing.

use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use open::webhook::{
    self, AfterSaleData, AfterSaleLineData, OrderData, OrderLineData, ProductData, RefundData, ReviewData, StockLowData,
};
use platform::App;
use platform::outbox::Event;
use serde::Deserialize;
use serde_json::Value;
use trade::after_sale::{self, AboutAfterSale};
use trade::{order, payment};

/// The subscriber.
pub async fn relay(app: App, event: Event) -> Result<()> {
    let ctx = app.system(event.mall_id);
    let read = event.clone();
    let data = app.db.read(move |tx| compose(tx, &read)).await?;
    let Some(data) = data else { return Ok(()) };
    app.db.write(move |tx| webhook::accept(tx, &ctx, &event, &data)).await
}

/// Removes old rows of the log.
pub async fn sweep(app: App) -> Result<()> {
    let now = app.clock.now();
    for mall in app.malls.all() {
        let mall_id = mall.id;
        app.db.write(move |tx| webhook::sweep(tx, mall_id, now)).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct OfOrder {
    order_id: Id,
}
#[derive(Deserialize)]
struct OfRefund {
    refund_id: Id,
}
#[derive(Deserialize)]
struct OfProduct {
    product_id: Id,
}
#[derive(Deserialize)]
struct OfStock {
    sku_id: Id,
    location_id: Id,
}
#[derive(Deserialize)]
struct OfReview {
    review_id: Id,
}

/// `data` of the message; nothing when what it is about is gone.
fn compose(tx: &mut Tx<'_>, event: &Event) -> Result<Option<Value>> {
    let mall_id = event.mall_id;
    let data = match event.kind.split_once('.').map_or("", |(noun, _)| noun) {
        "order" => Some(json(&order_data(tx, mall_id, event.read::<OfOrder>()?.order_id)?)?),
        "after_sale" => Some(json(&after_sale_data(tx, mall_id, event.read::<AboutAfterSale>()?.after_sale_id)?)?),
        "refund" => Some(json(&refund_data(tx, mall_id, event.read::<OfRefund>()?.refund_id)?)?),
        "product" => Some(json(&product_data(tx, mall_id, event.read::<OfProduct>()?.product_id)?)?),
        "stock" => stock_data(tx, mall_id, &event.read::<OfStock>()?)?.map(|data| json(&data)).transpose()?,
        "review" => {
            review_data(tx, mall_id, event.read::<OfReview>()?.review_id)?.map(|data| json(&data)).transpose()?
        }
        _ => None,
    };
    Ok(data)
}

fn json(data: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(data).map_err(Error::internal)
}

fn order_data(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<OrderData> {
    let order = order::find(tx, mall_id, id)?;
    let line = |line: order::Line| OrderLineData {
        line_id: line.id,
        product_id: line.product_id,
        sku_id: line.sku_id,
        name: line.name,
        option_text: line.option_text,
        quantity: line.quantity,
        payable_fen: line.payable.0,
    };
    Ok(OrderData {
        order_id: id,
        number: id.to_string(),
        status: order.status.as_str().to_owned(),
        delivery_kind: order.delivery.as_str().to_owned(),
        member_id: order.member_id,
        store_id: order.store_id,
        goods_fen: order.goods.0,
        discount_fen: order.discount.0,
        freight_fen: order.freight.0,
        total_fen: order.total.0,
        paid_fen: order.paid.0,
        refunded_fen: order.refunded.0,
        lines: order::lines(tx, mall_id, id)?.into_iter().map(line).collect(),
        created_at: order.created_at,
        paid_at: order.paid_at,
        shipped_at: order.shipped_at,
        completed_at: order.completed_at,
        closed_reason: order.closed_reason,
    })
}

fn refund_data(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<RefundData> {
    let refund = payment::find_refund(tx, mall_id, id)?;
    Ok(RefundData {
        refund_id: id,
        order_id: refund.order_id,
        amount_fen: refund.amount.0,
        reason: refund.reason,
        status: refund.status,
    })
}

fn after_sale_data(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<AfterSaleData> {
    let after = after_sale::find(tx, mall_id, id)?;
    let line = |line: after_sale::AskedLine| AfterSaleLineData {
        line_id: line.line_id,
        quantity: line.quantity,
        accepted_quantity: line.accepted,
        sellable_quantity: line.sellable,
        damaged_quantity: line.damaged,
        amount_fen: line.amount.map(|amount| amount.0),
        exchange_sku_id: line.exchange_sku_id,
    };
    Ok(AfterSaleData {
        after_sale_id: id,
        order_id: after.order_id,
        member_id: after.member_id,
        kind: after.kind.as_str().to_owned(),
        status: after.status.as_str().to_owned(),
        reason: after.reason,
        goods_fen: after.goods.0,
        freight_fen: after.freight.0,
        refund_ids: after_sale::refunds(tx, mall_id, id)?.into_iter().map(|(id, _)| id).collect(),
        return_tracking_number: after.return_parcel.tracking_number,
        reship_tracking_number: after.reship_parcel.tracking_number,
        lines: after_sale::asked_lines(tx, mall_id, id)?.into_iter().map(line).collect(),
    })
}

fn product_data(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<ProductData> {
    let row: Option<(String, String)> = tx.opt(
        "select name, case when deleted_at is null then status else 'deleted' end
         from product
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    let (name, status) = row.map_or((None, "deleted".to_owned()), |(name, status)| (Some(name), status));
    Ok(ProductData { product_id: id, name, status })
}

fn stock_data(tx: &mut Tx<'_>, mall_id: MallId, of: &OfStock) -> Result<Option<StockLowData>> {
    let row: Option<(Id, i64, i64)> = tx.opt(
        "select k.product_id, s.on_hand - s.reserved, s.low_mark
         from stock s
         join sku k on k.mall_id = s.mall_id and k.id = s.sku_id
         where s.mall_id = $1 and s.sku_id = $2 and s.location_id = $3",
        &args![mall_id, of.sku_id, of.location_id],
    )?;
    Ok(row.map(|(product_id, available, low_mark)| StockLowData {
        sku_id: of.sku_id,
        product_id,
        location_id: of.location_id,
        available,
        low_mark,
    }))
}

fn review_data(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Option<ReviewData>> {
    let row: Option<(Id, Id, Id, i64, String)> = tx.opt(
        "select product_id, sku_id, order_id, rating, text from review where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    Ok(row.map(|(product_id, sku_id, order_id, rating, text)| ReviewData {
        review_id: id,
        product_id,
        sku_id,
        order_id,
        rating,
        text,
    }))
}
