//! The audit log: every staff write leaves a row in the same transaction. `Staff::write` is the only way in.

use crate::ctx::Ctx;
use db::{Tx, args};
use kernel::{Id, Result};

/// What was done to what, in words for the log.
#[derive(Debug, Clone)]
pub struct Note {
    /// `product:123`.
    pub target: String,
    /// One line in Chinese; no personal data.
    pub summary: String,
}

impl Note {
    pub fn new(noun: &str, id: impl std::fmt::Display, summary: impl Into<String>) -> Self {
        Note { target: format!("{noun}:{id}"), summary: summary.into() }
    }
}

/// Appends one row.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    staff_id: Id,
    action: &str,
    note: &Note,
    ip: &str,
    request_id: &str,
) -> Result<()> {
    tx.exec(
        "insert into audit_log (id, mall_id, staff_id, action, target, summary, ip, request_id, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![ctx.id(), ctx.mall_id, staff_id, action, &note.target, &note.summary, ip, request_id, ctx.now],
    )?;
    Ok(())
}
