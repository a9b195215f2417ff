//! Top-up plans: pay so much, get so much on top.

use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a plan asks and adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUpPlanInput {
    #[schema(minimum = 1, maximum = 500000)]
    pub amount_fen: i64,
    #[schema(minimum = 0, maximum = 500000)]
    pub gift_fen: i64,
    #[serde(default)]
    #[schema(max_length = 12)]
    pub label: String,
    pub on_sale: bool,
}

/// A plan of a mall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopUpPlan {
    pub id: Id,
    pub amount_fen: i64,
    pub gift_fen: i64,
    pub label: String,
    pub on_sale: bool,
}
row!(TopUpPlan { id, amount_fen, gift_fen, label, on_sale });

/// The plans of a mall, smallest first; at most twenty.
pub fn top_up_plans(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<TopUpPlan>> {
    tx.all(
        "select id, amount_fen, gift_fen, label, on_sale from top_up_plan where mall_id = $1 order by amount_fen",
        &args![mall_id],
    )
}

fn missing() -> Error {
    Error::not_found("top_up.no_such_plan", "没有找到这个储值方案")
}

/// Adds a plan, or replaces one. `top_up.amount_taken` (409).
pub fn save_top_up_plan(tx: &mut Tx<'_>, ctx: &Ctx, id: Option<Id>, input: &TopUpPlanInput) -> Result<Id> {
    let label = input.label.trim();
    if !(1..=super::NAMED_CAP_FEN).contains(&input.amount_fen) {
        return Err(Error::field("amount_fen", "储值金额是 0.01 到 5000 元"));
    }
    if !(0..=super::NAMED_CAP_FEN - input.amount_fen).contains(&input.gift_fen) {
        return Err(Error::field("gift_fen", "本金加赠送不能超过 5000 元"));
    }
    if label.chars().count() > 12 || label.chars().any(char::is_control) {
        return Err(Error::field("label", "标签最多 12 个字"));
    }
    if id.is_none() && top_up_plans(tx, ctx.mall_id)?.len() >= 20 {
        return Err(Error::conflict("top_up.too_many", "最多设 20 个储值方案"));
    }
    let target = id.unwrap_or_else(|| ctx.id());
    let saved = match id {
        None => tx.exec(
            "insert into top_up_plan (id, mall_id, amount_fen, gift_fen, label, on_sale, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &args![target, ctx.mall_id, input.amount_fen, input.gift_fen, label, input.on_sale, ctx.now],
        )?,
        Some(_) => tx.exec(
            "update top_up_plan set amount_fen = $3, gift_fen = $4, label = $5, on_sale = $6
             where mall_id = $2 and id = $1",
            &args![target, ctx.mall_id, input.amount_fen, input.gift_fen, label, input.on_sale],
        )?,
    };
    if saved == 1 { Ok(target) } else { Err(missing()) }
}

/// Removes a plan; what was topped up by it stays.
pub fn remove_top_up_plan(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let gone = tx.exec("delete from top_up_plan where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    if gone == 1 { Ok(()) } else { Err(missing()) }
}
