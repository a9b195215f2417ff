//! Book: one transaction takes the time, places the order of the deposit and writes the booking. A member pays the deposit as
//! any order; until then the time is held, and it falls free when the order closes unpaid. At the store a clerk books without a
//! deposit.

use super::browse::offered;
use super::view::{BookingView, Reader, view};
use super::{MADE, at_store, emit};
use crate::flows::place::{self, PlaceOrder, PlacedOrder};
use axum::extract::State;
use db::Tx;
use goods::catalog::SkuForSale;
use goods::store::{self, StoreRow};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use people::{Phone, identity};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Staff};
use serde::{Deserialize, Serialize};
use trade::booking::{self, Contact, NewBooking, Service, State as BookingState, Wanted};
use trade::offers::Choices;
use trade::order::Status;
use trade::quote::{Delivery, ItemInput, QuoteRequest, Request, Source};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(book_service))
}

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(book_at_store))
}

/// The most bookings of one member that are still to come: nobody books a store empty.
const MOST: i64 = 10;

/// Who comes when for what.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookService {
    pub service_id: Id,
    pub store_id: Id,
    /// With this person or in this room; absent: with whoever is least busy.
    pub resource_id: Option<Id>,
    pub starts_at: Instant,
    #[schema(minimum = 1, maximum = 100)]
    pub people: i64,
    #[schema(max_length = 20)]
    pub name: Option<String>,
    /// Absent: the member's own.
    #[schema(max_length = 30)]
    pub phone: Option<String>,
    #[schema(max_length = 200)]
    pub remark: Option<String>,
    /// The deposit as the member saw it, of all people; a drift is refused with the new quote.
    pub expected_deposit_fen: i64,
}

/// What was booked, and the order of its deposit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlacedBooking {
    pub booking_id: Id,
    #[serde(flatten)]
    pub placed: PlacedOrder,
}

/// Book a service.
///
/// Needs an `Idempotency-Key`. The time is held until `expires_at`; pay the order of the deposit before then. A service without
/// a deposit is booked at once.
#[utoipa::path(post, path = "/bookings", tag = "booking", security(("member" = [])), request_body = BookService,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PlacedBooking),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `people`, `name`, `remark`; `session.phone_invalid`"),
    (status = 403, body = ProblemBody, description = "`member.blocked`"),
    (status = 404, body = ProblemBody, description = "`booking.no_such_service`, `booking.no_such_resource`, `store.not_found`"),
    (status = 409, body = ProblemBody, description = "`booking.time_gone`, `booking.time_full`, `booking.too_many`, `order.price_changed` (details.quote), `store.closed`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn book_service(
    State(app): State<App>,
    member: Member,
    key: IdempotencyKey,
    Json(request): Json<BookService>,
) -> Answer<Json<PlacedBooking>> {
    let claim = Claim::new(&member.ctx, "book_service", &key, &request)?;
    let remark = crate::flows::detail::short_text("remark", request.remark.clone(), 200)?;
    let name = crate::flows::detail::short_text("name", request.name.clone(), 20)?;
    let phone = request.phone.as_deref().filter(|phone| !phone.trim().is_empty()).map(Phone::parse).transpose()?;
    let (reader, ctx, member_id) = (app.clone(), member.ctx.clone(), member.id);
    let (expiry, offset) = (member.mall.settings.order_expiry(), member.mall.utc_offset_ms);
    let placed = app
        .db
        .write(move |tx| {
            once(tx, &ctx, &claim, |tx| {
                if booking::standing_of_member(tx, ctx.mall_id, member_id)? >= MOST {
                    return Err(Error::conflict("booking.too_many", "你还有 10 个没到店的预约，先用掉或取消一些吧"));
                }
                let phone = match &phone {
                    Some(phone) => Some(phone.clone()),
                    None => identity::phone_of(tx, &reader.sealer, ctx.mall_id, member_id)?,
                };
                let asked = Asked {
                    member_id,
                    service_id: request.service_id,
                    store_id: request.store_id,
                    resource_id: request.resource_id,
                    starts_at: request.starts_at,
                    people: request.people,
                    contact: contact(name.as_deref(), phone.as_ref()),
                    remark: remark.as_deref(),
                    expected_deposit_fen: Some(request.expected_deposit_fen),
                };
                book_in(&reader, tx, &ctx, &asked, expiry, offset)
            })
        })
        .await?;
    Ok(Json(placed))
}

fn contact(name: Option<&str>, phone: Option<&Phone>) -> Option<Contact> {
    let phone = phone.map(|phone| phone.national().to_owned()).unwrap_or_default();
    let contact = Contact { name: name.unwrap_or_default().to_owned(), phone };
    (!contact.name.is_empty() || !contact.phone.is_empty()).then_some(contact)
}

/// Somebody at the counter or on the phone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookAtStore {
    pub service_id: Id,
    pub store_id: Id,
    pub resource_id: Option<Id>,
    /// May have begun already.
    pub starts_at: Instant,
    #[schema(minimum = 1, maximum = 100)]
    pub people: i64,
    #[schema(min_length = 1, max_length = 20)]
    pub name: String,
    /// Of a member: the booking is theirs.
    #[schema(max_length = 30)]
    pub phone: Option<String>,
    #[schema(max_length = 200)]
    pub remark: Option<String>,
}

/// Book for somebody at the counter or on the phone.
///
/// Needs `booking.manage` and an `Idempotency-Key`. No deposit is taken; all of the price is paid at the counter. With the phone
/// of a member it is the member's booking.
#[utoipa::path(post, path = "/bookings", tag = "booking", security(("staff" = [])), request_body = BookAtStore,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = BookingView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `people`, `name`, `remark`; `session.phone_invalid`"),
    (status = 403, body = ProblemBody, description = "`booking.other_store`, `member.blocked`"),
    (status = 404, body = ProblemBody, description = "`booking.no_such_service`, `booking.no_such_resource`, `store.not_found`"),
    (status = 409, body = ProblemBody, description = "`booking.time_gone`, `booking.time_full`, `store.closed`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn book_at_store(
    State(app): State<App>,
    staff: Staff<perm::BookingManage>,
    key: IdempotencyKey,
    Json(request): Json<BookAtStore>,
) -> Answer<Json<BookingView>> {
    let claim = Claim::new(&staff.ctx, "book_at_store", &key, &request)?;
    at_store(&staff.grants, request.store_id)?;
    let remark = crate::flows::detail::short_text("remark", request.remark.clone(), 200)?;
    let name = crate::flows::detail::required_text("name", request.name.clone(), 20)?;
    let phone = request.phone.as_deref().filter(|phone| !phone.trim().is_empty()).map(Phone::parse).transpose()?;
    let (reader, offset, expiry) = (app.clone(), staff.mall.utc_offset_ms, staff.mall.settings.order_expiry());
    let placed: PlacedBooking = staff
        .write_once(&app, "booking.create", claim, move |tx, ctx| {
            let known = match &phone {
                Some(phone) => identity::find_by_phone(tx, &reader.sealer, ctx.mall_id, phone.national())?,
                None => None,
            };
            let member_id = match known {
                Some(id) => id,
                None => identity::create_guest(tx, ctx)?,
            };
            let asked = Asked {
                member_id,
                service_id: request.service_id,
                store_id: request.store_id,
                resource_id: request.resource_id,
                starts_at: request.starts_at,
                people: request.people,
                contact: contact(Some(&name), phone.as_ref()),
                remark: remark.as_deref(),
                expected_deposit_fen: None,
            };
            let placed = book_in(&reader, tx, ctx, &asked, expiry, offset)?;
            let note = Note::new("booking", placed.booking_id, format!("代约 {} 人", request.people));
            Ok((placed, note))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, placed.booking_id, staff.ctx.now).await?))
}

/// One booking for staff.
pub(super) async fn read(app: &App, mall_id: MallId, id: Id, now: Instant) -> Result<BookingView> {
    let reader = app.clone();
    let read = app.db.read(move |tx| {
        let row = booking::find(tx, mall_id, id)?;
        view(&reader, tx, mall_id, row, now, Reader::Staff)
    });
    read.await
}

/// What is wanted, by whomever.
#[derive(Debug)]
pub struct Asked<'a> {
    pub member_id: Id,
    pub service_id: Id,
    pub store_id: Id,
    pub resource_id: Option<Id>,
    pub starts_at: Instant,
    pub people: i64,
    pub contact: Option<Contact>,
    pub remark: Option<&'a str>,
    /// `None` at the store: no deposit is taken.
    pub expected_deposit_fen: Option<i64>,
}

/// The transaction's body; also of the demo.
pub fn book_in(
    app: &App,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    asked: &Asked<'_>,
    expiry_ms: i64,
    utc_offset_ms: i64,
) -> Result<PlacedBooking> {
    let service = offered(tx, ctx.mall_id, asked.service_id)?;
    let store = store::find_store(tx, ctx.mall_id, asked.store_id)?;
    if !(1..=service.max_people).contains(&asked.people) {
        return Err(Error::field("people", format!("一次最多 {} 人", service.max_people)));
    }
    let able = able(tx, ctx.mall_id, &service, store.id, asked.resource_id)?;
    let by_store = asked.expected_deposit_fen.is_none();
    let wanted = Wanted {
        store: &store,
        service: &service,
        resources: &able,
        people: asked.people,
        starts_at: asked.starts_at,
        utc_offset_ms,
        by_store,
    };
    let place = booking::take(tx, ctx, &wanted)?;
    let price = service.price.times(asked.people)?;
    let deposit = if by_store { Fen::ZERO } else { service.deposit };
    let what = if deposit == service.price { "预约" } else { "预约定金" };
    let line = line_of(&service, &store, deposit, what);
    let ask = request_of(asked.member_id, &store, line, asked.people)?;
    let order = PlaceOrder {
        source: Source::Now,
        items: Vec::new(),
        delivery: ask.delivery.clone(),
        remark: None,
        confirmed_no_return: true,
        choices: Choices::default(),
        expected_total_fen: asked.expected_deposit_fen.unwrap_or(0),
    };
    let placed = place::place_in(app, tx, ctx, &ask, &order, expiry_ms)?;
    let order_id = placed.orders.first().map(|order| order.id).ok_or_else(|| Error::internal("nothing was placed"))?;
    let state = if placed.status == Status::Unpaid { BookingState::Held } else { BookingState::Booked };
    let booking_id = ctx.id();
    let new = NewBooking {
        id: booking_id,
        order_id,
        service: &service,
        store_id: store.id,
        member_id: asked.member_id,
        place,
        people: asked.people,
        price,
        state,
        wants_resource: asked.resource_id.is_some(),
        by_store,
        contact: asked.contact.as_ref().map(|contact| contact.seal(&app.sealer)).transpose()?,
        remark: asked.remark,
    };
    booking::insert(tx, ctx, &new)?;
    if state == BookingState::Booked {
        emit(tx, ctx, MADE, booking_id, None, Fen::ZERO)?;
    }
    Ok(PlacedBooking { booking_id, placed })
}

/// Those who can do it at a store, or the one that was asked for. `booking.no_such_resource` (404).
pub(super) fn able(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    service: &Service,
    store_id: Id,
    wanted: Option<Id>,
) -> Result<Vec<trade::booking::Resource>> {
    let mut able = booking::able(tx, mall_id, service.id, store_id)?;
    able.retain(|resource| wanted.is_none_or(|wanted| wanted == resource.id));
    if able.is_empty() {
        return Err(Error::not_found("booking.no_such_resource", "这家门店现在没有人能做这项服务，换一家试试"));
    }
    Ok(able)
}

/// A service as a line of an order.
pub(super) fn line_of(service: &Service, store: &StoreRow, price: Fen, what: &str) -> SkuForSale {
    SkuForSale {
        sku_id: service.id,
        product_id: service.id,
        shop_id: store.shop_id,
        name: service.name.clone(),
        option_text: what.to_owned(),
        picture_key: service.picture_key.clone(),
        category_ids: Vec::new(),
        brand_id: None,
        price,
        list_price: None,
        weight_g: 0,
        volume_cm3: 0,
        freight_template_id: None,
        return_7d: false,
        no_return_reason: None,
        purchase_limit: None,
        on_sale: true,
        shop_open: true,
    }
}

/// The request for its quote.
pub(super) fn request_of(member_id: Id, store: &StoreRow, line: SkuForSale, people: i64) -> Result<Request> {
    let asked = QuoteRequest {
        source: Source::Now,
        items: vec![ItemInput { sku_id: line.sku_id, quantity: people }],
        delivery: Delivery::Pickup { store_id: Some(store.id), slot_at: None },
        choices: Choices::default(),
    };
    let mut request = Request::new(member_id, &asked)?;
    request.check_stock = false;
    request.service = Some(Box::new(line));
    Ok(request)
}
