//! Who carries: a rider's name, and the phone on which members reach them. Phones lie sealed.

use super::row::RIDER_PHONE;
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use people::Phone;
use platform::Ctx;
use platform::seal::Sealer;

/// Somebody who carries a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rider {
    /// Of the mall's staff; a courier service's people have none.
    pub id: Option<Id>,
    pub name: String,
    pub phone: Option<String>,
}

impl Rider {
    pub(super) fn sealed_phone(&self, sealer: &Sealer) -> Option<String> {
        self.phone.as_deref().map(|phone| sealer.seal(RIDER_PHONE, phone))
    }
}

/// The phone a rider told.
pub fn phone_of(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, staff_id: Id) -> Result<Option<String>> {
    let sealed: Option<String> = tx.opt(
        "select phone_sealed from delivery_rider where mall_id = $1 and staff_id = $2",
        &args![mall_id, staff_id],
    )?;
    sealed.map(|sealed| sealer.open(RIDER_PHONE, &sealed)).transpose()
}

/// Keeps the phone of a rider.
pub fn save_phone(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, staff_id: Id, phone: &Phone) -> Result<()> {
    tx.exec(
        "insert into delivery_rider (mall_id, staff_id, phone_sealed, updated_at)
         values ($1, $2, $3, $4)
         on conflict (mall_id, staff_id) do update
         set phone_sealed = excluded.phone_sealed, updated_at = excluded.updated_at",
        &args![ctx.mall_id, staff_id, sealer.seal(RIDER_PHONE, phone.national()), ctx.now],
    )?;
    Ok(())
}
