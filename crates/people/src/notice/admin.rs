//! Notices in the back office: what each kind of message uses, a preview, a test, and what was sent.

use super::model::{self, NoticeRule, NoticeValue};
use super::send;
use super::store::{self, NoticeChannel, SentNotice};
use crate::Phone;
use crate::identity;
use crate::message::MessageKind;
use axum::extract::State;
use kernel::ports::SubscribeMessage;
use kernel::{Cursor, Error, Id, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::ratelimit::Limit;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Tests reach a real phone.
const TESTS: Limit = Limit { name: "notice_test", burst: 10, interval_ms: 30_000.0 };

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_notices))
        .routes(routes!(change_notice))
        .routes(routes!(preview_notice))
        .routes(routes!(test_notice))
        .routes(routes!(list_sent_notices))
}

/// A kind of message and where it goes besides the message centre.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notice {
    pub kind: MessageKind,
    pub label: &'static str,
    /// True for offers: text messages go only to members who agreed to marketing.
    pub is_marketing: bool,
    /// What texts may name in braces.
    pub values: Vec<NoticeValue>,
    pub rule: NoticeRule,
}

fn shown(kind: MessageKind, rule: NoticeRule) -> Notice {
    Notice {
        kind,
        label: model::label(kind),
        is_marketing: model::is_marketing(kind),
        values: model::values(kind),
        rule,
    }
}

fn known(kind: &str) -> Result<MessageKind> {
    MessageKind::parse(kind).ok_or_else(|| Error::not_found("notice.no_such_kind", "没有这种消息"))
}

/// List the kinds of messages with their notices.
///
/// Needs `settings.edit`.
#[utoipa::path(get, path = "/notices", tag = "notice", security(("staff" = [])),
    responses((status = 200, body = Vec<Notice>)))]
async fn list_notices(State(app): State<App>, staff: Staff<perm::SettingsEdit>) -> Answer<Json<Vec<Notice>>> {
    let mall_id = staff.mall.id;
    let mut rules = app.db.read(move |tx| store::rules(tx, mall_id)).await?;
    Ok(Json(MessageKind::ALL.into_iter().map(|kind| shown(kind, rules.remove(&kind).unwrap_or_default())).collect()))
}

/// Change where messages of a kind go.
///
/// Needs `settings.edit`. Replaces the rule; messages written from now on follow it.
#[utoipa::path(put, path = "/notices/{kind}", tag = "notice", params(("kind" = String, Path)),
    request_body = NoticeRule, security(("staff" = [])), responses((status = 200, body = Notice),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 404, body = ProblemBody, description = "`notice.no_such_kind`")))]
async fn change_notice(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Path(kind): Path<String>,
    Json(input): Json<NoticeRule>,
) -> Answer<Json<Notice>> {
    let kind = known(&kind)?;
    let rule = input.checked(kind)?;
    let kept = rule.clone();
    staff
        .write(&app, "notice.update", move |tx, ctx| {
            store::save(tx, ctx, kind, &kept)?;
            Ok(((), Note::new("mall", ctx.mall_id, format!("修改通知：{}", model::label(kind)))))
        })
        .await?;
    Ok(Json(shown(kind, rule)))
}

/// One field as it would arrive.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewField {
    pub name: String,
    pub text: String,
    /// True when the vendor's limit cut something off.
    pub is_cut: bool,
}

/// A notice with example values.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticePreview {
    pub title: String,
    pub text: String,
    pub subscribe: Vec<PreviewField>,
    pub sms: Vec<PreviewField>,
}

/// Show a notice with example values.
///
/// Needs `settings.edit`. Nothing is kept.
#[utoipa::path(post, path = "/notices/{kind}/preview", tag = "notice", params(("kind" = String, Path)),
    request_body = NoticeRule, security(("staff" = [])), responses((status = 200, body = NoticePreview),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 404, body = ProblemBody, description = "`notice.no_such_kind`")))]
async fn preview_notice(
    _staff: Staff<perm::SettingsEdit>,
    Path(kind): Path<String>,
    Json(input): Json<NoticeRule>,
) -> Answer<Json<NoticePreview>> {
    let kind = known(&kind)?;
    let rule = input.checked(kind)?;
    let values = model::examples(kind);
    let show = |name: &str, (text, is_cut): (String, bool)| PreviewField { name: name.to_owned(), text, is_cut };
    Ok(Json(NoticePreview {
        title: values["title"].clone(),
        text: values["text"].clone(),
        subscribe: (rule.subscribe.fields.iter())
            .map(|field| show(&field.name, model::fitted(&field.name, &model::rendered(&field.text, &values))))
            .collect(),
        sms: (rule.sms.params.iter())
            .map(|param| show(&param.name, model::fitted_sms(&model::rendered(&param.text, &values))))
            .collect(),
    }))
}

/// A test of a notice that need not be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeTest {
    pub channel: NoticeChannel,
    /// Who gets it: for a subscribe message the member of this number, who has used the mini program.
    pub phone: String,
    pub rule: NoticeRule,
}

/// How a test went.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeTested {
    pub message: String,
}

/// Send a notice with example values to one phone.
///
/// Needs `settings.edit`. A subscribe message spends one leave of that member.
#[utoipa::path(post, path = "/notices/{kind}/test", tag = "notice", params(("kind" = String, Path)),
    request_body = NoticeTest, security(("staff" = [])), responses((status = 200, body = NoticeTested),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 404, body = ProblemBody, description = "`notice.no_such_kind`"),
    (status = 409, body = ProblemBody, description = "`notice.no_openid`, `wechat.not_configured`, `wechat.not_subscribed`, `wechat.message_refused`, `sms.not_configured`"),
    (status = 429, body = ProblemBody, description = "`request.too_many`, `sms.limited`"),
    (status = 502, body = ProblemBody, description = "`wechat.unavailable`, `sms.refused`, `sms.unavailable`")))]
async fn test_notice(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Path(kind): Path<String>,
    Json(input): Json<NoticeTest>,
) -> Answer<Json<NoticeTested>> {
    let kind = known(&kind)?;
    let phone = Phone::parse(&input.phone).map_err(|_| Error::field("phone", "请填写接收测试的手机号"))?;
    let rule = input.rule.checked(kind)?;
    app.rate_limit.check(TESTS, staff.id, staff.ctx.now)?;
    let (mall_id, values) = (staff.mall.id, model::examples(kind));
    let message = match input.channel {
        NoticeChannel::Sms => {
            if rule.sms.template_code.is_empty() {
                return Err(Error::field("sms.template_code", "请先填写短信模板").into());
            }
            send::send_text(&app, mall_id, &phone, &rule, &values).await?;
            "测试短信已发出".to_owned()
        }
        NoticeChannel::Subscribe => {
            if rule.subscribe.template_id.is_empty() {
                return Err(Error::field("subscribe.template_id", "请先填写模板 ID").into());
            }
            let program = app.outside.mini_program(mall_id)?;
            let (reader, app_id, number) = (app.clone(), program.app_id().to_owned(), input.phone.clone());
            let (ctx, template_id) = (staff.ctx.clone(), rule.subscribe.template_id.clone());
            let openid = app
                .db
                .write(move |tx| {
                    let Some(member) = identity::find_by_phone(tx, &reader.sealer, mall_id, &number)? else {
                        return Ok(None);
                    };
                    // WeChat keeps the real count; ours follows what it lets through.
                    store::spend(tx, &ctx, member, &template_id)?;
                    identity::openid(tx, mall_id, member, &app_id)
                })
                .await?;
            let missing = || Error::conflict("notice.no_openid", "这个手机号的会员没有在小程序里登录过");
            let test = SubscribeMessage {
                openid: openid.ok_or_else(missing)?,
                template_id: rule.subscribe.template_id.clone(),
                page: Some("pages/my/messages".to_owned()),
                data: send::data(&rule.subscribe.fields, &values),
            };
            program.notify(&test).await?;
            "测试消息已发出，请看微信的服务通知".to_owned()
        }
    };
    staff
        .write(&app, "notice.test", move |_, ctx| {
            Ok(((), Note::new("mall", ctx.mall_id, format!("测试通知：{}", model::label(kind)))))
        })
        .await?;
    Ok(Json(NoticeTested { message }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SentQuery {
    cursor: Option<String>,
    /// 1–100, 50 if absent.
    limit: Option<i64>,
}

/// A line of the log with its member.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentNoticeRow {
    #[serde(flatten)]
    pub sent: SentNotice,
    pub nickname: String,
    /// `138****0000`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_masked: Option<String>,
}

/// List what went to phones, newest first.
///
/// Needs `settings.edit`. The log goes back half a year.
#[utoipa::path(get, path = "/notices/sent", tag = "notice", params(SentQuery), security(("staff" = [])),
    responses((status = 200, body = Page<SentNoticeRow>)))]
async fn list_sent_notices(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Query(query): Query<SentQuery>,
) -> Answer<Json<Page<SentNoticeRow>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.id);
    let (mall_id, limit, reader) = (staff.mall.id, query.limit.unwrap_or(50).clamp(1, 100), app.clone());
    let rows = app
        .db
        .read(move |tx| {
            let rows = store::sent(tx, mall_id, before, limit + 1)?;
            let ids: Vec<Id> = rows.iter().map(|row| row.member_id).collect();
            let members = identity::briefs(tx, &reader.sealer, mall_id, &ids)?;
            let shown = rows.into_iter().map(|sent| {
                let member = members.get(&sent.member_id);
                SentNoticeRow {
                    nickname: member.map(|member| member.nickname.clone()).unwrap_or_default(),
                    phone_masked: member.and_then(|member| member.phone_masked.clone()),
                    sent,
                }
            });
            Ok(shown.collect::<Vec<_>>())
        })
        .await?;
    Ok(Json(Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.sent.id.0 })))
}
