//! Levers for tests and demos inside the same process: what the WeChat client, the payer and the console would do.
//! Out of process the same levers are the JSON routes under `/control` (see `console`).

use crate::console;
use crate::mini;
use crate::pay;
use crate::switches::Fault;
use crate::world::World;
use kernel::{Error, Instant, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A text message that was accepted.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    pub phone: String,
    pub sign_name: String,
    pub template_code: String,
    /// `TemplateParam`.
    pub params: Map<String, Value>,
    pub at: Instant,
}

/// Handle to the running stand-ins.
#[derive(Clone)]
pub struct Control {
    world: Arc<World>,
}

impl Control {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Control { world }
    }

    /// Switches a fault on or off for everything.
    pub fn set(&self, fault: Fault, on: bool) {
        self.world.state().switches.set(fault, on);
    }

    /// What `wx.login` would give: a code for `user`, the same name is the same openid.
    pub fn login_code(&self, user: &str) -> String {
        mini::mint_code(&self.world, user, false)
    }

    /// What `my.getAuthCode` would give: a code for `user`, the same name is the same buyer.
    pub fn alipay_code(&self, user: &str) -> String {
        self.world.state().alipay.mint_code(user)
    }

    /// What the phone button would give: a code for a mainland number.
    pub fn phone_code(&self, phone: &str) -> String {
        mini::mint_code(&self.world, phone, true)
    }

    /// Forgets every access token.
    pub fn expire_tokens(&self) {
        mini::expire_tokens(&self.world);
    }

    /// A new platform certificate signs from now on; the one before stays in the list.
    pub fn rotate_certificate(&self) -> Result<()> {
        self.world.rotate_certificate()
    }

    /// Pays like a person at the cashier; needs a Tokio runtime for the notice. Errors say why it did not happen.
    pub fn pay(&self, payment_number: &str) -> Result<()> {
        let declined = |d: pay::Declined| Error::conflict("sandbox.declined", d.label());
        console::pay_anywhere(&self.world, payment_number).map_err(declined)
    }

    /// The payee confirms a transfer, or cannot take it; needs a Tokio runtime for the notice.
    pub fn confirm_transfer(&self, number: &str, accept: bool) -> Result<()> {
        let unknown = || Error::not_found("sandbox.no_transfer", "没有这笔转账");
        pay::confirm(&self.world, number, accept).map(drop).ok_or_else(unknown)
    }

    /// Moves a courier's errand on, by our number and WeChat's status; needs a Tokio runtime for the callback. False when
    /// it may not go there.
    pub fn advance_courier(&self, number: &str, status: i64) -> bool {
        mini::advance_by_number(&self.world, number, status)
    }

    /// Text messages, newest first.
    pub fn messages(&self) -> Vec<Message> {
        self.world.state().sms.newest().cloned().collect()
    }

    /// Verification code last sent to a number.
    pub fn sms_code(&self, phone: &str) -> Option<String> {
        let state = self.world.state();
        let message = state.sms.newest().find(|m| m.phone == phone)?;
        message.params.get("code").and_then(Value::as_str).map(str::to_owned)
    }

    /// True while money of that payment waits for `upload_shipping_info`.
    pub fn is_frozen(&self, payment_number: &str) -> bool {
        let now = self.world.now();
        let mut state = self.world.state();
        state.pay.by_number(payment_number).is_some_and(|p| mini::Funds::of(p, now) == mini::Funds::AwaitingShipment)
    }
}
