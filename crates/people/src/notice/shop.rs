//! What the storefront needs: which leaves to ask for at which moment, and counting those that were given.

use super::model::NoticeRule;
use super::store;
use crate::message::MessageKind;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Error, Result};
use platform::{Answer, App, Json, Member};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// WeChat asks for three templates at once at most.
const AT_ONCE: usize = 3;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_notice_asks)).routes(routes!(grant_notices))
}

/// When a member is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskMoment {
    /// An order was paid.
    Paid,
    /// A service was booked.
    Booked,
    /// An after-sale was asked for.
    AfterSale,
    /// The member looks at coupons.
    Coupon,
    /// The member looks at membership and balance.
    Club,
}

/// Templates to ask for at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeAsk {
    pub moment: AskMoment,
    /// At most three; never empty.
    pub template_ids: Vec<String>,
    /// What the member will be told, for the words beside the button.
    pub kinds: Vec<MessageKind>,
}

const MOMENTS: [(AskMoment, &[MessageKind]); 5] = [
    (
        AskMoment::Booked,
        &[
            MessageKind::BookingReminder,
            MessageKind::BookingChanged,
            MessageKind::BookingCancelled,
            MessageKind::BookingMade,
        ],
    ),
    (
        AskMoment::Paid,
        &[
            MessageKind::OrderShipped,
            MessageKind::OrderReady,
            MessageKind::PickupCalled,
            MessageKind::PickupExpiring,
            MessageKind::RefundDone,
            MessageKind::OrderCompleted,
        ],
    ),
    (AskMoment::AfterSale, &[MessageKind::AfterSale, MessageKind::RefundDone]),
    (AskMoment::Coupon, &[MessageKind::CouponExpiring, MessageKind::CouponReceived]),
    (
        AskMoment::Club,
        &[
            MessageKind::BalanceChanged,
            MessageKind::RenewalDue,
            MessageKind::MemberGift,
            MessageKind::PointsExpiring,
            MessageKind::TierChanged,
        ],
    ),
];

fn asks(rules: &HashMap<MessageKind, NoticeRule>) -> Vec<NoticeAsk> {
    let mut found = Vec::new();
    for (moment, candidates) in MOMENTS {
        let mut ask = NoticeAsk { moment, template_ids: Vec::new(), kinds: Vec::new() };
        for kind in candidates {
            let Some(rule) = rules.get(kind).filter(|rule| rule.subscribe.on) else { continue };
            let template = &rule.subscribe.template_id;
            if !ask.template_ids.contains(template) {
                if ask.template_ids.len() == AT_ONCE {
                    continue;
                }
                ask.template_ids.push(template.clone());
            }
            ask.kinds.push(*kind);
        }
        if !ask.kinds.is_empty() {
            found.push(ask);
        }
    }
    found
}

/// List the subscribe messages to ask the member for, by moment.
///
/// Moments without any are absent. One leave is good for one message, so it is worth asking again each time.
#[utoipa::path(get, path = "/notices/asks", tag = "message", security(("member" = [])),
    responses((status = 200, body = Vec<NoticeAsk>)))]
async fn list_notice_asks(State(app): State<App>, member: Member) -> Answer<Json<Vec<NoticeAsk>>> {
    let mall_id = member.mall.id;
    let rules = app.db.read(move |tx| store::rules(tx, mall_id)).await?;
    Ok(Json(asks(&rules)))
}

/// Templates the member accepted in `requestSubscribeMessage`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeLeaves {
    pub template_ids: Vec<String>,
}

/// Count leaves the member gave for subscribe messages.
///
/// Templates the mall does not use are left out.
#[utoipa::path(post, path = "/notices/leaves", tag = "message", request_body = NoticeLeaves, security(("member" = [])),
    responses((status = 204)))]
async fn grant_notices(State(app): State<App>, member: Member, Json(input): Json<NoticeLeaves>) -> Answer<StatusCode> {
    let ids = distinct(input.template_ids)?;
    let (ctx, member_id) = (member.ctx, member.id);
    app.db
        .write(move |tx| {
            let rules = store::rules(tx, ctx.mall_id)?;
            let used = |id: &&String| rules.values().any(|rule| rule.subscribe.template_id == **id);
            let ids: Vec<String> = ids.iter().filter(used).cloned().collect();
            if ids.is_empty() { Ok(()) } else { store::grant(tx, &ctx, member_id, &ids) }
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn distinct(mut ids: Vec<String>) -> Result<Vec<String>> {
    ids.sort();
    ids.dedup();
    if ids.len() > 10 { Err(Error::field("template_ids", "一次最多 10 个模板")) } else { Ok(ids) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::SubscribeRule;

    #[test]
    fn at_most_three_templates_are_asked_for_and_shared_ones_once() {
        let rule = |id: &str| NoticeRule {
            subscribe: SubscribeRule { on: true, template_id: id.into(), fields: Vec::new() },
            ..NoticeRule::default()
        };
        let rules = HashMap::from([
            (MessageKind::BalanceChanged, rule("a")),
            (MessageKind::RenewalDue, rule("b")),
            (MessageKind::MemberGift, rule("c")),
            (MessageKind::PointsExpiring, rule("d")),
            (MessageKind::TierChanged, rule("a")),
        ]);
        let found = asks(&rules);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].template_ids, ["a", "b", "c"]);
        assert_eq!(found[0].kinds.len(), 4);
    }
}
