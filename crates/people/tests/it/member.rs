//! Guests, members, WeChat, and what happens to what a guest gathered.

use crate::outside::search_for;
use crate::world::{MALL, World, on_both};
use db::args;
use kernel::Id;
use serde_json::{Value, json};

fn id_of(body: &Value) -> Id {
    body["id"].as_str().unwrap().parse().unwrap()
}

async fn gather(world: &World, shopper: Id, phrase: &'static str) {
    world.write(move |tx| search_for(tx, shopper, phrase)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_becomes_the_member_and_keeps_its_things() {
    on_both(|world| async move {
        let guest = world.guest().await;
        let before = guest.get("/api/v1/me").await.ok();
        assert_eq!((before["kind"].as_str(), &before["badges"]["cart"]), (Some("guest"), &json!(0)));
        gather(&world, id_of(&before), "龙井").await;
        let granted = guest.sign_in("13800000001").await.ok();
        assert_eq!(granted["me"]["id"], before["id"], "a new number is the same person");
        assert_eq!((granted["me"]["kind"].as_str(), &granted["me"]["badges"]["cart"]), (Some("member"), &json!(1)));
        guest.get("/api/v1/me").await.refused(401, "session.required");
        guest.with_token(&granted).get("/api/v1/me").await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_merged_into_the_member_it_already_was() {
    on_both(|world| async move {
        let known = world.member("13800000001").await.get("/api/v1/me").await.ok();
        let guest = world.guest().await;
        let guest_id = id_of(&guest.get("/api/v1/me").await.ok());
        gather(&world, guest_id, "龙井").await;
        world.clock.advance(kernel::minutes(2));
        let granted = guest.sign_in("13800000001").await.ok();
        assert_eq!(granted["me"]["id"], known["id"]);
        assert_eq!(granted["me"]["badges"]["cart"], 1, "what the guest gathered came along");
        guest.get("/api/v1/me").await.refused(401, "session.required");
        assert_eq!(world.number("select count(*) from member where status = 'merged' and kind = 'guest'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_fails_changes_nothing() {
    on_both(|world| async move {
        world.member("13800000001").await;
        let guest = world.guest().await;
        let guest_id = id_of(&guest.get("/api/v1/me").await.ok());
        gather(&world, guest_id, "毒").await;
        world.clock.advance(kernel::minutes(2));
        assert_eq!(guest.sign_in("13800000001").await.status, 500);
        let me = guest.get("/api/v1/me").await.ok();
        assert_eq!((me["kind"].as_str(), &me["badges"]["cart"]), (Some("guest"), &json!(1)));
        assert_eq!(
            world.number("select count(*) from sms_code where used_at is null").await,
            1,
            "the code still counts"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_guest_token_used_by_two_is_merged_once() {
    on_both(|world| async move {
        world.member("13800000001").await;
        world.member("13800000002").await;
        world.clock.advance(kernel::minutes(2));
        let guest = world.guest().await;
        gather(&world, id_of(&guest.get("/api/v1/me").await.ok()), "龙井").await;
        guest.post("/api/v1/session/sms-code", json!({"phone": "13800000001"})).await.done();
        let first = world.post.last_code();
        guest.post("/api/v1/session/sms-code", json!({"phone": "13800000002"})).await.done();
        let second = world.post.last_code();
        let (one, two) = tokio::join!(
            guest.post("/api/v1/session/phone", json!({"phone": "13800000001", "code": first})),
            guest.post("/api/v1/session/phone", json!({"phone": "13800000002", "code": second})),
        );
        let carts = [one.ok(), two.ok()].map(|granted| granted["me"]["badges"]["cart"].as_i64().unwrap());
        assert_eq!(carts.iter().sum::<i64>(), 1, "one of the two has it: {carts:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_new_number_at_once_makes_one_member() {
    on_both(|world| async move {
        let ctx = world.ctx();
        let made = futures_util::future::join_all((0..8).map(|_| {
            let (ctx, app) = (ctx.clone(), world.app.clone());
            world.write(move |tx| {
                let phone = people::Phone::parse("13800000001")?;
                let hooks = quiet_hooks();
                people::identity::sign_in_by_phone(tx, &ctx, &app.sealer, &hooks, &phone, None)
            })
        }))
        .await;
        let ids: Vec<Id> = made.into_iter().map(|signed| signed.unwrap().member_id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(world.number("select count(*) from member").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_new_wechat_user_at_once_makes_one_member() {
    on_both(|world| async move {
        let input = json!({"code": "wx-openid-1"});
        let replies = futures_util::future::join_all((0..8).map(|_| {
            let visitor = world.visitor();
            let input = input.clone();
            async move { visitor.post("/api/v1/session/wechat", input).await.ok() }
        }))
        .await;
        assert!(replies.iter().all(|granted| granted["me"]["id"] == replies[0]["me"]["id"]));
        assert_eq!(world.number("select count(*) from member").await, 1);
        assert_eq!(world.number("select count(*) from member_identity").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wechat_signs_in_and_brings_a_phone() {
    on_both(|world| async move {
        let guest = world.guest().await;
        let guest_id = guest.get("/api/v1/me").await.ok()["id"].clone();
        let granted = guest.post("/api/v1/session/wechat", json!({"code": "wx-openid-1"})).await.ok();
        assert_eq!(granted["me"]["id"], guest_id);
        assert!(granted["me"].get("phone_masked").is_none());
        let member = guest.with_token(&granted);
        let me = member.post("/api/v1/me/phone/wechat", json!({"code": "phone-13800000001"})).await.ok();
        assert_eq!(me["phone_masked"], "138****0001");
        let again = world.visitor().post("/api/v1/session/wechat", json!({"code": "wx-openid-1"})).await.ok();
        assert_eq!(again["me"]["id"], guest_id);
        let by_phone = world.visitor().sign_in("13800000001").await.ok();
        assert_eq!(by_phone["me"]["id"], guest_id, "the phone leads to the same member");
        let (id, app) = (id_of(&again["me"]), world.app.clone());
        let openid = app.db.read(move |tx| people::identity::openid(tx, MALL, id, "wx-test")).await.unwrap();
        assert_eq!(openid.as_deref(), Some("openid-1"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_member_can_tie_its_wechat() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        let id = member.get("/api/v1/me").await.ok()["id"].clone();
        let granted = member.post("/api/v1/session/wechat", json!({"code": "wx-openid-1"})).await.ok();
        assert_eq!(granted["me"]["id"], id);
        // A second WeChat identity in the same app is somebody else.
        let other = member.post("/api/v1/session/wechat", json!({"code": "wx-openid-2"})).await.ok();
        assert_ne!(other["me"]["id"], id);
        let taken =
            member.with_token(&other).post("/api/v1/me/phone/wechat", json!({"code": "phone-13800000001"})).await;
        taken.refused(409, "member.phone_taken");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wechat_member_and_the_owner_of_its_phone_become_one() {
    on_both(|world| async move {
        let browser = world.member("13800000001").await;
        let owner_id = browser.get("/api/v1/me").await.ok()["id"].clone();
        let address =
            json!({"name": "沈青", "phone": "13800000001", "district_code": "330106", "detail": "北山街 1 号"});
        browser.post("/api/v1/addresses", address.clone()).await.ok();
        let granted = world.visitor().post("/api/v1/session/wechat", json!({"code": "wx-openid-1"})).await.ok();
        let phone = world.visitor().with_token(&granted);
        let young: Id = id_of(&granted["me"]);
        gather(&world, young, "龙井").await;
        phone.post("/api/v1/addresses", address).await.ok();
        let me = phone.post("/api/v1/me/phone/wechat", json!({"code": "phone-13800000001"})).await.ok();
        assert_eq!((&me["id"], &me["badges"]["cart"]), (&owner_id, &json!(1)));
        assert_eq!(phone.get("/api/v1/me").await.ok()["id"], owner_id, "the token stays good");
        let book = phone.get("/api/v1/addresses").await.ok();
        let defaults = book.as_array().unwrap().iter().filter(|a| a["is_default"] == true).count();
        assert_eq!((book.as_array().unwrap().len(), defaults), (2, 1));
        let again = world.visitor().post("/api/v1/session/wechat", json!({"code": "wx-openid-1"})).await.ok();
        assert_eq!(again["me"]["id"], owner_id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wechat_member_with_orders_stays_apart() {
    on_both(|world| async move {
        world.member("13800000001").await;
        let granted = world.visitor().post("/api/v1/session/wechat", json!({"code": "wx-openid-1"})).await.ok();
        let member = world.visitor().with_token(&granted);
        gather(&world, id_of(&granted["me"]), "订单").await;
        let bound = member.post("/api/v1/me/phone/wechat", json!({"code": "phone-13800000001"})).await;
        bound.refused(409, "member.phone_taken");
        assert_eq!(member.get("/api/v1/me").await.ok()["id"], granted["me"]["id"]);
        let free = member.post("/api/v1/me/phone/wechat", json!({"code": "phone-13800000009"})).await.ok();
        assert_eq!(free["phone_masked"], "138****0009");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wechat_refusals_reach_the_caller() {
    on_both(|world| async move {
        let visitor = world.visitor();
        visitor.post("/api/v1/session/wechat", json!({"code": "used"})).await.refused(400, "wechat.code_invalid");
        visitor.post("/api/v1/session/wechat", json!({"code": ""})).await.refused(400, "wechat.code_invalid");
        let other = visitor.in_mall("other").post("/api/v1/session/wechat", json!({"code": "wx-1"})).await;
        other.refused(409, "wechat.not_configured");
        let guest = world.guest().await;
        let bound = guest.post("/api/v1/me/phone/wechat", json!({"code": "phone-13800000001"})).await;
        bound.refused(401, "session.member_required");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_member_stays_outside() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        world.write(|tx| tx.exec("update member set status = 'blocked'", &args![])).await.unwrap();
        member.get("/api/v1/me").await.refused(403, "member.blocked");
        world.clock.advance(kernel::minutes(2));
        world.visitor().sign_in("13800000001").await.refused(403, "member.blocked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_can_be_changed_with_own_pictures_only() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        let id = id_of(&member.get("/api/v1/me").await.ok());
        let file = move |tx: &mut db::Tx<'_>, key: &str, owner: Id| {
            tx.exec(
                "insert into file (mall_id, key, content_type, bytes, owner_kind, owner_id, created_at)
                 values ($1, $2, 'image/jpeg', 1, 'member', $3, 1)",
                &args![MALL, key, owner],
            )
        };
        world
            .write(move |tx| file(tx, "m11/mine.jpg", id).and_then(|_| file(tx, "m11/hers.jpg", Id(1))))
            .await
            .unwrap();
        let me = member.patch("/api/v1/me", json!({"nickname": " 沈青 ", "avatar_key": "m11/mine.jpg"})).await.ok();
        assert_eq!((me["nickname"].as_str(), me["avatar_url"].as_str()), (Some("沈青"), Some("/files/m11/mine.jpg")));
        let me = member.patch("/api/v1/me", json!({"nickname": "沈小青"})).await.ok();
        assert_eq!((me["nickname"].as_str(), me["avatar_url"].as_str()), (Some("沈小青"), Some("/files/m11/mine.jpg")));
        let me = member.patch("/api/v1/me", json!({"avatar_key": ""})).await.ok();
        assert!(me.get("avatar_url").is_none());
        member.patch("/api/v1/me", json!({"avatar_key": "m11/hers.jpg"})).await.refused_at("avatar_key");
        member.patch("/api/v1/me", json!({"nickname": "  "})).await.refused_at("nickname");
        member.patch("/api/v1/me", json!({"nickname": "一".repeat(21)})).await.refused_at("nickname");
        world
            .guest()
            .await
            .patch("/api/v1/me", json!({"nickname": "客"}))
            .await
            .refused(401, "session.member_required");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_this_session_only() {
    on_both(|world| async move {
        let phone = world.member("13800000001").await;
        world.clock.advance(kernel::minutes(2));
        let tablet = world.member("13800000001").await;
        phone.delete("/api/v1/session").await.done();
        phone.get("/api/v1/me").await.refused(401, "session.required");
        tablet.get("/api/v1/me").await.ok();
    })
    .await;
}

fn quiet_hooks() -> people::identity::Hooks {
    use people::identity::{BadgeSource, Badges, Hooks, MergeGuest};
    use std::sync::Arc;
    struct Quiet;
    impl MergeGuest for Quiet {
        fn merge(&self, _: &mut db::Tx<'_>, _: &platform::Ctx, _: Id, _: Id) -> kernel::Result<()> {
            Ok(())
        }
        fn is_anchored(&self, _: &mut db::Tx<'_>, _: Id, _: Id) -> kernel::Result<bool> {
            Ok(false)
        }
    }
    impl BadgeSource for Quiet {
        fn badges(&self, _: &mut db::Tx<'_>, _: Id, _: Id) -> kernel::Result<Badges> {
            Ok(Badges::default())
        }
    }
    Hooks { merge: Arc::new(Quiet), badges: Arc::new(Quiet), personal: Arc::new([]) }
}
