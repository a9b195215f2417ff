//! Placing orders for one hot SKU, durable, against raw batch inserts of the same rows into the same database file.
//! No HTTP: 64 callers run the same transaction body that the route runs.

use crate::load::figures;
use crate::{CALLERS, Outcome, say};
use kernel::{Actor, Clock, Id, SystemClock};
use platform::App;
use platform::config::Config;
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use server::flows::place::{PlaceOrder, place_in, prepare};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use trade::quote::{Delivery, ItemInput, Source, gather, price};

const TIME: Duration = Duration::from_secs(6);

/// The demo mall's application in this process.
async fn open(folder: &Path) -> Outcome<App> {
    let mut config = Config::load(None, std::iter::empty())?;
    config.data.dir = folder.join("mall");
    Ok(server::demo::prepare(config).await?.app)
}

pub async fn measure(folder: &Path) -> Outcome<()> {
    let app = open(folder).await?;
    let mall_id = app.malls.all().first().ok_or("a mall")?.id;
    let (sku, store): (Id, Id) = app
        .db
        .read(move |tx| {
            tx.one(
                "select s.sku_id, l.store_id from stock s
                 join location l on l.mall_id = s.mall_id and l.id = s.location_id
                 where s.mall_id = $1 and l.kind = 'store' and s.on_hand > 1000000
                   and not exists (select 1 from pickup_rule r where r.mall_id = l.mall_id and r.store_id = l.store_id)
                 limit 1",
                &db::args![mall_id],
            )
        })
        .await?;
    let members: Vec<(Id,)> = app
        .db
        .read(move |tx| tx.all("select id from member where mall_id = $1 and nickname = 'bench'", &db::args![mall_id]))
        .await?;
    let request = expecting(&app, mall_id, members.first().ok_or("a member")?.0, sku, store).await?;
    let placed = place_for(&app, mall_id, request, &members).await?;
    let raw = raw_limit(&app, mall_id).await?;
    say(&format!(
        "| place order, one hot SKU, {CALLERS} callers, durable | {:.0}/s, p50 {:.1} ms, p99 {:.1} ms | raw batches of 512: {raw:.0}/s | {:.2} |",
        placed.per_second,
        placed.p50_ms,
        placed.p99_ms,
        placed.per_second / raw
    ));
    say(&format!(
        "| place order against its bar | {:.0}/s | bar 5,000/s | {:.2} |",
        placed.per_second,
        placed.per_second / 5_000.0
    ));
    app.db.close();
    Ok(())
}

/// One piece, picked up, at the price that the member is told.
async fn expecting(app: &App, mall_id: Id, member_id: Id, sku_id: Id, store_id: Id) -> Outcome<PlaceOrder> {
    let mut request = PlaceOrder {
        source: Source::Now,
        items: vec![ItemInput { sku_id, quantity: 1 }],
        delivery: Delivery::Pickup { store_id: Some(store_id), slot_at: None },
        remark: None,
        confirmed_no_return: false,
        choices: Default::default(),
        expected_total_fen: 0,
    };
    let (reader, ctx, ask) = (app.clone(), app.ctx(mall_id, Actor::Member(member_id)), prepare(member_id, &request)?);
    let facts = app.db.read(move |tx| gather(&reader, tx, &ctx, &ask)).await?;
    request.expected_total_fen = price(&facts)?.total().0;
    Ok(request)
}

async fn place_for(app: &App, mall_id: Id, request: PlaceOrder, members: &[(Id,)]) -> Outcome<crate::load::Figures> {
    let request = Arc::new(request);
    let started = Instant::now();
    let mut callers = Vec::with_capacity(CALLERS);
    for (member_id,) in members.iter().copied().take(CALLERS) {
        let (app, request) = (app.clone(), request.clone());
        callers.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < TIME {
                let began = Instant::now();
                let ctx = app.ctx(mall_id, Actor::Member(member_id));
                let key = IdempotencyKey(format!("h{}", times.len()));
                let claim = Claim::new(&ctx, "place_order", &key, &*request)?;
                let ask = prepare(member_id, &request)?;
                let (worker, request) = (app.clone(), request.clone());
                app.db
                    .write(move |tx| {
                        once(tx, &ctx, &claim, |tx| place_in(&worker, tx, &ctx, &ask, &request, kernel::minutes(30)))
                    })
                    .await?;
                times.push(began.elapsed());
            }
            Outcome::Ok(times)
        }));
    }
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    Ok(figures(times, started.elapsed()))
}

/// The same rows, written with nothing around them: 512 orders a transaction, one stock update a transaction.
#[allow(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
async fn raw_limit(app: &App, mall_id: Id) -> Outcome<f64> {
    let template: (Id, Id, Id, Id) = app
        .db
        .read(move |tx| {
            tx.one(
                "select o.id, o.shop_id, o.member_id, o.location_id from trade_order o where o.mall_id = $1 order by o.id desc limit 1",
                &db::args![mall_id],
            )
        })
        .await?;
    let started = Instant::now();
    let mut batches = 0u32;
    while started.elapsed() < TIME / 2 {
        let app = app.clone();
        let writer = app.clone();
        app.db.write(move |tx| raw_batch(&writer, tx, mall_id, template)).await?;
        batches += 1;
    }
    Ok(f64::from(batches) * 512.0 / started.elapsed().as_secs_f64())
}

fn raw_batch(
    app: &App,
    tx: &mut db::Tx<'_>,
    mall_id: Id,
    (like, shop, member, location): (Id, Id, Id, Id),
) -> kernel::Result<()> {
    let now = SystemClock.now();
    for _ in 0..512 {
        let id = app.ids.next(&*app.clock);
        tx.exec(
            "insert into idempotency (mall_id, caller, key, body_hash, response, created_at) values ($1, $2, $3, $3, $3, $4)",
            &db::args![mall_id, "raw", id.to_string(), now],
        )?;
        tx.exec(
            "insert into stock_reservation (mall_id, holder_kind, holder_id, sku_id, location_id, quantity, expires_at)
             values ($1, 'raw', $2, $3, $4, 1, $5)",
            &db::args![mall_id, id, like, location, now],
        )?;
        tx.exec(
            "insert into stock_movement (mall_id, sku_id, id, location_id, kind, on_hand_delta, reserved_delta, actor_kind, at)
             values ($1, $2, $3, $4, 'reserve', 0, 1, 'system', $5)",
            &db::args![mall_id, like, id, location, now],
        )?;
        tx.exec(
            "insert into trade_order (id, mall_id, shop_id, member_id, group_id, status, delivery_kind, location_id,
               goods_fen, discount_fen, freight_fen, total_fen, quantity, created_at, expires_at)
             values ($1, $2, $3, $4, $1, 'unpaid', 'pickup', $5, 100, 0, 0, 100, 1, $6, $6)",
            &db::args![id, mall_id, shop, member, location, now],
        )?;
        tx.exec(
            "insert into order_line (mall_id, order_id, id, product_id, sku_id, name, option_text, quantity, unit_price_fen,
               amount_fen, discount_fen, payable_fen, unit_shares)
             values ($1, $2, 1, $3, $3, 'raw', '', 1, 100, 100, 0, 100, '[[100,1]]')",
            &db::args![mall_id, id, like],
        )?;
        tx.exec(
            "insert into order_event (mall_id, order_id, id, kind, actor_kind, text, at)
             values ($1, $2, $2, 'placed', 'system', 'raw', $3)",
            &db::args![mall_id, id, now],
        )?;
        tx.exec(
            "insert into outbox (id, mall_id, kind, payload, created_at) values ($1, $2, 'raw', '{}', $3)",
            &db::args![id, mall_id, now],
        )?;
    }
    tx.exec("update stock set updated_at = $2 where mall_id = $1 and on_hand > 1000000", &db::args![mall_id, now])?;
    Ok(())
}
