//! What goods, campaigns and payments of purchases keep of a member, in the words of the privacy centre: shelf, searches,
//! reviews, coupons.

use super::purchase::PURCHASE;
use db::{Tx, args};
use goods::{review, shelf};
use kernel::{Id, Instant, MallId, Result};
use people::hooks::{Held, PersonalData, Section, UnderWay};
use platform::{App, Ctx, search};
use serde_json::{Value, json};

/// Id, fen, remark, status, openid, made at, ended at.
type TransferRow = (Id, i64, String, String, Option<String>, Instant, Option<Instant>);

/// Favourites, history, searches and reviews.
pub struct GoodsData;

const FAVOURITES: &[(&str, &str)] = &[("product_id", "商品编号"), ("name", "商品"), ("at", "收藏时间")];
const HISTORY: &[(&str, &str)] = &[("product_id", "商品编号"), ("name", "商品"), ("at", "浏览时间")];
const SEARCHES: &[(&str, &str)] = &[("phrase", "搜索词")];
const REVIEWS: &[(&str, &str)] = &[
    ("id", "编号"),
    ("product", "商品"),
    ("rating", "评分"),
    ("text", "内容"),
    ("picture_keys", "图片"),
    ("created_at", "时间"),
];

fn shelf_rows(rows: Vec<shelf::ShelfRow>) -> Vec<Vec<Value>> {
    rows.into_iter().map(|(id, name, at)| vec![json!(id), json!(name), json!(at)]).collect()
}

impl PersonalData for GoodsData {
    fn gather(&self, tx: &mut Tx<'_>, _: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        let favourites = shelf_rows(shelf::favourites_of(tx, mall_id, member)?);
        let seen = shelf_rows(shelf::history_of(tx, mall_id, member)?);
        let searches = search::history(tx, mall_id, member)?.into_iter().map(|phrase| vec![json!(phrase)]);
        let reviews = review::of_member(tx, mall_id, member)?.into_iter().map(|one| {
            vec![
                json!(one.id),
                json!(one.product),
                json!(one.rating),
                json!(one.text),
                json!(one.picture_keys),
                json!(one.created_at),
            ]
        });
        Ok(vec![
            Section { name: "favourites", title: "收藏", columns: FAVOURITES, rows: favourites },
            Section { name: "history", title: "浏览足迹", columns: HISTORY, rows: seen },
            Section { name: "searches", title: "搜索记录", columns: SEARCHES, rows: searches.collect() },
            Section { name: "reviews", title: "评价", columns: REVIEWS, rows: reviews.collect() },
        ])
    }

    fn files_kept(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<String>> {
        let reviews = review::of_member(tx, mall_id, member)?;
        Ok(reviews.into_iter().flat_map(|one| one.picture_keys).collect())
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        shelf::forget_shopper(tx, ctx.mall_id, member)?;
        review::make_anonymous(tx, ctx, member)
    }
}

/// Payments of top-ups and paid membership: held like those of orders, then without their payer.
pub struct PurchasePayments;

impl PersonalData for PurchasePayments {
    fn gather(&self, _: &mut Tx<'_>, _: &App, _: MallId, _: Id) -> Result<Vec<Section>> {
        Ok(Vec::new())
    }

    fn erase(&self, _: &mut Tx<'_>, _: &Ctx, _: Id) -> Result<()> {
        Ok(())
    }

    fn held(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Held> {
        let (records, oldest, youngest): (i64, Option<Instant>, Option<Instant>) = tx.one(
            "select count(*), min(coalesce(p.paid_at, p.created_at)), max(coalesce(p.paid_at, p.created_at))
             from wallet_purchase w
             join payment p on p.mall_id = w.mall_id and p.payable_kind = $3 and p.payable_id = w.id
             where w.mall_id = $1 and w.member_id = $2 and (p.payer is not null or p.instruction is not null)",
            &args![mall_id, member, PURCHASE],
        )?;
        Ok(Held { records, oldest_ended_at: oldest, youngest_ended_at: youngest })
    }

    fn erase_held(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id, ended_before: Instant) -> Result<()> {
        tx.exec(
            "update payment
             set payer = null, instruction = null
             where mall_id = $1 and payable_kind = $3 and coalesce(paid_at, created_at) <= $4
               and payable_id in (select id from wallet_purchase where mall_id = $1 and member_id = $2)",
            &args![ctx.mall_id, member, PURCHASE, ended_before],
        )?;
        Ok(())
    }
}

const COUPONS: &[(&str, &str)] = &[
    ("id", "编号"),
    ("name", "优惠券"),
    ("status", "状态"),
    ("taken_at", "领取时间"),
    ("valid_until", "有效期至"),
    ("order_id", "用于订单"),
];

const EXCHANGES: &[(&str, &str)] = &[("id", "编号"), ("pieces", "数量"), ("points", "积分"), ("created_at", "时间")];

/// Coupons of a member. What was used belongs to its order; what was not is worthless from now on, also as a gift that
/// is on its way.
pub struct CouponData;

impl PersonalData for CouponData {
    fn gather(&self, tx: &mut Tx<'_>, _: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        let rows: Vec<(Id, String, String, Instant, Instant, Option<Id>)> = tx.all(
            "select c.id, t.name, c.status, c.taken_at, c.valid_until, c.order_id
             from coupon c
             join coupon_template t on t.mall_id = c.mall_id and t.id = c.template_id
             where c.mall_id = $1 and c.member_id = $2
             order by c.id",
            &args![mall_id, member],
        )?;
        let rows = rows.into_iter().map(|(id, name, status, taken, until, order)| {
            vec![json!(id), json!(name), json!(status), json!(taken), json!(until), json!(order)]
        });
        let exchanges = campaign::points_mall::exchanges_of(tx, mall_id, member)?.into_iter();
        let exchanges =
            exchanges.map(|(id, pieces, points, at)| vec![json!(id), json!(pieces), json!(points), json!(at)]);
        Ok(vec![
            Section { name: "coupons", title: "优惠券", columns: COUPONS, rows: rows.collect() },
            Section { name: "points_exchanges", title: "积分兑换", columns: EXCHANGES, rows: exchanges.collect() },
        ])
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        tx.exec(
            "update coupon
             set status = 'void', transfer_code = null, transfer_until = null
             where mall_id = $1 and member_id = $2 and status in ('unused', 'giving')",
            &args![ctx.mall_id, member],
        )?;
        Ok(())
    }
}

const TRANSFERS: &[(&str, &str)] = &[
    ("id", "编号"),
    ("amount_fen", "金额（分）"),
    ("remark", "说明"),
    ("status", "状态"),
    ("openid", "收款身份标识"),
    ("created_at", "发起时间"),
    ("finished_at", "结束时间"),
];

/// Money paid out to a member: what is under way holds the member back, what ended stays without its payee.
pub struct TransferData;

impl PersonalData for TransferData {
    fn gather(&self, tx: &mut Tx<'_>, _: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        let rows: Vec<TransferRow> = tx.all(
            "select id, amount_fen, remark, status, openid, created_at, finished_at
             from transfer
             where mall_id = $1 and member_id = $2
             order by id",
            &args![mall_id, member],
        )?;
        let rows = rows.into_iter().map(|(id, amount, remark, status, openid, made, ended)| {
            vec![json!(id), json!(amount), json!(remark), json!(status), json!(openid), json!(made), json!(ended)]
        });
        Ok(vec![Section { name: "transfers", title: "转账", columns: TRANSFERS, rows: rows.collect() }])
    }

    fn under_way(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<UnderWay>> {
        let rows: Vec<(Id, String)> = tx.all(
            "select id, status from transfer where mall_id = $1 and member_id = $2 and finished_at is null order by id",
            &args![mall_id, member],
        )?;
        Ok(rows.into_iter().map(|(id, state)| UnderWay { kind: "transfer".to_owned(), id, state }).collect())
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        trade::transfer::forget_person(tx, ctx.mall_id, member)
    }
}
