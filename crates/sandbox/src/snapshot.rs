//! Payments and refunds on disk: `payments.json`, written whole or not at all, so that an order paid before a restart can
//! still be queried and refunded after it. Everything else (tokens, codes, text messages, notices) is forgotten.

use crate::alipay::AlipayState;
use crate::mini::Couriers;
use crate::pay::PayState;
use crate::unionpay::UnionState;
use crate::world::State;
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

const FILE: &str = "payments.json";

/// What outlives a restart. WeChat Pay's tables lie on the outermost level, where they lay when they were alone.
#[derive(Deserialize)]
pub(crate) struct Saved {
    #[serde(flatten)]
    pub(crate) pay: PayState,
    #[serde(default)]
    pub(crate) alipay: AlipayState,
    #[serde(default)]
    pub(crate) unionpay: UnionState,
    #[serde(default)]
    pub(crate) couriers: Couriers,
}

#[derive(Serialize)]
struct Saving<'a> {
    #[serde(flatten)]
    pay: &'a PayState,
    alipay: &'a AlipayState,
    unionpay: &'a UnionState,
    couriers: &'a Couriers,
}

/// What was saved; `None` on the first start.
pub(crate) fn load(folder: &Path) -> Result<Option<Saved>> {
    let path = folder.join(FILE);
    let wrong = |e: &dyn std::fmt::Display| Error::internal(format!("sandbox: {}: {e}", path.display()));
    match std::fs::read(&path) {
        Ok(bytes) => {
            let saved: Saved = serde_json::from_slice(&bytes).map_err(|e| wrong(&e))?;
            Ok(Some(Saved {
                pay: saved.pay.bounded(),
                alipay: saved.alipay.bounded(),
                unionpay: saved.unionpay.bounded(),
                couriers: saved.couriers.bounded(),
            }))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(wrong(&e)),
    }
}

/// The file's content.
pub(crate) fn bytes(state: &State) -> Result<Vec<u8>> {
    let (pay, alipay, unionpay, couriers) = (&state.pay, &state.alipay, &state.unionpay, &state.couriers);
    serde_json::to_vec(&Saving { pay, alipay, unionpay, couriers }).map_err(Error::internal)
}

pub(crate) fn save(folder: &Path, bytes: &[u8]) -> Result<()> {
    crate::keyring::write_private(&folder.join(FILE), bytes)
}
