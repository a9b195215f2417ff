//! How a store delivers: by whom, for how much, and when.

use crate::timeslot::Cut;
use db::{FromRow, Row, Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Who carries the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CarriedBy {
    /// Staff of the store.
    Riders,
    /// A courier service.
    Courier,
}

impl CarriedBy {
    pub const fn as_str(self) -> &'static str {
        match self {
            CarriedBy::Riders => "riders",
            CarriedBy::Courier => "courier",
        }
    }
    pub fn parse(text: &str) -> Self {
        if text == "courier" { CarriedBy::Courier } else { CarriedBy::Riders }
    }
}

/// How a store delivers. Where to is its delivery area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryRule {
    pub is_on: bool,
    pub carried_by: CarriedBy,
    /// The store's number at the courier service; needed when it carries.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub courier_store: Option<String>,
    /// Covers so many metres and grams.
    #[schema(minimum = 0, maximum = 100000)]
    pub base_fen: i64,
    #[schema(minimum = 0, maximum = 50000)]
    pub base_metres: i64,
    /// For each kilometre begun beyond.
    #[schema(minimum = 0, maximum = 100000)]
    pub further_km_fen: i64,
    #[schema(minimum = 0, maximum = 1000000)]
    pub base_weight_g: i64,
    /// For each kilogram begun beyond.
    #[schema(minimum = 0, maximum = 100000)]
    pub further_kg_fen: i64,
    /// The goods must cost so much at least; 0 for no such limit.
    #[schema(minimum = 0, maximum = 100000000)]
    pub least_fen: i64,
    /// Costs nothing when the goods cost so much; absent for never.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100000000)]
    pub free_from_fen: Option<i64>,
    /// Until the goods are packed.
    #[schema(minimum = 0, maximum = 1440)]
    pub prepare_minutes: i64,
    /// Members may ask for "as soon as you can" while the store is open.
    pub asap: bool,
    #[schema(minimum = 15, maximum = 480)]
    pub slot_minutes: i64,
    /// Orders a slot.
    #[schema(minimum = 1, maximum = 10000)]
    pub capacity: i64,
    /// Days that can be chosen, today included.
    #[schema(minimum = 1, maximum = 14)]
    pub days_ahead: i64,
}

impl FromRow for DeliveryRule {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(DeliveryRule {
            is_on: row.next()?,
            carried_by: CarriedBy::parse(&row.next::<String>()?),
            courier_store: row.next()?,
            base_fen: row.next()?,
            base_metres: row.next()?,
            further_km_fen: row.next()?,
            base_weight_g: row.next()?,
            further_kg_fen: row.next()?,
            least_fen: row.next()?,
            free_from_fen: row.next()?,
            prepare_minutes: row.next()?,
            asap: row.next()?,
            slot_minutes: row.next()?,
            capacity: row.next()?,
            days_ahead: row.next()?,
        })
    }
}

const COLUMNS: &str =
    "is_on, carried_by, courier_store, base_fen, base_metres, further_km_fen, base_weight_g, further_kg_fen,
    least_fen, free_from_fen, prepare_minutes, asap, slot_minutes, capacity, days_ahead";

impl DeliveryRule {
    /// 400 at the first value that does not fit.
    pub fn check(&self) -> Result<()> {
        let fits = |field: &'static str, value: i64, from: i64, to: i64| match value {
            value if (from..=to).contains(&value) => Ok(()),
            _ => Err(Error::field(field, format!("请填写 {from} 到 {to} 之间的数"))),
        };
        fits("base_fen", self.base_fen, 0, 100_000)?;
        fits("base_metres", self.base_metres, 0, 50_000)?;
        fits("further_km_fen", self.further_km_fen, 0, 100_000)?;
        fits("base_weight_g", self.base_weight_g, 0, 1_000_000)?;
        fits("further_kg_fen", self.further_kg_fen, 0, 100_000)?;
        fits("least_fen", self.least_fen, 0, 100_000_000)?;
        self.free_from_fen.map_or(Ok(()), |fen| fits("free_from_fen", fen, 0, 100_000_000))?;
        fits("prepare_minutes", self.prepare_minutes, 0, 1_440)?;
        fits("slot_minutes", self.slot_minutes, 15, 480)?;
        fits("capacity", self.capacity, 1, 10_000)?;
        fits("days_ahead", self.days_ahead, 1, 14)?;
        let named = self.courier_store().is_some_and(|name| {
            name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        });
        if self.carried_by == CarriedBy::Courier && !named {
            return Err(Error::field("courier_store", "请填写这家店在配送平台的门店编号，40 位以内的字母和数字"));
        }
        Ok(())
    }

    /// The store's number at the courier service.
    pub fn courier_store(&self) -> Option<&str> {
        self.courier_store.as_deref().map(str::trim).filter(|name| !name.is_empty())
    }

    pub(super) fn cut(&self) -> Cut {
        let DeliveryRule { slot_minutes, days_ahead, prepare_minutes, .. } = *self;
        Cut { slot_minutes, days_ahead, lead_minutes: prepare_minutes }
    }
}

/// A store's rule, if one was written.
pub fn rule(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<Option<DeliveryRule>> {
    tx.opt(
        &format!("select {COLUMNS} from delivery_rule where mall_id = $1 and store_id = $2"),
        &args![mall_id, store_id],
    )
}

struct OfStore(Id, DeliveryRule);

impl FromRow for OfStore {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(OfStore(row.next()?, DeliveryRule::from_row(row)?))
    }
}

/// The rules of those of these stores that deliver.
pub fn rules(tx: &mut Tx<'_>, mall_id: MallId, store_ids: &[Id]) -> Result<HashMap<Id, DeliveryRule>> {
    let rows: Vec<OfStore> = tx.all(
        &format!("select store_id, {COLUMNS} from delivery_rule where mall_id = $1 and store_id = any($2) and is_on"),
        &args![mall_id, store_ids],
    )?;
    Ok(rows.into_iter().map(|OfStore(store, rule)| (store, rule)).collect())
}

/// Whether any store of the mall delivers.
pub(crate) fn delivers_at_all(tx: &mut Tx<'_>, mall_id: MallId) -> Result<bool> {
    let one: Option<Id> =
        tx.opt("select store_id from delivery_rule where mall_id = $1 and is_on limit 1", &args![mall_id])?;
    Ok(one.is_some())
}

/// Saves a store's rule. Orders keep what they were promised.
pub fn save_rule(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Id, rule: &DeliveryRule) -> Result<()> {
    rule.check()?;
    tx.exec(
        &format!(
            "insert into delivery_rule (mall_id, store_id, {COLUMNS}, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
             on conflict (mall_id, store_id) do update
             set is_on = excluded.is_on, carried_by = excluded.carried_by, courier_store = excluded.courier_store,
                 base_fen = excluded.base_fen, base_metres = excluded.base_metres,
                 further_km_fen = excluded.further_km_fen, base_weight_g = excluded.base_weight_g,
                 further_kg_fen = excluded.further_kg_fen, least_fen = excluded.least_fen,
                 free_from_fen = excluded.free_from_fen, prepare_minutes = excluded.prepare_minutes,
                 asap = excluded.asap, slot_minutes = excluded.slot_minutes, capacity = excluded.capacity,
                 days_ahead = excluded.days_ahead, updated_at = excluded.updated_at"
        ),
        &args![
            ctx.mall_id,
            store_id,
            rule.is_on,
            rule.carried_by.as_str(),
            rule.courier_store(),
            rule.base_fen,
            rule.base_metres,
            rule.further_km_fen,
            rule.base_weight_g,
            rule.further_kg_fen,
            rule.least_fen,
            rule.free_from_fen,
            rule.prepare_minutes,
            rule.asap,
            rule.slot_minutes,
            rule.capacity,
            rule.days_ahead,
            ctx.now
        ],
    )?;
    Ok(())
}
