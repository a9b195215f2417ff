//! What this floor keeps of a member: profile, identities, addresses, sessions, consents, messages,
//! notices, preferences, uploads.

use crate::hooks::{PersonalData, Section};
use crate::phone::Phone;
use crate::{address, consent, message, notice};
use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use platform::seal::Sealer;
use platform::session::Subject;
use platform::{App, Ctx};
use serde_json::{Value, json};

/// This floor's own part of a member's data.
pub struct OwnData;

const PROFILE: &[(&str, &str)] = &[
    ("id", "会员编号"),
    ("nickname", "昵称"),
    ("phone", "手机号"),
    ("avatar_key", "头像文件"),
    ("created_at", "加入时间"),
];
const IDENTITIES: &[(&str, &str)] = &[
    ("provider", "平台"),
    ("app_id", "应用"),
    ("subject", "身份标识"),
    ("union_id", "统一标识"),
    ("created_at", "绑定时间"),
];
const ADDRESSES: &[(&str, &str)] = &[
    ("id", "编号"),
    ("name", "收货人"),
    ("phone", "电话"),
    ("region", "地区"),
    ("detail", "详细地址"),
    ("tag", "标签"),
    ("is_default", "默认"),
];
const SESSIONS: &[(&str, &str)] = &[("created_at", "登录时间"), ("expires_at", "失效时间"), ("user_agent", "设备")];
const CONSENTS: &[(&str, &str)] = &[("scope", "范围"), ("version", "政策版本"), ("granted", "同意"), ("at", "时间")];
const MESSAGES: &[(&str, &str)] =
    &[("created_at", "时间"), ("kind", "类型"), ("title", "标题"), ("text", "内容"), ("is_read", "已读")];
const PREFERENCES: &[(&str, &str)] = &[("muted", "关闭的消息"), ("personalised", "个性化推荐")];
const NOTICES: &[(&str, &str)] =
    &[("created_at", "时间"), ("kind", "类型"), ("channel", "方式"), ("state", "结果"), ("reason", "原因")];
const NOTICE_LEAVES: &[(&str, &str)] = &[("template_id", "模板"), ("granted", "同意次数"), ("remaining", "剩余次数")];
const UPLOADS: &[(&str, &str)] = &[("key", "文件"), ("bytes", "字节"), ("created_at", "上传时间")];

const EVENTS: &[(&str, &str)] = &[("at", "时间"), ("kind", "类型"), ("text", "内容")];

impl PersonalData for OwnData {
    fn gather(&self, tx: &mut Tx<'_>, app: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        Ok(vec![
            profile(tx, &app.sealer, mall_id, member)?,
            identities(tx, mall_id, member)?,
            addresses(tx, &app.sealer, mall_id, member)?,
            sessions(tx, mall_id, member)?,
            consents(tx, mall_id, member)?,
            messages(tx, mall_id, member)?,
            preferences(tx, mall_id, member)?,
            notices(tx, mall_id, member)?,
            notice_leaves(tx, mall_id, member)?,
            uploads(tx, mall_id, member)?,
            events(tx, mall_id, member)?,
        ])
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        let phone: Option<(Option<String>,)> =
            tx.opt("select phone_hash from member where mall_id = $1 and id = $2", &args![ctx.mall_id, member])?;
        if let Some((Some(hash),)) = phone {
            for table in ["sms_code", "sms_sent"] {
                let sql = format!("delete from {table} where mall_id = $1 and phone_hash = $2");
                tx.exec(&sql, &args![ctx.mall_id, &hash])?;
            }
        }
        tx.exec(
            "update member
             set nickname = '已注销会员', avatar_key = null, phone_sealed = null, phone_hash = null, phone_tail = null,
                 blocked_reason = null, status = 'closed', updated_at = $3
             where mall_id = $1 and id = $2",
            &args![ctx.mall_id, member, ctx.now],
        )?;
        for table in ["member_identity", "address", "member_event"] {
            let sql = format!("delete from {table} where mall_id = $1 and member_id = $2");
            tx.exec(&sql, &args![ctx.mall_id, member])?;
        }
        tx.exec(
            "delete from session where mall_id = $1 and kind = 'member' and subject_id = $2",
            &args![ctx.mall_id, member],
        )?;
        tx.exec(
            "delete from idempotency where mall_id = $1 and caller = $2",
            &args![ctx.mall_id, format!("member:{member}")],
        )?;
        message::erase(tx, ctx.mall_id, member)?;
        notice::erase(tx, ctx.mall_id, member)?;
        message::forget(tx, ctx.mall_id, member)
    }
}

/// Ends every session of the member, on this node at once.
pub(super) fn end_sessions(tx: &mut Tx<'_>, app: &App, mall_id: MallId, member: Id) -> Result<()> {
    app.sessions.close_all(tx, mall_id, Subject::Member(member))
}

fn section(
    name: &'static str,
    title: &'static str,
    columns: &'static [(&str, &str)],
    rows: Vec<Vec<Value>>,
) -> Section {
    Section { name, title, columns, rows }
}

fn profile(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member: Id) -> Result<Section> {
    let (nickname, avatar, sealed, created_at): (String, Option<String>, Option<String>, Instant) = tx.one(
        "select nickname, avatar_key, phone_sealed, created_at
         from member
         where mall_id = $1 and id = $2",
        &args![mall_id, member],
    )?;
    let phone = sealed.map(|sealed| Phone::open(sealer, &sealed)).transpose()?;
    let row = vec![
        json!(member),
        json!(nickname),
        json!(phone.as_ref().map(Phone::national)),
        json!(avatar),
        json!(created_at),
    ];
    Ok(section("profile", "个人资料", PROFILE, vec![row]))
}

fn identities(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(String, String, String, Option<String>, Instant)> = tx.all(
        "select provider, app_id, subject, union_id, created_at
         from member_identity
         where mall_id = $1 and member_id = $2
         order by created_at",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(provider, app, subject, union, at)| {
        vec![json!(provider), json!(app), json!(subject), json!(union), json!(at)]
    });
    Ok(section("identities", "登录方式", IDENTITIES, rows.collect()))
}

fn addresses(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member: Id) -> Result<Section> {
    let rows = address::list(tx, sealer, mall_id, member)?.into_iter().map(|address| {
        vec![
            json!(address.id),
            json!(address.name),
            json!(address.phone),
            json!(address.region_text()),
            json!(address.detail),
            json!(address.tag),
            json!(address.is_default),
        ]
    });
    Ok(section("addresses", "收货地址", ADDRESSES, rows.collect()))
}

fn sessions(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(Instant, Instant, String)> = tx.all(
        "select created_at, expires_at, user_agent
         from session
         where mall_id = $1 and kind = 'member' and subject_id = $2
         order by created_at",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(at, until, agent)| vec![json!(at), json!(until), json!(agent)]);
    Ok(section("sessions", "登录设备", SESSIONS, rows.collect()))
}

fn consents(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows = consent::of_member(tx, mall_id, member, 10_000)?
        .into_iter()
        .map(|one| vec![json!(one.scope), json!(one.version), json!(one.granted), json!(one.at)]);
    Ok(section("consents", "同意记录", CONSENTS, rows.collect()))
}

fn messages(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows = message::all_of(tx, mall_id, member)?
        .into_iter()
        .map(|one| vec![json!(one.created_at), json!(one.kind), json!(one.title), json!(one.text), json!(one.is_read)]);
    Ok(section("messages", "消息", MESSAGES, rows.collect()))
}

fn preferences(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let preference = message::of_shopper(tx, mall_id, member)?;
    let row = vec![json!(preference.muted), json!(preference.personalised)];
    Ok(section("preferences", "设置", PREFERENCES, vec![row]))
}

fn notices(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows = notice::sent_to(tx, mall_id, member)?.into_iter().map(|one| {
        vec![json!(one.created_at), json!(one.kind), json!(one.channel), json!(one.state), json!(one.reason)]
    });
    Ok(section("notices", "发到手机的通知", NOTICES, rows.collect()))
}

fn notice_leaves(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows = notice::leaves(tx, mall_id, member)?.into_iter();
    let rows = rows.map(|(template, granted, remaining)| vec![json!(template), json!(granted), json!(remaining)]);
    Ok(section("notice_leaves", "订阅消息", NOTICE_LEAVES, rows.collect()))
}

fn events(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(Instant, String, String)> = tx.all(
        "select at, kind, text
         from member_event
         where mall_id = $1 and member_id = $2
         order by id",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(at, kind, text)| vec![json!(at), json!(kind), json!(text)]);
    Ok(section("account_events", "账号记录", EVENTS, rows.collect()))
}

fn uploads(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Section> {
    let rows: Vec<(String, i64, Instant)> = tx.all(
        "select key, bytes, created_at
         from file
         where mall_id = $1 and owner_kind = 'member' and owner_id = $2
         order by created_at, key",
        &args![mall_id, member],
    )?;
    let rows = rows.into_iter().map(|(key, bytes, at)| vec![json!(key), json!(bytes), json!(at)]);
    Ok(section("uploads", "上传的图片", UPLOADS, rows.collect()))
}

/// Keys of everything the member uploaded.
pub(super) fn uploaded(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = tx.all(
        "select key from file where mall_id = $1 and owner_kind = 'member' and owner_id = $2",
        &args![mall_id, member],
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}
