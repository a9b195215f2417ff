//! Payments, refunds and notices as the platform keeps them, with their bounded tables.
//! A payment moves `NotPay → Success → Refund` or `NotPay → Closed`, and never back; by code `UserPaying → Success` or
//! `→ Revoked`, which gives back what was paid.

use super::combine::Combined;
use crate::bounded::Bounded;
use crate::china;
use crate::mini::Shipping;
use crate::switches::Faults;
use kernel::{Instant, days};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const PAYMENTS: usize = 2_000;
const REFUNDS: usize = 2_000;
const TRANSFERS: usize = 1_000;
const NOTICES: usize = 500;
/// An order that nobody paid closes by itself after this time.
const SELF_CLOSE_MS: i64 = days(7);

/// How the payer reaches the cashier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scene {
    Jsapi,
    Native,
    H5,
    /// A code of the payer's, scanned at a counter.
    Code,
}

impl Scene {
    /// `trade_type`.
    pub(crate) const fn trade_type(self) -> &'static str {
        match self {
            Scene::Jsapi => "JSAPI",
            Scene::Native => "NATIVE",
            Scene::H5 => "MWEB",
            Scene::Code => "MICROPAY",
        }
    }
}

/// `trade_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TradeState {
    NotPay,
    Success,
    Closed,
    Refund,
    /// Code pay: the payer is asked on the phone.
    UserPaying,
    /// Code pay: taken back by the merchant.
    Revoked,
}

impl TradeState {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            TradeState::NotPay => "NOTPAY",
            TradeState::Success => "SUCCESS",
            TradeState::Closed => "CLOSED",
            TradeState::Refund => "REFUND",
            TradeState::UserPaying => "USERPAYING",
            TradeState::Revoked => "REVOKED",
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            TradeState::NotPay => "订单未支付",
            TradeState::Success => "支付成功",
            TradeState::Closed => "订单已关闭",
            TradeState::Refund => "订单发生过退款",
            TradeState::UserPaying => "需要用户输入支付密码",
            TradeState::Revoked => "订单已撤销",
        }
    }
}

/// One order at the platform, by `out_trade_no`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) number: String,
    pub(crate) prepay_id: String,
    pub(crate) scene: Scene,
    pub(crate) app_id: String,
    pub(crate) description: String,
    pub(crate) attach: Option<String>,
    pub(crate) total_fen: i64,
    /// The payer; for Native and H5 known once paid.
    pub(crate) openid: Option<String>,
    pub(crate) notify_url: String,
    pub(crate) created_at: Instant,
    /// `time_expire` of the request.
    pub(crate) expires_at: Option<Instant>,
    /// End of the prepay id (two hours) or of the H5 link (five minutes).
    pub(crate) link_expires_at: Instant,
    /// Digest of the parameters, to notice a repeated number with other content.
    pub(crate) fingerprint: String,
    pub(crate) by_public_key: bool,
    pub(crate) faults: Faults,
    pub(crate) state: TradeState,
    pub(crate) transaction_id: Option<String>,
    pub(crate) paid_at: Option<Instant>,
    /// Refunds under way and done.
    pub(crate) refunded_fen: i64,
    pub(crate) refunds: u32,
    pub(crate) shipping: Option<Shipping>,
    /// Number of the combined payment this is a sub-order of.
    #[serde(default)]
    pub(crate) combined: Option<String>,
}

impl Payment {
    /// The transaction as queries and notices show it.
    pub(crate) fn view(&self, merchant_id: &str) -> Value {
        let mut view = json!({
            "mchid": merchant_id,
            "appid": self.app_id,
            "out_trade_no": self.number,
            "trade_state": self.state.code(),
            "trade_state_desc": self.state.label(),
            "amount": {"total": self.total_fen, "currency": "CNY"},
            "promotion_detail": []
        });
        if let Some(attach) = &self.attach {
            view["attach"] = json!(attach);
        }
        if let (Some(id), Some(paid_at)) = (&self.transaction_id, self.paid_at) {
            view["transaction_id"] = json!(id);
            view["trade_type"] = json!(self.scene.trade_type());
            view["bank_type"] = json!("OTHERS");
            view["success_time"] = json!(china::rfc3339(paid_at));
            view["payer"] = json!({"openid": self.openid});
            view["amount"] = json!({
                "total": self.total_fen, "payer_total": self.total_fen, "currency": "CNY", "payer_currency": "CNY"
            });
        }
        view
    }

    /// True if a person may pay it now.
    pub(crate) fn payable(&self, now: Instant) -> bool {
        matches!(self.state, TradeState::NotPay | TradeState::UserPaying)
            && now < self.link_expires_at
            && self.expires_at.is_none_or(|at| now < at)
    }
}

/// `status` of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RefundStatus {
    Processing,
    Success,
    Abnormal,
}

impl RefundStatus {
    pub(super) const fn code(self) -> &'static str {
        match self {
            RefundStatus::Processing => "PROCESSING",
            RefundStatus::Success => "SUCCESS",
            RefundStatus::Abnormal => "ABNORMAL",
        }
    }
}

/// Money on its way back, by `out_refund_no`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(super) number: String,
    pub(super) refund_id: String,
    pub(super) payment_number: String,
    pub(super) transaction_id: String,
    pub(super) amount_fen: i64,
    pub(super) total_fen: i64,
    pub(super) notify_url: Option<String>,
    pub(super) created_at: Instant,
    pub(super) finishes_at: Instant,
    pub(super) finished_at: Option<Instant>,
    pub(super) status: RefundStatus,
    pub(super) fingerprint: String,
    pub(super) ends_abnormal: bool,
    pub(super) by_public_key: bool,
    pub(super) faults: Faults,
}

/// `state` of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TransferState {
    WaitUserConfirm,
    Success,
    Fail,
    Cancelled,
}

impl TransferState {
    pub(super) const fn code(self) -> &'static str {
        match self {
            TransferState::WaitUserConfirm => "WAIT_USER_CONFIRM",
            TransferState::Success => "SUCCESS",
            TransferState::Fail => "FAIL",
            TransferState::Cancelled => "CANCELLED",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            TransferState::WaitUserConfirm => "等待收款人确认",
            TransferState::Success => "已收款",
            TransferState::Fail => "没有收成，已退回商户",
            TransferState::Cancelled => "商户已撤销",
        }
    }
}

/// Money for a person, by `out_bill_no`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(super) number: String,
    pub(super) bill_no: String,
    pub(super) openid: String,
    pub(super) amount_fen: i64,
    pub(super) remark: String,
    pub(super) notify_url: Option<String>,
    pub(super) package: String,
    pub(super) created_at: Instant,
    pub(super) state: TransferState,
    pub(super) updated_at: Instant,
    pub(super) fail_reason: Option<String>,
    pub(super) fingerprint: String,
    pub(super) by_public_key: bool,
    pub(super) faults: Faults,
}

/// A notice and how it was received, for the console and tests.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NoticeRecord {
    pub(crate) id: String,
    pub(crate) event_type: String,
    pub(crate) payment_number: String,
    pub(crate) url: String,
    pub(crate) attempts: Vec<Attempt>,
    /// Accepted, given up or still trying.
    pub(crate) outcome: Outcome,
}

/// One delivery.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Attempt {
    pub(crate) at: Instant,
    /// A probe must be refused by the receiver.
    pub(crate) probe: bool,
    /// HTTP status; absent when nobody answered.
    pub(crate) status: Option<u16>,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Trying,
    Accepted,
    GivenUp,
}

/// Tables of the platform.
#[derive(Serialize, Deserialize)]
pub(crate) struct PayState {
    pub(super) payments: Bounded<Payment>,
    pub(super) refunds: Bounded<Refund>,
    #[serde(default = "no_transfers")]
    transfers: Bounded<Transfer>,
    #[serde(skip, default = "no_notices")]
    pub(super) notices: Bounded<NoticeRecord>,
    pub(super) prepay_ids: Bounded<String>,
    transactions: Bounded<String>,
    #[serde(default = "no_combined")]
    pub(super) combined: Bounded<Combined>,
}

fn no_combined() -> Bounded<Combined> {
    Bounded::new(PAYMENTS)
}

fn no_transfers() -> Bounded<Transfer> {
    Bounded::new(TRANSFERS)
}

fn no_notices() -> Bounded<NoticeRecord> {
    Bounded::new(NOTICES)
}

impl Default for PayState {
    fn default() -> Self {
        PayState {
            payments: Bounded::new(PAYMENTS),
            refunds: Bounded::new(REFUNDS),
            transfers: no_transfers(),
            notices: no_notices(),
            prepay_ids: Bounded::new(PAYMENTS * 2),
            transactions: Bounded::new(PAYMENTS),
            combined: no_combined(),
        }
    }
}

impl PayState {
    /// Sets the capacities again after reading from a file.
    pub(crate) fn bounded(self) -> Self {
        PayState {
            payments: self.payments.with_capacity(PAYMENTS),
            refunds: self.refunds.with_capacity(REFUNDS),
            transfers: self.transfers.with_capacity(TRANSFERS),
            notices: self.notices,
            prepay_ids: self.prepay_ids.with_capacity(PAYMENTS * 2),
            transactions: self.transactions.with_capacity(PAYMENTS),
            combined: self.combined.with_capacity(PAYMENTS),
        }
    }

    pub(crate) fn by_number(&mut self, number: &str) -> Option<&mut Payment> {
        self.payments.get_mut(number)
    }

    pub(crate) fn by_transaction(&mut self, id: &str) -> Option<&mut Payment> {
        let number = self.transactions.get(id)?;
        self.payments.get_mut(number)
    }

    pub(crate) fn by_prepay(&mut self, prepay_id: &str) -> Option<&mut Payment> {
        let number = self.prepay_ids.get(prepay_id)?;
        self.payments.get_mut(number)
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Payment> {
        self.payments.newest()
    }

    /// Newest first.
    pub(crate) fn newest_notices(&self) -> impl Iterator<Item = &NoticeRecord> {
        self.notices.newest()
    }

    /// Remembers a notice about to be sent, of this platform or another.
    pub(crate) fn note(&mut self, record: NoticeRecord) {
        self.notices.insert(record.id.clone(), record);
    }

    pub(crate) fn noted(&mut self, id: &str) -> Option<&mut NoticeRecord> {
        self.notices.get_mut(id)
    }

    /// Newest first.
    pub(super) fn newest_transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.transfers.newest()
    }

    pub(super) fn put_transfer(&mut self, transfer: Transfer) {
        self.transfers.insert(transfer.number.clone(), transfer);
    }

    /// The transfer of that number as it stands now.
    pub(super) fn transfer(&mut self, number: &str, now: Instant) -> Option<&mut Transfer> {
        let transfer = self.transfers.get_mut(number)?;
        transfer.age(now);
        Some(transfer)
    }

    pub(super) fn put(&mut self, payment: Payment) {
        self.prepay_ids.insert(payment.prepay_id.clone(), payment.number.clone());
        self.payments.insert(payment.number.clone(), payment);
    }

    pub(super) fn name_transaction(&mut self, id: &str, number: &str) {
        self.transactions.insert(id, number.to_owned());
    }

    /// The payment of that number, closed if nobody paid it for a week.
    pub(super) fn current(&mut self, number: &str, now: Instant) -> Option<&mut Payment> {
        let payment = self.payments.get_mut(number)?;
        if payment.state == TradeState::NotPay && now - payment.created_at >= SELF_CLOSE_MS {
            payment.state = TradeState::Closed;
        }
        Some(payment)
    }
}
