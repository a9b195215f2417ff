//! What staff may do, asked on every request of the back office. Kept in memory for ten seconds, and forgotten at once
//! when staff or roles change on this node.

use super::store;
use db::{Db, Tx};
use kernel::ports::Pending;
use kernel::{Id, MallId, Result};
use platform::permission::{GrantSource, Grants};
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Stopwatch};

/// How long another node may go on with old rights. Measured by a stopwatch: no rule of the mall hangs on it.
const TRUSTED: Duration = Duration::from_secs(10);

/// The one [`GrantSource`] of the program.
pub struct StaffGrants {
    kept: Cache<(MallId, Id), Kept>,
    generation: AtomicU64,
}

#[derive(Clone)]
struct Kept {
    grants: Option<Grants>,
    generation: u64,
    since: Stopwatch,
}

impl Default for StaffGrants {
    fn default() -> Self {
        StaffGrants { kept: Cache::new(2_000), generation: AtomicU64::new(0) }
    }
}

impl GrantSource for StaffGrants {
    fn load<'a>(&'a self, db: &'a Db, mall_id: MallId, staff_id: Id) -> Pending<'a, Option<Grants>> {
        // Taken before the read: a change in between makes what was read stale.
        let generation = self.generation.load(Ordering::Acquire);
        let since = Stopwatch::now();
        let fresh = |kept: &Kept| kept.generation == generation && since.duration_since(kept.since) < TRUSTED;
        if let Some(kept) = self.kept.get(&(mall_id, staff_id)).filter(fresh) {
            return Box::pin(std::future::ready(Ok(kept.grants)));
        }
        Box::pin(async move {
            let grants = db.read(move |tx| read_grants(tx, mall_id, staff_id)).await?;
            let kept = Kept { grants: grants.clone(), generation, since };
            self.kept.insert((mall_id, staff_id), kept);
            Ok(grants)
        })
    }

    fn forget(&self, _mall_id: MallId) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }
}

fn read_grants(tx: &mut Tx<'_>, mall_id: MallId, staff_id: Id) -> Result<Option<Grants>> {
    let staff = match store::staff(tx, mall_id, staff_id) {
        Err(error) if error.is("staff.not_found") => return Ok(None),
        staff => staff?,
    };
    if !staff.is_active() {
        return Ok(None);
    }
    let role = store::role(tx, mall_id, staff.role_id)?;
    Ok(Some(Grants::new(staff.id, staff.name, staff.store_id, role.permissions())))
}
