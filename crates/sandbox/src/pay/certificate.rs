//! `GET /v3/certificates`: the platform certificates of this moment (two after a rotation), sealed with the APIv3 key.

use super::answer::{Answer, PayError, PayResult};
use crate::switches::Faults;
use crate::world::World;
use axum::extract::State;
use std::sync::Arc;
use wire::Certificate;
use wire::wechat_pay::seal_certificates;

pub(super) async fn list(State(world): State<Arc<World>>) -> PayResult {
    let sealed = world.keys(|keys| {
        let certificates: Vec<Certificate> = keys.platform.iter().filter_map(|s| s.certificate.clone()).collect();
        seal_certificates(&keys.api_v3, &certificates, || wire::random::nonce()[..12].to_owned())
    });
    let broken = |e: &dyn std::fmt::Display| PayError::new(500, "SYSTEM_ERROR", e.to_string());
    let bytes = sealed.map_err(|e| broken(&e))?;
    let body = serde_json::from_slice(&bytes).map_err(|e| broken(&e))?;
    Ok(Answer::json(body, &Faults::default()))
}
