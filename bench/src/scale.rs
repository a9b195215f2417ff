//! Every list, small and large: all reading routes of the OpenAPI document are asked with a mall of some dozen products,
//! then with 100,000 products, 200,000 members and 1,000,000 orders in the same embedded database. The cache of ready
//! answers is off, so every request reaches the tables.

use crate::crowd::{self, Size};
use crate::load::{Connection, post};
use crate::process::Mall;
use crate::{Outcome, say};
use kernel::{Actor, Clock, Id, Ids, SystemClock};
use platform::Ctx;
use platform::seal::Sealer;
use platform::session::{Sessions, Subject};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LARGE: Size = Size { products: 100_000, members: 200_000, orders: 1_000_000 };
/// Requests per route and variant.
const ASKED: usize = 24;
const BAR_MS: f64 = 100.0;

/// Who asks, and for what.
struct Cast {
    member: String,
    staff: String,
    ids: BTreeMap<&'static str, String>,
}

/// A mall of its own, so that the other measurements stay on the small one.
pub async fn measure(hefang: &Path, folder: &Path) -> Outcome<()> {
    let folder = folder.join("large");
    let mall = Mall::create_uncached(hefang, &folder).await?;
    let cast = prepare(&mall).await?;
    let routes = routes(&mall, &cast).await?;
    let small = ask_all(&mall, &cast, &routes).await?;
    mall.stop().await?;
    let began = Instant::now();
    let filled = folder.clone();
    let order = cast.ids["order"].parse::<i64>().map(Id)?;
    tokio::task::spawn_blocking(move || grow(&filled, order)).await??;
    let took = began.elapsed().as_secs();
    let mall = Mall::create_uncached(hefang, &folder).await?;
    let large = ask_all(&mall, &cast, &routes).await?;
    let rss = mall.memory_mib()?;
    mall.stop().await?;
    report(&small, &large, took, rss);
    Ok(())
}

fn grow(folder: &Path, order: Id) -> Outcome<()> {
    let db = open(folder)?;
    let (mall_id,): (Id,) = db.read_blocking(|tx| tx.one("select id from mall limit 1", &db::args![]))?;
    crowd::fill(&db, mall_id, LARGE, order, SystemClock.now())?;
    db.close();
    Ok(())
}

fn open(folder: &Path) -> Outcome<db::Db> {
    Ok(db::Db::open(db::Options::new(&format!("sqlite:{}", folder.join("mall/hefang.db").display())))?)
}

/// A member with one order that went all the way, tokens, and the ids that paths ask for.
async fn prepare(mall: &Mall) -> Outcome<Cast> {
    let db = db::Db::open(db::Options::new(&format!("sqlite:{}", mall.data.join("hefang.db").display())))?;
    let secret = std::fs::read_to_string(mall.data.join("secret.key"))?;
    let sealer = Sealer::new(secret.trim())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(Ids::new(201));
    let (member_id, member, staff, sku, product) = db.write_blocking(move |tx| {
        let (mall_id, staff_id): (Id, Id) =
            tx.one("select mall_id, id from staff where username = 'admin' limit 1", &db::args![])?;
        let ctx = Ctx::new(mall_id, Actor::System, clock.clone(), ids.clone());
        let sessions = Sessions::default();
        let phone = people::Phone::parse("13900009999")?;
        let id = people::identity::create_member(tx, &ctx, &sealer, &phone, "bench")?;
        let member = sessions.open(tx, &ctx, Subject::Member(id), "bench")?.token;
        let staff = sessions.open(tx, &ctx, Subject::Staff(staff_id), "bench")?.token;
        let (sku, product): (Id, Id) = tx.one(
            "select s.sku_id, k.product_id from stock s
             join location l on l.mall_id = s.mall_id and l.id = s.location_id
             join sku k on k.mall_id = s.mall_id and k.id = s.sku_id
             where s.mall_id = $1 and l.kind = 'warehouse' and s.on_hand - s.reserved > 10
             order by s.sku_id
             limit 1",
            &db::args![mall_id],
        )?;
        Ok((id, member, staff, sku, product))
    })?;
    db.close();
    let mut cast = Cast { member, staff, ids: BTreeMap::new() };
    cast.ids.insert("member", member_id.to_string());
    cast.ids.insert("product", product.to_string());
    let mut connection = Connection::open(mall.port).await?;
    let address = json!({ "name": "张三", "phone": "13900009999", "district_code": "330106", "detail": "文三路 1 号" });
    let address = call(&mut connection, "/api/v1/addresses", &cast.member, &address).await?;
    let delivery = json!({ "kind": "express", "address_id": address["id"] });
    let items = json!([{ "sku_id": sku.to_string(), "quantity": 1 }]);
    let ask = json!({ "source": "now", "items": items, "delivery": delivery });
    let quote = call(&mut connection, "/api/v1/quote", &cast.member, &ask).await?;
    let mut order = ask.clone();
    order["expected_total_fen"] = quote["total_fen"].clone();
    let placed = call(&mut connection, "/api/v1/orders", &cast.member, &order).await?;
    let id = placed["orders"][0]["id"].as_str().ok_or("an order")?.to_owned();
    let desk = format!("/admin/v1/orders/{id}");
    call(&mut connection, &format!("{desk}/pay-offline"), &cast.staff, &json!({})).await?;
    let parcel = json!({ "carrier_code": "sf", "tracking_number": "SF1000000001" });
    call(&mut connection, &format!("{desk}/ship"), &cast.staff, &parcel).await?;
    call(&mut connection, &format!("/api/v1/orders/{id}/confirm"), &cast.member, &json!({})).await?;
    let review = json!({ "reviews": [{ "line_id": "1", "rating": 5, "text": "很好用", "picture_keys": [] }] });
    call(&mut connection, &format!("/api/v1/orders/{id}/reviews"), &cast.member, &review).await?;
    cast.ids.insert("order", id);
    Ok(cast)
}

async fn call(connection: &mut Connection, path: &str, token: &str, body: &Value) -> Outcome<Value> {
    let reply = connection.exchange(&post(path, token, &path.replace('/', "-"), body), true).await?;
    if reply.status != 200 {
        return Err(format!("{path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)).into());
    }
    Ok(serde_json::from_slice(&reply.body)?)
}

/// A request with its caller.
struct Route {
    path: String,
    token: Option<String>,
}

/// Every GET of the document that the cast can ask, bare and with each word of its choices.
async fn routes(mall: &Mall, cast: &Cast) -> Outcome<Vec<Route>> {
    let mut connection = Connection::open(mall.port).await?;
    let reply = connection.exchange(&crate::load::get("/openapi.json"), true).await?;
    let document: Value = serde_json::from_slice(&reply.body)?;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().ok_or("paths")? {
        let operation = &item["get"];
        let is_json = operation["responses"]["200"]["content"].get("application/json").is_some();
        let Some(path) = filled(path, cast).filter(|_| is_json) else { continue };
        let secured = operation["security"].to_string();
        let token = match () {
            () if path.starts_with("/admin/") => Some(cast.staff.clone()),
            () if secured.contains("member") => Some(cast.member.clone()),
            () => None,
        };
        let parameters: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query").collect();
        if parameters.iter().any(|p| p["required"] == true) {
            continue;
        }
        let mut ways = vec![String::new()];
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let schema = &parameter["schema"];
            let choices = [&schema["enum"], &schema["oneOf"][1]["enum"], &schema["oneOf"][0]["enum"]];
            for word in choices.iter().find_map(|c| c.as_array()).into_iter().flatten().filter_map(Value::as_str) {
                ways.push(format!("?{name}={word}"));
            }
            match name {
                "q" => {
                    ways.extend(["相机", "茶", "13900009999", "SF777", "bench"].map(|q| format!("?q={}", escaped(q))))
                }
                "in_stock" => ways.push("?in_stock=true".into()),
                "from" => ways.push("?from=2026-10-01T00:00:00Z".into()),
                "product_id" => ways.push(format!("?product_id={}", cast.ids["product"])),
                "min_price_fen" => ways.push("?min_price_fen=5000&max_price_fen=9000".into()),
                _ => {}
            }
        }
        found.extend(ways.into_iter().map(|way| Route { path: format!("{path}{way}"), token: token.clone() }));
    }
    Ok(found)
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The path with ids of the cast; `None` when it asks for something else.
fn filled(path: &str, cast: &Cast) -> Option<String> {
    let mut before = "";
    let mut parts = Vec::new();
    for part in path.split('/') {
        parts.push(match part {
            "{id}" => cast.ids.get(before.trim_end_matches('s'))?.clone(),
            _ if part.starts_with('{') => cast.ids.get(part.trim_matches(['{', '}']).trim_end_matches("_id"))?.clone(),
            _ => part.to_owned(),
        });
        before = part;
    }
    Some(parts.join("/"))
}

/// Milliseconds of one route.
struct Timed {
    path: String,
    p50: f64,
    p99: f64,
}

async fn ask_all(mall: &Mall, cast: &Cast, routes: &[Route]) -> Outcome<Vec<Timed>> {
    let mut connection = Connection::open(mall.port).await?;
    let mut all = Vec::new();
    for route in routes {
        let authorization = route.token.as_ref().map(|t| format!("authorization: Bearer {t}\r\n")).unwrap_or_default();
        let request =
            format!("GET {} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-mall: hefang\r\n{authorization}\r\n", route.path);
        let mut times: Vec<Duration> = Vec::with_capacity(ASKED);
        for _ in 0..ASKED {
            let began = Instant::now();
            let reply = connection.exchange(request.as_bytes(), true).await?;
            times.push(began.elapsed());
            if reply.status >= 500 {
                return Err(format!("{} answered {}", route.path, reply.status).into());
            }
        }
        times.sort_unstable();
        let ms = |at: usize| times[at].as_secs_f64() * 1_000.0;
        all.push(Timed { path: route.path.replace(&cast.ids["member"], "1"), p50: ms(ASKED / 2), p99: ms(ASKED - 1) });
    }
    Ok(all)
}

fn report(small: &[Timed], large: &[Timed], took: u64, rss: f64) {
    let mut rows: Vec<(&Timed, &Timed)> = small.iter().zip(large).collect();
    rows.sort_by(|a, b| b.1.p50.total_cmp(&a.1.p50));
    let over = rows.iter().filter(|row| row.1.p50 > BAR_MS).count();
    let Size { products, members, orders } = LARGE;
    say(&format!(
        "| lists with {products} products, {members} members, {orders} orders (filled in {took} s): {} routes and filters | {over} over {BAR_MS} ms, {rss:.0} MiB resident | bar: none over {BAR_MS} ms | slowest {:.2} |",
        rows.len(),
        rows.first().map_or(0.0, |row| row.1.p50 / BAR_MS)
    ));
    for (before, after) in rows.iter().take(16) {
        say(&format!(
            "| `{}` | p50 {:.1} ms, p99 {:.1} ms | small mall: p50 {:.1} ms, p99 {:.1} ms | {:.1} times |",
            after.path,
            after.p50,
            after.p99,
            before.p50,
            before.p99,
            after.p50 / before.p50
        ));
    }
}
