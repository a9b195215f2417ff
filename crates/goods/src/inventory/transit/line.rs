//! The lines of a transfer as staff see them, and what of a SKU is under way to where.

use super::go::DifferenceReason;
use crate::label::{option_text, texts};
use db::{Tx, args, row};
use kernel::{Id, Instant, MallId, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of a transfer. Once sent, `underway`, `received`, `returned` and `lost` sum to `quantity`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransferLine {
    pub sku_id: Id,
    pub product_id: Id,
    pub product_name: String,
    pub picture: Option<Picture>,
    pub option_text: String,
    pub code: String,
    pub barcode: Option<String>,
    pub quantity: i64,
    pub underway: i64,
    pub received: i64,
    /// Never sent after all; back on the sender's shelf.
    pub returned: i64,
    /// Lost or damaged; written off.
    pub lost: i64,
    /// Why the last pieces went missing.
    pub reason: Option<DifferenceReason>,
    pub note: Option<String>,
    /// Free at the sender now, and lying at the receiver now.
    pub sender_available: i64,
    pub receiver_on_hand: i64,
}

struct Row {
    sku_id: Id,
    product_id: Id,
    product_name: String,
    picture_key: Option<String>,
    picture_keys: String,
    option_values: String,
    code: String,
    barcode: Option<String>,
    quantity: i64,
    underway: i64,
    received: i64,
    returned: i64,
    lost: i64,
    reason: Option<String>,
    note: Option<String>,
    sender_available: i64,
    receiver_on_hand: i64,
}
row!(Row {
    sku_id,
    product_id,
    product_name,
    picture_key,
    picture_keys,
    option_values,
    code,
    barcode,
    quantity,
    underway,
    received,
    returned,
    lost,
    reason,
    note,
    sender_available,
    receiver_on_hand
});

impl Row {
    fn shown(self, app: &App) -> Result<TransferLine> {
        let key = match self.picture_key {
            Some(key) => Some(key),
            None => texts(&self.picture_keys)?.into_iter().next(),
        };
        Ok(TransferLine {
            sku_id: self.sku_id,
            product_id: self.product_id,
            picture: key.map(|key| storage::picture(app, &key, &self.product_name)),
            product_name: self.product_name,
            option_text: option_text(&self.option_values)?,
            code: self.code,
            barcode: self.barcode,
            quantity: self.quantity,
            underway: self.underway,
            received: self.received,
            returned: self.returned,
            lost: self.lost,
            reason: self.reason.as_deref().map(DifferenceReason::parse).transpose()?,
            note: self.note,
            sender_available: self.sender_available,
            receiver_on_hand: self.receiver_on_hand,
        })
    }
}

/// The lines of a transfer, at most as many as a sheet may have.
pub(super) fn lines(app: &App, tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Vec<TransferLine>> {
    let rows: Vec<Row> = tx.all(
        "select n.sku_id, p.id, p.name, k.picture_key, p.picture_keys, k.option_values, k.code, k.barcode,
           n.quantity, n.underway, n.received, n.returned, n.lost, n.reason, n.note,
           coalesce(a.on_hand - a.reserved, cast(0 as bigint)), coalesce(b.on_hand, cast(0 as bigint))
         from stock_transfer_line n
         join stock_transfer h on h.mall_id = n.mall_id and h.id = n.stock_transfer_id
         join sku k on k.mall_id = n.mall_id and k.id = n.sku_id
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         left join stock a on a.mall_id = n.mall_id and a.sku_id = n.sku_id and a.location_id = h.from_location_id
         left join stock b on b.mall_id = n.mall_id and b.sku_id = n.sku_id and b.location_id = h.to_location_id
         where n.mall_id = $1 and n.stock_transfer_id = $2
         order by n.sku_id",
        &args![mall_id, id],
    )?;
    rows.into_iter().map(|row| row.shown(app)).collect()
}

/// Pieces of a SKU on their way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GoodsUnderway {
    pub transfer_id: Id,
    pub from_name: String,
    pub to_name: String,
    pub quantity: i64,
    pub sent_at: Option<Instant>,
}
row!(GoodsUnderway { transfer_id, from_name, to_name, quantity, sent_at });

/// What of a SKU is under way, the oldest first.
pub(super) fn underway(tx: &mut Tx<'_>, mall_id: MallId, sku_id: Id) -> Result<Vec<GoodsUnderway>> {
    tx.all(
        "select t.id, a.name, b.name, n.underway, t.sent_at
         from stock_transfer_line n
         join stock_transfer t on t.mall_id = n.mall_id and t.id = n.stock_transfer_id
         join location a on a.mall_id = t.mall_id and a.id = t.from_location_id
         join location b on b.mall_id = t.mall_id and b.id = t.to_location_id
         where n.mall_id = $1 and n.sku_id = $2 and n.underway > 0
         order by t.id
         limit 100",
        &args![mall_id, sku_id],
    )
}
