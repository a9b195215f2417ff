//! What the words in the search box of the order desk may mean: an order number, a pickup code, a phone, a receiver's or
//! member's name, a tracking number, a SKU code, words of a product. Every meaning is read from an index; an order that
//! fits any of them is found.

use super::desk::Conditions;
use super::place::Receiver;
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use platform::App;
use platform::search;

/// How many members or products one word may stand for.
const MOST: i64 = 50;

/// Adds the condition that an order fits the words.
pub(super) fn conditions(app: &App, tx: &mut Tx<'_>, mall_id: MallId, q: &str, found: &mut Conditions) -> Result<()> {
    let compact: String = q.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let only_digits = !compact.is_empty() && compact.bytes().all(|b| b.is_ascii_digit());
    let code = compact.to_ascii_uppercase();
    let mut ids: Vec<Id> = Vec::new();
    let mut members: Vec<Id> = Vec::new();
    let mut receivers: Vec<String> = Vec::new();
    let mut products: Vec<Id> = Vec::new();
    if only_digits {
        ids.extend(compact.parse::<Id>().ok());
        members.extend(members_by_digits(app, tx, mall_id, &compact)?);
        if compact.len() == 11 {
            receivers.push(Receiver::search_key(&app.sealer, &compact));
        }
    }
    let sku: Option<(Id,)> =
        tx.opt("select id from sku where mall_id = $1 and code in ($2, $3) limit 1", &args![mall_id, q, &code])?;
    if !only_digits {
        members.extend(members_by_nickname(tx, mall_id, q)?);
        let hits = search::plan(tx, mall_id, "product", q)?.filter(|plan| !plan.is_loose());
        if let Some(plan) = hits {
            products.extend(plan.top(tx, MOST)?.into_iter().map(|hit| hit.0));
        }
    }
    let typed: String = q.chars().filter(|c| !c.is_whitespace()).collect();
    found.and(
        " and o.id in (select order_id from parcel where mall_id = $1 and tracking_number = any($?)",
        vec![typed.as_str(), code.as_str()],
    );
    found.and(" union all select order_id from pickup where mall_id = $1 and code = $?", compact.as_str());
    if !ids.is_empty() {
        found.and(" union all select id from trade_order where mall_id = $1 and id = any($?)", &ids[..]);
    }
    if !members.is_empty() {
        found.and(
            " union all select id from trade_order where mall_id = $1 and id < $2 and member_id = any($?)",
            &members[..],
        );
    }
    if !receivers.is_empty() {
        found.and(" union all select id from trade_order where mall_id = $1 and receiver_search is not null and receiver_search = any($?)", &receivers[..]);
    }
    if !only_digits {
        let key = Receiver::name_key(&app.sealer, q);
        found.and(" union all select id from trade_order where mall_id = $1 and receiver_name_search is not null and receiver_name_search = $?", key);
    }
    if let Some((sku_id,)) = sku {
        found.and(
            " union all select order_id from order_line where mall_id = $1 and order_id < $2 and sku_id = $?",
            sku_id,
        );
    }
    if !products.is_empty() {
        found.and(
            " union all select order_id from order_line where mall_id = $1 and order_id < $2 and product_id = any($?)",
            &products[..],
        );
    }
    found.sql.push(')');
    Ok(())
}

/// A whole phone number or its last four digits.
fn members_by_digits(app: &App, tx: &mut Tx<'_>, mall_id: MallId, digits: &str) -> Result<Vec<Id>> {
    match digits.len() {
        11 => Ok(people::identity::find_by_phone(tx, &app.sealer, mall_id, digits)?.into_iter().collect()),
        4 => people::identity::by_phone_tail(tx, mall_id, digits, MOST),
        _ => Ok(Vec::new()),
    }
}

fn members_by_nickname(tx: &mut Tx<'_>, mall_id: MallId, nickname: &str) -> Result<Vec<Id>> {
    people::identity::by_nickname(tx, mall_id, nickname, MOST)
}
