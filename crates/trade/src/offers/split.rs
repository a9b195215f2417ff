//! One quote over several shops, or from several places of a shop, becomes one order each. Nothing is priced again: each
//! order gets its lines with the shares they have, each discount, fee and gift as far as it concerns them, and its own
//! explanation; a shop's freight goes with the first of its orders. What an offer counts in its source (points spent) is
//! split by what it took off, so the parts are the whole.

use super::draft::{Draft, DraftLine};
use super::lane::{Applied, Explanation, LaneName, Part, Source};
use kernel::{Fen, Id, prorate};

/// Which order a line becomes part of: its shop's, and of those the one that leaves from where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderOf {
    pub shop_id: Id,
    /// As [`DraftLine::from`].
    pub from: Option<Id>,
}

impl OrderOf {
    pub(crate) fn line(line: &DraftLine) -> Self {
        OrderOf { shop_id: line.sku.shop_id, from: line.from }
    }
}

/// Kind of the source whose id says how many points were spent.
const POINTS: &str = "points";

impl Draft {
    /// The orders of the lines, by the ids of shops and places.
    pub(crate) fn orders(&self) -> Vec<OrderOf> {
        let mut orders: Vec<OrderOf> = self.lines.iter().map(OrderOf::line).collect();
        orders.sort_unstable();
        orders.dedup();
        orders
    }

    /// The draft of each order. Rewards are not among them: they are asked for anew.
    pub(crate) fn split(&self) -> Vec<(OrderOf, Draft)> {
        let orders = self.orders();
        let counts: Vec<Vec<i64>> = self.applied.iter().map(|applied| self.counts(applied, &orders)).collect();
        let one = |at: usize| {
            let first_of_shop = at == 0 || orders[at - 1].shop_id != orders[at].shop_id;
            (orders[at], self.of_order(orders[at], first_of_shop, &|applied| counts[applied][at]))
        };
        (0..orders.len()).map(one).collect()
    }

    /// How many of the points of something that applied were spent at each order.
    fn counts(&self, applied: &Applied, orders: &[OrderOf]) -> Vec<i64> {
        if applied.lane != LaneName::Points || applied.source.kind != POINTS {
            return vec![0; orders.len()];
        }
        let of = |order: &OrderOf| {
            let mine = applied.parts.iter().filter(|part| OrderOf::line(&self.lines[part.line]) == *order);
            mine.map(|part| -part.amount.0).sum()
        };
        let weights: Vec<i64> = orders.iter().map(of).collect();
        prorate(Fen(applied.source.id.0), &weights).into_iter().map(|points| points.0).collect()
    }

    fn of_order(&self, order: OrderOf, carries_freight: bool, count: &dyn Fn(usize) -> i64) -> Draft {
        let shop = order.shop_id;
        let places: Vec<usize> = (0..self.lines.len()).filter(|i| OrderOf::line(&self.lines[*i]) == order).collect();
        let mut draft = Draft::of_lines(places.iter().map(|i| self.lines[*i].clone()).collect());
        draft.freight = if carries_freight { self.freight_of(Some(shop)) } else { Fen::ZERO };
        draft.freights = vec![(shop, draft.freight)];
        draft.journey.clone_from(&self.journey);
        let freight_of = carries_freight.then_some(shop);
        let mine: Vec<Option<Applied>> =
            self.applied.iter().enumerate().map(|(i, applied)| share(applied, freight_of, &places, count(i))).collect();
        draft.explanation = self.explain(&draft, &mine);
        draft.applied = mine.into_iter().flatten().collect();
        draft
    }

    /// What applied, in the words of the whole; what did not apply is the whole's to explain.
    fn explain(&self, draft: &Draft, mine: &[Option<Applied>]) -> Vec<Explanation> {
        let mut next = 0;
        let mut lines = Vec::new();
        for said in self.explanation.iter().filter(|said| said.applied) {
            if said.lane == LaneName::BestPrice && said.source.is_none() {
                lines.push(Explanation { amount_fen: draft.goods().0, ..said.clone() });
                continue;
            }
            // Every row was written right after its sentence.
            let row = (next..self.applied.len())
                .find(|i| self.applied[*i].lane == said.lane && said.label.ends_with(&self.applied[*i].label));
            let Some(row) = row else { continue };
            next = row + 1;
            if let Some(applied) = &mine[row] {
                let (label, amount_fen) = (applied.label.clone(), applied.amount.0);
                let source = said.source.as_ref().map(|_| applied.source.clone());
                lines.push(Explanation { label, amount_fen, source, ..said.clone() });
            }
        }
        lines
    }
}

/// What of something that applied concerns the lines at `places` and the freight of a shop; `None` when nothing does.
fn share(applied: &Applied, freight_of: Option<Id>, places: &[usize], count: i64) -> Option<Applied> {
    if !applied.freight.is_empty() {
        let part = applied.freight.iter().find(|(of, _)| Some(*of) == freight_of)?;
        return Some(Applied { amount: part.1, freight: vec![*part], ..applied.clone() });
    }
    let place = |part: &Part| places.iter().position(|i| *i == part.line).map(|line| Part { line, ..*part });
    let parts: Vec<Part> = applied.parts.iter().filter_map(place).collect();
    if parts.is_empty() {
        return None;
    }
    let amount = Fen(parts.iter().map(|part| part.amount.0).sum());
    let (source, label) = counted(applied, count);
    Some(Applied { amount, parts, source, label, ..applied.clone() })
}

/// Points spent are their source's id, and their label begins with how many.
fn counted(applied: &Applied, count: i64) -> (Source, String) {
    if applied.lane != LaneName::Points || applied.source.kind != POINTS {
        return (applied.source.clone(), applied.label.clone());
    }
    let label = match applied.label.strip_prefix(&applied.source.id.to_string()) {
        Some(rest) => format!("{count}{rest}"),
        None => applied.label.clone(),
    };
    (Source::new(POINTS, Id(count)), label)
}
