//! Signing in to the back office: lock-out, authenticator, sessions.

use crate::world::{World, on_both};
use kernel::{Clock, minutes, seconds};
use serde_json::json;
use totp_rs::{Builder, Secret};

const PASSWORD: &str = "hefang-demo";

async fn sign_in(world: &World, username: &str, password: &str, totp: Option<&str>) -> crate::world::Reply {
    let input = json!({"username": username, "password": password, "totp": totp});
    world.visitor().post("/admin/v1/session", input).await
}

/// What the authenticator app shows now.
fn code(world: &World, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(world.clock.now().unix_seconds()).unwrap()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_signs_in_and_may_everything() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let me = owner.get("/admin/v1/me").await.ok();
        assert_eq!((me["username"].as_str(), me["role_name"].as_str()), (Some("admin"), Some("店主")));
        assert_eq!(me["permissions"].as_array().unwrap().len(), platform::permission::ALL.len());
        assert_eq!(me["mall"]["name"], "河坊生活");
        assert!(sign_in(&world, " ADMIN ", PASSWORD, None).await.ok()["expires_at"].is_string());
        world.clock.advance(kernel::hours(12));
        owner.get("/admin/v1/me").await.refused(401, "session.required");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_and_a_wrong_password_look_the_same() {
    on_both(|world| async move {
        world.owner().await;
        let wrong = sign_in(&world, "admin", "not the one", None).await.refused(401, "staff.credentials_wrong");
        let unknown = sign_in(&world, "nobody", "not the one", None).await.refused(401, "staff.credentials_wrong");
        assert_eq!(wrong, unknown);
        for _ in 0..4 {
            sign_in(&world, "nobody", "not the one", None).await.refused(401, "staff.credentials_wrong");
        }
        sign_in(&world, "nobody", "not the one", None).await.refused(429, "staff.locked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_lock_for_fifteen_minutes() {
    on_both(|world| async move {
        world.owner().await;
        for _ in 0..5 {
            sign_in(&world, "admin", "not the one", None).await.refused(401, "staff.credentials_wrong");
        }
        sign_in(&world, "admin", PASSWORD, None).await.refused(429, "staff.locked");
        assert_eq!(world.number("select count(*) from staff where locked_until > 0").await, 1, "it survives a restart");
        world.clock.advance(minutes(15) - seconds(1));
        sign_in(&world, "admin", PASSWORD, None).await.refused(429, "staff.locked");
        world.clock.advance(seconds(1));
        sign_in(&world, "admin", PASSWORD, None).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_counted_one_by_one() {
    on_both(|world| async move {
        world.owner().await;
        let guesses = (0..12).map(|_| sign_in(&world, "admin", "not the one", None));
        let replies = futures_util::future::join_all(guesses).await;
        let wrong = replies.iter().filter(|r| r.body["code"] == "staff.credentials_wrong").count();
        let locked = replies.iter().filter(|r| r.body["code"] == "staff.locked").count();
        assert_eq!((wrong, locked), (5, 7));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_code_opens_one_session() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let start = owner.post("/admin/v1/me/totp", json!({})).await.ok();
        let secret = start["secret"].as_str().unwrap().to_owned();
        assert!(start["otpauth_url"].as_str().unwrap().starts_with("otpauth://totp/"));
        sign_in(&world, "admin", PASSWORD, None).await.ok();
        owner.post("/admin/v1/me/totp/confirm", json!({"code": "000000x"})).await.refused(400, "staff.totp_wrong");
        owner.post("/admin/v1/me/totp/confirm", json!({"code": code(&world, &secret)})).await.done();
        owner.post("/admin/v1/me/totp", json!({})).await.refused(409, "staff.totp_enabled");
        sign_in(&world, "admin", PASSWORD, None).await.refused(401, "staff.totp_required");
        let used = code(&world, &secret);
        sign_in(&world, "admin", PASSWORD, Some(&used)).await.refused(401, "staff.totp_wrong");
        world.clock.advance(seconds(60));
        let fresh = code(&world, &secret);
        let tries = (0..6).map(|_| sign_in(&world, "admin", PASSWORD, Some(&fresh)));
        let replies = futures_util::future::join_all(tries).await;
        assert_eq!(replies.iter().filter(|r| r.status == 200).count(), 1, "a code is good once");
        world.clock.advance(minutes(15) + seconds(30));
        owner
            .send(axum::http::Method::DELETE, "/admin/v1/me/totp", Some(json!({"code": fresh})))
            .await
            .refused(400, "staff.totp_wrong");
        let next = code(&world, &secret);
        owner.send(axum::http::Method::DELETE, "/admin/v1/me/totp", Some(json!({"code": next}))).await.done();
        sign_in(&world, "admin", PASSWORD, None).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions() {
    on_both(|world| async move {
        let desk = world.owner().await;
        let laptop = world.staff("admin", PASSWORD).await;
        desk.post("/admin/v1/me/password", json!({"old": "wrong", "new": "a longer one"})).await.refused_at("old");
        desk.post("/admin/v1/me/password", json!({"old": PASSWORD, "new": "short"})).await.refused_at("new");
        laptop.get("/admin/v1/me").await.ok();
        desk.post("/admin/v1/me/password", json!({"old": PASSWORD, "new": "a longer one"})).await.done();
        desk.get("/admin/v1/me").await.ok();
        laptop.get("/admin/v1/me").await.refused(401, "session.required");
        sign_in(&world, "admin", PASSWORD, None).await.refused(401, "staff.credentials_wrong");
        sign_in(&world, "admin", "a longer one", None).await.ok();
        desk.delete("/admin/v1/session").await.done();
        desk.get("/admin/v1/me").await.refused(401, "session.required");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_no_staff_and_staff_no_member() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        let owner = world.owner().await;
        for path in
            ["/admin/v1/me", "/admin/v1/staff", "/admin/v1/members", "/admin/v1/audit", "/admin/v1/settings/mall"]
        {
            member.get(path).await.refused(401, "session.required");
            world.visitor().get(path).await.refused(401, "session.required");
        }
        owner.get("/api/v1/me").await.refused(403, "session.wrong_kind");
        let elsewhere = json!({"username": "admin", "password": PASSWORD});
        world
            .visitor()
            .in_mall("other")
            .post("/admin/v1/session", elsewhere)
            .await
            .refused(401, "staff.credentials_wrong");
    })
    .await;
}
