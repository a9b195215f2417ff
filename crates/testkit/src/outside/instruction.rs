//! What a local channel tells the front end to do: of the kind its real one tells.

use kernel::Instant;
use kernel::ports::{PayInstruction, PayScene, PaymentIntent};

pub(super) fn instruction(channel: &str, app_id: &str, now: Instant, intent: &PaymentIntent) -> PayInstruction {
    let number = &intent.number;
    match (intent.scene, channel) {
        (PayScene::Native, _) => PayInstruction::Native { code_url: format!("weixin://local/{number}") },
        (PayScene::H5 | PayScene::Page, "unionpay") => PayInstruction::Form {
            action: "https://pay.local/front".into(),
            fields: vec![("orderId".into(), number.clone())],
        },
        (PayScene::H5 | PayScene::Page, _) => {
            PayInstruction::H5 { h5_url: format!("https://pay.local/h5?number={number}") }
        }
        (PayScene::MiniProgram, "alipay") => PayInstruction::Trade { trade_no: number.clone() },
        (PayScene::MiniProgram, _) => PayInstruction::MiniProgram {
            app_id: app_id.to_owned(),
            time_stamp: now.unix_seconds().to_string(),
            nonce_str: "nonce".into(),
            package: format!("prepay_id={number}"),
            sign_type: "RSA".into(),
            pay_sign: "signed".into(),
        },
    }
}
