//! A delivery as its member sees it: when, by whom, how far it has come. The rider's phone is masked.

use db::Tx;
use goods::store::StoreView;
use kernel::{Instant, MallId, Result};
use platform::App;
use serde::{Deserialize, Serialize};
use trade::delivery::{self, CarriedBy, Delivery, DeliveryState};
use trade::order::{self, Order, Status};
use utoipa::ToSchema;

/// How a store brings an order to the door.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LocalView {
    pub store: StoreView,
    pub carried_by: CarriedBy,
    /// As the crow flies.
    pub distance_m: i64,
    pub weight_g: i64,
    /// Before coupons.
    pub fee_fen: i64,
    pub wanted_from: Instant,
    /// Absent: as soon as the store can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_until: Option<Instant>,
    /// The last try; absent before the order is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeliveryState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rider_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rider_phone_masked: Option<String>,
    /// `DADA`, `SFTC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub courier_service: Option<String>,
    /// What the member tells the store's rider at the door; only the member sees it, while it is of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it could not be handed over, or was without the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// What went wrong outside; only staff see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// The delivery of an order; `None` when no store brings it.
pub fn local_view(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    order: &Order,
    of_member: bool,
) -> Result<Option<LocalView>> {
    let Some(promised) = delivery::local_order(tx, mall_id, order.id)? else { return Ok(None) };
    let last: Option<Delivery> = delivery::latest_of(tx, mall_id, order.id)?;
    let carried_by = last.as_ref().map_or(promised.carried_by, |last| last.carried_by);
    let under_way = matches!(order.status, Status::ToShip | Status::Shipped);
    let tells_code = of_member && under_way && carried_by == CarriedBy::Riders;
    let phone = last.as_ref().map(|last| last.rider_phone(&app.sealer)).transpose()?.flatten();
    Ok(Some(LocalView {
        store: goods::store::store_view(app, tx, mall_id, promised.store_id)?,
        carried_by,
        distance_m: promised.distance_m,
        weight_g: promised.weight_g,
        fee_fen: promised.fee_fen,
        wanted_from: promised.wanted_from,
        wanted_until: promised.wanted_until,
        state: last.as_ref().map(|last| last.state),
        rider_name: last.as_ref().and_then(|last| last.rider_name.clone()),
        rider_phone_masked: phone.as_deref().map(order::mask_phone),
        courier_service: last.as_ref().and_then(|last| last.courier_service.clone()),
        code: Some(promised.code).filter(|_| tells_code),
        note: last.as_ref().and_then(|last| last.note.clone()),
        accepted_at: last.as_ref().and_then(|last| last.accepted_at),
        fetched_at: last.as_ref().and_then(|last| last.fetched_at),
        ended_at: last.as_ref().and_then(|last| last.ended_at),
        last_error: last.and_then(|last| last.last_error).filter(|_| !of_member),
    }))
}
