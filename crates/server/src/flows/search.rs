//! One box for everything in the back office: orders, products, members, stores, pages of the storefront. Each kind is
//! looked up only for whoever may see it; the pages and settings of the back office itself are known to the front end.

use axum::extract::State;
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use people::identity::{self, MemberQuery};
use platform::permission::{Grants, perm};
use platform::{Answer, App, Json, Query, Staff, search};
use serde::{Deserialize, Serialize};
use trade::order::{self, DeskFilter};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(search_everything))
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    Order,
    Product,
    Member,
    Store,
    Page,
}

/// Something found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SearchHit {
    pub kind: HitKind,
    pub id: Id,
    pub title: String,
    /// Who ordered, what it costs, a masked phone …
    pub note: String,
    /// Its status, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// What to look for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    #[param(max_length = 60)]
    pub q: String,
}

/// How many hits of a kind.
const MOST: i64 = 5;

/// Search orders, products, members, stores and pages at once.
///
/// Any signed-in staff; each kind needs its own permission to appear. At most five of a kind.
#[utoipa::path(get, path = "/search", tag = "search", security(("staff" = [])), params(SearchQuery),
    responses((status = 200, body = Vec<SearchHit>)))]
async fn search_everything(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Query(query): Query<SearchQuery>,
) -> Answer<Json<Vec<SearchHit>>> {
    let q: String = query.q.trim().chars().take(60).collect();
    if q.is_empty() {
        return Ok(Json(Vec::new()));
    }
    let (reader, mall_id, grants) = (app.clone(), staff.mall.id, staff.grants.clone());
    let hits = app.db.read(move |tx| find(&reader, tx, mall_id, &grants, &q)).await?;
    Ok(Json(hits))
}

fn find(app: &App, tx: &mut Tx<'_>, mall_id: MallId, grants: &Grants, q: &str) -> Result<Vec<SearchHit>> {
    let mut hits = Vec::new();
    if grants.allow::<perm::OrderView>() {
        hits.extend(orders(app, tx, mall_id, grants.store_id, q)?);
    }
    if grants.allow::<perm::ProductView>() {
        hits.extend(products(tx, mall_id, q)?);
    }
    if grants.allow::<perm::MemberView>() {
        hits.extend(members(app, tx, mall_id, q)?);
    }
    if grants.allow::<perm::StoreView>() {
        hits.extend(named(
            tx,
            mall_id,
            HitKind::Store,
            "select id, name, address from store where mall_id = $1",
            "name",
            q,
        )?);
    }
    if grants.allow::<perm::SettingsEdit>() {
        hits.extend(named(
            tx,
            mall_id,
            HitKind::Page,
            "select id, title, slug from page where mall_id = $1",
            "title",
            q,
        )?);
    }
    Ok(hits)
}

fn orders(app: &App, tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>, q: &str) -> Result<Vec<SearchHit>> {
    let filter = DeskFilter { q: Some(q.to_owned()), bound_store: store_id, ..DeskFilter::default() };
    let page = order::admin_rows(app, tx, mall_id, &filter, None, MOST)?;
    let hit = |row: order::AdminOrderRow| SearchHit {
        kind: HitKind::Order,
        id: row.id,
        note: format!("¥{} · {}", kernel::Fen(row.total_fen), row.receiver_name.unwrap_or(row.member.nickname)),
        title: row.number,
        status: Some(row.status.as_str().to_owned()),
    };
    Ok(page.items.into_iter().map(hit).collect())
}

fn products(tx: &mut Tx<'_>, mall_id: MallId, q: &str) -> Result<Vec<SearchHit>> {
    let mut ids: Vec<Id> = tx.all(
        "select product_id from sku where mall_id = $1 and (code = $2 or barcode = $2) and deleted_at is null limit $3",
        &args![mall_id, q, MOST],
    )?;
    if let Some(plan) = search::plan(tx, mall_id, "product", q)? {
        ids.extend(plan.top(tx, MOST)?.into_iter().map(|hit| hit.0));
    }
    let rows: Vec<(Id, String, String, i64)> = tx.all(
        "select id, name, status, min_price_fen from product
         where mall_id = $1 and id = any($2) and deleted_at is null
         order by id desc
         limit $3",
        &args![mall_id, &ids, MOST],
    )?;
    let hit = |(id, title, status, price): (Id, String, String, i64)| SearchHit {
        kind: HitKind::Product,
        id,
        title,
        note: format!("¥{}", kernel::Fen(price)),
        status: Some(status),
    };
    Ok(rows.into_iter().map(hit).collect())
}

fn members(app: &App, tx: &mut Tx<'_>, mall_id: MallId, q: &str) -> Result<Vec<SearchHit>> {
    let query = MemberQuery { q: Some(q.to_owned()), ..MemberQuery::default() };
    let page = identity::members(tx, &app.sealer, mall_id, &query, None, MOST)?;
    let hit = |row: identity::MemberRow| SearchHit {
        kind: HitKind::Member,
        id: row.id,
        title: row.nickname,
        note: row.phone_masked.unwrap_or_default(),
        status: Some(row.status),
    };
    Ok(page.items.into_iter().map(hit).collect())
}

/// Rows of a short table whose name holds the words.
fn named(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    kind: HitKind,
    select: &str,
    column: &str,
    q: &str,
) -> Result<Vec<SearchHit>> {
    let pattern = format!("%{}%", q.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    let rows: Vec<(Id, String, String)> = tx.all(
        &format!("{select} and lower({column}) like $2 escape '!' order by id limit $3"),
        &args![mall_id, pattern, MOST],
    )?;
    Ok(rows.into_iter().map(|(id, title, note)| SearchHit { kind, id, title, note, status: None }).collect())
}
