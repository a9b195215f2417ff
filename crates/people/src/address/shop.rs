//! The address book over HTTP. `Idempotency-Key` is honoured on adding: a repeated request adds nothing.

use super::{Address, AddressInput, add, find, list, remove, replace};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kernel::{Id, Result};
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_addresses, add_address)).routes(routes!(replace_address, remove_address))
}

/// List the member's addresses.
///
/// The default first, then the latest.
#[utoipa::path(
    get,
    path = "/addresses",
    tag = "address",
    responses((status = 200, body = Vec<Address>)),
    security(("member" = []))
)]
async fn list_addresses(State(app): State<App>, member: Member) -> Answer<Json<Vec<Address>>> {
    let app_in = app.clone();
    let book = app.db.read(move |tx| list(tx, &app_in.sealer, member.mall.id, member.id)).await?;
    Ok(Json(book))
}

/// Add an address.
///
/// The first one becomes the default. With an `Idempotency-Key` a repeated request answers the same address.
#[utoipa::path(
    post,
    path = "/addresses",
    tag = "address",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 of `[0-9A-Za-z_-]`")),
    request_body = AddressInput,
    responses(
        (status = 200, body = Address),
        (status = 400, body = ProblemBody, description = "`request.invalid` or `session.phone_invalid` at the field that does not fit"),
        (status = 409, body = ProblemBody, description = "`address.too_many`: fifty are kept"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`"),
    ),
    security(("member" = []))
)]
async fn add_address(
    State(app): State<App>,
    member: Member,
    headers: HeaderMap,
    Json(input): Json<AddressInput>,
) -> Answer<Json<Address>> {
    let claim = claim(&member.ctx, &headers, &input)?;
    let app_in = app.clone();
    let added = app
        .db
        .write(move |tx| {
            let (ctx, sealer) = (&member.ctx, &app_in.sealer);
            // Only the id is stored with the key: the address itself must not lie open beside its sealed row.
            let id: Id = match &claim {
                Some(claim) => once(tx, ctx, claim, |tx| add(tx, ctx, sealer, member.id, &input))?,
                None => add(tx, ctx, sealer, member.id, &input)?,
            };
            find(tx, sealer, ctx.mall_id, member.id, id)
        })
        .await?;
    Ok(Json(added))
}

fn claim(ctx: &Ctx, headers: &HeaderMap, input: &AddressInput) -> Result<Option<Claim>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = IdempotencyKey(value.to_str().unwrap_or_default().to_owned());
    Claim::new(ctx, "add_address", &key, input).map(Some)
}

/// Replace an address.
///
/// The default stays the default until another address takes its place.
#[utoipa::path(
    put,
    path = "/addresses/{id}",
    tag = "address",
    params(("id" = Id, Path)),
    request_body = AddressInput,
    responses(
        (status = 200, body = Address),
        (status = 400, body = ProblemBody, description = "`request.invalid` or `session.phone_invalid` at the field that does not fit"),
        (status = 404, body = ProblemBody, description = "`address.not_found`"),
    ),
    security(("member" = []))
)]
async fn replace_address(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(input): Json<AddressInput>,
) -> Answer<Json<Address>> {
    let app_in = app.clone();
    let changed = app
        .db
        .write(move |tx| {
            replace(tx, &member.ctx, &app_in.sealer, member.id, id, &input)?;
            find(tx, &app_in.sealer, member.ctx.mall_id, member.id, id)
        })
        .await?;
    Ok(Json(changed))
}

/// Remove an address.
///
/// If it was the default, the latest of the others becomes it.
#[utoipa::path(
    delete,
    path = "/addresses/{id}",
    tag = "address",
    params(("id" = Id, Path)),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, body = ProblemBody, description = "`address.not_found`"),
    ),
    security(("member" = []))
)]
async fn remove_address(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<StatusCode> {
    app.db.write(move |tx| remove(tx, &member.ctx, member.id, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
