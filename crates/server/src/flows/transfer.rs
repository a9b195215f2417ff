//! Pay out what a member earned: staff start it, the amount leaves the commission account with the row, WeChat Pay asks the
//! member to confirm. The channel is asked outside of any transaction, always under the same number; doubt is settled by
//! asking again. What does not arrive comes back to the account, once.

use super::{channel, detail};
use axum::extract::State;
use db::Tx;
use kernel::ports::{ChannelTransfer, PaymentChannel, TransferChannel, TransferPurpose, TransferRequest};
use kernel::{Cursor, Error, Fen, Id, Page, Result, seconds};
use people::ledger::{self, Account, Entry};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Query, Staff, outbox};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use trade::transfer::{self, NewTransfer, Transfer, TransferStatus, TransferView};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The only channel that pays out.
const CHANNEL: &str = "wechat";
/// What one transfer may carry: WeChat's limits where no real name is given.
const LEAST: Fen = Fen(10);
const MOST: Fen = Fen(20_000);
const PAGE: i64 = 30;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_own_transfers)).routes(routes!(get_own_transfer))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pay_commission_out))
        .routes(routes!(list_transfers))
        .routes(routes!(ask_about_transfer))
        .routes(routes!(call_transfer_back))
}

/// How much, and what the member reads in WeChat.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayOut {
    /// From 0.10 to 200.00 yuan.
    #[schema(minimum = 10, maximum = 20_000)]
    pub amount_fen: i64,
    #[schema(min_length = 1, max_length = 20)]
    pub remark: String,
}

/// Pay commission out to a member's WeChat.
///
/// Needs `transfer.make`. The amount leaves the commission account at once; the member confirms in the mini program within a
/// day, else it comes back. What WeChat refuses comes back too.
#[utoipa::path(post, path = "/members/{id}/transfers", tag = "transfer", security(("staff" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = PayOut,
    responses((status = 200, body = TransferView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `amount_fen` or `remark`"),
    (status = 404, body = ProblemBody, description = "`member.not_found`"),
    (status = 409, body = ProblemBody, description = "`commission.not_enough`, `transfer.no_openid`, `payment.channel_unavailable`")))]
async fn pay_commission_out(
    State(app): State<App>,
    staff: Staff<perm::TransferMake>,
    Path(id): Path<Id>,
    key: IdempotencyKey,
    Json(request): Json<PayOut>,
) -> Answer<Json<TransferView>> {
    let remark = detail::required_text("remark", request.remark.clone(), 20)?;
    let amount = Fen(request.amount_fen);
    if !(LEAST..=MOST).contains(&amount) {
        return Err(Error::field("amount_fen", "一笔转账在 0.10 元到 200.00 元之间").into());
    }
    let account = app.outside.payment_channel(staff.mall.id, CHANNEL)?;
    let app_id = account.app_id().to_owned();
    // Two payouts of one amount may both be meant, so only the key tells that a request came twice.
    let claim = Claim::new(&staff.ctx, &format!("transfer.make {id}"), &key, &request)?;
    let mall_id = staff.mall.id;
    let made: Id = staff
        .write_once(&app, "transfer.make", claim, move |tx, ctx| {
            people::membership::require_member(tx, ctx.mall_id, id)?;
            let openid = people::identity::openid(tx, ctx.mall_id, id, &app_id)?;
            let openid =
                openid.ok_or_else(|| Error::conflict("transfer.no_openid", "这位会员还没有在微信小程序里登录过"))?;
            let new = NewTransfer {
                member_id: id,
                account: Account::Commission.as_str(),
                channel: CHANNEL,
                openid: &openid,
                amount,
                remark: &remark,
            };
            let made = transfer::create(tx, ctx, &new)?;
            ledger::debit(tx, ctx, &entry(&made, "paid_out", &remark))?;
            Ok((made.id, Note::new("transfer", made.id, format!("向会员转账 ¥{amount}：{remark}"))))
        })
        .await?;
    let transfer = app.db.read(move |tx| transfer::find(tx, mall_id, made)).await?;
    if !transfer.status.is_final() {
        pursue_or_warn(&app, &staff.ctx, &transfer).await;
    }
    Ok(Json(app.db.read(move |tx| transfer::find(tx, mall_id, made)).await.map(|t| TransferView::from(&t))?))
}

/// A posting in the account a transfer is paid out from.
fn entry<'a>(made: &Transfer, kind: &'static str, note: &'a str) -> Entry<'a> {
    let account = Account::Commission;
    Entry { account, member_id: made.member_id, kind, source_id: made.id, amount: made.amount.0, note }
}

fn payer(app: &App, mall_id: Id, channel: &str) -> Result<Arc<dyn PaymentChannel>> {
    app.outside.payment_channel(mall_id, channel)
}

fn transfers(account: &dyn PaymentChannel) -> Result<&dyn TransferChannel> {
    account.transfers().ok_or_else(|| Error::conflict("payment.channel_unavailable", "这个渠道不能转账"))
}

async fn pursue_or_warn(app: &App, ctx: &Ctx, known: &Transfer) {
    if let Err(error) = pursue(app, ctx, known).await {
        tracing::warn!(transfer_id = %known.id, %error, "the channel could not be asked about a transfer");
    }
}

/// Asks the channel how a transfer stands, and for it when the channel does not know it, and writes down the answer.
pub async fn pursue(app: &App, ctx: &Ctx, known: &Transfer) -> Result<()> {
    let account = payer(app, ctx.mall_id, &known.channel)?;
    let answer = ask(app, ctx, known, transfers(&*account)?).await;
    let (ctx, id) = (ctx.acting_as(kernel::Actor::System), known.id);
    app.db
        .write(move |tx| match &answer {
            Ok(theirs) => record(tx, &ctx, id, theirs),
            Err(error) if is_refusal(error) => refuse(tx, &ctx, id, error),
            Err(error) => {
                let text: String = error.to_string().chars().take(300).collect();
                transfer::ask_later(tx, &ctx, id, Some(&text))
            }
        })
        .await
}

/// A refusal is final only when the channel was asked first and did not know the transfer.
fn is_refusal(error: &Error) -> bool {
    ["transfer.refused", "transfer.insufficient", "transfer.not_permitted"].iter().any(|code| error.is(code))
}

async fn ask(app: &App, ctx: &Ctx, known: &Transfer, account: &dyn TransferChannel) -> Result<ChannelTransfer> {
    let found = account.query_transfer(&known.number()).await?;
    match found {
        // Queries do not tell what the payee's app needs; asking again under the same number does.
        Some(theirs)
            if TransferStatus::of_channel(theirs.state) != TransferStatus::Waiting || known.package.is_some() =>
        {
            return Ok(theirs);
        }
        _ => {}
    }
    let openid = known.openid.clone().ok_or_else(|| Error::internal("an open transfer without a payee"))?;
    let request = TransferRequest {
        number: known.number(),
        openid,
        amount: known.amount,
        remark: known.remark.clone(),
        purpose: TransferPurpose::Commission,
        notify_url: channel::notify_url(app, &known.channel, ctx.mall_id),
    };
    match (account.transfer(&request).await, found) {
        (Ok(theirs), _) => Ok(theirs),
        // The channel has it, so no refusal of the second request ends it.
        (Err(_), Some(theirs)) => Ok(theirs),
        (Err(error), None) => Err(error),
    }
}

/// Writes down the channel's word; what did not arrive comes back to the account, once.
pub fn record(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, theirs: &ChannelTransfer) -> Result<()> {
    let known = transfer::find(tx, ctx.mall_id, id)?;
    if theirs.amount.is_some_and(|amount| amount != known.amount) {
        tracing::error!(transfer_id = %id, "the channel reports another transfer amount");
        return Err(Error::gateway("payment.transfer_contradicts", "渠道的转账金额和记录不一致"));
    }
    if transfer::mark(tx, ctx, id, theirs)? {
        end(tx, ctx, &known, TransferStatus::of_channel(theirs.state))?;
    }
    Ok(())
}

fn refuse(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, error: &Error) -> Result<()> {
    let known = transfer::find(tx, ctx.mall_id, id)?;
    let refused = ChannelTransfer::refused(&known.number(), error.message());
    if transfer::mark(tx, ctx, id, &refused)? {
        end(tx, ctx, &known, TransferStatus::Failed)?;
    }
    Ok(())
}

/// The event `transfer.ended`.
#[derive(Debug, Serialize, Deserialize)]
struct TransferEnded {
    transfer_id: Id,
    member_id: Id,
    status: TransferStatus,
    amount_fen: i64,
}

fn end(tx: &mut Tx<'_>, ctx: &Ctx, known: &Transfer, status: TransferStatus) -> Result<()> {
    if status != TransferStatus::Done {
        ledger::credit(tx, ctx, &entry(known, "pay_out_returned", "转账没有完成，退回佣金"))?;
    }
    let ended = TransferEnded { transfer_id: known.id, member_id: known.member_id, status, amount_fen: known.amount.0 };
    outbox::emit(tx, ctx, "transfer.ended", &ended)
}

/// A notice: the transfer it is about, or none of ours.
pub fn settle(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, theirs: &ChannelTransfer) -> Result<bool> {
    match transfer::find_by_number(tx, ctx.mall_id, channel, &theirs.number)? {
        Some(known) => record(tx, ctx, known.id, theirs).map(|()| true),
        None => Ok(false),
    }
}

/// The sweep that settles doubt: asks about open transfers, the older the more seldom.
pub async fn pursue_due(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let asker = ctx.clone();
        for known in app.db.read(move |tx| transfer::due(tx, &asker, 50)).await? {
            pursue_or_warn(&app, &ctx, &known).await;
        }
    }
    Ok(())
}

/// Which transfers to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TransferQuery {
    #[param(inline)]
    pub status: Option<TransferStatus>,
    pub member_id: Option<Id>,
    pub cursor: Option<String>,
}

/// List transfers to members, newest first.
///
/// Needs `transfer.make`.
#[utoipa::path(get, path = "/transfers", tag = "transfer", security(("staff" = [])), params(TransferQuery),
    responses((status = 200, body = Page<TransferView>)))]
async fn list_transfers(
    State(app): State<App>,
    staff: Staff<perm::TransferMake>,
    Query(query): Query<TransferQuery>,
) -> Answer<Json<Page<TransferView>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = staff.mall.id;
    let page = app.db.read(move |tx| transfer::list(tx, mall_id, query.member_id, query.status, before, PAGE)).await?;
    Ok(Json(page.map(|row| TransferView::from(&row))))
}

/// Ask the channel how a transfer stands.
///
/// Needs `transfer.make`. Also asks for it again, under its number, when the channel does not know it.
#[utoipa::path(post, path = "/transfers/{id}/ask", tag = "transfer", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = TransferView), (status = 404, body = ProblemBody, description = "`transfer.not_found`"),
    (status = 409, body = ProblemBody, description = "`transfer.ended`, `payment.channel_unavailable`")))]
async fn ask_about_transfer(
    State(app): State<App>,
    staff: Staff<perm::TransferMake>,
    Path(id): Path<Id>,
) -> Answer<Json<TransferView>> {
    let known = open(&app, staff.mall.id, id).await?;
    staff
        .write(&app, "transfer.ask", move |_, _| Ok(((), Note::new("transfer", id, "查询转账结果".to_owned()))))
        .await?;
    pursue(&app, &staff.ctx, &known).await?;
    show(&app, staff.mall.id, id).await
}

/// Call a transfer back that the member has not confirmed.
///
/// Needs `transfer.make`. The amount comes back to the account when the channel says that it is cancelled.
#[utoipa::path(post, path = "/transfers/{id}/cancel", tag = "transfer", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = TransferView), (status = 404, body = ProblemBody, description = "`transfer.not_found`"),
    (status = 409, body = ProblemBody, description = "`transfer.ended`, `transfer.refused`: the member was faster"),
    (status = 502, body = ProblemBody, description = "`payment.channel_unknown`: ask again")))]
async fn call_transfer_back(
    State(app): State<App>,
    staff: Staff<perm::TransferMake>,
    Path(id): Path<Id>,
) -> Answer<Json<TransferView>> {
    let known = open(&app, staff.mall.id, id).await?;
    let account = payer(&app, staff.mall.id, &known.channel)?;
    let theirs = transfers(&*account)?.cancel_transfer(&known.number()).await?;
    staff
        .write(&app, "transfer.cancel", move |tx, ctx| {
            record(tx, ctx, id, &theirs)?;
            Ok(((), Note::new("transfer", id, format!("撤销转账 ¥{}", known.amount))))
        })
        .await?;
    show(&app, staff.mall.id, id).await
}

async fn open(app: &App, mall_id: Id, id: Id) -> Result<Transfer> {
    let known = app.db.read(move |tx| transfer::find(tx, mall_id, id)).await?;
    if known.status.is_final() {
        return Err(Error::conflict("transfer.ended", "这笔转账已经有结果了"));
    }
    Ok(known)
}

async fn show(app: &App, mall_id: Id, id: Id) -> Answer<Json<TransferView>> {
    let found = app.db.read(move |tx| transfer::find(tx, mall_id, id)).await?;
    Ok(Json(TransferView::from(&found)))
}

/// A transfer as its member sees it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OwnTransfer {
    pub id: Id,
    pub amount_fen: i64,
    pub remark: String,
    pub status: TransferStatus,
    pub created_at: kernel::Instant,
    /// Arguments of `wx.requestMerchantTransfer` while the member has to confirm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<ConfirmTransfer>,
}

/// Arguments of `wx.requestMerchantTransfer`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConfirmTransfer {
    pub mch_id: String,
    pub app_id: String,
    pub package: String,
}

fn own(app: &App, mall_id: Id, known: &Transfer) -> OwnTransfer {
    let package = known.package.clone().filter(|_| known.status == TransferStatus::Waiting);
    let account = payer(app, mall_id, &known.channel).ok();
    OwnTransfer {
        id: known.id,
        amount_fen: known.amount.0,
        remark: known.remark.clone(),
        status: known.status,
        created_at: known.created_at,
        confirm: package.zip(account).map(|(package, account)| ConfirmTransfer {
            mch_id: account.merchant_id().to_owned(),
            app_id: account.app_id().to_owned(),
            package,
        }),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OwnTransfers {
    cursor: Option<String>,
}

/// List the money paid out to the member.
///
/// Newest first; those that wait say how to confirm.
#[utoipa::path(get, path = "/transfers", tag = "transfer", security(("member" = [])), params(OwnTransfers),
    responses((status = 200, body = Page<OwnTransfer>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor`")))]
async fn list_own_transfers(
    State(app): State<App>,
    member: Member,
    Query(query): Query<OwnTransfers>,
) -> Answer<Json<Page<OwnTransfer>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = member.mall.id;
    let page = app.db.read(move |tx| transfer::list(tx, mall_id, Some(member.id), None, before, PAGE)).await?;
    Ok(Json(page.map(|row| own(&app, mall_id, &row))))
}

/// Show money paid out to the member.
///
/// While it is open, the channel is asked when our knowledge is older than three seconds.
#[utoipa::path(get, path = "/transfers/{id}", tag = "transfer", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = OwnTransfer), (status = 404, body = ProblemBody, description = "`transfer.not_found`")))]
async fn get_own_transfer(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<OwnTransfer>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let known = app.db.read(move |tx| transfer::of_member(tx, mall_id, member_id, id)).await?;
    if !known.status.is_final() && member.ctx.now - known.checked_at > seconds(3) {
        pursue_or_warn(&app, &member.ctx, &known).await;
    }
    let known = app.db.read(move |tx| transfer::of_member(tx, mall_id, member_id, id)).await?;
    Ok(Json(own(&app, mall_id, &known)))
}
