//! Traffic by day: how many events of each kind, and how many visitors they came from. A day is counted again whenever
//! events came in, until it is over; distinct visitors cannot be added up.

use super::{mark, set_mark};
use db::{Arg, Tx, args};
use kernel::{Id, Ids, Instant, MallId, Result, days};
use platform::App;
use platform::mall::Mall;

const NAME: &str = "traffic";

/// The sweep: counts today again, and yesterday once more after midnight.
pub async fn roll_up_traffic(app: App) -> Result<()> {
    let now = app.clock.now();
    for mall in app.malls.all() {
        let (mall_id, today) = (mall.id, now.day_at_offset(mall.utc_offset_ms));
        let (newest, marked) = app.db.read(move |tx| Ok((newest(tx, mall_id)?, mark(tx, mall_id, NAME)?))).await?;
        let marked = marked.unwrap_or_default();
        if newest.is_none_or(|id| Ids::instant_of(id) < marked) {
            continue;
        }
        let first = marked.day_at_offset(mall.utc_offset_ms).max(today - 1);
        for day in first..=today {
            let (from, to) = span(&mall, day);
            let counted = app.db.read(move |tx| count(tx, mall_id, from, to)).await?;
            app.db.write(move |tx| keep(tx, mall_id, day, &counted, now)).await?;
        }
    }
    Ok(())
}

fn span(mall: &Mall, day: i64) -> (Id, Id) {
    let start = Instant(day * days(1) - mall.utc_offset_ms);
    (Ids::first_at(start), Ids::first_at(start + days(1)))
}

fn newest(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Option<Id>> {
    tx.opt("select id from behaviour_event where mall_id = $1 order by id desc limit 1", &args![mall_id])
}

fn count(tx: &mut Tx<'_>, mall_id: MallId, from: Id, to: Id) -> Result<Vec<(String, i64, i64)>> {
    tx.all(
        "select kind, count(*), count(distinct visitor)
         from behaviour_event
         where mall_id = $1 and id >= $2 and id < $3
         group by kind",
        &args![mall_id, from, to],
    )
}

fn keep(tx: &mut Tx<'_>, mall_id: MallId, day: i64, counted: &[(String, i64, i64)], now: Instant) -> Result<()> {
    let rows: Vec<Vec<Arg>> =
        counted.iter().map(|(kind, events, visitors)| args![mall_id, day, kind, events, visitors].to_vec()).collect();
    tx.insert_many(
        "insert into traffic_day (mall_id, day, kind, events, visitors) values",
        "on conflict (mall_id, day, kind) do update set events = excluded.events, visitors = excluded.visitors",
        &rows,
    )?;
    set_mark(tx, mall_id, NAME, now)
}

/// People on their way from the door to the till, of one day.
#[derive(Debug, Clone, Copy, Default)]
pub struct Funnel {
    pub visitors: i64,
    pub carts: i64,
    pub orders: i64,
    pub paid: i64,
}

/// Visitors and carts as last counted, members with orders and with paid orders up to `to`.
pub fn funnel(tx: &mut Tx<'_>, mall_id: MallId, day: i64, from: Instant, to: Instant) -> Result<Funnel> {
    let rows: Vec<(String, i64)> =
        tx.all("select kind, visitors from traffic_day where mall_id = $1 and day = $2", &args![mall_id, day])?;
    let of = |kind: &str| rows.iter().find(|row| row.0 == kind).map_or(0, |row| row.1);
    let (orders, paid): (i64, i64) = tx.one(
        "select count(distinct member_id), count(distinct case when paid_at is not null then member_id end)
         from trade_order
         where mall_id = $1 and id >= $2 and id < $3",
        &args![mall_id, Ids::first_at(from), Ids::first_at(to)],
    )?;
    Ok(Funnel { visitors: of("visit"), carts: of("add_to_cart"), orders, paid })
}
