//! Stock between the warehouse and stores: clerks act at their own shelf, what is on its way is seen and not sold, and
//! four weeks of sales say what to bring where.

use testkit::{Product, StaffClient, Store, TestMall, Value, days, json, on_both_engines};

const CLERK: &[&str] = &["inventory.view", "inventory.edit"];

async fn open(by: &StaffClient, from: impl ToString, to: impl ToString, tea: &Product, pieces: i64) -> testkit::Reply {
    let body = json!({ "from_location_id": from.to_string(), "to_location_id": to.to_string(),
        "lines": [{ "sku_id": tea.sku().id, "quantity": pieces }] });
    by.post("/admin/v1/stock-transfers", body).await
}

fn path(sheet: &Value, verb: &str) -> String {
    format!("/admin/v1/stock-transfers/{}{verb}", sheet["transfer"]["id"].as_str().unwrap())
}

fn receipt(tea: &Product, seen: i64, received: i64) -> Value {
    json!({ "seen": seen, "lines": [{ "sku_id": tea.sku().id, "received": received }] })
}

async fn furnished(mall: &TestMall) -> (Product, Store, Store) {
    let tea = mall.product("龙井").price_fen(100).stock(40).create().await;
    (tea, mall.store("湖滨店").await, mall.store("城西店").await)
}

#[test]
fn a_clerk_of_a_store_sends_what_leaves_it_and_receives_what_comes_to_it() {
    on_both_engines(async |mall| {
        let (tea, lake, west) = furnished(&mall).await;
        let (owner, here) = (mall.staff(), mall.staff_with(CLERK, Some(&lake)).await);
        let there = mall.staff_with(CLERK, Some(&west)).await;
        let asked = open(&here, mall.warehouse, lake.location_id, &tea, 6).await.ok();
        assert_eq!(asked["allowed_actions"], json!(["edit", "cancel"]), "a store asks, the warehouse sends");
        open(&there, mall.warehouse, lake.location_id, &tea, 6).await.refused("inventory.other_store");
        here.post(&path(&asked, "/send"), json!({})).await.refused("inventory.other_store");
        let sent = owner.post(&path(&asked, "/send"), json!({})).await.ok();
        assert_eq!(sent["transfer"]["underway"], 6);
        there.post(&path(&asked, "/receive"), receipt(&tea, 6, 6)).await.refused("inventory.other_store");
        assert_eq!(there.get("/admin/v1/stock-transfers").await.ok()["items"], json!([]));

        let rows = owner.get(&format!("/admin/v1/inventory/underway?sku_id={}", tea.sku().id)).await.ok();
        assert_eq!((&rows[0]["to_name"], &rows[0]["quantity"]), (&json!("湖滨店"), &json!(6)));
        let arrived = here.post(&path(&asked, "/receive"), receipt(&tea, 6, 4)).await.ok();
        assert_eq!((&arrived["transfer"]["state"], &arrived["transfer"]["underway"]), (&json!("sent"), &json!(2)));
        let shelf = format!("/admin/v1/inventory?location_id={}", lake.location_id);
        let row = here.get(&shelf).await.ok()["items"][0].clone();
        assert_eq!((&row["on_hand"], &row["in_transit"]), (&json!(4), &json!(2)));
        here.post(&path(&asked, "/receive"), receipt(&tea, 6, 2)).await.refused("stock_transfer.moved");
        here.post(&path(&asked, "/receive"), receipt(&tea, 2, 2)).await.ok();
        assert_eq!(mall.stock(&tea).await.0, 34);

        let back = open(&here, lake.location_id, west.location_id, &tea, 9).await.ok();
        here.post(&path(&back, "/send"), json!({})).await.refused("stock_transfer.short");
        here.post(&path(&back, "/cancel"), json!({})).await.ok();
    });
}

#[test]
fn a_clerk_of_a_store_counts_and_corrects_the_own_shelf_only() {
    on_both_engines(async |mall| {
        let (tea, lake, west) = furnished(&mall).await;
        lake.receive(&mall, &tea, 5).await;
        west.receive(&mall, &tea, 5).await;
        let here = mall.staff_with(CLERK, Some(&lake)).await;
        let there = mall.staff_with(CLERK, Some(&west)).await;
        let new = |place: &Store| json!({ "location_id": place.location_id });
        here.post("/admin/v1/stock-takes", new(&west)).await.refused("inventory.other_store");
        let take = here.post("/admin/v1/stock-takes", new(&lake)).await.ok();
        let id = take["stock_take"]["id"].as_str().unwrap();
        let of = |verb: &str| format!("/admin/v1/stock-takes/{id}{verb}");
        let counts = json!({ "counts": [{ "sku_id": tea.sku().id, "counted": 3 }] });
        there.get(&of("")).await.refused("inventory.other_store");
        there.get(&of("/lines")).await.refused("inventory.other_store");
        there.get(&of("/file")).await.refused("inventory.other_store");
        there.put(&of("/counts"), counts.clone()).await.refused("inventory.other_store");
        there.post(&of("/move"), json!({ "move": "cancel" })).await.refused("inventory.other_store");
        there.post(&of("/post"), json!({})).await.refused("inventory.other_store");
        assert_eq!(there.get("/admin/v1/stock-takes").await.ok()["items"], json!([]));
        here.put(&of("/counts"), counts).await.ok();
        here.post(&of("/move"), json!({ "move": "finish" })).await.ok();
        let posted = here.post(&of("/post"), json!({})).await.ok();
        assert_eq!(posted["stock_take"]["missing"], 2);
        let shelf = format!("/admin/v1/inventory?location_id={}", lake.location_id);
        assert_eq!(here.get(&shelf).await.ok()["items"][0]["on_hand"], 3);

        let change = |place: &Store| json!({ "sku_id": tea.sku().id, "location_id": place.location_id, "kind": "adjust", "quantity": 1 });
        here.post("/admin/v1/inventory/changes", change(&west)).await.refused("inventory.other_store");
        here.post("/admin/v1/inventory/changes", change(&lake)).await.ok();
        let mark = |place: &Store| json!({ "marks": [{ "sku_id": tea.sku().id, "location_id": place.location_id, "low_mark": 9 }] });
        here.put("/admin/v1/inventory/low-marks", mark(&west)).await.refused("inventory.other_store");
        here.put("/admin/v1/inventory/low-marks", mark(&lake)).await.status(204);
        let moved = |from: &Store, to: &Store| json!({ "sku_id": tea.sku().id, "from_location_id": from.location_id, "to_location_id": to.location_id, "quantity": 1 });
        here.post("/admin/v1/inventory/transfers", moved(&west, &lake)).await.refused("inventory.other_store");
        here.post("/admin/v1/inventory/transfers", moved(&lake, &west)).await.ok();

        // What fell low rings where it lies.
        mall.run_jobs().await;
        goods::inventory::tell_low_stock(mall.world.app().clone()).await.unwrap();
        let told = here.get("/admin/v1/inventory/low-notices").await.ok();
        assert_eq!((told.as_array().unwrap().len(), &told[0]["stock"]["available"]), (1, &json!(3)));
        assert_eq!(there.get("/admin/v1/inventory/low-notices").await.ok(), json!([]));
        assert_eq!(mall.staff().get("/admin/v1/inventory/low-notices").await.ok().as_array().unwrap().len(), 1);
    });
}

#[test]
fn four_weeks_of_sales_say_what_to_bring_and_count_what_is_on_its_way() {
    on_both_engines(async |mall| {
        let (tea, lake, _) = furnished(&mall).await;
        lake.receive(&mall, &tea, 30).await;
        let (ann, south) = (mall.member().await, mall.store("南店").await);
        for _ in 0..2 {
            let order = ann.place_pickup(&lake, &[(&tea, 10)]).await.ok();
            ann.pay(&order).await;
            mall.clock.advance(days(2));
        }
        let count = async || goods::inventory::count_pace(mall.world.app().clone()).await.unwrap();
        count().await;
        let hints = async |place: kernel::Id, days: i64| {
            let owner = mall.staff_again().await;
            owner.get(&format!("/admin/v1/inventory/replenishment?location_id={place}&days={days}")).await.ok()
        };
        let told = hints(lake.location_id, 28).await;
        let hint = &told["hints"]["items"][0];
        assert_eq!((&hint["sold"], &hint["available"]), (&json!(20), &json!(10)));
        assert_eq!((&hint["cover_days"], &hint["suggested"]), (&json!(14), &json!(10)));
        assert_eq!((&hint["source_available"], &told["source_location_id"]), (&json!(40), &json!(mall.warehouse)));
        assert_eq!(hints(lake.location_id, 14).await["hints"]["items"], json!([]), "it lasts for a fortnight");
        assert_eq!(hints(mall.warehouse, 90).await["hints"]["items"], json!([]), "nothing was sold from there");

        let owner = mall.staff_again().await;
        let sheet = open(&owner, mall.warehouse, lake.location_id, &tea, 4).await.ok();
        owner.post(&path(&sheet, "/send"), json!({})).await.ok();
        let hint = hints(lake.location_id, 28).await["hints"]["items"][0].clone();
        assert_eq!((&hint["in_transit"], &hint["suggested"], &hint["cover_days"]), (&json!(4), &json!(6), &json!(19)));
        let other = mall.staff_with(CLERK, Some(&south)).await;
        let path = format!("/admin/v1/inventory/replenishment?location_id={}", lake.location_id);
        other.get(&path).await.refused("inventory.other_store");

        mall.clock.advance(days(30));
        count().await;
        assert_eq!(hints(lake.location_id, 90).await["hints"]["items"], json!([]), "long ago");
    });
}
