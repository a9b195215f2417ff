//! People: who shops, where they live, who works here. Guests and members, addresses, staff with roles and an audit log,
//! the mall's settings, the ledger of what the mall owes them, tiers and paid membership, the balance. Names, phones and addresses lie sealed in the database; a phone outside is masked.
//! It knows neither orders nor goods: what those tell about people comes in through [`hooks`].

pub mod phone;
pub mod region;

pub mod hooks;

pub mod address;

pub mod consent;

pub mod message;

pub mod home;

pub mod identity;

pub mod notice;

pub mod privacy;

pub mod staff;

pub mod settings;

pub mod ledger;

pub mod membership;

pub mod wallet;

pub use hooks::{AdminHooks, Hooks};
pub use phone::Phone;

use axum::Extension;
use db::Constraint;
use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// Names of this floor's database constraints, with the codes and sentences they become.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        name: "member_phone_taken", code: "member.phone_taken", message: "这个手机号已经属于另一个账号"
    },
    Constraint {
        name: "member_identity_taken",
        code: "member.identity_taken",
        message: "这个微信已经绑定了另一个账号",
    },
    Constraint { name: "tier_name_taken", code: "tier.name_taken", message: "已经有同名的等级" },
    Constraint {
        name: "tier_growth_taken", code: "tier.growth_taken", message: "已经有等级用了这个成长值"
    },
    Constraint {
        name: "membership_plan_name_taken", code: "plan.name_taken", message: "已经有同名的会员方案"
    },
    Constraint {
        name: "top_up_plan_amount_taken", code: "top_up.amount_taken", message: "已经有这个金额的储值方案"
    },
    Constraint {
        name: "policy_version_once",
        code: "privacy.published_meanwhile",
        message: "刚刚有人发布了新版本，请看过之后再发布",
    },
    Constraint { name: "role_name_taken", code: "role.name_taken", message: "已经有同名的角色" },
    Constraint {
        name: "staff_username_taken", code: "staff.username_taken", message: "这个用户名已经有人用了"
    },
];

/// Routes of the shop, to be nested under `/api/v1`.
pub fn shop_routes(hooks: Hooks) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(identity::shop_routes())
        .merge(region::routes())
        .merge(address::routes())
        .merge(membership::shop_routes())
        .merge(wallet::shop_routes())
        .merge(consent::shop_routes())
        .merge(message::shop_routes())
        .merge(notice::shop_routes())
        .merge(privacy::shop_routes())
        .merge(settings::shop_routes())
        .layer(Extension(hooks))
}

/// Routes of the back office, to be nested under `/admin/v1`.
pub fn admin_routes(hooks: AdminHooks) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(staff::routes())
        .merge(identity::admin_routes())
        .merge(settings::routes())
        .merge(membership::admin_routes())
        .merge(wallet::admin_routes())
        .merge(consent::admin_routes())
        .merge(notice::admin_routes())
        .layer(Extension(hooks))
}
