//! Notices: sealed, signed and sent on the platform's real schedule (times the pace) until the receiver answers 200 or 204.
//! Each try is signed anew; the sealed content and the notice's id stay the same. A probe is a wrong signature on purpose:
//! a receiver that answers it with success has not verified, and the console says so.

use super::combine::combined_view;
use super::guard::signature;
use super::model::{Attempt, NoticeRecord, Outcome, Payment, Refund, RefundStatus, Transfer};
use super::{refund, transfer};
use crate::china;
use crate::switches::{Fault, Faults};
use crate::world::{World, sleep_ms};
use axum::body::Bytes;
use kernel::{hours, minutes, seconds};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wire::wechat_pay::NoticeEnvelope;

/// Waits before the second and each further try: 15 retries within 24 h 4 min.
const RETRIES_MS: [i64; 15] = [
    seconds(15),
    seconds(15),
    seconds(30),
    minutes(3),
    minutes(10),
    minutes(20),
    minutes(30),
    minutes(30),
    minutes(30),
    minutes(60),
    hours(3),
    hours(3),
    hours(3),
    hours(6),
    hours(6),
];
/// The same of transfers: ten times a quarter of a minute, ten times five minutes, then every half hour for a day.
const TRANSFER_RETRIES_MS: [i64; 64] = {
    let mut waits = [seconds(15); 64];
    let mut at = 10;
    while at < 64 {
        waits[at] = if at < 20 { minutes(5) } else { minutes(30) };
        at += 1;
    }
    waits
};
const LATE_MS: i64 = minutes(5);

/// A notice ready to be sent.
struct Letter {
    record: NoticeRecord,
    body: Bytes,
    by_public_key: bool,
    faults: Faults,
    retries_ms: &'static [i64],
}

/// Tells the merchant that a payment succeeded.
pub(super) fn announce_payment(world: &Arc<World>, payment: &Payment) {
    let content = world.keys(|k| payment.view(k.merchant_id()));
    let kind = ("TRANSACTION.SUCCESS", "transaction", "支付成功");
    let letter =
        seal(world, kind, &content, &payment.number, &payment.notify_url, payment.by_public_key, &payment.faults);
    post(world, letter);
}

/// Tells the merchant that all sub-orders of a combined payment were paid, in one notice.
pub(super) fn announce_combined(world: &Arc<World>, number: &str, subs: &[Payment]) {
    let Some(first) = subs.first() else { return };
    let content = world.keys(|k| combined_view(number, subs, k.merchant_id()));
    let kind = ("TRANSACTION.SUCCESS", "transaction", "支付成功");
    let letter = seal(world, kind, &content, number, &first.notify_url, first.by_public_key, &first.faults);
    post(world, letter);
}

/// Tells the merchant how a refund ended, if it asked to be told.
pub(super) fn announce_refund(world: &Arc<World>, refund: &Refund) {
    let Some(url) = &refund.notify_url else { return };
    let kind = match refund.status {
        RefundStatus::Abnormal => ("REFUND.ABNORMAL", "refund", "退款异常"),
        _ => ("REFUND.SUCCESS", "refund", "退款成功"),
    };
    let content = world.keys(|k| refund::notice_view(refund, k.merchant_id()));
    let letter = seal(world, kind, &content, &refund.payment_number, url, refund.by_public_key, &refund.faults);
    post(world, letter);
}

/// Tells the merchant how a transfer ended, if it asked to be told.
pub(super) fn announce_transfer(world: &Arc<World>, ended: &Transfer) {
    let Some(url) = &ended.notify_url else { return };
    let content = world.keys(|k| transfer::view(ended, k.merchant_id(), k.app_id()));
    let kind = ("MCHTRANSFER.BILL.FINISHED", "mch_payment", "商家转账单据终态通知");
    let mut letter = seal(world, kind, &content, &ended.number, url, ended.by_public_key, &ended.faults);
    letter.retries_ms = &TRANSFER_RETRIES_MS;
    post(world, letter);
}

fn seal(
    world: &World,
    (event_type, original_type, summary): (&str, &str, &str),
    content: &Value,
    payment_number: &str,
    url: &str,
    by_public_key: bool,
    faults: &Faults,
) -> Letter {
    let text = wire::random::nonce().to_ascii_lowercase();
    let id = format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]);
    let created = china::rfc3339(world.now());
    let nonce = &wire::random::nonce()[..12];
    let content = content.to_string();
    let sealed = world.keys(|k| {
        NoticeEnvelope::seal(&k.api_v3, &id, &created, event_type, original_type, summary, nonce, content.as_bytes())
    });
    let envelope = sealed.expect("a 12-character nonce and a 32-byte key seal any content");
    let mut faults = faults.clone();
    faults.extend(&world.state().switches);
    Letter {
        record: NoticeRecord {
            id,
            event_type: event_type.to_owned(),
            payment_number: payment_number.to_owned(),
            url: url.to_owned(),
            attempts: Vec::new(),
            outcome: Outcome::Trying,
        },
        body: Bytes::from(envelope.to_bytes()),
        by_public_key,
        faults,
        retries_ms: &RETRIES_MS,
    }
}

fn post(world: &Arc<World>, letter: Letter) {
    if letter.faults.has(Fault::NoNotice) {
        return;
    }
    world.state().pay.notices.insert(letter.record.id.clone(), letter.record.clone());
    tokio::spawn(deliver(world.clone(), Arc::new(letter)));
}

/// Sends until accepted or out of tries.
async fn deliver(world: Arc<World>, letter: Arc<Letter>) {
    let sent = world.notices_sent.fetch_add(1, Ordering::Relaxed) + 1;
    let every = world.pace.probe_every;
    if letter.faults.has(Fault::LateNotice) {
        sleep_ms(world.notice_ms(LATE_MS)).await;
    }
    if letter.faults.has(Fault::NoticeProbe) || sent.is_multiple_of(every) {
        send(&world, &letter, true).await;
    }
    for wait_ms in std::iter::once(&0).chain(letter.retries_ms) {
        sleep_ms(world.notice_ms(*wait_ms)).await;
        let accepted = if letter.faults.has(Fault::DuplicateNotice) {
            let (first, second) = tokio::join!(send(&world, &letter, false), send(&world, &letter, false));
            first || second
        } else {
            send(&world, &letter, false).await
        };
        if accepted {
            return settle(&world, &letter, Outcome::Accepted);
        }
    }
    settle(&world, &letter, Outcome::GivenUp);
}

fn settle(world: &World, letter: &Letter, outcome: Outcome) {
    if let Some(record) = world.state().pay.notices.get_mut(&letter.record.id) {
        record.outcome = outcome;
    }
}

/// One try. True if the receiver answered 200 or 204.
async fn send(world: &World, letter: &Letter, probe: bool) -> bool {
    let _turn = world.postmen.acquire().await;
    let at = world.now();
    let wrong = letter.faults.has(Fault::WrongNoticeSignature);
    let headers = signature(world, letter.by_public_key, &letter.body, wrong, probe);
    let mut request = world
        .http
        .post(&letter.record.url)
        .header("Content-Type", "application/json")
        .header("Accept", "*/*")
        .body(letter.body.clone());
    for (name, value) in headers.pairs() {
        request = request.header(name, value);
    }
    let status = request.send().await.ok().map(|r| r.status().as_u16());
    if let Some(record) = world.state().pay.notices.get_mut(&letter.record.id) {
        record.attempts.push(Attempt { at, probe, status });
    }
    matches!(status, Some(200 | 204))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_is_the_published_one() {
        assert_eq!(RETRIES_MS.iter().sum::<i64>(), hours(24) + minutes(4));
    }
}
