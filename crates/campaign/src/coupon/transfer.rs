//! Handing a coupon to a friend: the giver puts it aside under a code for a day; whoever brings the code first has it.
//! Only coupons whose template allows it; what was handed on keeps its time.

use super::shop::{MyCoupon, my_coupon};
use super::store;
use axum::extract::State;
use db::args;
use kernel::{Error, Id, Instant, Result, hours};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path, Visitor, seal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(give_coupon, take_back_coupon))
        .routes(routes!(receive_coupon))
        .routes(routes!(show_coupon_gift))
}

/// A coupon put aside for a friend.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CouponGift {
    /// What the friend brings.
    code: String,
    /// Comes back to the giver then.
    until: Instant,
}

/// Put a coupon aside for a friend.
#[utoipa::path(post, path = "/coupons/mine/{id}/gift", tag = "coupon", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = CouponGift), (status = 404, body = ProblemBody, description = "`coupon.not_found`"),
    (status = 409, body = ProblemBody, description = "`coupon.not_transferable`")))]
async fn give_coupon(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<CouponGift>> {
    let code = seal::random_token();
    let until = member.ctx.now + hours(24);
    let (ctx, member_id, text) = (member.ctx.clone(), member.id, code.clone());
    app.db
        .write(move |tx| {
            let mine: Option<Id> = tx.opt(
                "select template_id from coupon where mall_id = $1 and id = $2 and member_id = $3",
                &args![ctx.mall_id, id, member_id],
            )?;
            let template = store::find(tx, ctx.mall_id, mine.ok_or_else(store::not_found)?)?;
            let given = tx.exec(
                "update coupon set status = 'giving', transfer_code = $4, transfer_until = $5
                 where mall_id = $1 and id = $2 and member_id = $3 and status = 'unused' and valid_until > $6
                   and order_id is null and $7",
                &args![ctx.mall_id, id, member_id, &text, until, ctx.now, template.transferable],
            )?;
            if given == 1 { Ok(()) } else { Err(Error::conflict("coupon.not_transferable", "这张券不能转赠")) }
        })
        .await?;
    Ok(Json(CouponGift { code, until }))
}

/// Take a coupon back that nobody fetched.
#[utoipa::path(delete, path = "/coupons/mine/{id}/gift", tag = "coupon", security(("member" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = MyCoupon),
    (status = 404, body = ProblemBody, description = "`coupon.not_found`"),
    (status = 409, body = ProblemBody, description = "`coupon.not_giving`")))]
async fn take_back_coupon(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<MyCoupon>> {
    let (ctx, member_id) = (member.ctx.clone(), member.id);
    let coupon = app
        .db
        .write(move |tx| {
            let back = tx.exec(
                "update coupon set status = 'unused', transfer_code = null, transfer_until = null
                 where mall_id = $1 and id = $2 and member_id = $3 and status = 'giving'",
                &args![ctx.mall_id, id, member_id],
            )?;
            let coupon = my_coupon(tx, ctx.mall_id, member_id, id, ctx.now)?;
            if back == 1 { Ok(coupon) } else { Err(Error::conflict("coupon.not_giving", "这张券没有在转赠")) }
        })
        .await?;
    Ok(Json(coupon))
}

/// The friend's code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceiveCoupon {
    code: String,
}

/// A coupon on its way to a friend.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct CouponOnTheWay {
    name: String,
    /// The rule in a few words.
    words: String,
    /// The coupon itself holds until then.
    valid_until: Instant,
    /// It has to be fetched before.
    until: Instant,
    /// The member who asks gave it away.
    mine: bool,
}

/// Show a coupon that a friend put aside.
#[utoipa::path(get, path = "/coupon-gifts/{gift_code}", tag = "coupon", params(("gift_code" = String, Path)),
    responses((status = 200, body = CouponOnTheWay),
    (status = 404, body = ProblemBody, description = "`coupon.gift_gone`: fetched, taken back or too late")))]
async fn show_coupon_gift(
    State(app): State<App>,
    visitor: Visitor,
    Path(code): Path<String>,
) -> Answer<Json<CouponOnTheWay>> {
    let gone = || Error::not_found("coupon.gift_gone", "这张券已经被领走或收回了");
    let (ctx, shopper) = (visitor.ctx.clone(), visitor.shopper_id());
    // A token has no other characters; a database need not be asked about them.
    if !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(gone().into());
    }
    let found = app
        .db
        .read(move |tx| {
            let row: Option<(Id, Id, Instant, Instant)> = tx.opt(
                "select template_id, member_id, valid_until, transfer_until from coupon
                 where mall_id = $1 and transfer_code = $2 and status = 'giving' and transfer_until > $3
                   and valid_until > $3",
                &args![ctx.mall_id, &code, ctx.now],
            )?;
            let (template_id, giver, valid_until, until) = row.ok_or_else(gone)?;
            let template = store::find(tx, ctx.mall_id, template_id)?;
            let (words, mine) = (template.rule.words(), shopper == Some(giver));
            Ok(CouponOnTheWay { name: template.name, words, valid_until, until, mine })
        })
        .await?;
    Ok(Json(found))
}

/// Take a coupon that a friend put aside.
#[utoipa::path(post, path = "/coupons/receive", tag = "coupon", security(("member" = [])), request_body = ReceiveCoupon,
    responses((status = 200, body = MyCoupon),
    (status = 409, body = ProblemBody, description = "`coupon.gift_gone`: fetched by another, taken back or too late")))]
async fn receive_coupon(
    State(app): State<App>,
    member: Member,
    Json(request): Json<ReceiveCoupon>,
) -> Answer<Json<MyCoupon>> {
    let (ctx, member_id) = (member.ctx.clone(), member.id);
    let coupon = app
        .db
        .write(move |tx| {
            let gone = || Error::conflict("coupon.gift_gone", "这张券已经被领走或收回了");
            let id: Option<Id> = tx.opt(
                "update coupon
                 set member_id = $3, status = 'unused', transfer_code = null, transfer_until = null, source_key = null,
                     given_by = member_id
                 where mall_id = $1 and transfer_code = $2 and status = 'giving' and transfer_until > $4
                   and valid_until > $4 and member_id <> $3
                 returning id",
                &args![ctx.mall_id, request.code.trim(), member_id, ctx.now],
            )?;
            my_coupon(tx, ctx.mall_id, member_id, id.ok_or_else(gone)?, ctx.now)
        })
        .await?;
    Ok(Json(coupon))
}

/// Coupons put aside that nobody fetched in time are their giver's again.
pub(super) fn return_unfetched(tx: &mut db::Tx<'_>, mall_id: kernel::MallId, now: Instant) -> Result<()> {
    tx.exec(
        "update coupon set status = 'unused', transfer_code = null, transfer_until = null
         where mall_id = $1 and status = 'giving' and transfer_until <= $2",
        &args![mall_id, now],
    )?;
    Ok(())
}
