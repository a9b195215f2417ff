//! The member's balance: top-up plans, purchases that pay for top-ups and paid membership, the payment password, and
//! paying with it. Owns `top_up_plan`, `wallet_purchase`, `pay_password`; the money itself lies in the ledger.
//!
//! Promises: principal is what came in by payments, gift what the mall added; principal is spent first, so gift comes
//! back first. A balance stays within the law's caps for prepaid cards and does not expire. Giving principal back takes
//! the gift of that top-up back in proportion. It does not know how a purchase is collected: the flows do.

mod admin;
mod confirm;
mod password;
mod personal;
mod plan;
mod purchase;
mod shop;
mod spend;

pub use confirm::{Confirmation, confirm, has_password};
pub use personal::ClubData;
pub use plan::{TopUpPlan, TopUpPlanInput, remove_top_up_plan, save_top_up_plan, top_up_plans};
pub use purchase::{
    NewPurchase, Purchase, PurchaseKind, PurchaseView, close_purchase, create_purchase, expired_purchases,
    find_purchase, has_purchases, of_member, paid, purchases, refund_membership, refund_top_up, require_room,
};
pub use spend::{Paid, gift_part, give_back, pay, release};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// The most a member who is known by phone may hold: 5,000 yuan.
pub const NAMED_CAP_FEN: i64 = 500_000;
/// The most of a member without a phone: 1,000 yuan.
pub const UNNAMED_CAP_FEN: i64 = 100_000;

/// Routes under `/api/v1`.
pub(crate) fn shop_routes() -> OpenApiRouter<App> {
    shop::routes()
}

/// Routes under `/admin/v1`.
pub(crate) fn admin_routes() -> OpenApiRouter<App> {
    admin::routes()
}
