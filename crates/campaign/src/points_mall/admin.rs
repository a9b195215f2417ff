//! The points mall in the back office: items, and who exchanged what.

use super::model::{ItemKind, PointsItem, Thing};
use super::shop::{Things, things};
use super::store;
use crate::coupon::{self, CouponSource};
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_points_items, create_points_item))
        .routes(routes!(change_points_item, delete_points_item))
        .routes(routes!(list_points_exchanges))
}

/// An item as staff write it: goods by `sku_id`, a coupon by `template_id`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsItemInput {
    #[serde(default)]
    pub sku_id: Option<Id>,
    #[serde(default)]
    pub template_id: Option<Id>,
    #[schema(minimum = 1, maximum = 100000000)]
    pub points: i64,
    /// Money on top; goods only, and less than they cost without points.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub price_fen: i64,
    /// How many there are; absent: as many as there are.
    #[serde(default)]
    pub stock: Option<i64>,
    #[serde(default)]
    pub per_member: Option<i64>,
    pub on_sale: bool,
}

/// An item as staff read it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointsItemView {
    pub id: Id,
    pub kind: ItemKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Id>,
    /// Empty when goods or coupon are gone.
    pub name: String,
    /// The options of the SKU, or what the coupon does.
    pub words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    pub points: i64,
    pub price_fen: i64,
    /// What the goods cost without points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_price_fen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    pub taken: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_member: Option<i64>,
    pub on_sale: bool,
    /// Why members do not see it although it is on sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_because: Option<String>,
}

fn view(app: &App, now: Instant, things: &Things, item: &PointsItem) -> PointsItemView {
    let mut out = PointsItemView {
        id: item.id,
        kind: item.kind(),
        sku_id: None,
        template_id: None,
        name: String::new(),
        words: String::new(),
        picture: None,
        points: item.points,
        price_fen: item.price.0,
        sku_price_fen: None,
        stock: item.stock,
        taken: item.taken,
        per_member: item.per_member,
        on_sale: item.on_sale,
        hidden_because: None,
    };
    let hidden = match item.thing {
        Thing::Sku { sku_id, .. } => {
            out.sku_id = Some(sku_id);
            let sku = things.skus.get(&sku_id);
            if let Some(sku) = sku {
                out.name.clone_from(&sku.name);
                out.words.clone_from(&sku.option_text);
                out.picture = Some(storage::picture(app, sku.picture_key.as_deref().unwrap_or_default(), &sku.name));
                out.sku_price_fen = Some(sku.price.0);
            }
            match sku {
                None => Some("商品已删除"),
                Some(sku) if !sku.on_sale => Some("商品没有上架"),
                Some(sku) if sku.price <= item.price => Some("商品现在的售价不高于兑换要付的钱"),
                Some(_) => None,
            }
        }
        Thing::Coupon { template_id } => {
            out.template_id = Some(template_id);
            let template = things.templates.get(&template_id);
            if let Some(template) = template {
                out.name.clone_from(&template.name);
                out.words = template.rule.words();
            }
            (!template.is_some_and(|t| t.open_at(now))).then_some("券没有在发放")
        }
    };
    out.hidden_because = hidden.filter(|_| item.on_sale).map(str::to_owned);
    out
}

fn load(app: &App, tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<PointsItemView> {
    let item = store::find(tx, ctx.mall_id, id)?;
    let items = [item];
    let things = things(tx, ctx.mall_id, &items)?;
    Ok(view(app, ctx.now, &things, &items[0]))
}

/// The item these words make.
fn item_of(tx: &mut Tx<'_>, mall_id: MallId, id: Id, input: &PointsItemInput) -> Result<PointsItem> {
    let price = Fen(input.price_fen);
    let thing = match (input.sku_id, input.template_id) {
        (Some(sku_id), None) => {
            let sku = goods::catalog::skus_for_sale(tx, mall_id, &[sku_id])?.pop();
            let sku = sku.ok_or_else(|| Error::field("sku_id", "没有找到这个规格"))?;
            if price >= sku.price {
                return Err(Error::field("price_fen", format!("要低于售价 {} 元", sku.price)));
            }
            Thing::Sku { sku_id, product_id: sku.product_id }
        }
        (None, Some(template_id)) => {
            let template = coupon::find_all(tx, mall_id, &[template_id])?.pop();
            let template = template.ok_or_else(|| Error::field("template_id", "没有找到这张券"))?;
            if !template.from(CouponSource::Points) {
                return Err(Error::field("template_id", "这张券的发放方式里没有“积分兑换”"));
            }
            Thing::Coupon { template_id }
        }
        _ => return Err(Error::field("sku_id", "请选择商品或者优惠券")),
    };
    let item = PointsItem {
        id,
        thing,
        points: input.points,
        price,
        stock: input.stock,
        taken: 0,
        per_member: input.per_member,
        on_sale: input.on_sale,
    };
    item.check()?;
    Ok(item)
}

/// Writes an item; for content that is made, not typed.
pub fn insert_new(tx: &mut Tx<'_>, ctx: &Ctx, input: &PointsItemInput) -> Result<Id> {
    let item = item_of(tx, ctx.mall_id, ctx.id(), input)?;
    store::save(tx, ctx, &item, true)?;
    Ok(item.id)
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PointsItemQuery {
    cursor: Option<String>,
    /// 1–100, 30 if absent.
    limit: Option<i64>,
}

/// List the items of the points mall, newest first.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/points-items", tag = "campaign", security(("staff" = [])), params(PointsItemQuery),
    responses((status = 200, body = Page<PointsItemView>)))]
async fn list_points_items(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Query(query): Query<PointsItemQuery>,
) -> Answer<Json<Page<PointsItemView>>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    let limit = query.limit.unwrap_or(30).clamp(1, 100);
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let reader = app.clone();
    let page = app
        .db
        .read(move |tx| {
            let page = store::list(tx, mall_id, false, before, limit)?;
            let things = things(tx, mall_id, &page.items)?;
            Ok(page.map(|item| view(&reader, now, &things, &item)))
        })
        .await?;
    Ok(Json(page))
}

/// Put goods or a coupon into the points mall.
///
/// Needs `campaign.edit`.
#[utoipa::path(post, path = "/points-items", tag = "campaign", security(("staff" = [])), request_body = PointsItemInput,
    responses((status = 201, body = PointsItemView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 409, body = ProblemBody, description = "`points_item.known`")))]
async fn create_points_item(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Json(input): Json<PointsItemInput>,
) -> Answer<(StatusCode, Json<PointsItemView>)> {
    let reader = app.clone();
    let made = staff
        .write(&app, "points_item.create", move |tx, ctx| {
            let id = insert_new(tx, ctx, &input)?;
            let made = load(&reader, tx, ctx, id)?;
            let note = Note::new("points_item", id, format!("积分商城上架 {}", made.name));
            Ok((made, note))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Change an item of the points mall.
///
/// Needs `campaign.edit`. What was exchanged stays as it was.
#[utoipa::path(put, path = "/points-items/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = PointsItemInput, responses((status = 200, body = PointsItemView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 404, body = ProblemBody, description = "`points_item.not_found`"),
    (status = 409, body = ProblemBody, description = "`points_item.known`, `points_item.stock_taken`")))]
async fn change_points_item(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
    Json(input): Json<PointsItemInput>,
) -> Answer<Json<PointsItemView>> {
    let reader = app.clone();
    let changed = staff
        .write(&app, "points_item.change", move |tx, ctx| {
            store::find(tx, ctx.mall_id, id)?;
            let item = item_of(tx, ctx.mall_id, id, &input)?;
            store::save(tx, ctx, &item, false)?;
            let changed = load(&reader, tx, ctx, id)?;
            let note = Note::new("points_item", id, format!("修改积分商城 {}：{}", changed.name, item.words()));
            Ok((changed, note))
        })
        .await?;
    Ok(Json(changed))
}

/// Delete an item nobody exchanged.
///
/// Needs `campaign.edit`.
#[utoipa::path(delete, path = "/points-items/{id}", tag = "campaign", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, description = "`points_item.not_found`"),
    (status = 409, body = ProblemBody, description = "`points_item.used`: take it off sale")))]
async fn delete_points_item(
    State(app): State<App>,
    staff: Staff<perm::CampaignEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "points_item.delete", move |tx, ctx| {
            store::delete(tx, ctx.mall_id, id)?;
            Ok(((), Note::new("points_item", id, "从积分商城删除")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An exchange.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct PointsExchangeRow {
    id: Id,
    member_id: Id,
    nickname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_masked: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon_id: Option<Id>,
    pieces: i64,
    points: i64,
    /// Came back with closed or refunded orders.
    points_back: i64,
    created_at: Instant,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PointsExchangeQuery {
    cursor: Option<String>,
}

/// List who exchanged an item, newest first.
///
/// Needs `campaign.view`.
#[utoipa::path(get, path = "/points-items/{id}/exchanges", tag = "campaign", security(("staff" = [])),
    params(("id" = Id, Path), PointsExchangeQuery), responses((status = 200, body = Page<PointsExchangeRow>),
    (status = 404, body = ProblemBody, description = "`points_item.not_found`")))]
async fn list_points_exchanges(
    State(app): State<App>,
    staff: Staff<perm::CampaignView>,
    Path(id): Path<Id>,
    Query(query): Query<PointsExchangeQuery>,
) -> Answer<Json<Page<PointsExchangeRow>>> {
    const PAGE: i64 = 30;
    type Row = (Id, Id, Option<Id>, Option<Id>, i64, i64, i64, Instant);
    let mall_id = staff.mall.id;
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |c| c.id);
    let reader = app.clone();
    let page = app
        .db
        .read(move |tx| {
            store::find(tx, mall_id, id)?;
            let rows: Vec<Row> = tx.all(
                "select id, member_id, order_id, coupon_id, pieces, points, points_back, created_at
                 from points_exchange
                 where mall_id = $1 and item_id = $2 and id < $3
                 order by id desc
                 limit $4",
                &args![mall_id, id, before, PAGE + 1],
            )?;
            let page = Page::from_rows(rows, PAGE, |row| Cursor { key: 0, id: row.0.0 });
            let members: Vec<Id> = page.items.iter().map(|row| row.1).collect();
            let briefs = people::identity::briefs(tx, &reader.sealer, mall_id, &members)?;
            Ok(page.map(|(id, member_id, order_id, coupon_id, pieces, points, points_back, created_at)| {
                let brief = briefs.get(&member_id);
                PointsExchangeRow {
                    id,
                    member_id,
                    nickname: brief.map(|b| b.nickname.clone()).unwrap_or_default(),
                    phone_masked: brief.and_then(|b| b.phone_masked.clone()),
                    order_id,
                    coupon_id,
                    pieces,
                    points,
                    points_back,
                    created_at,
                }
            }))
        })
        .await?;
    Ok(Json(page))
}
