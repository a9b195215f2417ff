//! Passing a product on: the mini-program code on its poster. Drawn by WeChat once a product and kept, since a code of
//! the unlimited kind never changes.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::Id;
use kernel::ports::MiniCode;
use platform::problem::ProblemBody;
use platform::{Answer, App, Path, Visitor};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(draw_product_code))
}

const DETAIL_PAGE: &str = "pages/product/detail";

/// Draw the mini-program code that opens a product.
///
/// A PNG or JPEG. The page gets the scene `id=…`.
#[utoipa::path(get, path = "/products/{id}/mini-code", tag = "catalog", params(("id" = Id, Path)),
    responses((status = 200, body = String, content_type = "image/png", description = "The picture"),
    (status = 404, body = ProblemBody, description = "`product.not_found`"),
    (status = 409, body = ProblemBody, description = "`wechat.not_configured`: no mini program, show a QR code of the address; `wechat.code_refused`"),
    (status = 502, body = ProblemBody, description = "`wechat.unavailable`")))]
async fn draw_product_code(State(app): State<App>, visitor: Visitor, Path(id): Path<Id>) -> Answer<Response> {
    let mall_id = visitor.mall.id;
    let mini_program = app.outside.mini_program(mall_id)?;
    app.db.read(move |tx| goods::catalog::require_shown(tx, mall_id, id)).await?;
    let (objects, key) = (app.outside.objects(), format!("m{mall_id}/codes/p{id}.png"));
    let picture = match objects.get(&key).await? {
        Some((kept, _)) => kept,
        None => {
            let code = MiniCode { page: DETAIL_PAGE.into(), scene: format!("id={id}"), width: 430 };
            let drawn = mini_program.code(&code).await?;
            objects.put(&key, "image/png", drawn.clone()).await?;
            drawn
        }
    };
    let kind = if picture.starts_with(b"\xff\xd8") { "image/jpeg" } else { "image/png" };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=86400")];
    Ok((headers, picture).into_response())
}
