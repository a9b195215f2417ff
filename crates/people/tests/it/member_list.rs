//! The member list of the back office.

use crate::world::on_both;
use serde_json::{Value, json};

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|m| m["nickname"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_found_by_phone_tail_and_name() {
    on_both(|world| async move {
        let owner = world.owner().await;
        for (phone, name) in [("13800000001", "沈青"), ("13900000001", "沈小_青"), ("13800000002", "Bob")] {
            world.clock.advance(1_000);
            world.member(phone).await.patch("/api/v1/me", json!({"nickname": name})).await.ok();
        }
        world.guest().await;
        let all = owner.get("/admin/v1/members").await.ok();
        assert_eq!(names(&all), ["Bob", "沈小_青", "沈青"], "newest first, no guests");
        let (ctx, id) = (world.ctx(), all["items"][0]["id"].as_str().unwrap().parse().unwrap());
        world.write(move |tx| people::identity::count_purchase(tx, &ctx, id, kernel::Fen(19_900))).await.unwrap();
        let all = owner.get("/admin/v1/members").await.ok();
        let bob = &all["items"][0];
        let shown = (bob["phone_masked"].as_str(), &bob["orders"], &bob["paid_fen"]);
        assert_eq!(shown, (Some("138****0002"), &json!(1), &json!(19_900)));
        for (words, expected) in [
            ("139-0000-0001", vec!["沈小_青"]),
            ("0001", vec!["沈小_青", "沈青"]),
            ("bob", vec!["Bob"]),
            ("_", vec!["沈小_青"]),
            ("%", vec![]),
            ("13777777777", vec![]),
        ] {
            let encoded: String = words.bytes().map(|b| format!("%{b:02X}")).collect();
            let page = owner.get(&format!("/admin/v1/members?q={encoded}")).await.ok();
            assert_eq!(names(&page), expected, "{words}");
        }
        owner.get("/admin/v1/members?cursor=xx").await.refused_at("cursor");
        for (query, expected) in [
            ("min_paid_fen=19900", vec!["Bob"]),
            ("max_orders=0", vec!["沈小_青", "沈青"]),
            ("status=blocked", vec![]),
            ("joined_to=2020-01-01T00:00:00Z", vec![]),
        ] {
            assert_eq!(names(&owner.get(&format!("/admin/v1/members?{query}")).await.ok()), expected, "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_repeat() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let (ctx, app) = (world.ctx(), world.app.clone());
        let make = move |tx: &mut db::Tx<'_>| {
            for i in 0..45 {
                let phone = people::Phone::parse(&format!("137000000{i:02}"))?;
                people::identity::create_member(tx, &ctx, &app.sealer, &phone, &format!("会员 {i}"))?;
            }
            Ok(())
        };
        world.write(make).await.unwrap();
        let (mut seen, mut path) = (Vec::new(), "/admin/v1/members".to_owned());
        loop {
            let page = owner.get(&path).await.ok();
            seen.extend(page["items"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/admin/v1/members?cursor={cursor}");
        }
        let mut distinct = seen.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!((seen.len(), distinct.len()), (45, 45));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_member_is_told_so_and_comes_back_when_let_in() {
    on_both(|world| async move {
        let owner = world.owner().await;
        let ann = world.member("13800000001").await;
        let id = owner.get("/admin/v1/members").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
        let (block, unblock) = (format!("/admin/v1/members/{id}/block"), format!("/admin/v1/members/{id}/unblock"));
        owner.post(&unblock, json!({ "reason": "已沟通" })).await.refused(409, "member.not_blocked");
        owner.post(&block, json!({ "reason": "" })).await.refused_at("reason");
        let row = owner.post(&block, json!({ "reason": "恶意退货" })).await.ok();
        assert_eq!((row["status"].as_str(), row["blocked_reason"].as_str()), (Some("blocked"), Some("恶意退货")));
        ann.get("/api/v1/me").await.refused(401, "session.required");
        owner.post(&block, json!({ "reason": "再来" })).await.refused(409, "member.not_active");
        world.clock.advance(120_000);
        let problem = world.visitor().sign_in("13800000001").await.refused(403, "member.blocked");
        assert!(problem["detail"].as_str().unwrap().contains("停用"));
        owner.post(&unblock, json!({ "reason": "已沟通" })).await.ok();
        world.clock.advance(120_000);
        world.member("13800000001").await.get("/api/v1/me").await.ok();
    })
    .await;
}
