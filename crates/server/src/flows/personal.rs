//! What the goods' floor keeps of a member, in the words of the privacy centre: shelf, searches and reviews.

use db::Tx;
use goods::{review, shelf};
use kernel::{Id, MallId, Result};
use people::hooks::{PersonalData, Section};
use platform::{App, Ctx, search};
use serde_json::{Value, json};

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
