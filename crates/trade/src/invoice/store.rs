//! Rows of invoices.

use super::model::{Kind, State, Title, TitleKind};
use db::{FromRow, Row, Tx, args};
use kernel::ports::{InvoiceItem, InvoiceRequest};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::seal::Sealer;
use serde::{Deserialize, Serialize};

/// One invoice or red letter.
#[derive(Debug, Clone)]
pub struct Invoice {
    pub id: Id,
    pub member_id: Id,
    pub shop_id: Id,
    pub kind: Kind,
    pub blue_id: Option<Id>,
    pub state: State,
    pub title_kind: TitleKind,
    /// Sealed; gone when the member is forgotten.
    pub(super) title: Option<String>,
    pub amount: Fen,
    /// Of a blue one: what red letters take back, also those under way.
    pub reversed: Fen,
    pub(super) items: Vec<Item>,
    pub number: Option<String>,
    pub pdf_url: Option<String>,
    /// Why it was rejected or cancelled, or what a red letter is for.
    pub reason: Option<String>,
    pub last_error: Option<String>,
    pub created_at: Instant,
    pub issued_at: Option<Instant>,
}

/// A line as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub name: String,
    pub quantity: i64,
    pub amount_fen: i64,
}

pub(super) const COLUMNS: &str =
    "id, member_id, shop_id, kind, blue_id, state, title_kind, title, amount_fen, reversed_fen,
    items, number, pdf_url, reason, last_error, created_at, issued_at";

impl FromRow for Invoice {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Invoice {
            id: row.next()?,
            member_id: row.next()?,
            shop_id: row.next()?,
            kind: if row.next::<String>()? == "red" { Kind::Red } else { Kind::Blue },
            blue_id: row.next()?,
            state: State::parse(&row.next::<String>()?)?,
            title_kind: TitleKind::parse(&row.next::<String>()?)?,
            title: row.next()?,
            amount: row.next()?,
            reversed: row.next()?,
            items: serde_json::from_str(&row.next::<String>()?).map_err(Error::internal)?,
            number: row.next()?,
            pdf_url: row.next()?,
            reason: row.next()?,
            last_error: row.next()?,
            created_at: row.next()?,
            issued_at: row.next()?,
        })
    }
}

impl Invoice {
    /// The number given to the issuer.
    pub fn request_number(&self) -> String {
        format!("I{}", self.id)
    }

    /// The title, unless it was forgotten.
    pub fn title(&self, sealer: &Sealer) -> Result<Option<Title>> {
        self.title.as_deref().map(|sealed| Title::open(sealer, sealed)).transpose()
    }

    /// What the issuer is asked for; `reverses` is the number of the blue one.
    pub fn ask(&self, sealer: &Sealer, reverses: Option<String>) -> Result<InvoiceRequest> {
        let title = self.title(sealer)?;
        let title = title.ok_or_else(|| Error::conflict("invoice.title_gone", "这张发票的抬头已经按隐私规定删除"))?;
        let item = |item: &Item| InvoiceItem {
            name: item.name.clone(),
            quantity: item.quantity,
            amount: Fen(item.amount_fen),
        };
        Ok(InvoiceRequest {
            number: self.request_number(),
            buyer: title.buyer(),
            items: self.items.iter().map(item).collect(),
            total: self.amount,
            reverses,
        })
    }
}

pub(super) fn missing() -> Error {
    Error::not_found("invoice.not_found", "没有找到这张发票")
}

/// One invoice of a mall.
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Invoice> {
    tx.opt(&format!("select {COLUMNS} from invoice where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(missing)
}

/// Orders of an invoice and their amounts.
pub fn orders_of(tx: &mut Tx<'_>, mall_id: MallId, invoice_id: Id) -> Result<Vec<(Id, Fen)>> {
    tx.all(
        "select order_id, amount_fen from invoice_order where mall_id = $1 and invoice_id = $2 order by order_id",
        &args![mall_id, invoice_id],
    )
}

/// The live invoice an order stands in: its id, the order's amount on it and what of that was taken back.
pub fn live_of_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<(Id, Fen, Fen)>> {
    tx.opt(
        "select invoice_id, amount_fen, reversed_fen from invoice_order where mall_id = $1 and order_id = $2 and live
         limit 1",
        &args![mall_id, order_id],
    )
}

/// Lines of an invoice over some orders: their goods and freight in proportion, summing to each order's amount.
pub(super) fn items_of(tx: &mut Tx<'_>, mall_id: MallId, orders: &[(Id, Fen)]) -> Result<Vec<Item>> {
    let ids: Vec<Id> = orders.iter().map(|order| order.0).collect();
    let lines: Vec<(Id, String, i64, i64)> = tx.all(
        "select order_id, name, quantity, payable_fen from order_line
         where mall_id = $1 and order_id = any($2) and payable_fen > 0
         order by order_id, id",
        &args![mall_id, &ids],
    )?;
    let freights: Vec<(Id, i64)> = tx.all(
        "select id, freight_fen from trade_order where mall_id = $1 and id = any($2) and freight_fen > 0",
        &args![mall_id, &ids],
    )?;
    let mut items: Vec<Item> = Vec::new();
    for (order_id, amount) in orders {
        let mut parts: Vec<(String, i64, i64)> = lines
            .iter()
            .filter(|line| line.0 == *order_id)
            .map(|line| (line.1.clone(), line.2, line.3))
            .chain(freights.iter().filter(|freight| freight.0 == *order_id).map(|f| ("运费".to_owned(), 1, f.1)))
            .collect();
        if parts.is_empty() {
            parts.push(("商品".to_owned(), 1, 1));
        }
        let weights: Vec<i64> = parts.iter().map(|part| part.2).collect();
        for ((name, quantity, _), share) in parts.into_iter().zip(kernel::prorate(*amount, &weights)) {
            let name: String = name.chars().take(90).collect();
            match items.iter_mut().find(|item| item.name == name) {
                Some(item) => {
                    item.quantity += quantity;
                    item.amount_fen += share.0;
                }
                None => items.push(Item { name, quantity, amount_fen: share.0 }),
            }
        }
    }
    items.retain(|item| item.amount_fen > 0);
    Ok(items)
}
