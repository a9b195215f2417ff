//! Place an order, or one a shop and place. One transaction: claim the idempotency key, re-price inside it, compare with the total the
//! member saw, reserve the stock, write the orders, empty the cart. Nothing outside is asked; a replay answers the same.

use super::{ORDER, settle};
use axum::extract::State;
use goods::inventory::{Demand, Holder};
use kernel::{Error, Fen, Id, Instant, Result};
use platform::extract::IdempotencyKey;
use platform::idempotency::{Claim, once};
use platform::mall::ExpressFrom;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member};
use serde::{Deserialize, Serialize};
use trade::delivery::{self, NewLocalOrder, Wanted};
use trade::offers::{self, Choices, OrderOf};
use trade::order::{self, DeliveryKind, NewOrder, Receiver, Status};
use trade::pickup;
use trade::quote::{self, Delivery, Draft, Facts, ItemInput, LocalPlace, Place, QuoteRequest, Request, Source};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(place_order))
}

/// An order as the member saw it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    pub source: Source,
    #[serde(default)]
    pub items: Vec<ItemInput>,
    pub delivery: Delivery,
    #[schema(max_length = 200)]
    pub remark: Option<String>,
    /// The buyer was shown which goods cannot be returned without a reason and confirmed it. Without it those whose reason is
    /// `confirmed` can be returned.
    #[serde(default)]
    pub confirmed_no_return: bool,
    /// As in the quote.
    #[serde(default)]
    pub choices: Choices,
    /// The quote's total; a drift is refused with the new quote.
    pub expected_total_fen: i64,
}

/// One of the orders placed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlacedOrderBrief {
    pub id: Id,
    pub number: String,
}

/// What was placed. Orders of one group are paid together.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlacedOrder {
    pub group_id: Id,
    pub orders: Vec<PlacedOrderBrief>,
    pub total_fen: i64,
    pub expires_at: Instant,
    pub status: Status,
}

/// Place an order.
///
/// Needs an `Idempotency-Key`. Goods of several shops become one order a shop, all or none; they are paid together, through
/// any of them. So do goods that leave from several places, as the quote's lines say. Stock is reserved until `expires_at`; pay before then.
#[utoipa::path(post, path = "/orders", tag = "order", security(("member" = [])), request_body = PlaceOrder,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PlacedOrder),
    (status = 403, body = ProblemBody, description = "`member.blocked`"),
    (status = 404, body = ProblemBody, description = "`address.not_found`, `store.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.price_changed` (details.quote), `inventory.sold_out` (details.sku_ids), `order.not_placeable` (details.problems), `pickup.slot_required`, `pickup.slot_full`, `pickup.slot_gone`, `delivery.slot_required`, `delivery.slot_full`, `delivery.slot_gone`, `delivery.asap_closed`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn place_order(
    State(app): State<App>,
    member: Member,
    key: IdempotencyKey,
    Json(request): Json<PlaceOrder>,
) -> Answer<Json<PlacedOrder>> {
    let claim = Claim::new(&member.ctx, "place_order", &key, &request)?;
    let ask = prepare(member.id, &request)?;
    let expiry = member.mall.settings.order_expiry();
    let place = async || {
        let (place, ctx, asked) = (app.clone(), member.ctx.clone(), ask.clone());
        let (claim, request) = (claim.clone(), request.clone());
        app.db.write(move |tx| once(tx, &ctx, &claim, |tx| place_in(&place, tx, &ctx, &asked, &request, expiry))).await
    };
    let mut placed = place().await;
    let routed = member.mall.settings.express_from != ExpressFrom::Warehouse;
    if routed && placed.as_ref().is_err_and(|error| error.is("inventory.sold_out")) {
        // Somebody took the last piece where the parcel would have left from: another place may have it.
        placed = place().await;
    }
    match placed {
        Err(error) if error.is(offers::GONE) => Err(quoted_anew(&app, &member.ctx, ask, &error).await?.into()),
        placed => Ok(Json(placed?)),
    }
}

/// Something of the quote was used up meanwhile: the refusal carries the quote as it is now.
async fn quoted_anew(app: &App, ctx: &Ctx, mut ask: Request, gone: &Error) -> Result<Error> {
    ask.check_stock = true;
    let (reader, ctx) = (app.clone(), ctx.clone());
    let quote = app
        .db
        .read(move |tx| {
            let facts = quote::gather(&reader, tx, &ctx, &ask)?;
            Ok(quote::into_quote(quote::price(&facts)?, &facts, &reader))
        })
        .await?;
    Ok(price_changed(gone.message().to_owned(), &quote))
}

fn price_changed(message: String, quote: &quote::Quote) -> Error {
    Error::conflict("order.price_changed", message).with(serde_json::json!({ "quote": quote }))
}

/// Checks the form of the request before a transaction begins.
pub fn prepare(member_id: Id, request: &PlaceOrder) -> Result<Request> {
    if request.remark.as_deref().is_some_and(|remark| remark.chars().count() > 200) {
        return Err(Error::field("remark", "留言最多 200 个字"));
    }
    let asked = QuoteRequest {
        source: request.source,
        items: request.items.clone(),
        delivery: request.delivery.clone(),
        choices: request.choices.clone(),
    };
    let mut ask = Request::new(member_id, &asked)?;
    ask.check_stock = false;
    Ok(ask)
}

/// The transaction's body; also used by the benches and tests that place without HTTP.
pub fn place_in(
    app: &App,
    tx: &mut db::Tx<'_>,
    ctx: &Ctx,
    ask: &Request,
    request: &PlaceOrder,
    expiry_ms: i64,
) -> Result<PlacedOrder> {
    people::identity::require_active(tx, ctx.mall_id, ask.member_id)?;
    let facts = quote::gather(app, tx, ctx, ask)?;
    if !facts.limits.is_empty() {
        // Two orders of one member at once must not pass the purchase limit together.
        tx.exec(
            "update member set updated_at = $3 where mall_id = $1 and id = $2",
            &db::args![ctx.mall_id, ask.member_id, ctx.now],
        )?;
    }
    let facts = if facts.limits.is_empty() { facts } else { quote::gather(app, tx, ctx, ask)? };
    let draft = quote::price(&facts)?;
    accept(app, &facts, &draft, request.expected_total_fen)?;

    // By shop and place, so that two carts of the same shops take stock and rules in the same order.
    let parts: Vec<(OrderOf, &Draft)> = match &draft.by_order[..] {
        [] => facts.shops.iter().map(|shop| (OrderOf { shop_id: shop.id, from: None }, &draft)).collect(),
        several => several.iter().map(|(order, part)| (*order, part)).collect(),
    };
    let ids: Vec<Id> = parts.iter().map(|_| ctx.id()).collect();
    let group_id = *ids.first().ok_or_else(|| Error::internal("an order without a shop"))?;
    let expires_at = ctx.now + expiry_ms;
    let receiver = receiver_of(&facts);
    let source = if ask.at_counter { order::Source::Counter } else { order::Source::Online };
    let is_service = ask.service.is_some();
    let member_id = ask.member_id;
    let group = Group { group_id, member_id, source, is_service, request, receiver: receiver.as_ref(), expires_at };
    for (id, (order, part)) in ids.iter().zip(&parts) {
        group.place(app, tx, ctx, *id, *order, &facts, part)?;
    }
    if ask.source == Source::Cart {
        let bought: Vec<Id> = draft.lines.iter().filter(|line| !line.gift).map(|line| line.sku.sku_id).collect();
        trade::cart::remove(tx, ctx.mall_id, ask.member_id, &bought)?;
    }
    // What is paid at a counter is paid there, also when it costs nothing.
    let free = draft.total() == Fen::ZERO && !ask.at_counter;
    let status = if free { settle::without_payment(tx, ctx, ask.member_id, group_id)? } else { Status::Unpaid };
    Ok(PlacedOrder {
        group_id,
        orders: ids.into_iter().map(|id| PlacedOrderBrief { id, number: id.to_string() }).collect(),
        total_fen: draft.total().0,
        expires_at,
        status,
    })
}

/// What the orders of one checkout share.
struct Group<'a> {
    group_id: Id,
    member_id: Id,
    source: order::Source,
    is_service: bool,
    request: &'a PlaceOrder,
    receiver: Option<&'a Receiver>,
    expires_at: Instant,
}

impl Group<'_> {
    /// Writes one of its orders.
    fn place(
        &self,
        app: &App,
        tx: &mut db::Tx<'_>,
        ctx: &Ctx,
        id: Id,
        order: OrderOf,
        facts: &Facts,
        draft: &Draft,
    ) -> Result<()> {
        let shop_id = order.shop_id;
        let of_shop = || facts.shops.iter().find(|shop| shop.id == shop_id).and_then(|shop| shop.location_id);
        let location_id = order.from.or_else(of_shop);
        let location_id = location_id.ok_or_else(|| Error::internal("an order without a location"))?;
        if !self.is_service {
            reserve(tx, ctx, id, location_id, draft, self.expires_at)?;
        }
        let (delivery, store_id) = match &facts.place {
            Place::Store { store_id, .. } => (DeliveryKind::Pickup, Some(*store_id)),
            Place::Local(place) => (DeliveryKind::Local, Some(place.store.id)),
            _ => (DeliveryKind::Express, None),
        };
        let new = NewOrder {
            id,
            group_id: self.group_id,
            shop_id,
            member_id: self.member_id,
            delivery,
            source: self.source,
            is_service: self.is_service,
            location_id,
            store_id,
            receiver: self.receiver,
            remark: self.request.remark.as_deref().map(str::trim).filter(|remark| !remark.is_empty()),
            confirmed_no_return: self.request.confirmed_no_return,
            expires_at: self.expires_at,
        };
        order::insert(tx, ctx, &app.sealer, &new, draft)?;
        if let Place::Local(place) = &facts.place {
            self.promise(app, tx, ctx, id, place, draft)?;
        }
        let fetched = store_id.filter(|_| self.source == order::Source::Online && !self.is_service);
        if let (Some(store_id), Delivery::Pickup { slot_at, .. }) = (fetched, &self.request.delivery) {
            let store = goods::store::find_store(tx, ctx.mall_id, store_id)?;
            pickup::book(tx, ctx, &store, id, *slot_at, app.malls.get(ctx.mall_id)?.utc_offset_ms)?;
        }
        let (group_id, member_id) = (self.group_id, self.member_id);
        let sale = offers::Sale { order_id: id, group_id, shop_id, member_id, total: draft.total() };
        offers::placed(tx, ctx, &sale, draft)
    }
}

impl Group<'_> {
    /// Writes down what a store promised to bring, and when.
    fn promise(
        &self,
        app: &App,
        tx: &mut db::Tx<'_>,
        ctx: &Ctx,
        order_id: Id,
        place: &LocalPlace,
        draft: &Draft,
    ) -> Result<()> {
        let trip = place.trip(draft);
        let wanted = match self.request.delivery {
            Delivery::Local { slot_at: Some(at), .. } => Some(Wanted::At(at)),
            Delivery::Local { asap: true, .. } => Some(Wanted::Asap),
            _ => None,
        };
        let new = NewLocalOrder {
            order_id,
            store: &place.store,
            rule: &place.rule,
            distance_m: trip.distance_m,
            weight_g: trip.weight_g,
            fee_fen: delivery::fee(&place.rule, &trip).0,
            place: place.point,
            wanted,
        };
        delivery::promise(tx, ctx, &app.sealer, &new, app.malls.get(ctx.mall_id)?.utc_offset_ms)
    }
}

/// Refuses what cannot be placed, or costs something else than the member saw.
fn accept(app: &App, facts: &Facts, draft: &Draft, expected_total_fen: i64) -> Result<()> {
    if let Some(first) = draft.problems.first() {
        let problems = serde_json::json!({ "problems": draft.problems });
        return Err(Error::conflict("order.not_placeable", first.message.clone()).with(problems));
    }
    if draft.total().0 != expected_total_fen {
        let quote = quote::into_quote(draft.clone(), facts, app);
        return Err(price_changed("价格有变动，请确认新的金额".into(), &quote));
    }
    Ok(())
}

fn reserve(tx: &mut db::Tx<'_>, ctx: &Ctx, order_id: Id, location_id: Id, draft: &Draft, until: Instant) -> Result<()> {
    let demands: Vec<Demand> = draft
        .lines
        .iter()
        .map(|line| Demand { sku_id: line.sku.sku_id, location_id, quantity: line.quantity })
        .collect();
    goods::inventory::reserve(tx, ctx, Holder { kind: ORDER, id: order_id }, &demands, Some(until))
}

fn receiver_of(facts: &Facts) -> Option<Receiver> {
    let address = match &facts.place {
        Place::Address { address, .. } => address,
        Place::Local(place) => &place.address,
        _ => return None,
    };
    let parts = [Some(&address.province), Some(&address.city), Some(&address.district), address.street.as_ref()];
    Some(Receiver {
        name: address.name.clone(),
        phone: address.phone.clone(),
        district_code: address.district_code.clone(),
        region: parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "),
        detail: address.detail.clone(),
    })
}
