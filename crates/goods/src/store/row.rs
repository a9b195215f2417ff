//! Rows of shops, stores and locations, and the queries that find them.

use super::area::DeliveryArea;
use super::hours::{OpeningHours, SpecialDay, is_open};
use super::place::Point;
use super::service::StoreService;
use db::{FromRow, Row, Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;
use std::collections::HashMap;

/// A store as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreRow {
    pub id: Id,
    pub shop_id: Id,
    pub name: String,
    /// Six digits.
    pub district_code: String,
    pub address: String,
    pub place: Point,
    pub phone: String,
    pub hours: Vec<OpeningHours>,
    pub notice: Option<String>,
    pub picture_key: Option<String>,
    /// `open`, or `closed` for good or for a time: then it is not shown and takes no pickup orders.
    pub status: String,
    pub special_days: Vec<SpecialDay>,
    /// All of its pictures, the first one too; at most nine.
    pub picture_keys: Vec<String>,
    pub services: Vec<StoreService>,
    pub delivery_area: Option<DeliveryArea>,
}

impl StoreRow {
    pub fn is_open(&self) -> bool {
        self.status == "open"
    }

    /// Whether somebody is there at an instant.
    pub fn is_open_at(&self, now: Instant, utc_offset_ms: i64) -> bool {
        self.is_open() && is_open(&self.hours, &self.special_days, now, utc_offset_ms)
    }
}

pub(super) const STORE_COLUMNS: &str = "s.id, s.shop_id, s.name, s.district_code, s.address, s.lat, s.lng, s.phone, s.hours, s.notice, s.picture_key, s.status, s.special_days, s.picture_keys, s.services, s.delivery_area";

impl FromRow for StoreRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(StoreRow {
            id: row.next()?,
            shop_id: row.next()?,
            name: row.next()?,
            district_code: row.next()?,
            address: row.next()?,
            place: Point { lat: row.next()?, lng: row.next()? },
            phone: row.next()?,
            hours: serde_json::from_str(&row.next::<String>()?).map_err(Error::internal)?,
            notice: row.next()?,
            picture_key: row.next()?,
            status: row.next()?,
            special_days: serde_json::from_str(&row.next::<String>()?).map_err(Error::internal)?,
            picture_keys: serde_json::from_str(&row.next::<String>()?).map_err(Error::internal)?,
            services: serde_json::from_str(&row.next::<String>()?).map_err(Error::internal)?,
            delivery_area: row
                .next::<Option<String>>()?
                .map(|area| serde_json::from_str(&area))
                .transpose()
                .map_err(Error::internal)?,
        })
    }
}

/// A place where stock lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationRow {
    pub id: Id,
    pub shop_id: Id,
    /// `warehouse` or `store`.
    pub kind: String,
    pub name: String,
    pub store_id: Option<Id>,
    pub is_default: bool,
}
row!(LocationRow { id, shop_id, kind, name, store_id, is_default });

/// Founds a shop with its warehouse; answers their ids. Only the first one's warehouse needs no name to tell it by.
pub fn found_shop(tx: &mut Tx<'_>, ctx: &Ctx, name: &str) -> Result<(Id, Id)> {
    let (shop_id, location_id) = (ctx.id(), ctx.id());
    let first: Option<Id> = tx.opt("select id from shop where mall_id = $1 limit 1", &args![ctx.mall_id])?;
    let warehouse = if first.is_none() { "总仓".to_owned() } else { format!("{name}仓") };
    tx.exec(
        "insert into shop (id, mall_id, name, created_at) values ($1, $2, $3, $4)",
        &args![shop_id, ctx.mall_id, name, ctx.now],
    )?;
    tx.exec(
        "insert into location (id, mall_id, shop_id, kind, name, is_default)
         values ($1, $2, $3, 'warehouse', $4, true)",
        &args![location_id, ctx.mall_id, shop_id, warehouse],
    )?;
    Ok((shop_id, location_id))
}

/// The mall's first shop; until a mall may have several, every product belongs to it.
///
/// # Errors
/// `shop.missing` (409) in a mall that was never opened.
pub fn only_shop(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Id> {
    let shop = tx.opt("select id from shop where mall_id = $1 order by id limit 1", &args![mall_id])?;
    shop.ok_or_else(|| Error::conflict("shop.missing", "商城还没有开店"))
}

/// Where a shop's parcels leave from.
pub fn default_location(tx: &mut Tx<'_>, mall_id: MallId, shop_id: Id) -> Result<Id> {
    let found = tx.opt(
        "select id from location where mall_id = $1 and shop_id = $2 and is_default order by id limit 1",
        &args![mall_id, shop_id],
    )?;
    found.ok_or_else(|| Error::internal(format_args!("shop {shop_id} has no default location")))
}

/// A shop and where its parcels leave from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingShop {
    pub id: Id,
    pub name: String,
    pub location_id: Id,
}
row!(SendingShop { id, name, location_id });

/// Shops with the places they send from, in the order of ids.
pub fn sending_shops(tx: &mut Tx<'_>, mall_id: MallId, shop_ids: &[Id]) -> Result<Vec<SendingShop>> {
    tx.all(
        "select s.id, s.name, l.id from shop s
         join location l on l.mall_id = s.mall_id and l.shop_id = s.id and l.is_default
         where s.mall_id = $1 and s.id = any($2)
         order by s.id",
        &args![mall_id, shop_ids],
    )
}

/// A place from which a shop's parcels may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingPlace {
    pub location_id: Id,
    pub shop_id: Id,
    /// The shop's warehouse.
    pub is_default: bool,
    /// Where it lies: six digits; a warehouse may not say.
    pub district_code: Option<String>,
}
row!(SendingPlace { location_id, shop_id, is_default, district_code });

/// The warehouses of some shops and the open stores of theirs that send parcels.
pub fn sending_places(tx: &mut Tx<'_>, mall_id: MallId, shop_ids: &[Id]) -> Result<Vec<SendingPlace>> {
    tx.all(
        "select l.id, l.shop_id, l.is_default, coalesce(l.district_code, s.district_code)
         from location l
         left join store s on s.mall_id = l.mall_id and s.id = l.store_id
         where l.mall_id = $1 and l.shop_id = any($2) and (l.is_default or (l.ships and s.status = 'open'))
         order by l.id",
        &args![mall_id, shop_ids],
    )
}

/// Whether a store sends parcels when orders are routed to it.
pub fn sends_parcels(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<bool> {
    tx.one("select ships from location where mall_id = $1 and store_id = $2", &args![mall_id, store_id])
}

/// Names of some shops.
pub fn shop_names(tx: &mut Tx<'_>, mall_id: MallId, shop_ids: &[Id]) -> Result<HashMap<Id, String>> {
    let rows: Vec<(Id, String)> =
        tx.all("select id, name from shop where mall_id = $1 and id = any($2)", &args![mall_id, shop_ids])?;
    Ok(rows.into_iter().collect())
}

/// A store and the location its stock lies at; `store.not_found` (404) for another mall's.
pub fn location_of_store(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<(StoreRow, Id)> {
    let store = find_store(tx, mall_id, store_id)?;
    let location = tx.one("select id from location where mall_id = $1 and store_id = $2", &args![mall_id, store_id])?;
    Ok((store, location))
}

/// Where the stock of some stores lies.
pub fn locations_of_stores(tx: &mut Tx<'_>, mall_id: MallId, store_ids: &[Id]) -> Result<HashMap<Id, Id>> {
    let rows: Vec<(Id, Id)> = tx.all(
        "select store_id, id from location where mall_id = $1 and store_id = any($2)",
        &args![mall_id, store_ids],
    )?;
    Ok(rows.into_iter().collect())
}

/// A store; `store.not_found` (404).
pub fn find_store(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<StoreRow> {
    let found = stores_by_id(tx, mall_id, &[store_id])?.pop();
    found.ok_or_else(|| Error::not_found("store.not_found", "没有找到这家门店"))
}

/// Stores by id, open or not, in the order of ids.
pub fn stores_by_id(tx: &mut Tx<'_>, mall_id: MallId, store_ids: &[Id]) -> Result<Vec<StoreRow>> {
    tx.all(
        &format!("select {STORE_COLUMNS} from store s where s.mall_id = $1 and s.id = any($2) order by s.id"),
        &args![mall_id, store_ids],
    )
}

/// Every location of the mall, warehouses first.
pub fn locations(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<LocationRow>> {
    tx.all(
        "select id, shop_id, kind, name, store_id, is_default
         from location
         where mall_id = $1
         order by is_default desc, kind desc, id",
        &args![mall_id],
    )
}

/// A location; `location.not_found` (404).
pub fn find_location(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<LocationRow> {
    let found = tx.opt(
        "select id, shop_id, kind, name, store_id, is_default from location where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    found.ok_or_else(|| Error::not_found("location.not_found", "没有找到这个仓库或门店"))
}
