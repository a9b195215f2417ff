//! Handing over: part or all, once. The order's row is locked first, the pieces are guarded updates, and the request's own
//! key makes a repetition answer what the first one did.

use super::{RedemptionView, find_pickup, views, window_of};
use crate::flows::{booking, detail};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Id, Instant, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use trade::order::{self, Move, Order, Status};
use trade::pickup::{self, Pickup};
use trade::redemption::{self, Kind, NewRedemption, Piece, Proof, Redemption};
use trade::shipping;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) const OPEN: &str = "有商品正在申请退款，请先处理售后申请";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(redeem_code))
}

/// What is handed over for a code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemRequest {
    /// Twelve digits, or the text of the signed code.
    #[schema(min_length = 12, max_length = 200)]
    pub code: String,
    /// Absent: everything that is left.
    #[schema(max_items = 200)]
    pub pieces: Option<Vec<Piece>>,
    /// `handed_quantity` as the clerk saw it; when somebody handed over meanwhile the request is refused.
    pub seen: Option<i64>,
    /// Made by the page for this hand-over and kept across retries.
    #[schema(min_length = 8, max_length = 64)]
    pub key: Option<String>,
    /// When a signed code was scanned, checked and the goods given, without a network.
    pub handed_at: Option<Instant>,
}

/// What was handed over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Redeemed {
    pub order_id: Id,
    pub number: String,
    /// `completed` when nothing is left.
    pub status: Status,
    pub left_quantity: i64,
    pub redemption: RedemptionView,
}

/// Hand over the goods of a pickup code, whole or in part.
///
/// Needs `order.redeem`. No piece is handed over twice, even when two clerks press at the same instant; the same `key` again
/// answers what it did the first time. A signed code that was scanned without a network is told with `handed_at` within 24 hours.
#[utoipa::path(post, path = "/redeem", tag = "orders", security(("staff" = [])), request_body = RedeemRequest,
    responses((status = 200, body = Redeemed),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `pieces`, `key`, `handed_at`"),
    (status = 403, body = ProblemBody, description = "`order.other_store`"),
    (status = 404, body = ProblemBody, description = "`pickup.code_unknown`"),
    (status = 409, body = ProblemBody, description = "`pickup.already_redeemed`, `order.not_allowed`, `order.after_sale_open`, `redemption.too_many`, `redemption.moved`, `redemption.key_used`, `redemption.pass_forged`, `redemption.pass_expired`, `redemption.told_too_late`, `booking.not_today`, `booking.not_allowed`")))]
async fn redeem_code(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Json(request): Json<RedeemRequest>,
) -> Answer<Json<Redeemed>> {
    check(&request)?;
    let (mall_id, grants, window, reader) = (staff.mall.id, staff.grants.clone(), window_of(&staff.mall), app.clone());
    let done = staff
        .write(&app, "order.redeem", move |tx, ctx| {
            let (found, proof) = find_pickup(&reader, tx, mall_id, &request.code, ctx.now, request.handed_at)?;
            let order = order::lock(tx, mall_id, found.order_id)?;
            detail::within_store(&grants, &order)?;
            let redemption = hand_over(tx, ctx, &order, proof, &request)?;
            let done = redeemed(tx, ctx, order.id, redemption, window)?;
            let what = if order.is_service { "预约到店" } else { "核销自提" };
            let note = format!("{what} {} 件", done.redemption.quantity);
            Ok((done, Note::new("order", order.id, note)))
        })
        .await?;
    Ok(Json(done))
}

fn check(request: &RedeemRequest) -> Result<()> {
    if let Some(pieces) = &request.pieces {
        let lines: HashSet<Id> = pieces.iter().map(|piece| piece.line_id).collect();
        let fits = (1..=200).contains(&pieces.len()) && lines.len() == pieces.len();
        if !fits || pieces.iter().any(|piece| !(1..=100_000).contains(&piece.quantity)) {
            return Err(Error::field("pieces", "请填写要交付的商品和数量"));
        }
    }
    if request.key.as_ref().is_some_and(|key| !(8..=64).contains(&key.len()) || !key.is_ascii()) {
        return Err(Error::field("key", "编号要有 8 到 64 个字符"));
    }
    if request.handed_at.is_some() && !redemption::Pass::is_one(&request.code) {
        return Err(Error::field("handed_at", "离线交付只能用扫到的二维码"));
    }
    Ok(())
}

/// The pieces, the record and, when nothing is left, the order's move. `order` is locked.
fn hand_over(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, proof: Proof, request: &RedeemRequest) -> Result<Redemption> {
    let own_key;
    let request_key = match &request.key {
        Some(key) => key.as_str(),
        None => {
            own_key = ctx.id().to_string();
            own_key.as_str()
        }
    };
    if let Some(before) = redemption::of_request(tx, ctx.mall_id, request_key)? {
        let same = before.kind == Kind::of(order.is_service) && before.subject_id == order.id;
        return if same { Ok(before) } else { Err(key_used()) };
    }
    let pickup = pickup::of_order(tx, ctx.mall_id, order.id)?
        .ok_or_else(|| Error::internal("a redeemed order has no pickup"))?;
    if pickup.redeemed_at.is_some() {
        return Err(redeemed_before(tx, ctx, order, &pickup)?);
    }
    Move::Redeem.apply(order.status, order.delivery)?;
    if trade::after_sale::is_open(tx, ctx.mall_id, order.id)? {
        return Err(Error::conflict("order.after_sale_open", OPEN));
    }
    if request.seen.is_some_and(|seen| seen != pickup.handed) {
        return Err(pickup::moved_meanwhile());
    }
    let pieces = match &request.pieces {
        Some(pieces) => pieces.clone(),
        None => everything_left(tx, ctx, order.id)?,
    };
    if order.is_service {
        booking::arrived(tx, ctx, order.id)?;
    }
    pickup::hand_over(tx, ctx, &pickup, &pieces)?;
    let new = NewRedemption {
        kind: Kind::of(order.is_service),
        subject_id: order.id,
        store_id: pickup.store_id,
        request_key,
        proof,
        pieces: &pieces,
        handed_at: request.handed_at.unwrap_or(ctx.now),
    };
    let id = redemption::record(tx, ctx, &new)?;
    if shipping::is_all_sent(tx, ctx.mall_id, order.id)? {
        pickup::finish(tx, ctx, order.id)?;
        order::advance(tx, ctx, order, Move::Redeem, None)?;
    } else {
        let pieces: i64 = pieces.iter().map(|piece| piece.quantity).sum();
        order::add_event(tx, ctx, order.id, "handed_over", &format!("门店先交付了 {pieces} 件"))?;
    }
    redemption::find(tx, ctx.mall_id, id)
}

fn everything_left(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<Vec<Piece>> {
    let left = shipping::unshipped(tx, ctx.mall_id, order_id)?;
    Ok(left.iter().map(|line| Piece { line_id: line.line_id, quantity: line.quantity }).collect())
}

fn key_used() -> Error {
    Error::conflict("redemption.key_used", "这次核销的编号已经用过，请重新查询再交付")
}

/// The refusal tells who handed over, and when: a page that was without a network shows it to its clerk.
fn redeemed_before(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, pickup: &Pickup) -> Result<Error> {
    let before = redemption::of_subject(tx, ctx.mall_id, Kind::of(order.is_service), pickup.order_id)?;
    let last = before.into_iter().rfind(|one| one.undone_at.is_none());
    let last = views(tx, ctx.mall_id, last.into_iter().collect(), 0)?.pop();
    let error = pickup::already_redeemed();
    Ok(match last {
        Some(last) => error.with(serde_json::json!({ "by": last.redeemed_by, "at": last.handed_at })),
        None => error,
    })
}

fn redeemed(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, redemption: Redemption, window_ms: i64) -> Result<Redeemed> {
    let order = order::find(tx, ctx.mall_id, order_id)?;
    let left: i64 = shipping::unshipped(tx, ctx.mall_id, order_id)?.iter().map(|line| line.quantity).sum();
    let view = views(tx, ctx.mall_id, vec![redemption], window_ms)?.pop();
    Ok(Redeemed {
        order_id,
        number: order_id.to_string(),
        status: order.status,
        left_quantity: left,
        redemption: view.ok_or_else(|| Error::internal("a redemption without its view"))?,
    })
}
