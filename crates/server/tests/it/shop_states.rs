//! Shops one by one: closed and opened again, looked for at the order desk, offers that are theirs alone, goods of a file put
//! into them, and a merchant who collects for several of them at once.

use crate::offers;
use crate::shops::{orders_of, two_shops};
use testkit::{Id, Product, TestMall, Value, json, on_both_engines};

async fn switch(mall: &TestMall, shop: Id, open: bool, note: &str) -> testkit::Reply {
    let body = json!({ "open": open, "note": note });
    mall.staff().put(&format!("/admin/v1/shops/{shop}/state"), body).await
}

fn codes(quote: &Value) -> Vec<&str> {
    quote["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

#[test]
fn a_closed_shop_shows_its_goods_and_takes_no_orders() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (5_000, 7_000)).await;
        let ann = mall.member().await;
        ann.add_to_cart(&tea, 1).await.ok();
        ann.add_to_cart(&cup, 1).await.ok();
        let before = ann.place_order(&[(&cup, 1)]).await.ok();
        switch(&mall, other, false, " ").await.refused("request.invalid");
        let closed = switch(&mall, other, false, "盘点三天").await.ok();
        assert!(closed["closed_at"].is_string(), "{closed}");
        assert_eq!(switch(&mall, other, false, "还在盘点").await.ok()["closed_at"], closed["closed_at"]);
        switch(&mall, Id(1), false, "没有").await.refused("shop.not_found");

        // It is told in the cart, on the page and in the quote, and nothing of it can be ordered.
        let page = ann.get(&format!("/api/v1/products/{}", cup.id)).await.ok();
        assert_eq!((page["shop_open"].as_bool(), page["status"].as_str()), (Some(false), Some("on_sale")));
        ann.add_to_cart(&cup, 1).await.refused("shop.closed");
        let cart = ann.get("/api/v1/cart").await.ok();
        let problem = |product: &Product| {
            let mut lines = cart["lines"].as_array().unwrap().iter();
            let line = lines.find(|line| line["product_id"] == json!(product.id.to_string()));
            line.unwrap()["problem"]["code"].as_str()
        };
        assert_eq!((problem(&cup), problem(&tea)), (Some("shop.closed"), None));
        assert_eq!(cart["selected_count"], 1);
        let quote = ann.quote(&[(&tea, 1), (&cup, 1)]).await.ok();
        assert_eq!((codes(&quote), quote["placeable"].as_bool()), (vec!["shop.closed"], Some(false)));
        let refused = ann.place_at(&[(&cup, 1)], 7_000).await;
        assert_eq!(refused.json()["details"]["problems"][0]["code"], "shop.closed");
        refused.refused("order.not_placeable");
        ann.place_order(&[(&tea, 1)]).await.ok();
        // What was ordered before goes on.
        ann.pay(&before).await;
        assert_eq!(ann.status_of(&before).await, "to_ship");

        let opened = switch(&mall, other, true, "").await.ok();
        assert!(opened.get("closed_at").is_none(), "{opened}");
        assert_eq!(ann.get(&format!("/api/v1/products/{}", cup.id)).await.ok()["shop_open"], true);
        ann.place_order(&[(&cup, 1)]).await.ok();
        let notes = mall.staff().get("/admin/v1/audit").await.ok();
        let texts: Vec<&str> =
            notes["items"].as_array().unwrap().iter().filter_map(|n| n["summary"].as_str()).collect();
        assert!(texts.contains(&"店铺 山房 暂停接单：盘点三天") && texts.contains(&"店铺 山房 恢复接单"), "{texts:?}");
        let viewer = mall.staff_with(&["store.view"], None).await;
        let path = format!("/admin/v1/shops/{other}/state");
        viewer.put(&path, json!({ "open": true })).await.refused("staff.not_allowed");
    });
}

#[test]
fn the_order_desk_finds_the_orders_of_a_shop() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (5_000, 7_000)).await;
        let ann = mall.member().await;
        let both = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        ann.place_order(&[(&tea, 1)]).await.ok();
        let found = mall.staff().get(&format!("/admin/v1/orders?shop_id={other}")).await.ok();
        let rows = found["items"].as_array().unwrap();
        let (_, theirs) = (orders_of(&both)[0].id, orders_of(&both)[1].id);
        assert_eq!((rows.len(), rows[0]["id"].as_str()), (1, Some(theirs.to_string().as_str())));
        assert_eq!(rows[0]["shop_name"], "山房");
        let none = mall.staff().get(&format!("/admin/v1/orders?shop_id={other}&state=to_ship")).await.ok();
        assert_eq!(none["items"].as_array().unwrap().len(), 0);
    });
}

#[test]
fn promotions_and_coupons_of_some_shops_take_from_their_goods_alone() {
    on_both_engines(async |mall| {
        let (tea, cup, other) = two_shops(&mall, (10_000, 10_000)).await;
        let scope = json!({ "kind": "shop", "ids": [other.to_string()] });
        let promotion = json!({ "name": "山房满减", "scope": scope, "rule": { "kind": "spend_save",
            "steps": [{ "need": { "spend_fen": 9_000 }, "off_fen": 1_000 }] } });
        let made = mall.staff().post("/admin/v1/promotions", promotion).await.ok();
        offers::publish(&mall, made["id"].as_str().unwrap()).await;
        let template = json!({ "name": "山房券", "scope": scope, "rule": { "kind": "amount",
            "need": { "spend_fen": 8_000 }, "off_fen": 500 }, "validity": { "kind": "days", "days": 9 },
            "sources": ["centre"], "per_member": 9 });
        let made = mall.staff().post("/admin/v1/coupon-templates", template).await.ok();
        let template = made["id"].as_str().unwrap().to_owned();
        offers::publish(&mall, &template).await;
        let ann = mall.member().await;
        ann.post(&format!("/api/v1/coupons/{template}/take"), json!({})).await.ok();

        let quote = ann.quote(&[(&tea, 1), (&cup, 1)]).await.ok();
        assert_eq!(quote["discount_fen"], -1_500, "{quote}");
        let of = |sku: Id| {
            let line = quote["lines"].as_array().unwrap().iter().find(|line| line["sku_id"] == json!(sku.to_string()));
            line.unwrap()["payable_fen"].as_i64().unwrap()
        };
        assert_eq!((of(tea.sku().id), of(cup.sku().id)), (10_000, 8_500));
        assert_eq!(ann.quote(&[(&tea, 2)]).await.ok()["discount_fen"], 0);
        let ids = format!("{},{}", tea.id, cup.id);
        let tags = ann.get(&format!("/api/v1/offer-tags?product_ids={ids}")).await.ok();
        let tagged: Vec<bool> = tags["products"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["promotions"].as_array().unwrap().len() == 1)
            .collect();
        assert_eq!(tagged, [false, true], "{tags}");
        let nobody = json!({ "name": "没选", "scope": { "kind": "shop", "ids": [] }, "rule": { "kind": "spend_save",
            "steps": [{ "need": { "spend_fen": 9_000 }, "off_fen": 1_000 }] } });
        mall.staff().post("/admin/v1/promotions", nobody).await.refused("request.invalid");
    });
}

#[test]
fn a_merchant_without_combined_payment_collects_once_and_refunds_order_by_order() {
    on_both_engines(async |mall| {
        let (tea, cup, _) = two_shops(&mall, (10_001, 4_999)).await;
        let ann = mall.member().await;
        // Begun while it was on, and paid after it was switched off.
        let early = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let intent = ann.start_paying(&early, "native").await.ok();
        mall.wechat.collect_as_one(true);
        let number = intent["payment_id"].as_str().unwrap();
        assert_eq!(mall.wechat.sub_numbers(number).len(), 2);
        mall.deliver(&mall.wechat.pay(number)).await.status(204);
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let intent = ann.start_paying(&placed, "native").await.ok();
        assert_eq!(intent["amount_fen"].as_i64(), Some(15_000));
        mall.deliver(&mall.wechat.pay(intent["payment_id"].as_str().unwrap())).await.status(204);
        for group in [early, placed] {
            for (order, fen) in orders_of(&group).iter().zip([10_001, 4_999]) {
                assert_eq!(ann.status_of(order).await, "to_ship");
                let before = mall.wechat.balance().0;
                mall.staff().refund(order, "不要了").await.ok();
                mall.run_jobs().await;
                assert_eq!(before - mall.wechat.balance().0, fen);
            }
        }
        assert_eq!(mall.wechat.balance().0, 0);
        mall.wechat.collect_as_one(false);
    });
}
