//! Titles, kinds and states. Pure.

use kernel::ports::InvoiceBuyer;
use kernel::{Error, Result};
use platform::seal::Sealer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose name stands on an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InvoiceTitleKind)]
pub enum TitleKind {
    Personal,
    Company,
}

impl TitleKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            TitleKind::Personal => "personal",
            TitleKind::Company => "company",
        }
    }
    pub(super) fn parse(text: &str) -> Result<Self> {
        match text {
            "personal" => Ok(TitleKind::Personal),
            "company" => Ok(TitleKind::Company),
            other => Err(Error::internal(format_args!("unknown kind of title {other}"))),
        }
    }
}

/// A title as the member typed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvoiceTitle)]
pub struct Title {
    pub kind: TitleKind,
    /// 发票抬头.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// 统一社会信用代码; required of companies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 30)]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub bank: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub account: Option<String>,
    /// Where the issuer sends the file, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub email: Option<String>,
}

const SEALED: &str = "invoice.title";

impl Title {
    /// The same title, trimmed and checked; 400 at the field that is wrong. A person's title keeps only name and e-mail.
    pub fn checked(self) -> Result<Title> {
        let short = |field: &'static str, text: Option<String>, most: usize| -> Result<Option<String>> {
            let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            match &text {
                Some(text) if text.chars().count() > most => Err(Error::field(field, format!("最多 {most} 个字"))),
                Some(text) if text.chars().any(char::is_control) => Err(Error::field(field, "有不能使用的字符")),
                _ => Ok(text),
            }
        };
        let name = short("name", Some(self.name), 100)?.ok_or_else(|| Error::field("name", "请填写发票抬头"))?;
        let email = short("email", self.email, 100)?;
        if email.as_deref().is_some_and(|email| !email_fits(email)) {
            return Err(Error::field("email", "邮箱格式不正确"));
        }
        let empty = (None, None, None, None, None);
        let (tax_number, address, phone, bank, account) = match self.kind {
            TitleKind::Personal => empty,
            TitleKind::Company => {
                let number =
                    self.tax_number.map(|text| text.trim().to_ascii_uppercase()).filter(|text| !text.is_empty());
                let number = number.ok_or_else(|| Error::field("tax_number", "请填写税号"))?;
                if !tax_number_fits(&number) {
                    return Err(Error::field("tax_number", "税号不正确，请核对 18 位统一社会信用代码"));
                }
                let (address, phone) = (short("address", self.address, 100)?, short("phone", self.phone, 30)?);
                (Some(number), address, phone, short("bank", self.bank, 100)?, short("account", self.account, 40)?)
            }
        };
        Ok(Title { kind: self.kind, name, tax_number, address, phone, bank, account, email })
    }

    pub(super) fn seal(&self, sealer: &Sealer) -> Result<String> {
        Ok(sealer.seal(SEALED, &serde_json::to_string(self).map_err(Error::internal)?))
    }
    pub(super) fn open(sealer: &Sealer, sealed: &str) -> Result<Self> {
        serde_json::from_str(&sealer.open(SEALED, sealed)?).map_err(Error::internal)
    }

    /// As the issuer wants it.
    pub fn buyer(&self) -> InvoiceBuyer {
        InvoiceBuyer {
            is_company: self.kind == TitleKind::Company,
            name: self.name.clone(),
            tax_number: self.tax_number.clone(),
            address: self.address.clone(),
            phone: self.phone.clone(),
            bank: self.bank.clone(),
            account: self.account.clone(),
            email: self.email.clone(),
        }
    }
}

fn email_fits(email: &str) -> bool {
    let Some((name, host)) = email.split_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !email.contains(' ')
}

/// True for a 统一社会信用代码 whose check digit is right (GB 32100-2015), or for an old tax number of 15 digits.
pub fn tax_number_fits(number: &str) -> bool {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    if number.len() == 15 {
        return number.bytes().all(|b| b.is_ascii_digit());
    }
    let values: Option<Vec<usize>> = number.bytes().map(|b| DIGITS.iter().position(|digit| *digit == b)).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else { return false };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == values[17]
}

/// An invoice, or a red letter over part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InvoiceKind)]
pub enum Kind {
    Blue,
    Red,
}

/// Where an invoice stands.
///
/// | from \ to | issuing | issued | failed | rejected | cancelled |
/// |-----------|---------|--------|--------|----------|-----------|
/// | requested | issuer  |        |        | staff    | member, refund |
/// | issuing   |         | issuer | issuer |          |           |
/// | failed    | staff   |        |        | staff    | member, refund |
///
/// A red letter is neither rejected nor cancelled: the money is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InvoiceStatus)]
pub enum State {
    Requested,
    Issuing,
    Issued,
    Failed,
    Rejected,
    Cancelled,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Requested => "requested",
            State::Issuing => "issuing",
            State::Issued => "issued",
            State::Failed => "failed",
            State::Rejected => "rejected",
            State::Cancelled => "cancelled",
        }
    }
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "requested" => State::Requested,
            "issuing" => State::Issuing,
            "issued" => State::Issued,
            "failed" => State::Failed,
            "rejected" => State::Rejected,
            "cancelled" => State::Cancelled,
            other => return Err(Error::internal(format_args!("unknown state of an invoice {other}"))),
        })
    }

    /// Nothing was sent to the issuer, or nothing came of it.
    pub const fn is_loose(self) -> bool {
        matches!(self, State::Requested | State::Failed)
    }

    /// What staff may do.
    pub fn staff_actions(self, kind: Kind) -> &'static [&'static str] {
        match (self, kind) {
            (State::Failed, Kind::Blue) => &["retry", "reject"],
            (State::Failed | State::Issuing | State::Requested, Kind::Red) => &["retry"],
            (State::Requested, Kind::Blue) => &["retry", "reject"],
            (State::Issuing, Kind::Blue) => &["retry"],
            _ => &[],
        }
    }

    /// What the member may do.
    pub fn member_actions(self, kind: Kind) -> &'static [&'static str] {
        if kind == Kind::Blue && self.is_loose() { &["cancel"] } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tax_number_carries_its_check_digit() {
        // The sample of GB 32100-2015.
        assert!(tax_number_fits("91350100M000100Y43"));
        for wrong in ["91350100M000100Y44", "91350100M000100Y4", "91350100I000100Y43", "", "九一三五"] {
            assert!(!tax_number_fits(wrong), "{wrong}");
        }
        assert!(tax_number_fits("330100123456789"), "an old number");
    }

    #[test]
    fn a_title_is_checked_at_its_fields() {
        let typed = |kind, name: &str, tax: Option<&str>, email: Option<&str>| Title {
            kind,
            name: name.into(),
            tax_number: tax.map(str::to_owned),
            address: Some(" 河坊街 1 号 ".into()),
            phone: None,
            bank: None,
            account: None,
            email: email.map(str::to_owned),
        };
        let company = typed(TitleKind::Company, " 河坊茶行 ", Some(" 91350100m000100y43"), None).checked().unwrap();
        assert_eq!((company.name.as_str(), company.tax_number.as_deref()), ("河坊茶行", Some("91350100M000100Y43")));
        assert_eq!(company.address.as_deref(), Some("河坊街 1 号"));
        let person = typed(TitleKind::Personal, "许青禾", Some("x"), None).checked().unwrap();
        assert_eq!((person.tax_number, person.address), (None, None), "a person's title keeps no company's fields");
        for (title, field) in [
            (typed(TitleKind::Company, "河坊", None, None), "tax_number"),
            (typed(TitleKind::Company, "河坊", Some("91350100M000100Y44"), None), "tax_number"),
            (typed(TitleKind::Personal, "  ", None, None), "name"),
            (typed(TitleKind::Personal, "许", None, Some("a@b")), "email"),
        ] {
            assert_eq!(title.checked().unwrap_err().field_name(), Some(field));
        }
    }
}
