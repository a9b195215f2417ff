//! The moves of a delivery. Each is one guarded update that names the state it starts from; who comes second is told.

use super::local::{self, LocalOrder};
use super::moved_meanwhile;
use super::rider::Rider;
use super::row::{Delivery, DeliveryState, RIDER_PHONE};
use super::rule::CarriedBy;
use db::{Arg, Tx, args};
use kernel::ports::{CourierPlaced, CourierReport};
use kernel::{Error, Id, Result};
use platform::Ctx;
use platform::seal::Sealer;

/// How it is known that the goods are with the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof<'a> {
    /// The member told the code.
    Code,
    /// Without the code, for a reason.
    Note(&'a str),
    /// The member said so.
    Member,
    /// The courier service said so.
    Courier,
}

impl Proof<'_> {
    const fn word(&self) -> &'static str {
        match self {
            Proof::Code => "code",
            Proof::Note(_) => "note",
            Proof::Member => "member",
            Proof::Courier => "courier",
        }
    }
}

/// Makes a move from any of `from`; false when it is not there any more. `$3` is the time, values follow from `$4`.
fn step(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: Id,
    from: &[DeliveryState],
    to: DeliveryState,
    set: &str,
    values: &[Arg],
) -> Result<bool> {
    let from: Vec<String> = from.iter().map(|state| format!("'{}'", state.as_str())).collect();
    let mut all: Vec<Arg> = args![ctx.mall_id, id, ctx.now].to_vec();
    all.extend_from_slice(values);
    let moved = tx.exec(
        &format!(
            "update delivery set state = '{}', ended_at = {}{set}
             where mall_id = $1 and id = $2 and state in ({}) and cast($3 as bigint) > 0",
            to.as_str(),
            if matches!(to, DeliveryState::Delivered | DeliveryState::Returned | DeliveryState::Cancelled) {
                "$3"
            } else {
                "null"
            },
            from.join(", ")
        ),
        &all,
    )?;
    Ok(moved == 1)
}

fn must(moved: bool) -> Result<()> {
    if moved { Ok(()) } else { Err(moved_meanwhile()) }
}

use DeliveryState::{Accepted, Cancelled, Delivered, Failed, Fetched, Returned, Waiting};

/// Begins a delivery of an order. `delivery.under_way` (409) while another one is not over.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, promised: &LocalOrder, carried_by: CarriedBy) -> Result<Id> {
    let id = ctx.id();
    tx.exec(
        "insert into delivery (id, mall_id, order_id, store_id, carried_by, courier_store, state, wanted_at, created_at)
         values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8)",
        &args![
            id,
            ctx.mall_id,
            promised.order_id,
            promised.store_id,
            carried_by.as_str(),
            promised.courier_store.as_deref(),
            promised.wanted_from,
            ctx.now
        ],
    )?;
    Ok(id)
}

/// A rider takes it on. `delivery.taken` (409) when somebody was faster.
pub fn claim(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, delivery: &Delivery, rider: &Rider) -> Result<()> {
    let set = ", rider_id = $4, rider_name = $5, rider_phone_sealed = $6, accepted_at = $3";
    let values = args![rider.id, &rider.name, rider.sealed_phone(sealer)];
    if step(tx, ctx, delivery.id, &[Waiting], Accepted, set, &values)? {
        return Ok(());
    }
    Err(Error::conflict("delivery.taken", "这一单刚刚被别人接走了，或者已经取消"))
}

/// The rider will not come after all.
pub fn give_up(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery) -> Result<()> {
    let set = ", rider_id = null, rider_name = null, rider_phone_sealed = null, accepted_at = null";
    must(step(tx, ctx, delivery.id, &[Accepted], Waiting, set, &[])?)
}

/// The rider has the goods.
pub fn fetched(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery) -> Result<()> {
    // A courier service may tell this first.
    let from: &[DeliveryState] =
        if delivery.carried_by == CarriedBy::Courier { &[Waiting, Accepted] } else { &[Accepted] };
    let set = ", fetched_at = $3, accepted_at = coalesce(accepted_at, $3)";
    must(step(tx, ctx, delivery.id, from, Fetched, set, &[])?)
}

/// The goods are with the member.
pub fn delivered(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery, proof: &Proof<'_>) -> Result<()> {
    let note = match proof {
        Proof::Note(note) => Some(*note),
        _ => None,
    };
    let set = ", proof = $4, note = $5";
    must(step(tx, ctx, delivery.id, &[Fetched, Failed], Delivered, set, &args![proof.word(), note])?)
}

/// Nobody took the goods.
pub fn failed(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery, reason: &str) -> Result<()> {
    must(step(tx, ctx, delivery.id, &[Fetched], Failed, ", note = $4", &args![reason])?)
}

/// The rider tries once more.
pub fn again(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery) -> Result<()> {
    must(step(tx, ctx, delivery.id, &[Failed], Fetched, ", note = null", &[])?)
}

/// The goods are back in the store.
pub fn returned(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery) -> Result<()> {
    must(step(tx, ctx, delivery.id, &[Fetched, Failed], Returned, "", &[])?)
}

/// Nobody is to come any more.
pub fn cancel(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery, reason: &str) -> Result<()> {
    must(step(tx, ctx, delivery.id, &[Waiting, Accepted], Cancelled, ", note = $4", &args![reason])?)
}

/// The courier service took it. False when it was cancelled meanwhile, or given to the riders.
pub fn called_courier(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery, placed: &CourierPlaced) -> Result<bool> {
    let kept = tx.exec(
        "update delivery
         set courier_number = $3, courier_service = $4, courier_fee_fen = $5, last_error = null, courier_asked_at = $6
         where mall_id = $1 and id = $2 and carried_by = 'courier' and ended_at is null
           and (courier_number is null or courier_number = $3)",
        &args![ctx.mall_id, delivery.id, &placed.number, &placed.service, placed.fee, ctx.now],
    )?;
    Ok(kept == 1)
}

/// No courier comes: the store's own riders bring it. False when it is not waiting for a courier any more.
pub fn back_to_riders(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery, reason: &str) -> Result<bool> {
    let set = ", carried_by = 'riders', courier_number = null, courier_stage = 0, courier_at = 0, rider_name = null,
        rider_phone_sealed = null, accepted_at = null, last_error = $4";
    if delivery.carried_by != CarriedBy::Courier {
        return Ok(false);
    }
    step(tx, ctx, delivery.id, &[Waiting, Accepted], Waiting, set, &args![shortened(reason)])
}

/// Keeps what a courier service said last, and who comes.
pub fn heard(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, delivery: &Delivery, report: &CourierReport) -> Result<()> {
    let phone = report.rider_phone.as_deref().map(|phone| sealer.seal(RIDER_PHONE, phone));
    tx.exec(
        "update delivery
         set courier_stage = $3, courier_at = $4, courier_number = coalesce(courier_number, $5),
             courier_service = $6, rider_name = coalesce($7, rider_name),
             rider_phone_sealed = coalesce($8, rider_phone_sealed)
         where mall_id = $1 and id = $2 and carried_by = 'courier' and ended_at is null",
        &args![
            ctx.mall_id,
            delivery.id,
            report.stage.rank(),
            report.at,
            &report.courier_number,
            &report.service,
            report.rider_name.as_deref(),
            phone
        ],
    )?;
    Ok(())
}

/// Notes what went wrong outside, and when it was last heard of.
pub fn note_trouble(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, reason: &str) -> Result<()> {
    tx.exec(
        "update delivery set last_error = $3 where mall_id = $1 and id = $2 and ended_at is null",
        &args![ctx.mall_id, id, shortened(reason)],
    )?;
    Ok(())
}

fn shortened(reason: &str) -> String {
    reason.chars().take(200).collect()
}

/// Compares a code with the promised one; a wrong one is counted. Answers how many tries are left, or `None` when it was
/// right. `delivery.code_locked` (409) after five wrong ones.
pub fn wrong_code(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    delivery: &Delivery,
    promised: &LocalOrder,
    typed: &str,
) -> Result<Option<i64>> {
    let locked = || Error::conflict("delivery.code_locked", "收货码输错太多次了，请写明没有收货码的原因").at("code");
    if delivery.wrong_codes >= MOST_WRONG {
        return Err(locked());
    }
    if local::is_code(&promised.code, typed) {
        return Ok(None);
    }
    let counted = tx.exec(
        "update delivery set wrong_codes = wrong_codes + 1 where mall_id = $1 and id = $2 and wrong_codes = $3",
        &args![ctx.mall_id, delivery.id, delivery.wrong_codes],
    )?;
    if counted == 1 { Ok(Some(MOST_WRONG - delivery.wrong_codes - 1)) } else { Err(moved_meanwhile()) }
}

/// Codes a rider may get wrong.
const MOST_WRONG: i64 = 5;
