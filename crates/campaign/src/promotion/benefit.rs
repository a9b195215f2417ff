//! What one rule is worth to some lines. Pure arithmetic: the lines with what they still pay go in, the discount with
//! the lines it falls on comes out, or why there is none. Pieces of a line cost its unit shares; the dearest count first.

use super::model::{BundleStep, NthStep, Rule};
use kernel::{Fen, Result, prorate};
use trade::offers::shares;

/// A line a rule may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eligible {
    /// Position in the draft.
    pub line: usize,
    pub payable: Fen,
    pub quantity: i64,
}

/// A line and what comes off it.
type Off = (usize, Fen);

/// What a rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Benefit {
    /// An amount over all eligible lines.
    Spread { off: Fen, label: String, next: Option<String> },
    /// An amount of each line.
    Each { offs: Vec<(usize, Fen)>, label: String },
    /// The step whose goods are given.
    Gift { step: usize, label: String, next: Option<String> },
    /// Nothing, and why.
    Nothing { label: String, reason: String },
}

impl Benefit {
    /// What it takes off; gifts are worth what their goods cost, which is not known here.
    pub fn off(&self) -> Fen {
        match self {
            Benefit::Spread { off, .. } => *off,
            Benefit::Each { offs, .. } => Fen(offs.iter().map(|(_, off)| off.0).sum()),
            Benefit::Gift { .. } | Benefit::Nothing { .. } => Fen::ZERO,
        }
    }
}

/// Evaluates a rule.
pub fn evaluate(rule: &Rule, lines: &[Eligible]) -> Result<Benefit> {
    let fen: i64 = lines.iter().map(|line| line.payable.0).sum();
    let pieces: i64 = lines.iter().map(|line| line.quantity).sum();
    let nothing = |label: String, reason: String| Ok(Benefit::Nothing { label, reason });
    match rule {
        Rule::SpendSave { steps, repeat, max_repeats } => {
            let label =
                |i: usize| Rule::SpendSave { steps: vec![steps[i]], repeat: *repeat, max_repeats: None }.words();
            let Some(i) = reached(steps.iter().map(|s| s.need.missing(fen, pieces))) else {
                return nothing(label(0), steps[0].need.missing(fen, pieces).unwrap_or_default());
            };
            let step = steps[i];
            let have = if let crate::scope::Need::SpendFen(_) = step.need { fen } else { pieces };
            let times = if *repeat { (have / step.need.size()).min(max_repeats.unwrap_or(i64::MAX)) } else { 1 };
            let off = Fen(step.off_fen).times(times)?.min(Fen(fen));
            let next = steps.get(i + 1).and_then(|s| {
                s.need.missing(fen, pieces).map(|missing| format!("{missing}可减 {} 元", Fen(s.off_fen)))
            });
            Ok(Benefit::Spread { off, label: label(i), next })
        }
        Rule::SpendDiscount { steps, cap_fen } => {
            let label = |i: usize| Rule::SpendDiscount { steps: vec![steps[i]], cap_fen: None }.words();
            let Some(i) = reached(steps.iter().map(|s| s.need.missing(fen, pieces))) else {
                return nothing(label(0), steps[0].need.missing(fen, pieces).unwrap_or_default());
            };
            let off = Fen(fen).ratio(100 - steps[i].pay_percent, 100)?.min(Fen(cap_fen.unwrap_or(i64::MAX)));
            let next = steps.get(i + 1).and_then(|s| {
                let missing = s.need.missing(fen, pieces)?;
                Some(format!("{missing}可享{}", crate::scope::zhe(s.pay_percent)))
            });
            Ok(Benefit::Spread { off, label: label(i), next })
        }
        Rule::NForPrice { steps } => {
            let mut best: Option<(Fen, Vec<Off>, &BundleStep)> = None;
            for step in steps {
                let offs = bundles(lines, step)?;
                let off = Fen(offs.iter().map(|(_, off)| off.0).sum());
                if off > best.as_ref().map_or(Fen::ZERO, |(known, ..)| *known) {
                    best = Some((off, offs, step));
                }
            }
            match best {
                Some((_, offs, step)) => {
                    Ok(Benefit::Each { offs, label: Rule::NForPrice { steps: vec![*step] }.words() })
                }
                None => {
                    let need = steps[0].pieces;
                    let reason = if pieces < need {
                        format!("还差 {} 件", need - pieces)
                    } else {
                        "所选商品更便宜".into()
                    };
                    nothing(Rule::NForPrice { steps: vec![steps[0]] }.words(), reason)
                }
            }
        }
        Rule::NthDiscount { steps } => {
            let offs = nth(lines, steps)?;
            let label = rule.words();
            if offs.iter().all(|(_, off)| *off == Fen::ZERO) {
                let need = steps[0].nth;
                let reason =
                    if pieces < need { format!("还差 {} 件", need - pieces) } else { "金额太小".into() };
                return nothing(label, reason);
            }
            Ok(Benefit::Each { offs, label })
        }
        Rule::Gift { steps } => {
            let label = |i: usize| format!("{}赠好礼", steps[i].need.words());
            match reached(steps.iter().map(|s| s.need.missing(fen, pieces))) {
                Some(step) => {
                    let next = steps.get(step + 1).and_then(|s| s.need.missing(fen, pieces));
                    let next = next.map(|missing| format!("{missing}可换更高一级赠品"));
                    Ok(Benefit::Gift { step, label: label(step), next })
                }
                None => nothing(label(0), steps[0].need.missing(fen, pieces).unwrap_or_default()),
            }
        }
    }
}

/// The highest step that misses nothing. Steps ascend, and a higher one gives more.
fn reached(missing: impl DoubleEndedIterator<Item = Option<String>> + ExactSizeIterator) -> Option<usize> {
    missing.enumerate().rev().find(|(_, missing)| missing.is_none()).map(|(i, _)| i)
}

/// Pieces as runs of one price, the dearest first, ties to the earlier line.
fn runs(lines: &[Eligible]) -> Vec<(Fen, i64, usize)> {
    let mut runs: Vec<(Fen, i64, usize)> = Vec::with_capacity(lines.len() * 2);
    for line in lines {
        runs.extend(shares(line.payable, line.quantity).into_iter().map(|(fen, units)| (fen, units, line.line)));
    }
    runs.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(&b.2)));
    runs
}

/// Every full set of `pieces`, while it costs more than the price.
fn bundles(lines: &[Eligible], step: &BundleStep) -> Result<Vec<(usize, Fen)>> {
    let mut offs: Vec<(usize, Fen)> = Vec::new();
    // The set being filled: what its pieces cost, by line.
    let (mut set, mut have): (Vec<(usize, i64)>, i64) = (Vec::new(), 0);
    for (price, mut units, line) in runs(lines) {
        while units > 0 {
            if have == 0 && units >= step.pieces {
                // Whole sets of one price, all at once.
                let (sets, off) = (units / step.pieces, price.0 * step.pieces - step.price_fen);
                if off <= 0 {
                    return Ok(offs);
                }
                add(&mut offs, line, Fen(off).times(sets)?);
                units -= sets * step.pieces;
                continue;
            }
            let taken = units.min(step.pieces - have);
            match set.iter_mut().find(|(known, _)| *known == line) {
                Some((_, cost)) => *cost += price.0 * taken,
                None => set.push((line, price.0 * taken)),
            }
            have += taken;
            units -= taken;
            if have == step.pieces {
                let costs: Vec<i64> = set.iter().map(|(_, cost)| *cost).collect();
                let off = costs.iter().sum::<i64>() - step.price_fen;
                if off <= 0 {
                    return Ok(offs);
                }
                for ((line, _), part) in set.iter().zip(prorate(Fen(off), &costs)) {
                    add(&mut offs, *line, part);
                }
                (set, have) = (Vec::new(), 0);
            }
        }
    }
    Ok(offs)
}

/// Every piece whose place in its round has a step. Rounded once per line and step.
fn nth(lines: &[Eligible], steps: &[NthStep]) -> Result<Vec<(usize, Fen)>> {
    let round = steps.iter().map(|step| step.nth).max().unwrap_or(1);
    let mut bases: Vec<(usize, Vec<i64>)> = Vec::new();
    let mut start = 0i64;
    for (price, units, line) in runs(lines) {
        let end = start + units;
        for (s, step) in steps.iter().enumerate() {
            // Places before `n` that are `nth` in their round.
            let before = |n: i64| (n + round - step.nth) / round;
            let hits = before(end) - before(start);
            if hits > 0 {
                let known = bases.iter_mut().find(|(known, _)| *known == line);
                let base = match known {
                    Some((_, base)) => base,
                    None => {
                        bases.push((line, vec![0; steps.len()]));
                        &mut bases.last_mut().expect("just pushed").1
                    }
                };
                base[s] += price.0 * hits;
            }
        }
        start = end;
    }
    let mut offs = Vec::with_capacity(bases.len());
    for (line, base) in bases {
        for (amount, step) in base.iter().zip(steps) {
            add(&mut offs, line, Fen(*amount).ratio(100 - step.pay_percent, 100)?);
        }
    }
    Ok(offs)
}

fn add(offs: &mut Vec<(usize, Fen)>, line: usize, off: Fen) {
    match offs.iter_mut().find(|(known, _)| *known == line) {
        Some((_, sum)) => sum.0 += off.0,
        None => offs.push((line, off)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{DiscountStep, SaveStep};
    use super::*;
    use crate::scope::Need;

    fn lines(of: &[(i64, i64)]) -> Vec<Eligible> {
        of.iter()
            .enumerate()
            .map(|(line, (price, quantity))| Eligible { line, payable: Fen(price * quantity), quantity: *quantity })
            .collect()
    }

    #[test]
    fn the_highest_reached_step_holds_and_the_next_one_is_hinted() {
        let step = |fen, off_fen| SaveStep { need: Need::SpendFen(fen), off_fen };
        let steps = vec![step(20_000, 3_000), step(50_000, 10_000)];
        let rule = Rule::SpendSave { steps, repeat: false, max_repeats: None };
        let got = evaluate(&rule, &lines(&[(10_000, 3)])).unwrap();
        let next = Some("还差 200.00 元可减 100.00 元".to_owned());
        assert_eq!(got, Benefit::Spread { off: Fen(3_000), label: "满200减30".into(), next });
        let short = evaluate(&rule, &lines(&[(18_800, 1)])).unwrap();
        assert_eq!(short, Benefit::Nothing { label: "满200减30".into(), reason: "还差 12.00 元".into() });
    }

    #[test]
    fn every_full_threshold_counts_up_to_the_bound() {
        let steps = vec![SaveStep { need: Need::SpendFen(10_000), off_fen: 1_000 }];
        let rule = |max_repeats| Rule::SpendSave { steps: steps.clone(), repeat: true, max_repeats };
        assert_eq!(evaluate(&rule(None), &lines(&[(35_000, 1)])).unwrap().off(), Fen(3_000));
        assert_eq!(evaluate(&rule(Some(2)), &lines(&[(35_000, 1)])).unwrap().off(), Fen(2_000));
    }

    #[test]
    fn a_percentage_is_rounded_once_on_the_sum_and_capped() {
        let steps = vec![DiscountStep { need: Need::Pieces(2), pay_percent: 85 }];
        let rule = |cap_fen| Rule::SpendDiscount { steps: steps.clone(), cap_fen };
        assert_eq!(evaluate(&rule(None), &lines(&[(333, 1), (334, 1)])).unwrap().off(), Fen(100));
        assert_eq!(evaluate(&rule(Some(50)), &lines(&[(333, 1), (334, 1)])).unwrap().off(), Fen(50));
    }

    #[test]
    fn sets_take_the_dearest_pieces_and_stop_where_they_would_cost_more() {
        let rule = Rule::NForPrice { steps: vec![BundleStep { pieces: 3, price_fen: 9_900 }] };
        let got = evaluate(&rule, &lines(&[(5_000, 2), (4_000, 2), (1_000, 3)])).unwrap();
        // 50 + 50 + 40 costs 99: 41 off, spread 100 : 40. 40 + 10 + 10 is cheaper than 99 anyway.
        assert_eq!(got, Benefit::Each { offs: vec![(0, Fen(2_929)), (1, Fen(1_171))], label: "99元任选3件".into() });
        let many = evaluate(&rule, &lines(&[(5_000, 999)])).unwrap();
        assert_eq!(many.off(), Fen((15_000 - 9_900) * 333));
    }

    #[test]
    fn the_second_piece_is_the_cheaper_one_of_each_pair() {
        let rule = Rule::NthDiscount { steps: vec![NthStep { nth: 2, pay_percent: 50 }] };
        let got = evaluate(&rule, &lines(&[(10_000, 1), (6_000, 1), (4_000, 2)])).unwrap();
        assert_eq!(got.off(), Fen(3_000 + 2_000));
        let rule =
            Rule::NthDiscount { steps: vec![NthStep { nth: 2, pay_percent: 70 }, NthStep { nth: 3, pay_percent: 50 }] };
        let got = evaluate(&rule, &lines(&[(100, 7)])).unwrap();
        assert_eq!(got.off(), Fen(2 * 30 + 2 * 50));
    }
}
