//! Codes by text message: once, five minutes, five tries, and not too many.

use crate::world::{World, on_both};
use kernel::{minutes, seconds};
use serde_json::json;
use std::sync::atomic::Ordering;

const PHONE: &str = "13800000001";

async fn request(world: &World, phone: &str, ip: &str) -> crate::world::Reply {
    world.visitor().at_ip(ip).post("/api/v1/session/sms-code", json!({"phone": phone})).await
}

async fn try_code(world: &World, code: &str) -> crate::world::Reply {
    world.visitor().post("/api/v1/session/phone", json!({"phone": PHONE, "code": code})).await
}

/// A code that is certainly wrong.
fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_opens_one_session() {
    on_both(|world| async move {
        request(&world, "+86 138-0000-0001", "203.0.113.7").await.done();
        assert_eq!(world.post.last_phone(), PHONE);
        let code = world.post.last_code();
        let granted = try_code(&world, &code).await.ok();
        assert_eq!(granted["me"]["phone_masked"], "138****0001");
        assert_eq!(granted["me"]["kind"], "member");
        try_code(&world, &code).await.refused(400, "session.code_expired");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_at_once_one_gets_in() {
    on_both(|world| async move {
        request(&world, PHONE, "203.0.113.7").await.done();
        let code = world.post.last_code();
        let tries = (0..20).map(|_| try_code(&world, &code));
        let statuses: Vec<u16> = join_all(tries).await.into_iter().map(|reply| reply.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|s| *s == 200 || *s == 400), "{statuses:?}");
        assert_eq!(world.number("select count(*) from session where kind = 'member'").await, 1);
        assert_eq!(world.number("select count(*) from member").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fifth_wrong_try_locks_the_code() {
    on_both(|world| async move {
        request(&world, PHONE, "203.0.113.7").await.done();
        let code = world.post.last_code();
        for left in (1..=4).rev() {
            let body = try_code(&world, other_than(&code)).await.refused(400, "session.code_wrong");
            assert!(body["detail"].as_str().unwrap().contains(&format!("{left} 次")), "{body}");
        }
        try_code(&world, other_than(&code)).await.refused(429, "session.code_locked");
        try_code(&world, &code).await.refused(429, "session.code_locked");
        world.clock.advance(minutes(1));
        request(&world, PHONE, "203.0.113.7").await.done();
        try_code(&world, &world.post.last_code()).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_code_is_dead_and_a_new_one_replaces_it() {
    on_both(|world| async move {
        request(&world, PHONE, "203.0.113.7").await.done();
        let first = world.post.last_code();
        world.clock.advance(minutes(5));
        try_code(&world, &first).await.refused(400, "session.code_expired");
        request(&world, PHONE, "203.0.113.7").await.done();
        let second = world.post.last_code();
        if first != second {
            try_code(&world, &first).await.refused(400, "session.code_wrong");
        }
        try_code(&world, &second).await.ok();
        try_code(&world, "12345").await.refused(400, "session.code_wrong");
        let nobody = json!({"phone": "13800009999", "code": "123456"});
        world.visitor().post("/api/v1/session/phone", nobody).await.refused(400, "session.code_expired");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_gets_one_a_minute_five_an_hour_ten_a_day() {
    on_both(|world| async move {
        let at_once = join_all((0..10).map(|i| request_from(&world, i))).await;
        assert_eq!(at_once.iter().filter(|r| r.status == 204).count(), 1);
        assert_eq!(world.post.count(), 1);
        let body = request(&world, PHONE, "203.0.113.50").await.refused(429, "sms.too_often");
        assert!(body["detail"].as_str().unwrap().contains("秒"), "{body}");
        let mut sent = 1;
        for minute in 0..(27 * 60) {
            world.clock.advance(minutes(1));
            let reply = request(&world, PHONE, &format!("198.51.100.{}", minute % 250)).await;
            if reply.status == 204 {
                sent += 1;
            } else {
                reply.refused(429, "sms.too_often");
            }
            match minute {
                58 => assert_eq!(sent, 5, "in the first hour"),
                1_438 => assert_eq!(sent, 10, "on the first day"),
                _ => (),
            }
        }
        assert_eq!(sent, 20, "the second day gives again, by and by");
        assert_eq!(world.post.count(), sent);
    })
    .await;
}

async fn request_from(world: &World, i: usize) -> crate::world::Reply {
    request(world, PHONE, &format!("198.51.100.{i}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_twenty_an_hour() {
    on_both(|world| async move {
        for i in 0..20 {
            request(&world, &format!("138000010{i:02}"), "203.0.113.9").await.done();
            world.clock.advance(seconds(1));
        }
        request(&world, "13800002000", "203.0.113.9").await.refused(429, "sms.too_often");
        request(&world, "13800002000", "203.0.113.10").await.done();
        world.clock.advance(minutes(60));
        request(&world, "13800002001", "203.0.113.9").await.done();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_not_sent_may_be_asked_for_again_at_once() {
    on_both(|world| async move {
        world.post.letters.broken.store(true, Ordering::SeqCst);
        request(&world, PHONE, "203.0.113.7").await.refused(502, "sms.failed");
        assert_eq!(world.number("select count(*) from sms_code where expires_at > 0").await, 0);
        world.post.letters.broken.store(false, Ordering::SeqCst);
        request(&world, PHONE, "203.0.113.7").await.done();
        try_code(&world, &world.post.last_code()).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_mall_knows_nothing_of_it() {
    on_both(|world| async move {
        request(&world, PHONE, "203.0.113.7").await.done();
        let input = json!({"phone": PHONE, "code": world.post.last_code()});
        world
            .visitor()
            .in_mall("other")
            .post("/api/v1/session/phone", input)
            .await
            .refused(400, "session.code_expired");
        world
            .visitor()
            .in_mall("nowhere")
            .post("/api/v1/session/sms-code", json!({"phone": PHONE}))
            .await
            .refused(404, "mall.unknown");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_input_is_refused_without_a_message() {
    on_both(|world| async move {
        let visitor = world.visitor();
        for phone in ["", "12345", "1380000000a", "+12025550123"] {
            visitor
                .post("/api/v1/session/sms-code", json!({"phone": phone}))
                .await
                .refused(400, "session.phone_invalid");
        }
        visitor.post("/api/v1/session/sms-code", json!({"phone": 13_800_000_000_i64})).await.refused_at("phone");
        visitor.post("/api/v1/session/sms-code", json!({})).await.refused(400, "request.invalid");
        visitor.post("/api/v1/session/phone", json!([])).await.refused(400, "request.invalid");
        assert_eq!(world.post.count(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_counts_are_swept() {
    on_both(|world| async move {
        request(&world, PHONE, "203.0.113.7").await.done();
        world.clock.advance(kernel::days(3));
        let now = kernel::Clock::now(&*world.clock);
        let gone = world.write(move |tx| people::identity::sweep(tx, crate::world::MALL, now)).await.unwrap();
        assert_eq!(gone, 2);
    })
    .await;
}

/// Waits for all, side by side.
async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(futures).await
}
