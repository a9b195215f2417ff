//! The OpenAPI 3.1 document: what the handlers declare, plus what is true of every operation — the problem body,
//! the standard refusals, the two bearer schemes.

use crate::problem::ProblemBody;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

/// The document before routes are added.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Hefang API",
        description = "河坊商城接口。金额单位为分，编号是字符串，时间是 ISO 8601；失败时返回 RFC 9457 的 problem，其中 `code` 稳定不变。",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody)),
    modifiers(&Schemes)
)]
struct Base;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, doc: &mut OpenApi) {
        let components = doc.components.get_or_insert_with(Default::default);
        for (name, text) in [("member", "会员或访客的令牌"), ("staff", "员工的令牌")] {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

/// The empty document with schemes and the problem schema.
pub fn base() -> OpenApi {
    Base::openapi()
}

/// Adds to every operation the refusals that any of them may answer.
pub fn complete(doc: &mut OpenApi) {
    for item in doc.paths.paths.values_mut() {
        for method in [HttpMethod::Get, HttpMethod::Post, HttpMethod::Put, HttpMethod::Patch, HttpMethod::Delete] {
            let operation = match method {
                HttpMethod::Get => item.get.as_mut(),
                HttpMethod::Post => item.post.as_mut(),
                HttpMethod::Put => item.put.as_mut(),
                HttpMethod::Patch => item.patch.as_mut(),
                _ => item.delete.as_mut(),
            };
            if let Some(operation) = operation {
                add_refusals(operation);
            }
        }
    }
}

fn add_refusals(operation: &mut Operation) {
    let signed_in = operation.security.as_ref().is_some_and(|s| !s.is_empty());
    let mut refusals = vec![
        ("400", "`request.invalid`, `request.invalid_json`: the request cannot be understood"),
        ("429", "`request.too_often`: wait `Retry-After` seconds"),
        ("503", "`server.busy`: overloaded, wait `Retry-After` seconds"),
    ];
    if signed_in {
        refusals.push(("401", "`session.required`, `session.ended`: sign in again"));
        refusals.push(("403", "`staff.not_allowed`, `session.wrong_kind`: this caller may not"));
    }
    for (status, text) in refusals {
        let standard = || RefOr::T(problem_response(text));
        operation.responses.responses.entry(status.to_owned()).or_insert_with(standard);
    }
}

fn problem_response(text: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(text).content("application/problem+json", content).build()
}
