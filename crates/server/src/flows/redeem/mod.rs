//! Redeem at the counter: the member shows a code that renews itself, the clerk looks at what is inside and hands over part
//! or all of it, and takes it back inside the mall's window when it was a mistake. A clerk only serves the store they stand
//! in. What was handed over without a network is told later and settled by the same verbs.

mod hand;
mod look;
mod show;
mod undo;

use db::Tx;
use kernel::{Id, Instant, MallId, Page, Result, minutes};
use people::staff;
use platform::App;
use platform::mall::Mall;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use trade::order::{self, Line};
use trade::pickup::{self, Pickup};
use trade::redemption::{self, Kind, Pass, Proof, Redemption};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    show::routes()
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    look::routes().merge(hand::routes()).merge(undo::routes())
}

/// A code as typed or scanned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemCode {
    /// Twelve digits, or the text of the signed code.
    #[schema(min_length = 12, max_length = 200)]
    pub code: String,
}

/// Pieces of a line that were handed over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RedeemedPiece {
    pub line_id: Id,
    pub name: String,
    pub option_text: String,
    pub quantity: i64,
}

/// One hand-over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RedemptionView {
    pub id: Id,
    pub kind: Kind,
    pub order_id: Id,
    pub number: String,
    pub store_id: Id,
    pub quantity: i64,
    pub pieces: Vec<RedeemedPiece>,
    pub proof: Proof,
    /// When it happened at the counter; earlier than `redeemed_at` after a bad network.
    pub handed_at: Instant,
    pub redeemed_at: Instant,
    pub redeemed_by: String,
    /// Until when it may be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_reason: Option<String>,
}

/// The mall's window for taking back.
fn window_of(mall: &Mall) -> i64 {
    minutes(mall.settings.redeem_undo_minutes)
}

/// What a code stands for; a signed one must have been good at `handed_at`, or be good now.
fn find_pickup(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    code: &str,
    now: Instant,
    handed_at: Option<Instant>,
) -> Result<(Pickup, Proof)> {
    if !Pass::is_one(code) {
        return Ok((pickup::by_code(tx, mall_id, code)?, Proof::Typed));
    }
    let pass = Pass::read(&redemption::signer(&app.sealer, mall_id)?, code)?;
    pass.check_time(now, handed_at)?;
    let proof = if handed_at.is_some() { Proof::Offline } else { Proof::Scanned };
    Ok((pickup::of_pass(tx, mall_id, pass.subject_id, pass.store_id)?, proof))
}

/// Hand-overs with the names of goods and people: two queries for all of them.
fn views(tx: &mut Tx<'_>, mall_id: MallId, rows: Vec<Redemption>, window_ms: i64) -> Result<Vec<RedemptionView>> {
    let orders: HashSet<Id> = rows.iter().map(|row| row.subject_id).collect();
    let lines = order::lines_of(tx, mall_id, &orders.into_iter().collect::<Vec<_>>())?;
    let people: HashSet<Id> = rows.iter().flat_map(|row| [Some(row.redeemed_by), row.undone_by]).flatten().collect();
    let names = staff::names(tx, mall_id, &people.into_iter().collect::<Vec<_>>())?;
    let views = rows.into_iter().map(|row| view(row, &lines, &names, window_ms));
    Ok(views.collect())
}

fn view(
    row: Redemption,
    lines: &HashMap<Id, Vec<Line>>,
    names: &HashMap<Id, String>,
    window_ms: i64,
) -> RedemptionView {
    let of_order = lines.get(&row.subject_id).map_or(&[][..], |lines| &lines[..]);
    let piece = |piece: &redemption::Piece| {
        let line = of_order.iter().find(|line| line.id == piece.line_id);
        RedeemedPiece {
            line_id: piece.line_id,
            name: line.map(|line| line.name.clone()).unwrap_or_default(),
            option_text: line.map(|line| line.option_text.clone()).unwrap_or_default(),
            quantity: piece.quantity,
        }
    };
    let name = |id: Id| names.get(&id).cloned().unwrap_or_default();
    RedemptionView {
        id: row.id,
        kind: row.kind,
        order_id: row.subject_id,
        number: row.subject_id.to_string(),
        store_id: row.store_id,
        quantity: row.quantity,
        pieces: row.pieces.iter().map(piece).collect(),
        proof: row.proof,
        handed_at: row.handed_at,
        redeemed_at: row.redeemed_at,
        redeemed_by: name(row.redeemed_by),
        undo_until: row.undo_until(window_ms),
        undone_at: row.undone_at,
        undone_by: row.undone_by.map(name),
        undo_reason: row.undo_reason,
    }
}

/// A page of hand-overs with their names.
fn page_of(tx: &mut Tx<'_>, mall_id: MallId, page: Page<Redemption>, window_ms: i64) -> Result<Page<RedemptionView>> {
    Ok(Page { items: views(tx, mall_id, page.items, window_ms)?, next_cursor: page.next_cursor })
}
