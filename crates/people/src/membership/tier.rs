//! Tiers: a name, the growth that reaches it, and its perks. Ordered by growth; the lowest may begin at zero.

use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a tier is and gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierInput {
    #[schema(min_length = 1, max_length = 12, example = "金卡")]
    pub name: String,
    /// Growth that reaches it.
    #[schema(minimum = 0, maximum = 100000000)]
    pub growth: i64,
    /// 95: members pay 95 percent of the price.
    #[schema(minimum = 1, maximum = 100)]
    pub price_percent: i64,
    /// 150: half as many points again.
    #[schema(minimum = 100, maximum = 1000)]
    pub points_percent: i64,
    #[serde(default)]
    pub free_freight: bool,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100000)]
    pub monthly_points: i64,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100000)]
    pub birthday_points: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_coupon_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday_coupon_id: Option<Id>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub note: String,
}

impl From<&Tier> for TierInput {
    fn from(tier: &Tier) -> Self {
        let Tier { growth, price_percent, points_percent, free_freight, monthly_points, birthday_points, .. } = *tier;
        TierInput {
            name: tier.name.clone(),
            growth,
            price_percent,
            points_percent,
            free_freight,
            monthly_points,
            birthday_points,
            monthly_coupon_id: tier.monthly_coupon_id,
            birthday_coupon_id: tier.birthday_coupon_id,
            note: tier.note.clone(),
        }
    }
}

/// A tier of a mall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tier {
    pub id: Id,
    pub name: String,
    pub growth: i64,
    pub price_percent: i64,
    pub points_percent: i64,
    pub free_freight: bool,
    pub monthly_points: i64,
    pub birthday_points: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_coupon_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday_coupon_id: Option<Id>,
    pub note: String,
}
row!(Tier {
    id,
    name,
    growth,
    price_percent,
    points_percent,
    free_freight,
    monthly_points,
    birthday_points,
    monthly_coupon_id,
    birthday_coupon_id,
    note
});

const COLUMNS: &str = "id, name, growth, price_percent, points_percent, free_freight, monthly_points, birthday_points,
    monthly_coupon_id, birthday_coupon_id, note";

const MOST: usize = 20;

/// The tiers of a mall, lowest first.
pub fn tiers(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<Tier>> {
    tx.all(&format!("select {COLUMNS} from tier where mall_id = $1 order by growth"), &args![mall_id])
}

/// The highest tier that some growth reaches.
pub fn tier_for(tiers: &[Tier], growth: i64) -> Option<&Tier> {
    tiers.iter().rev().find(|tier| tier.growth <= growth)
}

/// The tidied input, or 400 at the field that does not fit.
pub(super) fn checked_name(name: &str, longest: usize) -> Result<String> {
    let name = name.trim();
    let fits = (1..=longest).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Error::field("name", format!("名称请用 1 到 {longest} 个字"))) }
}

pub(super) fn within(field: &'static str, value: i64, least: i64, most: i64) -> Result<()> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(Error::field(field, format!("请填 {least} 到 {most} 之间的整数")))
    }
}

fn check(input: &TierInput) -> Result<TierInput> {
    let name = checked_name(&input.name, 12)?;
    within("growth", input.growth, 0, 100_000_000)?;
    within("price_percent", input.price_percent, 1, 100)?;
    within("points_percent", input.points_percent, 100, 1_000)?;
    within("monthly_points", input.monthly_points, 0, 100_000)?;
    within("birthday_points", input.birthday_points, 0, 100_000)?;
    if input.note.chars().count() > 100 {
        return Err(Error::field("note", "说明最多 100 个字"));
    }
    Ok(TierInput { name, note: input.note.trim().to_owned(), ..input.clone() })
}

/// Adds a tier. `tier.name_taken`, `tier.growth_taken` (409).
pub fn add_tier(tx: &mut Tx<'_>, ctx: &Ctx, input: &TierInput) -> Result<Id> {
    let input = check(input)?;
    if tiers(tx, ctx.mall_id)?.len() >= MOST {
        return Err(Error::conflict("tier.too_many", "最多设 20 个等级"));
    }
    let id = ctx.id();
    tx.exec(
        "insert into tier (id, mall_id, name, growth, price_percent, points_percent, free_freight, monthly_points,
           birthday_points, monthly_coupon_id, birthday_coupon_id, note, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &args![
            id,
            ctx.mall_id,
            &input.name,
            input.growth,
            input.price_percent,
            input.points_percent,
            input.free_freight,
            input.monthly_points,
            input.birthday_points,
            input.monthly_coupon_id,
            input.birthday_coupon_id,
            &input.note,
            ctx.now
        ],
    )?;
    super::changed(tx, ctx)?;
    Ok(id)
}

/// Replaces a tier. Members keep theirs; another growth counts from the next order or review on.
pub fn change_tier(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &TierInput) -> Result<()> {
    let input = check(input)?;
    let changed = tx.exec(
        "update tier
         set name = $3, growth = $4, price_percent = $5, points_percent = $6, free_freight = $7, monthly_points = $8,
             birthday_points = $9, monthly_coupon_id = $10, birthday_coupon_id = $11, note = $12
         where mall_id = $1 and id = $2",
        &args![
            ctx.mall_id,
            id,
            &input.name,
            input.growth,
            input.price_percent,
            input.points_percent,
            input.free_freight,
            input.monthly_points,
            input.birthday_points,
            input.monthly_coupon_id,
            input.birthday_coupon_id,
            &input.note
        ],
    )?;
    if changed == 0 {
        return Err(missing());
    }
    super::changed(tx, ctx)
}

/// Removes a tier that nobody holds. `tier.in_use` (409) otherwise.
pub fn remove_tier(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let held: Option<Id> = tx
        .opt("select member_id from membership where mall_id = $1 and tier_id = $2 limit 1", &args![ctx.mall_id, id])?;
    if held.is_some() {
        return Err(Error::conflict("tier.in_use", "还有会员在这个等级，不能删除"));
    }
    if tx.exec("delete from tier where mall_id = $1 and id = $2", &args![ctx.mall_id, id])? == 0 {
        return Err(missing());
    }
    super::changed(tx, ctx)
}

fn missing() -> Error {
    Error::not_found("tier.not_found", "没有找到这个等级")
}

/// How many members hold each tier.
pub fn holders(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<(Id, i64)>> {
    tx.all(
        "select tier_id, count(*) from membership where mall_id = $1 and tier_id is not null group by tier_id",
        &args![mall_id],
    )
}
