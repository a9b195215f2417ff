//! Questions in Chinese find what people mean, the same on both engines.

use crate::mall::{MALL, OTHER_MALL, TestMall, malls};
use db::{Arg, args};
use kernel::{Id, Result, days};
use platform::search;
use serde::Deserialize;

#[derive(Deserialize)]
struct Catalog {
    products: Vec<Product>,
    brands: Vec<Named>,
    categories: Vec<Named>,
}

#[derive(Deserialize)]
struct Product {
    name: String,
    subtitle: String,
    brand: Option<String>,
    category: String,
}

#[derive(Deserialize)]
struct Named {
    key: String,
    name: String,
}

/// The demo mall's 54 products, indexed as the catalogue does: name, brand, category, subtitle.
async fn fill(mall: &TestMall) -> Vec<String> {
    let catalog: Catalog = serde_json::from_str(include_str!("../../../../demo/catalog.json")).unwrap();
    let name_of =
        |list: &[Named], key: &str| list.iter().find(|n| n.key == key).map(|n| n.name.clone()).unwrap_or_default();
    let rows: Vec<[String; 4]> = catalog
        .products
        .iter()
        .map(|p| {
            let brand = p.brand.as_deref().map(|key| name_of(&catalog.brands, key)).unwrap_or_default();
            [p.name.clone(), brand, name_of(&catalog.categories, &p.category), p.subtitle.clone()]
        })
        .collect();
    mall.write(move |tx, _| {
        (1..).zip(&rows).try_for_each(|(id, [name, brand, category, subtitle])| {
            search::index(tx, MALL, "product", Id(id), &[(name, 10), (brand, 6), (category, 4), (subtitle, 2)])
        })
    })
    .await
    .unwrap();
    catalog.products.into_iter().map(|p| p.name).collect()
}

/// Names found, best first, and whether the question was loosened.
async fn ask(mall: &TestMall, names: &[String], question: &'static str) -> (Vec<String>, bool) {
    let found = mall
        .app
        .db
        .read(move |tx| {
            let plan = search::plan(tx, MALL, "product", question)?.expect("the question is not blank");
            Ok((plan.top(tx, 50)?, plan.is_loose()))
        })
        .await
        .unwrap();
    let name = |id: Id| names[usize::try_from(id.0 - 1).unwrap()].clone();
    (found.0.into_iter().map(|(id, _)| name(id)).collect(), found.1)
}

#[tokio::test]
async fn questions_find_what_people_mean() {
    for mall in malls().await {
        let names = fill(&mall).await;
        for (question, first, count) in [
            ("沙发", "旧城 头层牛皮三人沙发", 2..=9),
            ("布艺沙发", "云栖 三人位布艺沙发", 1..=1),
            ("仙人掌", "柱形仙人掌 红陶盆", 1..=6),
            ("跑鞋", "雪线 编织跑鞋", 4..=8),
            ("蝴蝶兰", "双梗蝴蝶兰 玫红", 1..=1),
            ("键盘", "彩键机械键盘", 1..=1),
            ("鼠标", "无线光学鼠标", 1..=1),
            ("匡威", "匡威高帮帆布鞋", 1..=1),
            ("onestep", "宝丽来 OneStep 2 拍立得", 1..=1),
            ("ＯＮＥＳＴＥＰ", "宝丽来 OneStep 2 拍立得", 1..=1),
            ("4k 显示器", "32 英寸 4K 显示器", 1..=1),
            ("ddr4", "DDR4 台式机内存条", 1..=1),
            ("10.2", "10.2 英寸平板 可配手写笔", 1..=1),
            ("篮球鞋", "白色高帮篮球鞋", 1..=2),
            ("帐篷", "林下 双层帐篷", 1..=1),
            ("公路车", "暗夜 碳纤维公路车", 1..=1),
        ] {
            let (found, is_loose) = ask(&mall, &names, question).await;
            assert!(!is_loose, "{question} was loosened");
            assert!(count.contains(&found.len()), "{question}: {found:?}");
            assert!(found.iter().any(|f| f == first), "{question}: {found:?}");
        }
    }
}

#[tokio::test]
async fn any_two_neighbouring_characters_of_a_name_find_it() {
    for mall in malls().await {
        let names = fill(&mall).await;
        let mut asked = 0;
        for (id, name) in (1..).zip(&names) {
            let runs = name.split(|c: char| !('\u{4e00}'..='\u{9fff}').contains(&c));
            for run in runs.map(|run| run.chars().collect::<Vec<_>>()) {
                for pair in run.windows(2).map(|pair| pair.iter().collect::<String>()) {
                    asked += 1;
                    let question = pair.clone();
                    let found = mall.app.db.read(move |tx| {
                        let plan = search::plan(tx, MALL, "product", &question)?.expect("a pair");
                        plan.top(tx, 100)
                    });
                    let found = found.await.unwrap();
                    assert!(found.iter().any(|(doc, _)| *doc == Id(id)), "{pair} of {name}: {found:?}");
                }
            }
        }
        assert!(asked > 150, "only {asked} pairs were tried");
    }
}

#[tokio::test]
async fn a_question_too_strict_is_loosened_to_the_closest() {
    for mall in malls().await {
        let names = fill(&mall).await;
        let (found, is_loose) = ask(&mall, &names, "无线蓝牙鼠标").await;
        assert!(is_loose);
        assert_eq!(found, ["无线光学鼠标"]);
        let (found, is_loose) = ask(&mall, &names, "孔雀蓝羽绒服").await;
        assert!(is_loose || found.is_empty(), "{found:?}");
        assert!(ask(&mall, &names, "羽绒服").await.0.is_empty());
        assert!(ask(&mall, &names, "？！—").await.0.is_empty());
        assert!(mall.app.db.read(|tx| search::plan(tx, MALL, "product", "  ")).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn names_weigh_more_than_what_is_said_about_them() {
    for mall in malls().await {
        mall.write(|tx, _| {
            search::index(tx, MALL, "product", Id(1), &[("青瓷茶杯", 10), ("配一只竹篮", 2)])?;
            search::index(tx, MALL, "product", Id(2), &[("竹篮", 10), ("放茶杯正好", 2)])
        })
        .await
        .unwrap();
        let best = |question: &'static str| {
            mall.app.db.read(move |tx| search::plan(tx, MALL, "product", question)?.expect("asked").top(tx, 10))
        };
        let ids = |found: Vec<(Id, i64)>| found.into_iter().map(|(id, _)| id.0).collect::<Vec<_>>();
        assert_eq!(ids(best("竹篮").await.unwrap()), [2, 1]);
        assert_eq!(ids(best("茶杯").await.unwrap()), [1, 2]);
    }
}

#[tokio::test]
async fn a_change_is_found_at_once_and_a_removal_is_not() {
    for mall in malls().await {
        let title =
            |text: &'static str| mall.write(move |tx, _| search::index(tx, MALL, "product", Id(7), &[(text, 10)]));
        let app = &mall.app;
        let found = |question: &'static str| async move {
            let plan = app.db.read(move |tx| search::plan(tx, MALL, "product", question)?.expect("asked").top(tx, 9));
            plan.await.unwrap().len()
        };
        title("龙井茶礼盒").await.unwrap();
        title("龙井茶礼盒").await.unwrap();
        assert_eq!((found("龙井").await, found("礼盒").await), (1, 1));
        title("碧螺春礼盒").await.unwrap();
        assert_eq!((found("龙井").await, found("碧螺春").await, found("礼盒").await), (0, 1, 1));
        mall.write(|tx, _| search::remove(tx, MALL, "product", Id(7))).await.unwrap();
        assert_eq!((found("碧螺春").await, mall.count("search_term").await), (0, 0));
    }
}

#[tokio::test]
async fn malls_and_kinds_do_not_see_each_other() {
    for mall in malls().await {
        mall.write(|tx, _| {
            search::index(tx, MALL, "product", Id(1), &[("龙井茶", 10)])?;
            search::index(tx, OTHER_MALL, "product", Id(1), &[("碧螺春", 10)])?;
            search::index(tx, MALL, "article", Id(1), &[("普洱", 10)])
        })
        .await
        .unwrap();
        let count = |mall_id, kind, question: &'static str| {
            mall.app.db.read(move |tx| Ok(search::plan(tx, mall_id, kind, question)?.expect("asked").top(tx, 9)?.len()))
        };
        assert_eq!(count(MALL, "product", "龙井茶").await.unwrap(), 1);
        assert_eq!(count(OTHER_MALL, "product", "龙井茶").await.unwrap(), 0);
        assert_eq!(count(MALL, "product", "碧螺春").await.unwrap(), 0);
        assert_eq!(count(MALL, "product", "普洱").await.unwrap(), 0);
        assert_eq!(count(MALL, "article", "普洱").await.unwrap(), 1);
    }
}

/// What the catalogue does: filter, sort and page in one statement.
#[tokio::test]
async fn hits_join_filter_sort_and_page_in_one_statement() {
    for mall in malls().await {
        mall.write(|tx, _| {
            tx.exec(
                "create table thing (mall_id bigint not null, id bigint primary key, sales bigint not null)",
                &args![],
            )?;
            (1..=30i64).try_for_each(|n| {
                tx.exec("insert into thing (mall_id, id, sales) values ($1, $2, $3)", &args![MALL, n, n % 7])?;
                let title = if n % 2 == 0 { "龙井茶" } else { "龙井茶礼盒" };
                search::index(tx, MALL, "product", Id(n), &[(title, 10)])
            })
        })
        .await
        .unwrap();
        let page = |question: &'static str, order: &'static str, after: Option<(i64, i64)>| {
            mall.app.db.read(move |tx| -> Result<Vec<(i64, i64, i64)>> {
                let plan = search::plan(tx, MALL, "product", question)?.expect("asked");
                let mut args: Vec<Arg> = args![MALL].to_vec();
                let hit = plan.join("p.id", &mut args);
                let key = if order == "sales" { "p.sales + 0" } else { "hit.score" };
                let cursor = match after {
                    Some((value, id)) => {
                        args.extend(args![value, id]);
                        format!("and ({key}, p.id) < (${}, ${})", args.len() - 1, args.len())
                    }
                    None => String::new(),
                };
                tx.all(
                    &format!(
                        "select p.id, {key}, hit.score from thing p {hit}
                         where p.mall_id = $1 and p.sales > 0 {cursor} order by {key} desc, p.id desc limit 5"
                    ),
                    &args,
                )
            })
        };
        for (question, expected) in [("礼盒", 13), ("龙井", 26), ("龙井茶 礼盒 宇宙", 13)] {
            for order in ["sales", "score"] {
                let (mut seen, mut after): (Vec<(i64, i64)>, _) = (Vec::new(), None);
                loop {
                    let rows = page(question, order, after).await.unwrap();
                    let Some((id, key, _)) = rows.last().copied() else { break };
                    after = Some((key, id));
                    seen.extend(rows.iter().map(|(id, key, _)| (*key, *id)));
                }
                assert_eq!(seen.len(), expected, "{question} by {order}");
                assert!(seen.windows(2).all(|w| w[0] > w[1]), "{question} by {order}: {seen:?}");
            }
        }
    }
}

#[tokio::test]
async fn suggestions_come_from_names_pins_and_shared_questions() {
    for mall in malls().await {
        let now = mall.ctx().now;
        mall.write(move |tx, _| {
            search::suggestible(tx, MALL, &["云栖 三人位布艺沙发", "西湖龙井茶礼盒"], now)?;
            search::pin(tx, MALL, &["龙井新茶", "沙发"], now)
        })
        .await
        .unwrap();
        let suggest = |prefix: &'static str| mall.app.db.read(move |tx| search::suggest(tx, MALL, prefix, 10));
        assert_eq!(suggest("布").await.unwrap(), ["布艺沙发"]);
        assert_eq!(suggest("沙").await.unwrap(), ["沙发"]);
        assert_eq!(suggest("龙井").await.unwrap()[0], "龙井新茶", "pinned words come first");
        assert_eq!(suggest("西湖").await.unwrap(), ["西湖龙井茶礼盒"]);
        assert!(suggest("").await.unwrap().is_empty());
        assert!(suggest("不存在").await.unwrap().is_empty());

        // One person's question is nobody else's suggestion; three people's is.
        for member in 1..=3 {
            assert!(suggest("竹").await.unwrap().is_empty());
            for _ in 0..5 {
                mall.write(move |tx, ctx| search::record_query(tx, ctx, Id(member), " 竹编 篮子 ")).await.unwrap();
            }
        }
        assert_eq!(suggest("竹").await.unwrap(), ["竹编 篮子"]);
        let hot = mall.app.db.read(|tx| search::hot(tx, MALL, 10)).await.unwrap();
        assert_eq!(hot, ["龙井新茶", "沙发", "竹编 篮子"]);
        assert!(mall.app.db.read(|tx| search::hot(tx, OTHER_MALL, 10)).await.unwrap().is_empty());
        mall.write(move |tx, _| search::pin(tx, MALL, &["新品"], now)).await.unwrap();
        assert_eq!(mall.app.db.read(|tx| search::hot(tx, MALL, 1)).await.unwrap(), ["新品"]);
    }
}

#[tokio::test]
async fn what_is_not_asked_again_is_forgotten() {
    for mall in malls().await {
        for member in 1..=4 {
            mall.write(move |tx, ctx| search::record_query(tx, ctx, Id(member), "粽子")).await.unwrap();
        }
        let hot = || mall.app.db.read(|tx| search::hot(tx, MALL, 10));
        let age = || mall.write(|tx, ctx| search::age_phrases(tx, MALL, ctx.now));
        age().await.unwrap();
        assert_eq!(hot().await.unwrap(), ["粽子"]);
        mall.clock.advance(days(1));
        age().await.unwrap();
        age().await.unwrap();
        assert!(hot().await.unwrap().is_empty(), "two are too few to be hot");
        assert_eq!(mall.count("search_phrase").await, 1, "halved once a day, however often it is called");
        for _ in 0..2 {
            mall.clock.advance(days(1));
            age().await.unwrap();
        }
        assert_eq!(mall.count("search_phrase").await, 0);
    }
}

#[tokio::test]
async fn history_is_short_newest_first_and_ones_own() {
    for mall in malls().await {
        for n in 0..25 {
            mall.clock.advance(1_000);
            mall.write(move |tx, ctx| search::record_query(tx, ctx, Id(1), &format!("词{n}"))).await.unwrap();
        }
        mall.clock.advance(1_000);
        mall.write(|tx, ctx| search::record_query(tx, ctx, Id(1), "词10")).await.unwrap();
        mall.write(|tx, ctx| search::record_query(tx, ctx, Id(2), "别人")).await.unwrap();
        mall.write(|tx, ctx| search::record_query(tx, ctx, Id(2), &"长".repeat(33))).await.unwrap();
        let history = |member| mall.app.db.read(move |tx| search::history(tx, MALL, Id(member)));
        let mine = history(1).await.unwrap();
        assert_eq!(mine.len(), 20);
        assert_eq!(mine[..3], ["词10", "词24", "词23"]);
        assert_eq!(history(2).await.unwrap(), ["别人"]);
        mall.write(|tx, _| search::clear_history(tx, MALL, Id(1))).await.unwrap();
        assert!(history(1).await.unwrap().is_empty());
        assert_eq!(history(2).await.unwrap(), ["别人"]);
    }
}
