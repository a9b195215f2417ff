//! Trades and their refunds as Alipay keeps them. A trade moves `WaitBuyerPay → Success → Closed` (refunded in full) or
//! `WaitBuyerPay → Closed`, and never back.

use crate::bounded::Bounded;
use crate::switches::Faults;
use kernel::{Fen, Instant};
use serde::{Deserialize, Serialize};

const TRADES: usize = 2_000;
const CODES: usize = 500;

/// `trade_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TradeStatus {
    WaitBuyerPay,
    Success,
    Closed,
}

impl TradeStatus {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            TradeStatus::WaitBuyerPay => "WAIT_BUYER_PAY",
            TradeStatus::Success => "TRADE_SUCCESS",
            TradeStatus::Closed => "TRADE_CLOSED",
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            TradeStatus::WaitBuyerPay => "等待付款",
            TradeStatus::Success => "支付成功",
            TradeStatus::Closed => "已关闭",
        }
    }
}

/// One trade, by `out_trade_no`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trade {
    pub(crate) number: String,
    pub(crate) trade_no: String,
    /// `FAST_INSTANT_TRADE_PAY`, `QUICK_WAP_WAY`, `JSAPI_PAY`, `FACE_TO_FACE_PAYMENT`.
    pub(crate) product: String,
    pub(crate) subject: String,
    pub(crate) total: Fen,
    pub(crate) notify_url: String,
    pub(crate) return_url: String,
    pub(crate) quit_url: String,
    pub(crate) created_at: Instant,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) faults: Faults,
    pub(crate) status: TradeStatus,
    pub(crate) buyer_id: Option<String>,
    pub(crate) paid_at: Option<Instant>,
    pub(crate) refunds: Vec<TradeRefund>,
}

impl Trade {
    pub(crate) fn refunded(&self) -> Fen {
        Fen(self.refunds.iter().map(|refund| refund.amount.0).sum())
    }

    /// True if a person may pay it now.
    pub(crate) fn payable(&self, now: Instant) -> bool {
        self.status == TradeStatus::WaitBuyerPay && self.expires_at.is_none_or(|at| now < at)
    }
}

/// Money that went back, by `out_request_no`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TradeRefund {
    pub(crate) number: String,
    pub(crate) amount: Fen,
    pub(crate) reason: String,
    pub(crate) at: Instant,
}

/// Alipay's tables.
#[derive(Serialize, Deserialize)]
pub(crate) struct AlipayState {
    trades: Bounded<Trade>,
    by_trade_no: Bounded<String>,
    /// Buyers by authorisation code; a code works once.
    #[serde(skip, default = "no_codes")]
    codes: Bounded<Option<String>>,
}

fn no_codes() -> Bounded<Option<String>> {
    Bounded::new(CODES)
}

impl Default for AlipayState {
    fn default() -> Self {
        AlipayState { trades: Bounded::new(TRADES), by_trade_no: Bounded::new(TRADES), codes: no_codes() }
    }
}

impl AlipayState {
    /// Sets the capacities again after reading from a file.
    pub(crate) fn bounded(self) -> Self {
        AlipayState {
            trades: self.trades.with_capacity(TRADES),
            by_trade_no: self.by_trade_no.with_capacity(TRADES),
            codes: self.codes,
        }
    }

    pub(crate) fn put(&mut self, trade: Trade) {
        self.by_trade_no.insert(trade.trade_no.clone(), trade.number.clone());
        self.trades.insert(trade.number.clone(), trade);
    }

    /// The trade of that number; closed by itself when its time is over.
    pub(crate) fn current(&mut self, number: &str, now: Instant) -> Option<&mut Trade> {
        let trade = self.trades.get_mut(number)?;
        if trade.status == TradeStatus::WaitBuyerPay && !trade.payable(now) {
            trade.status = TradeStatus::Closed;
        }
        Some(trade)
    }

    pub(crate) fn by_trade_no(&mut self, trade_no: &str, now: Instant) -> Option<&mut Trade> {
        let number = self.by_trade_no.get(trade_no)?.clone();
        self.current(&number, now)
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Trade> {
        self.trades.newest()
    }

    /// A code for a buyer: the same name is the same buyer.
    pub(crate) fn mint_code(&mut self, user: &str) -> String {
        let digest = wire::sha256_hex(format!("alipay {user}"));
        let digits: String = digest.bytes().map(|b| char::from(b'0' + b % 10)).take(12).collect();
        let code = wire::random::nonce().to_ascii_lowercase();
        self.codes.insert(code.clone(), Some(format!("2088{digits}")));
        code
    }

    /// Whose code it is, once.
    pub(crate) fn take_code(&mut self, code: &str) -> Option<String> {
        self.codes.get_mut(code)?.take()
    }
}
