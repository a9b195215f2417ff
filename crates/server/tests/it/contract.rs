//! The OpenAPI document as something to walk along: every operation, with a request that fits its schema.

use std::collections::BTreeMap;
use testkit::{Value, json};

/// One operation of the document.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: String,
    /// With its `{parameters}`.
    pub path: String,
    pub json: Value,
}

/// Ids to fill in, by the name of the thing (`order`, `sku` …).
pub type Ids = BTreeMap<&'static str, String>;

/// The document as JSON.
pub fn document() -> Value {
    serde_json::to_value(server::router::document()).unwrap()
}

/// Every operation, in the order of the document.
pub fn operations() -> Vec<Operation> {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, json) in item.as_object().unwrap() {
            found.push(Operation { method: method.to_uppercase(), path: path.clone(), json: json.clone() });
        }
    }
    found
}

/// A map to look schemas up in.
pub struct Schemas(Value);

impl Schemas {
    pub fn new() -> Self {
        Schemas(document()["components"]["schemas"].clone())
    }

    /// The schema behind references.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.resolve(&self.0[reference.rsplit('/').next().unwrap()]),
            None => schema,
        }
    }

    /// A value that fits the schema; ids come from `ids` by the name of their field.
    pub fn sample(&self, schema: &Value, field: &str, ids: &Ids) -> Value {
        let is_id = schema["$ref"].as_str().is_some_and(|r| r.ends_with("/Id"));
        if is_id {
            return ids.get(thing_of(field)).cloned().unwrap_or_else(|| "1".into()).into();
        }
        let schema = self.resolve(schema);
        for combined in ["oneOf", "anyOf", "allOf"] {
            let choices = schema[combined].as_array().into_iter().flatten();
            if let Some(first) = choices.into_iter().find(|choice| choice["type"] != "null") {
                return self.sample(first, field, ids);
            }
        }
        if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
            return first.clone();
        }
        match type_of(schema) {
            "object" => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                properties.map(|(name, inner)| (name.clone(), self.sample(inner, name, ids))).collect()
            }
            "array" => json!([self.sample(&schema["items"], field.trim_end_matches('s'), ids)]),
            "integer" => schema["minimum"].as_i64().unwrap_or(1).max(1).into(),
            "number" => json!(1.5),
            "boolean" => json!(true),
            "string" => text_for(schema, field, ids).into(),
            _ => Value::Null,
        }
    }
}

/// The name of what a field refers to: `new_sku_id` and `sku_ids` are a `sku`.
fn thing_of(field: &str) -> &str {
    let field = field.trim_end_matches('s').trim_end_matches("_id");
    field.strip_prefix("new_").unwrap_or(field)
}

fn text_for(schema: &Value, field: &str, ids: &Ids) -> String {
    if schema["format"] == "date-time" {
        return "2026-12-01T00:00:00Z".into();
    }
    match field {
        "phone" => "13800138000".into(),
        "district_code" => "330106".into(),
        "street_code" => "330106001".into(),
        "carrier_code" => "sf".into(),
        "tracking_number" => "SF1234567890".into(),
        "picture_key" | "logo_key" | "avatar_key" => ids.get("picture").cloned().unwrap_or_default(),
        "code" => ids.get("pickup_code").cloned().unwrap_or_else(|| "123456".into()),
        "open" => "09:00".into(),
        "close" => "18:00".into(),
        "url" => "https://erp.example.com/hefang".into(),
        "accent" => "#2F7D6B".into(),
        "status" => "active".into(),
        "username" => "somebody".into(),
        "password" | "new" | "old" => "a-long-password".into(),
        _ => "一段文字".into(),
    }
}

fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(one) => one,
        Value::Array(several) => several.iter().filter_map(Value::as_str).find(|t| *t != "null").unwrap_or("null"),
        _ if schema["properties"].is_object() => "object",
        _ => "null",
    }
}

impl Operation {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn is_admin(&self) -> bool {
        self.path.starts_with("/admin/")
    }

    pub fn is_read(&self) -> bool {
        self.method == "GET"
    }

    /// `member`, `staff` or nothing for anyone; optional security counts as anyone.
    pub fn security(&self) -> Option<&str> {
        let schemes = self.json["security"].as_array()?;
        let names = schemes.iter().map(|scheme| scheme.as_object().and_then(|s| s.keys().next()));
        let names: Option<Vec<&String>> = names.collect();
        names?.first().map(|name| name.as_str())
    }

    /// The permission its description names.
    pub fn permission(&self) -> Option<&str> {
        let text = self.json["description"].as_str()?;
        let (_, after) = text.split_once("Needs `").or_else(|| text.split_once("Permission `"))?;
        after.split('`').next()
    }

    /// The path with ids in it, and the query parameters that must be there.
    pub fn path_with(&self, ids: &Ids) -> String {
        let parameters = self.json["parameters"].as_array().into_iter().flatten();
        let needed = parameters.filter(|p| p["in"] == "query" && p["required"] == true);
        let value = |parameter: &Value| {
            let name = parameter["name"].as_str().unwrap_or_default();
            let word = parameter["schema"]["enum"][0].as_str();
            let value = ids.get(thing_of(name)).map(String::as_str).or(word).unwrap_or("1");
            format!("{name}={value}")
        };
        let query: Vec<String> = needed.map(value).collect();
        let path = self.filled_path(ids);
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    fn filled_path(&self, ids: &Ids) -> String {
        let mut before = "";
        let mut parts = Vec::new();
        for part in self.path.split('/') {
            let filled = match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
                Some("id") => ids.get(singular(before)).cloned(),
                Some(name) => ids.get(thing_of(name)).cloned(),
                None => Some(part.to_owned()),
            };
            parts.push(filled.unwrap_or_else(|| "1".into()));
            before = part;
        }
        parts.join("/")
    }

    /// The schema of its JSON body.
    pub fn body_schema(&self) -> Option<&Value> {
        self.json["requestBody"]["content"].get("application/json").map(|content| &content["schema"])
    }

    /// A body that fits.
    pub fn body(&self, schemas: &Schemas, ids: &Ids) -> Option<Value> {
        self.body_schema().map(|schema| schemas.sample(schema, "", ids))
    }

    /// Names of its query parameters.
    pub fn query_names(&self) -> Vec<&str> {
        let parameters = self.json["parameters"].as_array().into_iter().flatten();
        parameters.filter(|p| p["in"] == "query").filter_map(|p| p["name"].as_str()).collect()
    }
}

fn singular(segment: &str) -> &str {
    match segment {
        "categories" => "category",
        "deliveries" => "delivery",
        "addresses" => "address",
        "freight-templates" => "freight_template",
        "webhook-deliveries" => "webhook_delivery",
        "api-keys" => "api_key",
        "after-sales" => "after_sale",
        "invoice-titles" => "invoice_title",
        other => other.trim_end_matches('s'),
    }
}
