//! Notices that are forms: posted on a platform's schedule (times the pace) until the receiver gives the answer that counts.
//! The form and its signature stay the same on every try.

use crate::pay::{Attempt, NoticeRecord, Outcome};
use crate::switches::{Fault, Faults};
use crate::world::{World, sleep_ms};
use kernel::minutes;
use std::sync::Arc;

const LATE_MS: i64 = minutes(5);

/// How a form is sent.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// A notice ready to be sent.
pub(crate) struct FormLetter {
    pub(crate) id: String,
    pub(crate) event: &'static str,
    pub(crate) payment_number: String,
    pub(crate) url: String,
    pub(crate) content_type: &'static str,
    /// Signature included.
    pub(crate) body: String,
    /// Of the payment; the console's are looked at as the letter leaves.
    pub(crate) faults: Faults,
    /// Waits before the second and each further try.
    pub(crate) retries_ms: &'static [i64],
    /// Whether status and text of an answer end the tries.
    pub(crate) accepted: fn(u16, &str) -> bool,
}

/// Sends in the background.
pub(crate) fn post(world: &Arc<World>, mut letter: FormLetter) {
    {
        let mut state = world.state();
        letter.faults.extend(&state.switches);
        if letter.faults.has(Fault::NoNotice) {
            return;
        }
        state.pay.note(NoticeRecord {
            id: letter.id.clone(),
            event_type: letter.event.to_owned(),
            payment_number: letter.payment_number.clone(),
            url: letter.url.clone(),
            attempts: Vec::new(),
            outcome: Outcome::Trying,
        });
    }
    tokio::spawn(deliver(world.clone(), letter));
}

async fn deliver(world: Arc<World>, letter: FormLetter) {
    if letter.faults.has(Fault::LateNotice) {
        sleep_ms(world.notice_ms(LATE_MS)).await;
    }
    let mut outcome = Outcome::GivenUp;
    for wait_ms in std::iter::once(&0).chain(letter.retries_ms) {
        sleep_ms(world.notice_ms(*wait_ms)).await;
        let accepted = if letter.faults.has(Fault::DuplicateNotice) {
            let (first, second) = tokio::join!(send(&world, &letter), send(&world, &letter));
            first || second
        } else {
            send(&world, &letter).await
        };
        if accepted {
            outcome = Outcome::Accepted;
            break;
        }
    }
    if let Some(record) = world.state().pay.noted(&letter.id) {
        record.outcome = outcome;
    }
}

/// One try.
async fn send(world: &World, letter: &FormLetter) -> bool {
    let _turn = world.postmen.acquire().await;
    let at = world.now();
    let request = world.http.post(&letter.url).header("Content-Type", letter.content_type).body(letter.body.clone());
    let (status, text) = match request.send().await {
        Ok(answer) => (Some(answer.status().as_u16()), answer.text().await.unwrap_or_default()),
        Err(_) => (None, String::new()),
    };
    if let Some(record) = world.state().pay.noted(&letter.id) {
        record.attempts.push(Attempt { at, probe: false, status });
    }
    status.is_some_and(|status| (letter.accepted)(status, &text))
}
