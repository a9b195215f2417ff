//! Coupons. Owns `coupon_template`, `coupon`, `coupon_member`, `coupon_day`, `coupon_batch`, `coupon_code`.
//! Verbs: [`grant`] (by any way of giving; check-in, points and birthdays call it), [`grant_many`], [`redeem_code`].
//! Promises: no bound of a template is passed, a coupon is used by one order, a cause gives once. It does not know how
//! points are earned or when a birthday is: those hooks call in.

mod admin;
mod code;
mod code_admin;
mod events;
mod grant;
mod lane;
mod model;
mod offer;
mod shop;
mod store;
mod transfer;
mod worth;

pub use code::redeem_code;
pub(crate) use events::day_of;
pub use events::{after_purchase, briefs, remind_expiring};
pub use grant::{Gift, grant, grant_many, grant_perk};
pub use lane::{COUPON, Candidate, CouponRules};
pub use model::{CouponRule, CouponSource, Held, Template, Validity};
pub use offer::Coupons;
pub(crate) use shop::{MyCoupon, my_coupon};
pub(crate) use store::{advance, find, find_all, open};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub use admin::{CouponTemplateInput, CouponTemplateView, publish_new};

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    admin::admin_routes().merge(code_admin::admin_routes())
}

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    shop::shop_routes().merge(transfer::shop_routes())
}
