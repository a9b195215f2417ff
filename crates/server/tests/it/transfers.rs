//! Commission paid out: the amount leaves the account once, arrives once, or comes back once, whatever the channel does.

use crate::contract::Ids;
use kernel::ports::PaymentChannel;
use testkit::{Call, MemberClient, Reply, TestMall, Trouble, Value, json, minutes, on_both_engines};

/// A transfer that arrived, for the walks along all routes.
pub async fn furnish(mall: &TestMall, member: &MemberClient) -> Ids {
    earn(mall, member, 1_000).await;
    let id = id_of(&pay_out(mall, member, 1_000).await.ok());
    mall.deliver(&mall.wechat.transfers.confirm(&format!("T{id}"))).await.status(204);
    Ids::from([("transfer", id)])
}

/// One request for each writing route, in an order in which all of them succeed.
pub async fn writes(mall: &TestMall, member: &MemberClient) -> Vec<(&'static str, String, Value)> {
    earn(mall, member, 2_000).await;
    let open = id_of(&pay_out(mall, member, 1_000).await.ok());
    let body = json!({ "amount_fen": 1_000, "remark": "佣金" });
    let nothing = json!({});
    vec![
        ("POST /admin/v1/members/{id}/transfers", format!("/admin/v1/members/{}/transfers", member.id), body),
        ("POST /admin/v1/transfers/{id}/ask", format!("/admin/v1/transfers/{open}/ask"), nothing.clone()),
        ("POST /admin/v1/transfers/{id}/cancel", format!("/admin/v1/transfers/{open}/cancel"), nothing),
    ]
}

/// A member known to WeChat, with commission in the account.
async fn earner(mall: &TestMall, fen: i64) -> MemberClient {
    let ann = mall.member().await;
    ann.open_in_mini_program("ann").await;
    earn(mall, &ann, fen).await;
    ann
}

pub async fn earn(mall: &TestMall, ann: &MemberClient, fen: i64) {
    let given = json!({ "account": "commission", "amount": fen, "reason": "测试" });
    mall.staff().post(&format!("/admin/v1/members/{}/adjustments", ann.id), given).await.ok();
}

async fn held(mall: &TestMall, member: &MemberClient) -> i64 {
    let accounts = mall.staff().get(&format!("/admin/v1/members/{}/accounts", member.id)).await.ok();
    accounts["commission_fen"].as_i64().unwrap()
}

async fn pay_out(mall: &TestMall, member: &MemberClient, amount_fen: i64) -> Reply {
    let body = json!({ "amount_fen": amount_fen, "remark": "十一月佣金" });
    mall.staff().post(&format!("/admin/v1/members/{}/transfers", member.id), body).await
}

fn id_of(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

async fn status(member: &MemberClient, id: &str) -> String {
    member.get(&format!("/api/v1/transfers/{id}")).await.ok()["status"].as_str().unwrap().to_owned()
}

#[test]
fn commission_is_paid_out_once_the_member_confirms() {
    on_both_engines(async |mall| {
        let ann = earner(&mall, 10_000).await;
        pay_out(&mall, &ann, 9).await.refused("request.invalid");
        pay_out(&mall, &ann, 20_001).await.refused("request.invalid");
        pay_out(&mall, &ann, 10_001).await.refused("commission.not_enough");
        let stranger = mall.member().await;
        pay_out(&mall, &stranger, 100).await.refused("transfer.no_openid");
        let made = pay_out(&mall, &ann, 6_000).await.ok();
        assert_eq!((made["status"].as_str(), held(&mall, &ann).await), (Some("waiting"), 4_000));
        let id = id_of(&made);
        let seen = ann.get("/api/v1/transfers").await.ok()["items"][0].clone();
        assert_eq!(seen["confirm"]["package"], format!("package of T{id}"));
        assert_eq!(seen["confirm"]["mch_id"], mall.wechat.merchant_id());
        stranger.get(&format!("/api/v1/transfers/{id}")).await.refused("transfer.not_found");

        let notice = mall.wechat.transfers.confirm(&format!("T{id}"));
        mall.deliver(&notice.clone().forged()).await.refused("payment.notice_rejected");
        mall.deliver(&notice.clone().saying("amount", 5_999).named("other")).await.status(502);
        assert_eq!(status(&ann, &id).await, "waiting");
        mall.deliver(&notice).await.status(204);
        mall.deliver(&notice).await.status(204);
        assert_eq!((status(&ann, &id).await.as_str(), held(&mall, &ann).await), ("done", 4_000));
        assert_eq!(mall.wechat.transfers.paid_out().0, 6_000);
        mall.staff().post(&format!("/admin/v1/transfers/{id}/cancel"), json!({})).await.refused("transfer.ended");
    });
}

#[test]
fn whatever_the_channel_does_the_money_is_in_one_place() {
    on_both_engines(async |mall| {
        let ann = earner(&mall, 10_000).await;
        let channel = &mall.wechat.transfers;

        // Nothing was done: asked for again, under the same number.
        channel.trouble(Call::Transfer, Trouble::Refuse);
        let first = id_of(&pay_out(&mall, &ann, 1_000).await.ok());
        assert_eq!((status(&ann, &first).await.as_str(), held(&mall, &ann).await), ("requested", 9_000));
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        assert_eq!(status(&ann, &first).await, "waiting");

        // It was done, but the answer was lost; then the query's too.
        channel.trouble(Call::Transfer, Trouble::LoseAnswer);
        let second = id_of(&pay_out(&mall, &ann, 2_000).await.ok());
        // Both open ones are asked about.
        channel.trouble(Call::QueryTransfer, Trouble::LoseAnswer);
        channel.trouble(Call::QueryTransfer, Trouble::LoseAnswer);
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        // Staff read what is known; looking as the member would ask the channel.
        let known = mall.staff().get("/admin/v1/transfers").await.ok()["items"][0].clone();
        assert_eq!((known["id"].as_str(), known["status"].as_str()), (Some(second.as_str()), Some("requested")));
        mall.clock.advance(minutes(2));
        mall.run_jobs().await;
        let seen = ann.get(&format!("/api/v1/transfers/{second}")).await.ok();
        assert_eq!(seen["confirm"]["package"], format!("package of T{second}"), "{seen}");

        // Confirmed, but the notice is lost: asking settles it.
        channel.confirm(&format!("T{second}"));
        mall.clock.advance(minutes(10));
        mall.run_jobs().await;
        assert_eq!((status(&ann, &second).await.as_str(), held(&mall, &ann).await), ("done", 7_000));

        // Nobody confirms: it comes back, once, however often that is told.
        let notice = channel.expire(&format!("T{first}"));
        mall.deliver(&notice).await.status(204);
        mall.deliver(&notice.named("again")).await.status(204);
        assert_eq!((status(&ann, &first).await.as_str(), held(&mall, &ann).await), ("failed", 8_000));

        // Refused for good: it comes back at once.
        channel.decline(true);
        let refused = pay_out(&mall, &ann, 500).await.ok();
        assert_eq!((refused["status"].as_str(), held(&mall, &ann).await), (Some("failed"), 8_000));
        channel.decline(false);

        // Called back by staff; the channel's last word comes with the next query.
        let third = id_of(&pay_out(&mall, &ann, 500).await.ok());
        let cancelled = mall.staff().post(&format!("/admin/v1/transfers/{third}/cancel"), json!({})).await.ok();
        assert_eq!((cancelled["status"].as_str(), held(&mall, &ann).await), (Some("cancelling"), 7_500));
        mall.staff().post(&format!("/admin/v1/transfers/{third}/ask"), json!({})).await.ok();
        assert_eq!((status(&ann, &third).await.as_str(), held(&mall, &ann).await), ("cancelled", 8_000));
        assert_eq!(channel.paid_out().0, 2_000);
        let listed = mall.staff().get("/admin/v1/transfers?status=failed").await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    });
}
