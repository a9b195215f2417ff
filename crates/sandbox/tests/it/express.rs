//! A parcel's journey as 快递100 tells it.

use crate::stand::Stand;
use kernel::hours;
use sandbox::Fault;
use serde_json::{Value, json};

async fn ask(stand: &Stand, param: &Value) -> Value {
    let (own, param) = (&stand.credentials.kuaidi100, param.to_string());
    let sign = wire::kuaidi100::query_sign(&param, &own.key, &own.customer);
    let form = [("customer", own.customer.as_str()), ("sign", &sign), ("param", &param)];
    serde_json::from_str(&stand.post_form("/poll/query.do", &form).await.2).unwrap()
}

#[tokio::test]
async fn journey_advances_with_the_clock_and_never_into_the_future() {
    let stand = Stand::new().await;
    let param = json!({"com": "zhongtong", "num": "78001234567890", "phone": "13800000001", "to": "上海市浦东新区"});
    let first = ask(&stand, &param).await;
    assert_eq!((&first["status"], &first["state"]), (&json!("200"), &json!("1")));
    assert_eq!(first["data"][0]["time"], "2026-11-23 19:40:00");
    stand.clock.advance(hours(20));
    let moving = ask(&stand, &param).await;
    assert_eq!((&moving["state"], &moving["data"].as_array().unwrap().len()), (&json!("0"), &5));
    assert!(moving["data"][0]["context"].as_str().unwrap().contains("上海市"));
    stand.clock.advance(hours(30));
    let done = ask(&stand, &param).await;
    assert_eq!((&done["state"], &done["ischeck"]), (&json!("3"), &json!("1")));
    let times: Vec<&str> = done["data"].as_array().unwrap().iter().map(|s| s["time"].as_str().unwrap()).collect();
    assert!(times.windows(2).all(|w| w[0] > w[1]) && times[0] <= "2026-11-25 22:00:00", "{times:?}");
}

#[tokio::test]
async fn wrong_queries_have_the_vendors_codes() {
    let stand = Stand::new().await;
    for (param, code) in [
        (json!({"com": "shunfeng", "num": "SF1234567890"}), "408"),
        (json!({"com": "yuantong", "num": "1"}), "400"),
        (json!({"com": "圆通", "num": "YT1234567890"}), "400"),
        (json!({"com": "yuantong", "num": "0000123456"}), "500"),
        (json!("nonsense"), "400"),
    ] {
        let answer = ask(&stand, &param).await;
        assert_eq!((&answer["result"], &answer["returnCode"]), (&json!(false), &json!(code)), "{param}");
    }
    let form = [("customer", stand.credentials.kuaidi100.customer.as_str()), ("sign", "0"), ("param", "{}")];
    assert!(stand.post_form("/poll/query.do", &form).await.2.contains("\"503\""));
}

#[tokio::test]
async fn trouble_can_be_switched_on() {
    let stand = Stand::new().await;
    let param = json!({"com": "yuantong", "num": "YT1234567890"});
    ask(&stand, &param).await;
    stand.clock.advance(hours(40));
    stand.control.set(Fault::ExpressTrouble, true);
    assert_eq!(ask(&stand, &param).await["state"], "2");
    stand.control.set(Fault::ExpressBusy, true);
    assert_eq!(ask(&stand, &param).await["returnCode"], "502");
}
