//! What the editor offers while facts of a product are typed: the names and values that products of the same category
//! carry already, so that one thing is called by one word and can be filtered by.

use axum::extract::State;
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use platform::permission::perm;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Products of a category that are looked at, the newest.
const LOOKED_AT: i64 = 500;
const MOST_NAMES: usize = 30;
const MOST_VALUES: usize = 20;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(suggest_attributes))
}

/// A name of attributes with the values it has had, the most used first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttributeSuggestion {
    pub name: String,
    /// Products that carry it.
    pub count: i64,
    pub values: Vec<String>,
}

/// Suggest attributes from the products of a category.
///
/// Needs `product.view`. The most used first; nothing for a category without products.
#[utoipa::path(get, path = "/categories/{id}/attributes", tag = "catalog", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = Vec<AttributeSuggestion>)))]
async fn suggest_attributes(
    State(app): State<App>,
    staff: Staff<perm::ProductView>,
    Path(id): Path<Id>,
) -> Answer<Json<Vec<AttributeSuggestion>>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| attributes_of(tx, mall_id, id)).await?))
}

pub(super) fn attributes_of(tx: &mut Tx<'_>, mall_id: MallId, category_id: Id) -> Result<Vec<AttributeSuggestion>> {
    let rows: Vec<(String, String, i64)> = tx.all(
        "select a.name, a.value, count(*)
         from product_attribute a
         where a.mall_id = $1 and a.product_id in (
           select p.id
           from product p
           where p.mall_id = $1 and p.category_id = $2 and p.deleted_at is null
           order by p.id desc
           limit $3
         )
         group by a.name, a.value
         order by count(*) desc, a.name, a.value",
        &args![mall_id, category_id, LOOKED_AT],
    )?;
    let mut found: Vec<AttributeSuggestion> = Vec::new();
    for (name, value, count) in rows {
        match found.iter().position(|known| known.name == name) {
            Some(place) => {
                found[place].count += count;
                if found[place].values.len() < MOST_VALUES {
                    found[place].values.push(value);
                }
            }
            None if found.len() < MOST_NAMES => found.push(AttributeSuggestion { name, count, values: vec![value] }),
            None => {}
        }
    }
    found.sort_by_key(|known| std::cmp::Reverse(known.count));
    Ok(found)
}
