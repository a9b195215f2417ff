//! What other floors tell this one. Shoppers and staff are shown together with facts that belong to carts, goods and
//! stores; those floors implement these traits and `server::wiring` lists them once. Nothing here knows an order.

use db::Tx;
use kernel::{Id, MallId, Result};
use platform::Ctx;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Moves what somebody gathered (cart, favourites, history) to the member that person turned out to be.
/// Runs in the transaction of the sign-in: an error keeps both as they were.
pub trait MergeGuest: Send + Sync {
    /// `guest` is a guest, or a member without a phone that is not anchored.
    fn merge(&self, tx: &mut Tx<'_>, ctx: &Ctx, guest: Id, member: Id) -> Result<()>;

    /// True when something hangs on this member that `merge` does not move, an order for instance. Such a member is
    /// never merged into another.
    fn is_anchored(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<bool>;
}

/// Counts the numbers on the "me" page of a guest or member.
pub trait BadgeSource: Send + Sync {
    fn badges(&self, tx: &mut Tx<'_>, mall_id: MallId, shopper: Id) -> Result<Badges>;
}

/// Names of stores, for staff bound to one. Unknown ids are absent.
pub trait StoreNames: Send + Sync {
    fn names(&self, tx: &mut Tx<'_>, mall_id: MallId, stores: &[Id]) -> Result<HashMap<Id, String>>;
}

/// Numbers on the "me" page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Badges {
    pub unpaid: i64,
    pub to_ship: i64,
    pub to_pick_up: i64,
    pub shipped: i64,
    pub to_review: i64,
    /// Pieces in the cart.
    pub cart: i64,
    pub favourites: i64,
}

/// What the shop side needs from above.
#[derive(Clone)]
pub struct Hooks {
    pub merge: Arc<dyn MergeGuest>,
    pub badges: Arc<dyn BadgeSource>,
}

/// What the back office needs from beside and above.
#[derive(Clone)]
pub struct AdminHooks {
    pub stores: Arc<dyn StoreNames>,
}

impl AdminHooks {
    pub(crate) fn store_names(&self, tx: &mut Tx<'_>, mall_id: MallId, stores: &[Id]) -> Result<HashMap<Id, String>> {
        if stores.is_empty() { Ok(HashMap::new()) } else { self.stores.names(tx, mall_id, stores) }
    }
}
