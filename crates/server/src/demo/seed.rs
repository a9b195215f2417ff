//! Fills the demo mall. Pictures are processed first; then one transaction creates the whole mall, so an interrupted
//! start leaves nothing half done and the next one begins again.

use super::PASSWORD;
use super::catalog::{self, Block, Catalog, Source, Target};
use crate::cli::say;
use db::Tx;
use goods::catalog::{BrandInput, CategoryInput, ProductInput, ProductStatus, SkuInput};
use goods::freight::FreightTemplateInput;
use goods::inventory::Demand;
use goods::page::{BlockSource, Link, LinkKind, PictureSource, ProductSource, ShelfLayout};
use goods::review::NewReview;
use goods::store::{StoreInput, StoreStatus};
use kernel::{Actor, Error, Id, Result, days};
use people::staff::{NewStaff, Rights, RoleInput};
use platform::{App, Ctx, storage};
use rust_embed::Embed;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Code of the demo mall.
pub const CODE: &str = "hefang";

#[derive(Embed)]
#[folder = "../../demo/photos"]
struct Photos;

#[derive(Embed)]
#[folder = "../../demo/placeholders"]
struct Drawn;

/// Creates the demo mall.
pub async fn seed(app: &App) -> Result<()> {
    let catalog = Arc::new(catalog::read()?);
    let mall_id = app.ids.next(&*app.clock);
    let ctx = app.ctx(mall_id, Actor::System);
    let photos = Arc::new(save_photos(app, &ctx, &catalog, true).await?);
    say("  写入商品、门店和评价 …");
    let hashes: Vec<people::staff::Hashed> =
        catalog.staff.iter().map(|_| people::staff::hash_password(PASSWORD)).collect::<Result<_>>()?;
    let (writer, hashes) = (app.clone(), Arc::new(hashes));
    app.db
        .write(move |tx| {
            let seeding = Seeding { app: &writer, ctx: &ctx, catalog: &catalog, photos: &photos };
            seeding.run(tx, &hashes)
        })
        .await
}

/// Stores every photograph once; answers keys by file name.
pub(crate) async fn save_photos(
    app: &App,
    ctx: &Ctx,
    catalog: &Catalog,
    loud: bool,
) -> Result<HashMap<String, String>> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    names.extend(catalog.products.iter().flat_map(|product| product.photos.iter().map(String::as_str)));
    names.extend(catalog.categories.iter().filter_map(|category| category.photo.as_deref()));
    names.extend(catalog.stores.iter().flat_map(catalog::Store::photos));
    names.extend(catalog.reviews.iter().flat_map(|review| review.photos.iter().map(String::as_str)));
    for block in &catalog.home {
        if let Block::Banner { items } = block {
            names.extend(items.iter().map(|item| item.photo.as_str()));
        }
    }
    let count = names.len();
    let mut keys = HashMap::with_capacity(count);
    for (done, name) in names.into_iter().enumerate() {
        if loud && done % 9 == 0 {
            say(&format!("  处理照片 {done}/{count} …"));
        }
        let file = Photos::get(name)
            .or_else(|| Drawn::get(name))
            .ok_or_else(|| Error::internal(format_args!("no photograph {name}")))?;
        let stored = storage::save_image(app, ctx, Actor::System, file.data.into_owned().into()).await?;
        keys.insert(name.to_owned(), stored.key);
    }
    Ok(keys)
}

pub(super) struct Seeding<'a> {
    pub app: &'a App,
    pub ctx: &'a Ctx,
    pub catalog: &'a Catalog,
    pub photos: &'a HashMap<String, String>,
}

/// Ids by the content's keys.
pub(super) type Keys = HashMap<String, Id>;

fn at(keys: &Keys, key: &str) -> Result<Id> {
    keys.get(key).copied().ok_or_else(|| Error::internal(format_args!("the demo's content has no {key}")))
}

impl Seeding<'_> {
    fn run(&self, tx: &mut Tx<'_>, hashes: &[people::staff::Hashed]) -> Result<()> {
        let mall = &self.catalog.mall;
        platform::mall::create(tx, self.ctx.mall_id, &mall.code, &mall.name, self.ctx.now)?;
        let settings = super::brand::settings(mall);
        platform::mall::save_settings(tx, self.ctx.mall_id, &settings)?;
        people::consent::publish(tx, self.ctx, &people::consent::template(&settings, self.ctx.now + kernel::hours(8)))?;
        let (_, warehouse) = goods::store::found_shop(tx, self.ctx, &mall.name)?;
        let stores = self.stores(tx)?;
        self.staff(tx, &stores, hashes)?;
        let freight = self.freight(tx)?;
        let brands = self.brands(tx)?;
        let categories = self.categories(tx)?;
        let products = self.products(tx, warehouse, &stores, &freight, &brands, &categories)?;
        self.reviews(tx, &products)?;
        super::club::seed(tx, self.ctx)?;
        let words: Vec<&str> = self.catalog.hot_words.iter().map(String::as_str).collect();
        platform::search::pin(tx, self.ctx.mall_id, &words, self.ctx.now)?;
        self.home(tx, &categories, &products)?;
        super::home::seed(tx, self.ctx)?;
        super::counter::seed(tx, self.app, self.ctx)?;
        super::orders::seed(tx, self.app, self.ctx)?;
        super::after_sales::seed(tx, self.ctx)?;
        super::finance::seed(tx, self.app, self.ctx)?;
        super::campaigns::seed(tx, self.ctx)?;
        super::booking::seed(tx, self.app, self.ctx)?;
        super::fittings::seed(tx, self.ctx)?;
        super::stock::seed(tx, self.ctx)
    }

    fn photo(&self, name: &str) -> Result<String> {
        self.photos.get(name).cloned().ok_or_else(|| Error::internal(format_args!("photograph {name} was not stored")))
    }

    fn stores(&self, tx: &mut Tx<'_>) -> Result<Keys> {
        let mut keys = Keys::new();
        for store in &self.catalog.stores {
            let input = StoreInput {
                name: store.name.clone(),
                district_code: store.district.clone(),
                address: store.address.clone(),
                lat: store.lat,
                lng: store.lng,
                phone: store.phone.clone(),
                hours: store.hours.clone(),
                special_days: catalog::special_days(self.ctx.now),
                notice: store.notice.clone(),
                picture_key: None,
                picture_keys: store.photos().map(|name| self.photo(name)).collect::<Result<_>>()?,
                services: store.services.clone(),
                delivery_area: store.delivery_area.clone(),
                status: StoreStatus::Open,
                ships: true,
            };
            let id = goods::store::create_store(tx, self.ctx, &input)?;
            trade::pickup::save_rule(tx, self.ctx, id, store.pickup_rule.as_ref())?;
            if let Some(rule) = &store.delivery_rule {
                trade::delivery::save_rule(tx, self.ctx, id, rule)?;
            }
            keys.insert(store.key.clone(), id);
        }
        Ok(keys)
    }

    fn staff(&self, tx: &mut Tx<'_>, stores: &Keys, hashes: &[people::staff::Hashed]) -> Result<()> {
        let role = RoleInput { name: "店员".into(), permissions: super::counter::CLERK.map(str::to_owned).to_vec() };
        let role_id = people::staff::add_role(tx, self.ctx, &Rights::system(), &role)?;
        for (member, hash) in self.catalog.staff.iter().zip(hashes) {
            if member.role == "owner" {
                people::staff::create_owner(tx, self.ctx, &member.username, hash)?;
                continue;
            }
            let new = NewStaff {
                username: member.username.clone(),
                name: member.name.clone(),
                role_id,
                store_id: member.store.as_deref().map(|key| at(stores, key)).transpose()?,
                password: hash.clone(),
            };
            people::staff::add_staff(tx, self.ctx, &Rights::system(), &new)?;
        }
        Ok(())
    }

    pub(super) fn freight(&self, tx: &mut Tx<'_>) -> Result<Keys> {
        let mut keys = Keys::new();
        for template in &self.catalog.freight {
            let input = FreightTemplateInput {
                name: template.name.clone(),
                unit: template.unit,
                rules: template.rules.clone(),
                free_rules: template.free_rules.clone(),
                no_delivery_codes: template.no_delivery_codes.clone(),
                is_default: template.is_default,
            };
            keys.insert(template.key.clone(), goods::freight::save(tx, self.ctx, None, &input)?);
        }
        Ok(keys)
    }

    fn brands(&self, tx: &mut Tx<'_>) -> Result<Keys> {
        let mut keys = Keys::new();
        for (position, brand) in (1i64..).zip(&self.catalog.brands) {
            let input =
                BrandInput { name: brand.name.clone(), logo_key: None, story: Some(brand.story.clone()), position };
            keys.insert(brand.key.clone(), goods::catalog::create_brand(tx, self.ctx, &input)?);
        }
        Ok(keys)
    }

    pub(super) fn categories(&self, tx: &mut Tx<'_>) -> Result<Keys> {
        let mut keys = Keys::new();
        for (position, category) in (1i64..).zip(&self.catalog.categories) {
            let input = CategoryInput {
                name: category.name.clone(),
                parent_id: category.parent.as_deref().map(|key| at(&keys, key)).transpose()?,
                picture_key: category.photo.as_deref().map(|name| self.photo(name)).transpose()?,
                position,
            };
            keys.insert(category.key.clone(), goods::catalog::create_category(tx, self.ctx, &input)?);
        }
        Ok(keys)
    }

    /// Products with their stock; answers id of each slug.
    pub(super) fn products(
        &self,
        tx: &mut Tx<'_>,
        warehouse: Id,
        stores: &Keys,
        freight: &Keys,
        brands: &Keys,
        categories: &Keys,
    ) -> Result<Keys> {
        let mut places = Keys::from([("main".to_owned(), warehouse)]);
        for (key, store_id) in stores {
            let (_, location_id) = goods::store::location_of_store(tx, self.ctx.mall_id, *store_id)?;
            places.insert(key.clone(), location_id);
        }
        let mut shops: HashMap<&str, (Id, Id)> = HashMap::new();
        for shop in &self.catalog.shops {
            shops.insert(&shop.key, goods::store::found_shop(tx, self.ctx, &shop.name)?);
        }
        let mut keys = Keys::new();
        // Written from the last to the first: the list of newest begins with the content's first product.
        for product in self.catalog.products.iter().rev() {
            let shop = product.shop.as_deref().and_then(|key| shops.get(key)).copied();
            let photos: Vec<String> = product.photos.iter().map(|name| self.photo(name)).collect::<Result<_>>()?;
            let skus = product.skus.iter().map(|sku| SkuInput {
                id: None,
                code: sku.code.clone(),
                barcode: sku.barcode.clone(),
                option_values: sku.options.clone(),
                price_fen: sku.price_fen,
                list_price_fen: sku.list_price_fen,
                cost_fen: sku.cost_fen,
                weight_g: sku.weight_g,
                volume_cm3: sku.volume_cm3,
                picture_key: None,
                initial_stock: None,
            });
            let input = ProductInput {
                code: product.code(),
                name: product.name.clone(),
                subtitle: product.subtitle.clone(),
                category_id: at(categories, &product.category)?,
                brand_id: product.brand.as_deref().map(|key| at(brands, key)).transpose()?,
                shop_id: shop.map(|(id, _)| id),
                freight_template_id: product.freight.as_deref().map(|key| at(freight, key)).transpose()?,
                picture_keys: photos,
                video_key: None,
                description_html: product.description_html.clone(),
                attributes: product.attributes.clone(),
                options: product.options.clone(),
                skus: skus.collect(),
                tags: product.tags.clone(),
                keywords: product.keywords.clone(),
                return_7d: product.return_7d,
                no_return_reason: product.no_return_reason,
                purchase_limit: None,
                status: ProductStatus::OnSale,
                on_sale_at: None,
                off_sale_at: None,
                version: None,
            };
            let id = goods::catalog::create(tx, self.ctx, &input.checked("/files")?, Some(&product.slug))?;
            self.earlier_prices(tx, id)?;
            match shop {
                Some((_, own)) => self.stock(tx, id, product, &Keys::from([("main".to_owned(), own)]))?,
                None => self.stock(tx, id, product, &places)?,
            }
            keys.insert(product.slug.clone(), id);
        }
        Ok(keys)
    }

    /// The content's list prices were really asked: for a month, until today.
    fn earlier_prices(&self, tx: &mut Tx<'_>, product_id: Id) -> Result<()> {
        let earlier: Vec<(Id, i64)> = tx.all(
            "select id, list_price_fen from sku
             where mall_id = $1 and product_id = $2 and list_price_fen is not null",
            &db::args![self.ctx.mall_id, product_id],
        )?;
        goods::catalog::note_new_prices(tx, &self.ctx.at(self.ctx.now - days(30)), &earlier)?;
        goods::catalog::settle_struck(tx, self.ctx, &[product_id])
    }

    fn stock(&self, tx: &mut Tx<'_>, product_id: Id, product: &catalog::Product, places: &Keys) -> Result<()> {
        let rows: Vec<(Id, String)> = tx.all(
            "select id, code from sku where mall_id = $1 and product_id = $2",
            &db::args![self.ctx.mall_id, product_id],
        )?;
        let mut demands = Vec::new();
        for sku in &product.skus {
            let (sku_id, _) = rows
                .iter()
                .find(|row| row.1 == sku.code)
                .ok_or_else(|| Error::internal(format_args!("sku {} was not created", sku.code)))?;
            for (place, quantity) in sku.stock.iter().filter(|(_, quantity)| **quantity > 0) {
                demands.push(Demand { sku_id: *sku_id, location_id: at(places, place)?, quantity: *quantity });
            }
        }
        goods::inventory::receive_all(tx, self.ctx, &demands, "开店备货")
    }

    fn reviews(&self, tx: &mut Tx<'_>, products: &Keys) -> Result<()> {
        let mut members = Vec::with_capacity(self.catalog.members.len());
        for member in &self.catalog.members {
            let phone = people::Phone::parse(&member.phone)?;
            members.push(people::identity::create_member(tx, self.ctx, &self.app.sealer, &phone, &member.nickname)?);
        }
        for review in &self.catalog.reviews {
            let product_id = at(products, &review.product)?;
            let (sku_id,): (Id,) = tx.one(
                "select min(id) from sku where mall_id = $1 and product_id = $2",
                &db::args![self.ctx.mall_id, product_id],
            )?;
            let (member_id, author) = members
                .get(review.member)
                .zip(self.catalog.members.get(review.member))
                .ok_or_else(|| Error::internal("a review by nobody"))?;
            let new = NewReview {
                product_id,
                sku_id,
                order_id: self.ctx.id(),
                line_id: Id(1),
                member_id: *member_id,
                nickname: author.nickname.clone(),
                rating: review.stars,
                text: review.text.clone(),
                picture_keys: review.photos.iter().map(|name| self.photo(name)).collect::<Result<_>>()?,
                option_text: review.options.join(" "),
            };
            let then = self.ctx.at(self.ctx.now - days(review.days_ago));
            goods::review::write(tx, &then, &new)?;
        }
        Ok(())
    }

    pub(super) fn home(&self, tx: &mut Tx<'_>, categories: &Keys, products: &Keys) -> Result<()> {
        let link = |target: &Target| -> Result<Link> {
            let (kind, target) = match target {
                Target::Product(slug) => (LinkKind::Product, at(products, slug)?.to_string()),
                Target::Category(key) => (LinkKind::Category, at(categories, key)?.to_string()),
                Target::Search(words) => (LinkKind::Search, words.clone()),
            };
            Ok(Link { kind, target })
        };
        let mut blocks = Vec::with_capacity(self.catalog.home.len());
        for block in &self.catalog.home {
            blocks.push(match block {
                Block::Banner { items } => BlockSource::Banner {
                    items: items
                        .iter()
                        .map(|item| {
                            Ok(PictureSource {
                                picture_key: self.photo(&item.photo)?,
                                title: item.title.clone(),
                                subtitle: item.subtitle.clone(),
                                link: Some(link(&item.link)?),
                            })
                        })
                        .collect::<Result<_>>()?,
                },
                Block::Products { title, subtitle, source, limit, more } => BlockSource::Products {
                    title: title.clone(),
                    subtitle: subtitle.clone(),
                    more: more.as_ref().map(&link).transpose()?,
                    source: match source {
                        Source::Tag(tag) => ProductSource::Tag { tag: tag.clone() },
                        Source::Category(key) => ProductSource::Category { category_id: at(categories, key)? },
                        Source::Newest => ProductSource::Newest,
                    },
                    layout: ShelfLayout::Grid,
                    limit: *limit,
                },
                plain => plain.of_itself().ok_or_else(|| Error::internal("a block of the demo without its goods"))?,
            });
        }
        goods::page::save(tx, self.ctx, "home", "首页", &blocks).map(drop)
    }
}
