//! Baskets put aside. They are a clerk's notes: they hold no stock and no price, and are taken up once.

use db::{Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most baskets a store keeps.
pub const MOST_HELD: i64 = 50;

/// What was in it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HeldBasket)]
pub struct Basket {
    #[schema(min_items = 1, max_items = 120)]
    pub items: Vec<crate::quote::ItemInput>,
    pub member_id: Option<Id>,
    /// Of the items, what was put aside for trying.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub fitting_ids: Vec<Id>,
}

/// One basket.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeldSale {
    pub id: Id,
    pub label: String,
    pub quantity: i64,
    pub created_at: Instant,
}
row!(HeldSale { id, label, quantity, created_at });

/// Puts a basket aside. `counter.too_many_held` (409).
pub fn hold(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Id, staff_id: Id, label: &str, basket: &Basket) -> Result<HeldSale> {
    let (held,): (i64,) =
        tx.one("select count(*) from held_sale where mall_id = $1 and store_id = $2", &args![ctx.mall_id, store_id])?;
    if held >= MOST_HELD {
        return Err(Error::conflict("counter.too_many_held", format!("挂单最多 {MOST_HELD} 个，请先取回或删除一些")));
    }
    let quantity = basket.items.iter().map(|item| item.quantity).sum();
    let made = HeldSale { id: ctx.id(), label: label.to_owned(), quantity, created_at: ctx.now };
    tx.exec(
        "insert into held_sale (id, mall_id, store_id, staff_id, label, quantity, basket, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            made.id,
            ctx.mall_id,
            store_id,
            staff_id,
            label,
            quantity,
            serde_json::to_string(basket).map_err(Error::internal)?,
            ctx.now
        ],
    )?;
    Ok(made)
}

/// The baskets of a store, oldest first.
pub fn held_sales(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<Vec<HeldSale>> {
    tx.all(
        "select id, label, quantity, created_at from held_sale
         where mall_id = $1 and store_id = $2
         order by id
         limit $3",
        &args![mall_id, store_id, MOST_HELD],
    )
}

/// Takes a basket up; of two clerks one gets it. `counter.no_such_held` (404).
pub fn take_held(tx: &mut Tx<'_>, ctx: &Ctx, bound: Option<Id>, id: Id) -> Result<(Id, Basket)> {
    let found: Option<(Id, String)> = tx.opt(
        "select store_id, basket from held_sale where mall_id = $1 and id = $2 for update",
        &args![ctx.mall_id, id],
    )?;
    let found = found.filter(|(of, _)| bound.is_none_or(|own| own == *of));
    let (store_id, basket) = found.ok_or_else(|| Error::not_found("counter.no_such_held", "这个挂单已经被取回"))?;
    tx.exec("delete from held_sale where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    Ok((store_id, serde_json::from_str(&basket).map_err(Error::internal)?))
}
