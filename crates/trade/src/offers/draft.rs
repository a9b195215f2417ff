//! A quote while it is being priced. Offers change it through these verbs only, and the verbs keep the promises: an
//! amount taken off is spread by largest remainder and never exceeds what a line still pays; whatever applied leaves an
//! [`Applied`] with each line's part and a sentence in the explanation.

use super::lane::{Applied, Explanation, LaneName, Lanes, Part, QuoteProblem, RowKind, Source};
use super::split::OrderOf;
use crate::delivery::DeliveryRule;
use goods::catalog::SkuForSale;
use goods::freight::Template;
use kernel::{Fen, Id, Result, prorate};
use std::sync::Arc;

/// A line while it is being priced.
#[derive(Debug, Clone)]
pub struct DraftLine {
    pub sku: SkuForSale,
    pub quantity: i64,
    /// The SKU's price; zero for a gift.
    pub unit_price: Fen,
    /// `unit_price × quantity`.
    pub amount: Fen,
    /// Zero or negative.
    pub discount: Fen,
    pub payable: Fen,
    /// Comes with the order for nothing.
    pub gift: bool,
    /// The place it leaves from, where that is not the one its shop's other goods leave from.
    pub from: Option<Id>,
    /// Lanes that may touch this line.
    pub allows: Lanes,
}

/// A lower price for a line.
#[derive(Debug, Clone)]
pub struct PriceOffer {
    pub line: usize,
    pub unit_price: Fen,
    /// Pieces it holds for; `None` for all.
    pub pieces: Option<i64>,
    pub source: Source,
    pub label: String,
    /// Later lanes that may still touch the line when this price wins; [`Lanes::ALL`] as a rule.
    pub allows: Lanes,
}

/// How the goods travel, for the freight lane and for offers that compare totals.
#[derive(Debug, Clone)]
pub struct Journey {
    pub templates: Arc<Vec<Template>>,
    pub district_code: String,
    /// Brought by a store: by its rule, over so many metres, instead of the templates.
    pub local: Option<(DeliveryRule, i64)>,
}

/// A line, what is taken off it, and the pieces concerned.
type Share = (usize, Fen, i64);

/// A quote while it is being priced.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub lines: Vec<DraftLine>,
    /// What is left of the fee, of all shops.
    pub freight: Fen,
    /// The same by shop, in the order of their lines.
    pub freights: Vec<(Id, Fen)>,
    pub explanation: Vec<Explanation>,
    pub problems: Vec<QuoteProblem>,
    pub applied: Vec<Applied>,
    pub journey: Option<Journey>,
    /// What a lane decided for a later one: the coupon that will take the freight.
    pub plans: Vec<(LaneName, Source)>,
    /// With lines of several shops or from several places: what each order will be. See [`Draft::split`].
    pub by_order: Vec<(OrderOf, Draft)>,
    proposals: Vec<PriceOffer>,
    activity: Option<Source>,
}

impl Draft {
    pub(super) fn of_lines(lines: Vec<DraftLine>) -> Self {
        Draft { lines, ..Draft::default() }
    }
    pub fn goods(&self) -> Fen {
        Fen(self.lines.iter().map(|line| line.amount.0).sum())
    }
    pub fn discount(&self) -> Fen {
        Fen(self.lines.iter().map(|line| line.discount.0).sum())
    }
    pub fn total(&self) -> Fen {
        Fen(self.goods().0 + self.discount().0 + self.freight.0)
    }
    pub fn placeable(&self) -> bool {
        self.problems.is_empty()
    }

    /// Something stands against placing the order.
    pub fn problem(&mut self, sku_id: Option<Id>, code: &str, message: impl Into<String>) {
        self.problems.push(QuoteProblem { sku_id, code: code.into(), message: message.into() });
    }

    /// Positions of the lines a lane may touch.
    pub fn open(&self, lane: LaneName) -> impl Iterator<Item = usize> + '_ {
        (0..self.lines.len()).filter(move |i| self.lines[*i].allows.has(lane))
    }

    // ------------------------------------------------------------ prices

    /// Lane 1: the goods of an activity at its prices (per piece). False when another activity came first. `allows`
    /// names the later lanes that may still touch these lines.
    pub fn activity(&mut self, source: Source, label: &str, prices: &[(usize, Fen)], allows: Lanes) -> Result<bool> {
        if self.activity.is_some() {
            self.decline(LaneName::Activity, Some(source), label, "一单只能参加一个活动");
            return Ok(false);
        }
        self.activity = Some(source.clone());
        let mut offs = Vec::with_capacity(prices.len());
        for (line, price) in prices {
            let l = &self.lines[*line];
            offs.push((*line, l.amount.minus(price.times(l.quantity)?)?));
        }
        self.take_off_each(LaneName::Activity, source, label, &offs);
        for (line, _) in prices {
            self.lines[*line].allows = allows;
        }
        Ok(true)
    }

    /// Lane 2: a lower price; the lowest wins, piece by piece.
    pub fn propose(&mut self, offer: PriceOffer) {
        self.proposals.push(offer);
    }

    /// Ends lane 2. A price that holds for some pieces only takes those; the rest take the next best.
    pub(crate) fn settle_prices(&mut self) -> Result<()> {
        let mut proposals = std::mem::take(&mut self.proposals);
        // Stable: of equal prices the offer that was asked first wins.
        proposals.sort_by_key(|offer| offer.unit_price);
        let mut left: Vec<i64> = self.lines.iter().map(|line| line.quantity).collect();
        let mut won: Vec<(PriceOffer, Vec<Share>)> = Vec::new();
        for offer in proposals {
            let Some(line) = self.lines.get(offer.line).filter(|line| line.allows.has(LaneName::BestPrice)) else {
                continue;
            };
            if offer.unit_price >= line.unit_price {
                continue;
            }
            let pieces = offer.pieces.unwrap_or(i64::MAX).min(left[offer.line]);
            let reached = won.iter_mut().find(|(known, _)| known.source == offer.source);
            if pieces <= 0 {
                if reached.is_none() && offer.pieces != Some(0) {
                    self.decline(LaneName::BestPrice, Some(offer.source), &offer.label, "已有更低的价格");
                }
                continue;
            }
            left[offer.line] -= pieces;
            let off = line.unit_price.minus(offer.unit_price)?.times(pieces)?;
            match reached {
                Some((_, parts)) => parts.push((offer.line, off, pieces)),
                None => {
                    let part = (offer.line, off, pieces);
                    won.push((offer, vec![part]));
                }
            }
        }
        for (offer, parts) in won {
            self.apply(LaneName::BestPrice, offer.source, &offer.label, &parts);
            for (line, ..) in parts {
                let line = &mut self.lines[line];
                line.allows = line.allows.and(offer.allows);
            }
        }
        Ok(())
    }

    // ------------------------------------------------------------ discounts

    /// Takes `off` (positive) from the named lines together, spread by what they still pay. Answers what was taken.
    pub fn take_off(&mut self, lane: LaneName, source: Source, label: &str, off: Fen, lines: &[usize]) -> Fen {
        let lines: Vec<usize> = lines.iter().copied().filter(|i| self.lines[*i].allows.has(lane)).collect();
        let weights: Vec<i64> = lines.iter().map(|i| self.lines[*i].payable.0).collect();
        let off = off.min(Fen(weights.iter().sum()));
        if off <= Fen::ZERO {
            return Fen::ZERO;
        }
        let parts = prorate(off, &weights);
        let parts: Vec<Share> =
            lines.into_iter().zip(parts).map(|(i, part)| (i, part, self.lines[i].quantity)).collect();
        self.apply(lane, source, label, &parts)
    }

    /// Takes an amount (positive) from each named line. Answers what was taken.
    pub fn take_off_each(&mut self, lane: LaneName, source: Source, label: &str, offs: &[(usize, Fen)]) -> Fen {
        let parts: Vec<Share> = offs
            .iter()
            .filter(|(i, _)| self.lines[*i].allows.has(lane))
            .map(|(i, off)| (*i, *off, self.lines[*i].quantity))
            .collect();
        self.apply(lane, source, label, &parts)
    }

    fn apply(&mut self, lane: LaneName, source: Source, label: &str, parts: &[Share]) -> Fen {
        let mut applied = Vec::with_capacity(parts.len());
        let mut taken = 0;
        for (i, off, pieces) in parts {
            let line = &mut self.lines[*i];
            let off = (*off).clamp(Fen::ZERO, line.payable);
            if off == Fen::ZERO {
                continue;
            }
            let before = line.payable;
            line.discount = Fen(line.discount.0 - off.0);
            line.payable = Fen(before.0 - off.0);
            taken += off.0;
            applied.push(Part { line: *i, amount: Fen(-off.0), pieces: *pieces, before, after: line.payable });
        }
        if taken > 0 {
            let amount = Fen(-taken);
            self.note(lane, Some(source.clone()), label, amount, true, None, false);
            let (kind, label) = (RowKind::Discount, label.to_owned());
            let (quantity, freight) = (0, Vec::new());
            self.applied.push(Applied { lane, kind, source, label, amount, quantity, parts: applied, freight });
        }
        Fen(taken)
    }

    /// Goods that come for nothing; they are reserved and sent like the others.
    pub fn give(&mut self, source: Source, label: &str, sku: SkuForSale, quantity: i64) {
        let line = self.lines.len();
        self.lines.push(DraftLine {
            sku,
            quantity,
            unit_price: Fen::ZERO,
            amount: Fen::ZERO,
            discount: Fen::ZERO,
            payable: Fen::ZERO,
            gift: true,
            from: None,
            allows: Lanes::NONE,
        });
        self.note(LaneName::Promotion, Some(source.clone()), label, Fen::ZERO, true, None, false);
        let part = Part { line, amount: Fen::ZERO, pieces: quantity, before: Fen::ZERO, after: Fen::ZERO };
        self.applied.push(Applied {
            lane: LaneName::Promotion,
            kind: RowKind::Gift,
            source,
            label: label.to_owned(),
            amount: Fen::ZERO,
            quantity,
            parts: vec![part],
            freight: Vec::new(),
        });
    }

    /// What the order earns: points, growth, a coupon. Costs nothing.
    pub fn reward(&mut self, source: Source, label: &str, quantity: i64) {
        self.note(LaneName::Reward, Some(source.clone()), label, Fen::ZERO, true, None, false);
        self.applied.push(Applied {
            lane: LaneName::Reward,
            kind: RowKind::Gift,
            source,
            label: label.to_owned(),
            amount: Fen::ZERO,
            quantity,
            parts: Vec::new(),
            freight: Vec::new(),
        });
    }

    // ------------------------------------------------------------ words

    /// Says why something did not apply.
    pub fn decline(&mut self, lane: LaneName, source: Option<Source>, label: &str, reason: impl Into<String>) {
        self.note(lane, source, label, Fen::ZERO, false, Some(reason.into()), false);
    }

    /// Says what is missing until something applies.
    pub fn fall_short(&mut self, lane: LaneName, source: Source, label: &str, missing: impl Into<String>) {
        self.decline(lane, Some(source), label, missing);
        if let Some(last) = self.explanation.last_mut() {
            last.short = true;
        }
    }

    /// Adds to the last sentence, for instance what the next step needs.
    pub fn hint(&mut self, text: impl Into<String>) {
        if let Some(last) = self.explanation.last_mut() {
            last.reason = Some(text.into());
        }
    }

    /// Says that something would apply if the member chose it.
    pub fn offer_instead(&mut self, lane: LaneName, source: Source, label: &str, reason: impl Into<String>) {
        self.note(lane, Some(source), label, Fen::ZERO, false, Some(reason.into()), true);
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of an explanation, in their order")]
    pub(crate) fn note(
        &mut self,
        lane: LaneName,
        source: Option<Source>,
        label: &str,
        amount: Fen,
        applied: bool,
        reason: Option<String>,
        choosable: bool,
    ) {
        let (label, amount_fen) = (label.to_owned(), amount.0);
        self.explanation.push(Explanation {
            lane,
            label,
            amount_fen,
            applied,
            reason,
            source,
            choosable,
            short: false,
        });
    }
}
