//! A copy of everything: asked for by the member, made by a job, kept sealed for some days, for that member alone.

use super::own::OwnData;
use super::package;
use crate::hooks::{PersonalData, PersonalSources};
use db::{FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, days};
use platform::job::{self, Job, NewJob};
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The job that makes a copy.
pub const EXPORT: &str = "export_member_data";

/// A member may ask for one copy in this time.
const PAUSE: i64 = days(1);
/// Bound into the seal of the object.
const OBJECT: &str = "data_export.object";
const PAGE: i64 = 10;

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportStatus {
    Waiting,
    Ready,
    Failed,
    Expired,
}

/// A copy that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DataExport {
    pub id: Id,
    pub status: ExportStatus,
    /// Of the zip; 0 until it is ready.
    pub bytes: i64,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<Instant>,
    /// Until when it can be fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
}

impl FromRow for DataExport {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let id = row.next()?;
        let status = match row.next::<String>()?.as_str() {
            "waiting" => ExportStatus::Waiting,
            "ready" => ExportStatus::Ready,
            "failed" => ExportStatus::Failed,
            _ => ExportStatus::Expired,
        };
        let (bytes, created_at) = (row.next()?, row.next()?);
        Ok(DataExport { id, status, bytes, created_at, ready_at: row.next()?, expires_at: row.next()? })
    }
}

const COLUMNS: &str = "id, status, bytes, created_at, ready_at, expires_at";

#[derive(Debug, Serialize, Deserialize)]
struct MakeExport {
    export_id: Id,
    member_id: Id,
}

/// Asks for a copy. One that is being made is answered again; `privacy.export_too_often` (429) within a day of the last.
pub fn request(tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<DataExport> {
    let locked: Option<Id> = tx.opt(
        "select id from member where mall_id = $1 and id = $2 and status = 'active' for update",
        &args![ctx.mall_id, member],
    )?;
    locked.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))?;
    let last = page(tx, ctx.mall_id, member, None)?.items.into_iter().next();
    match last {
        Some(last) if last.status == ExportStatus::Waiting => return Ok(last),
        Some(last) if last.status != ExportStatus::Failed && ctx.now - last.created_at < PAUSE => {
            let wait_s = u32::try_from((last.created_at + PAUSE - ctx.now) / 1_000).unwrap_or(u32::MAX);
            let text = "一天可以导出一次，刚才那一份还可以下载";
            return Err(Error::too_many("privacy.export_too_often", text).retry_after(wait_s));
        }
        _ => {}
    }
    let id = ctx.id();
    tx.exec(
        "insert into data_export (id, mall_id, member_id, created_at)
         values ($1, $2, $3, $4)",
        &args![id, ctx.mall_id, member, ctx.now],
    )?;
    job::enqueue(tx, ctx, NewJob::new(EXPORT, &MakeExport { export_id: id, member_id: member }).once(id))?;
    let made = DataExport {
        id,
        status: ExportStatus::Waiting,
        bytes: 0,
        created_at: ctx.now,
        ready_at: None,
        expires_at: None,
    };
    Ok(made)
}

/// Copies of a member, newest first.
pub(super) fn page(tx: &mut Tx<'_>, mall_id: MallId, member: Id, cursor: Option<Cursor>) -> Result<Page<DataExport>> {
    let rows: Vec<DataExport> = tx.all(
        &format!(
            "select {COLUMNS}
             from data_export
             where mall_id = $1 and member_id = $2 and id < $3
             order by id desc
             limit $4"
        ),
        &args![mall_id, member, cursor.map_or(i64::MAX, |cursor| cursor.id), PAGE + 1],
    )?;
    Ok(Page::from_rows(rows, PAGE, |row| Cursor { key: 0, id: row.id.0 }))
}

fn key_of(mall_id: MallId, id: Id) -> String {
    format!("m{mall_id}/exports/{id}.sealed")
}

/// The job: gathers, packs, seals, keeps.
pub async fn run(app: App, job: Job, sources: PersonalSources) -> Result<()> {
    let made = make(&app, &job, sources).await;
    if made.is_err() && job.is_last_attempt() {
        let MakeExport { export_id, .. } = job.read()?;
        let mall_id = job.mall_id;
        app.db
            .write(move |tx| {
                tx.exec(
                    "update data_export set status = 'failed' where mall_id = $1 and id = $2 and status = 'waiting'",
                    &args![mall_id, export_id],
                )
            })
            .await?;
    }
    made
}

async fn make(app: &App, job: &Job, sources: PersonalSources) -> Result<()> {
    let MakeExport { export_id, member_id } = job.read()?;
    let (mall, now) = (app.malls.get(job.mall_id)?, app.clock.now());
    let (app_in, mall_id) = (app.clone(), mall.id);
    let sections = app
        .db
        .read(move |tx| {
            let mut sections = OwnData.gather(tx, &app_in, mall_id, member_id)?;
            for source in sources.iter() {
                sections.extend(source.gather(tx, &app_in, mall_id, member_id)?);
            }
            Ok(sections)
        })
        .await?;
    let zip = package::pack(&mall.settings.name, now, &sections)?;
    let bytes = i64::try_from(zip.len()).map_err(Error::internal)?;
    let key = key_of(mall_id, export_id);
    let objects = app.outside.objects();
    objects.put(&key, "application/octet-stream", app.sealer.seal_bytes(OBJECT, &zip)).await?;
    let (kept, expires_at) = (key.clone(), now + days(app.config.privacy.export_days.max(1)));
    let written = app
        .db
        .write(move |tx| {
            tx.exec(
                "update data_export
                 set status = 'ready', object_key = $3, bytes = $4, ready_at = $5, expires_at = $6
                 where mall_id = $1 and id = $2 and status = 'waiting'",
                &args![mall_id, export_id, &kept, bytes, now, expires_at],
            )
        })
        .await?;
    if written == 0 && !exists(app, mall_id, export_id).await? {
        // The account was closed meanwhile.
        objects.delete(&key).await?;
    }
    Ok(())
}

async fn exists(app: &App, mall_id: MallId, id: Id) -> Result<bool> {
    let found: Option<Id> = app
        .db
        .read(move |tx| tx.opt("select id from data_export where mall_id = $1 and id = $2", &args![mall_id, id]))
        .await?;
    Ok(found.is_some())
}

/// The bytes of a copy, for its member; `privacy.no_export` (404) for anybody else, and when its days are over.
pub(super) async fn open(app: &App, mall_id: MallId, member: Id, id: Id, now: Instant) -> Result<Vec<u8>> {
    let missing = || Error::not_found("privacy.no_export", "这份副本不在了，请重新导出");
    let key: Option<(String,)> = app
        .db
        .read(move |tx| {
            tx.opt(
                "select object_key
                 from data_export
                 where mall_id = $1 and id = $2 and member_id = $3 and status = 'ready' and expires_at > $4",
                &args![mall_id, id, member, now],
            )
        })
        .await?;
    let (key,) = key.ok_or_else(missing)?;
    let (sealed, _) = app.outside.objects().get(&key).await?.ok_or_else(missing)?;
    app.sealer.open_bytes(OBJECT, &sealed)
}

/// Forgets the copies of a member; answers the objects to remove.
pub(super) fn forget(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<String>> {
    let gone: Vec<(Option<String>,)> = tx.all(
        "delete from data_export where mall_id = $1 and member_id = $2 returning object_key",
        &args![mall_id, member],
    )?;
    Ok(gone.into_iter().filter_map(|(key,)| key).collect())
}

/// The sweep: removes copies whose days are over, first the object, then the way to it.
pub async fn sweep(app: App) -> Result<()> {
    let now = app.clock.now();
    for mall in app.malls.all() {
        let mall_id = mall.id;
        let due: Vec<(Id, Option<String>)> = app
            .db
            .read(move |tx| {
                tx.all(
                    "select id, object_key
                     from data_export
                     where mall_id = $1 and status = 'ready' and expires_at <= $2
                     order by expires_at
                     limit 200",
                    &args![mall_id, now],
                )
            })
            .await?;
        if due.is_empty() {
            continue;
        }
        let objects = app.outside.objects();
        for key in due.iter().filter_map(|(_, key)| key.as_deref()) {
            objects.delete(key).await?;
        }
        let ids: Vec<Id> = due.into_iter().map(|(id, _)| id).collect();
        app.db
            .write(move |tx| {
                tx.exec(
                    "update data_export
                     set status = 'expired', object_key = null
                     where mall_id = $1 and id = any($2) and status = 'ready'",
                    &args![mall_id, &ids],
                )
            })
            .await?;
    }
    Ok(())
}
