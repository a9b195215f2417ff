//! From the search box to the review: what a customer does on an ordinary day, and what the API promises about repeating
//! a request.

use kernel::ports::TrackState;
use testkit::{Order, Reply, Value, json, minutes, on_both_engines};

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn a_customer_finds_buys_receives_and_reviews() {
    on_both_engines(async |mall| {
        mall.charge_freight(600, 200).await;
        let tea = mall.product("西湖龙井").price_fen(19_900).stock(10).create().await;
        mall.product("紫砂壶").price_fen(50_000).create().await;
        let (ann, owner) = (mall.member().await, mall.staff());

        let found = ann.get("/api/v1/products?q=%E9%BE%99%E4%BA%95").await.ok();
        assert_eq!(names(&found), ["西湖龙井"]);

        let cart = ann.add_to_cart(&tea, 2).await.ok();
        assert_eq!((cart["count"].as_i64(), cart["selected_total_fen"].as_i64()), (Some(2), Some(39_800)));

        let quote = ann.quote_cart().await.ok();
        assert_eq!(quote["goods_fen"], 39_800);
        assert_eq!(quote["freight_fen"], 800);
        assert_eq!(quote["total_fen"], 40_600);
        assert_eq!(quote["placeable"], true);

        let order = ann.place_cart().await.ok();
        assert_eq!(order.total_fen, 40_600);
        assert_eq!(mall.stock(&tea).await, (10, 2));
        assert_eq!(ann.get("/api/v1/cart").await.ok()["count"], 0);
        let detail = ann.order(&order).await;
        assert_eq!(detail["allowed_actions"], json!(["pay", "cancel"]));
        assert_eq!(detail["receiver"]["phone_masked"].as_str().unwrap().matches('*').count(), 4);

        ann.pay(&order).await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
        assert_eq!(mall.stock(&tea).await, (8, 0));

        owner.ship_lines(&order, "SF1000000001", &[(1, 1)]).await.ok();
        assert_eq!(ann.status_of(&order).await, "to_ship");
        owner.ship_lines(&order, "SF1000000002", &[(1, 2)]).await.refused("order.shipped_too_much");
        owner.ship(&order, "SF1000000002").await.ok();
        let shipped = ann.order(&order).await;
        assert_eq!(shipped["status"], "shipped");
        assert_eq!(shipped["parcels"].as_array().unwrap().len(), 2);

        mall.world.outside().express.moved("SF1000000002", TrackState::InTransit, mall.clock_now(), "离开杭州");
        let parcel = shipped["parcels"][1]["id"].as_str().unwrap();
        let track = ann.get(&format!("/api/v1/orders/{}/parcels/{parcel}/track", order.id)).await.ok();
        assert_eq!(track["state"], "in_transit");
        assert_eq!(track["events"][0]["text"], "离开杭州");

        assert_eq!(ann.confirm(&order).await.ok()["status"], "completed");
        ann.confirm(&order).await.refused("order.not_allowed");
        ann.review(&order, 5, "很香").await.ok();
        ann.review(&order, 1, "再写一次").await.refused("review.already_written");
        let product = ann.get(&format!("/api/v1/products/{}", tea.id)).await.ok();
        assert_eq!(product["reviews"]["count"], 1);
        assert_eq!(product["sales_count"], 2);
    });
}

#[test]
fn a_pickup_code_is_redeemed_once_and_only_in_its_store() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(0).create().await;
        let (west, east) = (mall.store("西湖店").await, mall.store("钱江店").await);
        west.receive(&mall, &tea, 3).await;
        let (first, second) = (mall.clerk(&west).await, mall.clerk(&west).await);
        let stranger = mall.clerk(&east).await;
        let ann = mall.member().await;

        let order = ann.place_pickup(&west, &[(&tea, 2)]).await.ok();
        assert_eq!(mall.stock_at(&tea, west.location_id).await, (3, 2));
        assert!(ann.order(&order).await["pickup"]["code"].is_null(), "an unpaid order has no code");
        ann.pay(&order).await;
        let detail = ann.order(&order).await;
        assert_eq!(detail["status"], "to_pick_up");
        let code = detail["pickup"]["code"].as_str().unwrap().to_owned();
        assert_eq!(code.len(), 12);
        assert!(mall.staff().order(&order).await["pickup"]["code"].is_null(), "staff do not see the code");

        stranger.redeem(&code).await.refused("order.other_store");
        assert!(stranger.preview_redeem(&code).await.ok()["problem"].is_string());
        stranger.redeem("000000000000").await.refused("pickup.code_unknown");
        first.mark_ready(&order).await.ok();
        assert!(first.preview_redeem(&code).await.ok()["problem"].is_null());

        let (one, other) = tokio::join!(first.redeem(&code), second.redeem(&code));
        let (done, late) = if one.status.is_success() { (one, other) } else { (other, one) };
        assert_eq!(done.ok()["status"], "completed");
        late.refused("pickup.already_redeemed");
        assert_eq!(mall.stock_at(&tea, west.location_id).await, (1, 0));
    });
}

#[test]
fn a_price_that_changed_is_told_with_the_new_quote() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(10_000).create().await;
        let ann = mall.member().await;
        let seen = ann.quote(&[(&tea, 1)]).await.ok()["total_fen"].as_i64().unwrap();
        mall.staff().edit_product(&tea, |input| input["skus"][0]["price_fen"] = 12_000.into()).await.ok();

        let problem = ann.place_at(&[(&tea, 1)], seen).await.refused("order.price_changed");
        assert_eq!(problem["status"], 409);
        assert_eq!(problem["details"]["quote"]["total_fen"], 12_000);
        assert_eq!(mall.stock(&tea).await, (100, 0));
        ann.place_at(&[(&tea, 1)], 12_000).await.ok();
    });
}

#[test]
fn totals_are_the_sum_of_what_the_explanation_says() {
    on_both_engines(async |mall| {
        mall.charge_freight(1_000, 500).await;
        let tea = mall.product("龙井").price_fen(333).create().await;
        let pot = mall.product("壶").price_fen(777).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 3), (&pot, 2), (&tea, 1)]).await.ok();
        let detail = ann.order(&order).await;
        assert_eq!(detail["lines"].as_array().unwrap().len(), 2, "the same SKU is one line");
        assert_eq!(detail["lines"][0]["quantity"], 4);
        assert_eq!(detail["goods_fen"], 4 * 333 + 2 * 777);
        assert_eq!(detail["freight_fen"], 1_000 + 5 * 500);
        let explained: i64 = detail["explanation"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["applied"] == true)
            .map(|entry| entry["amount_fen"].as_i64().unwrap())
            .sum();
        assert_eq!(explained, order.total_fen);
    });
}

#[test]
fn a_repeated_request_gets_the_first_answer_and_another_body_is_refused() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(10).create().await;
        let ann = mall.member().await;
        let body = |quantity: i64| {
            json!({ "source": "now", "items": [{ "sku_id": tea.sku().id, "quantity": quantity }],
                "delivery": ann.express(), "expected_total_fen": 100 * quantity })
        };
        let first = ann.post_once("/api/v1/orders", "key-1", body(1)).await.ok();
        mall.clock.advance(minutes(5));
        let again = ann.post_once("/api/v1/orders", "key-1", body(1)).await.ok();
        assert_eq!(first, again);
        ann.post_once("/api/v1/orders", "key-1", body(2)).await.refused("idempotency.mismatch");
        assert_eq!(mall.number("select count(*) from trade_order where mall_id = $1").await, 1);
        assert_eq!(mall.stock(&tea).await, (10, 1));

        let bob = mall.member().await;
        let mut his = body(1);
        his["delivery"] = bob.express();
        let other: Reply<Order> = bob.post_once("/api/v1/orders", "key-1", his).await.reads_as();
        assert_ne!(other.ok().json, first, "a key belongs to its caller");
    });
}

#[test]
fn a_refused_request_does_not_use_up_its_key() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(1).create().await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        let taken = bob.place_order(&[(&tea, 1)]).await.ok();
        let body = json!({ "source": "now", "items": [{ "sku_id": tea.sku().id, "quantity": 1 }],
            "delivery": ann.express(), "expected_total_fen": 100 });
        ann.post_once("/api/v1/orders", "k", body.clone()).await.refused("inventory.sold_out");
        bob.cancel(&taken).await.ok();
        ann.post_once("/api/v1/orders", "k", body).await.ok();
    });
}

#[test]
fn two_identical_requests_at_once_make_one_order() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(10).create().await;
        let ann = mall.member().await;
        let body = json!({ "source": "now", "items": [{ "sku_id": tea.sku().id, "quantity": 1 }],
            "delivery": ann.express(), "expected_total_fen": 100 });
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (ann, body) = (ann.clone(), body.clone());
            racing.spawn(async move { ann.post_once("/api/v1/orders", "twice", body).await.ok() });
        }
        let answers = racing.join_all().await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(mall.stock(&tea).await, (10, 1));
    });
}

#[test]
fn a_guest_keeps_the_cart_when_signing_in() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).create().await;
        let guest = mall.guest().await;
        guest.post("/api/v1/cart/lines", json!({ "sku_id": tea.sku().id, "quantity": 3 })).await.ok();
        guest.post("/api/v1/quote", json!({ "source": "cart", "delivery": { "kind": "express" } })).await.status(401);

        let phone = "13912345678";
        guest.post("/api/v1/session/sms-code", json!({ "phone": phone })).await.status(204);
        let code = mall.world.outside().sms.code(phone).unwrap();
        let granted = guest.post("/api/v1/session/phone", json!({ "phone": phone, "code": code })).await.ok();
        assert_eq!(granted["me"]["kind"], "member");
        assert_eq!(granted["me"]["badges"]["cart"], 3);
        let member = guest.with_token(granted["token"].as_str().unwrap());
        assert_eq!(member.get("/api/v1/cart").await.ok()["count"], 3);
    });
}

#[test]
fn an_order_nobody_confirms_completes_by_itself() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 1)]).await;
        mall.staff().ship(&order, "SF1000000001").await.ok();
        mall.clock.advance(testkit::days(9));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "shipped");
        mall.clock.advance(testkit::days(1) + 1);
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "completed");
    });
}

#[test]
fn goods_paid_in_the_mini_program_are_reported_to_wechat_until_it_knows_them() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        ann.open_in_mini_program("ann").await;
        let order = ann.place_order(&[(&tea, 2)]).await.ok();
        let number = ann.intent(&order, "mini_program").await;
        mall.deliver(&mall.wechat.pay(&number)).await.status(204);
        mall.mini_program.does_not_know_yet(2);
        mall.staff().ship(&order, "SF1000000001").await.ok();
        mall.run_jobs().await;
        assert!(mall.mini_program.uploads().is_empty());
        assert_eq!(mall.staff().order(&order).await["shipping_upload"]["status"], "waiting");
        for _ in 0..3 {
            mall.clock.advance(minutes(10));
            mall.run_jobs().await;
        }
        let uploads = mall.mini_program.uploads();
        assert_eq!(uploads.len(), 1);
        assert_eq!((uploads[0].openid.as_str(), uploads[0].all_delivered, uploads[0].split), ("o-ann", true, false));
        assert_eq!(uploads[0].parcels[0].carrier_code, "SF");
        assert_eq!(mall.staff().order(&order).await["shipping_upload"]["status"], "done");
    });
}
