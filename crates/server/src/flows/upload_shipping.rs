//! Tells WeChat's shipping management that goods were sent or handed over, for orders paid through WeChat: until then
//! the merchant's money stays frozen. A job with retries, because WeChat may not know a fresh payment for minutes.

use super::{ORDER_GROUP, ship};
use axum::extract::State;
use kernel::ports::{LogisticsKind, ShippedParcel, ShippingInfo};
use kernel::{Cursor, Error, Id, MallId, Page, Result};
use platform::audit::Note;
use platform::job::{self, Job, NewJob};
use platform::outbox::Event;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, DeliveryKind, Line, Order, Status};
use trade::payment::{self, Part, Payment, PaymentStatus};
use trade::shipping::{self, ParcelRow, UploadRow, UploadState, UploadView};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_shipping_uploads)).routes(routes!(retry_shipping_upload))
}

/// Name of the job.
pub const UPLOAD_SHIPPING: &str = "upload_shipping";

#[derive(Serialize, Deserialize)]
struct Moved {
    order_id: Id,
}

/// The job.
pub async fn upload(app: App, job: Job) -> Result<()> {
    let Moved { order_id } = job.read()?;
    let ctx = app.system(job.mall_id);
    let mall_id = ctx.mall_id;
    let (order, lines, parcels, paid) = app
        .db
        .read(move |tx| {
            let order = order::find(tx, mall_id, order_id)?;
            let lines = order::lines(tx, mall_id, order_id)?;
            let parcels = shipping::parcels(tx, mall_id, order_id)?;
            let payments = payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)?;
            let paid = paid_inside(&payments).cloned();
            let combined = paid.as_ref().filter(|paid| paid.is_combined()).map(|paid| paid.id);
            let parts = payment::parts_of(tx, mall_id, combined.as_slice())?.into_values().flatten();
            let part = parts.into_iter().find(|part| part.order_id == order_id);
            Ok((order, lines, parcels, paid.map(|paid| (paid, part))))
        })
        .await?;
    let Some((paid, part)) = paid else { return Ok(()) };
    let Some(by) = paid_by(&app, mall_id, &paid, part)? else { return Ok(()) };
    let Some(info) = info_of(&app, &order, &lines, &parcels, by, ctx.now)? else { return Ok(()) };
    let program = app.outside.mini_program(mall_id)?;
    let sent = program.upload_shipping_info(&info).await;
    let last_try = job.is_last_attempt();
    let (status, error) = match &sent {
        Ok(()) => ("done", None),
        Err(error) if last_try => ("failed", Some(error.to_string())),
        Err(error) => ("waiting", Some(error.to_string())),
    };
    let error: Option<String> = error.map(|text| text.chars().take(300).collect());
    app.db.write(move |tx| shipping::mark_upload(tx, &ctx, order_id, status, error.as_deref())).await?;
    sent
}

/// Only money that was paid inside a mini program is frozen.
fn paid_inside(payments: &[Payment]) -> Option<&Payment> {
    payments.iter().find(|p| p.status == PaymentStatus::Paid && p.channel == "wechat" && p.scene == "mini_program")
}

/// The transaction that paid an order at WeChat.
struct PaidBy {
    transaction_id: String,
    openid: String,
    combined: Option<(String, String)>,
}

fn paid_by(app: &App, mall_id: MallId, paid: &Payment, part: Option<Part>) -> Result<Option<PaidBy>> {
    let (transaction_id, combined) = match part {
        None => (paid.transaction_id.clone(), None),
        Some(part) => {
            let account = app.outside.payment_channel(mall_id, &paid.channel)?;
            (part.transaction_id, Some((account.merchant_id().to_owned(), paid.number())))
        }
    };
    let both = transaction_id.zip(paid.payer.clone());
    Ok(both.map(|(transaction_id, openid)| PaidBy { transaction_id, openid, combined }))
}

/// What to tell; `None` when nothing left the shop.
fn info_of(
    app: &App,
    order: &Order,
    lines: &[Line],
    parcels: &[ParcelRow],
    by: PaidBy,
    now: kernel::Instant,
) -> Result<Option<ShippingInfo>> {
    let contact = order.receiver(&app.sealer)?.map(|r| order::mask_phone(&r.phone));
    let (logistics, parcels) = match order.delivery {
        DeliveryKind::Pickup | DeliveryKind::Local => {
            let all: Vec<(&Line, i64)> = lines.iter().map(|line| (line, line.quantity)).collect();
            let handed = ShippedParcel {
                tracking_number: String::new(),
                carrier_code: String::new(),
                item_description: describe(&all),
                receiver_contact: None,
            };
            let local = order.delivery == DeliveryKind::Local;
            (if local { LogisticsKind::Local } else { LogisticsKind::Pickup }, vec![handed])
        }
        DeliveryKind::Express => {
            let mut sent = Vec::with_capacity(parcels.len());
            for parcel in parcels.iter().take(15) {
                let inside = parcel.lines()?;
                let goods: Vec<(&Line, i64)> = inside
                    .iter()
                    .filter_map(|i| lines.iter().find(|line| line.id == i.line_id).map(|line| (line, i.quantity)))
                    .collect();
                sent.push(ShippedParcel {
                    tracking_number: parcel.tracking_number.clone(),
                    carrier_code: ship::carrier_for_wechat(&parcel.carrier_code)?.to_owned(),
                    item_description: describe(&goods),
                    receiver_contact: contact.clone(),
                });
            }
            (LogisticsKind::Express, sent)
        }
    };
    if parcels.is_empty() {
        return Ok(None);
    }
    Ok(Some(ShippingInfo {
        transaction_id: by.transaction_id,
        combined: by.combined,
        openid: by.openid,
        logistics,
        split: order.delivery == DeliveryKind::Express && (parcels.len() > 1 || order.status == Status::ToShip),
        all_delivered: order.status != Status::ToShip,
        parcels,
        uploaded_at: now,
    }))
}

/// `西湖龙井 100g*1个`, at most 120 characters.
fn describe(goods: &[(&Line, i64)]) -> String {
    let mut text = String::new();
    for (line, quantity) in goods {
        if !text.is_empty() {
            text.push('，');
        }
        text.push_str(&format!("{}*{quantity}个", line.name));
    }
    text.chars().take(120).collect()
}

/// Subscriber: an order moved, so WeChat is to hear of it.
pub async fn enqueue(app: App, event: Event) -> Result<()> {
    let Moved { order_id } = event.read()?;
    let ctx = app.system(event.mall_id);
    let key = event.id;
    app.db
        .write(move |tx| {
            if order::find(tx, ctx.mall_id, order_id)?.is_of_counter() {
                return Ok(()); // Not paid in the mini program: WeChat does not wait to hear of it.
            }
            job::enqueue(tx, &ctx, NewJob::new(UPLOAD_SHIPPING, &Moved { order_id }).once(key))
        })
        .await
}

/// Which uploads to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    #[param(inline)]
    pub state: UploadState,
    pub cursor: Option<String>,
}

const PAGE: i64 = 30;

/// List the orders whose shipping WeChat was told, or could not be told.
///
/// Needs `order.ship`. Until WeChat takes the shipping information of an order, its money stays frozen.
#[utoipa::path(get, path = "/shipping-uploads", tag = "orders", security(("staff" = [])), params(UploadQuery),
    responses((status = 200, body = Page<UploadRow>)))]
async fn list_shipping_uploads(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    Query(query): Query<UploadQuery>,
) -> Answer<Json<Page<UploadRow>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = staff.mall.id;
    let page = app.db.read(move |tx| shipping::uploads(tx, mall_id, query.state, before, PAGE)).await?;
    Ok(Json(page))
}

/// Tell WeChat again.
///
/// Needs `order.ship`. The upload runs at once and is retried like the first time.
#[utoipa::path(post, path = "/shipping-uploads/{order_id}/retry", tag = "orders", security(("staff" = [])),
    params(("order_id" = Id, Path)), responses((status = 200, body = UploadView),
    (status = 404, body = ProblemBody, description = "`shipping.no_such_upload`")))]
async fn retry_shipping_upload(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    Path(order_id): Path<Id>,
) -> Answer<Json<UploadView>> {
    let missing = || Error::not_found("shipping.no_such_upload", "这个订单没有需要重新同步的发货信息");
    let view = staff
        .write(&app, "order.upload_shipping", move |tx, ctx| {
            if !shipping::retry_upload(tx, ctx, order_id)? {
                return Err(missing());
            }
            job::enqueue(tx, ctx, NewJob::new(UPLOAD_SHIPPING, &Moved { order_id }))?;
            let view = shipping::upload_view(tx, ctx.mall_id, order_id)?.ok_or_else(missing)?;
            Ok((view, Note::new("order", order_id, "重新同步微信发货信息")))
        })
        .await?;
    Ok(Json(view))
}
