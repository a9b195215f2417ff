//! A small mall on a fresh database per engine, for the tests of this crate: a shop with its warehouse, one category,
//! one picture, a frozen clock.

mod web;

pub(crate) use web::{As, Reply, Web};

use crate::catalog::{self, CategoryInput, ProductInput, ProductOption, ProductStatus, SkuInput};
use crate::store;
use db::testing::{Scratch, migrated};
use db::{Db, Tx, args};
use kernel::{Actor, Clock, FrozenClock, Id, Ids, Instant, Result};
use platform::Ctx;
use std::sync::Arc;

pub(crate) const PICTURE: &str = "m1/202611/1_1200x800.jpg";

pub(crate) struct TestMall {
    pub db: Db,
    pub clock: Arc<FrozenClock>,
    pub ids: Arc<Ids>,
    pub mall_id: Id,
    pub warehouse: Id,
    pub category_id: Id,
    // Dropped last: the database must be closed before its files go.
    _scratch: Scratch,
}

impl Drop for TestMall {
    fn drop(&mut self) {
        self.db.close();
    }
}

/// A product of a test: its id and its SKUs in order.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub id: Id,
    pub skus: Vec<Id>,
}

/// Runs a test on both engines.
pub(crate) fn each(test: impl Fn(&TestMall)) {
    store::name_regions_with(|code| (code == "330102").then_some(("浙江省", "杭州市", "上城区")));
    for scratch in migrated(db::migrations()) {
        test(&TestMall::new(scratch));
    }
}

impl TestMall {
    pub fn new(scratch: Scratch) -> Self {
        let db = scratch.open_with(&[crate::CONSTRAINTS]);
        let clock = Arc::new(FrozenClock::at(Instant::parse("2026-11-23T10:00:00+08:00").unwrap()));
        let mut mall = TestMall {
            db,
            clock,
            ids: Arc::new(Ids::new(1)),
            mall_id: Id(1),
            warehouse: Id(0),
            category_id: Id(0),
            _scratch: scratch,
        };
        mall.write(|tx, ctx| {
            platform::mall::create(tx, ctx.mall_id, "test", "测试商城", ctx.now)?;
            tx.exec(
                "insert into file (mall_id, key, content_type, bytes, owner_kind, owner_id, created_at)
                 values ($1, $2, 'image/jpeg', 1, 'staff', 1, $3)",
                &args![ctx.mall_id, PICTURE, ctx.now],
            )
        })
        .unwrap();
        let (_, warehouse) = mall.write(|tx, ctx| store::found_shop(tx, ctx, "河坊")).unwrap();
        mall.warehouse = warehouse;
        mall.category_id = mall.category("茶", None);
        mall
    }

    pub fn ctx(&self) -> Ctx {
        Ctx::new(self.mall_id, Actor::System, self.clock.clone() as Arc<dyn Clock>, self.ids.clone())
    }

    pub fn write<T: Send + 'static>(
        &self,
        mut verb: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let ctx = self.ctx();
        self.db.write_blocking(move |tx| verb(tx, &ctx))
    }

    pub fn read<T: Send + 'static>(
        &self,
        mut verb: impl FnMut(&mut Tx<'_>, Id) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mall_id = self.mall_id;
        self.db.read_blocking(move |tx| verb(tx, mall_id))
    }

    pub fn category(&self, name: &str, parent_id: Option<Id>) -> Id {
        let input = CategoryInput { name: name.into(), parent_id, picture_key: None, position: 0 };
        self.write(move |tx, ctx| catalog::create_category(tx, ctx, &input)).unwrap()
    }

    /// A product on sale: with one value of `规格` per `(value, price in fen, stock)`.
    pub fn product(&self, name: &str, skus: &[(&str, i64, i64)]) -> Made {
        self.create(self.input(name, skus))
    }

    pub fn create(&self, input: ProductInput) -> Made {
        let input = input.checked("/files/m1/").unwrap();
        let id = self.write(move |tx, ctx| catalog::create(tx, ctx, &input, None)).unwrap();
        Made { id, skus: self.skus(id) }
    }

    /// Opens a store; answers the place of its stock.
    pub fn shelf(&self, name: &str) -> Id {
        let input = serde_json::json!({ "name": name, "district_code": "330102", "address": "河坊街 1 号",
            "lat": 30.24, "lng": 120.17, "phone": "0571-87000000", "hours": [], "status": "open" });
        let input: store::StoreInput = serde_json::from_value(input).unwrap();
        self.write(move |tx, ctx| {
            let store_id = store::create_store(tx, ctx, &input)?;
            Ok(store::location_of_store(tx, ctx.mall_id, store_id)?.1)
        })
        .unwrap()
    }

    pub fn skus(&self, product_id: Id) -> Vec<Id> {
        self.read(move |tx, mall_id| {
            tx.all(
                "select id from sku where mall_id = $1 and product_id = $2 and deleted_at is null order by position",
                &args![mall_id, product_id],
            )
        })
        .unwrap()
    }

    pub fn input(&self, name: &str, skus: &[(&str, i64, i64)]) -> ProductInput {
        let sku = |(value, price_fen, stock): &(&str, i64, i64)| SkuInput {
            id: None,
            code: format!("{name}-{value}"),
            barcode: None,
            option_values: vec![(*value).into()],
            price_fen: *price_fen,
            list_price_fen: None,
            cost_fen: None,
            weight_g: 500,
            volume_cm3: 1_000,
            picture_key: None,
            initial_stock: Some(*stock),
        };
        ProductInput {
            code: None,
            name: name.into(),
            subtitle: None,
            category_id: self.category_id,
            brand_id: None,
            shop_id: None,
            freight_template_id: None,
            picture_keys: vec![PICTURE.into()],
            video_key: None,
            description_html: "<p>好</p>".into(),
            attributes: Vec::new(),
            options: vec![ProductOption {
                name: "规格".into(),
                values: skus.iter().map(|(value, ..)| (*value).into()).collect(),
            }],
            skus: skus.iter().map(sku).collect(),
            tags: Vec::new(),
            keywords: None,
            return_7d: true,
            no_return_reason: None,
            purchase_limit: None,
            status: ProductStatus::OnSale,
            on_sale_at: None,
            off_sale_at: None,
            version: None,
        }
    }

    /// `(on_hand, reserved)` of a SKU at the warehouse.
    pub fn level(&self, sku_id: Id) -> (i64, i64) {
        let location_id = self.warehouse;
        self.read(move |tx, mall_id| {
            tx.one(
                "select on_hand, reserved from stock where mall_id = $1 and sku_id = $2 and location_id = $3",
                &args![mall_id, sku_id, location_id],
            )
        })
        .unwrap()
    }

    /// The flag shoppers see.
    pub fn in_stock(&self, product_id: Id) -> bool {
        self.read(move |tx, mall_id| {
            tx.one("select in_stock from product where mall_id = $1 and id = $2", &args![mall_id, product_id])
        })
        .unwrap()
    }
}
