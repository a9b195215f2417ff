//! What WeChat's shipping management was told of an order: the money of a paid order stays frozen until then.

use db::{Tx, args};
use kernel::{Id, MallId, Result};
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
