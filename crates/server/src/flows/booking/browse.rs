//! What a member looks at before booking: services, where and with whom, and the free times of a day. Staff who book for somebody
//! look at the same times.

use super::at_store;
use super::view::BookingStore;
use axum::extract::State;
use db::Tx;
use goods::store::{self, StoreRow};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, minutes};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Path, Query, Staff, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::booking::{self, FreeTime, NoShow, Resource, ResourceKind, Service};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_booking_services))
        .routes(routes!(get_booking_service))
        .routes(routes!(list_booking_times))
}

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_times_as_staff))
}

/// A service that can be booked. Prices are for one person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingServiceCard {
    pub id: Id,
    pub name: String,
    pub picture: Picture,
    pub duration_minutes: i64,
    pub price_fen: i64,
    /// Paid when booking; the rest at the store.
    pub deposit_fen: i64,
    pub max_people: i64,
}

fn card(app: &App, service: &Service) -> BookingServiceCard {
    BookingServiceCard {
        id: service.id,
        name: service.name.clone(),
        picture: storage::picture(app, service.picture_key.as_deref().unwrap_or_default(), &service.name),
        duration_minutes: service.duration_minutes,
        price_fen: service.price.0,
        deposit_fen: service.deposit.0,
        max_people: service.max_people,
    }
}

/// With whom, or where in the store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingChoice {
    pub id: Id,
    pub name: String,
    pub kind: ResourceKind,
    pub picture: Picture,
}

/// A store that offers a service.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingPlace {
    pub store: BookingStore,
    pub choices: Vec<BookingChoice>,
}

/// A service with everything one wants to know before booking.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingServiceDetail {
    #[serde(flatten)]
    pub card: BookingServiceCard,
    pub description: String,
    pub days_ahead: i64,
    pub lead_minutes: i64,
    /// So long before it a booking can be changed, or given up without losing the deposit.
    pub free_hours: i64,
    pub grace_minutes: i64,
    pub no_show: NoShow,
    /// Today on the mall's calendar.
    pub today: String,
    pub places: Vec<BookingPlace>,
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ServiceQuery {
    /// Of one store.
    store_id: Option<Id>,
    cursor: Option<String>,
}

/// List the services that can be booked.
#[utoipa::path(get, path = "/booking-services", tag = "booking", params(ServiceQuery),
    responses((status = 200, body = Page<BookingServiceCard>)))]
async fn list_booking_services(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<ServiceQuery>,
) -> Answer<Json<Page<BookingServiceCard>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = visitor.mall.id;
    let page = app.db.read(move |tx| booking::services(tx, mall_id, query.store_id, true, cursor, 30)).await?;
    Ok(Json(page.map(|service| card(&app, &service))))
}

/// Show a service, where it is offered and with whom.
#[utoipa::path(get, path = "/booking-services/{id}", tag = "booking", params(("id" = Id, Path)),
    responses((status = 200, body = BookingServiceDetail),
    (status = 404, body = ProblemBody, description = "`booking.no_such_service`")))]
async fn get_booking_service(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<Id>,
) -> Answer<Json<BookingServiceDetail>> {
    let (mall_id, reader) = (visitor.mall.id, app.clone());
    let today = visitor.ctx.now.date_at_offset(visitor.mall.utc_offset_ms);
    let (service, places) = app
        .db
        .read(move |tx| {
            let service = offered(tx, mall_id, id)?;
            let places = places(&reader, tx, mall_id, id)?;
            Ok((service, places))
        })
        .await?;
    Ok(Json(BookingServiceDetail {
        card: card(&app, &service),
        description: service.description,
        days_ahead: service.days_ahead,
        lead_minutes: service.lead_minutes,
        free_hours: service.free_hours,
        grace_minutes: service.grace_minutes,
        no_show: service.no_show,
        today,
        places,
    }))
}

/// A service that is offered; `booking.no_such_service` (404).
pub(super) fn offered(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Service> {
    let service = booking::find_service(tx, mall_id, id)?;
    if service.is_offered {
        return Ok(service);
    }
    Err(Error::not_found("booking.no_such_service", "这项服务暂时不能预约"))
}

fn places(app: &App, tx: &mut Tx<'_>, mall_id: MallId, service_id: Id) -> Result<Vec<BookingPlace>> {
    let skills = booking::skills_of(tx, mall_id, &[service_id])?.remove(&service_id).unwrap_or_default();
    let mut by_store: HashMap<Id, Vec<Resource>> = HashMap::new();
    for resource in booking::resources_by_id(tx, mall_id, &skills)? {
        if resource.is_active {
            by_store.entry(resource.store_id).or_default().push(resource);
        }
    }
    let ids: Vec<Id> = by_store.keys().copied().collect();
    let stores = store::stores_by_id(tx, mall_id, &ids)?;
    let choice = |resource: Resource| BookingChoice {
        picture: storage::picture(app, resource.picture_key.as_deref().unwrap_or_default(), &resource.name),
        id: resource.id,
        name: resource.name,
        kind: resource.kind,
    };
    let place = |store: StoreRow| BookingPlace {
        choices: by_store.remove(&store.id).unwrap_or_default().into_iter().map(choice).collect(),
        store: store.into(),
    };
    Ok(stores.into_iter().filter(StoreRow::is_open).map(place).collect())
}

/// Which times.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TimeQuery {
    pub store_id: Id,
    /// A day of the mall's calendar, `2026-11-26`; absent: today.
    pub day: Option<String>,
    /// With this person or in this room; absent: with anybody.
    pub resource_id: Option<Id>,
    /// Absent: one.
    #[param(minimum = 1, maximum = 100)]
    pub people: Option<i64>,
    /// One's own booking that is about to be moved: what it holds counts as free.
    pub booking_id: Option<Id>,
}

/// The times of a day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingTimes {
    pub day: String,
    /// In order; those without places are full.
    pub times: Vec<FreeTime>,
}

/// List the times of a day.
///
/// Cut from the hours of the store and of who does it, less what is taken.
#[utoipa::path(get, path = "/booking-services/{id}/times", tag = "booking", params(("id" = Id, Path), TimeQuery),
    responses((status = 200, body = BookingTimes),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `day`, `people`"),
    (status = 404, body = ProblemBody, description = "`booking.no_such_service`, `store.not_found`")))]
async fn list_booking_times(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<Id>,
    Query(query): Query<TimeQuery>,
) -> Answer<Json<BookingTimes>> {
    let (mall_id, now, offset) = (visitor.mall.id, visitor.ctx.now, visitor.mall.utc_offset_ms);
    Ok(Json(times(&app, mall_id, id, query, now, offset, false).await?))
}

/// List the times of a day for somebody at the counter or on the phone.
///
/// Needs `booking.manage`. Needs no notice: also the time that has just begun.
#[utoipa::path(get, path = "/booking-services/{id}/times", tag = "booking", security(("staff" = [])),
    params(("id" = Id, Path), TimeQuery), responses((status = 200, body = BookingTimes),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `day`, `people`"),
    (status = 403, body = ProblemBody, description = "`booking.other_store`"),
    (status = 404, body = ProblemBody, description = "`booking.no_such_service`, `store.not_found`")))]
async fn list_times_as_staff(
    State(app): State<App>,
    staff: Staff<perm::BookingManage>,
    Path(id): Path<Id>,
    Query(query): Query<TimeQuery>,
) -> Answer<Json<BookingTimes>> {
    at_store(&staff.grants, query.store_id)?;
    let (mall_id, now, offset) = (staff.mall.id, staff.ctx.now, staff.mall.utc_offset_ms);
    Ok(Json(times(&app, mall_id, id, query, now, offset, true).await?))
}

async fn times(
    app: &App,
    mall_id: MallId,
    id: Id,
    query: TimeQuery,
    now: Instant,
    offset: i64,
    by_store: bool,
) -> Result<BookingTimes> {
    let people = query.people.unwrap_or(1);
    if !(1..=100).contains(&people) {
        return Err(Error::field("people", "请填写 1 到 100 之间的数"));
    }
    let day = match &query.day {
        Some(text) => crate::flows::reconcile::day_number("day", text)?,
        None => now.day_at_offset(offset),
    };
    let read = app.db.read(move |tx| {
        let service = offered(tx, mall_id, id)?;
        let store = store::find_store(tx, mall_id, query.store_id)?;
        if !store.is_open() || people > service.max_people {
            return Ok(Vec::new());
        }
        let mut able = booking::able(tx, mall_id, id, store.id)?;
        able.retain(|resource| query.resource_id.is_none_or(|wanted| wanted == resource.id));
        let moved = match query.booking_id {
            Some(moved) => Some(booking::find(tx, mall_id, moved)?).filter(|booking| booking.service_id == id),
            None => None,
        };
        let except = moved.as_ref().filter(|booking| booking.state.stands()).map(|booking| booking.held());
        // Who stands there may begin in the time that has just begun.
        let earliest = now + if by_store { -minutes(service.step_minutes) } else { minutes(service.lead_minutes) };
        let when = (now, earliest);
        booking::free_times(tx, mall_id, &store, &service, &able, people, day, when, offset, except.as_ref())
    });
    let times = read.await?;
    Ok(BookingTimes { day: Instant(day * kernel::days(1)).date_at_offset(0), times })
}
