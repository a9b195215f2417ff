//! The job that carries messages to phones. Each is claimed, sent, and its end written down; only what certainly did not
//! leave is tried again.

use super::model::{self, NoticeField, NoticeRule, SmsWhen};
use super::store::{self, Claim, NoticeChannel};
use crate::message::{self, Carry, Message};
use crate::{Phone, consent, identity};
use kernel::ports::SubscribeMessage;
use kernel::{Error, Id, MallId, Result, hours, minutes};
use platform::App;
use platform::job::Job;
use std::collections::BTreeMap;

/// Messages of one job; the rest goes on in another.
const AT_ONCE: usize = 20;
/// Pauses before the next tries; after them it has failed.
const PAUSES: [i64; 3] = [minutes(1), minutes(10), hours(1)];

/// Who gets a message and how they can be reached.
struct Reach {
    rule: NoticeRule,
    openid: Option<String>,
    phone: Option<Phone>,
    wants_offers: bool,
}

/// What one try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    /// It did not reach the member, and will not.
    NotSent,
    Later,
}

/// Carries messages to phones.
pub async fn carry(app: App, job: Job) -> Result<()> {
    let mut work: Carry = job.read()?;
    let rest = work.message_ids.split_off(work.message_ids.len().min(AT_ONCE));
    let (mall_id, ids) = (job.mall_id, work.message_ids);
    let messages = app.db.read(move |tx| message::of_ids(tx, mall_id, &ids)).await?;
    let is_last = work.tried as usize >= PAUSES.len();
    let mut again = Vec::new();
    for (member_id, message) in messages {
        let id = message.id;
        if !carry_one(&app, mall_id, member_id, message, is_last).await? {
            again.push(id);
        }
    }
    if rest.is_empty() && again.is_empty() {
        return Ok(());
    }
    let ctx = app.system(mall_id);
    app.db
        .write(move |tx| {
            if !rest.is_empty() {
                message::carry_later(tx, &ctx, &Carry { message_ids: rest.clone(), tried: work.tried }, ctx.now)?;
            }
            if !again.is_empty() {
                let pause = PAUSES[(work.tried as usize).min(PAUSES.len() - 1)];
                let next = Carry { message_ids: again.clone(), tried: work.tried + 1 };
                message::carry_later(tx, &ctx, &next, ctx.now + pause)?;
            }
            Ok(())
        })
        .await
}

/// False when it has to be tried again.
async fn carry_one(app: &App, mall_id: MallId, member_id: Id, message: Message, is_last: bool) -> Result<bool> {
    let program = app.outside.mini_program(mall_id).ok();
    let app_id = program.as_ref().map(|program| program.app_id().to_owned());
    let (reader, kind) = (app.clone(), message.kind);
    let reach = app
        .db
        .read(move |tx| {
            let rule = store::rules(tx, mall_id)?.remove(&kind).unwrap_or_default();
            let openid = match &app_id {
                Some(app_id) => identity::openid(tx, mall_id, member_id, app_id)?,
                None => None,
            };
            let phone = identity::phone_of(tx, &reader.sealer, mall_id, member_id)?;
            let wants_offers = consent::agrees_to_marketing(tx, mall_id, member_id)?;
            Ok(Reach { rule, openid, phone, wants_offers })
        })
        .await?;
    let mall = app.malls.get(mall_id)?;
    let values = model::values_of(&message, &mall.settings.name, mall.utc_offset_ms);
    let claim = |channel| Claim { member_id, message_id: message.id, kind: message.kind, channel };
    let mut by_subscribe = Outcome::NotSent;
    if reach.rule.subscribe.on {
        by_subscribe =
            subscribe(app, mall_id, claim(NoticeChannel::Subscribe), &reach, &message, &values, is_last).await?;
    }
    let wants_text = match reach.rule.sms.when {
        SmsWhen::Never => false,
        SmsWhen::Fallback => by_subscribe == Outcome::NotSent,
        SmsWhen::Always => true,
    };
    let by_text = if wants_text {
        text(app, mall_id, claim(NoticeChannel::Sms), &reach, &values, is_last).await?
    } else {
        Outcome::NotSent
    };
    Ok(by_subscribe != Outcome::Later && by_text != Outcome::Later)
}

async fn subscribe(
    app: &App,
    mall_id: MallId,
    claim: Claim,
    reach: &Reach,
    message: &Message,
    values: &BTreeMap<String, String>,
    is_last: bool,
) -> Result<Outcome> {
    let Some(openid) = reach.openid.clone() else {
        return skip(app, mall_id, claim, "没有在小程序里登录过").await;
    };
    let template_id = reach.rule.subscribe.template_id.clone();
    let (ctx, template) = (app.system(mall_id), template_id.clone());
    let known = app
        .db
        .write(move |tx| {
            if let Some(state) = store::state(tx, mall_id, claim.message_id, claim.channel)? {
                return Ok(Some(state));
            }
            if !store::spend(tx, &ctx, claim.member_id, &template)? {
                store::note(tx, &ctx, &claim, "skipped", Some("会员没有订阅，或订阅已经用完"))?;
                return Ok(Some("skipped".to_owned()));
            }
            store::note(tx, &ctx, &claim, "sending", None)?;
            Ok(None)
        })
        .await?;
    if let Some(state) = known {
        return Ok(before(&state));
    }
    let sent = SubscribeMessage {
        openid,
        template_id: template_id.clone(),
        page: Some(page_of(message)),
        data: data(&reach.rule.subscribe.fields, values),
    };
    let answer = app.outside.mini_program(mall_id)?.notify(&sent).await;
    let ctx = app.system(mall_id);
    app.db
        .write(move |tx| match &answer {
            Ok(()) => store::settle(tx, &ctx, &claim, "sent", None).map(|()| Outcome::Sent),
            Err(error) if is_passing(error) && !is_last => {
                store::give_back(tx, &ctx, claim.member_id, &template_id)?;
                store::withdraw(tx, &ctx, &claim).map(|()| Outcome::Later)
            }
            Err(error) => {
                if error.code() == "wechat.not_subscribed" {
                    store::none_left(tx, &ctx, claim.member_id, &template_id)?;
                }
                store::settle(tx, &ctx, &claim, "failed", Some(error.message())).map(|()| Outcome::NotSent)
            }
        })
        .await
}

async fn text(
    app: &App,
    mall_id: MallId,
    claim: Claim,
    reach: &Reach,
    values: &BTreeMap<String, String>,
    is_last: bool,
) -> Result<Outcome> {
    let Some(phone) = &reach.phone else { return skip(app, mall_id, claim, "会员没有绑定手机号").await };
    if model::is_marketing(claim.kind) && !reach.wants_offers {
        return skip(app, mall_id, claim, "会员没有同意接收营销信息").await;
    }
    let ctx = app.system(mall_id);
    let known = app
        .db
        .write(move |tx| {
            let state = store::state(tx, mall_id, claim.message_id, claim.channel)?;
            if state.is_none() {
                store::note(tx, &ctx, &claim, "sending", None)?;
            }
            Ok(state)
        })
        .await?;
    if let Some(state) = known {
        return Ok(before(&state));
    }
    let answer = send_text(app, mall_id, phone, &reach.rule, values).await;
    let ctx = app.system(mall_id);
    app.db
        .write(move |tx| match &answer {
            Ok(()) => store::settle(tx, &ctx, &claim, "sent", None).map(|()| Outcome::Sent),
            // The carrier refuses for frequency before it sends; anything else may have left.
            Err(error) if error.code() == "sms.limited" && !is_last => {
                store::withdraw(tx, &ctx, &claim).map(|()| Outcome::Later)
            }
            Err(error) => store::settle(tx, &ctx, &claim, "failed", Some(error.message())).map(|()| Outcome::NotSent),
        })
        .await
}

/// Sends a rule's text message.
pub(super) async fn send_text(
    app: &App,
    mall_id: MallId,
    phone: &Phone,
    rule: &NoticeRule,
    values: &BTreeMap<String, String>,
) -> Result<()> {
    let params: Vec<(String, String)> = (rule.sms.params.iter())
        .map(|param| (param.name.clone(), model::fitted_sms(&model::rendered(&param.text, values)).0))
        .collect();
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    app.outside.sms_of(mall_id).send(phone.national(), &rule.sms.template_code, &params).await
}

/// Fields as the vendor takes them.
pub(super) fn data(fields: &[NoticeField], values: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let fill =
        |field: &NoticeField| (field.name.clone(), model::fitted(&field.name, &model::rendered(&field.text, values)).0);
    fields.iter().map(fill).collect()
}

async fn skip(app: &App, mall_id: MallId, claim: Claim, reason: &'static str) -> Result<Outcome> {
    let ctx = app.system(mall_id);
    let state = app
        .db
        .write(move |tx| {
            if store::note(tx, &ctx, &claim, "skipped", Some(reason))? {
                return Ok(None);
            }
            store::state(tx, mall_id, claim.message_id, claim.channel)
        })
        .await?;
    Ok(state.map_or(Outcome::NotSent, |state| before(&state)))
}

/// What an earlier try came to. One that never told its end may have arrived, so it is not sent again.
fn before(state: &str) -> Outcome {
    if matches!(state, "sent" | "sending") { Outcome::Sent } else { Outcome::NotSent }
}

/// The vendor was busy and did nothing.
fn is_passing(error: &Error) -> bool {
    matches!(error.code(), "wechat.busy" | "wechat.unavailable")
}

/// Where a press on the notice leads.
fn page_of(message: &Message) -> String {
    let after_sale = message.facts.get("after_sale_id").and_then(serde_json::Value::as_str);
    match (after_sale, message.order_id) {
        (Some(id), _) => format!("pages/after/detail?id={id}"),
        (None, Some(id)) => format!("pages/order/detail?id={id}"),
        _ => "pages/my/messages".to_owned(),
    }
}
