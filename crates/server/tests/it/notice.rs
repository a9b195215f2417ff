//! Messages on phones: by the mapping the merchant set, on a leave the member gave, once, and by text message when chosen.

use kernel::Error;
use testkit::{MemberClient, StaffClient, TestMall, Value, json, minutes, on_both_engines};

const TEMPLATE: &str = "Tpl_order_shipped_0123456789";

fn shipped_rule(when: &str) -> Value {
    json!({
        "subscribe": { "on": true, "template_id": TEMPLATE, "fields": [
            { "name": "thing1", "text": "{goods}" },
            { "name": "character_string2", "text": "{tracking_number}" },
            { "name": "thing3", "text": "{carrier}" },
        ] },
        "sms": { "when": when, "template_code": "SMS_1001", "params": [{ "name": "code", "text": "{tracking_number}" }] },
    })
}

/// One request for each writing route.
pub fn writes(member: &MemberClient) -> Vec<(&'static str, String, Value)> {
    let test = json!({ "channel": "sms", "phone": member.phone, "rule": shipped_rule("always") });
    let path = |more: &str| format!("/admin/v1/notices/order_shipped{more}");
    vec![
        ("PUT /admin/v1/notices/{kind}", path(""), shipped_rule("always")),
        ("POST /admin/v1/notices/{kind}/test", path("/test"), test),
    ]
}

async fn set(owner: &StaffClient, kind: &str, rule: Value) {
    owner.put(&format!("/admin/v1/notices/{kind}"), rule).await.ok();
}

async fn ship_one(mall: &TestMall, member: &MemberClient, number: &str) {
    let tea = mall.product("西湖龙井").price_fen(19_900).stock(10).create().await;
    let order = member.buy(&[(&tea, 1)]).await;
    mall.run_jobs().await;
    mall.staff().ship(&order, number).await.ok();
    mall.run_jobs().await;
    mall.run_jobs().await;
}

async fn log(owner: &StaffClient) -> Vec<(String, String)> {
    let page = owner.get("/admin/v1/notices/sent").await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(|one| (text(&one["channel"]), text(&one["state"]))).collect()
}

fn pair(channel: &str, state: &str) -> (String, String) {
    (channel.to_owned(), state.to_owned())
}

async fn leave(member: &MemberClient) {
    let asks = member.get("/api/v1/notices/asks").await.ok();
    assert_eq!(asks[0]["moment"], "paid");
    let ids = asks[0]["template_ids"].clone();
    member.post("/api/v1/notices/leaves", json!({ "template_ids": ids })).await.status(204);
}

#[test]
fn a_subscribe_message_goes_on_a_leave_and_only_on_one() {
    on_both_engines(async |mall| {
        let (ann, owner) = (mall.member().await, mall.staff());
        ann.open_in_mini_program("ann").await;
        assert_eq!(ann.get("/api/v1/notices/asks").await.ok(), json!([]));
        set(&owner, "order_shipped", shipped_rule("never")).await;
        leave(&ann).await;
        ship_one(&mall, &ann, "SF1000000001").await;
        let sent = mall.mini_program.notices();
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].openid.as_str(), sent[0].template_id.as_str()), ("o-ann", TEMPLATE));
        assert_eq!(sent[0].data[1], ("character_string2".to_owned(), "SF1000000001".to_owned()));
        assert!(sent[0].page.as_ref().unwrap().starts_with("pages/order/detail?id="));
        // The leave is used up: the next one stays in the message centre.
        ship_one(&mall, &ann, "SF1000000002").await;
        assert_eq!(mall.mini_program.notices().len(), 1);
        assert_eq!(log(&owner).await, [pair("subscribe", "skipped"), pair("subscribe", "sent")]);
        assert_eq!(mall.world.outside().sms.messages().len(), 0);
    });
}

#[test]
fn a_text_message_stands_in_when_no_subscribe_message_went() {
    on_both_engines(async |mall| {
        let (ann, bob, owner) = (mall.member().await, mall.member().await, mall.staff());
        ann.open_in_mini_program("ann").await;
        set(&owner, "order_shipped", shipped_rule("fallback")).await;
        leave(&ann).await;
        ship_one(&mall, &ann, "SF1000000001").await;
        assert_eq!(mall.world.outside().sms.messages().len(), 0, "the subscribe message went");
        ship_one(&mall, &bob, "SF1000000002").await;
        let texts = mall.world.outside().sms.messages();
        assert_eq!(texts.len(), 1);
        assert_eq!((texts[0].phone.as_str(), texts[0].template.as_str()), (bob.phone.as_str(), "SMS_1001"));
        assert_eq!(texts[0].params["code"], "SF1000000002");
    });
}

#[test]
fn trouble_of_the_vendor_is_waited_out_and_a_refusal_is_written_down() {
    on_both_engines(async |mall| {
        let (ann, owner) = (mall.member().await, mall.staff());
        ann.open_in_mini_program("ann").await;
        set(&owner, "order_shipped", shipped_rule("fallback")).await;
        leave(&ann).await;
        mall.mini_program.refuse_notice(Error::unavailable("wechat.busy", "忙"));
        ship_one(&mall, &ann, "SF1000000001").await;
        assert_eq!(mall.mini_program.notices().len(), 0);
        assert_eq!(mall.world.outside().sms.messages().len(), 0, "it is not over yet");
        mall.clock.advance(minutes(2));
        mall.run_jobs().await;
        assert_eq!(mall.mini_program.notices().len(), 1);
        // WeChat knows better than our count: the leave is void and the text message stands in.
        leave(&ann).await;
        leave(&ann).await;
        mall.mini_program.refuse_notice(Error::conflict("wechat.not_subscribed", "没有订阅"));
        ship_one(&mall, &ann, "SF1000000002").await;
        ship_one(&mall, &ann, "SF1000000003").await;
        assert_eq!(mall.mini_program.notices().len(), 1);
        assert_eq!(mall.world.outside().sms.messages().len(), 2);
        let expected = [
            ("sms", "sent"),
            ("subscribe", "skipped"),
            ("sms", "sent"),
            ("subscribe", "failed"),
            ("subscribe", "sent"),
        ];
        assert_eq!(log(&owner).await, expected.map(|(channel, state)| pair(channel, state)));
    });
}

#[test]
fn offers_reach_a_phone_number_only_when_its_owner_agreed() {
    on_both_engines(async |mall| {
        let (ann, owner) = (mall.member().await, mall.staff());
        let rule = json!({ "subscribe": { "on": false, "template_id": "", "fields": [] }, "sms": { "when": "always", "template_code": "SMS_7", "params": [{ "name": "n", "text": "{text}" }] } });
        set(&owner, "member_gift", rule.clone()).await;
        set(&owner, "balance_changed", rule).await;
        let (ctx, id) = (mall.ctx(), ann.id);
        let post = |kind| people::message::NewMessage {
            member_id: id,
            kind,
            title: "收到会员礼".into(),
            text: "生日礼到了：100 积分".into(),
            facts: json!({}),
            order_id: None,
            event_id: ctx.id(),
            at: ctx.now,
        };
        let (gift, balance) =
            (post(people::message::MessageKind::MemberGift), post(people::message::MessageKind::BalanceChanged));
        let told = ctx.clone();
        mall.world
            .app()
            .db
            .write(move |tx| {
                people::message::post(tx, &told, &gift)?;
                people::message::post(tx, &told, &balance).map(drop)
            })
            .await
            .unwrap();
        mall.run_jobs().await;
        let mut seen = log(&owner).await;
        seen.sort();
        assert_eq!(seen, [pair("sms", "sent"), pair("sms", "skipped")]);
        assert_eq!(mall.world.outside().sms.messages().len(), 1);
    });
}

#[test]
fn staff_preview_and_test_a_notice_before_it_is_saved() {
    on_both_engines(async |mall| {
        let (ann, owner) = (mall.member().await, mall.staff());
        ann.open_in_mini_program("ann").await;
        let path = "/admin/v1/notices/order_shipped";
        let preview = owner.post(&format!("{path}/preview"), shipped_rule("always")).await.ok();
        assert_eq!(
            preview["subscribe"][1],
            json!({ "name": "character_string2", "text": "SF1000000001", "is_cut": false })
        );
        assert_eq!(preview["sms"][0]["text"], "SF1000000001");
        let mut odd = shipped_rule("always");
        odd["subscribe"]["fields"][0]["text"] = json!("{store}");
        assert_eq!(owner.put(path, odd).await.refused("request.invalid")["field"], "subscribe.fields[0].text");
        let test = |channel: &str| json!({ "channel": channel, "phone": ann.phone, "rule": shipped_rule("never") });
        owner.post(&format!("{path}/test"), test("subscribe")).await.ok();
        owner.post(&format!("{path}/test"), test("sms")).await.ok();
        assert_eq!((mall.mini_program.notices().len(), mall.world.outside().sms.messages().len()), (1, 1));
        let rule = &owner.get("/admin/v1/notices").await.ok()[1]["rule"];
        assert_eq!(rule["subscribe"]["on"], false, "nothing was saved");
    });
}

#[test]
fn a_change_of_the_balance_is_told_once_with_both_parts() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let (ctx, member_id) = (mall.ctx(), ann.id);
        mall.world
            .app()
            .db
            .write(move |tx| {
                use people::ledger::{Account, Entry, credit};
                let source_id = ctx.id();
                for (account, amount) in [(Account::Principal, 10_000), (Account::Gift, 1_000)] {
                    credit(tx, &ctx, &Entry { account, member_id, kind: "top_up", source_id, amount, note: "储值" })?;
                }
                Ok(())
            })
            .await
            .unwrap();
        mall.run_jobs().await;
        let page = ann.get("/api/v1/messages").await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert_eq!(page["items"][0]["text"], "储值：余额 +110.00 元，现在是 110.00 元。");
    });
}
