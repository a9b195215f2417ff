//! What a restart keeps: keys, so configured clients still work, and payments, so yesterday's order can be refunded.

use crate::stand::{Folder, NOON, Stand};
use kernel::minutes;
use sandbox::{Pace, SandboxConfig};
use std::time::Duration;

#[tokio::test]
async fn keys_and_payments_outlive_a_restart() {
    let folder = Folder::new();
    let first = Stand::open(&folder, NOON, Pace::quick()).await;
    first.control.rotate_certificate().unwrap();
    first.merchant().jsapi("order-1", "http://127.0.0.1:9/notify").await;
    first.control.pay("order-1").unwrap();
    let (seen, serial) = {
        let reply = first.merchant().query("order-1").await;
        (reply.body, reply.serial)
    };
    for _ in 0..300 {
        if std::fs::read_to_string(folder.0.join("payments.json")).is_ok_and(|t| t.contains("\"Success\"")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let before = first.credentials.clone();
    first.stop().await;

    let second = Stand::open(&folder, NOON + minutes(1), Pace::quick()).await;
    assert_eq!(second.credentials.wechat_pay.merchant_private_key, before.wechat_pay.merchant_private_key);
    assert_eq!(second.credentials.wechat_pay.platform_certificates.len(), 2);
    let reply = second.merchant().query("order-1").await;
    assert_eq!((reply.body, reply.serial), (seen, serial));
    assert_eq!(second.merchant().refund("order-1", "r-1", 1200, None).await.status, 200);
}

#[tokio::test]
async fn credentials_file_is_what_a_merchant_would_have() {
    let folder = Folder::new();
    let made = sandbox::router(SandboxConfig::new(&folder.0, "http://127.0.0.1:8080/sandbox/")).unwrap();
    let text = std::fs::read_to_string(&made.credentials_path).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["base_url"], "http://127.0.0.1:8080/sandbox");
    assert_eq!(read["wechat_pay"]["api_v3_key"].as_str().unwrap().len(), 32);
    assert!(!text.contains('\r') && !text.contains("\\r"), "some SDKs cannot read keys with carriage returns");
    #[cfg(unix)]
    for file in ["keys.json", "credentials.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.0.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn broken_key_file_is_an_error_not_a_new_key() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("keys.json"), "{").unwrap();
    let error = sandbox::router(SandboxConfig::new(&folder.0, "http://127.0.0.1")).err().unwrap();
    assert!(error.cause().unwrap().contains("keys.json"));
}
