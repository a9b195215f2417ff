//! The back office's side of services: what is offered, and who or what does it.

use axum::extract::State;
use axum::http::StatusCode;
use db::Tx;
use kernel::{Cursor, Error, Id, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::booking::{self, Counts, Resource, ResourceInput, ResourceKind, Service, ServiceInput};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_services_as_staff, create_booking_service))
        .routes(routes!(read_booking_service, change_booking_service))
        .routes(routes!(list_resources, create_booking_resource))
        .routes(routes!(change_booking_resource))
}

/// A service as staff see it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminBookingService {
    pub id: Id,
    pub picture: Picture,
    pub input: ServiceInput,
}

fn services_as_staff(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    rows: Vec<Service>,
) -> Result<Vec<AdminBookingService>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let mut skills = booking::skills_of(tx, mall_id, &ids)?;
    let made = rows.into_iter().map(|row| AdminBookingService {
        id: row.id,
        picture: storage::picture(app, row.picture_key.as_deref().unwrap_or_default(), &row.name),
        input: ServiceInput {
            name: row.name,
            picture_key: row.picture_key,
            description: row.description,
            duration_minutes: row.duration_minutes,
            pause_minutes: row.pause_minutes,
            step_minutes: row.step_minutes,
            price_fen: row.price.0,
            deposit_fen: row.deposit.0,
            max_people: row.max_people,
            days_ahead: row.days_ahead,
            lead_minutes: row.lead_minutes,
            free_hours: row.free_hours,
            grace_minutes: row.grace_minutes,
            no_show: row.no_show,
            is_offered: row.is_offered,
            resource_ids: skills.remove(&row.id).unwrap_or_default(),
        },
    });
    Ok(made.collect())
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ServiceQuery {
    /// What somebody at this store can do.
    store_id: Option<Id>,
    cursor: Option<String>,
}

/// List the services that are booked by time.
///
/// Needs `store.view`.
#[utoipa::path(get, path = "/booking-services", tag = "booking", security(("staff" = [])), params(ServiceQuery),
    responses((status = 200, body = Page<AdminBookingService>)))]
async fn list_services_as_staff(
    State(app): State<App>,
    staff: Staff<perm::StoreView>,
    Query(query): Query<ServiceQuery>,
) -> Answer<Json<Page<AdminBookingService>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app.db.read(move |tx| {
        let page = booking::services(tx, mall_id, query.store_id, false, cursor, 100)?;
        Ok(Page { items: services_as_staff(&reader, tx, mall_id, page.items)?, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
}

/// Read a service.
///
/// Needs `store.view`.
#[utoipa::path(get, path = "/booking-services/{id}", tag = "booking", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AdminBookingService),
    (status = 404, body = ProblemBody, description = "`booking.no_such_service`")))]
async fn read_booking_service(
    State(app): State<App>,
    staff: Staff<perm::StoreView>,
    Path(id): Path<Id>,
) -> Answer<Json<AdminBookingService>> {
    Ok(Json(read(&app, staff.mall.id, id).await?))
}

async fn read(app: &App, mall_id: MallId, id: Id) -> Result<AdminBookingService> {
    let reader = app.clone();
    let read = app.db.read(move |tx| {
        let row = booking::find_service(tx, mall_id, id)?;
        let made = services_as_staff(&reader, tx, mall_id, vec![row])?.pop();
        made.ok_or_else(|| Error::internal("a service without its view"))
    });
    read.await
}

/// Offer a service.
///
/// Needs `service.edit`.
#[utoipa::path(post, path = "/booking-services", tag = "booking", security(("staff" = [])), request_body = ServiceInput,
    responses((status = 201, body = AdminBookingService),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field")))]
async fn create_booking_service(
    State(app): State<App>,
    staff: Staff<perm::ServiceEdit>,
    Json(input): Json<ServiceInput>,
) -> Answer<(StatusCode, Json<AdminBookingService>)> {
    let id = staff
        .write(&app, "service.create", move |tx, ctx| {
            let id = booking::create_service(tx, ctx, &input)?;
            Ok((id, Note::new("service", id, format!("新建服务 {}", input.name.trim()))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(read(&app, staff.mall.id, id).await?)))
}

/// Change a service.
///
/// Needs `service.edit`. Bookings keep the price and the rules they were made under.
#[utoipa::path(put, path = "/booking-services/{id}", tag = "booking", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ServiceInput, responses((status = 200, body = AdminBookingService),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field"),
    (status = 404, body = ProblemBody, description = "`booking.no_such_service`")))]
async fn change_booking_service(
    State(app): State<App>,
    staff: Staff<perm::ServiceEdit>,
    Path(id): Path<Id>,
    Json(input): Json<ServiceInput>,
) -> Answer<Json<AdminBookingService>> {
    staff
        .write(&app, "service.update", move |tx, ctx| {
            booking::save_service(tx, ctx, id, &input)?;
            Ok(((), Note::new("service", id, format!("修改服务 {}", input.name.trim()))))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, id).await?))
}

/// Who or what does services.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingResource {
    pub id: Id,
    pub store_id: Id,
    pub name: String,
    pub kind: ResourceKind,
    pub picture_key: Option<String>,
    pub picture: Picture,
    pub capacity: i64,
    pub counts: Counts,
    pub hours: Vec<goods::store::OpeningHours>,
    pub special_days: Vec<goods::store::SpecialDay>,
    pub is_active: bool,
}

fn shown(app: &App, row: Resource) -> BookingResource {
    BookingResource {
        picture: storage::picture(app, row.picture_key.as_deref().unwrap_or_default(), &row.name),
        id: row.id,
        store_id: row.store_id,
        name: row.name,
        kind: row.kind,
        picture_key: row.picture_key,
        capacity: row.capacity,
        counts: row.counts,
        hours: row.hours,
        special_days: row.special_days,
        is_active: row.is_active,
    }
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ResourceQuery {
    /// Of one store, at most a hundred; a clerk bound to a store sees its own in any case.
    store_id: Option<Id>,
}

/// List who or what does services.
///
/// Needs `store.view`.
#[utoipa::path(get, path = "/booking-resources", tag = "booking", security(("staff" = [])), params(ResourceQuery),
    responses((status = 200, body = Vec<BookingResource>)))]
async fn list_resources(
    State(app): State<App>,
    staff: Staff<perm::StoreView>,
    Query(query): Query<ResourceQuery>,
) -> Answer<Json<Vec<BookingResource>>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id.or(query.store_id));
    let rows = app.db.read(move |tx| booking::resources(tx, mall_id, store_id)).await?;
    Ok(Json(rows.into_iter().map(|row| shown(&app, row)).collect()))
}

/// Add somebody, a room or a table.
///
/// Needs `service.edit`.
#[utoipa::path(post, path = "/booking-resources", tag = "booking", security(("staff" = [])), request_body = ResourceInput,
    responses((status = 201, body = BookingResource),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field"),
    (status = 404, body = ProblemBody, description = "`store.not_found`"),
    (status = 409, body = ProblemBody, description = "`booking.too_many_resources`")))]
async fn create_booking_resource(
    State(app): State<App>,
    staff: Staff<perm::ServiceEdit>,
    Json(input): Json<ResourceInput>,
) -> Answer<(StatusCode, Json<BookingResource>)> {
    let mall_id = staff.mall.id;
    let row = staff
        .write(&app, "service.resource_create", move |tx, ctx| {
            let id = booking::create_resource(tx, ctx, &input)?;
            let row = booking::find_resource(tx, mall_id, id)?;
            Ok((row, Note::new("service_resource", id, format!("新建可约 {}", input.name.trim()))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(shown(&app, row))))
}

/// Change somebody, a room or a table.
///
/// Needs `service.edit`. Bookings keep the time they have.
#[utoipa::path(put, path = "/booking-resources/{id}", tag = "booking", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ResourceInput, responses((status = 200, body = BookingResource),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field"),
    (status = 404, body = ProblemBody, description = "`booking.no_such_resource`")))]
async fn change_booking_resource(
    State(app): State<App>,
    staff: Staff<perm::ServiceEdit>,
    Path(id): Path<Id>,
    Json(input): Json<ResourceInput>,
) -> Answer<Json<BookingResource>> {
    let mall_id = staff.mall.id;
    let row = staff
        .write(&app, "service.resource_update", move |tx, ctx| {
            booking::save_resource(tx, ctx, id, &input)?;
            let row = booking::find_resource(tx, mall_id, id)?;
            Ok((row, Note::new("service_resource", id, format!("修改可约 {}", input.name.trim()))))
        })
        .await?;
    Ok(Json(shown(&app, row)))
}
