//! Shops in the back office: a mall begins with one and may found more. Each has its own warehouse and its own goods; orders
//! over several are one order a shop, paid together.

use super::region::region_path;
use super::row::found_shop;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::cache::Topic;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most shops of a mall.
const MOST: usize = 200;

/// A shop with how much there is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShopRow {
    pub id: Id,
    pub name: String,
    /// Where its parcels leave from.
    pub location_id: Id,
    /// Where that warehouse lies; absent while nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warehouse_district_code: Option<String>,
    pub product_count: i64,
    pub store_count: i64,
    /// Since when it takes no orders; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Instant>,
}
row!(ShopRow { id, name, location_id, warehouse_district_code, product_count, store_count, closed_at });

/// What staff write about a shop.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShopInput {
    /// Shoppers read it above their goods.
    #[schema(min_length = 1, max_length = 20)]
    pub name: String,
    /// The district in which its warehouse lies, six digits: routing measures from there.
    pub warehouse_district_code: Option<String>,
}

/// Whether a shop takes orders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShopStateInput {
    pub open: bool,
    /// Why; it stands in the audit log. Needed for closing.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub note: String,
}

impl ShopInput {
    fn checked(&self) -> Result<&str> {
        let name = self.name.trim();
        if let Some(code) = &self.warehouse_district_code {
            region_path(code).map_err(|error| error.at("warehouse_district_code"))?;
        }
        if (1..=20).contains(&name.chars().count()) {
            return Ok(name);
        }
        Err(Error::field("name", "店铺名称要有 1 到 20 个字"))
    }
}

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_shops, create_shop))
        .routes(routes!(rename_shop))
        .routes(routes!(switch_shop))
}

/// The shops of a mall, the first one first.
fn shops(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<ShopRow>> {
    tx.all(
        "select s.id, s.name, l.id, l.district_code,
           (select count(*) from product p where p.mall_id = s.mall_id and p.shop_id = s.id and p.deleted_at is null),
           (select count(*) from store t where t.mall_id = s.mall_id and t.shop_id = s.id),
           s.closed_at
         from shop s
         join location l on l.mall_id = s.mall_id and l.shop_id = s.id and l.is_default
         where s.mall_id = $1
         order by s.id",
        &args![mall_id],
    )
}

fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<ShopRow> {
    let found = shops(tx, mall_id)?.into_iter().find(|shop| shop.id == id);
    found.ok_or_else(|| Error::not_found("shop.not_found", "没有找到这家店铺"))
}

fn name_is_free(tx: &mut Tx<'_>, mall_id: MallId, name: &str, but: Option<Id>) -> Result<()> {
    let known = shops(tx, mall_id)?;
    if known.iter().any(|shop| shop.name == name && Some(shop.id) != but) {
        return Err(Error::conflict("shop.name_taken", "已经有一家店铺叫这个名字").at("name"));
    }
    if but.is_none() && known.len() >= MOST {
        return Err(Error::conflict("shop.too_many", format!("最多开 {MOST} 家店铺")));
    }
    Ok(())
}

/// Writes down where a warehouse lies.
fn locate(tx: &mut Tx<'_>, mall_id: MallId, location_id: Id, district_code: Option<&str>) -> Result<()> {
    tx.exec(
        "update location set district_code = $3 where mall_id = $1 and id = $2",
        &args![mall_id, location_id, district_code],
    )?;
    Ok(())
}

/// List the shops.
///
/// Needs `store.view`. The first one first.
#[utoipa::path(get, path = "/shops", tag = "store", security(("staff" = [])),
    responses((status = 200, body = Vec<ShopRow>)))]
async fn list_shops(State(app): State<App>, staff: Staff<perm::StoreView>) -> Answer<Json<Vec<ShopRow>>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| shops(tx, mall_id)).await?))
}

/// Found a shop with a warehouse of its own.
///
/// Needs `store.edit`. Goods are put into it when they are made (`shop_id` of a product).
#[utoipa::path(post, path = "/shops", tag = "store", security(("staff" = [])), request_body = ShopInput,
    responses((status = 201, body = ShopRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `name`"),
    (status = 409, body = ProblemBody, description = "`shop.name_taken`, `shop.too_many`")))]
async fn create_shop(
    State(app): State<App>,
    staff: Staff<perm::StoreEdit>,
    Json(input): Json<ShopInput>,
) -> Answer<(StatusCode, Json<ShopRow>)> {
    let (name, district) = (input.checked()?.to_owned(), input.warehouse_district_code);
    let shop = staff
        .write(&app, "shop.create", move |tx, ctx| {
            name_is_free(tx, ctx.mall_id, &name, None)?;
            let (id, location_id) = found_shop(tx, ctx, &name)?;
            locate(tx, ctx.mall_id, location_id, district.as_deref())?;
            Ok((find(tx, ctx.mall_id, id)?, Note::new("shop", id, format!("新开店铺 {name}"))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(shop)))
}

/// Rename a shop, or say where its warehouse lies.
///
/// Needs `store.edit`.
#[utoipa::path(put, path = "/shops/{id}", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ShopInput, responses((status = 200, body = ShopRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `name`"),
    (status = 404, body = ProblemBody, description = "`shop.not_found`"),
    (status = 409, body = ProblemBody, description = "`shop.name_taken`")))]
async fn rename_shop(
    State(app): State<App>,
    staff: Staff<perm::StoreEdit>,
    Path(id): Path<Id>,
    Json(input): Json<ShopInput>,
) -> Answer<Json<ShopRow>> {
    let (name, district) = (input.checked()?.to_owned(), input.warehouse_district_code);
    let shop = staff
        .write(&app, "shop.rename", move |tx, ctx| {
            let before = find(tx, ctx.mall_id, id)?;
            name_is_free(tx, ctx.mall_id, &name, Some(id))?;
            tx.exec("update shop set name = $3 where mall_id = $1 and id = $2", &args![ctx.mall_id, id, &name])?;
            locate(tx, ctx.mall_id, before.location_id, district.as_deref())?;
            Ok((find(tx, ctx.mall_id, id)?, Note::new("shop", id, format!("店铺 {} 改名为 {name}", before.name))))
        })
        .await?;
    Ok(Json(shop))
}

/// Close a shop, or open it again.
///
/// Needs `store.edit`. A closed shop's goods stay on show and cannot be ordered (`shop.closed`); orders it has go on as ever.
/// Saying what it is already changes nothing.
#[utoipa::path(put, path = "/shops/{id}/state", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ShopStateInput, responses((status = 200, body = ShopRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `note`"),
    (status = 404, body = ProblemBody, description = "`shop.not_found`")))]
async fn switch_shop(
    State(app): State<App>,
    staff: Staff<perm::StoreEdit>,
    Path(id): Path<Id>,
    Json(input): Json<ShopStateInput>,
) -> Answer<Json<ShopRow>> {
    let (open, why) = (input.open, input.note.trim().to_owned());
    if why.chars().count() > 100 || (why.is_empty() && !open) {
        return Err(Error::field("note", "请写下为什么暂停接单，最长 100 个字").into());
    }
    let shop = staff
        .write(&app, "shop.switch", move |tx, ctx| {
            let before = find(tx, ctx.mall_id, id)?;
            if before.closed_at.is_none() != open {
                let closed_at = (!open).then_some(ctx.now);
                tx.exec(
                    "update shop set closed_at = $3 where mall_id = $1 and id = $2",
                    &args![ctx.mall_id, id, closed_at],
                )?;
                ctx.touch(tx, Topic::Catalog(ctx.mall_id));
            }
            let word = if open { "恢复接单" } else { "暂停接单" };
            let text = if why.is_empty() { String::new() } else { format!("：{why}") };
            Ok((find(tx, ctx.mall_id, id)?, Note::new("shop", id, format!("店铺 {} {word}{text}", before.name))))
        })
        .await?;
    Ok(Json(shop))
}
