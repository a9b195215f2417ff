//! The carriers a Chinese shop ships with: our code, the name people know, 快递100's code and WeChat's delivery id.
//! Codes as published by 快递100 (company codes) and WeChat (`get_delivery_list`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One carrier.
#[derive(Debug, Clone, Copy)]
pub struct CarrierCodes {
    pub code: &'static str,
    pub name: &'static str,
    /// 快递100's company code.
    pub kuaidi100: &'static str,
    /// WeChat's delivery id.
    pub wechat: &'static str,
}

/// A carrier as offered to staff.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Carrier {
    pub code: String,
    pub name: String,
}

const fn codes(code: &'static str, name: &'static str, kuaidi100: &'static str, wechat: &'static str) -> CarrierCodes {
    CarrierCodes { code, name, kuaidi100, wechat }
}

/// All carriers, the usual ones first.
pub const CARRIERS: &[CarrierCodes] = &[
    codes("sf", "顺丰速运", "shunfeng", "SF"),
    codes("zto", "中通快递", "zhongtong", "ZTO"),
    codes("yto", "圆通速递", "yuantong", "YTO"),
    codes("sto", "申通快递", "shentong", "STO"),
    codes("yunda", "韵达快递", "yunda", "YD"),
    codes("jtexpress", "极兔速递", "jtexpress", "JTSD"),
    codes("ems", "EMS", "ems", "EMS"),
    codes("chinapost", "邮政快递包裹", "youzhengguonei", "YZPY"),
    codes("jd", "京东物流", "jd", "JD"),
    codes("deppon", "德邦快递", "debangkuaidi", "DB"),
];

/// A carrier by our code.
pub fn carrier(code: &str) -> Option<&'static CarrierCodes> {
    CARRIERS.iter().find(|carrier| carrier.code == code)
}
