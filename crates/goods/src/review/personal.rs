//! A member's own reviews: handed over, or made nobody's. The words and pictures stay, since others decided by them.

use super::write::ANONYMOUS;
use db::{FromRow, Row, Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;

/// A review as its author may have it.
#[derive(Debug, Clone)]
pub struct OwnReview {
    pub id: Id,
    pub product: String,
    pub rating: i64,
    pub text: String,
    pub picture_keys: Vec<String>,
    pub created_at: Instant,
}

impl FromRow for OwnReview {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (id, product, rating, text) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let keys: String = row.next()?;
        let picture_keys = serde_json::from_str(&keys).map_err(Error::internal)?;
        Ok(OwnReview { id, product, rating, text, picture_keys, created_at: row.next()? })
    }
}

/// Every review a member wrote.
pub fn of_member(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<OwnReview>> {
    tx.all(
        "select r.id, p.name, r.rating, r.text, r.picture_keys, r.created_at
         from review r
         join product p on p.mall_id = r.mall_id and p.id = r.product_id
         where r.mall_id = $1 and r.member_id = $2
         order by r.id",
        &args![mall_id, member],
    )
}

/// Takes the author off every review of a member.
pub fn make_anonymous(tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
    tx.exec(
        "update review
         set member_id = 0, nickname = $3
         where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member, ANONYMOUS],
    )?;
    Ok(())
}
