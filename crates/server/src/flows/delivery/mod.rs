//! Bringing an order to the door: the store's rule, the times a member chooses from, the riders' page, and the courier
//! service. An order to be delivered waits `to_ship`, is `shipped` while a rider has it, and completed at the door.

mod courier;
mod desk;
mod notice;
mod ride;
mod rule;
mod view;

pub use courier::{ASK_COURIER, CALL_COURIER, ask, ask_due, call, cancel, said_on_the_way, tell_failed};
pub use notice::routes as notice_routes;
pub use view::{LocalView, local_view};

use db::Tx;
use kernel::{Error, Id, Result, minutes};
use platform::job::{self, NewJob};
use platform::seal::Sealer;
use platform::{App, Ctx};
use trade::delivery::{self, AboutDelivery, CarriedBy, Delivery, LocalOrder, Proof, Rider};
use trade::order::{self, Move, Order, Status};
use utoipa_axum::router::OpenApiRouter;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    rule::shop_routes()
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    rule::admin_routes().merge(desk::admin_routes()).merge(ride::admin_routes())
}

/// A courier is called so long before the member wants the goods.
const AHEAD: i64 = minutes(30);

/// What an order was promised; an order that is not delivered by a store is `delivery.not_local` (409).
fn promised(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<LocalOrder> {
    let found = delivery::local_order(tx, ctx.mall_id, order_id)?;
    found.ok_or_else(|| Error::conflict("delivery.not_local", "这个订单不是同城配送"))
}

/// A paid order waits for whoever carries it.
pub fn dispatch(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let promised = promised(tx, ctx, order_id)?;
    let carried_by = promised.carried_by;
    begin(tx, ctx, &promised, carried_by).map(drop)
}

/// Begins a delivery, and calls a courier when one is to carry it.
fn begin(tx: &mut Tx<'_>, ctx: &Ctx, promised: &LocalOrder, carried_by: CarriedBy) -> Result<Id> {
    let id = delivery::start(tx, ctx, promised, carried_by)?;
    if carried_by == CarriedBy::Courier {
        let due = if promised.wanted_until.is_some() { promised.wanted_from - AHEAD } else { ctx.now };
        let about = AboutDelivery { delivery_id: id };
        job::enqueue(tx, ctx, NewJob::new(CALL_COURIER, &about).at(due.max(ctx.now)).once(id))?;
    }
    Ok(id)
}

/// A rider takes a delivery on.
pub fn accept(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, delivery: &Delivery, rider: &Rider) -> Result<()> {
    delivery::claim(tx, ctx, sealer, delivery, rider)?;
    order::add_event(tx, ctx, delivery.order_id, "rider_accepted", &format!("骑手 {} 已接单", rider.name))
}

/// The rider who took an order's delivery on leaves with the goods.
pub fn set_out(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let order = order::lock(tx, ctx.mall_id, order_id)?;
    let open = delivery::unfinished_of(tx, ctx.mall_id, order_id)?.ok_or_else(delivery::moved_meanwhile)?;
    let who = format!("骑手 {} ", open.rider_name.as_deref().unwrap_or_default());
    leave(tx, ctx, &order, &open, &who)
}

/// The goods leave the store: the order is on its way.
fn leave(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, delivery: &Delivery, who: &str) -> Result<()> {
    delivery::fetched(tx, ctx, delivery)?;
    delivery::take_along(tx, ctx, order.id)?;
    order::advance(tx, ctx, order, Move::Ship, Some(&format!("{who}已取货，正在送来"))).map(drop)
}

/// The goods are at the door: the order is completed.
fn arrive(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, delivery: &Delivery, proof: &Proof<'_>) -> Result<()> {
    delivery::delivered(tx, ctx, delivery, proof)?;
    let note = match proof {
        Proof::Code => Some("已核对收货码"),
        Proof::Note(note) => Some(*note),
        Proof::Member | Proof::Courier => None,
    };
    order::advance(tx, ctx, order, Move::Deliver, note).map(drop)
}

/// The member, or the clock, confirmed an order: what was on its way has arrived.
pub fn received(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order) -> Result<()> {
    if order.delivery != order::DeliveryKind::Local {
        return Ok(());
    }
    match delivery::unfinished_of(tx, ctx.mall_id, order.id)? {
        Some(open) if open.fetched_at.is_some() => delivery::delivered(tx, ctx, &open, &Proof::Member),
        _ => Ok(()),
    }
}

/// The goods are back in the store. A closed order stays closed; its goods are written into stock by hand.
fn bring_back(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, delivery: &Delivery, reason: Option<&str>) -> Result<()> {
    delivery::returned(tx, ctx, delivery)?;
    if order.status == Status::Shipped {
        delivery::put_back(tx, ctx, order.id)?;
        order::advance(tx, ctx, order, Move::BringBack, reason)?;
    } else {
        order::add_event(tx, ctx, order.id, "brought_back", "骑手把商品带回了门店")?;
    }
    Ok(())
}
