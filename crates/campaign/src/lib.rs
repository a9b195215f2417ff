//! Campaigns: what changes the price of a sale. They stand on trade's hooks (`trade::offers`) and nothing in trade knows
//! them. `promotion`, `coupon`, `limited` and `points_mall` each hold rules, their lane and what orders consume; `launch`
//! shows the worst case and publishes; `tag` tells the storefront what a product is part of; `preview` is the trial calculator.

pub mod scope;

mod desk;

pub mod promotion;

pub mod coupon;

pub mod limited;

pub mod points_mall;

pub mod launch;

pub mod tag;

pub mod preview;

use db::Constraint;
use kernel::{Error, Result};
use platform::App;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;

/// Names of this floor's database constraints, with the codes and sentences they become.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint { name: "promotion_budget_kept", code: "campaign.over_budget", message: "超过了活动预算" },
    Constraint {
        name: "promotion_times_ordered", code: "campaign.times", message: "结束时间要晚于开始时间"
    },
    Constraint { name: "coupon_template_stock_kept", code: "coupon.sold_out", message: "券已经领完" },
    Constraint { name: "coupon_given_once", code: "coupon.given_already", message: "这张券已经领过了" },
    Constraint { name: "limited_item_cap_kept", code: "campaign.over_cap", message: "超过了限时购的数量" },
    Constraint {
        name: "points_item_sku_taken", code: "points_item.known", message: "这个规格已经在积分商城里了"
    },
    Constraint {
        name: "points_item_template_taken", code: "points_item.known", message: "这张券已经在积分商城里了"
    },
    Constraint {
        name: "points_item_stock_kept", code: "points_item.stock_taken", message: "已经兑换的比这个数量多"
    },
    Constraint {
        name: "limited_sale_times_ordered", code: "campaign.times", message: "结束时间要晚于开始时间"
    },
];

/// Storefront routes.
pub fn shop_routes() -> OpenApiRouter<App> {
    coupon::shop_routes().merge(limited::shop_routes()).merge(points_mall::shop_routes()).merge(tag::shop_routes())
}

/// Back-office routes.
pub fn admin_routes() -> OpenApiRouter<App> {
    promotion::admin_routes()
        .merge(coupon::admin_routes())
        .merge(limited::admin_routes())
        .merge(points_mall::admin_routes())
        .merge(launch::admin_routes())
        .merge(preview::admin_routes())
}

/// Stored words.
pub(crate) fn json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// Words to store.
pub(crate) fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

pub(crate) fn not_allowed() -> Error {
    Error::conflict("campaign.not_allowed", "活动现在的状态不能这样操作")
}

pub(crate) fn published_already() -> Error {
    Error::conflict("campaign.published", "进行中的活动不能改，请先停止")
}
