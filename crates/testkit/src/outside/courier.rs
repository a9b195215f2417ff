//! A courier service in memory: keeps what was called for, tells how it stands, and makes reports that a test delivers as
//! often, as late and in whatever order it likes. A report can be forged.

use super::{locked, notice};
use kernel::ports::{CourierOrder, CourierPlaced, CourierReport, CourierService, CourierStage, Pending};
use kernel::{Error, Fen, Instant, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

const SECRET: &str = "courier-token";

#[derive(Default)]
struct State {
    orders: BTreeMap<String, CourierOrder>,
    reports: BTreeMap<String, CourierReport>,
    cancelled: Vec<String>,
    refuses: bool,
    busy_for: usize,
}

/// One account at a service of couriers.
#[derive(Default)]
pub struct LocalCourier {
    state: Mutex<State>,
}

impl LocalCourier {
    /// Every further order is refused for good, or taken again.
    pub fn refuse(&self, on: bool) {
        locked(&self.state).refuses = on;
    }

    /// The next `times` calls do not get an answer.
    pub fn is_busy(&self, times: usize) {
        locked(&self.state).busy_for = times;
    }

    /// What couriers were called for, by our number.
    pub fn orders(&self) -> Vec<CourierOrder> {
        locked(&self.state).orders.values().cloned().collect()
    }

    /// Our numbers of what was taken back.
    pub fn cancelled(&self) -> Vec<String> {
        locked(&self.state).cancelled.clone()
    }

    /// A courier comes so far; answers the signed report. Asking tells the same.
    pub fn reach(&self, number: &str, stage: CourierStage, at: Instant) -> Vec<u8> {
        let mut state = locked(&self.state);
        let report = state.reports.get_mut(number).expect("an order the service knows");
        report.stage = stage;
        report.at = at;
        if stage == CourierStage::Accepted {
            report.rider_name = Some("平台小周".into());
            report.rider_phone = Some("13900007702".into());
        }
        signed(&content(report), SECRET)
    }

    /// The same report under a signature that somebody guessed.
    pub fn forged(&self, number: &str, stage: CourierStage, at: Instant) -> Vec<u8> {
        let state = locked(&self.state);
        let mut report = state.reports.get(number).expect("an order the service knows").clone();
        (report.stage, report.at) = (stage, at);
        signed(&content(&report), "guessed")
    }

    fn answers(&self) -> Result<()> {
        let mut state = locked(&self.state);
        if state.busy_for > 0 {
            state.busy_for -= 1;
            return Err(Error::gateway("courier.busy", "配送平台没有回应"));
        }
        Ok(())
    }
}

fn content(report: &CourierReport) -> Value {
    json!({ "number": report.number, "store": report.store, "courier_number": report.courier_number,
        "stage": report.stage.rank(), "at": report.at.0 })
}

fn signed(content: &Value, secret: &str) -> Vec<u8> {
    let text = content.to_string();
    json!({ "content": text, "sign": notice::sign(secret, text.as_bytes()) }).to_string().into_bytes()
}

fn stage_of(rank: i64) -> Option<CourierStage> {
    use CourierStage::{
        Accepted, AtStore, CancelledByCourier, CancelledByShop, Created, Delivered, GivenBack, OnTheWay, Trouble,
    };
    [Created, GivenBack, Accepted, AtStore, OnTheWay, Trouble, CancelledByShop, CancelledByCourier, Delivered]
        .into_iter()
        .find(|stage| stage.rank() == rank)
}

impl CourierService for LocalCourier {
    fn place<'a>(&'a self, order: &'a CourierOrder) -> Pending<'a, CourierPlaced> {
        Box::pin(async move {
            self.answers()?;
            let mut state = locked(&self.state);
            if state.refuses {
                return Err(Error::conflict("courier.refused", "超出范围"));
            }
            let number = format!("wx{}", order.number);
            state.orders.insert(order.number.clone(), order.clone());
            state.reports.entry(order.number.clone()).or_insert_with(|| CourierReport {
                number: order.number.clone(),
                store: order.store.clone(),
                courier_number: number.clone(),
                service: "LOCAL".into(),
                stage: CourierStage::Created,
                at: Instant(1),
                rider_name: None,
                rider_phone: None,
            });
            Ok(CourierPlaced { number, service: "LOCAL".into(), distance_m: 1_000, fee: Fen(500) })
        })
    }

    fn ask<'a>(&'a self, _: &'a str, number: &'a str) -> Pending<'a, Option<CourierReport>> {
        Box::pin(async move {
            self.answers()?;
            Ok(locked(&self.state).reports.get(number).cloned())
        })
    }

    fn cancel<'a>(&'a self, _: &'a str, number: &'a str, _: &'a str) -> Pending<'a, Fen> {
        Box::pin(async move {
            self.answers()?;
            locked(&self.state).cancelled.push(number.to_owned());
            Ok(Fen::ZERO)
        })
    }

    fn read_notice(&self, body: &[u8]) -> Result<CourierReport> {
        let rejected = || Error::unauthenticated("courier.notice_rejected", "签名不对");
        let value: Value = serde_json::from_slice(body).map_err(|_| rejected())?;
        let text = value["content"].as_str().unwrap_or_default();
        if value["sign"] != json!(notice::sign(SECRET, text.as_bytes())) {
            return Err(rejected());
        }
        let told: Value = serde_json::from_str(text).map_err(|_| rejected())?;
        let word = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        Ok(CourierReport {
            number: word("number"),
            store: word("store"),
            courier_number: word("courier_number"),
            service: "LOCAL".into(),
            stage: told["stage"].as_i64().and_then(stage_of).ok_or_else(rejected)?,
            at: Instant(told["at"].as_i64().unwrap_or_default()),
            rider_name: None,
            rider_phone: None,
        })
    }
}
