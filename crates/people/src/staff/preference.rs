//! What a staff member arranged for themselves: small values by name, on every machine they sign in from.

use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_preferences)).routes(routes!(keep_preference))
}

/// Most preferences of one person.
const MOST: i64 = 200;
/// Longest value, in bytes of JSON.
const LONGEST: usize = 2_000;

/// List my preferences by name.
///
/// Any signed-in staff.
#[utoipa::path(get, path = "/preferences", tag = "staff", security(("staff" = [])),
    responses((status = 200, body = BTreeMap<String, serde_json::Value>)))]
async fn list_preferences(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
) -> Answer<Json<BTreeMap<String, serde_json::Value>>> {
    let (mall_id, staff_id) = (staff.mall.id, staff.id);
    let rows = app.db.read(move |tx| all(tx, mall_id, staff_id)).await?;
    let read = |(name, value): (String, String)| Ok((name, serde_json::from_str(&value).map_err(Error::internal)?));
    Ok(Json(rows.into_iter().map(read).collect::<Result<_>>()?))
}

/// A preference to keep.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreferenceInput {
    /// Any JSON, at most 2,000 bytes; null forgets it.
    value: serde_json::Value,
}

/// Keep a preference of mine; it takes the place of the one kept before.
///
/// Any signed-in staff; at most two hundred. It is about nobody's work, so the audit log does not hear of it.
#[utoipa::path(put, path = "/preferences/{name}", tag = "staff", security(("staff" = [])),
    params(("name" = String, Path, description = "`columns.products` …")), request_body = PreferenceInput,
    responses((status = 204, description = "Kept"),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `name`, `value`"),
    (status = 409, body = ProblemBody, description = "`staff.too_many_preferences`")))]
async fn keep_preference(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(name): Path<String>,
    Json(input): Json<PreferenceInput>,
) -> Answer<StatusCode> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.');
    if !(1..=60).contains(&name.len()) || !name.bytes().all(fits) {
        return Err(Error::field("name", "没有这个偏好").into());
    }
    let value = serde_json::to_string(&input.value).map_err(Error::internal)?;
    if value.len() > LONGEST {
        return Err(Error::field("value", "偏好内容太长了").into());
    }
    let (ctx, staff_id) = (staff.ctx.clone(), staff.id);
    app.db
        .write(move |tx| {
            if value == "null" {
                tx.exec(
                    "delete from staff_preference where mall_id = $1 and staff_id = $2 and name = $3",
                    &args![ctx.mall_id, staff_id, &name],
                )?;
                return Ok(());
            }
            tx.exec(
                "insert into staff_preference (mall_id, staff_id, name, value, updated_at) values ($1, $2, $3, $4, $5)
                 on conflict (mall_id, staff_id, name)
                 do update set value = excluded.value, updated_at = excluded.updated_at",
                &args![ctx.mall_id, staff_id, &name, &value, ctx.now],
            )?;
            let (count,): (i64,) = tx.one(
                "select count(*) from staff_preference where mall_id = $1 and staff_id = $2",
                &args![ctx.mall_id, staff_id],
            )?;
            if count > MOST {
                return Err(Error::conflict("staff.too_many_preferences", "保存的偏好太多了"));
            }
            Ok(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn all(tx: &mut Tx<'_>, mall_id: MallId, staff_id: Id) -> Result<Vec<(String, String)>> {
    tx.all(
        "select name, value from staff_preference where mall_id = $1 and staff_id = $2 order by name",
        &args![mall_id, staff_id],
    )
}
