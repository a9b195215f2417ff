//! Uploads over HTTP: only pictures are kept, in three sizes, and served for a year.

use crate::mall::{MALL, TestMall, malls};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use db::args;
use http_body_util::BodyExt;
use image::{ImageFormat, Rgb, RgbImage};
use kernel::{Actor, Id};
use platform::edge::Edge;
use platform::session::Subject;
use platform::storage::{self, Upload};
use serde_json::Value;
use std::io::Cursor;
use tower::Service;

fn photo(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

struct Shop {
    edge: Edge,
}

impl Shop {
    fn open(mall: &TestMall) -> Self {
        let (router, _) = storage::routes().split_for_parts();
        let router: Router = router.with_state(mall.app.clone());
        Shop { edge: Edge::new(mall.app.clone(), router) }
    }

    async fn send(&mut self, request: Request<Body>) -> Response<Body> {
        self.edge.call(request).await.unwrap()
    }

    async fn upload(&mut self, path: &str, token: &str, field: &str, bytes: &[u8]) -> Response<Body> {
        let head = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"x.exe\"\r\nContent-Type: text/html\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--cut--\r\n"].concat();
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("x-mall", "one")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    async fn get(&mut self, path: &str, name: header::HeaderName, value: &str) -> Response<Body> {
        self.send(Request::get(path).header(name, value).body(Body::empty()).unwrap()).await
    }
}

async fn json(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn refused(response: Response<Body>, status: u16, code: &str) {
    assert_eq!(response.status().as_u16(), status, "{code}");
    assert_eq!(json(response).await["code"], code);
}

async fn token(mall: &TestMall, subject: Subject) -> String {
    let app = mall.app.clone();
    mall.write(move |tx, ctx| app.sessions.open(tx, ctx, subject, "test").map(|made| made.token)).await.unwrap()
}

#[tokio::test]
async fn a_shopper_uploads_a_picture_and_everyone_sees_it() {
    for mall in malls().await {
        let mut shop = Shop::open(&mall);
        let ann = token(&mall, Subject::Guest(Id(5))).await;
        let response = shop.upload("/api/v1/uploads", &ann, "file", &photo(1300, 650)).await;
        assert_eq!(response.status(), StatusCode::OK);
        let upload: Upload = serde_json::from_value(json(response).await).unwrap();
        assert!(upload.key.starts_with("m1/202611/") && upload.key.ends_with("_1200x600.jpg"), "{}", upload.key);
        assert_eq!((upload.picture.width, upload.picture.height), (1200, 600));
        for (url, width) in
            [(&upload.picture.url, 1200), (&upload.picture.medium_url, 600), (&upload.picture.small_url, 200)]
        {
            let response = shop.get(url, header::ACCEPT, "*/*").await;
            assert_eq!(response.status(), StatusCode::OK, "{url}");
            let headers = response.headers().clone();
            assert_eq!(headers[header::CONTENT_TYPE], "image/jpeg");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(image::load_from_memory(&bytes).unwrap().width(), width);
            let etag = headers[header::ETAG].to_str().unwrap().to_owned();
            let again = shop.get(url, header::IF_NONE_MATCH, &etag).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            let part = shop.get(url, header::RANGE, "bytes=0-1").await;
            assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
            assert_eq!(part.headers()[header::CONTENT_RANGE], format!("bytes 0-1/{}", bytes.len()));
            assert_eq!(part.into_body().collect().await.unwrap().to_bytes(), &bytes[..2]);
            let beyond = shop.get(url, header::RANGE, "bytes=99999999-").await;
            assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        }
        let row: (String, i64, i64, i64) = mall
            .app
            .db
            .read(move |tx| {
                tx.one(
                    "select owner_kind, owner_id, width, height from file where mall_id = $1 and key = $2",
                    &args![MALL, &upload.key],
                )
            })
            .await
            .unwrap();
        assert_eq!(row, ("member".into(), 5, 1200, 600));
    }
}

#[tokio::test]
async fn a_small_picture_has_one_file_and_a_foreign_key_one_address() {
    for mall in malls().await {
        let stored = storage::save_image(&mall.app, &mall.ctx(), Actor::System, photo(150, 100).into()).await.unwrap();
        assert_eq!(mall.files.count(), 1);
        let picture = storage::picture(&mall.app, &stored.key, "茶");
        assert_eq!((&picture.medium_url, &picture.small_url), (&picture.url, &picture.url));
        assert_eq!((picture.width, picture.height, picture.alt.as_str()), (150, 100, "茶"));
        let foreign = storage::picture(&mall.app, "m1/old/tea.jpg", "");
        assert_eq!((foreign.small_url.as_str(), foreign.width), ("/files/m1/old/tea.jpg", 0));
        assert_eq!(storage::picture(&mall.app, "", "").url, "");
    }
}

#[tokio::test]
async fn a_deleted_picture_leaves_nothing_behind() {
    for mall in malls().await {
        let stored = storage::save_image(&mall.app, &mall.ctx(), Actor::System, photo(700, 300).into()).await.unwrap();
        assert_eq!(mall.files.count(), 3);
        assert!(!storage::delete_image(&mall.app, Id(2), &stored.key).await.unwrap(), "it belongs to another mall");
        assert!(storage::delete_image(&mall.app, MALL, &stored.key).await.unwrap());
        assert_eq!((mall.files.count(), mall.count("file").await), (0, 0));
    }
}

#[tokio::test]
async fn staff_uploads_are_audited() {
    for mall in malls().await {
        let mut shop = Shop::open(&mall);
        let clerk = token(&mall, Subject::Staff(Id(9))).await;
        let response = shop.upload("/admin/v1/uploads", &clerk, "file", &photo(40, 40)).await;
        assert_eq!(response.status(), StatusCode::OK);
        let (staff_id, action): (Id, String) =
            mall.app.db.read(|tx| tx.one("select staff_id, action from audit_log", &args![])).await.unwrap();
        assert_eq!((staff_id, action.as_str()), (Id(9), "file.upload"));
    }
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_leaves_no_trace() {
    for mall in malls().await {
        let mut shop = Shop::open(&mall);
        let ann = token(&mall, Subject::Member(Id(5))).await;
        let up = "/api/v1/uploads";
        let html = b"<html><script>alert(1)</script></html>";
        refused(shop.upload(up, &ann, "file", html).await, 400, "storage.not_an_image").await;
        refused(shop.upload(up, &ann, "file", b"").await, 400, "storage.file_missing").await;
        refused(shop.upload(up, &ann, "other", &photo(9, 9)).await, 400, "storage.file_missing").await;
        let big = vec![0xFF; storage::LARGEST + 1];
        refused(shop.upload(up, &ann, "file", &big).await, 413, "storage.too_large").await;
        let huge = vec![0xFF; storage::LARGEST * 2];
        refused(shop.upload(up, &ann, "file", &huge).await, 413, "storage.too_large").await;
        refused(shop.upload(up, "nonsense", "file", &photo(9, 9)).await, 401, "session.required").await;
        refused(shop.upload("/admin/v1/uploads", &ann, "file", &photo(9, 9)).await, 401, "session.required").await;
        let no_form =
            Request::post(up).header(header::AUTHORIZATION, format!("Bearer {ann}")).body(Body::empty()).unwrap();
        refused(shop.send(no_form).await, 400, "storage.file_missing").await;
        assert_eq!((mall.files.count(), mall.count("file").await), (0, 0));
    }
}

#[tokio::test]
async fn a_shopper_cannot_upload_without_end() {
    for mall in malls().await {
        let mut shop = Shop::open(&mall);
        let ann = token(&mall, Subject::Guest(Id(5))).await;
        let bob = token(&mall, Subject::Guest(Id(6))).await;
        for _ in 0..20 {
            assert_eq!(shop.upload("/api/v1/uploads", &ann, "file", &photo(8, 8)).await.status(), StatusCode::OK);
        }
        refused(shop.upload("/api/v1/uploads", &ann, "file", &photo(8, 8)).await, 429, "request.too_often").await;
        assert_eq!(shop.upload("/api/v1/uploads", &bob, "file", &photo(8, 8)).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn only_stored_files_are_served() {
    for mall in malls().await {
        let mut shop = Shop::open(&mall);
        mall.files.kept.lock().unwrap().insert("m1/x.html".into(), (b"<script>".to_vec(), "text/html".into()));
        mall.files.kept.lock().unwrap().insert("secret.key".into(), (b"secret".to_vec(), "text/plain".into()));
        for path in [
            "/files/m1/202611/1_8x8.jpg",
            "/files/m1/x.html",
            "/files/secret.key",
            "/files/../secret.key",
            "/files/m1/%2e%2e/secret.key",
            "/files/m1/..%2f..%2fsecret.jpg",
            "/files/m1/%00.jpg",
            "/files/%FF.jpg",
        ] {
            let response = shop.get(path, header::ACCEPT, "*/*").await;
            assert!(matches!(response.status().as_u16(), 400 | 404), "{path}: {}", response.status());
        }
        let response = shop.get("/files/m1/x.html", header::ACCEPT, "*/*").await;
        refused(response, 404, "storage.no_such_file").await;
    }
}
