//! Reviews and the counters that follow them.

use super::admin::{find, set_hidden, set_reply};
use super::shop::{ReviewFilter, mask, shown};
use super::*;
use crate::testing::{Made, PICTURE, TestMall, each};
use db::args;
use kernel::{Cursor, Id, seconds};

fn review(tea: &Made, line: i64, rating: i64) -> NewReview {
    NewReview {
        product_id: tea.id,
        sku_id: tea.skus[0],
        order_id: Id(900),
        line_id: Id(line),
        member_id: Id(7),
        nickname: "林小满".into(),
        rating,
        text: "香".into(),
        picture_keys: if rating == 5 { vec![PICTURE.into()] } else { Vec::new() },
        option_text: "100g".into(),
    }
}

fn say(mall: &TestMall, review: NewReview) -> kernel::Result<Id> {
    mall.write(move |tx, ctx| write(tx, ctx, &review))
}

fn counters(mall: &TestMall, product_id: Id) -> (i64, i64, i64, i64) {
    mall.read(move |tx, mall_id| {
        tx.one(
            "select review_count, rating_sum, picture_review_count, positive_review_count
             from product where mall_id = $1 and id = $2",
            &args![mall_id, product_id],
        )
    })
    .unwrap()
}

#[test]
fn a_line_is_reviewed_once() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        say(mall, review(&tea, 1, 5)).unwrap();
        assert!(say(mall, review(&tea, 1, 4)).unwrap_err().is("review.already_written"));
        assert_eq!(counters(mall, tea.id), (1, 5, 1, 1));
    });
}

#[test]
fn hiding_takes_a_review_out_of_the_rating_once() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let good = say(mall, review(&tea, 1, 5)).unwrap();
        say(mall, review(&tea, 2, 2)).unwrap();
        assert_eq!(counters(mall, tea.id), (2, 7, 1, 1));
        for _ in 0..2 {
            mall.write(move |tx, ctx| set_hidden(tx, ctx, good, Some("广告"))).unwrap();
            assert_eq!(counters(mall, tea.id), (1, 2, 0, 0));
        }
        for _ in 0..2 {
            mall.write(move |tx, ctx| set_hidden(tx, ctx, good, None)).unwrap();
            assert_eq!(counters(mall, tea.id), (2, 7, 1, 1));
        }
        let missing = mall.write(|tx, ctx| set_hidden(tx, ctx, Id(5), None));
        assert!(missing.unwrap_err().is("review.not_found"));
    });
}

#[test]
fn filters_and_pages_show_every_shown_review_once() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let mut ids = Vec::new();
        for (line, rating) in (1..).zip([5, 1, 4, 3, 5, 2, 5]) {
            mall.clock.advance(if line % 2 == 0 { seconds(1) } else { 0 });
            ids.push(say(mall, review(&tea, line, rating)).unwrap());
        }
        let hidden = ids[0];
        mall.write(move |tx, ctx| set_hidden(tx, ctx, hidden, Some("广告"))).unwrap();
        let product_id = tea.id;
        let list = |filter, before: Option<Cursor>, limit| {
            let rows = mall.read(move |tx, mall_id| shown(tx, mall_id, product_id, filter, before, limit)).unwrap();
            rows.into_iter().map(|row| (row.id, row.created_at)).collect::<Vec<_>>()
        };
        let all = list(ReviewFilter::All, None, 100);
        assert_eq!(all.iter().map(|r| r.0).collect::<Vec<_>>(), ids[1..].iter().rev().copied().collect::<Vec<_>>());
        assert_eq!(list(ReviewFilter::Pictures, None, 100).len(), 2);
        assert_eq!(list(ReviewFilter::Positive, None, 100).len(), 3);
        assert_eq!(list(ReviewFilter::Critical, None, 100).len(), 3);
        let mut walked = Vec::new();
        let mut before = None;
        loop {
            let page = list(ReviewFilter::All, before, 2);
            let Some(last) = page.last() else { break };
            before = Some(Cursor { key: last.1.0, id: last.0.0 });
            walked.extend(page);
        }
        assert_eq!(walked, all);
    });
}

#[test]
fn an_answered_review_is_no_longer_waiting() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let id = say(mall, review(&tea, 1, 3)).unwrap();
        assert_eq!(mall.read(unanswered_count).unwrap(), 1);
        mall.write(move |tx, ctx| set_reply(tx, ctx, id, "谢谢，已经改进")).unwrap();
        assert_eq!(mall.read(unanswered_count).unwrap(), 0);
        assert!(mall.read(move |tx, mall_id| find(tx, mall_id, id)).unwrap().hidden_reason.is_none());
    });
}

#[test]
fn odd_reviews_are_refused() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let refuse = |spoiled: NewReview| say(mall, spoiled).unwrap_err().field_name().unwrap_or_default().to_owned();
        assert_eq!(refuse(review(&tea, 1, 0)), "rating");
        assert_eq!(refuse(review(&tea, 1, 6)), "rating");
        assert_eq!(refuse(NewReview { text: "长".repeat(501), ..review(&tea, 1, 5) }), "text");
        assert_eq!(refuse(NewReview { picture_keys: vec!["m2/x.jpg".into()], ..review(&tea, 1, 5) }), "picture_keys");
        assert_eq!(counters(mall, tea.id), (0, 0, 0, 0));
    });
}

#[test]
fn nicknames_are_masked() {
    for (name, masked) in [("林小满", "林**"), ("林", "林*"), ("😀x", "😀**"), ("", "会员")] {
        assert_eq!(mask(name), masked);
    }
}
