//! Messages that leave the shop: when a kind also goes to phones, writing one leaves a job behind that names it.
//! Which kinds do is read from `notice_rule`, whose rows `notice` owns.

use super::store::{Message, MessageKind};
use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use platform::Ctx;
use platform::job::{NewJob, enqueue};
use serde::{Deserialize, Serialize};

/// Kind of the job that carries messages to phones.
pub const CARRY: &str = "carry_messages";

/// Its payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Carry {
    pub message_ids: Vec<Id>,
    /// Which try this is for these messages, from 0.
    pub tried: u32,
}

/// True when messages of this kind also go to phones.
pub fn is_carried(tx: &mut Tx<'_>, mall_id: MallId, kind: MessageKind) -> Result<bool> {
    let found: Option<(bool,)> =
        tx.opt("select is_on from notice_rule where mall_id = $1 and kind = $2", &args![mall_id, kind.as_str()])?;
    Ok(found.is_some_and(|(on,)| on))
}

/// Leaves the job, if the kind goes to phones.
pub(super) fn follow(tx: &mut Tx<'_>, ctx: &Ctx, kind: MessageKind, message_ids: Vec<Id>) -> Result<()> {
    if message_ids.is_empty() || !is_carried(tx, ctx.mall_id, kind)? {
        return Ok(());
    }
    carry_later(tx, ctx, &Carry { message_ids, tried: 0 }, ctx.now)
}

/// Leaves the job for a later moment.
pub fn carry_later(tx: &mut Tx<'_>, ctx: &Ctx, carry: &Carry, at: Instant) -> Result<()> {
    enqueue(tx, ctx, NewJob::new(CARRY, carry).at(at))
}

/// Messages by id, with whom they belong to; those that are gone are absent.
pub fn of_ids(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<Vec<(Id, Message)>> {
    let owners: Vec<(Id, Id)> = tx.all(
        "select id, member_id from message where mall_id = $1 and id = any($2) order by id",
        &args![mall_id, ids],
    )?;
    let messages: Vec<Message> = tx.all(
        "select id, event_id, kind, title, text, facts, order_id, created_at, read_at
         from message
         where mall_id = $1 and id = any($2)
         order by id",
        &args![mall_id, ids],
    )?;
    Ok(owners.into_iter().map(|(_, member_id)| member_id).zip(messages).collect())
}
