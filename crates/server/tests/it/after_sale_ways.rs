//! What hangs on an after-sale beside its money: the ways of its parcels, which SKU a piece is that comes back after an
//! exchange, and the freight of goods that were sent when the shop is at fault.

use crate::after_sale::{RETURN, ask, decide, found, id_of, money_arrives, name_address};
use kernel::ports::TrackState;
use testkit::{MemberClient, Order, Product, TestMall, Value, json, minutes, on_both_engines};

async fn sent(mall: &TestMall, tea: &Product, pieces: i64) -> (MemberClient, Order) {
    name_address(mall).await;
    let ann = mall.member().await;
    let order = ann.buy(&[(tea, pieces)]).await.order;
    mall.staff().ship(&order, &format!("SF{}", order.id)).await.ok();
    (ann, order)
}

async fn goes_back(mall: &TestMall, ann: &MemberClient, id: &str, number: &str) {
    decide(mall, id, "approve", json!({})).await.ok();
    let parcel = json!({ "carrier_code": "sf", "tracking_number": number });
    ann.post(&format!("/api/v1/after-sales/{id}/send-back"), parcel).await.ok();
}

async fn exchange(mall: &TestMall, ann: &MemberClient, order: &Order, pieces: i64, into: &Product, number: &str) {
    let body = json!({ "order_id": order.id, "kind": "exchange", "stage": "sent", "reason": "unsuitable",
        "lines": [{ "line_id": "1", "quantity": pieces, "exchange_sku_id": into.sku().id }] });
    let id = id_of(&ann.post("/api/v1/after-sales", body).await.ok());
    goes_back(mall, ann, &id, number).await;
    decide(mall, &id, "receive", found(&[(1, pieces, 0)], "")).await.ok();
    let parcel = json!({ "carrier_code": "sf", "tracking_number": format!("{number}9") });
    decide(mall, &id, "reship", parcel).await.ok();
}

#[test]
fn what_comes_back_after_an_exchange_is_shelved_as_what_was_sent() {
    on_both_engines(async |mall| {
        let shirt =
            mall.product("衬衫").option("尺码", &[("M", 5_000), ("L", 5_000), ("S", 5_000)]).stock(10).create().await;
        let (medium, large, small) = (shirt.variant("M"), shirt.variant("L"), shirt.variant("S"));
        let (ann, order) = sent(&mall, &medium, 3).await;
        exchange(&mall, &ann, &order, 2, &large, "SF7000000001").await;
        let stocks = async || (mall.stock(&medium).await.0, mall.stock(&large).await.0, mall.stock(&small).await.0);
        assert_eq!(stocks().await, (9, 8, 10));
        // One of the two is exchanged once more: an L comes back, an S goes out.
        exchange(&mall, &ann, &order, 1, &small, "SF7000000002").await;
        assert_eq!(stocks().await, (9, 9, 9));
        // All go back: an S, an L and an M.
        let id = id_of(&ask(&ann, &order, RETURN, &[(1, 3)]).await.ok());
        goes_back(&mall, &ann, &id, "SF7000000003").await;
        decide(&mall, &id, "receive", found(&[(1, 3, 0)], "")).await.ok();
        money_arrives(&mall).await;
        assert_eq!(stocks().await, (10, 10, 10));
        assert_eq!(ann.status_of(&order).await, "closed");
    });
}

async fn given_back(mall: &TestMall, ann: &MemberClient, order: &Order, reason: &str, pieces: i64) -> Value {
    let how = ("return_refund", "sent", reason);
    let asked = ask(ann, order, how, &[(1, pieces)]).await.ok();
    let id = id_of(&asked);
    goes_back(mall, ann, &id, &format!("SF8{id}")).await;
    let done = decide(mall, &id, "receive", found(&[(1, pieces, 0)], "")).await.ok();
    assert_eq!(done["freight_fen"], asked["freight_fen"], "what was promised");
    money_arrives(mall).await;
    done
}

/// What went back of the newest order.
async fn refunded(mall: &TestMall) -> i64 {
    mall.number("select refunded_fen from trade_order where mall_id = $1 order by id desc limit 1").await
}

#[test]
fn freight_goes_back_with_what_the_shop_is_at_fault_for_and_never_more_than_was_paid() {
    on_both_engines(async |mall| {
        mall.charge_freight(1_000, 0).await;
        let tea = mall.product("龙井").price_fen(2_000).stock(50).create().await;
        let (ann, order) = sent(&mall, &tea, 3).await;
        let options = ann.get(&format!("/api/v1/orders/{}/after-sale-options", order.id)).await.ok();
        assert_eq!(options["freight_back"], true);
        let first = given_back(&mall, &ann, &order, "quality", 1).await;
        assert_eq!(
            (&first["freight_fen"], &first["refund_fen"], &first["fault"]),
            (&json!(333), &json!(2_333), &json!("shop"))
        );
        // The member's own choice brings none; the rest of the shop's fault fills it up.
        assert_eq!(given_back(&mall, &ann, &order, "no_reason", 1).await["freight_fen"], 0);
        assert_eq!(given_back(&mall, &ann, &order, "damaged", 1).await["freight_fen"], 334);
        assert_eq!(refunded(&mall).await, 6_667);

        // Everything the shop's fault: everything that was paid goes back, however it is split.
        let (bob, whole) = sent(&mall, &tea, 3).await;
        given_back(&mall, &bob, &whole, "wrong_goods", 2).await;
        given_back(&mall, &bob, &whole, "quality", 1).await;
        assert_eq!(refunded(&mall).await, whole.total_fen);
        assert_eq!(bob.status_of(&whole).await, "closed");

        // The mall may keep it.
        let mut rules = mall.staff().get("/admin/v1/after-sale-rules").await.ok();
        rules["freight_back"] = json!(false);
        mall.staff().put("/admin/v1/after-sale-rules", rules).await.ok();
        let tea = mall.product("毛峰").price_fen(2_000).stock(50).create().await;
        let carl = mall.member().await;
        let kept = carl.buy(&[(&tea, 1)]).await.order;
        mall.staff().ship(&kept, "SF8000000001").await.ok();
        assert_eq!(given_back(&mall, &carl, &kept, "quality", 1).await["freight_fen"], 0);
    });
}

#[test]
fn both_sides_see_where_the_parcels_of_an_after_sale_are() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(2_000).stock(10).create().await;
        let (ann, order) = sent(&mall, &tea, 1).await;
        let id = id_of(&ask(&ann, &order, RETURN, &[(1, 1)]).await.ok());
        let mine = format!("/api/v1/after-sales/{id}/parcels/return/track");
        let desk = format!("/admin/v1/after-sales/{id}/parcels/return/track");
        ann.get(&mine).await.refused("shipping.no_such_parcel");
        goes_back(&mall, &ann, &id, "SF9000000001").await;
        assert_eq!(ann.get(&mine).await.ok()["events"], json!([]));
        let express = &mall.world.outside().express;
        express.moved("SF9000000001", TrackState::InTransit, mall.clock_now(), "已到杭州");
        // Within ten minutes nobody is asked twice, by either side.
        let asked = express.asked();
        mall.staff().get(&desk).await.ok();
        assert_eq!(express.asked(), asked);
        mall.clock.advance(minutes(11));
        let seen = mall.staff().get(&desk).await.ok();
        assert_eq!((&seen["state"], &seen["events"][0]["text"]), (&json!("in_transit"), &json!("已到杭州")));
        express.is_down(true);
        mall.clock.advance(minutes(11));
        assert_eq!(ann.get(&mine).await.ok()["events"][0]["text"], "已到杭州", "the last answer stands");
        mall.member().await.get(&mine).await.refused("after_sale.not_found");
        ann.get(&format!("/api/v1/after-sales/{id}/parcels/other/track")).await.refused("shipping.no_such_parcel");
    });
}
