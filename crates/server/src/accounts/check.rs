//! Live checks: something harmless is asked of the service with the account in use, and the answer is put into words.

use kernel::{Error, MallId, Result};
use people::Phone;
use platform::App;
use serde::Deserialize;
use utoipa::ToSchema;

/// What some checks need.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct AccountProbe {
    /// For `sms`: the phone that gets a test message.
    pub phone: Option<String>,
    /// For `express`: the carrier's code at 快递100, like `shunfeng`.
    pub carrier: Option<String>,
    /// For `express`: the parcel's number.
    pub number: Option<String>,
}

/// Asks; what it says when it went well.
pub async fn run(app: &App, mall_id: MallId, service: &str, probe: &AccountProbe) -> Result<String> {
    match service {
        "wechat_pay" => {
            let channel = app.outside.payment_channel(mall_id, "wechat")?;
            channel.query("hefang-live-check").await?;
            Ok(format!("商户号 {} 的签名和回应都对得上", channel.merchant_id()))
        }
        "alipay" => {
            let channel = app.outside.payment_channel(mall_id, "alipay")?;
            channel.query("hefang-live-check").await?;
            Ok(format!("应用 {} 的签名和回应都对得上", channel.app_id()))
        }
        "unionpay" => {
            let channel = app.outside.payment_channel(mall_id, "unionpay")?;
            // A number of ours that no payment has: UnionPay wants the form of one.
            channel.query(&app.ids.next(&*app.clock).to_string()).await?;
            Ok(format!("商户 {} 的签名和回应都对得上", channel.merchant_id()))
        }
        "wechat_mini_program" => {
            let program = app.outside.mini_program(mall_id)?;
            program.check().await?;
            Ok(format!("小程序 {} 取到了接口凭证", program.app_id()))
        }
        "wechat_delivery" => {
            app.outside.courier(mall_id)?.ask("0", "hefang-live-check").await?;
            Ok("签名和回应都对得上".to_owned())
        }
        "sms" => {
            let phone = probe.phone.as_deref().unwrap_or_default();
            let phone = Phone::parse(phone).map_err(|_| Error::field("phone", "请填写接收测试短信的手机号"))?;
            let code = platform::seal::random_digits(6);
            app.outside.sms_of(mall_id).send(phone.national(), "sign_in_code", &[("code", &code)]).await?;
            Ok("测试短信已发出，收到就说明签名和模板都对".to_owned())
        }
        "express" => {
            let text = |value: &Option<String>| value.as_deref().unwrap_or_default().trim().to_owned();
            let (carrier, number) = (text(&probe.carrier), text(&probe.number));
            let plain = |text: &str| (4..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
            if !plain(&number) {
                return Err(Error::field("number", "请填写一个真实的快递单号"));
            }
            if carrier.len() > 40 || !carrier.bytes().all(|b| b.is_ascii_alphanumeric()) || carrier.is_empty() {
                return Err(Error::field("carrier", "请选择快递公司"));
            }
            let phone = probe.phone.as_deref().unwrap_or_default();
            let found = app.outside.express_of(mall_id).track(&carrier, &number, phone).await?;
            Ok(match found {
                Some(track) => format!("查到 {} 条轨迹", track.events.len()),
                None => "接口通了，这个单号还没有轨迹".to_owned(),
            })
        }
        "fapiao" => {
            app.outside.invoices(mall_id)?.query("hefang-live-check").await?;
            Ok("开票服务的签名和回应都对得上".to_owned())
        }
        "objects" => {
            app.outside.objects().check().await?;
            Ok("写入、读出、删除都成功".to_owned())
        }
        _ => Err(Error::not_found("account.no_such_service", "没有这项服务")),
    }
}

/// Why it went wrong, for the person who typed the keys. Causes name no secrets (see `gateways`).
pub fn explain(service: &str, error: &Error) -> String {
    let cause = error.cause().unwrap_or_default();
    let has = |part: &str| cause.contains(part);
    let advice = match service {
        "wechat_pay" if has("SIGN_ERROR") || has("http 401") => {
            "签名没有通过：商户号、证书序列号和商户私钥要出自同一套证书"
        }
        "wechat_pay" if has("signature:") => "微信的回应验不过：请核对微信支付公钥和它的 ID",
        "wechat_pay" if has("platform certificates") => "平台证书没有取到：请核对 APIv3 密钥，新商户请填微信支付公钥",
        "wechat_pay" if has("MCH") || has("NO_AUTH") => "商户号不存在，或没有开通这项权限",
        "alipay" if has("invalid-signature") => "签名没有通过：应用私钥和开放平台里上传的应用公钥要是一对",
        "alipay" if has("invalid-app-id") => "AppID 不存在，或应用还没有上线",
        "alipay" if has("app-cert") => "证书和开放平台里的不一致，请重新下载三份证书",
        "alipay" if has("signature:") => "支付宝的回应验不过：请核对支付宝公钥，它不是应用公钥",
        "alipay" if has("40006") => "应用没有签约这个支付产品",
        "unionpay" if has("respCode 11") => "签名没有通过：商户私钥和上传到银联的签名证书要是一对",
        "unionpay" if has("respCode 31") => "商户代码不存在，或还没有开通在线网关支付",
        "unionpay" if has("signature:") => "银联的回应验不过：请核对中级证书和根证书，它们要是生产环境的",
        "wechat_mini_program" if has("40013") => "AppID 不存在",
        "wechat_mini_program" if has("40125") || has("40001") => "AppSecret 不对，重置过的话要用新的",
        "wechat_mini_program" if has("40164") => "服务器的地址不在小程序后台的 IP 白名单里",
        "wechat_delivery" if has("934011") || has("4023") => {
            "签名没有通过：应用私钥要和上传的应用公钥是一对，对称密钥和编号要一致"
        }
        "wechat_delivery" if has("signature:") => "微信的回应验不过：请核对开放平台证书和它的编号",
        "wechat_delivery" if has("48001") => "小程序还没有开通同城配送",
        "sms" if has("SignatureDoesNotMatch") => "AccessKey Secret 不对",
        "sms" if has("InvalidAccessKeyId") => "AccessKey ID 不存在",
        "sms" if has("SIGNATURE") || has("SMS_SIGN") => "短信签名没有通过审核，或写得不一样",
        "sms" if has("TEMPLATE") => "模板编号不对，或没有通过审核",
        "express" if has("503") => "验证签名失败：customer 和 key 不是一套",
        _ => error.message(),
    };
    advice.to_owned()
}
