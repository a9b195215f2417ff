//! A mall with one of everything: what the walks along all routes look at, and must not look at.

use crate::contract::Ids;
use platform::task::{self, NewTask};
use testkit::{MemberClient, Order, Product, Store, TestMall, json};

/// A mall with things in it, and their ids by name.
pub struct Furnished {
    pub member: MemberClient,
    pub ids: Ids,
    /// Orders in different states; `ids["order"]` is the first.
    pub orders: Vec<Order>,
    /// Texts nobody outside may ever read.
    pub secrets: Vec<String>,
    pub product: Product,
    pub store: Store,
}

impl Furnished {
    /// Ids under which every reading route finds something: the order is the one with a parcel.
    pub fn ids_of_reads(&self) -> Ids {
        let mut ids = self.ids.clone();
        ids.insert("order", self.orders[1].id.to_string());
        ids
    }

    /// The same for one route: only what waits at a store has a code to show.
    pub fn ids_of_read(&self, path: &str) -> Ids {
        let mut ids = self.ids_of_reads();
        if path.ends_with("/pickup-pass") {
            ids.insert("order", self.orders[3].id.to_string());
        }
        ids
    }
}

/// Fills a mall; `mark` goes into every text that must stay inside.
pub async fn furnish(mall: &TestMall, mark: &str) -> Furnished {
    let owner = mall.staff();
    let product = mall.product(&format!("{mark}龙井")).price_fen(4_321).stock(50).create().await;
    let store = mall.store(&format!("{mark}门店")).await;
    store.receive(mall, &product, 5).await;
    let member = mall.member().await;
    let address = json!({ "name": format!("{mark}收件人"), "phone": "13700137000", "district_code": "330106",
        "detail": format!("{mark}路 1 号") });
    member.post("/api/v1/addresses", address).await.ok();
    member.patch("/api/v1/me", json!({ "nickname": format!("{mark}会员") })).await.ok();
    member.open_in_mini_program(mark).await;
    member.add_to_cart(&product, 2).await.ok();
    member.put(&format!("/api/v1/favourites/{}", product.id), json!({})).await.ok();
    member.put(&format!("/api/v1/history/{}", product.id), json!({})).await.ok();

    let done = member.buy(&[(&product, 1)]).await;
    owner.ship(&done, "SF1000000001").await.ok();
    member.confirm(&done).await.ok();
    member.review(&done, 5, &format!("{mark}好评")).await.ok();
    let to_ship = member.buy(&[(&product, 1)]).await;
    let unpaid = member.place_order(&[(&product, 1)]).await.ok();
    let pickup = member.place_pickup(&store, &[(&product, 1)]).await.ok();
    member.pay(&pickup).await;
    let pickup_code = member.order(&pickup).await["pickup"]["code"].as_str().unwrap().to_owned();

    let made = owner.post("/admin/v1/brands", json!({ "name": format!("{mark}品牌"), "position": 1 })).await.ok();
    let brand = text(&made["id"]);
    let category = json!({ "name": format!("{mark}类"), "position": 9 });
    let category = text(&owner.post("/admin/v1/categories", category).await.ok()["id"]);
    mall.charge_freight(0, 0).await;
    let templates = owner.get("/admin/v1/freight-templates").await.ok();
    let role = json!({ "name": format!("{mark}角色"), "permissions": ["order.view"] });
    let role = text(&owner.post("/admin/v1/roles", role).await.ok()["id"]);
    let clerk = mall.clerk(&store).await;
    let review = owner.get("/admin/v1/reviews").await.ok();
    let detail = member.order(&done).await;
    let hook = json!({ "url": format!("https://erp.example.com/{}", mall.code), "note": format!("{mark}系统"), "kinds": ["order.parcel_sent"] });
    let hook = text(&owner.post("/admin/v1/webhooks", hook).await.ok()["webhook"]["id"]);
    let pinged = owner.post(&format!("/admin/v1/webhooks/{hook}/ping"), json!({})).await.ok();
    let key = json!({ "name": format!("{mark}密钥"), "scopes": ["order.view"] });
    let key = text(&owner.post("/admin/v1/api-keys", key).await.ok()["api_key"]["id"]);

    let (task, open_task) = tasks(mall, mark).await;
    let policy = json!({ "title": "隐私政策", "body": "## 收集什么\n只收集送货需要的信息。" });
    owner.post("/admin/v1/privacy/policies", policy).await.ok();
    member.post("/api/v1/privacy/consents", json!({ "scope": "base", "granted": true, "version": 1 })).await.ok();
    let export = text(&member.post("/api/v1/privacy/exports", json!({})).await.ok()["id"]);
    mall.run_jobs().await;
    let messages = member.get("/api/v1/messages").await.ok();

    let page = owner.post("/admin/v1/pages", json!({ "slug": "home", "title": format!("{mark}首页") })).await.ok();
    let page = text(&page["id"]);
    owner.post(&format!("/admin/v1/pages/{page}/publish"), json!({ "revision": 1 })).await.ok();
    let sheet = json!({ "location_id": mall.warehouse, "title": format!("{mark}盘点") });
    let sheet = owner.post("/admin/v1/stock-takes", sheet).await.ok();
    let moved = json!({ "from_location_id": mall.warehouse, "to_location_id": store.location_id, "note": format!("{mark}调拨"),
        "lines": [{ "sku_id": product.sku().id, "quantity": 2 }] });
    let moved = text(&owner.post("/admin/v1/stock-transfers", moved).await.ok()["transfer"]["id"]);
    owner.post(&format!("/admin/v1/stock-transfers/{moved}/send"), json!({})).await.ok();
    let folder = owner.post("/admin/v1/media/folders", json!({ "name": format!("{mark}夹") })).await.ok();

    let mut ids = Ids::from([
        ("version", "1".into()),
        ("export", export),
        ("message", text(&messages["items"][0]["id"])),
        ("page", page),
        ("slug", "home".into()),
        ("service", "express".into()),
        ("name", "food".into()),
        ("number", "1".into()),
        ("folder", text(&folder["id"])),
        ("stock-take", text(&sheet["stock_take"]["id"])),
        ("stock-transfer", moved),
        ("key", mall.picture_key.clone()),
        ("mall", mall.id.to_string()),
        ("product", product.id.to_string()),
        ("sku", product.sku().id.to_string()),
        ("category", category),
        ("parent", mall.category_id.to_string()),
        ("brand", brand),
        ("store", store.id.to_string()),
        ("shop", mall.shop_id.to_string()),
        ("location", mall.warehouse.to_string()),
        ("freight_template", text(&templates[0]["id"])),
        ("role", role),
        ("staff", clerk.id.to_string()),
        ("member", member.id.to_string()),
        ("address", member.address_id.to_string()),
        ("order", to_ship.id.to_string()),
        ("parcel", text(&detail["parcels"][0]["id"])),
        ("payment", to_ship.payment.clone()),
        ("review", text(&review["items"][0]["id"])),
        ("line", "1".into()),
        ("task", task.to_string()),
        ("open_task", open_task.to_string()),
        ("webhook", hook),
        ("webhook_delivery", text(&pinged["delivery"]["id"])),
        ("api_key", key),
        ("list", "orders".into()),
        ("picture", mall.picture_key.clone()),
        ("pickup_code", pickup_code.clone()),
    ]);
    ids.insert("after_sale", crate::after_sale_walks::furnish(mall, &member, &done, mark).await);
    ids.insert("way", "return".to_owned());
    ids.extend(crate::transfers::furnish(mall, &member).await);
    ids.extend(crate::club::furnish(mall, &member).await);
    ids.extend(crate::invoice::furnish(mall, &member, &done.order, mark).await);
    ids.extend(crate::offers::furnish(mall, &member, &product).await);
    ids.extend(crate::redeem::furnish(mall, &member, &product, &store).await);
    ids.extend(crate::booking_routes::furnish(mall, &member, mark).await);
    ids.extend(crate::local_walks::furnish(mall, &store, &member, &product).await);
    ids.extend(crate::counter::furnish(mall, &product, &store).await);
    ids.extend(crate::home::furnish(mall, &member, &store).await);
    let secrets =
        vec![mark.to_owned(), member.phone.clone(), "13700137000".into(), pickup_code, to_ship.payment.clone()];
    let orders = vec![to_ship.order, done.order, unpaid, pickup];
    Furnished { member, ids, orders, secrets, product, store }
}

fn text(value: &testkit::Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A task that is done and made a file, and one that waits.
async fn tasks(mall: &TestMall, mark: &str) -> (kernel::Id, kernel::Id) {
    let (app, ctx, title) = (mall.world.app().clone(), mall.ctx(), format!("{mark}任务"));
    let start = async || {
        let (ctx, title) = (ctx.clone(), title.clone());
        let new = move || NewTask::new("furnish", title.clone(), "product.edit", &title);
        app.db.write(move |tx| task::start_here(tx, &ctx, new()?)).await.unwrap()
    };
    let done = start().await;
    let file = format!("{mark}.csv");
    let state = task::run_here(&app, mall.id, done, |run| {
        let file = file.clone();
        async move { run.finish_with_file("好了", &file, "text/csv", file.clone().into_bytes()).await }
    });
    assert_eq!(state.await.unwrap(), "done");
    (done, start().await)
}
