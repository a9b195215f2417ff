//! After-sale when several act at once, and when the channel fails, answers twice, or cannot give the money back.

use crate::after_sale::{UNSENT, ask, bought, decide, id_of, money_arrives, status};
use testkit::{Call, Reply, Trouble, json, minutes, on_both_engines};

#[test]
fn of_two_who_ask_for_the_same_pieces_at_once_one_gets_them() {
    on_both_engines(async |mall| {
        let (_, ann, order) = bought(&mall, 3).await;
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (ann, order) = (ann.clone(), order.clone());
            racing.spawn(async move { ask(&ann, &order, UNSENT, &[(1, 2)]).await });
        }
        let replies = racing.join_all().await;
        let won: Vec<&Reply> = replies.iter().filter(|reply| reply.status.is_success()).collect();
        assert_eq!(won.len(), 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            reply.refused("after_sale.too_many");
        }
        // Two who approve it, and staff who ship meanwhile: the money goes back once, the pieces go one way.
        let id = id_of(&won[0].ok());
        let mut racing = tokio::task::JoinSet::new();
        for i in 0..6 {
            let (staff, order, id) = (mall.staff(), order.clone(), id.clone());
            racing.spawn(async move {
                match i {
                    0..3 => staff.post(&format!("/admin/v1/after-sales/{id}/approve"), json!({})).await,
                    3 => staff.ship_lines(&order, "SF5000000001", &[(1, 3)]).await,
                    4 => staff.refund(&order, "缺货").await,
                    _ => staff.ship_lines(&order, "SF5000000002", &[(1, 1)]).await,
                }
            });
        }
        for reply in racing.join_all().await {
            let known =
                ["", "after_sale.not_allowed", "order.shipped_too_much", "order.after_sale_open", "order.not_allowed"];
            assert!(known.contains(&reply.code().as_str()), "{reply:?}");
        }
        money_arrives(&mall).await;
        let kept = mall.number("select paid_fen - refunded_fen from trade_order where mall_id = $1").await;
        assert_eq!(mall.wechat.balance().0, kept);
    });
}

#[test]
fn whatever_the_channel_does_the_money_goes_back_once() {
    on_both_engines(async |mall| {
        let (_, ann, order) = bought(&mall, 4).await;
        for (at, trouble) in [Some(Trouble::Refuse), Some(Trouble::LoseAnswer), None].into_iter().enumerate() {
            let id = id_of(&ask(&ann, &order, UNSENT, &[(1, 1)]).await.ok());
            if let Some(trouble) = trouble {
                mall.wechat.trouble(Call::Refund, trouble);
            }
            decide(&mall, &id, "approve", json!({})).await.ok();
            mall.run_jobs().await;
            mall.clock.advance(minutes(5));
            mall.run_jobs().await;
            assert_eq!(status(&mall, &id).await, "refunding");
            for notice in mall.wechat.finish_refunds() {
                // Twice, and once more under another name.
                mall.deliver(&notice).await.status(204);
                mall.deliver(&notice).await.status(204);
                mall.deliver(&notice.named("EV-again")).await.status(204);
            }
            assert_eq!(status(&mall, &id).await, "refunded");
            assert_eq!(mall.wechat.refund_count(), at + 1);
        }
        // The channel cannot give it back: staff do, by hand, and the after-sale is over then.
        let id = id_of(&ask(&ann, &order, UNSENT, &[(1, 1)]).await.ok());
        decide(&mall, &id, "approve", json!({})).await.ok();
        mall.run_jobs().await;
        for notice in mall.wechat.fail_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        assert_eq!(status(&mall, &id).await, "refunding");
        let failed = mall.staff().get("/admin/v1/refunds?state=failed").await.ok();
        let refund = failed["items"][0]["id"].as_str().unwrap();
        let by_hand = json!({ "method": "bank", "note": "尾号 6677" });
        mall.staff().post(&format!("/admin/v1/refunds/{refund}/settle"), by_hand).await.ok();
        assert_eq!((status(&mall, &id).await.as_str(), ann.status_of(&order).await.as_str()), ("refunded", "closed"));
    });
}
