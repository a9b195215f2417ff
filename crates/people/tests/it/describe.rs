//! The API describes itself: every route has words, schemas and codes, and the names of the contract.

use crate::world::api;
use serde_json::Value;

fn document() -> Value {
    let (_, mut doc) = api().split_for_parts();
    platform::openapi::complete(&mut doc);
    serde_json::to_value(&doc).unwrap()
}

#[test]
fn every_operation_has_a_summary_a_tag_an_id_and_refusals() {
    let doc = document();
    let mut ids = Vec::new();
    for (path, item) in doc["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/v1/") || path.starts_with("/admin/v1/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|s| s.ends_with('.') && s.len() < 80), "{name}");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}");
            assert!(operation["responses"]["429"].is_object(), "{name}");
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "an operation id stands twice: {ids:?}");
    assert!(all > 60, "only {all} operations are described");
}

#[test]
fn the_names_of_the_contract_are_there() {
    let doc = document();
    let schemas = doc["components"]["schemas"].as_object().unwrap();
    for name in [
        "SmsCodeRequest",
        "PhoneSignIn",
        "WechatSignIn",
        "WechatPhone",
        "SessionGranted",
        "Me",
        "MeInput",
        "Region",
        "Address",
        "AddressInput",
        "StaffSignIn",
        "StaffSession",
        "StaffMe",
        "TotpStart",
        "StaffRow",
        "StaffInput",
        "StaffChange",
        "Role",
        "RoleInput",
        "PermissionGroup",
        "MemberRow",
        "AuditRow",
        "MallSettings",
        "MallBrief",
        "Problem",
    ] {
        assert!(schemas.contains_key(name), "{name}");
    }
}
