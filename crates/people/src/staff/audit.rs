//! The audit log, to be read. Rows are written by `Staff::write` of the platform and never changed.

use super::store;
use axum::extract::State;
use db::{Tx, args};
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_audit))
}

const PAGE: i64 = 50;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only what this colleague did.
    staff_id: Option<Id>,
    cursor: Option<String>,
}

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRow {
    pub id: Id,
    pub at: Instant,
    pub staff_name: String,
    /// `noun.verb`
    #[schema(example = "order.refund")]
    pub action: String,
    #[schema(example = "order:123")]
    pub target: String,
    pub summary: String,
    pub ip: String,
}

struct AuditRecord {
    id: Id,
    staff_id: Id,
    action: String,
    target: String,
    summary: String,
    ip: String,
    at: Instant,
}
db::row!(AuditRecord { id, staff_id, action, target, summary, ip, at });

/// List what staff did.
///
/// Newest first. Permission `audit.view`.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "staff",
    params(AuditQuery),
    responses(
        (status = 200, body = Page<AuditRow>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor` or `staff_id`"),
    ),
    security(("staff" = []))
)]
async fn list_audit(
    State(app): State<App>,
    staff: Staff<perm::AuditView>,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<Page<AuditRow>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = staff.mall.id;
    let page = app.db.read(move |tx| rows(tx, mall_id, query.staff_id, before)).await?;
    Ok(Json(page))
}

fn rows(tx: &mut Tx<'_>, mall_id: MallId, staff_id: Option<Id>, before: Option<Cursor>) -> Result<Page<AuditRow>> {
    let before = before.map_or(i64::MAX, |cursor| cursor.id);
    let found: Vec<AuditRecord> = match staff_id {
        Some(staff_id) => tx.all(
            "select id, staff_id, action, target, summary, ip, at
             from audit_log
             where mall_id = $1 and staff_id = $2 and id < $3
             order by id desc
             limit $4",
            &args![mall_id, staff_id, before, PAGE + 1],
        )?,
        None => tx.all(
            "select id, staff_id, action, target, summary, ip, at
             from audit_log
             where mall_id = $1 and id < $2
             order by id desc
             limit $3",
            &args![mall_id, before, PAGE + 1],
        )?,
    };
    let page = Page::from_rows(found, PAGE, |row| Cursor { key: row.at.0, id: row.id.0 });
    let mut ids: Vec<Id> = page.items.iter().map(|row| row.staff_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = store::names(tx, mall_id, &ids)?;
    Ok(page.map(|row| AuditRow {
        id: row.id,
        at: row.at,
        staff_name: names.get(&row.staff_id).cloned().unwrap_or_default(),
        action: row.action,
        target: row.target,
        summary: row.summary,
        ip: row.ip,
    }))
}
