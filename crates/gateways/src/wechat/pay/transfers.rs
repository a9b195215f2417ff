//! Merchant transfers (商家转账), confirmed by the payee. A transfer whose fate is unknown is looked up before anything else, and
//! asked for again only under the same number with the same content, which WeChat answers as it did the first time.
//! Source: pay.weixin.qq.com/doc/v3/merchant/4012716434.

use super::WechatPay;
use super::call::{Failure, check_number, read};
use crate::http::{Repeat, cut};
use kernel::ports::{
    ChannelTransfer, ChannelTransferState, Pending, TransferChannel, TransferPurpose, TransferRequest,
};
use kernel::{Error, Fen, Instant, Result};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

const PATH: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// A transfer as WeChat writes it: in answers, queries and notices, each with some of the fields.
#[derive(Deserialize)]
pub(super) struct Bill {
    pub mch_id: Option<String>,
    out_bill_no: String,
    transfer_bill_no: Option<String>,
    state: String,
    fail_reason: Option<String>,
    package_info: Option<String>,
    transfer_amount: Option<i64>,
    update_time: Option<String>,
}

impl Bill {
    /// In our words; an unknown state is an error that names it.
    pub fn into_transfer(self) -> Result<ChannelTransfer, String> {
        let state = match self.state.as_str() {
            "ACCEPTED" | "PROCESSING" => ChannelTransferState::Accepted,
            "WAIT_USER_CONFIRM" => ChannelTransferState::WaitingForUser,
            "TRANSFERING" => ChannelTransferState::Arriving,
            "SUCCESS" => ChannelTransferState::Done,
            "FAIL" => ChannelTransferState::Failed,
            "CANCELING" => ChannelTransferState::Cancelling,
            "CANCELLED" => ChannelTransferState::Cancelled,
            other => return Err(format!("transfer state {other}")),
        };
        Ok(ChannelTransfer {
            number: self.out_bill_no,
            channel_transfer_id: self.transfer_bill_no,
            state,
            amount: self.transfer_amount.map(Fen),
            package: self.package_info.filter(|text| !text.is_empty()),
            fail_reason: self.fail_reason.filter(|text| !text.is_empty()),
            finished_at: self.update_time.as_deref().and_then(Instant::parse),
        })
    }
}

fn transfer_error(failure: Failure) -> Error {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Unknown(cause) => {
            return Error::gateway("payment.channel_unknown", "微信支付还没有确认这笔转账，系统会继续查询")
                .because(cause);
        }
    };
    let error = match refusal.code.as_str() {
        "NOT_ENOUGH" => Error::conflict("transfer.insufficient", "商户运营账户余额不足，转账没有发起，请先充值"),
        "NO_AUTH" => Error::conflict("transfer.not_permitted", "商户号没有开通商家转账"),
        "ALREADY_EXISTS" | "INVALID_REQUEST" | "PARAM_ERROR" | "RULE_LIMIT" => {
            Error::conflict("transfer.refused", "微信支付没有接受这笔转账")
        }
        _ => Error::gateway("payment.channel_refused", "微信支付没有接受这次请求，请联系商家"),
    };
    error.because(refusal)
}

/// The scene and what WeChat wants to be told in it.
fn scene(purpose: TransferPurpose, remark: &str) -> (&'static str, Value) {
    let info = |kind: &str, content: &str| json!({ "info_type": kind, "info_content": content });
    match purpose {
        TransferPurpose::Commission => ("1005", json!([info("岗位类型", "推广员"), info("报酬说明", cut(remark, 96))])),
        TransferPurpose::Packet => ("1000", json!([info("活动名称", "商城活动"), info("奖励说明", cut(remark, 96))])),
    }
}

impl WechatPay {
    async fn start_transfer(&self, request: &TransferRequest) -> Result<ChannelTransfer> {
        check_number(&request.number)?;
        let (scene_id, infos) = scene(request.purpose, &request.remark);
        let body = json!({
            "appid": self.app_id,
            "out_bill_no": request.number,
            "transfer_scene_id": scene_id,
            "openid": request.openid,
            "transfer_amount": request.amount.0,
            "transfer_remark": cut(&request.remark, 32),
            "notify_url": request.notify_url,
            "transfer_scene_report_infos": infos,
        });
        let answer = self.call(Method::POST, PATH, Some(&body), Repeat::OnlyUnsent).await.map_err(transfer_error)?;
        self.typed(&answer, &request.number)
    }

    fn typed(&self, answer: &[u8], number: &str) -> Result<ChannelTransfer> {
        let transfer = read::<Bill>(answer).and_then(|bill| bill.into_transfer().map_err(Failure::unreadable));
        let transfer = transfer.map_err(transfer_error)?;
        if transfer.number != number {
            return Err(transfer_error(Failure::unreadable("the answer is about another transfer")));
        }
        Ok(transfer)
    }

    async fn find_transfer(&self, number: &str) -> Result<Option<ChannelTransfer>> {
        check_number(number)?;
        let answer = self.call(Method::GET, &format!("{PATH}/out-bill-no/{number}"), None, Repeat::Harmless).await;
        let answer = match answer {
            Err(Failure::Refused(refusal)) if refusal.status == 404 && refusal.code == "NOT_FOUND" => return Ok(None),
            Err(failure) if failure.is_not_found() => return Ok(None),
            other => other.map_err(transfer_error)?,
        };
        self.typed(&answer, number).map(Some)
    }

    async fn call_back(&self, number: &str) -> Result<ChannelTransfer> {
        check_number(number)?;
        let path = format!("{PATH}/out-bill-no/{number}/cancel");
        let answer = self.call(Method::POST, &path, Some(&json!({})), Repeat::Harmless).await;
        self.typed(&answer.map_err(transfer_error)?, number)
    }
}

impl TransferChannel for WechatPay {
    fn transfer<'a>(&'a self, request: &'a TransferRequest) -> Pending<'a, ChannelTransfer> {
        Box::pin(self.start_transfer(request))
    }
    fn query_transfer<'a>(&'a self, number: &'a str) -> Pending<'a, Option<ChannelTransfer>> {
        Box::pin(self.find_transfer(number))
    }
    fn cancel_transfer<'a>(&'a self, number: &'a str) -> Pending<'a, ChannelTransfer> {
        Box::pin(self.call_back(number))
    }
}
