//! The freight of a draft: every shop sends its own parcels, so each has its own fee, and whatever is taken off is spread
//! over the shops it concerns by what each still asks.

use super::draft::{Draft, DraftLine};
use super::lane::{Applied, LaneName, RowKind, Source};
use crate::delivery::{self, Trip};
use goods::freight::{self, Freight, Load, Undeliverable};
use kernel::{Fen, Id, Result, prorate};

impl Draft {
    /// The shops of the lines, in the order in which they first come.
    pub fn shops(&self) -> Vec<Id> {
        let mut shops: Vec<Id> = Vec::with_capacity(1);
        for line in &self.lines {
            if !shops.contains(&line.sku.shop_id) {
                shops.push(line.sku.shop_id);
            }
        }
        shops
    }

    /// What the way would cost if the lines paid `payables`, by shop; `None` without an address.
    pub(crate) fn freights_at(&self, payables: &[Fen]) -> Option<Result<Vec<(Id, Freight)>, Undeliverable>> {
        let journey = self.journey.as_ref()?;
        let load = |(line, amount): (&DraftLine, &Fen)| Load {
            template_id: line.sku.freight_template_id,
            quantity: line.quantity,
            weight_g: line.sku.weight_g.saturating_mul(line.quantity),
            volume_cm3: line.sku.volume_cm3.saturating_mul(line.quantity),
            amount: *amount,
        };
        let mut shops = self.shops();
        if shops.is_empty() {
            shops.push(Id(0));
        }
        let of = |shop: Id| {
            let mine = |(line, _): &(&DraftLine, &Fen)| line.sku.shop_id == shop;
            if let Some((rule, distance_m)) = &journey.local {
                let mut trip = Trip { distance_m: *distance_m, weight_g: 0, goods: Fen::ZERO };
                for (line, amount) in self.lines.iter().zip(payables).filter(mine) {
                    trip.weight_g = trip.weight_g.saturating_add(line.sku.weight_g.saturating_mul(line.quantity));
                    trip.goods.0 += amount.0;
                }
                let parts = delivery::parts(rule, &trip).into_iter().map(|part| (part.label, part.fee));
                let fee = delivery::fee(rule, &trip);
                return Ok((shop, Freight { fee, explanation: parts.collect() }));
            }
            let loads: Vec<Load> = self.lines.iter().zip(payables).filter(mine).map(load).collect();
            freight::fee(&journey.templates, &loads, &journey.district_code).map(|freight| (shop, freight))
        };
        Some(shops.into_iter().map(of).collect())
    }

    /// The fees if the lines paid `payables`, by shop; none where they are not known.
    pub fn fees_at(&self, payables: &[Fen]) -> Vec<(Id, Fen)> {
        let known = self.freights_at(payables).and_then(Result::ok).unwrap_or_default();
        known.into_iter().map(|(shop, freight)| (shop, freight.fee)).collect()
    }

    /// What is left of the fee of one shop, or of all.
    pub fn freight_of(&self, shop: Option<Id>) -> Fen {
        match shop {
            Some(shop) => self.freights.iter().find(|(known, _)| *known == shop).map_or(Fen::ZERO, |(_, fee)| *fee),
            None => self.freight,
        }
    }

    /// A part of a shop's fee; `whose` names the shop where there are several.
    pub(crate) fn charge(&mut self, shop: Id, whose: Option<&str>, label: &str, fee: Fen) {
        self.freight = Fen(self.freight.0 + fee.0);
        match self.freights.iter_mut().find(|(known, _)| *known == shop) {
            Some((_, known)) => known.0 += fee.0,
            None => self.freights.push((shop, fee)),
        }
        let said = whose.map_or_else(|| label.to_owned(), |name| format!("{name}·{label}"));
        self.note(LaneName::Freight, None, &said, fee, true, None, false);
        self.freight_row(RowKind::Fee, Source::new("freight", Id(0)), label, fee, vec![(shop, fee)]);
    }

    /// Takes `off` (positive) from the fee of one shop, or of all together. Answers what was taken.
    pub fn take_off_freight(&mut self, source: Source, label: &str, off: Fen, shop: Option<Id>) -> Fen {
        let off = off.clamp(Fen::ZERO, self.freight_of(shop));
        if off == Fen::ZERO {
            return off;
        }
        let concerned = |of: Id| shop.is_none_or(|shop| shop == of);
        let weights: Vec<i64> = self.freights.iter().map(|(of, fee)| if concerned(*of) { fee.0 } else { 0 }).collect();
        let mut parts = Vec::with_capacity(weights.len());
        for ((of, fee), part) in self.freights.iter_mut().zip(prorate(off, &weights)) {
            fee.0 -= part.0;
            if part > Fen::ZERO {
                parts.push((*of, Fen(-part.0)));
            }
        }
        self.freight = Fen(self.freight.0 - off.0);
        let amount = Fen(-off.0);
        self.note(LaneName::Freight, Some(source.clone()), label, amount, true, None, false);
        self.freight_row(RowKind::Discount, source, label, amount, parts);
        off
    }

    fn freight_row(&mut self, kind: RowKind, source: Source, label: &str, amount: Fen, freight: Vec<(Id, Fen)>) {
        let (lane, label, quantity, parts) = (LaneName::Freight, label.to_owned(), 0, Vec::new());
        self.applied.push(Applied { lane, kind, source, label, amount, quantity, parts, freight });
    }
}
