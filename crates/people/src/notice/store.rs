//! Rows of rules, leaves and what was sent. A leave is spent in the transaction that claims a message, so two tries of one
//! message never send it twice, and two messages never use one leave.

use super::model::NoticeRule;
use crate::message::MessageKind;
use db::{FromRow, Row, Tx, args};
use kernel::{Error, Id, Ids, Instant, MallId, Result, days};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Leaves of one template that are worth remembering.
const MOST_LEAVES: i64 = 50;
/// How long the log is kept.
const KEPT: i64 = days(180);

/// A way to a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeChannel {
    Subscribe,
    Sms,
}

impl NoticeChannel {
    const fn as_str(self) -> &'static str {
        match self {
            NoticeChannel::Subscribe => "subscribe",
            NoticeChannel::Sms => "sms",
        }
    }
}

/// Every rule of a mall.
pub fn rules(tx: &mut Tx<'_>, mall_id: MallId) -> Result<HashMap<MessageKind, NoticeRule>> {
    let rows: Vec<(String, String)> =
        tx.all("select kind, rule from notice_rule where mall_id = $1", &args![mall_id])?;
    let mut found = HashMap::new();
    for (kind, rule) in rows {
        // A kind of a newer release is left out.
        if let Some(kind) = MessageKind::parse(&kind) {
            found.insert(kind, serde_json::from_str(&rule).map_err(Error::internal)?);
        }
    }
    Ok(found)
}

/// Keeps a rule.
pub fn save(tx: &mut Tx<'_>, ctx: &Ctx, kind: MessageKind, rule: &NoticeRule) -> Result<()> {
    let text = serde_json::to_string(rule).map_err(Error::internal)?;
    tx.exec(
        "insert into notice_rule (mall_id, kind, is_on, rule, updated_at)
         values ($1, $2, $3, $4, $5)
         on conflict (mall_id, kind) do update
         set is_on = excluded.is_on, rule = excluded.rule, updated_at = excluded.updated_at",
        &args![ctx.mall_id, kind.as_str(), rule.is_on(), text, ctx.now],
    )?;
    Ok(())
}

/// Counts one more leave for each template.
pub fn grant(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, template_ids: &[String]) -> Result<()> {
    let rows: Vec<Vec<db::Arg>> = template_ids
        .iter()
        .map(|template| Vec::from(args![ctx.mall_id, member_id, template, 1_i64, 1_i64, ctx.now]))
        .collect();
    tx.insert_many(
        "insert into notice_leave (mall_id, member_id, template_id, granted, remaining, updated_at) values",
        &format!(
            "on conflict (mall_id, member_id, template_id) do update
             set granted = notice_leave.granted + 1,
                 remaining = case when notice_leave.remaining < {MOST_LEAVES} then notice_leave.remaining + 1
                             else notice_leave.remaining end,
                 updated_at = excluded.updated_at"
        ),
        &rows,
    )?;
    Ok(())
}

/// Takes one leave; false when there is none.
pub fn spend(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, template_id: &str) -> Result<bool> {
    let taken = tx.exec(
        "update notice_leave
         set remaining = remaining - 1, updated_at = $4
         where mall_id = $1 and member_id = $2 and template_id = $3 and remaining > 0",
        &args![ctx.mall_id, member_id, template_id, ctx.now],
    )?;
    Ok(taken == 1)
}

/// Gives back one that was not used.
pub fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, template_id: &str) -> Result<()> {
    tx.exec(
        "update notice_leave
         set remaining = remaining + 1, updated_at = $4
         where mall_id = $1 and member_id = $2 and template_id = $3 and remaining < granted",
        &args![ctx.mall_id, member_id, template_id, ctx.now],
    )?;
    Ok(())
}

/// WeChat says that there is no leave: ours are worth nothing.
pub fn none_left(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, template_id: &str) -> Result<()> {
    tx.exec(
        "update notice_leave
         set remaining = 0, updated_at = $4
         where mall_id = $1 and member_id = $2 and template_id = $3",
        &args![ctx.mall_id, member_id, template_id, ctx.now],
    )?;
    Ok(())
}

/// What is known of a message on one way.
pub fn state(tx: &mut Tx<'_>, mall_id: MallId, message_id: Id, channel: NoticeChannel) -> Result<Option<String>> {
    tx.opt(
        "select state from notice_sent where mall_id = $1 and message_id = $2 and channel = $3",
        &args![mall_id, message_id, channel.as_str()],
    )
}

/// A message on one way.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub member_id: Id,
    pub message_id: Id,
    pub kind: MessageKind,
    pub channel: NoticeChannel,
}

/// Writes down what becomes of a message; false, and nothing changed, when something was written before.
pub fn note(tx: &mut Tx<'_>, ctx: &Ctx, claim: &Claim, state: &str, reason: Option<&str>) -> Result<bool> {
    let written = tx.exec(
        "insert into notice_sent (id, mall_id, member_id, message_id, kind, channel, state, reason, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (mall_id, message_id, channel) do nothing",
        &args![
            ctx.id(),
            ctx.mall_id,
            claim.member_id,
            claim.message_id,
            claim.kind.as_str(),
            claim.channel.as_str(),
            state,
            reason,
            ctx.now
        ],
    )?;
    Ok(written == 1)
}

/// How a sending ended.
pub fn settle(tx: &mut Tx<'_>, ctx: &Ctx, claim: &Claim, state: &str, reason: Option<&str>) -> Result<()> {
    tx.exec(
        "update notice_sent
         set state = $4, reason = $5
         where mall_id = $1 and message_id = $2 and channel = $3 and state = 'sending'",
        &args![ctx.mall_id, claim.message_id, claim.channel.as_str(), state, reason],
    )?;
    Ok(())
}

/// Forgets a sending that certainly did not happen, so that it can be tried again.
pub fn withdraw(tx: &mut Tx<'_>, ctx: &Ctx, claim: &Claim) -> Result<()> {
    tx.exec(
        "delete from notice_sent where mall_id = $1 and message_id = $2 and channel = $3 and state = 'sending'",
        &args![ctx.mall_id, claim.message_id, claim.channel.as_str()],
    )?;
    Ok(())
}

/// One line of the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SentNotice {
    pub id: Id,
    pub member_id: Id,
    pub kind: String,
    pub channel: String,
    /// `sending`, `sent`, `skipped`, `failed`.
    pub state: String,
    /// Why it was skipped or failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub created_at: Instant,
}

impl FromRow for SentNotice {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(SentNotice {
            id: row.next()?,
            member_id: row.next()?,
            kind: row.next()?,
            channel: row.next()?,
            state: row.next()?,
            reason: row.next()?,
            created_at: row.next()?,
        })
    }
}

/// The log, newest first, below an id.
pub fn sent(tx: &mut Tx<'_>, mall_id: MallId, before: i64, limit: i64) -> Result<Vec<SentNotice>> {
    tx.all(
        "select id, member_id, kind, channel, state, reason, created_at
         from notice_sent
         where mall_id = $1 and id < $2
         order by id desc
         limit $3",
        &args![mall_id, before, limit],
    )
}

/// What was sent to a member.
pub fn sent_to(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<SentNotice>> {
    tx.all(
        "select id, member_id, kind, channel, state, reason, created_at
         from notice_sent
         where mall_id = $1 and member_id = $2
         order by id desc
         limit 10000",
        &args![mall_id, member_id],
    )
}

/// Template and how many leaves are left.
pub fn leaves(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<(String, i64, i64)>> {
    tx.all(
        "select template_id, granted, remaining from notice_leave where mall_id = $1 and member_id = $2",
        &args![mall_id, member_id],
    )
}

/// Leaves follow a person into the account they turned out to have; where both have some, the account's own count stays.
pub fn merge_member(tx: &mut Tx<'_>, ctx: &Ctx, from: Id, to: Id) -> Result<()> {
    tx.exec(
        "insert into notice_leave (mall_id, member_id, template_id, granted, remaining, updated_at)
         select mall_id, cast($3 as bigint), template_id, granted, remaining, updated_at
         from notice_leave
         where mall_id = $1 and member_id = $2
         on conflict (mall_id, member_id, template_id) do nothing",
        &args![ctx.mall_id, from, to],
    )?;
    tx.exec("delete from notice_leave where mall_id = $1 and member_id = $2", &args![ctx.mall_id, from])?;
    Ok(())
}

/// Forgets a member.
pub fn erase(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<()> {
    for table in ["notice_sent", "notice_leave"] {
        let sql = format!("delete from {table} where mall_id = $1 and member_id = $2");
        tx.exec(&sql, &args![mall_id, member_id])?;
    }
    Ok(())
}

/// Forgets what is older than half a year.
pub fn sweep(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<u64> {
    tx.exec("delete from notice_sent where mall_id = $1 and id < $2", &args![mall_id, Ids::first_at(now - KEPT)])
}
