//! Integrators: what they are told, what happens when they do not listen, and what their keys may do.

use testkit::{Client, StaffClient, TestMall, Value, json, on_both_engines};
use wire::standard_webhooks as standard;

const URL: &str = "https://erp.example.com/hefang?token=secret-path";

async fn endpoint(mall: &TestMall, kinds: &[&str]) -> (String, String) {
    let body = json!({ "url": URL, "note": "ERP", "kinds": kinds });
    let made = mall.staff().post("/admin/v1/webhooks", body).await.ok();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Somebody with a fresh session: those of staff last twelve hours, and these stories go on for days.
async fn operator(mall: &TestMall) -> StaffClient {
    mall.staff_with(&["webhook.edit", "api_key.edit", "dashboard.view", "order.view"], None).await
}

/// Events become deliveries in the first round and are sent in the second.
async fn settle(mall: &TestMall) {
    mall.run_jobs().await;
    mall.run_jobs().await;
}

async fn deliveries(mall: &TestMall, id: &str, state: &str) -> Vec<Value> {
    let page = operator(mall).await.get(&format!("/admin/v1/webhooks/{id}/deliveries?state={state}")).await.ok();
    page["items"].as_array().unwrap().clone()
}

#[test]
fn a_paid_order_is_told_signed_and_logged() {
    on_both_engines(async |mall| {
        let (id, secret) = endpoint(&mall, &["order.paid", "order.shipped"]).await;
        let tea = mall.product("龙井").price_fen(19_900).stock(5).create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 2)]).await;
        settle(&mall).await;
        mall.staff().ship(&order, "SF1000000001").await.ok();
        settle(&mall).await;
        let received = mall.world.outside().webhooks.received();
        let kinds: Vec<String> = received.iter().map(testkit::Posted::kind).collect();
        assert_eq!(kinds, ["order.paid", "order.shipped"], "order.placed was not chosen");
        for posted in &received {
            let header = |name: &str| posted.headers[name].clone();
            let now = mall.clock_now().unix_seconds();
            standard::verify(
                &secret,
                &header("webhook-id"),
                &header("webhook-timestamp"),
                &posted.body,
                &header("webhook-signature"),
                now,
            )
            .unwrap();
            assert!(!posted.body.contains(&ann.phone) && !posted.body.contains("文三路"), "{}", posted.body);
        }
        let paid: Value = serde_json::from_str(&received[0].body).unwrap();
        assert_eq!((&paid["data"]["paid_fen"], &paid["data"]["lines"][0]["quantity"]), (&json!(39_800), &json!(2)));
        let log = deliveries(&mall, &id, "delivered").await;
        assert_eq!(log.len(), 2);
        let detail = format!("/admin/v1/webhook-deliveries/{}", text(&log[0]["id"]));
        let detail = mall.staff().get(&detail).await.ok();
        assert_eq!((&detail["tries"][0]["status"], &detail["tries"][0]["duration_ms"]), (&json!(204), &json!(12)));
        let shown = text(&detail["tries"][0]["request_headers"]);
        assert!(shown.contains("webhook-id: evt_") && !shown.contains(&received[1].headers["webhook-signature"]));
    });
}

#[test]
fn a_deaf_endpoint_is_tried_for_a_day_and_then_again_by_hand() {
    on_both_engines(async |mall| {
        let (id, _) = endpoint(&mall, &["order.placed"]).await;
        let outside = mall.world.outside().webhooks.clone();
        outside.answer(503);
        let tea = mall.product("龙井").stock(5).create().await;
        mall.member().await.place_order(&[(&tea, 1)]).await.ok();
        settle(&mall).await;
        assert_eq!(outside.received().len(), 1);
        settle(&mall).await;
        assert_eq!(outside.received().len(), 1, "no second try before its pause is over");
        let begun = mall.clock_now();
        for _ in 0..40 {
            mall.clock.advance(kernel::hours(1));
            mall.run_jobs().await;
        }
        let tried = outside.received();
        assert_eq!(tried.len(), 8);
        assert!(
            tried.iter().all(|t| t.headers["webhook-id"] == tried[0].headers["webhook-id"]),
            "one name for all tries"
        );
        let last: i64 = tried[7].headers["webhook-timestamp"].parse().unwrap();
        let span = last - begun.unix_seconds();
        assert!((18 * 3_600..36 * 3_600).contains(&span), "tried over {span} s");
        assert_eq!(deliveries(&mall, &id, "failed").await.len(), 1);

        outside.answer(204);
        let again =
            operator(&mall).await.post(&format!("/admin/v1/webhooks/{id}/redeliver-failed"), json!({})).await.ok();
        assert_eq!(again["count"], 1);
        mall.run_jobs().await;
        let log = deliveries(&mall, &id, "delivered").await;
        assert_eq!((log.len(), &log[0]["last_status"]), (1, &json!(204)));
        let one = format!("/admin/v1/webhook-deliveries/{}/redeliver", text(&log[0]["id"]));
        operator(&mall).await.post(&one, json!({})).await.ok();
        mall.run_jobs().await;
        assert_eq!(outside.received().len(), 10, "also what was taken can be sent again");
    });
}

#[test]
fn an_endpoint_that_only_fails_is_switched_off_and_goes_on_when_enabled() {
    on_both_engines(async |mall| {
        let (id, _) = endpoint(&mall, &["order.placed"]).await;
        let outside = mall.world.outside().webhooks.clone();
        outside.answer(500);
        let tea = mall.product("龙井").stock(50).create().await;
        let ann = mall.member().await;
        for _ in 0..7 {
            ann.place_order(&[(&tea, 1)]).await.ok();
            for _ in 0..24 {
                mall.clock.advance(kernel::hours(1));
                settle(&mall).await;
            }
        }
        let path = "/admin/v1/webhooks";
        let webhook = operator(&mall).await.get(path).await.ok()[0].clone();
        assert_eq!(webhook["status"], "disabled", "{webhook}");
        assert_eq!(operator(&mall).await.get("/admin/v1/dashboard").await.ok()["todo"]["webhooks_disabled"], 1);
        let tried = outside.received().len();
        mall.clock.advance(kernel::days(1));
        settle(&mall).await;
        assert_eq!(outside.received().len(), tried, "nothing is sent while it is off");
        outside.answer(204);
        let input = json!({ "url": URL, "note": "", "kinds": ["order.placed"], "enabled": true });
        operator(&mall).await.put(&format!("{path}/{id}"), input).await.ok();
        settle(&mall).await;
        let webhook = operator(&mall).await.get(path).await.ok()[0].clone();
        assert_eq!(
            (&webhook["status"], &webhook["waiting"], &webhook["failing_since"]),
            (&json!("enabled"), &json!(0), &Value::Null)
        );
        assert!(outside.received().len() > tried, "what waited was sent");
    });
}

#[test]
fn a_replaced_secret_signs_for_a_day_longer() {
    on_both_engines(async |mall| {
        let (id, old) = endpoint(&mall, &["order.placed"]).await;
        let made = mall.staff().post(&format!("/admin/v1/webhooks/{id}/rotate"), json!({})).await.ok();
        let new = text(&made["secret"]);
        let outside = mall.world.outside().webhooks.clone();
        let ping = async || {
            let pinged = operator(&mall).await.post(&format!("/admin/v1/webhooks/{id}/ping"), json!({})).await.ok();
            assert_eq!(
                (&pinged["delivery"]["state"], &pinged["delivery"]["kind"]),
                (&json!("delivered"), &json!("ping"))
            );
            let last = outside.received().pop().unwrap();
            let (now, header) = (mall.clock_now().unix_seconds(), |name: &str| last.headers[name].clone());
            [&new, &old].map(|secret| {
                let (id, at, all) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
                standard::verify(secret, &id, &at, &last.body, &all, now).is_ok()
            })
        };
        assert_eq!(ping().await, [true, true]);
        mall.clock.advance(kernel::hours(25));
        assert_eq!(ping().await, [true, false]);
        assert!(!mall.dump().await.rows("webhook_endpoint")[0].contains("whsec_"), "secrets lie sealed");
    });
}

#[test]
fn what_a_node_had_claimed_when_it_died_is_sent_again() {
    on_both_engines(async |mall| {
        endpoint(&mall, &["order.placed"]).await;
        let tea = mall.product("龙井").stock(5).create().await;
        mall.member().await.place_order(&[(&tea, 1)]).await.ok();
        mall.run_jobs().await;
        // A node claims it and goes away before it posts: only the lease is left.
        let (mall_id, lease) = (mall.id, mall.clock_now() + kernel::seconds(60));
        let claimed = mall.world.app().db.write(move |tx| {
            tx.exec("update webhook_delivery set next_attempt_at = $2 where mall_id = $1", &db::args![mall_id, lease])
        });
        assert_eq!(claimed.await.unwrap(), 1);
        mall.run_jobs().await;
        assert!(mall.world.outside().webhooks.received().is_empty());
        mall.clock.advance(kernel::seconds(61));
        mall.run_jobs().await;
        assert_eq!(mall.world.outside().webhooks.received().len(), 1);
    });
}

#[test]
fn low_stock_reviews_products_and_refunds_are_told_once_each() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(3).create().await;
        mall.run_jobs().await;
        endpoint(&mall, &["stock.low", "review.created", "product.changed", "refund.done"]).await;
        let ann = mall.member().await;
        let done = ann.buy(&[(&tea, 2)]).await;
        mall.staff().ship(&done, "SF1000000001").await.ok();
        ann.confirm(&done).await.ok();
        ann.review(&done, 5, "好茶").await.ok();
        let back = ann.buy(&[(&tea, 1)]).await;
        settle(&mall).await;
        settle(&mall).await;
        mall.staff().refund(&back, "缺货").await.ok();
        settle(&mall).await;
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await;
        }
        mall.staff().edit_product(&tea, |input| input["subtitle"] = "新茶".into()).await.ok();
        for _ in 0..4 {
            settle(&mall).await;
            mall.clock.advance(kernel::minutes(1));
        }
        let mut kinds: Vec<String> =
            mall.world.outside().webhooks.received().iter().map(testkit::Posted::kind).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["product.changed", "refund.done", "review.created", "stock.low"]);
    });
}

// ---------------------------------------------------------------- keys

async fn key(mall: &TestMall, change: impl FnOnce(&mut Value)) -> (String, Client) {
    let mut body = json!({ "name": "ERP", "scopes": ["order.view", "order.remark", "product.view"] });
    change(&mut body);
    let maker = mall.staff_with(&["api_key.edit", "order.view", "order.remark", "product.view"], None).await;
    let made = maker.post("/admin/v1/api-keys", body).await.ok();
    (text(&made["api_key"]["id"]), mall.anonymous().naming_mall(None).with_token(made["key"].as_str().unwrap()))
}

#[test]
fn a_key_does_what_its_scopes_say_and_signs_the_audit_log() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let order = mall.member().await.buy(&[(&tea, 1)]).await;
        let (id, program) = key(&mall, |_| {}).await;
        assert_eq!(program.get("/admin/v1/orders").await.ok()["items"].as_array().unwrap().len(), 1);
        program.get("/admin/v1/members").await.refused("staff.not_allowed");
        program.get("/admin/v1/me").await.refused("api_key.not_a_person");
        program.get("/admin/v1/api-keys").await.refused("staff.not_allowed");
        program.get("/api/v1/orders").await.refused("session.required");
        let remark = format!("/admin/v1/orders/{}/remark", order.id);
        program.post(&remark, json!({ "text": "已入 ERP" })).await.ok();
        let last = mall.staff().get("/admin/v1/audit").await.ok()["items"][0].clone();
        assert_eq!(last["staff_name"], "API · ERP");
        let listed = mall.staff().get("/admin/v1/api-keys").await.ok()[0].clone();
        assert!(listed["last_used_at"].is_string() && listed["prefix"].as_str().unwrap().starts_with("hfk_…"));
        assert!(!mall.dump().await.rows("api_key")[0].contains(program.token.as_deref().unwrap()));
        mall.staff().delete(&format!("/admin/v1/api-keys/{id}")).await.status(204);
        program.get("/admin/v1/orders").await.refused("api_key.unknown");
    });
}

#[test]
fn a_key_is_bound_to_its_time_its_addresses_and_its_makers_rights() {
    on_both_engines(async |mall| {
        let tomorrow = (mall.clock_now() + kernel::days(1)).to_string();
        let (_, program) = key(&mall, |body| body["expires_at"] = tomorrow.into()).await;
        program.get("/admin/v1/orders").await.ok();
        mall.clock.advance(kernel::days(1));
        program.get("/admin/v1/orders").await.refused("api_key.expired");
        let (_, elsewhere) = key(&mall, |body| body["allowed_ips"] = json!(["203.0.113.0/24"])).await;
        elsewhere.get("/admin/v1/orders").await.refused("api_key.address_refused");
        let (_, here) = key(&mall, |body| body["allowed_ips"] = json!(["127.0.0.0/8", "::1"])).await;
        here.get("/admin/v1/orders").await.ok();
        let maker = mall.staff_with(&["api_key.edit", "order.view"], None).await;
        let make =
            async |scope: &str| maker.post("/admin/v1/api-keys", json!({ "name": "x", "scopes": [scope] })).await;
        make("order.view").await.ok();
        make("order.refund").await.refused("staff.beyond_own_rights");
        assert_eq!(make("api_key.edit").await.status(400).json()["field"], "scopes");
    });
}
