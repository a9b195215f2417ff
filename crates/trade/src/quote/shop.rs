//! The quote route of the storefront.

use super::{Quote, QuoteRequest, Request, gather, into_quote, price};
use axum::extract::State;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(quote_cart))
}

/// Price the cart or some items, with the explanation.
///
/// Lines of several shops are priced together: what the mall takes off is shared over all of them, freight is each shop's
/// own; `shops` says what each order will cost. Nothing is reserved. What stands against placing the order is listed in `problems`.
#[utoipa::path(post, path = "/quote", tag = "order", security(("member" = [])), request_body = QuoteRequest,
    responses((status = 200, body = Quote),
    (status = 404, body = ProblemBody, description = "`address.not_found`, `store.not_found`"),
    (status = 409, body = ProblemBody, description = "`store.closed`")))]
async fn quote_cart(State(app): State<App>, member: Member, Json(request): Json<QuoteRequest>) -> Answer<Json<Quote>> {
    let request = Request::new(member.id, &request)?;
    let reader = app.clone();
    let quote = app
        .db
        .read(move |tx| {
            let facts = gather(&reader, tx, &member.ctx, &request)?;
            Ok(into_quote(price(&facts)?, &facts, &reader))
        })
        .await?;
    Ok(Json(quote))
}
