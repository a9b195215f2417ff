//! Two after-sales for the demo's desk: one that waits for an answer, one whose goods are on their way back.

use crate::flows::after_sale::{AskAfterSale, approve, ask, send_back};
use db::{Tx, args};
use kernel::{Actor, Id, Result, hours};
use platform::Ctx;
use serde_json::json;
use trade::after_sale::{AfterSaleRules, ReturnAddress, Step, save_rules};

/// Rules with an address, and a request for the first piece of a completed and of a shipped order.
pub(super) fn seed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let rules = AfterSaleRules {
        return_address: Some(ReturnAddress {
            name: "河坊生活售后".into(),
            phone: "0571-88001234".into(),
            address: "浙江省杭州市上城区望江路 60 号 2 号库".into(),
        }),
        ..AfterSaleRules::default()
    };
    save_rules(tx, ctx, &rules)?;
    for (status, reason, words) in [
        ("completed", "quality", "收到后发现边上有一道裂纹，补了照片给客服，想退掉。"),
        ("shipped", "not_as_described", "颜色比照片深，和家里不搭。"),
    ] {
        let order: Option<(Id, Id)> = tx.opt(
            "select id, member_id from trade_order
             where mall_id = $1 and status = $2 and source = 'online'
             order by id
             limit 1",
            &args![ctx.mall_id, status],
        )?;
        let Some((order_id, member_id)) = order else { continue };
        let member = ctx.acting_as(Actor::Member(member_id));
        let request = json!({ "order_id": order_id, "kind": "return_refund", "stage": "sent", "reason": reason,
            "lines": [{ "line_id": "1", "quantity": 1 }], "description": words });
        let request: AskAfterSale = serde_json::from_value(request).map_err(kernel::Error::internal)?;
        let id = ask(tx, &member, hours(8), &request)?;
        if status == "shipped" {
            approve(tx, &ctx.acting_as(Actor::System), id, Step::Approve, None)?;
            send_back(tx, &member, id, "sf", &format!("SF{}", order_id.0 % 10_000_000_000))?;
        }
    }
    Ok(())
}
