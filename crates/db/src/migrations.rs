//! The schema, one file per change in order of version; a released file is never edited.
//! A new file `migrations/NNNN_name.sql` gets one line here.

use crate::Migration;

/// Every migration of the program, oldest first.
pub fn migrations() -> &'static [Migration] {
    ALL
}

const ALL: &[Migration] = &[
    Migration { version: 1, name: "platform", text: include_str!("../../../migrations/0001_platform.sql") },
    Migration { version: 2, name: "people", text: include_str!("../../../migrations/0002_people.sql") },
    Migration { version: 3, name: "goods", text: include_str!("../../../migrations/0003_goods.sql") },
    Migration { version: 4, name: "trade", text: include_str!("../../../migrations/0004_trade.sql") },
    Migration { version: 5, name: "goods_lists", text: include_str!("../../../migrations/0005_goods_lists.sql") },
    Migration { version: 10, name: "privacy", text: include_str!("../../../migrations/0010_privacy.sql") },
    Migration { version: 11, name: "message", text: include_str!("../../../migrations/0011_message.sql") },
    Migration { version: 12, name: "task", text: include_str!("../../../migrations/0012_task.sql") },
    Migration { version: 13, name: "goods_import", text: include_str!("../../../migrations/0013_goods_import.sql") },
    Migration {
        version: 14,
        name: "goods_back_office",
        text: include_str!("../../../migrations/0014_goods_back_office.sql"),
    },
    Migration { version: 15, name: "order_desk", text: include_str!("../../../migrations/0015_order_desk.sql") },
    Migration { version: 16, name: "member_desk", text: include_str!("../../../migrations/0016_member_desk.sql") },
    Migration { version: 17, name: "ship_file", text: include_str!("../../../migrations/0017_ship_file.sql") },
    Migration { version: 18, name: "page_versions", text: include_str!("../../../migrations/0018_page_versions.sql") },
    Migration { version: 19, name: "media", text: include_str!("../../../migrations/0019_media.sql") },
    Migration {
        version: 20,
        name: "accounts_and_template",
        text: include_str!("../../../migrations/0020_accounts_and_template.sql"),
    },
    Migration { version: 21, name: "open", text: include_str!("../../../migrations/0021_open.sql") },
    Migration { version: 22, name: "insight", text: include_str!("../../../migrations/0022_insight.sql") },
    Migration { version: 24, name: "offers", text: include_str!("../../../migrations/0024_offers.sql") },
    Migration { version: 25, name: "promotions", text: include_str!("../../../migrations/0025_promotions.sql") },
    Migration { version: 26, name: "coupons", text: include_str!("../../../migrations/0026_coupons.sql") },
    Migration { version: 27, name: "limited", text: include_str!("../../../migrations/0027_limited.sql") },
    Migration { version: 28, name: "ledger", text: include_str!("../../../migrations/0028_ledger.sql") },
    Migration { version: 29, name: "membership", text: include_str!("../../../migrations/0029_membership.sql") },
    Migration { version: 30, name: "wallet", text: include_str!("../../../migrations/0030_wallet.sql") },
    Migration { version: 31, name: "after_sale", text: include_str!("../../../migrations/0031_after_sale.sql") },
    Migration { version: 32, name: "no_return", text: include_str!("../../../migrations/0032_no_return.sql") },
    Migration { version: 33, name: "channels", text: include_str!("../../../migrations/0033_channels.sql") },
    Migration { version: 34, name: "transfer", text: include_str!("../../../migrations/0034_transfer.sql") },
    Migration {
        version: 35,
        name: "reconciliation",
        text: include_str!("../../../migrations/0035_reconciliation.sql"),
    },
    Migration { version: 36, name: "finance", text: include_str!("../../../migrations/0036_finance.sql") },
    Migration { version: 37, name: "invoice", text: include_str!("../../../migrations/0037_invoice.sql") },
    Migration { version: 38, name: "points_mall", text: include_str!("../../../migrations/0038_points_mall.sql") },
    Migration {
        version: 39,
        name: "membership_refund",
        text: include_str!("../../../migrations/0039_membership_refund.sql"),
    },
    Migration { version: 40, name: "stock_take", text: include_str!("../../../migrations/0040_stock_take.sql") },
    Migration {
        version: 41,
        name: "staff_preference",
        text: include_str!("../../../migrations/0041_staff_preference.sql"),
    },
    Migration { version: 42, name: "store_days", text: include_str!("../../../migrations/0042_store_days.sql") },
    Migration { version: 43, name: "live_products", text: include_str!("../../../migrations/0043_live_products.sql") },
    Migration { version: 46, name: "payment_part", text: include_str!("../../../migrations/0046_payment_part.sql") },
    Migration { version: 48, name: "notice", text: include_str!("../../../migrations/0048_notice.sql") },
    Migration {
        version: 49,
        name: "after_sale_tracks",
        text: include_str!("../../../migrations/0049_after_sale_tracks.sql"),
    },
    Migration { version: 50, name: "fund_flow", text: include_str!("../../../migrations/0050_fund_flow.sql") },
    Migration { version: 51, name: "shop_states", text: include_str!("../../../migrations/0051_shop_states.sql") },
    Migration { version: 60, name: "redemption", text: include_str!("../../../migrations/0060_redemption.sql") },
    Migration { version: 61, name: "pickup_slot", text: include_str!("../../../migrations/0061_pickup_slot.sql") },
    Migration { version: 62, name: "store_nearby", text: include_str!("../../../migrations/0062_store_nearby.sql") },
    Migration { version: 70, name: "large_malls", text: include_str!("../../../migrations/0070_large_malls.sql") },
    Migration {
        version: 71,
        name: "orders_at_a_store",
        text: include_str!("../../../migrations/0071_orders_at_a_store.sql"),
    },
    Migration { version: 80, name: "counter", text: include_str!("../../../migrations/0080_counter.sql") },
    Migration {
        version: 90,
        name: "stock_transfer",
        text: include_str!("../../../migrations/0090_stock_transfer.sql"),
    },
    Migration { version: 91, name: "order_routing", text: include_str!("../../../migrations/0091_order_routing.sql") },
    Migration { version: 92, name: "store_card", text: include_str!("../../../migrations/0092_store_card.sql") },
    Migration {
        version: 100,
        name: "local_delivery",
        text: include_str!("../../../migrations/0100_local_delivery.sql"),
    },
    Migration { version: 110, name: "booking", text: include_str!("../../../migrations/0110_booking.sql") },
    Migration { version: 111, name: "fitting", text: include_str!("../../../migrations/0111_fitting.sql") },
    Migration { version: 121, name: "member_home", text: include_str!("../../../migrations/0121_member_home.sql") },
    Migration { version: 122, name: "counter_day", text: include_str!("../../../migrations/0122_counter_day.sql") },
    Migration { version: 125, name: "put_back", text: include_str!("../../../migrations/0125_put_back.sql") },
];
