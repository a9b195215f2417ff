//! Complete checkouts through the API: add to cart, quote, place, pay offline — four requests and three durable writes an
//! order, 64 members at once, each buying for pickup.

use crate::load::{Connection, figures, post};
use crate::process::Mall;
use crate::{CALLERS, Outcome, say};
use kernel::{Actor, Clock, Id, Ids, SystemClock};
use platform::Ctx;
use platform::seal::Sealer;
use platform::session::{Sessions, Subject};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(8);

/// Tokens and ids the load needs.
struct Cast {
    members: Vec<String>,
    staff: String,
    sku: String,
    store: String,
}

/// Opens the mall's database beside the server and prepares members, tokens and a stocked SKU whose price does
/// not change while it sells.
fn prepare(mall: &Mall) -> Outcome<Cast> {
    let db = db::Db::open(db::Options::new(&format!("sqlite:{}", mall.data.join("hefang.db").display())))?;
    let secret = std::fs::read_to_string(mall.data.join("secret.key"))?;
    let sealer = Sealer::new(secret.trim())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(Ids::new(200));
    let cast = db.write_blocking(move |tx| {
        let (mall_id, staff_id): (Id, Id) =
            tx.one("select mall_id, id from staff where username = 'admin' limit 1", &db::args![])?;
        let ctx = Ctx::new(mall_id, Actor::System, clock.clone(), ids.clone());
        let sessions = Sessions::default();
        let (sku, store, location): (Id, Id, Id) = tx.one(
            "select s.sku_id, l.store_id, l.id from stock s
             join location l on l.mall_id = s.mall_id and l.id = s.location_id
             where s.mall_id = $1 and l.kind = 'store'
               and not exists (select 1 from pickup_rule r where r.mall_id = l.mall_id and r.store_id = l.store_id)
               and not exists (select 1 from limited_item i where i.mall_id = s.mall_id and i.sku_id = s.sku_id)
             order by s.sku_id
             limit 1",
            &db::args![mall_id],
        )?;
        let demand = goods::inventory::Demand { sku_id: sku, location_id: location, quantity: 10_000_000 };
        goods::inventory::receive(tx, &ctx, demand, Some("bench"))?;
        let mut members = Vec::with_capacity(CALLERS);
        for n in 0..CALLERS {
            let phone = people::Phone::parse(&format!("139{n:08}"))?;
            let id = people::identity::create_member(tx, &ctx, &sealer, &phone, "bench")?;
            members.push(sessions.open(tx, &ctx, Subject::Member(id), "bench")?.token);
        }
        let staff = sessions.open(tx, &ctx, Subject::Staff(staff_id), "bench")?.token;
        Ok(Cast { members, staff, sku: sku.to_string(), store: store.to_string() })
    })?;
    db.close();
    Ok(cast)
}

#[allow(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
pub async fn measure(mall: &mut Mall) -> Outcome<()> {
    let cast = Arc::new(prepare(mall)?);
    let (port, started, cpu) = (mall.port, Instant::now(), mall.cpu_ms()?);
    let mut callers = Vec::with_capacity(CALLERS);
    for n in 0..CALLERS {
        let cast = cast.clone();
        callers.push(tokio::spawn(async move {
            let mut connection = Connection::open(port).await?;
            let mut times = Vec::new();
            while started.elapsed() < TIME {
                let began = Instant::now();
                buy(&mut connection, &cast, &cast.members[n], &format!("b{n}-{}", times.len())).await?;
                times.push(began.elapsed());
            }
            Outcome::Ok(times)
        }));
    }
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    let orders = times.len();
    let f = figures(times, started.elapsed());
    say(&format!(
        "| complete checkout (4 requests), {CALLERS} callers | {:.0} orders/s, p50 {:.0} ms, p99 {:.0} ms, {:.2} ms of processor an order | bar 1,000/s | {:.2} |",
        f.per_second,
        f.p50_ms,
        f.p99_ms,
        (mall.cpu_ms()? - cpu) / orders.max(1) as f64,
        f.per_second / 1_000.0
    ));
    Ok(())
}

async fn buy(connection: &mut Connection, cast: &Cast, token: &str, key: &str) -> Outcome<()> {
    let delivery = json!({ "kind": "pickup", "store_id": cast.store });
    let item = json!({ "sku_id": cast.sku, "quantity": 1 });
    call(connection, "/api/v1/cart/lines", token, key, &item).await?;
    let ask = json!({ "source": "cart", "delivery": delivery });
    let quote = call(connection, "/api/v1/quote", token, key, &ask).await?;
    let order = json!({ "source": "cart", "delivery": delivery, "expected_total_fen": quote["total_fen"] });
    let placed = call(connection, "/api/v1/orders", token, key, &order).await?;
    let id = placed["orders"][0]["id"].as_str().ok_or("an order")?;
    call(connection, &format!("/admin/v1/orders/{id}/pay-offline"), &cast.staff, key, &json!({})).await?;
    Ok(())
}

async fn call(connection: &mut Connection, path: &str, token: &str, key: &str, body: &Value) -> Outcome<Value> {
    let reply = connection.exchange(&post(path, token, key, body), true).await?;
    if reply.status != 200 {
        return Err(format!("{path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)).into());
    }
    Ok(serde_json::from_slice(&reply.body)?)
}
