//! What the mall tells a member about points and membership: kept in a list, newest first, and told as a message.

use crate::message::{self, MessageKind, NewMessage};
use db::{Tx, args, row};
use kernel::{Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberNotice {
    pub id: Id,
    /// `tier_reached`, `tier_fallen`, `points_expiring`, `renewal_due`, `gift`.
    pub kind: String,
    pub text: String,
    pub created_at: Instant,
}
row!(MemberNotice { id, kind, text, created_at });

/// Writes a notice and a message. `facts` are the values of its text.
pub fn tell(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, kind: &str, text: &str, facts: Value) -> Result<()> {
    let id = ctx.id();
    tx.exec(
        "insert into member_notice (id, mall_id, member_id, kind, text, created_at) values ($1, $2, $3, $4, $5, $6)",
        &args![id, ctx.mall_id, member_id, kind, text, ctx.now],
    )?;
    let (kind, title) = match kind {
        "tier_reached" | "tier_fallen" => (MessageKind::TierChanged, "会员等级变了"),
        "points_expiring" => (MessageKind::PointsExpiring, "积分快到期了"),
        "renewal_due" => (MessageKind::RenewalDue, "会员快到期了"),
        _ => (MessageKind::MemberGift, "收到会员礼"),
    };
    let new = NewMessage {
        member_id,
        kind,
        title: title.to_owned(),
        text: text.to_owned(),
        facts,
        order_id: None,
        event_id: id,
        at: ctx.now,
    };
    message::post(tx, ctx, &new).map(drop)
}

/// The latest notices of a member.
pub fn notices(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, limit: i64) -> Result<Vec<MemberNotice>> {
    tx.all(
        "select id, kind, text, created_at from member_notice
         where mall_id = $1 and member_id = $2
         order by id desc
         limit $3",
        &args![mall_id, member_id, limit],
    )
}
