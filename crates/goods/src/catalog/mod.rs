//! The catalogue: categories, brands, products and their SKUs. Owns `category`, `brand`, `product`, `sku`,
//! `product_attribute` and `product_tag`, and the search terms of products.
//!
//! Invariants: every SKU of a product has one value of each of its options, no two the same; a product's price range is
//! that of its SKUs; a product is changed only by who read its present version; what is in the bin is found by nobody.
//! It does not know who buys: trade asks for [`SkuForSale`]s and tells what was sold.

mod admin;
mod admin_batch;
mod admin_list;
mod arrange;
mod at_store;
mod brand;
#[cfg(test)]
mod browse_tests;
mod bulk;
mod card;
mod category;
mod change;
mod detail;
mod draft;
mod editor;
mod erase;
mod facet;
mod index;
mod list;
#[cfg(test)]
mod list_tests;
mod price;
mod quick;
mod rich_text;
mod sale;
mod save;
mod shop;
mod sku;
mod suggest;
mod taxonomy;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use admin_list::page_of as admin_page;
pub use admin_list::{AdminFilter, AdminProductRow, AdminSort, StatusFilter};
pub use brand::{BrandInput, BrandRow, brands, create_brand, delete_brand, update_brand};
pub use bulk::{NewProduct, insert as insert_products};
pub use card::ProductCard;
pub(crate) use card::{CARD_COLUMNS, CardRow, cards};
pub use category::{
    CategoryInput, CategoryRow, categories, create_category, delete_category, find_category, update_category,
};
pub use change::{CHANGE, change};
pub use detail::{ProductDetail, SkuView, require_shown};
pub use draft::{NameValue, NoReturnReason, ProductInput, ProductOption, ProductStatus, SkuInput};
pub(crate) use editor::input_of;
pub use editor::{AdminProduct, AdminSku, KeyedPicture};
pub use erase::{bin_all, erase};
pub use list::{ProductFilter, ProductList, ProductSort};
pub use price::{note_new_prices, settle_old_reductions, settle_struck};
pub use rich_text::clean as clean_html;
pub use sale::{SkuChoice, SkuForSale, add_sales, sku_choices, sku_codes, skus_for_sale, skus_named, skus_on_sale};
pub use save::{bin, create, restore, set_status, turn_due, update};
pub use taxonomy::{BrandBrief, CategoryBrief, CategoryNode};

use kernel::Result;
use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub fn shop_routes() -> OpenApiRouter<App> {
    shop::shop_routes().merge(at_store::shop_routes()).merge(taxonomy::shop_routes()).merge(words::shop_routes())
}

pub fn admin_routes() -> OpenApiRouter<App> {
    admin::admin_routes()
        .merge(admin_batch::admin_routes())
        .merge(taxonomy::admin_routes())
        .merge(suggest::admin_routes())
}

/// The sweep of schedules: turns products of every mall on and off sale when their instant has come.
pub async fn switch_scheduled(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let (mall_id, now) = (mall.id, app.clock.now());
        if app.db.read(move |tx| save::anything_due(tx, mall_id, now)).await? {
            let ctx = app.system(mall_id);
            app.db.write(move |tx| turn_due(tx, &ctx)).await?;
        }
    }
    Ok(())
}

/// What the catalogue needs to sanitise the descriptions of a mall: the public address of its files.
pub fn files_of(app: &App, mall_id: kernel::MallId) -> String {
    crate::picture::files_of(app, mall_id)
}
