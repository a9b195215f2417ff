//! One quote of ten lines under twenty live rules — twelve promotions in three groups, four limited-time prices, four
//! coupons of which the best combination is looked for — on one thread. The bar is 10,000 a second (100 µs each).
//! `cargo bench -p campaign --bench quotes`
#![allow(clippy::unwrap_used, reason = "tests may")]

#[path = "../tests/quotes/dice.rs"]
mod dice;

use criterion::{BatchSize, Criterion, Throughput};
use dice::{Case, Dice};
use std::hint::black_box;
use trade::quote::{Facts, price};

fn main() {
    let mut dice = Dice::new(20_261_125);
    // Many carts and rules, so that no single lucky one is measured.
    let facts: Vec<Facts> = (0..64).map(|_| Case::of(&mut dice, 10, 12, 4, 4).facts()).collect();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("quote");
    group.throughput(Throughput::Elements(1));
    let mut turn = 0;
    group.bench_function("10 lines, 20 rules", |bench| {
        bench.iter_batched(
            || {
                turn = (turn + 1) % facts.len();
                &facts[turn]
            },
            |facts| black_box(price(facts).expect("a quote")),
            BatchSize::SmallInput,
        );
    });
    group.finish();
    criterion.final_summary();
}
