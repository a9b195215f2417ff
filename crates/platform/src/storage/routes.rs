//! Uploading and fetching over HTTP: `POST /api/v1/uploads`, `POST /admin/v1/uploads`, `GET /files/{key}`.

use super::{LARGEST, Picture, picture, put_image, record, save_image, serve, too_large, video};
use crate::app::App;
use crate::audit::Note;
use crate::extract::{Json, Shopper, Staff};
use crate::permission::perm;
use crate::problem::{Answer, ProblemBody};
use crate::ratelimit::Limit;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::routing::get;
use bytes::{Bytes, BytesMut};
use kernel::{Actor, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A shopper may send twenty pictures at once (reviews have nine), then one every three seconds.
const PER_SHOPPER: Limit = Limit { name: "upload", burst: 20, interval_ms: 3_000.0 };
/// Guests are free to make, so an address has a limit of its own.
const PER_ADDRESS: Limit = Limit { name: "upload_address", burst: 100, interval_ms: 1_000.0 };
/// Room for the envelope around the file.
const ENVELOPE: usize = 16 << 10;

/// Upload and file routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(upload_as_shopper))
        .routes(routes!(upload_as_staff))
        .layer(DefaultBodyLimit::max(LARGEST + ENVELOPE))
        .merge(
            OpenApiRouter::new().routes(routes!(upload_video)).layer(DefaultBodyLimit::max(video::LARGEST + ENVELOPE)),
        )
        .route("/files/{*key}", get(serve::serve_file))
}

/// A picture that was kept; its key is what other requests name it by.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Upload {
    pub key: String,
    pub picture: Picture,
}

/// What to send: one field named `file`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the multipart body in the API document")]
struct UploadForm {
    /// JPEG, PNG or WebP; at most 8 MB and 40 megapixels.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Upload a picture as a shopper (for a review or an avatar).
#[utoipa::path(post, path = "/api/v1/uploads", tag = "upload", security(("member" = [])),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Upload),
    (status = 400, body = ProblemBody, description = "`storage.not_an_image`, `storage.too_many_pixels`, `storage.file_missing`"),
    (status = 413, body = ProblemBody, description = "`storage.too_large`")))]
async fn upload_as_shopper(State(app): State<App>, shopper: Shopper, request: Request) -> Answer<Json<Upload>> {
    app.rate_limit.check(PER_SHOPPER, shopper.id, shopper.ctx.now)?;
    app.rate_limit.check(PER_ADDRESS, shopper.visitor.ip, shopper.ctx.now)?;
    let (bytes, _) = read_file(request, &app, LARGEST, too_large).await?;
    let stored = save_image(&app, &shopper.ctx, Actor::Member(shopper.id), bytes).await?;
    Ok(Json(Upload { picture: picture(&app, &stored.key, ""), key: stored.key }))
}

/// Upload a picture as staff (for goods, brands, stores). Any signed-in staff.
#[utoipa::path(post, path = "/admin/v1/uploads", tag = "upload", security(("staff" = [])),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Upload),
    (status = 400, body = ProblemBody, description = "`storage.not_an_image`, `storage.too_many_pixels`, `storage.file_missing`"),
    (status = 413, body = ProblemBody, description = "`storage.too_large`")))]
async fn upload_as_staff(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    request: Request,
) -> Answer<Json<Upload>> {
    let (bytes, name) = read_file(request, &app, LARGEST, too_large).await?;
    let stored = put_image(&app, &staff.ctx, bytes).await?;
    let (row, owner) = (stored.clone(), Actor::Staff(staff.id));
    staff
        .write(&app, "file.upload", move |tx, ctx| {
            record(tx, ctx, owner, &row, &name)?;
            Ok(((), Note::new("file", &row.key, format!("上传图片 {}×{}", row.width, row.height))))
        })
        .await?;
    Ok(Json(Upload { picture: picture(&app, &stored.key, ""), key: stored.key }))
}

/// What to send: one field named `file`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the multipart body in the API document")]
struct VideoForm {
    /// MP4; at most 30 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Upload a film as staff (for goods and pages). Any signed-in staff.
#[utoipa::path(post, path = "/admin/v1/uploads/video", tag = "upload", security(("staff" = [])),
    request_body(content = VideoForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Upload),
    (status = 400, body = ProblemBody, description = "`storage.not_a_video`, `storage.file_missing`"),
    (status = 413, body = ProblemBody, description = "`storage.too_large`")))]
async fn upload_video(State(app): State<App>, staff: Staff<perm::SignedIn>, request: Request) -> Answer<Json<Upload>> {
    let _place = video::place()?;
    let (bytes, name) = read_file(request, &app, video::LARGEST, video::too_large).await?;
    let stored = video::put(&app, &staff.ctx, bytes).await?;
    let (row, owner) = (stored.clone(), Actor::Staff(staff.id));
    staff
        .write(&app, "file.upload", move |tx, ctx| {
            record(tx, ctx, owner, &row, &name)?;
            Ok(((), Note::new("file", &row.key, format!("上传视频 {} KB", row.bytes / 1024))))
        })
        .await?;
    Ok(Json(Upload { picture: picture(&app, &stored.key, ""), key: stored.key }))
}

/// The bytes of the field `file`, never more than `largest`, and the name it had.
async fn read_file(request: Request, app: &App, largest: usize, too_large: fn() -> Error) -> Result<(Bytes, String)> {
    let missing = || Error::invalid("storage.file_missing", "没有收到图片，请重新选择").at("file");
    let unreadable = |e: axum::extract::multipart::MultipartError| {
        if e.status().as_u16() == 413 { too_large() } else { missing().because(e.body_text()) }
    };
    let mut form = Multipart::from_request(request, app).await.map_err(|e| missing().because(e.body_text()))?;
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = tidy_name(field.file_name().unwrap_or_default());
        let mut bytes = BytesMut::new();
        while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
            if bytes.len() + chunk.len() > largest {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        return if bytes.is_empty() { Err(missing()) } else { Ok((bytes.freeze(), name)) };
    }
    Err(missing())
}

/// A file's name as people call it: no folders, no ending, nothing unprintable.
fn tidy_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    stem.chars().filter(|c| !c.is_control()).take(80).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::tidy_name;

    #[test]
    fn a_name_keeps_what_people_call_it() {
        assert_eq!(tidy_name("C:\\照片\\春茶 1.jpeg"), "春茶 1");
        assert_eq!(tidy_name("../../etc/passwd"), "passwd");
        assert_eq!(tidy_name("\u{0}\u{7}.png"), "");
    }
}
