//! The homes of a member in the copy of their data; gone with the account.

use db::Tx;
use goods::store;
use kernel::{Id, MallId, Result};
use people::hooks::{PersonalData, Section};
use people::{home, staff};
use platform::{App, Ctx};
use serde_json::json;
use std::collections::HashMap;

/// This part of a member's data.
pub struct HomeData;

const HOMES: &[(&str, &str)] =
    &[("store", "归属门店"), ("clerk", "导购"), ("how", "来源"), ("since", "开始"), ("ended_at", "结束")];

impl PersonalData for HomeData {
    fn gather(&self, tx: &mut Tx<'_>, _: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        let homes = home::history(tx, mall_id, member)?;
        let stores: Vec<Id> = homes.iter().map(|home| home.whose.store_id).collect();
        let clerks: Vec<Id> = homes.iter().filter_map(|home| home.whose.clerk_id).collect();
        let stores: HashMap<Id, String> =
            store::stores_by_id(tx, mall_id, &stores)?.into_iter().map(|store| (store.id, store.name)).collect();
        let clerks = staff::names(tx, mall_id, &clerks)?;
        let rows = homes.iter().map(|home| {
            let clerk = home.whose.clerk_id.and_then(|id| clerks.get(&id));
            let store = stores.get(&home.whose.store_id);
            vec![json!(store), json!(clerk), json!(home.how), json!(home.since), json!(home.ended_at)]
        });
        Ok(vec![Section { name: "homes", title: "归属门店", columns: HOMES, rows: rows.collect() }])
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        home::forget_member(tx, ctx, member)
    }
}
