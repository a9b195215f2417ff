//! The mall's rules of after-sale: how long each side has, and where goods go back to. One row, edited as a whole; a mall
//! without it has the defaults.

use db::{Tx, args};
use kernel::{Error, Instant, MallId, Result, days, hours};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where goods go back to. An address of the shop, not of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnAddress {
    #[schema(min_length = 1, max_length = 30)]
    pub name: String,
    #[schema(min_length = 5, max_length = 20)]
    pub phone: String,
    #[schema(min_length = 5, max_length = 120)]
    pub address: String,
}

/// Rules of after-sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AfterSaleRules {
    /// Hours in which a request is answered; then it is approved by itself.
    #[schema(minimum = 1, maximum = 240)]
    pub answer_hours: i64,
    /// Days in which the member sends the goods back; then the request is closed.
    #[schema(minimum = 1, maximum = 30)]
    pub return_days: i64,
    /// Days in which returned goods are received, or the replacement is sent; then the operator looks at it.
    #[schema(minimum = 1, maximum = 30)]
    pub receive_days: i64,
    /// Days after completion in which a request can be made; returns without a reason always have the seven of the law.
    #[schema(minimum = 0, maximum = 365)]
    pub window_days: i64,
    /// Days after a refusal in which the member may turn to the operator.
    #[schema(minimum = 1, maximum = 30)]
    pub dispute_days: i64,
    /// Goods that were sent and go back for the shop's own fault bring their part of the freight.
    pub freight_back: bool,
    /// Without one, returns wait for staff to name it.
    pub return_address: Option<ReturnAddress>,
}

impl Default for AfterSaleRules {
    fn default() -> Self {
        AfterSaleRules {
            answer_hours: 48,
            return_days: 7,
            receive_days: 10,
            window_days: 15,
            dispute_days: 7,
            freight_back: true,
            return_address: None,
        }
    }
}

impl ReturnAddress {
    /// Tidied; 400 at the first value that does not fit.
    pub fn checked(self, field: &str) -> Result<Self> {
        let text = |name: &str, value: String, least: usize, most: usize| {
            let value = value.trim().to_owned();
            let fits = (least..=most).contains(&value.chars().count()) && !value.chars().any(char::is_control);
            if fits {
                Ok(value)
            } else {
                Err(Error::field(format!("{field}.{name}"), format!("请填 {least} 到 {most} 个字")))
            }
        };
        let phone = text("phone", self.phone, 5, 20)?;
        if !phone.bytes().all(|b| b.is_ascii_digit() || b" +-()".contains(&b)) {
            return Err(Error::field(format!("{field}.phone"), "电话只能有数字和短横线"));
        }
        Ok(ReturnAddress {
            name: text("name", self.name, 1, 30)?,
            phone,
            address: text("address", self.address, 5, 120)?,
        })
    }
}

impl AfterSaleRules {
    /// Tidied; 400 at the first value that does not fit.
    pub fn checked(self) -> Result<Self> {
        let within = |field: &'static str, value: i64, least: i64, most: i64| {
            let fits = (least..=most).contains(&value);
            if fits { Ok(()) } else { Err(Error::field(field, format!("请填 {least} 到 {most} 之间的整数"))) }
        };
        within("answer_hours", self.answer_hours, 1, 240)?;
        within("return_days", self.return_days, 1, 30)?;
        within("receive_days", self.receive_days, 1, 30)?;
        within("window_days", self.window_days, 0, 365)?;
        within("dispute_days", self.dispute_days, 1, 30)?;
        let return_address = self.return_address.map(|address| address.checked("return_address")).transpose()?;
        Ok(AfterSaleRules { return_address, ..self })
    }

    pub fn answer_by(&self, now: Instant) -> Instant {
        now + hours(self.answer_hours)
    }
    pub fn return_by(&self, now: Instant) -> Instant {
        now + days(self.return_days)
    }
    pub fn receive_by(&self, now: Instant) -> Instant {
        now + days(self.receive_days)
    }
}

/// The mall's rules; the defaults when it never saved any.
pub fn rules(tx: &mut Tx<'_>, mall_id: MallId) -> Result<AfterSaleRules> {
    let found: Option<String> = tx.opt("select rules from after_sale_rules where mall_id = $1", &args![mall_id])?;
    found.map_or_else(|| Ok(AfterSaleRules::default()), |text| serde_json::from_str(&text).map_err(Error::internal))
}

/// Replaces the mall's rules.
pub fn save_rules(tx: &mut Tx<'_>, ctx: &Ctx, rules: &AfterSaleRules) -> Result<()> {
    tx.exec(
        "insert into after_sale_rules (mall_id, rules, updated_at) values ($1, $2, $3)
         on conflict (mall_id) do update set rules = excluded.rules, updated_at = excluded.updated_at",
        &args![ctx.mall_id, serde_json::to_string(rules).map_err(Error::internal)?, ctx.now],
    )?;
    Ok(())
}
