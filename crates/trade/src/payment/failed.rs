//! Refunds that did not arrive: the desk's list, asking the channel again, and money that staff gave back by hand.
//! Of a retry and a settlement only one wins, by compare-and-swap on `failed`; a settled refund is never asked for again.

use super::refund::{COLUMNS, Refund, settle_payment};
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the money went back when the channel could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Bank,
    Cash,
    Wechat,
    Alipay,
    /// By hand in the channel's own merchant platform.
    Platform,
    Other,
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Method::Bank => "bank",
            Method::Cash => "cash",
            Method::Wechat => "wechat",
            Method::Alipay => "alipay",
            Method::Platform => "platform",
            Method::Other => "other",
        }
    }
    /// As the member and the log read it.
    pub const fn label(self) -> &'static str {
        match self {
            Method::Bank => "银行转账",
            Method::Cash => "现金",
            Method::Wechat => "微信转账",
            Method::Alipay => "支付宝转账",
            Method::Platform => "商户平台手动退款",
            Method::Other => "其他方式",
        }
    }
}

/// Tabs of the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    #[default]
    All,
    /// Asked for, or under way at the channel.
    Open,
    Failed,
    Done,
}

impl RefundState {
    const fn statuses(self) -> &'static [&'static str] {
        match self {
            RefundState::All => &["requested", "processing", "failed", "done"],
            RefundState::Open => &["requested", "processing"],
            RefundState::Failed => &["failed"],
            RefundState::Done => &["done"],
        }
    }
}

/// Money that staff gave back by hand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SettlementView {
    /// `bank`, `cash`, `wechat`, `alipay`, `platform` or `other`.
    pub method: String,
    pub note: String,
    pub staff_id: Id,
    pub at: Instant,
}

/// A refund on the desk.
#[derive(Debug, Clone)]
pub struct DeskRefund {
    pub refund: Refund,
    pub channel: String,
    pub member_id: Id,
    pub settlement: Option<SettlementView>,
}

impl FromRow for DeskRefund {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (refund, channel, member_id) = (Refund::from_row(row)?, row.next()?, row.next()?);
        let (method, note): (Option<String>, Option<String>) = (row.next()?, row.next()?);
        let (staff_id, at): (Option<Id>, Option<Instant>) = (row.next()?, row.next()?);
        let settlement = match (method, note, staff_id, at) {
            (Some(method), Some(note), Some(staff_id), Some(at)) => Some(SettlementView { method, note, staff_id, at }),
            _ => None,
        };
        Ok(DeskRefund { refund, channel, member_id, settlement })
    }
}

fn select() -> String {
    let columns: Vec<String> = COLUMNS.split(',').map(|column| format!("r.{}", column.trim())).collect();
    format!(
        "select {}, p.channel, p.member_id, s.method, s.note, s.staff_id, s.at
         from refund r
         join payment p on p.mall_id = r.mall_id and p.id = r.payment_id
         left join refund_settlement s on s.mall_id = r.mall_id and s.refund_id = r.id
         where r.mall_id = $1",
        columns.join(", ")
    )
}

/// Refunds of a state, newest first; of one order when it is given.
pub fn refunds(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    state: RefundState,
    order_id: Option<Id>,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<DeskRefund>> {
    let mut sql = select();
    let mut values: Vec<Arg> = args![mall_id, before.map_or(i64::MAX, |c| c.id), limit + 1].to_vec();
    if state != RefundState::All {
        values.push(state.statuses().to_vec().into());
        sql.push_str(" and r.status = any($4)");
    }
    if let Some(order_id) = order_id {
        values.push(order_id.into());
        sql.push_str(&format!(" and r.order_id = ${}", values.len()));
    }
    sql.push_str(" and r.id < $2 order by r.id desc limit $3");
    let rows: Vec<DeskRefund> = tx.all(&sql, &values)?;
    Ok(Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.refund.id.0 }))
}

/// One refund as the desk shows it.
pub fn desk_refund(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<DeskRefund> {
    tx.opt(&format!("{} and r.id = $2", select()), &args![mall_id, id])?
        .ok_or_else(|| Error::not_found("refund.not_found", "没有找到这笔退款"))
}

/// How the refunds of some orders were settled by hand.
pub fn settlements(tx: &mut Tx<'_>, mall_id: MallId, refund_ids: &[Id]) -> Result<Vec<(Id, String, String)>> {
    if refund_ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.all(
        "select refund_id, method, note from refund_settlement where mall_id = $1 and refund_id = any($2)",
        &args![mall_id, refund_ids],
    )
}

/// Sets a failed refund back to be asked for. One that the channel closed gets a new number; one that is abnormal keeps
/// its own, because its money may still arrive. One that is under way stays as it is. `refund.finished` (409) otherwise.
pub fn retry(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let changed = tx.exec(
        "update refund
         set status = case when status = 'failed' then 'requested' else status end,
             generation = case when not (status = 'failed' and channel_state = 'closed') then generation
               when ($3 - created_at) / 1000 > generation then ($3 - created_at) / 1000
               else generation + 1 end,
             finished_at = null
         where mall_id = $1 and id = $2 and status in ('failed', 'requested', 'processing')",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    if changed == 1 { Ok(()) } else { Err(finished()) }
}

/// Gives an open refund a new number because the channel never heard of the old one and would not take it any more.
/// `None` if somebody else was faster.
pub fn renumber(tx: &mut Tx<'_>, ctx: &Ctx, refund: &Refund) -> Result<Option<Refund>> {
    let age_s = (ctx.now - refund.created_at) / 1_000;
    let generation = age_s.max(refund.generation + 1);
    let changed = tx.exec(
        "update refund set generation = $4
         where mall_id = $1 and id = $2 and generation = $3 and status in ('requested', 'processing')",
        &args![ctx.mall_id, refund.id, refund.generation, generation],
    )?;
    Ok((changed == 1).then(|| Refund { generation, ..refund.clone() }))
}

fn finished() -> Error {
    Error::conflict("refund.finished", "这笔退款已经完成，不用再处理")
}

/// Marks a failed refund as given back by hand, once. `refund.not_failed` (409) unless it has failed.
pub fn settle(tx: &mut Tx<'_>, ctx: &Ctx, refund: &Refund, method: Method, note: &str, staff_id: Id) -> Result<Fen> {
    let changed = tx.exec(
        "update refund set status = 'done', finished_at = $3, last_error = null
         where mall_id = $1 and id = $2 and status = 'failed'",
        &args![ctx.mall_id, refund.id, ctx.now],
    )?;
    if changed == 0 {
        return Err(Error::conflict("refund.not_failed", "这笔退款没有失败，不能登记线下退款"));
    }
    tx.exec(
        "insert into refund_settlement (mall_id, refund_id, method, note, staff_id, at) values ($1, $2, $3, $4, $5, $6)",
        &args![ctx.mall_id, refund.id, method.as_str(), note, staff_id, ctx.now],
    )?;
    settle_payment(tx, ctx, refund.payment_id)?;
    Ok(refund.amount)
}

/// Keeps a warning with a refund that is finished: the channel gave the money back although staff did so too.
pub fn warn(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, warning: &str) -> Result<()> {
    tx.exec("update refund set last_error = $3 where mall_id = $1 and id = $2", &args![ctx.mall_id, id, warning])?;
    Ok(())
}
