//! Money of after-sales by chance: orders with promotions, coupons, points, freight, paid by a channel, by hand, from the
//! balance, or in part from the balance and the rest by a channel, given back in any split and any order. In the end exactly
//! what was paid is back, on every channel, with its points and coupons; on the way nothing is negative and nothing exceeds what was paid (the database and the books say so).
//! `HEFANG_FUZZ_SEED` repeats a run, `HEFANG_FUZZ_ROUNDS` makes it longer.

use crate::after_sale::{ask, decide, id_of, money_arrives, name_address};
use crate::hostile::{Dice, from_environment};
use crate::{balance, offers, points};
use testkit::{MemberClient, Order, Product, TestMall, Value, json, on_both_engines};

struct Case {
    ann: MemberClient,
    order: Order,
    /// Pieces of each line.
    pieces: Vec<i64>,
    /// What the channel and the balance were paid.
    by_channel: i64,
    by_balance: i64,
}

/// A mall with points (so many are worth a yuan), a promotion on every cart, freight and an address for returns.
pub async fn programme(mall: &TestMall, points_per_yuan: i64) {
    points::open_programme(mall).await;
    let rules = json!({
        "points": { "enabled": true, "earn_per_yuan": 1, "spend_per_yuan": points_per_yuan, "max_share_percent": 50, "min_points": 1 },
        "growth": { "enabled": false },
    });
    mall.staff().put("/admin/v1/loyalty/rules", rules).await.ok();
    let promotion = json!({ "name": "满减", "rule": { "kind": "spend_save", "repeat": true,
        "steps": [{ "need": { "spend_fen": 3_000 }, "off_fen": 701 }] } });
    let made = mall.staff().post("/admin/v1/promotions", promotion).await.ok();
    offers::publish(mall, made["id"].as_str().unwrap()).await;
    mall.charge_freight(790, 110).await;
    name_address(mall).await;
}

/// A coupon that makes odd fen, for everybody to take.
pub async fn coupon(mall: &TestMall) -> String {
    let template = json!({ "name": "九三折", "rule": { "kind": "percent", "need": { "spend_fen": 1 }, "pay_percent": 93 },
        "validity": { "kind": "days", "days": 30 }, "sources": ["centre"], "per_member": 1_000 });
    let made = mall.staff().post("/admin/v1/coupon-templates", template).await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    offers::publish(mall, &id).await;
    id
}

async fn case(mall: &TestMall, dice: &mut Dice, goods: &[Product], coupon: &str, plan: &str) -> Case {
    let ann = mall.member().await;
    if dice.roll(2) == 0 {
        ann.post(&format!("/api/v1/coupons/{coupon}/take"), json!({})).await.ok();
    }
    let channel = dice.roll(4);
    if channel >= 2 {
        balance::top_up(mall, &ann, plan, 90_000).await;
        balance::set_password(mall, &ann).await;
    }
    points::give_points(mall, &ann, 3_000).await.ok();
    let count = 1 + dice.roll(3);
    let pieces: Vec<i64> = (0..count).map(|_| 1 + dice.roll(4) as i64).collect();
    let items: Vec<Value> = goods
        .iter()
        .zip(&pieces)
        .map(|(product, pieces)| json!({ "sku_id": product.sku().id, "quantity": pieces }))
        .collect();
    let points = dice.roll(3_000);
    let mut body =
        json!({ "source": "now", "items": items, "delivery": ann.express(), "choices": { "points": points } });
    let quote = ann.post("/api/v1/quote", body.clone()).await.ok();
    body["expected_total_fen"] = quote["total_fen"].clone();
    let order: Order = ann.post("/api/v1/orders", body).await.ok().into();
    match channel {
        0 => drop(ann.pay(&order).await),
        1 => drop(mall.staff().pay_offline(&order).await.ok()),
        2 => {
            let body = balance::by_password(order.total_fen, "135792");
            ann.post(&format!("/api/v1/orders/{}/pay-from-balance", order.id), body).await.ok();
        }
        _ => {
            let mut body = balance::by_password(order.total_fen, "135792");
            body["amount_fen"] = (order.total_fen / 3 + 1).into();
            ann.post(&format!("/api/v1/orders/{}/balance-part", order.id), body).await.ok();
            ann.pay(&order).await;
        }
    }
    let total = order.total_fen;
    let by_balance = [0, 0, total, total / 3 + 1][channel];
    let by_channel = [total, 0, 0, total - by_balance][channel];
    Case { ann, order, pieces, by_channel, by_balance }
}

/// Gives back a few pieces of a few lines, of what is still to be sent or of what was; answers what went back.
async fn give_some(mall: &TestMall, dice: &mut Dice, case: &Case, stage: &str, reason: &str) -> i64 {
    let options = case.ann.get(&format!("/api/v1/orders/{}/after-sale-options", case.order.id)).await.ok();
    let mut lines = Vec::new();
    let mut expected = 0;
    for option in options["lines"].as_array().unwrap() {
        let free = option[stage].as_i64().unwrap();
        if free == 0 || (dice.roll(3) == 0 && !lines.is_empty()) {
            continue;
        }
        let pieces = 1 + dice.roll(usize::try_from(free).unwrap()) as i64;
        expected += option["amounts_fen"][usize::try_from(pieces).unwrap() - 1].as_i64().unwrap();
        lines.push((option["line"]["id"].as_str().unwrap().parse::<i64>().unwrap(), pieces));
    }
    if lines.is_empty() {
        return 0;
    }
    let after = ask(&case.ann, &case.order, ("refund_only", stage, reason), &lines).await.ok();
    let done = decide(mall, &id_of(&after), "approve", json!({})).await.ok();
    assert_eq!(done["goods_fen"], expected, "what the options promised");
    money_arrives(mall).await;
    done["refund_fen"].as_i64().unwrap()
}

async fn all_back(mall: &TestMall, dice: &mut Dice, case: &Case, seed: u64) {
    let note = format!("HEFANG_FUZZ_SEED={seed}, order {}", case.order.id);
    let before = mall.wechat.balance().0;
    let mut back = 0;
    let mut unsent: i64 = case.pieces.iter().sum();
    let ships = dice.roll(3);
    // Some are given back first, then perhaps all that is left is sent.
    for round in 0..100 {
        let order = case.ann.order(&case.order).await;
        unsent = order["lines"].as_array().unwrap().iter().map(|line| line["to_ship_quantity"].as_i64().unwrap()).sum();
        if unsent == 0 || order["status"] != "to_ship" || (ships > 0 && round == ships) {
            break;
        }
        back += give_some(mall, dice, case, "unsent", "changed_mind").await;
    }
    let mut freight = case.ann.order(&case.order).await["freight_fen"].as_i64().unwrap();
    if unsent > 0 && case.ann.status_of(&case.order).await == "to_ship" {
        mall.staff().ship(&case.order, &format!("SF{}", case.order.id)).await.ok();
        // When all that was sent is the shop's fault, nothing is kept; else the freight of what was sent is.
        let reason = ["agreed", "quality"][dice.roll(2)];
        for _ in 0..100 {
            let some = give_some(mall, dice, case, "sent", reason).await;
            back += some;
            if case.ann.status_of(&case.order).await == "closed" {
                break;
            }
        }
        if reason == "quality" {
            freight = 0;
        }
    } else {
        freight = 0;
    }
    assert_eq!(case.ann.status_of(&case.order).await, "closed", "{note}");
    assert_eq!(back, case.order.total_fen - freight, "{note}: all but the freight of what was sent");
    // The balance comes first; what is kept, the freight of what was sent, stays with the channel that came last.
    let kept_by_channel = freight.min(case.by_channel);
    assert_eq!(before - mall.wechat.balance().0, case.by_channel - kept_by_channel, "{note}: the channel's part");
    assert_eq!(points::points_of(&case.ann).await, 3_000, "{note}: spent points are back, earned ones gone");
    let (principal, gift) = balance::held(&case.ann).await;
    if case.by_balance > 0 {
        let kept = freight - kept_by_channel;
        assert_eq!(principal + gift, 99_000 - kept, "{note}: the balance is back");
        assert!(principal <= 90_000 && gift <= 9_000, "{note}: each part at most as it was");
    }
    let used = case.ann.get("/api/v1/coupons/mine?state=used").await.ok();
    assert_eq!(used["items"].as_array().unwrap().len(), 0, "{note}: the coupon can be used again");
    assert_eq!(mall.world.broken_promises().await, [""; 0], "{note}");
}

#[test]
fn any_split_in_any_order_gives_back_exactly_what_was_paid() {
    let seed = from_environment("HEFANG_FUZZ_SEED", 20_261_125);
    let rounds = from_environment("HEFANG_FUZZ_ROUNDS", 8);
    on_both_engines(async |mall| {
        programme(&mall, 100).await;
        let coupon = coupon(&mall).await;
        let plan = balance::plan(&mall, 90_000, 9_000).await;
        let mut goods = Vec::new();
        for (name, price) in [("茶", 3_333), ("杯", 1_007), ("巾", 101)] {
            goods.push(mall.product(name).price_fen(price).stock(1_000_000).create().await);
        }
        for round in 0..rounds {
            let seed = seed + round;
            let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            let case = case(&mall, &mut dice, &goods, &coupon, &plan).await;
            all_back(&mall, &mut dice, &case, seed).await;
        }
    });
}
