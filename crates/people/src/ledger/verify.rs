//! The nightly check of the books: legs sum to zero, a balance is the sum of its postings, the buckets are the points.
//! Drift is reported, never repaired silently.

use db::{Tx, args, row};
use kernel::{MallId, Result};
use platform::App;

/// One thing that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// In words.
    pub what: String,
    pub expected: i64,
    pub found: i64,
}
row!(Drift { what, expected, found });

/// Everything that does not add up in a mall, at most a hundred of each sort.
pub fn drift(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<Drift>> {
    let mut found: Vec<Drift> = tx.all(
        "select 'legs of ' || kind || ' ' || cast(source_id as text), cast(0 as bigint), cast(sum(amount) as bigint)
         from ledger_posting
         where mall_id = $1
         group by kind, source_id, leg / 2
         having sum(amount) <> 0
         limit 100",
        &args![mall_id],
    )?;
    found.extend(tx.all::<Drift>(
        "select s.account || ' of member ' || cast(s.member_id as text), s.posted, coalesce(b.amount, 0)
         from (select member_id, account, cast(sum(amount) as bigint) as posted from ledger_posting
           where mall_id = $1 and member_id <> 0
           group by member_id, account) s
         left join ledger_balance b on b.mall_id = $1 and b.member_id = s.member_id and b.account = s.account
         where s.posted <> coalesce(b.amount, 0)
         limit 100",
        &args![mall_id],
    )?);
    found.extend(tx.all::<Drift>(
        "select b.account || ' of member ' || cast(b.member_id as text) || ' without postings', cast(0 as bigint), b.amount
         from ledger_balance b
         where b.mall_id = $1 and b.amount <> 0
           and not exists (select 1 from ledger_posting p
             where p.mall_id = b.mall_id and p.member_id = b.member_id and p.account = b.account)
         limit 100",
        &args![mall_id],
    )?);
    found.extend(tx.all::<Drift>(
        "select 'buckets of member ' || cast(b.member_id as text), b.amount,
           (select coalesce(cast(sum(k.remaining) as bigint), 0) from points_bucket k
             where k.mall_id = b.mall_id and k.member_id = b.member_id and k.remaining > 0)
         from ledger_balance b
         where b.mall_id = $1 and b.account = 'points'
           and b.amount <> (select coalesce(cast(sum(k.remaining) as bigint), 0) from points_bucket k
             where k.mall_id = b.mall_id and k.member_id = b.member_id and k.remaining > 0)
         limit 100",
        &args![mall_id],
    )?);
    Ok(found)
}

/// The nightly sweep.
pub async fn report_drift(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let mall_id = mall.id;
        for found in app.db.read(move |tx| drift(tx, mall_id)).await? {
            tracing::error!(
                mall_id = %mall_id, what = found.what, expected = found.expected, found = found.found,
                "the ledger does not add up"
            );
        }
    }
    Ok(())
}
