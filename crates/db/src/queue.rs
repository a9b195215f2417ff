//! A bounded queue between callers and database threads: pushing never waits, a full queue refuses at once,
//! a closed one is emptied before its takers end. Who fell asleep last is woken first: its statements are prepared and
//! its pages are read, and in a quiet hour the other connections cost nothing.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    capacity: usize,
}

struct State<T> {
    items: VecDeque<T>,
    sleepers: Vec<Thread>,
    closed: bool,
}

/// Why an item was not taken in; the item comes back.
pub(crate) enum Refused {
    Full,
    Closed,
}

/// What a taker got.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// At least one item was moved into the batch.
    Some,
    /// Nothing came within the patience given.
    Idle,
    /// Closed and empty: nothing will come any more.
    Closed,
}

impl<T> Queue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State { items: VecDeque::new(), sleepers: Vec::new(), closed: false };
        Queue { state: Mutex::new(state), capacity: capacity.max(1) }
    }

    pub(crate) fn push(&self, item: T) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.items.len() >= self.capacity {
            return Err(Refused::Full);
        }
        state.items.push_back(item);
        let sleeper = state.sleepers.pop();
        drop(state);
        if let Some(sleeper) = sleeper {
            sleeper.unpark();
        }
        Ok(())
    }

    /// Moves up to `limit` items into `batch`, waiting for the first one at most `patience` (forever without).
    pub(crate) fn take(&self, batch: &mut Vec<T>, limit: usize, patience: Option<Duration>) -> Taken {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let mut state = self.lock();
        while state.items.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Taken::Idle;
            }
            state.sleepers.push(thread::current());
            drop(state);
            match left {
                None => thread::park(),
                Some(left) => thread::park_timeout(left),
            }
            state = self.lock();
            // Still there when it woke by itself.
            let me = thread::current().id();
            state.sleepers.retain(|sleeper| sleeper.id() != me);
        }
        let count = state.items.len().min(limit.max(1));
        batch.extend(state.items.drain(..count));
        Taken::Some
    }

    /// Refuses what comes from now on and wakes every taker.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.sleepers.drain(..).for_each(|sleeper| sleeper.unpark());
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().items.len()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_and_a_closed_one_is_emptied_first() {
        let queue = Queue::new(2);
        assert!(queue.push(1).is_ok() && queue.push(2).is_ok());
        assert!(matches!(queue.push(3), Err(Refused::Full)));
        queue.close();
        assert!(matches!(queue.push(4), Err(Refused::Closed)));
        let mut batch = Vec::new();
        assert_eq!(queue.take(&mut batch, 1, None), Taken::Some);
        assert_eq!(queue.take(&mut batch, 9, None), Taken::Some);
        assert_eq!(queue.take(&mut batch, 9, None), Taken::Closed);
        assert_eq!(batch, [1, 2]);
    }

    #[test]
    fn who_fell_asleep_last_is_woken_first() {
        let queue = std::sync::Arc::new(Queue::new(8));
        let asleep = |count: usize| {
            while queue.lock().sleepers.len() < count {
                thread::yield_now();
            }
        };
        let (told, heard) = std::sync::mpsc::channel();
        let takers: Vec<_> = (0..3)
            .map(|number| {
                let (queue, told) = (queue.clone(), told.clone());
                let taker = thread::spawn(move || {
                    let mut batch = Vec::new();
                    while queue.take(&mut batch, 1, None) == Taken::Some {
                        told.send((number, batch.remove(0))).expect("somebody listens");
                    }
                });
                asleep(number + 1);
                taker
            })
            .collect();
        for item in 0..4 {
            assert!(queue.push(item).is_ok());
            assert_eq!(heard.recv(), Ok((2, item)), "the one that just slept takes it");
            asleep(3);
        }
        queue.close();
        takers.into_iter().for_each(|taker| taker.join().expect("it ends"));
    }

    #[test]
    fn many_hands_on_both_sides_lose_nothing() {
        let queue = std::sync::Arc::new(Queue::new(usize::MAX));
        let takers: Vec<_> = (0..4)
            .map(|number| {
                let queue = queue.clone();
                let patience = (number % 2 == 0).then_some(Duration::from_micros(50));
                thread::spawn(move || {
                    let (mut batch, mut sum) = (Vec::new(), 0_u64);
                    while queue.take(&mut batch, 3, patience) != Taken::Closed {
                        sum += batch.drain(..).sum::<u64>();
                    }
                    sum
                })
            })
            .collect();
        thread::scope(|scope| {
            for giver in 0..4_u64 {
                let queue = &queue;
                scope.spawn(move || {
                    for item in 0..5_000 {
                        assert!(queue.push(giver * 5_000 + item).is_ok());
                        if item % 64 == 0 {
                            thread::sleep(Duration::from_micros(30));
                        }
                    }
                });
            }
        });
        queue.close();
        let sum: u64 = takers.into_iter().map(|taker| taker.join().expect("it ends")).sum();
        assert_eq!(sum, 20_000 * 19_999 / 2);
    }

    #[test]
    fn an_empty_queue_is_idle_after_its_patience() {
        let queue = Queue::<u8>::new(1);
        assert_eq!(queue.take(&mut Vec::new(), 1, Some(Duration::from_millis(1))), Taken::Idle);
    }
}
