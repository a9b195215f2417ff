//! Invoices as shown to their member and to staff.

use super::model::{Kind, State, Title};
use super::store::{COLUMNS, Invoice, missing};
use db::{Arg, Tx, args};
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use platform::seal::Sealer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceLine {
    pub name: String,
    pub quantity: i64,
    pub amount_fen: i64,
}

/// An invoice as its member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceView {
    pub id: Id,
    pub kind: Kind,
    /// Of a red letter: what it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blue_id: Option<Id>,
    pub state: State,
    /// Gone when the member was forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// Positive, also of a red letter.
    pub amount_fen: i64,
    /// What red letters took back of it, also those under way.
    pub reversed_fen: i64,
    pub lines: Vec<InvoiceLine>,
    /// Twenty digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdf_url: Option<String>,
    /// Why it was rejected or cancelled, or what a red letter is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Instant>,
    pub order_ids: Vec<Id>,
    /// `cancel`; for staff `retry`, `reject`.
    pub allowed_actions: Vec<String>,
}

/// An invoice as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StaffInvoice {
    #[serde(flatten)]
    pub invoice: InvoiceView,
    pub member_id: Id,
    /// What the issuer said when it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// Tabs of the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InvoiceFilter)]
pub enum StateFilter {
    #[default]
    All,
    /// Asked for, or at the issuer.
    Open,
    Failed,
    Issued,
    /// Rejected or cancelled.
    Ended,
}

impl StateFilter {
    const fn states(self) -> &'static [&'static str] {
        match self {
            StateFilter::All => &["requested", "issuing", "issued", "failed", "rejected", "cancelled"],
            StateFilter::Open => &["requested", "issuing"],
            StateFilter::Failed => &["failed"],
            StateFilter::Issued => &["issued"],
            StateFilter::Ended => &["rejected", "cancelled"],
        }
    }
}

fn views(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    mall_id: MallId,
    rows: Vec<Invoice>,
    staff: bool,
) -> Result<Vec<InvoiceView>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let orders: Vec<(Id, Id)> = tx.all(
        "select invoice_id, order_id from invoice_order
         where mall_id = $1 and invoice_id = any($2)
         order by invoice_id, order_id",
        &args![mall_id, &ids],
    )?;
    let one = |row: Invoice| {
        let actions = if staff { row.state.staff_actions(row.kind) } else { row.state.member_actions(row.kind) };
        Ok(InvoiceView {
            id: row.id,
            kind: row.kind,
            blue_id: row.blue_id,
            state: row.state,
            title: row.title(sealer)?,
            amount_fen: row.amount.0,
            reversed_fen: row.reversed.0,
            lines: row
                .items
                .iter()
                .map(|item| InvoiceLine {
                    name: item.name.clone(),
                    quantity: item.quantity,
                    amount_fen: item.amount_fen,
                })
                .collect(),
            number: row.number,
            pdf_url: row.pdf_url,
            reason: row.reason,
            created_at: row.created_at,
            issued_at: row.issued_at,
            order_ids: orders.iter().filter(|order| order.0 == row.id).map(|order| order.1).collect(),
            allowed_actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        })
    };
    rows.into_iter().map(one).collect()
}

/// One invoice; of a member when one is given.
pub fn invoice_view(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    mall_id: MallId,
    member_id: Option<Id>,
    id: Id,
) -> Result<StaffInvoice> {
    let found: Option<Invoice> =
        tx.opt(&format!("select {COLUMNS} from invoice where mall_id = $1 and id = $2"), &args![mall_id, id])?;
    let row = found.filter(|row| member_id.is_none_or(|member| member == row.member_id)).ok_or_else(missing)?;
    let (member, last_error) = (row.member_id, row.last_error.clone());
    let mut shown = views(tx, sealer, mall_id, vec![row], member_id.is_none())?;
    let invoice = shown.pop().ok_or_else(missing)?;
    Ok(StaffInvoice { invoice, member_id: member, last_error })
}

/// Invoices of a member, newest first.
pub fn of_member(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    mall_id: MallId,
    member_id: Id,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<InvoiceView>> {
    let rows: Vec<Invoice> = tx.all(
        &format!(
            "select {COLUMNS} from invoice where mall_id = $1 and member_id = $2 and id < $3 order by id desc limit $4"
        ),
        &args![mall_id, member_id, before.map_or(i64::MAX, |cursor| cursor.id), limit + 1],
    )?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 });
    Ok(Page { items: views(tx, sealer, mall_id, page.items, false)?, next_cursor: page.next_cursor })
}

/// Invoices of the mall, newest first.
pub fn staff_list(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    mall_id: MallId,
    filter: StateFilter,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<StaffInvoice>> {
    let mut values: Vec<Arg> = args![mall_id, before.map_or(i64::MAX, |cursor| cursor.id), limit + 1].to_vec();
    let mut sql = format!("select {COLUMNS} from invoice where mall_id = $1 and id < $2");
    if filter != StateFilter::All {
        values.push(filter.states().to_vec().into());
        sql.push_str(" and state = any($4)");
    }
    sql.push_str(" order by id desc limit $3");
    let rows: Vec<Invoice> = tx.all(&sql, &values)?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 });
    let around: Vec<(Id, Option<String>)> =
        page.items.iter().map(|row| (row.member_id, row.last_error.clone())).collect();
    let shown = views(tx, sealer, mall_id, page.items, true)?;
    let items = shown.into_iter().zip(around);
    let items = items.map(|(invoice, (member_id, last_error))| StaffInvoice { invoice, member_id, last_error });
    Ok(Page { items: items.collect(), next_cursor: page.next_cursor })
}
