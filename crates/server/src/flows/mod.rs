//! Stories that cross domains, each read top to bottom: place, pay, settle, close, ship, hand over, refund, complete.
//! A flow decides the order of the domains' verbs and what shares a transaction; the rules stay in the domains.
//! No network call happens inside a transaction: a flow prepares, asks outside, and finalises.

pub mod after_sale;
pub mod balance;
pub mod balance_part;
pub mod booking;
pub mod channel;
pub mod close;
pub mod complete;
pub mod counter;
pub mod coupon_message;
pub mod dashboard;
pub mod delivery;
pub mod desk;
pub mod detail;
pub mod finance;
pub mod fitting;
pub mod group;
pub mod home;
pub mod hooks;
pub mod invoice;
pub mod loyalty;
pub mod member_desk;
pub mod message;
pub mod notify;
pub mod order_export;
pub mod pay;
pub mod personal;
pub mod pickup;
pub mod place;
pub mod purchase;
pub mod recommend;
pub mod reconcile;
pub mod redeem;
pub mod refund;
pub mod refund_desk;
pub mod reprice;
pub mod review;
pub mod search;
pub mod settle;
mod setup;
pub mod share;
pub mod ship;
pub mod ship_file;
mod store_card;
pub mod transfer;
pub mod uncollected;
pub mod upload_shipping;
pub mod webhook;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// What a payment of orders is for.
pub const ORDER_GROUP: &str = "order_group";
/// Holder kind of an order's stock reservation.
pub const ORDER: &str = "order";

/// Storefront routes of the flows.
pub fn shop_routes() -> OpenApiRouter<App> {
    place::shop_routes()
        .merge(detail::shop_routes())
        .merge(pay::shop_routes())
        .merge(channel::shop_routes())
        .merge(close::shop_routes())
        .merge(complete::shop_routes())
        .merge(ship::shop_routes())
        .merge(review::shop_routes())
        .merge(balance::shop_routes())
        .merge(balance_part::shop_routes())
        .merge(transfer::shop_routes())
        .merge(purchase::shop_routes())
        .merge(after_sale::shop_routes())
        .merge(redeem::shop_routes())
        .merge(counter::shop_routes())
        .merge(pickup::shop_routes())
        .merge(booking::shop_routes())
        .merge(delivery::shop_routes())
        .merge(fitting::shop_routes())
        .merge(share::shop_routes())
        .merge(invoice::shop_routes())
        .merge(recommend::shop_routes())
        .merge(store_card::shop_routes())
        .merge(home::shop_routes())
}

/// Back-office routes of the flows.
pub fn admin_routes() -> OpenApiRouter<App> {
    detail::admin_routes()
        .merge(desk::admin_routes())
        .merge(reprice::admin_routes())
        .merge(order_export::admin_routes())
        .merge(ship_file::admin_routes())
        .merge(refund_desk::admin_routes())
        .merge(member_desk::admin_routes())
        .merge(search::admin_routes())
        .merge(upload_shipping::admin_routes())
        .merge(pay::admin_routes())
        .merge(close::admin_routes())
        .merge(ship::admin_routes())
        .merge(redeem::admin_routes())
        .merge(counter::admin_routes())
        .merge(pickup::admin_routes())
        .merge(booking::admin_routes())
        .merge(delivery::admin_routes())
        .merge(fitting::admin_routes())
        .merge(refund::admin_routes())
        .merge(dashboard::admin_routes())
        .merge(reconcile::admin_routes())
        .merge(finance::admin_routes())
        .merge(invoice::admin_routes())
        .merge(purchase::admin_routes())
        .merge(loyalty::admin_routes())
        .merge(after_sale::admin_routes())
        .merge(setup::admin_routes())
        .merge(transfer::admin_routes())
        .merge(home::admin_routes())
}
