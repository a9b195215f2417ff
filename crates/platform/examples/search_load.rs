//! Measures search on both engines: `cargo run -p platform --example search_load -- 20000`.
//! Titles are made of lists of words, so relevance is not judged here; the figures stand in ADR 0003.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use db::testing::Scratch;
use db::{Arg, Db, Engine, args};
use kernel::{Id, Instant};
use platform::search;
use std::time::{Duration, Instant as Stopwatch};

const MALL: Id = Id(1);
const PLACES: &[&str] = &["西湖", "安吉", "景德镇", "苏州", "龙泉", "德清", "宜兴", "潮州", "大理", "婺源"];
const KINDS: &[&str] =
    &["手工", "明前", "纯棉", "真丝", "不锈钢", "实木", "竹编", "儿童", "便携", "复古", "无线", "加厚"];
const THINGS: &[&str] = &[
    "龙井茶",
    "白茶",
    "茶杯",
    "茶壶",
    "围巾",
    "被套",
    "保温杯",
    "餐椅",
    "灯笼",
    "耳机",
    "书包",
    "雨伞",
    "香囊",
    "折扇",
    "梳子",
    "台灯",
    "地毯",
    "花瓶",
    "帐篷",
    "跑鞋",
    "毛巾",
    "枕头",
    "餐盘",
    "砧板",
];
const ENDS: &[&str] = &["礼盒", "套装", "两只装", "大号", "小号", "旅行装", "家庭装", "限量版", "升级款", "500ml"];
const QUESTIONS: &[&str] = &[
    "龙井",
    "龙井茶礼盒",
    "苏州真丝围巾",
    "茶",
    "保温杯500ml",
    "竹编灯笼",
    "景德镇茶杯套装",
    "蓝牙耳机",
    "羽绒服",
    "编灯",
];

fn title(n: usize) -> String {
    let pick = |list: &[&str], by: usize| list[(n.wrapping_mul(by) >> 7) % list.len()].to_owned();
    [pick(PLACES, 7_919), pick(KINDS, 104_729), pick(THINGS, 15_485_863), pick(ENDS, 32_452_843)].concat()
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or(0.0) / 1024.0
}

fn main() {
    let documents: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let (before, watch) = (resident_mib(), Stopwatch::now());
    search::tokens("西湖");
    println!("dictionary: {:?}, {:.1} MiB resident", watch.elapsed(), resident_mib() - before);
    let watch = Stopwatch::now();
    (0..documents).for_each(|n| drop(search::tokens(&title(n))));
    println!("tokens of a title: {:?}", watch.elapsed() / u32::try_from(documents).unwrap());
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let scratch = Scratch::from_template(engine, db::migrations());
        let db = scratch.open();
        fill(&db, documents);
        for order in ["hit.score", "p.sales + 0"] {
            for question in QUESTIONS {
                measure(&db, engine, order, question);
            }
        }
        db.close();
    }
}

fn fill(db: &Db, documents: usize) {
    db.write_blocking(|tx| {
        tx.exec(
            "create table thing (mall_id bigint not null, id bigint primary key, sales bigint not null)",
            &args![],
        )?;
        tx.exec("create index thing_best on thing (mall_id, sales, id)", &args![])?;
        platform::mall::create(tx, MALL, "load", "load", Instant(0))
    })
    .unwrap();
    let watch = Stopwatch::now();
    for from in (0..documents).step_by(500) {
        db.write_blocking(move |tx| {
            (from..(from + 500).min(documents)).try_for_each(|n| {
                let id = i64::try_from(n + 1).unwrap();
                tx.exec(
                    "insert into thing (mall_id, id, sales) values ($1, $2, $3)",
                    &args![MALL, id, id * 7_919 % 10_007],
                )?;
                search::index(tx, MALL, "product", Id(id), &[(&title(n), 10)])
            })
        })
        .unwrap();
    }
    if db.engine() == Engine::Postgres {
        // What autovacuum does within a minute of such a load.
        db.write_blocking(|tx| tx.exec("analyze", &args![])).unwrap();
    }
    let rows: i64 = db.read_blocking(|tx| tx.one("select count(*) from search_term", &args![])).unwrap();
    println!("{:?}: {documents} documents, {rows} terms in {:?}", db.engine(), watch.elapsed());
}

fn measure(db: &Db, engine: Engine, order: &'static str, question: &'static str) {
    let mut times: Vec<Duration> = Vec::new();
    let mut found = (0, false);
    for _ in 0..30 {
        let watch = Stopwatch::now();
        found = db
            .read_blocking(move |tx| {
                let plan = search::plan(tx, MALL, "product", question)?.expect("asked");
                let mut args: Vec<Arg> = args![MALL].to_vec();
                let hit = plan.join("p.id", &mut args);
                let rows: Vec<(i64, i64)> = tx.all(
                    &format!("select p.id, hit.score from thing p {hit} where p.mall_id = $1 order by {order} desc, p.id desc limit 21"),
                    &args,
                )?;
                Ok((rows.len(), plan.is_loose()))
            })
            .unwrap();
        times.push(watch.elapsed());
    }
    times.sort();
    println!(
        "{engine:?} {order:12} {question}: {:?} / {:?}, {} rows, loose {}",
        times[15], times[28], found.0, found.1
    );
}
