//! Behaviour events from the storefront. Owns `behaviour_event`.
//!
//! Promises: bounded and cheap (one statement per batch, into the shared commit); nothing in it names a person beyond the
//! member's id, and that only with the member's session; no address, no device. A visitor is a random word that the
//! storefront makes anew after a month. Rows go after `insight.keep_days`. An id of an event is the moment it arrived.
//! It deliberately does not know what the kinds lead to.

mod personal;
mod shop;

pub use personal::BehaviourData;
pub(crate) use shop::routes as shop_routes;

use db::{Tx, args};
use kernel::{Id, Ids, Instant, MallId, Result, days};
use platform::App;

/// Rows removed per transaction.
const SWEPT: i64 = 2_000;
/// Transactions per round.
const ROUNDS: usize = 25;

/// Removes what is older than `insight.keep_days`.
pub async fn sweep(app: App) -> Result<()> {
    let until = Ids::first_at(Instant(app.clock.now().0 - days(app.config.insight.keep_days.max(1))));
    for mall in app.malls.all() {
        let mall_id = mall.id;
        for _ in 0..ROUNDS {
            if app.db.write(move |tx| remove_before(tx, mall_id, until)).await? < SWEPT.unsigned_abs() {
                break;
            }
        }
    }
    Ok(())
}

fn remove_before(tx: &mut Tx<'_>, mall_id: MallId, until: Id) -> Result<u64> {
    tx.exec(
        "delete from behaviour_event
         where mall_id = $1
           and id in (select id from behaviour_event where mall_id = $1 and id < $2 order by id limit $3)",
        &args![mall_id, until, SWEPT],
    )
}

/// Forgets what a member did; the counts made of it stay.
pub(crate) fn forget_member(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<()> {
    tx.exec("delete from behaviour_event where mall_id = $1 and member_id = $2", &args![mall_id, member])?;
    Ok(())
}
