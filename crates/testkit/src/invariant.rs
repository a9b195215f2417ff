//! Promises that hold after every story, whatever happened in it. Each is one query that finds what breaks it.

use db::{Tx, args};
use kernel::Result;

/// What must never be found, each with the query that looks for it (a text per breach).
const NEVER: &[(&str, &str)] = &[
    (
        "stock is reserved by nobody, or reserved twice",
        "select 'sku ' || cast(s.sku_id as text) || ' reserved ' || cast(s.reserved as text)
         from stock s
         where s.reserved <> (select coalesce(cast(sum(r.quantity) as bigint), 0) from stock_reservation r
           where r.mall_id = s.mall_id and r.sku_id = s.sku_id and r.location_id = s.location_id)",
    ),
    (
        "a reservation has no stock behind it",
        "select 'sku ' || cast(r.sku_id as text) from stock_reservation r
         where not exists (select 1 from stock s
           where s.mall_id = r.mall_id and s.sku_id = r.sku_id and s.location_id = r.location_id)",
    ),
    (
        "stock is negative, or more is promised than there is",
        "select 'sku ' || cast(s.sku_id as text) from stock s where s.reserved < 0 or s.reserved > s.on_hand",
    ),
    (
        "movements do not add up to the stock",
        "select 'sku ' || cast(s.sku_id as text) from stock s
         where (s.on_hand, s.reserved) <> (
           select coalesce(cast(sum(m.on_hand_delta) as bigint), 0), coalesce(cast(sum(m.reserved_delta) as bigint), 0)
           from stock_movement m
           where m.mall_id = s.mall_id and m.sku_id = s.sku_id and m.location_id = s.location_id)",
    ),
    (
        "pieces under way are not what was sent and not told of",
        "select 'transfer ' || cast(n.stock_transfer_id as text) || ' sku ' || cast(n.sku_id as text)
         from stock_transfer_line n
         join stock_transfer t on t.mall_id = n.mall_id and t.id = n.stock_transfer_id
         where n.to_location_id <> t.to_location_id
            or n.underway + n.received + n.returned + n.lost
              <> (case when t.state in ('sent', 'received') then n.quantity else 0 end)
            or (t.state = 'received' and n.underway <> 0)",
    ),
    (
        "a transfer counts other pieces than its lines",
        "select 'transfer ' || cast(t.id as text) from stock_transfer t
         where (t.line_count, t.quantity, t.received, t.returned, t.lost) <> (
           select count(*), coalesce(cast(sum(n.quantity) as bigint), 0), coalesce(cast(sum(n.received) as bigint), 0),
             coalesce(cast(sum(n.returned) as bigint), 0), coalesce(cast(sum(n.lost) as bigint), 0)
           from stock_transfer_line n where n.mall_id = t.mall_id and n.stock_transfer_id = t.id)",
    ),
    (
        "a transfer moved other pieces than it says",
        "select 'transfer ' || cast(n.stock_transfer_id as text) || ' sku ' || cast(n.sku_id as text)
         from stock_transfer_line n
         where (select coalesce(cast(sum(m.on_hand_delta) as bigint), 0) from stock_movement m
             where m.mall_id = n.mall_id and m.sku_id = n.sku_id and m.holder_kind = 'stock_transfer'
               and m.holder_id = n.stock_transfer_id) <> -(n.underway + n.lost)",
    ),
    (
        "a product says it is in stock when it is not, or the other way round",
        "select p.name from product p
         where p.in_stock <> exists (select 1 from sku k
           join stock s on s.mall_id = k.mall_id and s.sku_id = k.id
           where k.mall_id = p.mall_id and k.product_id = p.id and k.deleted_at is null and s.on_hand > s.reserved)",
    ),
    (
        "what lies on the shelves does not add up to the product",
        "select p.name || ' says ' || cast(p.on_hand as text) from product p
         where p.on_hand <> (select coalesce(cast(sum(s.on_hand) as bigint), 0) from sku k
           join stock s on s.mall_id = k.mall_id and s.sku_id = k.id
           where k.mall_id = p.mall_id and k.product_id = p.id and k.deleted_at is null)",
    ),
    (
        "lines do not add up to their order",
        "select 'order ' || cast(o.id as text) from trade_order o
         where (o.goods_fen, o.discount_fen, o.total_fen - o.freight_fen, o.quantity) <> (
           select cast(sum(l.amount_fen) as bigint), cast(sum(l.discount_fen) as bigint),
             cast(sum(l.payable_fen) as bigint), cast(sum(l.quantity) as bigint)
           from order_line l where l.mall_id = o.mall_id and l.order_id = o.id)",
    ),
    (
        "what applied to a line does not add up to its discount",
        "select 'order ' || cast(l.order_id as text) || ' line ' || cast(l.id as text) from order_line l
         where l.discount_fen <> (select coalesce(cast(sum(d.amount_fen) as bigint), 0) from order_discount d
           where d.mall_id = l.mall_id and d.order_id = l.order_id and d.line_id = l.id)",
    ),
    (
        "fees and freight discounts do not add up to the order's freight",
        "select 'order ' || cast(o.id as text) from trade_order o
         where o.freight_fen <> (select coalesce(cast(sum(d.amount_fen) as bigint), 0) from order_discount d
           where d.mall_id = o.mall_id and d.order_id = o.id and d.line_id = 0)",
    ),
    (
        "a promotion counts other money than its orders cost",
        "select p.name from promotion p
         where p.spent_fen <> (select coalesce(cast(sum(u.cost_fen) as bigint), 0) from promotion_use u
           where u.mall_id = p.mall_id and u.promotion_id = p.id and u.returned_at is null)",
    ),
    (
        "a limited price counts other pieces than were bought at it",
        "select 'sku ' || cast(i.sku_id as text) from limited_item i
         where i.sold <> (select coalesce(cast(sum(u.pieces) as bigint), 0) from limited_use u
           where u.mall_id = i.mall_id and u.sale_id = i.sale_id and u.sku_id = i.sku_id and u.returned_at is null)",
    ),
    (
        "a coupon is used by an order that was closed unpaid",
        "select 'coupon ' || cast(c.id as text) from coupon c
         join trade_order o on o.mall_id = c.mall_id and o.id = c.order_id
         where c.status = 'used' and o.status = 'closed' and o.paid_at is null",
    ),
    (
        "an unpaid order holds other stock than it asked for",
        "select 'order ' || cast(o.id as text) from trade_order o
         where o.status = 'unpaid' and not o.is_service and o.quantity <> (select coalesce(cast(sum(r.quantity) as bigint), 0)
           from stock_reservation r
           where r.mall_id = o.mall_id and r.holder_kind = 'order' and r.holder_id = o.id)",
    ),
    (
        "an order that is not unpaid still holds stock",
        "select 'order ' || cast(o.id as text) || ' ' || o.status from trade_order o
         where o.status <> 'unpaid' and exists (select 1 from stock_reservation r
           where r.mall_id = o.mall_id and r.holder_kind = 'order' and r.holder_id = o.id)",
    ),
    (
        "an order goes on without being paid in full",
        "select 'order ' || cast(o.id as text) || ' ' || o.status from trade_order o
         where o.status in ('to_ship', 'to_pick_up', 'shipped', 'completed') and o.paid_fen <> o.total_fen",
    ),
    (
        "part of the balance waits for an order that is not unpaid",
        "select 'payment ' || cast(p.id as text) from payment p
         where p.scene = 'part' and p.status = 'pending' and not exists (select 1 from trade_order o
           where o.mall_id = p.mall_id and o.group_id = p.payable_id and o.status = 'unpaid')",
    ),
    (
        "an unpaid order has money",
        "select 'order ' || cast(o.id as text) from trade_order o where o.status = 'unpaid' and o.paid_fen <> 0",
    ),
    (
        // A refund that failed for good is still owed: it counts as given back until a person settles it.
        "money is held for nothing, or given back twice",
        "select 'group ' || cast(g.group_id as text)
         from (select mall_id, group_id, cast(sum(paid_fen - refunded_fen) as bigint) as kept
           from trade_order group by mall_id, group_id) g
         where g.kept <> (
           (select coalesce(cast(sum(p.amount_fen) as bigint), 0) from payment p
             where p.mall_id = g.mall_id and p.payable_kind = 'order_group' and p.payable_id = g.group_id
               and p.status in ('paid', 'refunding', 'refunded'))
           - (select coalesce(cast(sum(r.amount_fen) as bigint), 0) from refund r
             join payment p on p.mall_id = r.mall_id and p.id = r.payment_id
             where p.mall_id = g.mall_id and p.payable_kind = 'order_group' and p.payable_id = g.group_id))",
    ),
    (
        "the parts of a payment over several orders are not the payment",
        "select 'payment ' || cast(p.id as text) from payment p
         where p.payable_kind = 'order_group'
           and (select count(*) from trade_order o where o.mall_id = p.mall_id and o.group_id = p.payable_id) > 1
           and p.amount_fen <> (select coalesce(cast(sum(t.amount_fen) as bigint), 0) from payment_part t
             where t.mall_id = p.mall_id and t.payment_id = p.id)",
    ),
    (
        "a part of a payment counts other refunds than there are",
        "select 'payment ' || cast(t.payment_id as text) || ' order ' || cast(t.order_id as text) from payment_part t
         where t.refunded_fen <> (select coalesce(cast(sum(r.amount_fen) as bigint), 0) from refund r
           where r.mall_id = t.mall_id and r.payment_id = t.payment_id and r.order_id = t.order_id)",
    ),
    (
        "an order of several costs other money than its parts",
        "select 'order ' || cast(o.id as text) from trade_order o
         where o.paid_at is not null and o.group_id <> (select max(x.id) from trade_order x
             where x.mall_id = o.mall_id and x.group_id = o.group_id)
           and o.paid_fen <> (select coalesce(cast(sum(t.amount_fen) as bigint), 0) from payment_part t
             join payment p on p.mall_id = t.mall_id and p.id = t.payment_id and not p.sent_back
               and p.status in ('paid', 'refunding', 'refunded')
             where t.mall_id = o.mall_id and t.order_id = o.id)",
    ),
    (
        "orders that are paid together stand apart before they are paid",
        "select 'group ' || cast(o.group_id as text) from trade_order o
         join trade_order x on x.mall_id = o.mall_id and x.group_id = o.group_id
         where o.status = 'unpaid' and x.status <> 'unpaid'",
    ),
    (
        "more was shipped than ordered, or a shipped order misses pieces",
        "select 'order ' || cast(o.id as text) from trade_order o
         join order_line l on l.mall_id = o.mall_id and l.order_id = o.id
         where l.shipped_quantity > l.quantity
            or (o.status = 'shipped' and l.shipped_quantity + l.unsent_quantity <> l.quantity)",
    ),
    (
        "a slot counts other places than orders hold",
        "select 'store ' || cast(s.store_id as text) || ' at ' || cast(s.starts_at as text) from pickup_slot s
         where s.taken <> (select count(*) from pickup_booking b
           where b.mall_id = s.mall_id and b.store_id = s.store_id and b.starts_at = s.starts_at and b.released_at is null)",
    ),
    (
        "a slot of deliveries counts other places than orders hold",
        "select 'store ' || cast(s.store_id as text) || ' at ' || cast(s.starts_at as text) from delivery_slot s
         where s.taken <> (select count(*) from local_order l
           where l.mall_id = s.mall_id and l.store_id = s.store_id and l.wanted_from = s.starts_at
             and l.wanted_until is not null and l.released_at is null)",
    ),
    (
        "an order to be delivered was promised nothing, or another order was",
        "select 'order ' || cast(o.id as text) from trade_order o
         where (o.delivery_kind = 'local') <> exists (select 1 from local_order l
           where l.mall_id = o.mall_id and l.order_id = o.id)",
    ),
    (
        "a delivery and its order do not agree where the goods are",
        "select 'delivery ' || cast(d.id as text) || ' ' || d.state || ', order ' || o.status from delivery d
         join trade_order o on o.mall_id = d.mall_id and o.id = d.order_id
         where (d.state in ('waiting', 'accepted') and o.status <> 'to_ship')
            or (d.state in ('fetched', 'failed') and o.status not in ('shipped', 'closed'))
            or (d.state = 'delivered' and o.status not in ('completed', 'closed'))",
    ),
    (
        "a closed order holds a place at a counter",
        "select 'order ' || cast(b.order_id as text) from pickup_booking b
         join trade_order o on o.mall_id = b.mall_id and o.id = b.order_id
         where b.released_at is null and o.status = 'closed'",
    ),
    (
        "goods put aside for trying are reserved otherwise than they wait",
        "select 'fitting ' || cast(f.id as text) || ' ' || f.state from fitting f
         where case when f.state in ('held', 'ready') then f.quantity else 0 end <> (
           select coalesce(cast(sum(r.quantity) as bigint), 0) from stock_reservation r
           where r.mall_id = f.mall_id and r.holder_kind = 'fitting' and r.holder_id = f.id)",
    ),
    (
        "a quarter of an hour is taken by other bookings than stand",
        "select 'resource ' || cast(t.resource_id as text) || ' at ' || cast(t.at as text) from booking_tick t
         where t.taken <> (select coalesce(cast(sum(b.weight) as bigint), 0) from booking b
           where b.mall_id = t.mall_id and b.resource_id = t.resource_id and b.starts_at <= t.at and t.at < b.busy_until
             and b.state not in ('no_show', 'cancelled', 'lapsed'))",
    ),
    (
        "a booking and the order of its deposit tell different stories",
        "select 'booking ' || cast(b.id as text) || ' ' || b.state || ' ' || o.status from booking b
         join trade_order o on o.mall_id = b.mall_id and o.id = b.order_id
         where not (b.state = 'held' and o.status = 'unpaid' or b.state = 'lapsed' and o.status = 'closed' and o.paid_at is null
           or b.state = 'booked' and o.status = 'to_pick_up'
           or b.state in ('arrived', 'started', 'finished') and o.status in ('to_pick_up', 'completed')
           or b.state in ('no_show', 'cancelled') and (o.status = 'completed' and o.refunded_fen = 0
             or o.status = 'closed' and o.refunded_fen = o.paid_fen))",
    ),
    (
        "a pickup counts other pieces than were handed over and not taken back",
        "select 'order ' || cast(p.order_id as text) from pickup p
         where p.handed_quantity <> (select coalesce(cast(sum(r.quantity) as bigint), 0) from redemption r
             where r.mall_id = p.mall_id and r.kind in ('pickup', 'service') and r.subject_id = p.order_id and r.undone_at is null)
            or p.handed_quantity <> (select coalesce(cast(sum(l.shipped_quantity) as bigint), 0) from order_line l
             where l.mall_id = p.mall_id and l.order_id = p.order_id)",
    ),
    (
        "a line is spoken for by other pieces than its open after-sales ask for",
        "select 'order ' || cast(l.order_id as text) || ' line ' || cast(l.id as text) from order_line l
         where (l.claimed_quantity, l.withheld_quantity) <> (
           select
             cast(coalesce(sum(case when a.status in ('requested', 'approved', 'returning', 'escalated') then x.quantity
               when a.status = 'received' then x.accepted_quantity else 0 end), 0) as bigint),
             cast(coalesce(sum(case when a.stage = 'unsent' and a.status in ('requested', 'escalated') then x.quantity else 0 end), 0)
               as bigint)
           from after_sale_line x
           join after_sale a on a.mall_id = x.mall_id and a.id = x.after_sale_id
           where x.mall_id = l.mall_id and x.line_id = l.id and a.order_id = l.order_id)",
    ),
    (
        "an after-sale waits for money that came, or is over before it came",
        "select 'after-sale ' || cast(a.id as text) || ' ' || a.status from after_sale a
         where a.status in ('refunding', 'refunded') and (
           (a.status = 'refunding') <> exists (select 1 from after_sale_refund x
             join refund r on r.mall_id = x.mall_id and r.id = x.refund_id
             where x.mall_id = a.mall_id and x.after_sale_id = a.id and r.status <> 'done')
           or a.goods_fen + a.freight_fen <> (select coalesce(cast(sum(r.amount_fen) as bigint), 0)
             from after_sale_refund x
             join refund r on r.mall_id = x.mall_id and r.id = x.refund_id
             where x.mall_id = a.mall_id and x.after_sale_id = a.id))",
    ),
    (
        "an exchange keeps stock it does not wait for",
        "select 'after-sale ' || cast(r.holder_id as text) from stock_reservation r
         where r.holder_kind = 'after_sale' and not exists (select 1 from after_sale a
           where a.mall_id = r.mall_id and a.id = r.holder_id and a.kind = 'exchange'
             and a.status in ('approved', 'returning', 'received', 'escalated'))",
    ),
    (
        "what a sale of a counter was paid with does not add up to it, or cash of it lies in no drawer",
        "select 'order ' || cast(s.order_id as text) from counter_sale s
         join trade_order o on o.mall_id = s.mall_id and o.id = s.order_id
         where s.paid_at is not null and (
           o.total_fen <> (select coalesce(cast(sum(t.amount_fen) as bigint), 0) from counter_tender t
             where t.mall_id = s.mall_id and t.order_id = s.order_id)
           or exists (select 1 from counter_tender t
             where t.mall_id = s.mall_id and t.order_id = s.order_id and t.kind = 'cash'
               and not exists (select 1 from drawer_entry e
                 where e.mall_id = t.mall_id and e.shift_id = s.shift_id and e.kind = 'sale'
                   and e.source_id = t.payment_id and e.amount_fen = t.amount_fen)))",
    ),
    (
        "a drawer was counted against another sum than its entries, or took something after that",
        "select 'shift ' || cast(s.id as text) from counter_shift s
         where s.closed_at is not null and s.expected_fen <> (
           select coalesce(cast(sum(e.amount_fen) as bigint), 0) from drawer_entry e
           where e.mall_id = s.mall_id and e.shift_id = s.id)",
    ),
    (
        "what counted for a home is not what its orders were paid less what came back",
        "select 'order ' || cast(o.id as text) from trade_order o
         join home_sale p on p.mall_id = o.mall_id and p.order_id = o.id and p.kind = 'paid'
         where o.paid_fen - o.refunded_fen <> (select cast(sum(s.amount_fen) as bigint) from home_sale s
           where s.mall_id = o.mall_id and s.order_id = o.id)",
    ),
    (
        // A member who had bought under a home: whatever was paid after that and before its end counts for it.
        "an order of a member with a home did not count for it",
        "select 'order ' || cast(o.id as text) from member_home h
         join trade_order o on o.mall_id = h.mall_id and o.member_id = h.member_id and o.paid_at > h.bought_at
         where (h.ended_at is null or o.paid_at < h.ended_at)
           and not exists (select 1 from home_sale s
             where s.mall_id = o.mall_id and s.order_id = o.id and s.kind = 'paid' and s.home_id = h.id)",
    ),
    (
        "an order moved without leaving an event",
        "select 'order ' || cast(o.id as text) from trade_order o
         where not exists (select 1 from order_event e where e.mall_id = o.mall_id and e.order_id = o.id)",
    ),
    (
        "the sales count of a product is not what was sold",
        "select p.name || ' counts ' || cast(p.sales_count as text) from product p
         where p.sales_count <> (select coalesce(cast(sum(l.quantity - l.refunded_quantity) as bigint), 0) from order_line l
           join trade_order o on o.mall_id = l.mall_id and o.id = l.order_id
           where l.mall_id = p.mall_id and l.product_id = p.id and o.paid_at is not null and o.status <> 'closed')",
    ),
];

/// Every broken promise by name.
pub(crate) fn broken(tx: &mut Tx<'_>, dead_jobs_expected: i64) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (promise, sql) in NEVER {
        let found: Vec<(String,)> = tx.all(sql, &args![])?;
        broken.extend(found.into_iter().map(|(text,)| format!("{promise}: {text}")));
    }
    let dead: Vec<(String, Option<String>)> =
        tx.all("select kind, last_error from job where state = 'dead'", &args![])?;
    if i64::try_from(dead.len()).unwrap_or(i64::MAX) != dead_jobs_expected {
        broken.push(format!("{dead_jobs_expected} dead jobs were expected, not {dead:?}"));
    }
    broken.extend(broken_shares(tx)?);
    let malls: Vec<(kernel::Id,)> = tx.all("select id from mall", &args![])?;
    for (mall_id,) in malls {
        let drift = people::ledger::drift(tx, mall_id)?;
        broken.extend(drift.into_iter().map(|found| format!("the ledger does not add up: {found:?}")));
    }
    Ok(broken)
}

/// Unit shares must add up to what the line costs, one for each piece.
fn broken_shares(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let lines: Vec<(i64, String, i64, i64)> =
        tx.all("select order_id, unit_shares, payable_fen, quantity from order_line", &args![])?;
    let mut broken = Vec::new();
    for (order_id, shares, payable, quantity) in lines {
        let parts: Vec<(i64, i64)> = serde_json::from_str(&shares).map_err(kernel::Error::internal)?;
        let sum: i64 = parts.iter().map(|(fen, units)| fen * units).sum();
        let units: i64 = parts.iter().map(|(_, units)| units).sum();
        if (sum, units) != (payable, quantity) {
            broken.push(format!("unit shares do not add up: order {order_id}, {shares} for {payable} × {quantity}"));
        }
    }
    Ok(broken)
}
