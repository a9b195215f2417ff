//! What other floors tell this one. Shoppers and staff are shown together with facts that belong to carts, goods and
//! stores; those floors implement these traits and `server::wiring` lists them once. Nothing here knows an order.

use db::Tx;
use kernel::{Id, Instant, MallId, Result};
use platform::{App, Ctx};
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

/// What a floor keeps of a member: hands a copy over, says what is still under way, and forgets.
pub trait PersonalData: Send + Sync {
    /// Everything kept of the member, for the copy a member may ask for.
    fn gather(&self, tx: &mut Tx<'_>, app: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>>;

    /// What must end before the account can be closed: an order on its way, money going back.
    fn under_way(&self, _tx: &mut Tx<'_>, _mall_id: MallId, _member: Id) -> Result<Vec<UnderWay>> {
        Ok(Vec::new())
    }

    /// Keys of the member's uploads that stay when the account is gone, because others see them without a name.
    fn files_kept(&self, _tx: &mut Tx<'_>, _mall_id: MallId, _member: Id) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Forgets at once what no law holds. Repeating it changes nothing.
    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()>;

    /// What the law makes us keep of the member.
    fn held(&self, _tx: &mut Tx<'_>, _mall_id: MallId, _member: Id) -> Result<Held> {
        Ok(Held::default())
    }

    /// Forgets what the law held and what ended before this instant.
    fn erase_held(&self, _tx: &mut Tx<'_>, _ctx: &Ctx, _member: Id, _ended_before: Instant) -> Result<()> {
        Ok(())
    }
}

/// One table of a copy: `orders.json` and `orders.csv`.
#[derive(Debug, Clone)]
pub struct Section {
    /// Name of the file, in the words of the API.
    pub name: &'static str,
    /// What is in it, for people.
    pub title: &'static str,
    /// Key of each column and its heading.
    pub columns: &'static [(&'static str, &'static str)],
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// Something that is not finished yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnderWay {
    /// `order`, `refund` …
    pub kind: String,
    /// What to open.
    pub id: Id,
    /// Where it stands: `unpaid`, `shipped`, `processing` …
    pub state: String,
}

/// What the law still holds of a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    pub records: i64,
    /// When the oldest of them ended; the hold runs from then.
    pub oldest_ended_at: Option<Instant>,
    /// When the youngest of them ended.
    pub youngest_ended_at: Option<Instant>,
}

/// Every floor that keeps something of members, listed once in `server::wiring`.
pub type PersonalSources = Arc<[Arc<dyn PersonalData>]>;

/// Numbers on the "me" page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Badges {
    pub unpaid: i64,
    pub to_ship: i64,
    pub to_pick_up: i64,
    pub shipped: i64,
    pub to_review: i64,
    /// After-sales under way.
    pub after_sales: i64,
    /// Pieces in the cart.
    pub cart: i64,
    pub favourites: i64,
    /// Messages not read yet.
    pub messages: i64,
}

/// What the shop side needs from above.
#[derive(Clone)]
pub struct Hooks {
    pub merge: Arc<dyn MergeGuest>,
    pub badges: Arc<dyn BadgeSource>,
    pub personal: PersonalSources,
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
