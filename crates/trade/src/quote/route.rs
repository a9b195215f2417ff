//! Where each shop's parcels leave from, by the mall's rule and the receiver's district: one place for all its goods where
//! one has them; else, where the mall allows it, as few places as will do; else the shop's warehouse, and the quote says what
//! is short. See docs/adr/0091 and 0120.

use super::facts::QuotedShop;
use crate::cart::Item;
use db::Tx;
use goods::catalog::SkuForSale;
use goods::store::SendingPlace;
use kernel::{Id, MallId, Result};
use platform::mall::{ExpressFrom, MallSettings};
use std::collections::HashMap;

/// Of a shop's places so many are looked at, the nearest.
const MOST: usize = 50;
/// From so many places a shop's goods leave at most.
const MOST_SPLIT: usize = 3;

/// What the mall says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rule {
    from: ExpressFrom,
    splits: bool,
}

impl Rule {
    pub(super) fn of(settings: &MallSettings) -> Self {
        Rule { from: settings.express_from, splits: settings.splits_orders }
    }
}

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

/// Chooses the place of each shop. Answers the SKUs that leave from another one, and from which.
pub(super) fn choose(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    rule: Rule,
    district_code: &str,
    items: &[Item],
    skus: &[SkuForSale],
    shops: &mut [QuotedShop],
) -> Result<HashMap<Id, Id>> {
    let mut elsewhere = HashMap::new();
    if rule.from == ExpressFrom::Warehouse || shops.is_empty() {
        return Ok(elsewhere);
    }
    let shop_ids: Vec<Id> = shops.iter().map(|shop| shop.id).collect();
    let mut places: HashMap<Id, Vec<SendingPlace>> = HashMap::new();
    for place in goods::store::sending_places(tx, mall_id, &shop_ids)? {
        places.entry(place.shop_id).or_default().push(place);
    }
    places.retain(|_, places| places.len() > 1);
    if places.is_empty() {
        return Ok(elsewhere);
    }
    let places: HashMap<Id, Vec<SendingPlace>> =
        places.into_iter().map(|(shop, places)| (shop, in_order(places, rule.from, district_code))).collect();
    let locations: Vec<Id> = places.values().flatten().map(|place| place.location_id).collect();
    let sku_ids: Vec<Id> = skus.iter().map(|sku| sku.sku_id).collect();
    let free = goods::inventory::available_at(tx, mall_id, &locations, &sku_ids)?;
    for shop in shops {
        let Some(places) = places.get(&shop.id) else { continue };
        let of_shop = |item: &&Item| skus.iter().any(|sku| sku.sku_id == item.sku_id && sku.shop_id == shop.id);
        let asked: Vec<Item> = items.iter().filter(of_shop).cloned().collect();
        let locations: Vec<Id> = places.iter().map(|place| place.location_id).collect();
        let has = |location: Id, item: &Item| free.get(&(location, item.sku_id)).copied().unwrap_or(0) >= item.quantity;
        let senders = divide(&locations, &asked, if rule.splits { MOST_SPLIT } else { 1 }, has);
        let Some((first, others)) = senders.split_first() else { continue };
        shop.location_id = Some(first.0);
        elsewhere.extend(others.iter().flat_map(|(location, skus)| skus.iter().map(|sku| (*sku, *location))));
    }
    Ok(elsewhere)
}

/// Which places send which SKUs, at most `most` of them; nothing when they can't send everything. The first place that has
/// the most of what is left sends it; no SKU's pieces are parted.
fn divide(locations: &[Id], asked: &[Item], most: usize, has: impl Fn(Id, &Item) -> bool) -> Vec<(Id, Vec<Id>)> {
    let mut left: Vec<&Item> = asked.iter().collect();
    let mut senders: Vec<(Id, Vec<Id>)> = Vec::new();
    while !left.is_empty() && senders.len() < most {
        let count = |location: &Id| left.iter().filter(|item| has(*location, item)).count();
        // Of equals the last is the greatest: from behind, the first place wins.
        let Some(best) = locations.iter().rev().copied().max_by_key(count) else { break };
        let (sends, rest): (Vec<&Item>, Vec<&Item>) = left.into_iter().partition(|item| has(best, item));
        left = rest;
        if sends.is_empty() {
            break;
        }
        senders.push((best, sends.iter().map(|item| item.sku_id).collect()));
    }
    if left.is_empty() { senders } else { Vec::new() }
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

    fn divided(stock: &[&[i64]], asked: &[i64], most: usize) -> Vec<(i64, Vec<i64>)> {
        let locations: Vec<Id> = (0..stock.len()).map(|i| Id(i as i64)).collect();
        let items: Vec<Item> =
            asked.iter().enumerate().map(|(i, quantity)| Item { sku_id: Id(i as i64), quantity: *quantity }).collect();
        let has = |location: Id, item: &Item| stock[location.0 as usize][item.sku_id.0 as usize] >= item.quantity;
        let plain = |ids: Vec<Id>| ids.into_iter().map(|id| id.0).collect();
        divide(&locations, &items, most, has).into_iter().map(|(location, skus)| (location.0, plain(skus))).collect()
    }

    #[test]
    fn one_place_that_has_everything_sends_everything() {
        assert_eq!(divided(&[&[5, 0], &[2, 2], &[9, 9]], &[2, 1], 3), [(1, vec![0, 1])]);
    }

    #[test]
    fn as_few_places_as_will_do_and_never_half_a_line() {
        assert_eq!(divided(&[&[0, 0, 4], &[3, 3, 0], &[3, 0, 4]], &[1, 1, 1], 3), [(1, vec![0, 1]), (0, vec![2])]);
        assert_eq!(divided(&[&[3], &[2]], &[5], 3), [], "five are not three and two");
        assert_eq!(divided(&[&[1, 0], &[0, 1]], &[1, 1], 1), [], "only where the mall allows it");
        assert_eq!(divided(&[&[1, 0, 0], &[0, 1, 0], &[0, 0, 0]], &[1, 1, 1], 3), []);
        let four: [&[i64]; 4] = [&[1, 0, 0, 0], &[0, 1, 0, 0], &[0, 0, 1, 0], &[0, 0, 0, 1]];
        assert_eq!(divided(&four, &[1, 1, 1, 1], 3), [], "at most three parcels");
    }

    proptest::proptest! {
        #[test]
        fn what_is_divided_is_all_there(
            stock in proptest::collection::vec(proptest::collection::vec(0i64..4, 4), 1..6),
            asked in proptest::collection::vec(1i64..4, 1..5),
        ) {
            let stock: Vec<&[i64]> = stock.iter().map(Vec::as_slice).collect();
            let senders = divided(&stock, &asked, 3);
            let whole = stock.iter().position(|free| asked.iter().zip(*free).all(|(want, free)| free >= want));
            if let Some(whole) = whole {
                let all: Vec<i64> = (0..asked.len() as i64).collect();
                proptest::prop_assert_eq!(&senders, &[(whole as i64, all)]);
            }
            if !senders.is_empty() {
                let mut skus: Vec<i64> = senders.iter().flat_map(|(_, skus)| skus.clone()).collect();
                skus.sort_unstable();
                proptest::prop_assert_eq!(skus, (0..asked.len() as i64).collect::<Vec<_>>());
                for (location, skus) in &senders {
                    for sku in skus {
                        proptest::prop_assert!(stock[*location as usize][*sku as usize] >= asked[*sku as usize]);
                    }
                }
            }
        }
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
