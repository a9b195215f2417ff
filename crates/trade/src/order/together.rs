//! Orders that were placed together and are paid together, one a shop, as they are shown.

use super::model::Status;
use super::store::Order;
use db::{Tx, args};
use kernel::{Fen, Id, MallId, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// The shop an order is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderShop {
    pub id: Id,
    pub name: String,
}

/// One of several orders that are paid together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TogetherOrder {
    pub id: Id,
    pub number: String,
    pub shop: OrderShop,
    pub status: Status,
    pub total_fen: i64,
}

/// How much the orders of a group cost together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TogetherSum {
    pub orders: i64,
    pub total_fen: i64,
}

/// Every order of a group, itself included; none when it stands alone.
pub fn together(tx: &mut Tx<'_>, mall_id: MallId, order: &Order) -> Result<Vec<TogetherOrder>> {
    let rows: Vec<(Id, Id, String, String, Fen)> = tx.all(
        "select o.id, o.shop_id, s.name, o.status, o.total_fen from trade_order o
         join shop s on s.mall_id = o.mall_id and s.id = o.shop_id
         where o.mall_id = $1 and o.member_id = $2 and o.id >= $3 and o.group_id = $3
         order by o.id",
        &args![mall_id, order.member_id, order.group_id],
    )?;
    if rows.len() < 2 {
        return Ok(Vec::new());
    }
    let one = |(id, shop_id, name, status, total): (Id, Id, String, String, Fen)| {
        let (number, shop, status) = (id.to_string(), OrderShop { id: shop_id, name }, Status::parse(&status)?);
        Ok(TogetherOrder { id, number, shop, status, total_fen: total.0 })
    };
    rows.into_iter().map(one).collect()
}

/// Sums of the groups of some unpaid orders of a member; those that stand alone are absent.
pub(super) fn sums(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    orders: &[Order],
) -> Result<HashMap<Id, TogetherSum>> {
    let unpaid = orders.iter().filter(|order| order.status == Status::Unpaid);
    let groups: Vec<Id> = unpaid.map(|order| order.group_id).collect();
    let Some(first) = groups.iter().min().copied() else { return Ok(HashMap::new()) };
    let rows: Vec<(Id, i64, i64)> = tx.all(
        "select group_id, count(*), cast(sum(total_fen) as bigint) from trade_order
         where mall_id = $1 and member_id = $2 and id >= $3 and group_id = any($4)
         group by group_id",
        &args![mall_id, member_id, first, groups],
    )?;
    let several = rows.into_iter().filter(|(_, count, _)| *count > 1);
    Ok(several.map(|(group, orders, total_fen)| (group, TogetherSum { orders, total_fen })).collect())
}
