//! Money of several shops by chance: carts over three shops with a mall promotion, coupons, points and freight, paid by a
//! channel that combines, one that does not, by hand, from the balance, or in two parts; given back in any split and any
//! order, whole orders or pieces. In the end exactly what was paid is back, on every channel.
//! `HEFANG_FUZZ_SEED` repeats a run, `HEFANG_FUZZ_ROUNDS` makes it longer.

use crate::after_sale::{UNSENT, ask, decide, id_of, money_arrives};
use crate::after_sale_money::{coupon, programme};
use crate::hostile::{Dice, from_environment};
use crate::shops::orders_of;
use crate::{balance, points};
use testkit::{Id, MemberClient, Order, Product, TestMall, Value, json, on_both_engines};

/// How a group was paid: what each channel got.
struct Paid {
    wechat: i64,
    alipay: i64,
    balance: i64,
}

async fn pay(mall: &TestMall, dice: &mut Dice, ann: &MemberClient, placed: &Order) -> Paid {
    let total = placed.total_fen;
    let orders = orders_of(placed);
    let any = &orders[dice.roll(orders.len())];
    let mut paid = Paid { wechat: 0, alipay: 0, balance: 0 };
    match dice.roll(5) {
        0 => {
            ann.pay(any).await;
            paid.wechat = total;
        }
        1 => {
            let body = json!({ "channel": "alipay", "scene": "page", "return_url": "/#/" });
            let intent = ann.post(&format!("/api/v1/orders/{}/pay", any.id), body).await.ok();
            let notice = mall.alipay.pay(intent["payment_id"].as_str().unwrap());
            mall.deliver_to("alipay", &notice).await.status(200);
            paid.alipay = total;
        }
        2 => drop(mall.staff().pay_offline(any).await.ok()),
        3 => {
            let body = balance::by_password(total, "135792");
            ann.post(&format!("/api/v1/orders/{}/pay-from-balance", any.id), body).await.ok();
            paid.balance = total;
        }
        _ => {
            let part = 1 + dice.roll(usize::try_from(total - 1).unwrap()) as i64;
            let mut body = balance::by_password(total, "135792");
            body["amount_fen"] = part.into();
            ann.post(&format!("/api/v1/orders/{}/balance-part", any.id), body).await.ok();
            ann.pay(any).await;
            paid.wechat = total - part;
            paid.balance = part;
        }
    }
    paid
}

async fn give_pieces(mall: &TestMall, dice: &mut Dice, ann: &MemberClient, order: &Order) {
    let options = ann.get(&format!("/api/v1/orders/{}/after-sale-options", order.id)).await.ok();
    let mut lines = Vec::new();
    for option in options["lines"].as_array().unwrap() {
        let free = option["unsent"].as_i64().unwrap();
        if free > 0 && (lines.is_empty() || dice.roll(2) == 0) {
            let pieces = 1 + dice.roll(usize::try_from(free).unwrap()) as i64;
            lines.push((option["line"]["id"].as_str().unwrap().parse::<i64>().unwrap(), pieces));
        }
    }
    let after = ask(ann, order, UNSENT, &lines).await.ok();
    decide(mall, &id_of(&after), "approve", json!({})).await.ok();
    money_arrives(mall).await;
}

/// What the orders may be invoiced for is, to the fen, the money that paid for them and is still the shop's.
async fn invoices_add_up(mall: &TestMall, orders: &[Order], note: &str) {
    let ids: Vec<Id> = orders.iter().map(|order| order.id).collect();
    let mall_id = mall.id;
    let (limits, money): (i64, i64) = mall
        .world
        .app()
        .db
        .read(move |tx| {
            let limits = trade::invoice::shares(tx, mall_id, &ids)?.values().map(|share| share.amount.0).sum();
            let (money,): (i64,) = tx.one(
                "select cast(coalesce(sum(p.amount_fen - p.refunded_fen), 0) as bigint) from payment p
                 where p.mall_id = $1 and p.payable_kind = 'order_group' and p.channel <> 'balance' and not p.sent_back
                   and p.status in ('paid', 'refunding', 'refunded')
                   and p.payable_id in (select group_id from trade_order where mall_id = $1 and id = any($2))",
                &db::args![mall_id, &ids],
            )?;
            Ok((limits, money))
        })
        .await
        .unwrap();
    assert_eq!(limits, money, "{note}");
}

async fn round(mall: &TestMall, dice: &mut Dice, goods: &[Product], coupon: &str, plan: &str, seed: u64) {
    let note = format!("HEFANG_FUZZ_SEED={seed}");
    let ann = mall.member().await;
    if dice.roll(2) == 0 {
        ann.post(&format!("/api/v1/coupons/{coupon}/take"), json!({})).await.ok();
    }
    balance::top_up(mall, &ann, plan, 90_000).await;
    balance::set_password(mall, &ann).await;
    points::give_points(mall, &ann, 300).await.ok();
    let before = (mall.wechat.balance().0, mall.alipay.balance().0);
    let count = 2 + dice.roll(goods.len() - 1);
    let items: Vec<Value> = goods
        .iter()
        .take(count)
        .map(|product| json!({ "sku_id": product.sku().id, "quantity": 1 + dice.roll(3) }))
        .collect();
    let mut body = json!({ "source": "now", "items": items, "delivery": ann.express(),
        "choices": { "points": dice.roll(300) } });
    let quote = ann.post("/api/v1/quote", body.clone()).await.ok();
    body["expected_total_fen"] = quote["total_fen"].clone();
    let placed: Order = ann.post("/api/v1/orders", body).await.ok().into();
    let paid = pay(mall, dice, &ann, &placed).await;
    assert_eq!(mall.wechat.balance().0 - before.0, paid.wechat, "{note}");
    assert_eq!(mall.alipay.balance().0 - before.1, paid.alipay, "{note}");

    invoices_add_up(mall, &orders_of(&placed), &note).await;
    let mut open = orders_of(&placed);
    for _ in 0..200 {
        if open.is_empty() {
            break;
        }
        let at = dice.roll(open.len());
        if dice.roll(4) == 0 {
            mall.staff().refund(&open[at], "不要了").await.ok();
            money_arrives(mall).await;
        } else {
            give_pieces(mall, dice, &ann, &open[at]).await;
        }
        invoices_add_up(mall, &orders_of(&placed), &note).await;
        if ann.status_of(&open[at]).await == "closed" {
            open.remove(at);
        }
    }
    assert!(open.is_empty(), "{note}: something is left");
    assert_eq!(
        (mall.wechat.balance().0, mall.alipay.balance().0),
        before,
        "{note}: every channel gave back what it got"
    );
    assert_eq!(
        balance::held(&ann).await,
        (90_000, 9_000),
        "{note}: the balance is as it was, {} of it paid",
        paid.balance
    );
    assert_eq!(points::points_of(&ann).await, 300, "{note}: spent points are back, earned ones gone");
    let used = ann.get("/api/v1/coupons/mine?state=used").await.ok();
    assert_eq!(used["items"].as_array().unwrap().len(), 0, "{note}: the coupon can be used again");
    assert_eq!(mall.world.broken_promises().await, [""; 0], "{note}");
}

#[test]
fn orders_of_several_shops_refunded_in_any_order_give_back_exactly_what_was_paid() {
    let seed = from_environment("HEFANG_FUZZ_SEED", 20_261_126);
    let rounds = from_environment("HEFANG_FUZZ_ROUNDS", 10);
    on_both_engines(async |mall| {
        programme(&mall, 10).await;
        let coupon = coupon(&mall).await;
        let plan = balance::plan(&mall, 90_000, 9_000).await;
        let (second, third) = (mall.shop("山房").await, mall.shop("瓷坊").await);
        let product = |name: &str, price: i64| mall.product(name).price_fen(price).stock(1_000_000);
        let goods = vec![
            product("茶", 3_333).create().await,
            product("杯", 1_007).shop(second).create().await,
            product("巾", 101).create().await,
            product("盏", 2_999).shop(third).create().await,
        ];
        for n in 0..rounds {
            let seed = seed + n;
            let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            round(&mall, &mut dice, &goods, &coupon, &plan, seed).await;
        }
    });
}
