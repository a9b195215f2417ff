//! The cashier as a browser meets it.

use crate::stand::Stand;
use kernel::minutes;
use sandbox::Fault;
use serde_json::json;

const NOTIFY: &str = "http://127.0.0.1:9/notify";
const BACK: &str = "http://127.0.0.1:8080/#/order?id=1&x=2";

async fn open(stand: &Stand) -> String {
    let merchant = stand.merchant();
    let mut order = merchant.order("order-1", NOTIFY);
    order["description"] = json!("<b>咖啡椅</b>");
    order["scene_info"] = json!({"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}});
    let url = merchant.post("/v3/pay/transactions/h5", &order).await.body["h5_url"].as_str().unwrap().to_owned();
    url.strip_prefix(&stand.address).unwrap().to_owned()
}

#[tokio::test]
async fn page_shows_the_amount_and_that_it_is_a_trial() {
    let stand = Stand::new().await;
    let path = open(&stand).await;
    let (status, page) = stand.get(&format!("{path}&redirect_url=http%3A%2F%2F127.0.0.1%2Fback")).await;
    assert_eq!(status, 200);
    for text in ["¥12.00", "演示环境", "支付失败", "稍后再付", "&lt;b&gt;咖啡椅&lt;/b&gt;", "http://127.0.0.1/back"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn paying_returns_to_the_merchant() {
    let stand = Stand::new().await;
    let path = open(&stand).await;
    let (status, location, _) = stand.post_form(&path, &[("action", "pay"), ("redirect_url", BACK)]).await;
    assert_eq!((status, location.as_deref()), (303, Some(BACK)));
    assert_eq!(stand.merchant().query("order-1").await.body["trade_state"], "SUCCESS");
    let (status, location, page) = stand.post_form(&path, &[("action", "pay")]).await;
    assert_eq!((status, location), (200, None));
    assert!(page.contains("已经付过"));
}

#[tokio::test]
async fn failing_and_waiting_leave_the_order_unpaid() {
    let stand = Stand::new().await;
    let path = open(&stand).await;
    let (_, _, page) = stand.post_form(&path, &[("action", "fail"), ("redirect_url", BACK)]).await;
    assert!(page.contains("银行拒绝") && page.contains("重新支付") && page.contains("返回商家"), "{page}");
    assert!(stand.post_form(&path, &[("action", "later")]).await.2.contains("稍后再付"));
    stand.control.set(Fault::PayerDeclined, true);
    assert!(stand.post_form(&path, &[("action", "pay")]).await.2.contains("银行拒绝"));
    assert_eq!(stand.merchant().query("order-1").await.body["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn link_of_h5_lives_five_minutes() {
    let stand = Stand::new().await;
    let path = open(&stand).await;
    stand.clock.advance(minutes(5));
    assert!(stand.get(&path).await.1.contains("已过期"));
    assert!(stand.post_form(&path, &[("action", "pay")]).await.2.contains("已过期"));
    assert_eq!(stand.merchant().query("order-1").await.body["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn unknown_prepay_id_is_told_politely() {
    let stand = Stand::new().await;
    assert!(stand.get("/cashier/wx123").await.1.contains("没有这笔订单"));
    assert!(stand.post_form("/cashier/wx123", &[("action", "pay")]).await.2.contains("没有这笔订单"));
}
