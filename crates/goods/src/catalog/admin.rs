//! Products in the back office: list, editor, status, bin.

use super::admin_list::{self, AdminFilter, AdminProductRow};
use super::draft::{ProductInput, ProductStatus};
use super::editor::{AdminProduct, read};
use super::save;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Id, Page};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_products_as_staff, create_product))
        .routes(routes!(read_product_as_staff, update_product, bin_product))
        .routes(routes!(set_product_status))
        .routes(routes!(restore_product))
}

/// List products of any status.
///
/// Needs `product.view`.
#[utoipa::path(get, path = "/products", tag = "catalog", security(("staff" = [])), params(AdminFilter),
    responses((status = 200, body = Page<AdminProductRow>)))]
async fn list_products_as_staff(
    State(app): State<App>,
    staff: Staff<perm::ProductView>,
    Query(filter): Query<AdminFilter>,
) -> Answer<Json<Page<AdminProductRow>>> {
    let (mall_id, asked) = (staff.mall.id, filter.clone());
    let rows = app.db.read(move |tx| admin_list::rows(tx, mall_id, &asked)).await?;
    Ok(Json(admin_list::page(&app, &filter, rows)?))
}

/// Read a product for the editor.
///
/// Needs `product.view`.
#[utoipa::path(get, path = "/products/{id}", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AdminProduct), (status = 404, body = ProblemBody, description = "`product.not_found`")))]
async fn read_product_as_staff(
    State(app): State<App>,
    staff: Staff<perm::ProductView>,
    Path(id): Path<Id>,
) -> Answer<Json<AdminProduct>> {
    Ok(Json(read(&app, staff.mall.id, id).await?))
}

/// Make a product with its SKUs and their first stock.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/products", tag = "catalog", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = ProductInput,
    responses((status = 201, body = AdminProduct),
        (status = 409, body = ProblemBody, description = "`sku.code_taken`"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn create_product(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    key: IdempotencyKey,
    Json(input): Json<ProductInput>,
) -> Answer<(StatusCode, Json<AdminProduct>)> {
    let claim = Claim::new(&staff.ctx, "product.create", &key, &input)?;
    let input = input.checked(&super::files_of(&app, staff.mall.id))?;
    let id = staff
        .write_once(&app, "product.create", claim, move |tx, ctx| {
            let id = save::create(tx, ctx, &input, None)?;
            Ok((id, Note::new("product", id, format!("新建商品 {}", input.name))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(read(&app, staff.mall.id, id).await?)))
}

/// Change a product; send the `version` that was read.
///
/// Needs `product.edit`. SKUs without `id` are new, SKUs left out are deleted.
#[utoipa::path(put, path = "/products/{id}", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ProductInput,
    responses((status = 200, body = AdminProduct),
        (status = 404, body = ProblemBody, description = "`product.not_found`: no such product, or it is in the bin"),
        (status = 409, body = ProblemBody, description = "`product.changed`: someone else was faster; `sku.code_taken`")))]
async fn update_product(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
    Json(input): Json<ProductInput>,
) -> Answer<Json<AdminProduct>> {
    let input = input.checked(&super::files_of(&app, staff.mall.id))?;
    staff
        .write(&app, "product.update", move |tx, ctx| {
            save::update(tx, ctx, id, &input)?;
            Ok(((), Note::new("product", id, format!("修改商品 {}", input.name))))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, id).await?))
}

/// The status a product is to have.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct StatusChange {
    status: ProductStatus,
}

/// Put a product on or off sale.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/products/{id}/status", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = StatusChange,
    responses((status = 200, body = AdminProduct), (status = 404, body = ProblemBody, description = "`product.not_found`")))]
async fn set_product_status(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
    Json(change): Json<StatusChange>,
) -> Answer<Json<AdminProduct>> {
    staff
        .write(&app, "product.status", move |tx, ctx| {
            let name = save::set_status(tx, ctx, id, change.status)?;
            let word = match change.status {
                ProductStatus::OnSale => "上架",
                ProductStatus::OffSale => "下架",
                ProductStatus::Scheduled => "定时上架",
            };
            Ok(((), Note::new("product", id, format!("{word} {name}"))))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, id).await?))
}

/// Put a product into the bin.
///
/// Needs `product.edit`.
#[utoipa::path(delete, path = "/products/{id}", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, description = "`product.not_found`")))]
async fn bin_product(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "product.bin", move |tx, ctx| {
            let name = save::bin(tx, ctx, id)?;
            Ok(((), Note::new("product", id, format!("{name} 移入回收站"))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a product out of the bin; it comes back off sale.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/products/{id}/restore", tag = "catalog", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AdminProduct),
        (status = 404, body = ProblemBody, description = "`product.not_found`: not in the bin")))]
async fn restore_product(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<AdminProduct>> {
    staff
        .write(&app, "product.restore", move |tx, ctx| {
            let name = save::restore(tx, ctx, id)?;
            Ok(((), Note::new("product", id, format!("{name} 移出回收站"))))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, id).await?))
}
