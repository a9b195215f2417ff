//! Categories and brands on the wire: what shoppers browse by, and what staff arrange.

use super::brand::{self, BrandInput, BrandRow};
use super::category::{self, CategoryInput, CategoryRow};
use crate::picture;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use platform::audit::Note;
use platform::cache::{Cached, Topic};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A category and what is below it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CategoryNode {
    pub id: Id,
    pub name: String,
    pub picture_url: Option<String>,
    #[schema(no_recursion)]
    pub children: Vec<CategoryNode>,
}

/// A category by itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CategoryBrief {
    pub id: Id,
    pub name: String,
    pub picture_url: Option<String>,
}

impl CategoryBrief {
    pub(crate) fn new(app: &App, row: &CategoryRow) -> Self {
        let picture_url = picture::small_url(app, row.picture_key.as_deref());
        CategoryBrief { id: row.id, name: row.name.clone(), picture_url }
    }
}

/// A brand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BrandBrief {
    pub id: Id,
    pub name: String,
    pub logo_url: Option<String>,
}

impl BrandBrief {
    pub(super) fn new(app: &App, row: BrandRow) -> Self {
        BrandBrief { id: row.id, logo_url: picture::small_url(app, row.logo_key.as_deref()), name: row.name }
    }
}

/// A category as staff arrange it: a [`CategoryNode`] with what its form needs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminCategory {
    pub id: Id,
    pub name: String,
    pub parent_id: Option<Id>,
    pub picture_key: Option<String>,
    pub picture_url: Option<String>,
    pub position: i64,
    /// Products in this very category, without those in the bin.
    pub product_count: i64,
    #[schema(no_recursion)]
    pub children: Vec<AdminCategory>,
}

/// A brand as staff write it: a [`BrandBrief`] with what its form needs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminBrand {
    pub id: Id,
    pub name: String,
    pub logo_key: Option<String>,
    pub logo_url: Option<String>,
    pub story: String,
    pub position: i64,
}

impl AdminBrand {
    fn new(app: &App, row: BrandRow) -> Self {
        AdminBrand {
            id: row.id,
            logo_url: picture::small_url(app, row.logo_key.as_deref()),
            name: row.name,
            logo_key: row.logo_key,
            story: row.story,
            position: row.position,
        }
    }
}

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_categories)).routes(routes!(list_brands))
}

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_categories_as_staff, create_category))
        .routes(routes!(update_category, delete_category))
        .routes(routes!(list_brands_as_staff, create_brand))
        .routes(routes!(update_brand, delete_brand))
}

/// List all categories as a tree.
#[utoipa::path(get, path = "/categories", tag = "catalog", responses((status = 200, body = Vec<CategoryNode>)))]
async fn list_categories(State(app): State<App>, visitor: Visitor) -> Answer<Cached<Vec<CategoryNode>>> {
    let mall_id = visitor.mall.id;
    let stamp = app.cache.stamp(&[Topic::Catalog(mall_id)]);
    let rows = app.db.read(move |tx| category::categories(tx, mall_id)).await?;
    let tree = grow(&rows, None, &|row, children| CategoryNode {
        id: row.id,
        name: row.name.clone(),
        picture_url: picture::small_url(&app, row.picture_key.as_deref()),
        children,
    });
    Ok(Cached::new(tree, stamp))
}

/// List all brands.
#[utoipa::path(get, path = "/brands", tag = "catalog", responses((status = 200, body = Vec<BrandBrief>)))]
async fn list_brands(State(app): State<App>, visitor: Visitor) -> Answer<Cached<Vec<BrandBrief>>> {
    let mall_id = visitor.mall.id;
    let stamp = app.cache.stamp(&[Topic::Catalog(mall_id)]);
    let rows = app.db.read(move |tx| brand::brands(tx, mall_id)).await?;
    Ok(Cached::new(rows.into_iter().map(|row| BrandBrief::new(&app, row)).collect(), stamp))
}

/// List all categories as a tree, with what their forms need.
///
/// Needs `product.view`.
#[utoipa::path(get, path = "/categories", tag = "catalog", security(("staff" = [])),
    responses((status = 200, body = Vec<AdminCategory>)))]
async fn list_categories_as_staff(
    State(app): State<App>,
    staff: Staff<perm::ProductView>,
) -> Answer<Json<Vec<AdminCategory>>> {
    let mall_id = staff.mall.id;
    let (rows, counts) =
        app.db.read(move |tx| Ok((category::categories(tx, mall_id)?, product_counts(tx, mall_id)?))).await?;
    Ok(Json(grow(&rows, None, &|row, children| AdminCategory {
        id: row.id,
        name: row.name.clone(),
        parent_id: row.parent_id,
        picture_key: row.picture_key.clone(),
        picture_url: picture::small_url(&app, row.picture_key.as_deref()),
        position: row.position,
        product_count: counts.get(&row.id).copied().unwrap_or(0),
        children,
    })))
}

/// Make a category.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/categories", tag = "catalog", security(("staff" = [])), request_body = CategoryInput,
    responses((status = 201, body = CategoryBrief),
        (status = 404, body = ProblemBody, description = "`category.not_found`: no such parent")))]
async fn create_category(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Json(input): Json<CategoryInput>,
) -> Answer<(StatusCode, Json<CategoryBrief>)> {
    let row = staff
        .write(&app, "category.create", move |tx, ctx| {
            picture::check_one(tx, ctx.mall_id, "picture_key", input.picture_key.as_deref())?;
            let id = category::create_category(tx, ctx, &input)?;
            let note = Note::new("category", id, format!("新建分类 {}", input.name));
            Ok((category::find_category(tx, ctx.mall_id, id)?, note))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(CategoryBrief::new(&app, &row))))
}

/// Change or move a category.
///
/// Needs `product.edit`.
#[utoipa::path(put, path = "/categories/{id}", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = CategoryInput,
    responses((status = 200, body = CategoryBrief),
        (status = 404, body = ProblemBody, description = "`category.not_found`")))]
async fn update_category(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
    Json(input): Json<CategoryInput>,
) -> Answer<Json<CategoryBrief>> {
    let row = staff
        .write(&app, "category.update", move |tx, ctx| {
            picture::check_one(tx, ctx.mall_id, "picture_key", input.picture_key.as_deref())?;
            category::update_category(tx, ctx, id, &input)?;
            let note = Note::new("category", id, format!("修改分类 {}", input.name));
            Ok((category::find_category(tx, ctx.mall_id, id)?, note))
        })
        .await?;
    Ok(Json(CategoryBrief::new(&app, &row)))
}

/// Delete a category that nothing stands in.
///
/// Needs `product.edit`.
#[utoipa::path(delete, path = "/categories/{id}", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204),
        (status = 404, body = ProblemBody, description = "`category.not_found`"),
        (status = 409, body = ProblemBody, description = "`category.in_use`: it has children or products")))]
async fn delete_category(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "category.delete", move |tx, ctx| {
            let gone = category::delete_category(tx, ctx, id)?;
            Ok(((), Note::new("category", id, format!("删除分类 {}", gone.name))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List all brands, with what their forms need.
///
/// Needs `product.view`.
#[utoipa::path(get, path = "/brands", tag = "catalog", security(("staff" = [])),
    responses((status = 200, body = Vec<AdminBrand>)))]
async fn list_brands_as_staff(
    State(app): State<App>,
    staff: Staff<perm::ProductView>,
) -> Answer<Json<Vec<AdminBrand>>> {
    let mall_id = staff.mall.id;
    let rows = app.db.read(move |tx| brand::brands(tx, mall_id)).await?;
    Ok(Json(rows.into_iter().map(|row| AdminBrand::new(&app, row)).collect()))
}

/// Make a brand.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/brands", tag = "catalog", security(("staff" = [])), request_body = BrandInput,
    responses((status = 201, body = AdminBrand),
        (status = 409, body = ProblemBody, description = "`brand.name_taken`")))]
async fn create_brand(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Json(input): Json<BrandInput>,
) -> Answer<(StatusCode, Json<AdminBrand>)> {
    let row = staff
        .write(&app, "brand.create", move |tx, ctx| {
            picture::check_one(tx, ctx.mall_id, "logo_key", input.logo_key.as_deref())?;
            let id = brand::create_brand(tx, ctx, &input)?;
            let note = Note::new("brand", id, format!("新建品牌 {}", input.name));
            Ok((brand::find_brand(tx, ctx.mall_id, id)?, note))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(AdminBrand::new(&app, row))))
}

/// Change a brand.
///
/// Needs `product.edit`.
#[utoipa::path(put, path = "/brands/{id}", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = BrandInput,
    responses((status = 200, body = AdminBrand),
        (status = 404, body = ProblemBody, description = "`brand.not_found`"),
        (status = 409, body = ProblemBody, description = "`brand.name_taken`")))]
async fn update_brand(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
    Json(input): Json<BrandInput>,
) -> Answer<Json<AdminBrand>> {
    let row = staff
        .write(&app, "brand.update", move |tx, ctx| {
            picture::check_one(tx, ctx.mall_id, "logo_key", input.logo_key.as_deref())?;
            brand::update_brand(tx, ctx, id, &input)?;
            let note = Note::new("brand", id, format!("修改品牌 {}", input.name));
            Ok((brand::find_brand(tx, ctx.mall_id, id)?, note))
        })
        .await?;
    Ok(Json(AdminBrand::new(&app, row)))
}

/// Delete a brand that no product carries.
///
/// Needs `product.edit`.
#[utoipa::path(delete, path = "/brands/{id}", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204),
        (status = 404, body = ProblemBody, description = "`brand.not_found`"),
        (status = 409, body = ProblemBody, description = "`brand.in_use`: products carry it")))]
async fn delete_brand(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "brand.delete", move |tx, ctx| {
            let gone = brand::delete_brand(tx, ctx, id)?;
            Ok(((), Note::new("brand", id, format!("删除品牌 {}", gone.name))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Turns rows, already in their order, into the nodes under a parent.
fn grow<T>(rows: &[CategoryRow], parent: Option<Id>, node: &impl Fn(&CategoryRow, Vec<T>) -> T) -> Vec<T> {
    rows.iter().filter(|row| row.parent_id == parent).map(|row| node(row, grow(rows, Some(row.id), node))).collect()
}

fn product_counts(tx: &mut Tx<'_>, mall_id: MallId) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select category_id, count(*)
         from product
         where mall_id = $1 and deleted_at is null
         group by category_id",
        &args![mall_id],
    )?;
    Ok(rows.into_iter().collect())
}
