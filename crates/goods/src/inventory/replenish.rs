//! What to bring where: how fast a shelf sold in the last four weeks, how many days what it has will last, and how many
//! pieces would make it last as long as wanted. What is on its way counts as there. Only hints: nothing moves by itself.

use super::scope;
use crate::label::{option_text, texts};
use crate::named;
use crate::store;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Arg, Tx, args, row};
use kernel::{Cursor, Error, Id, MallId, Page, Result, days};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Ctx, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Days that are looked back on: four of each weekday.
const LOOK_BACK: i64 = 28;
/// Rows written at once, so that no order waits for long.
const CHUNK: usize = 500;

/// Counts anew what each shelf sold, in every mall.
pub async fn count_pace(app: App) -> Result<()> {
    for mall in app.malls.all() {
        count_mall(&app, app.system(mall.id)).await?;
    }
    Ok(())
}

async fn count_mall(app: &App, ctx: Ctx) -> Result<()> {
    let reader = ctx.clone();
    let sold = app.db.read(move |tx| sold(tx, &reader)).await?;
    for rows in sold.chunks(CHUNK) {
        let (rows, ctx) = (rows.to_vec(), ctx.clone());
        app.db.write(move |tx| keep(tx, &ctx, &rows)).await?;
    }
    let (mall_id, now) = (ctx.mall_id, ctx.now);
    let forget = "delete from stock_pace where mall_id = $1 and counted_at < $2";
    app.db.write(move |tx| tx.exec(forget, &args![mall_id, now])).await?;
    Ok(())
}

/// Pieces by place and SKU that orders took in the last four weeks, less those that came back.
fn sold(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<(Id, Id, i64)>> {
    tx.all(
        "select location_id, sku_id, cast(-sum(on_hand_delta) as bigint)
         from stock_movement
         where mall_id = $1 and at >= $2 and holder_kind = 'order' and on_hand_delta <> 0
         group by location_id, sku_id
         having sum(on_hand_delta) < 0",
        &args![ctx.mall_id, ctx.now - days(LOOK_BACK)],
    )
}

fn keep(tx: &mut Tx<'_>, ctx: &Ctx, sold: &[(Id, Id, i64)]) -> Result<()> {
    let rows: Vec<Vec<Arg>> = sold
        .iter()
        .map(|(location_id, sku_id, sold)| Vec::from(args![ctx.mall_id, *location_id, *sku_id, *sold, ctx.now]))
        .collect();
    tx.insert_many(
        "insert into stock_pace (mall_id, location_id, sku_id, sold, counted_at) values",
        "on conflict (mall_id, location_id, sku_id)
         do update set sold = excluded.sold, counted_at = excluded.counted_at",
        &rows,
    )?;
    Ok(())
}

/// A SKU that will run out at a place before the wanted days are over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReplenishHint {
    pub sku_id: Id,
    pub product_id: Id,
    pub product_name: String,
    pub picture: Option<Picture>,
    pub option_text: String,
    pub code: String,
    /// Sold from here in the last 28 days, less what came back.
    pub sold: i64,
    pub available: i64,
    /// On its way to here.
    pub in_transit: i64,
    /// Days for which what is here and what is on its way will last at that pace, rounded down.
    pub cover_days: i64,
    /// Pieces that would make it last the wanted days.
    pub suggested: i64,
    /// Free where the shop's parcels leave from; absent when this is that place.
    pub source_available: Option<i64>,
}

/// Hints for one place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Replenishment {
    pub location_id: Id,
    /// Where goods would come from; absent for the shop's own warehouse, which is filled from outside.
    pub source_location_id: Option<Id>,
    pub days: i64,
    pub hints: Page<ReplenishHint>,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HintFilter {
    location_id: Id,
    /// For how many days goods should last: 1–90, 14 if absent.
    days: Option<i64>,
    /// The beginning of a SKU's code or barcode, or words of a product.
    q: Option<String>,
    cursor: Option<String>,
    /// 1–100, 50 if absent.
    limit: Option<i64>,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_replenishment)).routes(routes!(count_sales))
}

/// Count anew what shelves sold.
///
/// Needs `inventory.edit`. It is done once an hour by itself.
#[utoipa::path(post, path = "/inventory/replenishment/count", tag = "inventory", security(("staff" = [])),
    responses((status = 204)))]
async fn count_sales(State(app): State<App>, staff: Staff<perm::InventoryEdit>) -> Answer<StatusCode> {
    count_mall(&app, app.system(staff.mall.id)).await?;
    staff
        .write(&app, "inventory.count_sales", |_, ctx| Ok(((), Note::new("mall", ctx.mall_id, "重新统计各处销量"))))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List what will run out at a place, the best sellers first.
///
/// Needs `inventory.view`. Counted from the sales of the last 28 days, once an hour.
#[utoipa::path(get, path = "/inventory/replenishment", tag = "inventory", security(("staff" = [])), params(HintFilter),
    responses((status = 200, body = Replenishment),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`location.not_found`")))]
async fn list_replenishment(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Query(filter): Query<HintFilter>,
) -> Answer<Json<Replenishment>> {
    let days = filter.days.unwrap_or(14);
    if !(1..=90).contains(&days) {
        return Err(Error::field("days", "天数要在 1 到 90 之间").into());
    }
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let (limit, location_id) = (filter.limit.unwrap_or(50).clamp(1, 100), filter.location_id);
    let (source, rows) = app
        .db
        .read(move |tx| {
            let place = store::find_location(tx, mall_id, location_id)?;
            scope::within(tx, mall_id, store_id, location_id)?;
            let source = store::default_location(tx, mall_id, place.shop_id)?;
            let source = (source != location_id).then_some(source);
            Ok((source, hints(tx, mall_id, &filter, source, days, limit)?))
        })
        .await?;
    let page = Page::from_rows(rows, limit, |row: &Row| Cursor { key: row.sold, id: row.sku_id.0 });
    let items = page.items.into_iter().map(|row| row.shown(&app, days, source.is_some()));
    let items = items.collect::<Result<Vec<_>>>()?;
    let hints = Page { items, next_cursor: page.next_cursor };
    Ok(Json(Replenishment { location_id, source_location_id: source, days, hints }))
}

struct Row {
    sku_id: Id,
    product_id: Id,
    product_name: String,
    picture_key: Option<String>,
    picture_keys: String,
    option_values: String,
    code: String,
    sold: i64,
    available: i64,
    low_mark: i64,
    in_transit: i64,
    source_available: i64,
}
row!(Row {
    sku_id,
    product_id,
    product_name,
    picture_key,
    picture_keys,
    option_values,
    code,
    sold,
    available,
    low_mark,
    in_transit,
    source_available
});

/// Pieces that would make `coming` last `days`, and bring it above its warning mark.
fn suggest(sold: i64, coming: i64, low_mark: i64, days: i64) -> i64 {
    let wanted = (sold * days + LOOK_BACK - 1) / LOOK_BACK;
    (wanted.max(low_mark + 1) - coming).max(0)
}

impl Row {
    fn shown(self, app: &App, days: i64, has_source: bool) -> Result<ReplenishHint> {
        let key = match self.picture_key {
            Some(key) => Some(key),
            None => texts(&self.picture_keys)?.into_iter().next(),
        };
        let coming = self.available + self.in_transit;
        Ok(ReplenishHint {
            sku_id: self.sku_id,
            product_id: self.product_id,
            picture: key.map(|key| storage::picture(app, &key, &self.product_name)),
            product_name: self.product_name,
            option_text: option_text(&self.option_values)?,
            code: self.code,
            sold: self.sold,
            available: self.available,
            in_transit: self.in_transit,
            cover_days: coming * LOOK_BACK / self.sold.max(1),
            suggested: suggest(self.sold, coming, self.low_mark, days),
            source_available: has_source.then_some(self.source_available),
        })
    }
}

/// One row more than the page holds, along the index of what sold best here.
fn hints(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    filter: &HintFilter,
    source: Option<Id>,
    days: i64,
    limit: i64,
) -> Result<Vec<Row>> {
    let after = filter.cursor.as_deref().map(Cursor::decode).transpose()?;
    let after = after.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let mut args = Vec::from(args![mall_id, filter.location_id, after.key, after.id, days, source, limit + 1]);
    let mut chosen = String::new();
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        args.push(named::skus(tx, mall_id, q)?.into());
        chosen += &format!(" and h.sku_id = any(${})", args.len());
    }
    tx.all(
        &format!(
            "select h.sku_id, p.id, p.name, k.picture_key, p.picture_keys, k.option_values, k.code, h.sold,
               coalesce(t.on_hand - t.reserved, cast(0 as bigint)), coalesce(t.low_mark, cast(0 as bigint)), {UNDERWAY},
               coalesce(s.on_hand - s.reserved, cast(0 as bigint))
             from stock_pace h
             join sku k on k.mall_id = h.mall_id and k.id = h.sku_id
             join product p on p.mall_id = k.mall_id and p.id = k.product_id
             left join stock t on t.mall_id = h.mall_id and t.sku_id = h.sku_id and t.location_id = h.location_id
             left join stock s on s.mall_id = h.mall_id and s.sku_id = h.sku_id and s.location_id = $6
             where h.mall_id = $1 and h.location_id = $2 and (h.sold, h.sku_id) < ($3, $4)
               and k.deleted_at is null and p.deleted_at is null and p.status <> 'off_sale'
               and (coalesce(t.on_hand - t.reserved, 0) + {UNDERWAY}) * {LOOK_BACK} < h.sold * cast($5 as bigint){chosen}
             order by h.sold desc, h.sku_id desc
             limit $7"
        ),
        &args,
    )
}

/// What is on its way to the place of a hint.
const UNDERWAY: &str = "(select cast(coalesce(sum(n.underway), 0) as bigint)
   from stock_transfer_line n
   where n.mall_id = h.mall_id and n.sku_id = h.sku_id and n.to_location_id = h.location_id and n.underway > 0)";

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn a_hint_covers_the_wanted_days_and_the_warning_mark() {
        assert_eq!(suggest(28, 5, 0, 14), 9, "one a day for a fortnight, five are there");
        assert_eq!(suggest(3, 1, 0, 14), 1, "half a piece is a whole one");
        assert_eq!(suggest(3, 1, 6, 14), 6, "above its warning mark");
        assert_eq!(suggest(28, 40, 0, 14), 0);
    }
}
