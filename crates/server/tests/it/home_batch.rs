//! Members of a clerk who left are moved together: all who are there and nobody twice, whatever breaks off or comes between,
//! and what they bought stays where it was counted.

use crate::home::{Street, code_of, figures, home_of, move_to, open, report, role_of, street};
use kernel::Id;
use people::home::{Whose, opened_by};
use platform::task;
use std::time::Duration;
use testkit::{Client, MemberClient, Reply, StaffClient, Store, TestMall, Value, json, on_both_engines};

/// Whose members go where; without a clerk, the store's.
fn ends(from: (Option<&Store>, Option<&StaffClient>), to: (&Store, Option<&StaffClient>)) -> Value {
    let mut body = json!({ "to_store_id": to.0.id });
    let mut name = |field: &str, id: Option<String>| {
        if let Some(id) = id {
            body[field] = json!(id);
        }
    };
    name("from_store_id", from.0.map(|store| store.id.to_string()));
    name("from_clerk_id", from.1.map(|clerk| clerk.id.to_string()));
    name("to_clerk_id", to.1.map(|clerk| clerk.id.to_string()));
    body
}

async fn preview(by: &Client, ends: &Value) -> Reply {
    by.post("/admin/v1/homes/moves/preview", ends.clone()).await
}

async fn start(by: &Client, ends: &Value, reason: &str) -> Reply {
    let mut body = ends.clone();
    body["reason"] = json!(reason);
    by.post("/admin/v1/homes/moves", body).await
}

async fn task_of(by: &Client, started: &Value) -> Value {
    by.get(&format!("/admin/v1/tasks/{}", started["task_id"].as_str().unwrap())).await.ok()
}

/// So many members of a clerk.
async fn crowd(mall: &TestMall, count: usize, store: &Store, clerk: &StaffClient) -> Vec<MemberClient> {
    let members = mall.members(count).await;
    let ids: Vec<Id> = members.iter().map(|member| member.id).collect();
    let (ctx, whose) = (mall.ctx(), Whose { store_id: store.id, clerk_id: Some(clerk.id) });
    let won = mall.world.app().db.write(move |tx| ids.iter().try_for_each(|id| opened_by(tx, &ctx, *id, true, whose)));
    won.await.unwrap();
    members
}

/// The account of the clerk at the lake, from now on.
async fn becomes(mall: &TestMall, street: &Street, store: &Store, status: &str) {
    let role = role_of(mall, &street.lin).await;
    let body = json!({ "name": "小林", "role_id": role, "store_id": store.id, "status": status });
    mall.staff_again().await.put(&format!("/admin/v1/staff/{}", street.lin.id), body).await.ok();
}

const TWICE: &str = "select count(*) from (select member_id from member_home where mall_id = $1 and how = 'staff'
    group by member_id having count(*) > 1) t";
const MOVED: &str = "select count(*) from member_home where mall_id = $1 and how = 'staff' and ended_at is null";

#[test]
fn members_of_a_clerk_who_left_are_moved_together() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let (ann, bob, carl) = (mall.member().await, mall.member().await, mall.member().await);
        let lins = code_of(&street.lin).await;
        for member in [&ann, &bob] {
            open(member, &lins).await.ok();
        }
        let door = json!({ "store_id": street.lake.id });
        let door = mall.staff().post("/admin/v1/homes/invites", door).await.ok()["code"].as_str().unwrap().to_owned();
        open(&carl, &door).await.ok();
        let order = ann.place_order(&[(&street.tea, 2)]).await.ok();
        let (_, notice) = ann.pay_without_notice(&order).await;
        mall.deliver(&notice).await.status(204);

        let owner = mall.staff();
        assert_eq!(owner.get("/admin/v1/homes/left").await.ok(), json!([]), "everybody works where their members are");
        becomes(&mall, &street, &street.lake, "disabled").await;
        let left = owner.get("/admin/v1/homes/left").await.ok();
        assert_eq!(
            (left.as_array().unwrap().len(), &left[0]["members"], &left[0]["is_active"]),
            (1, &json!(2), &json!(false))
        );
        let holders = owner.get(&format!("/admin/v1/homes/holders?store_id={}", street.lake.id)).await.ok();
        let lin = holders.as_array().unwrap().iter().find(|one| one["clerk_id"] == street.lin.id.to_string()).unwrap();
        assert_eq!(
            (holders.as_array().unwrap().len(), &lin["members"], &lin["works_here"]),
            (2, &json!(2), &json!(false))
        );

        let away = ends((Some(&street.lake), Some(&street.lin)), (&street.west, Some(&street.wu)));
        let told = preview(&owner, &away).await.ok();
        assert_eq!((&told["members"], told["sample"].as_array().unwrap().len()), (&json!(2), 2));
        assert!(told["from"].as_str().unwrap().contains(" · 小林") && !told.to_string().contains(&ann.phone), "{told}");
        let nowhere = ends((None, None), (&street.west, None));
        preview(&owner, &nowhere).await.refused("request.invalid");
        start(&owner, &nowhere, "离职").await.refused("request.invalid");
        start(&owner, &away, " ").await.refused("request.invalid");
        let wrong = ends((Some(&street.lake), None), (&street.west, Some(&street.lin)));
        start(&owner, &wrong, "离职").await.refused("home.no_such_clerk");
        let back = ends((Some(&street.lake), Some(&street.lin)), (&street.lake, Some(&street.lin)));
        start(&owner, &back, "离职").await.refused("home.same");

        let started = start(&owner, &away, "小林离职").await.ok();
        mall.run_jobs().await;
        let task = task_of(&owner, &started).await;
        assert_eq!(
            (&task["state"], &task["ok_count"], &task["total"]),
            (&json!("done"), &json!(2), &json!(2)),
            "{task}"
        );
        assert!(task["summary"].as_str().unwrap().starts_with("2 位会员已转到城西店"), "{task}");
        for member in [&ann, &bob] {
            assert_eq!(home_of(member).await.0, "城西店");
        }
        assert_eq!(home_of(&carl).await.0, "湖滨店");
        start(&owner, &away, "再来一次").await.refused("home.nothing_to_move");
        assert_eq!(owner.get("/admin/v1/homes/left").await.ok(), json!([]));
        let told = owner.get(&format!("/admin/v1/members/{}", ann.id)).await.ok()["events"].to_string();
        assert!(told.contains("把归属改为城西店") && told.contains("小林离职") && !told.contains("解除"), "{told}");
        let log = owner.get("/admin/v1/audit").await.ok().to_string();
        assert!(log.contains("转移会员 湖滨店 · 小林 → 城西店") && log.contains("小林离职"), "{log}");

        // Bought before the move and taken back after it, it is the lake's; what is bought now is not.
        owner.refund(&order, "缺货").await.ok();
        ann.buy(&[(&street.tea, 1)]).await;
        mall.run_jobs().await;
        assert_eq!(figures(&report(&owner, Some(&street.lake)).await["total"]), [3, 1, 0, 0, 0, 20_000]);
        assert_eq!(figures(&report(&owner, Some(&street.west)).await["total"]), [0, 0, 10_000, 0, 0, 0]);

        // Without a clerk everybody of the store goes, but for those who are there.
        let all = ends((Some(&street.west), None), (&street.lake, None));
        assert_eq!(preview(&owner, &all).await.ok()["members"], 2);
        start(&owner, &all, "城西店装修").await.ok();
        mall.run_jobs().await;
        assert_eq!(home_of(&ann).await, ("湖滨店".to_owned(), String::new()));
        let same = ends((Some(&street.lake), None), (&street.lake, None));
        start(&owner, &same, "都在").await.refused("home.nothing_to_move");
    });
}

#[test]
fn a_move_that_breaks_off_goes_on_and_moves_each_once() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let members = crowd(&mall, 1_100, &street.lake, &street.lin).await;
        let owner = mall.staff();
        let away = ends((None, Some(&street.lin)), (&street.west, Some(&street.wu)));
        let started = start(&owner, &away, "离职").await.ok();
        let id: Id = started["task_id"].as_str().unwrap().parse().unwrap();
        // Its worker dies after a step: nobody tells the task.
        let app = mall.world.app().clone();
        let (worker, mall_id) = (app.clone(), mall.id);
        let dying =
            tokio::spawn(async move { task::run_here(&worker, mall_id, id, server::flows::home::move_members).await });
        loop {
            let done: (i64,) = app
                .db
                .read(move |tx| tx.one("select done from task where mall_id = $1 and id = $2", &db::args![mall_id, id]))
                .await
                .unwrap();
            if done.0 > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        dying.abort();
        let _ = dying.await;
        let moved = mall.number(MOVED).await;
        assert!(moved >= 200, "{moved}");
        // A machine that was busy elsewhere may have let it end: then the last one is moved twice, by two decisions.
        let before_its_turn = i64::from(moved < 1_100);
        // Meanwhile somebody goes elsewhere, and somebody new is won: both after the move was decided.
        let last = members.last().unwrap();
        move_to(&owner, last, &street.lake, &street.lin).await.refused("home.same");
        let elsewhere = json!({ "store_id": street.lake.id, "reason": "只归门店" });
        owner.put(&format!("/admin/v1/members/{}/home", last.id), elsewhere).await.ok();
        let late = mall.member().await;
        open(&late, &code_of(&street.lin).await).await.ok();
        mall.run_jobs().await;
        let task = task_of(&owner, &started).await;
        assert_eq!(
            (&task["state"], &task["total"], &task["ok_count"]),
            (&json!("done"), &json!(1_100), &json!(1_100 - before_its_turn)),
            "{task}"
        );
        let told = task["summary"].as_str().unwrap().ends_with("，1 位期间另有变动，没有改");
        assert_eq!(told, before_its_turn == 1, "{task}");
        assert_eq!(home_of(last).await, ("湖滨店".to_owned(), String::new()));
        assert_eq!(home_of(&late).await.0, "湖滨店");
        assert_eq!(home_of(&members[0]).await.0, "城西店");
        assert_eq!(mall.number(TWICE).await, 1 - before_its_turn);
        let rows = mall.number("select count(*) from member_home where mall_id = $1").await;
        assert_eq!(rows, 2 * 1_100 + 1 + (1 - before_its_turn), "each left one row and began one");
        assert_eq!(
            mall.number("select count(*) from member_home where mall_id = $1 and ended_at is null").await,
            1_101
        );
    });
}

#[test]
fn whoever_is_moved_by_somebody_else_meanwhile_stays_there() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let members = crowd(&mall, 450, &street.lake, &street.lin).await;
        let (owner, third) = (mall.staff(), mall.store("钱江店").await);
        let away = ends((Some(&street.lake), Some(&street.lin)), (&street.west, None));
        let started = start(&owner, &away, "离职").await.ok();
        let singles = async {
            for member in members.iter().step_by(45) {
                let body = json!({ "store_id": third.id, "reason": "搬家" });
                owner.put(&format!("/admin/v1/members/{}/home", member.id), body).await.ok();
            }
        };
        tokio::join!(mall.run_jobs(), singles);
        mall.run_jobs().await;
        let task = task_of(&owner, &started).await;
        assert_eq!(task["state"], "done", "{task}");
        for (at, member) in members.iter().enumerate().step_by(15) {
            let home = if at % 45 == 0 { "钱江店" } else { "城西店" };
            assert_eq!(home_of(member).await.0, home, "{at}");
        }
        assert_eq!(mall.number("select count(*) from member_home where mall_id = $1 and ended_at is null").await, 450);
        // The one who takes over leaves while it runs: it stops, and nobody is with somebody who is gone.
        let back = ends((Some(&street.west), None), (&street.lake, Some(&street.lin)));
        let started = start(&owner, &back, "回来").await.ok();
        becomes(&mall, &street, &street.lake, "disabled").await;
        mall.run_jobs().await;
        let again = mall.staff_again().await;
        let task = task_of(&again, &started).await;
        assert_eq!((&task["state"], &task["error_code"]), (&json!("failed"), &json!("home.no_such_clerk")), "{task}");
        becomes(&mall, &street, &street.lake, "active").await;
        let resume = format!("/admin/v1/tasks/{}/resume", started["task_id"].as_str().unwrap());
        again.post(&resume, json!({})).await.ok();
        mall.run_jobs().await;
        assert_eq!(home_of(&members[1]).await, ("湖滨店".to_owned(), "小林".to_owned()));
    });
}

#[test]
fn a_manager_moves_within_the_own_store_and_another_mall_nobody() {
    on_both_engines(async |mall| {
        let street = street(&mall).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        open(&ann, &code_of(&street.lin).await).await.ok();
        // The clerk goes to the west and has members at both.
        becomes(&mall, &street, &street.west, "active").await;
        open(&bob, &code_of(&street.lin).await).await.ok();
        assert_eq!((home_of(&ann).await.0, home_of(&bob).await.0), ("湖滨店".to_owned(), "城西店".to_owned()));
        let left = mall.staff_again().await.get("/admin/v1/homes/left").await.ok();
        assert_eq!(
            (left.as_array().unwrap().len(), &left[0]["store_name"], &left[0]["members"], &left[0]["is_active"]),
            (1, &json!("湖滨店"), &json!(1), &json!(true)),
            "{left}"
        );

        let chief = mall.staff_with(&["member.adjust", "home.view"], Some(&street.west)).await;
        let wu = Some(&street.wu);
        for asked in [
            ends((Some(&street.lake), None), (&street.west, wu)),
            ends((Some(&street.west), None), (&street.lake, None)),
        ] {
            preview(&chief, &asked).await.refused("home.other_store");
            start(&chief, &asked, "离职").await.refused("home.other_store");
        }
        let holders = format!("/admin/v1/homes/holders?store_id={}", street.lake.id);
        chief.get(&holders).await.refused("home.other_store");
        assert_eq!(chief.get("/admin/v1/homes/left").await.ok(), json!([]));
        // By the clerk alone, only those of the own store.
        let here = ends((None, Some(&street.lin)), (&street.west, wu));
        assert_eq!(preview(&chief, &here).await.ok()["members"], 1);
        start(&chief, &here, "换人跟进").await.ok();
        mall.run_jobs().await;
        assert_eq!((home_of(&ann).await.0, home_of(&bob).await.1), ("湖滨店".to_owned(), wu_name(&street).await));

        let clerk = mall.clerk(&street.west).await;
        start(&clerk, &here, "离职").await.refused("staff.not_allowed");
        clerk.get("/admin/v1/homes/left").await.refused("staff.not_allowed");
        let other = mall.world.found("second").await;
        for asked in [
            ends((Some(&street.lake), None), (&street.west, None)),
            ends((None, Some(&street.lin)), (&street.west, None)),
        ] {
            let code = if asked["from_store_id"].is_string() { "store.not_found" } else { "home.no_such_clerk" };
            start(&other.staff(), &asked, "离职").await.refused(code);
        }
        assert_eq!(other.staff().get(&holders).await.ok(), json!([]));
        assert_eq!(other.staff().get("/admin/v1/homes/left").await.ok(), json!([]));
    });
}

async fn wu_name(street: &Street) -> String {
    street.wu.get("/admin/v1/homes/mine").await.ok()["clerk_name"].as_str().unwrap().to_owned()
}
