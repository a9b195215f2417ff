//! Import and export over HTTP: the template, the file that is tried out, the run that follows, the list as a file.

use super::columns::{Layout, examples, titles};
use super::pictures::Place;
use super::run::Params;
use super::{CHECK, EXPORT, IMPORT, PERMISSION, export};
use crate::catalog::AdminFilter;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use kernel::{Error, Id, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::sheet::{self, Format};
use platform::task::{self, NewTask, StartedTask};
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest table.
const LARGEST_TABLE: usize = 20 << 20;
/// Room for the envelope around the files.
const ENVELOPE: usize = 64 << 10;
/// The largest zip that any configuration may allow.
const LARGEST_ZIP: usize = 1 << 30;

pub fn admin_routes() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(check_product_file))
        .layer(DefaultBodyLimit::max(LARGEST_TABLE + LARGEST_ZIP + ENVELOPE));
    OpenApiRouter::new()
        .merge(uploads)
        .routes(routes!(download_import_template))
        .routes(routes!(run_product_import))
        .routes(routes!(export_products))
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TemplateQuery {
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Fetch the template of the import, with two products as examples.
///
/// Needs `product.edit`.
#[utoipa::path(get, path = "/product-imports/template", tag = "import", security(("staff" = [])), params(TemplateQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
async fn download_import_template(_: Staff<perm::ProductEdit>, Query(query): Query<TemplateQuery>) -> Answer<Response> {
    let mut writer = sheet::Writer::new(query.format, &titles())?;
    for row in examples() {
        writer.row(&row)?;
    }
    let name = format!("商品导入模板.{}", query.format.extension());
    Ok(sheet::download(&name, query.format, writer.finish()?)?)
}

/// What to send: the table, and the pictures it names.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the multipart body in the API document")]
struct ImportForm {
    /// CSV (UTF-8 or GBK) or XLSX, at most 20 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// A zip with the pictures, if the table names any by path.
    #[schema(value_type = Option<String>, format = Binary)]
    pictures: Option<Vec<u8>>,
}

/// Try a file of products out: a task that writes nothing but a report.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/product-imports", tag = "import", security(("staff" = [])),
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 202, body = StartedTask),
        (status = 400, body = ProblemBody, description = "`import.file_missing`, `sheet.unreadable`, `sheet.empty`, `sheet.too_long`, `import.columns_unknown`, `import.columns_missing`, `import.zip_unreadable`"),
        (status = 413, body = ProblemBody, description = "`import.too_large`")))]
async fn check_product_file(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    request: Request,
) -> Answer<(StatusCode, Json<StartedTask>)> {
    let form = read_form(request, &app).await?;
    let (table, zip) = (form.table.clone(), form.zip.clone());
    let look = move || -> Result<usize> {
        let read = sheet::read(&table)?;
        Layout::of(&read)?;
        if let Some(bytes) = zip {
            Place::zip(bytes)?;
        }
        Ok(read.lines.len())
    };
    let lines = tokio::task::spawn_blocking(look).await.map_err(Error::internal)??;
    let params = keep(&app, &staff.ctx, form).await?;
    let task_id = staff
        .write(&app, "product.check_file", move |tx, ctx| {
            let new = NewTask::new(CHECK, format!("检查 {}", params.file_name), PERMISSION, &params)?;
            let id = task::start(tx, ctx, new)?;
            Ok((id, Note::new("task", id, format!("检查商品文件 {}，{lines} 行", params.file_name))))
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(StartedTask { task_id })))
}

/// How to bring a file in that was tried out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ImportRun {
    /// Leave products alone that are there already; otherwise they are changed to what the file says.
    pub skip_known: bool,
}

/// Bring in a file that was tried out; products with mistakes are left out and told.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/product-imports/{id}/run", tag = "import", security(("staff" = [])),
    params(("id" = Id, Path, description = "The task that tried the file out")), request_body = ImportRun,
    responses((status = 202, body = StartedTask),
        (status = 404, body = ProblemBody, description = "`task.not_found`"),
        (status = 409, body = ProblemBody, description = "`import.not_checked`: the task that tries it out has not ended")))]
async fn run_product_import(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Path(id): Path<Id>,
    Json(how): Json<ImportRun>,
) -> Answer<(StatusCode, Json<StartedTask>)> {
    let task_id = staff
        .write(&app, "product.import", move |tx, ctx| {
            let (params, state): (Params, String) = task::params_of(tx, ctx.mall_id, id, CHECK)?;
            if state != "done" {
                return Err(Error::conflict("import.not_checked", "文件还没有检查完，请等一等"));
            }
            let params = Params { skip_known: how.skip_known, ..params };
            let new = NewTask::new(IMPORT, format!("导入 {}", params.file_name), PERMISSION, &params)?;
            let task_id = task::start(tx, ctx, new)?;
            Ok((task_id, Note::new("task", task_id, format!("导入商品文件 {}", params.file_name))))
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(StartedTask { task_id })))
}

/// Write the filtered list of products into a file, one row per SKU, as the import reads it.
///
/// Needs `product.edit`.
#[utoipa::path(post, path = "/products/export", tag = "import", security(("staff" = [])), request_body = export::Asked,
    responses((status = 202, body = StartedTask)))]
async fn export_products(
    State(app): State<App>,
    staff: Staff<perm::ProductEdit>,
    Json(asked): Json<export::Asked>,
) -> Answer<(StatusCode, Json<StartedTask>)> {
    let task_id = staff
        .write(&app, "product.export", move |tx, ctx| {
            let filter: AdminFilter = asked.filter();
            let new = NewTask::new(EXPORT, "导出商品", PERMISSION, &(filter, asked.format))?;
            let id = task::start(tx, ctx, new)?;
            Ok((id, Note::new("task", id, "导出商品列表")))
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(StartedTask { task_id })))
}

struct Form {
    name: String,
    table: Bytes,
    zip: Option<Bytes>,
}

async fn read_form(request: Request, app: &App) -> Result<Form> {
    let missing = || Error::invalid("import.file_missing", "没有收到文件，请重新选择").at("file");
    let unreadable = |e: axum::extract::multipart::MultipartError| {
        if e.status().as_u16() == 413 { too_large("文件") } else { missing().because(e.body_text()) }
    };
    let most_zip = app.config.uploads.picture_zip_mib.min(LARGEST_ZIP >> 20) << 20;
    let mut form = Multipart::from_request(request, app).await.map_err(|e| missing().because(e.body_text()))?;
    let (mut name, mut table, mut zip) = (String::new(), Bytes::new(), None);
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        let (most, words) = match field.name() {
            Some("file") => (LARGEST_TABLE, "表格"),
            Some("pictures") => (most_zip, "图片压缩包"),
            _ => continue,
        };
        let is_table = field.name() == Some("file");
        if is_table {
            name = field.file_name().unwrap_or("商品表格").chars().filter(|c| !c.is_control()).take(60).collect();
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
            if bytes.len() + chunk.len() > most {
                return Err(too_large(words));
            }
            bytes.extend_from_slice(&chunk);
        }
        if is_table {
            table = bytes.freeze();
        } else if !bytes.is_empty() {
            zip = Some(bytes.freeze());
        }
    }
    if table.is_empty() { Err(missing()) } else { Ok(Form { name, table, zip }) }
}

fn too_large(what: &str) -> Error {
    Error::too_large("import.too_large", format!("{what}太大了，请拆成几份再上传")).at("file")
}

/// Puts the files where the workers of any node find them.
async fn keep(app: &App, ctx: &platform::Ctx, form: Form) -> Result<Params> {
    let objects = app.outside.objects();
    let extension = if form.table.starts_with(b"PK") { "xlsx" } else { "csv" };
    let table_key = task::private_key(ctx.mall_id, ctx.id(), extension);
    objects.put(&table_key, "application/octet-stream", form.table.into()).await?;
    let pictures_key = match form.zip {
        Some(bytes) => {
            let key = task::private_key(ctx.mall_id, ctx.id(), "zip");
            objects.put(&key, "application/zip", bytes.into()).await?;
            Some(key)
        }
        None => None,
    };
    Ok(Params { file_name: form.name, table_key, pictures_key, pictures_dir: None, skip_known: false })
}
