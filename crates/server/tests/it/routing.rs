//! Where a parcel leaves from: the mall's rule, what lies where, and whose clerks send it.

use crate::offers;
use crate::shops::orders_of;
use testkit::{Order, Product, StaffClient, Store, TestMall, Value, json, on_both_engines};
use tokio::task::JoinSet;

async fn rule(mall: &TestMall, rule: &str) {
    rule_with(mall, rule, false).await;
}

async fn rule_with(mall: &TestMall, rule: &str, splits_orders: bool) {
    let mut settings = mall.staff().get("/admin/v1/settings/mall").await.ok();
    settings["express_from"] = json!(rule);
    settings["splits_orders"] = json!(splits_orders);
    mall.staff().put("/admin/v1/settings/mall", settings).await.ok();
}

/// Moves a store into a district, and says whether it sends parcels.
async fn put(mall: &TestMall, store: &Store, district_code: &str, ships: bool) {
    let path = format!("/admin/v1/stores/{}", store.id);
    let read = mall.staff().get(&path).await.ok();
    let mut input = json!({ "district_code": district_code, "ships": ships });
    for field in ["name", "address", "lat", "lng", "phone", "hours", "status"] {
        input[field] = read[field].clone();
    }
    let saved = mall.staff().put(&path, input).await.ok();
    assert_eq!((&saved["ships"], &saved["district_code"]), (&json!(ships), &json!(district_code)));
}

async fn leaves_from(staff: &StaffClient, order: &Order) -> String {
    staff.order(order).await["location_name"].as_str().unwrap().to_owned()
}

/// A member lives in 西湖区 (330106).
async fn furnished(mall: &TestMall, at_warehouse: i64) -> (Product, Store, Store) {
    let tea = mall.product("龙井").price_fen(100).stock(at_warehouse).create().await;
    let (west, south) = (mall.store("城西店").await, mall.store("城南店").await);
    put(mall, &west, "330106", true).await;
    put(mall, &south, "330102", true).await;
    (tea, west, south)
}

#[test]
fn the_rule_says_where_a_parcel_leaves_from() {
    on_both_engines(async |mall| {
        let (tea, west, south) = furnished(&mall, 10).await;
        let (owner, ann) = (mall.staff(), mall.member().await);
        west.receive(&mall, &tea, 2).await;
        south.receive(&mall, &tea, 5).await;
        let buy = async |pieces: i64| leaves_from(&owner, &ann.place_order(&[(&tea, pieces)]).await.ok()).await;
        assert_eq!(buy(1).await, "总仓", "as ever");
        rule(&mall, "nearest_first").await;
        assert_eq!(buy(1).await, "城西店", "in her district");
        assert_eq!(buy(2).await, "城南店", "one is left there, and two are asked for: in her city");
        put(&mall, &south, "330102", false).await;
        assert_eq!(buy(2).await, "总仓", "the other store sends no parcels");
        put(&mall, &south, "330102", true).await;
        rule(&mall, "warehouse_first").await;
        assert_eq!(buy(7).await, "总仓");
        assert_eq!(buy(1).await, "城西店", "nothing is left in the warehouse");
        ann.place_order(&[(&tea, 9)]).await.refused("inventory.sold_out");

        let shops = owner.get("/admin/v1/shops").await.ok();
        let (path, name) = (format!("/admin/v1/shops/{}", shops[0]["id"].as_str().unwrap()), &shops[0]["name"]);
        let told = owner.put(&path, json!({ "name": name, "warehouse_district_code": "330106" })).await.ok();
        assert_eq!(told["warehouse_district_code"], "330106");
        let refused = owner.put(&path, json!({ "name": name, "warehouse_district_code": "999999" })).await;
        refused.refused("request.invalid");
    });
}

#[test]
fn clerks_send_what_leaves_from_their_shelf() {
    on_both_engines(async |mall| {
        let (tea, west, south) = furnished(&mall, 10).await;
        west.receive(&mall, &tea, 3).await;
        rule(&mall, "nearest_first").await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 2)]).await;
        let (here, there) = (mall.clerk(&west).await, mall.clerk(&south).await);
        let listed = async |by: &StaffClient| by.get("/admin/v1/orders?state=to_ship").await.ok()["items"].clone();
        assert_eq!(listed(&here).await[0]["id"], json!(order.id));
        assert_eq!(listed(&there).await, json!([]));
        assert_eq!(here.get("/admin/v1/order-counts").await.ok()["to_ship"], 1);
        there.ship(&order, "SF1000000009").await.refused("order.other_store");
        here.ship(&order, "SF1000000009").await.ok();
        let row = mall.staff().get(&format!("/admin/v1/inventory?location_id={}", west.location_id)).await.ok();
        assert_eq!(row["items"][0]["on_hand"], 1, "it left from that shelf");
        assert_eq!(mall.stock(&tea).await, (10, 0));
    });
}

#[test]
fn two_buyers_of_the_last_pieces_are_sent_from_two_places() {
    on_both_engines(async |mall| {
        let (tea, west, south) = furnished(&mall, 1).await;
        west.receive(&mall, &tea, 1).await;
        south.receive(&mall, &tea, 1).await;
        rule(&mall, "nearest_first").await;
        let buyers = mall.members(3).await;
        let mut racing = JoinSet::new();
        for buyer in buyers {
            let tea = tea.clone();
            racing.spawn(async move { buyer.place_at(&[(&tea, 1)], 100).await.status.is_success() });
        }
        let placed = racing.join_all().await.into_iter().filter(|placed| *placed).count();
        // Each of the three may be pushed aside twice at worst, and tries again once.
        assert!((2..=3).contains(&placed), "{placed}");
        let taken = mall.number("select count(*) from stock where mall_id = $1 and reserved = 1").await;
        assert_eq!(usize::try_from(taken).unwrap(), placed);
    });
}

#[test]
fn what_lies_in_two_places_is_sent_from_both_where_the_mall_allows_it() {
    on_both_engines(async |mall| {
        let (tea, west, south) = furnished(&mall, 0).await;
        let cup = mall.product("茶杯").price_fen(4_999).stock(0).create().await;
        let pot = mall.product("茶壶").price_fen(10_001).stock(0).create().await;
        west.receive(&mall, &tea, 3).await;
        west.receive(&mall, &cup, 1).await;
        south.receive(&mall, &cup, 5).await;
        south.receive(&mall, &pot, 5).await;
        mall.charge_freight(600, 100).await;
        let promotion = json!({ "name": "满减", "rule": { "kind": "spend_save",
            "steps": [{ "need": { "spend_fen": 15_000 }, "off_fen": 1_001 }] }, "per_member": 1 });
        let made = mall.staff().post("/admin/v1/promotions", promotion).await.ok();
        offers::publish(&mall, made["id"].as_str().unwrap()).await;
        let ann = mall.member().await;
        let wanted = [(&tea, 3), (&cup, 1), (&pot, 1)];
        rule(&mall, "nearest_first").await;
        ann.place_order(&wanted).await.refused("inventory.sold_out");

        rule_with(&mall, "nearest_first", true).await;
        ann.place_order(&[(&tea, 4), (&pot, 1)]).await.refused("inventory.sold_out");
        let quote = ann.quote(&wanted).await.ok();
        assert_eq!(quote["shops"][0]["orders"], 2, "{quote}");
        let of: Vec<&Value> = quote["lines"].as_array().unwrap().iter().map(|line| &line["order"]).collect();
        assert_eq!(of, [1, 1, 2], "the near store sends two of the three");
        assert_eq!((&quote["discount_fen"], &quote["freight_fen"]), (&json!(-1_001), &json!(1_000)), "{quote}");
        let placed = ann.place_order(&wanted).await.ok();
        assert_eq!(placed.total_fen, quote["total_fen"].as_i64().unwrap());
        let shown = ann.order(&placed).await;
        let orders = orders_of(&placed);
        assert_eq!((orders.len(), shown["together"].as_array().unwrap().len()), (2, 2), "{shown}");
        let mut freights = Vec::new();
        let mut total = 0;
        for (order, place) in orders.iter().zip(["城西店", "城南店"]) {
            assert_eq!(leaves_from(&mall.staff(), order).await, place);
            let shown = ann.order(order).await;
            freights.push(shown["freight_fen"].as_i64().unwrap());
            total += shown["total_fen"].as_i64().unwrap();
        }
        assert_eq!((total, &freights[..]), (placed.total_fen, &[1_000, 0][..]), "freight is asked once");
        assert_eq!(mall.stock_at(&pot, south.location_id).await, (5, 1));
        assert_eq!(mall.stock_at(&cup, south.location_id).await, (5, 0), "the near store's is taken");

        ann.pay(&placed).await;
        let (here, there) = (mall.clerk(&west).await, mall.clerk(&south).await);
        here.ship(&orders[1], "SF1000000010").await.refused("order.other_store");
        here.ship(&orders[0], "SF1000000011").await.ok();
        there.ship(&orders[1], "SF1000000012").await.ok();
        ann.confirm(&orders[0]).await.ok();
        assert_eq!(ann.status_of(&orders[1]).await, "shipped", "each goes its own way");
        let used = mall.number("select used_count from promotion where mall_id = $1").await;
        assert_eq!(used, 1, "both orders used the promotion once");
    });
}
