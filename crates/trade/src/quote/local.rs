//! Which store brings the goods to the door: of those that deliver there, the nearest with everything that is asked for.
//! Promise: a place is only named by a store whose area holds the door; where none does, the reason says what to do.

use super::facts::{Place, QuotedShop, Request};
use crate::cart::Item;
use crate::delivery::{self, DeliveryRule, Trip};
use crate::offers::Draft;
use db::Tx;
use goods::catalog::SkuForSale;
use goods::store::{Point, StoreRow, distance_m};
use kernel::{Fen, Id, Result};
use people::address::AddressView;
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A door, and the store that delivers to it.
#[derive(Debug, Clone)]
pub struct LocalPlace {
    pub address: AddressView,
    pub point: Point,
    pub store: StoreRow,
    pub rule: DeliveryRule,
    pub distance_m: i64,
    /// "As soon as you can" may be chosen now.
    pub asap: bool,
}

/// The store that would deliver, in a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuotedDelivery {
    pub store_id: Id,
    pub store_name: String,
    /// As the crow flies.
    pub distance_m: i64,
    pub weight_g: i64,
    /// Before coupons.
    pub fee_fen: i64,
    pub least_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_from_fen: Option<i64>,
    /// "As soon as you can" may be chosen now.
    pub asap: bool,
    pub prepare_minutes: i64,
}

impl LocalPlace {
    /// What of a draft this store carries.
    pub fn trip(&self, draft: &Draft) -> Trip {
        let mine = || draft.lines.iter().filter(|line| line.sku.shop_id == self.store.shop_id);
        Trip {
            distance_m: self.distance_m,
            weight_g: mine().map(|line| line.sku.weight_g.saturating_mul(line.quantity)).fold(0, i64::saturating_add),
            goods: Fen(mine().map(|line| line.payable.0).sum()),
        }
    }

    pub(super) fn quoted(&self, draft: &Draft) -> QuotedDelivery {
        let trip = self.trip(draft);
        QuotedDelivery {
            store_id: self.store.id,
            store_name: self.store.name.clone(),
            distance_m: self.distance_m,
            weight_g: trip.weight_g,
            fee_fen: delivery::fee(&self.rule, &trip).0,
            least_fen: self.rule.least_fen,
            free_from_fen: self.rule.free_from_fen,
            asap: self.asap,
            prepare_minutes: self.rule.prepare_minutes,
        }
    }
}

fn nobody(code: &'static str, message: &str) -> Place {
    Place::NoLocal { code, message: message.to_owned() }
}

/// Chooses the store, and lets the shops' goods come from its shelf.
pub(super) fn choose(
    app: &App,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (request, address_id, store_id): (&Request, Option<Id>, Option<Id>),
    items: &[Item],
    skus: &[SkuForSale],
    shops: &mut [QuotedShop],
) -> Result<Place> {
    let mall_id = ctx.mall_id;
    shops.iter_mut().for_each(|shop| shop.location_id = None);
    let Some(address_id) = address_id else { return Ok(Place::NoAddress) };
    let address = people::address::find(tx, &app.sealer, mall_id, request.member_id, address_id)?;
    if !delivery::delivers_at_all(tx, mall_id)? {
        return Ok(nobody("delivery.none", "这家商城还没有同城配送，请选快递或到店自提"));
    }
    let Some(point) = address.place.map(|place| Point { lat: place.lat, lng: place.lng }) else {
        return Ok(nobody("delivery.place_missing", "请在地图上点出收货的位置，才能算出能不能送、运费多少"));
    };
    let near = goods::store::delivering(tx, mall_id, point)?;
    let ids: Vec<Id> = near.iter().map(|store| store.id).collect();
    let mut rules = delivery::rules(tx, mall_id, &ids)?;
    let wanted = |store: &StoreRow| store_id.is_none_or(|id| id == store.id);
    let mut candidates: Vec<(StoreRow, DeliveryRule)> =
        near.into_iter().filter(wanted).filter_map(|store| rules.remove(&store.id).map(|rule| (store, rule))).collect();
    // Goods of another shop than the store's are told of where the fee is, so that the reason names the store.
    if candidates.iter().any(|(store, _)| shops.iter().any(|shop| shop.id == store.shop_id)) {
        candidates.retain(|(store, _)| shops.iter().any(|shop| shop.id == store.shop_id));
    }
    if candidates.is_empty() {
        return Ok(nobody("delivery.out_of_area", "这个地址不在门店的配送范围里，换一个地址，或选快递、到店自提"));
    }
    let ids: Vec<Id> = candidates.iter().map(|(store, _)| store.id).collect();
    let locations = goods::store::locations_of_stores(tx, mall_id, &ids)?;
    let shelves: Vec<Id> = locations.values().copied().collect();
    let sku_ids: Vec<Id> = skus.iter().map(|sku| sku.sku_id).collect();
    let free = goods::inventory::available_at(tx, mall_id, &shelves, &sku_ids)?;
    let has_all = |(store, _): &(StoreRow, DeliveryRule)| {
        let Some(shelf) = locations.get(&store.id) else { return false };
        items.iter().all(|item| free.get(&(*shelf, item.sku_id)).copied().unwrap_or(0) >= item.quantity)
    };
    let chosen = candidates.iter().position(has_all).unwrap_or(0);
    let (store, rule) = candidates.swap_remove(chosen);
    for shop in shops.iter_mut() {
        shop.location_id = locations.get(&store.id).copied().filter(|_| shop.id == store.shop_id);
    }
    let offset = app.malls.get(mall_id).map_or(0, |mall| mall.utc_offset_ms);
    let asap = rule.asap && store.is_open_at(ctx.now, offset);
    let distance_m = distance_m(store.place, point);
    Ok(Place::Local(Box::new(LocalPlace { address, point, store, rule, distance_m, asap })))
}

/// The fee of a draft, and what stands against carrying it.
pub(super) fn freight(draft: &mut Draft, place: &LocalPlace) {
    let (name, rule) = (&place.store.name, &place.rule);
    if draft.lines.iter().any(|line| line.sku.shop_id != place.store.shop_id) {
        let text = format!("{name}只能配送本店铺的商品，其他店铺的请选快递或分开结算");
        draft.problem(None, "delivery.other_shop", text);
    }
    let trip = place.trip(draft);
    if trip.goods.0 < rule.least_fen {
        let (least, short) = (Fen(rule.least_fen), Fen(rule.least_fen - trip.goods.0));
        let text = format!("{name}满 {least} 元起送，还差 {short} 元，再挑一件或选到店自提");
        draft.problem(None, "delivery.under_least", text);
    }
}
