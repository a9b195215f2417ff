//! Forgetting a member: everything that no law holds, in one transaction; the files follow in a job. A second pass some
//! minutes later takes what a request under way on another node may have written meanwhile.

use super::own::{self, OwnData};
use super::{closing, export};
use crate::hooks::{PersonalData, PersonalSources};
use db::{Tx, args};
use kernel::{Error, Id, Result, minutes};
use platform::job::{self, Job, NewJob};
use platform::{App, Ctx, storage};
use serde::{Deserialize, Serialize};

/// The second pass over an account that was closed.
pub const ERASE: &str = "erase_closed_account";
/// Removes files nobody may see any more.
pub const ERASE_FILES: &str = "erase_files";

/// Longer than any node trusts a session it knows.
const SECOND_PASS: i64 = minutes(10);

#[derive(Debug, Serialize, Deserialize)]
struct EraseAgain {
    member_id: Id,
}

#[derive(Debug, Serialize, Deserialize)]
struct EraseFiles {
    /// Uploaded pictures, with every size of them.
    pictures: Vec<String>,
    /// Other objects.
    objects: Vec<String>,
}

/// Forgets everything of a member that no law holds. Repeating it changes nothing.
pub(super) fn everything(tx: &mut Tx<'_>, ctx: &Ctx, app: &App, sources: &PersonalSources, member: Id) -> Result<()> {
    own::end_sessions(tx, app, ctx.mall_id, member)?;
    let pictures = orphans(tx, ctx, sources, member)?;
    let objects = export::forget(tx, ctx.mall_id, member)?;
    for source in sources.iter() {
        source.erase(tx, ctx, member)?;
    }
    OwnData.erase(tx, ctx, member)?;
    if pictures.is_empty() && objects.is_empty() {
        return Ok(());
    }
    job::enqueue(tx, ctx, NewJob::new(ERASE_FILES, &EraseFiles { pictures, objects }))
}

/// Asks for pictures to be removed that nobody may see any more.
pub fn remove_pictures(tx: &mut Tx<'_>, ctx: &Ctx, pictures: Vec<String>) -> Result<()> {
    if pictures.is_empty() {
        return Ok(());
    }
    job::enqueue(tx, ctx, NewJob::new(ERASE_FILES, &EraseFiles { pictures, objects: Vec::new() }))
}

/// Splits the member's uploads: those others still see lose their owner, the rest is answered to be removed.
fn orphans(tx: &mut Tx<'_>, ctx: &Ctx, sources: &PersonalSources, member: Id) -> Result<Vec<String>> {
    let mut kept = Vec::new();
    for source in sources.iter() {
        kept.extend(source.files_kept(tx, ctx.mall_id, member)?);
    }
    let mut gone = own::uploaded(tx, ctx.mall_id, member)?;
    gone.retain(|key| !kept.contains(key));
    tx.exec(
        "update file
         set owner_kind = 'system', owner_id = 0
         where mall_id = $1 and owner_kind = 'member' and owner_id = $2",
        &args![ctx.mall_id, member],
    )?;
    Ok(gone)
}

/// Asks for the second pass.
pub(super) fn schedule_second_pass(tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
    let job = NewJob::new(ERASE, &EraseAgain { member_id: member }).at(ctx.now + SECOND_PASS);
    job::enqueue(tx, ctx, job.once(member))
}

/// The job of the second pass.
pub async fn erase_again(app: App, job: Job, sources: PersonalSources) -> Result<()> {
    let EraseAgain { member_id } = job.read()?;
    let (ctx, app_in) = (app.system(job.mall_id), app.clone());
    app.db
        .write(move |tx| {
            let closed: Option<Id> = tx.opt(
                "select member_id from closed_account where mall_id = $1 and member_id = $2",
                &args![ctx.mall_id, member_id],
            )?;
            closed.ok_or_else(|| Error::internal("a second pass over an account that is open"))?;
            everything(tx, &ctx, &app_in, &sources, member_id)?;
            closing::plan_erasure(tx, &ctx, &app_in, &sources, member_id)
        })
        .await
}

/// The job that removes files; safe to repeat.
pub async fn erase_files(app: App, job: Job) -> Result<()> {
    let files: EraseFiles = job.read()?;
    for key in &files.pictures {
        storage::erase_image(&app, job.mall_id, key).await?;
    }
    let objects = app.outside.objects();
    for key in &files.objects {
        objects.delete(key).await?;
    }
    Ok(())
}
