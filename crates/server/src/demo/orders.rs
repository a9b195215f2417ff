//! A handful of orders in the states that staff meet, placed and moved by the same flows as everyone's, so that the demo's
//! desk has something on it. Money is received by hand: the stand-ins know nothing of these payments.

use crate::flows::{place, settle, ship};
use db::{Tx, args};
use kernel::{Error, Id, Result, minutes};
use people::address::AddressInput;
use platform::{App, Ctx};
use serde_json::json;
use trade::order::{self, Move};
use trade::quote;

/// How far an order has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Unpaid,
    Paid,
    Shipped,
    Completed,
}

struct Plan {
    name: &'static str,
    street: &'static str,
    /// Position of the SKU among those on sale, and pieces.
    goods: &'static [(usize, i64)],
    remark: Option<&'static str>,
    stage: Stage,
}

const PLANS: &[Plan] = &[
    Plan {
        name: "许青禾",
        street: "河坊街 88 号 3 幢 402 室",
        goods: &[(0, 1)],
        remark: None,
        stage: Stage::Completed,
    },
    Plan {
        name: "沈知白",
        street: "南山路 12 号",
        goods: &[(3, 2), (5, 1)],
        remark: Some("送人的，麻烦包好一点"),
        stage: Stage::Shipped,
    },
    Plan { name: "顾云舒", street: "定安路 36 号 1502 室", goods: &[(7, 1)], remark: None, stage: Stage::Paid },
    Plan {
        name: "程小满",
        street: "劳动路 128 号",
        goods: &[(2, 1), (9, 3)],
        remark: Some("工作日送到公司前台"),
        stage: Stage::Paid,
    },
    Plan { name: "叶听澜", street: "望江路 60 号", goods: &[(11, 1)], remark: None, stage: Stage::Unpaid },
];

/// Places the orders for the mall's first members.
pub(super) fn seed(tx: &mut Tx<'_>, app: &App, ctx: &Ctx) -> Result<()> {
    let skus: Vec<Id> = tx.all(
        "select min(s.id) from sku s
         join product p on p.mall_id = s.mall_id and p.id = s.product_id
         where s.mall_id = $1 and p.status = 'on_sale' and s.deleted_at is null
         group by s.product_id
         order by 1
         limit 20",
        &args![ctx.mall_id],
    )?;
    let members: Vec<Id> = tx
        .all("select id from member where mall_id = $1 and kind = 'member' order by id limit 5", &args![ctx.mall_id])?;
    for (plan, member_id) in PLANS.iter().zip(members) {
        one(tx, app, ctx, plan, member_id, &skus)?;
    }
    Ok(())
}

fn one(tx: &mut Tx<'_>, app: &App, ctx: &Ctx, plan: &Plan, member_id: Id, skus: &[Id]) -> Result<()> {
    let ctx = &ctx.acting_as(kernel::Actor::Member(member_id));
    let address = AddressInput {
        name: plan.name.into(),
        phone: "13900001234".into(),
        district_code: "330102".into(),
        street_code: None,
        detail: plan.street.into(),
        tag: None,
        is_default: true,
        place: None,
    };
    let address_id = people::address::add(tx, ctx, &app.sealer, member_id, &address)?;
    let items: Vec<serde_json::Value> = plan
        .goods
        .iter()
        .filter_map(|(at, quantity)| skus.get(*at).map(|sku| json!({ "sku_id": sku, "quantity": quantity })))
        .collect();
    let mut asked = json!({ "source": "now", "items": items,
        "delivery": { "kind": "express", "address_id": address_id }, "expected_total_fen": 0, "remark": plan.remark });
    let read = |asked: &serde_json::Value| -> Result<place::PlaceOrder> {
        serde_json::from_value(asked.clone()).map_err(Error::internal)
    };
    let ask = place::prepare(member_id, &read(&asked)?)?;
    let facts = quote::gather(app, tx, ctx, &ask)?;
    asked["expected_total_fen"] = quote::price(&facts)?.total().0.into();
    let placed = place::place_in(app, tx, ctx, &ask, &read(&asked)?, minutes(30))?;
    let find = |tx: &mut Tx<'_>| order::find(tx, ctx.mall_id, placed.group_id);
    let found = find(tx)?;
    let system = &ctx.acting_as(kernel::Actor::System);
    if plan.stage >= Stage::Paid {
        settle::offline(tx, system, &found, Some("演示收款"), "CNY")?;
    }
    if plan.stage >= Stage::Shipped {
        let parcel = ship::ShipRequest {
            carrier_code: "sf".into(),
            tracking_number: format!("SF{}", placed.group_id.0 % 10_000_000_000),
            lines: None,
        };
        let paid = find(tx)?;
        ship::ship_in(tx, system, &paid, &[parcel])?;
    }
    if plan.stage >= Stage::Completed {
        let shipped = find(tx)?;
        order::advance(tx, ctx, &shipped, Move::Confirm, None)?;
    }
    Ok(())
}
