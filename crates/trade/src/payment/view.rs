//! Payments and refunds as shown.

use super::part::Part;
use super::refund::Refund;
use super::store::{Payment, PaymentStatus};
use kernel::ports::PayInstruction;
use kernel::{Id, Instant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the front end does to let the member pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Instruction {
    /// Arguments of `wx.requestPayment`.
    MiniProgram {
        app_id: String,
        time_stamp: String,
        nonce_str: String,
        package: String,
        sign_type: String,
        pay_sign: String,
    },
    /// Text of a QR code.
    Native { code_url: String },
    /// Address to open.
    H5 { h5_url: String },
    /// Argument of `my.tradePay` in Alipay's mini program.
    Trade { trade_no: String },
    /// A form the browser posts to the channel.
    Form { action: String, fields: Vec<FormField> },
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FormField {
    pub name: String,
    pub value: String,
}

/// From the channel's answer.
pub fn instruction_from_port(instruction: PayInstruction) -> Instruction {
    match instruction {
        PayInstruction::MiniProgram { app_id, time_stamp, nonce_str, package, sign_type, pay_sign } => {
            Instruction::MiniProgram { app_id, time_stamp, nonce_str, package, sign_type, pay_sign }
        }
        PayInstruction::Native { code_url } => Instruction::Native { code_url },
        PayInstruction::H5 { h5_url } => Instruction::H5 { h5_url },
        PayInstruction::Trade { trade_no } => Instruction::Trade { trade_no },
        PayInstruction::Form { action, fields } => {
            let fields = fields.into_iter().map(|(name, value)| FormField { name, value }).collect();
            Instruction::Form { action, fields }
        }
    }
}

/// One payment as shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentView {
    pub id: Id,
    pub channel: String,
    pub status: PaymentStatus,
    pub amount_fen: i64,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    pub order_ids: Vec<Id>,
    /// What of it pays which order; empty when it pays one.
    pub parts: Vec<PaymentPartView>,
}

/// One order's part of a payment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentPartView {
    pub order_id: Id,
    pub amount_fen: i64,
    /// Given back or on its way back.
    pub refunded_fen: i64,
    /// The channel's own, of a combined payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
}

impl From<&Part> for PaymentPartView {
    fn from(part: &Part) -> Self {
        let (order_id, transaction_id) = (part.order_id, part.transaction_id.clone());
        let (amount_fen, refunded_fen) = (part.amount.0, part.refunded.0);
        PaymentPartView { order_id, amount_fen, refunded_fen, transaction_id }
    }
}

/// A payment with the orders it pays.
pub fn payment_view(payment: &Payment, order_ids: Vec<Id>, parts: &[Part]) -> PaymentView {
    PaymentView {
        id: payment.id,
        channel: payment.channel.clone(),
        status: payment.status,
        amount_fen: payment.amount.0,
        created_at: payment.created_at,
        paid_at: payment.paid_at,
        transaction_id: payment.transaction_id.clone(),
        order_ids,
        parts: parts.iter().map(PaymentPartView::from).collect(),
    }
}

/// One refund as shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RefundView {
    pub id: Id,
    pub amount_fen: i64,
    /// `requested`, `processing`, `done` or `failed`.
    pub status: String,
    pub reason: String,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Instant>,
    /// How the shop gave the money back by hand, when the channel could not: `bank`, `cash`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_note: Option<String>,
}

impl RefundView {
    /// With what staff wrote down of it, if they settled it.
    pub fn new(refund: Refund, settlements: &[(Id, String, String)]) -> Self {
        let settled = settlements.iter().find(|settled| settled.0 == refund.id);
        let mut view = RefundView::from(refund);
        view.settled_by = settled.map(|s| s.1.clone());
        view.settled_note = settled.map(|s| s.2.clone());
        view
    }
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        RefundView {
            id: refund.id,
            amount_fen: refund.amount.0,
            status: refund.status,
            reason: refund.reason,
            created_at: refund.created_at,
            finished_at: refund.finished_at,
            settled_by: None,
            settled_note: None,
        }
    }
}
