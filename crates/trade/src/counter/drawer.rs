//! The drawer: what moved cash, and why. An entry is never changed; what must lie there is the sum.

use db::{Tx, args, row};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why cash moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrawerKind {
    /// Lay there when the shift began.
    Float,
    Sale,
    Refund,
    /// Goods taken back without a receipt.
    OpenReturn,
    /// Change fetched, and the like.
    PaidIn,
    /// Taken to the safe or the bank, and the like.
    PaidOut,
}

impl DrawerKind {
    pub const ALL: [DrawerKind; 6] = [
        DrawerKind::Float,
        DrawerKind::Sale,
        DrawerKind::Refund,
        DrawerKind::OpenReturn,
        DrawerKind::PaidIn,
        DrawerKind::PaidOut,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            DrawerKind::Float => "float",
            DrawerKind::Sale => "sale",
            DrawerKind::Refund => "refund",
            DrawerKind::OpenReturn => "open_return",
            DrawerKind::PaidIn => "paid_in",
            DrawerKind::PaidOut => "paid_out",
        }
    }
}

impl db::FromRow for DrawerKind {
    fn from_row(row: &mut db::Row<'_>) -> Result<Self> {
        let word: String = row.next()?;
        let found = DrawerKind::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| Error::internal(format_args!("unknown drawer entry {word}")))
    }
}

/// One movement of cash.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DrawerEntry {
    pub id: Id,
    pub kind: String,
    /// Negative when it left the drawer.
    pub amount_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub at: Instant,
}
row!(DrawerEntry { id, kind, amount_fen, note, at });

/// Writes what moved. A source moves cash once: `counter.cash_moved` (409).
pub fn record(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    shift_id: Id,
    kind: DrawerKind,
    source_id: Id,
    amount: Fen,
    note: Option<&str>,
) -> Result<()> {
    tx.exec(
        "insert into drawer_entry (mall_id, shift_id, id, kind, source_id, amount_fen, note, staff_id, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![ctx.mall_id, shift_id, ctx.id(), kind.as_str(), source_id, amount, note, ctx.actor.id(), ctx.now],
    )?;
    Ok(())
}

/// The latest movements of a shift, newest first.
pub fn entries(tx: &mut Tx<'_>, mall_id: MallId, shift_id: Id, limit: i64) -> Result<Vec<DrawerEntry>> {
    tx.all(
        "select id, kind, amount_fen, note, at from drawer_entry
         where mall_id = $1 and shift_id = $2
         order by id desc
         limit $3",
        &args![mall_id, shift_id, limit],
    )
}
