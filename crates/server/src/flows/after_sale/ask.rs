//! Ask for an after-sale: what can be asked for each line, and the request itself. Pieces are claimed by guarded updates
//! in the transaction that writes the request, so that two requests for the same piece do not both stand.

use axum::extract::State;
use db::{Tx, args};
use goods::catalog::{self, SkuChoice};
use goods::inventory;
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::extract::IdempotencyKey;
use platform::idempotency::{self, Claim};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use trade::after_sale::{self, AfterSaleView, Kind, LineStock, NewAfterSale, NewLine, ReasonChoice, Stage, Window};
use trade::order::{self, Order, OrderLineView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_after_sale_options)).routes(routes!(ask_for_after_sale))
}

/// A way to ask, with the reasons that fit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleWay {
    pub kind: Kind,
    pub stage: Stage,
    pub reasons: Vec<ReasonChoice>,
}

/// Something that can be sent instead.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExchangeChoice {
    pub sku_id: Id,
    pub option_text: String,
    pub available: i64,
}

/// What can be asked for one line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleOption {
    pub line: OrderLineView,
    /// Pieces that were not sent yet and are in no other after-sale.
    pub unsent: i64,
    /// Pieces that were sent and are in no other after-sale.
    pub sent: i64,
    /// What the first, the first two, … pieces give back.
    pub amounts_fen: Vec<i64>,
    pub ways: Vec<AfterSaleWay>,
    /// Until when it can be returned without a reason; absent for excluded goods, and while it is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_reason_until: Option<Instant>,
    /// The law's or the shop's reason why it cannot be returned without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_return_reason: Option<String>,
    pub exchange_choices: Vec<ExchangeChoice>,
}

/// What can be asked for an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleOptions {
    pub lines: Vec<AfterSaleOption>,
    /// Comes back with the last piece while nothing was sent.
    pub freight_fen: i64,
    /// Goods that were sent and go back for the shop's own fault bring their part of the freight.
    pub freight_back: bool,
    /// Why nothing can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_reason: Option<String>,
}

/// Show what can be asked for after the sale.
#[utoipa::path(get, path = "/orders/{id}/after-sale-options", tag = "after_sale", security(("member" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = AfterSaleOptions),
    (status = 404, body = ProblemBody, description = "`order.not_found`")))]
async fn get_after_sale_options(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
) -> Answer<Json<AfterSaleOptions>> {
    let (reader, mall_id, member_id) = (app.clone(), member.mall.id, member.id);
    let (now, offset) = (member.ctx.now, member.mall.utc_offset_ms);
    let options = app
        .db
        .read(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            options(&reader, tx, &order, mall_id, now, offset)
        })
        .await?;
    Ok(Json(options))
}

/// What can be asked for an order now.
pub fn options(
    app: &App,
    tx: &mut Tx<'_>,
    order: &Order,
    mall_id: MallId,
    now: Instant,
    offset: i64,
) -> Result<AfterSaleOptions> {
    let stock = after_sale::line_stock(tx, mall_id, order.id)?;
    let lines = order::lines(tx, mall_id, order.id)?;
    let rules = after_sale::rules(tx, mall_id)?;
    let choices = exchange_choices(tx, mall_id, order, &stock)?;
    let views = order::line_views(app, &lines);
    let is_booking = order.is_service && !order.is_of_counter();
    let mut made = Vec::with_capacity(stock.len());
    for (line, view) in stock.iter().zip(views).filter(|(line, _)| !line.gift) {
        let window = after_sale::window(&rules, order.completed_at, line.return_7d, offset);
        let (unsent, sent) = (line.free(order, Stage::Unsent), line.free(order, Stage::Sent));
        let exchange = choices.get(&line.id).cloned().unwrap_or_default();
        made.push(AfterSaleOption {
            amounts_fen: line.amounts(unsent.max(sent))?,
            ways: ways(unsent, sent, window, now, !exchange.is_empty())
                .into_iter()
                .filter(|way| !is_booking || (way.kind == Kind::RefundOnly && way.stage == Stage::Sent))
                .collect(),
            without_reason_until: order.completed_at.and(window.without_reason_until),
            no_return_reason: line.no_return_reason.clone().filter(|_| !line.return_7d),
            exchange_choices: exchange,
            line: view,
            unsent,
            sent,
        });
    }
    let open = made.iter().any(|option| !option.ways.is_empty());
    let free = made.iter().any(|option| option.unsent + option.sent > 0);
    let closed_reason = match (open, free) {
        (true, _) => None,
        (false, true) => Some("已经过了售后期，请联系客服".to_owned()),
        (false, false) => Some("没有可以申请售后的商品".to_owned()),
    };
    let nothing_sent = after_sale::is_waiting(order) && stock.iter().all(|line| line.shipped == 0);
    Ok(AfterSaleOptions {
        lines: made,
        freight_fen: if nothing_sent { order.freight.0 } else { 0 },
        freight_back: rules.freight_back && order.freight > Fen::ZERO,
        closed_reason,
    })
}

fn ways(unsent: i64, sent: i64, window: Window, now: Instant, can_exchange: bool) -> Vec<AfterSaleWay> {
    let all = [
        (unsent, Kind::RefundOnly, Stage::Unsent),
        (sent, Kind::ReturnRefund, Stage::Sent),
        (sent, Kind::RefundOnly, Stage::Sent),
        (if can_exchange { sent } else { 0 }, Kind::Exchange, Stage::Sent),
    ];
    let way = |(free, kind, stage): (i64, Kind, Stage)| {
        let reasons = if free > 0 { after_sale::reasons(stage, kind, window, now) } else { Vec::new() };
        (!reasons.is_empty()).then_some(AfterSaleWay { kind, stage, reasons })
    };
    all.into_iter().filter_map(way).collect()
}

/// SKUs of the same product at the same price, by line: two queries.
fn exchange_choices(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    order: &Order,
    stock: &[LineStock],
) -> Result<HashMap<Id, Vec<ExchangeChoice>>> {
    let products: Vec<Id> = stock.iter().map(|line| line.product_id).collect();
    let skus = catalog::sku_choices(tx, mall_id, &products)?;
    let ids: Vec<Id> = skus.iter().map(|sku| sku.sku_id).collect();
    let available = inventory::available(tx, mall_id, order.location_id, &ids)?;
    let shown = |sku: &SkuChoice| ExchangeChoice {
        sku_id: sku.sku_id,
        option_text: sku.option_text.clone(),
        available: available.get(&sku.sku_id).copied().unwrap_or(0).max(0),
    };
    let of = |line: &LineStock| (line.id, same_price(&skus, line).iter().map(|sku| shown(sku)).collect());
    Ok(stock.iter().map(of).collect())
}

/// What may be sent instead of a line's SKU: nobody pays a difference.
fn same_price<'a>(skus: &'a [SkuChoice], line: &LineStock) -> Vec<&'a SkuChoice> {
    let Some(own) = skus.iter().find(|sku| sku.sku_id == line.sku_id) else { return Vec::new() };
    skus.iter().filter(|sku| sku.product_id == line.product_id && sku.price == own.price).collect()
}

/// Pieces of one line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedPieces {
    pub line_id: Id,
    #[schema(minimum = 1)]
    pub quantity: i64,
    /// For an exchange: another SKU of the product; absent for the same again.
    pub exchange_sku_id: Option<Id>,
}

/// A request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskAfterSale {
    pub order_id: Id,
    pub kind: Kind,
    /// Whether it is about pieces that were sent; only a refund can be about those that were not.
    pub stage: Stage,
    pub lines: Vec<AskedPieces>,
    /// A code of the options.
    pub reason: String,
    #[schema(max_length = 300)]
    pub description: Option<String>,
    /// Keys of uploads, at most nine.
    #[serde(default)]
    pub picture_keys: Vec<String>,
}

/// Ask for a refund, a return or an exchange.
#[utoipa::path(post, path = "/after-sales", tag = "after_sale", security(("member" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = AskAfterSale,
    responses((status = 200, body = AfterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `lines`, `reason`, `description`, `picture_keys`, `stage`"),
    (status = 404, body = ProblemBody, description = "`order.not_found`, `order.no_such_line`"),
    (status = 409, body = ProblemBody, description = "`after_sale.too_many`: not so many pieces are free; `after_sale.too_late`, `after_sale.no_return`, `after_sale.no_exchange`, `order.not_allowed`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn ask_for_after_sale(
    State(app): State<App>,
    member: Member,
    key: IdempotencyKey,
    Json(request): Json<AskAfterSale>,
) -> Answer<Json<AfterSaleView>> {
    let claim = Claim::new(&member.ctx, "after_sale.ask", &key, &request)?;
    let (mall_id, member_id, ctx) = (member.mall.id, member.id, member.ctx.clone());
    let (reader, offset) = (app.clone(), member.mall.utc_offset_ms);
    let view = app
        .db
        .write(move |tx| {
            let id = idempotency::once(tx, &ctx, &claim, |tx| {
                order::find_of_member(tx, mall_id, member_id, request.order_id)?;
                ask(tx, &ctx, offset, &request)
            })?;
            let after = after_sale::find(tx, mall_id, id)?;
            after_sale::view(&reader, tx, mall_id, &after)
        })
        .await?;
    Ok(Json(view))
}

/// Writes the request; answers its id. The caller has made sure whose order it is.
pub fn ask(tx: &mut Tx<'_>, ctx: &Ctx, offset: i64, request: &AskAfterSale) -> Result<Id> {
    let description = crate::flows::detail::short_text("description", request.description.clone(), 300)?;
    if request.stage == Stage::Unsent && request.kind != Kind::RefundOnly {
        return Err(Error::field("stage", "还没发货的商品只能申请退款"));
    }
    let order = order::lock(tx, ctx.mall_id, request.order_id)?;
    use order::Status::{Completed, Shipped, ToPickUp, ToShip};
    if !matches!(order.status, ToShip | ToPickUp | Shipped | Completed) {
        return Err(order::not_allowed(order.status));
    }
    let is_booking = order.is_service && !order.is_of_counter();
    if is_booking && (request.kind != Kind::RefundOnly || request.stage != Stage::Sent) {
        return Err(order::not_allowed(order.status)); // Before it took place a booking is given up by its own rules.
    }
    own_pictures(tx, ctx, &request.picture_keys)?;
    let stock = after_sale::line_stock(tx, ctx.mall_id, order.id)?;
    let rules = after_sale::rules(tx, ctx.mall_id)?;
    let (mut lines, goods) = asked(tx, ctx, &order, &stock, request)?;
    for line in &lines {
        let of = stock.iter().find(|one| one.id == line.line_id);
        let return_7d = of.is_none_or(|one| one.return_7d);
        let window = after_sale::window(&rules, order.completed_at, return_7d, offset);
        after_sale::check_reason(&request.reason, request.stage, request.kind, window, ctx.now)?;
    }
    if request.stage == Stage::Sent && request.kind != Kind::Exchange {
        lines.extend(gifts(&order, &stock, &lines));
    }
    let mut free = stock;
    for line in &lines {
        after_sale::claim(tx, ctx, &order, request.stage, line.line_id, line.quantity)?;
        if let Some(of) = free.iter_mut().find(|one| one.id == line.line_id) {
            of.claimed += line.quantity;
        }
    }
    let takes_all = free.iter().all(|line| line.gift || line.refunded + line.claimed == line.quantity);
    let nothing_sent = after_sale::is_waiting(&order) && free.iter().all(|line| line.shipped == 0);
    let freight = if takes_all && nothing_sent { order.freight } else { Fen::ZERO };
    let is_money = request.kind != Kind::Exchange;
    let freight = if request.stage == Stage::Sent && is_money && rules.freight_back {
        let pieces = request.lines.iter().map(|line| line.quantity).sum();
        after_sale::freight_back(tx, ctx.mall_id, &order, None, &request.reason, &free, pieces)?
    } else {
        freight
    };
    let id = after_sale::insert(
        tx,
        ctx,
        &NewAfterSale {
            order: &order,
            kind: request.kind,
            stage: request.stage,
            reason: &request.reason,
            description: description.as_deref(),
            picture_keys: &request.picture_keys,
            goods: if is_money { goods } else { Fen::ZERO },
            freight: if is_money { freight } else { Fen::ZERO },
            due_at: rules.answer_by(ctx.now),
            lines: &lines,
        },
    )?;
    order::add_event(tx, ctx, order.id, "after_sale_asked", &format!("申请{}", request.kind.label()))?;
    Ok(id)
}

/// The lines asked for, and what they are expected to give back.
fn asked(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    stock: &[LineStock],
    request: &AskAfterSale,
) -> Result<(Vec<NewLine>, Fen)> {
    if request.lines.is_empty() || request.lines.len() > 120 {
        return Err(Error::field("lines", "请选择要售后的商品"));
    }
    let products: Vec<Id> = stock.iter().map(|line| line.product_id).collect();
    let skus =
        if request.kind == Kind::Exchange { catalog::sku_choices(tx, ctx.mall_id, &products)? } else { Vec::new() };
    let (mut lines, mut seen, mut goods) = (Vec::new(), HashSet::new(), Fen::ZERO);
    for asked in &request.lines {
        let line = stock.iter().find(|line| line.id == asked.line_id && !line.gift);
        let line = line.ok_or_else(|| Error::not_found("order.no_such_line", "订单里没有这件商品"))?;
        if !seen.insert(asked.line_id) {
            return Err(Error::field("lines", "同一件商品写了两次"));
        }
        if asked.quantity < 1 {
            return Err(Error::field("lines", "数量至少 1 件"));
        }
        if asked.quantity > line.free(order, request.stage) {
            return Err(after_sale::too_many());
        }
        let exchange = exchange(&skus, line, request.kind, asked.exchange_sku_id)?;
        goods = goods.plus(Fen(line.amounts(asked.quantity)?.last().copied().unwrap_or(0)))?;
        lines.push(NewLine { line_id: asked.line_id, quantity: asked.quantity, exchange });
    }
    Ok((lines, goods))
}

fn exchange(skus: &[SkuChoice], line: &LineStock, kind: Kind, wanted: Option<Id>) -> Result<Option<(Id, String)>> {
    if kind != Kind::Exchange {
        return match wanted {
            Some(_) => Err(Error::field("lines", "只有换货才选换成哪一款")),
            None => Ok(None),
        };
    }
    let wanted = wanted.unwrap_or(line.sku_id);
    let found = same_price(skus, line).into_iter().find(|sku| sku.sku_id == wanted);
    let found = found.ok_or_else(|| Error::conflict("after_sale.no_exchange", "不能换成这一款，请选同价的规格"))?;
    Ok(Some((found.sku_id, found.option_text.clone())))
}

/// Gifts go back with the last of the goods they came with.
fn gifts(order: &Order, stock: &[LineStock], lines: &[NewLine]) -> Vec<NewLine> {
    let asked = |id: Id| lines.iter().filter(|line| line.line_id == id).map(|line| line.quantity).sum::<i64>();
    if stock.iter().any(|line| !line.gift && line.refunded + asked(line.id) < line.quantity) {
        return Vec::new();
    }
    let gift = |line: &LineStock| NewLine { line_id: line.id, quantity: line.free(order, Stage::Sent), exchange: None };
    stock.iter().filter(|line| line.gift).map(gift).filter(|line| line.quantity > 0).collect()
}

/// Pictures are the member's own uploads.
fn own_pictures(tx: &mut Tx<'_>, ctx: &Ctx, keys: &[String]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let distinct: HashSet<&String> = keys.iter().collect();
    if keys.len() > 9 || distinct.len() != keys.len() {
        return Err(Error::field("picture_keys", "最多 9 张图片"));
    }
    let (known,): (i64,) = tx.one(
        "select count(*) from file
         where mall_id = $1 and key = any($2) and owner_kind = 'member' and owner_id = $3",
        &args![ctx.mall_id, keys.to_vec(), ctx.actor.id().unwrap_or_default()],
    )?;
    if usize::try_from(known).is_ok_and(|known| known == keys.len()) {
        Ok(())
    } else {
        Err(Error::field("picture_keys", "图片已经失效，请重新上传"))
    }
}
