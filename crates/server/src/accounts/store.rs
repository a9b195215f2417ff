//! Accounts in the database and on their way to the clients.

use super::spec::Fields;
use db::{Tx, args};
use kernel::{Error, Instant, MallId, Result};
use platform::seal::Sealer;
use platform::{App, Ctx};
use std::collections::HashMap;

const COLUMN: &str = "mall_account.fields";

/// What is known of one account.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Entered by staff; empty when only checks are remembered.
    pub fields: Fields,
    pub checked_at: Option<Instant>,
    pub check_ok: Option<bool>,
    pub check_message: Option<String>,
}

/// A mall's accounts by service.
pub fn read(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId) -> Result<HashMap<String, Kept>> {
    type Row = (String, Option<String>, Option<Instant>, Option<bool>, Option<String>);
    let rows: Vec<Row> = tx.all(
        "select service, fields_sealed, checked_at, check_ok, check_message from mall_account where mall_id = $1",
        &args![mall_id],
    )?;
    rows.into_iter()
        .map(|(service, sealed, checked_at, check_ok, check_message)| {
            let fields = sealed.map(|sealed| opened(sealer, &sealed)).transpose()?.unwrap_or_default();
            Ok((service, Kept { fields, checked_at, check_ok, check_message }))
        })
        .collect()
}

fn opened(sealer: &Sealer, sealed: &str) -> Result<Fields> {
    serde_json::from_str(&sealer.open(COLUMN, sealed)?).map_err(Error::internal)
}

/// Keeps an account's fields, or forgets them; the outcome of the last check goes with the keys it was made with.
pub fn write(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, service: &str, fields: Option<&Fields>) -> Result<()> {
    let text = fields.map(serde_json::to_string).transpose().map_err(Error::internal)?;
    let sealed = text.map(|text| sealer.seal(COLUMN, &text));
    tx.exec(
        "insert into mall_account (mall_id, service, fields_sealed, updated_at)
         values ($1, $2, $3, $4)
         on conflict (mall_id, service)
         do update set fields_sealed = excluded.fields_sealed, updated_at = excluded.updated_at,
           checked_at = null, check_ok = null, check_message = null",
        &args![ctx.mall_id, service, sealed, ctx.now],
    )?;
    Ok(())
}

/// Remembers how a live check went.
pub fn note_check(tx: &mut Tx<'_>, ctx: &Ctx, service: &str, ok: bool, message: &str) -> Result<()> {
    tx.exec(
        "insert into mall_account (mall_id, service, checked_at, check_ok, check_message, updated_at)
         values ($1, $2, $3, $4, $5, $3)
         on conflict (mall_id, service)
         do update set checked_at = excluded.checked_at, check_ok = excluded.check_ok,
           check_message = excluded.check_message",
        &args![ctx.mall_id, service, ctx.now, ok, message],
    )?;
    Ok(())
}

/// The accounts staff entered, by service.
pub fn entered(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId) -> Result<HashMap<String, Fields>> {
    let kept = read(tx, sealer, mall_id)?.into_iter().filter(|(_, kept)| !kept.fields.is_empty());
    Ok(kept.map(|(service, kept)| (service, kept.fields)).collect())
}

/// Hands a mall's entered accounts to the clients.
pub async fn load(app: &App, mall_id: MallId) -> Result<()> {
    let reader = app.clone();
    let accounts = app.db.read(move |tx| entered(tx, &reader.sealer, mall_id)).await?;
    app.outside.use_accounts(mall_id, accounts)
}

/// The same for every mall; also what brings keys that another node saved.
pub async fn reload(app: App) -> Result<()> {
    for mall in app.malls.all() {
        // One mall's broken keys must not keep the others from working.
        if let Err(error) = load(&app, mall.id).await {
            tracing::warn!(mall = mall.code, %error, "the mall's accounts could not be used");
        }
    }
    Ok(())
}
