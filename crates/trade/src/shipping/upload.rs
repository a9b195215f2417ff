//! What WeChat's shipping management was told of an order: the money of a paid order stays frozen until then.

use db::{Tx, args};
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// State of the upload, for staff.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UploadView {
    /// `waiting`, `done` or `failed`.
    pub status: String,
    pub attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

db::row!(UploadView { status, attempts, last_error });

/// Records an attempt and its outcome.
pub fn mark_upload(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, status: &str, error: Option<&str>) -> Result<()> {
    tx.exec(
        "insert into shipping_upload (mall_id, order_id, status, attempts, last_error, updated_at)
         values ($1, $2, $3, 1, $4, $5)
         on conflict (mall_id, order_id)
         do update set status = excluded.status, attempts = shipping_upload.attempts + 1,
           last_error = excluded.last_error, updated_at = excluded.updated_at",
        &args![ctx.mall_id, order_id, status, error, ctx.now],
    )?;
    Ok(())
}

/// The upload of an order, if there was one.
pub fn upload_view(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<UploadView>> {
    tx.opt(
        "select status, attempts, last_error from shipping_upload where mall_id = $1 and order_id = $2",
        &args![mall_id, order_id],
    )
}

/// Which uploads to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    #[default]
    Failed,
    Waiting,
    Done,
}

impl UploadState {
    const fn as_str(self) -> &'static str {
        match self {
            UploadState::Failed => "failed",
            UploadState::Waiting => "waiting",
            UploadState::Done => "done",
        }
    }
}

/// One order whose shipping WeChat was told, or not.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UploadRow {
    pub order_id: Id,
    /// `waiting`, `done` or `failed`.
    pub status: String,
    pub attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    pub updated_at: Instant,
    pub total_fen: i64,
}

db::row!(UploadRow { order_id, status, attempts, last_error, updated_at, total_fen });

/// Uploads of a state, the latest first.
pub fn uploads(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    state: UploadState,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<UploadRow>> {
    let before = before.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let rows: Vec<UploadRow> = tx.all(
        "select u.order_id, u.status, u.attempts, u.last_error, u.updated_at, o.total_fen
         from shipping_upload u
         join trade_order o on o.mall_id = u.mall_id and o.id = u.order_id
         where u.mall_id = $1 and u.status = $2 and (u.updated_at, u.order_id) < ($3, $4)
         order by u.updated_at desc, u.order_id desc
         limit $5",
        &args![mall_id, state.as_str(), before.key, before.id, limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row| Cursor { key: row.updated_at.0, id: row.order_id.0 }))
}

/// Sets an upload that was given up back to waiting; false when there is none to retry.
pub fn retry_upload(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<bool> {
    let changed = tx.exec(
        "update shipping_upload set status = 'waiting', updated_at = $3
         where mall_id = $1 and order_id = $2 and status <> 'done'",
        &args![ctx.mall_id, order_id, ctx.now],
    )?;
    Ok(changed == 1)
}
