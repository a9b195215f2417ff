//! Files are found, named, put in folders, and deleted only when nothing shows them.

use crate::testing::As::Owner;
use crate::testing::{PICTURE, TestMall, Web, each};
use db::args;
use serde_json::{Value, json};

fn keep(mall: &TestMall, key: &'static str, name: &'static str, owner: &'static str) {
    mall.write(move |tx, ctx| {
        tx.exec(
            "insert into file (mall_id, key, content_type, bytes, owner_kind, owner_id, created_at, name)
             values ($1, $2, 'image/jpeg', 1, $3, 1, $4, $5)",
            &args![ctx.mall_id, key, owner, ctx.now, name],
        )
    })
    .unwrap();
}

fn keys(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect()
}

const SPRING: &str = "m1/202611/7_800x600.jpg";
const SHOPPERS: &str = "m1/202611/8_800x600.jpg";

#[test]
fn files_are_found_by_name_and_folder_newest_first() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        keep(mall, SPRING, "Spring 春茶", "staff");
        keep(mall, SHOPPERS, "买家秀", "member");
        assert_eq!(keys(&web.get(Owner, "/admin/v1/media").ok()), [SPRING, PICTURE]);
        assert_eq!(keys(&web.get(Owner, "/admin/v1/media?q=spring").ok()), [SPRING]);
        assert_eq!(keys(&web.get(Owner, "/admin/v1/media?q=%25").ok()), [SPRING, PICTURE]);
        assert!(keys(&web.get(Owner, "/admin/v1/media?kind=video").ok()).is_empty());
        assert_eq!(keys(&web.get(Owner, &format!("/admin/v1/media?cursor={SPRING}")).ok()), [PICTURE]);
        let folder = web.post(Owner, "/admin/v1/media/folders", &json!({"name": "春季"})).ok();
        let id = folder["id"].as_str().unwrap();
        web.post(Owner, "/admin/v1/media/changes", &json!({"keys": [SPRING], "folder": id, "name": "新茶"})).ok();
        let found = web.get(Owner, &format!("/admin/v1/media?folder={id}")).ok();
        assert_eq!((keys(&found), &found["items"][0]["name"]), (vec![SPRING], &json!("新茶")));
        assert_eq!(keys(&web.get(Owner, "/admin/v1/media?folder=none").ok()), [PICTURE]);
        assert_eq!(web.get(Owner, "/admin/v1/media/folders").ok()[0]["count"], 1);
        web.delete(Owner, &format!("/admin/v1/media/folders/{id}")).ok();
        assert_eq!(keys(&web.get(Owner, "/admin/v1/media?folder=none").ok()), [SPRING, PICTURE]);
        let foreign = json!({"keys": [SHOPPERS], "name": "不是我的"});
        web.post(Owner, "/admin/v1/media/changes", &foreign).refused(404, "media.not_found");
    });
}

#[test]
fn a_file_that_is_shown_stays_and_says_where() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        keep(mall, SPRING, "春茶", "staff");
        let tea = mall.product("龙井", &[("100g", 9_900, 3)]);
        let page = web.post(Owner, "/admin/v1/pages", &json!({"slug": "a", "title": "春天"})).ok();
        let block = json!({"kind": "hotspot", "picture_key": PICTURE, "title": "", "spots": []});
        let draft = json!({"title": "春天", "revision": 1, "blocks": [{"id": "x", "block": block}]});
        web.put(Owner, &format!("/admin/v1/pages/{}/draft", page["id"].as_str().unwrap()), &draft).ok();
        let uses = web.get(Owner, &format!("/admin/v1/media/uses?key={PICTURE}")).ok();
        let told: Vec<(&str, &str)> = uses
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["kind"].as_str().unwrap(), one["name"].as_str().unwrap()))
            .collect();
        assert!(told.contains(&("product", "龙井")) && told.contains(&("page", "春天")), "{told:?} {}", tea.id);
        let answer = web.post(Owner, "/admin/v1/media/delete", &json!({"keys": [PICTURE, SPRING]})).ok();
        assert_eq!((&answer["deleted"], &answer["kept"][0]["key"]), (&json!([SPRING]), &json!(PICTURE)));
        assert_eq!(keys(&web.get(Owner, "/admin/v1/media").ok()), [PICTURE]);
        web.post(Owner, "/admin/v1/media/delete", &json!({"keys": []})).refused(400, "request.invalid");
    });
}
