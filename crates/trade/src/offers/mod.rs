//! Offers: everything that changes what an order costs, or what comes with it, without trade knowing any of it.
//! Promotions, coupons, limited-time prices, tier prices, points as money and rewards are [`Offer`]s, listed once in
//! `server::wiring` and attached to the application as [`Offers`].
//!
//! **An offer has two sides.**
//!
//! 1. *Pricing*. [`Offer::gather`] reads what its rules need of one [`Basket`] in a query or two, never one per line,
//!    and answers [`Rules`] — or `None` when it has nothing to say, which must cost nothing: see [`Basket::version`].
//!    [`Rules::price`] is then called lane by lane, in the order of [`LaneName`], with the [`Draft`]. It is pure: no
//!    query, no clock, no chance; the same rules over the same draft give the same quote.
//!
//!    | lane | an offer says | the draft decides |
//!    |---|---|---|
//!    | `Activity` | [`Draft::activity`] | one at most; it names the later lanes it allows |
//!    | `BestPrice` | [`Draft::propose`] a lower price for (some pieces of) a line | per piece the lowest wins |
//!    | `Promotion`, `Coupon`, `Points` | [`Draft::take_off`] an amount over lines, or per line; [`Draft::give`] goods | shares by largest remainder, never below zero |
//!    | `Freight` | [`Draft::take_off_freight`]; the fee itself is trade's, priced before the offers are asked | never below zero |
//!    | `Reward` | [`Draft::reward`] | shown and kept, costs nothing |
//!
//!    In every lane, what did not apply is said with [`Draft::decline`] and its reason ("还差 12.00 元").
//!    A line says which lanes may touch it ([`DraftLine::allows`]): gifts and goods of an activity are skipped.
//!
//! 2. *The life of the order*, each in the transaction that moves it: [`Offer::placed`] consumes coupon, quota, budget
//!    and points by guarded updates (`… and status = 'unused'`, `… and spent_fen + $1 <= budget_fen`); when the guard
//!    finds nothing it answers [`gone`], the order is not placed and the member gets the new quote.
//!    [`Offer::paid`], [`Offer::closed`] (unpaid: all is given back) and [`Offer::refunded`] (some units, or all) follow.
//!    They are called with the order's rows of `order_discount`; an offer looks at those of its own `name`.
//!
//! **What is kept.** Each applied discount, fee and gift is a row of `order_discount` per line (`line_id` 0: the order's
//! freight), with its lane, source, label, amount and unit shares. The unit shares of a line's rows and what is left
//! (`order_line.unit_shares`) add up, unit by unit, to the list price: refunding a unit names exactly which discounts
//! it takes back.
//!
//! **Several orders.** The lanes see all lines together, freight is priced shop by shop; then the draft is split
//! ([`Draft::by_order`]) and each order is told to the offers on its own, with the group they share. What may be used
//! once for all of them (a coupon, one use of a promotion) is taken by the first and comes back with the last.
//!
//! **Versions.** `offer_version` holds one row per kind of rule of a mall, a new number with every change
//! ([`touch`], in the changing transaction). A quote reads all of them in one query; an offer keeps its rules in a
//! [`RuleCache`] by that number, so that a mall without rules pays one query a quote and rules are never stale, on
//! whichever node they were changed.

mod basket;
mod cache;
mod draft;
mod lane;
mod rows;
mod shares;
mod split;
mod way;

pub use basket::{Basket, Choices, Standing, Tiers, Versions, standing_of};
pub use cache::{RuleCache, touch};
pub use draft::{Draft, DraftLine, Journey, PriceOffer};
pub use lane::{Applied, Explanation, LaneName, Lanes, Part, QuoteProblem, RowKind, Source};
use rows::insert_applied;
pub use rows::{AppliedRow, rows_of_order};
pub(crate) use shares::difference;
pub use shares::{first_units, shares, shares_of, shares_text};
pub use split::OrderOf;

use db::Tx;
use kernel::{Error, Id, Result};
use platform::{App, Ctx};
use std::sync::Arc;

/// A kind of rule that takes part in quotes and orders.
pub trait Offer: Send + Sync {
    /// `promotion`, `coupon` …: the kind of its sources and of its version.
    fn name(&self) -> &'static str;

    /// Reads what its rules need of this basket; `None` when it has nothing to say.
    fn gather(&self, app: &App, tx: &mut Tx<'_>, ctx: &Ctx, basket: &Basket<'_>) -> Result<Option<Arc<dyn Rules>>>;

    /// The order was placed with this draft: consume what was used, guarded.
    fn placed(&self, _tx: &mut Tx<'_>, _ctx: &Ctx, _sale: &Sale, _draft: &Draft) -> Result<()> {
        Ok(())
    }

    /// The order was paid.
    fn paid(&self, _tx: &mut Tx<'_>, _ctx: &Ctx, _sale: &Sale, _rows: &[AppliedRow]) -> Result<()> {
        Ok(())
    }

    /// The order was closed without being paid: give back what was consumed.
    fn closed(&self, _tx: &mut Tx<'_>, _ctx: &Ctx, _sale: &Sale, _rows: &[AppliedRow]) -> Result<()> {
        Ok(())
    }

    /// Units of the order, or all of it, were refunded.
    fn refunded(
        &self,
        _tx: &mut Tx<'_>,
        _ctx: &Ctx,
        _sale: &Sale,
        _rows: &[AppliedRow],
        _back: &Refunded,
    ) -> Result<()> {
        Ok(())
    }
}

/// An offer's gathered facts with its lanes over them.
pub trait Rules: Send + Sync {
    /// Prices one lane; lanes that are not its own are left alone.
    fn price(&self, lane: LaneName, draft: &mut Draft) -> Result<()>;
}

/// The order an offer is told about.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    pub order_id: Id,
    pub group_id: Id,
    pub shop_id: Id,
    pub member_id: Id,
    pub total: kernel::Fen,
}

/// What of an order went back.
#[derive(Debug, Clone, Default)]
pub struct Refunded {
    /// Lines that have no unit left, now or from before. All of them when `whole`.
    pub finished_line_ids: Vec<i64>,
    /// Units that went back now: line, units.
    pub units: Vec<(i64, i64)>,
    /// Nothing of the order is left.
    pub whole: bool,
}

/// Every offer of the program, in the order in which they are asked within a lane.
#[derive(Clone, Default)]
pub struct Offers {
    list: Vec<Arc<dyn Offer>>,
    tiers: Option<Arc<dyn Tiers>>,
}

impl Offers {
    pub fn new(list: Vec<Arc<dyn Offer>>) -> Self {
        Offers { list, tiers: None }
    }

    /// Who knows the tier of a member; without it nobody has one.
    #[must_use]
    pub fn with_tiers(self, tiers: Arc<dyn Tiers>) -> Self {
        Offers { tiers: Some(tiers), ..self }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

fn offers(ctx: &Ctx) -> &[Arc<dyn Offer>] {
    ctx.attached::<Offers>().map_or(&[], |offers| &offers.list)
}

/// Lets every offer gather.
pub fn gather(app: &App, tx: &mut Tx<'_>, ctx: &Ctx, basket: &Basket<'_>) -> Result<Vec<Arc<dyn Rules>>> {
    let mut found = Vec::new();
    for offer in offers(ctx) {
        found.extend(offer.gather(app, tx, ctx, basket)?);
    }
    Ok(found)
}

/// An order was placed as priced: its rows are written, and every offer consumes what was used of it.
///
/// # Errors
/// [`gone`] when something was used up since the quote.
pub fn placed(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, draft: &Draft) -> Result<()> {
    insert_applied(tx, ctx, sale.order_id, draft)?;
    offers(ctx).iter().try_for_each(|offer| offer.placed(tx, ctx, sale, draft))
}

/// An order was paid.
pub fn paid(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale) -> Result<()> {
    tell(tx, ctx, sale, |offer, tx, rows| offer.paid(tx, ctx, sale, rows))
}

/// An unpaid order was closed.
pub fn closed(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale) -> Result<()> {
    tell(tx, ctx, sale, |offer, tx, rows| offer.closed(tx, ctx, sale, rows))
}

/// Units of an order went back.
pub fn refunded(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, back: &Refunded) -> Result<()> {
    tell(tx, ctx, sale, |offer, tx, rows| offer.refunded(tx, ctx, sale, rows, back))
}

fn tell(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sale: &Sale,
    mut to: impl FnMut(&dyn Offer, &mut Tx<'_>, &[AppliedRow]) -> Result<()>,
) -> Result<()> {
    if offers(ctx).is_empty() {
        return Ok(());
    }
    let rows = rows_of_order(tx, ctx.mall_id, sale.order_id)?;
    offers(ctx).iter().try_for_each(|offer| to(&**offer, tx, &rows))
}

/// Code of [`gone`].
pub const GONE: &str = "offer.gone";

/// Something of the quote was used up by somebody else; the caller quotes anew.
pub fn gone(what: impl std::fmt::Display) -> Error {
    Error::conflict(GONE, format!("{what}刚刚被用完了，请确认新的金额"))
}
