//! Reviews in the back office: answer them, hide what the law or decency forbids (with a reason), show them again.

use super::shop::{COLUMNS, Masking, ReviewRow, ReviewView};
use super::write::count;
use axum::extract::State;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Cursor, Page};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::cache::Topic;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A review as staff see it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminReview {
    #[serde(flatten)]
    pub review: ReviewView,
    pub product: ReviewedProduct,
    pub order_id: Id,
    /// Why shoppers do not see it.
    pub hidden_reason: Option<String>,
}

/// What a review is about.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReviewedProduct {
    pub id: Id,
    pub name: String,
}

/// Which reviews staff want to see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    #[default]
    All,
    Unanswered,
    Hidden,
}

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_reviews_as_staff))
        .routes(routes!(reply_review))
        .routes(routes!(hide_review))
        .routes(routes!(show_review))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReviewQuery {
    #[serde(default)]
    #[param(inline)]
    state: ReviewState,
    /// 1–5 stars exactly.
    rating: Option<i64>,
    /// Only with pictures.
    #[serde(default)]
    pictures: bool,
    product_id: Option<Id>,
    member_id: Option<Id>,
    /// Words in the review.
    #[param(max_length = 30)]
    q: Option<String>,
    from: Option<Instant>,
    to: Option<Instant>,
    cursor: Option<String>,
    /// 1–100, 30 if absent.
    limit: Option<i64>,
}

/// List reviews, newest first.
///
/// Needs `review.view`.
#[utoipa::path(get, path = "/reviews", tag = "review", security(("staff" = [])), params(ReviewQuery),
    responses((status = 200, body = Page<AdminReview>)))]
async fn list_reviews_as_staff(
    State(app): State<App>,
    staff: Staff<perm::ReviewView>,
    Query(query): Query<ReviewQuery>,
) -> Answer<Json<Page<AdminReview>>> {
    let (mall_id, limit) = (staff.mall.id, query.limit.unwrap_or(30).clamp(1, 100));
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let rows = app.db.read(move |tx| rows(tx, mall_id, &query, before, limit + 1)).await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: row.review.created_at.0, id: row.review.id.0 });
    let items = page.items.into_iter().map(|row| row.view(&app)).collect::<Result<Vec<_>>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// The shop's answer to a review.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
struct ReviewReply {
    /// 1–500 characters.
    text: String,
}

/// Why a review is hidden.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
struct ReviewHiding {
    /// 1–100 characters; only staff see it.
    reason: String,
}

/// Answer a review; a second answer takes the place of the first.
///
/// Needs `review.edit`.
#[utoipa::path(post, path = "/reviews/{id}/reply", tag = "review", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ReviewReply,
    responses((status = 200, body = AdminReview), (status = 404, body = ProblemBody, description = "`review.not_found`")))]
async fn reply_review(
    State(app): State<App>,
    staff: Staff<perm::ReviewEdit>,
    Path(id): Path<Id>,
    Json(reply): Json<ReviewReply>,
) -> Answer<Json<AdminReview>> {
    let text = checked("text", &reply.text, 500, "回复要有 1 到 500 个字")?;
    let changed = staff
        .write(&app, "review.reply", move |tx, ctx| {
            set_reply(tx, ctx, id, &text)?;
            Ok((find(tx, ctx.mall_id, id)?, Note::new("review", id, "回复评价")))
        })
        .await?;
    Ok(Json(changed.view(&app)?))
}

/// Hide a review from shoppers.
///
/// Needs `review.edit`. A hidden review no longer counts in the product's rating.
#[utoipa::path(post, path = "/reviews/{id}/hide", tag = "review", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ReviewHiding,
    responses((status = 200, body = AdminReview), (status = 404, body = ProblemBody, description = "`review.not_found`")))]
async fn hide_review(
    State(app): State<App>,
    staff: Staff<perm::ReviewEdit>,
    Path(id): Path<Id>,
    Json(hiding): Json<ReviewHiding>,
) -> Answer<Json<AdminReview>> {
    let reason = checked("reason", &hiding.reason, 100, "请写明隐藏原因，最长 100 个字")?;
    let changed = staff
        .write(&app, "review.hide", move |tx, ctx| {
            set_hidden(tx, ctx, id, Some(&reason))?;
            Ok((find(tx, ctx.mall_id, id)?, Note::new("review", id, format!("隐藏评价：{reason}"))))
        })
        .await?;
    Ok(Json(changed.view(&app)?))
}

/// Show a hidden review again.
///
/// Needs `review.edit`.
#[utoipa::path(post, path = "/reviews/{id}/show", tag = "review", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AdminReview), (status = 404, body = ProblemBody, description = "`review.not_found`")))]
async fn show_review(
    State(app): State<App>,
    staff: Staff<perm::ReviewEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<AdminReview>> {
    let changed = staff
        .write(&app, "review.show", move |tx, ctx| {
            set_hidden(tx, ctx, id, None)?;
            Ok((find(tx, ctx.mall_id, id)?, Note::new("review", id, "重新显示评价")))
        })
        .await?;
    Ok(Json(changed.view(&app)?))
}

/// Shown reviews that the shop has not answered; for the dashboard.
pub fn unanswered_count(tx: &mut Tx<'_>, mall_id: MallId) -> Result<i64> {
    tx.one(
        "select count(*) from review where mall_id = $1 and reply is null and hidden_reason is null",
        &args![mall_id],
    )
}

pub(super) fn set_reply(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, text: &str) -> Result<()> {
    let product_id: Option<Id> = tx.opt(
        "update review set reply = $3, replied_at = $4 where mall_id = $1 and id = $2 returning product_id",
        &args![ctx.mall_id, id, text, ctx.now],
    )?;
    let product_id = product_id.ok_or_else(not_found)?;
    ctx.touch(tx, Topic::Product(ctx.mall_id, product_id));
    Ok(())
}

/// Hides or shows; the product's counters follow, once, however often it is asked.
pub(super) fn set_hidden(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, reason: Option<&str>) -> Result<()> {
    let turned: Option<(Id, i64, bool)> = tx.opt(
        "update review
         set hidden_reason = $3
         where mall_id = $1 and id = $2 and (hidden_reason is null) = $4
         returning product_id, rating, picture_keys <> '[]'",
        &args![ctx.mall_id, id, reason, reason.is_some()],
    )?;
    match turned {
        Some((product_id, rating, pictures)) => {
            count(tx, ctx, product_id, rating, pictures, if reason.is_some() { -1 } else { 1 })
        }
        None => find(tx, ctx.mall_id, id).map(drop),
    }
}

pub(super) struct AdminRow {
    pub review: ReviewRow,
    product: ReviewedProduct,
    order_id: Id,
    pub hidden_reason: Option<String>,
}

impl FromRow for AdminRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(AdminRow {
            review: row.next()?,
            product: ReviewedProduct { id: row.next()?, name: row.next()? },
            order_id: row.next()?,
            hidden_reason: row.next()?,
        })
    }
}

impl AdminRow {
    fn view(self, app: &App) -> Result<AdminReview> {
        Ok(AdminReview {
            review: self.review.view(app, Masking::Whole)?,
            product: self.product,
            order_id: self.order_id,
            hidden_reason: self.hidden_reason,
        })
    }
}

fn rows(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    query: &ReviewQuery,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Vec<AdminRow>> {
    let before = before.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let mut sql = String::from(match query.state {
        ReviewState::All => "",
        ReviewState::Unanswered => " and r.reply is null and r.hidden_reason is null",
        ReviewState::Hidden => " and r.hidden_reason is not null",
    });
    if query.pictures {
        sql.push_str(" and r.picture_keys <> '[]'");
    }
    let mut values: Vec<Arg> = args![mall_id, before.key, before.id, limit].to_vec();
    let words = query.q.as_deref().map(str::trim).filter(|q| !q.is_empty() && q.chars().count() <= 30);
    let pattern =
        words.map(|q| format!("%{}%", q.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_")));
    let conditions: [(&str, Option<Arg>); 6] = [
        (" and r.rating = $?", query.rating.map(Arg::from)),
        (" and r.product_id = $?", query.product_id.map(Arg::from)),
        (" and r.member_id = $?", query.member_id.map(Arg::from)),
        (" and r.created_at >= $?", query.from.map(Arg::from)),
        (" and r.created_at < $?", query.to.map(Arg::from)),
        (" and lower(r.text) like $? escape '!'", pattern.map(Arg::from)),
    ];
    for (text, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&text.replace("$?", &format!("${}", values.len())));
        }
    }
    tx.all(
        &format!(
            "select {COLUMNS}, p.id, p.name, r.order_id, r.hidden_reason
             from review r
             join product p on p.mall_id = r.mall_id and p.id = r.product_id
             where r.mall_id = $1 and (r.created_at, r.id) < ($2, $3){sql}
             order by r.created_at desc, r.id desc
             limit $4"
        ),
        &values,
    )
}

/// The latest reviews of a member, hidden ones too.
pub fn reviews_of_member(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    limit: i64,
) -> Result<Vec<AdminReview>> {
    let rows: Vec<AdminRow> = tx.all(
        &format!(
            "select {COLUMNS}, p.id, p.name, r.order_id, r.hidden_reason
             from review r
             join product p on p.mall_id = r.mall_id and p.id = r.product_id
             where r.mall_id = $1 and r.member_id = $2
             order by r.id desc
             limit $3"
        ),
        &args![mall_id, member_id, limit],
    )?;
    rows.into_iter().map(|row| row.view(app)).collect()
}

pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<AdminRow> {
    let found = tx.opt(
        &format!(
            "select {COLUMNS}, p.id, p.name, r.order_id, r.hidden_reason
             from review r
             join product p on p.mall_id = r.mall_id and p.id = r.product_id
             where r.mall_id = $1 and r.id = $2"
        ),
        &args![mall_id, id],
    )?;
    found.ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::not_found("review.not_found", "没有找到这条评价")
}

fn checked(field: &'static str, text: &str, most: usize, message: &'static str) -> Result<String> {
    let text = text.trim();
    if (1..=most).contains(&text.chars().count()) { Ok(text.to_owned()) } else { Err(Error::field(field, message)) }
}
