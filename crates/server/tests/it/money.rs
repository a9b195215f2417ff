//! Money that comes late, twice, forged or not at all. After every story the channel's balance must be what the mall
//! believes it holds.

use testkit::{Call, TestMall, Trouble, Value, minutes, on_both_engines, seconds};

/// What the mall believes it holds at the channel, against what the channel holds.
async fn assert_same_books(mall: &TestMall) {
    let ours = mall
        .number(
            "select cast(coalesce(sum(p.amount_fen), 0) - coalesce((select sum(r.amount_fen) from refund r
               where r.mall_id = $1 and r.status in ('processing', 'done')
                 and r.payment_id in (select id from payment where mall_id = $1 and channel = 'wechat')), 0) as bigint)
             from payment p
             where p.mall_id = $1 and p.channel = 'wechat' and p.status in ('paid', 'refunding', 'refunded')",
        )
        .await;
    assert_eq!(ours, mall.wechat.balance().0, "ours and the channel's balance");
}

fn statuses(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["status"].as_str().unwrap()).collect()
}

#[test]
fn an_unpaid_order_closes_after_half_an_hour_and_its_stock_returns() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(19_900).stock(1).create().await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        bob.place_order(&[(&tea, 1)]).await.refused("inventory.sold_out");
        mall.clock.advance(minutes(30) - seconds(1));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "unpaid");
        mall.clock.advance(seconds(2));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "closed");
        ann.start_paying(&order, "native").await.refused("order.not_allowed");
        bob.place_order(&[(&tea, 1)]).await.ok();
    });
}

#[test]
fn closing_asks_the_channel_first() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(1).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = ann.intent(&order, "native").await;

        mall.wechat.trouble(Call::Close, Trouble::Refuse);
        ann.cancel(&order).await.refused("payment.channel_failed");
        assert_eq!(ann.status_of(&order).await, "unpaid");
        assert_eq!(mall.stock(&tea).await, (1, 1));

        mall.clock.advance(minutes(31));
        mall.wechat.trouble(Call::Close, Trouble::LoseAnswer);
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "unpaid", "the answer was lost: not closed on a guess");
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "closed");
        assert_eq!(mall.wechat.calls(Call::Close), 3);
        assert_eq!(ann.payment(&number).await["status"], "closed");
        assert_same_books(&mall).await;
    });
}

#[test]
fn an_order_paid_at_the_last_moment_is_finalised_instead_of_closed() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(1).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (_, notice) = ann.pay_without_notice(&order).await;
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
        mall.deliver(&notice).await.status(204);
        assert_eq!(mall.stock(&tea).await, (0, 0));

        let second = mall.product("壶").create().await;
        let order = ann.place_order(&[(&second, 1)]).await.ok();
        ann.pay_without_notice(&order).await;
        ann.cancel(&order).await.refused("order.already_paid");
        assert_eq!(ann.status_of(&order).await, "to_ship");
        assert_same_books(&mall).await;
    });
}

#[test]
fn money_for_a_closed_order_is_recorded_and_sent_back() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(8_800).stock(1).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = ann.intent(&order, "native").await;
        ann.cancel(&order).await.ok();
        mall.deliver(&mall.wechat.pay_anyway(&number)).await.status(204);
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "closed");
        assert_eq!(mall.wechat.balance().0, 0, "the money is on its way back");
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        let detail = ann.order(&order).await;
        assert_eq!(statuses(&detail["payments"]), ["refunded"]);
        assert_eq!(statuses(&detail["refunds"]), ["done"]);
        assert_eq!(detail["refunds"][0]["amount_fen"], 8_800);
        assert_eq!(statuses(&mall.staff().order(&order).await["refunds"]), ["done"]);
        assert_eq!(mall.stock(&tea).await, (1, 0));
        assert_same_books(&mall).await;
    });
}

#[test]
fn an_order_paid_twice_keeps_one_payment_and_returns_the_other() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (native, h5) = (ann.intent(&order, "native").await, ann.intent(&order, "h5").await);
        assert_ne!(native, h5);
        let (first, second) = (mall.wechat.pay(&native), mall.wechat.pay(&h5));
        mall.deliver(&first).await.status(204);
        mall.deliver(&second).await.status(204);
        mall.run_jobs().await;
        assert_eq!(mall.wechat.refund_count(), 1);
        assert_eq!(mall.wechat.balance().0, 5_000);
        let detail = ann.order(&order).await;
        assert_eq!((detail["status"].as_str(), detail["refunds"].as_array().unwrap().len()), (Some("to_ship"), 1));
        assert_same_books(&mall).await;
    });
}

#[test]
fn a_duplicate_notice_changes_nothing() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (number, notice) = ann.pay_without_notice(&order).await;
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (mall, notice) = (mall.clone(), notice.clone());
            racing.spawn(async move { mall.deliver(&notice).await.status.as_u16() });
        }
        assert_eq!(racing.join_all().await, [204; 4]);
        let before = mall.dump().await;
        mall.clock.advance(seconds(20));
        mall.deliver(&notice).await.status(204);
        assert_eq!(before.difference(&mall.dump().await), [""; 0]);
        mall.deliver(&mall.wechat.notice_of(&number)).await.status(204);
        let after = mall.dump().await;
        let changed = before.without(&["payment_notice"]).difference(&after.without(&["payment_notice"]));
        assert_eq!(changed, [""; 0], "another notice of the same payment is only stored");
        assert_same_books(&mall).await;
    });
}

#[test]
fn a_forged_or_altered_notice_is_refused_and_changes_nothing() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (_, notice) = ann.pay_without_notice(&order).await;
        let before = mall.dump().await;
        mall.deliver(&notice.clone().forged()).await.refused("payment.notice_rejected");
        mall.deliver(&notice.clone().altered("amount", 1)).await.status(401);
        let unsigned = mall.anonymous().post(&format!("/notify/wechat-pay/{}", mall.id), testkit::json!({})).await;
        unsigned.refused("payment.notice_rejected");
        assert_eq!(before.difference(&mall.dump().await), [""; 0]);
        mall.deliver(&notice).await.status(204);
        assert_eq!(ann.status_of(&order).await, "to_ship");
    });
}

#[test]
fn a_notice_that_contradicts_the_order_is_stored_and_not_acted_upon() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(10_000).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (_, notice) = ann.pay_without_notice(&order).await;
        let lies: [(&str, Value); 5] = [
            ("amount", 1.into()),
            ("currency", "USD".into()),
            ("merchant_id", "someone else".into()),
            ("app_id", "wx-else".into()),
            ("number", "1".into()),
        ];
        let before = mall.dump().await.without(&["payment_notice"]);
        for (field, value) in lies {
            let lie = notice.clone().named(field).saying(field, value);
            mall.deliver(&lie).await.refused("payment.notice_contradicts");
        }
        assert_eq!(before.difference(&mall.dump().await.without(&["payment_notice"])), [""; 0]);
        assert_eq!(mall.number("select count(*) from payment_notice where mall_id = $1").await, 5);
        mall.deliver(&notice).await.status(204);
        assert_eq!(ann.status_of(&order).await, "to_ship");
        assert_same_books(&mall).await;
    });
}

#[test]
fn a_payment_without_a_notice_is_found_by_asking() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (number, _) = ann.pay_without_notice(&order).await;
        assert_eq!(ann.payment(&number).await["status"], "pending", "asked less than three seconds ago");
        mall.clock.advance(seconds(4));
        assert_eq!(ann.payment(&number).await["status"], "paid");
        assert_eq!(ann.status_of(&order).await, "to_ship");

        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        ann.pay_without_notice(&order).await;
        mall.wechat.trouble(Call::Query, Trouble::Refuse);
        mall.clock.advance(seconds(6));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "unpaid");
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship", "the sweep asks, nobody looked");
        assert_same_books(&mall).await;
    });
}

#[test]
fn a_payment_whose_creation_was_not_answered_can_be_started_again_and_settles() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        mall.wechat.trouble(Call::Create, Trouble::Refuse);
        mall.wechat.trouble(Call::Create, Trouble::LoseAnswer);
        ann.start_paying(&order, "native").await.refused("payment.channel_failed");
        ann.start_paying(&order, "native").await.refused("payment.channel_unknown");
        let first = ann.intent(&order, "native").await;
        let again = ann.intent(&order, "native").await;
        assert_eq!(first, again, "the same attempt is shown again");
        assert_eq!(mall.wechat.calls(Call::Create), 3);
        mall.deliver(&mall.wechat.pay(&first)).await.status(204);
        assert_eq!(ann.status_of(&order).await, "to_ship");
    });
}

#[test]
fn an_intent_whose_answer_was_lost_is_closed_with_its_order() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        mall.wechat.trouble(Call::Create, Trouble::LoseAnswer);
        ann.start_paying(&order, "native").await.refused("payment.channel_unknown");
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "closed");
        assert_eq!(mall.wechat.calls(Call::Close), 1);
    });
}

#[test]
fn a_refund_before_shipping_restores_the_stock() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(3_000).stock(5).create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 2)]).await;
        assert_eq!(mall.stock(&tea).await, (3, 0));
        let detail = mall.staff().refund(&order, "不想要了").await.ok();
        assert_eq!(detail["status"], "closed");
        assert_eq!(mall.stock(&tea).await, (5, 0));
        mall.run_jobs().await;
        assert_eq!(statuses(&ann.order(&order).await["refunds"]), ["processing"]);
        mall.staff().refund(&order, "再退一次").await.refused("order.not_allowed");
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
            mall.deliver(&notice).await.status(204);
        }
        let after = ann.order(&order).await;
        assert_eq!((statuses(&after["refunds"]), statuses(&after["payments"])), (vec!["done"], vec!["refunded"]));
        assert_eq!(mall.wechat.refund_count(), 1);
        assert_same_books(&mall).await;
    });
}

#[test]
fn a_refund_returns_only_what_was_not_sent() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(3_000).stock(5).create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 3)]).await;
        mall.staff().ship_lines(&order, "SF1000000001", &[(1, 2)]).await.ok();
        mall.staff().refund(&order, "漏发").await.ok();
        assert_eq!(mall.stock(&tea).await, (3, 0), "one of three never left");
        mall.run_jobs().await;
        assert_eq!(mall.wechat.balance().0, 0);
    });
}

#[test]
fn a_refund_is_tried_until_the_channel_takes_it_and_never_twice() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 1)]).await;
        mall.wechat.trouble(Call::Refund, Trouble::Refuse);
        mall.wechat.trouble(Call::Refund, Trouble::LoseAnswer);
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        assert_eq!(mall.wechat.refund_count(), 0);
        for _ in 0..4 {
            mall.clock.advance(minutes(1));
            mall.run_jobs().await;
        }
        assert_eq!(mall.wechat.refund_count(), 1);
        mall.wechat.finish_refunds();
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(statuses(&ann.order(&order).await["refunds"]), ["done"], "found by asking, without a notice");
        assert_same_books(&mall).await;
    });
}

#[test]
fn a_refund_that_fails_for_good_is_shown_to_staff() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 1)]).await;
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        for notice in mall.wechat.fail_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        assert_eq!(statuses(&mall.staff().order(&order).await["refunds"]), ["failed"]);
        assert_eq!(mall.staff().get("/admin/v1/dashboard").await.ok()["todo"]["refund_problems"], 1);
        assert_same_books(&mall).await;
    });
}

#[test]
fn money_received_by_hand_pays_the_order_and_closes_the_intents() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(7_000).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = ann.intent(&order, "native").await;
        let detail = mall.staff().pay_offline(&order).await.ok();
        assert_eq!(detail["status"], "to_ship");
        assert_eq!(mall.wechat.state_of(&number), Some(kernel::ports::ChannelPaymentState::Closed));
        mall.staff().pay_offline(&order).await.refused("order.not_allowed");
        mall.staff().refund(&order, "退现金").await.ok();
        mall.run_jobs().await;
        assert_eq!(mall.wechat.refund_count(), 0, "cash goes back by hand");
        assert_eq!(statuses(&ann.order(&order).await["refunds"]), ["done"]);
    });
}

#[test]
fn an_order_of_nothing_to_pay_is_paid_as_it_is_placed() {
    on_both_engines(async |mall| {
        let gift = mall.product("赠品").price_fen(0).stock(1).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&gift, 1)]).await.ok();
        assert_eq!((order.total_fen, order.json["status"].as_str()), (0, Some("to_ship")));
        assert_eq!(mall.stock(&gift).await, (0, 0));
        ann.start_paying(&order, "native").await.refused("order.not_allowed");
        mall.staff().refund(&order, "发不了").await.ok();
        assert_eq!(mall.stock(&gift).await, (1, 0));
    });
}

#[test]
fn paying_twice_at_once_pays_once() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (native, h5) = (ann.intent(&order, "native").await, ann.intent(&order, "h5").await);
        let (first, second) = (mall.wechat.pay(&native), mall.wechat.pay(&h5));
        let (staff, clerk) = (mall.staff(), mall.staff());
        let (a, b, _, _) = tokio::join!(
            mall.deliver(&first),
            mall.deliver(&second),
            staff.pay_offline(&order),
            clerk.close(&order, "关闭"),
        );
        assert_eq!((a.status.as_u16(), b.status.as_u16()), (204, 204));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
        assert_eq!(mall.stock(&tea).await, (99, 0));
        assert_same_books(&mall).await;
    });
}
