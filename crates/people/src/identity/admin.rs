//! The member list of the back office. Phones are masked; a whole number finds its owner, four digits find a tail.

use super::model::MemberRecord;
use super::store::{self, MemberFilter};
use crate::hooks::{AdminHooks, Purchases};
use crate::phone::Phone;
use axum::Extension;
use axum::extract::State;
use db::Tx;
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::seal::Sealer;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_members))
}

const PAGE: i64 = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MemberQuery {
    /// A whole phone number, its last four digits, or part of a nickname.
    #[param(max_length = 64)]
    q: Option<String>,
    cursor: Option<String>,
}

/// A member in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberRow {
    pub id: Id,
    pub nickname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_masked: Option<String>,
    pub created_at: Instant,
    /// Orders paid.
    pub orders: i64,
    /// Money paid, less refunds.
    pub paid_fen: i64,
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
    Extension(hooks): Extension<AdminHooks>,
    staff: Staff<perm::MemberView>,
    Query(query): Query<MemberQuery>,
) -> Answer<Json<Page<MemberRow>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (app_in, mall_id) = (app.clone(), staff.mall.id);
    let words: String = query.q.unwrap_or_default().trim().chars().take(64).collect();
    let page = app.db.read(move |tx| members(tx, &app_in.sealer, &hooks, mall_id, &words, before)).await?;
    Ok(Json(page))
}

fn members(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    hooks: &AdminHooks,
    mall_id: MallId,
    words: &str,
    before: Option<Cursor>,
) -> Result<Page<MemberRow>> {
    let phone_hash = Phone::parse(words).ok().map(|phone| phone.hash(sealer));
    let is_tail = words.len() == 4 && words.bytes().all(|b| b.is_ascii_digit());
    let filter = MemberFilter {
        nickname: (!words.is_empty() && !is_tail && phone_hash.is_none()).then_some(words),
        phone_hash: phone_hash.as_deref(),
        phone_tail: is_tail.then_some(words),
        before: before.map(|cursor| (Instant(cursor.key), Id(cursor.id))),
        limit: PAGE,
    };
    let rows = store::page(tx, mall_id, &filter)?;
    let page = Page::from_rows(rows, PAGE, |row| Cursor { key: row.created_at.0, id: row.id.0 });
    let ids: Vec<Id> = page.items.iter().map(|row| row.id).collect();
    let bought = hooks.purchases(tx, mall_id, &ids)?;
    let items: Result<Vec<_>> = page
        .items
        .into_iter()
        .map(|row| shown(sealer, bought.get(&row.id).copied().unwrap_or_default(), row))
        .collect();
    Ok(Page { items: items?, next_cursor: page.next_cursor })
}

fn shown(sealer: &Sealer, bought: Purchases, row: MemberRecord) -> Result<MemberRow> {
    Ok(MemberRow {
        phone_masked: row.phone(sealer)?.map(|phone| phone.masked()),
        id: row.id,
        nickname: row.nickname,
        created_at: row.created_at,
        orders: bought.orders,
        paid_fen: bought.paid_fen,
    })
}
