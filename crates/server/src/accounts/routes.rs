//! Accounts in the back office: shown without their secrets, saved, given up, checked.

use super::check::{self, AccountProbe};
use super::spec::{self, Fields, SERVICES, Service, tail};
use super::store::{self, Kept};
use axum::extract::State;
use kernel::{Instant, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::ratelimit::Limit;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Live checks cost the mall money (a message, a query), so a person does not do many.
const CHECKS: Limit = Limit { name: "account_check", burst: 10, interval_ms: 30_000.0 };

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_accounts))
        .routes(routes!(save_account, forget_account))
        .routes(routes!(check_account))
}

/// Where an account in use comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountSource {
    /// Entered here.
    Entered,
    /// From the configuration of the deployment.
    File,
    None,
}

/// An account at an outside service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutsideAccount)]
pub struct Account {
    pub service: &'static str,
    pub label: &'static str,
    pub source: AccountSource,
    pub fields: Vec<AccountField>,
    pub checked_at: Option<Instant>,
    /// How the last live check went; absent before the first with these keys.
    pub check_ok: Option<bool>,
    pub check_message: Option<String>,
}

/// One field; a secret is never answered, only its tail.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountField {
    pub name: &'static str,
    pub label: &'static str,
    pub secret: bool,
    pub required: bool,
    /// What was entered, or the masked tail of a secret; empty when nothing was.
    pub value: String,
    /// The values it takes, the usual one first; empty where anything may be written.
    pub choices: Vec<AccountChoice>,
}

/// A value of a field that takes only some.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountChoice {
    pub value: &'static str,
    pub label: &'static str,
}

/// Fields to save; an empty secret keeps the one that is there.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AccountInput {
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub fields: Fields,
}

fn account(app: &App, mall_id: kernel::MallId, service: &'static Service, kept: Option<&Kept>) -> Account {
    let none = Kept::default();
    let kept = kept.unwrap_or(&none);
    let fields = service.fields.iter().map(|field| {
        let value = kept.fields.get(field.name).map_or("", String::as_str);
        let shown = if field.secret && !value.is_empty() { tail(value) } else { value.to_owned() };
        AccountField {
            name: field.name,
            label: field.label,
            secret: field.secret,
            required: field.required,
            value: shown,
            choices: field.choices.iter().map(|(value, label)| AccountChoice { value, label }).collect(),
        }
    });
    let source = if !kept.fields.is_empty() {
        AccountSource::Entered
    } else if app.outside.has_account(mall_id, service.name) {
        AccountSource::File
    } else {
        AccountSource::None
    };
    Account {
        service: service.name,
        label: service.label,
        source,
        fields: fields.collect(),
        checked_at: kept.checked_at,
        check_ok: kept.check_ok,
        check_message: kept.check_message.clone(),
    }
}

async fn one(app: &App, mall_id: kernel::MallId, service: &'static Service) -> Result<Account> {
    let reader = app.clone();
    let kept = app.db.read(move |tx| store::read(tx, &reader.sealer, mall_id)).await?;
    Ok(account(app, mall_id, service, kept.get(service.name)))
}

/// List the mall's accounts at outside services.
///
/// Permission `settings.edit`. Secrets are not part of the answer.
#[utoipa::path(get, path = "/accounts", tag = "settings", security(("staff" = [])),
    responses((status = 200, body = Vec<Account>)))]
async fn list_accounts(State(app): State<App>, staff: Staff<perm::SettingsEdit>) -> Answer<Json<Vec<Account>>> {
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let kept = app.db.read(move |tx| store::read(tx, &reader.sealer, mall_id)).await?;
    Ok(Json(SERVICES.iter().map(|service| account(&app, mall_id, service, kept.get(service.name))).collect()))
}

/// Save an account; it is used from now on.
///
/// Permission `settings.edit`. Replaces the account of the configuration file.
#[utoipa::path(put, path = "/accounts/{service}", tag = "settings", security(("staff" = [])),
    params(("service" = String, Path)), request_body = AccountInput,
    responses((status = 200, body = Account),
        (status = 400, body = ProblemBody, description = "`request.invalid` at a field, `wechat.pay_config`, `alipay.config`, `unionpay.config` for keys that cannot be read"),
        (status = 404, body = ProblemBody, description = "`account.no_such_service`")))]
async fn save_account(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Path(service): Path<String>,
    Json(input): Json<AccountInput>,
) -> Answer<Json<Account>> {
    let service = spec::find(&service).and_then(editable)?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let kept = app.db.read(move |tx| store::read(tx, &reader.sealer, mall_id)).await?;
    let fields = service.merged(&kept.get(service.name).cloned().unwrap_or_default().fields, &input.fields)?;
    app.outside.try_account(mall_id, service.name, &fields)?;
    let writer = app.clone();
    let saved = staff.write(&app, "account.save", move |tx, ctx| {
        store::write(tx, ctx, &writer.sealer, service.name, Some(&fields))?;
        Ok(((), Note::new("account", service.name, format!("保存{}账号", service.label))))
    });
    saved.await?;
    store::load(&app, mall_id).await?;
    Ok(Json(one(&app, mall_id, service).await?))
}

fn editable(service: &'static Service) -> Result<&'static Service> {
    if service.fields.is_empty() {
        return Err(kernel::Error::not_found("account.no_such_service", "这项服务在配置文件里设置"));
    }
    Ok(service)
}

/// Give up an account that was entered; the configuration file's is used again.
///
/// Permission `settings.edit`.
#[utoipa::path(delete, path = "/accounts/{service}", tag = "settings", security(("staff" = [])),
    params(("service" = String, Path)),
    responses((status = 200, body = Account),
        (status = 404, body = ProblemBody, description = "`account.no_such_service`")))]
async fn forget_account(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Path(service): Path<String>,
) -> Answer<Json<Account>> {
    let service = spec::find(&service).and_then(editable)?;
    let writer = app.clone();
    let forgotten = staff.write(&app, "account.forget", move |tx, ctx| {
        store::write(tx, ctx, &writer.sealer, service.name, None)?;
        Ok(((), Note::new("account", service.name, format!("清除{}账号", service.label))))
    });
    forgotten.await?;
    store::load(&app, staff.mall.id).await?;
    Ok(Json(one(&app, staff.mall.id, service).await?))
}

/// Ask the service something harmless with the account in use.
///
/// Permission `settings.edit`. Answers also when it went wrong: `check_ok` and `check_message` say how. WeChat Pay, Alipay and UnionPay are
/// asked for a payment that does not exist, WeChat for an access token, 快递100 for a parcel; SMS sends one message.
#[utoipa::path(post, path = "/accounts/{service}/check", tag = "settings", security(("staff" = [])),
    params(("service" = String, Path)), request_body = AccountProbe,
    responses((status = 200, body = Account),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `phone`, `carrier` or `number`"),
        (status = 404, body = ProblemBody, description = "`account.no_such_service`"),
        (status = 429, body = ProblemBody, description = "`request.too_many`")))]
async fn check_account(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Path(service): Path<String>,
    Json(probe): Json<AccountProbe>,
) -> Answer<Json<Account>> {
    let service = spec::find(&service)?;
    app.rate_limit.check(CHECKS, staff.id, staff.ctx.now)?;
    let (ok, message) = match check::run(&app, staff.mall.id, service.name, &probe).await {
        Ok(said) => (true, said),
        Err(error) if error.field_name().is_some() => return Err(error.into()),
        Err(error) => (false, check::explain(service.name, &error)),
    };
    let noted = staff.write(&app, "account.check", move |tx, ctx| {
        store::note_check(tx, ctx, service.name, ok, &message)?;
        let outcome = if ok { "通过" } else { "没有通过" };
        Ok(((), Note::new("account", service.name, format!("检测{}：{outcome}", service.label))))
    });
    noted.await?;
    Ok(Json(one(&app, staff.mall.id, service).await?))
}
