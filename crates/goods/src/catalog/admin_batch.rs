//! Work on the list of products in the back office: many at once, numbers in place, a copy, an order by hand.

use super::arrange::{self, BrandOrder, CategoryOrder};
use super::change::{self, BatchChange, CHANGE, ChangePreview};
use super::editor::{AdminProduct, read};
use super::quick::{self, QuickEdit};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Error, Id};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::{self, Claim};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::task::{self, NewTask, StartedTask};
use platform::{Answer, App, Json, Path, Staff};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(preview_product_change))
        .routes(routes!(change_products))
        .routes(routes!(quick_edit_product))
        .routes(routes!(copy_product))
        .routes(routes!(arrange_categories))
        .routes(routes!(arrange_brands))
}

/// Say in numbers what a change of many products would do; nothing is changed.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/products/changes/preview", tag = "catalog", security(("staff" = [])),
    request_body = BatchChange, responses((status = 200, body = ChangePreview)))]
async fn preview_product_change(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Json(asked): Json<BatchChange>,
) -> Answer<Json<ChangePreview>> {
    asked.check()?;
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| change::preview(tx, mall_id, &asked)).await?))
}

/// Change many products: on or off sale, into the bin and back, another price. Done as a task.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/products/changes", tag = "catalog", security(("staff" = [])), request_body = BatchChange,
    responses((status = 202, body = StartedTask)))]
async fn change_products(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Json(asked): Json<BatchChange>,
) -> Answer<(StatusCode, Json<StartedTask>)> {
    asked.check()?;
    let task_id = staff
        .write(&app, "product.change_many", move |tx, ctx| {
            let new = NewTask::new(CHANGE, asked.title(), perm_code(), &asked)?;
            let id = task::start(tx, ctx, new)?;
            Ok((id, Note::new("task", id, asked.title())))
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(StartedTask { task_id })))
}

fn perm_code() -> &'static str {
    <perm::ProductEdit as platform::permission::Permission>::CODE
}

/// Change price and stock of a product's SKUs in place. Each number says what was seen.
///
/// Needs `product.edit`; for stock `inventory.edit` too.
#[utoipa::path(post, path = "/products/{id}/quick-edit", tag = "catalog", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = QuickEdit,
    responses((status = 200, body = AdminProduct),
        (status = 403, body = ProblemBody, description = "`staff.not_allowed`, `product.stock_not_allowed`: stock needs `inventory.edit`"),
        (status = 404, body = ProblemBody, description = "`product.not_found`"),
        (status = 409, body = ProblemBody, description = "`sku.price_changed`, `inventory.changed`: somebody was faster; `inventory.below_reserved`")))]
async fn quick_edit_product(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
    Json(edit): Json<QuickEdit>,
) -> Answer<Json<AdminProduct>> {
    if edit.changes_stock() && !staff.grants.allow::<perm::InventoryEdit>() {
        return Err(Error::forbidden("product.stock_not_allowed", "你的角色不能改库存，请联系店主").into());
    }
    staff
        .write(&app, "product.quick_edit", move |tx, ctx| {
            let name = quick::quick_edit(tx, ctx, id, &edit)?;
            Ok(((), Note::new("product", id, format!("{name} 改了 {} 个规格的价格或库存", edit.skus.len()))))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, id).await?))
}

/// Make a product like another: off sale, without stock, under codes of its own.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/products/{id}/copy", tag = "catalog", security(("staff" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = AdminProduct),
        (status = 404, body = ProblemBody, description = "`product.not_found`"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn copy_product(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    key: IdempotencyKey,
    Path(id): Path<Id>,
) -> Answer<(StatusCode, Json<AdminProduct>)> {
    let claim = Claim::new(&staff.ctx, "product.copy", &key, &id)?;
    let copied = staff
        .write(&app, "product.copy", move |tx, ctx| {
            let (copied, name) = idempotency::once(tx, ctx, &claim, |tx| quick::copy(tx, ctx, id))?;
            Ok((copied, Note::new("product", copied, format!("复制为 {name}"))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(read(&app, staff.mall.id, copied).await?)))
}

/// Put all categories in their order and under their parents, in one go.
///
/// Needs `product.edit`.
#[utoipa::path(put, path = "/categories/order", tag = "catalog", security(("staff" = [])), request_body = CategoryOrder,
    responses((status = 204),
        (status = 409, body = ProblemBody, description = "`catalog.list_changed`: read the list again")))]
async fn arrange_categories(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Json(order): Json<CategoryOrder>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "category.arrange", move |tx, ctx| {
            let moved = arrange::arrange_categories(tx, ctx, &order)?;
            Ok(((), Note::new("category", "order", format!("调整 {moved} 个分类的位置"))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put all brands in their order, in one go.
///
/// Needs `product.edit`.
#[utoipa::path(put, path = "/brands/order", tag = "catalog", security(("staff" = [])), request_body = BrandOrder,
    responses((status = 204),
        (status = 409, body = ProblemBody, description = "`catalog.list_changed`: read the list again")))]
async fn arrange_brands(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Json(order): Json<BrandOrder>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "brand.arrange", move |tx, ctx| {
            let moved = arrange::arrange_brands(tx, ctx, &order)?;
            Ok(((), Note::new("brand", "order", format!("调整 {moved} 个品牌的位置"))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
