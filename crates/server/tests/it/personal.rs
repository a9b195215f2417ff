//! Leaving for good: what is under way holds a member back, nothing personal is left outside the law's hold, and the hold
//! ends. Proven on every row of every table, so a table that comes later is looked at too.

use crate::furnished::furnish;
use testkit::{Dump, MemberClient, Order, TestMall, Value, days, json, minutes, on_both_engines};

/// Every table with a `member_id`, and what becomes of its rows when the member leaves.
const DECIDED: &[(&str, &str)] = &[
    ("member_identity", "erased"),
    ("address", "erased"),
    ("cart_line", "erased"),
    ("favourite", "erased"),
    ("browse_history", "erased"),
    ("search_history", "erased"),
    ("message", "erased"),
    ("member_event", "erased"),
    ("notice_leave", "erased"),
    ("notice_sent", "erased"),
    ("member_purchase", "kept: sums of what was bought, nothing else"),
    ("member_preference", "erased"),
    ("data_export", "erased"),
    ("review", "loses its author"),
    ("trade_order", "held for the law's time, then without receiver and remarks"),
    ("fitting", "erased"),
    ("booking", "loses contact and remark"),
    ("after_sale", "held with its order, then without words and pictures"),
    ("payment", "held for the law's time, then without payer"),
    ("behaviour_event", "erased"),
    ("invoice_title", "erased"),
    ("invoice", "held for the law's time, then without its title"),
    ("membership", "erased"),
    ("member_notice", "erased"),
    ("check_in", "erased"),
    ("member_gift", "erased"),
    ("growth_entry", "erased"),
    ("pay_password", "erased"),
    ("ledger_posting", "kept: the books, as numbers"),
    ("ledger_balance", "kept: the books, as numbers"),
    ("points_bucket", "kept: the books, as numbers"),
    ("order_reward", "kept: the books, as numbers"),
    ("wallet_purchase", "kept: the books, as numbers"),
    ("promotion_member", "kept: how often a promotion was had, as numbers"),
    ("promotion_use", "kept: what an order consumed"),
    ("limited_member", "kept: how much was bought at a limited price, as numbers"),
    ("limited_use", "kept: what an order consumed"),
    ("points_item_member", "kept: how many were exchanged, as numbers"),
    ("points_exchange", "kept: what points were exchanged for, as numbers"),
    ("coupon_member", "kept: how many were taken, as numbers"),
    ("transfer", "handed over; kept without its payee"),
    ("member_code_use", "kept: that a code confirmed a payment, nothing else"),
    ("coupon", "void when unused, else kept with its order"),
    ("home_visit", "erased"),
    ("member_home", "handed over; loses its member"),
    ("coupon_code", "kept: that a code was redeemed"),
    ("consent", "kept: says which version was agreed to, nothing else"),
    ("closed_account", "kept: says that the account was closed, nothing else"),
];

#[test]
fn every_table_that_names_a_member_has_a_decision() {
    let mut table = "";
    for migration in db::migrations() {
        for line in migration.text.lines() {
            if let Some(rest) = line.strip_prefix("create table ") {
                table = rest.split([' ', '(']).next().unwrap();
            }
            if line.trim_start().starts_with("member_id ") {
                assert!(
                    DECIDED.iter().any(|(known, _)| *known == table),
                    "{table} names members: hand it over, forget it (people::hooks::PersonalData), and say so here"
                );
            }
        }
    }
}

async fn close(member: &MemberClient) -> testkit::Reply {
    member.post("/api/v1/privacy/closing", json!({ "understood": true })).await
}

/// A member with everything, whose orders have all come to their end.
async fn settled(mall: &TestMall) -> (MemberClient, Vec<Order>) {
    let f = furnish(mall, "甲家").await;
    let owner = mall.staff();
    owner.ship(&f.orders[0], "SF1000000005").await.ok();
    f.member.confirm(&f.orders[0]).await.ok();
    f.member.cancel(&f.orders[2]).await.ok();
    owner.redeem(&f.ids["pickup_code"]).await.ok();
    let rider = mall.staff_again().await;
    for (verb, body) in [("claim", json!({})), ("fetch", json!({})), ("deliver", json!({ "note": "放门口" }))] {
        rider.post(&format!("/admin/v1/deliveries/{}/{verb}", f.ids["delivery"]), body).await.ok();
    }
    let refused = crate::after_sale::found(&[(1, 0, 0)], "没有裂口");
    crate::after_sale::decide(mall, &f.ids["after_sale"], "receive", refused).await.ok();
    f.member.post(&format!("/api/v1/purchases/{}/refund", f.ids["purchase"]), json!({})).await.ok();
    mall.run_jobs().await;
    (f.member, f.orders)
}

#[test]
fn what_is_under_way_holds_a_member_back_and_is_named() {
    on_both_engines(async |mall| {
        let f = furnish(&mall, "甲家").await;
        f.member.post("/api/v1/privacy/closing", json!({ "understood": false })).await.status(400);
        let preview = f.member.get("/api/v1/privacy/closing").await.ok();
        let refused = close(&f.member).await.refused("account.under_way");
        assert_eq!(refused["details"]["under_way"], preview["under_way"]);
        let states: Vec<&str> =
            preview["under_way"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["to_ship", "unpaid", "to_pick_up", "returning", "to_ship", "has_balance"]);
        assert_eq!(preview["under_way"][0]["id"], f.orders[0].id.to_string());
        f.member.get("/api/v1/me").await.ok();
    });
}

/// Rows that say one of these words, by table.
fn mentions(dump: &Dump, tables: &[String], words: &[String]) -> Vec<String> {
    let said = |row: &&String| words.iter().any(|word| row.contains(word.as_str()));
    tables
        .iter()
        .flat_map(|table| dump.rows(table).iter().filter(said).map(move |row| format!("{table}: {row}")))
        .collect()
}

fn tables() -> Vec<String> {
    let names = db::migrations().iter().flat_map(|migration| migration.text.lines());
    names.filter_map(|line| line.strip_prefix("create table ")?.split([' ', '(']).next()).map(str::to_owned).collect()
}

/// What the row of a member says about the person: hash and tail of the phone, the sealed phone.
fn traces_of(dump: &Dump, member: &MemberClient) -> Vec<String> {
    let row = dump.rows("member").iter().find(|row| row.contains(&format!("id={}|", member.id))).unwrap().clone();
    let value = |name: &str| row.split('|').find_map(|part| part.strip_prefix(name)).unwrap().to_owned();
    vec![value("phone_hash="), value("phone_sealed="), format!("phone_tail={}", value("phone_tail="))]
}

#[test]
fn nothing_personal_is_left_outside_the_hold_and_nothing_at_all_after_it() {
    on_both_engines(async |mall| {
        let (ann, _) = settled(&mall).await;
        let picture = |n: u8| {
            let mut bytes = std::io::Cursor::new(Vec::new());
            image::GrayImage::from_pixel(30, 30, image::Luma([n]))
                .write_to(&mut bytes, image::ImageFormat::Png)
                .unwrap();
            bytes.into_inner()
        };
        let avatar = ann.upload("/api/v1/uploads", "file", &picture(1)).await.ok()["key"].as_str().unwrap().to_owned();
        ann.patch("/api/v1/me", json!({ "avatar_key": avatar })).await.ok();
        let shown = ann.upload("/api/v1/uploads", "file", &picture(2)).await.ok()["key"].as_str().unwrap().to_owned();
        let tea = mall.product("明前茶").price_fen(100).stock(5).create().await;
        let bought = ann.buy(&[(&tea, 1)]).await;
        mall.staff().ship(&bought, "SF1000000006").await.ok();
        ann.confirm(&bought).await.ok();
        let review = json!({ "reviews": [{ "line_id": "1", "rating": 5, "text": "好", "picture_keys": [shown] }] });
        ann.post(&format!("/api/v1/orders/{}/reviews", bought.id), review).await.ok();
        mall.run_jobs().await;

        let before = mall.dump().await;
        let mut words = traces_of(&before, &ann);
        let plain = ["甲家会员", "甲家收件人", "甲家路", "小安", "文三路 1 号", "13700137000", "o-甲家"];
        words.extend(plain.map(str::to_owned));
        words.push(ann.phone.clone());
        let said = mentions(&before, &tables(), &words);
        assert!(said.len() > 2, "the search finds only {said:?}");

        close(&ann).await.status(204);
        ann.get("/api/v1/me").await.refused("session.required");
        mall.run_jobs().await;
        mall.clock.advance(minutes(11));
        mall.run_jobs().await;

        let after = mall.dump().await;
        assert_eq!(mentions(&after, &tables(), &words), [""; 0]);
        let id = format!("member_id={}", ann.id);
        for (table, fate) in DECIDED {
            let left = mentions(&after, &[(*table).to_owned()], &[format!("{id}|"), format!("{id}\n")]);
            assert!(left.is_empty() || !fate.starts_with("erased"), "{table} still has {left:?}");
        }
        // Secrets of the mall are sealed too; they are nobody's data.
        let of_people: Vec<String> =
            tables().into_iter().filter(|t| !matches!(t.as_str(), "webhook_endpoint" | "account")).collect();
        let sealed = |dump: &Dump| mentions(dump, &of_people, &["=v1.".to_owned()]);
        let held = sealed(&after);
        let may_be_held =
            |row: &String| ["trade_order: ", "local_order: ", "invoice: "].iter().any(|of| row.starts_with(of));
        assert!(!held.is_empty() && held.iter().all(may_be_held), "{held:?}");
        let cancelled = after.rows("trade_order").iter().find(|row| row.contains("status=closed")).unwrap();
        assert!(cancelled.contains("receiver=-|"), "an order that was never paid holds nothing: {cancelled}");
        let objects = mall.world.outside().objects.keys();
        assert!(objects.contains(&shown) && !objects.contains(&avatar), "{objects:?}");
        let reviews = mall.anonymous().get(&format!("/api/v1/products/{}/reviews", tea.id)).await.ok();
        assert!(!reviews.to_string().contains("甲家"), "{reviews}");

        mall.clock.advance(days(1_090));
        mall.run_jobs().await;
        assert_eq!(sealed(&mall.dump().await).len(), held.len(), "held for three years");
        mall.clock.advance(days(8));
        mall.run_jobs().await;
        let last = mall.dump().await;
        assert_eq!(sealed(&last), [""; 0]);
        assert!(last.rows("payment").iter().all(|row| row.contains("payer=-")), "{:?}", last.rows("payment"));
        assert!(last.rows("after_sale").iter().all(|row| row.contains("description=-|picture_keys=[]")));
        assert!(last.rows("closed_account").iter().all(|row| row.contains("next_erasure_at=-")));
        let sums = |dump: &Dump| dump.rows("trade_order").iter().filter(|row| row.contains("status=completed")).count();
        assert_eq!(sums(&last), sums(&after), "the books stay");
    });
}

#[test]
fn the_same_phone_and_the_same_wechat_begin_anew() {
    on_both_engines(async |mall| {
        let (ann, orders) = settled(&mall).await;
        close(&ann).await.status(204);
        let found = mall.staff().get(&format!("/admin/v1/members?q={}", ann.phone)).await.ok();
        assert_eq!(found["items"], json!([]));
        let listed = mall.staff().get("/admin/v1/members").await.ok();
        assert!(!listed.to_string().contains(&ann.id.to_string()), "{listed}");

        mall.anonymous().post("/api/v1/session/sms-code", json!({ "phone": ann.phone })).await.status(204);
        let code = mall.world.outside().sms.code(&ann.phone).unwrap();
        let sign_in = json!({ "phone": ann.phone, "code": code });
        let granted = mall.anonymous().post("/api/v1/session/phone", sign_in).await.ok();
        assert_ne!(granted["me"]["id"], ann.id.to_string());
        let anew = mall.anonymous().with_token(granted["token"].as_str().unwrap());
        assert_eq!(anew.get("/api/v1/orders").await.ok()["items"], json!([]));
        anew.get(&format!("/api/v1/orders/{}", orders[1].id)).await.refused("order.not_found");
        let code = mall.mini_program.login_code("甲家");
        let granted: Value = mall.anonymous().post("/api/v1/session/wechat", json!({ "code": code })).await.ok();
        assert_ne!(granted["me"]["id"], ann.id.to_string());
        let order = mall.staff().order(&orders[1]).await;
        assert_eq!(order["member"]["nickname"], "已注销会员");
    });
}
