//! Why members ask: which reasons fit which kind of after-sale, and until when each may be given. Returning without a
//! reason is the law's: seven days from the day after the goods were received, unless the goods are excluded. Everything
//! else may be asked for within the shop's own window after the order was completed.

use super::model::{Kind, Stage};
use super::rules::AfterSaleRules;
use kernel::{Error, Instant, Result, days};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One reason.
#[derive(Debug, Clone, Copy)]
pub struct Reason {
    pub code: &'static str,
    pub label: &'static str,
    stage: Stage,
    kinds: &'static [Kind],
    /// Kinds with which it is a return without a reason in the eyes of the law.
    without_reason: &'static [Kind],
    fault: Fault,
}

/// Who has to answer for it; the shop's own fault brings back the freight of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AfterSaleFault)]
pub enum Fault {
    Shop,
    Member,
    Nobody,
}

/// A reason as offered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReasonChoice {
    pub code: String,
    pub label: String,
    pub fault: Fault,
}

const ALL_KINDS: &[Kind] = &[Kind::RefundOnly, Kind::ReturnRefund, Kind::Exchange];
const RETURN: &[Kind] = &[Kind::ReturnRefund];
const SWAP: &[Kind] = &[Kind::ReturnRefund, Kind::Exchange];
const MONEY: &[Kind] = &[Kind::RefundOnly];

const fn unsent(code: &'static str, label: &'static str) -> Reason {
    Reason { code, label, stage: Stage::Unsent, kinds: MONEY, without_reason: &[], fault: Fault::Nobody }
}

const fn sent(code: &'static str, label: &'static str, kinds: &'static [Kind]) -> Reason {
    Reason { code, label, stage: Stage::Sent, kinds, without_reason: &[], fault: Fault::Nobody }
}

const fn shops(reason: Reason) -> Reason {
    Reason { fault: Fault::Shop, ..reason }
}

const REASONS: &[Reason] = &[
    Reason { fault: Fault::Member, ..unsent("changed_mind", "不想要了") },
    Reason { fault: Fault::Member, ..unsent("wrong_choice", "拍错了，想重新买") },
    shops(unsent("too_slow", "没有按时发货")),
    unsent("agreed", "和商家商量好了"),
    unsent("other", "其他原因"),
    Reason { without_reason: RETURN, fault: Fault::Member, ..sent("no_reason", "七天无理由退货", RETURN) },
    Reason { without_reason: RETURN, fault: Fault::Member, ..sent("unsuitable", "大小、规格不合适", SWAP) },
    shops(sent("quality", "质量有问题", ALL_KINDS)),
    shops(sent("damaged", "收到时已经破损", ALL_KINDS)),
    shops(sent("wrong_goods", "发错了商品", SWAP)),
    shops(sent("not_as_described", "和描述不一样", &[Kind::RefundOnly, Kind::ReturnRefund])),
    shops(sent("missing", "少发、漏发", MONEY)),
    shops(sent("not_received", "没有收到货", MONEY)),
    sent("agreed", "和商家商量好了", ALL_KINDS),
];

impl Reason {
    fn is_without_reason(&self, kind: Kind) -> bool {
        self.without_reason.contains(&kind)
    }
}

/// Whose fault a reason says it is.
pub fn fault_of(stage: Stage, code: &str) -> Fault {
    let found = REASONS.iter().find(|reason| reason.stage == stage && reason.code == code);
    found.map_or(Fault::Nobody, |reason| reason.fault)
}

/// True for a reason of goods that were sent which the shop answers for.
pub(super) fn is_shops_fault(code: &str) -> bool {
    fault_of(Stage::Sent, code) == Fault::Shop
}

/// The words of a reason; the code itself for one this release does not know.
pub fn reason_label(stage: Stage, code: &str) -> String {
    let found = REASONS.iter().find(|reason| reason.stage == stage && reason.code == code);
    found.map_or(code, |reason| reason.label).to_owned()
}

/// What the time and the goods allow for one line.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Until when it may be returned without a reason; `None` when the goods are excluded.
    pub without_reason_until: Option<Instant>,
    /// Until when anything may be asked for.
    pub until: Instant,
}

/// The end of time, for orders that are still on their way.
const OPEN: Instant = Instant(i64::MAX);

/// The windows of a line, counted from the day after the order was completed, to the end of the mall's day.
pub fn window(rules: &AfterSaleRules, completed_at: Option<Instant>, return_7d: bool, offset: i64) -> Window {
    let end_after =
        |count: i64| completed_at.map_or(OPEN, |at| Instant(days(at.day_at_offset(offset) + count + 1) - offset));
    Window {
        without_reason_until: return_7d.then(|| end_after(7)),
        until: end_after(rules.window_days.max(if return_7d { 7 } else { 0 })),
    }
}

/// The reasons that may be given for a line now.
pub fn reasons(stage: Stage, kind: Kind, window: Window, now: Instant) -> Vec<ReasonChoice> {
    let fits = |reason: &&Reason| {
        reason.stage == stage && reason.kinds.contains(&kind) && check_window(reason, kind, window, now).is_ok()
    };
    let choice = |reason: &Reason| ReasonChoice {
        code: reason.code.to_owned(),
        label: reason.label.to_owned(),
        fault: reason.fault,
    };
    REASONS.iter().filter(fits).map(choice).collect()
}

fn check_window(reason: &Reason, kind: Kind, window: Window, now: Instant) -> Result<()> {
    if reason.stage == Stage::Unsent {
        return Ok(());
    }
    if now >= window.until {
        return Err(Error::conflict("after_sale.too_late", "已经过了售后期，请联系客服"));
    }
    if !reason.is_without_reason(kind) {
        return Ok(());
    }
    match window.without_reason_until {
        None => Err(Error::conflict("after_sale.no_return", "这件商品不支持七天无理由退货，可以选别的原因")),
        Some(until) if now >= until => {
            Err(Error::conflict("after_sale.too_late", "已经过了七天无理由退货的时间，可以选别的原因"))
        }
        Some(_) => Ok(()),
    }
}

/// Checks a reason for a line. 400 for one that does not fit the kind; `after_sale.too_late`, `after_sale.no_return` (409).
pub fn check_reason(code: &str, stage: Stage, kind: Kind, window: Window, now: Instant) -> Result<()> {
    let found = REASONS.iter().find(|reason| reason.stage == stage && reason.code == code);
    let reason = found.filter(|reason| reason.kinds.contains(&kind));
    let reason = reason.ok_or_else(|| Error::field("reason", "请选择一个原因"))?;
    check_window(reason, kind, window, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Instant, hours};

    const OFFSET: i64 = hours(8);

    fn completed(return_7d: bool) -> Window {
        // 23:30 of day 10 in the mall.
        let at = Instant(days(10) + hours(15) + 1_800_000);
        window(&AfterSaleRules::default(), Some(at), return_7d, OFFSET)
    }

    #[test]
    fn seven_days_are_counted_from_the_day_after() {
        let until = completed(true).without_reason_until.unwrap();
        assert_eq!(until, Instant(days(18) - OFFSET), "to the end of day 17");
        let check = |now| check_reason("no_reason", Stage::Sent, Kind::ReturnRefund, completed(true), now);
        assert!(check(Instant(until.0 - 1)).is_ok());
        assert!(check(until).unwrap_err().is("after_sale.too_late"));
    }

    #[test]
    fn excluded_goods_go_back_only_for_a_reason() {
        let now = Instant(days(11));
        let check = |code, kind| check_reason(code, Stage::Sent, kind, completed(false), now);
        assert!(check("no_reason", Kind::ReturnRefund).unwrap_err().is("after_sale.no_return"));
        assert!(check("unsuitable", Kind::ReturnRefund).unwrap_err().is("after_sale.no_return"));
        assert!(check("unsuitable", Kind::Exchange).is_ok());
        assert!(check("quality", Kind::ReturnRefund).is_ok());
        let offered = reasons(Stage::Sent, Kind::ReturnRefund, completed(false), now);
        assert!(!offered.is_empty() && offered.iter().all(|reason| reason.code != "no_reason"));
    }

    #[test]
    fn a_reason_fits_its_kind() {
        let open = window(&AfterSaleRules::default(), None, true, OFFSET);
        assert!(check_reason("missing", Stage::Sent, Kind::Exchange, open, Instant(0)).is_err());
        assert!(check_reason("changed_mind", Stage::Sent, Kind::RefundOnly, open, Instant(0)).is_err());
        assert!(check_reason("changed_mind", Stage::Unsent, Kind::RefundOnly, open, Instant(0)).is_ok());
    }
}
