//! Which fields an account of each service has, and which of them are secret.

use kernel::{Error, Result};
use std::collections::BTreeMap;

/// One outside service.
pub struct Service {
    pub name: &'static str,
    pub label: &'static str,
    pub fields: &'static [Field],
}

/// One field of an account.
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub secret: bool,
    pub required: bool,
    /// The values it takes with their words, the usual one first; empty where anything may be written.
    pub choices: &'static [(&'static str, &'static str)],
}

const fn open(name: &'static str, label: &'static str) -> Field {
    Field { name, label, secret: false, required: true, choices: &[] }
}
const fn secret(name: &'static str, label: &'static str) -> Field {
    Field { name, label, secret: true, required: true, choices: &[] }
}
const fn optional(name: &'static str, label: &'static str) -> Field {
    Field { name, label, secret: false, required: false, choices: &[] }
}
const fn choice(name: &'static str, label: &'static str, choices: &'static [(&'static str, &'static str)]) -> Field {
    Field { name, label, secret: false, required: false, choices }
}

/// Every service that staff can set up, and the file store, which the configuration sets up.
pub const SERVICES: &[Service] = &[
    Service {
        name: "wechat_pay",
        label: "微信支付",
        fields: &[
            open("merchant_id", "商户号"),
            open("app_id", "绑定的小程序 AppID"),
            open("certificate_serial", "商户 API 证书序列号"),
            secret("private_key", "商户私钥 apiclient_key.pem"),
            secret("api_v3_key", "APIv3 密钥"),
            optional("public_key_id", "微信支付公钥 ID"),
            optional("public_key", "微信支付公钥 pub_key.pem"),
            choice(
                "combined",
                "几家店铺的商品一起付款时",
                &[("on", "用合单支付，按店铺各收一笔（商户号要开通）"), ("off", "收一笔，退款时再按订单分")],
            ),
        ],
    },
    Service {
        name: "alipay",
        label: "支付宝",
        fields: &[
            open("app_id", "应用 AppID"),
            open("seller_id", "商户 PID，以 2088 开头"),
            secret("private_key", "应用私钥"),
            optional("alipay_public_key", "支付宝公钥（公钥模式）"),
            optional("app_certificate", "应用公钥证书（证书模式）"),
            optional("alipay_certificate", "支付宝公钥证书（证书模式）"),
            optional("root_certificate", "支付宝根证书（证书模式）"),
        ],
    },
    Service {
        name: "unionpay",
        label: "银联（银行卡）",
        fields: &[
            open("merchant_id", "商户代码"),
            open("certificate", "商户签名证书（PEM）"),
            secret("private_key", "商户私钥（PEM）"),
            open("middle_certificate", "银联中级证书 acp_prod_middle.cer"),
            open("root_certificate", "银联根证书 acp_prod_root.cer"),
        ],
    },
    Service {
        name: "wechat_mini_program",
        label: "微信小程序",
        fields: &[open("app_id", "AppID"), secret("app_secret", "AppSecret")],
    },
    Service {
        name: "wechat_delivery",
        label: "微信同城配送",
        fields: &[
            open("app_id", "小程序 AppID"),
            secret("app_secret", "AppSecret"),
            open("symmetric_serial", "对称密钥编号（API 安全）"),
            secret("symmetric_key", "对称密钥（AES256_GCM）"),
            secret("private_key", "应用私钥（RSA）"),
            open("platform_serial", "开放平台证书编号"),
            open("platform_key", "开放平台证书或公钥（PEM）"),
            secret("token", "消息推送的 Token，用来核对回调"),
        ],
    },
    Service {
        name: "sms",
        label: "短信",
        fields: &[
            open("access_key_id", "AccessKey ID"),
            secret("access_key_secret", "AccessKey Secret"),
            open("sign_name", "短信签名"),
            open("template_sign_in_code", "登录验证码的模板编号"),
        ],
    },
    Service {
        name: "express",
        label: "物流查询",
        fields: &[open("customer", "快递100 customer"), secret("key", "快递100 授权 key")],
    },
    Service {
        name: "fapiao",
        label: "电子发票",
        fields: &[
            open("key", "开票服务的 key"),
            secret("secret", "开票服务的 secret"),
            open("seller_tax_number", "销售方统一社会信用代码"),
            optional("tax_rate_percent", "税率（%），默认 13"),
            optional("tax_code", "税收分类编码"),
        ],
    },
    Service { name: "objects", label: "文件存储", fields: &[] },
];

/// A service by name; `account.no_such_service` (404).
pub fn find(name: &str) -> Result<&'static Service> {
    let found = SERVICES.iter().find(|service| service.name == name);
    found.ok_or_else(|| Error::not_found("account.no_such_service", "没有这项服务"))
}

/// Values by field name.
pub type Fields = BTreeMap<String, String>;

impl Service {
    /// The kept fields with what was typed over them: an empty secret keeps what was there, an empty open field clears it.
    ///
    /// # Errors
    /// 400 at the field that is unknown, missing, too long or unprintable.
    pub fn merged(&self, kept: &Fields, typed: &Fields) -> Result<Fields> {
        if let Some(odd) = typed.keys().find(|name| !self.fields.iter().any(|field| field.name == *name)) {
            return Err(Error::field(odd.chars().take(40).collect::<String>(), "没有这一项"));
        }
        let mut merged = Fields::new();
        for field in self.fields {
            let value = match typed.get(field.name).map(|text| text.trim()) {
                Some("") if field.secret => kept.get(field.name).map_or("", String::as_str),
                Some(text) => text,
                None => kept.get(field.name).map_or("", String::as_str),
            };
            let printable = value.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r'));
            if value.len() > 8_000 || !printable || value.starts_with("file:") {
                return Err(Error::field(field.name, format!("{}不正确", field.label)));
            }
            let known = field.choices.is_empty() || field.choices.iter().any(|(choice, _)| *choice == value);
            if !value.is_empty() && !known {
                return Err(Error::field(field.name, format!("请选择{}怎么做", field.label)));
            }
            if value.is_empty() && field.required {
                return Err(Error::field(field.name, format!("请填写{}", field.label)));
            }
            if !value.is_empty() {
                merged.insert(field.name.to_owned(), value.to_owned());
            }
        }
        Ok(merged)
    }
}

/// `••••` and the last characters that are not part of a PEM's frame.
pub fn tail(secret: &str) -> String {
    let plain: Vec<char> = secret
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect::<String>()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let shown = if plain.len() >= 12 { 4 } else { 0 };
    format!("••••{}", plain[plain.len() - shown..].iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_empty_secret_keeps_the_old_one_and_an_open_field_changes() {
        let service = find("express").unwrap();
        let kept = fields(&[("customer", "A"), ("key", "secret-key")]);
        let merged = service.merged(&kept, &fields(&[("customer", "B"), ("key", "")])).unwrap();
        assert_eq!(merged, fields(&[("customer", "B"), ("key", "secret-key")]));
        let refused = service.merged(&Fields::new(), &fields(&[("customer", "B"), ("key", " ")]));
        assert_eq!(refused.unwrap_err().field_name(), Some("key"));
        let odd = service.merged(&kept, &fields(&[("base_url", "http://elsewhere")]));
        assert_eq!(odd.unwrap_err().field_name(), Some("base_url"), "nobody redirects a client");
        let choice = find("wechat_pay").unwrap().merged(&Fields::new(), &fields(&[("combined", "perhaps")]));
        assert!(choice.is_err(), "only what can be chosen");
        let file = service.merged(&kept, &fields(&[("key", "file:/etc/passwd")]));
        assert_eq!(file.unwrap_err().field_name(), Some("key"), "nobody reads the server's files");
    }

    #[test]
    fn a_tail_tells_keys_apart_and_gives_nothing_away() {
        assert_eq!(tail("0123456789abcdef"), "••••cdef");
        assert_eq!(tail("short"), "••••");
        assert_eq!(tail("-----BEGIN PRIVATE KEY-----\nAAAABBBBCCCCDDDD==\n-----END PRIVATE KEY-----"), "••••DDDD");
    }
}
