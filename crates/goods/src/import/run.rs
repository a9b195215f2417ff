//! The two workers: trying a file out, and bringing it in. Both read the file anew at each turn and go on at the product
//! after the last one that was written. While a batch is written, the pictures of the next are made ready.

use super::apply::{changed, fresh, told};
use super::columns::{Column, Layout};
use super::known::Known;
use super::lookup::Lookup;
use super::parse::{Draft, parse};
use super::pictures::{Found, Gallery, Kept, Place};
use crate::catalog::{self, NewProduct, ProductInput};
use crate::inventory;
use crate::store;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::sheet;
use platform::storage;
use platform::task::{Ended, Problem, Run, Step};
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Products per transaction.
const BATCH: usize = 200;

/// What to bring in, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Params {
    /// Name of the file as it was sent.
    pub file_name: String,
    /// Where the table was put, in the object store.
    pub table_key: String,
    /// Where the zip of pictures was put.
    pub pictures_key: Option<String>,
    /// A folder of this server instead; only the command line sets it.
    pub pictures_dir: Option<PathBuf>,
    /// Leave products alone that are there already.
    #[serde(default)]
    pub skip_known: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Progress {
    next: usize,
    made: i64,
    changed: i64,
    skipped: i64,
    failed: i64,
}

/// A file, understood.
struct Work {
    drafts: Vec<Draft>,
    lookup: Lookup,
    gallery: Arc<Gallery>,
    /// Public address of the mall's files, for descriptions.
    files: String,
    skip_known: bool,
}

async fn open(run: &Run) -> Result<Arc<Work>> {
    let params: Params = run.params()?;
    let (app, mall_id) = (&run.app, run.ctx.mall_id);
    let table = fetch(app, &params.table_key).await?;
    let zip = match &params.pictures_key {
        Some(key) => Some(fetch(app, key).await?),
        None => None,
    };
    let lookup = app.db.read(move |tx| Lookup::read(tx, mall_id)).await?;
    let files = catalog::files_of(app, mall_id);
    let understand = move || -> Result<Work> {
        let sheet = sheet::read(&table)?;
        let layout = Layout::of(&sheet)?;
        let drafts = parse(&sheet, &layout, &lookup);
        let place = match (zip, &params.pictures_dir) {
            (Some(bytes), _) => Place::zip(bytes.into())?,
            (None, Some(dir)) => Place::folder(dir)?,
            (None, None) => Place::Nowhere,
        };
        let gallery = Arc::new(Gallery::new(place));
        Ok(Work { drafts, lookup, gallery, files, skip_known: params.skip_known })
    };
    tokio::task::spawn_blocking(understand).await.map_err(Error::internal)?.map(Arc::new)
}

async fn fetch(app: &App, key: &str) -> Result<Vec<u8>> {
    let gone = || Error::conflict("import.file_gone", "上传的文件已经不在了，请重新上传");
    Ok(app.outside.objects().get(key).await?.ok_or_else(gone)?.0)
}

/// Tries a file out: everything that an import would refuse is told, nothing is written.
pub async fn check(run: Run) -> Result<Ended> {
    let work = open(&run).await?;
    run.set_total(work.drafts.len() as i64).await?;
    let mut at: Progress = run.checkpoint()?.unwrap_or_default();
    while at.next < work.drafts.len() {
        let end = (at.next + BATCH * 2).min(work.drafts.len());
        let (work, range, mut next) = (work.clone(), at.next..end, at);
        next.next = end;
        let (told, seen) = run
            .app
            .db
            .read({
                let (work, mall_id) = (work.clone(), run.ctx.mall_id);
                move |tx| try_out(tx, mall_id, &work, range.clone())
            })
            .await?;
        next.made += seen.made;
        next.changed += seen.changed;
        next.skipped += seen.skipped;
        next.failed += seen.failed;
        let step = Step::new(seen.made + seen.changed + seen.skipped, seen.failed).problems(told).at(&next);
        run.write(move |_, _| Ok(step.clone())).await?;
        at = next;
    }
    Ok(run.finish(format!("{}。{}", sentence(&at, "将新建", "将更新", "将跳过"), verdict(&at))))
}

fn verdict(at: &Progress) -> &'static str {
    match (at.failed, at.made + at.changed) {
        (0, _) => "没有发现问题，可以导入",
        (_, 0) => "没有可以导入的商品，请按问题清单改好再上传",
        _ => "有问题的商品会跳过，其余可以导入",
    }
}

fn sentence(at: &Progress, made: &str, changed: &str, skipped: &str) -> String {
    let part = |count: i64, words: &str| (count > 0).then(|| format!("{words} {count} 件"));
    let parts: Vec<String> = [
        part(at.made, made),
        part(at.changed, changed),
        part(at.skipped, skipped),
        (at.failed > 0).then(|| format!("{} 件有问题", at.failed)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() { String::from("没有商品") } else { parts.join("，") }
}

fn try_out(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    work: &Work,
    range: std::ops::Range<usize>,
) -> Result<(Vec<Problem>, Progress)> {
    let drafts = &work.drafts[range];
    let known = Known::read(tx, mall_id, drafts)?;
    let (mut problems, mut seen) = (Vec::new(), Progress::default());
    for draft in drafts {
        let pictures = paths(draft).map(|path| {
            let fate = if work.gallery.has(&path) || path.starts_with(&format!("m{mall_id}/")) {
                Ok(path.clone())
            } else {
                Err(format!("没有找到图片 {path}"))
            };
            (path, fate)
        });
        let pictures: Found = pictures.collect();
        let outcome = match known.products.get(&draft.code) {
            Some(_) if work.skip_known => {
                seen.skipped += 1;
                continue;
            }
            Some((id, false)) => {
                let base = catalog::input_of(tx, mall_id, *id)?;
                changed(base, draft, &pictures, &work.files).map(|_| seen.changed += 1)
            }
            Some((_, true)) => Err(vec![in_bin(draft)]),
            None => fresh(draft, &pictures, &work.files).map(|_| seen.made += 1),
        };
        let outcome = outcome.and_then(|()| known.own_codes(draft));
        if let Err(told) = outcome {
            // Counted before its codes were looked at.
            seen.failed += 1;
            problems.extend(told);
        }
    }
    let counted = drafts.len() as i64 - seen.failed - seen.skipped;
    seen.changed = seen.changed.min(counted);
    seen.made = counted - seen.changed;
    Ok((problems, seen))
}

fn in_bin(draft: &Draft) -> Problem {
    Problem::new(draft.line, Column::Code.title(), "这个编码的商品在回收站里，请先恢复它")
}

/// Every path that a product names.
fn paths(draft: &Draft) -> impl Iterator<Item = String> + '_ {
    let skus = draft.skus.iter().filter_map(|sku| sku.picture.clone());
    draft.pictures.iter().flatten().cloned().chain(skus)
}

/// Brings a file in.
pub async fn import(run: Run) -> Result<Ended> {
    let work = open(&run).await?;
    run.set_total(work.drafts.len() as i64).await?;
    let mut at: Progress = run.checkpoint()?.unwrap_or_default();
    let mut ready = spawn(&run, &work, at.next);
    while at.next < work.drafts.len() {
        if run.is_due_to_rest() {
            ready.abort();
            return Ok(run.rest());
        }
        let batch = ready.await.map_err(Error::internal)??;
        ready = spawn(&run, &work, batch.end);
        let written = write(&run, &work, batch, at).await;
        match written {
            Ok(next) => at = next,
            Err(error) => {
                ready.abort();
                return Err(error);
            }
        }
    }
    ready.abort();
    Ok(run.finish(sentence(&at, "新建", "更新", "跳过")))
}

/// Products with their pictures, ready to be written.
struct Batch {
    start: usize,
    end: usize,
    found: Found,
    kept: Kept,
    /// Those that are not there yet, as far as one could see before; by their place in the file.
    fresh: HashMap<usize, Result<NewProduct, Vec<Problem>>>,
}

fn spawn(run: &Run, work: &Arc<Work>, start: usize) -> tokio::task::JoinHandle<Result<Batch>> {
    let (run, work) = (run.clone(), work.clone());
    tokio::spawn(async move { prepare(&run, work, start).await })
}

async fn prepare(run: &Run, work: Arc<Work>, start: usize) -> Result<Batch> {
    let end = (start + BATCH).min(work.drafts.len());
    let (mall_id, own) = (run.ctx.mall_id, work.clone());
    let known = run.app.db.read(move |tx| Known::read(tx, mall_id, &own.drafts[start..end])).await?;
    let wanted: HashSet<String> = work.drafts[start..end]
        .iter()
        .filter(|draft| !(work.skip_known && known.products.contains_key(&draft.code)))
        .flat_map(paths)
        .collect();
    let (found, kept) = work.gallery.resolve(&run.app, &run.ctx, wanted).await?;
    let ctx = run.ctx.at(run.app.clock.now());
    let think = move || {
        let mut ready = HashMap::new();
        for (place, draft) in (start..end).zip(&work.drafts[start..end]) {
            if !known.products.contains_key(&draft.code) {
                let made = fresh(draft, &found, &work.files).map(|input| {
                    let category = work.lookup.category_name(input.category_id).to_owned();
                    let brand = work.lookup.brand_name(input.brand_id).map(str::to_owned);
                    NewProduct::new(&ctx, input, None, &category, brand.as_deref())
                });
                ready.insert(place, made);
            }
        }
        Batch { start, end, found, kept, fresh: ready }
    };
    tokio::task::spawn_blocking(think).await.map_err(Error::internal)
}

async fn write(run: &Run, work: &Arc<Work>, batch: Batch, before: Progress) -> Result<Progress> {
    let (work, batch) = (work.clone(), Arc::new(batch));
    let told: Arc<std::sync::Mutex<Progress>> = Arc::default();
    let out = told.clone();
    run.write(move |tx, ctx| {
        let (problems, seen) = write_batch(tx, ctx, &work, &batch)?;
        let after = Progress {
            next: batch.end,
            made: before.made + seen.made,
            changed: before.changed + seen.changed,
            skipped: before.skipped + seen.skipped,
            failed: before.failed + seen.failed,
        };
        *out.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = after;
        Ok(Step::new(seen.made + seen.changed + seen.skipped, seen.failed).problems(problems).at(&after))
    })
    .await?;
    let after = *told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(after)
}

fn write_batch(tx: &mut Tx<'_>, ctx: &Ctx, work: &Work, batch: &Batch) -> Result<(Vec<Problem>, Progress)> {
    let drafts = &work.drafts[batch.start..batch.end];
    storage::record_images(tx, ctx, ctx.actor, &batch.kept)?;
    let known = Known::read(tx, ctx.mall_id, drafts)?;
    let (mut problems, mut seen) = (Vec::new(), Progress::default());
    let mut new: Vec<(&Draft, &NewProduct)> = Vec::new();
    for (place, draft) in (batch.start..batch.end).zip(drafts) {
        let outcome = match (known.products.get(&draft.code), batch.fresh.get(&place)) {
            (Some(_), _) if work.skip_known => {
                seen.skipped += 1;
                Ok(())
            }
            (Some((_, true)), _) => Err(vec![in_bin(draft)]),
            (Some((id, false)), _) => known
                .own_codes(draft)
                .and_then(|()| change(tx, ctx, work, batch, draft, *id))
                .map(|()| seen.changed += 1),
            (None, Some(Ok(product))) => known.own_codes(draft).map(|()| new.push((draft, product))),
            (None, Some(Err(told))) => Err(told.clone()),
            (None, None) => Err(vec![Problem::new(draft.line, Column::Code.title(), "商品刚刚被删除，请再导入一次")]),
        };
        if let Err(told) = outcome {
            seen.failed += 1;
            problems.extend(told);
        }
    }
    let all: Vec<NewProduct> = new.iter().map(|(_, product)| (*product).clone()).collect();
    match tx.savepoint(|tx| catalog::insert_products(tx, ctx, &all)) {
        Ok(()) => seen.made += all.len() as i64,
        // One of them met somebody else's change: find out which, the others go in.
        Err(error) if error.kind() != kernel::Kind::Unavailable => {
            for ((draft, _), product) in new.iter().zip(&all) {
                let alone = tx.savepoint(|tx| catalog::insert_products(tx, ctx, std::slice::from_ref(product)));
                match alone {
                    Ok(()) => seen.made += 1,
                    Err(error) => {
                        seen.failed += 1;
                        problems.push(told(&error, draft, &[]));
                    }
                }
            }
        }
        Err(error) => return Err(error),
    }
    Ok((problems, seen))
}

/// Changes a product that is there, and counts the stock that the file tells.
fn change(tx: &mut Tx<'_>, ctx: &Ctx, work: &Work, batch: &Batch, draft: &Draft, id: Id) -> Result<(), Vec<Problem>> {
    let wrong = |error: Error| vec![told(&error, draft, &[])];
    let base = catalog::input_of(tx, ctx.mall_id, id).map_err(wrong)?;
    let before = serde_json::to_value(&base).map_err(|e| wrong(Error::internal(e)))?;
    let input = changed(base, draft, &batch.found, &work.files)?;
    tx.savepoint(|tx| {
        if serde_json::to_value(&input).map_err(Error::internal)? != before {
            catalog::update(tx, ctx, id, &input)?;
        }
        count_stock(tx, ctx, draft, id, &input)
    })
    .map_err(wrong)
}

fn count_stock(tx: &mut Tx<'_>, ctx: &Ctx, draft: &Draft, id: Id, input: &ProductInput) -> Result<()> {
    // New SKUs began with the stock of the file.
    let old: HashSet<&str> = input.skus.iter().filter(|sku| sku.id.is_some()).map(|sku| sku.code.as_str()).collect();
    let told: Vec<(&str, i64)> = draft
        .skus
        .iter()
        .filter(|sku| old.contains(sku.code.as_str()))
        .filter_map(|sku| Some((sku.code.as_str(), sku.stock?)))
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    let shop_id = match input.shop_id {
        Some(shop_id) => shop_id,
        None => store::only_shop(tx, ctx.mall_id)?,
    };
    let location_id = store::default_location(tx, ctx.mall_id, shop_id)?;
    let levels: Vec<(String, Id, i64)> = tx.all(
        "select k.code, k.id, coalesce(t.on_hand, cast(0 as bigint))
         from sku k
         left join stock t on t.mall_id = k.mall_id and t.sku_id = k.id and t.location_id = $3
         where k.mall_id = $1 and k.product_id = $2 and k.deleted_at is null",
        &args![ctx.mall_id, id, location_id],
    )?;
    for (code, sku_id, on_hand) in levels {
        if let Some((_, counted)) = told.iter().find(|(told, counted)| *told == code && *counted != on_hand) {
            inventory::count(tx, ctx, sku_id, location_id, *counted, Some("导入"))?;
        }
    }
    Ok(())
}
