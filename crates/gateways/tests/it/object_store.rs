//! The two file stores keep the same promises.

use crate::stand_in::{Reply, StandIn, nowhere, short};
use gateways::Secret;
use gateways::objectstore::{LocalStore, LocalStoreConfig, S3Store, S3StoreConfig, S3Style};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use kernel::ports::ObjectStore;
use kernel::{Clock, FrozenClock, SystemClock, minutes};
use s3s::auth::SimpleAuth;
use s3s::host::SingleDomain;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn local(root: &Path) -> LocalStore {
    LocalStore::new(LocalStoreConfig { root: root.to_owned(), public_base: "/files".into() }).unwrap()
}

/// What every store must do.
async fn keeps_its_promises(store: &dyn ObjectStore) {
    let bytes = async |key| store.get(key).await.unwrap().map(|(bytes, _)| bytes);
    let key = "m1/2026/11/tea-1.jpg";
    assert!(store.get(key).await.unwrap().is_none());
    store.put(key, "image/jpeg", b"first".to_vec()).await.unwrap();
    store.put(key, "image/jpeg", b"second".to_vec()).await.unwrap();
    assert_eq!(bytes(key).await, Some(b"second".to_vec()));

    store.put("m1/odd", "video/mp4", vec![0, 255, 10]).await.unwrap();
    assert_eq!(bytes("m1/odd").await, Some(vec![0, 255, 10]));
    store.put("m1/empty.txt", "text/plain", Vec::new()).await.unwrap();
    assert_eq!(bytes("m1/empty.txt").await, Some(Vec::new()));

    store.delete(key).await.unwrap();
    store.delete(key).await.unwrap();
    assert!(store.get(key).await.unwrap().is_none());
    store.check().await.unwrap();

    for bad in ["", "/etc/passwd", "../escape", "m1/../../escape", "m1//x", ".hidden", "m1\\x", "m1/a%2fb"] {
        assert!(store.put(bad, "text/plain", b"x".to_vec()).await.unwrap_err().is("storage.key_invalid"), "{bad}");
        assert!(store.get(bad).await.unwrap_err().is("storage.key_invalid"), "{bad}");
        assert!(store.delete(bad).await.unwrap_err().is("storage.key_invalid"), "{bad}");
    }
}

#[tokio::test]
async fn the_local_disk_keeps_the_promises() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("deep/files");
    keeps_its_promises(&local(&root)).await;
    assert!(!folder.path().join("escape").exists() && !folder.path().join("deep/escape").exists());
    assert_eq!(local(&root).url("m1/a.jpg"), "/files/m1/a.jpg");
}

#[tokio::test]
async fn readers_see_whole_files_while_writers_replace_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(local(folder.path()));
    let whole = |n: u8| vec![n; 200_000];
    store.put("m1/a.bin", "application/octet-stream", whole(0)).await.unwrap();
    let writers: Vec<_> = (1..=8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.put("m1/a.bin", "application/octet-stream", whole(n)).await })
        })
        .collect();
    for _ in 0..50 {
        let (bytes, _) = store.get("m1/a.bin").await.unwrap().unwrap();
        assert!(bytes.len() == 200_000 && bytes.iter().all(|b| *b == bytes[0]));
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let left: Vec<_> = std::fs::read_dir(folder.path().join("m1")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a.bin"], "no temporary files stay behind");
}

#[tokio::test]
async fn the_content_type_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    store.put("m1/odd", "video/mp4", b"0".to_vec()).await.unwrap();
    assert_eq!(store.get("m1/odd").await.unwrap().unwrap().1, "video/mp4");
    store.put("a.jpg", "image/webp", b"1".to_vec()).await.unwrap();
    assert_eq!(store.get("a.jpg").await.unwrap().unwrap().1, "image/webp");
    store.put("a.jpg", "image/jpeg", b"2".to_vec()).await.unwrap();
    assert_eq!(store.get("a.jpg").await.unwrap().unwrap().1, "image/jpeg");
}

#[tokio::test]
async fn a_folder_is_not_a_file_and_a_file_is_not_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    store.put("m1/a.txt", "text/plain", b"1".to_vec()).await.unwrap();
    assert!(store.get("m1").await.unwrap().is_none());
    assert!(store.get("m1/a.txt/b").await.unwrap().is_none());
    assert!(store.put("m1/a.txt/b", "text/plain", b"2".to_vec()).await.unwrap_err().is("storage.unavailable"));
}

/// An S3 server written by others (it keeps no content types), over a folder with the bucket `mall`; it checks every signature. Answers its port.
async fn s3_server(root: &Path) -> u16 {
    std::fs::create_dir(root.join("mall")).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut builder = S3ServiceBuilder::new(FileSystem::new(root).unwrap());
    builder.set_auth(SimpleAuth::from_single("AKID", "s3-secret"));
    builder.set_host(SingleDomain::new(&format!("localhost:{port}")).unwrap());
    let service = builder.build().into_shared();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let service = service.clone();
            tokio::spawn(async move {
                let http = Builder::new(TokioExecutor::new());
                // A client that hangs up early is its own business.
                let _ = http.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    port
}

fn s3(endpoint: &str, style: S3Style, secret: &str, clock: Arc<dyn Clock>) -> S3Store {
    let config = S3StoreConfig {
        endpoint: endpoint.to_owned(),
        region: "oss-cn-hangzhou".into(),
        bucket: "mall".into(),
        access_key_id: "AKID".into(),
        access_key_secret: Secret::from(secret),
        style,
        public_base: None,
        timeouts: short(),
    };
    S3Store::new(config, clock).unwrap()
}

#[tokio::test]
async fn s3_keeps_the_promises_in_both_address_styles() {
    for style in [S3Style::Path, S3Style::VirtualHost] {
        let folder = tempfile::tempdir().unwrap();
        let port = s3_server(folder.path()).await;
        let store = s3(&format!("http://localhost:{port}"), style, "s3-secret", Arc::new(SystemClock));
        keeps_its_promises(&store).await;
        let expected = match style {
            S3Style::Path => format!("http://localhost:{port}/mall/m1/a.jpg"),
            S3Style::VirtualHost => format!("http://mall.localhost:{port}/m1/a.jpg"),
        };
        assert_eq!(store.url("m1/a.jpg"), expected);
    }
}

#[tokio::test]
async fn s3_is_told_the_content_type_under_the_signature() {
    let server = StandIn::start(|_| Reply::new(200, "")).await;
    let store = s3(&server.base_url, S3Style::Path, "s", Arc::new(SystemClock));
    store.put("m1/a.jpg", "image/jpeg", b"tea".to_vec()).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path()), ("PUT", "/mall/m1/a.jpg"));
    assert_eq!((seen.header("content-type"), &*seen.body), (Some("image/jpeg"), &b"tea"[..]));
    let signed = seen.query().into_iter().find(|(k, _)| k == "X-Amz-SignedHeaders").unwrap().1;
    assert_eq!(signed, "content-type;host");
}

#[tokio::test]
async fn s3_refuses_a_wrong_secret_and_an_old_signature() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = format!("http://localhost:{}", s3_server(folder.path()).await);
    let thief = s3(&endpoint, S3Style::Path, "guessed", Arc::new(SystemClock));
    let error = thief.put("a.txt", "text/plain", b"x".to_vec()).await.unwrap_err();
    assert!(error.is("storage.unavailable") && error.cause().unwrap().contains("SignatureDoesNotMatch"), "{error}");
    assert!(!format!("{error:?} {thief:?}").contains("guessed"));

    let late = Arc::new(FrozenClock::at(SystemClock.now() - minutes(60)));
    let late = s3(&endpoint, S3Style::Path, "s3-secret", late);
    assert!(late.get("a.txt").await.unwrap_err().is("storage.unavailable"));
}

#[tokio::test]
async fn s3_is_asked_again_when_busy_and_told_apart_when_broken() {
    let asked = AtomicUsize::new(0);
    let server = StandIn::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::new(503, "<Error><Code>SlowDown</Code></Error>"),
        _ => Reply::new(200, "tea").with("content-type", "text/plain"),
    })
    .await;
    let clock = || Arc::new(SystemClock);
    let store = s3(&server.base_url, S3Style::Path, "s", clock());
    assert_eq!(store.get("a.txt").await.unwrap(), Some((b"tea".to_vec(), "text/plain".into())));

    let server = StandIn::start(|_| Reply::new(404, "<Error><Code>NoSuchBucket</Code></Error>")).await;
    let error = s3(&server.base_url, S3Style::Path, "s", clock()).get("a.txt").await.unwrap_err();
    assert!(error.cause().unwrap().contains("NoSuchBucket"), "{error}");

    let error = s3(&nowhere(), S3Style::Path, "s", clock()).get("a.txt").await.unwrap_err();
    assert!(error.is("storage.unavailable") && !format!("{error:?}").contains("X-Amz"), "{error:?}");
}
