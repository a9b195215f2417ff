//! Chance with a seed, and the carts and rules made from it.
#![allow(clippy::unwrap_used, dead_code, reason = "tests may; tests and bench use different parts")]

use campaign::coupon::{Candidate, CouponRule, CouponRules, CouponSource, Held, Template, Validity};
use campaign::limited::{LimitedPrice, LimitedRules};
use campaign::promotion::{
    BundleStep, DiscountStep, GiftItem, GiftStep, LiveRule, NthStep, Promotion, PromotionRules, Rule, SaveStep,
};
use campaign::scope::{Audience, AudienceKind, CampaignStatus, Need, Scope, ScopeKind};
use goods::catalog::SkuForSale;
use goods::freight::{FreeRule, Rule as FreightRule, Template as FreightTemplate, Unit};
use kernel::{Fen, Id, Instant};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use trade::cart::Item;
use trade::offers::{Lanes, Standing};
use trade::quote::{Facts, Place, QuotedShop};

/// From the environment, else by chance.
pub fn seed() -> u64 {
    let given = std::env::var("QUOTE_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| RandomState::new().hash_one(7) >> 16)
}

/// xorshift64*.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    /// `low..=high`.
    pub fn roll(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from((self.next() >> 11) % u64::try_from(high - low + 1).unwrap()).unwrap()
    }
    pub fn one_in(&mut self, n: i64) -> bool {
        self.roll(1, n) == 1
    }
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let j = usize::try_from(self.roll(0, i64::try_from(i).unwrap())).unwrap();
            list.swap(i, j);
        }
    }
    fn some<T>(&mut self, one_in: i64, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
        self.one_in(one_in).then(|| make(self))
    }
}

/// A cart, the rules over it, and who buys.
#[derive(Clone)]
pub struct Case {
    pub lines: Vec<(SkuForSale, i64)>,
    /// SKUs that leave from another place.
    pub elsewhere: HashMap<Id, Id>,
    pub promotions: Vec<LiveRule>,
    pub coupons: Vec<Candidate>,
    pub limited: Vec<LimitedPrice>,
    pub standing: Standing,
    pub templates: Vec<FreightTemplate>,
    pub gifts: HashMap<Id, (SkuForSale, i64)>,
}

fn sku(dice: &mut Dice, id: i64) -> SkuForSale {
    let price = match dice.roll(0, 9) {
        0 => dice.roll(0, 3),
        1..=3 => dice.roll(1, 999),
        _ => dice.roll(100, 60_000),
    };
    SkuForSale {
        sku_id: Id(id),
        product_id: Id(id / 2 + 1),
        shop_id: Id(if dice.one_in(12) { 2 } else { 1 }),
        name: format!("商品{id}"),
        option_text: String::new(),
        picture_key: None,
        category_ids: vec![Id(dice.roll(1, 3)), Id(dice.roll(11, 14))],
        brand_id: dice.some(2, |d| Id(d.roll(1, 3))),
        price: Fen(price),
        list_price: None,
        weight_g: dice.roll(0, 2_000),
        volume_cm3: 0,
        freight_template_id: None,
        return_7d: true,
        no_return_reason: None,
        purchase_limit: None,
        on_sale: true,
        shop_open: true,
    }
}

fn scope(dice: &mut Dice) -> Scope {
    let (kind, ids) = match dice.roll(0, 5) {
        0 => (ScopeKind::Category, vec![Id(dice.roll(1, 3)), Id(dice.roll(11, 14))]),
        1 => (ScopeKind::Brand, vec![Id(dice.roll(1, 3))]),
        2 => (ScopeKind::Product, vec![Id(dice.roll(1, 6)), Id(dice.roll(1, 6)), Id(dice.roll(1, 6))]),
        3 => (ScopeKind::Shop, vec![Id(dice.roll(1, 2))]),
        _ => (ScopeKind::All, vec![]),
    };
    let excluded_product_ids = if dice.one_in(4) { vec![Id(dice.roll(1, 6))] } else { vec![] };
    Scope { kind, ids, excluded_product_ids }
}

fn audience(dice: &mut Dice) -> Audience {
    match dice.roll(0, 5) {
        0 => Audience { kind: AudienceKind::New, tier_ids: vec![] },
        1 => Audience { kind: AudienceKind::Tier, tier_ids: vec![Id(dice.roll(1, 3))] },
        _ => Audience::default(),
    }
}

fn needs(dice: &mut Dice) -> Vec<Need> {
    let by_pieces = dice.one_in(3);
    let mut size = 0;
    (0..dice.roll(1, 3))
        .map(|_| {
            size += if by_pieces { dice.roll(1, 4) } else { dice.roll(500, 40_000) };
            if by_pieces { Need::Pieces(size) } else { Need::SpendFen(size) }
        })
        .collect()
}

fn rule(dice: &mut Dice) -> Rule {
    match dice.roll(0, 5) {
        0 => {
            let need = needs(dice)[0];
            let top = if let Need::SpendFen(fen) = need { fen } else { 3_000 };
            let steps = vec![SaveStep { need, off_fen: dice.roll(1, top) }];
            Rule::SpendSave { steps, repeat: true, max_repeats: dice.some(2, |d| d.roll(1, 5)) }
        }
        1 => {
            let mut off = 0;
            let steps = needs(dice)
                .into_iter()
                .map(|need| {
                    off += dice.roll(1, 500);
                    SaveStep { need, off_fen: off }
                })
                .collect();
            Rule::SpendSave { steps, repeat: false, max_repeats: None }
        }
        2 => {
            let mut pay = 99;
            let steps = needs(dice)
                .into_iter()
                .map(|need| {
                    pay -= dice.roll(1, 25);
                    DiscountStep { need, pay_percent: pay }
                })
                .collect();
            Rule::SpendDiscount { steps, cap_fen: dice.some(3, |d| d.roll(1, 5_000)) }
        }
        3 => {
            let mut pieces = 1;
            let steps = (0..dice.roll(1, 2))
                .map(|_| {
                    pieces += dice.roll(1, 3);
                    BundleStep { pieces, price_fen: dice.roll(0, 30_000) }
                })
                .collect();
            Rule::NForPrice { steps }
        }
        4 => {
            let mut nth = 1;
            let steps = (0..dice.roll(1, 2))
                .map(|_| {
                    nth += dice.roll(1, 2);
                    NthStep { nth, pay_percent: dice.roll(0, 99) }
                })
                .collect();
            Rule::NthDiscount { steps }
        }
        _ => {
            let steps = needs(dice)
                .into_iter()
                .map(|need| GiftStep {
                    need,
                    gifts: vec![GiftItem { sku_id: Id(900 + dice.roll(0, 2)), quantity: dice.roll(1, 2) }],
                })
                .collect();
            Rule::Gift { steps }
        }
    }
}

fn promotion(dice: &mut Dice, id: i64) -> LiveRule {
    let rule = rule(dice);
    rule.check().unwrap_or_else(|e| panic!("a rule nobody could write: {e} {rule:?}"));
    let budget_left = dice.some(4, |d| Fen(d.roll(0, 8_000)));
    let promotion = Promotion {
        id: Id(id),
        name: format!("促销{id}"),
        rule,
        scope: scope(dice),
        audience: audience(dice),
        starts_at: Instant(0),
        ends_at: None,
        budget: budget_left,
        spent: Fen::ZERO,
        per_member: dice.some(4, |d| d.roll(1, 2)),
        group: format!("g{}", dice.roll(1, 3)),
        priority: dice.roll(1, 3),
        status: CampaignStatus::Published,
        updated_at: Instant(0),
    };
    LiveRule { promotion: Arc::new(promotion), uses: dice.roll(0, 1), budget_left }
}

fn coupon(dice: &mut Dice, id: i64) -> Candidate {
    let need = dice.some(2, |d| needs(d)[0]);
    let mut scope = scope(dice);
    let rule = match dice.roll(0, 4) {
        0 => CouponRule::Percent { need, pay_percent: dice.roll(1, 99), cap_fen: dice.some(2, |d| d.roll(1, 9_000)) },
        1 => {
            scope = Scope { kind: ScopeKind::Product, ids: vec![Id(dice.roll(1, 6))], excluded_product_ids: vec![] };
            CouponRule::Exchange { pieces: dice.roll(1, 3) }
        }
        2 => CouponRule::Freight { need, cap_fen: dice.some(2, |d| d.roll(1, 900)) },
        _ => CouponRule::Amount { need: None, off_fen: dice.roll(1, 9_000) },
    };
    let template = Template {
        id: Id(id),
        name: format!("券{id}"),
        shop_id: dice.some(3, |d| Id(d.roll(1, 2))),
        rule,
        scope,
        audience: audience(dice),
        validity: Validity::Days { after_days: 0, days: 7 },
        sources: vec![CouponSource::Centre],
        takes_from: Instant(0),
        takes_until: None,
        stock: None,
        taken: 0,
        per_member: 1,
        daily_quota: None,
        with_coupons: !dice.one_in(3),
        with_promotions: !dice.one_in(3),
        transferable: false,
        min_order: None,
        status: CampaignStatus::Published,
        updated_at: Instant(0),
    };
    let held =
        Held { id: Id(1_000 + id), template_id: Id(id), valid_from: Instant(0), valid_until: Instant(dice.roll(1, 3)) };
    Candidate { held, template: Arc::new(template), refused: None }
}

fn freight(dice: &mut Dice) -> FreightTemplate {
    let rule = FreightRule {
        region_codes: vec![],
        first: dice.roll(1, 3),
        first_fee_fen: dice.roll(0, 1_500),
        next: dice.roll(0, 2),
        next_fee_fen: dice.roll(0, 500),
    };
    let free = FreeRule { region_codes: vec![], min_amount_fen: Some(dice.roll(1, 60_000)), min_quantity: None };
    FreightTemplate {
        id: Id(1),
        name: "按件".into(),
        unit: Unit::Piece,
        rules: vec![rule],
        free_rules: if dice.one_in(2) { vec![free] } else { vec![] },
        no_delivery_codes: vec![],
        is_default: true,
    }
}

impl Case {
    pub fn random(dice: &mut Dice) -> Case {
        let lines: Vec<(SkuForSale, i64)> = (1..=dice.roll(1, 10))
            .map(|id| {
                let quantity = if dice.one_in(10) { dice.roll(1, 999) } else { dice.roll(1, 6) };
                (sku(dice, id), quantity)
            })
            .collect();
        let promotions = (1..=dice.roll(0, 9)).map(|id| promotion(dice, id)).collect();
        let coupons = (1..=dice.roll(0, 5)).map(|id| coupon(dice, id)).collect();
        let mut limited = Vec::new();
        for sale_id in 1..=dice.roll(0, 3) {
            let (sku, _) = &lines[usize::try_from(dice.roll(0, i64::try_from(lines.len()).unwrap() - 1)).unwrap()];
            limited.push(LimitedPrice {
                sale_id: Id(sale_id),
                name: format!("限时{sale_id}"),
                sku_id: sku.sku_id,
                price: Fen(dice.roll(0, sku.price.0.max(1))),
                left: dice.some(2, |d| d.roll(0, 5)),
                allowance: dice.some(2, |d| (d.roll(0, 3), 3)),
                allows: if dice.one_in(3) { Lanes::NONE } else { Lanes::ALL },
            });
        }
        let standing = Standing { is_new: dice.one_in(2), tier_id: dice.some(2, |d| Id(d.roll(1, 3))) };
        let gifts = (900..=902).map(|id| (Id(id), (sku(dice, id), dice.roll(0, 3)))).collect();
        let templates = if dice.one_in(3) { vec![] } else { vec![freight(dice)] };
        let elsewhere = HashMap::new();
        Case { lines, elsewhere, promotions, coupons, limited, standing, templates, gifts }
    }

    /// Exactly so many lines and rules; what the bench prices.
    pub fn of(dice: &mut Dice, lines: i64, promotions: i64, coupons: i64, limited: i64) -> Case {
        let case = Case::random(dice);
        let lines: Vec<(SkuForSale, i64)> = (1..=lines).map(|id| (sku(dice, id), dice.roll(1, 3))).collect();
        let price = |id: i64, dice: &mut Dice| {
            let sku = &lines[usize::try_from(id - 1).unwrap()].0;
            LimitedPrice {
                sale_id: Id(id),
                name: format!("限时{id}"),
                sku_id: sku.sku_id,
                price: Fen(sku.price.0 * 8 / 10),
                left: Some(dice.roll(1, 9)),
                allowance: Some((2, 2)),
                allows: Lanes::ALL,
            }
        };
        let limited = (1..=limited).map(|id| price(id, dice)).collect();
        let promotions = (1..=promotions).map(|id| promotion(dice, id)).collect();
        let coupons = (1..=coupons).map(|id| coupon(dice, id)).collect();
        let templates = vec![freight(dice)];
        Case { lines, promotions, coupons, limited, templates, ..case }
    }

    /// A cart as most are.
    pub fn small_cart(dice: &mut Dice) -> Vec<(SkuForSale, i64)> {
        (1..=dice.roll(1, 4)).map(|id| (sku(dice, id), dice.roll(1, 3))).collect()
    }

    /// The same rules, listed in another order.
    pub fn shuffled(&self, dice: &mut Dice) -> Case {
        let mut other = self.clone();
        dice.shuffle(&mut other.promotions);
        dice.shuffle(&mut other.coupons);
        other
    }

    fn shops(&self) -> Vec<QuotedShop> {
        let skus: Vec<SkuForSale> = self.lines.iter().map(|(sku, _)| sku.clone()).collect();
        QuotedShop::unnamed(&skus)
    }

    pub fn facts(&self) -> Facts {
        Facts {
            items: self.lines.iter().map(|(sku, quantity)| Item { sku_id: sku.sku_id, quantity: *quantity }).collect(),
            skus: self.lines.iter().map(|(sku, _)| sku.clone()).collect(),
            available: HashMap::new(),
            limits: vec![],
            place: Place::District { district_code: "330106".into() },
            shops: self.shops(),
            elsewhere: self.elsewhere.clone(),
            templates: Arc::new(self.templates.clone()),
            rules: vec![
                Arc::new(LimitedRules(self.limited.clone())),
                Arc::new(PromotionRules::new(self.promotions.clone(), self.standing, self.gifts.clone())),
                Arc::new(CouponRules::new(self.coupons.clone(), None)),
            ],
        }
    }
}
