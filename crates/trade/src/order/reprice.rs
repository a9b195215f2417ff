//! Change the price of an order before it is paid: of single lines, of the goods as a whole, of the freight. A line costs
//! between nothing and its list price, freight never more than was quoted, and something is left to pay. What changes is
//! split by largest remainder over the lines and then over their units, kept as one `staff` row per line in
//! `order_discount`, and told to the member. Whoever calls has made sure that nobody can pay the old price any more.

use super::model::{Status, not_allowed};
use super::store::{Order, add_event};
use crate::offers::shares_text;
use db::{Arg, Tx, args};
use kernel::{Error, Fen, Id, Instant, MallId, Result, prorate};
use platform::{Ctx, outbox};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// What one line shall cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinePrice {
    pub line_id: Id,
    /// For all pieces of the line.
    #[schema(minimum = 0)]
    pub payable_fen: i64,
}

/// The prices staff ask for. Of `lines` and `goods_fen` at most one is given.
#[derive(Debug, Clone, Default)]
pub struct NewPrices {
    pub lines: Vec<LinePrice>,
    /// All goods together; the difference is split over the lines.
    pub goods: Option<Fen>,
    pub freight: Option<Fen>,
}

/// A change of price, as member and staff see it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PriceChangeView {
    pub at: Instant,
    pub reason: String,
    /// The order's total before and after.
    pub before_fen: i64,
    pub after_fen: i64,
    pub freight_before_fen: i64,
    pub freight_after_fen: i64,
}

db::row!(PriceChangeView { at, reason, before_fen, after_fen, freight_before_fen, freight_after_fen });

/// The changes of an order, oldest first.
pub fn price_changes(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<PriceChangeView>> {
    tx.all(
        "select at, reason, before_fen, after_fen, freight_before_fen, freight_after_fen from order_price_change
         where mall_id = $1 and order_id = $2
         order by id",
        &args![mall_id, order_id],
    )
}

/// A line with its money; `amount` is what it may cost at most, for a gift what it costs.
struct Priced {
    id: Id,
    quantity: i64,
    amount: Fen,
    payable: Fen,
}

db::row!(Priced { id, quantity, amount, payable });

/// Changes the prices; answers the new total. The order must be locked and unpaid: `order.not_allowed` (409) otherwise.
pub fn reprice(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, ask: &NewPrices, reason: &str) -> Result<Fen> {
    if order.status != Status::Unpaid {
        return Err(not_allowed(order.status));
    }
    let lines: Vec<Priced> = tx.all(
        "select id, quantity, case when gift then payable_fen else amount_fen end, payable_fen from order_line
         where mall_id = $1 and order_id = $2
         order by id",
        &args![ctx.mall_id, order.id],
    )?;
    let wanted = wanted(&lines, ask)?;
    let freight = ask.freight.unwrap_or(order.freight);
    check_freight(freight, quoted_freight(tx, ctx.mall_id, order)?)?;
    let goods_after = wanted.iter().try_fold(Fen::ZERO, |sum, fen| sum.plus(*fen))?;
    let total = goods_after.plus(freight)?;
    if total < Fen(1) {
        return Err(Error::field("goods_fen", "改价后至少要付 0.01 元；免单请登记线下收款"));
    }
    let unchanged = freight == order.freight && lines.iter().zip(&wanted).all(|(line, fen)| line.payable == *fen);
    if unchanged {
        return Err(Error::invalid("order.same_price", "价格没有变化"));
    }
    write_lines(tx, ctx, order.id, &lines, &wanted)?;
    write_rows(tx, ctx, order, &lines, &wanted, freight)?;
    let moved = tx.exec(
        "update trade_order
         set discount_fen = $3 - goods_fen, freight_fen = $4, total_fen = $5
         where mall_id = $1 and id = $2 and status = 'unpaid' and total_fen = $6",
        &args![ctx.mall_id, order.id, goods_after, freight, total, order.total],
    )?;
    if moved == 0 {
        return Err(Error::conflict("order.changed", "订单刚刚有变动，请刷新后再改价"));
    }
    remember(tx, ctx, order, &lines, &wanted, freight, total, reason)?;
    Ok(total)
}

/// What each line shall cost.
fn wanted(lines: &[Priced], ask: &NewPrices) -> Result<Vec<Fen>> {
    let payables: Vec<Fen> = lines.iter().map(|line| line.payable).collect();
    if let Some(goods) = ask.goods {
        if !ask.lines.is_empty() {
            return Err(Error::field("lines", "整单改价和逐件改价只能选一种"));
        }
        return spread(lines, goods);
    }
    let mut named: HashMap<Id, i64> = HashMap::new();
    for line in &ask.lines {
        if named.insert(line.line_id, line.payable_fen).is_some() {
            return Err(Error::field("lines", "同一件商品写了两次"));
        }
    }
    let mut wanted = payables;
    for (at, line) in lines.iter().enumerate() {
        let Some(fen) = named.remove(&line.id) else { continue };
        if fen < 0 || fen > line.amount.0 {
            return Err(Error::field("lines", format!("这件商品的价格要在 0 到 {} 元之间", line.amount)));
        }
        wanted[at] = Fen(fen);
    }
    if named.is_empty() {
        Ok(wanted)
    } else {
        Err(Error::not_found("order.no_such_line", "订单里没有这件商品"))
    }
}

/// Splits a new price of all goods: what goes off by what the lines cost, what comes back by the room up to list price.
fn spread(lines: &[Priced], goods: Fen) -> Result<Vec<Fen>> {
    let sum = |fen: fn(&Priced) -> Fen| lines.iter().try_fold(Fen::ZERO, |sum, line| sum.plus(fen(line)));
    let (now, most) = (sum(|line| line.payable)?, sum(|line| line.amount)?);
    if goods < Fen::ZERO || goods > most {
        return Err(Error::field("goods_fen", format!("商品总价要在 0 到 {most} 元之间")));
    }
    let weights: Vec<i64> = if goods <= now {
        lines.iter().map(|line| line.payable.0).collect()
    } else {
        lines.iter().map(|line| line.amount.0 - line.payable.0).collect()
    };
    let parts = prorate(goods.minus(now)?, &weights);
    lines.iter().zip(parts).map(|(line, part)| line.payable.plus(part)).collect()
}

fn check_freight(freight: Fen, quoted: Fen) -> Result<()> {
    if freight < Fen::ZERO || freight > quoted {
        return Err(Error::field("freight_fen", format!("运费要在 0 到 {quoted} 元之间")));
    }
    Ok(())
}

/// The freight the order was placed with.
fn quoted_freight(tx: &mut Tx<'_>, mall_id: MallId, order: &Order) -> Result<Fen> {
    let first: Option<(Fen,)> = tx.opt(
        "select freight_before_fen from order_price_change where mall_id = $1 and order_id = $2 order by id limit 1",
        &args![mall_id, order.id],
    )?;
    Ok(first.map_or(order.freight, |row| row.0))
}

/// One update for all lines: payable, discount and the share of every unit.
fn write_lines(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, lines: &[Priced], wanted: &[Fen]) -> Result<()> {
    let mut values: Vec<Arg> = args![ctx.mall_id, order_id].to_vec();
    let (mut payables, mut shares) = (String::new(), String::new());
    for (line, fen) in lines.iter().zip(wanted).filter(|(line, fen)| line.payable != **fen) {
        values.extend([Arg::from(*fen), Arg::from(shares_text(*fen, line.quantity))]);
        let last = values.len();
        payables.push_str(&format!(" when {} then cast(${} as bigint)", line.id, last - 1));
        shares.push_str(&format!(" when {} then cast(${last} as text)", line.id));
    }
    if payables.is_empty() {
        return Ok(());
    }
    tx.exec(
        &format!(
            "update order_line
             set payable_fen = case id{payables} else payable_fen end,
                 discount_fen = (case id{payables} else payable_fen end) - amount_fen,
                 unit_shares = case id{shares} else unit_shares end
             where mall_id = $1 and order_id = $2"
        ),
        &values,
    )?;
    Ok(())
}

/// First position of the rows that staff made; the quote's rows lie before them.
const STAFF_ROWS: i64 = 9_000;

/// One row per line, and one for the freight, of all that staff changed so far.
fn write_rows(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, lines: &[Priced], wanted: &[Fen], freight: Fen) -> Result<()> {
    let before: Vec<(Id, Fen)> = tx.all(
        "delete from order_discount
         where mall_id = $1 and order_id = $2 and source_kind = 'staff'
         returning line_id, amount_fen",
        &args![ctx.mall_id, order.id],
    )?;
    let so_far = |line: Id| before.iter().find(|row| row.0 == line).map_or(0, |row| row.1.0);
    let mut rows: Vec<Vec<Arg>> = Vec::with_capacity(lines.len() + 1);
    let mut row = |line: Id, amount: i64, quantity: i64| {
        if amount != 0 {
            let kind = if amount < 0 { "discount" } else { "fee" };
            let label = if line.0 == 0 { "商家改运费" } else { "商家改价" };
            let shares = if quantity == 0 { "[]".to_owned() } else { shares_text(Fen(amount), quantity) };
            let position = STAFF_ROWS + line.0;
            rows.push(
                args![ctx.mall_id, order.id, position, line, kind, "staff", 0i64, label, amount, shares].to_vec(),
            );
        }
    };
    row(Id(0), so_far(Id(0)) + freight.0 - order.freight.0, 0);
    for (line, fen) in lines.iter().zip(wanted) {
        row(line.id, so_far(line.id) + fen.0 - line.payable.0, line.quantity);
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.insert_many(
        "insert into order_discount
           (mall_id, order_id, position, line_id, kind, source_kind, source_id, label, amount_fen, unit_shares) values",
        "",
        &rows,
    )?;
    Ok(())
}

#[derive(Serialize)]
struct Changed {
    order_id: Id,
    member_id: Id,
    before_fen: i64,
    after_fen: i64,
}

#[allow(clippy::too_many_arguments, reason = "the row has as many columns")]
fn remember(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    lines: &[Priced],
    wanted: &[Fen],
    freight: Fen,
    total: Fen,
    reason: &str,
) -> Result<()> {
    let changed: Vec<(i64, i64, i64)> = lines
        .iter()
        .zip(wanted)
        .filter(|(line, fen)| line.payable != **fen)
        .map(|(line, fen)| (line.id.0, line.payable.0, fen.0))
        .collect();
    tx.exec(
        "insert into order_price_change
           (mall_id, order_id, id, staff_id, reason, before_fen, after_fen, freight_before_fen, freight_after_fen, lines, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &args![
            ctx.mall_id,
            order.id,
            ctx.id(),
            ctx.actor.id(),
            reason,
            order.total,
            total,
            order.freight,
            freight,
            serde_json::to_string(&changed).map_err(Error::internal)?,
            ctx.now
        ],
    )?;
    add_event(tx, ctx, order.id, "price_changed", &format!("商家改价：¥{} → ¥{total}（{reason}）", order.total))?;
    let event =
        Changed { order_id: order.id, member_id: order.member_id, before_fen: order.total.0, after_fen: total.0 };
    outbox::emit(tx, ctx, "order.price_changed", &event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(id: i64, amount: i64, payable: i64) -> Priced {
        Priced { id: Id(id), quantity: 1, amount: Fen(amount), payable: Fen(payable) }
    }

    #[test]
    fn the_whole_is_split_by_what_lines_cost() {
        let lines = [line(1, 1_000, 1_000), line(2, 2_000, 2_000), line(3, 0, 0)];
        assert_eq!(spread(&lines, Fen(2_000)).unwrap(), [Fen(667), Fen(1_333), Fen(0)]);
        assert!(spread(&lines, Fen(3_001)).is_err() && spread(&lines, Fen(-1)).is_err());
    }

    #[test]
    fn single_lines_stay_within_their_list_price() {
        let lines = [line(1, 1_000, 800), line(2, 2_000, 2_000)];
        let ask = |line_id: i64, payable_fen| NewPrices {
            lines: vec![LinePrice { line_id: Id(line_id), payable_fen }],
            ..NewPrices::default()
        };
        assert_eq!(wanted(&lines, &ask(1, 1_000)).unwrap(), [Fen(1_000), Fen(2_000)]);
        for wrong in [ask(1, 1_001), ask(1, -1), ask(7, 1)] {
            assert!(wanted(&lines, &wrong).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_price_of_the_whole_is_met_and_no_line_leaves_its_bounds(
            money in proptest::collection::vec((0i64..1_000_000, 0i64..=100), 1..20),
            share in 0i64..=1_000,
        ) {
            let lines: Vec<Priced> =
                money.iter().zip(1..).map(|((amount, off), id)| line(id, *amount, amount - amount * off / 100)).collect();
            let most: i64 = lines.iter().map(|line| line.amount.0).sum();
            let goods = Fen(most * share / 1_000);
            let parts = spread(&lines, goods).unwrap();
            prop_assert_eq!(parts.iter().map(|fen| fen.0).sum::<i64>(), goods.0);
            for (line, fen) in lines.iter().zip(parts) {
                prop_assert!(fen.0 >= 0 && fen.0 <= line.amount.0);
            }
        }
    }
}
