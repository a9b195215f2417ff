//! The other channels' real clients against their stand-ins over loopback HTTP: a browser opens signed addresses, presses
//! buttons at the cashier and comes back; notices and refunds travel with real signatures.

use crate::outside::{wait_for, with_stand_ins};
use sandbox::{Control, Fault};
use std::io::{Read, Write};
use std::time::Duration;
use testkit::{MemberClient, Order, TestMall, Value, json, minutes};

/// What a browser gets for an address: the status line and headers, and the page.
fn browse(method: &str, url: &str, form: &str) -> (String, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, page) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), page.to_owned())
}

pub async fn visit(method: &'static str, url: &str, form: impl Into<String>) -> (String, String) {
    let (url, form) = (url.to_owned(), form.into());
    tokio::task::spawn_blocking(move || browse(method, &url, &form)).await.unwrap()
}

/// Where a redirect goes to, relative to the page it came from.
pub fn location(url: &str, head: &str) -> String {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("location:"));
    let to = line.unwrap_or_else(|| panic!("no redirect: {head}"))["location:".len()..].trim().to_owned();
    if to.starts_with("http") {
        return to;
    }
    let origin: Vec<&str> = url.splitn(4, '/').collect();
    format!("http://{}{to}", origin[2])
}

/// Starts paying and opens the channel's page, where there is one; answers the number.
pub async fn opened(member: &MemberClient, order: &Order, channel: &str, scene: &str) -> String {
    let body = json!({ "channel": channel, "scene": scene, "return_url": "/#/pages/checkout/cashier?x=1" });
    let intent = member.post(&format!("/api/v1/orders/{}/pay", order.id), body).await.ok();
    let instruction = &intent["instruction"];
    match instruction["kind"].as_str().unwrap() {
        "h5" => drop(visit("GET", instruction["h5_url"].as_str().unwrap(), "").await),
        "form" => drop(visit("POST", instruction["action"].as_str().unwrap(), form_of(instruction)).await),
        _ => {}
    }
    intent["payment_id"].as_str().unwrap().to_owned()
}

/// The body a browser posts for a form.
pub fn form_of(instruction: &Value) -> String {
    let mut form = String::new();
    for field in instruction["fields"].as_array().unwrap() {
        let (name, value) = (field["name"].as_str().unwrap(), field["value"].as_str().unwrap());
        form.push_str(&format!("{name}={}&", server::flows::channel::encoded(value)));
    }
    form
}

async fn start(member: &MemberClient, order: &Order, body: Value) -> (String, String) {
    let intent = member.post(&format!("/api/v1/orders/{}/pay", order.id), body).await.ok();
    let url = intent["instruction"]["h5_url"].as_str().unwrap_or_default().to_owned();
    (intent["payment_id"].as_str().unwrap().to_owned(), url)
}

pub async fn refund_until_done(mall: &TestMall, member: &MemberClient, order: &Order) {
    mall.staff().refund(order, "缺货").await.ok();
    for _ in 0..200 {
        mall.run_jobs().await;
        if member.order(order).await["refunds"][0]["status"] == "done" {
            return;
        }
        mall.clock.advance(minutes(1));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the refund did not arrive: {}", member.order(order).await);
}

#[test]
fn alipay_is_paid_in_a_browser_and_refunded() {
    with_stand_ins("alipay", async |mall, outside: Control| {
        let tea = mall.product("龙井").price_fen(19_901).create().await;
        let ann = mall.member().await;
        for scene in ["page", "h5"] {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            let body = json!({ "channel": "alipay", "scene": scene, "return_url": "/#/pages/checkout/cashier?x=1" });
            let (number, url) = start(&ann, &order, body).await;
            assert!(outside.pay(&number).is_err(), "Alipay has not heard of it before the address is opened");
            let altered = url.replace("199.01", "0.01");
            let (_, refused) = visit("GET", &altered, "").await;
            assert!(refused.contains("isv.invalid-signature"), "{refused}");
            let (head, _) = visit("GET", &url, "").await;
            let cashier = location(&url, &head);
            let (_, sheet) = visit("GET", &cashier, "").await;
            assert!(sheet.contains("¥199.01"), "{sheet}");
            let (head, _) = visit("POST", &cashier, "action=pay").await;
            let back = location(&cashier, &head);
            assert!(back.contains("out_trade_no="), "{back}");
            let (head, _) = visit("GET", &back, "").await;
            assert!(location(&back, &head).ends_with("/#/pages/checkout/cashier?x=1"));
            wait_for(&ann, &order, "to_ship").await;
            let payment = ann.order(&order).await["payments"][0].clone();
            assert_eq!((payment["channel"].as_str(), payment["status"].as_str()), (Some("alipay"), Some("paid")));
            refund_until_done(&mall, &ann, &order).await;
        }
    });
}

#[test]
fn alipay_in_its_mini_program() {
    with_stand_ins("alipay_mini", async |mall, outside: Control| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let body = |code: &str| json!({ "channel": "alipay", "scene": "mini_program", "auth_code": code });
        let code = outside.alipay_code("ann");
        let path = format!("/api/v1/orders/{}/pay", order.id);
        ann.post(&path, body("made up")).await.refused("payment.payer_unknown");
        let intent = ann.post(&path, body(&code)).await.ok();
        assert!(intent["instruction"]["trade_no"].as_str().unwrap().len() > 20);
        outside.pay(intent["payment_id"].as_str().unwrap()).unwrap();
        wait_for(&ann, &order, "to_ship").await;
    });
}

#[test]
fn alipays_failures_end_one_way() {
    with_stand_ins("alipay_faults", async |mall, outside: Control| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let page = || json!({ "channel": "alipay", "scene": "page" });

        // No notice, then answers that cannot be believed, then one that can.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (number, url) = start(&ann, &order, page()).await;
        visit("GET", &url, "").await;
        outside.set(Fault::NoNotice, true);
        outside.pay(&number).unwrap();
        for fault in [Fault::WrongSignature, Fault::SystemError, Fault::RateLimited] {
            outside.set(fault, true);
            mall.clock.advance(minutes(1));
            mall.run_jobs().await;
            assert_eq!(ann.status_of(&order).await, "unpaid", "{}", fault.name());
            outside.set(fault, false);
        }
        mall.clock.advance(minutes(3));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship");

        // The refund is done, but its answer hangs; asking again finds it done, once.
        outside.set(Fault::TimeoutAfterSuccess, true);
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        outside.set(Fault::TimeoutAfterSuccess, false);
        refund_done(&mall, &ann, &order).await;
        outside.set(Fault::NoNotice, false);

        // Notices with a wrong signature settle nothing; two at once settle once.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (number, url) = start(&ann, &order, page()).await;
        visit("GET", &url, "").await;
        outside.set(Fault::WrongNoticeSignature, true);
        outside.pay(&number).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(ann.status_of(&order).await, "unpaid");
        outside.set(Fault::WrongNoticeSignature, false);
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
        outside.set(Fault::DuplicateNotice, true);
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (number, url) = start(&ann, &order, page()).await;
        visit("GET", &url, "").await;
        outside.pay(&number).unwrap();
        wait_for(&ann, &order, "to_ship").await;
        outside.set(Fault::DuplicateNotice, false);

        // A cancelled order's trade cannot be paid, opened before or not.
        for opened in [true, false] {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            let (number, url) = start(&ann, &order, page()).await;
            if opened {
                visit("GET", &url, "").await;
            }
            ann.cancel(&order).await.ok();
            assert!(outside.pay(&number).is_err(), "opened: {opened}");
        }
    });
}

pub async fn refund_done(mall: &TestMall, member: &MemberClient, order: &Order) {
    for _ in 0..200 {
        if member.order(order).await["refunds"][0]["status"] == "done" {
            return;
        }
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the refund did not arrive: {}", member.order(order).await);
}

#[test]
fn commission_is_transferred_and_confirmed() {
    with_stand_ins("transfer", async |mall, outside: Control| {
        let ann = mall.member().await;
        ann.post("/api/v1/session/wechat", json!({ "code": outside.login_code("ann") })).await.ok();
        crate::transfers::earn(&mall, &ann, 5_000).await;
        let path = format!("/admin/v1/members/{}/transfers", ann.id);
        let pay_out = async |fen: i64, remark: &str| {
            let made = mall.staff().post(&path, json!({ "amount_fen": fen, "remark": remark })).await.ok();
            (made["id"].as_str().unwrap().to_owned(), made["status"].as_str().unwrap().to_owned())
        };
        let status = async |id: &str| {
            ann.get(&format!("/api/v1/transfers/{id}")).await.ok()["status"].as_str().unwrap().to_owned()
        };
        let becomes = async |id: &str, word: &str| {
            for _ in 0..200 {
                if status(id).await == word {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            panic!("{id} did not become {word}");
        };
        let (id, made) = pay_out(2_000, "十一月佣金").await;
        assert_eq!(made, "waiting");
        let seen = ann.get(&format!("/api/v1/transfers/{id}")).await.ok();
        assert!(seen["confirm"]["package"].as_str().unwrap().len() > 20, "{seen}");
        outside.confirm_transfer(&format!("T{id}"), true).unwrap();
        becomes(&id, "done").await;

        // The account cannot take it; the merchant's account is empty; nobody hears the answer.
        let (id, _) = pay_out(500, "佣金").await;
        outside.confirm_transfer(&format!("T{id}"), false).unwrap();
        becomes(&id, "failed").await;
        outside.set(Fault::TransferNotEnough, true);
        assert_eq!(pay_out(500, "佣金").await.1, "failed");
        outside.set(Fault::TransferNotEnough, false);
        outside.set(Fault::WrongSignature, true);
        let (id, made) = pay_out(500, "佣金").await;
        assert_eq!(made, "requested");
        outside.set(Fault::WrongSignature, false);
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        let seen = ann.get(&format!("/api/v1/transfers/{id}")).await.ok();
        assert!(seen["confirm"]["package"].is_string(), "{seen}");
        mall.staff().post(&format!("/admin/v1/transfers/{id}/cancel"), json!({})).await.ok();
        mall.staff().post(&format!("/admin/v1/transfers/{id}/ask"), json!({})).await;
        becomes(&id, "cancelled").await;
        let accounts = mall.staff().get(&format!("/admin/v1/members/{}/accounts", ann.id)).await.ok();
        assert_eq!(accounts["commission_fen"], 3_000);
    });
}
