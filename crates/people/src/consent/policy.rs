//! Versions of the privacy policy. The text is plain: a line that begins with `## ` is a heading, one that begins with
//! `- ` an entry of a list, everything else a paragraph.

use db::{Tx, args};
use kernel::{Error, Instant, MallId, Result};
use platform::Ctx;
use platform::mall::MallSettings;
use platform::seal::sha256_hex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text to begin with; `{…}` are filled in by [`template`].
const TEMPLATE: &str = include_str!("../../data/privacy-policy.zh.md");

const BODY_LONGEST: usize = 40_000;

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// 1, 2, 3 …
    pub version: i64,
    pub title: String,
    /// What changed against the version before.
    pub summary: String,
    /// Lines; `## ` begins a heading, `- ` an entry of a list.
    pub body: String,
    /// SHA-256 of the body in hex.
    pub body_hash: String,
    pub published_at: Instant,
}
db::row!(Policy { version, title, summary, body, body_hash, published_at });

/// A version without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyBrief {
    pub version: i64,
    pub title: String,
    pub summary: String,
    pub body_hash: String,
    pub published_at: Instant,
}
db::row!(PolicyBrief { version, title, summary, body_hash, published_at });

/// A version about to be published.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyInput {
    #[schema(min_length = 1, max_length = 60, example = "隐私政策")]
    pub title: String,
    /// What changed, for members who agreed to the version before.
    #[schema(max_length = 500)]
    #[serde(default)]
    pub summary: String,
    #[schema(min_length = 1, max_length = 40000)]
    pub body: String,
}

/// The text of the template with the mall's name, phone and the date in it; `today` is shifted to the mall's day.
pub fn template(settings: &MallSettings, today: Instant) -> PolicyInput {
    let day = today.datetime();
    let company = settings.company_name.as_deref().unwrap_or(&settings.name);
    let contact = settings
        .service_phone
        .as_deref()
        .map_or_else(|| "小程序“我的”页里的客服入口".to_owned(), |phone| format!("客服电话 {phone}"));
    let body = TEMPLATE
        .replace("{mall}", &settings.name)
        .replace("{company}", company)
        .replace("{contact}", &contact)
        .replace("{date}", &format!("{} 年 {} 月 {} 日", day.year(), u8::from(day.month()), day.day()));
    PolicyInput { title: "隐私政策".into(), summary: String::new(), body }
}

/// Publishes the next version; from now on it is the one members are asked about.
/// `privacy.published_meanwhile` (409) when somebody was faster.
pub fn publish(tx: &mut Tx<'_>, ctx: &Ctx, input: &PolicyInput) -> Result<PolicyBrief> {
    let title = within("title", &input.title, 1, 60)?;
    let summary = within("summary", &input.summary, 0, 500)?;
    let body = within("body", &input.body.replace('\r', ""), 1, BODY_LONGEST)?;
    let version = newest(tx, ctx.mall_id)?.unwrap_or(0) + 1;
    let body_hash = sha256_hex(body.as_bytes());
    tx.exec(
        "insert into policy_version (mall_id, version, title, summary, body, body_hash, published_at, published_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![ctx.mall_id, version, &title, &summary, &body, &body_hash, ctx.now, ctx.actor.id()],
    )?;
    Ok(PolicyBrief { version, title, summary, body_hash, published_at: ctx.now })
}

fn within(field: &'static str, text: &str, least: usize, most: usize) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    let printable = text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control());
    if (least..=most).contains(&length) && printable {
        return Ok(text.to_owned());
    }
    Err(Error::field(field, format!("请写 {least} 到 {most} 个字")))
}

/// Number of the newest version.
pub(super) fn newest(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Option<i64>> {
    tx.opt(
        "select version
         from policy_version
         where mall_id = $1
         order by version desc
         limit 1",
        &args![mall_id],
    )
}

/// The newest version with its text; `privacy.no_policy` (404) where none was published.
pub(super) fn current(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Policy> {
    let found = tx.opt(
        "select version, title, summary, body, body_hash, published_at
         from policy_version
         where mall_id = $1
         order by version desc
         limit 1",
        &args![mall_id],
    )?;
    found.ok_or_else(missing)
}

/// One version with its text.
pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, version: i64) -> Result<Policy> {
    let found = tx.opt(
        "select version, title, summary, body, body_hash, published_at
         from policy_version
         where mall_id = $1 and version = $2",
        &args![mall_id, version],
    )?;
    found.ok_or_else(missing)
}

/// Versions below `before`, newest first.
pub(super) fn page(tx: &mut Tx<'_>, mall_id: MallId, before: i64, limit: i64) -> Result<Vec<PolicyBrief>> {
    tx.all(
        "select version, title, summary, body_hash, published_at
         from policy_version
         where mall_id = $1 and version < $2
         order by version desc
         limit $3",
        &args![mall_id, before, limit],
    )
}

fn missing() -> Error {
    Error::not_found("privacy.no_policy", "没有找到这个版本的隐私政策")
}
