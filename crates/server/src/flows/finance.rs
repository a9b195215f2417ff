//! Finance reports for staff: by day, month, channel, store, and what each shop is to be settled for; and the same as a
//! file, made by a task. The figures are insight's; here shops and stores get their names.

use super::reconcile::day_number;
use axum::extract::State;
use db::{Tx, args};
use insight::finance::{self, AccountFlow, By, FinanceReport, FinanceRow, MoneyFlow, Span};
use kernel::{Id, Instant, MallId, Result};
use people::ledger::Account;
use platform::audit::Note;
use platform::permission::{Permission, perm};
use platform::problem::ProblemBody;
use platform::sheet::{Cell, Format, Writer};
use platform::task::{self, Ended, NewTask, Run, StartedTask, Step};
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use trade::offers::LaneName;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Name of the task.
pub const EXPORT_FINANCE: &str = "export_finance";

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_finance_report)).routes(routes!(export_finance_report))
}

/// Which report, over which days of the mall's calendar.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FinanceQuery {
    /// `day`, `month`, `channel`, `store` or `shop`.
    #[serde(default)]
    #[param(inline)]
    pub by: By,
    /// The first day, `2026-11-01`.
    pub from: String,
    /// The last day, included.
    pub to: String,
}

fn span(from: &str, to: &str) -> Result<Span> {
    Span::new(day_number("from", from)?, day_number("to", to)?)
}

/// Show a finance report.
///
/// Needs `finance.view`. Days are the mall's; a report is exact to this moment. At most three years.
#[utoipa::path(get, path = "/finance/report", tag = "finance", security(("staff" = [])), params(FinanceQuery),
    responses((status = 200, body = FinanceReport), (status = 400, body = ProblemBody, description = "`request.invalid` at `from` or `to`")))]
async fn get_finance_report(
    State(app): State<App>,
    staff: Staff<perm::FinanceView>,
    Query(query): Query<FinanceQuery>,
) -> Answer<Json<FinanceReport>> {
    let span = span(&query.from, &query.to)?;
    let (mall_id, offset, now) = (staff.mall.id, staff.mall.utc_offset_ms, staff.ctx.now);
    let made = app.db.read(move |tx| named(tx, mall_id, offset, span, query.by, now)).await?;
    Ok(Json(made))
}

/// The report, with the names of its stores or shops.
fn named(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, span: Span, by: By, now: Instant) -> Result<FinanceReport> {
    let mut made = finance::report(tx, mall_id, offset, span, by, now)?;
    let ids: Vec<Id> = made.rows.iter().filter_map(|row| row.key.parse().ok()).collect();
    let names: HashMap<Id, String> = match by {
        By::Store => {
            let rows = goods::store::stores_by_id(tx, mall_id, &ids)?;
            rows.into_iter().map(|store| (store.id, store.name)).collect()
        }
        By::Shop => {
            let rows: Vec<(Id, String)> =
                tx.all("select id, name from shop where mall_id = $1 and id = any($2)", &args![mall_id, ids])?;
            rows.into_iter().collect()
        }
        By::Day | By::Month | By::Channel => return Ok(made),
    };
    for row in &mut made.rows {
        let name = row.key.parse::<Id>().ok().and_then(|id| names.get(&id).cloned());
        let otherwise = if by == By::Store { "快递配送" } else { "未归属" };
        row.label = name.unwrap_or_else(|| otherwise.to_owned());
    }
    Ok(made)
}

/// What to export.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinanceExport {
    #[serde(default)]
    pub by: By,
    /// The first day.
    #[schema(example = "2026-11-01")]
    pub from: String,
    /// The last day, included.
    #[schema(example = "2026-11-30")]
    pub to: String,
    #[serde(default)]
    pub format: Format,
}

/// What the task keeps of the request.
#[derive(Serialize, Deserialize)]
struct Asked {
    export: FinanceExport,
    utc_offset_ms: i64,
}

/// Export a finance report.
///
/// Needs `finance.view`. The file is fetched at the task.
#[utoipa::path(post, path = "/finance/exports", tag = "finance", security(("staff" = [])), request_body = FinanceExport,
    responses((status = 200, body = StartedTask), (status = 400, body = ProblemBody, description = "`request.invalid` at `from` or `to`")))]
async fn export_finance_report(
    State(app): State<App>,
    staff: Staff<perm::FinanceView>,
    Json(export): Json<FinanceExport>,
) -> Answer<Json<StartedTask>> {
    span(&export.from, &export.to)?;
    let asked = Asked { export, utc_offset_ms: staff.mall.utc_offset_ms };
    let task_id = staff
        .write(&app, "finance.export", move |tx, ctx| {
            let title = format!("导出{}", title(asked.export.by));
            let id = task::start(tx, ctx, NewTask::new(EXPORT_FINANCE, &title, perm::FinanceView::CODE, &asked)?)?;
            let text = format!("{title} {} 至 {}", asked.export.from, asked.export.to);
            Ok((id, Note::new("task", id, text)))
        })
        .await?;
    Ok(Json(StartedTask { task_id }))
}

const fn title(by: By) -> &'static str {
    match by {
        By::Day => "财务日报",
        By::Month => "财务月报",
        By::Channel => "渠道收支",
        By::Store => "门店收支",
        By::Shop => "店铺结算",
    }
}

/// The task.
pub async fn run(run: Run) -> Result<Ended> {
    let Asked { export, utc_offset_ms } = run.params()?;
    let span = span(&export.from, &export.to)?;
    let (mall_id, now, by) = (run.ctx.mall_id, run.ctx.now, export.by);
    let made = run.app.db.read(move |tx| named(tx, mall_id, utc_offset_ms, span, by, now)).await?;
    let bytes = file(&made, export.format)?;
    let rows = i64::try_from(made.rows.len()).unwrap_or(0);
    let fresh = (rows - run.done_before).max(0);
    run.write(move |_, _| Ok(Step::new(fresh, 0))).await?;
    let name = format!("{}_{}_{}.{}", title(by), made.from, made.to, export.format.extension());
    run.finish_with_file(format!("导出了 {rows} 行"), &name, export.format.content_type(), bytes).await
}

/// A word of ours as finance people read it.
fn lane_label(lane: &str) -> String {
    match lane {
        "activity" => "活动价",
        "best_price" => "限时与会员价",
        "promotion" => "促销",
        "coupon" => "优惠券",
        "points" => "积分抵扣",
        "freight" => "运费优惠",
        "reprice" | "manual" => "改价",
        other => other,
    }
    .to_owned()
}

fn channel_label(channel: &str) -> &str {
    match channel {
        "wechat" => "微信支付",
        "alipay" => "支付宝",
        "unionpay" => "银联",
        "balance" => "余额",
        "offline" => "线下收款",
        "cash" => "柜台现金",
        "none" => "无需付款",
        other => other,
    }
}

const fn account_label(account: Account) -> &'static str {
    match account {
        Account::Points => "积分（分）",
        Account::Principal => "余额本金",
        Account::Gift => "余额赠送",
        Account::Commission => "佣金",
    }
}

fn file(made: &FinanceReport, format: Format) -> Result<Vec<u8>> {
    let everyone = made.rows.iter().chain([&made.total]);
    let mut lanes: BTreeSet<String> =
        everyone.flat_map(|row| row.discounts.iter().map(|one| one.lane.clone())).collect();
    lanes.extend([LaneName::Promotion, LaneName::Coupon, LaneName::Points].map(|lane| lane.as_str().to_owned()));
    let has_money = !matches!(made.by, By::Store | By::Shop);
    let first = match made.by {
        By::Day => "日期",
        By::Month => "月份",
        By::Channel => "渠道",
        By::Store => "门店",
        By::Shop => "店铺",
    };
    let mut header: Vec<String> = [first, "付款订单数", "商品金额", "优惠合计"].map(str::to_owned).to_vec();
    header.extend(lanes.iter().map(|lane| format!("其中 {}", lane_label(lane))));
    header.extend(["运费", "销售额", "退款笔数", "退款金额", "净销售额"].map(str::to_owned));
    if has_money {
        let money =
            ["渠道收款", "其中订单", "其中储值", "其中付费会员", "渠道退回", "其中退储值", "来款退回", "渠道手续费"];
        header.extend(money.map(str::to_owned));
    }
    let titles: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut writer = Writer::new(format, &titles)?;
    for row in &made.rows {
        let name = match made.by {
            By::Channel => channel_label(&row.key).to_owned(),
            By::Store | By::Shop => row.label.clone(),
            By::Day | By::Month => row.key.clone(),
        };
        writer.row(&cells(name, row, &lanes, has_money))?;
    }
    writer.row(&cells("合计".to_owned(), &made.total, &lanes, has_money))?;
    if has_money {
        write_accounts(&mut writer, &made.accounts, titles.len())?;
    }
    writer.finish()
}

fn cells(name: String, row: &FinanceRow, lanes: &BTreeSet<String>, has_money: bool) -> Vec<Cell> {
    let mut cells =
        vec![Cell::text(name), Cell::Int(row.orders), Cell::Fen(row.goods_fen), Cell::Fen(row.discount_fen)];
    let lane = |lane: &String| row.discounts.iter().find(|one| one.lane == *lane).map_or(0, |one| one.amount_fen);
    cells.extend(lanes.iter().map(|name| Cell::Fen(lane(name))));
    cells.extend([
        Cell::Fen(row.freight_fen),
        Cell::Fen(row.sales_fen),
        Cell::Int(row.refunds),
        Cell::Fen(row.refunded_fen),
        Cell::Fen(row.net_fen),
    ]);
    if has_money {
        let MoneyFlow {
            received_fen,
            received_order_fen,
            top_up_fen,
            membership_fen,
            returned_fen,
            top_up_returned_fen,
            sent_back_in_fen,
            fee_fen,
            ..
        } = row.money.clone().unwrap_or_default();
        let money = [
            received_fen,
            received_order_fen,
            top_up_fen,
            membership_fen,
            returned_fen,
            top_up_returned_fen,
            sent_back_in_fen,
            fee_fen,
        ];
        cells.extend(money.map(Cell::Fen));
    }
    cells
}

/// What is owed to members, under the table: opening, added, taken, closing.
fn write_accounts(writer: &mut Writer, accounts: &[AccountFlow], columns: usize) -> Result<()> {
    let mut line = |mut cells: Vec<Cell>| {
        cells.resize(columns, Cell::Empty);
        writer.row(&cells)
    };
    line(Vec::new())?;
    line(["会员账户", "期初", "增加", "减少", "期末"].map(Cell::text).to_vec())?;
    for flow in accounts {
        let amount = |amount: i64| if flow.account == Account::Points { Cell::Int(amount) } else { Cell::Fen(amount) };
        line(vec![
            Cell::text(account_label(flow.account)),
            amount(flow.opening),
            amount(flow.added),
            amount(flow.taken),
            amount(flow.closing),
        ])?;
    }
    Ok(())
}

/// A span that ends before it begins, or is too long, says so at the field.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_one_day_to_three_years() {
        assert!(span("2026-11-01", "2026-11-01").is_ok());
        for (from, to) in
            [("2026-11-02", "2026-11-01"), ("2020-01-01", "2026-01-01"), ("2026-13-01", "2026-01-01"), ("x", "y")]
        {
            let refused = span(from, to).unwrap_err();
            assert!(refused.field_name().is_some(), "{from} {to}");
        }
    }
}
