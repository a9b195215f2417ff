//! Reconcile every day: from 10:00 yesterday's bill of each account is downloaded and held against our books, both ways;
//! what the channel says of a doubtful payment or refund is asked for at once, so that only what nobody can explain stays
//! in the queue. The pages of it, and what staff do there.

use super::{pay, refund, transfer};
use axum::extract::State;
use insight::finance;
use kernel::ports::{Bill, BillKind};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, days, hours};
use platform::audit::Note;
use platform::job::{self, Job, NewJob};
use platform::mall::Mall;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::payment;
use trade::reconcile::{self, BillDayView, Difference, DifferenceStatus, Filter, Problem, Window};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Name of the job that compares a day.
pub const RECONCILE: &str = "reconcile_day";

/// Books of channels outside that may have an account and a bill.
const OUTSIDE: [&str; 4] = ["wechat", reconcile::WECHAT_FUNDS, "alipay", "unionpay"];
const OWN: [&str; 3] = [reconcile::BALANCE, reconcile::OFFLINE, reconcile::CASH];
/// Channels' bills follow China's calendar.
const CHINA: i64 = hours(8);
/// UnionPay's day of settlement ends at 23:00 in China.
const SETTLEMENT: i64 = hours(9);
/// Bills of a day can be had from this time of the next.
const READY: i64 = hours(10);
/// Lines kept and compared per transaction.
const CHUNK: usize = 400;
const PAGE: i64 = 30;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_bill_days))
        .routes(routes!(run_bill_day))
        .routes(routes!(list_differences))
        .routes(routes!(ask_about_difference))
        .routes(routes!(settle_difference))
}

#[derive(Serialize, Deserialize)]
struct Asked {
    channel: String,
    day: i64,
}

fn calendar(mall: &Mall, channel: &str) -> i64 {
    match channel {
        _ if reconcile::is_own(channel) => mall.utc_offset_ms,
        "unionpay" => SETTLEMENT,
        _ => CHINA,
    }
}

/// The last day whose bill can be had now: yesterday on the channel's calendar, from 10:00 of the mall's day on.
fn last_day(mall: &Mall, channel: &str, now: Instant) -> i64 {
    let ready = |offset: i64| Instant(now.0 - READY).day_at_offset(offset) - 1;
    ready(calendar(mall, channel)).min(ready(mall.utc_offset_ms))
}

/// The sweep: asks for the comparison of every day that was not compared yet.
pub async fn reconcile_due(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let has_account = |book: &&str| app.outside.payment_channel(mall.id, reconcile::account_of(book)).is_ok();
        let outside = OUTSIDE.into_iter().filter(has_account);
        for channel in outside.chain(OWN) {
            let (mall_id, last) = (mall.id, last_day(&mall, channel, ctx.now));
            let due = app.db.read(move |tx| {
                let due = reconcile::due(tx, mall_id, channel, last)?;
                if !reconcile::is_funds(channel) {
                    return Ok(due);
                }
                // Fees are held against the bill of trades, which is read first.
                reconcile::done_of(tx, mall_id, reconcile::account_of(channel), &due)
            });
            let due = due.await?;
            if due.is_empty() {
                continue;
            }
            let writer = ctx.clone();
            app.db.write(move |tx| due.iter().try_for_each(|day| enqueue(tx, &writer, channel, *day))).await?;
        }
    }
    Ok(())
}

fn enqueue(tx: &mut db::Tx<'_>, ctx: &Ctx, channel: &str, day: i64) -> Result<()> {
    let asked = Asked { channel: channel.to_owned(), day };
    job::enqueue(tx, ctx, NewJob::new(RECONCILE, &asked).once(format!("{channel}:{day}")))
}

/// The job. A bill that cannot be had is written down; the next sweep asks again.
pub async fn perform(app: App, job: Job) -> Result<()> {
    let Asked { channel, day } = job.read()?;
    let (ctx, mall) = (app.system(job.mall_id), app.malls.get(job.mall_id)?);
    let Err(error) = reconcile_day(&app, &ctx, &mall, &channel, day).await else { return Ok(()) };
    if error.is("payment.no_bills") || error.is("payment.channel_unavailable") {
        return Ok(());
    }
    tracing::warn!(channel, day, %error, "a day could not be reconciled");
    app.db.write(move |tx| reconcile::failed(tx, &ctx, &channel, day, &error)).await
}

/// Compares one day from beginning to end.
async fn reconcile_day(app: &App, ctx: &Ctx, mall: &Mall, channel: &str, day: i64) -> Result<()> {
    let window = Window::of(day, calendar(mall, channel));
    let account = match reconcile::is_own(channel) {
        true => None,
        false => Some(app.outside.payment_channel(mall.id, reconcile::account_of(channel))?),
    };
    let (writer, name) = (ctx.clone(), channel.to_owned());
    let bill = match &account {
        // A channel without bills leaves no trace in the list.
        Some(account) if reconcile::is_funds(channel) => match account.fund_flow(day).await {
            Err(error) if error.is("payment.no_bills") => return Err(error),
            answer => answer,
        },
        Some(account) => match account.bill(day).await {
            Err(error) if error.is("payment.no_bills") => return Err(error),
            answer => answer,
        },
        None => {
            let (mall_id, name) = (mall.id, name.clone());
            let read = move |tx: &mut db::Tx<'_>| reconcile::own_lines(tx, mall_id, &name, window.from, window.to);
            app.db.read(read).await.map(|lines| Bill { lines, ..Bill::default() })
        }
    };
    let run = app.db.write(move |tx| reconcile::begin(tx, &writer, &name, day)).await?;
    let bill = bill?;
    for some in bill.lines.chunks(CHUNK) {
        let (writer, name, some) = (ctx.clone(), channel.to_owned(), some.to_vec());
        app.db.write(move |tx| reconcile::take_lines(tx, &writer, &name, day, run, &some)).await?;
    }
    let mut kinds = vec![BillKind::Payment, BillKind::Refund];
    if reconcile::is_funds(channel) {
        kinds.push(BillKind::Transfer);
        let mut after = Some(String::new());
        while let Some(from) = after {
            let (writer, name) = (ctx.clone(), channel.to_owned());
            after = app.db.write(move |tx| reconcile::check_fees(tx, &writer, &name, day, &from)).await?;
        }
    }
    for kind in kinds {
        let mut after = Some(Id(0));
        while let Some(from) = after {
            let (writer, name) = (ctx.clone(), channel.to_owned());
            after = app.db.write(move |tx| reconcile::check_ours(tx, &writer, &name, window, kind, from)).await?;
        }
    }
    ask_about_states(app, ctx, channel, day).await?;
    let offset = mall.utc_offset_ms;
    let (writer, name) = (ctx.clone(), channel.to_owned());
    app.db
        .write(move |tx| {
            reconcile::drop_stale(tx, &writer, &name, day, run)?;
            reconcile::recheck_open(tx, &writer, &name)?;
            reconcile::finish(tx, &writer, &name, window, bill.fee)?;
            if let Some(book) = reconcile::funds_of(&name) {
                enqueue(tx, &writer, book, day)?;
            }
            finance::recount(tx, writer.mall_id, offset, window.to.day_at_offset(offset) - 1)
        })
        .await
}

/// The rule that needs nobody: where only the state differs, the channel is asked and its answer acted upon.
async fn ask_about_states(app: &App, ctx: &Ctx, channel: &str, day: i64) -> Result<()> {
    if reconcile::is_own(channel) {
        return Ok(());
    }
    let filter = Filter { status: DifferenceStatus::Open, channel: Some(channel.to_owned()), day: Some(day) };
    let mall_id = ctx.mall_id;
    let open = app.db.read(move |tx| reconcile::differences(tx, mall_id, &filter, None, 100)).await?;
    for found in open.items.iter().filter(|found| found.problem == Problem::State) {
        if let Err(error) = ask(app, ctx, found).await {
            tracing::warn!(number = found.number, %error, "the channel could not be asked about a difference");
        }
    }
    Ok(())
}

/// Asks the channel about the payment or refund behind a difference.
async fn ask(app: &App, ctx: &Ctx, found: &Difference) -> Result<()> {
    let mall_id = ctx.mall_id;
    match (found.refund_id, found.payment_id) {
        (Some(refund_id), _) => {
            let (refund, paid) = app
                .db
                .read(move |tx| {
                    let refund = payment::find_refund(tx, mall_id, refund_id)?;
                    let paid = payment::find(tx, mall_id, refund.payment_id)?;
                    Ok((refund, paid))
                })
                .await?;
            let account = app.outside.payment_channel(mall_id, &paid.channel)?;
            let Some(theirs) = account.query_refund(&paid.number(), &refund.number()).await? else { return Ok(()) };
            let writer = ctx.acting_as(kernel::Actor::System);
            app.db.write(move |tx| refund::record(tx, &writer, refund_id, &theirs, true)).await
        }
        (None, Some(payment_id)) => {
            let known = app.db.read(move |tx| payment::find(tx, mall_id, payment_id)).await?;
            pay::refresh(app, ctx, &known).await.map(drop)
        }
        (None, None) if found.kind == "transfer" => {
            let Some(id) = found.number.strip_prefix('T').and_then(|id| id.parse::<Id>().ok()) else { return Ok(()) };
            let known = app.db.read(move |tx| trade::transfer::find(tx, mall_id, id)).await?;
            if known.status.is_final() { Ok(()) } else { transfer::pursue(app, ctx, &known).await }
        }
        (None, None) => Ok(()),
    }
}

/// Which days to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct BillDayQuery {
    pub channel: Option<String>,
    pub cursor: Option<String>,
}

/// List reconciled days, newest first.
///
/// Needs `finance.view`. Each with the sums of both sides and how many differences are open.
#[utoipa::path(get, path = "/reconciliation/days", tag = "finance", security(("staff" = [])), params(BillDayQuery),
    responses((status = 200, body = Page<BillDayView>)))]
async fn list_bill_days(
    State(app): State<App>,
    staff: Staff<perm::FinanceView>,
    Query(query): Query<BillDayQuery>,
) -> Answer<Json<Page<BillDayView>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = staff.mall.id;
    let channel = query.channel.filter(|channel| !channel.is_empty());
    let page = app.db.read(move |tx| reconcile::days(tx, mall_id, channel.as_deref(), before, PAGE)).await?;
    Ok(Json(page))
}

/// Reconcile a day again.
///
/// Needs `finance.settle`. The bill is downloaded once more; nothing is counted twice. Read the day again to see it done.
#[utoipa::path(post, path = "/reconciliation/days/{id}/run", tag = "finance", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = BillDayView),
    (status = 404, body = ProblemBody, description = "`reconciliation.no_such_day`")))]
async fn run_bill_day(
    State(app): State<App>,
    staff: Staff<perm::FinanceSettle>,
    Path(id): Path<Id>,
) -> Answer<Json<BillDayView>> {
    let mall_id = staff.mall.id;
    let view = staff
        .write(&app, "reconciliation.run", move |tx, ctx| {
            let (day, view) = reconcile::day(tx, mall_id, id)?;
            reconcile::begin(tx, ctx, &view.channel, day)?;
            enqueue(tx, ctx, &view.channel, day)?;
            let note = Note::new("bill_day", id, format!("重新对账 {} {}", view.channel, view.day));
            Ok((reconcile::day(tx, mall_id, id)?.1, note))
        })
        .await?;
    Ok(Json(view))
}

/// Which differences to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DifferenceQuery {
    #[param(inline)]
    pub status: DifferenceStatus,
    pub channel: Option<String>,
    /// The channel's calendar day, `2026-11-25`.
    pub day: Option<String>,
    pub cursor: Option<String>,
}

/// List differences between our books and the channels' bills, newest first.
///
/// Needs `finance.view`.
#[utoipa::path(get, path = "/reconciliation/differences", tag = "finance", security(("staff" = [])), params(DifferenceQuery),
    responses((status = 200, body = Page<Difference>), (status = 400, body = ProblemBody, description = "`request.invalid` at `day`")))]
async fn list_differences(
    State(app): State<App>,
    staff: Staff<perm::FinanceView>,
    Query(query): Query<DifferenceQuery>,
) -> Answer<Json<Page<Difference>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let day = query.day.filter(|day| !day.is_empty()).map(|day| day_number("day", &day)).transpose()?;
    let channel = query.channel.filter(|channel| !channel.is_empty());
    let (mall_id, filter) = (staff.mall.id, Filter { status: query.status, channel, day });
    let page = app.db.read(move |tx| reconcile::differences(tx, mall_id, &filter, before, PAGE)).await?;
    Ok(Json(page))
}

/// A calendar day as a number; 400 at `field` when it is none.
pub fn day_number(field: &'static str, text: &str) -> Result<i64> {
    let at = if text.len() == 10 { Instant::parse(&format!("{text}T00:00:00Z")) } else { None };
    at.filter(|at| (0..days(100_000)).contains(&at.0))
        .map(|at| at.day_at_offset(0))
        .ok_or_else(|| Error::field(field, "日期应像 2026-11-25"))
}

/// Ask the channel about a difference, act on its answer, and compare once more.
///
/// Needs `finance.settle`. Answers the difference as it is after that.
#[utoipa::path(post, path = "/reconciliation/differences/{id}/ask", tag = "finance", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = Difference),
    (status = 404, body = ProblemBody, description = "`reconciliation.no_such_difference`"),
    (status = 409, body = ProblemBody, description = "`reconciliation.settled_already`, `payment.channel_unavailable`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: the channel did not answer")))]
async fn ask_about_difference(
    State(app): State<App>,
    staff: Staff<perm::FinanceSettle>,
    Path(id): Path<Id>,
) -> Answer<Json<Difference>> {
    let mall_id = staff.mall.id;
    let found = app.db.read(move |tx| reconcile::difference(tx, mall_id, id)).await?;
    if found.status != "open" {
        return Err(Error::conflict("reconciliation.settled_already", "这条差异已经处理过了").into());
    }
    if !reconcile::is_own(&found.channel) {
        ask(&app, &staff.ctx, &found).await?;
    }
    let offset = staff.mall.utc_offset_ms;
    let view = staff
        .write(&app, "reconciliation.ask", move |tx, ctx| {
            finance::recount(tx, mall_id, offset, found.day_number())?;
            reconcile::recheck(tx, ctx, &found.channel, found.day_number(), &found.kind, &found.number)?;
            let after = reconcile::difference(tx, mall_id, id)?;
            Ok((after, Note::new("bill_difference", id, format!("再次核对 {}", found.number))))
        })
        .await?;
    Ok(Json(view))
}

/// Why a difference is settled.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleDifference {
    #[schema(min_length = 1, max_length = 200)]
    pub note: String,
}

/// Settle a difference with a reason.
///
/// Needs `finance.settle`. It stays in the list of settled ones with name and reason; a new comparison leaves it alone.
#[utoipa::path(post, path = "/reconciliation/differences/{id}/settle", tag = "finance", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = SettleDifference, responses((status = 200, body = Difference),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `note`"),
    (status = 404, body = ProblemBody, description = "`reconciliation.no_such_difference`"),
    (status = 409, body = ProblemBody, description = "`reconciliation.settled_already`")))]
async fn settle_difference(
    State(app): State<App>,
    staff: Staff<perm::FinanceSettle>,
    Path(id): Path<Id>,
    Json(request): Json<SettleDifference>,
) -> Answer<Json<Difference>> {
    let note = super::detail::required_text("note", request.note, 200)?;
    let (mall_id, staff_id): (MallId, Id) = (staff.mall.id, staff.id);
    let view = staff
        .write(&app, "reconciliation.settle", move |tx, ctx| {
            reconcile::settle(tx, ctx, id, staff_id, &note)?;
            let after = reconcile::difference(tx, mall_id, id)?;
            let text = format!("处理对账差异 {}：{note}", after.number);
            Ok((after, Note::new("bill_difference", id, text)))
        })
        .await?;
    Ok(Json(view))
}
