//! Giving coupons out. Stock, the member's limit and the day's quota are guarded updates: whoever comes at once, no
//! bound is passed. What was given for one cause ([`Gift::key`]) is given once.

use super::model::{CouponSource, Template};
use super::store;
use db::{Arg, Tx, args};
use kernel::{Error, Id, Instant, Result};
use platform::{Ctx, outbox};
use serde::Serialize;

/// Why somebody gets a coupon.
#[derive(Debug, Clone)]
pub struct Gift {
    pub source: CouponSource,
    /// The cause, once: `order:1`, `code:ABC`. `None` may be repeated up to the member's limit.
    pub key: Option<String>,
    /// False where the member's limit does not count: staff give, a friend hands on.
    pub limited: bool,
    pub given_by: Option<Id>,
}

impl Gift {
    pub fn of(source: CouponSource) -> Self {
        Gift { source, key: None, limited: true, given_by: None }
    }
    #[must_use]
    pub fn once(self, key: String) -> Self {
        Gift { key: Some(key), ..self }
    }
    #[must_use]
    pub fn unlimited(self, given_by: Option<Id>) -> Self {
        Gift { limited: false, given_by, ..self }
    }
}

#[derive(Serialize)]
struct Taken {
    coupon_id: Id,
    template_id: Id,
    member_id: Id,
    source: &'static str,
}

#[derive(Serialize)]
struct Given<'a> {
    template_id: Id,
    member_ids: &'a [Id],
}

/// Gives one coupon of a template. Hooks of check-in, points and birthday call this in their own transaction.
///
/// # Errors
/// 409: `coupon.not_open`, `coupon.sold_out`, `coupon.limit_reached`, `coupon.day_sold_out`, `coupon.given_already`.
pub fn grant(tx: &mut Tx<'_>, ctx: &Ctx, day: i64, template_id: Id, member_id: Id, gift: &Gift) -> Result<Id> {
    let template = store::find(tx, ctx.mall_id, template_id)?;
    if !template.open_at(ctx.now) || !template.from(gift.source) {
        return Err(Error::conflict("coupon.not_open", "这张券现在不发放"));
    }
    if let Some(key) = &gift.key {
        let known: Option<Id> = tx.opt(
            "select id from coupon where mall_id = $1 and template_id = $2 and member_id = $3 and source_key = $4",
            &args![ctx.mall_id, template_id, member_id, key],
        )?;
        if known.is_some() {
            return Err(given_already());
        }
    }
    take_from_stock(tx, ctx, template_id)?;
    count(tx, ctx, day, &template, member_id, gift)?;
    let id = ctx.id();
    let (valid_from, valid_until) = template.validity.of(ctx.now);
    insert(tx, ctx, id, &template, member_id, gift, (valid_from, valid_until))?;
    let taken = Taken { coupon_id: id, template_id, member_id, source: gift.source.as_str() };
    outbox::emit(tx, ctx, "coupon.taken", &taken)?;
    Ok(id)
}

pub(super) fn given_already() -> Error {
    Error::conflict("coupon.given_already", "这张券已经领过了")
}

fn take_from_stock(tx: &mut Tx<'_>, ctx: &Ctx, template_id: Id) -> Result<()> {
    let taken = tx.exec(
        "update coupon_template set taken = taken + 1
         where mall_id = $1 and id = $2 and status = 'published' and (stock is null or taken < stock)",
        &args![ctx.mall_id, template_id],
    )?;
    if taken == 1 { Ok(()) } else { Err(Error::conflict("coupon.sold_out", "来晚了，券已经领完")) }
}

fn count(tx: &mut Tx<'_>, ctx: &Ctx, day: i64, template: &Template, member_id: Id, gift: &Gift) -> Result<()> {
    if !gift.limited {
        return Ok(());
    }
    let counted = tx.exec(
        "insert into coupon_member (mall_id, template_id, member_id, taken) values ($1, $2, $3, 1)
         on conflict (mall_id, template_id, member_id)
         do update set taken = coupon_member.taken + 1 where coupon_member.taken < $4",
        &args![ctx.mall_id, template.id, member_id, template.per_member],
    )?;
    if counted == 0 {
        let text = format!("每人限领 {} 张，你已经领过了", template.per_member);
        return Err(Error::conflict("coupon.limit_reached", text));
    }
    let Some(quota) = template.daily_quota else { return Ok(()) };
    let counted = tx.exec(
        "insert into coupon_day (mall_id, template_id, day, taken) values ($1, $2, $3, 1)
         on conflict (mall_id, template_id, day)
         do update set taken = coupon_day.taken + 1 where coupon_day.taken < $4",
        &args![ctx.mall_id, template.id, day, quota],
    )?;
    if counted == 1 {
        Ok(())
    } else {
        Err(Error::conflict("coupon.day_sold_out", "今天的券已经领完，明天再来"))
    }
}

fn insert(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: Id,
    template: &Template,
    member_id: Id,
    gift: &Gift,
    valid: (Instant, Instant),
) -> Result<()> {
    let values: Vec<Arg> = Vec::from(args![
        id,
        ctx.mall_id,
        template.id,
        member_id,
        gift.source.as_str(),
        gift.key.as_deref(),
        valid.0,
        valid.1,
        ctx.now,
        gift.given_by
    ]);
    let made = tx.exec(
        "insert into coupon (id, mall_id, template_id, member_id, status, source, source_key, valid_from, valid_until,
           taken_at, given_by)
         values ($1, $2, $3, $4, 'unused', $5, $6, $7, $8, $9, $10)
         on conflict (mall_id, template_id, member_id, source_key) do nothing",
        &values,
    )?;
    if made == 1 { Ok(()) } else { Err(given_already()) }
}

/// Gives a coupon that comes with a tier, a birthday, a paid membership or a check-in, once per `key`: one that is given
/// that way, or by staff. False when there is none to give: unknown, stopped, used up, or given before.
pub fn grant_perk(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    template_id: Id,
    member_id: Id,
    source: CouponSource,
    key: String,
) -> Result<bool> {
    let known = match store::find(tx, ctx.mall_id, template_id) {
        Ok(template) => template.from(source),
        Err(error) if error.kind() == kernel::Kind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let source = if known { source } else { CouponSource::Staff };
    // Neither the day's quota nor the member's limit bounds a perk, so the day does not matter.
    let gift = Gift::of(source).once(key).unlimited(None);
    match tx.savepoint(|tx| grant(tx, ctx, 0, template_id, member_id, &gift)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == kernel::Kind::Conflict => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gifts by staff: gives one to each of the members and answers how many got it.
/// One update of the stock and one insert, however many members.
pub fn grant_many(tx: &mut Tx<'_>, ctx: &Ctx, template_id: Id, member_ids: &[Id], given_by: Id) -> Result<usize> {
    let template = store::find(tx, ctx.mall_id, template_id)?;
    if !template.open_at(ctx.now) || !template.from(CouponSource::Staff) {
        return Err(Error::conflict("coupon.not_open", "这张券没有开放人工发放"));
    }
    let wanted = i64::try_from(member_ids.len()).unwrap_or(i64::MAX);
    let taken = tx.exec(
        "update coupon_template set taken = taken + $3
         where mall_id = $1 and id = $2 and status = 'published' and (stock is null or taken + $3 <= stock)",
        &args![ctx.mall_id, template_id, wanted],
    )?;
    if taken == 0 {
        return Err(Error::conflict("coupon.sold_out", "库存不够发给这么多会员"));
    }
    let (from, until) = template.validity.of(ctx.now);
    let rows: Vec<Vec<Arg>> = member_ids
        .iter()
        .map(|member_id| {
            Vec::from(args![
                ctx.id(),
                ctx.mall_id,
                template_id,
                member_id,
                "unused",
                "staff",
                from,
                until,
                ctx.now,
                given_by
            ])
        })
        .collect();
    tx.insert_many(
        "insert into coupon (id, mall_id, template_id, member_id, status, source, valid_from, valid_until, taken_at,
           given_by) values",
        "",
        &rows,
    )?;
    let given = Given { template_id, member_ids };
    outbox::emit(tx, ctx, "coupon.given", &given)?;
    Ok(member_ids.len())
}
