//! The member list of the back office. Phones are masked; a whole number finds its owner, four digits find a tail.

use super::model::MemberRecord;
use super::store;
use crate::phone::Phone;
use axum::extract::State;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::seal::Sealer;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_members)).merge(super::desk::routes())
}

const PAGE: i64 = 20;

/// Who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    Active,
    Blocked,
    Closed,
}

impl MemberStatus {
    const fn as_str(self) -> &'static str {
        match self {
            MemberStatus::Active => "active",
            MemberStatus::Blocked => "blocked",
            MemberStatus::Closed => "closed",
        }
    }
}

/// Which members to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct MemberQuery {
    /// A whole phone number, its last four digits, or part of a nickname.
    #[param(max_length = 64)]
    pub q: Option<String>,
    #[param(inline)]
    pub status: Option<MemberStatus>,
    /// Joined at or after.
    pub joined_from: Option<Instant>,
    /// Joined before.
    pub joined_to: Option<Instant>,
    /// Money paid, less refunds.
    pub min_paid_fen: Option<i64>,
    pub max_paid_fen: Option<i64>,
    /// Orders paid.
    pub min_orders: Option<i64>,
    pub max_orders: Option<i64>,
    /// Belongs to this store.
    pub home_store_id: Option<Id>,
    pub cursor: Option<String>,
}

/// A member in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MemberRow {
    pub id: Id,
    pub nickname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_masked: Option<String>,
    /// `active`, `blocked` or `closed`.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_reason: Option<String>,
    pub created_at: Instant,
    /// Orders paid.
    pub orders: i64,
    /// Money paid, less refunds.
    pub paid_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_paid_at: Option<Instant>,
}

/// List members.
///
/// Newest first. Permission `member.view`.
#[utoipa::path(
    get,
    path = "/members",
    tag = "member",
    params(MemberQuery),
    responses(
        (status = 200, body = Page<MemberRow>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor`"),
    ),
    security(("staff" = []))
)]
async fn list_members(
    State(app): State<App>,
    staff: Staff<perm::MemberView>,
    Query(query): Query<MemberQuery>,
) -> Answer<Json<Page<MemberRow>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (app_in, mall_id) = (app.clone(), staff.mall.id);
    let page = app.db.read(move |tx| members(tx, &app_in.sealer, mall_id, &query, before, PAGE)).await?;
    Ok(Json(page))
}

struct Listed {
    member: MemberRecord,
    blocked_reason: Option<String>,
    orders: i64,
    paid_fen: i64,
    last_paid_at: Option<Instant>,
}

impl FromRow for Listed {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Listed {
            member: MemberRecord::from_row(row)?,
            blocked_reason: row.next()?,
            orders: row.next()?,
            paid_fen: row.next()?,
            last_paid_at: row.next()?,
        })
    }
}

const SELECT: &str = "select m.id, m.kind, m.nickname, m.avatar_key, m.phone_sealed, m.status, m.created_at,
       m.blocked_reason, coalesce(b.orders, 0), coalesce(b.paid_fen, 0), b.last_paid_at
     from member m
     left join member_purchase b on b.mall_id = m.mall_id and b.member_id = m.id
     where m.mall_id = $1 and m.kind = 'member' and m.status not in ('merged', 'closed')";

/// One page of members that signed in at least once, newest first.
pub fn members(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    mall_id: MallId,
    query: &MemberQuery,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<MemberRow>> {
    let before = before.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let mut sql = format!("{SELECT} and (m.created_at, m.id) < ($2, $3)");
    let mut values: Vec<Arg> = args![mall_id, before.key, before.id, limit + 1].to_vec();
    let mut and = |text: &str, value: Arg| {
        values.push(value);
        sql.push_str(&text.replace("$?", &format!("${}", values.len())));
    };
    let words: String = query.q.as_deref().unwrap_or_default().trim().chars().take(64).collect();
    if let Ok(phone) = Phone::parse(&words) {
        and(" and m.phone_hash = $?", phone.hash(sealer).into());
    } else if words.len() == 4 && words.bytes().all(|b| b.is_ascii_digit()) {
        and(" and m.phone_tail is not null and m.phone_tail = $?", words.into());
    } else if !words.is_empty() {
        and(" and lower(m.nickname) like $? escape '!'", store::contains(&words).into());
    }
    if let Some(status) = query.status {
        and(" and m.status = $?", status.as_str().into());
    }
    if let Some(from) = query.joined_from {
        and(" and m.created_at >= $?", from.into());
    }
    if let Some(to) = query.joined_to {
        and(" and m.created_at < $?", to.into());
    }
    for (text, bound) in [
        (" and coalesce(b.paid_fen, 0) >= $?", query.min_paid_fen),
        (" and coalesce(b.paid_fen, 0) <= $?", query.max_paid_fen),
        (" and coalesce(b.orders, 0) >= $?", query.min_orders),
        (" and coalesce(b.orders, 0) <= $?", query.max_orders),
    ] {
        if let Some(bound) = bound {
            and(text, bound.into());
        }
    }
    if let Some(store_id) = query.home_store_id {
        and(
            " and m.id in (select h.member_id from member_home h
               where h.mall_id = $1 and h.store_id = $? and h.ended_at is null)",
            store_id.into(),
        );
    }
    sql.push_str(" order by m.created_at desc, m.id desc limit $4");
    let rows: Vec<Listed> = tx.all(&sql, &values)?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: row.member.created_at.0, id: row.member.id.0 });
    let items = page.items.into_iter().map(|row| shown(sealer, row)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One member as the list shows it, or `member.not_found` (404).
pub fn row_of(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, id: Id) -> Result<MemberRow> {
    let row: Option<Listed> = tx.opt(&format!("{SELECT} and m.id = $2"), &args![mall_id, id])?;
    shown(sealer, row.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))?)
}

fn shown(sealer: &Sealer, row: Listed) -> Result<MemberRow> {
    Ok(MemberRow {
        phone_masked: row.member.phone(sealer)?.map(|phone| phone.masked()),
        id: row.member.id,
        nickname: row.member.nickname,
        status: row.member.status,
        blocked_reason: row.blocked_reason,
        created_at: row.member.created_at,
        orders: row.orders,
        paid_fen: row.paid_fen,
        last_paid_at: row.last_paid_at,
    })
}
