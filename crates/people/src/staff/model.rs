//! Staff and roles as rows, as input, and as rights.

use super::password::Hashed;
use kernel::{Error, Id, Instant, Result};
use platform::permission::ALL;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Row of `staff`.
#[derive(Clone)]
pub(super) struct StaffRecord {
    pub id: Id,
    pub username: String,
    pub name: String,
    pub password_hash: String,
    pub role_id: Id,
    pub store_id: Option<Id>,
    pub status: String,
    pub totp_sealed: Option<String>,
    pub totp_confirmed_at: Option<Instant>,
    pub totp_last_step: i64,
    pub failed_attempts: i64,
    pub locked_until: Instant,
    pub last_sign_in_at: Option<Instant>,
}
db::row!(StaffRecord {
    id,
    username,
    name,
    password_hash,
    role_id,
    store_id,
    status,
    totp_sealed,
    totp_confirmed_at,
    totp_last_step,
    failed_attempts,
    locked_until,
    last_sign_in_at
});

impl StaffRecord {
    pub(super) fn is_active(&self) -> bool {
        self.status == "active"
    }
    pub(super) fn totp_enabled(&self) -> bool {
        self.totp_confirmed_at.is_some() && self.totp_sealed.is_some()
    }
}

/// Row of `role`.
#[derive(Debug, Clone)]
pub(super) struct RoleRecord {
    pub id: Id,
    pub name: String,
    codes: Vec<String>,
    pub is_owner: bool,
}

impl db::FromRow for RoleRecord {
    fn from_row(row: &mut db::Row<'_>) -> Result<Self> {
        let (id, name, permissions, is_owner): (Id, String, String, bool) = row.next()?;
        let codes = serde_json::from_str(&permissions).map_err(Error::internal)?;
        Ok(RoleRecord { id, name, codes, is_owner })
    }
}

impl RoleRecord {
    /// The permissions this release knows, in display order; an owner has all of them.
    pub(super) fn permissions(&self) -> Vec<&'static str> {
        let held = |code: &&str| self.is_owner || self.codes.iter().any(|held| held == code);
        ALL.iter().map(|info| info.code).filter(held).collect()
    }
}

/// What the acting staff may hand on.
#[derive(Debug, Clone)]
pub struct Rights {
    is_owner: bool,
    permissions: Vec<&'static str>,
    store_id: Option<Id>,
}

impl Rights {
    /// Everything, for the command line and demo data.
    pub fn system() -> Self {
        Rights { is_owner: true, permissions: ALL.iter().map(|info| info.code).collect(), store_id: None }
    }

    pub(super) fn new(role: &RoleRecord, store_id: Option<Id>) -> Self {
        Rights { is_owner: role.is_owner, permissions: role.permissions(), store_id }
    }

    /// `staff.beyond_own_rights` (403) when the role holds something this person does not.
    pub(super) fn require_role(&self, role: &RoleRecord) -> Result<()> {
        let within =
            self.is_owner || !role.is_owner && role.permissions().iter().all(|code| self.permissions.contains(code));
        if within { Ok(()) } else { Err(beyond()) }
    }

    /// The same for a list of permissions.
    pub(super) fn require_permissions(&self, codes: &[&'static str]) -> Result<()> {
        if self.is_owner || codes.iter().all(|code| self.permissions.contains(code)) { Ok(()) } else { Err(beyond()) }
    }

    /// A clerk bound to a store looks after the people of that store only.
    pub(super) fn require_store(&self, store_id: Option<Id>) -> Result<()> {
        if self.store_id.is_none() || self.store_id == store_id { Ok(()) } else { Err(beyond()) }
    }
}

fn beyond() -> Error {
    Error::forbidden("staff.beyond_own_rights", "不能授予或改动超出自己权限的内容")
}

/// Somebody to be added.
pub struct NewStaff {
    /// 3 to 32 of `[a-z0-9._-]`.
    pub username: String,
    pub name: String,
    pub role_id: Id,
    pub store_id: Option<Id>,
    pub password: Hashed,
}

/// What may change of a colleague; replaces all of it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct StaffChange {
    #[schema(min_length = 1, max_length = 20)]
    pub name: String,
    pub role_id: Id,
    /// Binds a clerk to a store; absent sees every store.
    pub store_id: Option<Id>,
    #[schema(pattern = "^(active|disabled)$")]
    pub status: String,
}

/// A role to be written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RoleInput {
    #[schema(min_length = 1, max_length = 20)]
    pub name: String,
    /// Codes of `GET /permissions`.
    pub permissions: Vec<String>,
}

/// Lower-cased and trimmed; 400 at `username` when it has other signs than `[a-z0-9._-]`.
pub(super) fn checked_username(text: &str) -> Result<String> {
    let username = normal_username(text);
    let fits = (3..=32).contains(&username.len())
        && username.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    if fits {
        Ok(username)
    } else {
        Err(Error::field("username", "用户名用 3 到 32 个小写字母、数字、点、横线或下划线"))
    }
}

/// As typed at sign-in.
pub(super) fn normal_username(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A trimmed name of 1 to 20 characters; 400 at `name`.
pub(super) fn checked_name(text: &str) -> Result<String> {
    let name = text.trim();
    let fits = (1..=20).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Error::field("name", "名称请用 1 到 20 个字")) }
}

/// Known codes in display order, each once; 400 at `permissions` for one this release does not know.
pub(super) fn checked_permissions(codes: &[String]) -> Result<Vec<&'static str>> {
    let unknown = codes.iter().any(|code| !ALL.iter().any(|info| info.code == code));
    if unknown || codes.len() > 200 {
        return Err(Error::field("permissions", "有不认识的权限，请刷新后重试"));
    }
    Ok(ALL.iter().map(|info| info.code).filter(|code| codes.iter().any(|asked| asked == code)).collect())
}
