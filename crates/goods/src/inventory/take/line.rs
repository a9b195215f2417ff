//! The lines of a sheet: what is called how, what was expected, what was counted, and what happened since.

use crate::label::{containing, option_text, texts};
use db::{Tx, args, row};
use kernel::{Cursor, Id, MallId, Page, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which lines to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    #[default]
    All,
    Uncounted,
    /// Counted, and not what was expected.
    Differing,
    /// Counted, and the stock moved since the sheet was opened.
    Moved,
}

impl Shown {
    const fn condition(self) -> &'static str {
        match self {
            Shown::All => "true",
            Shown::Uncounted => "n.counted is null",
            Shown::Differing => "n.counted <> n.expected",
            Shown::Moved => "n.counted is not null and t.on_hand <> n.expected",
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LineFilter {
    #[serde(default)]
    #[param(inline)]
    pub show: Shown,
    /// Part of a product's name, or of a SKU's code or barcode.
    pub q: Option<String>,
    pub cursor: Option<String>,
    /// 1–200, 100 if absent.
    pub limit: Option<i64>,
}

/// One line of a stock-take.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockTakeLine {
    pub sku_id: Id,
    pub product_id: Id,
    pub product_name: String,
    pub picture: Option<Picture>,
    pub option_text: String,
    pub code: String,
    pub barcode: Option<String>,
    /// On hand when the sheet was opened.
    pub expected: i64,
    pub counted: Option<i64>,
    /// On hand now.
    pub on_hand: i64,
    /// Held by orders now.
    pub reserved: i64,
    /// What was written down; absent before, and for a line that was left out.
    pub posted_delta: Option<i64>,
}

pub(super) struct LineRow {
    pub sku_id: Id,
    product_id: Id,
    pub product_name: String,
    picture_key: Option<String>,
    picture_keys: String,
    pub option_values: String,
    pub code: String,
    pub barcode: Option<String>,
    pub expected: i64,
    pub counted: Option<i64>,
    on_hand: i64,
    reserved: i64,
    posted_delta: Option<i64>,
}
row!(LineRow {
    sku_id,
    product_id,
    product_name,
    picture_key,
    picture_keys,
    option_values,
    code,
    barcode,
    expected,
    counted,
    on_hand,
    reserved,
    posted_delta
});

/// One row more than the page holds.
pub(super) fn lines(tx: &mut Tx<'_>, mall_id: MallId, take_id: Id, filter: &LineFilter) -> Result<Vec<LineRow>> {
    let after = filter.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(0, |cursor| cursor.id);
    let q = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()).map(str::to_lowercase);
    tx.all(
        &format!(
            "select n.sku_id, p.id, p.name, k.picture_key, p.picture_keys, k.option_values, k.code, k.barcode,
               n.expected, n.counted, coalesce(t.on_hand, cast(0 as bigint)), coalesce(t.reserved, cast(0 as bigint)),
               n.posted_delta
             from stock_take_line n
             join stock_take h on h.mall_id = n.mall_id and h.id = n.stock_take_id
             join sku k on k.mall_id = n.mall_id and k.id = n.sku_id
             join product p on p.mall_id = k.mall_id and p.id = k.product_id
             left join stock t on t.mall_id = n.mall_id and t.sku_id = n.sku_id and t.location_id = h.location_id
             where n.mall_id = $1 and n.stock_take_id = $2 and n.sku_id > $3 and {condition}
               and (cast($4 as text) is null or lower(p.name) like $4 escape '\\' or lower(k.code) like $4 escape '\\'
                 or k.barcode like $4 escape '\\')
             order by n.sku_id
             limit $5",
            condition = filter.show.condition()
        ),
        &args![mall_id, take_id, after, q.as_deref().map(containing), filter.page_size() + 1],
    )
}

impl LineFilter {
    fn page_size(&self) -> i64 {
        self.limit.unwrap_or(100).clamp(1, 200)
    }
}

pub(super) fn page(app: &App, filter: &LineFilter, rows: Vec<LineRow>) -> Result<Page<StockTakeLine>> {
    let page = Page::from_rows(rows, filter.page_size(), |row| Cursor { key: 0, id: row.sku_id.0 });
    let items = page.items.into_iter().map(|row| row.shown(app)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

impl LineRow {
    fn shown(self, app: &App) -> Result<StockTakeLine> {
        let key = match self.picture_key {
            Some(key) => Some(key),
            None => texts(&self.picture_keys)?.into_iter().next(),
        };
        Ok(StockTakeLine {
            sku_id: self.sku_id,
            product_id: self.product_id,
            picture: key.map(|key| storage::picture(app, &key, &self.product_name)),
            product_name: self.product_name,
            option_text: option_text(&self.option_values)?,
            code: self.code,
            barcode: self.barcode,
            expected: self.expected,
            counted: self.counted,
            on_hand: self.on_hand,
            reserved: self.reserved,
            posted_delta: self.posted_delta,
        })
    }
}

/// Counted lines whose stock moved since the sheet was opened, and those that would fall below what orders hold.
pub(super) fn uneven(tx: &mut Tx<'_>, mall_id: MallId, take_id: Id) -> Result<(i64, i64)> {
    tx.one(
        "select cast(coalesce(sum(case when t.on_hand <> n.expected then 1 else 0 end), 0) as bigint),
           cast(coalesce(sum(case when t.on_hand + n.counted - n.expected < t.reserved then 1 else 0 end), 0) as bigint)
         from stock_take_line n
         join stock_take h on h.mall_id = n.mall_id and h.id = n.stock_take_id
         join stock t on t.mall_id = n.mall_id and t.sku_id = n.sku_id and t.location_id = h.location_id
         where n.mall_id = $1 and n.stock_take_id = $2 and n.counted is not null",
        &args![mall_id, take_id],
    )
}
