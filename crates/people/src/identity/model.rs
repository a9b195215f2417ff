//! Members as rows and as they show themselves.

use super::Badges;
use crate::phone::Phone;
use kernel::{Error, Id, Instant, Result};
use platform::seal::Sealer;
use serde::Serialize;
use utoipa::ToSchema;

/// A visitor we remember, or somebody who signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    Guest,
    Member,
}

impl MemberKind {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "guest" => Ok(MemberKind::Guest),
            "member" => Ok(MemberKind::Member),
            other => Err(Error::internal(format_args!("unknown member kind {other}"))),
        }
    }
}

/// Row of `member`, phone still sealed.
#[derive(Debug, Clone)]
pub(super) struct MemberRecord {
    pub id: Id,
    pub kind: MemberKind,
    pub nickname: String,
    pub avatar_key: Option<String>,
    pub phone_sealed: Option<String>,
    pub status: String,
    pub created_at: Instant,
}

impl db::FromRow for MemberRecord {
    fn from_row(row: &mut db::Row<'_>) -> Result<Self> {
        Ok(MemberRecord {
            id: row.next()?,
            kind: MemberKind::parse(&row.next::<String>()?)?,
            nickname: row.next()?,
            avatar_key: row.next()?,
            phone_sealed: row.next()?,
            status: row.next()?,
            created_at: row.next()?,
        })
    }
}

impl MemberRecord {
    pub(super) fn is_active_guest(&self) -> bool {
        self.kind == MemberKind::Guest && self.status == "active"
    }

    /// `member.blocked` (403) unless the member may sign in and act; `session.ended` (401) for one that was merged.
    pub(super) fn require_active(&self) -> Result<()> {
        match self.status.as_str() {
            "active" => Ok(()),
            "merged" => Err(Error::unauthenticated("session.ended", "登录已失效，请重新登录")),
            _ => Err(Error::forbidden("member.blocked", "这个账号已停用，请联系客服")),
        }
    }

    pub(super) fn phone(&self, sealer: &Sealer) -> Result<Option<Phone>> {
        self.phone_sealed.as_deref().map(|sealed| Phone::open(sealer, sealed)).transpose()
    }
}

/// The shopper as the "me" page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Me {
    pub id: Id,
    pub kind: MemberKind,
    #[schema(example = "会员 482913")]
    pub nickname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "138****0000")]
    pub phone_masked: Option<String>,
    /// When the guest or the member came first.
    pub created_at: Instant,
    /// True when the shopper has not agreed to the newest privacy policy.
    pub consent_due: bool,
    pub badges: Badges,
}

/// What staff pages show of a member beside an order or a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBrief {
    pub id: Id,
    pub nickname: String,
    pub avatar_key: Option<String>,
    /// `138****0000`.
    pub phone_masked: Option<String>,
}
