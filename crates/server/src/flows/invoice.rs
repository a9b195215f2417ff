//! Invoices from request to red letter: the member asks, a job asks the issuer until it has an answer, a refund is followed
//! by a red letter over exactly what went back; staff look after what the issuer refused.

use super::refund::RefundDone;
use axum::extract::State;
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result, minutes, seconds};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::job::{self, Job, NewJob};
use platform::outbox::Event;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::invoice::{self, Followed, InvoiceView, NewInvoice, StaffInvoice, StateFilter, Title};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Name of the job that asks the issuer.
pub const ISSUE: &str = "issue_invoice";

const PAGE: i64 = 20;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_invoice_offer))
        .routes(routes!(list_invoiceable_orders))
        .routes(routes!(list_own_invoices, request_invoice))
        .routes(routes!(get_own_invoice))
        .routes(routes!(cancel_own_invoice))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_invoices))
        .routes(routes!(get_invoice))
        .routes(routes!(retry_invoice))
        .routes(routes!(reject_invoice))
}

#[derive(Serialize, Deserialize)]
struct Issue {
    invoice_id: Id,
}

/// The job that asks the issuer.
pub fn enqueue(tx: &mut db::Tx<'_>, ctx: &Ctx, invoice_id: Id, run_at: Instant) -> Result<()> {
    job::enqueue(tx, ctx, NewJob::new(ISSUE, &Issue { invoice_id }).at(run_at))
}

/// The job: asks how the invoice stands, or for it, until the issuer says yes or no. When the issuer stays silent to the
/// last, the invoice fails and waits for staff.
pub async fn issue(app: App, job: Job) -> Result<()> {
    let Issue { invoice_id } = job.read()?;
    let ctx = app.system(job.mall_id);
    let writer = ctx.clone();
    if !app.db.write(move |tx| invoice::start(tx, &writer, invoice_id)).await? {
        return Ok(());
    }
    let word = match ask(&app, &ctx, invoice_id).await {
        Ok(word) => word,
        Err(error) if job.is_last_attempt() || error.is("invoice.not_configured") || error.is("invoice.title_gone") => {
            kernel::ports::InvoiceState::Refused { reason: error.message().to_owned() }
        }
        Err(error) => return Err(error),
    };
    let age = ctx.now - job.created_at;
    app.db
        .write(move |tx| {
            invoice::record(tx, &ctx, invoice_id, &word)?;
            if word == kernel::ports::InvoiceState::Issuing {
                enqueue(tx, &ctx, invoice_id, ctx.now + age.clamp(seconds(3), minutes(10)))?;
            }
            Ok(())
        })
        .await
}

async fn ask(app: &App, ctx: &Ctx, invoice_id: Id) -> Result<kernel::ports::InvoiceState> {
    let issuer = app.outside.invoices(ctx.mall_id)?;
    let (reader, mall_id) = (app.clone(), ctx.mall_id);
    let request = app
        .db
        .read(move |tx| {
            let found = invoice::find(tx, mall_id, invoice_id)?;
            let blue = found.blue_id.map(|id| invoice::find(tx, mall_id, id)).transpose()?;
            found.ask(&reader.sealer, blue.and_then(|blue| blue.number))
        })
        .await?;
    match issuer.query(&request.number).await? {
        // What was refused before is asked for anew: staff want it tried again.
        Some(kernel::ports::InvoiceState::Refused { .. }) | None => issuer.issue(&request).await,
        Some(known) => Ok(known),
    }
}

/// Follows `refund.done`: brings the invoice of that order down to what is left.
pub async fn follow_refund(app: App, event: Event) -> Result<()> {
    let done: RefundDone = event.read()?;
    let Some(order_id) = done.order_id else { return Ok(()) };
    let ctx = app.system(event.mall_id);
    app.db
        .write(move |tx| {
            if let Followed::RedLetter(id) = invoice::follow_refund(tx, &ctx, order_id)? {
                enqueue(tx, &ctx, id, ctx.now)?;
            }
            Ok(())
        })
        .await
}

/// What of an order may be invoiced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceOffer {
    pub order_id: Id,
    /// Paid with money, less what was given back.
    pub amount_fen: i64,
    /// True when it can be asked for now.
    pub open: bool,
    /// Why it cannot, in words; absent when it can, or when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The live invoice it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Id>,
}

fn offer(share: invoice::Share, available: bool) -> InvoiceOffer {
    let reason = if share.invoice_id.is_some() {
        None
    } else if !available {
        Some("这家商城还没有开通电子发票")
    } else if share.status != "completed" {
        Some("确认收货后可以申请发票")
    } else if share.amount <= Fen::ZERO {
        Some("没有可以开票的金额，余额和积分支付的部分不开票")
    } else {
        None
    };
    InvoiceOffer {
        order_id: share.order_id,
        amount_fen: share.amount.0.max(0),
        open: available && share.is_open(),
        reason: reason.map(str::to_owned),
        invoice_id: share.invoice_id,
    }
}

/// Show what of an order may be invoiced.
#[utoipa::path(get, path = "/orders/{id}/invoice", tag = "invoice", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = InvoiceOffer), (status = 404, body = ProblemBody, description = "`order.not_found`")))]
async fn get_invoice_offer(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<InvoiceOffer>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let available = app.outside.invoices(mall_id).is_ok();
    let found = app.db.read(move |tx| invoice::shares(tx, mall_id, &[id])).await?;
    let share = found.into_values().find(|share| share.member_id == member_id);
    let share = share.ok_or_else(|| Error::not_found("order.not_found", "没有找到这个订单"))?;
    Ok(Json(offer(share, available)))
}

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct InvoicePageQuery {
    pub cursor: Option<String>,
}

/// List orders an invoice can be asked for, newest first.
#[utoipa::path(get, path = "/invoiceable-orders", tag = "invoice", security(("member" = [])), params(InvoicePageQuery),
    responses((status = 200, body = Page<InvoiceOffer>)))]
async fn list_invoiceable_orders(
    State(app): State<App>,
    member: Member,
    Query(query): Query<InvoicePageQuery>,
) -> Answer<Json<Page<InvoiceOffer>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (mall_id, member_id) = (member.mall.id, member.id);
    let available = app.outside.invoices(mall_id).is_ok();
    let page = app.db.read(move |tx| invoice::candidates(tx, mall_id, member_id, before, PAGE)).await?;
    Ok(Json(page.map(|share| offer(share, available))))
}

/// What to invoice, and to whom.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestInvoice {
    /// One order, or several of one shop.
    #[schema(min_items = 1, max_items = 50)]
    pub order_ids: Vec<Id>,
    pub title: Title,
    /// The amount the member saw; another one is refused.
    pub expected_fen: i64,
}

/// Ask for an invoice.
///
/// Needs an `Idempotency-Key`. It is issued within moments; read it again to see.
#[utoipa::path(post, path = "/invoices", tag = "invoice", security(("member" = [])), request_body = RequestInvoice,
    params(("Idempotency-Key" = String, Header)), responses((status = 200, body = InvoiceView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at a field of the title"),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`invoice.not_configured`, `invoice.asked_already`, `invoice.not_completed`, `invoice.nothing_to_invoice`, `invoice.amount_changed`, `invoice.several_shops`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn request_invoice(
    State(app): State<App>,
    member: Member,
    key: IdempotencyKey,
    Json(request): Json<RequestInvoice>,
) -> Answer<Json<InvoiceView>> {
    let claim = Claim::new(&member.ctx, "request_invoice", &key, &request)?;
    app.outside.invoices(member.mall.id)?;
    let RequestInvoice { order_ids, title, expected_fen } = request;
    let new = NewInvoice { order_ids, title: title.checked()?, expected: Fen(expected_fen) };
    let (ctx, member_id, writer) = (member.ctx.clone(), member.id, app.clone());
    let id: Id = app
        .db
        .write(move |tx| {
            once(tx, &ctx, &claim, |tx| {
                let id = invoice::request(tx, &ctx, &writer.sealer, member_id, &new)?;
                enqueue(tx, &ctx, id, ctx.now)?;
                Ok(id)
            })
        })
        .await?;
    own(&app, &member, id).await
}

async fn own(app: &App, member: &Member, id: Id) -> Answer<Json<InvoiceView>> {
    let (reader, mall_id, member_id) = (app.clone(), member.mall.id, member.id);
    let shown = app.db.read(move |tx| invoice::invoice_view(tx, &reader.sealer, mall_id, Some(member_id), id)).await?;
    Ok(Json(shown.invoice))
}

/// List own invoices, newest first.
#[utoipa::path(get, path = "/invoices", tag = "invoice", security(("member" = [])), params(InvoicePageQuery),
    responses((status = 200, body = Page<InvoiceView>)))]
async fn list_own_invoices(
    State(app): State<App>,
    member: Member,
    Query(query): Query<InvoicePageQuery>,
) -> Answer<Json<Page<InvoiceView>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id, member_id) = (app.clone(), member.mall.id, member.id);
    let page = app.db.read(move |tx| invoice::of_member(tx, &reader.sealer, mall_id, member_id, before, PAGE)).await?;
    Ok(Json(page))
}

/// Show an invoice.
#[utoipa::path(get, path = "/invoices/{id}", tag = "invoice", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = InvoiceView), (status = 404, body = ProblemBody, description = "`invoice.not_found`")))]
async fn get_own_invoice(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<InvoiceView>> {
    own(&app, &member, id).await
}

/// Give up a request for an invoice that was not issued.
#[utoipa::path(post, path = "/invoices/{id}/cancel", tag = "invoice", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = InvoiceView), (status = 404, body = ProblemBody, description = "`invoice.not_found`"),
    (status = 409, body = ProblemBody, description = "`invoice.not_allowed`")))]
async fn cancel_own_invoice(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<InvoiceView>> {
    let (ctx, member_id) = (member.ctx.clone(), member.id);
    app.db
        .write(move |tx| {
            let found = invoice::find(tx, ctx.mall_id, id)?;
            if found.member_id != member_id {
                return Err(Error::not_found("invoice.not_found", "没有找到这张发票"));
            }
            invoice::cancel(tx, &ctx, id)
        })
        .await?;
    own(&app, &member, id).await
}

/// Which invoices to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct InvoiceQuery {
    #[param(inline)]
    pub state: StateFilter,
    pub cursor: Option<String>,
}

/// List invoices, newest first.
///
/// Needs `invoice.handle`.
#[utoipa::path(get, path = "/invoices", tag = "invoice", security(("staff" = [])), params(InvoiceQuery),
    responses((status = 200, body = Page<StaffInvoice>)))]
async fn list_invoices(
    State(app): State<App>,
    staff: Staff<perm::InvoiceHandle>,
    Query(query): Query<InvoiceQuery>,
) -> Answer<Json<Page<StaffInvoice>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app.db.read(move |tx| invoice::staff_list(tx, &reader.sealer, mall_id, query.state, before, 30)).await?;
    Ok(Json(page))
}

async fn shown(app: &App, mall_id: MallId, id: Id) -> Result<StaffInvoice> {
    let reader = app.clone();
    app.db.read(move |tx| invoice::invoice_view(tx, &reader.sealer, mall_id, None, id)).await
}

/// Show an invoice to staff.
///
/// Needs `invoice.handle`.
#[utoipa::path(get, path = "/invoices/{id}", tag = "invoice", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = StaffInvoice), (status = 404, body = ProblemBody, description = "`invoice.not_found`")))]
async fn get_invoice(
    State(app): State<App>,
    staff: Staff<perm::InvoiceHandle>,
    Path(id): Path<Id>,
) -> Answer<Json<StaffInvoice>> {
    Ok(Json(shown(&app, staff.mall.id, id).await?))
}

/// Ask the issuer for an invoice again.
///
/// Needs `invoice.handle`.
#[utoipa::path(post, path = "/invoices/{id}/retry", tag = "invoice", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = StaffInvoice), (status = 404, body = ProblemBody, description = "`invoice.not_found`"),
    (status = 409, body = ProblemBody, description = "`invoice.not_allowed`")))]
async fn retry_invoice(
    State(app): State<App>,
    staff: Staff<perm::InvoiceHandle>,
    Path(id): Path<Id>,
) -> Answer<Json<StaffInvoice>> {
    staff
        .write(&app, "invoice.retry", move |tx, ctx| {
            let found = invoice::retry(tx, ctx, id)?;
            enqueue(tx, ctx, id, ctx.now)?;
            Ok(((), Note::new("invoice", id, format!("重新开票 ¥{}", found.amount))))
        })
        .await?;
    Ok(Json(shown(&app, staff.mall.id, id).await?))
}

/// Why a request is rejected.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectInvoice {
    /// The member reads it.
    #[schema(min_length = 1, max_length = 100)]
    pub reason: String,
}

/// Reject a request for an invoice with a reason.
///
/// Needs `invoice.handle`. Its orders can be asked for again; a red letter cannot be rejected.
#[utoipa::path(post, path = "/invoices/{id}/reject", tag = "invoice", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = RejectInvoice, responses((status = 200, body = StaffInvoice),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 404, body = ProblemBody, description = "`invoice.not_found`"),
    (status = 409, body = ProblemBody, description = "`invoice.not_allowed`")))]
async fn reject_invoice(
    State(app): State<App>,
    staff: Staff<perm::InvoiceHandle>,
    Path(id): Path<Id>,
    Json(request): Json<RejectInvoice>,
) -> Answer<Json<StaffInvoice>> {
    let reason = super::detail::required_text("reason", request.reason, 100)?;
    staff
        .write(&app, "invoice.reject", move |tx, ctx| {
            invoice::reject(tx, ctx, id, &reason)?;
            Ok(((), Note::new("invoice", id, format!("驳回开票申请：{reason}"))))
        })
        .await?;
    Ok(Json(shown(&app, staff.mall.id, id).await?))
}
