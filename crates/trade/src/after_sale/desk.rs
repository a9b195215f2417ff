//! The after-sale desk: the back office's list with its filters and counts. Four queries a page.

use super::model::{Action, Kind, Stage, Status, staff_actions};
use super::reason::reason_label;
use super::store::{AfterSale, COLUMNS};
use super::view::{AfterSaleLineView, goods_of};
use crate::order::OrderMember;
use db::{Arg, Tx, args};
use kernel::{Cursor, Error, Id, Ids, Instant, MallId, Page, Result};
use people::identity::MemberBrief;
use platform::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An after-sale in the back office's list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAfterSaleRow {
    pub id: Id,
    pub number: String,
    pub order_id: Id,
    pub member: OrderMember,
    pub kind: Kind,
    pub stage: Stage,
    pub status: Status,
    pub reason_label: String,
    /// Goods and freight, expected or given back.
    pub refund_fen: i64,
    pub quantity: i64,
    pub has_pictures: bool,
    pub created_at: Instant,
    /// When the clock acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_note: Option<String>,
    pub lines: Vec<AfterSaleLineView>,
    pub allowed_actions: Vec<Action>,
}

/// Tabs of the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AfterSaleTab)]
pub enum Tab {
    All,
    /// What staff have to do: requests, parcels to receive, replacements to send.
    #[default]
    ToDo,
    Escalated,
    /// What the member or the channel has to do.
    Waiting,
    Ended,
}

impl Tab {
    const fn statuses(self) -> &'static [&'static str] {
        match self {
            Tab::All => &[],
            Tab::ToDo => &["requested", "returning", "received"],
            Tab::Escalated => &["escalated"],
            Tab::Waiting => &["approved", "refunding"],
            Tab::Ended => &["refunded", "exchanged", "rejected", "cancelled"],
        }
    }
}

/// What staff look for.
#[derive(Debug, Clone, Default)]
pub struct DeskFilter {
    pub tab: Tab,
    pub kind: Option<Kind>,
    /// Number of the after-sale or of its order, or a tracking number.
    pub q: Option<String>,
    pub member_id: Option<Id>,
    pub order_id: Option<Id>,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
    /// The store a clerk is bound to.
    pub bound_store: Option<Id>,
}

/// After-sales as staff look for them, newest first.
pub fn admin_rows(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    filter: &DeskFilter,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<AdminAfterSaleRow>> {
    let mut sql = format!("select {COLUMNS} from after_sale where mall_id = $1 and id < $2");
    let mut values: Vec<Arg> = args![mall_id, cursor.map_or(i64::MAX, |c| c.id)].to_vec();
    let mut and = |text: &str, value: Arg| {
        values.push(value);
        sql.push_str(&text.replace("$?", &format!("${}", values.len())));
    };
    if filter.tab != Tab::All {
        and(" and status = any($?)", filter.tab.statuses().to_vec().into());
    }
    if let Some(kind) = filter.kind {
        and(" and kind = $?", kind.as_str().into());
    }
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        match q.parse::<Id>() {
            Ok(id) => and(" and (id = $? or order_id = $? or return_tracking_number = cast($? as text))", id.into()),
            Err(_) => and(" and return_tracking_number = $?", q.into()),
        }
    }
    for (column, id) in
        [("member_id", filter.member_id), ("order_id", filter.order_id), ("store_id", filter.bound_store)]
    {
        if let Some(id) = id {
            and(&format!(" and {column} = $?"), id.into());
        }
    }
    if let Some(from) = filter.from {
        and(" and id >= $?", Ids::first_at(from).into());
    }
    if let Some(to) = filter.to {
        and(" and id < $?", Ids::first_at(to).into());
    }
    and(" order by id desc limit $?", (limit + 1).into());
    let rows: Vec<AfterSale> = tx.all(&sql, &values)?;
    let page = Page::from_rows(rows, limit, |after| Cursor { key: 0, id: after.id.0 });
    let mut goods = goods_of(app, tx, mall_id, &page.items)?;
    let members: Vec<Id> = page.items.iter().map(|after| after.member_id).collect();
    let members = people::identity::briefs(tx, &app.sealer, mall_id, &members)?;
    let mut items = Vec::with_capacity(page.items.len());
    for after in page.items {
        let member = members.get(&after.member_id);
        let member = member.ok_or_else(|| Error::internal("an after-sale without its member"))?;
        let lines = goods.remove(&after.id).unwrap_or_default();
        items.push(row(after, member, lines)?);
    }
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn row(after: AfterSale, member: &MemberBrief, lines: Vec<AfterSaleLineView>) -> Result<AdminAfterSaleRow> {
    Ok(AdminAfterSaleRow {
        id: after.id,
        number: after.id.to_string(),
        order_id: after.order_id,
        member: OrderMember {
            id: after.member_id,
            nickname: member.nickname.clone(),
            phone_masked: member.phone_masked.clone(),
        },
        kind: after.kind,
        stage: after.stage,
        status: after.status,
        reason_label: reason_label(after.stage, &after.reason),
        refund_fen: after.goods.0 + after.freight.0,
        quantity: after.quantity,
        has_pictures: !after.picture_keys()?.is_empty(),
        created_at: after.created_at,
        due_at: after.due_at,
        allowed_actions: staff_actions(after.standing()),
        staff_note: after.staff_note,
        lines,
    })
}

/// Counting stops here.
const MOST_COUNTED: i64 = 1_000;

/// Numbers on the tabs; each stops at 1000.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleCounts {
    pub to_do: i64,
    pub escalated: i64,
    pub waiting: i64,
}

/// The numbers on the tabs, of all after-sales or of one store's.
pub fn counts(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<AfterSaleCounts> {
    let mut of = |tab: Tab| -> Result<i64> {
        tx.one(
            "select count(*) from (
               select 1 as one from after_sale
               where mall_id = $1 and status = any($2) and (cast($3 as bigint) = 0 or store_id = $3) limit $4) found",
            &args![mall_id, tab.statuses().to_vec(), store_id.unwrap_or_default(), MOST_COUNTED],
        )
    };
    Ok(AfterSaleCounts { to_do: of(Tab::ToDo)?, escalated: of(Tab::Escalated)?, waiting: of(Tab::Waiting)? })
}
