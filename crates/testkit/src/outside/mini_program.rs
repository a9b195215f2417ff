//! A mini program in memory: login codes that are good once, phone codes, and the shipping reports it was given.

use super::locked;
use kernel::Error;
use kernel::ports::{MiniCode, MiniProgram, MiniSession, Pending, ShippingInfo, SubscribeMessage};
use std::collections::HashMap;
use std::sync::Mutex;

#[derive(Default)]
struct State {
    login_codes: HashMap<String, String>,
    phone_codes: HashMap<String, String>,
    minted: u64,
    not_known_yet: usize,
    uploads: Vec<ShippingInfo>,
    codes: Vec<MiniCode>,
    notices: Vec<SubscribeMessage>,
    notice_trouble: Option<Error>,
}

/// One app at WeChat.
pub struct LocalMiniProgram {
    app_id: String,
    state: Mutex<State>,
}

impl LocalMiniProgram {
    pub(super) fn new(app_id: &str) -> Self {
        LocalMiniProgram { app_id: app_id.to_owned(), state: Mutex::default() }
    }

    /// What `wx.login` gives this person; the same name is the same openid.
    pub fn login_code(&self, person: &str) -> String {
        let mut state = locked(&self.state);
        state.minted += 1;
        let code = format!("login-{}", state.minted);
        state.login_codes.insert(code.clone(), format!("o-{person}"));
        code
    }

    /// What the phone button gives.
    pub fn phone_code(&self, phone: &str) -> String {
        let mut state = locked(&self.state);
        state.minted += 1;
        let code = format!("phone-{}", state.minted);
        state.phone_codes.insert(code.clone(), phone.to_owned());
        code
    }

    /// The next `times` shipping reports are refused because WeChat does not know the payment yet.
    pub fn does_not_know_yet(&self, times: usize) {
        locked(&self.state).not_known_yet = times;
    }

    /// Codes that were drawn, oldest first.
    pub fn codes(&self) -> Vec<MiniCode> {
        locked(&self.state).codes.clone()
    }

    /// Subscribe messages that arrived, oldest first.
    pub fn notices(&self) -> Vec<SubscribeMessage> {
        locked(&self.state).notices.clone()
    }

    /// The next subscribe message is refused like this.
    pub fn refuse_notice(&self, error: Error) {
        locked(&self.state).notice_trouble = Some(error);
    }

    /// Shipping reports that were taken, oldest first.
    pub fn uploads(&self) -> Vec<ShippingInfo> {
        locked(&self.state).uploads.clone()
    }
}

impl MiniProgram for LocalMiniProgram {
    fn app_id(&self) -> &str {
        &self.app_id
    }

    fn session<'a>(&'a self, code: &'a str) -> Pending<'a, MiniSession> {
        Box::pin(async move {
            let openid = locked(&self.state).login_codes.remove(code);
            let openid = openid.ok_or_else(|| Error::invalid("wechat.code_invalid", "登录凭证无效"))?;
            Ok(MiniSession { unionid: None, session_key: "session-key".into(), openid })
        })
    }

    fn phone_number<'a>(&'a self, code: &'a str) -> Pending<'a, String> {
        Box::pin(async move {
            let phone = locked(&self.state).phone_codes.remove(code);
            phone.ok_or_else(|| Error::invalid("wechat.code_invalid", "手机号凭证无效"))
        })
    }

    fn notify<'a>(&'a self, message: &'a SubscribeMessage) -> Pending<'a, ()> {
        Box::pin(async move {
            let mut state = locked(&self.state);
            if let Some(error) = state.notice_trouble.take() {
                return Err(error);
            }
            state.notices.push(message.clone());
            Ok(())
        })
    }

    fn code<'a>(&'a self, code: &'a MiniCode) -> Pending<'a, Vec<u8>> {
        Box::pin(async move {
            locked(&self.state).codes.push(code.clone());
            Ok(b"\x89PNG code".to_vec())
        })
    }

    fn upload_shipping_info<'a>(&'a self, info: &'a ShippingInfo) -> Pending<'a, ()> {
        Box::pin(async move {
            let mut state = locked(&self.state);
            if state.not_known_yet > 0 {
                state.not_known_yet -= 1;
                return Err(Error::gateway("wechat.shipping_retry", "支付单还查不到"));
            }
            state.uploads.push(info.clone());
            Ok(())
        })
    }
}
