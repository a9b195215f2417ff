//! The two file stores keep the same promises.

use gateways::objectstore::{LocalStore, LocalStoreConfig};
use kernel::ports::ObjectStore;
use std::path::Path;
use std::sync::Arc;

fn local(root: &Path) -> LocalStore {
    LocalStore::new(LocalStoreConfig { root: root.to_owned(), public_base: "/files".into() }).unwrap()
}

/// What every store must do.
pub async fn keeps_its_promises(store: &dyn ObjectStore) {
    let key = "m1/2026/11/tea-1.jpg";
    assert!(store.get(key).await.unwrap().is_none());
    store.put(key, "image/jpeg", b"first".to_vec()).await.unwrap();
    store.put(key, "image/jpeg", b"second".to_vec()).await.unwrap();
    assert_eq!(store.get(key).await.unwrap(), Some((b"second".to_vec(), "image/jpeg".into())));

    store.put("m1/odd", "video/mp4", vec![0, 255, 10]).await.unwrap();
    assert_eq!(store.get("m1/odd").await.unwrap(), Some((vec![0, 255, 10], "video/mp4".into())));
    store.put("m1/empty.txt", "text/plain", Vec::new()).await.unwrap();
    assert_eq!(store.get("m1/empty.txt").await.unwrap(), Some((Vec::new(), "text/plain".into())));

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
async fn a_changed_type_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
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
