//! Rows of sales and of how they are paid.

use db::{FromRow, Row, Tx, args, row};
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A sale about to be written.
#[derive(Debug, Clone)]
pub struct NewSale<'a> {
    pub order_id: Id,
    pub store_id: Id,
    pub shift_id: Id,
    pub clerk_id: Id,
    pub request_key: &'a str,
    pub is_walk_in: bool,
    /// When it was rung up without a network.
    pub rung_at: Option<Instant>,
}

/// What an order of the counter has beyond an order.
#[derive(Debug, Clone)]
pub struct CounterSale {
    pub order_id: Id,
    pub store_id: Id,
    pub shift_id: Id,
    pub clerk_id: Id,
    pub is_walk_in: bool,
    pub is_offline: bool,
    pub rung_at: Instant,
    pub paid_at: Option<Instant>,
}
row!(CounterSale { order_id, store_id, shift_id, clerk_id, is_walk_in, is_offline, rung_at, paid_at });

const COLUMNS: &str = "order_id, store_id, shift_id, clerk_id, is_walk_in, is_offline, rung_at, paid_at";

/// How something is paid at a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenderKind {
    Cash,
    /// The customer's payment code.
    Code,
    /// The member's balance.
    Balance,
    /// A card terminal, a voucher of the building, and the like: whatever the note says.
    Other,
}

impl TenderKind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            TenderKind::Cash => "cash",
            TenderKind::Code => "code",
            TenderKind::Balance => "balance",
            TenderKind::Other => "other",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [TenderKind::Cash, TenderKind::Code, TenderKind::Balance, TenderKind::Other];
        let found = all.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown tender {text}")))
    }
}

/// One way in which a sale was paid.
#[derive(Debug, Clone)]
pub struct Tender {
    pub order_id: Id,
    pub payment_id: Id,
    pub kind: TenderKind,
    pub amount: Fen,
    /// What the customer gave; the rest is change.
    pub tendered: Fen,
    pub note: Option<String>,
}

impl FromRow for Tender {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Tender {
            order_id: row.next()?,
            payment_id: row.next()?,
            kind: TenderKind::parse(&row.next::<String>()?)?,
            amount: row.next()?,
            tendered: row.next()?,
            note: row.next()?,
        })
    }
}

/// Writes a sale. `counter.sale_sent` (409) when its key was used.
pub fn insert_sale(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewSale<'_>) -> Result<()> {
    tx.exec(
        "insert into counter_sale (mall_id, order_id, store_id, shift_id, clerk_id, request_key, is_walk_in, is_offline, rung_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            ctx.mall_id,
            new.order_id,
            new.store_id,
            new.shift_id,
            new.clerk_id,
            new.request_key,
            new.is_walk_in,
            new.rung_at.is_some(),
            new.rung_at.unwrap_or(ctx.now)
        ],
    )?;
    Ok(())
}

/// Writes how a part is paid.
pub fn insert_tender(tx: &mut Tx<'_>, ctx: &Ctx, tender: &Tender) -> Result<()> {
    tx.exec(
        "insert into counter_tender (mall_id, order_id, payment_id, kind, amount_fen, tendered_fen, note)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &args![
            ctx.mall_id,
            tender.order_id,
            tender.payment_id,
            tender.kind.as_str(),
            tender.amount,
            tender.tendered,
            tender.note.as_deref()
        ],
    )?;
    Ok(())
}

/// Takes back how a part was to be paid: it came to nothing.
pub fn drop_tender(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, payment_id: Id) -> Result<()> {
    tx.exec(
        "delete from counter_tender where mall_id = $1 and order_id = $2 and payment_id = $3",
        &args![ctx.mall_id, order_id, payment_id],
    )?;
    Ok(())
}

/// The sale is paid.
pub fn mark_paid(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    tx.exec(
        "update counter_sale set paid_at = $3 where mall_id = $1 and order_id = $2 and paid_at is null",
        &args![ctx.mall_id, order_id, ctx.now],
    )?;
    Ok(())
}

/// The sale of an order, if it is one.
pub fn of_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<CounterSale>> {
    tx.opt(
        &format!("select {COLUMNS} from counter_sale where mall_id = $1 and order_id = $2"),
        &args![mall_id, order_id],
    )
}

/// What a request of a clerk's page made before, if it came through.
pub fn of_request(tx: &mut Tx<'_>, mall_id: MallId, request_key: &str) -> Result<Option<CounterSale>> {
    tx.opt(
        &format!("select {COLUMNS} from counter_sale where mall_id = $1 and request_key = $2"),
        &args![mall_id, request_key],
    )
}

/// Sales of a shift, newest first.
pub fn sales(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    shift_id: Id,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<CounterSale>> {
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from counter_sale
             where mall_id = $1 and shift_id = $2 and order_id < $3
             order by order_id desc
             limit $4"
        ),
        &args![mall_id, shift_id, cursor.map_or(i64::MAX, |cursor| cursor.id), limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |sale: &CounterSale| Cursor { key: 0, id: sale.order_id.0 }))
}

/// How some orders were paid.
pub fn tenders_of(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, Vec<Tender>>> {
    let rows: Vec<Tender> = tx.all(
        "select order_id, payment_id, kind, amount_fen, tendered_fen, note from counter_tender
         where mall_id = $1 and order_id = any($2)
         order by order_id, payment_id",
        &args![mall_id, order_ids],
    )?;
    let mut of: HashMap<Id, Vec<Tender>> = HashMap::new();
    for row in rows {
        of.entry(row.order_id).or_default().push(row);
    }
    Ok(of)
}
