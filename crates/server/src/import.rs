//! `hefang import products`: a file of any size with pictures in a folder of this machine, brought in by this process with
//! its progress in sight. Ctrl-C stops it after the present step; the same command goes on where it stopped.

use crate::cli::say;
use crate::serve;
use db::{Tx, args};
use goods::import::{IMPORT, PERMISSION, Params};
use kernel::{Error, Id, MallId, Result};
use platform::App;
use platform::config::Config;
use platform::task::{self, NewTask};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the command line asks.
pub struct Asked {
    pub file: PathBuf,
    pub mall: String,
    pub pictures: Option<PathBuf>,
    pub skip_known: bool,
}

/// Brings products in.
pub async fn products(config: Config, asked: Asked) -> Result<()> {
    let prepared = serve::prepare(config).await?;
    let app = prepared.app;
    let mall_id = app.malls.resolve(Some(&asked.mall), None)?.id;
    let params = keep(&app, mall_id, &asked).await?;
    let id = find_or_start(&app, mall_id, params).await?;
    let watcher = tokio::spawn(watch(app.clone(), mall_id, id));
    let state = task::run_here(&app, mall_id, id, goods::import::import).await;
    watcher.abort();
    let outcome = told(&app, mall_id, id, &state?).await;
    app.db.close();
    outcome
}

/// Puts the table where a worker finds it, under its own hash: the same file is the same task.
async fn keep(app: &App, mall_id: MallId, asked: &Asked) -> Result<Params> {
    let unreadable = |path: &Path, e: std::io::Error| {
        Error::invalid("import.file_missing", format!("{} 打不开：{e}", path.display()))
    };
    let bytes = std::fs::read(&asked.file).map_err(|e| unreadable(&asked.file, e))?;
    platform::sheet::read(&bytes)?;
    let pictures_dir = match &asked.pictures {
        Some(dir) => Some(dir.canonicalize().map_err(|e| unreadable(dir, e))?),
        None => None,
    };
    let table_key = format!("m{mall_id}/task/{}.table.private", platform::seal::sha256_hex(&bytes));
    app.outside.objects().put(&table_key, "application/octet-stream", bytes).await?;
    let file_name = asked.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Params { file_name, table_key, pictures_key: None, pictures_dir, skip_known: asked.skip_known })
}

async fn find_or_start(app: &App, mall_id: MallId, params: Params) -> Result<Id> {
    let ctx = app.system(mall_id);
    app.db
        .write(move |tx| {
            let new = NewTask::new(IMPORT, format!("导入 {}", params.file_name), PERMISSION, &params)?;
            match task::unfinished(tx, mall_id, IMPORT, &new.params)? {
                Some((id, state)) => {
                    if matches!(state.as_str(), "failed" | "cancelled") {
                        task::reopen(tx, &ctx, id)?;
                    }
                    say("接着上次停下的地方导入");
                    Ok(id)
                }
                None => task::start_here(tx, &ctx, new),
            }
        })
        .await
}

/// Shows the progress, and stops the task when asked to.
async fn watch(app: App, mall_id: MallId, id: Id) {
    let mut shown = -1;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {
                say("正在停下，做完手上这一批 …");
                let ctx = app.system(mall_id);
                if let Err(error) = app.db.write(move |tx| task::cancel(tx, &ctx, id)).await {
                    tracing::warn!(%error, "the import could not be stopped");
                }
            }
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
        let read = move |tx: &mut Tx<'_>| -> Result<(i64, Option<i64>)> {
            tx.one("select done, total from task where mall_id = $1 and id = $2", &args![mall_id, id])
        };
        if let Ok((done, Some(total))) = app.db.read(read).await
            && done != shown
        {
            shown = done;
            say(&format!("  {done} / {total}"));
        }
    }
}

async fn told(app: &App, mall_id: MallId, id: Id, state: &str) -> Result<()> {
    let read = move |tx: &mut Tx<'_>| -> Result<(String, Option<String>)> {
        tx.one("select summary, error_text from task where mall_id = $1 and id = $2", &args![mall_id, id])
    };
    let (summary, error) = app.db.read(read).await?;
    let problems: Vec<(i64, String, String)> = app
        .db
        .read(move |tx| {
            tx.all(
                "select line, field, message from task_problem where mall_id = $1 and task_id = $2 order by id limit 50",
                &args![mall_id, id],
            )
        })
        .await?;
    for (line, field, message) in problems {
        say(&format!("  第 {line} 行 {field}：{message}"));
    }
    match state {
        "done" => {
            say(&format!("✓ {summary}"));
            Ok(())
        }
        "cancelled" => {
            say("已停下，再运行同一条命令会接着导入");
            Ok(())
        }
        _ => Err(Error::conflict("import.failed", error.unwrap_or_else(|| String::from("导入没有完成")))),
    }
}
