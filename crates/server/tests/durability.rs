//! Killing the server with `kill -9` while members check out, then starting it again: every acknowledged order is there,
//! stock adds up, and what was reserved for orders nobody paid comes back. Repeated, on one database.

#![allow(clippy::unwrap_used, reason = "a failing step fails the test")]

use db::{Db, Options, args};
use goods::catalog::{CategoryInput, ProductInput, ProductStatus, SkuInput};
use goods::inventory::Demand;
use goods::store::{OpeningHours, StoreInput, StoreStatus};
use kernel::{Actor, Clock, Id, Ids, SystemClock};
use platform::Ctx;
use platform::session::{Sessions, Subject};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 4;
const BUYERS: usize = 12;
const STOCK: i64 = 1_000_000;

struct Scene {
    tokens: Vec<String>,
    sku: Id,
    store: Id,
}

#[test]
fn acknowledged_orders_survive_kill_9_and_no_reservation_leaks() {
    let folder = std::env::temp_dir().join(format!("hefang-durability-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let scene = Arc::new(found_mall(&folder));
    let mut acknowledged: HashSet<i64> = HashSet::new();
    for round in 0..ROUNDS {
        let (mut server, port) = serve(&folder);
        let buyers: Vec<_> = (0..BUYERS)
            .map(|n| {
                let scene = scene.clone();
                std::thread::spawn(move || buy_until_killed(port, &scene, n, round))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(900 + 150 * round));
        server.kill().unwrap();
        server.wait().unwrap();
        let placed: Vec<i64> = buyers.into_iter().flat_map(|buyer| buyer.join().unwrap()).collect();
        assert!(!placed.is_empty(), "round {round} placed nothing before the kill");
        acknowledged.extend(placed);
        check(&folder, &acknowledged);
    }
    expire_all(&folder);
    let (mut server, _) = serve(&folder);
    let returned = wait_for(Duration::from_secs(90), || reserved(&folder) == (0, 0));
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(returned, "reservations of expired orders came back");
    let db = open(&folder);
    let (unpaid, on_hand) = db
        .read_blocking(|tx| {
            let unpaid: (i64,) = tx.one("select count(*) from trade_order where status <> 'closed'", &args![])?;
            let on_hand: (i64,) = tx.one("select cast(sum(on_hand) as bigint) from stock", &args![])?;
            Ok((unpaid.0, on_hand.0))
        })
        .unwrap();
    assert_eq!((unpaid, on_hand), (0, STOCK));
    db.close();
    std::fs::remove_dir_all(&folder).unwrap();
}

fn open(folder: &Path) -> Db {
    Db::open(Options::new(&format!("sqlite:{}", folder.join("hefang.db").display()))).unwrap()
}

fn found_mall(folder: &Path) -> Scene {
    let created = Command::new(env!("CARGO_BIN_EXE_hefang"))
        .args(["mall", "create", "--code", "tea", "--name", "茶", "--data"])
        .arg(folder)
        .env("HEFANG_STAFF_PASSWORD", "a-long-password")
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(created.success());
    goods::store::name_regions_with(people::region::path);
    let db = open(folder);
    let secret = std::fs::read_to_string(folder.join("secret.key")).unwrap();
    let sealer = platform::seal::Sealer::new(secret.trim()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(Ids::new(9));
    let scene = db.write_blocking(move |tx| {
        let (mall_id,): (Id,) = tx.one("select id from mall", &args![])?;
        let ctx = Ctx::new(mall_id, Actor::System, clock.clone(), ids.clone());
        let store = goods::store::create_store(tx, &ctx, &store_input())?;
        let category = CategoryInput { name: "茶".into(), parent_id: None, picture_key: None, position: 1 };
        let category_id = goods::catalog::create_category(tx, &ctx, &category)?;
        let key = format!("m{mall_id}/202611/1_10x10.jpg");
        tx.exec(
            "insert into file (mall_id, key, content_type, width, height, bytes, owner_kind, owner_id, created_at)
             values ($1, $2, 'image/jpeg', 10, 10, 1, 'system', 0, 0)",
            &args![mall_id, &key],
        )?;
        let product = goods::catalog::create(tx, &ctx, &product_input(category_id, key), None)?;
        let (sku,): (Id,) = tx.one("select id from sku where product_id = $1", &args![product])?;
        let (_, location_id) = goods::store::location_of_store(tx, mall_id, store)?;
        goods::inventory::receive(tx, &ctx, Demand { sku_id: sku, location_id, quantity: STOCK }, None)?;
        let sessions = Sessions::default();
        let mut tokens = Vec::new();
        for n in 0..BUYERS {
            let phone = people::Phone::parse(&format!("139{n:08}"))?;
            let member = people::identity::create_member(tx, &ctx, &sealer, &phone, "买家")?;
            tokens.push(sessions.open(tx, &ctx, Subject::Member(member), "test")?.token);
        }
        Ok(Scene { tokens, sku, store })
    });
    db.close();
    scene.unwrap()
}

fn store_input() -> StoreInput {
    let hours = (1..=7).map(|weekday| OpeningHours { weekday, open: "09:00".into(), close: "21:00".into() });
    StoreInput {
        name: "湖滨店".into(),
        district_code: "330102".into(),
        address: "东坡路 8 号".into(),
        lat: 30.25,
        lng: 120.16,
        phone: "0571-87000000".into(),
        hours: hours.collect(),
        special_days: Vec::new(),
        notice: None,
        picture_key: None,
        status: StoreStatus::Open,
        ships: true,
        picture_keys: Vec::new(),
        services: Vec::new(),
        delivery_area: None,
    }
}

fn product_input(category_id: Id, picture: String) -> ProductInput {
    let sku = SkuInput {
        id: None,
        code: "T1".into(),
        barcode: None,
        option_values: Vec::new(),
        price_fen: 9_900,
        list_price_fen: None,
        cost_fen: None,
        weight_g: 100,
        volume_cm3: 100,
        picture_key: None,
        initial_stock: None,
    };
    ProductInput {
        code: None,
        name: "龙井".into(),
        subtitle: None,
        category_id,
        brand_id: None,
        shop_id: None,
        freight_template_id: None,
        picture_keys: vec![picture],
        video_key: None,
        description_html: String::new(),
        attributes: Vec::new(),
        options: Vec::new(),
        skus: vec![sku],
        tags: Vec::new(),
        keywords: None,
        return_7d: true,
        no_return_reason: None,
        purchase_limit: None,
        status: ProductStatus::OnSale,
        on_sale_at: None,
        off_sale_at: None,
        version: None,
    }
}

fn serve(folder: &Path) -> (Child, u16) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Command::new(env!("CARGO_BIN_EXE_hefang"))
        .args(["serve", "--port", &port.to_string(), "--data"])
        .arg(folder)
        .env("HEFANG_RATE_LIMIT__REQUESTS_PER_SECOND", "0")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let ready = |mut s: TcpStream| ask(&mut s, "GET", "/readyz", "", "", "").is_some_and(|reply| reply.0 == 200);
    let up = wait_for(Duration::from_secs(60), || TcpStream::connect(("127.0.0.1", port)).is_ok_and(ready));
    assert!(up, "the server did not start");
    (server, port)
}

fn wait_for(limit: Duration, done: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < limit {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// One request on a kept connection; `None` when the server is gone.
fn ask(stream: &mut TcpStream, method: &str, path: &str, token: &str, key: &str, body: &str) -> Option<(u16, String)> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let (mut bytes, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..at]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())?;
            if bytes.len() >= at + 4 + length {
                let status = head.get(9..12)?.parse().ok()?;
                return Some((status, String::from_utf8_lossy(&bytes[at + 4..at + 4 + length]).into_owned()));
            }
        }
        match stream.read(&mut part) {
            Ok(n) if n > 0 => bytes.extend_from_slice(&part[..n]),
            _ => return None,
        }
    }
}

/// Places orders until the connection breaks; answers the ids that were acknowledged.
fn buy_until_killed(port: u16, scene: &Scene, n: usize, round: u64) -> Vec<i64> {
    let mut placed = Vec::new();
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return placed };
    let body = serde_json::json!({
        "source": "now",
        "items": [{ "sku_id": scene.sku, "quantity": 1 }],
        "delivery": { "kind": "pickup", "store_id": scene.store },
        "expected_total_fen": 9_900,
    })
    .to_string();
    loop {
        let key = format!("k{round}-{n}-{}", placed.len());
        let Some((status, answer)) = ask(&mut stream, "POST", "/api/v1/orders", &scene.tokens[n], &key, &body) else {
            return placed;
        };
        assert_eq!(status, 200, "{answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        placed.push(answer["group_id"].as_str().unwrap().parse().unwrap());
    }
}

/// Orders are all there, and stock, reservations and orders tell the same story.
fn check(folder: &Path, acknowledged: &HashSet<i64>) {
    let db = open(folder);
    let present: Vec<(i64,)> = db.read_blocking(|tx| tx.all("select id from trade_order", &args![])).unwrap();
    db.close();
    let present: HashSet<i64> = present.into_iter().map(|row| row.0).collect();
    let lost = acknowledged.difference(&present).count();
    assert_eq!(lost, 0, "acknowledged orders are gone");
    let held = i64::try_from(present.len()).unwrap();
    assert_eq!(reserved(folder), (held, held));
}

/// Pieces reserved in stock, and pieces held by reservations.
fn reserved(folder: &Path) -> (i64, i64) {
    let db = open(folder);
    let both = db.read_blocking(|tx| {
        let stock: (i64,) = tx.one("select cast(sum(reserved) as bigint) from stock", &args![])?;
        let held: (i64,) =
            tx.one("select cast(coalesce(sum(quantity), 0) as bigint) from stock_reservation", &args![])?;
        Ok((stock.0, held.0))
    });
    db.close();
    both.unwrap()
}

fn expire_all(folder: &Path) {
    let db = open(folder);
    db.write_blocking(|tx| tx.exec("update trade_order set expires_at = 1 where status = 'unpaid'", &args![])).unwrap();
    db.close();
}
