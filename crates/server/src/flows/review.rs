//! Review what was bought: one review per line of a completed order, with pictures of one's own.

use super::{detail, loyalty};
use axum::extract::State;
use goods::review::NewReview;
use kernel::{Error, Id, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path};
use serde::{Deserialize, Serialize};
use trade::order::{self, Status};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(review_order))
}

/// A review of one line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewInput {
    pub line_id: Id,
    #[schema(minimum = 1, maximum = 5)]
    pub rating: i64,
    #[schema(max_length = 500)]
    #[serde(default)]
    pub text: String,
    /// Keys of uploads, at most nine.
    #[serde(default)]
    pub picture_keys: Vec<String>,
    #[serde(default)]
    pub anonymous: bool,
}

/// Reviews of one order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewsInput {
    pub reviews: Vec<ReviewInput>,
}

fn check(input: &ReviewsInput) -> Result<()> {
    if input.reviews.is_empty() || input.reviews.len() > 120 {
        return Err(Error::field("reviews", "请至少评价一件商品"));
    }
    for (i, review) in input.reviews.iter().enumerate() {
        if !(1..=5).contains(&review.rating) {
            return Err(Error::field(format!("reviews[{i}].rating"), "请打 1 到 5 星"));
        }
        if review.text.chars().count() > 500 {
            return Err(Error::field(format!("reviews[{i}].text"), "评价最多 500 个字"));
        }
        if review.picture_keys.len() > 9 {
            return Err(Error::field(format!("reviews[{i}].picture_keys"), "最多 9 张图片"));
        }
    }
    Ok(())
}

/// Review the lines of a completed order.
#[utoipa::path(post, path = "/orders/{id}/reviews", tag = "order", security(("member" = [])), params(("id" = Id, Path)),
    request_body = ReviewsInput, responses((status = 200, body = detail::OrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`, `order.no_such_line`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `review.already_written`")))]
async fn review_order(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(input): Json<ReviewsInput>,
) -> Answer<Json<detail::OrderDetail>> {
    check(&input)?;
    let (mall_id, member_id, ctx, reader) = (member.mall.id, member.id, member.ctx.clone(), app.clone());
    app.db
        .write(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            if order.status != Status::Completed || order.is_service {
                return Err(order::not_allowed(order.status));
            }
            let lines = order::lines(tx, mall_id, id)?;
            let mut written = Vec::with_capacity(input.reviews.len());
            let nickname = detail::buyer(&reader, tx, mall_id, member_id)?.nickname;
            for review in &input.reviews {
                let line = lines.iter().find(|line| line.id == review.line_id);
                let line = line.ok_or_else(|| Error::not_found("order.no_such_line", "订单里没有这件商品"))?;
                order::mark_reviewed(tx, &ctx, id, line.id)?;
                let new = NewReview {
                    product_id: line.product_id,
                    sku_id: line.sku_id,
                    order_id: id,
                    line_id: line.id,
                    member_id,
                    nickname: if review.anonymous { goods::review::ANONYMOUS.to_owned() } else { nickname.clone() },
                    rating: review.rating,
                    text: review.text.trim().to_owned(),
                    picture_keys: review.picture_keys.clone(),
                    option_text: line.option_text.clone(),
                };
                written.push(goods::review::write(tx, &ctx, &new)?);
            }
            loyalty::reviewed(&reader, tx, &ctx, member_id, &written)
        })
        .await?;
    detail::member_detail(&app, mall_id, member_id, id).await.map(Json).map_err(Into::into)
}
