//! Roles and colleagues: who may give what to whom, and that there is always an owner.

use crate::world::{Caller, STORE, World, on_both};
use serde_json::{Value, json};

const PASSWORD: &str = "a good password";

async fn add_role(by: &Caller<'_>, name: &str, permissions: &[&str]) -> String {
    let role = by.post("/admin/v1/roles", json!({"name": name, "permissions": permissions})).await.ok();
    role["id"].as_str().unwrap().to_owned()
}

async fn add_staff(by: &Caller<'_>, username: &str, role_id: &str) -> String {
    let row = by.post("/admin/v1/staff", person(username, role_id)).await.ok();
    row["id"].as_str().unwrap().to_owned()
}

fn person(username: &str, role_id: &str) -> Value {
    json!({"username": username, "name": username, "role_id": role_id, "password": PASSWORD})
}

fn change(role_id: &str, status: &str) -> Value {
    json!({"name": "改过", "role_id": role_id, "status": status})
}

async fn owner_role(owner: &Caller<'_>) -> String {
    let roles = owner.get("/admin/v1/roles").await.ok();
    assert_eq!(roles[0]["is_owner"], true);
    roles[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_may_what_the_role_says_from_the_next_request_on() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let role = add_role(&owner, "客服", &["member.view"]).await;
        let id = add_staff(&owner, "clerk", &role).await;
        let clerk = world.staff("clerk", PASSWORD).await;
        clerk.get("/admin/v1/members").await.ok();
        clerk.get("/admin/v1/audit").await.refused(403, "staff.not_allowed");
        clerk.post("/admin/v1/roles", json!({"name": "x", "permissions": []})).await.refused(403, "staff.not_allowed");
        owner
            .put(&format!("/admin/v1/roles/{role}"), json!({"name": "客服", "permissions": ["audit.view"]}))
            .await
            .ok();
        clerk.get("/admin/v1/members").await.refused(403, "staff.not_allowed");
        clerk.get("/admin/v1/audit").await.ok();
        owner.put(&format!("/admin/v1/staff/{id}"), change(&role, "disabled")).await.ok();
        clerk.get("/admin/v1/audit").await.refused(401, "session.required");
        let input = json!({"username": "clerk", "password": PASSWORD});
        world.visitor().post("/admin/v1/session", input).await.refused(401, "staff.credentials_wrong");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_what_they_do_not_hold() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let owners = owner_role(&owner).await;
        let strong = add_role(&owner, "运营", &["staff.view", "staff.edit", "order.refund"]).await;
        let weak = add_role(&owner, "人事", &["staff.view", "staff.edit", "member.view"]).await;
        let boss = add_staff(&owner, "boss", &strong).await;
        add_staff(&owner, "hr-one", &weak).await;
        let hr = world.staff("hr-one", PASSWORD).await;
        let beyond = "staff.beyond_own_rights";
        hr.post("/admin/v1/roles", json!({"name": "退款", "permissions": ["order.refund"]})).await.refused(403, beyond);
        hr.put(&format!("/admin/v1/roles/{strong}"), json!({"name": "运营", "permissions": []}))
            .await
            .refused(403, beyond);
        hr.delete(&format!("/admin/v1/roles/{strong}")).await.refused(403, beyond);
        hr.post("/admin/v1/staff", person("friend", &strong)).await.refused(403, beyond);
        hr.post("/admin/v1/staff", person("friend", &owners)).await.refused(403, beyond);
        hr.put(&format!("/admin/v1/staff/{boss}"), change(&weak, "active")).await.refused(403, beyond);
        hr.post(&format!("/admin/v1/staff/{boss}/password"), json!({"password": PASSWORD})).await.refused(403, beyond);
        let helper = add_role(&hr, "助理", &["member.view"]).await;
        add_staff(&hr, "helper", &helper).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_always_an_owner() {
    on_both(|world| async move {
        let ann = world.owner().await;
        let owners = owner_role(&ann).await;
        let other = add_role(&ann, "运营", &["order.view"]).await;
        let ann_id = ann.get("/admin/v1/me").await.ok()["id"].as_str().unwrap().to_owned();
        let lonely = ann.put(&format!("/admin/v1/staff/{ann_id}"), change(&owners, "disabled")).await;
        lonely.refused(409, "staff.not_yourself");
        let bob_id = add_staff(&ann, "bob", &owners).await;
        let bob = world.staff("bob", PASSWORD).await;
        let (bob_path, ann_path) = (format!("/admin/v1/staff/{bob_id}"), format!("/admin/v1/staff/{ann_id}"));
        let (one, two) =
            tokio::join!(ann.put(&bob_path, change(&other, "active")), bob.put(&ann_path, change(&other, "active")),);
        let won = [&one, &two].iter().filter(|reply| reply.status == 200).count();
        assert_eq!(won, 1, "one of the two stays: {one:?} {two:?}");
        let left =
            "select count(*) from staff join role on role.id = staff.role_id where is_owner and status = 'active'";
        assert_eq!(world.number(left).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_cannot_be_put_away_by_the_command_line_either() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let id = owner.get("/admin/v1/me").await.ok()["id"].as_str().unwrap().parse().unwrap();
        let role_id = owner_role(&owner).await.parse().unwrap();
        let ctx = world.ctx();
        let outcome = world
            .write(move |tx| {
                let change = people::staff::StaffChange {
                    name: "店主".into(),
                    role_id,
                    store_id: None,
                    status: "disabled".into(),
                };
                people::staff::change_staff(tx, &ctx, &people::staff::Rights::system(), None, id, &change)
            })
            .await;
        assert!(outcome.is_err_and(|e| e.is("staff.last_owner")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_in_use_and_the_owner_role_stay() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let owners = owner_role(&owner).await;
        let role = add_role(&owner, "客服", &["member.view", "member.view"]).await;
        let id = add_staff(&owner, "clerk", &role).await;
        owner.delete(&format!("/admin/v1/roles/{role}")).await.refused(409, "role.in_use");
        owner.delete(&format!("/admin/v1/roles/{owners}")).await.refused(409, "role.owner");
        let rename = json!({"name": "老板", "permissions": []});
        owner.put(&format!("/admin/v1/roles/{owners}"), rename).await.refused(409, "role.owner");
        let free = add_role(&owner, "空闲", &[]).await;
        owner.put(&format!("/admin/v1/staff/{id}"), change(&free, "active")).await.ok();
        owner.delete(&format!("/admin/v1/roles/{role}")).await.done();
        owner.delete(&format!("/admin/v1/roles/{role}")).await.refused(404, "role.not_found");
        owner.post("/admin/v1/roles", json!({"name": "空闲", "permissions": []})).await.refused(409, "role.name_taken");
        owner
            .post("/admin/v1/roles", json!({"name": "怪", "permissions": ["mall.sell"]}))
            .await
            .refused_at("permissions");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_listed_with_role_and_store() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let role = add_role(&owner, "店员", &["staff.view", "staff.edit"]).await;
        let mut clerk = person("clerk", &role);
        clerk["store_id"] = json!(STORE.to_string());
        let row = owner.post("/admin/v1/staff", clerk.clone()).await.ok();
        assert_eq!(row["store"], json!({"id": STORE.to_string(), "name": "湖滨店"}));
        assert_eq!((row["role"]["name"].as_str(), row["status"].as_str()), (Some("店员"), Some("active")));
        owner.post("/admin/v1/staff", clerk.clone()).await.refused(409, "staff.username_taken");
        clerk["username"] = json!("second");
        clerk["store_id"] = json!("999");
        owner.post("/admin/v1/staff", clerk.clone()).await.refused_at("store_id");
        for (field, value) in [("username", "A B"), ("name", ""), ("password", "short"), ("role_id", "abc")] {
            let mut spoilt = person("third", &role);
            spoilt[field] = json!(value);
            owner.post("/admin/v1/staff", spoilt).await.refused_at(field);
        }
        assert_eq!(owner.get("/admin/v1/staff").await.ok().as_array().unwrap().len(), 2);
        let bound = world.staff("clerk", PASSWORD).await;
        assert_eq!(bound.get("/admin/v1/staff").await.ok().as_array().unwrap().len(), 1, "the people of the own store");
        bound.post("/admin/v1/staff", person("fourth", &role)).await.refused(403, "staff.beyond_own_rights");
        clerk["store_id"] = json!(STORE.to_string());
        bound.post("/admin/v1/staff", clerk).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_can_be_replaced() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let role = add_role(&owner, "客服", &["member.view"]).await;
        let id = add_staff(&owner, "clerk", &role).await;
        let clerk = world.staff("clerk", PASSWORD).await;
        for _ in 0..5 {
            let wrong = json!({"username": "clerk", "password": "wrong"});
            world.visitor().post("/admin/v1/session", wrong).await.refused(401, "staff.credentials_wrong");
        }
        let path = format!("/admin/v1/staff/{id}/password");
        owner.post(&path, json!({"password": "another password", "reset_totp": true})).await.done();
        clerk.get("/admin/v1/me").await.refused(401, "session.required");
        world.staff("clerk", "another password").await.get("/admin/v1/me").await.ok();
        owner.post("/admin/v1/staff/77/password", json!({"password": PASSWORD})).await.refused(404, "staff.not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_is_in_the_audit_log() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let role = add_role(&owner, "客服", &["member.view"]).await;
        add_staff(&owner, "clerk", &role).await;
        owner.put("/admin/v1/settings/mall", settings("新名字")).await.ok();
        owner.put("/admin/v1/settings/mall", settings("")).await.refused_at("name");
        let log = owner.get("/admin/v1/audit").await.ok();
        let actions: Vec<&str> =
            log["items"].as_array().unwrap().iter().map(|r| r["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["settings.update", "staff.create", "role.create"], "what was refused is not there");
        assert_eq!(log["items"][1]["staff_name"], "店主");
        assert_eq!(log["items"][1]["ip"], "203.0.113.7");
        assert_eq!(owner.get("/admin/v1/audit?staff_id=77").await.ok()["items"], json!([]));
        owner.get("/admin/v1/audit?staff_id=x").await.refused_at("staff_id");
    })
    .await;
}

fn settings(name: &str) -> Value {
    json!({"name": name, "accent": "#2F7D6B", "order_expiry_minutes": 30, "auto_confirm_days": 10})
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_felt_at_once() {
    on_both(|world: World| async move {
        let owner = world.owner().await;
        assert_eq!(owner.get("/admin/v1/settings/mall").await.ok()["name"], "河坊生活");
        let mut wanted = settings("河坊街");
        wanted["service_phone"] = json!(" 0571-8888 8888 ");
        let kept = owner.put("/admin/v1/settings/mall", wanted).await.ok();
        assert_eq!(kept["service_phone"], "0571-8888 8888");
        assert_eq!(owner.get("/admin/v1/me").await.ok()["mall"]["name"], "河坊街");
        let mut spoilt = settings("河坊街");
        spoilt["logo_key"] = json!("m11/nowhere.png");
        owner.put("/admin/v1/settings/mall", spoilt).await.refused_at("logo_key");
        assert_eq!(owner.get("/admin/v1/settings/mall").await.ok(), kept);
        let groups = owner.get("/admin/v1/permissions").await.ok();
        let codes: usize = groups.as_array().unwrap().iter().map(|g| g["permissions"].as_array().unwrap().len()).sum();
        assert_eq!(codes, platform::permission::ALL.len());
    })
    .await;
}
