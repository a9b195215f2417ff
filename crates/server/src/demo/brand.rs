//! What the demo mall says of itself: name, colour, filing number and licence, all made up.

use super::catalog::Mall;
use platform::mall::{MallLicence, MallSettings};

/// The settings of the demo mall.
pub(super) fn settings(mall: &Mall) -> MallSettings {
    MallSettings {
        name: mall.name.clone(),
        accent: mall.accent.clone(),
        service_phone: mall.service_phone.clone(),
        company_name: Some("杭州河坊示例商贸有限公司".into()),
        icp_number: Some("浙ICP备00000000号".into()),
        licences: vec![MallLicence {
            name: "营业执照（示例）".into(),
            number: "91330100MA00000000".into(),
            picture_key: None,
        }],
        ..Default::default()
    }
}
