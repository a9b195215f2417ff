//! Rows of redemptions: written once for a request, undone once.

use super::model::{Kind, NewRedemption, Piece, Redemption};
use db::{Tx, args};
use kernel::{Cursor, Error, Id, MallId, Page, Result};
use platform::Ctx;
use std::collections::HashMap;

const COLUMNS: &str = "id, kind, subject_id, store_id, proof, quantity, handed_at, redeemed_at, redeemed_by, undone_at, undone_by, undo_reason";

/// Writes a hand-over down.
pub fn record(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewRedemption<'_>) -> Result<Id> {
    let by = ctx.actor.id().ok_or_else(|| Error::internal("goods are handed over by somebody"))?;
    let id = ctx.id();
    let quantity: i64 = new.pieces.iter().map(|piece| piece.quantity).sum();
    tx.exec(
        "insert into redemption (id, mall_id, kind, subject_id, store_id, request_key, proof, quantity, handed_at,
           redeemed_at, redeemed_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &args![
            id,
            ctx.mall_id,
            new.kind.as_str(),
            new.subject_id,
            new.store_id,
            new.request_key,
            new.proof.as_str(),
            quantity,
            new.handed_at,
            ctx.now,
            by
        ],
    )?;
    for piece in new.pieces {
        tx.exec(
            "insert into redemption_line (mall_id, redemption_id, line_id, quantity) values ($1, $2, $3, $4)",
            &args![ctx.mall_id, id, piece.line_id, piece.quantity],
        )?;
    }
    Ok(id)
}

/// What a request of a clerk's page did before, if it came through.
pub fn of_request(tx: &mut Tx<'_>, mall_id: MallId, request_key: &str) -> Result<Option<Redemption>> {
    let sql = format!("select {COLUMNS} from redemption where mall_id = $1 and request_key = $2");
    let found: Option<Redemption> = tx.opt(&sql, &args![mall_id, request_key])?;
    Ok(with_pieces(tx, mall_id, found.into_iter().collect())?.pop())
}

/// One hand-over, locked until the transaction ends. `redemption.not_found` (404).
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Redemption> {
    let sql = format!("select {COLUMNS} from redemption where mall_id = $1 and id = $2 for update");
    let found: Option<Redemption> = tx.opt(&sql, &args![mall_id, id])?;
    let found = with_pieces(tx, mall_id, found.into_iter().collect())?.pop();
    found.ok_or_else(|| Error::not_found("redemption.not_found", "没有找到这次核销"))
}

/// The hand-overs of one pickup, oldest first.
pub fn of_subject(tx: &mut Tx<'_>, mall_id: MallId, kind: Kind, subject_id: Id) -> Result<Vec<Redemption>> {
    let sql = format!(
        "select {COLUMNS} from redemption where mall_id = $1 and kind = $2 and subject_id = $3 order by id limit 200"
    );
    let found = tx.all(&sql, &args![mall_id, kind.as_str(), subject_id])?;
    with_pieces(tx, mall_id, found)
}

/// Hand-overs of a store, or of all, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Redemption>> {
    let before = cursor.map_or(i64::MAX, |cursor| cursor.id);
    let rows = match store_id {
        Some(store_id) => tx.all(
            &format!(
                "select {COLUMNS} from redemption
                 where mall_id = $1 and store_id = $2 and id < $3
                 order by id desc
                 limit $4"
            ),
            &args![mall_id, store_id, before, limit + 1],
        )?,
        None => tx.all(
            &format!("select {COLUMNS} from redemption where mall_id = $1 and id < $2 order by id desc limit $3"),
            &args![mall_id, before, limit + 1],
        )?,
    };
    let rows = with_pieces(tx, mall_id, rows)?;
    Ok(Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 }))
}

/// Marks a hand-over as taken back, once. `redemption.already_undone`, `redemption.undo_too_late` (409).
pub fn undo(tx: &mut Tx<'_>, ctx: &Ctx, redemption: &Redemption, reason: &str, window_ms: i64) -> Result<()> {
    if redemption.undone_at.is_some() {
        return Err(already_undone());
    }
    if redemption.undo_until(window_ms).is_none_or(|until| ctx.now > until) {
        return Err(Error::conflict("redemption.undo_too_late", "已经过了可以撤销的时间，请走售后"));
    }
    let undone = tx.exec(
        "update redemption set undone_at = $3, undone_by = $4, undo_reason = $5
         where mall_id = $1 and id = $2 and undone_at is null",
        &args![ctx.mall_id, redemption.id, ctx.now, ctx.actor.id(), reason],
    )?;
    if undone == 1 { Ok(()) } else { Err(already_undone()) }
}

fn already_undone() -> Error {
    Error::conflict("redemption.already_undone", "这次核销已经撤销过了")
}

fn with_pieces(tx: &mut Tx<'_>, mall_id: MallId, mut rows: Vec<Redemption>) -> Result<Vec<Redemption>> {
    if rows.is_empty() {
        return Ok(rows);
    }
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let lines: Vec<(Id, Id, i64)> = tx.all(
        "select redemption_id, line_id, quantity from redemption_line
         where mall_id = $1 and redemption_id = any($2)
         order by redemption_id, line_id",
        &args![mall_id, ids],
    )?;
    let mut pieces: HashMap<Id, Vec<Piece>> = HashMap::new();
    for (id, line_id, quantity) in lines {
        pieces.entry(id).or_default().push(Piece { line_id, quantity });
    }
    for row in &mut rows {
        row.pieces = pieces.remove(&row.id).unwrap_or_default();
    }
    Ok(rows)
}
