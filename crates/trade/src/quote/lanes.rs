//! The lanes, in their fixed order. Each is a small pure function over the draft and sees the amounts that the lanes
//! before it left. Today two lanes have rules: the list price each line starts from, and freight; campaigns will add
//! theirs between them through the same shape.

use super::{Explanation, Facts, LaneName, Place, Quote, QuoteLine, QuoteProblem};
use crate::cart;
use goods::catalog::SkuForSale;
use goods::freight::{self, Load};
use kernel::{Error, Fen, Result};
use platform::App;
use platform::storage;

/// A line while it is being priced.
#[derive(Debug, Clone)]
pub struct DraftLine {
    pub sku: SkuForSale,
    pub quantity: i64,
    /// `price × quantity`.
    pub amount: Fen,
    /// Zero or negative.
    pub discount: Fen,
    pub payable: Fen,
}

/// A quote while it is being priced.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub lines: Vec<DraftLine>,
    pub freight: Fen,
    pub explanation: Vec<Explanation>,
    pub problems: Vec<QuoteProblem>,
}

impl Draft {
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

    fn problem(&mut self, sku_id: Option<kernel::Id>, code: &str, message: impl Into<String>) {
        self.problems.push(QuoteProblem { sku_id, code: code.into(), message: message.into() });
    }

    /// The quote as shown and kept.
    pub fn into_quote(self, app: &App) -> Quote {
        let (goods, discount, total, placeable) = (self.goods(), self.discount(), self.total(), self.placeable());
        let lines = self.lines.iter().map(|line| QuoteLine {
            sku_id: line.sku.sku_id,
            product_id: line.sku.product_id,
            name: line.sku.name.clone(),
            option_text: line.sku.option_text.clone(),
            picture: storage::picture(app, line.sku.picture_key.as_deref().unwrap_or_default(), &line.sku.name),
            quantity: line.quantity,
            unit_price_fen: line.sku.price.0,
            amount_fen: line.amount.0,
            discount_fen: line.discount.0,
            payable_fen: line.payable.0,
        });
        Quote {
            lines: lines.collect(),
            goods_fen: goods.0,
            discount_fen: discount.0,
            freight_fen: self.freight.0,
            total_fen: total.0,
            placeable,
            explanation: self.explanation,
            problems: self.problems,
        }
    }
}

type Lane = fn(&mut Draft, &Facts) -> Result<()>;

/// Lanes that have rules today, in the order of [`LaneName`].
const LANES: [(LaneName, Lane); 2] = [(LaneName::BestPrice, best_price), (LaneName::Freight, freight)];

/// Prices what was gathered. Pure: the same facts give the same draft.
pub fn price(facts: &Facts) -> Result<Draft> {
    debug_assert!(LANES.is_sorted_by_key(|(name, _)| *name));
    let mut draft = Draft::default();
    start(&mut draft, facts)?;
    for (_, lane) in LANES {
        lane(&mut draft, facts)?;
    }
    let within = draft.lines.iter().all(|line| line.payable.0 >= 0 && line.payable <= line.amount);
    if !within || draft.total().0 < 0 {
        return Err(Error::internal("a lane broke the bounds of a line"));
    }
    if draft.total() > Fen::MAX {
        return Err(Error::invalid("order.too_large", "订单金额太大了，请分开下单"));
    }
    Ok(draft)
}

/// Every line at its list price, with what stands against buying it.
fn start(draft: &mut Draft, facts: &Facts) -> Result<()> {
    if facts.items.is_empty() {
        draft.problem(None, "order.empty", "还没有选择商品");
    }
    for item in &facts.items {
        let Some(sku) = facts.skus.iter().find(|sku| sku.sku_id == item.sku_id) else {
            draft.problem(Some(item.sku_id), "sku.gone", "这个规格已经没有了");
            continue;
        };
        // While placing nothing was read of stock: the reservation decides that, everything else is decided here.
        let available = facts.available.get(&item.sku_id).copied().unwrap_or(i64::MAX);
        if let Some(problem) = cart::problem_of(sku, available, item.quantity) {
            draft.problem(Some(item.sku_id), &problem.code, format!("{}：{}", sku.name, problem.message));
        }
        let amount = sku.price.times(item.quantity)?;
        if amount > Fen::MAX {
            return Err(Error::invalid("order.too_large", "订单金额太大了，请分开下单"));
        }
        let (quantity, sku) = (item.quantity, sku.clone());
        draft.lines.push(DraftLine { sku, quantity, amount, discount: Fen::ZERO, payable: amount });
    }
    for (product_id, name, limit, bought) in &facts.limits {
        let wanted: i64 = draft.lines.iter().filter(|l| l.sku.product_id == *product_id).map(|l| l.quantity).sum();
        if bought + wanted > *limit {
            let text = match bought {
                0 => format!("{name}：每人限购 {limit} 件"),
                _ => format!("{name}：每人限购 {limit} 件，你已经买过 {bought} 件"),
            };
            draft.problem(None, "cart.over_limit", text);
        }
    }
    Ok(())
}

/// The lowest of the prices a SKU has; today that is its own price.
fn best_price(draft: &mut Draft, _: &Facts) -> Result<()> {
    let amount_fen = draft.goods().0;
    if !draft.lines.is_empty() {
        let label = "商品金额".into();
        draft.explanation.push(Explanation {
            lane: LaneName::BestPrice,
            label,
            amount_fen,
            applied: true,
            reason: None,
        });
    }
    Ok(())
}

/// Freight by the templates of the goods; free for pickup.
fn freight(draft: &mut Draft, facts: &Facts) -> Result<()> {
    let mut explain = |label: String, amount_fen: i64, applied: bool, reason: Option<String>| {
        draft.explanation.push(Explanation { lane: LaneName::Freight, label, amount_fen, applied, reason });
    };
    let district_code = match &facts.place {
        Place::Store { name, .. } => {
            explain(format!("到{name}自提"), 0, true, Some("自提不收运费".into()));
            return Ok(());
        }
        Place::Address { district_code, .. } => district_code,
        Place::NoStore => {
            draft.problem(None, "order.store_required", "请选择自提门店");
            return Ok(());
        }
        Place::NoAddress => {
            explain("运费".into(), 0, false, Some("选好收货地址后计算".into()));
            draft.problem(None, "order.address_required", "请选择收货地址");
            return Ok(());
        }
    };
    let loads: Vec<Load> = draft
        .lines
        .iter()
        .map(|line| Load {
            template_id: line.sku.freight_template_id,
            quantity: line.quantity,
            weight_g: line.sku.weight_g.saturating_mul(line.quantity),
            volume_cm3: line.sku.volume_cm3.saturating_mul(line.quantity),
            amount: line.payable,
        })
        .collect();
    match freight::fee(&facts.templates, &loads, district_code) {
        Ok(freight) => {
            for (label, fee) in freight.explanation {
                explain(label, fee.0, true, None);
            }
            draft.freight = freight.fee;
        }
        Err(refusal) => {
            draft.problem(None, "freight.undeliverable", format!("收货地区暂时送不到（{}）", refusal.template));
        }
    }
    Ok(())
}
