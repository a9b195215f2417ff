//! Payment codes with the real client against the stand-in: signed both ways, charged at once or after the customer confirmed,
//! refused by name, unanswered, reversed; and the bill that knows of them.

use crate::counter::{Till, order_of, till};
use crate::outside::with_stand_ins;
use sandbox::{Control, Fault};
use testkit::{TestMall, Value, days, hours, json, seconds};

const AT_ONCE: &str = "130000000000000000";
const ASKED: &str = "130000000000000001";
const AT_ALIPAY: &str = "28000000000000000";

async fn at_a_till(mall: &TestMall) -> (Till, testkit::Product) {
    let store = mall.store("湖滨店").await;
    let tea = mall.product("龙井").price_fen(6_605).stock(0).create().await;
    store.receive(mall, &tea, 20).await;
    (till(mall, &store, 0).await, tea)
}

fn code(auth_code: &str) -> Value {
    json!([{ "kind": "code", "amount_fen": 6_605, "auth_code": auth_code }])
}

fn number_of(sale: &Value) -> String {
    sale["order"]["payments"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

/// `head`: what the channel's codes begin with; `named`: what its transactions begin with.
fn charged_confirmed_refused_and_billed(channel: &'static str, head: &'static str, named: &'static str) {
    with_stand_ins(&format!("codepay_{channel}"), async |mall, outside: Control| {
        let (till, tea) = at_a_till(&mall).await;
        let goods = [(&tea, 1)];
        let ending = |digit: u8| format!("{head}{digit}");
        let sale = till.sell(&goods, 6_605, code(&ending(0))).await.ok();
        assert_eq!(sale["state"], "paid");
        assert_eq!(sale["order"]["payments"][0]["channel"], channel);
        assert!(sale["order"]["payments"][0]["transaction_id"].as_str().unwrap().starts_with(named), "{sale}");
        let asked = till.sell(&goods, 6_605, code(&ending(1))).await.ok();
        assert_eq!(asked["state"], "waiting");
        mall.clock.advance(seconds(3));
        assert_eq!(till.show(&asked).await["state"], "waiting", "the customer has not pressed yet");
        outside.pay(&number_of(&asked)).unwrap();
        mall.clock.advance(seconds(3));
        assert_eq!(till.show(&asked).await["state"], "paid");
        let refused = till.sell(&goods, 6_605, code(&ending(2))).await.ok();
        assert!(refused["refused"].as_str().unwrap().contains("余额不足"), "{refused}");
        let another = format!("/admin/v1/counter/sales/{}/code", order_of(&refused));
        let old = till.clerk.post(&another, json!({ "auth_code": ending(3) })).await.ok();
        assert!(old["refused"].as_str().unwrap().contains("过期"), "{old}");
        assert_eq!(till.clerk.post(&another, json!({ "auth_code": ending(0) })).await.ok()["state"], "paid");
        mall.run_jobs().await;
        mall.clock.advance(days(1) + hours(10));
        mall.run_jobs().await;
        let desk = mall.staff_with(&["finance.view", "finance.settle"], None).await;
        let open = desk.get("/admin/v1/reconciliation/differences").await.ok();
        assert_eq!(open["items"].as_array().unwrap().len(), 0, "{open}");
        let page = desk.get(&format!("/admin/v1/reconciliation/days?channel={channel}")).await.ok();
        assert!(page["items"].as_array().unwrap().iter().any(|day| day["theirs"]["payments"] == 3), "{page}");
    });
}

#[test]
fn a_payment_code_of_wechat_is_charged_confirmed_refused_and_billed() {
    charged_confirmed_refused_and_billed("wechat", "13000000000000000", "42");
}

#[test]
fn a_payment_code_of_alipay_is_charged_confirmed_refused_and_billed() {
    charged_confirmed_refused_and_billed("alipay", AT_ALIPAY, "20");
}

#[test]
fn what_alipay_collected_is_given_back_and_what_waits_there_is_cancelled() {
    with_stand_ins("codepay_back", async |mall, outside: Control| {
        let (till, tea) = at_a_till(&mall).await;
        let goods = [(&tea, 1)];
        outside.set(Fault::WrongSignature, true);
        let doubtful = till.sell(&goods, 6_605, code(&format!("{AT_ALIPAY}0"))).await.ok();
        assert_eq!(doubtful["state"], "waiting");
        outside.set(Fault::WrongSignature, false);
        let cancel = |sale: &Value| format!("/admin/v1/counter/sales/{}/cancel", order_of(sale));
        let paid = till.clerk.post(&cancel(&doubtful), json!({})).await.ok();
        assert_eq!(paid["state"], "paid", "it was collected before it was given up");
        let asked = till.sell(&goods, 6_605, code(&format!("{AT_ALIPAY}1"))).await.ok();
        // The customer turns to the other purse: the charge before is cancelled first.
        let another = format!("/admin/v1/counter/sales/{}/code", order_of(&asked));
        let other = till.clerk.post(&another, json!({ "auth_code": ASKED })).await.ok();
        assert_eq!(other["state"], "waiting");
        assert!(outside.pay(&number_of(&asked)).is_err(), "nobody pays what was cancelled");
        assert_eq!(till.clerk.post(&cancel(&asked), json!({})).await.ok()["state"], "cancelled");
        assert_eq!(mall.stock_at(&tea, till.store.location_id).await, (19, 0));
    });
}

#[test]
fn an_answer_that_cannot_be_believed_is_asked_about_and_a_charge_given_up_is_reversed() {
    with_stand_ins("codepay_faults", async |mall, outside: Control| {
        let (till, tea) = at_a_till(&mall).await;
        let goods = [(&tea, 1)];
        outside.set(Fault::WrongSignature, true);
        let doubtful = till.sell(&goods, 6_605, code(AT_ONCE)).await.ok();
        assert_eq!(doubtful["state"], "waiting");
        outside.set(Fault::WrongSignature, false);
        mall.clock.advance(seconds(3));
        assert_eq!(till.show(&doubtful).await["state"], "paid");
        let asked = till.sell(&goods, 6_605, code(ASKED)).await.ok();
        let cancel = format!("/admin/v1/counter/sales/{}/cancel", order_of(&asked));
        outside.set(Fault::SystemError, true);
        till.clerk.post(&cancel, json!({})).await.status(502);
        outside.set(Fault::SystemError, false);
        assert_eq!(till.clerk.post(&cancel, json!({})).await.ok()["state"], "cancelled");
        assert!(outside.pay(&number_of(&asked)).is_err(), "nobody pays what was reversed");
        assert_eq!(mall.stock_at(&tea, till.store.location_id).await, (19, 0));
        mall.run_jobs().await;
        till.close(0, None).await.ok();
    });
}
