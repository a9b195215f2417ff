//! An address as it is typed, checked, kept and shown.

use super::check_region;
use crate::phone::Phone;
use crate::region;
use kernel::{Error, Id, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member types.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AddressInput {
    #[schema(min_length = 1, max_length = 30)]
    pub name: String,
    /// Mainland mobile number; spaces, dashes and +86 are fine.
    pub phone: String,
    #[schema(pattern = "^[0-9]{6}$", example = "330106")]
    pub district_code: String,
    #[schema(pattern = "^[0-9]{9}$")]
    pub street_code: Option<String>,
    /// Street, house number, flat.
    #[schema(min_length = 2, max_length = 120)]
    pub detail: String,
    /// `家`, `公司` …
    #[schema(max_length = 8)]
    pub tag: Option<String>,
    #[serde(default)]
    pub is_default: bool,
    /// Where the door is, as chosen on a map; stores deliver only where they know that.
    #[serde(default)]
    pub place: Option<AddressPlace>,
}

/// A system of coordinates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoordinateSystem {
    /// What maps in China give and want.
    #[default]
    Gcj02,
}

/// A place on the map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressPlace {
    /// Degrees.
    #[schema(minimum = -90, maximum = 90)]
    pub lat: f64,
    #[schema(minimum = -180, maximum = 180)]
    pub lng: f64,
    #[serde(default)]
    pub system: CoordinateSystem,
}

impl AddressPlace {
    fn check(&self) -> Result<()> {
        let fits = (-90.0..=90.0).contains(&self.lat) && (-180.0..=180.0).contains(&self.lng);
        if fits { Ok(()) } else { Err(Error::field("place", "地图上的位置不正确，请重新选择")) }
    }
}

/// One address in the member's own book, opened. Only its owner and the checkout see it, so the phone is whole.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Address {
    pub id: Id,
    pub name: String,
    /// Eleven digits.
    pub phone: String,
    pub province_code: String,
    pub city_code: String,
    /// Six digits; freight templates match its beginning.
    pub district_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_code: Option<String>,
    pub province: String,
    /// Municipalities repeat their own name.
    pub city: String,
    pub district: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    pub is_default: bool,
    /// Where the door is, if the member chose it on a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<AddressPlace>,
}

impl Address {
    /// `浙江省杭州市西湖区北山街道`; a municipality is named once.
    pub fn region_text(&self) -> String {
        let city = if self.city == self.province { "" } else { &self.city };
        let district = if self.district == self.city { "" } else { &self.district };
        format!("{}{city}{district}{}", self.province, self.street.as_deref().unwrap_or_default())
    }
}

/// An input that keeps every rule.
pub(super) struct Checked {
    pub name: String,
    pub phone: Phone,
    pub district_code: String,
    pub street_code: Option<String>,
    pub detail: String,
    pub tag: Option<String>,
    pub is_default: bool,
    pub place: Option<AddressPlace>,
}

impl Checked {
    pub(super) fn new(input: &AddressInput) -> Result<Self> {
        let phone = Phone::parse(&input.phone)?;
        input.place.as_ref().map_or(Ok(()), AddressPlace::check)?;
        let street_code = input.street_code.clone().filter(|code| !code.is_empty());
        check_region(&input.district_code, street_code.as_deref())?;
        let tag = input.tag.as_deref().map(str::trim).filter(|tag| !tag.is_empty());
        Ok(Checked {
            name: line(&input.name, 1..=30).ok_or_else(|| Error::field("name", "收货人请写 1 到 30 个字"))?,
            phone,
            district_code: input.district_code.clone(),
            street_code,
            detail: line(&input.detail, 2..=120)
                .ok_or_else(|| Error::field("detail", "详细地址请写 2 到 120 个字，到门牌号"))?,
            tag: tag.map(|tag| line(tag, 1..=8).ok_or_else(|| Error::field("tag", "标签最多 8 个字"))).transpose()?,
            is_default: input.is_default,
            place: input.place,
        })
    }
}

/// One trimmed line with its line breaks made spaces; `None` when its length does not fit or control characters hide in it.
fn line(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
    let text: String = text.trim().chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    (length.contains(&text.chars().count()) && !text.chars().any(char::is_control)).then_some(text)
}

/// Names along a stored code. Codes were checked when they came in; one that a newer data set dropped shows as empty.
pub(super) fn names(
    district_code: &str,
    street_code: Option<&str>,
) -> ((&'static str, &'static str, &'static str), Option<&'static str>) {
    (region::path(district_code).unwrap_or_default(), street_code.and_then(region::name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> AddressInput {
        AddressInput {
            name: " 沈青 ".into(),
            phone: "138 0000 0000".into(),
            district_code: "330106".into(),
            street_code: None,
            detail: "北山街 1 号\n2 幢".into(),
            tag: Some(" ".into()),
            is_default: false,
            place: None,
        }
    }

    #[test]
    fn forgiving_input_is_tidied() {
        let checked = Checked::new(&input()).unwrap();
        assert_eq!((checked.name.as_str(), checked.detail.as_str(), checked.tag), ("沈青", "北山街 1 号 2 幢", None));
    }

    #[test]
    fn every_rule_names_its_field() {
        type Spoil = fn(&mut AddressInput);
        let nowhere = |lat, lng| Some(AddressPlace { lat, lng, system: CoordinateSystem::Gcj02 });
        let mut lost = input();
        lost.place = nowhere(30.0, 190.0);
        assert_eq!(Checked::new(&lost).err().unwrap().field_name(), Some("place"));
        lost.place = nowhere(f64::NAN, 120.0);
        assert!(Checked::new(&lost).is_err());
        let cases: [(&str, Spoil); 7] = [
            ("name", |i| i.name = "  ".into()),
            ("phone", |i| i.phone = "123".into()),
            ("district_code", |i| i.district_code = "3301".into()),
            ("street_code", |i| i.street_code = Some("330105001".into())),
            ("detail", |i| i.detail = "x".repeat(121)),
            ("detail", |i| i.detail = "北山街\u{0}1 号".into()),
            ("tag", |i| i.tag = Some("一二三四五六七八九".into())),
        ];
        for (field, spoil) in cases {
            let mut spoilt = input();
            spoil(&mut spoilt);
            assert_eq!(Checked::new(&spoilt).err().unwrap().field_name(), Some(field));
        }
    }
}
