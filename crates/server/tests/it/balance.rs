//! The balance: topped up, spent, given back, throttled, within the law's caps; and paid membership.

use testkit::{MemberClient, TestMall, Value, days, json, minutes, on_both_engines};

pub async fn plan(mall: &TestMall, amount_fen: i64, gift_fen: i64) -> String {
    let body = json!({ "amount_fen": amount_fen, "gift_fen": gift_fen, "label": "", "on_sale": true });
    let plans = mall.staff().post("/admin/v1/top-up-plans", body).await.ok();
    let found = plans.as_array().unwrap().iter().find(|plan| plan["amount_fen"] == amount_fen).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

/// Begins a purchase and asks for a QR code; answers purchase and payment.
async fn begin(member: &MemberClient, kind: &str, plan_id: &str, amount_fen: i64) -> (String, String) {
    let body = json!({ "kind": kind, "plan_id": plan_id, "expected_fen": amount_fen });
    let purchase = member.post("/api/v1/purchases", body).await.ok()["id"].as_str().unwrap().to_owned();
    let intent = member
        .post(&format!("/api/v1/purchases/{purchase}/pay"), json!({ "channel": "wechat", "scene": "native" }))
        .await
        .ok();
    (purchase, intent["payment_id"].as_str().unwrap().to_owned())
}

pub async fn top_up(mall: &TestMall, member: &MemberClient, plan_id: &str, amount_fen: i64) -> String {
    let (purchase, payment) = begin(member, "top_up", plan_id, amount_fen).await;
    mall.deliver(&mall.wechat.pay(&payment)).await.status(204);
    purchase
}

pub async fn held(member: &MemberClient) -> (i64, i64) {
    let balance = member.get("/api/v1/balance").await.ok();
    (balance["principal_fen"].as_i64().unwrap(), balance["gift_fen"].as_i64().unwrap())
}

async fn code(mall: &TestMall, member: &MemberClient) -> String {
    mall.clock.advance(minutes(13));
    member.post("/api/v1/balance/sms-code", json!({})).await.status(204);
    mall.world.outside().sms.code(&member.phone).unwrap()
}

pub async fn set_password(mall: &TestMall, member: &MemberClient) {
    let body = json!({ "password": "135792", "code": code(mall, member).await });
    member.put("/api/v1/balance/password", body).await.status(204);
}

pub fn by_password(amount_fen: i64, password: &str) -> Value {
    json!({ "expected_fen": amount_fen, "confirmation": { "kind": "password", "password": password } })
}

#[test]
fn a_top_up_is_paid_like_an_order_and_counts_once() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 10_000, 2_000).await;
        let ann = mall.member().await;
        let (purchase, payment) = begin(&ann, "top_up", &plan, 10_000).await;
        assert_eq!(held(&ann).await, (0, 0));
        let notice = mall.wechat.pay(&payment);
        mall.deliver(&notice).await.status(204);
        mall.deliver(&notice).await.status(204);
        assert_eq!(held(&ann).await, (10_000, 2_000));
        assert_eq!(ann.payment(&payment).await["status"], "paid");
        assert_eq!(ann.get(&format!("/api/v1/purchases/{purchase}")).await.ok()["status"], "paid");
        ann.post(&format!("/api/v1/purchases/{purchase}/pay"), json!({ "channel": "wechat", "scene": "native" }))
            .await
            .refused("purchase.not_payable");
        let body = json!({ "kind": "top_up", "plan_id": plan, "expected_fen": 9_999 });
        ann.post("/api/v1/purchases", body).await.refused("purchase.price_changed");
        let other = mall.member().await;
        other.get(&format!("/api/v1/purchases/{purchase}")).await.refused("purchase.not_found");
    });
}

#[test]
fn a_top_up_nobody_paid_closes_and_late_money_goes_back() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 10_000, 0).await;
        let ann = mall.member().await;
        let (purchase, payment) = begin(&ann, "top_up", &plan, 10_000).await;
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(ann.get(&format!("/api/v1/purchases/{purchase}")).await.ok()["status"], "closed");
        mall.deliver(&mall.wechat.pay_anyway(&payment)).await.status(204);
        mall.run_jobs().await;
        assert_eq!((held(&ann).await, mall.wechat.balance().0), ((0, 0), 0));
        // Paid at the last moment, the notice lost: the sweep asks and fulfils it.
        let (_, payment) = begin(&ann, "top_up", &plan, 10_000).await;
        mall.wechat.pay(&payment);
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!((held(&ann).await, mall.wechat.balance().0), ((10_000, 0), 10_000));
    });
}

#[test]
fn the_balance_stays_within_the_laws_cap() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 300_000, 0).await;
        let ann = mall.member().await;
        let (_, one) = begin(&ann, "top_up", &plan, 300_000).await;
        let (_, two) = begin(&ann, "top_up", &plan, 300_000).await;
        mall.deliver(&mall.wechat.pay(&one)).await.status(204);
        mall.deliver(&mall.wechat.pay(&two)).await.status(204);
        mall.run_jobs().await;
        assert_eq!((held(&ann).await, mall.wechat.balance().0), ((300_000, 0), 300_000));
        let body = json!({ "kind": "top_up", "plan_id": plan, "expected_fen": 300_000 });
        ann.post("/api/v1/purchases", body).await.refused("balance.over_cap");
    });
}

#[test]
fn an_order_is_paid_from_the_balance_and_its_refund_returns_gift_first() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 10_000, 2_000).await;
        let tea = mall.product("龙井").price_fen(11_500).stock(5).create().await;
        let ann = mall.member().await;
        top_up(&mall, &ann, &plan, 10_000).await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let path = format!("/api/v1/orders/{}/pay-from-balance", order.id);
        ann.post(&path, by_password(11_500, "135792")).await.refused("pay_password.not_set");
        set_password(&mall, &ann).await;
        ann.post(&path, by_password(11_499, "135792")).await.refused("order.price_changed");
        ann.post(&path, by_password(11_500, "135793")).await.refused("pay_password.wrong");
        let waiting = ann.intent(&order, "native").await;
        let paid = ann.post(&path, by_password(11_500, "135792")).await.ok();
        assert_eq!((paid["channel"].as_str(), paid["status"].as_str()), (Some("balance"), Some("paid")));
        assert_eq!(ann.post(&path, by_password(11_500, "135792")).await.ok()["id"], paid["id"], "once");
        assert_eq!((ann.status_of(&order).await.as_str(), held(&ann).await), ("to_ship", (0, 500)));
        assert_eq!(ann.payment(&waiting).await["status"], "closed", "nobody pays twice");
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        assert_eq!(held(&ann).await, (10_000, 2_000));
        let detail = ann.order(&order).await;
        assert_eq!(detail["refunds"][0]["status"], "done");
        assert_eq!(mall.wechat.refund_count(), 0);
    });
}

#[test]
fn the_last_fen_of_the_balance_is_spent_once() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 10_000, 0).await;
        let tea = mall.product("龙井").price_fen(6_000).stock(50).create().await;
        let ann = mall.member().await;
        top_up(&mall, &ann, &plan, 10_000).await;
        set_password(&mall, &ann).await;
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            let ann = ann.clone();
            racing.spawn(async move {
                ann.post(&format!("/api/v1/orders/{}/pay-from-balance", order.id), by_password(6_000, "135792")).await
            });
        }
        let replies = racing.join_all().await;
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 1);
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            assert_eq!(reply.code(), "balance.not_enough", "{reply:?}");
        }
        assert_eq!(held(&ann).await, (4_000, 0));
    });
}

#[test]
fn wrong_passwords_lock_and_a_message_still_pays() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 10_000, 0).await;
        let tea = mall.product("龙井").price_fen(1_000).stock(5).create().await;
        let ann = mall.member().await;
        top_up(&mall, &ann, &plan, 10_000).await;
        set_password(&mall, &ann).await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let path = format!("/api/v1/orders/{}/pay-from-balance", order.id);
        for _ in 0..5 {
            ann.post(&path, by_password(1_000, "246802")).await.refused("pay_password.wrong");
        }
        ann.post(&path, by_password(1_000, "135792")).await.refused("pay_password.locked");
        let sent = code(&mall, &ann).await;
        let by_code = |code: &str| json!({ "expected_fen": 1_000, "confirmation": { "kind": "sms", "code": code } });
        ann.post(&path, by_code("000000")).await.refused("session.code_wrong");
        ann.post(&path, by_code(&sent)).await.ok();
        assert_eq!(held(&ann).await, (9_000, 0));
    });
}

#[test]
fn principal_goes_back_the_way_it_came_and_gift_in_proportion() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 10_000, 2_000).await;
        let tea = mall.product("龙井").price_fen(1_000).stock(5).create().await;
        let ann = mall.member().await;
        let purchase = top_up(&mall, &ann, &plan, 10_000).await;
        let path = format!("/admin/v1/purchases/{purchase}/refund");
        let refund = |amount: i64| json!({ "amount_fen": amount, "reason": "会员申请" });
        mall.staff().post(&path, refund(10_001)).await.refused("purchase.not_refundable");
        mall.staff().post(&path, refund(3_333)).await.ok();
        assert_eq!(held(&ann).await, (6_667, 1_334));
        set_password(&mall, &ann).await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        ann.post(&format!("/api/v1/orders/{}/pay-from-balance", order.id), by_password(1_000, "135792")).await.ok();
        mall.staff().post(&path, refund(6_667)).await.refused("balance.not_enough");
        ann.post(&format!("/api/v1/purchases/{purchase}/refund"), json!({})).await.ok();
        assert_eq!(held(&ann).await, (0, 200), "the gift of what was spent stays");
        mall.run_jobs().await;
        assert_eq!(mall.wechat.balance().0, 1_000);
        mall.clock.advance(days(8));
        ann.post(&format!("/api/v1/purchases/{purchase}/refund"), json!({})).await.refused("purchase.too_late");
    });
}

#[test]
fn paid_membership_gives_its_perks_while_it_is_paid_and_reminds() {
    on_both_engines(async |mall| {
        mall.charge_freight(800, 0).await;
        let tea = mall.product("龙井").price_fen(10_000).stock(50).create().await;
        let body = json!({ "name": "月卡", "price_fen": 1_500, "days": 30, "price_percent": 92, "points_percent": 100,
            "free_freight": true, "note": "", "on_sale": true });
        let plans = mall.staff().post("/admin/v1/membership-plans", body).await.ok();
        let plan = plans[0]["id"].as_str().unwrap();
        let ann = mall.member().await;
        assert_eq!(ann.quote(&[(&tea, 1)]).await.ok()["total_fen"], 10_800);
        let (_, payment) = begin(&ann, "membership", plan, 1_500).await;
        mall.deliver(&mall.wechat.pay(&payment)).await.status(204);
        let quote = ann.quote(&[(&tea, 1)]).await.ok();
        assert_eq!((quote["total_fen"].as_i64(), quote["freight_fen"].as_i64()), (Some(9_200), Some(0)));
        mall.clock.advance(days(24));
        mall.run_jobs().await;
        assert_eq!(ann.get("/api/v1/membership").await.ok()["notices"].as_array().unwrap().len(), 0);
        mall.clock.advance(days(2));
        mall.run_jobs().await;
        mall.run_jobs().await;
        let view = ann.get("/api/v1/membership").await.ok();
        assert_eq!(view["notices"].as_array().unwrap().len(), 1, "{view}");
        assert_eq!(view["notices"][0]["kind"], "renewal_due");
        mall.clock.advance(days(5));
        assert_eq!(ann.quote(&[(&tea, 1)]).await.ok()["total_fen"], 10_800);
    });
}

#[test]
fn liabilities_are_what_the_members_hold() {
    on_both_engines(async |mall| {
        let plan = plan(&mall, 10_000, 2_000).await;
        let ann = mall.member().await;
        top_up(&mall, &ann, &plan, 10_000).await;
        let body = json!({ "account": "points", "amount": 70, "reason": "补发" });
        mall.staff().post(&format!("/admin/v1/members/{}/adjustments", ann.id), body).await.ok();
        let report = mall.staff().get("/admin/v1/liabilities").await.ok();
        let owed = |account: &str| {
            let row = report["owed"].as_array().unwrap().iter().find(|row| row["account"] == account).unwrap();
            row["owed"].as_i64().unwrap()
        };
        assert_eq!((owed("points"), owed("principal"), owed("gift")), (70, 10_000, 2_000));
    });
}
