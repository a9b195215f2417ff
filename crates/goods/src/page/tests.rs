//! A page is drafted, seen by its staff, published, and rolled back; shoppers see the published version only.

use crate::testing::As::{Anyone, Owner};
use crate::testing::{PICTURE, Reply, TestMall, Web, each};
use serde_json::{Value, json};

impl Reply {
    /// The problem it was refused with.
    fn refuses(self, code: &str) -> Value {
        assert_eq!(self.body["code"], code, "{}", self.body);
        self.body
    }
}

fn text(id: &str, title: &str) -> Value {
    json!({"id": id, "block": {"kind": "text", "title": title, "text": "一句话"}})
}

fn draft(revision: i64, blocks: &[Value]) -> Value {
    json!({"title": "春季", "revision": revision, "blocks": blocks})
}

/// The id of a new page `spring`.
fn spring(web: &Web) -> String {
    let made = web.post(Owner, "/admin/v1/pages", &json!({"slug": "spring", "title": "春季"})).ok();
    assert_eq!((&made["published_number"], &made["revision"]), (&json!(0), &json!(1)));
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_page_is_seen_when_it_is_published_and_not_before() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        let id = spring(&web);
        let path = format!("/admin/v1/pages/{id}");
        let all = "/api/v1/pages/spring";
        let saved = web.put(Owner, &format!("{path}/draft"), &draft(1, &[text("a", "新茶")])).ok();
        assert_eq!(saved["changes"], json!(["新增文字“新茶”，在第 1 个"]));
        web.get(Anyone, all).refuses("page.not_found");

        let preview = web.get(Owner, &format!("{path}/preview")).ok();
        let seen = web.get(Anyone, &format!("{all}?preview={}", preview["token"].as_str().unwrap())).ok();
        assert_eq!((&seen["is_preview"], &seen["blocks"][0]["title"]), (&json!(true), &json!("新茶")));
        web.get(Anyone, &format!("{all}?preview=v1.forged")).refuses("page.preview_ended");

        web.post(Owner, &format!("{path}/publish"), &json!({"revision": 1})).refuses("page.draft_moved");
        let published = web.post(Owner, &format!("{path}/publish"), &json!({"revision": 2, "note": "开张"})).ok();
        assert_eq!((&published["published_number"], &published["has_draft"]), (&json!(1), &json!(false)));
        assert_eq!(web.get(Anyone, all).ok()["blocks"][0]["title"], "新茶");
        web.post(Owner, &format!("{path}/publish"), &json!({"revision": 0})).refuses("page.nothing_to_publish");
    });
}

#[test]
fn an_old_version_comes_back_as_the_newest() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        let path = format!("/admin/v1/pages/{}", spring(&web));
        for (revision, title) in [(1, "一"), (0, "二")] {
            let saved = web.put(Owner, &format!("{path}/draft"), &draft(revision, &[text("a", title)])).ok();
            web.post(Owner, &format!("{path}/publish"), &json!({"revision": saved["revision"]})).ok();
        }
        let compared = web.get(Owner, &format!("{path}/versions/1")).ok();
        assert_eq!(compared["changes"], json!(["修改文字“一”：标题"]));
        web.post(Owner, &format!("{path}/roll-back"), &json!({"number": 2})).refuses("page.already_published");
        web.post(Owner, &format!("{path}/roll-back"), &json!({"number": 9})).refuses("page.version_not_found");
        let back = web.post(Owner, &format!("{path}/roll-back"), &json!({"number": 1})).ok();
        assert_eq!(back["published_number"], 3);
        assert_eq!(web.get(Anyone, "/api/v1/pages/spring").ok()["blocks"][0]["title"], "一");
        let versions = web.get(Owner, &format!("{path}/versions")).ok();
        let notes: Vec<&Value> = versions["items"].as_array().unwrap().iter().map(|row| &row["note"]).collect();
        assert_eq!(notes, ["恢复到第 1 版", "", ""]);
    });
}

#[test]
fn nobody_saves_over_a_colleagues_draft() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        let path = format!("/admin/v1/pages/{}/draft", spring(&web));
        web.put(Owner, &path, &draft(1, &[text("a", "安的")])).ok();
        web.put(Owner, &path, &draft(1, &[text("a", "鲍勃的")])).refuses("page.draft_moved");
        let kept = web.delete(Owner, &path).ok();
        assert_eq!((&kept["revision"], &kept["blocks"]), (&json!(0), &json!([])));
    });
}

#[test]
fn every_kind_of_block_is_kept_and_shown() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        let tea = mall.product("龙井", &[("100g", 9_900, 3)]);
        let link = json!({"kind": "product", "target": tea.id.to_string()});
        let picture = json!({"picture_key": PICTURE, "title": "图", "link": link});
        let kinds = [
            json!({"kind": "banner", "items": [picture]}),
            json!({"kind": "categories"}),
            json!({"kind": "products", "title": "新", "source": {"kind": "newest"}, "layout": "row", "limit": 3}),
            json!({"kind": "text", "title": "题", "text": "文"}),
            json!({"kind": "pictures", "columns": 2, "items": [picture, {"picture_key": PICTURE, "title": ""}]}),
            json!({"kind": "hotspot", "picture_key": PICTURE, "title": "图",
                "spots": [{"left": 0, "top": 10, "width": 50, "height": 90, "label": "茶", "link": link}]}),
            json!({"kind": "video", "title": "片", "video_key": PICTURE, "poster_key": PICTURE}),
            json!({"kind": "notice", "text": "今天发货"}),
            json!({"kind": "spacer", "height": 24}),
        ];
        let blocks: Vec<Value> =
            (0..).zip(&kinds).map(|(n, block): (i64, _)| json!({"id": format!("k{n}"), "block": block})).collect();
        let resolved = web.post(Owner, "/admin/v1/page-blocks/resolve", &json!({"blocks": blocks})).ok();
        for (resolved, source) in resolved.as_array().unwrap().iter().zip(&kinds) {
            assert_eq!(resolved["block"]["kind"], source["kind"], "{resolved}");
        }
        assert_eq!(resolved[2]["block"]["items"][0]["id"], json!(tea.id.to_string()));
        let path = format!("/admin/v1/pages/{}/draft", spring(&web));
        let kept = web.put(Owner, &path, &draft(1, &blocks)).ok();
        assert_eq!(kept["blocks"].as_array().unwrap().len(), kinds.len());
        let none = json!({"blocks": [{"id": "s", "block": {"kind": "stores", "title": "门店"}},
            {"id": "h", "hidden": true, "block": {"kind": "spacer", "height": 24}}]});
        let none = web.post(Owner, "/admin/v1/page-blocks/resolve", &none).ok();
        assert_eq!((&none[0]["block"], &none[1]["block"]), (&Value::Null, &Value::Null));
    });
}

#[test]
fn blocks_out_of_their_limits_are_refused_where_they_stand() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        let id = spring(&web);
        let path = format!("/admin/v1/pages/{id}/draft");
        let spot = |left: i64, width: i64| {
            json!({"kind": "hotspot", "picture_key": PICTURE, "title": "", "spots": [{"left": left, "top": 0,
                "width": width, "height": 10, "label": "", "link": {"kind": "search", "target": "茶"}}]})
        };
        for block in [
            json!({"kind": "banner", "items": []}),
            json!({"kind": "spacer", "height": 500}),
            json!({"kind": "notice", "text": " "}),
            spot(60, 60),
            spot(i64::MAX - 1, 1),
            json!({"kind": "pictures", "columns": 9, "items": [{"picture_key": PICTURE, "title": ""}]}),
        ] {
            let reply = web.put(Owner, &path, &draft(1, &[json!({"id": "x", "block": block})]));
            assert_eq!(reply.refuses("request.invalid")["field"], "blocks[0]", "{block}");
        }
        let twice = [text("a", "一"), text("a", "二")];
        assert_eq!(web.put(Owner, &path, &draft(1, &twice)).refuses("request.invalid")["field"], "blocks[1].id");
        let foreign =
            json!({"id": "x", "block": {"kind": "hotspot", "picture_key": "m2/a.jpg", "title": "", "spots": []}});
        assert_eq!(web.put(Owner, &path, &draft(1, &[foreign])).refuses("request.invalid")["field"], "blocks");
        let same = web.post(Owner, "/admin/v1/pages", &json!({"slug": "spring", "title": "又一个"}));
        same.refuses("page.slug_taken");
        web.delete(Owner, &format!("/admin/v1/pages/{id}")).ok();
        web.get(Owner, &format!("/admin/v1/pages/{id}")).refuses("page.not_found");
    });
}

#[test]
fn the_home_page_begins_with_what_shoppers_see_and_is_never_removed() {
    each(|mall: &TestMall| {
        let web = Web::new(mall);
        let made = web.post(Owner, "/admin/v1/pages", &json!({"slug": "home", "title": "首页"})).ok();
        assert_eq!(made["blocks"].as_array().unwrap().len(), 3);
        assert_eq!(web.get(Anyone, "/api/v1/home").ok()["blocks"][0]["kind"], "categories");
        let path = format!("/admin/v1/pages/{}", made["id"].as_str().unwrap());
        web.delete(Owner, &path).refuses("page.is_home");
        web.put(Owner, &format!("{path}/draft"), &draft(1, &[text("a", "你好")])).ok();
        assert_eq!(web.get(Anyone, "/api/v1/home").ok()["blocks"][0]["kind"], "categories");
        web.post(Owner, &format!("{path}/publish"), &json!({"revision": 2})).ok();
        assert_eq!(web.get(Anyone, "/api/v1/home").ok()["blocks"][0]["title"], "你好");
    });
}
