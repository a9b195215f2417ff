//! The rules of after-sale, in the back office.

use axum::extract::State;
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Staff};
use trade::after_sale::{self, AfterSaleRules};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_after_sale_rules, change_after_sale_rules))
}

/// Show the rules of after-sale.
///
/// Needs `after_sale.view`.
#[utoipa::path(get, path = "/after-sale-rules", tag = "after_sale_desk", security(("staff" = [])),
    responses((status = 200, body = AfterSaleRules)))]
async fn get_after_sale_rules(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleView>,
) -> Answer<Json<AfterSaleRules>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| after_sale::rules(tx, mall_id)).await?))
}

/// Change the rules of after-sale.
///
/// Needs `settings.edit`. Replaces all of them; clocks that run keep their time.
#[utoipa::path(put, path = "/after-sale-rules", tag = "after_sale_desk", security(("staff" = [])),
    request_body = AfterSaleRules, responses((status = 200, body = AfterSaleRules),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit")))]
async fn change_after_sale_rules(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Json(input): Json<AfterSaleRules>,
) -> Answer<Json<AfterSaleRules>> {
    let rules = input.checked()?;
    let kept = rules.clone();
    staff
        .write(&app, "after_sale.rules", move |tx, ctx| {
            after_sale::save_rules(tx, ctx, &kept)?;
            Ok(((), Note::new("mall", ctx.mall_id, "修改售后规则")))
        })
        .await?;
    Ok(Json(rules))
}
