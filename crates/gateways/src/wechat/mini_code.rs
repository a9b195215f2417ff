//! Codes that open a page of the mini program. The answer is a picture, or JSON when WeChat refuses: told apart by its
//! first byte, since the content type is not to be relied upon.

use super::access_token::read;
use super::mini_program::{WechatMiniProgram, is_bad_token, vendor_error};
use crate::http::Repeat;
use kernel::ports::MiniCode;
use kernel::{Error, Result};
use serde::Deserialize;
use serde_json::json;

const PATH: &str = "/wxa/getwxacodeunlimit";

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl WechatMiniProgram {
    /// Asks for a code; a bad token is replaced once.
    pub(super) async fn draw_code(&self, code: &MiniCode) -> Result<Vec<u8>> {
        let body = json!({ "scene": code.scene, "page": code.page, "width": code.width.clamp(280, 1280) });
        let mut token = self.token.get(&self.http).await?;
        let mut replaced = false;
        loop {
            let request = || self.http.post(PATH).query(&[("access_token", &*token)]).json(&body);
            let answer = self.http.send(Repeat::Harmless, request).await;
            if let Ok(answer) = &answer
                && answer.is_success()
                && is_picture(&answer.body)
            {
                return Ok(answer.body.to_vec());
            }
            let refusal: Refusal = read(answer)?;
            if refusal.errcode == 0 {
                return Err(
                    Error::gateway("wechat.unavailable", "微信暂时不可用，请稍后再试").because("no picture came")
                );
            }
            if !is_bad_token(refusal.errcode) || replaced {
                return Err(vendor_error(refusal.errcode, &refusal.errmsg));
            }
            token = self.token.instead_of(&token, &self.http).await?;
            replaced = true;
        }
    }
}

fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8")
}
