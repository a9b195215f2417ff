//! What stands outside of people in these tests: a post box, a WeChat that believes, and the neighbours' hooks.

use crate::world::{MALL, OTHER_MALL, STORE};
use db::{Tx, args};
use kernel::ports::{
    ExpressTracker, MiniProgram, MiniSession, ObjectStore, PaymentChannel, Pending, ShippingInfo, SmsSender,
};
use kernel::{Error, Id, MallId, Result};
use people::identity::{BadgeSource, Badges, MergeGuest};
use people::staff::StoreNames;
use platform::app::Outside;
use platform::ctx::Ctx;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The outside of the test: messages are kept, WeChat believes every code that begins with `wx-`.
#[derive(Default)]
pub struct PostBox {
    pub letters: Arc<Letters>,
}

/// Text messages sent, as phone and code.
#[derive(Default)]
pub struct Letters {
    sent: Mutex<Vec<(String, String)>>,
    pub broken: AtomicBool,
}

impl PostBox {
    pub fn last_code(&self) -> String {
        self.letters.sent.lock().unwrap().last().expect("a message was sent").1.clone()
    }
    pub fn last_phone(&self) -> String {
        self.letters.sent.lock().unwrap().last().expect("a message was sent").0.clone()
    }
    pub fn count(&self) -> usize {
        self.letters.sent.lock().unwrap().len()
    }
}

impl SmsSender for Letters {
    fn send<'a>(&'a self, phone: &'a str, template: &'a str, params: &'a [(&'a str, &'a str)]) -> Pending<'a, ()> {
        assert_eq!((template, params[0].0), ("sign_in_code", "code"));
        if self.broken.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(Error::gateway("sms.failed", "短信没有发出去"))));
        }
        self.sent.lock().unwrap().push((phone.to_owned(), params[0].1.to_owned()));
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Outside for PostBox {
    fn mini_program(&self, mall_id: MallId) -> Result<Arc<dyn MiniProgram>> {
        if mall_id == OTHER_MALL {
            return Err(Error::conflict("wechat.not_configured", "小程序还没有配置"));
        }
        Ok(Arc::new(TrustingWechat))
    }
    fn payment_channel(&self, _: MallId, _: &str) -> Result<Arc<dyn PaymentChannel>> {
        Err(Error::conflict("payment.channel_unavailable", "没有支付渠道"))
    }
    fn sms(&self) -> Arc<dyn SmsSender> {
        self.letters.clone()
    }
    fn express(&self) -> Arc<dyn ExpressTracker> {
        unreachable!("people send no parcels")
    }
    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(Shelf)
    }
}

struct TrustingWechat;

impl MiniProgram for TrustingWechat {
    fn app_id(&self) -> &str {
        "wx-test"
    }
    fn session<'a>(&'a self, code: &'a str) -> Pending<'a, MiniSession> {
        let session = code.strip_prefix("wx-").map(|openid| MiniSession {
            openid: openid.to_owned(),
            unionid: None,
            session_key: format!("key-of-{openid}"),
        });
        let answer = session.ok_or_else(|| Error::invalid("wechat.code_invalid", "微信登录已过期"));
        Box::pin(std::future::ready(answer))
    }
    fn phone_number<'a>(&'a self, code: &'a str) -> Pending<'a, String> {
        let phone = code.strip_prefix("phone-").map(str::to_owned);
        let answer = phone.ok_or_else(|| Error::invalid("wechat.code_invalid", "微信授权已过期"));
        Box::pin(std::future::ready(answer))
    }
    fn upload_shipping_info<'a>(&'a self, _: &'a ShippingInfo) -> Pending<'a, ()> {
        unreachable!("people ship nothing")
    }
}

struct Shelf;

impl ObjectStore for Shelf {
    fn put<'a>(&'a self, _: &'a str, _: &'a str, _: Vec<u8>) -> Pending<'a, ()> {
        unreachable!("people store no files")
    }
    fn get<'a>(&'a self, _: &'a str) -> Pending<'a, Option<(Vec<u8>, String)>> {
        unreachable!("people read no files")
    }
    fn delete<'a>(&'a self, _: &'a str) -> Pending<'a, ()> {
        unreachable!("people delete no files")
    }
    fn url(&self, key: &str) -> String {
        format!("/files/{key}")
    }
    fn check(&self) -> Pending<'_, ()> {
        unreachable!("people check no files")
    }
}

/// Stands for the cart: a guest's search history moves to the member. The word 毒 makes it fail.
pub struct MovesSearches;

impl MergeGuest for MovesSearches {
    fn merge(&self, tx: &mut Tx<'_>, ctx: &Ctx, guest: Id, member: Id) -> Result<()> {
        tx.exec(
            "update search_history set member_id = $3 where mall_id = $1 and member_id = $2",
            &args![ctx.mall_id, guest, member],
        )?;
        let (poison,): (i64,) = tx.one(
            "select count(*) from search_history where mall_id = $1 and member_id = $2 and phrase = '毒'",
            &args![ctx.mall_id, member],
        )?;
        if poison > 0 { Err(Error::internal("the merge failed on purpose")) } else { Ok(()) }
    }

    /// The word 订单 stands for an order.
    fn is_anchored(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<bool> {
        let (orders,): (i64,) = tx.one(
            "select count(*) from search_history where mall_id = $1 and member_id = $2 and phrase = '订单'",
            &args![mall_id, member],
        )?;
        Ok(orders > 0)
    }
}

pub struct CountsSearches;

impl BadgeSource for CountsSearches {
    fn badges(&self, tx: &mut Tx<'_>, mall_id: MallId, shopper: Id) -> Result<Badges> {
        let (cart,): (i64,) = tx.one(
            "select count(*) from search_history where mall_id = $1 and member_id = $2",
            &args![mall_id, shopper],
        )?;
        Ok(Badges { cart, ..Badges::default() })
    }
}

/// Leaves a search behind for a shopper.
pub fn search_for(tx: &mut Tx<'_>, shopper: Id, phrase: &str) -> Result<()> {
    tx.exec(
        "insert into search_history (mall_id, member_id, phrase, searched_at) values ($1, $2, $3, 1)",
        &args![MALL, shopper, phrase],
    )?;
    Ok(())
}

pub struct OneStore;

impl StoreNames for OneStore {
    fn names(&self, _: &mut Tx<'_>, _: MallId, stores: &[Id]) -> Result<HashMap<Id, String>> {
        Ok(stores.iter().filter(|id| **id == STORE).map(|id| (*id, "湖滨店".to_owned())).collect())
    }
}
