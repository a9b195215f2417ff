//! What SQLite is told about the data: the sizes of a grown mall, the same from the first row to the millionth.
//!
//! Without statistics SQLite believes that `mall_id = ?` leaves ten rows, and then walks a whole mall along the wrong
//! index; with measured ones a plan depends on when they were measured. Ours are neither: they are written by rule after
//! every migration, are never measured, and so a plan is the same in a test, on a laptop and after years.

use crate::Tx;
use kernel::Result;

/// Rows of a table that grows with the mall.
const MANY: i64 = 1_000_000;
/// Rows of a table that a person fills by hand.
const FEW: i64 = 50;
/// Rows that one owner has of a thing: lines of an order, addresses of a member.
const OWN: i64 = 10;
/// Rows that share a state, a day or a kind are this part of what is left.
const SHARE: i64 = 10;

/// Filled by hand, however large a mall grows.
pub const BY_HAND: &[&str] = &[
    "after_sale_rules",
    "brand",
    "category",
    "coupon_template",
    "delivery_rider",
    "delivery_rule",
    "freight_template",
    "location",
    "loyalty_program",
    "mall",
    "mall_account",
    "mall_template",
    "membership_plan",
    "notice_rule",
    "offer_version",
    "page_draft",
    "pickup_rule",
    "points_sku_cap",
    "role",
    "saved_view",
    "shop",
    "staff",
    "store",
    "tier",
    "top_up_plan",
    "webhook_endpoint",
    "webhook_subscription",
];

/// Writes the assumed sizes. The table that comes and goes changes the schema's cookie, so that every connection reads
/// them at its next statement.
pub(crate) fn assume(tx: &mut Tx<'_>) -> Result<()> {
    tx.script(
        "drop table if exists assumed_size; create table assumed_size (id integer primary key);
         insert into assumed_size values (1); analyze assumed_size; delete from sqlite_stat1;",
    )?;
    let columns: Vec<Column> = tx.all(
        "select t.name, t.wr = 1, i.name, i.\"unique\" = 1, i.partial = 1, i.origin = 'pk', coalesce(c.name, '')
         from pragma_table_list t
         join pragma_index_list(t.name) i
         join pragma_index_info(i.name) c
         where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite_%' and t.name <> 'assumed_size'
         order by t.name, i.name, c.seqno",
        &[],
    )?;
    for index in columns.chunk_by(|one, other| one.index == other.index) {
        let first = &index[0];
        // The rows of a table stored in key order are its key's index, which goes by the table's name.
        let name = if first.clustered && first.key { &first.table } else { &first.index };
        let sizes = sizes(first, index.iter().map(|column| column.name.as_str()));
        tx.exec(
            "insert into sqlite_stat1 (tbl, idx, stat) values ($1, $2, $3)",
            &crate::args![&first.table, name, sizes],
        )?;
    }
    tx.script("drop table assumed_size; analyze sqlite_schema;")
}

/// One column of an index.
struct Column {
    table: String,
    clustered: bool,
    index: String,
    unique: bool,
    partial: bool,
    key: bool,
    name: String,
}
crate::row!(Column { table, clustered, index, unique, partial, key, name });

/// All rows, then how many rows agree in the first column, the first two, and so on.
fn sizes<'a>(index: &Column, columns: impl Iterator<Item = &'a str>) -> String {
    let table = if BY_HAND.contains(&index.table.as_str()) { FEW } else { MANY };
    let rows = if index.partial { table / SHARE } else { table };
    let mut left = rows;
    let mut sizes = vec![rows];
    for column in columns {
        left = match column {
            "mall_id" => left,
            "id" | "code" | "number" | "barcode" | "key" | "path" | "word" | "term" => left.min(OWN),
            owner if owner.ends_with("_id") || owner.ends_with("_hash") || owner.ends_with("_search") => left.min(OWN),
            _ => (left / SHARE).max(1),
        };
        sizes.push(left);
    }
    if index.unique
        && let Some(last) = sizes.last_mut()
    {
        *last = 1;
    }
    sizes.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mall_is_not_selective_its_things_are() {
        let index = |table: &str, unique, partial| Column {
            table: table.into(),
            clustered: false,
            index: "i".into(),
            unique,
            partial,
            key: false,
            name: String::new(),
        };
        assert_eq!(
            sizes(&index("stock", true, false), ["mall_id", "sku_id", "location_id"].into_iter()),
            "1000000 1000000 10 1"
        );
        assert_eq!(
            sizes(&index("trade_order", false, false), ["mall_id", "status", "created_at"].into_iter()),
            "1000000 1000000 100000 10000"
        );
        assert_eq!(
            sizes(&index("trade_order", false, true), ["mall_id", "expires_at"].into_iter()),
            "100000 100000 10000"
        );
        assert_eq!(sizes(&index("store", true, false), ["mall_id", "id"].into_iter()), "50 50 1");
    }
}
