//! The sheet as a file: printed or filled in on the way along the shelves, and read back by SKU code or barcode.

use super::super::MOST;
use super::line::{LineFilter, LineRow, Shown, lines};
use super::{Count, MOST_LINES, find_within, set_counts};
use crate::label::option_text;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use db::Tx;
use kernel::{Cursor, Error, Id, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::sheet::{self, Cell, Format, Sheet};
use platform::task::Problem;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest file.
const LARGEST: usize = 4 << 20;
const TITLES: [&str; 6] = ["规格编码", "条码", "商品", "规格", "账面数量", "实盘数量"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(download_stock_take, upload_stock_take))
        .layer(DefaultBodyLimit::max(LARGEST + (16 << 10)))
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// Leave out what is expected, so that nobody counts towards it.
    #[serde(default)]
    blind: bool,
}

/// Fetch the sheet of a stock-take as a file.
///
/// Needs `inventory.view`.
#[utoipa::path(get, path = "/stock-takes/{id}/file", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path), FileQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_take.not_found`")))]
async fn download_stock_take(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Path(id): Path<Id>,
    Query(query): Query<FileQuery>,
) -> Answer<Response> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let (take, rows) =
        app.db.read(move |tx| Ok((find_within(tx, mall_id, store_id, id)?, all(tx, mall_id, id)?))).await?;
    let mut writer = sheet::Writer::new(query.format, &TITLES)?;
    for row in rows {
        writer.row(&[
            Cell::text(row.code),
            row.barcode.map_or(Cell::Empty, Cell::Text),
            Cell::text(row.product_name),
            Cell::text(option_text(&row.option_values)?),
            if query.blind { Cell::Empty } else { Cell::Int(row.expected) },
            row.counted.map_or(Cell::Empty, Cell::Int),
        ])?;
    }
    let name = format!("盘点单-{}.{}", take.title, query.format.extension());
    Ok(sheet::download(&name, query.format, writer.finish()?)?)
}

/// Every line, page by page.
fn all(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Vec<LineRow>> {
    let mut filter = LineFilter { show: Shown::All, limit: Some(200), ..LineFilter::default() };
    let mut found: Vec<LineRow> = Vec::new();
    loop {
        let mut rows = lines(tx, mall_id, id, &filter)?;
        let is_last = rows.len() <= 200;
        rows.truncate(200);
        filter.cursor = rows.last().map(|row| Cursor { key: 0, id: row.sku_id.0 }.encode());
        found.extend(rows);
        if is_last || found.len() > MOST_LINES as usize {
            return Ok(found);
        }
    }
}

/// What to send: one field named `file`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the multipart body in the API document")]
struct CountForm {
    /// CSV or XLSX with 规格编码 or 条码, and 实盘数量; at most 4 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What was read from a file of counts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CountReport {
    /// Lines of the sheet that got a count.
    pub counted: i64,
    /// Rows without a number, left as they were.
    pub blank: i64,
    /// What could not be read, by row of the file; nothing is written while there is any.
    pub problems: Vec<Problem>,
}

/// Read counts from a file.
///
/// Needs `inventory.edit`. Written whole or, when a row cannot be read, not at all.
#[utoipa::path(post, path = "/stock-takes/{id}/file", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)), request_body(content = CountForm, content_type = "multipart/form-data"),
    responses((status = 200, body = CountReport),
        (status = 400, body = ProblemBody, description = "`sheet.unreadable`, `sheet.empty`, `stock_take.no_column`, `storage.file_missing`"),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_take.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_take.wrong_state`"),
        (status = 413, body = ProblemBody, description = "`storage.too_large`")))]
async fn upload_stock_take(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
    request: Request,
) -> Answer<Json<CountReport>> {
    let bytes = sheet::upload(request, &app, LARGEST).await?;
    let table = tokio::task::spawn_blocking(move || sheet::read(&bytes)).await.map_err(Error::internal)??;
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let rows = app
        .db
        .read(move |tx| {
            find_within(tx, mall_id, store_id, id)?;
            all(tx, mall_id, id)
        })
        .await?;
    let (counts, blank, problems) = understand(&table, &rows)?;
    if !problems.is_empty() || counts.is_empty() {
        return Ok(Json(CountReport { counted: 0, blank, problems }));
    }
    let counted = staff
        .write(&app, "stock_take.upload", move |tx, ctx| {
            let met = set_counts(tx, ctx, id, &counts)?;
            Ok((met, Note::new("stock_take", id, format!("盘点表填了 {met} 行"))))
        })
        .await?;
    Ok(Json(CountReport { counted, blank, problems }))
}

/// Counts, rows without one, and what cannot be read.
type Understood = (Vec<Count>, i64, Vec<Problem>);

pub(super) fn understand(table: &Sheet, rows: &[LineRow]) -> Result<Understood> {
    let code = table.column(&["规格编码", "编码", "SKU编码", "SKU"]);
    let barcode = table.column(&["条码", "条形码"]);
    let counted = table.column(&["实盘数量", "实盘", "盘点数量", "数量"]);
    let (Some(counted), true) = (counted, code.or(barcode).is_some()) else {
        let message = "文件里要有“规格编码”或“条码”，以及“实盘数量”这一列";
        return Err(Error::invalid("stock_take.no_column", message).at("file"));
    };
    let by_code: HashMap<&str, Id> = rows.iter().map(|row| (row.code.as_str(), row.sku_id)).collect();
    let by_barcode: HashMap<&str, Id> =
        rows.iter().filter_map(|row| Some((row.barcode.as_deref()?, row.sku_id))).collect();
    let (mut counts, mut blank, mut problems) = (Vec::new(), 0, Vec::new());
    let mut seen: HashMap<Id, i64> = HashMap::new();
    for line in &table.lines {
        let cell = |column: Option<usize>| column.map_or("", |at| line.cells[at].trim().trim_start_matches('\''));
        let typed = cell(Some(counted));
        if typed.is_empty() {
            blank += 1;
            continue;
        }
        let found = by_code.get(cell(code)).or_else(|| by_barcode.get(cell(barcode)));
        let Some(sku_id) = found.copied() else {
            let name = if cell(code).is_empty() { cell(barcode) } else { cell(code) };
            problems.push(Problem::new(line.number, "规格编码", format!("盘点单里没有“{name}”")));
            continue;
        };
        let number = sheet::whole(typed).filter(|number| *number <= MOST);
        let Some(number) = number else {
            problems.push(Problem::new(line.number, "实盘数量", format!("“{typed}”不是 0 以上的整数")));
            continue;
        };
        if let Some(first) = seen.insert(sku_id, line.number) {
            problems.push(Problem::new(line.number, "规格编码", format!("和第 {first} 行是同一个规格")));
            continue;
        }
        counts.push(Count { sku_id, counted: Some(number) });
    }
    Ok((counts, blank, problems))
}
