//! Invoices: asked for over what was paid with money, issued once however the issuer behaves, and taken back by red letters
//! exactly as far as money goes back.

use testkit::{IssuerMood, MemberClient, Order, TestMall, Value, days, hours, json, minutes, on_both_engines};

async fn completed(mall: &TestMall, member: &MemberClient, fen: i64, pieces: i64) -> Order {
    let name = mall.world.fresh_word("茶");
    let tea = mall.product(&name).price_fen(fen).stock(100).create().await;
    let order = member.buy(&[(&tea, pieces)]).await.order;
    finish(mall, member, &order).await;
    order
}

async fn finish(mall: &TestMall, member: &MemberClient, order: &Order) {
    mall.staff().ship(order, &format!("SF{}", order.id)).await.ok();
    member.confirm(order).await.ok();
    mall.run_jobs().await;
}

fn company() -> Value {
    json!({ "kind": "company", "name": "杭州河坊茶业有限公司", "tax_number": "91350100M000100Y43", "email": "caiwu@example.com" })
}

fn ask(orders: &[&Order], fen: i64) -> Value {
    let ids: Vec<Value> = orders.iter().map(|order| json!(order.id)).collect();
    json!({ "order_ids": ids, "title": company(), "expected_fen": fen })
}

async fn issued(mall: &TestMall, member: &MemberClient, orders: &[&Order], fen: i64) -> String {
    let asked = member.post("/api/v1/invoices", ask(orders, fen)).await.ok();
    mall.run_jobs().await;
    let id = asked["id"].as_str().unwrap().to_owned();
    let shown = member.get(&format!("/api/v1/invoices/{id}")).await.ok();
    assert_eq!(shown["state"], "issued", "{shown}");
    id
}

/// Gives part of an order's money back, as an after-sale does.
async fn give_back(mall: &TestMall, order: &Order, fen: i64) {
    let (app, ctx, id) = (mall.world.app().clone(), mall.ctx(), order.id);
    app.db
        .write(move |tx| {
            let order = trade::order::find(tx, ctx.mall_id, id)?;
            tx.exec(
                "update trade_order set refunded_fen = refunded_fen + $3 where mall_id = $1 and id = $2",
                &db::args![ctx.mall_id, id, fen],
            )?;
            let paid = trade::payment::attempts(tx, ctx.mall_id, "order_group", order.group_id)?;
            let paid = paid.into_iter().find(|paid| paid.paid_at.is_some()).unwrap();
            let new =
                trade::payment::NewRefund { order_id: Some(id), amount: testkit::Fen(fen), reason: "少发一件" };
            server::flows::refund::start(tx, &ctx, &paid, &new)
        })
        .await
        .unwrap();
    mall.run_jobs().await;
    for notice in mall.wechat.finish_refunds() {
        mall.deliver(&notice).await.status(204);
    }
    mall.run_jobs().await;
}

#[test]
fn several_orders_stand_on_one_invoice_of_what_was_paid() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let (one, two) = (completed(&mall, &ann, 6_600, 1).await, completed(&mall, &ann, 3_301, 3).await);
        let offers = ann.get("/api/v1/invoiceable-orders").await.ok();
        assert_eq!(offers["items"].as_array().unwrap().len(), 2);
        ann.post("/api/v1/invoices", ask(&[&one, &two], 16_502)).await.refused("invoice.amount_changed");
        let id = issued(&mall, &ann, &[&one, &two], 16_503).await;
        let shown = ann.get(&format!("/api/v1/invoices/{id}")).await.ok();
        assert_eq!(shown["number"].as_str().unwrap().len(), 20);
        assert_eq!(shown["order_ids"].as_array().unwrap().len(), 2);
        assert_eq!(
            shown["lines"].as_array().unwrap().iter().map(|l| l["amount_fen"].as_i64().unwrap()).sum::<i64>(),
            16_503
        );
        ann.post("/api/v1/invoices", ask(&[&one], 6_600)).await.refused("invoice.asked_already");
        let offer = ann.get(&format!("/api/v1/orders/{}/invoice", one.id)).await.ok();
        assert_eq!((offer["open"].as_bool(), offer["invoice_id"].as_str()), (Some(false), Some(id.as_str())));
        assert_eq!(mall.issuer.issued().len(), 1);
        let other = mall.member().await;
        other.get(&format!("/api/v1/invoices/{id}")).await.refused("invoice.not_found");
        other.post("/api/v1/invoices", ask(&[&two], 9_903)).await.refused("order.not_found");
        mall.staff().get(&format!("/admin/v1/invoices/{id}")).await.ok();
    });
}

#[test]
fn only_completed_orders_paid_with_money_can_be_invoiced() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(6_600).stock(9).create().await;
        let ann = mall.member().await;
        let fresh = ann.buy(&[(&tea, 1)]).await.order;
        ann.post("/api/v1/invoices", ask(&[&fresh], 6_600)).await.refused("invoice.not_completed");
        let gift = json!({ "account": "gift", "amount": 20_000, "reason": "补偿" });
        mall.staff().post(&format!("/admin/v1/members/{}/adjustments", ann.id), gift).await.ok();
        ann.post("/api/v1/balance/sms-code", json!({})).await.status(204);
        let code = mall.world.outside().sms.code(&ann.phone).unwrap();
        ann.put("/api/v1/balance/password", json!({ "password": "135792", "code": code })).await.status(204);
        let by_balance = ann.place_order(&[(&tea, 1)]).await.ok();
        let body = json!({ "expected_fen": 6_600, "confirmation": { "kind": "password", "password": "135792" } });
        ann.post(&format!("/api/v1/orders/{}/pay-from-balance", by_balance.id), body).await.ok();
        finish(&mall, &ann, &by_balance).await;
        ann.post("/api/v1/invoices", ask(&[&by_balance], 6_600)).await.refused("invoice.nothing_to_invoice");
        let offer = ann.get(&format!("/api/v1/orders/{}/invoice", by_balance.id)).await.ok();
        assert_eq!((offer["open"].as_bool(), offer["amount_fen"].as_i64()), (Some(false), Some(0)));
        assert!(ann.get("/api/v1/invoiceable-orders").await.ok()["items"].as_array().unwrap().is_empty());
    });
}

#[test]
fn a_refund_after_issuing_takes_exactly_that_much_back() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let order = completed(&mall, &ann, 3_301, 3).await;
        let id = issued(&mall, &ann, &[&order], 9_903).await;
        give_back(&mall, &order, 3_301).await;
        give_back(&mall, &order, 1).await;
        let reds: Vec<i64> = mall.issuer.issued().iter().map(|one| one.1).filter(|fen| *fen < 0).collect();
        assert_eq!(reds.iter().sum::<i64>(), -3_302, "{reds:?}");
        let shown = ann.get(&format!("/api/v1/invoices/{id}")).await.ok();
        assert_eq!(shown["reversed_fen"], 3_302);
        give_back(&mall, &order, 6_601).await;
        assert_eq!(mall.issuer.issued().iter().map(|one| one.1).sum::<i64>(), 0, "nothing is left on paper");
        let list = ann.get("/api/v1/invoices").await.ok();
        assert_eq!(list["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "red").count(), 3);
        // Told again, nothing more happens.
        let (app, ctx, order_id) = (mall.world.app().clone(), mall.ctx(), order.id);
        let again = app.db.write(move |tx| trade::invoice::follow_refund(tx, &ctx, order_id)).await.unwrap();
        assert_eq!(again, trade::invoice::Followed::Nothing);
    });
}

#[test]
fn a_refund_before_issuing_makes_the_request_smaller_or_ends_it() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let order = completed(&mall, &ann, 5_000, 2).await;
        mall.issuer.be(IssuerMood::Refusing);
        let asked = ann.post("/api/v1/invoices", ask(&[&order], 10_000)).await.ok();
        mall.run_jobs().await;
        let path = format!("/api/v1/invoices/{}", asked["id"].as_str().unwrap());
        assert_eq!(ann.get(&path).await.ok()["state"], "failed");
        give_back(&mall, &order, 4_000).await;
        assert_eq!(ann.get(&path).await.ok()["amount_fen"], 6_000);
        give_back(&mall, &order, 6_000).await;
        let ended = ann.get(&path).await.ok();
        assert_eq!((ended["state"].as_str(), ended["reason"].as_str()), (Some("cancelled"), Some("订单已全额退款")));
        assert!(mall.issuer.issued().is_empty());
    });
}

#[test]
fn an_issuer_that_is_slow_silent_or_forgetful_issues_once() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        for mood in [IssuerMood::Slow, IssuerMood::Silent, IssuerMood::LosingAnswers] {
            let order = completed(&mall, &ann, 6_600, 1).await;
            mall.issuer.be(mood);
            let before = mall.issuer.issued().len();
            let asked = ann.post("/api/v1/invoices", ask(&[&order], 6_600)).await.ok();
            mall.run_jobs().await;
            let path = format!("/api/v1/invoices/{}", asked["id"].as_str().unwrap());
            assert_eq!(ann.get(&path).await.ok()["state"], "issuing", "{mood:?}");
            ann.post(&format!("{path}/cancel"), json!({})).await.refused("invoice.not_allowed");
            mall.issuer.be(IssuerMood::Prompt);
            mall.clock.advance(minutes(20));
            mall.run_jobs().await;
            assert_eq!(ann.get(&path).await.ok()["state"], "issued", "{mood:?}");
            assert_eq!(mall.issuer.issued().len(), before + 1, "{mood:?}");
        }
        // Silent to the last: it fails, and staff try again.
        let order = completed(&mall, &ann, 6_600, 1).await;
        mall.issuer.be(IssuerMood::Silent);
        let asked = ann.post("/api/v1/invoices", ask(&[&order], 6_600)).await.ok();
        let id = asked["id"].as_str().unwrap().to_owned();
        for _ in 0..25 {
            mall.run_jobs().await;
            mall.clock.advance(hours(1));
        }
        let staff = mall.staff_with(&["invoice.handle"], None).await;
        let failed = staff.get(&format!("/admin/v1/invoices/{id}")).await.ok();
        assert_eq!(failed["state"], "failed", "{failed}");
        mall.issuer.be(IssuerMood::Prompt);
        staff.post(&format!("/admin/v1/invoices/{id}/retry"), json!({})).await.ok();
        mall.run_jobs().await;
        assert_eq!(ann.get(&format!("/api/v1/invoices/{id}")).await.ok()["state"], "issued");
    });
}

#[test]
fn what_the_issuer_refuses_waits_for_staff() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let order = completed(&mall, &ann, 6_600, 1).await;
        mall.issuer.be(IssuerMood::Refusing);
        let asked = ann.post("/api/v1/invoices", ask(&[&order], 6_600)).await.ok();
        mall.run_jobs().await;
        let id = asked["id"].as_str().unwrap().to_owned();
        let page = mall.staff().get("/admin/v1/invoices?state=failed").await.ok();
        assert_eq!(page["items"][0]["last_error"], "购方税号不存在");
        let reject = format!("/admin/v1/invoices/{id}/reject");
        mall.staff().post(&reject, json!({ "reason": " " })).await.refused("request.invalid");
        mall.staff().post(&reject, json!({ "reason": "税号不对，请改抬头再申请" })).await.ok();
        mall.staff().post(&format!("/admin/v1/invoices/{id}/retry"), json!({})).await.refused("invoice.not_allowed");
        let shown = ann.get(&format!("/api/v1/invoices/{id}")).await.ok();
        assert_eq!(
            (shown["state"].as_str(), shown["reason"].as_str()),
            (Some("rejected"), Some("税号不对，请改抬头再申请"))
        );
        mall.issuer.be(IssuerMood::Prompt);
        issued(&mall, &ann, &[&order], 6_600).await;
        let viewer = mall.staff_with(&["finance.view"], None).await;
        viewer.get("/admin/v1/invoices").await.refused("staff.not_allowed");
    });
}

#[test]
fn the_title_book_is_the_members_own_and_checked() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let book = ann.post("/api/v1/invoice-titles", json!({ "title": company() })).await.ok();
        assert_eq!(
            (book[0]["is_default"].as_bool(), book[0]["name"].as_str()),
            (Some(true), Some("杭州河坊茶业有限公司"))
        );
        let person = json!({ "title": { "kind": "personal", "name": "许青禾" }, "is_default": true });
        let book = ann.post("/api/v1/invoice-titles", person).await.ok();
        assert_eq!((book[0]["name"].as_str(), book[1]["is_default"].as_bool()), (Some("许青禾"), Some(false)));
        let mut wrong = company();
        wrong["tax_number"] = json!("91350100M000100Y44");
        ann.post("/api/v1/invoice-titles", json!({ "title": wrong })).await.refused("request.invalid");
        let id = book[1]["id"].as_str().unwrap().to_owned();
        let other = mall.member().await;
        let path = format!("/api/v1/invoice-titles/{id}");
        other.delete(&path).await.refused("invoice.no_such_title");
        other.put(&path, json!({ "title": company() })).await.refused("invoice.no_such_title");
        assert_eq!(ann.delete(&path).await.ok().as_array().unwrap().len(), 1);
        let sealed =
            mall.number("select count(*) from invoice_title where mall_id = $1 and details like '%许青禾%'").await;
        assert_eq!(sealed, 0, "titles lie sealed");
        mall.clock.advance(days(1));
    });
}

/// Something of finance for the walks over every route: an invoice, a title, a reconciled day and a difference.
pub async fn furnish(mall: &TestMall, member: &MemberClient, done: &Order, mark: &str) -> crate::contract::Ids {
    let title = json!({ "kind": "personal", "name": format!("{mark}抬头") });
    let book = member.post("/api/v1/invoice-titles", json!({ "title": title.clone() })).await.ok();
    let fen = member.get(&format!("/api/v1/orders/{}/invoice", done.id)).await.ok()["amount_fen"].clone();
    let body = json!({ "order_ids": [done.id], "title": title, "expected_fen": fen });
    let invoice = member.post("/api/v1/invoices", body).await.ok();
    let (app, ctx, number) = (mall.world.app().clone(), mall.ctx(), format!("{mark}单号"));
    app.db
        .write(move |tx| {
            let run = trade::reconcile::begin(tx, &ctx, "wechat", 20_000)?;
            let (kind, channel_number) = (testkit::BillKind::Payment, String::new());
            let (amount, state, number) = (testkit::Fen(888), testkit::BillState::Done, number.clone());
            let fee = testkit::Fen(0);
            let line = testkit::BillLine { kind, number, channel_number, amount, fee, state, at: None };
            trade::reconcile::take_lines(tx, &ctx, "wechat", 20_000, run, &[line])?;
            let window = trade::reconcile::Window::of(20_000, hours(8));
            trade::reconcile::finish(tx, &ctx, "wechat", window, testkit::Fen(0))
        })
        .await
        .unwrap();
    let days = mall.staff().get("/admin/v1/reconciliation/days").await.ok();
    let open = mall.staff().get("/admin/v1/reconciliation/differences").await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    crate::contract::Ids::from([
        ("invoice", text(&invoice["id"])),
        ("invoice_title", text(&book[0]["id"])),
        ("day", text(&days["items"][0]["id"])),
        ("difference", text(&open["items"][0]["id"])),
        ("from", "2026-11-01".into()),
        ("to", "2026-11-30".into()),
    ])
}

/// Every write of finance, each made ready.
pub async fn writes(mall: &TestMall, f: &crate::furnished::Furnished) -> Vec<(&'static str, String, Value)> {
    let order = completed(mall, &f.member, 6_600, 1).await;
    mall.issuer.be(IssuerMood::Refusing);
    let failed = f.member.post("/api/v1/invoices", ask(&[&order], 6_600)).await.ok();
    mall.run_jobs().await;
    mall.issuer.be(IssuerMood::Prompt);
    let of = |verb: &str| format!("/admin/v1/invoices/{}/{verb}", failed["id"].as_str().unwrap());
    let about = |verb: &str| format!("/admin/v1/reconciliation/differences/{}/{verb}", f.ids["difference"]);
    vec![
        ("POST /admin/v1/invoices/{id}/retry", of("retry"), json!({})),
        ("POST /admin/v1/invoices/{id}/reject", of("reject"), json!({ "reason": "税号不对" })),
        (
            "POST /admin/v1/reconciliation/days/{id}/run",
            format!("/admin/v1/reconciliation/days/{}/run", f.ids["day"]),
            json!({}),
        ),
        ("POST /admin/v1/reconciliation/differences/{id}/ask", about("ask"), json!({})),
        ("POST /admin/v1/reconciliation/differences/{id}/settle", about("settle"), json!({ "note": "别处收的款" })),
        (
            "POST /admin/v1/finance/exports",
            "/admin/v1/finance/exports".into(),
            json!({ "by": "day", "from": "2026-11-01", "to": "2026-11-30", "format": "csv" }),
        ),
    ]
}
