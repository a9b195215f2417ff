//! A random week of the shop, and every finance report against sums made by hand from the rows: to the fen, by day, month,
//! channel, store and shop, live and after the days were kept. The ledger's accounts close at what members hold.

use db::args;
use std::collections::BTreeMap;
use testkit::{
    MemberClient, Order, Product, StaffClient, Store, TestMall, Value, days, hours, json, minutes, on_both_engines,
};

/// Small and repeatable; the seed is printed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

struct Street {
    tea: Product,
    cup: Product,
    store: Store,
    plan: String,
    membership: String,
    people: Vec<MemberClient>,
}

const PASSWORD: &str = "135792";

async fn open(mall: &TestMall) -> Street {
    mall.charge_freight(600, 200).await;
    let staff = mall.staff();
    let rules = json!({
        "points": { "enabled": true, "earn_per_yuan": 1, "check_in": 5, "streaks": [], "review": 0, "expire_days": 30,
            "spend_per_yuan": 100, "max_share_percent": 50, "min_points": 10 },
        "growth": { "enabled": false, "per_yuan": 1, "period_days": 365 },
    });
    staff.put("/admin/v1/loyalty/rules", rules).await.ok();
    let body = json!({ "amount_fen": 30_000, "gift_fen": 3_333, "label": "", "on_sale": true });
    let plans = staff.post("/admin/v1/top-up-plans", body).await.ok();
    let plan = plans.as_array().unwrap()[0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "name": "月卡", "price_fen": 1_990, "days": 30, "price_percent": 97, "points_percent": 100,
        "free_freight": false, "monthly_points": 0, "monthly_coupon_id": null, "note": "", "on_sale": true });
    let made = staff.post("/admin/v1/membership-plans", body).await.ok();
    let membership = made["id"].as_str().or(made[0]["id"].as_str()).unwrap().to_owned();
    let people = mall.members(4).await;
    for one in &people {
        one.post("/api/v1/balance/sms-code", json!({})).await.status(204);
        let code = mall.world.outside().sms.code(&one.phone).unwrap();
        one.put("/api/v1/balance/password", json!({ "password": PASSWORD, "code": code })).await.status(204);
    }
    let tea = mall.product("龙井").price_fen(8_805).stock(5_000).create().await;
    let cup = mall.product("盖碗").price_fen(3_301).stock(5_000).create().await;
    let store = mall.store("河坊街店").await;
    store.receive(mall, &tea, 500).await;
    store.receive(mall, &cup, 500).await;
    Street { tea, cup, store, plan, membership, people }
}

async fn buy_plan(mall: &TestMall, member: &MemberClient, kind: &str, plan: &str, fen: i64) {
    let body = json!({ "kind": kind, "plan_id": plan, "expected_fen": fen });
    let begun = member.post("/api/v1/purchases", body).await;
    if !begun.status.is_success() {
        return;
    }
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    let pay = json!({ "channel": "wechat", "scene": "native" });
    let intent = member.post(&format!("/api/v1/purchases/{id}/pay"), pay).await.ok();
    mall.deliver(&mall.wechat.pay(intent["payment_id"].as_str().unwrap())).await.status(204);
}

/// Staff signed in just now.
async fn boss(mall: &TestMall) -> StaffClient {
    let rights = ["finance.view", "order.view", "order.refund", "order.pay_offline", "member.adjust"];
    mall.staff_with(&rights, None).await
}

/// One thing that happens in the shop.
async fn something(mall: &TestMall, street: &Street, dice: &mut Dice, paid: &mut Vec<Order>) {
    let who = &street.people[usize::try_from(dice.roll(4)).unwrap()];
    let items = [
        (&street.tea, 1 + i64::try_from(dice.roll(3)).unwrap()),
        (&street.cup, 1 + i64::try_from(dice.roll(2)).unwrap()),
    ];
    let items = &items[..1 + usize::try_from(dice.roll(2)).unwrap()];
    match dice.roll(10) {
        0..=2 => paid.push(who.buy(items).await.order),
        3 => {
            let gift = json!({ "account": "points", "amount": 777, "reason": "活动补发" });
            boss(mall).await.post(&format!("/admin/v1/members/{}/adjustments", who.id), gift).await.ok();
            let skus = items.iter().map(|(product, n)| json!({ "sku_id": product.sku().id, "quantity": n }));
            let mut body = json!({ "source": "now", "items": skus.collect::<Vec<Value>>(), "delivery": who.express(),
                "choices": { "points": 500 + dice.roll(200) } });
            body["expected_total_fen"] = who.post("/api/v1/quote", body.clone()).await.ok()["total_fen"].clone();
            let order = who.post("/api/v1/orders", body).await.reads_as::<Order>().ok();
            who.pay(&order).await;
            paid.push(order);
        }
        4 => {
            let order = who.place_pickup(&street.store, items).await.ok();
            who.pay(&order).await;
            paid.push(order);
        }
        5 => {
            let order = who.place_order(items).await.ok();
            boss(mall).await.pay_offline(&order).await.ok();
            paid.push(order);
        }
        6 => {
            buy_plan(mall, who, "top_up", &street.plan, 30_000).await;
            let order = who.place_order(items).await.ok();
            let total = who.order(&order).await["total_fen"].as_i64().unwrap();
            let confirmation = json!({ "kind": "password", "password": PASSWORD });
            let body = json!({ "expected_fen": total, "confirmation": confirmation });
            let answer = who.post(&format!("/api/v1/orders/{}/pay-from-balance", order.id), body).await;
            if answer.status.is_success() {
                paid.push(order);
            }
        }
        7 => buy_plan(mall, who, "membership", &street.membership, 1_990).await,
        8 => {
            // Late money for an order that was closed goes back.
            let order = who.place_order(items).await.ok();
            let number = who.intent(&order, "native").await;
            who.cancel(&order).await.ok();
            mall.deliver(&mall.wechat.pay_anyway(&number)).await.status(204);
        }
        _ if !paid.is_empty() => {
            let order = paid.swap_remove(usize::try_from(dice.roll(paid.len() as u64)).unwrap());
            boss(mall).await.refund(&order, "随机退款").await.ok();
        }
        _ => {}
    }
    mall.clock.advance(minutes(17 + i64::try_from(dice.roll(160)).unwrap()));
    mall.run_jobs().await;
    for notice in mall.wechat.finish_refunds() {
        mall.deliver(&notice).await.status(204);
    }
}

type Sums = BTreeMap<&'static str, i64>;

/// Every order, payment, refund and posting one by one; a row's figures by its key.
async fn by_hand(mall: &TestMall, by: &'static str) -> BTreeMap<String, Sums> {
    let day = |at: i64| testkit::Instant((at + hours(8)).div_euclid(days(1)) * days(1)).to_string()[..10].to_owned();
    mall.world
        .app()
        .db
        .read(move |tx| {
            let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
            let mut add = |key: String, name: &'static str, amount: i64| {
                *sums.entry(key).or_default().entry(name).or_default() += amount;
            };
            type Order = (i64, i64, i64, Option<i64>, i64, i64, i64, i64, i64);
            let orders: Vec<Order> = tx.all(
                "select id, group_id, shop_id, store_id, paid_at, goods_fen, discount_fen, freight_fen, paid_fen
                 from trade_order where paid_at is not null",
                &args![],
            )?;
            type Payment = (i64, String, i64, String, bool, String, i64, Option<i64>);
            let payments: Vec<Payment> = tx.all(
                "select id, payable_kind, payable_id, channel, sent_back, status, amount_fen, paid_at from payment",
                &args![],
            )?;
            type Refund = (i64, Option<i64>, i64, String, Option<i64>);
            let refunds: Vec<Refund> =
                tx.all("select payment_id, order_id, amount_fen, status, finished_at from refund", &args![])?;
            let purchases: Vec<(i64, String)> = tx.all("select id, kind from wallet_purchase", &args![])?;
            let is_paid = |status: &str| matches!(status, "paid" | "refunding" | "refunded");
            let channel_of = |group: i64| {
                let paid = payments.iter().find(|p| p.1 == "order_group" && p.2 == group && is_paid(&p.5) && !p.4);
                paid.map_or("none".to_owned(), |p| p.3.clone())
            };
            let key = |at: i64, shop: i64, store: Option<i64>, channel: &str| match by {
                "day" => day(at),
                "month" => day(at)[..7].to_owned(),
                "channel" => channel.to_owned(),
                "store" => store.unwrap_or(0).to_string(),
                "shop" => shop.to_string(),
                _ => String::new(),
            };
            for (_, group, shop, store, at, goods, discount, freight, paid) in &orders {
                let key = key(*at, *shop, *store, &channel_of(*group));
                for (name, amount) in [
                    ("orders", 1),
                    ("goods_fen", *goods),
                    ("discount_fen", *discount),
                    ("freight_fen", *freight),
                    ("sales_fen", *paid),
                ] {
                    add(key.clone(), name, amount);
                }
            }
            for (payment_id, order_id, amount, status, at) in &refunds {
                let paid = payments.iter().find(|p| p.0 == *payment_id).unwrap();
                let Some(at) = at.filter(|_| status == "done") else { continue };
                if paid.4 {
                    if !matches!(by, "store" | "shop") {
                        add(key(at, 0, None, &paid.3), "sent_back_out_fen", *amount);
                    }
                    continue;
                }
                if paid.1 == "order_group" {
                    let order = orders.iter().find(|o| Some(o.0) == *order_id).unwrap();
                    let key = key(at, order.2, order.3, &paid.3);
                    add(key.clone(), "refunds", 1);
                    add(key, "refunded_fen", *amount);
                }
                if !matches!(by, "store" | "shop") {
                    add(key(at, 0, None, &paid.3), "returned_fen", *amount);
                }
            }
            for (_, kind, payable, channel, sent_back, status, amount, at) in &payments {
                let Some(at) = at.filter(|_| is_paid(status)) else { continue };
                if matches!(by, "store" | "shop") {
                    continue;
                }
                let key = key(at, 0, None, channel);
                if *sent_back {
                    add(key, "sent_back_in_fen", *amount);
                    continue;
                }
                add(key.clone(), "received_fen", *amount);
                let name = match (kind.as_str(), purchases.iter().find(|p| p.0 == *payable).map(|p| p.1.as_str())) {
                    ("order_group", _) => "received_order_fen",
                    (_, Some("top_up")) => "top_up_fen",
                    _ => "membership_fen",
                };
                add(key, name, *amount);
            }
            Ok(sums)
        })
        .await
        .unwrap()
}

const IN_ROW: [&str; 8] =
    ["orders", "goods_fen", "discount_fen", "freight_fen", "sales_fen", "refunds", "refunded_fen", "net_fen"];
const IN_MONEY: [&str; 7] = [
    "received_fen",
    "received_order_fen",
    "top_up_fen",
    "membership_fen",
    "returned_fen",
    "sent_back_in_fen",
    "sent_back_out_fen",
];

fn figure(row: &Value, name: &str) -> i64 {
    let place = if IN_ROW.contains(&name) { &row[name] } else { &row["money"][name] };
    place.as_i64().unwrap_or(0)
}

async fn report(mall: &TestMall, by: &str) -> Value {
    let path = format!("/admin/v1/finance/report?by={by}&from=2026-11-01&to=2026-12-31");
    boss(mall).await.get(&path).await.ok()
}

async fn every_report_agrees(mall: &TestMall, seed: u64) {
    let everything = by_hand(mall, "all").await.remove("").unwrap_or_default();
    for by in ["day", "month", "channel", "store", "shop"] {
        let made = report(mall, by).await;
        let mut hand = by_hand(mall, by).await;
        for row in made["rows"].as_array().unwrap() {
            let key = row["key"].as_str().unwrap();
            let sums = hand.remove(key).unwrap_or_default();
            for name in IN_ROW.iter().chain(&IN_MONEY).filter(|name| **name != "net_fen") {
                let want = sums.get(name).copied().unwrap_or(0);
                assert_eq!(figure(row, name), want, "seed {seed}, {by} {key} {name}: {row}");
            }
            let (sales, back) = (figure(row, "sales_fen"), figure(row, "refunded_fen"));
            assert_eq!(figure(row, "net_fen"), sales - back);
            assert_eq!(sales, ["goods_fen", "discount_fen", "freight_fen"].iter().map(|n| figure(row, n)).sum::<i64>());
            let lanes = row["discounts"].as_array().unwrap().iter().filter(|lane| lane["lane"] != "freight");
            assert_eq!(
                lanes.map(|lane| lane["amount_fen"].as_i64().unwrap()).sum::<i64>(),
                figure(row, "discount_fen")
            );
            let parts = row["channels"].as_array().unwrap();
            assert_eq!(parts.iter().map(|part| part["sales_fen"].as_i64().unwrap()).sum::<i64>(), sales);
        }
        hand.retain(|_, sums| sums.values().any(|amount| *amount != 0));
        assert!(hand.is_empty(), "seed {seed}, {by}: the report lacks {hand:?}");
        for (name, want) in &everything {
            assert_eq!(figure(&made["total"], name), *want, "seed {seed}, total of {by}, {name}");
        }
        for account in made["accounts"].as_array().unwrap() {
            let name = account["account"].as_str().unwrap().to_owned();
            let held: (i64,) = mall
                .world
                .app()
                .db
                .read(move |tx| {
                    tx.one(
                        "select cast(coalesce(sum(amount), 0) as bigint) from ledger_balance where account = $1",
                        &args![&name],
                    )
                })
                .await
                .unwrap();
            assert_eq!(account["closing"].as_i64(), Some(held.0), "seed {seed}: {account}");
        }
    }
}

#[test]
fn every_report_adds_up_to_the_rows_and_the_ledger_to_the_fen() {
    on_both_engines(async |mall| {
        let seed = 20_261_125_u64;
        let mut dice = Dice(seed);
        let street = open(&mall).await;
        let mut paid = Vec::new();
        for step in 0..60 {
            something(&mall, &street, &mut dice, &mut paid).await;
            if step == 30 {
                every_report_agrees(&mall, seed).await;
            }
        }
        every_report_agrees(&mall, seed).await;
        // A fee is known once the bill is read, the morning after.
        let without_fees = |mut made: Value| {
            for row in made["rows"].as_array_mut().unwrap() {
                row["money"]["fee_fen"] = json!(0);
            }
            made
        };
        let live = without_fees(report(&mall, "day").await);
        mall.clock.advance(days(3));
        mall.run_jobs().await;
        let kept = mall.number("select count(*) from finance_day where mall_id = $1").await;
        assert!(kept > 20, "days are kept: {kept}");
        let after = without_fees(report(&mall, "day").await);
        assert_eq!((&live["rows"], &live["total"]["sales_fen"]), (&after["rows"], &after["total"]["sales_fen"]));
        every_report_agrees(&mall, seed).await;
        // The opening of a later span is the closing of an earlier one.
        let path = "/admin/v1/finance/report?by=day&from=2026-11-25&to=2026-12-31";
        let later = boss(&mall).await.get(path).await.ok();
        let earlier = boss(&mall).await.get("/admin/v1/finance/report?by=day&from=2026-11-01&to=2026-11-24").await.ok();
        for (one, two) in later["accounts"].as_array().unwrap().iter().zip(earlier["accounts"].as_array().unwrap()) {
            assert_eq!(one["opening"], two["closing"]);
        }
    });
}

#[test]
fn a_payment_found_after_its_day_was_kept_is_counted_again() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(6_600).stock(9).create().await;
        let ann = mall.member().await;
        ann.buy(&[(&tea, 1)]).await;
        mall.clock.advance(days(4));
        mall.run_jobs().await;
        let (mall_id, app) = (mall.id, mall.world.app().clone());
        app.db
            .write(move |tx| {
                tx.exec("update payment set amount_fen = amount_fen + 1 where mall_id = $1", &args![mall_id])
            })
            .await
            .unwrap();
        assert_eq!(report(&mall, "day").await["total"]["money"]["received_fen"], 6_600, "kept");
        let day = testkit::Instant::parse("2026-11-23T12:00:00+08:00").unwrap().day_at_offset(hours(8));
        app.db.write(move |tx| insight::finance::recount(tx, mall_id, hours(8), day)).await.unwrap();
        assert_eq!(report(&mall, "day").await["total"]["money"]["received_fen"], 6_601);
        app.db
            .write(move |tx| {
                tx.exec("update payment set amount_fen = amount_fen - 1 where mall_id = $1", &args![mall_id])
            })
            .await
            .unwrap();
    });
}

#[test]
fn a_report_is_a_file_too_and_needs_the_right() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(6_600).stock(9).create().await;
        mall.member().await.buy(&[(&tea, 1)]).await;
        let body = json!({ "by": "day", "from": "2026-11-01", "to": "2026-11-30", "format": "csv" });
        let id = mall.staff().post("/admin/v1/finance/exports", body.clone()).await.ok()["task_id"]
            .as_str()
            .unwrap()
            .to_owned();
        mall.run_jobs().await;
        let task = mall.staff().get(&format!("/admin/v1/tasks/{id}")).await.ok();
        assert_eq!(task["state"], "done", "{task}");
        let file = mall.staff().get(&format!("/admin/v1/tasks/{id}/file")).await;
        let text = String::from_utf8(file.body.to_vec()).unwrap();
        assert!(text.contains("2026-11-23") && text.contains("66.00") && text.contains("合计"), "{text}");
        let body = json!({ "by": "shop", "from": "2026-11-30", "to": "2026-11-01", "format": "xlsx" });
        mall.staff().post("/admin/v1/finance/exports", body).await.refused("request.invalid");
        let viewer = mall.staff_with(&["order.view"], None).await;
        viewer.get("/admin/v1/finance/report?from=2026-11-01&to=2026-11-30").await.refused("staff.not_allowed");
    });
}
