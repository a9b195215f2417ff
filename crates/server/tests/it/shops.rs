//! A cart of several shops: one quote, one order a shop, one payment. Placed together or not at all, closed together, and
//! whatever the channel does, every order is paid with its own part, to the fen.

use crate::{balance, offers, points};
use testkit::{
    Call, Id, LocalNotice, MemberClient, Order, Product, TestMall, Trouble, Value, days, json, minutes,
    on_both_engines, seconds,
};

/// A product of the mall's first shop and one of another.
pub async fn two_shops(mall: &TestMall, prices: (i64, i64)) -> (Product, Product, Id) {
    let other = mall.shop("山房").await;
    let tea = mall.product("龙井").price_fen(prices.0).stock(50).create().await;
    let cup = mall.product("茶盏").price_fen(prices.1).stock(50).shop(other).create().await;
    (tea, cup, other)
}

/// The orders of a checkout, in the order of their shops.
pub fn orders_of(placed: &Order) -> Vec<Order> {
    let orders = placed.json["orders"].as_array().unwrap();
    let one = |order: &Value| Order { id: order["id"].as_str().unwrap().parse().unwrap(), ..placed.clone() };
    orders.iter().map(one).collect()
}

async fn statuses(ann: &MemberClient, placed: &Order) -> Vec<String> {
    let mut found = Vec::new();
    for order in orders_of(placed) {
        found.push(ann.status_of(&order).await);
    }
    found
}

async fn started(ann: &MemberClient, placed: &Order) -> (String, Value) {
    let intent = ann.start_paying(placed, "native").await.ok();
    (intent["payment_id"].as_str().unwrap().to_owned(), intent)
}

#[test]
fn one_quote_over_two_shops_becomes_two_orders_paid_at_once() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (10_001, 4_999)).await;
        mall.charge_freight(600, 100).await;
        let promotion = json!({ "name": "满减", "rule": { "kind": "spend_save",
            "steps": [{ "need": { "spend_fen": 15_000 }, "off_fen": 1_001 }] }, "per_member": 1 });
        let made = mall.staff().post("/admin/v1/promotions", promotion).await.ok();
        offers::publish(&mall, made["id"].as_str().unwrap()).await;
        let ann = mall.member().await;
        ann.add_to_cart(&tea, 1).await.ok();
        let cart = ann.add_to_cart(&cup, 1).await.ok();
        assert_eq!(cart["shops"].as_array().unwrap().len(), 2, "{cart}");

        let quote = ann.quote_cart().await.ok();
        // The discount is one for all; each shop sends its own parcel.
        assert_eq!((&quote["discount_fen"], &quote["freight_fen"]), (&json!(-1_001), &json!(1_200)), "{quote}");
        let shops = quote["shops"].as_array().unwrap();
        let sum = |field: &str| shops.iter().map(|shop| shop[field].as_i64().unwrap()).sum::<i64>();
        assert_eq!((sum("discount_fen"), sum("freight_fen")), (-1_001, 1_200));
        assert_eq!(sum("total_fen"), quote["total_fen"].as_i64().unwrap());
        assert_eq!(shops[1]["id"], json!(other.to_string()));

        let placed = ann.place_cart().await.ok();
        let orders = orders_of(&placed);
        assert_eq!(orders.len(), 2);
        let mut total = 0;
        for (order, shop) in orders.iter().zip(shops) {
            let shown = ann.order(order).await;
            assert_eq!(shown["total_fen"], shop["total_fen"], "{shown}");
            assert_eq!(shown["shop"]["name"], shop["name"]);
            assert_eq!(shown["together"].as_array().unwrap().len(), 2);
            assert_eq!(shown["group_total_fen"].as_i64().unwrap(), placed.total_fen);
            total += shown["total_fen"].as_i64().unwrap();
        }
        assert_eq!(total, placed.total_fen);
        assert_eq!(
            (mall.stock(&tea).await, mall.stock_at(&cup, warehouse(&mall, other).await).await),
            ((50, 1), (50, 1))
        );

        // Paid through either of them; the channel collects for each.
        let (number, intent) = started(&ann, &orders[1]).await;
        assert_eq!(intent["amount_fen"].as_i64().unwrap(), placed.total_fen);
        assert_eq!(mall.wechat.sub_numbers(&number), [format!("{number}S1"), format!("{number}S2")]);
        let notice = mall.wechat.pay(&number);
        mall.deliver(&notice).await.status(204);
        mall.deliver(&notice).await.status(204);
        assert_eq!(statuses(&ann, &placed).await, ["to_ship", "to_ship"]);
        assert_eq!(mall.wechat.balance().0, placed.total_fen);
        let used = mall.number("select used_count from promotion where mall_id = $1").await;
        assert_eq!(used, 1, "the group used the promotion once");

        // Each order is refunded by its own transaction, for what it cost.
        for (order, shop) in orders.iter().zip(shops) {
            let before = mall.wechat.balance().0;
            mall.staff().refund(order, "不要了").await.ok();
            mall.run_jobs().await;
            assert_eq!(before - mall.wechat.balance().0, shop["total_fen"].as_i64().unwrap());
        }
        assert_eq!(mall.wechat.balance().0, 0);
        assert_eq!(mall.number("select used_count from promotion where mall_id = $1").await, 0);
        assert_eq!(mall.number("select spent_fen from promotion where mall_id = $1").await, 0);
    });
}

async fn warehouse(mall: &TestMall, shop: Id) -> Id {
    let shops = mall.staff().get("/admin/v1/shops").await.ok();
    let found = shops.as_array().unwrap().iter().find(|row| row["id"] == json!(shop.to_string())).unwrap().clone();
    found["location_id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn all_is_placed_or_nothing() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (5_000, 7_000)).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        let quote = ann.quote(&[(&tea, 1), (&cup, 50)]).await.ok();
        bob.place_order(&[(&cup, 1)]).await.ok();
        let total = quote["total_fen"].as_i64().unwrap();
        ann.place_at(&[(&tea, 1), (&cup, 50)], total).await.refused("inventory.sold_out");
        assert_eq!(mall.stock(&tea).await, (50, 0), "nothing of the other shop is held");
        assert_eq!(mall.number("select count(*) from trade_order where mall_id = $1").await, 1);
        // Goods of another shop cannot be fetched at a store of this one.
        let store = mall.store("湖滨店").await;
        let body = json!({ "source": "now", "delivery": { "kind": "pickup", "store_id": store.id },
            "items": [{ "sku_id": tea.sku().id, "quantity": 1 }, { "sku_id": cup.sku().id, "quantity": 1 }] });
        let quote = ann.post("/api/v1/quote", body).await.ok();
        let codes: Vec<&str> =
            quote["problems"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&"order.pickup_other_shop"), "{quote}");
        assert!(warehouse(&mall, other).await != mall.warehouse);
    });
}

#[test]
fn what_is_not_paid_closes_together_and_late_money_goes_back_to_each() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (5_000, 7_000)).await;
        let place = warehouse(&mall, other).await;
        let ann = mall.member().await;
        // Cancelled through one of them.
        let placed = ann.place_order(&[(&tea, 1), (&cup, 2)]).await.ok();
        let (number, _) = started(&ann, &placed).await;
        ann.cancel(&orders_of(&placed)[1]).await.ok();
        assert_eq!(statuses(&ann, &placed).await, ["closed", "closed"]);
        assert_eq!((mall.stock(&tea).await, mall.stock_at(&cup, place).await), ((50, 0), (50, 0)));
        let late = mall.wechat.pay_anyway(&number);
        mall.deliver(&late).await.status(204);
        mall.run_jobs().await;
        assert_eq!((mall.wechat.balance().0, mall.wechat.refund_count()), (0, 2), "a refund for each sub-order");
        // By the clock; the channel is asked to close first, and says when it was paid.
        let placed = ann.place_order(&[(&tea, 1), (&cup, 2)]).await.ok();
        started(&ann, &placed).await;
        let paid = ann.place_order(&[(&tea, 2), (&cup, 1)]).await.ok();
        let (number, _) = started(&ann, &paid).await;
        mall.wechat.pay(&number);
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(statuses(&ann, &placed).await, ["closed", "closed"]);
        assert_eq!(statuses(&ann, &paid).await, ["to_ship", "to_ship"]);
        // By staff.
        let placed = ann.place_order(&[(&tea, 1), (&cup, 2)]).await.ok();
        mall.staff().close(&placed, "缺货").await.ok();
        assert_eq!(statuses(&ann, &placed).await, ["closed", "closed"]);
    });
}

#[test]
fn whatever_the_channel_does_the_group_is_settled_once() {
    on_both_engines(async |mall| {
        let (tea, cup, _) = two_shops(&mall, (5_000, 7_000)).await;
        let ann = mall.member().await;
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        mall.wechat.trouble(Call::Create, Trouble::Refuse);
        ann.start_paying(&placed, "native").await.refused("payment.channel_failed");
        mall.wechat.trouble(Call::Create, Trouble::LoseAnswer);
        ann.start_paying(&placed, "native").await.refused("payment.channel_unknown");
        let (number, _) = started(&ann, &placed).await;
        let notice = mall.wechat.pay(&number);
        let lies = |change: fn(&mut Value), name: &str| -> LocalNotice {
            let mut parts = notice_parts(&notice);
            change(&mut parts);
            notice.clone().saying("parts", parts).named(name)
        };
        mall.deliver(&notice.clone().forged()).await.refused("payment.notice_rejected");
        mall.deliver(&lies(|parts| parts[0]["amount"] = json!(4_999), "amount"))
            .await
            .refused("payment.notice_contradicts");
        mall.deliver(&lies(|parts| parts[1]["number"] = json!("1S2"), "other"))
            .await
            .refused("payment.notice_contradicts");
        let lacking = lies(|parts| drop(parts.as_array_mut().unwrap().pop()), "lacking");
        mall.deliver(&lacking).await.refused("payment.notice_contradicts");
        let half = lies(|parts| parts[1]["paid"] = json!(false), "half");
        mall.deliver(&half).await.status(204);
        assert_eq!(statuses(&ann, &placed).await, ["unpaid", "unpaid"], "nothing was believed");
        // The notice is lost; a waiting page asks, first in vain.
        mall.clock.advance(seconds(5));
        mall.wechat.trouble(Call::Query, Trouble::LoseAnswer);
        assert_eq!(ann.payment(&number).await["status"], "pending");
        mall.clock.advance(seconds(5));
        assert_eq!(ann.payment(&number).await["status"], "paid");
        mall.deliver(&notice).await.status(204);
        assert_eq!(statuses(&ann, &placed).await, ["to_ship", "to_ship"]);
        // Closing: the channel fails, answers too late, or the member was faster.
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let (number, _) = started(&ann, &placed).await;
        mall.wechat.trouble(Call::Close, Trouble::Refuse);
        ann.cancel(&placed).await.refused("payment.channel_failed");
        mall.wechat.pay(&number);
        ann.cancel(&placed).await.refused("order.already_paid");
        assert_eq!(statuses(&ann, &placed).await, ["to_ship", "to_ship"]);
        // Refunds: refused, unanswered, abnormal; each in the end once.
        for (order, trouble) in orders_of(&placed).iter().zip([Trouble::Refuse, Trouble::LoseAnswer]) {
            mall.wechat.trouble(Call::Refund, trouble);
            mall.staff().refund(order, "不要了").await.ok();
            mall.run_jobs().await;
            mall.clock.advance(minutes(5));
            mall.run_jobs().await;
        }
        assert_eq!((mall.wechat.balance().0, mall.wechat.refund_count()), (12_000, 2));
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
            mall.deliver(&notice).await.status(204);
        }
        assert_eq!(statuses(&ann, &placed).await, ["closed", "closed"]);
    });
}

fn notice_parts(notice: &LocalNotice) -> Value {
    let (body, _) = notice.wire();
    serde_json::from_slice::<Value>(&body).unwrap()["combined"]["parts"].clone()
}

#[test]
fn two_payers_of_one_group_pay_once() {
    on_both_engines(async |mall| {
        let (tea, cup, _) = two_shops(&mall, (5_000, 7_000)).await;
        let ann = mall.member().await;
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let (number, _) = started(&ann, &placed).await;
        let alipay = json!({ "channel": "alipay", "scene": "page", "return_url": "/#/" });
        let second = ann.post(&format!("/api/v1/orders/{}/pay", orders_of(&placed)[1].id), alipay).await.ok();
        let second = second["payment_id"].as_str().unwrap().to_owned();
        assert!(mall.alipay.sub_numbers(&second).is_empty(), "one transaction over the total");
        let (first, other) = (mall.wechat.pay(&number), mall.alipay.pay(&second));
        mall.deliver_to("alipay", &other).await.status(200);
        mall.deliver(&first).await.status(204);
        mall.run_jobs().await;
        assert_eq!((mall.alipay.balance().0, mall.wechat.balance().0), (12_000, 0), "the second went back");
        // Refunds per order against the one transaction; never more than was paid for that order.
        for (order, left) in orders_of(&placed).iter().zip([7_000, 0]) {
            mall.staff().refund(order, "不要了").await.ok();
            mall.run_jobs().await;
            assert_eq!(mall.alipay.balance().0, left);
        }
    });
}

#[test]
fn points_coupons_and_the_balance_are_shared_exactly_and_come_back() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (3_333, 1_667)).await;
        points::open_programme(&mall).await;
        let rules = json!({ "points": { "enabled": true, "earn_per_yuan": 1, "spend_per_yuan": 10,
            "max_share_percent": 50, "min_points": 1 }, "growth": { "enabled": false } });
        mall.staff().put("/admin/v1/loyalty/rules", rules).await.ok();
        let coupon = |name: &str, shop: Value| {
            json!({ "name": name, "shop_id": shop, "rule": { "kind": "amount", "need": { "spend_fen": 301 }, "off_fen": 301 },
                "validity": { "kind": "days", "days": 30 }, "sources": ["centre"], "per_member": 1 })
        };
        let ann = mall.member().await;
        for template in [coupon("全场", Value::Null), coupon("山房券", json!(other.to_string()))] {
            let made = mall.staff().post("/admin/v1/coupon-templates", template).await.ok();
            offers::publish(&mall, made["id"].as_str().unwrap()).await;
            ann.post(&format!("/api/v1/coupons/{}/take", made["id"].as_str().unwrap()), json!({})).await.ok();
        }
        points::give_points(&mall, &ann, 1_000).await.ok();
        let plan = balance::plan(&mall, 90_000, 9_000).await;
        balance::top_up(&mall, &ann, &plan, 90_000).await;
        balance::set_password(&mall, &ann).await;
        let mut body = json!({ "source": "now", "delivery": ann.express(), "choices": { "points": 77 },
            "items": [{ "sku_id": tea.sku().id, "quantity": 1 }, { "sku_id": cup.sku().id, "quantity": 1 }] });
        let quote = ann.post("/api/v1/quote", body.clone()).await.ok();
        let shops = quote["shops"].as_array().unwrap();
        let own = |shop: &Value| shop["discount_fen"].as_i64().unwrap();
        assert_eq!(own(&shops[0]) + own(&shops[1]), -301 - 301 - 770, "{quote}");
        body["expected_total_fen"] = quote["total_fen"].clone();
        let placed: Order = ann.post("/api/v1/orders", body).await.ok().into();
        assert_eq!(points::points_of(&ann).await, 1_000 - 77);
        let mut part = balance::by_password(placed.total_fen, "135792");
        part["amount_fen"] = json!(1_001);
        ann.post(&format!("/api/v1/orders/{}/balance-part", placed.id), part).await.ok();
        ann.pay(&placed).await;
        assert_eq!(mall.wechat.balance().0, 90_000 + placed.total_fen - 1_001);
        // The first order alone: its points are back, the mall's coupon is not.
        let orders = orders_of(&placed);
        let state = async |name: &str| {
            let mine = ann.get(&format!("/api/v1/coupons/mine?state={name}")).await.ok();
            mine["items"].as_array().unwrap().len()
        };
        mall.staff().refund(&orders[0], "不要了").await.ok();
        mall.run_jobs().await;
        assert!(points::points_of(&ann).await < 1_000);
        assert_eq!((state("used").await, state("usable").await), (2, 0));
        mall.staff().refund(&orders[1], "不要了").await.ok();
        mall.run_jobs().await;
        assert_eq!(points::points_of(&ann).await, 1_000);
        assert_eq!((state("used").await, state("usable").await), (0, 2));
        assert_eq!(mall.wechat.balance().0, 90_000, "the top-up alone");
        assert_eq!(balance::held(&ann).await, (90_000, 9_000));
    });
}

#[test]
fn bills_and_reports_know_each_sub_order() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (5_000, 7_000)).await;
        let ann = mall.member().await;
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        ann.pay(&placed).await;
        let orders = orders_of(&placed);
        mall.staff().refund(&orders[1], "不要了").await.ok();
        mall.run_jobs().await;
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        ann.buy(&[(&tea, 1)]).await;
        mall.clock.advance(days(1));
        mall.run_jobs().await;
        let desk = mall.staff_with(&["finance.view", "finance.settle"], None).await;
        let page = desk.get("/admin/v1/reconciliation/days?channel=wechat").await.ok();
        let day = &page["items"][0];
        assert_eq!(day["state"], "done", "{day}");
        assert_eq!(day["ours"], json!({ "payments": 3, "paid_fen": 17_000, "refunds": 1, "refunded_fen": 7_000 }));
        assert_eq!(day["ours"], day["theirs"]);
        let open = desk.get("/admin/v1/reconciliation/differences?status=open").await.ok();
        assert_eq!(open["items"].as_array().unwrap().len(), 0, "{open}");
        let report = desk.get("/admin/v1/finance/report?by=shop&from=2026-11-01&to=2026-12-31").await.ok();
        let rows = report["rows"].as_array().unwrap();
        let of = |id: String| rows.iter().find(|row| row["key"] == json!(id)).unwrap_or_else(|| panic!("{report}"));
        let (own, others) = (of(mall.shop_id.to_string()), of(other.to_string()));
        assert_eq!((&own["sales_fen"], &own["refunded_fen"]), (&json!(10_000), &json!(0)), "{own}");
        assert_eq!((&others["sales_fen"], &others["refunded_fen"]), (&json!(7_000), &json!(7_000)), "{others}");
    });
}
