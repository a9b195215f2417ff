//! What lies in the database says nothing about anybody.

use crate::world::on_both;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn no_column_holds_a_name_a_phone_an_address_or_a_secret() {
    on_both(|world| async move {
        let guest = world.guest().await;
        let granted = guest.post("/api/v1/session/wechat", json!({"code": "wx-openid-1"})).await.ok();
        let member = guest.with_token(&granted);
        member.post("/api/v1/me/phone/wechat", json!({"code": "phone-13812345678"})).await.ok();
        world.visitor().sign_in("13812345678").await.ok();
        let code = world.post.last_code();
        let address =
            json!({"name": "欧阳沈青", "phone": "13912345678", "district_code": "330106", "detail": "北山街九十九号"});
        let headers = [("idempotency-key", "k1")];
        member.send_with(axum::http::Method::POST, "/api/v1/addresses", Some(address), &headers).await.ok();
        let owner = world.owner().await;
        let secret = owner.post("/admin/v1/me/totp", json!({})).await.ok()["secret"].as_str().unwrap().to_owned();
        let tables = [
            "member",
            "member_identity",
            "sms_code",
            "sms_sent",
            "address",
            "session",
            "idempotency",
            "staff",
            "audit_log",
        ];
        for table in tables {
            let everything = world.app.db.read(move |tx| dump(tx, table)).await.unwrap();
            assert!(!everything.is_empty(), "{table} has rows");
            let secrets =
                ["12345678", "key-of-openid-1", "欧阳", "九十九", "hefang-demo", &secret, &format!("\"{code}\"")];
            for secret in secrets {
                assert!(!everything.contains(secret), "{table} holds {secret}");
            }
        }
    })
    .await;
}

/// Every text column of a table, as one text.
fn dump(tx: &mut db::Tx<'_>, table: &'static str) -> kernel::Result<String> {
    let columns = match table {
        "member" => "nickname, phone_sealed, phone_hash, phone_tail",
        "member_identity" => "subject, union_id, session_key_sealed, app_id",
        "sms_code" => "phone_hash, code_hash, null, null",
        "sms_sent" => "phone_hash, ip, null, null",
        "address" => "name_sealed, phone_sealed, detail_sealed, district_code",
        "session" => "token_hash, user_agent, kind, null",
        "idempotency" => "body_hash, response, caller, key",
        "staff" => "name, password_hash, totp_sealed, username",
        _ => "action, summary, target, ip",
    };
    type Four = (Option<String>, Option<String>, Option<String>, Option<String>);
    let columns = columns.replace("null", "cast(null as text)");
    let rows: Vec<Four> = tx.all(&format!("select {columns} from {table}"), &db::args![])?;
    Ok(rows.into_iter().flat_map(|(a, b, c, d)| [a, b, c, d]).flatten().collect::<Vec<_>>().join("\n"))
}
