//! SQL of the address book; seals on the way in, opens on the way out.

use super::model::{Address, AddressPlace, Checked, names};
use crate::phone::Phone;
use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::seal::Sealer;

const NAME: &str = "address.name";
const PHONE: &str = "address.phone";
const DETAIL: &str = "address.detail";
const PLACE: &str = "address.place";

struct Stored {
    id: Id,
    name_sealed: String,
    phone_sealed: String,
    district_code: String,
    street_code: Option<String>,
    detail_sealed: String,
    tag: Option<String>,
    is_default: bool,
    place_sealed: Option<String>,
}
row!(Stored {
    id,
    name_sealed,
    phone_sealed,
    district_code,
    street_code,
    detail_sealed,
    tag,
    is_default,
    place_sealed
});

const COLUMNS: &str =
    "id, name_sealed, phone_sealed, district_code, street_code, detail_sealed, tag, is_default, place_sealed";

fn sealed_place(sealer: &Sealer, place: Option<&AddressPlace>) -> Result<Option<String>> {
    let text = place.map(serde_json::to_string).transpose().map_err(Error::internal)?;
    Ok(text.map(|text| sealer.seal(PLACE, &text)))
}

impl Stored {
    fn open(self, sealer: &Sealer) -> Result<Address> {
        let ((province, city, district), street) = names(&self.district_code, self.street_code.as_deref());
        let phone = Phone::parse(&sealer.open(PHONE, &self.phone_sealed)?).map_err(Error::internal)?;
        Ok(Address {
            id: self.id,
            name: sealer.open(NAME, &self.name_sealed)?,
            phone: phone.national().to_owned(),
            province_code: self.district_code.chars().take(2).collect(),
            city_code: self.district_code.chars().take(4).collect(),
            district_code: self.district_code,
            street_code: self.street_code,
            province: province.to_owned(),
            city: city.to_owned(),
            district: district.to_owned(),
            street: street.map(str::to_owned),
            detail: sealer.open(DETAIL, &self.detail_sealed)?,
            tag: self.tag,
            is_default: self.is_default,
            place: match &self.place_sealed {
                Some(sealed) => Some(serde_json::from_str(&sealer.open(PLACE, sealed)?).map_err(Error::internal)?),
                None => None,
            },
        })
    }
}

pub(super) fn all(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id) -> Result<Vec<Address>> {
    let rows: Vec<Stored> = tx.all(
        &format!(
            "select {COLUMNS} from address
             where mall_id = $1 and member_id = $2
             order by is_default desc, updated_at desc, id desc"
        ),
        &args![mall_id, member_id],
    )?;
    rows.into_iter().map(|row| row.open(sealer)).collect()
}

pub(super) fn one(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id, id: Id) -> Result<Option<Address>> {
    let row: Option<Stored> = tx.opt(
        &format!("select {COLUMNS} from address where mall_id = $1 and member_id = $2 and id = $3"),
        &args![mall_id, member_id, id],
    )?;
    row.map(|row| row.open(sealer)).transpose()
}

pub(super) fn default(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id) -> Result<Option<Address>> {
    let row: Option<Stored> = tx.opt(
        &format!("select {COLUMNS} from address where mall_id = $1 and member_id = $2 and is_default limit 1"),
        &args![mall_id, member_id],
    )?;
    row.map(|row| row.open(sealer)).transpose()
}

pub(super) fn latest(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Option<Id>> {
    let row: Option<(Id,)> = tx.opt(
        "select id
         from address
         where mall_id = $1 and member_id = $2
         order by updated_at desc, id desc
         limit 1",
        &args![mall_id, member_id],
    )?;
    Ok(row.map(|(id,)| id))
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    id: Id,
    member_id: Id,
    address: &Checked,
) -> Result<()> {
    tx.exec(
        "insert into address (id, mall_id, member_id, name_sealed, phone_sealed, district_code, street_code,
                              detail_sealed, tag, is_default, created_at, updated_at, place_sealed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, false, $10, $10, $11)",
        &args![
            id,
            ctx.mall_id,
            member_id,
            sealer.seal(NAME, &address.name),
            sealer.seal(PHONE, &address.phone.e164()),
            &address.district_code,
            &address.street_code,
            sealer.seal(DETAIL, &address.detail),
            &address.tag,
            ctx.now,
            sealed_place(sealer, address.place.as_ref())?
        ],
    )?;
    Ok(())
}

/// False when the member has no such address.
pub(super) fn update(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    id: Id,
    member_id: Id,
    address: &Checked,
) -> Result<bool> {
    let changed = tx.exec(
        "update address
         set name_sealed = $4, phone_sealed = $5, district_code = $6, street_code = $7, detail_sealed = $8, tag = $9,
             updated_at = $10, place_sealed = $11
         where mall_id = $1 and member_id = $2 and id = $3",
        &args![
            ctx.mall_id,
            member_id,
            id,
            sealer.seal(NAME, &address.name),
            sealer.seal(PHONE, &address.phone.e164()),
            &address.district_code,
            &address.street_code,
            sealer.seal(DETAIL, &address.detail),
            &address.tag,
            ctx.now,
            sealed_place(sealer, address.place.as_ref())?
        ],
    )?;
    Ok(changed == 1)
}

/// Makes one the default and every other not.
pub(super) fn make_default(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, id: Id) -> Result<()> {
    tx.exec(
        "update address
         set is_default = (id = $3)
         where mall_id = $1 and member_id = $2 and is_default <> (id = $3)",
        &args![ctx.mall_id, member_id, id],
    )?;
    Ok(())
}
