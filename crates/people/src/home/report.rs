//! What stores and clerks brought over some days: members won, how many of them bought, and what members of the home spent
//! online, at its own counter and at others, net of what came back. Added up from `member_home` and `home_sale` alone.

use db::{Arg, Tx, args};
use kernel::{Id, Instant, MallId, Result, days};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a store, a clerk or a day brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HomeFigures)]
pub struct Figures {
    /// Members won by an invite or at the counter; who was moved here by staff is not won.
    pub won: i64,
    /// Of them who bought since.
    pub bought: i64,
    /// Orders paid by members of the home.
    pub orders: i64,
    /// Net of refunds.
    pub online_fen: i64,
    /// At the counter of the home store, net of returns.
    pub here_fen: i64,
    /// At counters of other stores, net of returns.
    pub elsewhere_fen: i64,
    /// Money that went back in these days; the three sums are without it.
    pub refunded_fen: i64,
    /// `online_fen + here_fen + elsewhere_fen`.
    pub sales_fen: i64,
}

impl Figures {
    /// The two together.
    #[must_use]
    pub fn plus(self, other: Figures) -> Figures {
        Figures {
            won: self.won + other.won,
            bought: self.bought + other.bought,
            orders: self.orders + other.orders,
            online_fen: self.online_fen + other.online_fen,
            here_fen: self.here_fen + other.here_fen,
            elsewhere_fen: self.elsewhere_fen + other.elsewhere_fen,
            refunded_fen: self.refunded_fen + other.refunded_fen,
            sales_fen: self.sales_fen + other.sales_fen,
        }
    }

    fn sold(&mut self, place: &str, orders: i64, amount_fen: i64, refunded_fen: i64) {
        self.orders += orders;
        self.sales_fen += amount_fen;
        self.refunded_fen += refunded_fen;
        match place {
            "online" => self.online_fen += amount_fen,
            "here" => self.here_fen += amount_fen,
            _ => self.elsewhere_fen += amount_fen,
        }
    }
}

const WON: &str = "count(*), count(h.bought_at)";
const SOLD: &str =
    "s.place, cast(sum(case when s.kind = 'paid' then 1 else 0 end) as bigint), cast(sum(s.amount_fen) as bigint),
  cast(-sum(case when s.kind = 'refunded' then s.amount_fen else 0 end) as bigint)";

/// Both halves grouped by one key of theirs.
fn grouped(
    tx: &mut Tx<'_>,
    (won_key, sold_key): (&str, &str),
    (won_where, sold_where): (&str, &str),
    values: &[Arg],
) -> Result<BTreeMap<i64, Figures>> {
    let mut found: BTreeMap<i64, Figures> = BTreeMap::new();
    let won: Vec<(i64, i64, i64)> = tx.all(
        &format!(
            "select {won_key}, {WON} from member_home h
             where h.mall_id = $1 and {won_where} and h.since >= $2 and h.since < $3 and h.how <> 'staff'
             group by 1"
        ),
        values,
    )?;
    for (key, won, bought) in won {
        let figures = found.entry(key).or_default();
        (figures.won, figures.bought) = (won, bought);
    }
    let sold: Vec<(i64, String, i64, i64, i64)> = tx.all(
        &format!(
            "select {sold_key}, {SOLD} from home_sale s
             where s.mall_id = $1 and {sold_where} and s.at >= $2 and s.at < $3
             group by 1, 2"
        ),
        values,
    )?;
    for (key, place, orders, amount, refunded) in sold {
        found.entry(key).or_default().sold(&place, orders, amount, refunded);
    }
    Ok(found)
}

/// Every store that won or sold something in the time.
pub fn by_store(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<BTreeMap<Id, Figures>> {
    let rows = grouped(tx, ("h.store_id", "s.store_id"), ("true", "true"), &args![mall_id, from, to])?;
    Ok(rows.into_iter().map(|(id, figures)| (Id(id), figures)).collect())
}

/// The clerks of a store; `None` is what nobody in particular won.
pub fn by_clerk(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    from: Instant,
    to: Instant,
) -> Result<BTreeMap<Option<Id>, Figures>> {
    let keys = ("coalesce(h.clerk_id, 0)", "coalesce(s.clerk_id, 0)");
    let rows = grouped(tx, keys, ("h.store_id = $4", "s.store_id = $4"), &args![mall_id, from, to, store_id])?;
    Ok(rows.into_iter().map(|(id, figures)| (Some(Id(id)).filter(|id| id.0 != 0), figures)).collect())
}

/// Day by day (days since 1970 in the mall's calendar), of a store or of all.
pub fn by_day(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    from: Instant,
    to: Instant,
    offset: i64,
) -> Result<BTreeMap<i64, Figures>> {
    let day = |column: &str| format!("({column} + {offset}) / {}", days(1));
    let (won_day, sold_day) = (day("h.since"), day("s.at"));
    let keys = (won_day.as_str(), sold_day.as_str());
    match store_id {
        Some(store_id) => {
            grouped(tx, keys, ("h.store_id = $4", "s.store_id = $4"), &args![mall_id, from, to, store_id])
        }
        None => grouped(tx, keys, ("true", "true"), &args![mall_id, from, to]),
    }
}

/// One clerk, at whatever store.
pub fn of_clerk(tx: &mut Tx<'_>, mall_id: MallId, clerk_id: Id, from: Instant, to: Instant) -> Result<Figures> {
    let whose = ("h.clerk_id is not null and h.clerk_id = $4", "s.clerk_id is not null and s.clerk_id = $4");
    let rows = grouped(tx, ("h.clerk_id", "s.clerk_id"), whose, &args![mall_id, from, to, clerk_id])?;
    Ok(rows.into_values().fold(Figures::default(), Figures::plus))
}

/// How many members a store has now, by clerk.
pub fn members_in_force(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<BTreeMap<Option<Id>, i64>> {
    let rows: Vec<(Option<Id>, i64)> = tx.all(
        "select clerk_id, count(*) from member_home
         where mall_id = $1 and store_id = $2 and ended_at is null
         group by clerk_id",
        &args![mall_id, store_id],
    )?;
    Ok(rows.into_iter().collect())
}
