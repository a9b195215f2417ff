//! Shops, their stores and the places where stock lies. Owns `shop`, `store` and `location`.
//! Invariants: a shop has exactly one default location (its warehouse), a store exactly one location of its own.
//! It does not know what lies there (that is inventory) nor who works there (that is staff).

mod admin;
mod area;
mod card;
mod found;
mod hours;
mod place;
mod region;
mod row;
mod service;
mod shop;
#[cfg(test)]
mod tests;

pub use admin::{AdminStore, StoreInput, StoreStatus, admin_routes, create_store};
pub use area::{AreaPoint, DeliveryArea};
pub use card::{StoreCard, StoreDistrict, delivering};
pub use found::{ShopInput, ShopRow, ShopStateInput};
pub use hours::{DaySpan, OpeningHours, SpecialDay, spans_of, spans_on};
pub use hours::{check as check_hours, check_special};
pub use place::{Point, distance_m};
pub use region::{RegionPath, name_regions_with, region_path};
pub use row::{
    LocationRow, SendingPlace, SendingShop, StoreRow, default_location, find_location, find_store, found_shop,
    location_of_store, locations, locations_of_stores, only_shop, sending_places, sending_shops, shop_names,
    stores_by_id,
};
pub use service::StoreService;
pub use shop::{StoreView, nearest_stores, shop_routes, store_view};
pub(crate) use shop::{open_stores, shown};
