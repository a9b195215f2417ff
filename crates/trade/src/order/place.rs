//! Writing a placed order: the order, its lines with unit shares, the first event. Runs inside the transaction that
//! reserved the stock and claimed the idempotency key.

use super::{DeliveryKind, Source};
use crate::offers::{Draft, DraftLine, shares_text};
use db::{Tx, args};
use goods::catalog::NoReturnReason;
use kernel::{Error, Id, Instant, Result};
use platform::seal::Sealer;
use platform::{Ctx, outbox};
use serde::{Deserialize, Serialize};

/// Whom the goods are for, as it was when the order was placed. Sealed at rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receiver {
    pub name: String,
    pub phone: String,
    pub district_code: String,
    /// `浙江省 杭州市 上城区 清波街道`.
    pub region: String,
    pub detail: String,
}

const RECEIVER: &str = "trade_order.receiver";

impl Receiver {
    pub fn seal(&self, sealer: &Sealer) -> Result<String> {
        Ok(sealer.seal(RECEIVER, &serde_json::to_string(self).map_err(Error::internal)?))
    }
    pub fn open(sealer: &Sealer, sealed: &str) -> Result<Self> {
        serde_json::from_str(&sealer.open(RECEIVER, sealed)?).map_err(Error::internal)
    }
    /// Key under which staff find orders by the receiver's phone.
    pub fn search_key(sealer: &Sealer, phone: &str) -> String {
        let mut key = sealer.hash(RECEIVER, phone);
        key.truncate(24);
        key
    }
    /// Key under which staff find orders by the receiver's whole name.
    pub fn name_key(sealer: &Sealer, name: &str) -> String {
        let mut key = sealer.hash("trade_order.receiver_name", name.trim());
        key.truncate(24);
        key
    }
}

/// An order about to be written.
pub struct NewOrder<'a> {
    pub id: Id,
    pub group_id: Id,
    pub shop_id: Id,
    pub member_id: Id,
    pub delivery: DeliveryKind,
    pub source: Source,
    pub is_service: bool,
    pub location_id: Id,
    pub store_id: Option<Id>,
    pub receiver: Option<&'a Receiver>,
    pub remark: Option<&'a str>,
    /// The buyer confirmed that goods which need it cannot be returned without a reason.
    pub confirmed_no_return: bool,
    pub expires_at: Instant,
}

#[derive(Serialize)]
struct Placed {
    order_id: Id,
    member_id: Id,
    total_fen: i64,
}

/// Why a line cannot be returned without a reason. What needs the buyer's word and did not get it can be returned.
fn no_return(line: &DraftLine, new: &NewOrder<'_>) -> Option<NoReturnReason> {
    let reason = NoReturnReason::parse(line.sku.return_7d, line.sku.no_return_reason.map(NoReturnReason::as_str));
    reason.filter(|reason| *reason != NoReturnReason::Confirmed || new.confirmed_no_return)
}

/// Writes the order as priced.
pub fn insert(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, new: &NewOrder<'_>, draft: &Draft) -> Result<()> {
    let quantity: i64 = draft.lines.iter().map(|line| line.quantity).sum();
    let receiver = new.receiver.map(|r| r.seal(sealer)).transpose()?;
    let search = new.receiver.map(|r| Receiver::search_key(sealer, &r.phone));
    let name_search = new.receiver.map(|r| Receiver::name_key(sealer, &r.name));
    tx.exec(
        "insert into trade_order
           (id, mall_id, shop_id, member_id, group_id, status, delivery_kind, location_id, store_id,
            goods_fen, discount_fen, freight_fen, total_fen, quantity, receiver, receiver_search,
            explanation, remark, created_at, expires_at, receiver_name_search, source, desk_store_id, is_service)
         values ($1, $2, $3, $4, $5, 'unpaid', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
           (select l.store_id from location l where l.mall_id = $2 and l.id = $7), $22)",
        &args![
            new.id,
            ctx.mall_id,
            new.shop_id,
            new.member_id,
            new.group_id,
            new.delivery.as_str(),
            new.location_id,
            new.store_id,
            draft.goods(),
            draft.discount(),
            draft.freight,
            draft.total(),
            quantity,
            receiver,
            search,
            serde_json::to_string(&draft.explanation).map_err(Error::internal)?,
            new.remark,
            ctx.now,
            new.expires_at,
            name_search,
            new.source.as_str(),
            new.is_service
        ],
    )?;
    let lines: Vec<Vec<db::Arg>> = draft
        .lines
        .iter()
        .zip(1i64..)
        .map(|(line, number)| {
            args![
                ctx.mall_id,
                new.id,
                number,
                line.sku.product_id,
                line.sku.sku_id,
                &line.sku.name,
                &line.sku.option_text,
                line.sku.picture_key.as_deref(),
                line.quantity,
                line.unit_price,
                line.amount,
                line.discount,
                line.payable,
                shares_text(line.payable, line.quantity),
                no_return(line, new).is_none(),
                line.gift,
                no_return(line, new).map(NoReturnReason::as_str)
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "insert into order_line
           (mall_id, order_id, id, product_id, sku_id, name, option_text, picture_key, quantity,
            unit_price_fen, amount_fen, discount_fen, payable_fen, unit_shares, return_7d, gift, no_return_reason) values",
        "",
        &lines,
    )?;
    super::add_event(tx, ctx, new.id, "placed", "提交了订单")?;
    if draft.lines.iter().any(|line| no_return(line, new) == Some(NoReturnReason::Confirmed)) {
        super::add_event(tx, ctx, new.id, "no_return_confirmed", "买家确认：部分商品不支持七天无理由退货")?;
    }
    let placed = Placed { order_id: new.id, member_id: new.member_id, total_fen: draft.total().0 };
    outbox::emit(tx, ctx, "order.placed", &placed)
}
