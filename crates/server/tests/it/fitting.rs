//! Goods put aside for trying: kept on the store's shelf until it closes on that day, for as many as a member may have, then
//! sold from what was kept, put back, given up, or free again by themselves.

use crate::counter::{Till, cash, items, order_of, till};
use crate::furnished::Furnished;
use testkit::{Client, MemberClient, Product, Reply, Store, TestMall, Value, hours, json, minutes, on_both_engines};
use tokio::task::JoinSet;

/// The walk over every write of the back office.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let ann = mall.member().await;
    let held = put_aside(&ann, &f.store, &f.product, 1, "2026-11-23").await.ok();
    let path = format!("/admin/v1/fittings/{}/step", held["id"].as_str().unwrap());
    vec![("POST /admin/v1/fittings/{id}/step", path, json!({ "step": "return" }))]
}

async fn put_aside(by: &Client, store: &Store, goods: &Product, quantity: i64, day: &str) -> Reply {
    let body = json!({ "store_id": store.id, "sku_id": goods.sku().id, "quantity": quantity, "day": day });
    by.post("/api/v1/fittings", body).await
}

async fn step(by: &Client, held: &Value, step: &str) -> Reply {
    step_with(by, held, json!({ "step": step })).await
}

async fn step_with(by: &Client, held: &Value, step: Value) -> Reply {
    by.post(&format!("/admin/v1/fittings/{}/step", held["id"].as_str().unwrap()), step).await
}

async fn state(by: &MemberClient, held: &Value) -> String {
    let mine = by.get("/api/v1/fittings").await.ok();
    let found = mine["items"].as_array().unwrap().iter().find(|one| one["id"] == held["id"]).unwrap().clone();
    found["state"].as_str().unwrap().to_owned()
}

const TODAY: &str = "2026-11-23";

async fn furnished(mall: &TestMall, pieces: i64) -> (Store, Product) {
    let coat = mall.product("棉麻外套").price_fen(29_900).stock(0).create().await;
    let store = mall.store("湖滨店").await;
    store.receive(mall, &coat, pieces).await;
    (store, coat)
}

#[test]
fn nobody_empties_a_store_and_the_last_piece_is_put_aside_once() {
    on_both_engines(async |mall| {
        let (store, coat) = furnished(&mall, 5).await;
        let ann = mall.member().await;
        put_aside(&ann, &store, &coat, 4, TODAY).await.refused("request.invalid");
        put_aside(&ann, &store, &coat, 1, "2026-11-26").await.refused("request.invalid");
        put_aside(&ann, &store, &coat, 1, "2026-11-22").await.refused("request.invalid");
        put_aside(&ann, &store, &coat, 2, TODAY).await.ok();
        put_aside(&ann, &store, &coat, 2, TODAY).await.refused("fitting.too_many");
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (5, 2));
        let members = mall.members(12).await;
        let beside = mall.world.beside().await;
        let mut racing = JoinSet::new();
        for (turn, member) in members.iter().enumerate() {
            let member = member.in_world(if turn % 2 == 0 { &mall.world } else { &beside });
            let (store, coat) = (store.clone(), coat.clone());
            racing.spawn(async move { put_aside(&member, &store, &coat, 1, TODAY).await });
        }
        let replies = racing.join_all().await;
        replies.iter().filter(|reply| !reply.status.is_success()).for_each(|reply| {
            reply.refused("inventory.sold_out");
        });
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (5, 5));
        let rules = json!({ "name": "商城", "accent": "#112233", "fitting_pieces": 0 });
        mall.staff().put("/admin/v1/settings/mall", rules).await.ok();
        put_aside(&members[0], &store, &coat, 1, TODAY).await.refused("fitting.off");
        mall.clock.advance(hours(11));
        mall.run_jobs().await;
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (5, 0), "the store has closed");
        assert_eq!(mall.number("select count(*) from fitting where mall_id = $1 and state = 'expired'").await, 4);
    });
}

#[test]
fn what_is_taken_is_sold_from_what_was_kept() {
    on_both_engines(async |mall| {
        let (store, coat) = furnished(&mall, 3).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        let sold = put_aside(&ann, &store, &coat, 1, TODAY).await.ok();
        let back = put_aside(&ann, &store, &coat, 1, TODAY).await.ok();
        let given_up = put_aside(&bob, &store, &coat, 1, TODAY).await.ok();
        let clerk = mall.clerk(&store).await;
        let stranger = mall.clerk(&mall.store("钱江店").await).await;
        let list = clerk.get(&format!("/admin/v1/fittings?store_id={}", store.id)).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), 3);
        stranger.get(&format!("/admin/v1/fittings?store_id={}", store.id)).await.refused("fitting.other_store");
        step(&stranger, &sold, "ready").await.refused("fitting.other_store");
        step(&clerk, &sold, "ready").await.ok();
        step(&clerk, &sold, "ready").await.refused("fitting.over");
        mall.run_jobs().await;
        let told = &ann.get("/api/v1/messages").await.ok()["items"][0];
        assert_eq!((&told["kind"], &told["facts"]["store"]), (&json!("fitting_ready"), &json!("湖滨店")));
        let give_up = format!("/api/v1/fittings/{}/cancel", given_up["id"].as_str().unwrap());
        ann.post(&give_up, json!({})).await.refused("fitting.not_found");
        bob.post(&give_up, json!({})).await.ok();
        bob.post(&give_up, json!({})).await.refused("fitting.over");
        step(&clerk, &back, "return").await.ok();

        mall.clock.advance(minutes(1));
        // Somebody buys the two that are free; what was kept is sold all the same.
        let till: Till = till(&mall, &store, 0).await;
        till.sell(&[(&coat, 2)], 59_800, cash(59_800)).await.ok();
        till.sell(&[(&coat, 1)], 29_900, cash(29_900)).await.refused("inventory.sold_out");
        let ids = json!([sold["id"]]);
        let ask = json!({ "store_id": store.id, "items": items(&[(&coat, 1)]), "fitting_ids": ids });
        assert_eq!(till.clerk.post("/admin/v1/counter/quote", ask).await.ok()["placeable"], true);
        let mut sale = till.sale(&[(&coat, 1)], 29_900, cash(29_900));
        sale["fitting_ids"] = ids;
        till.clerk.post("/admin/v1/counter/sales", sale.clone()).await.ok();
        till.clerk.post("/admin/v1/counter/sales", sale).await.refused("fitting.over");
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (0, 0));
        let states = [state(&ann, &sold).await, state(&ann, &back).await, state(&bob, &given_up).await];
        assert_eq!(states, ["bought", "returned", "cancelled"]);
        let over = clerk.get(&format!("/admin/v1/fittings?store_id={}&state=over", store.id)).await.ok();
        let over: Vec<&Value> = over["items"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
        assert_eq!(over, ["bought", "cancelled", "returned"], "the last to end first");
    });
}

#[test]
fn the_days_to_choose_are_those_on_which_the_store_is_open() {
    on_both_engines(async |mall| {
        let (store, coat) = furnished(&mall, 2).await;
        let ask = format!("/api/v1/fittings/days?store_id={}&sku_id={}", store.id, coat.sku().id);
        let ann = mall.member().await;
        let found = ann.get(&ask).await.ok();
        assert_eq!(found["most"], 2, "no more than lie there");
        let days = |found: &Value| -> Vec<String> {
            let days = found["days"].as_array().unwrap().iter();
            days.map(|day| day["day"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(days(&found), [TODAY, "2026-11-24", "2026-11-25"]);
        mall.clock.advance(hours(11));
        assert_eq!(days(&ann.get(&ask).await.ok()), ["2026-11-24", "2026-11-25"], "today it has closed");
        put_aside(&ann, &store, &coat, 1, TODAY).await.refused("fitting.day_closed");
    });
}

#[test]
fn what_the_store_cannot_keep_is_told_with_its_reason() {
    on_both_engines(async |mall| {
        let (store, coat) = furnished(&mall, 2).await;
        let (ann, clerk) = (mall.member().await, mall.clerk(&store).await);
        let held = put_aside(&ann, &store, &coat, 1, TODAY).await.ok();
        let refused = step(&clerk, &held, "refuse").await;
        assert_eq!(refused.refused("request.invalid")["field"], "reason");
        step_with(&clerk, &held, json!({ "step": "refuse", "reason": "袖口脱线了" })).await.ok();
        mall.run_jobs().await;
        let told = &ann.get("/api/v1/messages").await.ok()["items"][0];
        assert_eq!((&told["kind"], &told["facts"]["reason"]), (&json!("fitting_refused"), &json!("袖口脱线了")));
        assert_eq!(state(&ann, &held).await, "refused");
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (2, 0));
    });
}

#[test]
fn the_till_finds_what_waits_for_a_member_and_a_sale_given_up_gives_it_back() {
    on_both_engines(async |mall| {
        let (store, coat) = furnished(&mall, 2).await;
        let ann = mall.member().await;
        let till: Till = till(&mall, &store, 0).await;
        let waiting = format!("/admin/v1/counter/fittings?store_id={}&member_id={}", store.id, ann.id);
        let nothing = till.clerk.get(&waiting).await.ok();
        assert_eq!((&nothing["member"], &nothing["items"]), (&Value::Null, &json!([])));
        let held = put_aside(&ann, &store, &coat, 2, TODAY).await.ok();
        let found = till.clerk.get(&waiting).await.ok();
        assert_eq!((&found["items"][0]["id"], &found["member"]["id"]), (&held["id"], &json!(ann.id)));
        assert_eq!(found["goods"][0]["available"], 0, "what is kept is nobody else's");

        // Put aside with the basket and taken up again, it is still from what was kept.
        let ids = json!([held["id"]]);
        let basket = json!({ "items": items(&[(&coat, 1)]), "member_id": ann.id, "fitting_ids": ids });
        let body = json!({ "store_id": store.id, "label": "红帽子", "basket": basket });
        let aside = till.clerk.post("/admin/v1/counter/held-sales", body).await.ok();
        let take = format!("/admin/v1/counter/held-sales/{}/take", aside["id"].as_str().unwrap());
        assert_eq!(till.clerk.post(&take, json!({})).await.ok()["fittings"][0]["id"], held["id"]);

        let code = json!([{ "kind": "code", "amount_fen": 29_900, "auth_code": "130000000000000001" }]);
        let mut sale = till.sale(&[(&coat, 1)], 29_900, code);
        sale["member_id"] = json!(ann.id);
        sale["fitting_ids"] = ids.clone();
        let asked = till.clerk.post("/admin/v1/counter/sales", sale.clone()).await.ok();
        assert_eq!((&asked["state"], state(&ann, &held).await.as_str()), (&json!("waiting"), "bought"));
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (2, 1), "of two that were kept one is bought");
        let cancel = format!("/admin/v1/counter/sales/{}/cancel", order_of(&asked));
        till.clerk.post(&cancel, json!({})).await.ok();
        assert_eq!(state(&ann, &held).await, "returned");
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (2, 0));

        // Told late, what is over by then is sold from the shelf: the buyer has left with it.
        sale["tenders"] = cash(29_900);
        till.clerk.post("/admin/v1/counter/sales", sale.clone()).await.refused("fitting.over");
        sale.as_object_mut().unwrap().remove("member_id");
        sale["rung_at"] = json!(mall.clock_now().to_string());
        till.clerk.post("/admin/v1/counter/sales", sale).await.ok();
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (1, 0));
    });
}

/// What a store has to put back, as its page shows it.
async fn to_put_back(by: &Client, store: &Store) -> Vec<Value> {
    let path = format!("/admin/v1/fittings?store_id={}&state=to_put_back", store.id);
    by.get(&path).await.ok()["items"].as_array().unwrap().clone()
}

#[test]
fn what_was_laid_out_for_nobody_stays_in_the_list_until_one_clerk_puts_it_back() {
    on_both_engines(async |mall| {
        let (store, coat) = furnished(&mall, 5).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        let laid_out = put_aside(&ann, &store, &coat, 2, TODAY).await.ok();
        let given_up = put_aside(&bob, &store, &coat, 1, TODAY).await.ok();
        let in_its_place = put_aside(&bob, &store, &coat, 1, TODAY).await.ok();
        let (lin, wu) = (mall.clerk(&store).await, mall.clerk(&store).await);
        let far = mall.store("钱江店").await;
        let stranger = mall.clerk(&far).await;
        for held in [&laid_out, &given_up] {
            step(&lin, held, "put_back").await.refused("fitting.not_to_put_back");
            step(&lin, held, "ready").await.ok();
        }
        assert_eq!(to_put_back(&lin, &store).await.len(), 0);
        bob.post(&format!("/api/v1/fittings/{}/cancel", given_up["id"].as_str().unwrap()), json!({})).await.ok();
        mall.clock.advance(hours(11));
        mall.run_jobs().await;
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (5, 0), "the stock is free at once");
        let lies = to_put_back(&lin, &store).await;
        let ids: Vec<&Value> = lies.iter().map(|row| &row["id"]).collect();
        assert_eq!(
            ids,
            [&given_up["id"], &laid_out["id"]],
            "the longest first; what was never laid out lies on the shelf"
        );
        assert!(lies.iter().all(|row| row["is_to_put_back"] == true));
        let counted = lin.get("/admin/v1/fittings/put-backs").await.ok();
        assert_eq!((&counted[0]["count"], &counted[0]["store_name"]), (&json!(2), &json!("湖滨店")));
        assert_eq!(
            mall.staff().get("/admin/v1/fittings/put-backs").await.ok(),
            counted,
            "the owner hears of every store"
        );
        assert_eq!(stranger.get("/admin/v1/fittings/put-backs").await.ok(), json!([]));
        let other = mall.world.found("second").await.staff();
        assert_eq!(other.get("/admin/v1/fittings/put-backs").await.ok(), json!([]));
        step(&other, &laid_out, "put_back").await.refused("fitting.not_found");

        step(&stranger, &laid_out, "put_back").await.refused("fitting.other_store");
        step(&lin, &in_its_place, "put_back").await.refused("fitting.not_to_put_back");
        // Two clerks at once: one of them did it.
        let (one, two) = tokio::join!(step(&lin, &laid_out, "put_back"), step(&wu, &laid_out, "put_back"));
        let done = [&one, &two].into_iter().filter(|reply| reply.status.is_success()).count();
        assert_eq!(done, 1);
        [one, two].iter().filter(|reply| !reply.status.is_success()).for_each(|reply| {
            reply.refused("fitting.put_back_already");
        });
        step(&lin, &given_up, "put_back").await.ok();
        assert_eq!(to_put_back(&lin, &store).await.len(), 0);
        let over = lin.get(&format!("/admin/v1/fittings?store_id={}&state=over", store.id)).await.ok();
        let row = over["items"].as_array().unwrap().iter().find(|row| row["id"] == given_up["id"]).unwrap().clone();
        assert!(row["put_back_by"].is_string() && row["put_back_at"] == mall.clock_now().to_string(), "{row}");
        assert_eq!((&row["state"], &row["is_to_put_back"]), (&json!("cancelled"), &json!(false)));
        assert_eq!(lin.get("/admin/v1/fittings/put-backs").await.ok(), json!([]));
        assert_eq!(mall.stock_at(&coat, store.location_id).await, (5, 0));
    });
}
