//! What pricing needs to know, read in a handful of queries: the items, their SKUs and stock, where they go, and the
//! freight templates. No rule is applied here.

use super::local::{self, LocalPlace};
use super::route::{self, Rule};
use super::{Delivery, QuoteRequest, Source};
use crate::cart::{self, Item};
use crate::offers::{self, Basket, Choices, Rules, Versions};
use db::{Tx, args};
use goods::catalog::SkuForSale;
use goods::freight::Template;
use kernel::{Error, Id, MallId, Result};
use people::address::AddressView;
use platform::{App, Ctx};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Where the goods go.
#[derive(Debug, Clone)]
pub enum Place {
    Address {
        district_code: String,
        address: Box<AddressView>,
    },
    /// A district without an address: the trial calculator.
    District {
        district_code: String,
    },
    NoAddress,
    Store {
        store_id: Id,
        name: String,
        /// Whose goods it hands out; nobody asks in the trial calculator.
        shop_id: Option<Id>,
        /// The goods are handed over at once.
        at_counter: bool,
    },
    NoStore,
    /// A store delivers to the door.
    Local(Box<LocalPlace>),
    /// No store does, and why.
    NoLocal {
        code: &'static str,
        message: String,
    },
}

/// A shop of which something is bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedShop {
    pub id: Id,
    pub name: String,
    /// Where its goods come from; `None` while that is not known.
    pub location_id: Option<Id>,
}

impl QuotedShop {
    /// The shops of some goods by their numbers, for a trial of which nobody asks where they come from.
    pub fn unnamed(skus: &[SkuForSale]) -> Vec<QuotedShop> {
        let of = |id: Id| QuotedShop { id, name: format!("店铺 {id}"), location_id: None };
        ids_of(skus).into_iter().map(of).collect()
    }
}

/// The shops of some goods, each once, in order.
fn ids_of(skus: &[SkuForSale]) -> Vec<Id> {
    let mut ids: Vec<Id> = skus.iter().map(|sku| sku.shop_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Everything the lanes may look at.
#[derive(Clone)]
pub struct Facts {
    /// Summed per SKU, in the order in which the member put them.
    pub items: Vec<Item>,
    pub skus: Vec<SkuForSale>,
    /// Pieces available at the location that would hand them out; empty when the caller reserves right away.
    pub available: HashMap<Id, i64>,
    /// Products with a purchase limit: id, name, limit, pieces bought before.
    pub limits: Vec<(Id, String, i64, i64)>,
    pub place: Place,
    /// In the order of ids; more than one makes as many orders.
    pub shops: Vec<QuotedShop>,
    /// SKUs that leave from another place than their shop's, and from which; each such place makes an order of its own.
    pub elsewhere: HashMap<Id, Id>,
    pub templates: Arc<Vec<Template>>,
    /// What each offer gathered, in the order in which they are asked.
    pub rules: Vec<Arc<dyn Rules>>,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts").field("items", &self.items).field("place", &self.place).finish_non_exhaustive()
    }
}

/// Who asks for a quote of what.
#[derive(Clone)]
pub struct Request {
    pub member_id: Id,
    pub source: Source,
    pub items: Vec<Item>,
    pub delivery: Delivery,
    pub choices: Choices,
    /// False while placing: the reservation itself decides.
    pub check_stock: bool,
    /// Bought at the counter of the store that `delivery` names.
    pub at_counter: bool,
    /// Nobody the mall knows: nothing is earned, and what is for members only is not for them.
    pub is_walk_in: bool,
    /// Instead of goods: a booked service, or what is left to pay of one. No offer knows it, nothing of it is in stock.
    pub service: Option<Box<SkuForSale>>,
}

impl Request {
    /// Checks the form of a quote request.
    pub fn new(member_id: Id, request: &QuoteRequest) -> Result<Self> {
        if request.items.len() > 120 {
            return Err(Error::field("items", "一次最多 120 种商品"));
        }
        let mut items: Vec<Item> = Vec::with_capacity(request.items.len());
        for (position, item) in request.items.iter().enumerate() {
            if !(1..=cart::MAX_QUANTITY).contains(&item.quantity) {
                return Err(Error::invalid("cart.quantity_invalid", "数量要在 1 到 999 之间")
                    .at(format!("items[{position}].quantity")));
            }
            match items.iter_mut().find(|known| known.sku_id == item.sku_id) {
                Some(known) => known.quantity += item.quantity,
                None => items.push(Item { sku_id: item.sku_id, quantity: item.quantity }),
            }
        }
        if request.choices.coupon_ids.as_ref().is_some_and(|ids| ids.len() > 20) {
            return Err(Error::field("choices.coupon_ids", "一次最多选 20 张券"));
        }
        Ok(Request {
            member_id,
            source: request.source,
            items,
            delivery: request.delivery.clone(),
            choices: request.choices.clone(),
            check_stock: true,
            at_counter: false,
            is_walk_in: false,
            service: None,
        })
    }
}

/// Reads the facts of one quote.
pub fn gather(app: &App, tx: &mut Tx<'_>, ctx: &Ctx, request: &Request) -> Result<Facts> {
    let mall_id = ctx.mall_id;
    let items = match request.source {
        Source::Cart => cart::selected(tx, mall_id, request.member_id)?,
        Source::Now => request.items.clone(),
    };
    let ids: Vec<Id> = items.iter().map(|item| item.sku_id).collect();
    let skus = match &request.service {
        Some(service) => vec![SkuForSale::clone(service)],
        None => goods::catalog::skus_for_sale(tx, mall_id, &ids)?,
    };
    let (mut place, mut shops) = place_of(app, tx, ctx, request, &ids_of(&skus))?;
    if let Delivery::Local { address_id, store_id, .. } = &request.delivery {
        place = local::choose(app, tx, ctx, (request, *address_id, *store_id), &items, &skus, &mut shops)?;
    }
    let mut elsewhere = HashMap::new();
    if let Place::Address { district_code, .. } = &place {
        // A mall that is being opened is not known yet: it sends from its warehouse.
        let rule = app.malls.get(mall_id).map(|mall| Rule::of(&mall.settings)).unwrap_or_default();
        elsewhere = route::choose(tx, mall_id, rule, district_code, &items, &skus, &mut shops)?;
    }
    let places: Vec<(Id, Id)> = shops.iter().filter_map(|shop| Some((shop.id, shop.location_id?))).collect();
    let available = if request.check_stock && request.service.is_none() {
        available_of(tx, mall_id, &skus, &places, &elsewhere)?
    } else {
        HashMap::new()
    };
    let templates = match place {
        Place::Address { .. } => {
            let wanted: Vec<Id> = skus.iter().filter_map(|sku| sku.freight_template_id).collect();
            goods::freight::templates(tx, mall_id, &wanted)?
        }
        _ => Vec::new(),
    };
    let limits = limits_of(tx, ctx, request.member_id, &skus)?;
    let rules = if skus.is_empty() || request.service.is_some() {
        Vec::new()
    } else {
        rules_of(app, tx, ctx, request, &items, &skus, places)?
    };
    let templates = Arc::new(templates);
    Ok(Facts { items, skus, available, limits, place, shops, elsewhere, templates, rules })
}

/// What the place of each SKU can give of it.
fn available_of(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    skus: &[SkuForSale],
    places: &[(Id, Id)],
    elsewhere: &HashMap<Id, Id>,
) -> Result<HashMap<Id, i64>> {
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let locations: Vec<Id> = places.iter().map(|(_, location)| location).chain(elsewhere.values()).copied().collect();
    let ids: Vec<Id> = skus.iter().map(|sku| sku.sku_id).collect();
    let known = goods::inventory::available_at(tx, mall_id, &locations, &ids)?;
    let of = |sku: &SkuForSale| {
        let (_, of_shop) = places.iter().find(|(shop, _)| *shop == sku.shop_id)?;
        let location = elsewhere.get(&sku.sku_id).unwrap_or(of_shop);
        Some((sku.sku_id, known.get(&(*location, sku.sku_id)).copied().unwrap_or(0)))
    };
    Ok(skus.iter().filter_map(of).collect())
}

/// Lets the offers gather: one query for all of them when the mall has no rules.
fn rules_of(
    app: &App,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    request: &Request,
    items: &[Item],
    skus: &[SkuForSale],
    places: Vec<(Id, Id)>,
) -> Result<Vec<Arc<dyn Rules>>> {
    let versions = Versions::read(tx, ctx.mall_id)?;
    let (member_id, choices) = (request.member_id, &request.choices);
    let mut basket = Basket::new(member_id, items, skus, choices, places, request.check_stock, versions);
    if request.is_walk_in {
        basket = basket.of_walk_in();
    }
    offers::gather(app, tx, ctx, &basket)
}

fn place_of(
    app: &App,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    request: &Request,
    shop_ids: &[Id],
) -> Result<(Place, Vec<QuotedShop>)> {
    let known = goods::store::sending_shops(tx, ctx.mall_id, shop_ids)?;
    let mut shops: Vec<QuotedShop> = known
        .into_iter()
        .map(|shop| QuotedShop { id: shop.id, name: shop.name, location_id: Some(shop.location_id) })
        .collect();
    if shops.len() != shop_ids.len() {
        return Err(Error::internal("a shop has no place to send from"));
    }
    match &request.delivery {
        Delivery::Express { address_id } => {
            let place = match address_id {
                Some(id) => {
                    let address = people::address::find(tx, &app.sealer, ctx.mall_id, request.member_id, *id)?;
                    Place::Address { district_code: address.district_code.clone(), address: Box::new(address) }
                }
                None => Place::NoAddress,
            };
            Ok((place, shops))
        }
        Delivery::Pickup { store_id: Some(id), .. } => {
            let (store, location_id) = goods::store::location_of_store(tx, ctx.mall_id, *id)?;
            if store.status != "open" {
                return Err(Error::conflict("store.closed", "这家门店暂停自提，换一家试试"));
            }
            for shop in &mut shops {
                shop.location_id = (shop.id == store.shop_id).then_some(location_id);
            }
            let (shop_id, at_counter) = (Some(store.shop_id), request.at_counter);
            Ok((Place::Store { store_id: *id, name: store.name, shop_id, at_counter }, shops))
        }
        // Chosen when the goods are known.
        Delivery::Local { .. } => Ok((Place::NoAddress, shops)),
        Delivery::Pickup { store_id: None, .. } => {
            shops.iter_mut().for_each(|shop| shop.location_id = None);
            Ok((Place::NoStore, shops))
        }
    }
}

/// Pieces of limited products the member has bought in orders that were not closed.
fn limits_of(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, skus: &[SkuForSale]) -> Result<Vec<(Id, String, i64, i64)>> {
    let mut limits: Vec<(Id, String, i64, i64)> = Vec::new();
    for sku in skus {
        if let Some(limit) = sku.purchase_limit
            && !limits.iter().any(|known| known.0 == sku.product_id)
        {
            limits.push((sku.product_id, sku.name.clone(), limit, 0));
        }
    }
    if limits.is_empty() {
        return Ok(limits);
    }
    let ids: Vec<Id> = limits.iter().map(|limit| limit.0).collect();
    let bought: Vec<(Id, i64)> = tx.all(
        "select l.product_id, cast(sum(l.quantity) as bigint)
         from trade_order o
         join order_line l on l.mall_id = o.mall_id and l.order_id = o.id
         where o.mall_id = $1 and o.member_id = $2 and o.status <> 'closed' and l.product_id = any($3)
         group by l.product_id",
        &args![ctx.mall_id, member_id, &ids],
    )?;
    for limit in &mut limits {
        limit.3 = bought.iter().find(|row| row.0 == limit.0).map_or(0, |row| row.1);
    }
    Ok(limits)
}
