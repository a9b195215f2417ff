//! What one coupon is worth to some lines. Pure.

use super::model::{CouponRule, Template};
use goods::catalog::SkuForSale;
use kernel::{Fen, Result, prorate};
use trade::offers::shares;

/// The cart as a coupon sees it.
pub struct Seen<'a> {
    pub skus: &'a [&'a SkuForSale],
    pub quantities: &'a [i64],
    /// Lines that coupons may touch.
    pub open: &'a [bool],
    /// Lines that a promotion made cheaper.
    pub promoted: &'a [bool],
}

impl Seen<'_> {
    /// Lines a coupon counts.
    pub fn lines(&self, template: &Template) -> Vec<usize> {
        (0..self.skus.len())
            .filter(|i| {
                self.open[*i]
                    && template.shop_id.is_none_or(|shop| shop == self.skus[*i].shop_id)
                    && (template.with_promotions || !self.promoted[*i])
                    && template.scope.covers(self.skus[*i])
            })
            .collect()
    }

    /// Why a coupon is worth nothing here; `lines` are those it counts.
    fn refusal(&self, template: &Template, lines: &[usize], payables: &[Fen]) -> Option<String> {
        if lines.is_empty() {
            let promoted =
                (0..self.skus.len()).any(|i| self.open[i] && self.promoted[i] && template.scope.covers(self.skus[i]));
            let text = if promoted && !template.with_promotions {
                "不与满减等活动同享"
            } else {
                "没有适用的商品"
            };
            return Some(text.to_owned());
        }
        let fen = lines.iter().map(|i| payables[*i].0).sum();
        let pieces = lines.iter().map(|i| self.quantities[*i]).sum();
        template.rule.need().and_then(|need| need.missing(fen, pieces))
    }
}

/// What a coupon takes off each line, or why nothing.
pub fn worth(template: &Template, seen: &Seen<'_>, payables: &[Fen]) -> Result<Result<Vec<(usize, Fen)>, String>> {
    let lines = seen.lines(template);
    if let Some(reason) = seen.refusal(template, &lines, payables) {
        return Ok(Err(reason));
    }
    let weights: Vec<i64> = lines.iter().map(|i| payables[*i].0).collect();
    let fen = Fen(weights.iter().sum());
    let off = match &template.rule {
        CouponRule::Amount { off_fen, .. } => Fen(*off_fen).min(fen),
        CouponRule::Percent { pay_percent, cap_fen, .. } => {
            fen.ratio(100 - pay_percent, 100)?.min(Fen(cap_fen.unwrap_or(i64::MAX)))
        }
        CouponRule::Exchange { pieces } => return Ok(exchange(*pieces, &lines, seen, payables)),
        // Freight coupons wait for their lane.
        CouponRule::Freight { .. } => return Ok(Ok(Vec::new())),
    };
    if off <= Fen::ZERO {
        return Ok(Err("没有可减的金额".into()));
    }
    Ok(Ok(lines.into_iter().zip(prorate(off, &weights)).filter(|(_, part)| *part > Fen::ZERO).collect()))
}

/// The dearest pieces, ties to the earlier line.
fn exchange(mut left: i64, lines: &[usize], seen: &Seen<'_>, payables: &[Fen]) -> Result<Vec<(usize, Fen)>, String> {
    let mut runs: Vec<(Fen, i64, usize)> = Vec::new();
    for i in lines {
        runs.extend(shares(payables[*i], seen.quantities[*i]).into_iter().map(|(fen, units)| (fen, units, *i)));
    }
    runs.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(&b.2)));
    let mut offs: Vec<(usize, Fen)> = Vec::new();
    for (price, units, line) in runs {
        let taken = units.min(left);
        left -= taken;
        if taken > 0 && price > Fen::ZERO {
            match offs.iter_mut().find(|(known, _)| *known == line) {
                Some((_, off)) => off.0 += price.0 * taken,
                None => offs.push((line, Fen(price.0 * taken))),
            }
        }
    }
    if offs.is_empty() { Err("没有可兑换的商品".into()) } else { Ok(offs) }
}
