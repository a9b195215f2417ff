//! Merchant transfers (商家转账): accepted, then waiting for the payee, who confirms on a page or through the levers; told by a
//! notice when they end. What nobody confirms within a day fails and goes back to the merchant.

use super::answer::{Answer, PayError, PayResult, read};
use super::guard::Caller;
use super::model::{Transfer, TransferState};
use super::notice;
use crate::china::{self, yuan};
use crate::page::{Prefix, escape, page, sentence};
use crate::pay::random_below;
use crate::switches::{Fault, Faults};
use crate::world::World;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use kernel::{Instant, days};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// How long the payee may wait before confirming.
const PATIENCE_MS: i64 = days(1);

#[derive(Deserialize, Serialize)]
struct Request {
    appid: String,
    out_bill_no: String,
    transfer_scene_id: String,
    openid: String,
    user_name: Option<String>,
    transfer_amount: i64,
    transfer_remark: String,
    notify_url: Option<String>,
    transfer_scene_report_infos: Vec<Info>,
}

#[derive(Deserialize, Serialize)]
struct Info {
    info_type: String,
    info_content: String,
}

impl Request {
    fn check(&self, world: &World) -> Result<(), PayError> {
        if world.keys(|k| k.app_id() != self.appid) {
            return Err(PayError::invalid("appid与商户号没有绑定关系"));
        }
        let number = &self.out_bill_no;
        if number.is_empty() || number.len() > 32 || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(PayError::param("out_bill_no", "商户单号只能是 32 位以内的数字和字母"));
        }
        if !(10..=20_000).contains(&self.transfer_amount) {
            return Err(PayError::param("transfer_amount", "转账金额须在 0.1 元到 200 元之间"));
        }
        if self.transfer_remark.is_empty() || self.transfer_remark.chars().count() > 32 {
            return Err(PayError::param("transfer_remark", "转账备注须在 1 到 32 个字之间"));
        }
        if self.openid.len() != 28 || !self.openid.starts_with('o') {
            return Err(PayError::param("openid", "无效的openid"));
        }
        let wanted: &[&str] = match self.transfer_scene_id.as_str() {
            "1000" => &["活动名称", "奖励说明"],
            "1005" => &["岗位类型", "报酬说明"],
            _ => return Err(PayError::param("transfer_scene_id", "没有这个转账场景")),
        };
        let told: Vec<&str> = self.transfer_scene_report_infos.iter().map(|i| i.info_type.as_str()).collect();
        if told != wanted || self.transfer_scene_report_infos.iter().any(|i| i.info_content.is_empty()) {
            return Err(PayError::param("transfer_scene_report_infos", "转账场景报备信息不完整"));
        }
        Ok(())
    }

    fn fingerprint(&self) -> String {
        wire::sha256_hex(serde_json::to_string(self).expect("a request is plain data"))
    }
}

/// `POST /v3/fund-app/mch-transfer/transfer-bills`.
pub(super) async fn create(State(world): State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    let request: Request = read(&body)?;
    request.check(&world)?;
    let now = world.now();
    let own = Faults::of_description(&request.transfer_remark);
    let fingerprint = request.fingerprint();
    let mut state = world.state();
    if let Some(known) = state.pay.transfer(&request.out_bill_no, now) {
        if known.fingerprint != fingerprint {
            return Err(PayError::invalid("请求重入时，参数与首次请求时不一致"));
        }
        return Ok(Answer::json(created(known), &known.faults));
    }
    if own.has(Fault::TransferNotEnough) || caller.faults.has(Fault::TransferNotEnough) {
        return Err(PayError::new(403, "NOT_ENOUGH", "资金不足，请充值后重新发起"));
    }
    let mut faults = own;
    faults.extend(&caller.lasting);
    let day = &china::compact(now)[..8];
    let transfer = Transfer {
        number: request.out_bill_no.clone(),
        bill_no: format!("13300{day}{:015}", random_below(1_000_000_000_000_000)),
        openid: request.openid,
        amount_fen: request.transfer_amount,
        remark: request.transfer_remark,
        notify_url: request.notify_url,
        package: format!("affffddafdfafddffda=={}", wire::random::nonce()),
        created_at: now,
        state: TransferState::WaitUserConfirm,
        updated_at: now,
        fail_reason: None,
        fingerprint,
        by_public_key: caller.by_public_key,
        faults,
    };
    let answer = Answer::json(created(&transfer), &transfer.faults);
    state.pay.put_transfer(transfer);
    drop(state);
    world.payments_changed();
    Ok(answer)
}

fn created(transfer: &Transfer) -> Value {
    let mut view = json!({
        "out_bill_no": transfer.number,
        "transfer_bill_no": transfer.bill_no,
        "create_time": china::rfc3339(transfer.created_at),
        "state": transfer.state.code(),
    });
    match (transfer.state, &transfer.fail_reason) {
        (TransferState::WaitUserConfirm, _) => view["package_info"] = transfer.package.as_str().into(),
        (TransferState::Fail, Some(why)) => view["fail_reason"] = why.as_str().into(),
        _ => {}
    }
    view
}

/// A transfer as queries and notices show it: without what the payee's app needs.
pub(super) fn view(transfer: &Transfer, merchant_id: &str, app_id: &str) -> Value {
    json!({
        "mch_id": merchant_id,
        "appid": app_id,
        "out_bill_no": transfer.number,
        "transfer_bill_no": transfer.bill_no,
        "state": transfer.state.code(),
        "transfer_amount": transfer.amount_fen,
        "transfer_remark": transfer.remark,
        "openid": transfer.openid,
        "fail_reason": transfer.fail_reason.clone().unwrap_or_default(),
        "create_time": china::rfc3339(transfer.created_at),
        "update_time": china::rfc3339(transfer.updated_at),
    })
}

fn unknown() -> PayError {
    PayError::new(404, "NOT_FOUND", "记录不存在")
}

/// `GET …/transfer-bills/out-bill-no/{out_bill_no}`.
pub(super) async fn query(State(world): State<Arc<World>>, Path(number): Path<String>) -> PayResult {
    let now = world.now();
    let (merchant_id, app_id) = world.keys(|k| (k.merchant_id().to_owned(), k.app_id().to_owned()));
    let mut state = world.state();
    let transfer = state.pay.transfer(&number, now).ok_or_else(unknown)?;
    Ok(Answer::json(view(transfer, &merchant_id, &app_id), &transfer.faults))
}

/// `POST …/transfer-bills/out-bill-no/{out_bill_no}/cancel`: cancelled before the next query.
pub(super) async fn cancel(State(world): State<Arc<World>>, Path(number): Path<String>) -> PayResult {
    let now = world.now();
    let (answer, told) = {
        let mut state = world.state();
        let transfer = state.pay.transfer(&number, now).ok_or_else(unknown)?;
        if transfer.state != TransferState::WaitUserConfirm {
            return Err(PayError::invalid("当前状态不支持撤销"));
        }
        transfer.end(TransferState::Cancelled, now, None);
        let view = json!({
            "out_bill_no": transfer.number,
            "transfer_bill_no": transfer.bill_no,
            "state": "CANCELING",
            "update_time": china::rfc3339(now),
        });
        (Answer::json(view, &transfer.faults), transfer.clone())
    };
    world.payments_changed();
    notice::announce_transfer(&world, &told);
    Ok(answer)
}

/// The payee confirms, or the money cannot be taken. Answers what became of it; `None` for an unknown number.
pub(crate) fn confirm(world: &Arc<World>, number: &str, accept: bool) -> Option<&'static str> {
    let now = world.now();
    let told = {
        let mut state = world.state();
        let transfer = state.pay.transfer(number, now)?;
        if transfer.state != TransferState::WaitUserConfirm {
            return Some(transfer.state.label());
        }
        let (to, why) =
            if accept { (TransferState::Success, None) } else { (TransferState::Fail, Some("PAYEE_ACCOUNT_ABNORMAL")) };
        transfer.end(to, now, why);
        transfer.clone()
    };
    world.payments_changed();
    notice::announce_transfer(world, &told);
    Some(told.state.label())
}

impl Transfer {
    fn end(&mut self, state: TransferState, now: Instant, why: Option<&str>) {
        self.state = state;
        self.updated_at = now;
        self.fail_reason = why.map(str::to_owned);
    }

    /// Fails by itself when nobody confirmed in time.
    pub(super) fn age(&mut self, now: Instant) {
        if self.state == TransferState::WaitUserConfirm && now - self.created_at >= PATIENCE_MS {
            self.end(TransferState::Fail, now, Some("OVERDUE_CLOSE"));
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Press {
    action: String,
}

/// Where the payee's app would show the transfer.
pub(super) async fn show(State(world): State<Arc<World>>, prefix: Prefix, Path(number): Path<String>) -> Response {
    let now = world.now();
    let found = world.state().pay.transfer(&number, now).cloned();
    let Some(transfer) = found else { return sentence(&prefix, "收款", "没有这笔转账") };
    let buttons = if transfer.state == TransferState::WaitUserConfirm {
        "<button class=\"primary\" name=\"action\" value=\"accept\">确认收款</button>\
         <button name=\"action\" value=\"fail\">收款失败</button>"
    } else {
        ""
    };
    let body = format!(
        "<div class=\"narrow\"><h1 class=\"center\">微信收款确认</h1>\
         <section class=\"card center\"><p class=\"muted\">{} 向你转账</p><p class=\"amount\">{}</p>\
         <dl><dt>说明</dt><dd>{}</dd><dt>状态</dt><dd>{}</dd></dl></section>\
         <form method=\"post\" action=\"{}/transfer/{}\" class=\"actions\">{buttons}</form></div>",
        escape(&world.payee),
        yuan(transfer.amount_fen),
        escape(&transfer.remark),
        transfer.state.label(),
        escape(&prefix.0),
        escape(&transfer.number),
    );
    page(&prefix, "微信收款确认", None, &body)
}

pub(super) async fn press(
    State(world): State<Arc<World>>,
    prefix: Prefix,
    Path(number): Path<String>,
    Form(form): Form<Press>,
) -> Response {
    let word = confirm(&world, &number, form.action == "accept");
    sentence(&prefix, "微信收款确认", word.unwrap_or("没有这笔转账"))
}
