//! Code batches in the back office: make or import codes, list and export them, void what is left.

use super::{code, store};
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args, row};
use kernel::{Cursor, Error, Id, Instant, MallId, Page};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Codes of one batch.
const MOST: usize = 10_000;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_code_batches, create_code_batch))
        .routes(routes!(list_codes))
        .routes(routes!(void_code_batch))
}

/// A batch of codes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CodeBatch {
    id: Id,
    name: String,
    count: i64,
    redeemed: i64,
    void: i64,
    created_at: Instant,
}
row!(CodeBatch { id, name, count, redeemed, void, created_at });

/// Codes to make, or codes that exist elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCodeBatch {
    /// 1–40 characters.
    name: String,
    /// How many to make, up to 10,000; without `codes`.
    #[serde(default)]
    count: Option<i64>,
    /// Codes to import, each 4–40 letters and digits; without `count`.
    #[serde(default)]
    codes: Vec<String>,
}

/// List the code batches of a template, newest first.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/coupon-templates/{id}/code-batches", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = Vec<CodeBatch>),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`")))]
async fn list_code_batches(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Path(id): Path<Id>,
) -> Answer<Json<Vec<CodeBatch>>> {
    let mall_id = staff.mall.id;
    let found = app
        .db
        .read(move |tx| {
            store::find(tx, mall_id, id)?;
            tx.all(
                "select b.id, b.name, b.count,
                   (select count(*) from coupon_code c
                    where c.mall_id = b.mall_id and c.batch_id = b.id and c.status = 'redeemed'),
                   (select count(*) from coupon_code c
                    where c.mall_id = b.mall_id and c.batch_id = b.id and c.status = 'void'),
                   b.created_at
                 from coupon_batch b
                 where b.mall_id = $1 and b.template_id = $2
                 order by b.id desc
                 limit 100",
                &args![mall_id, id],
            )
        })
        .await?;
    Ok(Json(found))
}

/// Make or import a batch of codes.
///
/// Needs `campaign.edit`.
#[utoipa::path(post, path = "/coupon-templates/{id}/code-batches", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = NewCodeBatch, responses((status = 201, body = CodeBatch),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`"),
    (status = 409, body = ProblemBody, description = "`coupon.code_taken`")))]
async fn create_code_batch(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Json(request): Json<NewCodeBatch>,
) -> Answer<(StatusCode, Json<CodeBatch>)> {
    let name = request.name.trim().to_owned();
    if !(1..=40).contains(&name.chars().count()) {
        return Err(Error::field("name", "名称要有 1 到 40 个字").into());
    }
    let codes = codes_of(&request)?;
    let made = staff
        .write(&app, "coupon_code.create", move |tx, ctx| {
            store::find(tx, ctx.mall_id, id)?;
            let batch_id = code::insert_batch(tx, ctx, id, &name, &codes)?;
            let count = i64::try_from(codes.len()).map_err(Error::internal)?;
            let note = Note::new("coupon_batch", batch_id, format!("生成 {count} 个兑换码：{name}"));
            let batch =
                CodeBatch { id: batch_id, name: name.clone(), count, redeemed: 0, void: 0, created_at: ctx.now };
            Ok((batch, note))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

fn codes_of(request: &NewCodeBatch) -> kernel::Result<Vec<String>> {
    match (request.count, request.codes.is_empty()) {
        (Some(count), true) => match usize::try_from(count) {
            Ok(count) if (1..=MOST).contains(&count) => Ok(code::make(count)),
            _ => Err(Error::field("count", "一批 1 到 10000 个")),
        },
        (None, false) => {
            let codes: Vec<String> = request.codes.iter().map(|text| code::normal(text)).collect();
            let fits = |c: &String| (4..=40).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_alphanumeric());
            if codes.len() > MOST || !codes.iter().all(fits) {
                return Err(Error::field("codes", "兑换码要是 4 到 40 位字母和数字，一批最多 10000 个"));
            }
            if codes.iter().collect::<HashSet<_>>().len() != codes.len() {
                return Err(Error::field("codes", "有重复的兑换码"));
            }
            Ok(codes)
        }
        _ => Err(Error::field("count", "要么写数量，要么给出兑换码")),
    }
}

/// `coupon.batch_not_found` (404) unless the mall has it.
fn find_batch(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> kernel::Result<()> {
    let known: Option<Id> =
        tx.opt("select id from coupon_batch where mall_id = $1 and id = $2", &args![mall_id, id])?;
    known.map(|_| ()).ok_or_else(|| Error::not_found("coupon.batch_not_found", "没有找到这批兑换码"))
}

/// A code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CouponCode {
    code: String,
    /// `new`, `redeemed`, `void`.
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeemed_at: Option<Instant>,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CodeQuery {
    cursor: Option<String>,
    /// 1–1,000, 500 if absent.
    limit: Option<i64>,
}

/// List the codes of a batch, for export.
///
/// Needs `campaign.edit`.
#[utoipa::path(get, path = "/code-batches/{id}/codes", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path), CodeQuery), responses((status = 200, body = Page<CouponCode>),
    (status = 404, body = ProblemBody, description = "`coupon.batch_not_found`")))]
async fn list_codes(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Query(query): Query<CodeQuery>,
) -> Answer<Json<Page<CouponCode>>> {
    let mall_id = staff.mall.id;
    let limit = query.limit.unwrap_or(500).clamp(1, 1_000);
    let after = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(0, |c| c.id);
    let rows: Vec<(i64, String, String, Option<Instant>)> = app
        .db
        .read(move |tx| {
            find_batch(tx, mall_id, id)?;
            tx.all(
                "select position, code, status, redeemed_at from coupon_code
                 where mall_id = $1 and batch_id = $2 and position > $3
                 order by position
                 limit $4",
                &args![mall_id, id, after, limit + 1],
            )
        })
        .await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.0 });
    Ok(Json(page.map(|(_, code, status, redeemed_at)| CouponCode { code, status, redeemed_at })))
}

/// Void the codes of a batch that nobody used.
///
/// Needs `campaign.edit`.
#[utoipa::path(post, path = "/code-batches/{id}/void", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 204),
    (status = 404, body = ProblemBody, description = "`coupon.batch_not_found`")))]
async fn void_code_batch(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "coupon_code.void", move |tx, ctx| {
            find_batch(tx, ctx.mall_id, id)?;
            let void = tx.exec(
                "update coupon_code set status = 'void' where mall_id = $1 and batch_id = $2 and status = 'new'",
                &args![ctx.mall_id, id],
            )?;
            Ok(((), Note::new("coupon_batch", id, format!("作废 {void} 个兑换码"))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
