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
    /// Only actions of this noun, `order`, or exactly this one, `order.refund`.
    action: Option<String>,
    /// Only about this, `order:123`.
    target: Option<String>,
    /// Not before this instant.
    from: Option<Instant>,
    /// Before this instant.
    until: Option<Instant>,
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
    let page = app.db.read(move |tx| rows(tx, mall_id, &query, before)).await?;
    Ok(Json(page))
}

fn rows(tx: &mut Tx<'_>, mall_id: MallId, query: &AuditQuery, before: Option<Cursor>) -> Result<Page<AuditRow>> {
    let before = before.map_or(i64::MAX, |cursor| cursor.id);
    let action = query.action.as_deref().unwrap_or_default().trim().replace(['%', '_', '\\'], "");
    // A noun stands for all its verbs.
    let actions = if action.is_empty() || action.contains('.') { action } else { format!("{action}.%") };
    let target = query.target.as_deref().unwrap_or_default().trim();
    let (from, until) = (query.from.unwrap_or(Instant(0)), query.until.unwrap_or(Instant(i64::MAX)));
    let by = if query.staff_id.is_some() { " and staff_id = $8" } else { "" };
    let sql = format!(
        "select id, staff_id, action, target, summary, ip, at
         from audit_log
         where mall_id = $1 and id < $2 and at >= $3 and at < $4
           and ($5 = '' or action like $5) and ($6 = '' or target = $6){by}
         order by id desc
         limit $7"
    );
    let mut values = args![mall_id, before, from, until, actions, target, PAGE + 1].to_vec();
    values.extend(query.staff_id.map(Into::into));
    let found: Vec<AuditRecord> = tx.all(&sql, &values)?;
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
