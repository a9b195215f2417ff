//! Random histories against a small model: points as a list of buckets, the balance as one number.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What a history may do.
#[derive(Debug, Clone)]
enum Step {
    Earn { member: i64, amount: i64, lives: i64 },
    Spend { member: i64, amount: i64 },
    GiveBack { nth: usize, amount: i64, grace: bool },
    TakeBack { nth: usize, amount: i64 },
    TopUp { member: i64, amount: i64 },
    Pay { member: i64, amount: i64 },
    Wait { ms: i64 },
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    let member = 1i64..4;
    prop_oneof![
        4 => (member.clone(), 1i64..500, 1i64..20).prop_map(|(member, amount, lives)| Step::Earn { member, amount, lives }),
        4 => (member.clone(), 1i64..700).prop_map(|(member, amount)| Step::Spend { member, amount }),
        2 => (0usize..8, 1i64..300, any::<bool>()).prop_map(|(nth, amount, grace)| Step::GiveBack { nth, amount, grace }),
        2 => (0usize..8, 1i64..300).prop_map(|(nth, amount)| Step::TakeBack { nth, amount }),
        1 => (member.clone(), 1i64..9_000).prop_map(|(member, amount)| Step::TopUp { member, amount }),
        2 => (member, 1i64..9_000).prop_map(|(member, amount)| Step::Pay { member, amount }),
        2 => (1i64..days(6)).prop_map(|ms| Step::Wait { ms }),
        2 => Just(Step::Expire),
    ]
}

/// Member, source, points not given back yet, and the buckets they came from.
type Spending = (i64, i64, i64, Vec<(Instant, i64)>);

/// What the books should say.
#[derive(Default)]
struct Model {
    buckets: BTreeMap<i64, Vec<(Instant, i64)>>,
    principal: BTreeMap<i64, i64>,
    spendings: Vec<Spending>,
    grants: Vec<(i64, i64)>,
}

impl Model {
    fn points(&self, member: i64) -> i64 {
        self.buckets.get(&member).map_or(0, |buckets| buckets.iter().map(|bucket| bucket.1).sum())
    }
}

async fn replay(books: &Books, steps: &[Step]) {
    let mut model = Model::default();
    for (source, step) in (1i64..).zip(steps.iter().cloned()) {
        let now = books.ctx().now;
        match step {
            Step::Earn { member, amount, lives } => {
                let expires_at = now + days(lives);
                books
                    .write(move |tx, ctx| earn(tx, ctx, &grant(Id(member), source, amount, expires_at)))
                    .await
                    .unwrap();
                model.buckets.entry(member).or_default().push((expires_at, amount));
                model.grants.push((member, source));
            }
            Step::Spend { member, amount } => {
                let spent = Spent { member_id: Id(member), kind: "order", source_id: Id(source) };
                let done = books.write(move |tx, ctx| spend(tx, ctx, &spent, amount, "")).await;
                assert_eq!(done.is_ok(), model.points(member) >= amount);
                if done.is_ok() {
                    let buckets = model.buckets.entry(member).or_default();
                    buckets.sort();
                    let (mut left, mut used) = (amount, Vec::new());
                    for bucket in buckets.iter_mut().filter(|bucket| bucket.1 > 0) {
                        let part = left.min(bucket.1);
                        bucket.1 -= part;
                        left -= part;
                        used.push((bucket.0, part));
                    }
                    model.spendings.push((member, source, amount, used));
                }
            }
            Step::GiveBack { nth, amount, grace } => {
                let count = model.spendings.len();
                let Some((member, of, left, used)) = model.spendings.get_mut(nth % count.max(1)) else { continue };
                let amount = amount.min(*left);
                if amount == 0 {
                    continue;
                }
                let spent = Spent { member_id: Id(*member), kind: "order", source_id: Id(*of) };
                let grace_ms = grace.then_some(days(7));
                books
                    .write(move |tx, ctx| give_back(tx, ctx, &spent, ("back", Id(source)), amount, "", grace_ms))
                    .await
                    .unwrap();
                *left -= amount;
                let mut wanted = amount;
                let buckets = model.buckets.entry(*member).or_default();
                for part in used.iter_mut().rev() {
                    let back = wanted.min(part.1);
                    part.1 -= back;
                    wanted -= back;
                    let late = part.0 <= now && grace;
                    buckets.push((if late { now + days(7) } else { part.0 }, back));
                }
            }
            Step::TakeBack { nth, amount } => {
                let Some((member, of)) = model.grants.get(nth % model.grants.len().max(1)).copied() else { continue };
                let granted = Spent { member_id: Id(member), kind: "given", source_id: Id(of) };
                let before = model.points(member);
                let taken = books
                    .write(move |tx, ctx| take_back(tx, ctx, &granted, ("undone", Id(source)), amount, ""))
                    .await
                    .unwrap();
                assert_eq!(taken, amount.min(before));
                // Which buckets it came from is asked of the books: the model only keeps the sum.
                let left: Vec<(Instant, i64)> = books
                    .db
                    .read(move |tx| {
                        tx.all(
                            "select expires_at, remaining from points_bucket where mall_id = $1 and member_id = $2 and remaining > 0",
                            &args![MALL, member],
                        )
                    })
                    .await
                    .unwrap();
                model.buckets.insert(member, left);
                assert_eq!(model.points(member), before - taken);
            }
            Step::TopUp { member, amount } => {
                let entry = Entry {
                    account: Account::Principal,
                    member_id: Id(member),
                    kind: "top_up",
                    source_id: Id(source),
                    amount,
                    note: "",
                };
                books.write(move |tx, ctx| credit(tx, ctx, &entry)).await.unwrap();
                *model.principal.entry(member).or_default() += amount;
            }
            Step::Pay { member, amount } => {
                let entry = Entry {
                    account: Account::Principal,
                    member_id: Id(member),
                    kind: "paid",
                    source_id: Id(source),
                    amount,
                    note: "",
                };
                let done = books.write(move |tx, ctx| debit(tx, ctx, &entry)).await;
                let held = model.principal.entry(member).or_default();
                assert_eq!(done.is_ok(), *held >= amount);
                if done.is_ok() {
                    *held -= amount;
                }
            }
            Step::Wait { ms } => books.clock.advance(ms),
            Step::Expire => {
                while books.write(expire_points).await.unwrap() > 0 {}
                for buckets in model.buckets.values_mut() {
                    buckets.retain(|bucket| bucket.0 > now);
                }
            }
        }
        for member in 1..4 {
            assert_eq!(books.of(Id(member), Account::Points).await, model.points(member), "{step:?}");
            assert_eq!(
                books.of(Id(member), Account::Principal).await,
                model.principal.get(&member).copied().unwrap_or(0)
            );
        }
    }
    books.assert_balanced().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn any_history_agrees_with_the_model(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(on_both(async |books| replay(&books, &steps).await));
    }
}
