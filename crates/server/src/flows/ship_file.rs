//! Ship many orders by a file of order numbers, carriers and tracking numbers. A check reads the file and says line by
//! line what cannot be shipped, without changing anything; then a task ships the rest, each order in a savepoint of its own.
//! An order goes whole: one that needs several parcels is shipped on its page.

use super::detail;
use super::ship::{ShipRequest, ship_in};
use axum::extract::{DefaultBodyLimit, Request, State};
use db::{Tx, args};
use goods::import::StartedTask;
use kernel::{Error, Id, MallId, Result};
use platform::audit::Note;
use platform::permission::{Grants, Permission, perm};
use platform::problem::ProblemBody;
use platform::sheet;
use platform::task::{self, Ended, NewTask, Problem, Run, Step};
use platform::{Answer, App, Json, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::order::{self, Move};
use trade::shipping::{self, CARRIERS};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest file.
const LARGEST: usize = 4 << 20;
/// Most rows of a file.
const MOST: usize = 5_000;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(check_ship_file))
        .routes(routes!(ship_by_file))
        .layer(DefaultBodyLimit::max(LARGEST + (16 << 10)))
}

/// Name of the task.
pub const SHIP_FILE: &str = "ship_file";

/// What to send: one field named `file`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the multipart body in the API document")]
struct ShipFileForm {
    /// CSV or XLSX with the columns 订单号, 快递公司, 运单号; at most 5,000 rows.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What a file would do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ShipFileReport {
    pub rows: i64,
    /// Rows that can be shipped now.
    pub ready: i64,
    /// What stands against the others, by line of the file.
    pub problems: Vec<Problem>,
}

/// Check a file of tracking numbers.
///
/// Needs `order.ship`. Nothing changes.
#[utoipa::path(post, path = "/ship-files/check", tag = "orders", security(("staff" = [])),
    request_body(content = ShipFileForm, content_type = "multipart/form-data"),
    responses((status = 200, body = ShipFileReport),
    (status = 400, body = ProblemBody, description = "`sheet.unreadable`, `sheet.empty`, `ship_file.no_column`, `ship_file.too_long`"),
    (status = 413, body = ProblemBody, description = "`storage.too_large`")))]
async fn check_ship_file(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    request: Request,
) -> Answer<Json<ShipFileReport>> {
    let rows = read(request, &app).await?;
    let (mall_id, grants, count) = (staff.mall.id, staff.grants.clone(), rows.len());
    let (ready, problems) = app.db.read(move |tx| check(tx, mall_id, &grants, &rows)).await?;
    Ok(Json(ShipFileReport {
        rows: i64::try_from(count).unwrap_or(i64::MAX),
        ready: i64::try_from(ready.len()).unwrap_or(i64::MAX),
        problems,
    }))
}

/// Ship the orders of a file.
///
/// Needs `order.ship`. Rows that cannot be shipped are left out; the task lists them.
#[utoipa::path(post, path = "/ship-files", tag = "orders", security(("staff" = [])),
    request_body(content = ShipFileForm, content_type = "multipart/form-data"),
    responses((status = 200, body = StartedTask),
    (status = 400, body = ProblemBody, description = "`sheet.unreadable`, `sheet.empty`, `ship_file.no_column`, `ship_file.too_long`"),
    (status = 409, body = ProblemBody, description = "`ship_file.nothing_ready`: no row can be shipped"),
    (status = 413, body = ProblemBody, description = "`storage.too_large`")))]
async fn ship_by_file(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    request: Request,
) -> Answer<Json<StartedTask>> {
    let rows = read(request, &app).await?;
    let grants = staff.grants.clone();
    let task_id = staff
        .write(&app, "order.ship_file", move |tx, ctx| {
            let (ready, problems) = check(tx, ctx.mall_id, &grants, &rows)?;
            if ready.is_empty() {
                return Err(Error::conflict("ship_file.nothing_ready", "文件里没有可以发货的订单，请先看检查结果"));
            }
            let asked = Asked { rows: ready.len(), skipped: problems };
            let title = format!("批量发货 {} 单", ready.len());
            let id = task::start(tx, ctx, NewTask::new(SHIP_FILE, title.clone(), perm::OrderShip::CODE, &asked)?)?;
            let kept: Vec<Vec<db::Arg>> = ready
                .iter()
                .map(|row| {
                    args![ctx.mall_id, id, row.line, row.order_id, row.carrier_code, &row.tracking_number].to_vec()
                })
                .collect();
            tx.insert_many(
                "insert into ship_file_row (mall_id, task_id, line, order_id, carrier_code, tracking_number) values",
                "",
                &kept,
            )?;
            Ok((id, Note::new("task", id, title)))
        })
        .await?;
    Ok(Json(StartedTask { task_id }))
}

/// What the task keeps of the request.
#[derive(Serialize, Deserialize)]
struct Asked {
    rows: usize,
    skipped: Vec<Problem>,
}

/// A row as it stands in the file.
struct Typed {
    line: i64,
    number: String,
    carrier: String,
    tracking_number: String,
}

/// A row that can be shipped.
struct Ready {
    line: i64,
    order_id: Id,
    carrier_code: &'static str,
    tracking_number: String,
}

/// The rows of the uploaded file.
async fn read(request: Request, app: &App) -> Result<Vec<Typed>> {
    let bytes = sheet::upload(request, app, LARGEST).await?;
    let sheet = sheet::read(&bytes)?;
    let column = |names: &[&str]| {
        let missing = || Error::invalid("ship_file.no_column", format!("文件里没有“{}”这一列", names[0])).at("file");
        sheet.column(names).ok_or_else(missing)
    };
    let number = column(&["订单号", "订单编号", "order_number"])?;
    let carrier = column(&["快递公司", "物流公司", "快递", "carrier"])?;
    let tracking = column(&["运单号", "快递单号", "物流单号", "tracking_number"])?;
    if sheet.lines.len() > MOST {
        return Err(Error::invalid("ship_file.too_long", format!("一次最多 {MOST} 行，请分成几个文件")).at("file"));
    }
    let typed = |line: &sheet::Line| Typed {
        line: line.number,
        number: line.cells[number].trim_start_matches('\'').to_owned(),
        carrier: line.cells[carrier].clone(),
        tracking_number: line.cells[tracking].chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase(),
    };
    Ok(sheet.lines.iter().map(typed).collect())
}

/// Which rows can be shipped, and what stands against the others.
fn check(tx: &mut Tx<'_>, mall_id: MallId, grants: &Grants, rows: &[Typed]) -> Result<(Vec<Ready>, Vec<Problem>)> {
    let ids: Vec<Id> = rows.iter().filter_map(|row| row.number.parse().ok()).collect();
    let orders = order::by_ids(tx, mall_id, &ids)?;
    let mut first_line: HashMap<Id, i64> = HashMap::new();
    let (mut ready, mut problems) = (Vec::new(), Vec::new());
    for row in rows {
        let mut wrong = |field: &str, message: String| problems.push(Problem::new(row.line, field, message));
        let order = row.number.parse::<Id>().ok().and_then(|id| orders.get(&id));
        let Some(order) = order.filter(|order| detail::within_store(grants, order).is_ok()) else {
            wrong("订单号", format!("没有找到订单 {}；若末几位是 0，请把这一列设为文本再保存", row.number));
            continue;
        };
        if let Err(error) = Move::Ship.apply(order.status, order.delivery) {
            wrong("订单号", error.message().to_owned());
            continue;
        }
        if let Some(line) = first_line.get(&order.id) {
            wrong("订单号", format!("和第 {line} 行是同一个订单；要分几个包裹，请在订单里发货"));
            continue;
        }
        let Some(carrier) = carrier_of(&row.carrier) else {
            wrong("快递公司", format!("不认识“{}”，请用 {} 等名称", row.carrier, CARRIERS[0].name));
            continue;
        };
        if let Err(error) = shipping::check_tracking_number(&row.tracking_number) {
            wrong("运单号", error.message().to_owned());
            continue;
        }
        first_line.insert(order.id, row.line);
        ready.push(Ready {
            line: row.line,
            order_id: order.id,
            carrier_code: carrier,
            tracking_number: row.tracking_number.clone(),
        });
    }
    Ok((ready, problems))
}

/// By code or by name: `顺丰`, `顺丰速运`, `sf`.
fn carrier_of(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    let known = |carrier: &&shipping::CarrierCodes| {
        carrier.code == text || carrier.name == text || (text.chars().count() >= 2 && carrier.name.starts_with(&text))
    };
    CARRIERS.iter().find(known).map(|carrier| carrier.code)
}

/// Orders shipped in one transaction.
const CHUNK: i64 = 20;

/// The task: ships the kept rows by and by; a row that cannot be shipped any more is told and left.
pub async fn run(run: Run) -> Result<Ended> {
    let asked: Asked = run.params()?;
    let skipped = i64::try_from(asked.skipped.len()).unwrap_or(0);
    run.set_total(i64::try_from(asked.rows).unwrap_or(0) + skipped).await?;
    if run.checkpoint::<i64>()?.is_none() {
        let problems = asked.skipped.clone();
        run.write(move |_, _| Ok(Step::new(0, skipped).problems(problems.clone()).at(&0i64))).await?;
    }
    let mut after = run.checkpoint::<i64>()?.unwrap_or(0);
    loop {
        let (mall_id, task_id, from) = (run.ctx.mall_id, run.task_id, after);
        let rows: Vec<(i64, Id, String, String)> = run
            .app
            .db
            .read(move |tx| {
                tx.all(
                    "select line, order_id, carrier_code, tracking_number from ship_file_row
                     where mall_id = $1 and task_id = $2 and line > $3
                     order by line
                     limit $4",
                    &args![mall_id, task_id, from, CHUNK],
                )
            })
            .await?;
        let Some(last) = rows.last().map(|row| row.0) else { break };
        run.write(move |tx, ctx| {
            let (mut shipped, mut problems) = (0, Vec::new());
            for (line, order_id, carrier_code, tracking_number) in &rows {
                let parcel = ShipRequest {
                    carrier_code: carrier_code.clone(),
                    tracking_number: tracking_number.clone(),
                    lines: None,
                };
                let sent = tx.savepoint(|tx| {
                    let order = order::find(tx, ctx.mall_id, *order_id)?;
                    ship_in(tx, ctx, &order, std::slice::from_ref(&parcel))
                });
                match sent {
                    Ok(_) => shipped += 1,
                    Err(error) if error.kind().status() < 500 => {
                        problems.push(Problem::new(*line, "订单号", format!("{order_id}：{}", error.message())));
                    }
                    Err(error) => return Err(error),
                }
            }
            let failed = i64::try_from(problems.len()).unwrap_or(0);
            Ok(Step::new(shipped, failed).problems(problems).at(&last))
        })
        .await?;
        after = last;
        if run.is_due_to_rest() {
            return Ok(run.rest());
        }
    }
    let (ctx, task_id) = (run.ctx.clone(), run.task_id);
    run.app
        .db
        .write(move |tx| {
            tx.exec("delete from ship_file_row where mall_id = $1 and task_id = $2", &args![ctx.mall_id, task_id])
        })
        .await?;
    Ok(run.finish("文件里能发的订单都已发货"))
}
