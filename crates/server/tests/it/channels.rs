//! Every channel outside goes through the same machine: whatever it does — fails, answers too late or twice, is paid after the
//! order closed — the order is settled one way and the channel holds what the mall believes it holds.

use std::sync::Arc;
use testkit::{
    Call, LocalChannel, LocalNotice, MemberClient, Order, Reply, TestMall, Trouble, Value, json, minutes,
    on_both_engines, seconds,
};

/// One channel as the stories use it.
pub struct Outside {
    name: &'static str,
    scene: &'static str,
    notify: &'static str,
    /// What the channel hears when its notice was taken.
    taken: u16,
    books: Arc<LocalChannel>,
}

pub fn outside(mall: &TestMall) -> Vec<Outside> {
    let channel = |name, scene, notify, taken, books: &Arc<LocalChannel>| Outside {
        name,
        scene,
        notify,
        taken,
        books: books.clone(),
    };
    vec![
        channel("wechat", "native", "wechat-pay", 204, &mall.wechat),
        channel("alipay", "page", "alipay", 200, &mall.alipay),
        channel("alipay", "h5", "alipay", 200, &mall.alipay),
        channel("unionpay", "page", "unionpay", 200, &mall.unionpay),
        channel("unionpay", "h5", "unionpay", 200, &mall.unionpay),
    ]
}

impl Outside {
    pub async fn start(&self, member: &MemberClient, order: &Order) -> Reply {
        let body = json!({ "channel": self.name, "scene": self.scene, "return_url": "/#/pages/checkout/cashier" });
        member.post(&format!("/api/v1/orders/{}/pay", order.id), body).await
    }
    pub async fn number(&self, member: &MemberClient, order: &Order) -> String {
        self.start(member, order).await.ok()["payment_id"].as_str().unwrap().to_owned()
    }
    pub async fn tell(&self, mall: &TestMall, notice: &LocalNotice) -> Reply {
        mall.deliver_to(self.notify, notice).await
    }
    pub async fn assert_same_books(&self, mall: &TestMall) {
        let name = self.name;
        let ours = mall
            .number_with(
                "select cast(coalesce(sum(p.amount_fen), 0) - coalesce((select sum(r.amount_fen) from refund r
                   where r.mall_id = $1 and r.status in ('processing', 'done')
                     and r.payment_id in (select id from payment where mall_id = $1 and channel = $2)), 0) as bigint)
                 from payment p
                 where p.mall_id = $1 and p.channel = $2 and p.status in ('paid', 'refunding', 'refunded')",
                name,
            )
            .await;
        assert_eq!(ours, self.books.balance().0, "{}: ours and the channel's balance", self.name);
    }
}

fn on_every_channel(story: impl AsyncFn(&TestMall, &Outside) + Copy) {
    on_both_engines(async |mall| {
        for channel in outside(&mall) {
            story(&mall, &channel).await;
            channel.assert_same_books(&mall).await;
        }
    });
}

pub fn statuses(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["status"].as_str().unwrap()).collect()
}

#[test]
fn a_notice_settles_once_and_forgeries_settle_nothing() {
    on_every_channel(async |mall, channel| {
        let tea = mall.product("龙井").price_fen(8_888).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = channel.number(&ann, &order).await;
        assert_eq!(channel.number(&ann, &order).await, number, "asking again shows the same attempt");
        let notice = channel.books.pay(&number);
        channel.tell(mall, &notice.clone().forged()).await.refused("payment.notice_rejected");
        channel.tell(mall, &notice.clone().altered("amount", 1)).await.refused("payment.notice_rejected");
        let partial = notice.clone().saying("amount", 8_887).named("partial");
        channel.tell(mall, &partial).await.refused("payment.notice_contradicts");
        let other_app = notice.clone().saying("app_id", "wx-other").named("other");
        channel.tell(mall, &other_app).await.refused("payment.notice_contradicts");
        assert_eq!(ann.status_of(&order).await, "unpaid");
        channel.tell(mall, &notice).await.status(channel.taken);
        channel.tell(mall, &notice).await.status(channel.taken);
        assert_eq!(ann.status_of(&order).await, "to_ship");
        assert_eq!(mall.stock(&tea).await, (99, 0));
    });
}

#[test]
fn whatever_creating_does_the_order_can_be_paid() {
    on_every_channel(async |mall, channel| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        channel.books.trouble(Call::Create, Trouble::Refuse);
        channel.start(&ann, &order).await.refused("payment.channel_failed");
        channel.books.trouble(Call::Create, Trouble::LoseAnswer);
        channel.start(&ann, &order).await.refused("payment.channel_unknown");
        let number = channel.number(&ann, &order).await;
        channel.books.pay(&number);
        // The notice is lost; a waiting page asks, first in vain.
        mall.clock.advance(seconds(5));
        channel.books.trouble(Call::Query, Trouble::LoseAnswer);
        assert_eq!(ann.payment(&number).await["status"], "pending");
        mall.clock.advance(seconds(5));
        assert_eq!(ann.payment(&number).await["status"], "paid");
        assert_eq!(ann.status_of(&order).await, "to_ship");
    });
}

#[test]
fn closing_asks_first_and_late_money_goes_back() {
    on_every_channel(async |mall, channel| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = channel.number(&ann, &order).await;
        channel.books.trouble(Call::Close, Trouble::Refuse);
        ann.cancel(&order).await.refused("payment.channel_failed");
        channel.books.trouble(Call::Close, Trouble::LoseAnswer);
        ann.cancel(&order).await.refused("payment.channel_unknown");
        assert_eq!(ann.status_of(&order).await, "unpaid");
        ann.cancel(&order).await.ok();
        // A bank that answers late.
        channel.tell(mall, &channel.books.pay_anyway(&number)).await.status(channel.taken);
        channel.books.trouble(Call::Refund, Trouble::LoseAnswer);
        mall.run_jobs().await;
        mall.clock.advance(minutes(5));
        mall.run_jobs().await;
        channel.books.finish_refunds();
        mall.clock.advance(minutes(60));
        mall.run_jobs().await;
        let detail = ann.order(&order).await;
        assert_eq!((detail["status"].as_str().unwrap(), statuses(&detail["refunds"])), ("closed", vec!["done"]));
        assert_eq!(channel.books.balance().0, 0);

        let paid_last_moment = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = channel.number(&ann, &paid_last_moment).await;
        channel.books.pay(&number);
        ann.cancel(&paid_last_moment).await.refused("order.already_paid");
        assert_eq!(ann.status_of(&paid_last_moment).await, "to_ship");
        let refund = mall.staff().refund(&paid_last_moment, "缺货").await;
        refund.ok();
        mall.run_jobs().await;
        for notice in channel.books.finish_refunds() {
            channel.tell(mall, &notice).await.status(channel.taken);
            channel.tell(mall, &notice).await.status(channel.taken);
        }
        assert_eq!(channel.books.balance().0, 0);
    });
}

#[test]
fn what_was_paid_by_two_channels_is_kept_once() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let ann = mall.member().await;
        let [wechat, alipay, ..] = <[Outside; 5]>::try_from(outside(&mall)).ok().unwrap();
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (first, second) = (wechat.number(&ann, &order).await, alipay.number(&ann, &order).await);
        let late = mall.alipay.pay(&second);
        wechat.tell(&mall, &mall.wechat.pay(&first)).await.status(204);
        alipay.tell(&mall, &late).await.status(200);
        mall.run_jobs().await;
        assert_eq!((mall.wechat.balance().0, mall.alipay.balance().0), (5_000, 0));
        assert_eq!(ann.status_of(&order).await, "to_ship");

        // What nobody paid is closed at its channel, so that nobody can.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (first, second) = (wechat.number(&ann, &order).await, alipay.number(&ann, &order).await);
        alipay.tell(&mall, &mall.alipay.pay(&second)).await.status(200);
        mall.run_jobs().await;
        assert_eq!(mall.wechat.calls(Call::Close), 1);
        assert_eq!(ann.payment(&first).await["status"], "closed");
        for channel in [&wechat, &alipay] {
            channel.assert_same_books(&mall).await;
        }
    });
}

#[test]
fn a_form_that_grew_old_is_made_anew_and_both_pay_once() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let ann = mall.member().await;
        let unionpay = &outside(&mall)[3];
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let old = unionpay.number(&ann, &order).await;
        mall.clock.advance(minutes(14));
        assert_eq!(unionpay.number(&ann, &order).await, old);
        mall.clock.advance(minutes(2));
        let new = unionpay.number(&ann, &order).await;
        assert_ne!(new, old, "UnionPay would not take the old second any more");
        unionpay.tell(&mall, &mall.unionpay.pay(&old)).await.status(200);
        assert_eq!(ann.status_of(&order).await, "to_ship");
        unionpay.tell(&mall, &mall.unionpay.pay_anyway(&new)).await.status(200);
        mall.run_jobs().await;
        assert_eq!(mall.unionpay.balance().0, 5_000);
        unionpay.assert_same_books(&mall).await;
    });
}

#[test]
fn a_refund_the_channel_never_heard_of_gets_a_fresh_number() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let ann = mall.member().await;
        let unionpay = &outside(&mall)[3];
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = unionpay.number(&ann, &order).await;
        unionpay.tell(&mall, &mall.unionpay.pay(&number)).await.status(200);
        // Asked for at once and taken, but the answer is lost: the number stays, however long it takes.
        mall.unionpay.trouble(Call::Refund, Trouble::LoseAnswer);
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        mall.unionpay.trouble(Call::QueryRefund, Trouble::Refuse);
        for _ in 0..4 {
            mall.run_jobs().await;
            mall.clock.advance(minutes(20));
        }
        assert_eq!(mall.unionpay.refund_count(), 1);
        mall.unionpay.finish_refunds();
        mall.clock.advance(minutes(60));
        mall.run_jobs().await;
        assert_eq!(mall.unionpay.balance().0, 0);

        // Never taken for an hour: the number it is taken under is a new one, and only one takes.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = unionpay.number(&ann, &order).await;
        unionpay.tell(&mall, &mall.unionpay.pay(&number)).await.status(200);
        for _ in 0..3 {
            mall.unionpay.trouble(Call::Refund, Trouble::Refuse);
        }
        mall.staff_again().await.refund(&order, "缺货").await.ok();
        for _ in 0..8 {
            mall.run_jobs().await;
            mall.clock.advance(minutes(20));
        }
        mall.unionpay.finish_refunds();
        mall.clock.advance(minutes(60));
        mall.run_jobs().await;
        let refund = ann.order(&order).await["refunds"][0].clone();
        assert_eq!((refund["status"].as_str(), mall.unionpay.refund_count()), (Some("done"), 2));
        assert_eq!(mall.number("select count(*) from refund where mall_id = $1 and generation > 1").await, 1);
        unionpay.assert_same_books(&mall).await;
    });
}

#[test]
fn channels_are_offered_where_they_work() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let offered = ann.get("/api/v1/pay-channels").await.ok();
        assert_eq!(offered[1]["channel"], "alipay");
        assert_eq!(offered[1]["scenes"], json!(["mini_program", "h5", "page"]));
        assert_eq!(offered[2], json!({ "channel": "unionpay", "scenes": ["h5", "page"] }));
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let pay = format!("/api/v1/orders/{}/pay", order.id);
        for (channel, scene) in [("wechat", "page"), ("alipay", "native"), ("unionpay", "mini_program")] {
            ann.post(&pay, json!({ "channel": channel, "scene": scene })).await.refused("payment.scene_unsupported");
        }
        let body = json!({ "channel": "alipay", "scene": "mini_program" });
        ann.post(&pay, body).await.refused("payment.openid_required");
        let body = json!({ "channel": "alipay", "scene": "mini_program", "auth_code": "code of ann" });
        let intent = ann.post(&pay, body).await.ok();
        assert_eq!(intent["instruction"], json!({ "kind": "trade", "trade_no": intent["payment_id"] }));
        let intent = ann.post(&pay, json!({ "channel": "unionpay", "scene": "page" })).await.ok();
        let fields = json!([{ "name": "orderId", "value": intent["payment_id"] }]);
        let form = json!({ "kind": "form", "action": "https://pay.local/front", "fields": fields });
        assert_eq!(intent["instruction"], form);
        let back = ann.get("/notify/return?to=%2F%23%2Fpages%2Fx&trade_no=1").await;
        back.status(303);
        ann.get("/notify/return?to=%2F%2Fevil.example").await.refused("request.invalid");
        let body = json!({ "channel": "alipay", "scene": "page", "return_url": "//evil.example" });
        ann.post(&pay, body).await.refused("request.invalid");
    });
}
