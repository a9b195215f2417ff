//! Publishing a campaign. Its worst case is shown first — what it costs per order and altogether, what it stacks with,
//! what it conflicts with — and publishing takes the token of what was shown: if the campaign or anything that runs beside
//! it changed since, the token no longer fits and the worst case has to be looked at again.

mod routes;
mod running;
mod worst;

pub use running::{Campaign, on_show};

pub use routes::admin_routes;
pub use worst::{Beside, WorstCase};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Kinds of campaigns that are published here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignKind {
    Promotion,
    Coupon,
    Limited,
}

impl CampaignKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            CampaignKind::Promotion => "promotion",
            CampaignKind::Coupon => "coupon",
            CampaignKind::Limited => "limited",
        }
    }
}
