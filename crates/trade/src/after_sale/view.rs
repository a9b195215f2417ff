//! After-sales as member and staff see them. A page of cards costs three queries: the after-sales, their lines, the goods.

use super::asked::{AskedLine, asked_lines, asked_lines_of};
use super::model::{Action, Kind, Stage, Status, member_actions};
use super::reason::{Fault, fault_of, reason_label};
use super::rules::ReturnAddress;
use super::store::{AfterSale, COLUMNS, Parcel};
use crate::order::{Line, lines_of};
use crate::shipping::carrier;
use db::{Arg, Tx, args};
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Pieces of an order's line in an after-sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleLineView {
    pub line_id: Id,
    pub product_id: Id,
    pub sku_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture: Picture,
    pub unit_price_fen: i64,
    /// Came with the order for nothing.
    pub gift: bool,
    pub quantity: i64,
    /// Pieces the shop agreed to; absent until it decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_quantity: Option<i64>,
    /// Of what came back: fit for the shelf, and not.
    pub sellable_quantity: i64,
    pub damaged_quantity: i64,
    /// What went back for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<i64>,
    /// What is sent instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_sku_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_text: Option<String>,
}

/// A parcel of an after-sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleParcel {
    pub carrier_code: String,
    pub carrier_name: String,
    pub tracking_number: String,
}

/// An after-sale in the member's list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleCard {
    pub id: Id,
    pub number: String,
    pub order_id: Id,
    pub kind: Kind,
    pub stage: Stage,
    pub status: Status,
    /// Goods and freight, expected or given back.
    pub refund_fen: i64,
    pub quantity: i64,
    pub created_at: Instant,
    /// Until when somebody has to act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    pub allowed_actions: Vec<Action>,
    pub lines: Vec<AfterSaleLineView>,
}

/// One entry of the log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleEventView {
    pub at: Instant,
    pub kind: String,
    /// `member`, `staff` or `system`.
    pub actor: String,
    pub text: String,
}

db::row!(AfterSaleEventView { at, kind, actor, text });

/// The log, newest first.
pub fn events(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Vec<AfterSaleEventView>> {
    tx.all(
        "select at, kind, actor_kind, text from after_sale_event
         where mall_id = $1 and after_sale_id = $2
         order by id desc",
        &args![mall_id, id],
    )
}

/// Everything about one after-sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AfterSaleView {
    #[serde(flatten)]
    pub card: AfterSaleCard,
    pub reason: String,
    pub reason_label: String,
    /// Whose fault the reason says it is.
    pub fault: Fault,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub pictures: Vec<Picture>,
    pub goods_fen: i64,
    /// The order's freight, when it goes back too.
    pub freight_fen: i64,
    /// Where to send the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_address: Option<ReturnAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_parcel: Option<AfterSaleParcel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reship_parcel: Option<AfterSaleParcel>,
    /// What the shop said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    pub events: Vec<AfterSaleEventView>,
}

/// Lines of an after-sale with their goods.
pub fn line_views(app: &App, asked: &[AskedLine], lines: &[Line]) -> Vec<AfterSaleLineView> {
    let goods: HashMap<Id, &Line> = lines.iter().map(|line| (line.id, line)).collect();
    let view = |asked: &AskedLine| {
        let line = goods.get(&asked.line_id)?;
        Some(AfterSaleLineView {
            line_id: line.id,
            product_id: line.product_id,
            sku_id: line.sku_id,
            name: line.name.clone(),
            option_text: line.option_text.clone(),
            picture: storage::picture(app, line.picture_key.as_deref().unwrap_or_default(), &line.name),
            unit_price_fen: line.unit_price.0,
            gift: line.gift,
            quantity: asked.quantity,
            accepted_quantity: asked.accepted,
            sellable_quantity: asked.sellable,
            damaged_quantity: asked.damaged,
            amount_fen: asked.amount.map(|amount| amount.0),
            exchange_sku_id: asked.exchange_sku_id,
            exchange_text: asked.exchange_text.clone(),
        })
    };
    asked.iter().filter_map(view).collect()
}

fn card(after: &AfterSale, lines: Vec<AfterSaleLineView>) -> AfterSaleCard {
    AfterSaleCard {
        id: after.id,
        number: after.id.to_string(),
        order_id: after.order_id,
        kind: after.kind,
        stage: after.stage,
        status: after.status,
        refund_fen: after.goods.0 + after.freight.0,
        quantity: after.quantity,
        created_at: after.created_at,
        due_at: after.due_at,
        allowed_actions: member_actions(after.standing()),
        lines,
    }
}

fn parcel(of: &Parcel) -> Option<AfterSaleParcel> {
    let (code, number) = (of.carrier_code.as_ref()?, of.tracking_number.as_ref()?);
    Some(AfterSaleParcel {
        carrier_code: code.clone(),
        carrier_name: carrier(code).map_or(code.as_str(), |carrier| carrier.name).to_owned(),
        tracking_number: number.clone(),
    })
}

/// The whole of an after-sale.
pub fn view(app: &App, tx: &mut Tx<'_>, mall_id: MallId, after: &AfterSale) -> Result<AfterSaleView> {
    let asked = asked_lines(tx, mall_id, after.id)?;
    let lines = crate::order::lines(tx, mall_id, after.order_id)?;
    let pictures = after.picture_keys()?.iter().map(|key| storage::picture(app, key, "凭证")).collect();
    Ok(AfterSaleView {
        card: card(after, line_views(app, &asked, &lines)),
        reason: after.reason.clone(),
        reason_label: reason_label(after.stage, &after.reason),
        fault: fault_of(after.stage, &after.reason),
        description: after.description.clone(),
        pictures,
        goods_fen: after.goods.0,
        freight_fen: after.freight.0,
        return_address: after.return_address()?,
        return_parcel: parcel(&after.return_parcel),
        reship_parcel: parcel(&after.reship_parcel),
        answer: after.answer.clone(),
        ended_at: after.ended_at,
        events: events(tx, mall_id, after.id)?,
    })
}

/// The member's after-sales, newest first; of one order when it is given.
pub fn cards(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    order_id: Option<Id>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<AfterSaleCard>> {
    let mut sql = format!("select {COLUMNS} from after_sale where mall_id = $1 and member_id = $2 and id < $3");
    let mut values: Vec<Arg> = args![mall_id, member_id, cursor.map_or(i64::MAX, |c| c.id), limit + 1].to_vec();
    if let Some(order_id) = order_id {
        values.push(order_id.into());
        sql.push_str(" and order_id = $5");
    }
    sql.push_str(" order by id desc limit $4");
    let rows: Vec<AfterSale> = tx.all(&sql, &values)?;
    let page = Page::from_rows(rows, limit, |after| Cursor { key: 0, id: after.id.0 });
    let mut goods = goods_of(app, tx, mall_id, &page.items)?;
    Ok(page.map(|after| card(&after, goods.remove(&after.id).unwrap_or_default())))
}

/// Lines of several after-sales with their goods: two queries.
pub(super) fn goods_of(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    found: &[AfterSale],
) -> Result<HashMap<Id, Vec<AfterSaleLineView>>> {
    let ids: Vec<Id> = found.iter().map(|after| after.id).collect();
    let orders: Vec<Id> = found.iter().map(|after| after.order_id).collect();
    let asked = asked_lines_of(tx, mall_id, &ids)?;
    let lines = lines_of(tx, mall_id, &orders)?;
    let views = found
        .iter()
        .filter_map(|after| Some((after.id, line_views(app, asked.get(&after.id)?, lines.get(&after.order_id)?))));
    Ok(views.collect())
}
