//! One mall of a world, founded as the command line does it: shop, warehouse, owner. Everyone in it comes from here.

use crate::client::Client;
use crate::dump::Dump;
use crate::member::MemberClient;
use crate::outside::{LocalChannel, LocalCourier, LocalIssuer, LocalMiniProgram, LocalNotice};
use crate::product::{ProductBuilder, Store};
use crate::reply::Reply;
use crate::staff::StaffClient;
use crate::world::World;
use axum::http::Method;
use db::args;
use kernel::{Actor, Clock, FrozenClock, Id, Instant, MallId};
use people::Phone;
use people::address::AddressInput;
use people::staff::{Hashed, NewStaff, Rights, RoleInput};
use platform::Ctx;
use platform::session::Subject;
use serde_json::json;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Password of every staff member of tests.
pub(crate) const PASSWORD: &str = "correct-horse-staple";

/// A mall with its people and its accounts outside; clones are the same mall.
#[derive(Clone)]
pub struct TestMall(Arc<Inner>);

/// What every holder of a [`TestMall`] can reach.
pub struct Inner {
    pub world: World,
    pub id: MallId,
    pub code: String,
    pub shop_id: Id,
    /// The default warehouse's location.
    pub warehouse: Id,
    pub category_id: Id,
    /// A picture that was uploaded.
    pub picture_key: String,
    pub clock: Arc<FrozenClock>,
    pub wechat: Arc<LocalChannel>,
    pub alipay: Arc<LocalChannel>,
    pub unionpay: Arc<LocalChannel>,
    pub mini_program: Arc<LocalMiniProgram>,
    pub issuer: Arc<LocalIssuer>,
    pub courier: Arc<LocalCourier>,
    owner: StaffClient,
}

impl Deref for TestMall {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

fn password() -> Hashed {
    static HASHED: OnceLock<Hashed> = OnceLock::new();
    HASHED.get_or_init(|| people::staff::hash_password(PASSWORD).expect("a long password")).clone()
}

impl TestMall {
    pub(crate) async fn found(world: &World, code: &str) -> TestMall {
        let app = world.app().clone();
        let id = app.ids.next(&*app.clock);
        let accounts = world.outside().open_accounts(id);
        let picture_key = format!("m{id}/202611/{id}_800x800.jpg");
        let (code_in, key_in, hashed) = (code.to_owned(), picture_key.clone(), password());
        let found = app.clone();
        let (shop_id, warehouse, category_id, token, owner_id) = app
            .db
            .write(move |tx| {
                let ctx = found.ctx(id, Actor::System);
                platform::mall::create(tx, id, &code_in, &format!("商城 {code_in}"), ctx.now)?;
                let (shop_id, warehouse) = goods::store::found_shop(tx, &ctx, "自营")?;
                let owner_id = people::staff::create_owner(tx, &ctx, "owner", &hashed)?;
                let session = found.sessions.open(tx, &ctx, Subject::Staff(owner_id), "testkit")?;
                tx.exec(
                    "insert into file (mall_id, key, content_type, width, height, bytes, owner_kind, owner_id, created_at)
                     values ($1, $2, 'image/jpeg', 800, 800, 1000, 'system', 0, $3)",
                    &args![id, &key_in, ctx.now],
                )?;
                let category = goods::catalog::CategoryInput {
                    name: "茶".into(),
                    parent_id: None,
                    picture_key: None,
                    position: 1,
                };
                let category_id = goods::catalog::create_category(tx, &ctx, &category)?;
                Ok((shop_id, warehouse, category_id, session.token, owner_id))
            })
            .await
            .expect("a mall can be founded");
        app.malls.load(&app.db, app.clock.now()).await.expect("malls can be listed");
        let client = Client::anonymous(world, Some(code)).with_token(&token);
        TestMall(Arc::new(Inner {
            world: world.clone(),
            id,
            code: code.to_owned(),
            shop_id,
            warehouse,
            category_id,
            picture_key,
            clock: world.clock().clone(),
            wechat: accounts.wechat,
            alipay: accounts.alipay,
            unionpay: accounts.unionpay,
            mini_program: accounts.mini_program,
            issuer: accounts.issuer,
            courier: accounts.courier,
            owner: StaffClient::new(client, owner_id),
        }))
    }

    /// The same mall in a deployment that was restarted.
    #[must_use]
    pub fn in_world(&self, world: &World) -> TestMall {
        let old = &self.0;
        let owner = StaffClient::new(old.owner.in_world(world), old.owner.id);
        TestMall(Arc::new(Inner {
            world: world.clone(),
            id: old.id,
            code: old.code.clone(),
            shop_id: old.shop_id,
            warehouse: old.warehouse,
            category_id: old.category_id,
            picture_key: old.picture_key.clone(),
            clock: old.clock.clone(),
            wechat: old.wechat.clone(),
            alipay: old.alipay.clone(),
            unionpay: old.unionpay.clone(),
            mini_program: old.mini_program.clone(),
            issuer: old.issuer.clone(),
            courier: old.courier.clone(),
            owner,
        }))
    }

    /// Context of the system in this mall, for verbs called without HTTP.
    pub fn ctx(&self) -> Ctx {
        self.world.app().system(self.id)
    }

    // ------------------------------------------------------------ people

    /// Somebody without a token.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(&self.world, Some(&self.code))
    }

    /// A new guest.
    pub async fn guest(&self) -> Client {
        let granted = self.anonymous().post("/api/v1/session/guest", json!({})).await.ok();
        self.anonymous().with_token(granted["token"].as_str().expect("a session has a token"))
    }

    /// A new member with a phone and an address in Hangzhou.
    pub async fn member(&self) -> MemberClient {
        self.members(1).await.pop().expect("one was asked for")
    }

    /// Many new members, made in one transaction.
    pub async fn members(&self, count: usize) -> Vec<MemberClient> {
        let app = self.world.app().clone();
        let mall_id = self.id;
        let phones: Vec<String> =
            (0..count).map(|_| format!("138{:08}", self.world.fresh_number() % 100_000_000)).collect();
        let phones_in = phones.clone();
        let made = self
            .world
            .app()
            .db
            .write(move |tx| {
                let ctx = app.system(mall_id);
                let mut made = Vec::with_capacity(phones_in.len());
                for phone in &phones_in {
                    let parsed = Phone::parse(phone)?;
                    let id = people::identity::create_member(tx, &ctx, &app.sealer, &parsed, "测试会员")?;
                    let input = AddressInput {
                        name: "小安".into(),
                        phone: phone.clone(),
                        district_code: "330106".into(),
                        street_code: None,
                        detail: "文三路 1 号".into(),
                        tag: None,
                        is_default: true,
                        place: None,
                    };
                    let address_id = people::address::add(tx, &ctx, &app.sealer, id, &input)?;
                    let session = app.sessions.open(tx, &ctx, Subject::Member(id), "testkit")?;
                    made.push((id, address_id, session.token));
                }
                Ok(made)
            })
            .await
            .expect("members can be made");
        let client = |(made, phone): ((Id, Id, String), String)| {
            let (id, address_id, token) = made;
            MemberClient::new(self.anonymous().with_token(&token), self.clone(), id, address_id, phone)
        };
        made.into_iter().zip(phones).map(client).collect()
    }

    /// The owner, who may do everything.
    pub fn staff(&self) -> StaffClient {
        self.owner.clone()
    }

    /// The owner, signed in anew: a session of staff ends after half a day.
    pub async fn staff_again(&self) -> StaffClient {
        let (app, mall_id, id) = (self.world.app().clone(), self.id, self.owner.id);
        let open = self.world.app().db.write(move |tx| {
            let ctx = app.system(mall_id);
            Ok(app.sessions.open(tx, &ctx, Subject::Staff(id), "testkit")?.token)
        });
        StaffClient::new(self.anonymous().with_token(&open.await.expect("the owner can sign in")), id)
    }

    /// Somebody with a role of exactly these permissions, bound to a store if one is given.
    pub async fn staff_with(&self, permissions: &[&str], store: Option<&Store>) -> StaffClient {
        let app = self.world.app().clone();
        let mall_id = self.id;
        let name = self.world.fresh_word("s");
        let permissions: Vec<String> = permissions.iter().map(|p| (*p).to_owned()).collect();
        let store_id = store.map(|store| store.id);
        let hashed = password();
        let (id, token) = self
            .world
            .app()
            .db
            .write(move |tx| {
                let ctx = app.system(mall_id);
                let role = RoleInput { name: name.clone(), permissions: permissions.clone() };
                let role_id = people::staff::add_role(tx, &ctx, &Rights::system(), &role)?;
                let new = NewStaff {
                    username: name.clone(),
                    name: name.clone(),
                    role_id,
                    store_id,
                    password: hashed.clone(),
                };
                let id = people::staff::add_staff(tx, &ctx, &Rights::system(), &new)?;
                Ok((id, app.sessions.open(tx, &ctx, Subject::Staff(id), "testkit")?.token))
            })
            .await
            .expect("staff can be made");
        StaffClient::new(self.anonymous().with_token(&token), id)
    }

    /// A clerk of one store.
    pub async fn clerk(&self, store: &Store) -> StaffClient {
        let permissions = ["order.view", "order.ship", "order.redeem", "order.remark", "product.view", "store.view"];
        self.staff_with(&permissions, Some(store)).await
    }

    // ------------------------------------------------------------ things

    /// Describes a product; `.create()` puts it on sale.
    pub fn product(&self, name: &str) -> ProductBuilder {
        ProductBuilder::new(self, name)
    }

    /// Founds one more shop; its goods are made with `.shop(id)`.
    pub async fn shop(&self, name: &str) -> Id {
        let made = self.staff().post("/admin/v1/shops", json!({ "name": name })).await.ok();
        made["id"].as_str().and_then(|id| id.parse().ok()).expect("a shop has an id")
    }

    /// Opens a store in Hangzhou.
    pub async fn store(&self, name: &str) -> Store {
        Store::open(self, name).await
    }

    /// Makes the default freight template: a fee for the first piece and for each further one.
    pub async fn charge_freight(&self, first_fee_fen: i64, next_fee_fen: i64) {
        let template = json!({
            "name": "按件", "unit": "piece", "is_default": true, "free_rules": [], "no_delivery_codes": [],
            "rules": [{ "region_codes": [], "first": 1, "first_fee_fen": first_fee_fen, "next": 1,
                "next_fee_fen": next_fee_fen }],
        });
        self.staff().post("/admin/v1/freight-templates", template).await.ok();
    }

    // ------------------------------------------------------------ what happens

    /// Delivers a callback of WeChat Pay.
    pub async fn deliver(&self, notice: &LocalNotice) -> Reply {
        self.deliver_to("wechat-pay", notice).await
    }

    /// Delivers a callback under `/notify/{channel}`.
    pub async fn deliver_to(&self, channel: &str, notice: &LocalNotice) -> Reply {
        let (body, signature) = notice.wire();
        let path = format!("/notify/{channel}/{}", self.id);
        let caller = Client::anonymous(&self.world, None).with_header("x-local-signature", &signature);
        caller.send(Method::POST, &path, Some(("application/json", body))).await
    }

    /// The world's time.
    pub fn clock_now(&self) -> Instant {
        self.clock.now()
    }

    /// Runs sweeps, events and jobs that are due.
    pub async fn run_jobs(&self) -> usize {
        self.world.run_jobs().await
    }

    /// Pieces on hand and reserved of a product's first SKU in the warehouse.
    pub async fn stock(&self, product: &crate::Product) -> (i64, i64) {
        self.stock_at(product, self.warehouse).await
    }

    /// The same at another location.
    pub async fn stock_at(&self, product: &crate::Product, location_id: Id) -> (i64, i64) {
        let (mall_id, sku_id) = (self.id, product.sku().id);
        let read = self.world.app().db.read(move |tx| {
            tx.opt(
                "select on_hand, reserved from stock where mall_id = $1 and sku_id = $2 and location_id = $3",
                &args![mall_id, sku_id, location_id],
            )
        });
        read.await.expect("stock can be read").unwrap_or((0, 0))
    }

    /// A number from the database: `select count(*) …`, with `$1` the mall.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let mall_id = self.id;
        let read = self.world.app().db.read(move |tx| tx.one::<(i64,)>(sql, &args![mall_id]));
        read.await.expect("a number can be read").0
    }

    /// The same with a word for `$2`.
    pub async fn number_with(&self, sql: &'static str, word: &'static str) -> i64 {
        let mall_id = self.id;
        let read = self.world.app().db.read(move |tx| tx.one::<(i64,)>(sql, &args![mall_id, word]));
        read.await.expect("a number can be read").0
    }

    /// Every row of this mall.
    pub async fn dump(&self) -> Dump {
        Dump::take(&self.world, self.id).await
    }
}
