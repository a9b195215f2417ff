//! The store a member belongs to: the first invite or the first sale at a counter wins, staff move with a reason, and what
//! counts for an order is what was paid for it less what came back.

use crate::contract::Ids;
use crate::counter::{Till, cash, order_of, till};
use crate::furnished::Furnished;
use testkit::{Client, MemberClient, Product, StaffClient, Store, TestMall, Value, days, json, on_both_engines};

/// A member with a home, and the invite that won them.
pub async fn furnish(mall: &TestMall, member: &MemberClient, store: &Store) -> Ids {
    let invite = mall.staff().post("/admin/v1/homes/invites", json!({ "store_id": store.id })).await.ok();
    let code = invite["code"].as_str().unwrap().to_owned();
    member.post("/api/v1/home-invites/open", json!({ "code": code })).await.ok();
    Ids::from([("invite", code)])
}

/// This part of the walk over every write of the back office.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let clerk = mall.clerk(&f.store).await;
    let whose = |reason: Option<&str>| json!({ "store_id": f.store.id, "clerk_id": clerk.id, "reason": reason });
    let invite = json!({ "store_id": f.store.id, "clerk_id": clerk.id });
    let together = json!({ "from_store_id": f.store.id, "to_store_id": f.store.id, "reason": "导购离职" });
    vec![
        ("POST /admin/v1/homes/invites", "/admin/v1/homes/invites".into(), invite),
        ("PUT /admin/v1/members/{id}/home", format!("/admin/v1/members/{}/home", f.member.id), whose(Some("老顾客"))),
        ("POST /admin/v1/homes/moves", "/admin/v1/homes/moves".into(), together),
    ]
}

const SEES: [&str; 4] = ["order.view", "counter.sell", "product.view", "home.view"];

pub struct Street {
    /// At the lake, and the clerk who works there.
    pub lake: Store,
    pub lin: StaffClient,
    /// In the west, and its clerk.
    pub west: Store,
    pub wu: StaffClient,
    pub tea: Product,
}

/// Two stores with a clerk each, and tea at 100.00 on both shelves and in the warehouse.
pub async fn street(mall: &TestMall) -> Street {
    let (lake, west) = (mall.store("湖滨店").await, mall.store("城西店").await);
    let tea = mall.product("龙井").price_fen(10_000).stock(50).create().await;
    lake.receive(mall, &tea, 20).await;
    west.receive(mall, &tea, 20).await;
    let lin = mall.staff_with(&SEES, Some(&lake)).await;
    let wu = mall.staff_with(&SEES, Some(&west)).await;
    Street { lake, lin, west, wu, tea }
}

pub async fn code_of(clerk: &StaffClient) -> String {
    let invite = clerk.post("/admin/v1/homes/mine/invite", json!({})).await.ok();
    assert!(invite["link"].as_str().unwrap().ends_with(&format!("/#/?home={}", invite["code"].as_str().unwrap())));
    invite["code"].as_str().unwrap().to_owned()
}

pub async fn open(who: &Client, code: &str) -> testkit::Reply {
    who.post("/api/v1/home-invites/open", json!({ "code": code })).await
}

async fn sign_in(mall: &TestMall, guest: &Client, phone: &str) -> (Client, String) {
    mall.anonymous().post("/api/v1/session/sms-code", json!({ "phone": phone })).await.status(204);
    let code = mall.world.outside().sms.code(phone).unwrap();
    let granted = guest.post("/api/v1/session/phone", json!({ "phone": phone, "code": code })).await.ok();
    let member = mall.anonymous().with_token(granted["token"].as_str().unwrap());
    (member, granted["me"]["id"].as_str().unwrap().to_owned())
}

pub async fn home_of(member: &Client) -> (String, String) {
    let home = member.get("/api/v1/me/home").await.ok();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&home["store"]["name"]), text(&home["clerk_name"]))
}

async fn name_of(clerk: &StaffClient) -> String {
    clerk.get("/admin/v1/homes/mine").await.ok()["clerk_name"].as_str().unwrap().to_owned()
}

/// Sells tea to a member in cash.
async fn sell(till: &Till, tea: &Product, member: &MemberClient, pieces: i64) -> Value {
    let mut body = till.sale(&[(tea, pieces)], 10_000 * pieces, cash(10_000 * pieces));
    body["member_id"] = json!(member.id);
    till.clerk.post("/admin/v1/counter/sales", body).await.ok()
}

pub async fn report(staff: &StaffClient, store: Option<&Store>) -> Value {
    let query = store.map(|store| format!("?store_id={}", store.id)).unwrap_or_default();
    staff.get(&format!("/admin/v1/homes/report{query}")).await.ok()
}

pub fn figures(row: &Value) -> [i64; 6] {
    ["won", "bought", "online_fen", "here_fen", "elsewhere_fen", "refunded_fen"].map(|name| row[name].as_i64().unwrap())
}

pub async fn move_to(staff: &StaffClient, member: &MemberClient, store: &Store, clerk: &StaffClient) -> testkit::Reply {
    let body = json!({ "store_id": store.id, "clerk_id": clerk.id, "reason": "搬到城西住了" });
    staff.put(&format!("/admin/v1/members/{}/home", member.id), body).await
}

#[test]
fn a_guest_belongs_to_whoever_invited_first() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let (lins, wus) = (code_of(&street.lin).await, code_of(&street.wu).await);
        assert_eq!(code_of(&street.lin).await, lins, "a code is for good");
        let guest = mall.guest().await;
        open(&guest, "NOSUCH23").await.refused("home.no_such_invite");
        let opened = open(&guest, &lins.to_lowercase()).await.ok();
        assert_eq!((&opened["store_name"], opened["clerk_name"].is_string()), (&json!("湖滨店"), true));
        open(&guest, &wus).await.ok();
        let (ann, _) = sign_in(&mall, &guest, "13900000001").await;
        assert_eq!(home_of(&ann).await, ("湖滨店".to_owned(), name_of(&street.lin).await));
        // A member keeps the home they have, and one without gets one.
        open(&ann, &wus).await.ok();
        assert_eq!(home_of(&ann).await.0, "湖滨店");
        let bob = mall.member().await;
        assert_eq!(bob.get("/api/v1/me/home").await.ok(), json!({}));
        open(&bob, &wus).await.ok();
        assert_eq!(home_of(&bob).await.0, "城西店");
        // After a month the invite of a guest counts no more, and another takes its place.
        let late = mall.guest().await;
        open(&late, &lins).await.ok();
        mall.clock.advance(days(31));
        let (carl, _) = sign_in(&mall, &late, "13900000002").await;
        assert_eq!(home_of(&carl).await.0, "");
        // A clerk who left wins nobody; the poster on the wall is the store's.
        let left = json!({ "name": "林", "role_id": role_of(&mall, &street.lin).await, "store_id": street.lake.id, "status": "disabled" });
        mall.staff_again().await.put(&format!("/admin/v1/staff/{}", street.lin.id), left).await.ok();
        open(&carl, &lins).await.ok();
        assert_eq!(home_of(&carl).await, ("湖滨店".to_owned(), String::new()));
    });
}

pub async fn role_of(mall: &TestMall, staff: &StaffClient) -> Value {
    let all = mall.staff_again().await.get("/admin/v1/staff").await.ok();
    let rows = all["items"].as_array().or(all.as_array()).unwrap().clone();
    rows.iter().find(|row| row["id"] == staff.id.to_string()).unwrap()["role"]["id"].clone()
}

#[test]
fn of_two_invites_at_the_same_instant_one_wins() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let (lins, wus) = (code_of(&street.lin).await, code_of(&street.wu).await);
        for member in mall.members(4).await {
            let (one, two) = tokio::join!(open(&member, &lins), open(&member, &wus));
            one.ok();
            two.ok();
            let first = home_of(&member).await;
            assert!(!first.0.is_empty());
            open(&member, &lins).await.ok();
            open(&member, &wus).await.ok();
            assert_eq!(home_of(&member).await, first);
        }
        let guest = mall.guest().await;
        let (one, two) = tokio::join!(open(&guest, &lins), open(&guest, &wus));
        one.ok();
        two.ok();
        sign_in(&mall, &guest, "13900000003").await;
        assert_eq!(mall.number("select count(*) from member_home where mall_id = $1").await, 5);
        assert_eq!(mall.number("select count(*) from home_visit where mall_id = $1").await, 0);
        // An invite and a counter at once.
        let till = till(&mall, &street.west, 0).await;
        let dora = mall.member().await;
        let (opened, _) = tokio::join!(open(&dora, &lins), sell(&till, &street.tea, &dora, 1));
        opened.ok();
        assert_eq!(mall.number("select count(*) from member_home where mall_id = $1").await, 6);
        assert_ne!(home_of(&dora).await.0, "");
    });
}

#[test]
fn the_first_sale_at_a_counter_wins_and_a_return_is_taken_back() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let (here, there) = (till(&mall, &street.lake, 50_000).await, till(&mall, &street.west, 50_000).await);
        let ann = mall.member().await;
        let sale = sell(&here, &street.tea, &ann, 3).await;
        assert_eq!(home_of(&ann).await, ("湖滨店".to_owned(), name_of(&here.clerk).await));
        sell(&there, &street.tea, &ann, 1).await;
        here.sell(&[(&street.tea, 1)], 10_000, cash(10_000)).await.ok();
        assert_eq!(
            mall.number("select count(*) from member_home where mall_id = $1").await,
            1,
            "nobody wins a walk-in"
        );
        let back = json!({ "shift_id": here.shift, "reason": "no_reason",
            "lines": [{ "line_id": "1", "quantity": 2, "sellable_quantity": 2 }] });
        let path = format!("/admin/v1/counter/sales/{}/return", order_of(&sale));
        here.clerk.post_once(&path, "back", back.clone()).await.ok();
        here.clerk.post_once(&path, "back", back).await.ok();
        let made = report(&mall.staff(), None).await;
        assert_eq!(figures(&made["rows"][0]), [1, 1, 0, 10_000, 10_000, 20_000]);
        assert_eq!((&made["rows"][0]["name"], &made["total"]["sales_fen"]), (&json!("湖滨店"), &json!(20_000)));
        assert_eq!(figures(&made["days"][0]), figures(&made["total"]));
        mall.run_jobs().await;
    });
}

#[test]
fn a_move_moves_what_is_sold_from_then_on_and_money_goes_back_to_where_it_was_counted() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let ann = mall.member().await;
        let before = ann.buy(&[(&street.tea, 1)]).await;
        assert_eq!(mall.number("select count(*) from home_sale where mall_id = $1").await, 0);
        open(&ann, &code_of(&street.lin).await).await.ok();
        let order = ann.place_order(&[(&street.tea, 2)]).await.ok();
        let (_, notice) = ann.pay_without_notice(&order).await;
        for _ in 0..2 {
            mall.deliver(&notice).await.status(204);
        }
        assert_eq!(
            mall.number("select count(*) from home_sale where mall_id = $1").await,
            1,
            "told twice, counted once"
        );

        let path = format!("/admin/v1/members/{}/home", ann.id);
        let owner = mall.staff();
        owner.put(&path, json!({ "store_id": street.west.id, "reason": " " })).await.refused("request.invalid");
        owner.put(&path, json!({ "clerk_id": street.wu.id, "reason": "错" })).await.refused("request.invalid");
        let odd = json!({ "store_id": street.west.id, "clerk_id": street.lin.id, "reason": "错" });
        owner.put(&path, odd).await.refused("home.no_such_clerk");
        let moved = move_to(&owner, &ann, &street.west, &street.wu).await.ok();
        assert_eq!((&moved["home"]["store_name"], &moved["home"]["how"]), (&json!("城西店"), &json!("staff")));
        move_to(&owner, &ann, &street.west, &street.wu).await.refused("home.same");
        ann.buy(&[(&street.tea, 1)]).await;
        // The order from before the move comes back after it, and the one from before any home counts for none.
        owner.refund(&order, "缺货").await.ok();
        owner.refund(&before, "缺货").await.ok();
        mall.run_jobs().await;
        let (lake, west) = (report(&owner, Some(&street.lake)).await, report(&owner, Some(&street.west)).await);
        assert_eq!(figures(&lake["total"]), [1, 1, 0, 0, 0, 20_000]);
        assert_eq!(figures(&west["total"]), [0, 0, 10_000, 0, 0, 0]);
        let clerk = west["rows"].as_array().unwrap().iter().find(|row| row["id"] == street.wu.id.to_string()).unwrap();
        assert_eq!((&clerk["members"], &clerk["sales_fen"], &clerk["orders"]), (&json!(1), &json!(10_000), &json!(1)));

        let profile = owner.get(&format!("/admin/v1/members/{}", ann.id)).await.ok();
        assert_eq!(profile["home"]["store_name"], "城西店");
        let told = profile["events"].to_string();
        assert!(
            told.contains("扫码或链接邀请") && told.contains("把归属改为城西店") && told.contains("搬到城西住了"),
            "{told}"
        );
        let log = owner.get("/admin/v1/audit").await.ok().to_string();
        assert!(log.contains("归属由湖滨店") && log.contains("搬到城西住了"), "{log}");
        let listed = owner.get(&format!("/admin/v1/members?home_store_id={}", street.west.id)).await.ok();
        assert_eq!(listed["items"][0]["id"], ann.id.to_string());
        let none = owner.get(&format!("/admin/v1/members?home_store_id={}", street.lake.id)).await.ok();
        assert_eq!(none["items"], json!([]));
        // Taken away: the next invite may win again.
        owner.put(&path, json!({ "reason": "顾客要求" })).await.ok();
        owner.put(&path, json!({ "reason": "顾客要求" })).await.refused("home.same");
        assert_eq!(home_of(&ann).await.0, "");
        open(&ann, &code_of(&street.lin).await).await.ok();
        assert_eq!(home_of(&ann).await.0, "湖滨店");
    });
}

#[test]
fn whoever_turns_out_to_be_a_member_keeps_that_members_home() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let (lins, wus) = (code_of(&street.lin).await, code_of(&street.wu).await);
        let (ann, bob) = (mall.member().await, mall.member().await);
        open(&ann, &wus).await.ok();
        for (member, home) in [(&ann, "城西店"), (&bob, "湖滨店")] {
            let guest = mall.guest().await;
            open(&guest, &lins).await.ok();
            let (same, id) = sign_in(&mall, &guest, &member.phone).await;
            assert_eq!((id, home_of(&same).await.0), (member.id.to_string(), home.to_owned()));
        }
        // Two members become one by their phone: the one that stays keeps its home, else takes over the other's.
        let carl = mall.member().await;
        for (owner, person, home) in [(&ann, "安", "城西店"), (&carl, "卡", "湖滨店")] {
            let code = mall.mini_program.login_code(person);
            let granted = mall.guest().await.post("/api/v1/session/wechat", json!({ "code": code })).await.ok();
            let shadow = mall.anonymous().with_token(granted["token"].as_str().unwrap());
            open(&shadow, &lins).await.ok();
            let phone = mall.mini_program.phone_code(&owner.phone);
            let me = shadow.post("/api/v1/me/phone/wechat", json!({ "code": phone })).await.ok();
            assert_eq!(me["id"], owner.id.to_string());
            assert_eq!(home_of(owner).await.0, home);
        }
        let lost = "select count(*) from member_home h join member m on m.mall_id = h.mall_id and m.id = h.member_id
            where h.mall_id = $1 and m.status <> 'active'";
        assert_eq!(mall.number(lost).await, 0, "nothing is left with an account that was merged");
        let members = street.lin.get("/admin/v1/homes/mine/members").await.ok();
        assert_eq!(members["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_clerk_sees_the_own_store_and_another_mall_sees_nothing() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        ann.patch("/api/v1/me", json!({ "nickname": "沈知白" })).await.ok();
        open(&ann, &code_of(&street.lin).await).await.ok();
        open(&bob, &code_of(&street.wu).await).await.ok();
        ann.buy(&[(&street.tea, 1)]).await;
        let mine = street.lin.get("/admin/v1/homes/mine").await.ok();
        assert_eq!((&mine["store_name"], &mine["members"]), (&json!("湖滨店"), &json!(1)));
        assert_eq!(figures(&mine["month"]), [1, 1, 10_000, 0, 0, 0]);
        let members = street.lin.get("/admin/v1/homes/mine/members").await.ok();
        let (items, one) = (members["items"].as_array().unwrap(), &members["items"][0]);
        assert_eq!((items.len(), &one["name_masked"], &one["has_bought"]), (1, &json!("沈**"), &json!(true)));
        assert!(!members.to_string().contains("知白"));

        let own = report(&street.lin, None).await;
        assert_eq!((&own["store_name"], &own["total"]["sales_fen"]), (&json!("湖滨店"), &json!(10_000)));
        let there = format!("store_id={}", street.west.id);
        for path in ["report", "report.csv", "members"] {
            street.lin.get(&format!("/admin/v1/homes/{path}?{there}")).await.refused("home.other_store");
        }
        let listed = street.lin.get(&format!("/admin/v1/homes/members?clerk_id={}", street.wu.id)).await.ok();
        assert_eq!(listed["items"], json!([]), "not by the clerk either");
        street
            .lin
            .post("/admin/v1/homes/invites", json!({ "store_id": street.west.id }))
            .await
            .refused("home.other_store");
        let wus = code_of(&street.wu).await;
        street.lin.get(&format!("/admin/v1/homes/invites/{wus}/mini-code")).await.refused("home.other_store");
        street.wu.get(&format!("/admin/v1/homes/invites/{wus}/mini-code")).await.status(200);
        mall.clerk(&street.lake).await.get("/admin/v1/homes/report").await.refused("staff.not_allowed");
        mall.staff().post("/admin/v1/homes/mine/invite", json!({})).await.refused("home.no_store");
        // Whoever may move members and is bound to a store takes none from another.
        let chief = mall.staff_with(&["member.adjust", "member.view"], Some(&street.west)).await;
        move_to(&chief, &ann, &street.lake, &street.lin).await.refused("home.other_store");
        move_to(&chief, &ann, &street.west, &street.wu).await.refused("home.other_store");
        chief.get(&format!("/admin/v1/homes/clerks?store_id={}", street.lake.id)).await.refused("home.other_store");
        assert_eq!(home_of(&ann).await.0, "湖滨店");
        move_to(&chief, &mall.member().await, &street.west, &street.wu).await.ok();

        let file = mall.staff().get(&format!("/admin/v1/homes/report.csv?store_id={}", street.lake.id)).await;
        let text = String::from_utf8_lossy(&file.body).into_owned();
        assert!(text.contains("导购,新增会员") && text.contains("合计,1,1,1,100.00,0.00,0.00,0.00,100.00"), "{text}");
        for query in ["from=2026-13-01", "from=2026-11-30&to=2026-11-01", "from=2020-01-01&to=2026-01-01"] {
            mall.staff().get(&format!("/admin/v1/homes/report?{query}")).await.refused("request.invalid");
        }
        let other = mall.world.found("second").await;
        let stranger = other.member().await;
        open(&stranger, &wus).await.refused("home.no_such_invite");
        assert_eq!(report(&other.staff(), None).await["rows"], json!([]));
        other.staff().get(&format!("/admin/v1/homes/report?{there}")).await.refused("store.not_found");
        move_to(&other.staff(), &ann, &street.west, &street.wu).await.refused("member.not_found");
    });
}

#[test]
fn whoever_leaves_is_forgotten_and_the_months_stay() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let ann = mall.member().await;
        open(&ann, &code_of(&street.lin).await).await.ok();
        move_to(&mall.staff(), &ann, &street.west, &street.wu).await.ok();
        let homes = home_in_copy(&mall, &ann).await;
        assert!(homes.contains("湖滨店") && homes.contains("城西店"), "{homes}");
        ann.post("/api/v1/privacy/closing", json!({ "understood": true })).await.ok();
        mall.run_jobs().await;
        let left = mall.dump().await;
        let rows = left.rows("member_home");
        assert!(rows.len() == 2 && rows.iter().all(|row| !row.contains(&ann.id.to_string())), "{rows:?}");
        assert!(rows.iter().all(|row| !row.contains("搬到城西住了")), "{rows:?}");
        assert_eq!(figures(&report(&mall.staff(), None).await["total"]), [1, 0, 0, 0, 0, 0]);
        assert_eq!(street.wu.get("/admin/v1/homes/mine").await.ok()["members"], 0);
    });
}

/// What the copy of a member's data says of homes.
async fn home_in_copy(mall: &TestMall, member: &MemberClient) -> String {
    let (app, mall_id, id) = (mall.world.app().clone(), mall.id, member.id);
    let reader = app.clone();
    let read = app.db.read(move |tx| {
        use people::hooks::PersonalData;
        let sections = server::flows::home::HomeData.gather(tx, &reader, mall_id, id)?;
        Ok(sections.into_iter().map(|section| format!("{}: {:?}", section.name, section.rows)).collect::<String>())
    });
    read.await.unwrap()
}
