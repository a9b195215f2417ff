//! The checklist of a new mall: what is still missing before its first sale, computed from what is there.

use axum::extract::State;
use db::{Tx, args};
use kernel::Result;
use platform::mall::Mall;
use platform::permission::perm;
use platform::{Answer, App, Json, Staff};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read_setup))
}

/// Where a mall stands on its way to the first sale.
#[derive(Debug, Serialize, ToSchema)]
pub struct Setup {
    pub steps: Vec<SetupStep>,
    /// Every step is done.
    pub done: bool,
    /// A template can still be put into the mall.
    pub mall_is_empty: bool,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupStep {
    #[schema(example = "product")]
    pub key: &'static str,
    pub done: bool,
}

/// Say what a new mall still needs.
///
/// Permission `settings.edit`.
#[utoipa::path(get, path = "/setup", tag = "settings", security(("staff" = [])),
    responses((status = 200, body = Setup)))]
async fn read_setup(State(app): State<App>, staff: Staff<perm::SettingsEdit>) -> Answer<Json<Setup>> {
    let mall = staff.mall.clone();
    Ok(Json(app.db.read(move |tx| setup(tx, &mall)).await?))
}

fn setup(tx: &mut Tx<'_>, mall: &Mall) -> Result<Setup> {
    let facts: [&str; 9] = [
        "select 1 from product where mall_id = $1 limit 1",
        "select 1 from product where mall_id = $1 and status = 'on_sale' limit 1",
        "select 1 from freight_template where mall_id = $1 limit 1",
        "select 1 from page where mall_id = $1 and slug = 'home' and published_number > 0",
        "select 1 from mall_account where mall_id = $1 and service in ('wechat_pay', 'alipay', 'unionpay') and check_ok limit 1",
        "select 1 from mall_account where mall_id = $1 and service = 'wechat_mini_program' and check_ok",
        "select 1 from mall_account where mall_id = $1 and service = 'sms' and check_ok",
        "select 1 from policy_version where mall_id = $1 limit 1",
        "select 1 from trade_order where mall_id = $1 and paid_at is not null limit 1",
    ];
    // Nine look-ups by key, whatever the mall's size.
    let mut found = [false; 9];
    for (found, sql) in found.iter_mut().zip(facts) {
        *found = tx.opt::<i64>(sql, &args![mall.id])?.is_some();
    }
    let [any_product, on_sale, freight, home, pay, mini_program, sms, policy, paid] = found;
    let settings = &mall.settings;
    let said = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    let steps: Vec<SetupStep> = [
        ("mall", settings.logo_key.is_some() && said(&settings.service_phone)),
        ("product", on_sale),
        ("freight", freight),
        ("home", home),
        ("wechat_mini_program", mini_program),
        ("wechat_pay", pay),
        ("sms", sms),
        ("policy", policy),
        ("icp_number", said(&settings.icp_number)),
        ("test_order", paid),
    ]
    .map(|(key, done)| SetupStep { key, done })
    .into();
    Ok(Setup { done: steps.iter().all(|step| step.done), steps, mall_is_empty: !any_product })
}
