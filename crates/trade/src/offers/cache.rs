//! Rules kept in memory by version. The version is read in the same transaction as everything else of the quote and is
//! never used twice, so what is kept can be old but never wrong: an old version is simply not asked for again.

use db::{Tx, args};
use kernel::{MallId, Result};
use platform::Ctx;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Malls whose rules are kept; beyond, the memory is emptied.
const MALLS: usize = 4_096;

/// The rules of one kind, by mall.
pub struct RuleCache<T>(Mutex<HashMap<MallId, (i64, Arc<T>)>>);

impl<T> Default for RuleCache<T> {
    fn default() -> Self {
        RuleCache(Mutex::new(HashMap::new()))
    }
}

impl<T> RuleCache<T> {
    /// The rules of a mall at a version; `load` reads them when they are not in memory.
    pub fn get(&self, mall_id: MallId, version: i64, load: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        if let Some((known, rules)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&mall_id)
            && *known == version
        {
            return Ok(rules.clone());
        }
        let rules = Arc::new(load()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MALLS {
            kept.clear();
        }
        kept.insert(mall_id, (version, rules.clone()));
        Ok(rules)
    }
}

/// Rules of a kind were changed in this transaction. The new version is a fresh id, so a transaction that is rolled
/// back leaves no version behind that another could take.
pub fn touch(tx: &mut Tx<'_>, ctx: &Ctx, kind: &'static str) -> Result<()> {
    tx.exec(
        "insert into offer_version (mall_id, kind, version) values ($1, $2, $3)
         on conflict (mall_id, kind) do update set version = excluded.version",
        &args![ctx.mall_id, kind, ctx.id()],
    )?;
    Ok(())
}
