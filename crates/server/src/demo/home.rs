//! Whom the stores and the clerk of the demo won over the last weeks: by the code on the clerk's phone, and by the one at
//! the door of another store. What these members buy afterwards counts for them. One of the clerks left and has members still.

use db::{Tx, args};
use kernel::{Id, Result, days, hours};
use people::home::{self, Whose};
use people::staff::{self, Rights, StaffChange};
use platform::Ctx;

/// How many of the members have a home.
const MOST: i64 = 5;

/// Hangs codes up and lets the first members open them, one every few days. The last of the members is left to the counter.
pub(super) fn seed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let stores: Vec<(Id, Option<Id>)> = tx.all(
        "select s.id, (select min(p.id) from staff p where p.mall_id = s.mall_id and p.store_id = s.id)
         from store s
         where s.mall_id = $1
         order by s.id
         limit 2",
        &args![ctx.mall_id],
    )?;
    let former: Option<(Id, String, Id, Option<Id>)> = tx.opt(
        "select id, name, role_id, store_id from staff where mall_id = $1 and username = 'zhou'",
        &args![ctx.mall_id],
    )?;
    let members: Vec<Id> = tx.all(
        "select id from member where mall_id = $1 and kind = 'member' order by id limit $2",
        &args![ctx.mall_id, MOST],
    )?;
    for (store_id, _) in &stores {
        home::make_invite(tx, ctx, Whose { store_id: *store_id, clerk_id: None })?;
    }
    for (at, member_id) in (0i64..).zip(members) {
        let Some((store_id, clerk_id)) = stores.get(usize::from(at % 3 == 1)).or(stores.first()) else { return Ok(()) };
        let clerk_id = if matches!(at, 2 | 3) { former.as_ref().map(|(id, ..)| *id).or(*clerk_id) } else { *clerk_id };
        let whose = Whose { store_id: *store_id, clerk_id };
        home::make_invite(tx, ctx, whose)?;
        let then = ctx.at(ctx.now - days(4 * (MOST - at)) - hours(at));
        home::opened_by(tx, &then, member_id, true, whose)?;
    }
    if let Some((id, name, role_id, store_id)) = former {
        let gone = StaffChange { name, role_id, store_id, status: "disabled".into() };
        staff::change_staff(tx, ctx, &Rights::system(), None, id, &gone)?;
    }
    Ok(())
}
