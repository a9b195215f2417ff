//! A bounded queue between callers and database threads: pushing never waits, a full queue refuses at once,
//! a closed one is emptied before its takers end.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    capacity: usize,
}

struct State<T> {
    items: VecDeque<T>,
    sleeping: usize,
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
        let state = State { items: VecDeque::new(), sleeping: 0, closed: false };
        Queue { state: Mutex::new(state), arrived: Condvar::new(), capacity: capacity.max(1) }
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
        let wake = state.sleeping > 0;
        drop(state);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Moves up to `limit` items into `batch`, waiting for the first one at most `patience` (forever without).
    pub(crate) fn take(&self, batch: &mut Vec<T>, limit: usize, patience: Option<Duration>) -> Taken {
        let mut state = self.lock();
        while state.items.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            state.sleeping += 1;
            let timed_out;
            (state, timed_out) = match patience {
                None => (self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner), false),
                Some(patience) => {
                    let woken = self.arrived.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
                    (woken.0, woken.1.timed_out())
                }
            };
            state.sleeping -= 1;
            if timed_out && state.items.is_empty() && !state.closed {
                return Taken::Idle;
            }
        }
        let count = state.items.len().min(limit.max(1));
        batch.extend(state.items.drain(..count));
        Taken::Some
    }

    /// Refuses what comes from now on and wakes every taker.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
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
    fn an_empty_queue_is_idle_after_its_patience() {
        let queue = Queue::<u8>::new(1);
        assert_eq!(queue.take(&mut Vec::new(), 1, Some(Duration::from_millis(1))), Taken::Idle);
    }
}
