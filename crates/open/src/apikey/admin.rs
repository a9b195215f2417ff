//! API keys in the back office: make, list, revoke.

use super::check;
use super::ip_range::IpRange;
use super::store::{self, KeyRecord};
use axum::extract::State;
use axum::http::StatusCode;
use db::args;
use kernel::{Error, Id, Instant, Result};
use platform::audit::Note;
use platform::permission::{ALL, Grants, NOT_FOR_KEYS, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff, seal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// More would be a mistake of a script.
const MOST_KEYS: i64 = 100;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(revoke_api_key))
        .routes(routes!(list_api_key_scopes))
}

/// A key as it may be shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiKey {
    pub id: Id,
    pub name: String,
    /// Beginning and some characters of the key.
    #[schema(example = "hfk_…Zk3vQx")]
    pub prefix: String,
    /// Permission codes it holds.
    pub scopes: Vec<String>,
    /// Addresses and blocks it may be used from; empty means anywhere.
    pub allowed_ips: Vec<String>,
    pub expires_at: Option<Instant>,
    /// To the minute.
    pub last_used_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    /// The staff member who made it.
    pub created_by: Id,
    pub created_at: Instant,
}

/// What a new key may do.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyInput {
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// Codes of `GET /api-key-scopes`.
    pub scopes: Vec<String>,
    /// `203.0.113.7` or `203.0.113.0/24`; empty means anywhere.
    #[serde(default)]
    pub allowed_ips: Vec<String>,
    #[serde(default)]
    pub expires_at: Option<Instant>,
}

/// A key just made. `key` is shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NewApiKey {
    pub key: String,
    pub api_key: ApiKey,
}

/// A scope for the form.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ApiKeyScope)]
pub struct Scope {
    #[schema(example = "order.view")]
    pub code: &'static str,
    pub group: &'static str,
    pub label: &'static str,
}

fn shown(row: KeyRecord) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.id,
        name: row.name,
        prefix: row.prefix,
        scopes: serde_json::from_str(&row.permissions).map_err(Error::internal)?,
        allowed_ips: serde_json::from_str(&row.allowed_ips).map_err(Error::internal)?,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
        created_by: row.created_by,
        created_at: row.created_at,
    })
}

/// List API keys.
///
/// Newest first, revoked ones too. Permission `api_key.edit`.
#[utoipa::path(get, path = "/api-keys", tag = "api keys", responses((status = 200, body = Vec<ApiKey>)), security(("staff" = [])))]
async fn list_api_keys(State(app): State<App>, staff: Staff<perm::ApiKeyEdit>) -> Answer<Json<Vec<ApiKey>>> {
    let mall_id = staff.mall.id;
    let rows = app.db.read(move |tx| store::all(tx, mall_id, MOST_KEYS * 2)).await?;
    Ok(Json(rows.into_iter().map(shown).collect::<Result<_>>()?))
}

/// List the scopes a key may be given.
///
/// Permission `api_key.edit`. Those you hold yourself.
#[utoipa::path(get, path = "/api-key-scopes", tag = "api keys", responses((status = 200, body = Vec<Scope>)), security(("staff" = [])))]
async fn list_api_key_scopes(staff: Staff<perm::ApiKeyEdit>) -> Json<Vec<Scope>> {
    let held = staff.grants.codes();
    let scopes = ALL.iter().filter(|p| held.contains(&p.code) && !NOT_FOR_KEYS.contains(&p.code));
    Json(scopes.map(|p| Scope { code: p.code, group: p.group, label: p.label }).collect())
}

/// Make an API key.
///
/// Permission `api_key.edit`. The answer is the only time the key is shown. It may hold what you hold, but never
/// `staff.edit` or `api_key.edit`. Programs send it as `Authorization: Bearer hfk_…` to `/admin/v1`.
#[utoipa::path(post, path = "/api-keys", tag = "api keys", request_body = ApiKeyInput, security(("staff" = [])), responses(
    (status = 200, body = NewApiKey),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `name`, `scopes`, `allowed_ips` or `expires_at`"),
    (status = 403, body = ProblemBody, description = "`staff.beyond_own_rights`"),
    (status = 409, body = ProblemBody, description = "`api_key.too_many`")))]
async fn create_api_key(
    State(app): State<App>,
    staff: Staff<perm::ApiKeyEdit>,
    Json(input): Json<ApiKeyInput>,
) -> Answer<Json<NewApiKey>> {
    let input = checked(input, &staff.grants, staff.ctx.now)?;
    let key = check::new_key(staff.mall.id);
    let (hash, prefix, by) = (seal::sha256_hex(key.as_bytes()), check::shown_prefix(&key), staff.id);
    let row = staff
        .write(&app, "api_key.create", move |tx, ctx| {
            if store::count_live(tx, ctx.mall_id)? >= MOST_KEYS {
                return Err(Error::conflict("api_key.too_many", "密钥太多了，请先吊销不用的"));
            }
            let id = ctx.id();
            let json = |list: &Vec<String>| serde_json::to_string(list).map_err(Error::internal);
            tx.exec(
                "insert into api_key (id, mall_id, name, prefix, key_hash, permissions, allowed_ips, expires_at, created_by, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                &args![
                    id, ctx.mall_id, &input.name, &prefix, &hash, json(&input.scopes)?, json(&input.allowed_ips)?,
                    input.expires_at, by, ctx.now
                ],
            )?;
            let note = Note::new("api_key", id, format!("创建 API 密钥 {}：{} 项权限", input.name, input.scopes.len()));
            Ok((store::find(tx, ctx.mall_id, id)?, note))
        })
        .await?;
    Ok(Json(NewApiKey { key, api_key: shown(row)? }))
}

/// Revoke an API key.
///
/// Permission `api_key.edit`. Its next request is refused.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "api keys", params(("id" = Id, Path)), security(("staff" = [])), responses(
    (status = 204, description = "Revoked"), (status = 404, body = ProblemBody, description = "`api_key.not_found`")))]
async fn revoke_api_key(
    State(app): State<App>,
    staff: Staff<perm::ApiKeyEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    let mall_id = staff.mall.id;
    staff
        .write(&app, "api_key.revoke", move |tx, ctx| {
            let key = store::find(tx, ctx.mall_id, id)?;
            tx.exec(
                "update api_key set revoked_at = $3 where mall_id = $1 and id = $2 and revoked_at is null",
                &args![ctx.mall_id, id, ctx.now],
            )?;
            Ok(((), Note::new("api_key", id, format!("吊销 API 密钥 {}", key.name))))
        })
        .await?;
    app.grants.forget(mall_id);
    Ok(StatusCode::NO_CONTENT)
}

/// Tidies and checks; nobody gives what they do not hold.
fn checked(input: ApiKeyInput, held: &Grants, now: Instant) -> Result<ApiKeyInput> {
    let name = input.name.trim().to_owned();
    if !(1..=40).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::field("name", "名称请用 1 到 40 个字"));
    }
    let mut scopes = input.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Error::field("scopes", "至少选一项权限"));
    }
    if let Some(odd) =
        scopes.iter().find(|code| !ALL.iter().any(|p| p.code == **code) || NOT_FOR_KEYS.contains(&code.as_str()))
    {
        let odd: String = odd.chars().take(40).collect();
        return Err(Error::field("scopes", format!("密钥不能有这项权限：{odd}")));
    }
    let held = held.codes();
    if scopes.iter().any(|code| !held.contains(&code.as_str())) {
        return Err(Error::forbidden("staff.beyond_own_rights", "不能给出你自己没有的权限"));
    }
    if input.allowed_ips.len() > 50 {
        return Err(Error::field("allowed_ips", "最多 50 个地址"));
    }
    let allowed: Result<Vec<String>> =
        input.allowed_ips.iter().map(|text| IpRange::parse(text).map(|range| range.to_string())).collect();
    if input.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::field("expires_at", "到期时间要晚于现在"));
    }
    Ok(ApiKeyInput { name, scopes, allowed_ips: allowed?, expires_at: input.expires_at })
}
