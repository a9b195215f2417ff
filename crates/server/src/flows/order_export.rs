//! Export the orders a filter finds: one row per line of an order, as CSV or XLSX, made by a task. Receivers stand in it in
//! full, so it needs a permission of its own and leaves an audit row.

use super::desk::OrderSearch;
use axum::extract::State;
use db::{Tx, args};
use goods::import::StartedTask;
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::permission::{Permission, perm};
use platform::problem::ProblemBody;
use platform::sheet::{Cell, Format, Writer};
use platform::task::{self, Ended, NewTask, Run, Step};
use platform::{Answer, App, Json, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::order::{self, DeliveryKind, Line, Order};
use trade::shipping::{self, ParcelRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_orders))
}

/// Name of the task.
pub const EXPORT_ORDERS: &str = "export_orders";

/// Most orders of one export.
const MOST: i64 = 50_000;
/// Orders read at once.
const CHUNK: i64 = 200;

/// What to export.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderExport {
    #[serde(default)]
    pub format: Format,
    /// The filters of the list, as it stands.
    #[serde(default)]
    pub search: OrderSearch,
}

/// What the task keeps of the request.
#[derive(Serialize, Deserialize)]
struct Asked {
    export: OrderExport,
    bound_store: Option<Id>,
    utc_offset_ms: i64,
}

/// Export the orders that a filter finds.
///
/// Needs `order.export`. At most 50,000 orders, the newest first; the file is fetched at the task.
#[utoipa::path(post, path = "/order-exports", tag = "orders", security(("staff" = [])), request_body = OrderExport,
    responses((status = 200, body = StartedTask), (status = 400, body = ProblemBody, description = "`request.invalid`")))]
async fn export_orders(
    State(app): State<App>,
    staff: Staff<perm::OrderExport>,
    Json(export): Json<OrderExport>,
) -> Answer<Json<StartedTask>> {
    let asked = Asked { export, bound_store: staff.grants.store_id, utc_offset_ms: staff.mall.utc_offset_ms };
    let task_id = staff
        .write(&app, "order.export", move |tx, ctx| {
            let new = NewTask::new(EXPORT_ORDERS, "导出订单", perm::OrderExport::CODE, &asked)?;
            let id = task::start(tx, ctx, new)?;
            Ok((id, Note::new("task", id, "导出订单（含收货人信息）")))
        })
        .await?;
    Ok(Json(StartedTask { task_id }))
}

const HEADER: &[&str] = &[
    "订单号",
    "状态",
    "下单时间",
    "付款时间",
    "会员",
    "收货人",
    "手机",
    "地区",
    "地址",
    "配送",
    "自提门店",
    "商品",
    "规格",
    "SKU 编码",
    "数量",
    "单价",
    "小计",
    "运费",
    "订单应付",
    "已退款",
    "留言",
    "员工备注",
    "快递与单号",
];

/// The task.
pub async fn run(run: Run) -> Result<Ended> {
    let asked: Asked = run.params()?;
    let format = asked.export.format;
    let filter = asked.export.search.filter(asked.bound_store);
    let mut writer = Writer::new(format, HEADER)?;
    let (mut before, mut seen) = (i64::MAX, 0);
    loop {
        let (reader, mall_id, filter, offset) = (run.app.clone(), run.ctx.mall_id, filter.clone(), asked.utc_offset_ms);
        let chunk = run.app.db.read(move |tx| read(&reader, tx, mall_id, &filter, before, offset)).await?;
        for row in &chunk.rows {
            writer.row(row)?;
        }
        seen += chunk.orders;
        // What an earlier turn has counted is not counted again: a file is always written from its beginning.
        let fresh = (seen - run.done_before).clamp(0, chunk.orders);
        run.write(move |_, _| Ok(Step::new(fresh, 0))).await?;
        let Some(last) = chunk.last.filter(|_| chunk.orders == CHUNK && seen < MOST) else { break };
        before = last.0;
    }
    let summary = if seen >= MOST {
        format!("导出了最新的 {seen} 个订单")
    } else {
        format!("导出了 {seen} 个订单")
    };
    let name = format!("订单.{}", format.extension());
    run.finish_with_file(summary, &name, format.content_type(), writer.finish()?).await
}

struct Chunk {
    rows: Vec<Vec<Cell>>,
    orders: i64,
    last: Option<Id>,
}

fn read(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    filter: &order::DeskFilter,
    before: i64,
    offset_ms: i64,
) -> Result<Chunk> {
    let ids = order::found_ids(app, tx, mall_id, filter, before, CHUNK)?;
    let mut orders = order::by_ids(tx, mall_id, &ids)?;
    let mut lines = order::lines_of(tx, mall_id, &ids)?;
    let mut parcels = shipping::parcels_of(tx, mall_id, &ids)?;
    let members: Vec<Id> = orders.values().map(|order| order.member_id).collect();
    let briefs = people::identity::briefs(tx, &app.sealer, mall_id, &members)?;
    let stores: Vec<Id> = orders.values().filter_map(|order| order.store_id).collect();
    let stores: HashMap<Id, String> =
        goods::store::stores_by_id(tx, mall_id, &stores)?.into_iter().map(|store| (store.id, store.name)).collect();
    let skus: Vec<Id> = lines.values().flatten().map(|line| line.sku_id).collect();
    let codes: Vec<(Id, String)> =
        tx.all("select id, code from sku where mall_id = $1 and id = any($2)", &args![mall_id, &skus])?;
    let codes: HashMap<Id, String> = codes.into_iter().collect();
    let mut rows = Vec::new();
    for id in &ids {
        let order = orders.remove(id).ok_or_else(|| Error::internal("an order vanished from under its lock"))?;
        let around = Around {
            nickname: briefs.get(&order.member_id).map(|brief| brief.nickname.clone()).unwrap_or_default(),
            store: order.store_id.and_then(|store| stores.get(&store).cloned()).unwrap_or_default(),
            parcels: parcels.remove(id).unwrap_or_default(),
            offset_ms,
        };
        for (at, line) in lines.remove(id).unwrap_or_default().iter().enumerate() {
            rows.push(row(app, &order, &around, line, at == 0, codes.get(&line.sku_id))?);
        }
    }
    let orders = i64::try_from(ids.len()).unwrap_or(CHUNK);
    Ok(Chunk { rows, orders, last: ids.last().copied() })
}

struct Around {
    nickname: String,
    store: String,
    parcels: Vec<ParcelRow>,
    offset_ms: i64,
}

/// Amounts of the whole order stand in its first row only, so that a column can be summed.
fn row(
    app: &App,
    order: &Order,
    around: &Around,
    line: &Line,
    is_first: bool,
    code: Option<&String>,
) -> Result<Vec<Cell>> {
    let receiver = order.receiver(&app.sealer)?;
    let of = |text: Option<String>| text.map_or(Cell::Empty, Cell::Text);
    let once = |fen: Fen| if is_first { Cell::Fen(fen.0) } else { Cell::Empty };
    let parcels: Vec<String> =
        around.parcels.iter().map(|parcel| format!("{} {}", parcel.carrier_name(), parcel.tracking_number)).collect();
    Ok(vec![
        Cell::text(order.id.to_string()),
        Cell::text(order.status.label()),
        Cell::text(moment(order.created_at, around.offset_ms)),
        of(order.paid_at.map(|at| moment(at, around.offset_ms))),
        Cell::text(around.nickname.clone()),
        of(receiver.as_ref().map(|r| r.name.clone())),
        of(receiver.as_ref().map(|r| r.phone.clone())),
        of(receiver.as_ref().map(|r| r.region.clone())),
        of(receiver.map(|r| r.detail)),
        Cell::text(match order.delivery {
            _ if order.is_of_counter() => "柜台",
            DeliveryKind::Pickup => "到店自提",
            DeliveryKind::Express => "快递",
            DeliveryKind::Local => "同城配送",
        }),
        Cell::text(around.store.clone()),
        Cell::text(line.name.clone()),
        Cell::text(line.option_text.clone()),
        of(code.cloned()),
        Cell::Int(line.quantity),
        Cell::Fen(line.unit_price.0),
        Cell::Fen(line.payable.0),
        once(order.freight),
        once(order.total),
        once(order.refunded),
        of(order.remark.clone()),
        of(order.staff_remark.clone()),
        Cell::text(parcels.join("；")),
    ])
}

/// `2026-11-25 14:07:31` in the mall's time.
fn moment(at: Instant, offset_ms: i64) -> String {
    let local = (at + offset_ms).to_string();
    local.replace('T', " ").chars().take(19).collect()
}
