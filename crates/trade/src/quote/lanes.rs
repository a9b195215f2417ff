//! The lanes, in their fixed order. Trade itself knows two: the list price every line starts from, and freight. All else
//! comes from the offers, which see in each lane what the lanes before it left.

use super::{Facts, Place, Quote, QuoteDiscount, QuoteLine, QuoteShare, QuoteShop, QuotedShop, UnitShare};
use crate::cart;
use crate::offers::{Applied, Draft, DraftLine, Journey, LaneName, Lanes, OrderOf, RowKind, difference, shares};
use kernel::{Error, Fen, Result};
use platform::App;
use platform::storage;

/// Prices what was gathered. Pure: the same facts give the same draft.
pub fn price(facts: &Facts) -> Result<Draft> {
    let mut draft = Draft::default();
    start(&mut draft, facts)?;
    // What an order earns is asked of each order.
    let several = facts.shops.len() > 1 || !facts.elsewhere.is_empty();
    for lane in LaneName::ALL.into_iter().filter(|lane| !several || *lane != LaneName::Reward) {
        match lane {
            LaneName::BestPrice => list_price(&mut draft),
            LaneName::Freight => freight(&mut draft, facts),
            _ => {}
        }
        for rules in &facts.rules {
            rules.price(lane, &mut draft)?;
        }
        if lane == LaneName::BestPrice {
            draft.settle_prices()?;
        }
    }
    if several {
        by_order(&mut draft, facts)?;
    }
    let within = draft.lines.iter().all(|line| line.payable.0 >= 0 && line.payable <= line.amount);
    if !within || draft.total().0 < 0 || draft.freight.0 < 0 {
        return Err(Error::internal("a lane broke the bounds of a line"));
    }
    if draft.total() > Fen::MAX {
        return Err(Error::invalid("order.too_large", "订单金额太大了，请分开下单"));
    }
    Ok(draft)
}

/// Most orders of one payment: what WeChat Pay's combined payment takes.
const MOST_ORDERS: usize = 50;

/// Splits the draft into one an order, and says what each order earns.
fn by_order(draft: &mut Draft, facts: &Facts) -> Result<()> {
    let mut parts = draft.split();
    if parts.len() > MOST_ORDERS {
        draft.problem(None, "order.too_many_shops", format!("一次最多结算 {MOST_ORDERS} 家店铺的商品，请分开下单"));
    }
    for (at, (order, part)) in parts.iter_mut().enumerate() {
        let (said, before) = (part.explanation.len(), part.applied.len());
        for rules in &facts.rules {
            rules.price(LaneName::Reward, part)?;
        }
        let shop = facts.shops.iter().find(|known| known.id == order.shop_id && facts.shops.len() > 1);
        let name = shop.map_or_else(|| format!("包裹 {}", at + 1), |shop| shop.name.clone());
        for earned in &part.applied[before..] {
            draft.reward(earned.source.clone(), &format!("{name}：{}", earned.label), earned.quantity);
        }
        let declined = part.explanation[said..].iter().filter(|said| !said.applied);
        draft.explanation.extend(declined.cloned());
    }
    draft.by_order = parts;
    Ok(())
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
        let (quantity, sku, unit_price) = (item.quantity, sku.clone(), sku.price);
        let (discount, payable, gift, allows) = (Fen::ZERO, amount, false, Lanes::ALL);
        let from = facts.elsewhere.get(&item.sku_id).copied();
        draft.lines.push(DraftLine { sku, quantity, unit_price, amount, discount, payable, gift, from, allows });
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
    if let Place::Address { district_code, .. } | Place::District { district_code } = &facts.place {
        let district_code = district_code.clone();
        draft.journey = Some(Journey { templates: facts.templates.clone(), district_code, local: None });
    }
    if let Place::Local(place) = &facts.place {
        let (district_code, local) =
            (place.address.district_code.clone(), Some((place.rule.clone(), place.distance_m)));
        draft.journey = Some(Journey { templates: facts.templates.clone(), district_code, local });
    }
    Ok(())
}

fn list_price(draft: &mut Draft) {
    if !draft.lines.is_empty() {
        let goods = draft.goods();
        draft.note(LaneName::BestPrice, None, "商品金额", goods, true, None, false);
    }
}

/// Freight by the templates of the goods; free for pickup.
fn freight(draft: &mut Draft, facts: &Facts) {
    match &facts.place {
        Place::Store { name, shop_id, at_counter, .. } => {
            if shop_id.is_some_and(|own| draft.lines.iter().any(|line| line.sku.shop_id != own)) {
                let text = match at_counter {
                    true => format!("{name}的柜台只能卖本店铺的商品"),
                    false => format!("{name}只能自提本店铺的商品，其他店铺的请选快递或分开结算"),
                };
                draft.problem(None, "order.pickup_other_shop", text);
            }
            if *at_counter {
                return;
            }
            let reason = Some("自提不收运费".into());
            draft.note(LaneName::Freight, None, &format!("到{name}自提"), Fen::ZERO, true, reason, false);
        }
        Place::NoStore => draft.problem(None, "order.store_required", "请选择自提门店"),
        Place::NoAddress => {
            draft.decline(LaneName::Freight, None, "运费", "选好收货地址后计算");
            draft.problem(None, "order.address_required", "请选择收货地址");
        }
        Place::NoLocal { code, message } => draft.problem(None, code, message.clone()),
        Place::Address { .. } | Place::District { .. } | Place::Local(_) => {
            if let Place::Local(place) = &facts.place {
                super::local::freight(draft, place);
            }
            let payables: Vec<Fen> = draft.lines.iter().map(|line| line.payable).collect();
            match draft.freights_at(&payables) {
                Some(Ok(freights)) => {
                    for (shop, freight) in freights {
                        let several = facts.shops.len() > 1;
                        let whose = facts.shops.iter().find(|known| several && known.id == shop);
                        for (label, fee) in freight.explanation {
                            draft.charge(shop, whose.map(|shop| shop.name.as_str()), &label, fee);
                        }
                    }
                }
                Some(Err(refusal)) => {
                    let text = format!("收货地区暂时送不到（{}）", refusal.template);
                    draft.problem(None, "freight.undeliverable", text);
                }
                None => {}
            }
        }
    }
}

/// The quote as shown and kept.
pub fn into_quote(draft: Draft, facts: &Facts, app: &App) -> Quote {
    let shops = shops(&draft, facts);
    let local = match &facts.place {
        Place::Local(place) => Some(place.quoted(&draft)),
        _ => None,
    };
    let (goods, discount, total, placeable) = (draft.goods(), draft.discount(), draft.total(), draft.placeable());
    let orders = draft.orders();
    let order_of = |line: &DraftLine| {
        let at = orders.iter().position(|order| *order == OrderOf::line(line)).unwrap_or(0);
        i64::try_from(at).unwrap_or(i64::MAX - 1) + 1
    };
    let lines = draft.lines.iter().map(|line| QuoteLine {
        sku_id: line.sku.sku_id,
        product_id: line.sku.product_id,
        shop_id: line.sku.shop_id,
        name: line.sku.name.clone(),
        option_text: line.sku.option_text.clone(),
        picture: storage::picture(app, line.sku.picture_key.as_deref().unwrap_or_default(), &line.sku.name),
        quantity: line.quantity,
        unit_price_fen: line.unit_price.0,
        amount_fen: line.amount.0,
        discount_fen: line.discount.0,
        payable_fen: line.payable.0,
        unit_shares: units(&shares(line.payable, line.quantity)),
        gift: line.gift,
        order: order_of(line),
        no_return_reason: line.sku.no_return_reason,
    });
    Quote {
        lines: lines.collect(),
        discounts: discounts(&draft),
        shops,
        goods_fen: goods.0,
        discount_fen: discount.0,
        freight_fen: draft.freight.0,
        total_fen: total.0,
        local,
        placeable,
        explanation: draft.explanation,
        problems: draft.problems,
    }
}

/// What each shop's order will cost.
fn shops(draft: &Draft, facts: &Facts) -> Vec<QuoteShop> {
    let one = |shop: &QuotedShop| {
        let orders = draft.by_order.iter().filter(|(order, _)| order.shop_id == shop.id).map(|(_, of)| of);
        let orders: Vec<&Draft> = if draft.by_order.is_empty() { vec![draft] } else { orders.collect() };
        let sum = |of: fn(&Draft) -> Fen| orders.iter().map(|draft| of(draft).0).sum::<i64>();
        QuoteShop {
            id: shop.id,
            name: shop.name.clone(),
            orders: i64::try_from(orders.len()).unwrap_or(i64::MAX),
            goods_fen: sum(Draft::goods),
            discount_fen: sum(Draft::discount),
            freight_fen: sum(|draft| draft.freight),
            total_fen: sum(Draft::total),
        }
    };
    facts.shops.iter().map(one).collect()
}

fn discounts(draft: &Draft) -> Vec<QuoteDiscount> {
    let kept = draft.applied.iter().filter(|applied| applied.kind != RowKind::Fee || applied.amount != Fen::ZERO);
    let one = |applied: &Applied| QuoteDiscount {
        kind: applied.kind,
        lane: applied.lane,
        source: applied.source.clone(),
        label: applied.label.clone(),
        amount_fen: applied.amount.0,
        quantity: applied.quantity,
        lines: applied
            .parts
            .iter()
            .map(|part| QuoteShare {
                line: i64::try_from(part.line).unwrap_or(i64::MAX - 1) + 1,
                amount_fen: part.amount.0,
                unit_shares: units(&difference(part.before, part.after, draft.lines[part.line].quantity)),
            })
            .collect(),
    };
    kept.map(one).collect()
}

fn units(runs: &[(Fen, i64)]) -> Vec<UnitShare> {
    runs.iter().map(|(fen, units)| UnitShare { amount_fen: fen.0, units: *units }).collect()
}
