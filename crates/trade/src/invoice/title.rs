//! The title book: at most twenty titles of a member, one of them the default. Everything typed lies sealed.

use super::model::{Title, TitleKind};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::seal::Sealer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MOST: i64 = 20;

/// A title of the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = InvoiceTitleView)]
pub struct TitleView {
    pub id: Id,
    #[serde(flatten)]
    pub title: Title,
    pub is_default: bool,
}

fn missing() -> Error {
    Error::not_found("invoice.no_such_title", "没有找到这个发票抬头")
}

/// All titles of a member, the default first.
pub fn titles(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id) -> Result<Vec<TitleView>> {
    let rows: Vec<(Id, String, bool)> = tx.all(
        "select id, details, is_default from invoice_title where mall_id = $1 and member_id = $2 order by is_default desc, id",
        &args![mall_id, member_id],
    )?;
    let one = |(id, details, is_default): (Id, String, bool)| {
        Ok(TitleView { id, title: Title::open(sealer, &details)?, is_default })
    };
    rows.into_iter().map(one).collect()
}

/// One title of a member; `invoice.no_such_title` (404).
pub fn title(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id, id: Id) -> Result<Title> {
    let details: Option<String> = tx.opt(
        "select details from invoice_title where mall_id = $1 and member_id = $2 and id = $3",
        &args![mall_id, member_id, id],
    )?;
    Title::open(sealer, &details.ok_or_else(missing)?)
}

/// Writes a title, new or changed. The first one is the default.
pub(super) fn save(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    member_id: Id,
    id: Option<Id>,
    title: &Title,
    is_default: bool,
) -> Result<Id> {
    let (mall_id, details, kind) = (ctx.mall_id, title.seal(sealer)?, TitleKind::as_str(title.kind));
    let (count,): (i64,) =
        tx.one("select count(*) from invoice_title where mall_id = $1 and member_id = $2", &args![mall_id, member_id])?;
    let first = count == 0;
    if is_default && !first {
        tx.exec(
            "update invoice_title set is_default = false where mall_id = $1 and member_id = $2 and is_default",
            &args![mall_id, member_id],
        )?;
    }
    if let Some(id) = id {
        let changed = tx.exec(
            "update invoice_title set kind = $4, details = $5, is_default = is_default or $6
             where mall_id = $1 and member_id = $2 and id = $3",
            &args![mall_id, member_id, id, kind, details, is_default],
        )?;
        return if changed == 1 { Ok(id) } else { Err(missing()) };
    }
    if count >= MOST {
        return Err(Error::conflict("invoice.too_many_titles", "发票抬头最多保存 20 个，请先删掉不用的"));
    }
    let id = ctx.id();
    tx.exec(
        "insert into invoice_title (id, mall_id, member_id, kind, details, is_default, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &args![id, mall_id, member_id, kind, details, is_default || first, ctx.now],
    )?;
    Ok(id)
}

/// Removes a title; invoices that were asked for keep their own copy.
pub(super) fn remove(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, id: Id) -> Result<()> {
    let gone = tx.exec(
        "delete from invoice_title where mall_id = $1 and member_id = $2 and id = $3",
        &args![ctx.mall_id, member_id, id],
    )?;
    if gone == 1 { Ok(()) } else { Err(missing()) }
}

/// Forgets the whole book of a member.
pub(crate) fn forget(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<()> {
    tx.exec("delete from invoice_title where mall_id = $1 and member_id = $2", &args![ctx.mall_id, member_id])?;
    Ok(())
}
