//! Writing a review, and the four counters of a product that follow it.

use db::{OnConstraint, Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;
use platform::cache::Topic;

/// A review about to be written.
#[derive(Debug, Clone)]
pub struct NewReview {
    pub product_id: Id,
    pub sku_id: Id,
    pub order_id: Id,
    pub line_id: Id,
    pub member_id: Id,
    /// The nickname now, or [`ANONYMOUS`]; a copy is kept, masked when shown.
    pub nickname: String,
    /// 1 to 5.
    pub rating: i64,
    /// At most 500 characters; may be empty.
    pub text: String,
    /// At most 9 keys of uploaded pictures.
    pub picture_keys: Vec<String>,
    /// The options bought, as on the order line.
    pub option_text: String,
}

/// Name shown for an anonymous review.
pub const ANONYMOUS: &str = "匿名会员";

#[derive(serde::Serialize)]
struct Created {
    review_id: Id,
}

/// Writes the review and counts it. Answers its id.
///
/// # Errors
/// `review.already_written` (409) for a line that has one; 400 for a rating or text out of range.
pub fn write(tx: &mut Tx<'_>, ctx: &Ctx, review: &NewReview) -> Result<Id> {
    check(tx, ctx, review)?;
    let id = ctx.id();
    let pictures = serde_json::to_string(&review.picture_keys).map_err(Error::internal)?;
    tx.exec(
        "insert into review (id, mall_id, product_id, sku_id, order_id, line_id, member_id, nickname, rating, text,
           picture_keys, option_text, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &args![
            id,
            ctx.mall_id,
            review.product_id,
            review.sku_id,
            review.order_id,
            review.line_id,
            review.member_id,
            &review.nickname,
            review.rating,
            review.text.trim(),
            pictures,
            &review.option_text,
            ctx.now
        ],
    )
    .on_constraint("review_once", |_| Error::conflict("review.already_written", "这件商品已经评价过了"))?;
    count(tx, ctx, review.product_id, review.rating, !review.picture_keys.is_empty(), 1)?;
    platform::outbox::emit(tx, ctx, "review.created", &Created { review_id: id })?;
    Ok(id)
}

/// Adds a shown review to the product's counters, or takes a hidden one out (`sign` −1).
pub(super) fn count(tx: &mut Tx<'_>, ctx: &Ctx, product_id: Id, rating: i64, pictures: bool, sign: i64) -> Result<()> {
    tx.exec(
        "update product
         set review_count = review_count + $3, rating_sum = rating_sum + $4,
           picture_review_count = picture_review_count + $5, positive_review_count = positive_review_count + $6
         where mall_id = $1 and id = $2",
        &args![
            ctx.mall_id,
            product_id,
            sign,
            sign * rating,
            if pictures { sign } else { 0 },
            if rating >= 4 { sign } else { 0 }
        ],
    )?;
    ctx.touch(tx, Topic::Product(ctx.mall_id, product_id));
    Ok(())
}

fn check(tx: &mut Tx<'_>, ctx: &Ctx, review: &NewReview) -> Result<()> {
    if !(1..=5).contains(&review.rating) {
        return Err(Error::field("rating", "请打 1 到 5 星"));
    }
    if review.text.trim().chars().count() > 500 {
        return Err(Error::field("text", "评价最长 500 个字"));
    }
    if review.picture_keys.len() > 9 {
        return Err(Error::field("picture_keys", "最多 9 张图片"));
    }
    let keys: Vec<&str> = review.picture_keys.iter().map(String::as_str).collect();
    crate::picture::check_known(tx, ctx.mall_id, "picture_keys", &keys)
}
