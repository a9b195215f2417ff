//! The list of products as a file that the import reads back: one row per SKU, the product's facts in its first row.

use super::columns::titles;
use crate::catalog::{self, AdminFilter, AdminSort, StatusFilter};
use crate::label::texts;
use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result, hours};
use platform::sheet::{Cell, Format, Writer};
use platform::task::{Ended, Run, Step};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Which products, and what kind of file.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductExport)]
pub struct Asked {
    pub q: Option<String>,
    #[serde(default)]
    pub status: StatusFilter,
    pub category_id: Option<Id>,
    pub format: Format,
}

impl Asked {
    pub(super) fn filter(&self) -> AdminFilter {
        AdminFilter {
            q: self.q.clone(),
            status: self.status,
            category_id: self.category_id,
            sort: AdminSort::New,
            cursor: None,
            limit: Some(100),
        }
    }
}

struct Product {
    id: Id,
    code: Option<String>,
    name: String,
    subtitle: String,
    category_path: String,
    brand: Option<String>,
    freight: Option<String>,
    shop: String,
    picture_keys: String,
    description_html: String,
    tags: String,
    keywords: String,
    options: String,
    return_7d: bool,
    purchase_limit: Option<i64>,
    status: String,
}
row!(Product {
    id,
    code,
    name,
    subtitle,
    category_path,
    brand,
    freight,
    shop,
    picture_keys,
    description_html,
    tags,
    keywords,
    options,
    return_7d,
    purchase_limit,
    status
});

struct Sku {
    product_id: Id,
    code: String,
    option_values: String,
    barcode: Option<String>,
    price_fen: i64,
    list_price_fen: Option<i64>,
    cost_fen: Option<i64>,
    weight_g: i64,
    volume_cm3: i64,
    picture_key: Option<String>,
    on_hand: i64,
}
row!(Sku {
    product_id,
    code,
    option_values,
    barcode,
    price_fen,
    list_price_fen,
    cost_fen,
    weight_g,
    volume_cm3,
    picture_key,
    on_hand
});

/// The worker. It only reads, so after a stop it begins anew.
pub async fn export(run: Run) -> Result<Ended> {
    let (mut filter, format): (AdminFilter, Format) = run.params()?;
    let mall_id = run.ctx.mall_id;
    let names = run.app.db.read(move |tx| category_names(tx, mall_id)).await?;
    let mut writer = Writer::new(format, &titles())?;
    let (mut count, told) = (0i64, run.done_before);
    loop {
        let (asked, names) = (filter.clone(), names.clone());
        let (rows, next) = run
            .app
            .db
            .read(move |tx| {
                let (ids, next) = catalog::admin_page(tx, mall_id, &asked)?;
                Ok((rows(tx, mall_id, &ids, &names)?, next))
            })
            .await?;
        let (products, cells) = rows;
        for row in cells {
            writer.row(&row)?;
        }
        count += products;
        // Products counted in an earlier, interrupted turn are not counted twice.
        let new = (count - told).clamp(0, products);
        run.write(move |_, _| Ok(Step::new(new, 0))).await?;
        match next {
            Some(cursor) => filter.cursor = Some(cursor),
            None => break,
        }
    }
    let name = format!("商品-{}.{}", run.ctx.now.date_at_offset(hours(8)), format.extension());
    run.finish_with_file(format!("导出 {count} 件商品"), &name, format.content_type(), writer.finish()?).await
}

fn category_names(tx: &mut Tx<'_>, mall_id: MallId) -> Result<HashMap<Id, String>> {
    Ok(catalog::categories(tx, mall_id)?.into_iter().map(|row| (row.id, row.name)).collect())
}

fn rows(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id], names: &HashMap<Id, String>) -> Result<(i64, Vec<Vec<Cell>>)> {
    let products: Vec<Product> = tx.all(
        "select p.id, p.code, p.name, p.subtitle, c.path, b.name, f.name, s.name, p.picture_keys, p.description_html, p.tags,
           p.keywords, p.options, p.return_7d, p.purchase_limit, p.status
         from product p
         join category c on c.mall_id = p.mall_id and c.id = p.category_id
         join shop s on s.mall_id = p.mall_id and s.id = p.shop_id
         left join brand b on b.mall_id = p.mall_id and b.id = p.brand_id
         left join freight_template f on f.mall_id = p.mall_id and f.id = p.freight_template_id
         where p.mall_id = $1 and p.id = any($2)",
        &args![mall_id, ids],
    )?;
    let skus: Vec<Sku> = tx.all(
        "select k.product_id, k.code, k.option_values, k.barcode, k.price_fen, k.list_price_fen, k.cost_fen, k.weight_g,
           k.volume_cm3, k.picture_key,
           (select cast(coalesce(sum(t.on_hand), 0) as bigint)
            from stock t
            join location l on l.mall_id = t.mall_id and l.id = t.location_id
            where t.mall_id = k.mall_id and t.sku_id = k.id and l.is_default)
         from sku k
         where k.mall_id = $1 and k.product_id = any($2) and k.deleted_at is null
         order by k.product_id, k.position, k.id",
        &args![mall_id, ids],
    )?;
    let attributes: Vec<(Id, String, String)> = tx.all(
        "select product_id, name, value
         from product_attribute
         where mall_id = $1 and product_id = any($2)
         order by product_id, position",
        &args![mall_id, ids],
    )?;
    let mut by_id: HashMap<Id, Product> = products.into_iter().map(|product| (product.id, product)).collect();
    let mut cells = Vec::new();
    let mut count = 0;
    for id in ids {
        let Some(product) = by_id.remove(id) else { continue };
        count += 1;
        let pairs: Vec<String> =
            attributes.iter().filter(|(of, ..)| of == id).map(|(_, name, value)| format!("{name}:{value}")).collect();
        for (index, sku) in skus.iter().filter(|sku| sku.product_id == *id).enumerate() {
            cells.push(line(&product, sku, index == 0, &pairs, names)?);
        }
    }
    Ok((count, cells))
}

fn line(
    product: &Product,
    sku: &Sku,
    is_first: bool,
    attributes: &[String],
    names: &HashMap<Id, String>,
) -> Result<Vec<Cell>> {
    let options: Vec<catalog::ProductOption> = serde_json::from_str(&product.options).map_err(Error::internal)?;
    let values = texts(&sku.option_values)?;
    let path: Vec<&str> = product
        .category_path
        .split('/')
        .filter_map(|part| names.get(&Id(part.parse().ok()?)).map(String::as_str))
        .collect();
    let once = |text: String| if is_first && !text.is_empty() { Cell::Text(text) } else { Cell::Empty };
    let text = |text: Option<&String>| text.map_or(Cell::Empty, |text| Cell::text(text.as_str()));
    let status = if product.status == "on_sale" { "上架" } else { "下架" };
    let mut cells = vec![
        // Without a code of its own a product is known by its id.
        Cell::Text(product.code.clone().unwrap_or_else(|| format!("#{}", product.id))),
        once(product.name.clone()),
        once(product.subtitle.clone()),
        once(path.join("/")),
        once(product.brand.clone().unwrap_or_default()),
        once(texts(&product.picture_keys)?.join(";")),
        once(product.description_html.clone()),
        once(texts(&product.tags)?.join(";")),
        once(product.keywords.clone()),
        once(attributes.join(";")),
    ];
    for place in 0..3 {
        cells.push(text(options.get(place).map(|option| &option.name)));
        cells.push(text(values.get(place)));
    }
    cells.extend([
        Cell::text(sku.code.as_str()),
        text(sku.barcode.as_ref()),
        Cell::Fen(sku.price_fen),
        Cell::fen(sku.list_price_fen),
        Cell::fen(sku.cost_fen),
        Cell::Int(sku.on_hand),
        Cell::Int(sku.weight_g),
        Cell::Int(sku.volume_cm3),
        text(sku.picture_key.as_ref()),
        once(product.freight.clone().unwrap_or_default()),
        once(if product.return_7d { "是" } else { "否" }.to_owned()),
        once(product.purchase_limit.map(|limit| limit.to_string()).unwrap_or_default()),
        once(status.to_owned()),
        once(product.shop.clone()),
    ]);
    Ok(cells)
}
