//! Deliveries that a courier service carries. It is called, asked and cancelled by jobs, outside of any transaction; its
//! reports come in any order and more than once, and the newest one counts. Where no courier comes, the store's own
//! riders bring it.

use super::{arrive, bring_back, leave};
use crate::flows::hooks::public_url;
use crate::flows::message;
use db::Tx;
use kernel::ports::{CourierGoods, CourierOrder, CourierReport, CourierStage};
use kernel::{Error, Fen, Id, Kind, MallId, Result, minutes};
use people::message::MessageKind;
use platform::job::{self, Job, NewJob};
use platform::outbox::Event;
use platform::storage;
use platform::{App, Ctx};
use serde::Deserialize;
use serde_json::{Value, json};
use trade::delivery::{self, AboutDelivery, CANCEL_COURIER, CarriedBy, Delivery, DeliveryState, LocalOrder, Proof};
use trade::order::{self, Line, Order};

/// Name of the job that calls a courier.
pub const CALL_COURIER: &str = "call_courier";
/// Name of the job that asks how a delivery stands.
pub const ASK_COURIER: &str = "ask_courier";

/// What is needed to call a courier for a delivery that waits for one.
struct Call {
    delivery: Delivery,
    promised: LocalOrder,
    order: Order,
    lines: Vec<Line>,
    openid: Option<String>,
}

/// The job: calls a courier. One that refuses leaves the delivery to the store's riders; a service that does not answer
/// is called again, until the attempts are used up.
pub async fn call(app: App, job: Job) -> Result<()> {
    let AboutDelivery { delivery_id } = job.read()?;
    let ctx = app.system(job.mall_id);
    let mall_id = ctx.mall_id;
    // Payment happens in the mini program or elsewhere; couriers are only sent to people WeChat knows.
    let app_id = app.outside.mini_program(mall_id).map(|program| program.app_id().to_owned()).unwrap_or_default();
    let found = app.db.read(move |tx| waiting_call(tx, mall_id, delivery_id, &app_id)).await?;
    let Some(call) = found else { return Ok(()) };
    let placed = match courier_order(&app, &call, mall_id) {
        Ok(asked) => match app.outside.courier(mall_id) {
            Ok(courier) => courier.place(&asked).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    match placed {
        Ok(placed) => {
            app.db
                .write(move |tx| {
                    order::lock(tx, mall_id, call.order.id)?;
                    if delivery::called_courier(tx, &ctx, &call.delivery, &placed)? {
                        return Ok(());
                    }
                    // Cancelled, or given to the riders, while the service was asked.
                    let about = AboutDelivery { delivery_id };
                    job::enqueue(tx, &ctx, NewJob::new(CANCEL_COURIER, &about).once(delivery_id))
                })
                .await
        }
        Err(error) if error.kind() == Kind::Conflict || job.is_last_attempt() => {
            let reason = error.message().to_owned();
            app.db.write(move |tx| fall_back(tx, &ctx, delivery_id, &reason)).await
        }
        Err(error) => {
            let reason = error.message().to_owned();
            app.db.write(move |tx| delivery::note_trouble(tx, &ctx, delivery_id, &reason)).await?;
            Err(error)
        }
    }
}

/// `None` when nobody has to be called any more.
fn waiting_call(tx: &mut Tx<'_>, mall_id: MallId, id: Id, app_id: &str) -> Result<Option<Call>> {
    let delivery = delivery::find(tx, mall_id, id)?;
    let waits = delivery.state == DeliveryState::Waiting && delivery.carried_by == CarriedBy::Courier;
    if !waits || delivery.courier_number.is_some() {
        return Ok(None);
    }
    let order = order::find(tx, mall_id, delivery.order_id)?;
    let Some(promised) = delivery::local_order(tx, mall_id, order.id)? else { return Ok(None) };
    let lines = order::lines(tx, mall_id, order.id)?;
    let openid = people::identity::openid(tx, mall_id, order.member_id, app_id)?;
    Ok(Some(Call { delivery, promised, order, lines, openid }))
}

fn courier_order(app: &App, call: &Call, mall_id: MallId) -> Result<CourierOrder> {
    let refuse = |text: &'static str| Error::conflict("courier.refused", text);
    let openid = call.openid.clone().ok_or_else(|| refuse("顾客没有用过小程序，配送平台接不了这一单"))?;
    let store = call.delivery.courier_store.clone().ok_or_else(|| refuse("门店没有填配送平台的门店编号"))?;
    let receiver = call.order.receiver(&app.sealer)?.ok_or_else(|| refuse("订单没有收货人"))?;
    let place = call.promised.place(&app.sealer)?.ok_or_else(|| refuse("订单没有收货的位置"))?;
    let number = call.order.id.to_string();
    let goods = call.lines.iter().filter(|line| line.to_ship() > 0).map(|line| CourierGoods {
        name: line.name.clone(),
        pieces: line.to_ship(),
        picture_url: absolute(app, line.picture_key.as_deref().unwrap_or_default(), &line.name),
    });
    Ok(CourierOrder {
        number: call.delivery.number(),
        store,
        openid,
        lat: place.lat,
        lng: place.lng,
        address: format!("{} {}", receiver.region, receiver.detail),
        name: receiver.name,
        phone: receiver.phone,
        sequence: number.chars().skip(number.len().saturating_sub(4)).collect(),
        page: format!("pages/order/detail?id={}", call.order.id),
        notify_url: format!("{}/notify/wechat-delivery/{mall_id}", public_url(app)),
        goods: goods.collect(),
        weight_g: call.promised.weight_g,
        price: Fen(call.order.goods.0 + call.order.discount.0),
    })
}

/// A picture's address that a service outside can load.
fn absolute(app: &App, key: &str, name: &str) -> String {
    let small = storage::picture(app, key, name).small_url;
    if small.starts_with('/') { format!("{}{small}", public_url(app)) } else { small }
}

/// No courier comes: the riders of the store bring it.
fn fall_back(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, reason: &str) -> Result<()> {
    let delivery = delivery::find(tx, ctx.mall_id, id)?;
    order::lock(tx, ctx.mall_id, delivery.order_id)?;
    if delivery::back_to_riders(tx, ctx, &delivery, reason)? {
        let text = "配送平台没有接这一单，改由门店的骑手送";
        order::add_event(tx, ctx, delivery.order_id, "courier_refused", text)?;
    }
    Ok(())
}

/// The job: takes a delivery back from the courier service.
pub async fn cancel(app: App, job: Job) -> Result<()> {
    let AboutDelivery { delivery_id } = job.read()?;
    let mall_id = job.mall_id;
    let delivery = app.db.read(move |tx| delivery::find(tx, mall_id, delivery_id)).await?;
    let Some(store) = delivery.courier_store.clone() else { return Ok(()) };
    let courier = app.outside.courier(mall_id)?;
    match courier.cancel(&store, &delivery.number(), "订单取消").await {
        Err(error) if error.is("courier.too_late") => {
            // Somebody carries goods that nobody wants: the store hears of it in the order.
            let (ctx, order_id) = (app.system(mall_id), delivery.order_id);
            app.db
                .write(move |tx| {
                    let text = "配送平台说骑手已取货，取消不了，请联系骑手把商品带回";
                    order::add_event(tx, &ctx, order_id, "courier_not_cancelled", text)
                })
                .await
        }
        answered => answered.map(drop),
    }
}

/// The job: asks the courier service how a delivery stands.
pub async fn ask(app: App, job: Job) -> Result<()> {
    let AboutDelivery { delivery_id } = job.read()?;
    refresh(&app, job.mall_id, delivery_id).await
}

async fn refresh(app: &App, mall_id: MallId, id: Id) -> Result<()> {
    let ctx = app.system(mall_id);
    let delivery = app.db.read(move |tx| delivery::find(tx, mall_id, id)).await?;
    let (Some(store), None) = (delivery.courier_store.clone(), delivery.ended_at) else { return Ok(()) };
    let report = app.outside.courier(mall_id)?.ask(&store, &delivery.number()).await?;
    let writer = app.clone();
    app.db
        .write(move |tx| {
            delivery::asked_courier(tx, &ctx, id)?;
            report.as_ref().map_or(Ok(()), |report| take(&writer, tx, &ctx, id, report, true))
        })
        .await
}

/// The sweep over deliveries of which nothing was heard for five minutes: a report may have been lost.
pub async fn ask_due(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let (mall_id, before) = (mall.id, app.clock.now() - minutes(5));
        let due = app.db.read(move |tx| delivery::to_ask(tx, mall_id, before, 50)).await?;
        for id in due {
            if let Err(error) = refresh(&app, mall_id, id).await {
                tracing::warn!(delivery_id = %id, %error, "a courier service could not be asked");
            }
        }
    }
    Ok(())
}

/// Acts on a report, once, whatever order reports come in. `asked`: it was asked for, so it names the rider.
pub fn take(app: &App, tx: &mut Tx<'_>, ctx: &Ctx, id: Id, report: &CourierReport, asked: bool) -> Result<()> {
    let order_id = delivery::find(tx, ctx.mall_id, id)?.order_id;
    let order = order::lock(tx, ctx.mall_id, order_id)?;
    let delivery = delivery::find(tx, ctx.mall_id, id)?;
    if delivery.carried_by != CarriedBy::Courier || delivery.ended_at.is_some() {
        return Ok(());
    }
    let news = delivery.is_news(report.at, report.stage);
    let known = delivery.heard() == (report.at, report.stage.rank());
    let names_the_rider = asked && known && report.rider_name.is_some() && report.rider_name != delivery.rider_name;
    if !(news || names_the_rider) {
        return Ok(());
    }
    delivery::heard(tx, ctx, &app.sealer, &delivery, report)?;
    if !news {
        return Ok(());
    }
    let delivery = delivery::find(tx, ctx.mall_id, id)?;
    follow(app, tx, ctx, &order, &delivery, report)?;
    if !asked && matches!(report.stage, CourierStage::Accepted | CourierStage::OnTheWay) {
        // A notice does not say who comes.
        job::enqueue(tx, ctx, NewJob::new(ASK_COURIER, &AboutDelivery { delivery_id: id }))?;
    }
    Ok(())
}

fn follow(
    app: &App,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    delivery: &Delivery,
    report: &CourierReport,
) -> Result<()> {
    use CourierStage::{
        Accepted, AtStore, CancelledByCourier, CancelledByShop, Created, Delivered, GivenBack, OnTheWay, Trouble,
    };
    let before = matches!(delivery.state, DeliveryState::Waiting | DeliveryState::Accepted);
    let event = |tx: &mut Tx<'_>, kind: &str, text: &str| order::add_event(tx, ctx, order.id, kind, text);
    match report.stage {
        Created => Ok(()),
        Accepted | AtStore if delivery.state == DeliveryState::Waiting => {
            let rider = delivery::Rider { id: None, name: rider_name(delivery), phone: None };
            let phone = delivery.rider_phone(&app.sealer)?;
            delivery::claim(tx, ctx, &app.sealer, delivery, &delivery::Rider { phone, ..rider })?;
            event(tx, "rider_accepted", "骑手已接单")
        }
        AtStore if before => event(tx, "rider_at_store", "骑手已到店"),
        Accepted | AtStore => Ok(()),
        GivenBack if delivery.state == DeliveryState::Accepted => {
            delivery::give_up(tx, ctx, delivery)?;
            event(tx, "rider_gave_up", "骑手改派中")
        }
        GivenBack => Ok(()),
        OnTheWay if before => leave(tx, ctx, order, delivery, "骑手"),
        OnTheWay if delivery.state == DeliveryState::Failed => delivery::again(tx, ctx, delivery),
        OnTheWay => Ok(()),
        Delivered if before => {
            leave(tx, ctx, order, delivery, "骑手")?;
            let (order, delivery) = (order::find(tx, ctx.mall_id, order.id)?, again_read(tx, ctx, delivery)?);
            arrive(tx, ctx, &order, &delivery, &Proof::Courier)
        }
        Delivered if order.status == order::Status::Shipped => arrive(tx, ctx, order, delivery, &Proof::Courier),
        // Paid back while it was on its way: it is at the door all the same, and the store sees that.
        Delivered => {
            delivery::delivered(tx, ctx, delivery, &Proof::Courier)?;
            event(tx, "delivered", "商品已送达，但订单在送达前退了款")
        }
        CancelledByCourier | CancelledByShop if before => fall_back(tx, ctx, delivery.id, "配送平台取消了这一单"),
        CancelledByCourier | CancelledByShop | Trouble if delivery.state == DeliveryState::Fetched => {
            let reason =
                if report.stage == Trouble { "配送异常" } else { "配送平台取消了，商品在送回门店" };
            delivery::failed(tx, ctx, delivery, reason)?;
            event(tx, "delivery_failed", &format!("没有送到：{reason}"))
        }
        CancelledByCourier | CancelledByShop => bring_back(tx, ctx, order, delivery, delivery.note.as_deref()),
        Trouble => delivery::note_trouble(tx, ctx, delivery.id, "配送平台报告异常"),
    }
}

fn again_read(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery) -> Result<Delivery> {
    delivery::find(tx, ctx.mall_id, delivery.id)
}

fn rider_name(delivery: &Delivery) -> String {
    delivery.rider_name.clone().unwrap_or_else(|| "平台骑手".to_owned())
}

/// What the member is told when the goods have left: who comes, and which code they are given for.
pub fn said_on_the_way(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    goods: &str,
) -> Result<Option<(String, String, Value)>> {
    let Some(last) = delivery::latest_of(tx, ctx.mall_id, order.id)? else { return Ok(None) };
    let Some(promised) = delivery::local_order(tx, ctx.mall_id, order.id)? else { return Ok(None) };
    let rider = rider_name(&last);
    let what = message::named(goods, order.quantity);
    let (text, number) = match last.carried_by {
        CarriedBy::Riders => {
            let code = promised.code;
            (format!("{what} 由骑手 {rider} 送来，收货码 {code}，收到时告诉骑手。"), code)
        }
        CarriedBy::Courier => (format!("{what} 由 {rider} 送来。"), last.courier_number.unwrap_or_default()),
    };
    let facts = json!({ "carrier": rider, "tracking_number": number, "is_part": false, "local": true });
    Ok(Some(("骑手已取货".into(), text, facts)))
}

#[derive(Debug, Deserialize)]
struct NotDelivered {
    order_id: Id,
    reason: String,
}

/// `order.delivery_failed`.
pub async fn tell_failed(app: App, event: Event) -> Result<()> {
    let about: NotDelivered = event.read()?;
    message::tell(app, event, MessageKind::OrderShipped, about.order_id, move |tx, ctx, order, goods| {
        let last = delivery::latest_of(tx, ctx.mall_id, order.id)?;
        let rider = last.as_ref().map(rider_name).unwrap_or_default();
        let text = format!("{} 没有送到：{}。骑手会再联系您。", message::named(goods, order.quantity), about.reason);
        let facts = json!({ "carrier": rider, "tracking_number": "", "is_part": false, "local": true });
        Ok(Some(("暂时没有送到".into(), text, facts)))
    })
    .await
}
