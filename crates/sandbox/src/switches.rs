//! Failures on demand. A fault can be switched on for everything (console page or [`crate::Control`]), for one request (header
//! `X-Sandbox-Fault: late_notice,duplicate_notice`), or for one payment (`[late_notice]` anywhere in its description).

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Header that switches faults on for one request.
pub(crate) const HEADER: &str = "x-sandbox-fault";

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident $name:literal $label:literal;)*) => {
        /// One way in which the outside world goes wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Fault { $($(#[$doc])* $variant,)* }

        impl Fault {
            /// Every fault, in the order of the console.
            pub const ALL: &'static [Fault] = &[$(Fault::$variant,)*];

            /// The word in headers, descriptions and JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Fault::$variant => $name,)* }
            }

            /// What the console says about it.
            pub const fn label(self) -> &'static str {
                match self { $(Fault::$variant => $label,)* }
            }
        }
    };
}

faults! {
    /// Prepay answers 500 SYSTEM_ERROR and does nothing.
    FailPrepay "fail_prepay" "下单失败：返回系统错误，什么都不做";
    /// Any WeChat Pay request but for certificates answers 500 SYSTEM_ERROR and does nothing.
    SystemError "system_error" "支付接口全部返回系统错误";
    /// Any WeChat Pay request but for certificates answers 429 FREQUENCY_LIMITED and does nothing.
    RateLimited "rate_limited" "支付接口全部返回频率限制";
    /// The work is done, but the answer hangs past any sensible timeout.
    TimeoutAfterSuccess "timeout_after_success" "做成了，但迟迟不回答";
    /// Responses carry a signature of other bytes.
    WrongSignature "wrong_signature" "应答签名错误";
    /// Responses carry WeChat's signature probe.
    ProbeResponse "probe_response" "应答带签名探测";
    /// The payer's bank declines.
    PayerDeclined "payer_declined" "付款被银行拒绝";
    /// The payer's bank does not decide: UnionPay tells 05 until the switch is off and somebody pays again.
    PayerPending "payer_pending" "银联付款受理了，银行迟迟没有结果";
    /// Notices carry a signature of other bytes.
    WrongNoticeSignature "wrong_notice_signature" "通知签名错误";
    /// A signature probe precedes every notice.
    NoticeProbe "notice_probe" "通知之前先发签名探测";
    /// Every notice is sent twice at the same time.
    DuplicateNotice "duplicate_notice" "通知同时发两遍";
    /// The first notice comes five minutes late (times the pace).
    LateNotice "late_notice" "通知迟到五分钟";
    /// No notice is sent at all.
    NoNotice "no_notice" "不发通知";
    /// Refunds answer 403 NOT_ENOUGH.
    RefundNotEnough "refund_not_enough" "退款时余额不足";
    /// Refunds are accepted, then end as ABNORMAL.
    RefundAbnormal "refund_abnormal" "退款受理后异常";
    /// The bill lacks its last line.
    BillMissingLine "bill_missing_line" "对账单少一笔";
    /// The bill has a payment that nobody made here.
    BillExtraLine "bill_extra_line" "对账单多一笔";
    /// A payment stands in the bill one fen short.
    BillWrongAmount "bill_wrong_amount" "对账单有一笔差一分";
    /// The bill is not made yet.
    BillLate "bill_late" "对账单还没有生成";
    /// The flow of funds lacks its last line.
    FundsMissingLine "funds_missing_line" "资金账单少一笔";
    /// A fee in the flow of funds is one fen more than the bill said.
    FundsWrongFee "funds_wrong_fee" "资金账单多扣一分手续费";
    /// The flow of funds has money that nobody paid here.
    FundsExtraLine "funds_extra_line" "资金账单多一笔";
    /// Invoices are taken, then refused.
    FapiaoRefused "fapiao_refused" "发票被拒绝开具";
    /// The issuer of invoices answers 503.
    FapiaoBusy "fapiao_busy" "开票服务繁忙";
    /// Transfers answer 403 NOT_ENOUGH.
    TransferNotEnough "transfer_not_enough" "转账时余额不足";
    /// Mini-program APIs answer -1 (busy).
    WechatBusy "wechat_busy" "小程序接口系统繁忙";
    /// Subscribe messages answer 43101.
    NotSubscribed "not_subscribed" "会员没有订阅消息";
    /// Shipping management does not know the payment yet (10060001).
    ShippingUnknown "shipping_unknown" "发货管理暂查不到支付单";
    /// SendSms answers isv.BUSINESS_LIMIT_CONTROL.
    SmsLimited "sms_limited" "短信触发流控";
    /// Couriers' service answers 934000 (busy).
    CourierBusy "courier_busy" "同城配送系统繁忙";
    /// Couriers' service answers 934019 (too far).
    CourierRefused "courier_refused" "同城配送不接单（超出范围）";
    /// Parcels run into trouble.
    ExpressTrouble "express_trouble" "快件疑难";
    /// 快递100 answers 502 (busy).
    ExpressBusy "express_busy" "快递查询服务繁忙";
}

impl Fault {
    /// The fault of that name.
    pub fn parse(name: &str) -> Option<Fault> {
        Fault::ALL.iter().copied().find(|f| f.name() == name.trim())
    }
}

/// A set of faults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Faults(BTreeSet<Fault>);

impl Faults {
    /// Faults named in the request's header; unknown names are ignored.
    pub(crate) fn of_headers(headers: &HeaderMap) -> Self {
        let values = headers.get_all(HEADER).iter().filter_map(|v| v.to_str().ok());
        Faults(values.flat_map(|v| v.split(',')).filter_map(Fault::parse).collect())
    }

    /// Faults named in square brackets.
    pub(crate) fn of_description(text: &str) -> Self {
        let inside = text.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
        Faults(inside.filter_map(|(name, _)| Fault::parse(name)).collect())
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    pub(crate) fn set(&mut self, fault: Fault, on: bool) {
        if on {
            self.0.insert(fault);
        } else {
            self.0.remove(&fault);
        }
    }

    /// Those of a request's header that stay with the payment it creates: what happens later, at the cashier, in notices
    /// and refunds. The others concern the one answer.
    pub(crate) fn lasting(&self) -> Self {
        use Fault::*;
        const LASTING: [Fault; 9] = [
            PayerDeclined,
            PayerPending,
            WrongNoticeSignature,
            NoticeProbe,
            DuplicateNotice,
            LateNotice,
            NoNotice,
            RefundNotEnough,
            RefundAbnormal,
        ];
        Faults(self.0.iter().copied().filter(|f| LASTING.contains(f)).collect())
    }

    pub(crate) fn extend(&mut self, other: &Faults) {
        self.0.extend(&other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json() {
        for fault in Fault::ALL {
            assert_eq!(serde_json::to_value(fault).unwrap(), fault.name());
            assert_eq!(Fault::parse(fault.name()), Some(*fault));
        }
    }

    #[test]
    fn description_and_header_name_faults() {
        let found = Faults::of_description("咖啡椅 [late_notice] 等 2 件 [nonsense] [no_notice");
        assert!(found.has(Fault::LateNotice) && !found.has(Fault::NoNotice));
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, "fail_prepay, duplicate_notice,x".parse().unwrap());
        let found = Faults::of_headers(&headers);
        assert!(found.has(Fault::FailPrepay) && found.has(Fault::DuplicateNotice));
        assert_eq!(found.0.len(), 2);
    }
}
