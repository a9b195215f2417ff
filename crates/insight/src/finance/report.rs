//! Reports put together from days: rows by day, month, channel, store or shop, their total, and the accounts of members
//! from opening to closing. Every report adds up the same entries, so their totals agree.

use super::count::{Entry, count};
use super::measure;
use super::seal::{first_open, owed_on};
use db::{Tx, args};
use kernel::{Error, Instant, MallId, Result, days};
use people::ledger::Account;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a row of a report stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FinanceBy)]
pub enum By {
    #[default]
    Day,
    Month,
    /// How orders were paid.
    Channel,
    /// Where orders are fetched; the last row is what is sent.
    Store,
    /// What each shop is to be settled for.
    Shop,
}

/// Calendar days of the mall, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: i64,
    pub last: i64,
}

impl Span {
    /// `finance.span` (400) unless it is one day to three years.
    pub fn new(first: i64, last: i64) -> Result<Self> {
        if first <= last && last - first < 1_100 {
            Ok(Span { first, last })
        } else {
            Err(Error::field("to", "时间范围要从早到晚，最长三年"))
        }
    }
}

/// What one lane took off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LaneAmount {
    /// `best_price`, `promotion`, `coupon`, `points` …; `freight` is within the freight, not within `discount_fen`.
    pub lane: String,
    /// Not positive.
    pub amount_fen: i64,
}

/// Sales by how they were paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChannelPart {
    /// `none` paid for orders of nothing.
    pub channel: String,
    pub sales_fen: i64,
    pub refunded_fen: i64,
}

/// Money that moved through a channel, by the channel's time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MoneyFlow {
    /// Money in, but for what was sent back at once.
    pub received_fen: i64,
    /// Of it for orders, top-ups and paid memberships.
    pub received_order_fen: i64,
    pub top_up_fen: i64,
    pub membership_fen: i64,
    /// Money back, of all these.
    pub returned_fen: i64,
    /// Of it principal of top-ups.
    pub top_up_returned_fen: i64,
    /// Money that found nothing to pay, and what of it is back.
    pub sent_back_in_fen: i64,
    pub sent_back_out_fen: i64,
    /// What the channel kept for its service, as its bills say.
    pub fee_fen: i64,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FinanceRow {
    /// `2026-11-25`, `2026-11`, a channel, an id; empty for the total.
    pub key: String,
    /// Name of store or shop.
    pub label: String,
    /// Orders paid.
    pub orders: i64,
    /// At list price.
    pub goods_fen: i64,
    /// Not positive.
    pub discount_fen: i64,
    pub discounts: Vec<LaneAmount>,
    /// After its discounts.
    pub freight_fen: i64,
    /// `goods_fen + discount_fen + freight_fen`.
    pub sales_fen: i64,
    pub refunds: i64,
    pub refunded_fen: i64,
    /// `sales_fen - refunded_fen`.
    pub net_fen: i64,
    pub channels: Vec<ChannelPart>,
    /// Absent by store and shop: money knows neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<MoneyFlow>,
}

/// Postings of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountMove {
    /// Like `balance_paid`.
    pub kind: String,
    pub amount: i64,
    pub postings: i64,
}

/// What the mall owes in one account of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountFlow {
    pub account: Account,
    /// Fen, or whole points.
    pub opening: i64,
    pub added: i64,
    /// Not positive.
    pub taken: i64,
    /// `opening + added + taken`.
    pub closing: i64,
    pub moves: Vec<AccountMove>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FinanceReport {
    pub by: By,
    #[schema(example = "2026-11-01")]
    pub from: String,
    #[schema(example = "2026-11-30")]
    pub to: String,
    pub rows: Vec<FinanceRow>,
    pub total: FinanceRow,
    pub accounts: Vec<AccountFlow>,
    pub as_of: Instant,
}

fn date(day: i64) -> String {
    Instant(day.saturating_mul(days(1))).datetime().date().to_string()
}

/// Everything of a span: kept days, and the others counted now.
fn entries(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, span: Span) -> Result<Vec<Entry>> {
    let open = first_open(tx, mall_id, offset)?.unwrap_or(i64::MIN);
    let mut found: Vec<Entry> = tx.all(
        "select day, measure, shop_id, store_id, channel, part, count, amount_fen
         from finance_day
         where mall_id = $1 and day >= $2 and day <= $3 and day < $4",
        &args![mall_id, span.first, span.last, open],
    )?;
    let first = span.first.max(open);
    if first <= span.last {
        let start = |day: i64| Instant(day * days(1) - offset);
        found.extend(count(tx, mall_id, offset, start(first), start(span.last + 1))?);
    }
    Ok(found)
}

/// What was owed at the end of a day.
fn owed_at(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, day: i64) -> Result<BTreeMap<String, i64>> {
    let open = first_open(tx, mall_id, offset)?;
    let mut owed = owed_on(tx, mall_id, open.map_or(day, |open| day.min(open - 1)))?;
    let first = open.unwrap_or(0);
    if day >= first {
        let start = |day: i64| Instant(day * days(1) - offset);
        for entry in count_postings(tx, mall_id, start(first), start(day + 1))? {
            *owed.entry(entry.0).or_default() += entry.1;
        }
    }
    Ok(owed)
}

fn count_postings(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<Vec<(String, i64)>> {
    tx.all(
        "select account, cast(sum(amount) as bigint) from ledger_posting
         where mall_id = $1 and account = any($2) and at >= $3 and at < $4
         group by account",
        &args![mall_id, Account::ALL.map(Account::as_str).to_vec(), from, to],
    )
}

/// Fees by day and channel, as far as bills were read; the flow of funds tells the same ones again. Their days are the
/// channels'.
fn fees(tx: &mut Tx<'_>, mall_id: MallId, span: Span) -> Result<Vec<(i64, String, i64)>> {
    tx.all(
        "select day, channel, fee_fen from bill_day
         where mall_id = $1 and day >= $2 and day <= $3 and fee_fen <> 0
           and channel <> 'wechat_funds'",
        &args![mall_id, span.first, span.last],
    )
}

/// Makes a report. Names of stores and shops are the caller's to fill in.
pub fn report(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    offset: i64,
    span: Span,
    by: By,
    now: Instant,
) -> Result<FinanceReport> {
    let entries = entries(tx, mall_id, offset, span)?;
    let fees = fees(tx, mall_id, span)?;
    let opening = owed_at(tx, mall_id, offset, span.first - 1)?;
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let mut total = Sum::default();
    for entry in &entries {
        total.add(entry);
        if let Some(key) = key_of(by, entry) {
            sums.entry(key).or_default().add(entry);
        }
    }
    for (day, channel, fee) in &fees {
        total.money.fee_fen += fee;
        let key = match by {
            By::Day => date(*day),
            By::Month => date(*day)[..7].to_owned(),
            By::Channel => channel.clone(),
            By::Store | By::Shop => continue,
        };
        sums.entry(key).or_default().money.fee_fen += fee;
    }
    let has_money = !matches!(by, By::Store | By::Shop);
    let rows = sums.into_iter().map(|(key, sum)| sum.into_row(key, has_money)).collect();
    Ok(FinanceReport {
        by,
        from: date(span.first),
        to: date(span.last),
        rows,
        total: total.into_row(String::new(), true),
        accounts: accounts(&entries, &opening),
        as_of: now,
    })
}

/// The row an entry belongs to; none for what the report does not tell apart.
fn key_of(by: By, entry: &Entry) -> Option<String> {
    let of_members = matches!(entry.measure.as_str(), measure::POSTED | measure::OWED);
    let of_orders = matches!(
        entry.measure.as_str(),
        measure::GOODS | measure::DISCOUNT | measure::FREIGHT | measure::SALES | measure::ORDER_REFUND
    );
    match by {
        _ if of_members => None,
        By::Day => Some(date(entry.day)),
        By::Month => Some(date(entry.day)[..7].to_owned()),
        By::Channel => Some(entry.channel.clone()),
        By::Store => of_orders.then(|| entry.store_id.to_string()),
        By::Shop => of_orders.then(|| entry.shop_id.to_string()),
    }
}

#[derive(Default)]
struct Sum {
    row: FinanceRow,
    lanes: BTreeMap<String, i64>,
    channels: BTreeMap<String, (i64, i64)>,
    money: MoneyFlow,
}

impl Sum {
    fn add(&mut self, entry: &Entry) {
        let (row, money, amount) = (&mut self.row, &mut self.money, entry.amount);
        match (entry.measure.as_str(), entry.part.as_str()) {
            (measure::GOODS, _) => row.goods_fen += amount,
            (measure::FREIGHT, _) => row.freight_fen += amount,
            (measure::SALES, _) => {
                row.orders += entry.count;
                row.sales_fen += amount;
                self.channels.entry(entry.channel.clone()).or_default().0 += amount;
            }
            (measure::DISCOUNT, lane) => {
                *self.lanes.entry(lane.to_owned()).or_default() += amount;
                if lane != "freight" {
                    row.discount_fen += amount;
                }
            }
            (measure::ORDER_REFUND, _) => {
                row.refunds += entry.count;
                row.refunded_fen += amount;
                self.channels.entry(entry.channel.clone()).or_default().1 += amount;
            }
            (measure::RECEIVED, part) => {
                money.received_fen += amount;
                match part {
                    "order" => money.received_order_fen += amount,
                    "top_up" => money.top_up_fen += amount,
                    "membership" => money.membership_fen += amount,
                    _ => {}
                }
            }
            (measure::RETURNED, part) => {
                money.returned_fen += amount;
                if part == "top_up" {
                    money.top_up_returned_fen += amount;
                }
            }
            (measure::SENT_BACK, "in") => money.sent_back_in_fen += amount,
            (measure::SENT_BACK, _) => money.sent_back_out_fen += amount,
            _ => {}
        }
    }

    fn into_row(self, key: String, has_money: bool) -> FinanceRow {
        let discounts = self.lanes.into_iter().map(|(lane, amount_fen)| LaneAmount { lane, amount_fen });
        let channels = self.channels.into_iter().map(|(channel, (sales_fen, refunded_fen))| ChannelPart {
            channel,
            sales_fen,
            refunded_fen,
        });
        FinanceRow {
            key,
            net_fen: self.row.sales_fen - self.row.refunded_fen,
            discounts: discounts.collect(),
            channels: channels.collect(),
            money: has_money.then_some(self.money),
            ..self.row
        }
    }
}

fn accounts(entries: &[Entry], opening: &BTreeMap<String, i64>) -> Vec<AccountFlow> {
    let one = |account: Account| {
        let mut moves: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        let posted = entries.iter().filter(|e| e.measure == measure::POSTED && e.channel == account.as_str());
        for entry in posted {
            let known = moves.entry(entry.part.as_str()).or_default();
            *known = (known.0 + entry.amount, known.1 + entry.count);
        }
        let opening = opening.get(account.as_str()).copied().unwrap_or(0);
        let sum =
            |keep: fn(i64) -> bool| moves.values().map(|known| known.0).filter(|amount| keep(*amount)).sum::<i64>();
        let (added, taken) = (sum(|amount| amount > 0), sum(|amount| amount < 0));
        let moves =
            moves.into_iter().map(|(kind, (amount, postings))| AccountMove { kind: kind.to_owned(), amount, postings });
        AccountFlow { account, opening, added, taken, closing: opening + added + taken, moves: moves.collect() }
    };
    Account::ALL.map(one).to_vec()
}
