//! A member's address book. Owns `address`; name, phone and detail lie sealed.
//!
//! Promises: at most fifty addresses can be added; exactly one is the default as long as there is one; the address of another member,
//! or of another mall, does not exist (404). Orders copy what they need, so a changed address changes no order.

mod model;
mod shop;
mod store;

/// The name checkout knows it by.
pub use model::Address as AddressView;
pub use model::{Address, AddressInput, AddressPlace, CoordinateSystem};

pub(crate) use shop::routes;

use crate::region;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use model::Checked;
use platform::Ctx;
use platform::seal::Sealer;

/// How many addresses a member may keep.
pub const LIMIT: i64 = 50;

/// The whole book: the default first, then the latest.
pub fn list(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id) -> Result<Vec<Address>> {
    store::all(tx, sealer, mall_id, member_id)
}

/// One address of this member. `address.not_found` (404) also when it is somebody else's.
pub fn find(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id, id: Id) -> Result<Address> {
    store::one(tx, sealer, mall_id, member_id, id)?.ok_or_else(not_found)
}

/// The default address, if the member has any.
pub fn find_default(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id) -> Result<Option<Address>> {
    store::default(tx, sealer, mall_id, member_id)
}

/// Adds an address; the first one becomes the default. 400 at the field that does not fit, `address.too_many` (409).
pub fn add(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, member_id: Id, input: &AddressInput) -> Result<Id> {
    let checked = Checked::new(input)?;
    lock_book(tx, ctx, member_id)?;
    let (count,): (i64,) =
        tx.one("select count(*) from address where mall_id = $1 and member_id = $2", &args![ctx.mall_id, member_id])?;
    if count >= LIMIT {
        return Err(Error::conflict("address.too_many", format!("最多保存 {LIMIT} 个地址，请先删掉不用的")));
    }
    let id = ctx.id();
    store::insert(tx, ctx, sealer, id, member_id, &checked)?;
    if checked.is_default || count == 0 {
        store::make_default(tx, ctx, member_id, id)?;
    }
    Ok(id)
}

/// Replaces an address. The default stays the default until another one takes its place.
pub fn replace(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, member_id: Id, id: Id, input: &AddressInput) -> Result<()> {
    let checked = Checked::new(input)?;
    lock_book(tx, ctx, member_id)?;
    if !store::update(tx, ctx, sealer, id, member_id, &checked)? {
        return Err(not_found());
    }
    if checked.is_default {
        store::make_default(tx, ctx, member_id, id)?;
    }
    Ok(())
}

/// Removes an address; if it was the default, the latest of the others takes its place.
pub fn remove(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, id: Id) -> Result<()> {
    lock_book(tx, ctx, member_id)?;
    let removed: Option<(bool,)> = tx.opt(
        "delete from address where mall_id = $1 and member_id = $2 and id = $3 returning is_default",
        &args![ctx.mall_id, member_id, id],
    )?;
    let (was_default,) = removed.ok_or_else(not_found)?;
    if was_default && let Some(next) = store::latest(tx, ctx.mall_id, member_id)? {
        store::make_default(tx, ctx, member_id, next)?;
    }
    Ok(())
}

/// Gives the whole book of one member to another (two accounts became one). The receiver keeps its default.
pub(crate) fn move_book(tx: &mut Tx<'_>, ctx: &Ctx, from: Id, to: Id) -> Result<()> {
    lock_book(tx, ctx, to)?;
    tx.exec(
        "update address
         set member_id = $3,
             is_default = is_default and not exists (
               select 1 from address kept where kept.mall_id = $1 and kept.member_id = $3 and kept.is_default)
         where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, from, to],
    )?;
    Ok(())
}

/// Changes of one book wait for each other on the member's row, so the limit and the one default hold.
fn lock_book(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<()> {
    let member: Option<(Id,)> = tx.opt(
        "select id from member where mall_id = $1 and id = $2 and status = 'active' for update",
        &args![ctx.mall_id, member_id],
    )?;
    member.map(drop).ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))
}

fn not_found() -> Error {
    Error::not_found("address.not_found", "没有找到这个地址，可能已经删除")
}

/// Checks the district and the street against the divisions.
fn check_region(district_code: &str, street_code: Option<&str>) -> Result<()> {
    if !region::is_valid_district(district_code) {
        return Err(Error::field("district_code", "请选择到区县"));
    }
    match street_code {
        Some(street) if !region::is_valid_street(street, district_code) => {
            Err(Error::field("street_code", "这个街道不在所选的区县里"))
        }
        _ => Ok(()),
    }
}
