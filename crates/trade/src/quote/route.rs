//! Where each shop's parcels leave from: one place for all its goods, by the mall's rule and the receiver's district.
//! Promise: the place has everything that is asked of it; where none has, the shop's warehouse stays. See docs/adr/0091.

use super::facts::QuotedShop;
use crate::cart::Item;
use db::Tx;
use goods::catalog::SkuForSale;
use goods::store::SendingPlace;
use kernel::{Id, MallId, Result};
use platform::mall::ExpressFrom;
use std::collections::HashMap;

/// Of a shop's places so many are looked at, the nearest.
const MOST: usize = 50;

/// How far a place is from a district, in steps of divisions: the same district, city, province, or elsewhere.
fn steps(place: Option<&str>, district_code: &str) -> u8 {
    let agree = |digits: usize| {
        let (place, to) = (place.and_then(|code| code.get(..digits)), district_code.get(..digits));
        place.is_some() && place == to
    };
    [6, 4, 2].iter().zip(0u8..).find(|(digits, _)| agree(**digits)).map_or(3, |(_, steps)| steps)
}

/// A shop's places in the order in which the rule wants them.
fn in_order(mut places: Vec<SendingPlace>, rule: ExpressFrom, district_code: &str) -> Vec<SendingPlace> {
    let warehouse_first = rule == ExpressFrom::WarehouseFirst;
    places.sort_by_key(|place| {
        let comes_first = warehouse_first && place.is_default;
        (!comes_first, steps(place.district_code.as_deref(), district_code), !place.is_default, place.location_id)
    });
    places.truncate(MOST);
    places
}

/// Chooses the place of each shop.
pub(super) fn choose(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    rule: ExpressFrom,
    district_code: &str,
    items: &[Item],
    skus: &[SkuForSale],
    shops: &mut [QuotedShop],
) -> Result<()> {
    if rule == ExpressFrom::Warehouse || shops.is_empty() {
        return Ok(());
    }
    let shop_ids: Vec<Id> = shops.iter().map(|shop| shop.id).collect();
    let mut by_shop: HashMap<Id, Vec<SendingPlace>> = HashMap::new();
    for place in goods::store::sending_places(tx, mall_id, &shop_ids)? {
        by_shop.entry(place.shop_id).or_default().push(place);
    }
    by_shop.retain(|_, places| places.len() > 1);
    if by_shop.is_empty() {
        return Ok(());
    }
    let by_shop: HashMap<Id, Vec<SendingPlace>> =
        by_shop.into_iter().map(|(shop, places)| (shop, in_order(places, rule, district_code))).collect();
    let locations: Vec<Id> = by_shop.values().flatten().map(|place| place.location_id).collect();
    let sku_ids: Vec<Id> = skus.iter().map(|sku| sku.sku_id).collect();
    let free = goods::inventory::available_at(tx, mall_id, &locations, &sku_ids)?;
    for shop in shops {
        let asked: Vec<&Item> = items
            .iter()
            .filter(|item| skus.iter().any(|sku| sku.sku_id == item.sku_id && sku.shop_id == shop.id))
            .collect();
        let has_all = |place: &&SendingPlace| {
            let has = |item: &&Item| free.get(&(place.location_id, item.sku_id)).copied().unwrap_or(0) >= item.quantity;
            asked.iter().all(has)
        };
        if let Some(place) = by_shop.get(&shop.id).and_then(|places| places.iter().find(has_all)) {
            shop.location_id = Some(place.location_id);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: i64, is_default: bool, district_code: Option<&str>) -> SendingPlace {
        SendingPlace {
            location_id: Id(id),
            shop_id: Id(1),
            is_default,
            district_code: district_code.map(str::to_owned),
        }
    }

    fn order(rule: ExpressFrom, places: &[SendingPlace]) -> Vec<i64> {
        in_order(places.to_vec(), rule, "330106").iter().map(|place| place.location_id.0).collect()
    }

    #[test]
    fn near_is_told_by_divisions() {
        assert_eq!(steps(Some("330106"), "330106"), 0);
        assert_eq!(steps(Some("330102"), "330106"), 1);
        assert_eq!(steps(Some("330212"), "330106"), 2);
        assert_eq!(steps(Some("310101"), "330106"), 3);
        assert_eq!(steps(None, "330106"), 3);
    }

    #[test]
    fn the_rule_orders_the_places() {
        let places = [
            place(1, true, Some("310101")),
            place(2, false, Some("330212")),
            place(3, false, Some("330106")),
            place(4, false, Some("330106")),
            place(5, false, None),
        ];
        assert_eq!(order(ExpressFrom::NearestFirst, &places), [3, 4, 2, 1, 5]);
        assert_eq!(order(ExpressFrom::WarehouseFirst, &places), [1, 3, 4, 2, 5]);
        let here = [place(1, false, Some("330106")), place(2, true, Some("330106"))];
        assert_eq!(order(ExpressFrom::NearestFirst, &here), [2, 1], "equally near: the warehouse");
    }
}
