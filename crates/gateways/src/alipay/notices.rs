//! Callbacks: a form whose signature covers every parameter but `sign` and `sign_type`. Anything doubtful is
//! `payment.notice_rejected` (401), so that Alipay sends it again. A notice of a refund tells only the sum of all refunds, so
//! the refund it names is looked up.

use super::Alipay;
use super::call::read_china_time;
use super::payments::state_of;
use kernel::ports::{ChannelPayment, Notice, RawNotice};
use kernel::{Error, Fen, Result};
use std::fmt;
use wire::alipay;

fn rejected(cause: impl fmt::Display) -> Error {
    Error::unauthenticated("payment.notice_rejected", "通知没有通过验证").because(cause)
}

impl Alipay {
    pub(super) async fn open_notice(&self, raw: &RawNotice<'_>) -> Result<Notice> {
        let params: Vec<(String, String)> = form_urlencoded::parse(raw.body).into_owned().collect();
        let borrowed: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let of = |name: &str| borrowed.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| *v);
        if of("sign_type") != "RSA2" {
            return Err(rejected("not RSA2"));
        }
        alipay::verify_notice(&self.alipay_key, &borrowed, of("sign")).map_err(rejected)?;
        if of("app_id") != self.app_id {
            return Err(rejected("the notice belongs to another app"));
        }
        let notice_id = of("notify_id").to_owned();
        if notice_id.is_empty() || notice_id.len() > 200 {
            return Err(rejected("no notify_id"));
        }
        if of("notify_type") != "trade_status_sync" {
            return Ok(Notice::Other { notice_id, event: of("notify_type").chars().take(60).collect() });
        }
        if of("seller_id") != self.seller_id {
            return Err(rejected("the payment belongs to another seller"));
        }
        let (refund_number, number) = (of("out_biz_no"), of("out_trade_no"));
        if !refund_number.is_empty() && !of("gmt_refund").is_empty() {
            return Ok(match self.find_refund(number, refund_number).await? {
                Some(refund) => Notice::Refund { notice_id, refund },
                None => Notice::Other { notice_id, event: "refund".to_owned() },
            });
        }
        let amount = Fen::from_yuan(of("total_amount"));
        let paid_at = Some(of("gmt_payment")).filter(|text| !text.is_empty());
        let state = state_of(of("trade_status"), paid_at.is_some()).map_err(rejected)?;
        let payer = [of("buyer_open_id"), of("buyer_id")].into_iter().find(|id| !id.is_empty());
        Ok(Notice::Payment {
            notice_id,
            payment: ChannelPayment {
                number: number.to_owned(),
                state,
                transaction_id: Some(of("trade_no").to_owned()).filter(|id| !id.is_empty()),
                amount,
                currency: amount.map(|_| "CNY".to_owned()),
                app_id: self.app_id.clone(),
                merchant_id: self.seller_id.clone(),
                payer_openid: payer.map(str::to_owned),
                paid_at: paid_at.and_then(read_china_time),
            },
        })
    }
}
