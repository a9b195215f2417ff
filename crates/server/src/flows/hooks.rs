//! Where domains that must not know each other meet: what happens when a guest becomes a member, what the badges count,
//! and the address under which the outside reaches us.

use db::{Tx, args};
use kernel::{Id, MallId, Result};
use people::hooks::{BadgeSource, Badges, MergeGuest, StoreNames};
use platform::{App, Ctx};
use std::collections::HashMap;

/// A guest's cart, favourites and history follow them into membership.
pub struct ShopperMerge;

impl MergeGuest for ShopperMerge {
    fn merge(&self, tx: &mut Tx<'_>, ctx: &Ctx, guest: Id, member: Id) -> Result<()> {
        trade::cart::merge(tx, ctx, guest, member)?;
        people::ledger::merge_member(tx, ctx, guest, member)?;
        people::membership::merge_member(tx, ctx, guest, member)?;
        people::notice::merge_member(tx, ctx, guest, member)?;
        goods::shelf::merge_shopper(tx, ctx, guest, member)
    }

    fn is_anchored(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<bool> {
        let (orders,): (i64,) =
            tx.one("select count(*) from trade_order where mall_id = $1 and member_id = $2", &args![mall_id, member])?;
        Ok(orders > 0 || people::wallet::has_purchases(tx, mall_id, member)?)
    }
}

/// The numbers on the "me" page.
pub struct ShopperBadges;

impl BadgeSource for ShopperBadges {
    fn badges(&self, tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Badges> {
        let [unpaid, to_ship, to_pick_up, shipped, to_review] = trade::order::badges(tx, mall_id, member_id)?;
        let (favourites,): (i64,) =
            tx.one("select count(*) from favourite where mall_id = $1 and member_id = $2", &args![mall_id, member_id])?;
        Ok(Badges {
            unpaid,
            to_ship,
            to_pick_up,
            shipped,
            to_review,
            after_sales: trade::after_sale::under_way(tx, mall_id, member_id)?,
            cart: trade::cart::count(tx, mall_id, member_id)?,
            favourites,
            messages: people::message::unread(tx, mall_id, member_id)?,
        })
    }
}

/// Names of stores, for staff bound to one.
pub struct Stores;

impl StoreNames for Stores {
    fn names(&self, tx: &mut Tx<'_>, mall_id: MallId, stores: &[Id]) -> Result<HashMap<Id, String>> {
        let rows = goods::store::stores_by_id(tx, mall_id, stores)?;
        Ok(rows.into_iter().map(|store| (store.id, store.name)).collect())
    }
}

/// `server.public_url`, or the address we listen on.
pub fn public_url(app: &App) -> String {
    let server = &app.config.server;
    match server.public_url.trim_end_matches('/') {
        "" => format!("http://{}:{}", server.bind, server.port),
        url => url.to_owned(),
    }
}
