//! Purchases: a top-up or a time of paid membership. One becomes paid once; what it is good for is given in the same
//! transaction. Money for one that was closed, or that would break a cap, is not taken: the flow sends it back.

use super::{NAMED_CAP_FEN, UNNAMED_CAP_FEN};
use crate::ledger::{self, Account, Entry};
use crate::membership;
use db::{FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result, days, minutes};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseKind {
    TopUp,
    Membership,
}

impl PurchaseKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            PurchaseKind::TopUp => "top_up",
            PurchaseKind::Membership => "membership",
        }
    }
    fn parse(text: &str) -> Result<Self> {
        match text {
            "top_up" => Ok(PurchaseKind::TopUp),
            "membership" => Ok(PurchaseKind::Membership),
            other => Err(Error::internal(format_args!("unknown purchase kind {other}"))),
        }
    }
}

/// What a member asks to buy.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPurchase {
    pub kind: PurchaseKind,
    /// Of `GET /balance` for a top-up, of `GET /membership/plans` for a membership.
    pub plan_id: Id,
    /// The amount the member saw; another one is refused.
    pub expected_fen: i64,
}

/// One purchase.
#[derive(Debug, Clone)]
pub struct Purchase {
    pub id: Id,
    pub member_id: Id,
    pub kind: PurchaseKind,
    pub plan_id: Id,
    pub title: String,
    pub amount: Fen,
    pub gift: Fen,
    pub status: String,
    pub refunded: Fen,
    pub gift_taken: Fen,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub paid_at: Option<Instant>,
    /// The payment that paid it, as the flow named it.
    pub payment_id: Option<Id>,
}

const COLUMNS: &str = "id, member_id, kind, plan_id, title, amount_fen, gift_fen, status, refunded_fen, gift_taken_fen,
    created_at, expires_at, paid_at, payment_id";

impl FromRow for Purchase {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Purchase {
            id: row.next()?,
            member_id: row.next()?,
            kind: PurchaseKind::parse(&row.next::<String>()?)?,
            plan_id: row.next()?,
            title: row.next()?,
            amount: row.next()?,
            gift: row.next()?,
            status: row.next()?,
            refunded: row.next()?,
            gift_taken: row.next()?,
            created_at: row.next()?,
            expires_at: row.next()?,
            paid_at: row.next()?,
            payment_id: row.next()?,
        })
    }
}

/// A purchase as shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PurchaseView {
    pub id: Id,
    pub member_id: Id,
    pub kind: PurchaseKind,
    pub title: String,
    pub amount_fen: i64,
    pub gift_fen: i64,
    /// `unpaid`, `paid` or `closed`.
    pub status: String,
    pub refunded_fen: i64,
    pub created_at: Instant,
    pub expires_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Instant>,
}

impl From<Purchase> for PurchaseView {
    fn from(purchase: Purchase) -> Self {
        PurchaseView {
            id: purchase.id,
            member_id: purchase.member_id,
            kind: purchase.kind,
            title: purchase.title,
            amount_fen: purchase.amount.0,
            gift_fen: purchase.gift.0,
            status: purchase.status,
            refunded_fen: purchase.refunded.0,
            created_at: purchase.created_at,
            expires_at: purchase.expires_at,
            paid_at: purchase.paid_at,
        }
    }
}

/// Refuses a top-up that would lift the balance over the law's cap: `balance.over_cap` (409).
pub fn require_room(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, adding: i64) -> Result<()> {
    let (named,): (bool,) =
        tx.one("select phone_hash is not null from member where mall_id = $1 and id = $2", &args![mall_id, member_id])?;
    let held = ledger::balances(tx, mall_id, member_id)?;
    let held: i64 = [Account::Principal, Account::Gift].iter().filter_map(|account| held.get(account)).sum();
    let cap = if named { NAMED_CAP_FEN } else { UNNAMED_CAP_FEN };
    if held + adding <= cap {
        return Ok(());
    }
    let text = if named {
        format!("按预付卡规定，余额最多 {} 元，现在还能增加 {} 元", Fen(cap), Fen((cap - held).max(0)))
    } else {
        format!("没有绑定手机号的账号，余额最多 {} 元，绑定后可到 5000 元", Fen(cap))
    };
    Err(Error::conflict("balance.over_cap", text))
}

const TOP_UP_TERMS: &str = "储值不设有效期，只用于购买本商城的商品。付款先用本金，再用赠送金。未用的本金可以退回原支付方式，\
退本金时按比例收回该笔储值的赠送金；储值后七日内可自行申请，之后请联系客服。";
const MEMBERSHIP_TERMS: &str = "付费会员按所示天数生效，到期前五天提醒，不会自动续费扣款。";

/// Writes a purchase to be paid within half an hour.
/// `top_up.no_such_plan`, `plan.not_found` (404), `purchase.price_changed`, `balance.over_cap` (409).
pub fn create_purchase(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, new: &NewPurchase) -> Result<Purchase> {
    let (title, amount, gift, lasts, terms) = match new.kind {
        PurchaseKind::TopUp => {
            let plans = super::top_up_plans(tx, ctx.mall_id)?;
            let plan = plans.into_iter().find(|plan| plan.id == new.plan_id && plan.on_sale);
            let plan = plan.ok_or_else(|| Error::not_found("top_up.no_such_plan", "这个储值方案已经下架"))?;
            require_room(tx, ctx.mall_id, member_id, plan.amount_fen + plan.gift_fen)?;
            (format!("储值 {} 元", Fen(plan.amount_fen)), plan.amount_fen, plan.gift_fen, 0, TOP_UP_TERMS)
        }
        PurchaseKind::Membership => {
            let plan = membership::plan(tx, ctx.mall_id, new.plan_id)?;
            if !plan.on_sale {
                return Err(Error::not_found("plan.not_found", "这个会员方案已经下架"));
            }
            (plan.name, plan.price_fen, 0, plan.days, MEMBERSHIP_TERMS)
        }
    };
    if amount != new.expected_fen {
        return Err(Error::conflict("purchase.price_changed", "金额有变动，请刷新后确认"));
    }
    tx.one(
        &format!(
            "insert into wallet_purchase
               (id, mall_id, member_id, kind, plan_id, title, amount_fen, gift_fen, terms, created_at, expires_at,
                days)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             returning {COLUMNS}"
        ),
        &args![
            ctx.id(),
            ctx.mall_id,
            member_id,
            new.kind.as_str(),
            new.plan_id,
            title,
            amount,
            gift,
            terms,
            ctx.now,
            ctx.now + minutes(30),
            lasts
        ],
    )
}

/// One purchase, locked until the transaction ends.
pub fn find_purchase(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Purchase> {
    tx.opt(
        &format!("select {COLUMNS} from wallet_purchase where mall_id = $1 and id = $2 for update"),
        &args![mall_id, id],
    )?
    .ok_or_else(missing)
}

/// One purchase of a member; another member's does not exist for them.
pub fn of_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, id: Id) -> Result<Purchase> {
    let found: Option<Purchase> = tx.opt(
        &format!("select {COLUMNS} from wallet_purchase where mall_id = $1 and id = $2 and member_id = $3"),
        &args![mall_id, id, member_id],
    )?;
    found.ok_or_else(missing)
}

fn missing() -> Error {
    Error::not_found("purchase.not_found", "没有找到这笔购买")
}

/// The money arrived. False, and nothing given, when it cannot be taken any more: it was closed or paid before, or the
/// balance would break its cap.
pub fn paid(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, payment_id: Id) -> Result<bool> {
    let purchase = find_purchase(tx, ctx.mall_id, id)?;
    let member_id = purchase.member_id;
    let fits = match purchase.kind {
        PurchaseKind::TopUp => require_room(tx, ctx.mall_id, member_id, purchase.amount.0 + purchase.gift.0),
        PurchaseKind::Membership => Ok(()),
    };
    let fits = match fits {
        Ok(()) => true,
        Err(error) if error.is("balance.over_cap") => false,
        Err(error) => return Err(error),
    };
    let status = if fits { "paid" } else { "closed" };
    let moved = tx.exec(
        "update wallet_purchase set status = $3, paid_at = $4, payment_id = $5
         where mall_id = $1 and id = $2 and status = 'unpaid'",
        &args![ctx.mall_id, id, status, fits.then_some(ctx.now), fits.then_some(payment_id)],
    )?;
    if moved == 0 || !fits {
        return Ok(false);
    }
    match purchase.kind {
        PurchaseKind::TopUp => {
            let notes = [(Account::Principal, purchase.amount.0, "储值"), (Account::Gift, purchase.gift.0, "储值赠送")];
            for (account, amount, note) in notes.into_iter().filter(|part| part.1 > 0) {
                ledger::credit(tx, ctx, &Entry { account, member_id, kind: "top_up", source_id: id, amount, note })?;
            }
        }
        PurchaseKind::Membership => {
            let plan = membership::plan(tx, ctx.mall_id, purchase.plan_id)?;
            membership::activate(tx, ctx, member_id, &plan)?;
        }
    }
    Ok(true)
}

/// Closes an unpaid purchase; the channel closed its intents before. False when it was not unpaid any more.
pub fn close_purchase(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<bool> {
    let closed = tx.exec(
        "update wallet_purchase set status = 'closed' where mall_id = $1 and id = $2 and status = 'unpaid'",
        &args![ctx.mall_id, id],
    )?;
    Ok(closed == 1)
}

/// Unpaid purchases whose time is over.
pub fn expired_purchases(tx: &mut Tx<'_>, mall_id: MallId, now: Instant, limit: i64) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select id from wallet_purchase
         where mall_id = $1 and status = 'unpaid' and expires_at <= $2
         order by expires_at
         limit $3",
        &args![mall_id, now, limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Takes the time of a paid membership back that a refund of `amount` covers: in proportion, all of it with all of the
/// price. Time that has passed is not asked for. `purchase.not_refundable` (409).
pub fn refund_membership(tx: &mut Tx<'_>, ctx: &Ctx, purchase: &Purchase, amount: Fen) -> Result<()> {
    let left = purchase.amount.0 - purchase.refunded.0;
    if purchase.kind != PurchaseKind::Membership || purchase.status != "paid" || amount.0 <= 0 || amount.0 > left {
        return Err(Error::conflict(
            "purchase.not_refundable",
            format!("这笔会员费最多还能退 {} 元", Fen(left.max(0))),
        ));
    }
    let (bought, taken): (i64, i64) = tx.one(
        "select days, time_taken_ms from wallet_purchase where mall_id = $1 and id = $2",
        &args![ctx.mall_id, purchase.id],
    )?;
    // Purchases from before days were kept have those of the plan as it is now.
    let bought = if bought > 0 { bought } else { membership::plan(tx, ctx.mall_id, purchase.plan_id)?.days };
    let back = purchase.refunded.0 + amount.0;
    let due = i64::try_from(i128::from(days(bought)) * i128::from(back) / i128::from(purchase.amount.0))
        .map_err(Error::internal)?;
    let moved = tx.exec(
        "update wallet_purchase set refunded_fen = $4, time_taken_ms = $5
         where mall_id = $1 and id = $2 and refunded_fen = $3",
        &args![ctx.mall_id, purchase.id, purchase.refunded, back, due],
    )?;
    if moved == 0 {
        return Err(Error::conflict("purchase.not_refundable", "这笔会员费刚刚有变动，请刷新"));
    }
    membership::shorten(tx, ctx, purchase.member_id, due - taken)
}

/// Takes principal of a top-up out of the balance, to be sent back the way it came, and its gift in proportion: after
/// all of the principal went back, all of the gift did. Gift that was spent already is not asked for.
/// `purchase.not_refundable` (409), `balance.not_enough` (409) when the principal was spent. Answers the gift taken.
pub fn refund_top_up(tx: &mut Tx<'_>, ctx: &Ctx, purchase: &Purchase, amount: Fen, note: &str) -> Result<Fen> {
    let left = purchase.amount.0 - purchase.refunded.0;
    if purchase.kind != PurchaseKind::TopUp || purchase.status != "paid" || amount.0 <= 0 || amount.0 > left {
        return Err(Error::conflict("purchase.not_refundable", format!("这笔储值最多还能退 {} 元", Fen(left.max(0)))));
    }
    let member_id = purchase.member_id;
    let back = purchase.refunded.0 + amount.0;
    let due = i64::try_from(i128::from(purchase.gift.0) * i128::from(back) / i128::from(purchase.amount.0))
        .map_err(Error::internal)?;
    let moved = tx.exec(
        "update wallet_purchase set refunded_fen = $4, gift_taken_fen = $5
         where mall_id = $1 and id = $2 and refunded_fen = $3",
        &args![ctx.mall_id, purchase.id, purchase.refunded, back, due],
    )?;
    if moved == 0 {
        return Err(Error::conflict("purchase.not_refundable", "这笔储值刚刚有变动，请刷新"));
    }
    let source_id = ctx.id();
    let kind = "top_up_refunded";
    ledger::debit(tx, ctx, &Entry { account: Account::Principal, member_id, kind, source_id, amount: amount.0, note })?;
    let gift = due - purchase.gift_taken.0;
    if gift == 0 {
        return Ok(Fen::ZERO);
    }
    let note = "退储值，按比例收回赠送";
    let taken =
        ledger::move_up_to(tx, ctx, &Entry { account: Account::Gift, member_id, kind, source_id, amount: gift, note })?;
    Ok(Fen(taken))
}

/// True when the member ever began to buy something.
pub fn has_purchases(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<bool> {
    let found: Option<Id> = tx.opt(
        "select id from wallet_purchase where mall_id = $1 and member_id = $2 limit 1",
        &args![mall_id, member_id],
    )?;
    Ok(found.is_some())
}

/// Purchases, newest first: of one member, or of the whole mall for staff.
pub fn purchases(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Option<Id>,
    kind: Option<PurchaseKind>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<PurchaseView>> {
    let mut sql = format!("select {COLUMNS} from wallet_purchase where mall_id = $1 and status = 'paid' and id < $2");
    let mut values = args![mall_id, cursor.map_or(i64::MAX, |cursor| cursor.id)].to_vec();
    if let Some(member_id) = member_id {
        values.push(member_id.into());
        sql.push_str(&format!(" and member_id = ${}", values.len()));
    }
    if let Some(kind) = kind {
        values.push(kind.as_str().into());
        sql.push_str(&format!(" and kind = ${}", values.len()));
    }
    values.push((limit + 1).into());
    sql.push_str(&format!(" order by id desc limit ${}", values.len()));
    let rows: Vec<Purchase> = tx.all(&sql, &values)?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 });
    Ok(page.map(PurchaseView::from))
}
