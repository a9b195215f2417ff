//! A member as staff see one: who it is (masked), what was bought, where it goes (masked), what was said, and what
//! happened in order of time.

use super::home::{self, MemberHome};
use axum::extract::State;
use db::{Tx, args};
use goods::review::AdminReview;
use kernel::{Id, Instant, MallId, Page, Result};
use people::identity::{self, MemberRow};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, AdminOrderRow, DeskFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_member))
}

/// An address with name, phone and door hidden.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MaskedAddress {
    pub id: Id,
    /// `沈*`.
    pub name: String,
    pub phone_masked: String,
    pub region: String,
    /// The beginning only.
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    pub is_default: bool,
}

/// Something that happened to a member.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MemberEvent {
    pub at: Instant,
    /// `joined`, `home`, `ordered`, `paid`, `reviewed`, `blocked`, `unblocked` …
    pub kind: String,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Id>,
}

/// A member with everything staff may see.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MemberProfile {
    #[serde(flatten)]
    pub member: MemberRow,
    pub avatar_url: Option<String>,
    /// Signed in through WeChat.
    pub has_wechat: bool,
    /// The store the member belongs to, and the clerk that won them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<MemberHome>,
    pub addresses: Vec<MaskedAddress>,
    /// The latest five; empty without `order.view`.
    pub recent_orders: Vec<AdminOrderRow>,
    /// The latest five; empty without `review.view`.
    pub recent_reviews: Vec<AdminReview>,
    /// The latest forty, newest first.
    pub events: Vec<MemberEvent>,
}

/// Show a member.
///
/// Needs `member.view`. Phones, names and addresses are masked.
#[utoipa::path(get, path = "/members/{id}", tag = "member", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = MemberProfile), (status = 404, body = ProblemBody, description = "`member.not_found`")))]
async fn get_member(
    State(app): State<App>,
    staff: Staff<perm::MemberView>,
    Path(id): Path<Id>,
) -> Answer<Json<MemberProfile>> {
    let (reader, mall_id, grants) = (app.clone(), staff.mall.id, staff.grants.clone());
    let sees = Sees {
        orders: grants.allow::<perm::OrderView>(),
        reviews: grants.allow::<perm::ReviewView>(),
        store_id: grants.store_id,
    };
    let profile = app.db.read(move |tx| compose(&reader, tx, mall_id, id, &sees)).await?;
    Ok(Json(profile))
}

struct Sees {
    orders: bool,
    reviews: bool,
    store_id: Option<Id>,
}

fn compose(app: &App, tx: &mut Tx<'_>, mall_id: MallId, id: Id, sees: &Sees) -> Result<MemberProfile> {
    let member = identity::row_of(tx, &app.sealer, mall_id, id)?;
    let brief = identity::briefs(tx, &app.sealer, mall_id, &[id])?.remove(&id);
    let avatar = brief.and_then(|brief| brief.avatar_key);
    let (identities,): (i64,) =
        tx.one("select count(*) from member_identity where mall_id = $1 and member_id = $2", &args![mall_id, id])?;
    let addresses = people::address::list(tx, &app.sealer, mall_id, id)?.into_iter().map(masked).collect();
    let filter = DeskFilter { member_id: Some(id), bound_store: sees.store_id, ..DeskFilter::default() };
    let orders = if sees.orders {
        order::admin_rows(app, tx, mall_id, &filter, None, 5)?
    } else {
        Page { items: Vec::new(), next_cursor: None }
    };
    let reviews = if sees.reviews { goods::review::reviews_of_member(app, tx, mall_id, id, 5)? } else { Vec::new() };
    let mut events = events(tx, mall_id, id, sees)?;
    events.push(MemberEvent {
        at: member.created_at, kind: "joined".into(), text: "成为会员".into(), order_id: None
    });
    let homes = home::home_events(tx, mall_id, id)?.into_iter();
    events.extend(homes.map(|(at, text)| MemberEvent { at, kind: "home".into(), text, order_id: None }));
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.truncate(40);
    Ok(MemberProfile {
        member,
        avatar_url: avatar.map(|key| platform::storage::picture(app, &key, "").small_url),
        has_wechat: identities > 0,
        home: home::home_view(tx, mall_id, id)?,
        addresses,
        recent_orders: orders.items,
        recent_reviews: reviews,
        events,
    })
}

fn events(tx: &mut Tx<'_>, mall_id: MallId, id: Id, sees: &Sees) -> Result<Vec<MemberEvent>> {
    let log = identity::log_of(tx, mall_id, id, 40)?;
    let mut events: Vec<MemberEvent> =
        log.into_iter().map(|(at, kind, text)| MemberEvent { at, kind, text, order_id: None }).collect();
    if sees.orders {
        let of_orders: Vec<(Id, Instant, String, String)> = tx.all(
            "select e.order_id, e.at, e.kind, e.text
             from (select id from trade_order
                   where mall_id = $1 and member_id = $2 and (cast($3 as bigint) = 0 or desk_store_id = $3)
                   order by id desc limit 15) o
             join order_event e on e.mall_id = $1 and e.order_id = o.id
             where e.kind in ('placed', 'paid', 'shipped', 'completed', 'redeemed', 'cancelled', 'expired', 'closed',
               'refunded', 'refund_done', 'refund_settled')
             order by e.id desc
             limit 40",
            &args![mall_id, id, sees.store_id.unwrap_or_default()],
        )?;
        events.extend(of_orders.into_iter().map(|(order, at, kind, text)| MemberEvent {
            at,
            kind,
            text,
            order_id: Some(order),
        }));
    }
    if sees.reviews {
        let reviews: Vec<(Instant, i64, Id)> = tx.all(
            "select created_at, rating, order_id from review where mall_id = $1 and member_id = $2 order by id desc limit 20",
            &args![mall_id, id],
        )?;
        events.extend(reviews.into_iter().map(|(at, rating, order)| MemberEvent {
            at,
            kind: "reviewed".into(),
            text: format!("写了 {rating} 星评价"),
            order_id: Some(order),
        }));
    }
    Ok(events)
}

fn masked(address: people::address::Address) -> MaskedAddress {
    let first: String = address.name.chars().take(1).collect();
    let detail: String = address.detail.chars().take(4).collect();
    MaskedAddress {
        id: address.id,
        name: format!("{first}*"),
        phone_masked: order::mask_phone(&address.phone),
        region: address.region_text(),
        detail: format!("{detail}****"),
        tag: address.tag,
        is_default: address.is_default,
    }
}
