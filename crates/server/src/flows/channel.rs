//! The channels a member may pay through, what each takes where, and under which addresses they reach us: `/notify/…` for
//! their callbacks, `/notify/return` for browsers that come back from their pages.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use kernel::ports::{PayScene, scene_unsupported};
use kernel::{Error, MallId, Result};
use platform::problem::Problem;
use platform::{Answer, App, Json, Member, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_pay_channels))
}

/// Through which channel a member may pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Wechat,
    Alipay,
    /// Bank cards.
    Unionpay,
}

/// Where the member pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    MiniProgram,
    /// A QR code in a desktop browser.
    Native,
    /// A mobile browser.
    H5,
    /// A desktop browser that goes to the channel's own page.
    Page,
}

impl Scene {
    pub const fn as_str(self) -> &'static str {
        match self {
            Scene::MiniProgram => "mini_program",
            Scene::Native => "native",
            Scene::H5 => "h5",
            Scene::Page => "page",
        }
    }
    pub const fn port(self) -> PayScene {
        match self {
            Scene::MiniProgram => PayScene::MiniProgram,
            Scene::Native => PayScene::Native,
            Scene::H5 => PayScene::H5,
            Scene::Page => PayScene::Page,
        }
    }
}

impl Channel {
    /// In the order they are offered in.
    pub const ALL: [Channel; 3] = [Channel::Wechat, Channel::Alipay, Channel::Unionpay];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Wechat => "wechat",
            Channel::Alipay => "alipay",
            Channel::Unionpay => "unionpay",
        }
    }

    /// Where it can be paid through.
    pub const fn scenes(self) -> &'static [Scene] {
        match self {
            Channel::Wechat => &[Scene::MiniProgram, Scene::Native, Scene::H5],
            Channel::Alipay => &[Scene::MiniProgram, Scene::H5, Scene::Page],
            Channel::Unionpay => &[Scene::H5, Scene::Page],
        }
    }

    /// `payment.scene_unsupported` (409) where it cannot.
    pub fn require(self, scene: Scene) -> Result<()> {
        if self.scenes().contains(&scene) { Ok(()) } else { Err(scene_unsupported()) }
    }
}

/// Where a channel calls us back.
pub fn notify_url(app: &App, channel: &str, mall_id: MallId) -> String {
    let path = if channel == "wechat" { "wechat-pay" } else { channel };
    format!("{}/notify/{path}/{mall_id}", super::hooks::public_url(app))
}

/// A path of our own storefront; nothing else may be returned to.
fn own_path(path: &str) -> Result<&str> {
    let plain = path.chars().all(|c| c.is_ascii_graphic()) && !path.contains('\\');
    if path.starts_with('/') && !path.starts_with("//") && plain && path.len() <= 300 {
        Ok(path)
    } else {
        Err(Error::field("return_url", "返回地址不正确"))
    }
}

/// Full address of a page of ours, for channels that open it as it is.
pub fn return_address(app: &App, path: &str) -> Result<String> {
    own_path(path).map(|path| format!("{}{path}", super::hooks::public_url(app)))
}

/// The same by way of `/notify/return`, for channels that add parameters or post to it.
pub fn bounce_address(app: &App, path: &str) -> Result<String> {
    let to = encoded(own_path(path)?);
    Ok(format!("{}/notify/return?to={to}", super::hooks::public_url(app)))
}

/// Percent-encodes everything but letters, digits and `-_.~`.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A channel the mall has an account at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PayChannelView {
    pub channel: Channel,
    pub scenes: Vec<Scene>,
}

/// List the channels that can be paid through.
///
/// In the order to offer them; each with the places it works in.
#[utoipa::path(get, path = "/pay-channels", tag = "payment", security(("member" = [])),
    responses((status = 200, body = Vec<PayChannelView>)))]
async fn list_pay_channels(State(app): State<App>, member: Member) -> Answer<Json<Vec<PayChannelView>>> {
    let has = |channel: &Channel| app.outside.payment_channel(member.mall.id, channel.as_str()).is_ok();
    let open = Channel::ALL.into_iter().filter(has);
    Ok(Json(open.map(|channel| PayChannelView { channel, scenes: channel.scenes().to_vec() }).collect()))
}

/// Where to go on to.
#[derive(Debug, Deserialize)]
pub struct Return {
    to: String,
}

/// `/notify/return`, where browsers arrive from a channel's page, by GET or by a posted form: goes on to the storefront's
/// page. What the channel adds is ignored: only its notice or its answer to a query counts.
pub async fn come_back(Query(back): Query<Return>) -> Response {
    match own_path(&back.to) {
        Ok(path) => Redirect::to(path).into_response(),
        Err(_) => Problem(Error::field("to", "返回地址不正确")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_are_returned_to() {
        assert!(own_path("/#/pages/checkout/cashier?order_id=1&returned=1").is_ok());
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil", "/a\nb", "/店"] {
            assert!(own_path(bad).is_err(), "{bad}");
        }
        assert_eq!(encoded("/#/a?b=1&c"), "%2F%23%2Fa%3Fb%3D1%26c");
    }
}
