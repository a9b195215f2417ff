//! Goods come back to the counter. With a receipt it is an after-sale from beginning to end in one transaction: asked for,
//! approved, received and looked at, the money back the way it came, exactly what those pieces cost; its cash leaves the
//! shift's drawer. Without a receipt no order knows of the goods: at most today's price, in cash, with a note.

use super::receipt::{CounterSaleView, no_sale, sale_view};
use super::{at_store, own_shift, take_cash};
use crate::flows::after_sale::{self, AfterSaleOptions, AskAfterSale, AskedPieces, Inspected};
use crate::flows::detail::{required_text, short_text};
use axum::extract::State;
use db::Tx;
use goods::inventory::{self, Demand, Holder};
use goods::{catalog, store};
use kernel::{Error, Fen, Id, Result};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::after_sale::{Kind, ReturnAddress, Stage, Step};
use trade::counter::{self, DrawerKind, NewOpenReturn, ReturnedPiece, Shift};
use trade::order;
use trade::payment::{self, CASH};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_counter_return))
        .routes(routes!(take_goods_back))
        .routes(routes!(take_back_without_receipt))
}

/// Holder of stock that came back without a receipt.
const OPEN_RETURN: &str = "open_return";

/// Show what can be brought back of a sale.
///
/// Needs `counter.sell`. For each line what its first, its first two … pieces give back, and the reasons that fit.
#[utoipa::path(get, path = "/counter/sales/{id}/return", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = AfterSaleOptions),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_sale`")))]
async fn show_counter_return(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
) -> Answer<Json<AfterSaleOptions>> {
    let (reader, mall_id, grants) = (app.clone(), staff.mall.id, staff.grants.clone());
    let (now, offset) = (staff.ctx.now, staff.mall.utc_offset_ms);
    let options = app
        .db
        .read(move |tx| {
            let sale = counter::of_order(tx, mall_id, id)?.ok_or_else(no_sale)?;
            at_store(&grants, sale.store_id)?;
            let order = order::find(tx, mall_id, id)?;
            after_sale::options(&reader, tx, &order, mall_id, now, offset)
        })
        .await?;
    Ok(Json(options))
}

/// Pieces of a line that came back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroughtBack {
    pub line_id: Id,
    #[schema(minimum = 1)]
    pub quantity: i64,
    /// Of them fit for sale: they lie on the shelf again.
    #[schema(minimum = 0)]
    pub sellable_quantity: i64,
}

/// What came back of a sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterReturn {
    /// The clerk's own open shift at the store that sold it; cash leaves its drawer.
    pub shift_id: Id,
    pub lines: Vec<BroughtBack>,
    /// A code of `GET …/return`.
    pub reason: String,
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Money that went back, or is on its way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterRefund {
    pub channel: String,
    pub amount_fen: i64,
    /// `done`, or `requested` while the channel works on it.
    pub status: String,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterReturned {
    pub after_sale_id: Id,
    pub refund_fen: i64,
    /// One for each payment that gives a part back.
    pub refunds: Vec<CounterRefund>,
    /// To be handed over from the drawer.
    pub cash_fen: i64,
    pub sale: CounterSaleView,
}

#[derive(Serialize, Deserialize)]
struct Done {
    after_sale_id: Id,
    refunds: Vec<CounterRefund>,
}

/// Take goods back with a receipt.
///
/// Needs `counter.sell`. Exactly what those pieces cost goes back over the payments that paid for them, by part; points and
/// coupons follow as after any return.
#[utoipa::path(post, path = "/counter/sales/{id}/return", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = CounterReturn,
    responses((status = 200, body = CounterReturned),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `lines`, `reason`, `note`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `counter.other_clerk`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_sale`, `counter.no_such_shift`, `order.no_such_line`"),
    (status = 409, body = ProblemBody, description = "`counter.shift_closed`, `counter.drawer_short`, `after_sale.too_many`, `after_sale.too_late`, `after_sale.no_return`, `order.not_allowed`, `refund.not_paid`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn take_goods_back(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
    key: IdempotencyKey,
    Json(request): Json<CounterReturn>,
) -> Answer<Json<CounterReturned>> {
    let claim = Claim::new(&staff.ctx, "counter.return", &key, &(id, &request))?;
    short_text("note", request.note.clone(), 200)?;
    let (mall_id, grants, offset) = (staff.mall.id, staff.grants.clone(), staff.mall.utc_offset_ms);
    let done = staff
        .write_once(&app, "counter.return", claim, move |tx, ctx| {
            let shift = own_shift(tx, ctx, &grants, request.shift_id)?;
            let done = bring_back(tx, ctx, &shift, id, &request, offset)?;
            let sum: i64 = done.refunds.iter().map(|refund| refund.amount_fen).sum();
            Ok((done, Note::new("order", id, format!("柜台退货，退款 ¥{}", Fen(sum)))))
        })
        .await?;
    let cash_fen = done.refunds.iter().filter(|refund| refund.channel == CASH).map(|refund| refund.amount_fen).sum();
    Ok(Json(CounterReturned {
        after_sale_id: done.after_sale_id,
        refund_fen: done.refunds.iter().map(|refund| refund.amount_fen).sum(),
        refunds: done.refunds,
        cash_fen,
        sale: sale_view(&app, mall_id, id, None).await?,
    }))
}

/// One transaction: the after-sale from its asking to its money.
fn bring_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    shift: &Shift,
    order_id: Id,
    request: &CounterReturn,
    offset: i64,
) -> Result<Done> {
    let sale = counter::of_order(tx, ctx.mall_id, order_id)?.ok_or_else(no_sale)?;
    if sale.store_id != shift.store_id {
        return Err(Error::forbidden("counter.other_store", "这是另一家门店卖出的，请到那家门店退货"));
    }
    let pieces =
        |line: &BroughtBack| AskedPieces { line_id: line.line_id, quantity: line.quantity, exchange_sku_id: None };
    let ask = AskAfterSale {
        order_id,
        kind: Kind::ReturnRefund,
        stage: Stage::Sent,
        lines: request.lines.iter().map(pieces).collect(),
        reason: request.reason.clone(),
        description: request.note.clone(),
        picture_keys: Vec::new(),
    };
    let id = after_sale::ask(tx, ctx, offset, &ask)?;
    let here = store::find_store(tx, ctx.mall_id, shift.store_id)?;
    let address = ReturnAddress { name: here.name, phone: here.phone, address: here.address };
    after_sale::approve(tx, ctx, id, Step::Approve, Some(address))?;
    let seen = |line: &trade::after_sale::AskedLine| {
        let told = request.lines.iter().find(|told| told.line_id == line.line_id);
        // Gifts come along with the last of what they came with.
        let sellable = told.map_or(line.quantity, |told| told.sellable_quantity);
        Inspected { line_id: line.line_id, sellable, damaged: line.quantity - sellable }
    };
    let asked = trade::after_sale::asked_lines(tx, ctx.mall_id, id)?;
    let inspected: Vec<Inspected> = asked.iter().map(seen).collect();
    after_sale::receive(tx, ctx, id, &inspected, None)?;
    let order = order::find(tx, ctx.mall_id, order_id)?;
    let attempts = payment::attempts(tx, ctx.mall_id, crate::flows::ORDER_GROUP, order.group_id)?;
    let channels: HashMap<Id, String> = attempts.into_iter().map(|one| (one.id, one.channel)).collect();
    let made: Vec<Id> =
        trade::after_sale::refunds(tx, ctx.mall_id, id)?.into_iter().map(|(refund, _)| refund).collect();
    let mut refunds = Vec::with_capacity(made.len());
    for refund in payment::refunds_of_order(tx, ctx.mall_id, order_id)? {
        let Some(channel) = channels.get(&refund.payment_id).filter(|_| made.contains(&refund.id)) else { continue };
        if channel == CASH {
            take_cash(tx, ctx, shift.id, DrawerKind::Refund, refund.id, refund.amount, None)?;
        }
        refunds.push(CounterRefund { channel: channel.clone(), amount_fen: refund.amount.0, status: refund.status });
    }
    Ok(Done { after_sale_id: id, refunds })
}

/// Pieces without a receipt.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenPieces {
    pub sku_id: Id,
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: i64,
    #[schema(minimum = 0, maximum = 999)]
    pub sellable_quantity: i64,
}

/// Goods without a receipt, and what is paid for them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenReturnRequest {
    pub shift_id: Id,
    #[schema(min_items = 1, max_items = 50)]
    pub lines: Vec<OpenPieces>,
    /// In cash, at most what they cost now.
    #[schema(minimum = 1)]
    pub amount_fen: i64,
    /// Why, and how it is known that they were bought here.
    #[schema(min_length = 1, max_length = 200)]
    pub note: String,
}

/// What was taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenReturnView {
    pub id: Id,
    pub amount_fen: i64,
    pub pieces: Vec<ReturnedPiece>,
}

/// Take goods back without a receipt.
///
/// Needs `counter.open_return`. No order is changed: cash leaves the drawer, at most what the goods cost now.
#[utoipa::path(post, path = "/counter/open-returns", tag = "counter", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = OpenReturnRequest,
    responses((status = 200, body = OpenReturnView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `lines`, `amount_fen`, `note`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `counter.other_clerk`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_shift`, `inventory.no_such_sku`"),
    (status = 409, body = ProblemBody, description = "`counter.shift_closed`, `counter.drawer_short`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn take_back_without_receipt(
    State(app): State<App>,
    staff: Staff<perm::CounterOpenReturn>,
    key: IdempotencyKey,
    Json(request): Json<OpenReturnRequest>,
) -> Answer<Json<OpenReturnView>> {
    let claim = Claim::new(&staff.ctx, "counter.open_return", &key, &request)?;
    let note = required_text("note", request.note.clone(), 200)?;
    let fits =
        |line: &OpenPieces| (1..=999).contains(&line.quantity) && (0..=line.quantity).contains(&line.sellable_quantity);
    if !(1..=50).contains(&request.lines.len()) || !request.lines.iter().all(fits) {
        return Err(Error::field("lines", "请扫描退回的商品，并写明件数").into());
    }
    let (grants, request_key) = (staff.grants.clone(), format!("{}:{}", staff.id, key.0));
    let view = staff
        .write_once(&app, "counter.open_return", claim, move |tx, ctx| {
            let shift = own_shift(tx, ctx, &grants, request.shift_id)?;
            let view = without_receipt(tx, ctx, &shift, &request, &note, &request_key)?;
            let said = format!("无小票退货，付出 ¥{}：{note}", Fen(view.amount_fen));
            Ok((view.clone(), Note::new("open_return", view.id, said)))
        })
        .await?;
    Ok(Json(view))
}

fn without_receipt(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    shift: &Shift,
    request: &OpenReturnRequest,
    note: &str,
    request_key: &str,
) -> Result<OpenReturnView> {
    let ids: Vec<Id> = request.lines.iter().map(|line| line.sku_id).collect();
    let (here, location_id) = store::location_of_store(tx, ctx.mall_id, shift.store_id)?;
    let skus = catalog::skus_for_sale(tx, ctx.mall_id, &ids)?;
    let mut pieces = Vec::with_capacity(request.lines.len());
    let mut most = Fen::ZERO;
    for line in &request.lines {
        let sku = skus.iter().find(|sku| sku.sku_id == line.sku_id && sku.shop_id == here.shop_id);
        let sku = sku.ok_or_else(|| Error::not_found("inventory.no_such_sku", "这不是本店铺的商品"))?;
        let price = sku.price.times(line.quantity)?;
        most = most.plus(price)?;
        pieces.push(ReturnedPiece {
            sku_id: line.sku_id,
            name: sku.name.clone(),
            quantity: line.quantity,
            sellable_quantity: line.sellable_quantity,
            price_fen: price.0,
        });
    }
    let amount = Fen(request.amount_fen);
    if amount < Fen(1) || amount > most {
        return Err(Error::field("amount_fen", format!("没有小票最多按现在的价格退 ¥{most}")));
    }
    let new = NewOpenReturn {
        shift_id: shift.id,
        store_id: shift.store_id,
        staff_id: shift.clerk_id,
        request_key,
        amount,
        pieces: &pieces,
        note,
    };
    let id = counter::insert_open_return(tx, ctx, &new)?;
    take_cash(tx, ctx, shift.id, DrawerKind::OpenReturn, id, amount, Some(note))?;
    let back: Vec<Demand> = pieces
        .iter()
        .filter(|piece| piece.sellable_quantity > 0)
        .map(|piece| Demand { sku_id: piece.sku_id, location_id, quantity: piece.sellable_quantity })
        .collect();
    if !back.is_empty() {
        inventory::restock(tx, ctx, Holder { kind: OPEN_RETURN, id }, &back, "无小票退货入库")?;
    }
    Ok(OpenReturnView { id, amount_fen: amount.0, pieces })
}
