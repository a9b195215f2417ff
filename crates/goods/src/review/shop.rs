//! What shoppers read: the reviews of a product, newest first, names masked.

use axum::extract::State;
use db::{Tx, args, row};
use kernel::{Cursor, Page};
use kernel::{Id, Instant, MallId, Result};
use platform::cache::{Cached, Topic};
use platform::storage::{self, Picture};
use platform::{Answer, App, Path, Query, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A review as everyone sees it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReviewView {
    pub id: Id,
    /// Masked: `林**`.
    pub nickname: String,
    pub avatar_url: Option<String>,
    /// 1–5.
    pub rating: i64,
    pub text: String,
    pub pictures: Vec<Picture>,
    pub option_text: String,
    pub created_at: Instant,
    /// The shop's answer.
    pub reply: Option<String>,
}

/// Which reviews to show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewFilter {
    #[default]
    All,
    /// With pictures.
    Pictures,
    /// 4 and 5 stars.
    Positive,
    /// 1 to 3 stars.
    Critical,
}

pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_reviews))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReviewQuery {
    #[serde(default)]
    #[param(inline)]
    filter: ReviewFilter,
    cursor: Option<String>,
    /// 1–50, 20 if absent.
    limit: Option<i64>,
}

/// List reviews of a product, newest first.
#[utoipa::path(get, path = "/products/{id}/reviews", tag = "review", params(("id" = Id, Path), ReviewQuery),
    responses((status = 200, body = Page<ReviewView>)))]
async fn list_reviews(
    State(app): State<App>,
    visitor: Visitor,
    Path(product_id): Path<Id>,
    Query(query): Query<ReviewQuery>,
) -> Answer<Cached<Page<ReviewView>>> {
    let (mall_id, limit) = (visitor.mall.id, query.limit.unwrap_or(20).clamp(1, 50));
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let stamp = app.cache.stamp(&[Topic::Product(mall_id, product_id)]);
    let rows = app.db.read(move |tx| shown(tx, mall_id, product_id, query.filter, before, limit + 1)).await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: row.created_at.0, id: row.id.0 });
    let items = page.items.into_iter().map(|row| row.view(&app, Masking::Masked)).collect::<Result<Vec<_>>>()?;
    Ok(Cached::new(Page { items, next_cursor: page.next_cursor }, stamp))
}

/// A review as stored, with its writer's avatar.
pub(super) struct ReviewRow {
    pub id: Id,
    pub nickname: String,
    avatar_key: Option<String>,
    rating: i64,
    text: String,
    picture_keys: String,
    option_text: String,
    pub created_at: Instant,
    reply: Option<String>,
}
row!(ReviewRow { id, nickname, avatar_key, rating, text, picture_keys, option_text, created_at, reply });

/// The avatar belongs to people and is looked up when shown; an anonymous review shows none.
pub(super) const COLUMNS: &str = "r.id, r.nickname,
   (select m.avatar_key from member m where m.mall_id = r.mall_id and m.id = r.member_id and r.nickname <> '匿名会员'),
   r.rating, r.text, r.picture_keys, r.option_text, r.created_at, r.reply";

/// Whether a name is shown whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Masking {
    Masked,
    Whole,
}

impl ReviewRow {
    pub(super) fn view(self, app: &App, masking: Masking) -> Result<ReviewView> {
        let masked = masking == Masking::Masked && self.nickname != super::write::ANONYMOUS;
        Ok(ReviewView {
            id: self.id,
            nickname: if masked { mask(&self.nickname) } else { self.nickname },
            avatar_url: self.avatar_key.map(|key| storage::picture(app, &key, "").small_url),
            rating: self.rating,
            pictures: crate::picture::all(app, &self.picture_keys, "买家图片")?,
            text: self.text,
            option_text: self.option_text,
            created_at: self.created_at,
            reply: self.reply,
        })
    }
}

/// `林小满` as `林**`, one letter as `林*`.
pub(super) fn mask(nickname: &str) -> String {
    let mut letters = nickname.chars();
    match letters.next() {
        None => String::from("会员"),
        Some(first) => format!("{first}{}", if letters.next().is_some() { "**" } else { "*" }),
    }
}

pub(super) fn shown(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    product_id: Id,
    filter: ReviewFilter,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Vec<ReviewRow>> {
    let condition = match filter {
        ReviewFilter::All => "",
        ReviewFilter::Pictures => "and r.picture_keys <> '[]'",
        ReviewFilter::Positive => "and r.rating >= 4",
        ReviewFilter::Critical => "and r.rating <= 3",
    };
    let before = before.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    tx.all(
        &format!(
            "select {COLUMNS}
             from review r
             where r.mall_id = $1 and r.product_id = $2 and r.hidden_reason is null and (r.created_at, r.id) < ($3, $4)
               {condition}
             order by r.created_at desc, r.id desc
             limit $5"
        ),
        &args![mall_id, product_id, before.key, before.id, limit],
    )
}
