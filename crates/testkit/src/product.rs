//! Goods and stores for tests, made through the back office's own routes.

use crate::mall::TestMall;
use kernel::Id;
use serde_json::{Value, json};

/// Describes a product; made by [`TestMall::product`].
pub struct ProductBuilder {
    mall: TestMall,
    name: String,
    price_fen: i64,
    stock: i64,
    weight_g: i64,
    options: Vec<(String, Vec<(String, i64)>)>,
    limit: Option<i64>,
    fields: Vec<(&'static str, Value)>,
}

impl ProductBuilder {
    pub(crate) fn new(mall: &TestMall, name: &str) -> Self {
        ProductBuilder {
            mall: mall.clone(),
            name: name.to_owned(),
            price_fen: 10_000,
            stock: 100,
            weight_g: 500,
            options: Vec::new(),
            limit: None,
            fields: Vec::new(),
        }
    }

    #[must_use]
    pub fn price_fen(self, price_fen: i64) -> Self {
        ProductBuilder { price_fen, ..self }
    }
    /// Pieces of each SKU in the warehouse.
    #[must_use]
    pub fn stock(self, stock: i64) -> Self {
        ProductBuilder { stock, ..self }
    }
    #[must_use]
    pub fn weight_g(self, weight_g: i64) -> Self {
        ProductBuilder { weight_g, ..self }
    }
    /// Of another shop than the mall's first.
    #[must_use]
    pub fn shop(self, shop_id: Id) -> Self {
        self.field("shop_id", shop_id.to_string())
    }
    /// Pieces one member may buy.
    #[must_use]
    pub fn limit(self, limit: i64) -> Self {
        ProductBuilder { limit: Some(limit), ..self }
    }
    /// One option, each value with its price.
    #[must_use]
    pub fn option(mut self, name: &str, values: &[(&str, i64)]) -> Self {
        let values = values.iter().map(|(value, price)| ((*value).to_owned(), *price)).collect();
        self.options = vec![(name.to_owned(), values)];
        self
    }
    /// Any other field of `ProductInput`.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// What is sent to the back office.
    pub fn input(&self) -> Value {
        let code = || self.mall.world.fresh_word("SKU");
        let sku = |values: Vec<&str>, price_fen: i64| {
            json!({ "code": code(), "option_values": values, "price_fen": price_fen, "weight_g": self.weight_g,
                "volume_cm3": 1_000, "initial_stock": self.stock })
        };
        let (options, skus): (Vec<Value>, Vec<Value>) = match self.options.first() {
            None => (Vec::new(), vec![sku(Vec::new(), self.price_fen)]),
            Some((name, values)) => {
                let words: Vec<&str> = values.iter().map(|(value, _)| value.as_str()).collect();
                let skus = values.iter().map(|(value, price)| sku(vec![value.as_str()], *price)).collect();
                (vec![json!({ "name": name, "values": words })], skus)
            }
        };
        let mut input = json!({
            "name": self.name, "category_id": self.mall.category_id, "picture_keys": [self.mall.picture_key],
            "description_html": "<p>好茶</p>", "attributes": [], "options": options, "skus": skus, "tags": [],
            "return_7d": true, "purchase_limit": self.limit, "status": "on_sale",
        });
        for (name, value) in &self.fields {
            input[*name] = value.clone();
        }
        input
    }

    /// Puts it on sale.
    pub async fn create(self) -> Product {
        let made = self.mall.staff().post("/admin/v1/products", self.input()).await.ok();
        Product::from(made)
    }
}

/// A product that exists.
#[derive(Debug, Clone)]
pub struct Product {
    pub id: Id,
    pub name: String,
    pub skus: Vec<Sku>,
    /// As the editor shows it.
    pub json: Value,
}

/// One SKU of it.
#[derive(Debug, Clone)]
pub struct Sku {
    pub id: Id,
    pub code: String,
    pub values: Vec<String>,
    pub price_fen: i64,
}

impl Product {
    /// The SKU that is bought when the product is named in an order.
    pub fn sku(&self) -> &Sku {
        self.skus.first().expect("a product has a SKU")
    }

    /// The same product with this value of its option chosen.
    ///
    /// # Panics
    /// When there is no such value.
    pub fn variant(&self, value: &str) -> Product {
        let chosen = self.skus.iter().find(|sku| sku.values.iter().any(|v| v == value)).expect("such a variant");
        Product { skus: vec![chosen.clone()], ..self.clone() }
    }
}

impl From<Value> for Product {
    fn from(json: Value) -> Self {
        let sku = |sku: &Value| Sku {
            id: id_of(&sku["id"]),
            code: sku["code"].as_str().unwrap_or_default().to_owned(),
            values: sku["option_values"].as_array().into_iter().flatten().filter_map(text_of).collect(),
            price_fen: sku["price_fen"].as_i64().expect("a price"),
        };
        Product {
            id: id_of(&json["id"]),
            name: text_of(&json["name"]).unwrap_or_default(),
            skus: json["skus"].as_array().into_iter().flatten().map(sku).collect(),
            json,
        }
    }
}

/// An id as it stands in JSON.
#[track_caller]
pub(crate) fn id_of(value: &Value) -> Id {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no id"))
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A store that exists, with the place its stock lies at.
#[derive(Debug, Clone)]
pub struct Store {
    pub id: Id,
    pub location_id: Id,
    pub name: String,
}

impl Store {
    pub(crate) async fn open(mall: &TestMall, name: &str) -> Store {
        let hours: Vec<Value> =
            (1..=7).map(|day| json!({ "weekday": day, "open": "09:00", "close": "21:00" })).collect();
        let input = json!({
            "name": name, "district_code": "330106", "address": "文三路 2 号", "lat": 30.27, "lng": 120.13,
            "phone": "0571-88888888", "hours": hours, "status": "open",
        });
        let made = mall.staff().post("/admin/v1/stores", input).await.ok();
        let id = id_of(&made["id"]);
        let locations = mall.staff().get("/admin/v1/locations").await.ok();
        let mine = locations.as_array().into_iter().flatten().find(|location| location["store_id"] == made["id"]);
        let location_id = id_of(&mine.expect("a store has a location")["id"]);
        Store { id, location_id, name: name.to_owned() }
    }

    /// Puts pieces of a product on the store's shelf.
    pub async fn receive(&self, mall: &TestMall, product: &Product, quantity: i64) {
        let change = json!({ "sku_id": product.sku().id, "location_id": self.location_id, "kind": "receive",
            "quantity": quantity });
        mall.staff().post("/admin/v1/inventory/changes", change).await.ok();
    }
}
