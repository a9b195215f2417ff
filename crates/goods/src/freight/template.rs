//! Templates as stored and read: a unit, rules by region, rules of free delivery, and regions without delivery.
//! A region is the first two, four or six digits of a district's code (`33`, `3301`, `330102`); the longest match wins.

use db::{Tx, args};
use kernel::{Error, Fen, Id, MallId, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a template counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FreightUnit)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Pieces.
    Piece,
    /// Grams.
    Weight,
    /// Cubic centimetres.
    Volume,
}

impl Unit {
    pub const fn as_str(self) -> &'static str {
        match self {
            Unit::Piece => "piece",
            Unit::Weight => "weight",
            Unit::Volume => "volume",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        match text {
            "piece" => Ok(Unit::Piece),
            "weight" => Ok(Unit::Weight),
            "volume" => Ok(Unit::Volume),
            other => Err(Error::internal(format_args!("unknown freight unit {other}"))),
        }
    }
}

/// The price in some regions: the first so many units for one fee, then every next so many for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FreightRule)]
pub struct Rule {
    /// Empty for everywhere else; exactly one rule of a template is like that.
    pub region_codes: Vec<String>,
    /// Units covered by the first fee.
    #[schema(minimum = 1)]
    pub first: i64,
    #[schema(minimum = 0)]
    pub first_fee_fen: i64,
    /// Units of each further step; 0 means that the first fee covers any number.
    #[schema(minimum = 0)]
    pub next: i64,
    #[schema(minimum = 0)]
    pub next_fee_fen: i64,
}

/// When delivery costs nothing: every condition given must hold; without conditions it always does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FreightFreeRule)]
pub struct FreeRule {
    /// Empty for everywhere.
    pub region_codes: Vec<String>,
    /// Amount of the goods of this template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_amount_fen: Option<i64>,
    /// Pieces of this template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<i64>,
}

/// A freight template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: Id,
    pub name: String,
    pub unit: Unit,
    pub rules: Vec<Rule>,
    pub free_rules: Vec<FreeRule>,
    pub no_delivery_codes: Vec<String>,
    pub is_default: bool,
}

/// The JSON of the `rules` column.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredRules {
    pub rules: Vec<Rule>,
    pub free_rules: Vec<FreeRule>,
    pub no_delivery_codes: Vec<String>,
}

/// The named templates and the default one (of each shop), by id.
pub fn templates(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<Vec<Template>> {
    let rows = tx.all(
        "select id, name, unit, rules, is_default
         from freight_template
         where mall_id = $1 and (id = any($2) or is_default)
         order by id",
        &args![mall_id, ids],
    )?;
    rows.into_iter().map(from_row).collect()
}

/// Every template, the default first.
pub(super) fn all(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<Template>> {
    let rows = tx.all(
        "select id, name, unit, rules, is_default from freight_template where mall_id = $1 order by is_default desc, id",
        &args![mall_id],
    )?;
    rows.into_iter().map(from_row).collect()
}

fn from_row((id, name, unit, rules, is_default): (Id, String, String, String, bool)) -> Result<Template> {
    let stored: StoredRules = serde_json::from_str(&rules).map_err(Error::internal)?;
    Ok(Template {
        id,
        name,
        unit: Unit::parse(&unit)?,
        rules: stored.rules,
        free_rules: stored.free_rules,
        no_delivery_codes: stored.no_delivery_codes,
        is_default,
    })
}

impl Template {
    /// The rule of a district: the longest region that covers it, else the rule of everywhere.
    pub(super) fn rule(&self, district_code: &str) -> Option<&Rule> {
        let depth = |rule: &&Rule| covering(&rule.region_codes, district_code);
        let special = self.rules.iter().filter(|rule| depth(rule).is_some()).max_by_key(depth);
        special.or_else(|| self.rules.iter().find(|rule| rule.region_codes.is_empty()))
    }

    /// The free rule that holds for these goods in a district.
    pub(super) fn free_rule(&self, district_code: &str, amount: Fen, quantity: i64) -> Option<&FreeRule> {
        self.free_rules.iter().find(|rule| {
            (rule.region_codes.is_empty() || covering(&rule.region_codes, district_code).is_some())
                && rule.min_amount_fen.is_none_or(|least| amount.0 >= least)
                && rule.min_quantity.is_none_or(|least| quantity >= least)
        })
    }

    /// True if nothing of this template goes to the district.
    pub(super) fn refuses(&self, district_code: &str) -> bool {
        covering(&self.no_delivery_codes, district_code).is_some() || self.rule(district_code).is_none()
    }
}

/// Length of the longest of `codes` that the district lies in.
fn covering(codes: &[String], district_code: &str) -> Option<usize> {
    codes.iter().filter(|code| district_code.starts_with(code.as_str())).map(String::len).max()
}

/// One line for a product's page, before an address is known: `运费 6.00 元起，部分地区满 99.00 元包邮`.
pub fn note(template: Option<&Template>) -> String {
    let Some(template) = template else { return String::from("包邮") };
    let least = template.rules.iter().map(|rule| rule.first_fee_fen).min().unwrap_or(0);
    let most = template.rules.iter().map(|rule| rule.first_fee_fen).max().unwrap_or(0);
    let everywhere_free = |rule: &FreeRule| rule.region_codes.is_empty() && !rule.is_conditional();
    if most == 0 || template.free_rules.iter().any(everywhere_free) {
        return String::from("包邮");
    }
    let price = format!("运费 {} 元{}", Fen(least), if least == most { "" } else { "起" });
    match template.free_rules.first() {
        Some(rule) => format!("{price}，{}", rule.describe()),
        None => price,
    }
}

impl FreeRule {
    fn is_conditional(&self) -> bool {
        self.min_amount_fen.is_some() || self.min_quantity.is_some()
    }

    /// `部分地区满 99.00 元包邮`.
    pub(super) fn describe(&self) -> String {
        let region = if self.region_codes.is_empty() { "" } else { "部分地区" };
        let condition = match (self.min_amount_fen, self.min_quantity) {
            (Some(amount), Some(pieces)) => format!("满 {} 元且满 {pieces} 件", Fen(amount)),
            (Some(amount), None) => format!("满 {} 元", Fen(amount)),
            (None, Some(pieces)) => format!("满 {pieces} 件"),
            (None, None) => String::new(),
        };
        format!("{region}{condition}包邮")
    }
}
