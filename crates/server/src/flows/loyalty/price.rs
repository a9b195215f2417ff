//! The four lanes, pure. Points take whole points only: what is taken off is what the points are worth, rounded down, and
//! never more than the rule's share of the goods, a SKU's own cap, or the balance. Points and growth have no row that
//! could be their source: the source's id is how many they are.

use super::MemberRules;
use kernel::{Error, Fen, Id, Result};
use people::membership::Perks;
use trade::offers::{Draft, LaneName, Lanes, PriceOffer, Source};

/// Lane 2: the tier's price and the paid member's price; the draft lets the lowest win.
pub(super) fn best_price(member: &MemberRules, draft: &mut Draft) -> Result<()> {
    let tier = member.tier().map(|tier| ("tier", tier.id, format!("{}价", tier.name), tier.price_percent));
    let plan = member.plan().map(|plan| ("plan", plan.id, format!("{}价", plan.name), plan.price_percent));
    for (kind, id, label, percent) in [tier, plan].into_iter().flatten().filter(|offer| offer.3 < 100) {
        let lines: Vec<usize> = draft.open(LaneName::BestPrice).collect();
        for line in lines {
            let unit_price = draft.lines[line].unit_price.ratio(percent, 100)?;
            draft.propose(PriceOffer {
                line,
                unit_price,
                pieces: None,
                source: Source::new(kind, id),
                label: label.clone(),
                allows: Lanes::ALL,
            });
        }
    }
    Ok(())
}

/// What points can do for some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spending {
    pub points: i64,
    pub off: Fen,
}

/// How many points are spent on `room` (what points may cover): at most `most`, in whole points, none for nothing.
pub(super) fn spending(room: Fen, most: i64, per_yuan: i64) -> Spending {
    let worth = |points: i64| i128::from(points) * 100 / i128::from(per_yuan);
    let off = worth(most.max(0)).min(i128::from(room.0.max(0)));
    // The fewest points that are worth that much.
    let points = (off * i128::from(per_yuan) + 99) / 100;
    Spending { points: i64::try_from(points).unwrap_or(0), off: Fen(i64::try_from(off).unwrap_or(0)) }
}

const LABEL: &str = "积分抵扣";

/// Lane 5: points as money.
pub(super) fn points(member: &MemberRules, draft: &mut Draft) -> Result<()> {
    let rules = &member.programme.rules.points;
    if !rules.enabled || rules.spend_per_yuan == 0 {
        return Ok(());
    }
    let wanted = member.wanted;
    if member.standing.points == 0 {
        if wanted.is_some_and(|wanted| wanted > 0) {
            draft.decline(LaneName::Points, None, LABEL, "还没有积分");
        }
        return Ok(());
    }
    let lines: Vec<usize> = draft.open(LaneName::Points).collect();
    if lines.is_empty() {
        return Ok(()); // Goods of the points mall, gifts: nobody would expect to pay them with points.
    }
    let mut caps: Vec<(usize, i64)> = Vec::with_capacity(lines.len());
    let mut goods = 0;
    for line in lines {
        let (payable, sku_id) = (draft.lines[line].payable, draft.lines[line].sku.sku_id);
        let percent = member.programme.caps.get(&sku_id).copied().unwrap_or(100);
        goods += payable.0;
        caps.push((line, floor_percent(payable, percent)));
    }
    let room = caps.iter().map(|cap| cap.1).sum::<i64>().min(floor_percent(Fen(goods), rules.max_share_percent));
    let possible = spending(Fen(room), member.standing.points, rules.spend_per_yuan);
    let source = |points: i64| Source::new("points", Id(points));
    if member.standing.points < rules.min_points {
        draft.decline(LaneName::Points, None, LABEL, format!("满 {} 积分可用", rules.min_points));
        return Ok(());
    }
    if possible.off <= Fen::ZERO {
        draft.decline(LaneName::Points, None, LABEL, "这些商品不能用积分");
        return Ok(());
    }
    let wanted = wanted.unwrap_or(0);
    if wanted <= 0 {
        let text = format!("可用 {} 积分抵 ¥{}", possible.points, possible.off);
        draft.offer_instead(LaneName::Points, source(possible.points), LABEL, text);
        return Ok(());
    }
    let spent = spending(Fen(room), member.standing.points.min(wanted), rules.spend_per_yuan);
    if spent.off <= Fen::ZERO {
        draft.decline(LaneName::Points, None, LABEL, "这些积分还不值一分钱");
        return Ok(());
    }
    let weights: Vec<i64> = caps.iter().map(|cap| cap.1).collect();
    let offs: Vec<(usize, Fen)> =
        caps.iter().zip(kernel::prorate(spent.off, &weights)).map(|((line, _), off)| (*line, off)).collect();
    let taken =
        draft.take_off_each(LaneName::Points, source(spent.points), &format!("{} 积分抵扣", spent.points), &offs);
    if taken == spent.off { Ok(()) } else { Err(Error::internal("points were spread over more than the lines pay")) }
}

fn floor_percent(amount: Fen, percent: i64) -> i64 {
    i64::try_from(i128::from(amount.0) * i128::from(percent) / 100).unwrap_or(0)
}

/// Lane 6: tiers and plans that travel free.
pub(super) fn freight(member: &MemberRules, draft: &mut Draft) {
    if draft.freight <= Fen::ZERO {
        return;
    }
    let tier = member.tier().filter(|tier| tier.free_freight).map(|tier| ("tier", tier.id, tier.name.as_str()));
    let plan = member.plan().filter(|plan| plan.free_freight).map(|plan| ("plan", plan.id, plan.name.as_str()));
    if let Some((kind, id, name)) = tier.or(plan) {
        let fee = draft.freight;
        draft.take_off_freight(Source::new(kind, id), &format!("{name}免运费"), fee, None);
    }
}

/// Lane 7: what the order will earn. Points come when it is completed, growth when it is paid.
pub(super) fn reward(member: &MemberRules, draft: &mut Draft) -> Result<()> {
    let base: i64 = draft.lines.iter().map(|line| line.payable.0).sum();
    let rules = &member.programme.rules;
    if rules.points.enabled {
        let percent = Perks::of(member.tier(), member.plan()).points_percent;
        let points = earned(base, rules.points.earn_per_yuan, percent)?;
        if points > 0 {
            let label = match percent {
                100 => format!("完成后得 {points} 积分"),
                _ => format!("完成后得 {points} 积分（{}.{:02} 倍）", percent / 100, percent % 100),
            };
            draft.reward(Source::new("points_earned", Id(points)), &label, points);
        }
    }
    if rules.growth.enabled {
        let growth = earned(base, rules.growth.per_yuan, 100)?;
        if growth > 0 {
            draft.reward(Source::new("growth", Id(growth)), &format!("付款后得 {growth} 成长值"), growth);
        }
    }
    Ok(())
}

/// Points or growth for an amount in fen, rounded down.
pub(super) fn earned(base_fen: i64, per_yuan: i64, percent: i64) -> Result<i64> {
    let earned = i128::from(base_fen) * i128::from(per_yuan) * i128::from(percent) / 10_000;
    i64::try_from(earned).map_err(Error::internal)
}
