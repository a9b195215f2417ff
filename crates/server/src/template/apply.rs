//! Putting a template into an empty mall: pictures first, one by one, then everything else in one transaction.

use super::content;
use crate::demo::{Brought, fill, save_photos};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::job::Job;
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The job.
pub const APPLY: &str = "apply_template";

#[derive(Serialize, Deserialize)]
pub(super) struct Apply {
    pub name: String,
}

/// Claims the mall for a template.
///
/// # Errors
/// `template.unknown` (404), `template.mall_not_empty` (409), `template.under_way` (409).
pub(super) fn begin(tx: &mut Tx<'_>, ctx: &Ctx, name: &str) -> Result<()> {
    content::read(name)?;
    let state: Option<String> = tx.opt("select state from mall_template where mall_id = $1", &args![ctx.mall_id])?;
    if state.as_deref() == Some("applying") {
        return Err(Error::conflict("template.under_way", "模板正在套用，请稍等"));
    }
    if !is_empty(tx, ctx.mall_id)? {
        return Err(Error::conflict("template.mall_not_empty", "商城里已经有商品了，模板只能用在空商城"));
    }
    tx.exec(
        "insert into mall_template (mall_id, name, state, started_at)
         values ($1, $2, 'applying', $3)
         on conflict (mall_id)
         do update set name = excluded.name, state = 'applying', contents = '{}', error = null,
           started_at = excluded.started_at, finished_at = null",
        &args![ctx.mall_id, name, ctx.now],
    )?;
    Ok(())
}

/// True for a mall without goods, the recycle bin looked at too.
pub(super) fn is_empty(tx: &mut Tx<'_>, mall_id: MallId) -> Result<bool> {
    let any: Option<Id> = tx.opt("select id from product where mall_id = $1 limit 1", &args![mall_id])?;
    Ok(any.is_none())
}

/// Puts a template into a mall, waiting until it is there; for the command line.
pub async fn apply(app: &App, mall_id: MallId, name: &str) -> Result<()> {
    let (ctx, name_in) = (app.system(mall_id), name.to_owned());
    app.db.write(move |tx| begin(tx, &ctx, &name_in)).await?;
    put(app, mall_id, name).await
}

/// The job: a failure is remembered with its reason, and the mall can be tried again.
pub async fn run(app: App, job: Job) -> Result<()> {
    let Apply { name } = job.read()?;
    let Err(error) = put(&app, job.mall_id, &name).await else { return Ok(()) };
    if !job.is_last_attempt() && !error.is("template.mall_not_empty") {
        return Err(error);
    }
    let (mall_id, now, why) = (job.mall_id, app.clock.now(), error.message().to_owned());
    app.db
        .write(move |tx| {
            tx.exec(
                "update mall_template
                 set state = 'failed', error = $2, finished_at = $3
                 where mall_id = $1 and state = 'applying'",
                &args![mall_id, &why, now],
            )
        })
        .await?;
    Ok(())
}

async fn put(app: &App, mall_id: MallId, name: &str) -> Result<()> {
    let (ctx, catalog) = (app.system(mall_id), Arc::new(content::read(name)?));
    let photos = Arc::new(save_photos(app, &ctx, &catalog, false).await?);
    let (writer, writing) = (app.clone(), ctx.clone());
    let written = app.db.write(move |tx| {
        let waiting: Option<String> =
            tx.opt("select state from mall_template where mall_id = $1", &args![writing.mall_id])?;
        if waiting.as_deref() != Some("applying") {
            // A second attempt found that the first had finished after all.
            return Ok(());
        }
        if !is_empty(tx, writing.mall_id)? {
            return Err(Error::conflict("template.mall_not_empty", "商城里已经有商品了，模板只能用在空商城"));
        }
        let mall = writer.malls.get(writing.mall_id);
        let mut brought: Brought = fill(&writer, &writing, tx, &catalog, &photos)?;
        brought.files = photos.values().cloned().collect();
        if let Ok(mall) = mall {
            let settings =
                platform::mall::MallSettings { accent: catalog.mall.accent.clone(), ..mall.settings.clone() };
            platform::mall::save_settings(tx, writing.mall_id, &settings)?;
        }
        let contents = serde_json::to_string(&brought).map_err(Error::internal)?;
        tx.exec(
            "update mall_template set state = 'applied', contents = $2, finished_at = $3 where mall_id = $1",
            &args![writing.mall_id, &contents, writing.now],
        )?;
        Ok(())
    });
    written.await?;
    app.malls.load(&app.db, app.clock.now()).await
}
