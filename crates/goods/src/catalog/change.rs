//! The same change to many products: on or off sale, into the bin, another price. First told in numbers, then done as a
//! task in batches; each batch is one transaction.

use super::admin_list::{AdminFilter, page_of};
use super::price::{DEAREST, note_prices, settle_struck};
use super::save::{self, touch};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::task::{Ended, Problem, Run, Step};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Job kind.
pub const CHANGE: &str = "change_products";

/// Which products: named ones, or all that a list shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Selection {
    /// At most 1,000; when empty, `filter` counts.
    #[serde(default)]
    pub ids: Vec<Id>,
    #[serde(default)]
    pub filter: Option<SelectionFilter>,
}

/// The filters of the product list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SelectionFilter {
    pub q: Option<String>,
    #[serde(default)]
    pub status: super::admin_list::StatusFilter,
    pub category_id: Option<Id>,
}

/// How a price changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = ProductPriceChange)]
pub enum PriceChange {
    /// To this many thousandths of the present price: 900 is ten percent less.
    Factor {
        #[schema(minimum = 1, maximum = 10_000)]
        permille: i64,
    },
    /// By so many fen, negative for less.
    Add { fen: i64 },
    /// To so many fen.
    Set {
        #[schema(minimum = 0)]
        fen: i64,
    },
}

/// What is done to each product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ProductChange {
    OnSale,
    OffSale,
    Bin,
    Restore,
    Price {
        change: PriceChange,
        /// Rounds the new price half up to so many fen: 1, 10, 100 …
        #[schema(minimum = 1, maximum = 10_000)]
        round_to_fen: i64,
    },
}

/// A change of many products, asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BatchChange {
    pub selection: Selection,
    pub change: ProductChange,
}

/// What a change would do.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangePreview {
    /// Products the selection names.
    pub products: i64,
    /// Of these, that would really change.
    pub changing: i64,
    /// SKUs whose price would change.
    pub skus: i64,
    /// Prices that would leave the range of prices; their products are left out.
    pub refused: i64,
    /// Prices that would be below the cost.
    pub below_cost: i64,
    /// The first few, before and after.
    pub examples: Vec<PriceExample>,
}

/// A price before and after.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PriceExample {
    pub name: String,
    pub from_fen: i64,
    pub to_fen: i64,
}

impl PriceChange {
    /// The new price; `None` when it is out of range.
    pub fn apply(self, price_fen: i64, round_to: i64) -> Option<i64> {
        let exact = match self {
            // Half away from zero, on the integer.
            PriceChange::Factor { permille } => price_fen.checked_mul(permille)?.checked_add(500)?.div_euclid(1_000),
            PriceChange::Add { fen } => price_fen.checked_add(fen)?,
            PriceChange::Set { fen } => fen,
        };
        let rounded = if round_to > 1 { (exact + round_to / 2).div_euclid(round_to) * round_to } else { exact };
        (0..=DEAREST).contains(&rounded).then_some(rounded)
    }
}

impl BatchChange {
    /// # Errors
    /// 400 for a selection or a change that makes no sense.
    pub fn check(&self) -> Result<()> {
        if self.selection.ids.len() > 1_000 {
            return Err(Error::field("selection.ids", "一次最多选 1000 件商品"));
        }
        if self.selection.ids.is_empty() && self.selection.filter.is_none() {
            return Err(Error::field("selection", "请先选择商品"));
        }
        let ProductChange::Price { change, round_to_fen } = self.change else { return Ok(()) };
        if !(1..=10_000).contains(&round_to_fen) {
            return Err(Error::field("change.round_to_fen", "取整的单位在 1 分到 100 元之间"));
        }
        let sensible = match change {
            PriceChange::Factor { permille } => (1..=10_000).contains(&permille),
            PriceChange::Add { fen } => fen != 0 && fen.abs() <= DEAREST,
            PriceChange::Set { fen } => (0..=DEAREST).contains(&fen),
        };
        if sensible { Ok(()) } else { Err(Error::field("change", "改价的数字超出范围")) }
    }

    pub fn title(&self) -> &'static str {
        match self.change {
            ProductChange::OnSale => "批量上架",
            ProductChange::OffSale => "批量下架",
            ProductChange::Bin => "批量移到回收站",
            ProductChange::Restore => "批量恢复",
            ProductChange::Price { .. } => "批量改价",
        }
    }
}

struct Sku {
    id: Id,
    product_id: Id,
    price_fen: i64,
    list_price_fen: Option<i64>,
    cost_fen: Option<i64>,
    name: String,
}
db::row!(Sku { id, product_id, price_fen, list_price_fen, cost_fen, name });

fn skus(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<Vec<Sku>> {
    tx.all(
        "select k.id, k.product_id, k.price_fen, k.list_price_fen, k.cost_fen, p.name
         from sku k
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where k.mall_id = $1 and k.product_id = any($2) and k.deleted_at is null and p.deleted_at is null
         order by k.product_id, k.id",
        &args![mall_id, ids],
    )
}

/// The next ids of a selection after a place, at most `limit`, and the place after them.
fn next_ids(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    selection: &Selection,
    place: &Place,
    limit: usize,
) -> Result<(Vec<Id>, Option<Place>)> {
    if !selection.ids.is_empty() {
        let ids: Vec<Id> = selection.ids.iter().skip(place.index).take(limit).copied().collect();
        let index = place.index + ids.len();
        let next = (index < selection.ids.len()).then_some(Place { index, cursor: None });
        return Ok((ids, next));
    }
    let asked = selection.filter.clone().unwrap_or_default();
    let filter = AdminFilter {
        q: asked.q,
        status: asked.status,
        category_id: asked.category_id,
        sort: super::admin_list::AdminSort::New,
        cursor: place.cursor.clone(),
        limit: Some(limit as i64),
    };
    let (ids, cursor) = page_of(tx, mall_id, &filter)?;
    Ok((ids, cursor.map(|cursor| Place { index: 0, cursor: Some(cursor) })))
}

/// Where in its selection a change is. New products come first in the list and ids only grow, so what is made
/// meanwhile is not met, and what was changed is not met again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Place {
    index: usize,
    cursor: Option<String>,
}

/// Says in numbers what a change would do.
pub fn preview(tx: &mut Tx<'_>, mall_id: MallId, asked: &BatchChange) -> Result<ChangePreview> {
    let mut told = ChangePreview::default();
    let mut place = Some(Place::default());
    while let Some(at) = place {
        let (ids, next) = next_ids(tx, mall_id, &asked.selection, &at, 100)?;
        place = next;
        let found: Vec<(String, bool)> = tx.all(
            "select status, deleted_at is not null from product where mall_id = $1 and id = any($2)",
            &args![mall_id, &ids],
        )?;
        told.products += found.len() as i64;
        let matches = |status: &str, binned: bool| match asked.change {
            ProductChange::OnSale => !binned && status != "on_sale",
            ProductChange::OffSale => !binned && status != "off_sale",
            ProductChange::Bin => !binned,
            ProductChange::Restore => binned,
            ProductChange::Price { .. } => false,
        };
        told.changing += found.iter().filter(|(status, binned)| matches(status, *binned)).count() as i64;
        if let ProductChange::Price { change, round_to_fen } = asked.change {
            let mut changing = std::collections::BTreeSet::new();
            for sku in skus(tx, mall_id, &ids)? {
                match change.apply(sku.price_fen, round_to_fen) {
                    None => told.refused += 1,
                    Some(to) if to == sku.price_fen => {}
                    Some(to) => {
                        changing.insert(sku.product_id);
                        told.skus += 1;
                        told.below_cost += i64::from(sku.cost_fen.is_some_and(|cost| to < cost));
                        if told.examples.len() < 5 {
                            told.examples.push(PriceExample { name: sku.name, from_fen: sku.price_fen, to_fen: to });
                        }
                    }
                }
            }
            told.changing += changing.len() as i64;
        }
    }
    Ok(told)
}

/// The worker.
pub async fn change(run: Run) -> Result<Ended> {
    let asked: BatchChange = run.params()?;
    let mall_id = run.ctx.mall_id;
    if run.total.is_none() {
        let whole = asked.clone();
        let told = run.app.db.read(move |tx| preview(tx, mall_id, &whole)).await?;
        run.set_total(told.products).await?;
    }
    let mut place: Option<Place> = Some(run.checkpoint()?.unwrap_or_default());
    while let Some(at) = place {
        if run.is_due_to_rest() {
            return Ok(run.rest());
        }
        let (selection, from) = (asked.selection.clone(), at.clone());
        let (ids, next) = run.app.db.read(move |tx| next_ids(tx, mall_id, &selection, &from, 100)).await?;
        let (what, after) =
            (asked.change, next.clone().unwrap_or(Place { index: usize::MAX, cursor: at.cursor.clone() }));
        if !ids.is_empty() {
            run.write(move |tx, ctx| {
                let problems = apply(tx, ctx, what, &ids)?;
                let failed = problems.len() as i64;
                Ok(Step::new(ids.len() as i64 - failed, failed).problems(problems).at(&after))
            })
            .await?;
        }
        place = next;
    }
    Ok(run.finish(format!("{}完成", asked.title())))
}

fn apply(tx: &mut Tx<'_>, ctx: &Ctx, what: ProductChange, ids: &[Id]) -> Result<Vec<Problem>> {
    match what {
        ProductChange::OnSale => move_all(tx, ctx, ids, "on_sale"),
        ProductChange::OffSale => move_all(tx, ctx, ids, "off_sale"),
        ProductChange::Bin => each(tx, ctx, ids, |tx, ctx, id| save::bin(tx, ctx, id).map(drop)),
        ProductChange::Restore => each(tx, ctx, ids, |tx, ctx, id| save::restore(tx, ctx, id).map(drop)),
        ProductChange::Price { change, round_to_fen } => reprice(tx, ctx, ids, change, round_to_fen),
    }
}

fn move_all(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id], status: &str) -> Result<Vec<Problem>> {
    let moved: Vec<Id> = tx.all(
        "update product
         set status = $3, updated_at = $4, version = version + 1
         where mall_id = $1 and id = any($2) and deleted_at is null and status <> $3
           and ($3 <> 'on_sale' or picture_keys <> '[]')
         returning id",
        &args![ctx.mall_id, ids, status, ctx.now],
    )?;
    moved.iter().try_for_each(|id| touch(tx, ctx, *id))?;
    let bare: Vec<String> = tx.all(
        "select name from product
         where mall_id = $1 and id = any($2) and deleted_at is null and status <> $3 and picture_keys = '[]'",
        &args![ctx.mall_id, ids, status],
    )?;
    let told = |name: String| Problem::new(0, name, "还没有商品图，不能上架");
    Ok(if status == "on_sale" { bare.into_iter().map(told).collect() } else { Vec::new() })
}

/// One by one, each for itself: what is not there any more is told and the others go on.
fn each(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    ids: &[Id],
    verb: impl Fn(&mut Tx<'_>, &Ctx, Id) -> Result<()>,
) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for id in ids {
        match tx.savepoint(|tx| verb(tx, ctx, *id)) {
            Ok(()) => {}
            Err(error) if error.kind() == kernel::Kind::NotFound => {
                problems.push(Problem::new(0, id.to_string(), "已经不在原来的位置了"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(problems)
}

fn reprice(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id], change: PriceChange, round_to: i64) -> Result<Vec<Problem>> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut prices = Vec::new();
    let mut touched = std::collections::BTreeSet::new();
    for sku in skus(tx, ctx.mall_id, ids)? {
        match change.apply(sku.price_fen, round_to) {
            Some(to) if to == sku.price_fen => {}
            Some(to) => {
                prices.push((sku.id, to, sku.list_price_fen.filter(|list| *list > to)));
                touched.insert(sku.product_id);
            }
            None if problems.iter().any(|problem| problem.field == sku.name) => {}
            None => problems.push(Problem::new(0, sku.name, "新价格超出范围，没有改")),
        }
    }
    for (id, price, list) in &prices {
        tx.exec(
            "update sku set price_fen = $3, list_price_fen = $4 where mall_id = $1 and id = $2",
            &args![ctx.mall_id, *id, *price, *list],
        )?;
    }
    let touched: Vec<Id> = touched.into_iter().collect();
    let noted: Vec<(Id, i64)> = prices.iter().map(|(id, price, _)| (*id, *price)).collect();
    note_prices(tx, ctx, &noted)?;
    refresh_ranges(tx, ctx, &touched)?;
    settle_struck(tx, ctx, &touched)?;
    Ok(problems)
}

/// Brings the price range of products in line with their SKUs, after a change of prices.
pub(super) fn refresh_ranges(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id]) -> Result<()> {
    tx.exec(
        "with truth as (
           select k.product_id, min(k.price_fen) as lowest, max(k.price_fen) as highest
           from sku k
           where k.mall_id = $1 and k.product_id = any($2) and k.deleted_at is null
           group by k.product_id
         )
         update product
         set min_price_fen = truth.lowest, max_price_fen = truth.highest, updated_at = $3, version = version + 1
         from truth
         where product.mall_id = $1 and product.id = truth.product_id",
        &args![ctx.mall_id, ids, ctx.now],
    )?;
    ids.iter().try_for_each(|id| touch(tx, ctx, *id))
}
