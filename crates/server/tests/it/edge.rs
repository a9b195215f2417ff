//! What surrounds every route: caching, request ids, security headers, overload, panics, rate limits, origins.

use axum::Router;
use axum::http::{Method, Request};
use platform::edge::Edge;
use serde_json::json;
use testkit::{Client, on_both_engines, on_both_engines_with, seconds};
use tower::Service;

#[test]
fn what_the_crowd_reads_has_an_etag_and_is_not_sent_twice() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let anyone = mall.anonymous();
        for path in ["/api/v1/home".into(), "/api/v1/products".into(), format!("/api/v1/products/{}", tea.id)] {
            let path: String = path;
            let first = anyone.get(&path).await;
            let etag = first.status(200).header("etag").unwrap().to_owned();
            let again = anyone.with_header("if-none-match", &etag).get(&path).await;
            assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
            assert_eq!(again.header("etag"), Some(etag.as_str()));
            let other = anyone.with_header("if-none-match", "\"stale\"").get(&path).await;
            assert_eq!(other.status(200).body, first.body);
        }
    });
}

#[test]
fn who_unpacks_gets_packed_answers_and_nobody_else() {
    on_both_engines(async |mall| {
        for name in ["龙井", "白茶", "岩茶", "普洱", "茉莉", "滇红"] {
            mall.product(name).create().await;
        }
        let ann = mall.member().await;
        for who in [mall.anonymous(), (*ann).clone()] {
            let plain = who.get("/api/v1/products").await;
            assert_eq!(plain.status(200).header("content-encoding"), None);
            let packed = who.with_header("accept-encoding", "br, gzip").get("/api/v1/products").await;
            assert_eq!(packed.status(200).header("content-encoding"), Some("gzip"));
            assert!(packed.body.len() < plain.body.len() && packed.body.starts_with(b"\x1f\x8b"));
            let etag = packed.header("etag").unwrap().to_owned();
            let known = who.with_header("accept-encoding", "gzip").with_header("if-none-match", &etag);
            assert_eq!(known.get("/api/v1/products").await.status.as_u16(), 304);
        }
    });
}

#[test]
fn who_wants_nothing_in_person_is_recommended_what_everybody_is() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        ann.put(&format!("/api/v1/history/{}", tea.id), json!({})).await.status(204);
        assert_eq!(mall.anonymous().get("/api/v1/recommendations").await.ok()["personalised"], false);
        assert_eq!(ann.get("/api/v1/recommendations?limit=5").await.ok()["personalised"], true);
        ann.patch("/api/v1/me/preferences", json!({ "personalised": false })).await.ok();
        let found = ann.get("/api/v1/recommendations").await.ok();
        assert_eq!((&found["personalised"], found["items"].as_array().unwrap().len()), (&json!(false), 1));
    });
}

#[test]
fn an_edit_shows_at_once_although_pages_are_kept_ready() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(10_000).stock(1).create().await;
        let (anyone, ann) = (mall.anonymous(), mall.member().await);
        let detail = format!("/api/v1/products/{}", tea.id);
        for _ in 0..2 {
            assert_eq!(anyone.get(&detail).await.ok()["price_fen"], 10_000);
            assert_eq!(anyone.get("/api/v1/products").await.ok()["items"][0]["price_fen"], 10_000);
        }
        mall.staff().edit_product(&tea, |input| input["skus"][0]["price_fen"] = 9_000.into()).await.ok();
        assert_eq!(anyone.get(&detail).await.ok()["price_fen"], 9_000);
        assert_eq!(anyone.get("/api/v1/products").await.ok()["items"][0]["price_fen"], 9_000);

        ann.place_order(&[(&tea, 1)]).await.ok();
        assert_eq!(anyone.get(&detail).await.ok()["skus"][0]["available"], 0, "the last piece is promised");
        assert_eq!(anyone.get("/api/v1/products").await.ok()["items"][0]["in_stock"], false);

        mall.staff().delete(&format!("/admin/v1/products/{}", tea.id)).await.status(204);
        anyone.get(&detail).await.refused("product.not_found");
    });
}

#[test]
fn ready_pages_of_one_mall_are_not_given_to_another() {
    on_both_engines(async |mall| {
        mall.product("甲家龙井").create().await;
        let other = mall.world.found("second").await;
        other.product("乙家龙井").create().await;
        for (mall, name) in [(&mall, "甲家龙井"), (&other, "乙家龙井"), (&mall, "甲家龙井")] {
            assert_eq!(mall.anonymous().get("/api/v1/products").await.ok()["items"][0]["name"], name);
        }
        mall.anonymous().naming_mall(Some("third")).get("/api/v1/products").await.refused("mall.unknown");
        mall.anonymous().naming_mall(None).get("/api/v1/products").await.refused("mall.unknown");
    });
}

#[test]
fn every_answer_has_a_request_id_and_security_headers() {
    on_both_engines(async |mall| {
        let anyone = mall.anonymous();
        let mut ids = std::collections::HashSet::new();
        for path in ["/api/v1/home", "/api/v1/home", "/api/v1/orders", "/nowhere/at/all", "/healthz", "/openapi.json"] {
            let reply = anyone.get(path).await;
            let id = reply.header("x-request-id").unwrap().to_owned();
            assert_eq!(id.len(), 16);
            assert!(ids.insert(id), "request ids repeat");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            // A page of the storefront (where it is built) may stand in the back office's preview, on the same origin;
            // nothing else is framed.
            let page = reply.header("content-security-policy").is_some();
            let frame = if page { "SAMEORIGIN" } else { "DENY" };
            assert_eq!(reply.header("x-frame-options"), Some(frame), "{path}");
            assert!(reply.header("cache-control").is_some() && reply.header("referrer-policy").is_some(), "{path}");
        }
        anyone.get("/api/v1/nowhere").await.refused("request.no_such_route");
        anyone.delete("/api/v1/home").await.refused("request.no_such_route");
    });
}

#[test]
fn a_full_queue_answers_503_with_the_time_to_wait_and_loses_nothing() {
    let tiny = |config: &mut testkit::Config| config.database.queue = 2;
    on_both_engines_with(tiny, async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(1_000).create().await;
        let buyers = mall.members(80).await;
        let mut racing = tokio::task::JoinSet::new();
        for buyer in buyers {
            let tea = tea.clone();
            racing.spawn(async move {
                let reply = buyer.place_at(&[(&tea, 1)], 100).await;
                if !reply.status.is_success() {
                    reply.refused("server.busy");
                    assert!(reply.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
                }
                reply.status.as_u16()
            });
        }
        let answers = racing.join_all().await;
        let placed = answers.iter().filter(|status| **status == 200).count();
        assert_eq!(answers.iter().filter(|status| **status == 503).count(), 80 - placed);
        assert!(placed > 0 && placed < 80, "{placed} of 80 got through a queue of 2");
        assert_eq!(mall.stock(&tea).await, (1_000, placed as i64));
    });
}

#[test]
fn a_panic_in_a_handler_is_a_500_that_tells_nothing() {
    on_both_engines(async |mall| {
        async fn breaks() -> &'static str {
            panic!("the secret of the house")
        }
        let router = Router::new().route("/api/v1/breaks", axum::routing::get(breaks));
        let mut edge = Edge::new(mall.world.app().clone(), router);
        let request = Request::get("/api/v1/breaks").body(axum::body::Body::empty()).unwrap();
        let response = edge.call(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains("secret") && text.contains(&id) && text.contains("\"internal\""), "{text}");
    });
}

#[test]
fn whoever_asks_too_often_waits_and_others_do_not() {
    let slow = |config: &mut testkit::Config| {
        config.rate_limit.requests_per_second = 1.0;
        config.rate_limit.burst = 30;
    };
    on_both_engines_with(slow, async |mall| {
        let (mut pushy, mut patient) = (mall.anonymous(), mall.anonymous());
        pushy.peer = ([203, 0, 113, 7], 1).into();
        patient.peer = ([203, 0, 113, 8], 1).into();
        for _ in 0..30 {
            pushy.get("/api/v1/home").await.status(200);
        }
        let refused = pushy.get("/api/v1/home").await;
        refused.refused("request.too_often");
        assert_eq!(refused.status.as_u16(), 429);
        assert!(refused.header("retry-after").is_some());
        patient.get("/api/v1/home").await.status(200);
        // A header cannot change the address: no proxy is trusted here.
        pushy.with_header("x-forwarded-for", "198.51.100.1").get("/api/v1/home").await.status(429);
        mall.clock.advance(seconds(1));
        pushy.get("/api/v1/home").await.status(200);
    });
}

#[test]
fn behind_a_trusted_proxy_the_last_hop_before_it_counts() {
    let proxied = |config: &mut testkit::Config| {
        config.rate_limit.requests_per_second = 1.0;
        config.rate_limit.burst = 5;
        config.server.trusted_proxies = vec!["10.0.0.2".parse().unwrap()];
    };
    on_both_engines_with(proxied, async |mall| {
        let mut proxy = mall.anonymous();
        proxy.peer = ([10, 0, 0, 2], 1).into();
        let from = |hops: &str| proxy.with_header("x-forwarded-for", hops);
        for _ in 0..5 {
            from("198.51.100.1").get("/api/v1/home").await.status(200);
        }
        from("198.51.100.1").get("/api/v1/home").await.status(429);
        from("9.9.9.9, 198.51.100.1").get("/api/v1/home").await.status(429);
        from("198.51.100.2").get("/api/v1/home").await.status(200);
    });
}

#[test]
fn only_configured_origins_may_call_from_a_browser() {
    let origins = |config: &mut testkit::Config| config.server.cors_origins = vec!["https://shop.example".into()];
    on_both_engines_with(origins, async |mall| {
        let from = |origin: &str| -> Client {
            mall.anonymous().with_header("origin", origin).with_header("access-control-request-method", "POST")
        };
        let allowed = from("https://shop.example").send(Method::OPTIONS, "/api/v1/orders", None).await;
        assert_eq!(allowed.header("access-control-allow-origin"), Some("https://shop.example"));
        assert!(allowed.header("access-control-allow-credentials").is_none());
        let refused = from("https://evil.example").send(Method::OPTIONS, "/api/v1/orders", None).await;
        assert!(refused.header("access-control-allow-origin").is_none());
        let read = mall.anonymous().with_header("origin", "https://evil.example").get("/api/v1/home").await;
        assert!(read.header("access-control-allow-origin").is_none());
    });
}

#[test]
fn health_is_open_and_metrics_are_for_the_neighbourhood() {
    on_both_engines(async |mall| {
        let mut anyone = mall.anonymous();
        assert_eq!(&anyone.get("/healthz").await.status(200).body[..], b"ok");
        anyone.get("/readyz").await.status(200);
        let text = anyone.get("/metrics").await;
        assert!(String::from_utf8_lossy(&text.status(200).body).contains("# EOF"));
        anyone.peer = ([203, 0, 113, 9], 1).into();
        anyone.get("/metrics").await.status(404);
    });
}

#[test]
fn oversized_headers_do_no_harm() {
    on_both_engines(async |mall| {
        let long = "x".repeat(60_000);
        let anyone = mall.anonymous();
        for name in ["user-agent", "x-mall", "if-none-match", "x-forwarded-for", "accept-encoding", "cookie"] {
            let reply = anyone.with_header(name, &long).get("/api/v1/home").await;
            assert!(reply.status.as_u16() < 500, "{name}: {reply:?}");
        }
        anyone.with_token(&long).get("/api/v1/me").await.status(401);
        mall.member()
            .await
            .post_once("/api/v1/orders", &long, testkit::json!({}))
            .await
            .refused("idempotency.key_required");
    });
}
