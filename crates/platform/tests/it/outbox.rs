//! Events are told after commit, to every subscriber at least once, and survive failing handlers.

use crate::mall::{MALL, TestMall, malls};
use kernel::{Error, Result, seconds};
use platform::job::{self, Handlers};
use platform::outbox::{self, Event};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

type Told = Arc<Mutex<Vec<Event>>>;

fn telling(handlers: &mut Handlers, kind: &'static str, name: &'static str) -> Told {
    let told = Told::default();
    let seen = told.clone();
    handlers.subscribe(kind, name, move |_, event| {
        seen.lock().unwrap().push(event);
        async { Ok(()) }
    });
    told
}

async fn emit(mall: &TestMall, kind: &'static str, number: i64) {
    mall.write(move |tx, ctx| outbox::emit(tx, ctx, kind, &number)).await.unwrap();
}

#[tokio::test]
async fn every_subscriber_hears_what_was_committed_and_nothing_else() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let first = telling(&mut handlers, "order.paid", "count_sales");
        let second = telling(&mut handlers, "order.paid", "thank_member");
        let other = telling(&mut handlers, "order.closed", "return_coupon");
        emit(&mall, "order.paid", 11).await;
        emit(&mall, "nobody.listens", 12).await;
        let undone: Result<()> = mall
            .write(|tx, ctx| {
                outbox::emit(tx, ctx, "order.paid", &13)?;
                Err(Error::conflict("test.undone", ""))
            })
            .await;
        assert!(undone.is_err());
        assert_eq!(mall.run_due(&handlers).await, 2);
        for told in [&first, &second] {
            let told = told.lock().unwrap();
            assert_eq!(told.len(), 1);
            assert_eq!(
                (told[0].read::<i64>().unwrap(), told[0].mall_id, told[0].kind.as_str()),
                (11, MALL, "order.paid")
            );
            assert_eq!(told[0].created_at, mall.ctx().now);
        }
        assert!(other.lock().unwrap().is_empty());
        assert_eq!((mall.count("outbox").await, mall.count("job").await), (0, 0));
    }
}

#[tokio::test]
async fn a_failing_subscriber_loses_nothing_and_holds_nobody_up() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let steady = telling(&mut handlers, "order.paid", "steady");
        let heard: Arc<Mutex<Vec<(i64, bool)>>> = Arc::default();
        let seen = heard.clone();
        handlers.subscribe("order.paid", "shaky", move |_, event: Event| {
            let seen = seen.clone();
            async move {
                let number = event.read::<i64>()?;
                let mut seen = seen.lock().unwrap();
                let is_first = !seen.iter().any(|(n, _)| *n == number);
                seen.push((number, !is_first));
                if is_first { Err(Error::gateway("x.down", "对方没有回答")) } else { Ok(()) }
            }
        });
        for number in 1..=5 {
            emit(&mall, "order.paid", number).await;
        }
        mall.run_due(&handlers).await;
        assert_eq!(steady.lock().unwrap().len(), 5);
        assert_eq!((mall.count("outbox").await, mall.count("job").await), (0, 5));
        mall.clock.advance(seconds(1));
        assert_eq!(mall.run_due(&handlers).await, 5);
        let done: HashSet<i64> = heard.lock().unwrap().iter().filter(|(_, ok)| *ok).map(|(n, _)| *n).collect();
        assert_eq!(done, (1..=5).collect());
        assert_eq!(steady.lock().unwrap().len(), 5, "the steady one is not bothered again");
        assert_eq!(mall.count("job").await, 0);
    }
}

#[tokio::test]
async fn observers_see_every_event_in_order_and_one_that_breaks_stops_nobody() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let seen: Arc<Mutex<Vec<i64>>> = Arc::default();
        let list = seen.clone();
        handlers.observe(|event| assert_ne!(event.payload, "3", "this observer breaks at three"));
        handlers.observe(move |event| list.lock().unwrap().push(event.read().unwrap()));
        // More than one batch.
        mall.write(|tx, ctx| (0..1_100).try_for_each(|n| outbox::emit(tx, ctx, "product.changed", &n))).await.unwrap();
        mall.run_due(&handlers).await;
        assert_eq!(*seen.lock().unwrap(), (0..1_100).collect::<Vec<i64>>());
        assert_eq!(mall.count("outbox").await, 0);
    }
}

#[tokio::test]
async fn events_made_by_handlers_are_told_too() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        handlers.subscribe("order.paid", "complete", |app: platform::App, event: Event| async move {
            let ctx = app.system(event.mall_id);
            app.db.write(move |tx| outbox::emit(tx, &ctx, "order.completed", &1)).await
        });
        let told = telling(&mut handlers, "order.completed", "give_points");
        emit(&mall, "order.paid", 1).await;
        assert_eq!(mall.run_due(&handlers).await, 2);
        assert_eq!(told.lock().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_tell_each_event_once() {
    for mall in malls().await {
        const EVENTS: i64 = 600;
        let told: Arc<Mutex<Vec<i64>>> = Arc::default();
        let observed: Arc<Mutex<Vec<i64>>> = Arc::default();
        let all = Arc::new(Notify::new());
        let (stop, stopping) = watch::channel(false);
        let nodes: Vec<_> = (0..mall.nodes())
            .map(|_| {
                let mut handlers = Handlers::new();
                let (told, observed, all) = (told.clone(), observed.clone(), all.clone());
                handlers.observe(move |event| observed.lock().unwrap().push(event.read().unwrap()));
                handlers.subscribe("order.paid", "count_sales", move |_, event: Event| {
                    let mut told = told.lock().unwrap();
                    told.push(event.read().unwrap());
                    if told.len() as i64 == EVENTS {
                        all.notify_one();
                    }
                    async { Ok(()) }
                });
                tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping.clone()))
            })
            .collect();
        for number in 0..EVENTS {
            emit(&mall, "order.paid", number).await;
        }
        timeout(Duration::from_secs(60), all.notified()).await.expect("all are told");
        stop.send(true).unwrap();
        for node in nodes {
            node.await.unwrap();
        }
        for list in [&told, &observed] {
            let mut list = list.lock().unwrap().clone();
            list.sort_unstable();
            assert_eq!(list, (0..EVENTS).collect::<Vec<_>>());
        }
        assert_eq!(mall.count("outbox").await, 0);
    }
}

#[tokio::test]
async fn a_relay_hears_only_what_somebody_wants() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let told = Told::default();
        let seen = told.clone();
        handlers.relay(
            &["order.paid", "order.closed"],
            "relay",
            |_, events| Ok(events.iter().map(|e| (e.mall_id, "order.paid".to_owned())).collect()),
            move |_, event| {
                seen.lock().unwrap().push(event);
                async { Ok(()) }
            },
        );
        for kind in ["order.paid", "order.closed", "nobody.listens"] {
            emit(&mall, kind, 1).await;
        }
        assert_eq!(mall.run_due(&handlers).await, 1);
        let kinds: Vec<String> = told.lock().unwrap().iter().map(|event| event.kind.clone()).collect();
        assert_eq!((kinds, mall.count("outbox").await), (vec!["order.paid".to_owned()], 0));
    }
}
