//! Tokens and codes of the mini program.

use crate::stand::Stand;
use kernel::{days, minutes, seconds};
use sandbox::Fault;
use serde_json::{Value, json};

async fn stable(stand: &Stand, force: bool) -> Value {
    let own = &stand.credentials.wechat;
    let body = json!({"grant_type": "client_credential", "appid": own.app_id, "secret": own.app_secret, "force_refresh": force});
    stand.post_json("/cgi-bin/stable_token", &body).await
}

async fn plain(stand: &Stand) -> Value {
    let own = &stand.credentials.wechat;
    let query = format!("grant_type=client_credential&appid={}&secret={}", own.app_id, own.app_secret);
    serde_json::from_str(&stand.get(&format!("/cgi-bin/token?{query}")).await.1).unwrap()
}

async fn phone(stand: &Stand, token: &Value, code: &str) -> Value {
    let token = token["access_token"].as_str().unwrap_or_default();
    stand.post_json(&format!("/wxa/business/getuserphonenumber?access_token={token}"), &json!({"code": code})).await
}

async fn session(stand: &Stand, code: &str) -> Value {
    let own = &stand.credentials.wechat;
    let query = format!("appid={}&secret={}&js_code={code}&grant_type=authorization_code", own.app_id, own.app_secret);
    serde_json::from_str(&stand.get(&format!("/sns/jscode2session?{query}")).await.1).unwrap()
}

#[tokio::test]
async fn stable_token_is_the_same_until_five_minutes_before_its_end() {
    let stand = Stand::new().await;
    let first = stable(&stand, false).await;
    assert_eq!(first["expires_in"], 7200);
    stand.clock.advance(seconds(6_000));
    let later = stable(&stand, false).await;
    assert_eq!((&later["access_token"], &later["expires_in"]), (&first["access_token"], &json!(1200)));
    stand.clock.advance(seconds(900));
    let renewed = stable(&stand, false).await;
    assert_ne!(renewed["access_token"], first["access_token"]);
    let code = stand.control.phone_code("13800000001");
    assert_eq!(phone(&stand, &first, &code).await["errcode"], 0, "both live for five minutes");
    stand.clock.advance(minutes(5));
    assert_eq!(phone(&stand, &first, &code).await["errcode"], 42001);
    stand.clock.advance(days(1));
    assert_eq!(phone(&stand, &renewed, &code).await["errcode"], 42001);
}

#[tokio::test]
async fn forcing_kills_the_old_token_and_is_limited() {
    let stand = Stand::new().await;
    let first = stable(&stand, false).await;
    assert_ne!(stable(&stand, true).await["access_token"], first["access_token"]);
    assert_eq!(phone(&stand, &first, "x").await["errcode"], 42001);
    assert_eq!(stable(&stand, true).await["errcode"], 45011);
    for _ in 0..19 {
        stand.clock.advance(seconds(30));
        assert!(stable(&stand, true).await["access_token"].is_string());
    }
    stand.clock.advance(seconds(30));
    assert_eq!(stable(&stand, true).await["errcode"], 45009);
}

#[tokio::test]
async fn plain_token_overlaps_five_minutes_and_leaves_the_stable_one_alone() {
    let stand = Stand::new().await;
    let (steady, first) = (stable(&stand, false).await, plain(&stand).await);
    let second = plain(&stand).await;
    assert_ne!(first["access_token"], second["access_token"]);
    assert_eq!(phone(&stand, &first, "x").await["errcode"], 40029);
    stand.clock.advance(minutes(5));
    assert_eq!(phone(&stand, &first, "x").await["errcode"], 42001);
    plain(&stand).await;
    assert_eq!(phone(&stand, &first, "x").await["errcode"], 40001, "two generations ago is unknown");
    assert_eq!(phone(&stand, &steady, "x").await["errcode"], 40029);
}

#[tokio::test]
async fn token_requests_are_checked() {
    let stand = Stand::new().await;
    let own = stand.credentials.wechat.clone();
    let good = json!({"grant_type": "client_credential", "appid": own.app_id, "secret": own.app_secret});
    for (field, value, code) in
        [("grant_type", "code", 40002), ("appid", "wx1", 40013), ("secret", "no", 40125), ("secret", "", 41004)]
    {
        let mut body = good.clone();
        body[field] = json!(value);
        let answer = stand.post_json("/cgi-bin/stable_token", &body).await;
        assert_eq!(answer["errcode"], code);
        assert!(answer["errmsg"].as_str().unwrap().contains(" rid: "));
    }
    let empty = stand.http.post(format!("{}/cgi-bin/stable_token", stand.address)).send().await.unwrap();
    assert_eq!(empty.json::<Value>().await.unwrap()["errcode"], 44002);
    let garbage = stand.http.post(format!("{}/cgi-bin/stable_token", stand.address)).body("{").send().await.unwrap();
    assert_eq!(garbage.json::<Value>().await.unwrap()["errcode"], 47001);
    let got: Value = serde_json::from_str(&stand.get("/cgi-bin/stable_token").await.1).unwrap();
    assert_eq!(got["errcode"], 43002);
}

#[tokio::test]
async fn login_code_works_once_within_five_minutes_and_only_as_such() {
    let stand = Stand::new().await;
    let code = stand.control.login_code("小满");
    let first = session(&stand, &code).await;
    assert_eq!(first["openid"].as_str().unwrap().len(), 28);
    assert_eq!(session(&stand, &code).await["errcode"], 40163);
    assert_eq!(session(&stand, &stand.control.login_code("小满")).await["openid"], first["openid"]);
    assert_ne!(session(&stand, &stand.control.login_code("阿照")).await["openid"], first["openid"]);
    let late = stand.control.login_code("小满");
    stand.clock.advance(minutes(5));
    assert_eq!(session(&stand, &late).await["errcode"], 40029);
    assert_eq!(session(&stand, &stand.control.phone_code("13800000001")).await["errcode"], 40029);
}

#[tokio::test]
async fn phone_code_needs_a_token_and_works_once() {
    let stand = Stand::new().await;
    let code = stand.control.phone_code("13800000001");
    assert_eq!(phone(&stand, &Value::Null, &code).await["errcode"], 41001);
    assert_eq!(phone(&stand, &json!({"access_token": "made-up"}), &code).await["errcode"], 40001);
    let token = stable(&stand, false).await;
    assert_eq!(phone(&stand, &token, &code).await["phone_info"]["purePhoneNumber"], "13800000001");
    assert_eq!(phone(&stand, &token, &code).await["errcode"], 40163);
}

#[tokio::test]
async fn busy_wechat_answers_minus_one() {
    let stand = Stand::new().await;
    stand.control.set(Fault::WechatBusy, true);
    assert_eq!(stable(&stand, false).await["errcode"], -1);
    assert_eq!(session(&stand, &stand.control.login_code("小满")).await["errcode"], -1);
}
