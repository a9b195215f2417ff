//! Where the storefront tells what happened.

use axum::extract::State;
use axum::http::StatusCode;
use db::Arg;
use kernel::{Error, Id, Result};
use platform::problem::ProblemBody;
use platform::ratelimit::Limit;
use platform::{Answer, App, Json, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MOST_EVENTS: usize = 50;
/// Batches of one address.
const PACE: Limit = Limit { name: "behaviour_events", burst: 60, interval_ms: 500.0 };

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(record_events))
}

/// What a shopper did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BehaviourKind)]
pub enum Kind {
    /// The storefront was opened, once per session.
    Visit,
    ProductView,
    CategoryView,
    Search,
    AddToCart,
    CheckoutStart,
    Share,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Visit => "visit",
            Kind::ProductView => "product_view",
            Kind::CategoryView => "category_view",
            Kind::Search => "search",
            Kind::AddToCart => "add_to_cart",
            Kind::CheckoutStart => "checkout_start",
            Kind::Share => "share",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehaviourEvent {
    pub kind: Kind,
    /// For `product_view`, `add_to_cart` and `share` of a product.
    #[serde(default)]
    pub product_id: Option<Id>,
    /// For `search`: what was typed. At most 40 characters are kept.
    #[serde(default)]
    pub word: Option<String>,
}

/// A batch, oldest first.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehaviourEvents {
    /// A random word of the storefront's own making, 16 to 32 letters or digits.
    #[schema(min_length = 16, max_length = 32, example = "k3v9x2m7q1w8e5r4")]
    pub visitor: String,
    /// `h5`, `weixin`, `alipay`, `baidu`.
    #[schema(max_length = 10, example = "h5")]
    pub platform: String,
    #[schema(max_items = 50)]
    pub events: Vec<BehaviourEvent>,
}

fn checked(batch: BehaviourEvents) -> Result<BehaviourEvents> {
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_word(&batch.visitor) || !(16..=32).contains(&batch.visitor.len()) {
        return Err(Error::field("visitor", "visitor 是 16 到 32 位字母或数字"));
    }
    if !is_word(&batch.platform) || batch.platform.len() > 10 {
        return Err(Error::field("platform", "platform 不正确"));
    }
    if batch.events.is_empty() || batch.events.len() > MOST_EVENTS {
        return Err(Error::field("events", "一次上报 1 到 50 条"));
    }
    Ok(batch)
}

/// Tell what a shopper did.
///
/// For anyone. A session is not needed; with one, the member's id is kept beside the event. Sent in batches.
#[utoipa::path(post, path = "/events", tag = "events", request_body = BehaviourEvents, responses(
    (status = 204, description = "Kept"),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit")))]
async fn record_events(
    State(app): State<App>,
    visitor: Visitor,
    Json(batch): Json<BehaviourEvents>,
) -> Answer<StatusCode> {
    app.rate_limit.check(PACE, visitor.ip, visitor.ctx.now)?;
    let batch = checked(batch)?;
    let (ctx, member_id) = (visitor.ctx.clone(), visitor.shopper_id());
    let rows: Vec<Vec<Arg>> = batch
        .events
        .iter()
        .map(|event| {
            let word = event.word.as_ref().filter(|_| event.kind == Kind::Search);
            let word: Option<String> = word.map(|w| w.trim().chars().filter(|c| !c.is_control()).take(40).collect());
            db::args![
                ctx.id(),
                ctx.mall_id,
                event.kind.as_str(),
                &batch.visitor,
                member_id,
                event.product_id,
                word,
                &batch.platform
            ]
            .to_vec()
        })
        .collect();
    app.db
        .write(move |tx| {
            tx.insert_many(
                "insert into behaviour_event (id, mall_id, kind, visitor, member_id, product_id, word, platform) values",
                "",
                &rows,
            )
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
