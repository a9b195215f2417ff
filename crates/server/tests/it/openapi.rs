//! The document promises what every client is generated from, so it is held to its own rules.

use crate::contract::{document, operations};
use testkit::on_both_engines;

#[test]
fn every_operation_says_what_it_does_and_how_it_fails() {
    for operation in operations() {
        let (name, json) = (operation.name(), &operation.json);
        assert!(json["summary"].as_str().is_some_and(|s| s.len() > 5), "{name} has no summary");
        assert!(json["operationId"].is_string(), "{name} has no operationId");
        assert!(json["tags"].as_array().is_some_and(|tags| !tags.is_empty()), "{name} has no tag");
        let responses = json["responses"].as_object().unwrap();
        let success = responses.iter().find(|(status, _)| status.starts_with('2'));
        let (status, success) = success.unwrap_or_else(|| panic!("{name} never succeeds"));
        if status != "204" {
            // JSON, or a file.
            let described =
                success["content"].as_object().is_some_and(|c| c.values().any(|one| one["schema"].is_object()));
            assert!(described, "{name} answers {status} without a schema");
        }
        let refusals: Vec<_> = responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])).collect();
        assert!(refusals.iter().any(|(status, _)| status.starts_with('4')), "{name} never refuses");
        for (status, refusal) in refusals {
            let content = refusal["content"].as_object().unwrap_or_else(|| panic!("{name} {status} has no body"));
            let schema = content.values().next().unwrap()["schema"]["$ref"].as_str().unwrap_or_default();
            assert_eq!(schema, "#/components/schemas/Problem", "{name} {status}");
            assert!(refusal["description"].as_str().is_some_and(|d| !d.is_empty()), "{name} {status} is not described");
        }
    }
}

#[test]
fn the_document_is_openapi_3_1_and_every_reference_leads_somewhere() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for field in ["title", "version", "description"] {
        assert!(document["info"][field].as_str().is_some_and(|text| !text.is_empty()), "info.{field}");
    }
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(|r| r.as_str()) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        match value {
            testkit::Value::Object(map) => open.extend(map.values()),
            testkit::Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
}

#[test]
fn operation_ids_are_unique_and_security_schemes_are_declared() {
    let document = document();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    let mut seen = std::collections::HashSet::new();
    for operation in operations() {
        let id = operation.json["operationId"].as_str().unwrap().to_owned();
        assert!(seen.insert(id.clone()), "{id} twice");
        for scheme in operation.json["security"].as_array().into_iter().flatten() {
            for name in scheme.as_object().unwrap().keys() {
                assert!(schemes.contains_key(name), "{} names an unknown scheme {name}", operation.name());
            }
        }
        let is_open = operation.json["security"].as_array().is_none_or(Vec::is_empty);
        let is_sign_in = operation.path.ends_with("/session");
        assert!(!operation.is_admin() || !is_open || is_sign_in, "{} is open to anyone", operation.name());
    }
}

#[test]
fn path_parameters_are_declared_where_they_stand() {
    for operation in operations() {
        let parameters = operation.json["parameters"].as_array().cloned().unwrap_or_default();
        let declared: Vec<&str> =
            parameters.iter().filter(|p| p["in"] == "path").filter_map(|p| p["name"].as_str()).collect();
        let written: Vec<&str> =
            operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(declared, written, "{}", operation.name());
    }
}

#[test]
fn the_server_answers_the_document_it_was_built_with() {
    on_both_engines(async |mall| {
        assert_eq!(mall.anonymous().get("/openapi.json").await.ok(), document());
    });
}
