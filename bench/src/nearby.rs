//! The nearest stores of a chain of ten thousand, asked for on one core: places along an index, order by great circle, the
//! rows of those that are shown.

use crate::{Outcome, say};
use goods::store::{Point, nearest_stores};
use platform::config::Config;
use std::path::Path;
use std::time::Instant;

const STORES: i64 = 10_000;
const ASKED: u32 = 20_000;
/// As many as a phone shows at first.
const SHOWN: usize = 20;

/// Numbers between zero and one, the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Three in four in a town like Hangzhou, the others all over the country.
    fn place(&mut self) -> Point {
        if self.next() < 0.75 {
            Point { lat: 29.9 + 0.7 * self.next(), lng: 119.8 + 0.8 * self.next() }
        } else {
            Point { lat: 20.0 + 25.0 * self.next(), lng: 95.0 + 30.0 * self.next() }
        }
    }
}

pub async fn measure(folder: &Path) -> Outcome<()> {
    let mut config = Config::load(None, std::iter::empty())?;
    config.data.dir = folder.join("stores");
    let app = server::demo::prepare(config).await?.app;
    let mall_id = app.malls.all().first().ok_or("a mall")?.id;
    app.db
        .write(move |tx| {
            let mut chance = Chance(7);
            for at in 0..STORES {
                let place = chance.place();
                tx.exec(
                    "insert into store (id, mall_id, shop_id, name, district_code, address, lat, lng, phone, hours,
                       status, created_at, special_days)
                     select $1 + max(id), mall_id, max(shop_id), $3, '330102', '东坡路', $4, $5, '0571-87010418',
                       max(hours), 'open', max(created_at), '[]'
                     from store where mall_id = $2 group by mall_id",
                    &db::args![at + 1, mall_id, format!("{at} 号店"), place.lat, place.lng],
                )?;
            }
            Ok(())
        })
        .await?;
    let (seconds, shown) = app
        .db
        .read(move |tx| {
            let (mut chance, mut shown, began) = (Chance(11), 0_usize, Instant::now());
            for _ in 0..ASKED {
                shown += nearest_stores(tx, mall_id, chance.place(), SHOWN)?.len();
            }
            Ok((began.elapsed().as_secs_f64(), shown))
        })
        .await?;
    app.db.close();
    if shown != SHOWN * ASKED as usize {
        return Err("a question was answered with fewer stores than there are".into());
    }
    let rate = f64::from(ASKED) / seconds;
    say(&format!(
        "| nearest {SHOWN} of {STORES} stores, one core | {rate:.0}/s | bar 5,000/s | {:.2} |",
        rate / 5_000.0
    ));
    Ok(())
}
