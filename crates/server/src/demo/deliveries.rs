//! Deliveries under way, so that the riders' page has something on it: one that waits, one on its way with the clerk, and
//! one that the courier service of the stand-ins is called for. Placed and moved by the same flows as everyone's.

use crate::flows::{delivery as flow, place, settle};
use db::{Tx, args};
use kernel::{Actor, Error, Id, Result, minutes};
use people::address::{AddressInput, AddressPlace, CoordinateSystem};
use platform::{App, Ctx};
use serde_json::{Value, json};
use trade::delivery::{self, CarriedBy, Rider};
use trade::order;
use trade::quote;

struct Door {
    name: &'static str,
    district: &'static str,
    street: &'static str,
    lat: f64,
    lng: f64,
}

const DOORS: [Door; 3] = [
    Door {
        name: "陆知夏", district: "330102", street: "解放路 178 号 2 幢 601 室", lat: 30.2502, lng: 120.1697
    },
    Door {
        name: "苏念安", district: "330102", street: "邮电路 23 号 1 单元 302 室", lat: 30.2457, lng: 120.1668
    },
    Door {
        name: "江晚舟", district: "330105", street: "武林路 402 号 5 幢 1103 室", lat: 30.2763, lng: 120.1604
    },
];

/// Places the orders once the mall is known to the application.
pub(super) async fn seed(app: &App, mall_code: &str) -> Result<()> {
    let mall_id = app.malls.resolve(Some(mall_code), None)?.id;
    let app_id = app.outside.mini_program(mall_id)?.app_id().to_owned();
    let seeding = app.clone();
    app.db
        .write(move |tx| {
            let ctx = seeding.system(mall_id);
            let members: Vec<Id> = tx.all(
                "select id from member where mall_id = $1 and kind = 'member' order by id desc limit 3",
                &args![mall_id],
            )?;
            let mut placed = Vec::new();
            for (member_id, door) in members.iter().zip(&DOORS) {
                tx.exec(
                    "insert into member_identity (mall_id, member_id, provider, app_id, subject, created_at)
                     values ($1, $2, 'wechat', $3, $4, $5)
                     on conflict do nothing",
                    &args![mall_id, *member_id, &app_id, format!("oDemo{member_id}"), ctx.now],
                )?;
                placed.extend(one(tx, &seeding, &ctx, *member_id, door)?);
            }
            match placed.get(1) {
                Some(order_id) => ride(tx, &seeding, &ctx, *order_id),
                None => Ok(()),
            }
        })
        .await
}

/// Buys something the store near the door has; `None` where no store has any.
fn one(tx: &mut Tx<'_>, app: &App, ctx: &Ctx, member_id: Id, door: &Door) -> Result<Option<Id>> {
    let ctx = &ctx.acting_as(Actor::Member(member_id));
    let address = AddressInput {
        name: door.name.into(),
        phone: "13900001234".into(),
        district_code: door.district.into(),
        street_code: None,
        detail: door.street.into(),
        tag: None,
        is_default: true,
        place: Some(AddressPlace { lat: door.lat, lng: door.lng, system: CoordinateSystem::Gcj02 }),
    };
    let address_id = people::address::add(tx, ctx, &app.sealer, member_id, &address)?;
    let goods: Vec<Id> = tx.all(
        "select k.id from stock t
         join location l on l.mall_id = t.mall_id and l.id = t.location_id
         join store s on s.mall_id = l.mall_id and s.id = l.store_id and s.district_code = $2
         join sku k on k.mall_id = t.mall_id and k.id = t.sku_id and k.deleted_at is null
         join product p on p.mall_id = k.mall_id and p.id = k.product_id and p.status = 'on_sale'
         where t.mall_id = $1 and t.on_hand - t.reserved > 2 and k.price_fen between 5000 and 60000
           and k.weight_g < 4000
         order by k.id
         limit 1",
        &args![ctx.mall_id, door.district],
    )?;
    let Some(sku_id) = goods.first() else { return Ok(None) };
    let mut asked = json!({ "source": "now", "items": [{ "sku_id": sku_id, "quantity": 1 }], "expected_total_fen": 0,
        "delivery": { "kind": "local", "address_id": address_id } });
    let read =
        |asked: &Value| -> Result<place::PlaceOrder> { serde_json::from_value(asked.clone()).map_err(Error::internal) };
    let facts = quote::gather(app, tx, ctx, &place::prepare(member_id, &read(&asked)?)?)?;
    let draft = quote::price(&facts)?;
    let quote::Place::Local(near) = &facts.place else { return Ok(None) };
    let offset = app.malls.get(ctx.mall_id)?.utc_offset_ms;
    let times = delivery::slots(tx, ctx.mall_id, &near.store, &near.rule, ctx.now, offset)?;
    asked["expected_total_fen"] = draft.total().0.into();
    asked["delivery"]["store_id"] = json!(near.store.id);
    // A courier service is called when the time comes near: at once where that may be chosen.
    match times.slots.first() {
        _ if !draft.placeable() => return Ok(None),
        _ if times.asap && near.rule.carried_by == CarriedBy::Courier => asked["delivery"]["asap"] = json!(true),
        Some(slot) => asked["delivery"]["slot_at"] = json!(slot.starts_at),
        None => return Ok(None),
    }
    let request = read(&asked)?;
    let placed = place::place_in(app, tx, ctx, &place::prepare(member_id, &request)?, &request, minutes(30))?;
    let found = order::find(tx, ctx.mall_id, placed.group_id)?;
    settle::offline(tx, &ctx.acting_as(Actor::System), &found, Some("演示收款"), "CNY")?;
    Ok(Some(placed.group_id))
}

/// The clerk of the store is on the way.
fn ride(tx: &mut Tx<'_>, app: &App, ctx: &Ctx, order_id: Id) -> Result<()> {
    let Some(waiting) = delivery::unfinished_of(tx, ctx.mall_id, order_id)? else { return Ok(()) };
    let clerk: Option<(Id, String)> = tx.opt(
        "select id, name from staff where mall_id = $1 and store_id = $2 order by id limit 1",
        &args![ctx.mall_id, waiting.store_id],
    )?;
    let Some((id, name)) = clerk else { return Ok(()) };
    let ctx = &ctx.acting_as(Actor::Staff(id));
    let phone = people::Phone::parse("13900006612")?;
    delivery::save_phone(tx, ctx, &app.sealer, id, &phone)?;
    let rider = Rider { id: Some(id), name, phone: Some(phone.national().to_owned()) };
    flow::accept(tx, ctx, &app.sealer, &waiting, &rider)?;
    flow::set_out(tx, ctx, order_id)
}
