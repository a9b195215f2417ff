//! A file of products from upload to goods on sale: tried out, brought in, brought in again, stopped and resumed.

use axum::http::Method;
use platform::task;
use testkit::{Reply, StaffClient, TestMall, Value, json, on_both_engines};

/// A multipart body of named files.
fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let head = format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--cut--\r\n");
    body
}

async fn upload(staff: &StaffClient, parts: &[(&str, &str, &[u8])]) -> Reply {
    let body = ("multipart/form-data; boundary=cut", form(parts));
    staff.send(Method::POST, "/admin/v1/product-imports", Some(body)).await
}

async fn read(staff: &StaffClient, id: &Value) -> Value {
    staff.get(&format!("/admin/v1/tasks/{}", id.as_str().unwrap())).await.ok()
}

/// Tries a file out and answers the task's view when it has ended.
async fn checked(mall: &TestMall, csv: &str) -> Value {
    let started = upload(&mall.staff(), &[("file", "春茶.csv", csv.as_bytes())]).await.ok();
    mall.run_jobs().await;
    read(&mall.staff(), &started["task_id"]).await
}

async fn bring_in(mall: &TestMall, csv: &str, skip_known: bool) -> Value {
    let check = checked(mall, csv).await;
    let path = format!("/admin/v1/product-imports/{}/run", check["id"].as_str().unwrap());
    let started = mall.staff().post(&path, json!({ "skip_known": skip_known })).await.ok();
    mall.run_jobs().await;
    read(&mall.staff(), &started["task_id"]).await
}

async fn count(mall: &TestMall) -> (i64, i64, i64) {
    (
        mall.number("select count(*) from product where mall_id = $1").await,
        mall.number("select count(*) from sku where mall_id = $1 and deleted_at is null").await,
        mall.number("select cast(coalesce(sum(on_hand), 0) as bigint) from stock where mall_id = $1").await,
    )
}

const HEAD: &str = "商品编码,商品名称,分类,规格名1,规格值1,规格编码,售价,库存,状态\n";

#[test]
fn a_dry_run_tells_every_mistake_and_writes_nothing() {
    on_both_engines(async |mall| {
        let csv = format!(
            "{HEAD}T1,龙井,茶,,,T1,19.9,5,下架\nT2,碧螺春,没有的类,,,T2,20,5,下架\nT3,毛峰,茶,,,T3,abc,5,下架\n\
             T4,,茶,,,T4,20,5,下架\nT5,祁红,茶,,,T1,20,5,下架\nT6,白茶,茶,,,T6,20,5,上架\n"
        );
        let check = checked(&mall, &csv).await;
        assert_eq!((check["state"].as_str(), check["done"].as_i64()), (Some("done"), Some(6)), "{check}");
        assert_eq!((check["ok_count"].as_i64(), check["failed_count"].as_i64()), (Some(1), Some(5)), "{check}");
        assert_eq!(check["summary"], "将新建 1 件，5 件有问题。有问题的商品会跳过，其余可以导入");
        let id = check["id"].as_str().unwrap();
        let problems = mall.staff().get(&format!("/admin/v1/tasks/{id}/problems")).await.ok();
        let told: Vec<(i64, &str)> = problems["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p["line"].as_i64().unwrap(), p["field"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [(3, "分类"), (4, "售价"), (5, "商品名称"), (6, "规格编码"), (7, "商品图")]);
        let report = mall.staff().get(&format!("/admin/v1/tasks/{id}/problems.csv")).await;
        assert!(String::from_utf8_lossy(&report.body).contains("没有“没有的类”这个分类"), "{report:?}");
        assert_eq!(count(&mall).await, (0, 0, 0));
    });
}

#[test]
fn the_same_file_twice_makes_no_doubles_and_changes_what_is_there() {
    on_both_engines(async |mall| {
        let csv =
            format!("{HEAD}S1,衬衫,茶,颜色,白,S1-W,299,10,下架\nS1,,,,绿,S1-G,299,8,\nT1,龙井,茶,,,,199,5,下架\n");
        let first = bring_in(&mall, &csv, false).await;
        assert_eq!(first["summary"], "新建 2 件", "{first}");
        assert_eq!(count(&mall).await, (2, 3, 23));
        let again = bring_in(&mall, &csv, true).await;
        assert_eq!(again["summary"], "跳过 2 件");
        // Another price, another count, a new colour; the rest stays.
        let next = "商品编码,规格名1,规格值1,规格编码,售价,库存\nS1,颜色,白,S1-W,259,4\nS1,颜色,黑,S1-B,299,1\n";
        let changed = bring_in(&mall, next, false).await;
        assert_eq!(changed["summary"], "更新 1 件", "{changed}");
        assert_eq!(count(&mall).await, (2, 4, 18));
        let rows = mall.staff().get("/admin/v1/products?q=S1").await.ok();
        assert_eq!(
            (rows["items"][0]["price_fen"].as_i64(), rows["items"][0]["name"].as_str()),
            (Some(25_900), Some("衬衫"))
        );
        // What an export writes is what the import reads.
        let started = mall.staff().post("/admin/v1/products/export", json!({ "format": "csv" })).await.ok();
        mall.run_jobs().await;
        let export = read(&mall.staff(), &started["task_id"]).await;
        let file = mall.staff().get(&format!("/admin/v1/tasks/{}/file", export["id"].as_str().unwrap())).await;
        let file = String::from_utf8(file.body.to_vec()).unwrap();
        assert!(file.contains("S1-B") && file.lines().count() == 5, "{file}");
        let round = bring_in(&mall, &file, false).await;
        assert_eq!(round["summary"], "更新 2 件", "{round}");
        assert_eq!(count(&mall).await, (2, 4, 18));
    });
}

#[test]
fn an_import_that_is_stopped_goes_on_without_doubles() {
    on_both_engines(async |mall| {
        let mut csv = String::from(HEAD);
        for number in 0..900 {
            csv += &format!("N{number},商品 {number},茶,,,,9.9,1,下架\n");
        }
        let check = checked(&mall, &csv).await;
        let path = format!("/admin/v1/product-imports/{}/run", check["id"].as_str().unwrap());
        let started = mall.staff().post(&path, json!({ "skip_known": false })).await.ok();
        let id = started["task_id"].as_str().unwrap().to_owned();
        // Stopped as soon as the first batch is written.
        let stopper = {
            let (app, ctx, id) = (mall.world.app().clone(), mall.ctx(), id.parse().map(kernel::Id).unwrap());
            tokio::spawn(async move {
                loop {
                    let ctx = ctx.clone();
                    let done = move |tx: &mut db::Tx<'_>| -> kernel::Result<i64> {
                        tx.one("select done from task where mall_id = $1 and id = $2", &db::args![ctx.mall_id, id])
                    };
                    if app.db.read(done).await.unwrap() > 0 {
                        break;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
                app.db.write(move |tx| task::cancel(tx, &ctx.clone(), id)).await
            })
        };
        mall.run_jobs().await;
        let stopped = stopper.await.unwrap();
        let view = read(&mall.staff(), &json!(id)).await;
        if stopped.is_ok() {
            assert_eq!(view["state"], "cancelled", "{view}");
            let written = count(&mall).await.0;
            assert!((200..900).contains(&written) && Some(written) == view["done"].as_i64(), "{written} {view}");
            mall.staff().post(&format!("/admin/v1/tasks/{id}/resume"), json!({})).await.ok();
            mall.run_jobs().await;
        }
        let view = read(&mall.staff(), &json!(id)).await;
        assert_eq!((view["state"].as_str(), view["ok_count"].as_i64()), (Some("done"), Some(900)), "{view}");
        assert_eq!(count(&mall).await, (900, 900, 900));
        assert_eq!(view["summary"], "新建 900 件");
    });
}

#[test]
fn what_is_no_table_is_refused_when_it_is_sent() {
    on_both_engines(async |mall| {
        let owner = mall.staff();
        upload(&owner, &[]).await.refused("import.file_missing");
        upload(&owner, &[("file", "a.xlsx", b"PK\x03\x04 broken")]).await.refused("sheet.unreadable");
        upload(&owner, &[("file", "a.csv", "名称,价\n茶,1".as_bytes())]).await.refused("import.columns_missing");
        let csv = format!("{HEAD}T1,龙井,茶,,,T1,19.9,5,下架\n");
        let parts = [("file", "a.csv", csv.as_bytes()), ("pictures", "a.zip", b"no zip".as_slice())];
        upload(&owner, &parts).await.refused("import.zip_unreadable");
        mall.staff_with(&["product.view"], None)
            .await
            .get("/admin/v1/product-imports/template")
            .await
            .refused("staff.not_allowed");
    });
}

#[test]
fn a_file_puts_new_goods_into_the_shop_it_names() {
    on_both_engines(async |mall| {
        let other = mall.shop("山房").await;
        let head = "商品编码,商品名称,分类,售价,库存,状态,店铺\n";
        let csv = format!("{head}T1,龙井,茶,19.9,5,下架,\nT2,茶盏,茶,20,7,下架,山房\nT3,毛峰,茶,20,5,下架,没开的店\n");
        let check = checked(&mall, &csv).await;
        assert_eq!((check["ok_count"].as_i64(), check["failed_count"].as_i64()), (Some(2), Some(1)), "{check}");
        bring_in(&mall, &csv, false).await;
        let shops = mall.staff().get("/admin/v1/shops").await.ok();
        let told = |at: usize| (shops[at]["id"].clone(), shops[at]["product_count"].as_i64());
        assert_eq!((told(0).1, told(1)), (Some(1), (json!(other.to_string()), Some(1))));
        let there = mall.number("select cast(sum(t.on_hand) as bigint) from stock t join location l on l.mall_id = t.mall_id and l.id = t.location_id join shop s on s.mall_id = l.mall_id and s.id = l.shop_id where t.mall_id = $1 and s.name = '山房'").await;
        assert_eq!(there, 7, "its stock lies in its own warehouse");
        // Goods stay in their shop: naming it again is fine, naming another is a mistake.
        let again = checked(&mall, &format!("{head}T2,茶盏,茶,21,7,下架,山房\n")).await;
        assert_eq!((again["ok_count"].as_i64(), again["failed_count"].as_i64()), (Some(1), Some(0)), "{again}");
        let moved = checked(&mall, &format!("{head}T1,龙井,茶,21,7,下架,山房\n")).await;
        assert_eq!((moved["ok_count"].as_i64(), moved["failed_count"].as_i64()), (Some(0), Some(1)), "{moved}");
    });
}
