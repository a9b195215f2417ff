//! What behaviour events keep of a member: the id beside what was looked at. They go when the member
//! goes; the figures made of them stay.

use db::{Tx, args};
use kernel::{Id, MallId, Result};
use people::hooks::{PersonalData, Section};
use platform::{App, Ctx};
use serde_json::json;

/// Events that name the member.
pub struct BehaviourData;

const COLUMNS: &[(&str, &str)] = &[("id", "编号"), ("kind", "行为"), ("product_id", "商品编号"), ("word", "词")];

impl PersonalData for BehaviourData {
    fn gather(&self, tx: &mut Tx<'_>, _: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        let rows: Vec<(Id, String, Option<Id>, Option<String>)> = tx.all(
            "select id, kind, product_id, word
             from behaviour_event
             where mall_id = $1 and member_id = $2
             order by id",
            &args![mall_id, member],
        )?;
        let rows = rows.into_iter().map(|row| vec![json!(row.0), json!(row.1), json!(row.2), json!(row.3)]).collect();
        Ok(vec![Section { name: "behaviour", title: "行为记录", columns: COLUMNS, rows }])
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        super::forget_member(tx, ctx.mall_id, member)
    }
}
