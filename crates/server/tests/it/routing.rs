//! Where a parcel leaves from: the mall's rule, what lies where, and whose clerks send it.

use testkit::{Order, Product, StaffClient, Store, TestMall, json, on_both_engines};
use tokio::task::JoinSet;

async fn rule(mall: &TestMall, rule: &str) {
    let mut settings = mall.staff().get("/admin/v1/settings/mall").await.ok();
    settings["express_from"] = json!(rule);
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
