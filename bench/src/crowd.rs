//! Fills the mall until it is large: every product, member and order that is there already is copied row by row, with
//! ids, times and texts of its own. Copies follow the tables as they are, so that a new column is copied too.

use crate::Outcome;
use db::{Arg, Db, Tx, args};
use kernel::{Id, Ids, Instant, MallId, Result, days};

/// How large.
#[derive(Clone, Copy)]
pub struct Size {
    pub products: i64,
    pub members: i64,
    pub orders: i64,
}

/// Copies made in one transaction.
const BATCH: i64 = 5_000;
/// Ids of copies lie below those the program makes now, and far apart from each other by kind.
const SPAN: i64 = 1 << 40;

/// Fills the database of `mall_id` up to `size`. `order` is the order to copy: delivered, confirmed and reviewed.
pub fn fill(db: &Db, mall_id: MallId, size: Size, order: Id, now: Instant) -> Outcome<()> {
    let kinds = Kinds { mall_id, order, now, size };
    for (steps, count) in [(PRODUCT, size.products), (MEMBER, size.members), (ORDER, size.orders)] {
        let mut from = 0;
        while from < count {
            let to = (from + BATCH).min(count);
            db.write_blocking(move |tx| steps.iter().try_for_each(|step| kinds.copy(tx, step, from, to)))?;
            from = to;
        }
    }
    db.write_blocking(|tx| tx.exec("analyze", &args![]).map(drop))?;
    Ok(())
}

#[derive(Clone, Copy)]
struct Kinds {
    mall_id: MallId,
    order: Id,
    now: Instant,
    size: Size,
}

/// How the rows of one table are copied: which rows serve as patterns, and the columns that differ in copy `n`.
/// `{p}`, `{s}`, `{m}`, `{o}`, `{r}` stand for the first ids of copied products, SKUs, members, orders and reviews;
/// `{P}` and `{M}` for how many products and members there are.
struct Step {
    table: &'static str,
    /// Rows to copy, as `t`, and `k`: copy `n` follows the pattern whose `k` is `n` modulo how many there are.
    pattern: &'static str,
    patterns: &'static str,
    different: &'static [(&'static str, &'static str)],
}

const PATTERN_PRODUCTS: &str = "select row_number() over (order by id) - 1 as k, id from product
   where mall_id = $1 and deleted_at is null and id > {span_end}";

const PRODUCT: &[Step] = &[
    Step {
        table: "product",
        pattern: "product",
        patterns: "t.id = pattern.id",
        different: &[
            ("id", "{p} + n"),
            ("slug", "null"),
            ("code", "t.code || '-' || n"),
            ("name", "t.name || ' ' || n"),
            ("sales_count", "(n * 7919) % 1000"),
            ("min_price_fen", "t.min_price_fen + n % 977"),
            ("max_price_fen", "t.max_price_fen + n % 977"),
        ],
    },
    Step {
        table: "sku",
        pattern: "product",
        patterns: "t.product_id = pattern.id and t.deleted_at is null",
        different: &[("id", "{s} + n * 64 + t.position"), ("product_id", "{p} + n"), ("code", "t.code || '-' || n")],
    },
    Step {
        table: "stock",
        pattern: "product",
        patterns: "t.sku_id in (select k.id from sku k where k.mall_id = $1 and k.product_id = pattern.id and k.deleted_at is null)",
        different: &[
            ("sku_id", "{s} + n * 64 + (select k.position from sku k where k.mall_id = t.mall_id and k.id = t.sku_id)"),
            ("reserved", "0"),
        ],
    },
    Step {
        table: "product_attribute",
        pattern: "product",
        patterns: "t.product_id = pattern.id",
        different: &[("product_id", "{p} + n")],
    },
    Step {
        table: "product_tag",
        pattern: "product",
        patterns: "t.product_id = pattern.id",
        different: &[("product_id", "{p} + n")],
    },
    Step {
        table: "search_term",
        pattern: "product",
        patterns: "t.kind = 'product' and t.doc_id = pattern.id",
        different: &[("doc_id", "{p} + n")],
    },
];

const MEMBER: &[Step] = &[Step {
    table: "member",
    pattern: "buyer",
    patterns: "t.id = pattern.id",
    different: &[
        ("id", "{m} + n"),
        ("nickname", "'会员 ' || n"),
        ("phone_hash", "'copy-' || n"),
        ("created_at", "{now} - ({M} - n) * 300000"),
        ("updated_at", "{now} - ({M} - n) * 300000"),
    ],
}];

/// Two years of orders, the newest few still on their way.
const STATUS: &str = "case when n >= {O} * 98 / 100 then
    (case n % 4 when 0 then 'to_ship' when 1 then 'shipped' when 2 then 'unpaid' else 'closed' end)
    when n % 12 = 0 then 'closed' else 'completed' end";
const CREATED: &str = "{now} - ({O} - n) * {step}";
/// The id an order made at that moment has.
const ORDER_ID: &str = "((({now} - ({O} - n) * {step}) - {epoch}) * 2097152 + 2088960 + n % 4096)";

const ORDER: &[Step] = &[
    Step {
        table: "trade_order",
        pattern: "order",
        patterns: "t.id = pattern.id",
        different: &[
            ("id", ORDER_ID),
            ("group_id", ORDER_ID),
            ("member_id", "{m} + (n * 7919) % {M}"),
            ("status", STATUS),
            ("created_at", CREATED),
            ("paid_at", "case when n % 12 = 0 then null else {now} - ({O} - n) * {step} + 60000 end"),
            ("shipped_at", "{now} - ({O} - n) * {step} + 7200000"),
            ("completed_at", "{now} - ({O} - n) * {step} + 172800000"),
            ("expires_at", "{now} + 3600000"),
            ("receiver_search", "'copy-' || n"),
        ],
    },
    Step {
        table: "order_line",
        pattern: "order",
        patterns: "t.order_id = pattern.id",
        different: &[
            ("order_id", ORDER_ID),
            ("product_id", "{p} + (n * 104729) % {P}"),
            ("sku_id", "{s} + ((n * 104729) % {P}) * 64"),
            ("reviewed_at", "case when n % 5 = 0 then {now} else null end"),
        ],
    },
    Step {
        table: "order_event",
        pattern: "order",
        patterns: "t.order_id = pattern.id",
        different: &[("order_id", ORDER_ID), ("id", "t.id"), ("at", CREATED)],
    },
    Step {
        table: "payment",
        pattern: "order",
        patterns: "t.payable_id = pattern.id",
        different: &[
            ("id", ORDER_ID),
            ("payable_id", ORDER_ID),
            ("member_id", "{m} + (n * 7919) % {M}"),
            ("transaction_id", "'copy-' || n"),
            ("created_at", CREATED),
        ],
    },
    Step {
        table: "parcel",
        pattern: "order",
        patterns: "t.order_id = pattern.id and n % 3 = 0",
        different: &[
            ("id", ORDER_ID),
            ("order_id", ORDER_ID),
            ("tracking_number", "'SF' || n"),
            ("shipped_at", CREATED),
        ],
    },
    Step {
        table: "review",
        pattern: "order",
        patterns: "t.order_id = pattern.id and n % 5 = 0",
        different: &[
            ("id", ORDER_ID),
            ("order_id", ORDER_ID),
            ("member_id", "{m} + (n * 7919) % {M}"),
            ("product_id", "{p} + (n * 104729) % {P}"),
            ("sku_id", "{s} + ((n * 104729) % {P}) * 64"),
            ("created_at", CREATED),
            ("reply", "case when n % 50 = 0 then null else '谢谢你的评价' end"),
            ("replied_at", CREATED),
        ],
    },
];

impl Kinds {
    fn copy(&self, tx: &mut Tx<'_>, step: &Step, from: i64, to: i64) -> Result<()> {
        let columns: Vec<String> =
            tx.all("select name from pragma_table_info($1) order by cid", &[Arg::from(step.table)])?;
        let value = |column: &String| {
            let different = step.different.iter().find(|(name, _)| name == column);
            different.map_or_else(|| format!("t.{column}"), |(_, text)| self.fill_in(text))
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let pattern = match step.pattern {
            "product" => self.fill_in(PATTERN_PRODUCTS),
            "buyer" => {
                format!("select 0 as k, member_id as id from trade_order where mall_id = $1 and id = {}", self.order.0)
            }
            _ => format!("select 0 as k, cast({} as bigint) as id where $1 > 0", self.order.0),
        };
        tx.exec(
            &format!(
                "with recursive copy(n) as (select $2 union all select n + 1 from copy where n + 1 < $3),
                 patterns as materialized ({pattern})
                 insert into {table} ({columns})
                 select {values}
                 from copy
                 join patterns pattern on pattern.k = n % (select count(*) from patterns)
                 join {table} t on t.mall_id = $1 and {patterns}",
                table = step.table,
                columns = columns.join(", "),
                values = values.join(", "),
                patterns = self.fill_in(step.patterns),
            ),
            &args![self.mall_id, from, to],
        )?;
        Ok(())
    }

    fn fill_in(&self, text: &str) -> String {
        let epoch = Ids::instant_of(Id(0)).0;
        let step = days(730) / self.size.orders.max(1);
        let numbers = [
            ("{span_end}", 4 * SPAN),
            ("{p}", 1),
            ("{s}", SPAN),
            ("{m}", 2 * SPAN),
            ("{P}", self.size.products.max(1)),
            ("{M}", self.size.members.max(1)),
            ("{O}", self.size.orders),
            ("{now}", self.now.0),
            ("{step}", step.max(1)),
            ("{epoch}", epoch),
        ];
        numbers.iter().fold(text.to_owned(), |text, (name, number)| text.replace(name, &number.to_string()))
    }
}
