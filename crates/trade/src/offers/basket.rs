//! What an offer may look at while it gathers: who buys what, at which prices, and which rules a mall has at all.

use crate::cart::Item;
use db::{Tx, args};
use goods::catalog::SkuForSale;
use kernel::{Id, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use utoipa::ToSchema;

/// What the member chose about offers. Whatever is absent is chosen for them, to the lowest total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OfferChoices)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// Coupons to use and no others; an empty list uses none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub coupon_ids: Option<Vec<Id>>,
    /// Points to spend at most; without it none are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub points: Option<i64>,
    /// An item of the points mall: its goods in this basket cost its points and its price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_item_id: Option<Id>,
}

/// Versions of the rules a mall has, by kind.
#[derive(Debug, Clone, Default)]
pub struct Versions(Vec<(String, i64)>);

impl Versions {
    /// One query.
    pub fn read(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Self> {
        Ok(Versions(tx.all("select kind, version from offer_version where mall_id = $1", &args![mall_id])?))
    }

    /// `None`: the mall never had a rule of this kind.
    pub fn of(&self, kind: &str) -> Option<i64> {
        self.0.iter().find(|(known, _)| known == kind).map(|(_, version)| *version)
    }
}

/// Who the member is to the mall, for rules that are not for everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Has never paid an order.
    pub is_new: bool,
    pub tier_id: Option<Id>,
}

/// Knows the tier of a member; filled in by `server::wiring`.
pub trait Tiers: Send + Sync {
    fn tier_of(&self, tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<Option<Id>>;
}

/// One basket about to be priced.
pub struct Basket<'a> {
    pub member_id: Id,
    pub items: &'a [Item],
    pub skus: &'a [SkuForSale],
    pub choices: &'a Choices,
    /// Where each shop's goods would come from; none while no store is chosen.
    pub places: Vec<(Id, Id)>,
    /// False while placing: reservations and guarded updates decide, nothing has to be looked up for show.
    pub check_stock: bool,
    /// Nobody the mall knows, at a counter: no tier, no points, and no first order.
    pub is_walk_in: bool,
    pub(crate) versions: Versions,
    pub(crate) standing: OnceCell<Standing>,
}

impl<'a> Basket<'a> {
    pub fn new(
        member_id: Id,
        items: &'a [Item],
        skus: &'a [SkuForSale],
        choices: &'a Choices,
        places: Vec<(Id, Id)>,
        check_stock: bool,
        versions: Versions,
    ) -> Self {
        let standing = OnceCell::new();
        Basket { member_id, items, skus, choices, places, check_stock, is_walk_in: false, versions, standing }
    }

    /// The basket of somebody the mall does not know.
    pub fn of_walk_in(self) -> Self {
        Basket { is_walk_in: true, standing: OnceCell::from(Standing::default()), ..self }
    }

    /// The version of a kind of rules; `None`: there are none, and nothing needs to be read.
    pub fn version(&self, kind: &str) -> Option<i64> {
        self.versions.of(kind)
    }

    /// Who the member is; read when the first rule asks.
    pub fn standing(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Standing> {
        if let Some(known) = self.standing.get() {
            return Ok(*known);
        }
        let standing = standing_of(tx, ctx, self.member_id)?;
        Ok(*self.standing.get_or_init(|| standing))
    }
}

/// Reads who a member is.
pub fn standing_of(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<Standing> {
    let paid: Option<Id> = tx.opt(
        "select id from trade_order where mall_id = $1 and member_id = $2 and paid_at is not null limit 1",
        &args![ctx.mall_id, member_id],
    )?;
    let tiers = ctx.attached::<super::Offers>().and_then(|offers| offers.tiers.clone());
    let tier_id = match tiers {
        Some(tiers) => tiers.tier_of(tx, ctx, member_id)?,
        None => None,
    };
    Ok(Standing { is_new: paid.is_none(), tier_id })
}
