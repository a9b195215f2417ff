//! Change what an unpaid order costs. The channel closes its intents first; if the member was faster, the order is paid and
//! stays as it is. The change itself locks the order: an intent opened in between is closed and the change tried again, so
//! no instruction for the old price stays payable. Money that still comes for the old price goes back by itself.

use super::close::{self, Intents};
use super::{ORDER_GROUP, balance_part, detail};
use axum::extract::State;
use kernel::{Error, Fen, Id, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, LinePrice, NewPrices, Status};
use trade::payment::{self, PaymentStatus};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(change_order_price))
}

/// The new prices of an order. Give `lines` or `goods_fen`, and `freight_fen` if it changes too.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceChange {
    /// Lines that get another price.
    #[serde(default)]
    pub lines: Vec<LinePrice>,
    /// All goods together; the difference is split over the lines.
    pub goods_fen: Option<i64>,
    /// From nothing up to the freight that was quoted.
    pub freight_fen: Option<i64>,
    /// The total staff saw; another one is refused.
    pub expected_total_fen: i64,
    /// The member reads it.
    #[schema(min_length = 1, max_length = 80)]
    pub reason: String,
}

/// How often an intent that was opened in between is closed before we give up.
const TRIES: usize = 3;

/// Change the price of an unpaid order.
///
/// Needs `order.change_price`. A line costs between nothing and its list price, freight at most what was quoted. The
/// member sees the new price and the reason.
#[utoipa::path(post, path = "/orders/{id}/price", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = PriceChange, responses((status = 200, body = detail::AdminOrderDetail),
    (status = 400, body = ProblemBody, description = "`order.same_price`, `request.invalid` at `lines`, `goods_fen`, `freight_fen`, `reason`"),
    (status = 404, body = ProblemBody, description = "`order.not_found`, `order.no_such_line`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.already_paid`, `order.changed`, `order.being_paid`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: the channel could not close its intent, nothing changed")))]
async fn change_order_price(
    State(app): State<App>,
    staff: Staff<perm::OrderChangePrice>,
    Path(id): Path<Id>,
    Json(request): Json<PriceChange>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let reason = detail::required_text("reason", request.reason.clone(), 80)?;
    let mall_id = staff.mall.id;
    let order = app.db.read(move |tx| order::find(tx, mall_id, id)).await?;
    detail::within_store(&staff.grants, &order)?;
    if order.status != Status::Unpaid {
        return Err(order::not_allowed(order.status).into());
    }
    let mut tries = 0;
    loop {
        let (outcome, closed) = close::close_known_intents(&app, &staff.ctx, &order).await?;
        if outcome == Intents::Paid {
            return Err(close::already_paid().into());
        }
        match change(&app, &staff, id, &request, &reason, closed).await {
            Err(error) if error.is("order.being_paid") && tries < TRIES => tries += 1,
            other => break other?,
        }
    }
    detail::admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}

/// The transaction: the group is locked, so that no new attempt can be written beside it.
async fn change(
    app: &App,
    staff: &Staff<perm::OrderChangePrice>,
    id: Id,
    request: &PriceChange,
    reason: &str,
    closed: Vec<Id>,
) -> Result<()> {
    let (mall_id, request, reason) = (staff.mall.id, request.clone(), reason.to_owned());
    staff
        .write(app, "order.change_price", move |tx, ctx| {
            let order = order::find(tx, mall_id, id)?;
            let group = order::by_group(tx, mall_id, order.member_id, order.group_id)?;
            let order = group
                .iter()
                .find(|order| order.id == id)
                .ok_or_else(|| Error::internal("an order outside its group"))?;
            if order.status != Status::Unpaid {
                return Err(order::not_allowed(order.status));
            }
            if order.total.0 != request.expected_total_fen {
                return Err(Error::conflict("order.changed", "订单刚刚有变动，请刷新后再改价"));
            }
            let attempts = payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)?;
            let mut open = attempts.iter().filter(|a| a.status == PaymentStatus::Pending && a.is_outside());
            if open.any(|attempt| !closed.contains(&attempt.id)) {
                return Err(Error::conflict("order.being_paid", "会员正在付款，请稍等一会儿再改价"));
            }
            balance_part::release(tx, ctx, order.group_id)?;
            payment::close_pending(tx, ctx, ORDER_GROUP, order.group_id)?;
            let ask = NewPrices {
                lines: request.lines.clone(),
                goods: request.goods_fen.map(Fen),
                freight: request.freight_fen.map(Fen),
            };
            let total = order::reprice(tx, ctx, order, &ask, &reason)?;
            Ok(((), Note::new("order", id, format!("改价 ¥{} → ¥{total}：{reason}", order.total))))
        })
        .await
}
