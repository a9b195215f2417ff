//! Members book, move, give up and miss at random, several at once; whatever they do, no quarter of an hour is taken by more
//! than fits, and the deposits that are kept are what the books say.

use crate::booking::{room, service};
use crate::hostile::{Dice, from_environment};
use testkit::{Client, MemberClient, Order, Store, TestMall, Value, json, minutes, on_both_engines};
use tokio::task::JoinSet;

const TURNS: usize = 12;

/// One member's turn.
async fn turn(
    client: Client,
    member: MemberClient,
    services: Vec<String>,
    store: Store,
    mut dice: Dice,
) -> Result<(), Value> {
    let mine = client.get("/api/v1/bookings?state=open").await.ok();
    let mine = mine["items"].as_array().cloned().unwrap_or_default();
    let at = json!(format!("2026-11-24T{:02}:{:02}:00.000Z", 2 + dice.roll(6), 30 * dice.roll(2)));
    let reply = match (mine.get(dice.roll(4)), dice.roll(3)) {
        (Some(booking), 0) => {
            let body = json!({ "starts_at": at });
            client.post(&format!("/api/v1/bookings/{}/reschedule", booking["id"].as_str().unwrap()), body).await
        }
        (Some(booking), 1) => {
            let back = if booking["state"] == "held" { json!(0) } else { booking["refund_now_fen"].clone() };
            let body = json!({ "expected_refund_fen": back });
            client.post(&format!("/api/v1/bookings/{}/cancel", booking["id"].as_str().unwrap()), body).await
        }
        _ => {
            let people = 1 + dice.roll(3) as i64;
            let body = json!({ "service_id": dice.pick(&services), "store_id": store.id, "starts_at": at, "people": people,
                "expected_deposit_fen": 3_000 * people });
            let placed = client.post("/api/v1/bookings", body).await;
            if placed.status.is_success() && dice.roll(3) > 0 {
                member.pay(&Order::from(placed.json())).await;
            }
            placed
        }
    };
    if reply.status.is_success()
        || ["booking.time_full", "booking.not_allowed", "booking.too_many"].contains(&reply.code().as_str())
    {
        return Ok(());
    }
    Err(reply.json())
}

/// By how much the fullest quarter is over what fits; counted from the bookings, not from the grid.
async fn fullest(mall: &TestMall) -> i64 {
    mall.number(
        "select coalesce(max(over.sum), 0) from (
           select cast(sum(b.weight) as bigint) - max(r.capacity) as sum
           from booking_tick t
           join service_resource r on r.mall_id = t.mall_id and r.id = t.resource_id
           join booking b on b.mall_id = t.mall_id and b.resource_id = t.resource_id
             and b.starts_at <= t.at and t.at < b.busy_until and b.state not in ('no_show', 'cancelled', 'lapsed')
           where t.mall_id = $1
           group by t.resource_id, t.at) over",
    )
    .await
}

#[test]
fn nobody_is_booked_over_whatever_members_do_at_once() {
    on_both_engines(async |mall| {
        let seed = from_environment("HEFANG_FUZZ_SEED", 0x5eed_b00c);
        let store = mall.store("湖滨店").await;
        let (table, loom) =
            (room(&mall, &store, "长桌", 5, "people").await, room(&mall, &store, "织机", 2, "bookings").await);
        let services = vec![
            service(&mall, "扎染", &[&table, &loom], json!({ "step_minutes": 30 })).await,
            service(&mall, "缂丝", &[&loom], json!({ "duration_minutes": 60, "pause_minutes": 0 })).await,
        ];
        let members = mall.members(5).await;
        let beside = mall.world.beside().await;
        for round in 0..TURNS {
            let mut racing = JoinSet::new();
            for (at, member) in members.iter().enumerate() {
                let client = member.in_world(if at % 2 == 0 { &mall.world } else { &beside });
                let dice =
                    Dice(seed.wrapping_add((round * 31 + at * 7 + 1) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                racing.spawn(turn(client, member.clone(), services.clone(), store.clone(), dice));
            }
            for done in racing.join_all().await {
                assert_eq!(done, Ok(()), "HEFANG_FUZZ_SEED={seed}");
            }
            assert!(fullest(&mall).await <= 0, "HEFANG_FUZZ_SEED={seed}: round {round}");
            mall.clock.advance(minutes(3));
        }
        mall.run_jobs().await;
        assert!(fullest(&mall).await <= 0, "HEFANG_FUZZ_SEED={seed}");
        assert!(mall.number("select count(*) from booking where mall_id = $1 and state = 'booked'").await > 0);
    });
}
