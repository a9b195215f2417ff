//! Reviews and the home page as clients see them.

use super::tests::{id, make};
use crate::page::{self, BlockSource, Link, LinkKind, PictureSource, ProductSource, ShelfLayout};
use crate::review::{self, NewReview};
use crate::testing::{As, PICTURE, Web, each};
use As::{Anyone, Owner};
use kernel::Id;
use serde_json::json;

#[test]
fn reviews_are_answered_hidden_and_shown() {
    each(|mall| {
        let web = Web::new(mall);
        let tea = mall.product("龙井", &[("100g", 19_900, 5)]);
        let new = NewReview {
            product_id: tea.id,
            sku_id: tea.skus[0],
            order_id: Id(3),
            line_id: Id(1),
            member_id: Id(7),
            nickname: "林小满".into(),
            rating: 5,
            text: "香".into(),
            picture_keys: vec![PICTURE.into()],
            option_text: "100g".into(),
        };
        let review_id = mall.write(move |tx, ctx| review::write(tx, ctx, &new)).unwrap();
        let page = format!("/api/v1/products/{}/reviews?filter=pictures", tea.id);
        let shown = web.get(Anyone, &page).ok();
        assert_eq!((&shown["items"][0]["nickname"], &shown["items"][0]["reply"]), (&json!("林**"), &json!(null)));
        let path = format!("/admin/v1/reviews/{review_id}");
        assert_eq!(web.get(Owner, "/admin/v1/reviews?state=unanswered").ok()["items"][0]["nickname"], "林小满");
        web.post(Owner, &format!("{path}/reply"), &json!({"text": " "})).refused(400, "request.invalid");
        assert_eq!(web.post(Owner, &format!("{path}/reply"), &json!({"text": "谢谢"})).ok()["reply"], "谢谢");
        assert_eq!(web.get(Anyone, &page).ok()["items"][0]["reply"], "谢谢", "the cache is fresh");
        let hidden = web.post(Owner, &format!("{path}/hide"), &json!({"reason": "广告"})).ok();
        assert_eq!((&hidden["hidden_reason"], &hidden["product"]["name"]), (&json!("广告"), &json!("龙井")));
        assert_eq!(web.get(Anyone, &page).ok()["items"], json!([]));
        assert_eq!(web.get(Owner, "/admin/v1/reviews?state=hidden").ok()["items"].as_array().unwrap().len(), 1);
        web.post(Owner, &format!("{path}/show"), &json!({})).ok();
        let detail = web.get(Anyone, &format!("/api/v1/products/{}", tea.id)).ok();
        assert_eq!(
            detail["reviews"],
            json!({"count": 1, "rating_x10": 50, "with_pictures": 1, "positive_percent": 100})
        );
        web.post(Owner, "/admin/v1/reviews/5/show", &json!({})).refused(404, "review.not_found");
    });
}

#[test]
fn the_home_page_resolves_its_sources() {
    each(|mall| {
        let web = Web::new(mall);
        let bare = web.get(Anyone, "/api/v1/home").ok();
        assert_eq!((&bare["mall"]["code"], &bare["blocks"][0]["kind"]), (&json!("test"), &json!("categories")));
        assert_eq!(bare["blocks"].as_array().unwrap().len(), 1, "shelves without goods are left out");
        let ids: Vec<Id> = ["甲", "乙", "丙"].iter().map(|name| id(&make(&web, mall, name))).collect();
        let category_id = mall.category_id;
        let chosen = vec![ids[2], ids[0], Id(5)];
        let shelf = |title: &str, source: ProductSource| BlockSource::Products {
            title: title.into(),
            subtitle: None,
            more: None,
            source,
            layout: ShelfLayout::Grid,
            limit: 2,
        };
        let blocks = vec![
            BlockSource::Banner {
                items: vec![PictureSource {
                    picture_key: PICTURE.into(),
                    title: "春茶".into(),
                    subtitle: None,
                    link: Some(Link { kind: LinkKind::Product, target: ids[0].to_string() }),
                }],
            },
            shelf("标签", ProductSource::Tag { tag: "新品".into() }),
            shelf("分类", ProductSource::Category { category_id }),
            shelf("新到", ProductSource::Newest),
            shelf("热卖", ProductSource::BestSelling),
            shelf("精选", ProductSource::Chosen { product_ids: chosen }),
            shelf("没有", ProductSource::Tag { tag: "没有".into() }),
            BlockSource::Text { title: "到店".into(), text: "坐坐".into() },
        ];
        let (app, mall_id) = (web.app.clone(), mall.mall_id);
        mall.db.write_blocking(move |tx| page::save(tx, &app.system(mall_id), page::HOME, "首页", &blocks)).unwrap();
        let home = web.get(Anyone, "/api/v1/home").ok();
        let blocks = home["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), 7);
        assert_eq!(blocks[0]["items"][0]["link"], json!({"kind": "product", "target": ids[0].to_string()}));
        let shelf = |n: usize| blocks[n]["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
        for n in 1..=4 {
            assert_eq!(shelf(n), [ids[2], ids[1]], "shelf {n}: newest first where nothing was sold");
        }
        assert_eq!(shelf(5), [ids[2], ids[0]], "in the chosen order");
        assert_eq!(blocks[6], json!({"kind": "text", "title": "到店", "text": "坐坐"}));
        let odd = vec![BlockSource::Banner { items: vec![] }];
        let refused = mall.write(move |tx, ctx| page::save(tx, ctx, page::HOME, "首页", &odd));
        assert_eq!(refused.unwrap_err().field_name(), Some("blocks[0]"));
    });
}
