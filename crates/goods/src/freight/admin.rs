//! Freight templates in the back office. One template of a shop is the default: it prices goods that name none.

use super::template::{FreeRule, Rule, StoredRules, Template, Unit, all, templates};
use crate::store;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Error, Fen, Id, Result};
use platform::audit::Note;
use platform::cache::Topic;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A freight template as staff read it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FreightTemplate {
    pub id: Id,
    pub name: String,
    pub unit: Unit,
    pub rules: Vec<Rule>,
    pub free_rules: Vec<FreeRule>,
    pub no_delivery_codes: Vec<String>,
    pub is_default: bool,
}

/// A freight template as staff write it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FreightTemplateInput {
    /// 1–20 characters.
    pub name: String,
    pub unit: Unit,
    /// Exactly one has no region and serves everywhere else; a region stands in at most one.
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub free_rules: Vec<FreeRule>,
    /// Regions that nothing is sent to.
    #[serde(default)]
    pub no_delivery_codes: Vec<String>,
    /// True takes the place of the present default.
    #[serde(default)]
    pub is_default: bool,
}

impl FreightTemplateInput {
    /// Refuses rules that contradict each other; 400 at the field.
    pub fn check(&self) -> Result<()> {
        check(self)
    }
}

impl From<Template> for FreightTemplate {
    fn from(t: Template) -> Self {
        FreightTemplate {
            id: t.id,
            name: t.name,
            unit: t.unit,
            rules: t.rules,
            free_rules: t.free_rules,
            no_delivery_codes: t.no_delivery_codes,
            is_default: t.is_default,
        }
    }
}

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_freight_templates, create_freight_template))
        .routes(routes!(update_freight_template, delete_freight_template))
}

/// List freight templates.
///
/// Needs `freight.view`.
#[utoipa::path(get, path = "/freight-templates", tag = "freight", security(("staff" = [])),
    responses((status = 200, body = Vec<FreightTemplate>)))]
async fn list_freight_templates(
    State(app): State<App>,
    staff: Staff<perm::FreightView>,
) -> Answer<Json<Vec<FreightTemplate>>> {
    let mall_id = staff.mall.id;
    let found = app.db.read(move |tx| all(tx, mall_id)).await?;
    Ok(Json(found.into_iter().map(FreightTemplate::from).collect()))
}

/// Make a freight template.
///
/// Needs `freight.edit`.
#[utoipa::path(post, path = "/freight-templates", tag = "freight", security(("staff" = [])),
    request_body = FreightTemplateInput, responses((status = 201, body = FreightTemplate)))]
async fn create_freight_template(
    State(app): State<App>,
    staff: Staff<perm::FreightEdit>,
    Json(input): Json<FreightTemplateInput>,
) -> Answer<(StatusCode, Json<FreightTemplate>)> {
    let made = staff
        .write(&app, "freight_template.create", move |tx, ctx| {
            let id = save(tx, ctx, None, &input)?;
            Ok((find(tx, ctx, id)?, Note::new("freight_template", id, format!("新建运费模板 {}", input.name))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Change a freight template.
///
/// Needs `freight.edit`.
#[utoipa::path(put, path = "/freight-templates/{id}", tag = "freight", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = FreightTemplateInput,
    responses((status = 200, body = FreightTemplate),
        (status = 404, body = ProblemBody, description = "`freight_template.not_found`"),
        (status = 409, body = ProblemBody, description = "`freight_template.is_default`: name another default first")))]
async fn update_freight_template(
    State(app): State<App>,
    staff: Staff<perm::FreightEdit>,
    Path(id): Path<Id>,
    Json(input): Json<FreightTemplateInput>,
) -> Answer<Json<FreightTemplate>> {
    let changed = staff
        .write(&app, "freight_template.update", move |tx, ctx| {
            save(tx, ctx, Some(id), &input)?;
            Ok((find(tx, ctx, id)?, Note::new("freight_template", id, format!("修改运费模板 {}", input.name))))
        })
        .await?;
    Ok(Json(changed))
}

/// Delete a freight template that no product names.
///
/// Needs `freight.edit`.
#[utoipa::path(delete, path = "/freight-templates/{id}", tag = "freight", security(("staff" = [])),
    params(("id" = Id, Path)),
    responses((status = 204),
        (status = 404, body = ProblemBody, description = "`freight_template.not_found`"),
        (status = 409, body = ProblemBody, description = "`freight_template.is_default`, `freight_template.in_use`")))]
async fn delete_freight_template(
    State(app): State<App>,
    staff: Staff<perm::FreightEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "freight_template.delete", move |tx, ctx| {
            let gone = delete(tx, ctx, id)?;
            Ok(((), Note::new("freight_template", id, format!("删除运费模板 {}", gone.name))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a template; `None` makes a new one. The first template of a shop becomes its default. Answers the id.
///
/// # Errors
/// 400 for rules that contradict each other; `freight_template.not_found` (404); `freight_template.is_default` (409)
/// when the default would lose that place without another taking it.
pub fn save(tx: &mut Tx<'_>, ctx: &Ctx, id: Option<Id>, input: &FreightTemplateInput) -> Result<Id> {
    check(input)?;
    let shop_id = store::only_shop(tx, ctx.mall_id)?;
    let default: Option<Id> = tx.opt(
        "select id from freight_template where mall_id = $1 and shop_id = $2 and is_default order by id limit 1",
        &args![ctx.mall_id, shop_id],
    )?;
    if id.is_some() && id == default && !input.is_default {
        return Err(Error::conflict("freight_template.is_default", "请先把另一个模板设为默认").at("is_default"));
    }
    let is_default = input.is_default || default.is_none();
    if is_default {
        tx.exec(
            "update freight_template set is_default = false where mall_id = $1 and shop_id = $2 and is_default",
            &args![ctx.mall_id, shop_id],
        )?;
    }
    let stored = StoredRules {
        rules: input.rules.clone(),
        free_rules: input.free_rules.clone(),
        no_delivery_codes: input.no_delivery_codes.clone(),
    };
    let rules = serde_json::to_string(&stored).map_err(Error::internal)?;
    let (written, id) = match id {
        Some(id) => {
            let written = tx.exec(
                "update freight_template
                 set name = $3, unit = $4, rules = $5, is_default = $6, updated_at = $7
                 where mall_id = $1 and id = $2",
                &args![ctx.mall_id, id, input.name.trim(), input.unit.as_str(), rules, is_default, ctx.now],
            )?;
            (written, id)
        }
        None => {
            let id = ctx.id();
            let written = tx.exec(
                "insert into freight_template (id, mall_id, shop_id, name, unit, rules, is_default, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
                &args![id, ctx.mall_id, shop_id, input.name.trim(), input.unit.as_str(), rules, is_default, ctx.now],
            )?;
            (written, id)
        }
    };
    if written == 0 {
        return Err(not_found());
    }
    touch_products(tx, ctx, id, is_default)?;
    Ok(id)
}

fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<FreightTemplate> {
    let template = find(tx, ctx, id)?;
    if template.is_default {
        return Err(Error::conflict("freight_template.is_default", "默认模板不能删除，请先把另一个模板设为默认"));
    }
    let used: i64 = tx
        .one("select count(*) from product where mall_id = $1 and freight_template_id = $2", &args![ctx.mall_id, id])?;
    if used > 0 {
        let message = format!("还有 {used} 件商品用着这个模板（含回收站），请先改掉它们");
        return Err(Error::conflict("freight_template.in_use", message));
    }
    tx.exec("delete from freight_template where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    Ok(template)
}

fn find(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<FreightTemplate> {
    let found = templates(tx, ctx.mall_id, &[id])?.into_iter().find(|template| template.id == id);
    found.map(FreightTemplate::from).ok_or_else(not_found)
}

/// The pages of products show a line about freight.
fn touch_products(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, is_default: bool) -> Result<()> {
    let product_ids: Vec<Id> = tx.all(
        "select id
         from product
         where mall_id = $1 and deleted_at is null and (freight_template_id = $2 or ($3 and freight_template_id is null))",
        &args![ctx.mall_id, id, is_default],
    )?;
    for product_id in product_ids {
        ctx.touch(tx, Topic::Product(ctx.mall_id, product_id));
    }
    Ok(())
}

fn not_found() -> Error {
    Error::not_found("freight_template.not_found", "没有找到这个运费模板")
}

fn check(input: &FreightTemplateInput) -> Result<()> {
    let require = |field: String, holds: bool, message: &'static str| {
        if holds { Ok(()) } else { Err(Error::field(field, message)) }
    };
    let named = (1..=20).contains(&input.name.trim().chars().count());
    require("name".into(), named, "模板名称要有 1 到 20 个字")?;
    require("rules".into(), input.rules.len() <= 100 && input.free_rules.len() <= 100, "规则太多了")?;
    let defaults = input.rules.iter().filter(|rule| rule.region_codes.is_empty()).count();
    require("rules".into(), defaults == 1, "要有且只有一条适用于其他所有地区的规则")?;
    let mut seen = HashSet::new();
    for (i, rule) in input.rules.iter().enumerate() {
        let at = |name: &str| format!("rules[{i}].{name}");
        let size = |n: i64| (0..=1_000_000_000).contains(&n);
        require(at("first"), rule.first >= 1 && size(rule.first), "首件、首重或首体积要在 1 以上")?;
        require(at("next"), size(rule.next), "续件、续重或续体积不能是负数")?;
        let fee = |fen: i64| (0..=Fen::MAX.0).contains(&fen);
        require(at("first_fee_fen"), fee(rule.first_fee_fen), "运费超出范围")?;
        require(at("next_fee_fen"), fee(rule.next_fee_fen), "运费超出范围")?;
        require(at("region_codes"), are_regions(&rule.region_codes), "地区编码不正确")?;
        require(at("region_codes"), rule.region_codes.iter().all(|c| seen.insert(c)), "同一个地区出现在两条规则里")?;
    }
    for (i, rule) in input.free_rules.iter().enumerate() {
        let field = format!("free_rules[{i}]");
        require(field.clone(), are_regions(&rule.region_codes), "地区编码不正确")?;
        let amount = rule.min_amount_fen.is_none_or(|fen| (1..=Fen::MAX.0).contains(&fen));
        let pieces = rule.min_quantity.is_none_or(|n| (1..=1_000_000).contains(&n));
        require(field, amount && pieces, "包邮条件要大于 0")?;
    }
    require("no_delivery_codes".into(), are_regions(&input.no_delivery_codes), "地区编码不正确")
}

fn are_regions(codes: &[String]) -> bool {
    codes.iter().all(|code| matches!(code.len(), 2 | 4 | 6) && code.bytes().all(|b| b.is_ascii_digit()))
}
