//! What a notice can say: the values of each kind of message, the rule a merchant writes, and what vendors let through.

use crate::message::{Message, MessageKind};
use kernel::{Error, Fen, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A value that texts may name in braces: `{goods}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeValue {
    pub name: &'static str,
    pub label: &'static str,
    pub example: &'static str,
}

/// One field of a template and the text for it, with values in braces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeField {
    /// The template's name of it: `thing1` at WeChat, `goods` in a text message.
    pub name: String,
    pub text: String,
}

/// A subscribe message of the mini program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribeRule {
    pub on: bool,
    pub template_id: String,
    pub fields: Vec<NoticeField>,
}

/// When a text message is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmsWhen {
    #[default]
    Never,
    /// Only when no subscribe message reached the member.
    Fallback,
    Always,
}

/// A text message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsRule {
    pub when: SmsWhen,
    /// The carrier's code, `SMS_…`.
    pub template_code: String,
    pub params: Vec<NoticeField>,
}

/// Where messages of one kind go besides the message centre.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeRule {
    pub subscribe: SubscribeRule,
    pub sms: SmsRule,
}

type Spec = (&'static str, &'static str, &'static str);
const COMMON: [Spec; 4] = [
    ("title", "消息标题", ""),
    ("text", "消息内容", ""),
    ("time", "时间", "2026-11-25 14:30"),
    ("mall", "商城名称", "河坊生活"),
];
const NUMBER: Spec = ("number", "订单号", "HF2611250001");
const GOODS: Spec = ("goods", "商品", "西湖龙井 明前特级");
const QUANTITY: Spec = ("quantity", "件数", "2");
const COUPON: Spec = ("coupon", "券名", "满 100 减 20");
const WORDS: Spec = ("words", "券的说明", "满100元减20元");
const SERVICE: Spec = ("service", "服务", "茶艺体验");
const START: Spec = ("start", "预约时间", "2026-12-01 14:00");
const STORE: Spec = ("store", "门店", "湖滨店");
const BOOKING: [Spec; 4] = [SERVICE, START, STORE, ("people", "人数", "2")];
const DAY: Spec = ("day", "到期日", "2026-12-01");

/// Name, heading, example title and text of a kind.
pub const fn label(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::OrderPaid => "付款成功",
        MessageKind::OrderShipped => "已发货",
        MessageKind::OrderReady => "可以自提",
        MessageKind::PickupExpiring => "自提快到期",
        MessageKind::PickupCalled => "请来取货",
        MessageKind::OrderCompleted => "订单完成",
        MessageKind::OrderClosed => "订单关闭",
        MessageKind::RefundDone => "退款到账",
        MessageKind::AfterSale => "售后进展",
        MessageKind::CouponReceived => "收到优惠券",
        MessageKind::CouponExpiring => "优惠券快到期",
        MessageKind::PointsExpiring => "积分快到期",
        MessageKind::MemberGift => "会员礼（生日、每月）",
        MessageKind::TierChanged => "等级变化",
        MessageKind::RenewalDue => "付费会员到期",
        MessageKind::BalanceChanged => "余额变动",
        MessageKind::BookingMade => "预约成功",
        MessageKind::BookingReminder => "预约快到了",
        MessageKind::BookingChanged => "预约改时间",
        MessageKind::BookingCancelled => "预约取消",
        MessageKind::FittingReady => "留货已备好",
        MessageKind::FittingRefused => "留货没能留住",
    }
}

/// Offers, which the law lets go to a phone number only when the member agreed to marketing.
pub const fn is_marketing(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::CouponReceived | MessageKind::CouponExpiring | MessageKind::MemberGift)
}

fn example(kind: MessageKind) -> (&'static str, &'static str) {
    match kind {
        MessageKind::OrderPaid => ("付款成功", "“西湖龙井 明前特级”等 2 件 已付款 ¥199.00，我们会尽快发货。"),
        MessageKind::OrderShipped => ("已发货", "“西湖龙井 明前特级”等 2 件 由顺丰速运送来，单号 SF1000000001。"),
        MessageKind::OrderReady => ("可以来取了", "“西湖龙井 明前特级”等 2 件 已在湖滨店备好，出示取货码就可以拿走。"),
        MessageKind::PickupExpiring => {
            ("记得来取货", "“西湖龙井 明前特级”等 2 件 还在湖滨店等您，2026-12-01 前没有取走会自动退款。")
        }
        MessageKind::PickupCalled => ("请来取货", "“西湖龙井 明前特级”等 2 件 在湖滨店柜台等您，现在就可以来取。"),
        MessageKind::OrderCompleted => ("订单完成", "“西湖龙井 明前特级”等 2 件 已完成。用着怎么样，写个评价吧。"),
        MessageKind::OrderClosed => ("订单已关闭", "“西湖龙井 明前特级”等 2 件 的订单已关闭：超时未付款，订单关闭。"),
        MessageKind::RefundDone => ("退款到账", "“西湖龙井 明前特级”等 2 件 的退款 ¥199.00 已原路退回。"),
        MessageKind::AfterSale => ("请寄回商品", "“西湖龙井 明前特级”的售后已同意，请按地址寄回并填写运单号。"),
        MessageKind::CouponReceived => {
            ("收到一张优惠券", "“满 100 减 20”：满100元减20元，已放进你的券包，下单时自动使用。")
        }
        MessageKind::CouponExpiring => ("优惠券快到期了", "“满 100 减 20”（满100元减20元）2026-12-01 到期，别忘了用。"),
        MessageKind::PointsExpiring => ("积分快到期了", "有 300 积分将陆续到期，最早在 2026-12-01，可以在下单时抵扣"),
        MessageKind::MemberGift => ("收到会员礼", "生日礼到了：100 积分和一张优惠券"),
        MessageKind::TierChanged => ("会员等级变了", "升级为金卡，权益已经生效"),
        MessageKind::RenewalDue => ("会员快到期了", "年卡将于 2026-12-01 到期。续费 ¥99.00，不会自动扣款"),
        MessageKind::BalanceChanged => ("余额变动", "储值：余额 +100.00 元，现在是 188.00 元。"),
        MessageKind::FittingReady => ("留好了", "“西湖龙井 明前特级”等 2 件 已在湖滨店备好，来试试吧。"),
        MessageKind::FittingRefused => ("没能留住", "湖滨店留不了 “西湖龙井 明前特级”：最后一件有瑕疵。"),
        MessageKind::BookingMade => ("约好了", "“茶艺体验” 2026-12-01 14:00，湖滨店，2 人。到店出示预约码。"),
        MessageKind::BookingReminder => ("别忘了预约", "“茶艺体验” 2026-12-01 14:00，湖滨店，2 人。到店出示预约码。"),
        MessageKind::BookingChanged => ("预约改了时间", "“茶艺体验” 改到 2026-12-01 14:00，湖滨店：老师请假。"),
        MessageKind::BookingCancelled => {
            ("预约取消了", "“茶艺体验” 2026-12-01 14:00，湖滨店：老师请假。定金 ¥30.00 原路退回。")
        }
    }
}

/// What texts of a kind may name.
pub fn values(kind: MessageKind) -> Vec<NoticeValue> {
    let own: &[Spec] = match kind {
        MessageKind::OrderPaid | MessageKind::RefundDone | MessageKind::AfterSale => {
            &[NUMBER, GOODS, QUANTITY, ("amount", "金额", "199.00元")]
        }
        MessageKind::OrderShipped => &[
            NUMBER,
            GOODS,
            QUANTITY,
            ("carrier", "快递公司", "顺丰速运"),
            ("tracking_number", "运单号", "SF1000000001"),
        ],
        MessageKind::OrderReady | MessageKind::PickupCalled => &[NUMBER, GOODS, QUANTITY, ("store", "门店", "湖滨店")],
        MessageKind::PickupExpiring => &[NUMBER, GOODS, QUANTITY, ("store", "门店", "湖滨店"), DAY],
        MessageKind::OrderCompleted => &[NUMBER, GOODS, QUANTITY],
        MessageKind::OrderClosed => &[NUMBER, GOODS, QUANTITY, ("reason", "原因", "超时未付款，订单关闭")],
        MessageKind::CouponReceived => &[COUPON, WORDS],
        MessageKind::CouponExpiring => &[COUPON, WORDS, DAY, ("count", "张数", "1")],
        MessageKind::PointsExpiring => &[DAY, ("points", "积分", "300")],
        MessageKind::MemberGift => &[],
        MessageKind::FittingReady => &[GOODS, QUANTITY, STORE],
        MessageKind::FittingRefused => &[GOODS, STORE, ("reason", "原因", "最后一件有瑕疵")],
        MessageKind::BookingMade | MessageKind::BookingReminder | MessageKind::BookingChanged => &BOOKING,
        MessageKind::BookingCancelled => {
            &[SERVICE, START, STORE, ("reason", "原因", "老师请假"), ("amount", "退回定金", "30.00元")]
        }
        MessageKind::TierChanged => &[("tier", "等级", "金卡")],
        MessageKind::RenewalDue => &[("plan", "方案", "年卡"), DAY, ("amount", "续费金额", "99.00元")],
        MessageKind::BalanceChanged => {
            &[("what", "事由", "储值"), ("amount", "变动", "+100.00元"), ("left", "现在的余额", "188.00元")]
        }
    };
    let (title, text) = example(kind);
    let filled = |(name, label, plain): Spec| {
        let example = match name {
            "title" => title,
            "text" => text,
            _ => plain,
        };
        NoticeValue { name, label, example }
    };
    own.iter().chain(&COMMON).copied().map(filled).collect()
}

/// Values of examples.
pub fn examples(kind: MessageKind) -> BTreeMap<String, String> {
    values(kind).into_iter().map(|value| (value.name.to_owned(), value.example.to_owned())).collect()
}

/// Values of a message.
pub fn values_of(message: &Message, mall: &str, utc_offset_ms: i64) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for value in values(message.kind) {
        let fen = |name: &str| message.facts.get(name).and_then(serde_json::Value::as_i64);
        let text = match value.name {
            "title" => message.title.clone(),
            "text" => message.text.clone(),
            "mall" => mall.to_owned(),
            "time" => {
                (message.created_at + utc_offset_ms).to_string().chars().take(16).collect::<String>().replace('T', " ")
            }
            "amount" if message.kind == MessageKind::BalanceChanged => {
                fen("amount_fen").map_or_else(String::new, signed)
            }
            "amount" => fen("amount_fen").map_or_else(String::new, |amount| format!("{}元", Fen(amount))),
            "left" => fen("left_fen").map_or_else(String::new, |amount| format!("{}元", Fen(amount))),
            name => match message.facts.get(name) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(serde_json::Value::Number(number)) => number.to_string(),
                _ => String::new(),
            },
        };
        found.insert(value.name.to_owned(), text);
    }
    found
}

fn signed(amount: i64) -> String {
    if amount < 0 { format!("-{}元", Fen(-amount)) } else { format!("+{}元", Fen(amount)) }
}

/// The text with its values; a value that is empty leaves a dash, since vendors refuse empty fields.
pub fn rendered(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) if values.contains_key(name) => {
                out.push_str(&values[name]);
                rest = tail;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    let tidy = out.trim();
    if tidy.is_empty() { "-".to_owned() } else { tidy.to_owned() }
}

/// How many characters a kind of field at WeChat takes. Source: 订阅消息参数值内容限制说明.
const LIMITS: [(&str, usize); 13] = [
    ("thing", 20),
    ("number", 32),
    ("letter", 32),
    ("symbol", 5),
    ("character_string", 32),
    ("time", 24),
    ("date", 24),
    ("amount", 13),
    ("phone_number", 17),
    ("car_number", 8),
    ("name", 10),
    ("phrase", 5),
    ("const", 20),
];

fn limit(field: &str) -> Option<usize> {
    let kind = field.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = kind.len() < field.len() && field.len() - kind.len() <= 2;
    LIMITS.iter().find(|(name, _)| numbered && *name == kind).map(|(_, most)| *most)
}

/// The text as WeChat takes it in this field, and whether something was left out.
pub fn fitted(field: &str, text: &str) -> (String, bool) {
    let most = limit(field).unwrap_or(20);
    let ascii = field.starts_with("character_string") || field.starts_with("letter") || field.starts_with("number");
    let whole: String = text.chars().filter(|c| !c.is_control() && (!ascii || c.is_ascii())).collect();
    let whole = if whole.trim().is_empty() { "-".to_owned() } else { whole };
    let cut = shortened(&whole, most, !ascii);
    let changed = cut != text;
    (cut, changed)
}

/// The text as text messages take it in a variable.
pub fn fitted_sms(text: &str) -> (String, bool) {
    let cut = shortened(text, 35, true);
    let changed = cut != text;
    (cut, changed)
}

fn shortened(text: &str, most: usize, dots: bool) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = if dots && most > 5 { most - 1 } else { most };
    let cut: String = text.chars().take(kept).collect();
    if kept < most { format!("{cut}…") } else { cut }
}

impl NoticeRule {
    /// True when anything goes to phones.
    pub fn is_on(&self) -> bool {
        self.subscribe.on || self.sms.when != SmsWhen::Never
    }

    /// Tidied and checked for a kind; 400 at the first field that does not fit. What is switched off may be unfinished.
    pub fn checked(mut self, kind: MessageKind) -> Result<Self> {
        let known = examples(kind);
        let tidy = |fields: &mut Vec<NoticeField>| {
            for field in fields.iter_mut() {
                field.name = field.name.trim().to_owned();
                field.text = field.text.trim().to_owned();
            }
            fields.retain(|field| !field.name.is_empty() || !field.text.is_empty());
        };
        self.subscribe.template_id = self.subscribe.template_id.trim().to_owned();
        self.sms.template_code = self.sms.template_code.trim().to_owned();
        tidy(&mut self.subscribe.fields);
        tidy(&mut self.sms.params);
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let id = &self.subscribe.template_id;
        if !(plain(id) && id.len() <= 64) || (self.subscribe.on && id.len() < 20) {
            return Err(Error::field("subscribe.template_id", "请填写小程序后台里的模板 ID"));
        }
        if self.subscribe.on && self.subscribe.fields.is_empty() {
            return Err(Error::field("subscribe.fields", "请按模板添加字段"));
        }
        let code = &self.sms.template_code;
        let is_code = code.strip_prefix("SMS_").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if (!code.is_empty() || self.sms.when != SmsWhen::Never) && (!is_code || code.len() > 40) {
            return Err(Error::field("sms.template_code", "短信模板的写法是 SMS_ 加数字"));
        }
        for (path, fields) in [("subscribe.fields", &self.subscribe.fields), ("sms.params", &self.sms.params)] {
            if fields.len() > 10 {
                return Err(Error::field(path, "最多 10 个字段"));
            }
            for (at, field) in fields.iter().enumerate() {
                let twice = fields[..at].iter().any(|other| other.name == field.name);
                let fits = if path == "sms.params" {
                    !field.name.is_empty() && field.name.len() <= 20 && plain(&field.name)
                } else {
                    limit(&field.name).is_some()
                };
                if !fits || twice {
                    let example = if path == "sms.params" { "goods" } else { "thing1" };
                    return Err(Error::field(
                        format!("{path}[{at}].name"),
                        format!("照模板填写，像 {example}，不能重复"),
                    ));
                }
                if field.text.is_empty() || field.text.chars().count() > 100 {
                    return Err(Error::field(format!("{path}[{at}].text"), "请填写 1 到 100 个字"));
                }
                if let Some(odd) = braces(&field.text).find(|name| !known.contains_key(*name)) {
                    return Err(Error::field(format!("{path}[{at}].text"), format!("没有 {{{odd}}} 这个值")));
                }
            }
        }
        Ok(self)
    }
}

/// Names in braces.
fn braces(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}
