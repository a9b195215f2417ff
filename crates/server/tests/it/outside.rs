//! The real clients against the stand-ins that speak the real protocols, over loopback HTTP: signatures both ways,
//! encrypted notices, access tokens. The one place where tests open sockets, on 127.0.0.1 only.

use axum::ServiceExt;
use axum::extract::Request;
use gateways::Timeouts;
use gateways::alipay::{AlipayConfig, AlipayTrust};
use gateways::express::Kuaidi100Config;
use gateways::fapiao::FapiaoConfig;
use gateways::sms::AliyunSmsConfig;
use gateways::unionpay::UnionPayConfig;
use gateways::wechat::{IntracityConfig, MiniProgramConfig, PayTrust, WechatPayConfig};
use kernel::{Clock, FrozenClock, SystemClock};
use sandbox::{Control, Credentials, Fault, Pace, SandboxConfig};
use server::outside::{Clients, MallAccounts, OutsideConfig};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Engine, LocalOutside, MemberClient, Order, TestMall, World, json, minutes};
use tokio::net::TcpListener;

/// What the vendors would have handed out for the mall `first`.
fn accounts(given: &Credentials) -> OutsideConfig {
    let base_url = given.base_url.clone();
    let (app, pay) = (&given.wechat, &given.wechat_pay);
    let mini_program = MiniProgramConfig {
        base_url: base_url.clone(),
        app_id: app.app_id.clone(),
        app_secret: app.app_secret.as_str().into(),
        timeouts: Timeouts::default(),
    };
    let merchant = WechatPayConfig {
        base_url: base_url.clone(),
        merchant_id: pay.merchant_id.clone(),
        app_id: app.app_id.clone(),
        certificate_serial: pay.merchant_serial.clone(),
        private_key: pay.merchant_private_key.as_str().into(),
        api_v3_key: pay.api_v3_key.as_str().into(),
        trust: PayTrust::PublicKey {
            id: pay.public_key_id.clone(),
            pem: pay.public_key.as_str().into(),
            accept_certificates: true,
        },
        combined: true,
        timeouts: Timeouts::default(),
    };
    let alipay = AlipayConfig {
        base_url: base_url.clone(),
        app_id: given.alipay.app_id.clone(),
        seller_id: given.alipay.seller_id.clone(),
        private_key: given.alipay.app_private_key.as_str().into(),
        trust: AlipayTrust::Certificates {
            app: given.alipay.app_certificate.as_str().into(),
            alipay: given.alipay.alipay_certificate.as_str().into(),
            root: given.alipay.root_certificate.as_str().into(),
        },
        timeouts: Timeouts::default(),
    };
    let unionpay = UnionPayConfig {
        base_url: base_url.clone(),
        file_url: given.unionpay.file_url.clone(),
        merchant_id: given.unionpay.merchant_id.clone(),
        certificate: given.unionpay.certificate.as_str().into(),
        private_key: given.unionpay.private_key.as_str().into(),
        middle_certificate: given.unionpay.middle_certificate.as_str().into(),
        root_certificate: given.unionpay.root_certificate.as_str().into(),
        signer: given.unionpay.signer.clone(),
        timeouts: Timeouts::default(),
    };
    let fapiao = FapiaoConfig {
        base_url: base_url.clone(),
        key: given.fapiao.key.clone(),
        secret: given.fapiao.secret.as_str().into(),
        seller_tax_number: given.fapiao.seller_tax_number.clone(),
        tax_rate_percent: 13,
        tax_code: String::new(),
        timeouts: Timeouts::default(),
    };
    let api = &given.wechat_delivery;
    let delivery = IntracityConfig {
        base_url: base_url.clone(),
        app_id: app.app_id.clone(),
        app_secret: app.app_secret.as_str().into(),
        symmetric_serial: api.symmetric_serial.clone(),
        symmetric_key: api.symmetric_key.as_str().into(),
        private_key: api.app_private_key.as_str().into(),
        platform_serial: api.platform_serial.clone(),
        platform_key: api.platform_public_key.clone(),
        token: api.token.as_str().into(),
        trial: false,
        timeouts: Timeouts::default(),
    };
    let accounts = MallAccounts {
        wechat_delivery: Some(delivery),
        wechat_mini_program: Some(mini_program),
        wechat_pay: Some(merchant),
        alipay: Some(alipay),
        unionpay: Some(unionpay),
        fapiao: Some(fapiao),
    };
    OutsideConfig {
        fapiao_address: None,
        webhooks: gateways::webhook::WebhookConfig::default(),
        objects: None,
        sms: Some(AliyunSmsConfig {
            base_url: base_url.clone(),
            access_key_id: given.aliyun_sms.access_key_id.clone(),
            access_key_secret: given.aliyun_sms.access_key_secret.as_str().into(),
            sign_name: given.aliyun_sms.sign_name.clone(),
            templates: BTreeMap::from([("sign_in_code".to_owned(), given.aliyun_sms.template_code.clone())]),
            timeouts: Timeouts::default(),
        }),
        express: Some(Kuaidi100Config {
            base_url,
            customer: given.kuaidi100.customer.clone(),
            key: given.kuaidi100.key.as_str().into(),
            timeouts: Timeouts::default(),
        }),
        mall: HashMap::from([("first".to_owned(), accounts)]),
    }
}

/// A folder that goes away with the test.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn open() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

/// Tells a story on one engine with the stand-ins listening on one port and the shop on another.
pub fn with_stand_ins(name: &str, story: impl AsyncFn(TestMall, Control)) {
    with_stand_ins_on(Engine::Sqlite, name, &story);
}

/// The same on both engines, one after the other.
pub fn with_stand_ins_on_both(name: &str, story: impl AsyncFn(TestMall, Control)) {
    with_stand_ins_on(Engine::Sqlite, &format!("{name}_sqlite"), &story);
    with_stand_ins_on(Engine::Postgres, &format!("{name}_postgres"), &story);
}

fn with_stand_ins_on(engine: Engine, name: &str, story: &impl AsyncFn(TestMall, Control)) {
    let folder = Folder(std::env::temp_dir().join(format!("hefang_stand_ins_{name}_{}", std::process::id())));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (outside, outside_address) = open().await;
        let (shop, shop_address) = open().await;
        let clock = Arc::new(FrozenClock::at(SystemClock.now()));
        let time: Arc<dyn Clock> = clock.clone();
        let mut settings = SandboxConfig::new(&folder.0, &outside_address);
        settings.pace = Pace::quick();
        settings.clock = time.clone();
        let stand_ins = sandbox::router(settings).unwrap();
        let local = Arc::new(LocalOutside::new(time.clone()));
        let given = stand_ins.credentials.clone();
        let files = folder.0.join("data");
        let world = World::assemble(
            engine,
            move |config| {
                config.server.public_url = shop_address;
                config.data.dir = files;
            },
            clock,
            local,
            move |config, malls| Arc::new(Clients::new(accounts(&given), config, malls.clone(), time).unwrap()),
        )
        .await;
        let mall = world.found("first").await;
        let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(world.edge());
        let serving = [
            tokio::spawn(async move { axum::serve(outside, stand_ins.router).await.unwrap() }),
            tokio::spawn(async move { axum::serve(shop, service).await.unwrap() }),
        ];
        story(mall, stand_ins.control).await;
        world.finish().await;
        serving.iter().for_each(tokio::task::JoinHandle::abort);
    });
}

/// Waits for a notice to arrive over the network.
pub async fn wait_for(member: &MemberClient, order: &Order, status: &str) {
    for _ in 0..400 {
        if member.status_of(order).await == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the order did not become {status}: {}", member.order(order).await);
}

#[test]
fn a_qr_code_is_paid_at_the_cashier_and_the_notice_finalises_the_order() {
    with_stand_ins("native", async |mall, outside| {
        let tea = mall.product("龙井").price_fen(19_900).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let intent = ann.start_paying(&order, "native").await.ok();
        assert!(intent["instruction"]["code_url"].as_str().unwrap().len() > 10);
        outside.pay(intent["payment_id"].as_str().unwrap()).unwrap();
        wait_for(&ann, &order, "to_ship").await;
        let detail = ann.order(&order).await;
        assert_eq!(detail["payments"][0]["status"], "paid");
        assert!(detail["payments"][0]["transaction_id"].as_str().unwrap().starts_with("42"));
        assert_eq!(mall.stock(&tea).await, (99, 0));
    });
}

#[test]
fn a_refund_goes_out_and_its_notice_comes_back() {
    with_stand_ins("refund", async |mall, outside| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        outside.pay(&ann.intent(&order, "native").await).unwrap();
        wait_for(&ann, &order, "to_ship").await;
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        for _ in 0..400 {
            if ann.order(&order).await["refunds"][0]["status"] == "done" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the refund did not arrive: {}", ann.order(&order).await);
    });
}

#[test]
fn a_payment_whose_notice_is_lost_settles_by_asking() {
    with_stand_ins("lost", async |mall, outside| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = ann.intent(&order, "h5").await;
        outside.set(Fault::NoNotice, true);
        outside.pay(&number).unwrap();
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
    });
}

#[test]
fn an_expired_order_is_closed_at_the_channel_too() {
    with_stand_ins("closed", async |mall, outside| {
        let tea = mall.product("龙井").stock(1).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = ann.intent(&order, "native").await;
        ann.cancel(&order).await.ok();
        assert!(outside.pay(&number).is_err(), "the cashier does not take money for a closed order");
        assert_eq!(mall.stock(&tea).await, (1, 0));
    });
}

#[test]
fn a_code_arrives_by_text_message_and_signs_in() {
    with_stand_ins("sms", async |mall, outside| {
        let anyone = mall.anonymous();
        anyone.post("/api/v1/session/sms-code", json!({ "phone": "13912345678" })).await.status(204);
        let code = outside.sms_code("13912345678").unwrap();
        let granted = anyone.post("/api/v1/session/phone", json!({ "phone": "13912345678", "code": code })).await.ok();
        assert_eq!(granted["me"]["kind"], "member");
    });
}

#[test]
fn shipping_is_reported_so_that_the_money_unfreezes() {
    with_stand_ins("shipping", async |mall, outside| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let code = outside.login_code("ann");
        ann.post("/api/v1/session/wechat", json!({ "code": code })).await.ok();
        ann.post("/api/v1/session/wechat", json!({ "code": code })).await.refused("wechat.code_invalid");
        let order = ann.place_order(&[(&tea, 2)]).await.ok();
        let intent = ann.start_paying(&order, "mini_program").await.ok();
        assert!(intent["instruction"]["package"].as_str().unwrap().starts_with("prepay_id="));
        let number = intent["payment_id"].as_str().unwrap();
        outside.pay(number).unwrap();
        wait_for(&ann, &order, "to_ship").await;
        assert!(outside.is_frozen(number));
        outside.set(Fault::ShippingUnknown, true);
        mall.staff().ship(&order, "SF1234567890").await.ok();
        mall.run_jobs().await;
        assert!(outside.is_frozen(number));
        outside.set(Fault::ShippingUnknown, false);
        mall.clock.advance(minutes(2));
        mall.run_jobs().await;
        assert!(!outside.is_frozen(number));
        let parcel = ann.order(&order).await["parcels"][0]["id"].as_str().unwrap().to_owned();
        let track = ann.get(&format!("/api/v1/orders/{}/parcels/{parcel}/track", order.id)).await.ok();
        assert_eq!(track["tracking_number"], "SF1234567890");
    });
}

#[test]
fn an_invoice_is_issued_by_the_stand_in_and_taken_back() {
    with_stand_ins("fapiao", async |mall, outside| {
        let tea = mall.product("龙井").price_fen(6_605).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        outside.pay(&ann.intent(&order, "native").await).unwrap();
        wait_for(&ann, &order, "to_ship").await;
        mall.staff().ship(&order, "SF1000000001").await.ok();
        ann.confirm(&order).await.ok();
        let title = json!({ "kind": "personal", "name": "许青禾" });
        let body = json!({ "order_ids": [order.id], "title": title, "expected_fen": 6_605 });
        let asked = ann.post("/api/v1/invoices", body).await.ok();
        let path = format!("/api/v1/invoices/{}", asked["id"].as_str().unwrap());
        mall.run_jobs().await;
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        let shown = ann.get(&path).await.ok();
        assert_eq!(shown["state"], "issued", "{shown}");
        let pdf = reqwest_get(shown["pdf_url"].as_str().unwrap()).await;
        assert!(pdf.starts_with(b"%PDF"), "a file is there");
        outside.set(Fault::FapiaoRefused, true);
        let other = ann.place_order(&[(&tea, 1)]).await.ok();
        outside.pay(&ann.intent(&other, "native").await).unwrap();
        wait_for(&ann, &other, "to_ship").await;
        mall.staff().ship(&other, "SF1000000002").await.ok();
        ann.confirm(&other).await.ok();
        let title = json!({ "kind": "personal", "name": "许青禾" });
        let body = json!({ "order_ids": [other.id], "title": title, "expected_fen": 6_605 });
        let asked = ann.post("/api/v1/invoices", body).await.ok();
        mall.run_jobs().await;
        let refused = ann.get(&format!("/api/v1/invoices/{}", asked["id"].as_str().unwrap())).await.ok();
        assert_eq!(refused["state"], "failed", "{refused}");
        outside.set(Fault::FapiaoRefused, false);
    });
}

/// A file by plain HTTP on this machine.
async fn reqwest_get(url: &str) -> Vec<u8> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut socket = tokio::net::TcpStream::connect(host).await.unwrap();
    let ask = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    socket.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    answer[body..].to_vec()
}
