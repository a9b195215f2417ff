//! A product of a file becomes what the editor would send: a new one from what the file says, a known one from what is
//! stored with what the file says over it. SKUs are known by their code; those the file does not name stay.

use super::columns::Column;
use super::parse::{Draft, SkuDraft};
use super::pictures::Found;
use crate::catalog::{ProductInput, ProductOption, ProductStatus, SkuInput};
use kernel::Error;
use platform::task::Problem;

/// What a path in the file led to.
type Keys<'a> = &'a Found;

/// A new product.
pub fn fresh(draft: &Draft, pictures: Keys<'_>, files: &str) -> Result<ProductInput, Vec<Problem>> {
    let mut problems = draft.problems.clone();
    let need = |column: Column, given: bool, problems: &mut Vec<Problem>| {
        let told = problems.iter().any(|problem| problem.field == column.title());
        if !given && !told {
            problems.push(Problem::new(draft.line, column.title(), "新商品要填这一列"));
        }
    };
    need(Column::Name, draft.name.is_some(), &mut problems);
    need(Column::Category, draft.category_id.is_some(), &mut problems);
    for sku in &draft.skus {
        let told = problems.iter().any(|p| p.line == sku.line && p.field == Column::Price.title());
        if sku.price_fen.is_none() && !told {
            problems.push(Problem::new(sku.line, Column::Price.title(), "新商品的每一行都要填售价"));
        }
    }
    let keys = gallery(draft, pictures, &mut problems);
    let status = draft.status.unwrap_or(ProductStatus::OffSale);
    if keys.as_ref().is_none_or(Vec::is_empty) && status != ProductStatus::OffSale {
        problems.push(Problem::new(draft.line, Column::Pictures.title(), "上架的商品至少要有一张图"));
    }
    let skus = draft.skus.iter().map(|sku| new_sku(sku, pictures, &mut problems)).collect();
    let input = ProductInput {
        code: Some(draft.code.clone()),
        name: draft.name.clone().unwrap_or_default(),
        subtitle: draft.subtitle.clone(),
        category_id: draft.category_id.unwrap_or_default(),
        brand_id: draft.brand_id,
        shop_id: draft.shop_id,
        freight_template_id: draft.freight_template_id,
        picture_keys: keys.unwrap_or_default(),
        video_key: None,
        description_html: draft.description.as_deref().map(html).unwrap_or_default(),
        attributes: draft.attributes.clone().unwrap_or_default(),
        options: options(&[], draft, &mut problems),
        skus,
        tags: draft.tags.clone().unwrap_or_default(),
        keywords: draft.keywords.clone(),
        return_7d: draft.return_7d.unwrap_or(true),
        no_return_reason: None,
        purchase_limit: draft.purchase_limit,
        status,
        on_sale_at: None,
        off_sale_at: None,
        version: None,
    };
    checked(input, draft, &[], files, problems)
}

/// A product that is there, with what the file says over it.
pub fn changed(
    mut base: ProductInput,
    draft: &Draft,
    pictures: Keys<'_>,
    files: &str,
) -> Result<ProductInput, Vec<Problem>> {
    let mut problems = draft.problems.clone();
    fn over<T: Clone>(value: &mut T, given: Option<&T>) {
        if let Some(given) = given {
            value.clone_from(given);
        }
    }
    over(&mut base.name, draft.name.as_ref());
    over(&mut base.category_id, draft.category_id.as_ref());
    over(&mut base.return_7d, draft.return_7d.as_ref());
    over(&mut base.attributes, draft.attributes.as_ref());
    over(&mut base.tags, draft.tags.as_ref());
    over(&mut base.status, draft.status.as_ref());
    over(&mut base.picture_keys, gallery(draft, pictures, &mut problems).as_ref());
    over(&mut base.description_html, draft.description.as_deref().map(html).as_ref());
    base.subtitle = draft.subtitle.clone().or(base.subtitle);
    base.keywords = draft.keywords.clone().or(base.keywords);
    if draft.shop_id.is_some_and(|shop_id| base.shop_id != Some(shop_id)) {
        problems.push(Problem::new(draft.line, Column::Shop.title(), "已有的商品不能换店铺，请留空或写它现在的店铺"));
    }
    base.brand_id = draft.brand_id.or(base.brand_id);
    base.freight_template_id = draft.freight_template_id.or(base.freight_template_id);
    base.purchase_limit = draft.purchase_limit.or(base.purchase_limit);
    base.options = options(&base.options, draft, &mut problems);
    let mut lines: Vec<i64> = base.skus.iter().map(|_| draft.line).collect();
    for sku in &draft.skus {
        match base.skus.iter().position(|known| known.code == sku.code) {
            Some(place) => {
                over_sku(&mut base.skus[place], sku, pictures, &mut problems);
                lines[place] = sku.line;
            }
            None => {
                if sku.price_fen.is_none() {
                    problems.push(Problem::new(sku.line, Column::Price.title(), "新的规格要填售价"));
                }
                base.skus.push(new_sku(sku, pictures, &mut problems));
                lines.push(sku.line);
            }
        }
    }
    // A value that nothing uses any more goes.
    for (place, option) in base.options.iter_mut().enumerate() {
        option.values.retain(|value| base.skus.iter().any(|sku| sku.option_values.get(place) == Some(value)));
    }
    checked(base, draft, &lines, files, problems)
}

/// Names as stored or, for a new product, as in its first row; values in the order in which they come.
fn options(known: &[ProductOption], draft: &Draft, problems: &mut Vec<Problem>) -> Vec<ProductOption> {
    let mut options = known.to_vec();
    if known.is_empty() {
        options = draft.options.iter().map(|name| ProductOption { name: name.clone(), values: Vec::new() }).collect();
    } else if !draft.options.is_empty() && known.iter().map(|o| &o.name).ne(&draft.options) {
        let names: Vec<&str> = known.iter().map(|option| option.name.as_str()).collect();
        let message = format!("规格名要和现有商品一样：{}", names.join("、"));
        problems.push(Problem::new(draft.line, Column::Option1.title(), message));
    }
    for sku in &draft.skus {
        for (option, value) in options.iter_mut().zip(&sku.values) {
            if !option.values.contains(value) {
                option.values.push(value.clone());
            }
        }
    }
    options
}

fn new_sku(sku: &SkuDraft, pictures: Keys<'_>, problems: &mut Vec<Problem>) -> SkuInput {
    SkuInput {
        id: None,
        code: sku.code.clone(),
        barcode: sku.barcode.clone(),
        option_values: sku.values.clone(),
        price_fen: sku.price_fen.unwrap_or_default(),
        list_price_fen: sku.list_price_fen,
        cost_fen: sku.cost_fen,
        weight_g: sku.weight_g.unwrap_or_default(),
        volume_cm3: sku.volume_cm3.unwrap_or_default(),
        picture_key: sku_picture(sku, pictures, problems),
        initial_stock: sku.stock,
    }
}

fn over_sku(known: &mut SkuInput, sku: &SkuDraft, pictures: Keys<'_>, problems: &mut Vec<Problem>) {
    known.price_fen = sku.price_fen.unwrap_or(known.price_fen);
    known.list_price_fen = sku.list_price_fen.or(known.list_price_fen);
    known.cost_fen = sku.cost_fen.or(known.cost_fen);
    known.weight_g = sku.weight_g.unwrap_or(known.weight_g);
    known.volume_cm3 = sku.volume_cm3.unwrap_or(known.volume_cm3);
    if sku.barcode.is_some() {
        known.barcode.clone_from(&sku.barcode);
    }
    if !sku.values.is_empty() {
        known.option_values.clone_from(&sku.values);
    }
    if sku.picture.is_some() {
        known.picture_key = sku_picture(sku, pictures, problems);
    }
}

fn gallery(draft: &Draft, pictures: Keys<'_>, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let paths = draft.pictures.as_ref()?;
    let mut keys = Vec::with_capacity(paths.len());
    for path in paths {
        match pictures.get(path) {
            Some(Ok(key)) => keys.push(key.clone()),
            Some(Err(message)) => problems.push(Problem::new(draft.line, Column::Pictures.title(), message.clone())),
            None => {}
        }
    }
    Some(keys)
}

fn sku_picture(sku: &SkuDraft, pictures: Keys<'_>, problems: &mut Vec<Problem>) -> Option<String> {
    match pictures.get(sku.picture.as_ref()?)? {
        Ok(key) => Some(key.clone()),
        Err(message) => {
            problems.push(Problem::new(sku.line, Column::SkuPicture.title(), message.clone()));
            None
        }
    }
}

/// Text becomes paragraphs; what already is HTML is cleaned like the editor's.
fn html(text: &str) -> String {
    if text.contains("</") || text.contains("<br") || text.contains("<img") {
        return text.to_owned();
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("<p>{line}</p>")).collect()
}

fn checked(
    mut input: ProductInput,
    draft: &Draft,
    lines: &[i64],
    files: &str,
    mut problems: Vec<Problem>,
) -> Result<ProductInput, Vec<Problem>> {
    if !problems.is_empty() {
        return Err(problems);
    }
    let bare = input.picture_keys.is_empty() && input.status == ProductStatus::OffSale;
    if bare {
        // The editor asks for a picture; a file may bring goods without one, off sale until it is there.
        input.picture_keys.push(String::new());
    }
    input = input.checked(files).map_err(|error| vec![told(&error, draft, lines)])?;
    if bare {
        input.picture_keys.clear();
    }
    problems.clear();
    Ok(input)
}

/// A rule of the editor in words of the file: `skus[2].price_fen` stands in the line of that SKU.
pub fn told(error: &Error, draft: &Draft, lines: &[i64]) -> Problem {
    let field = error.field_name().unwrap_or_default();
    let index = field.split(['[', ']']).nth(1).and_then(|text| text.parse::<usize>().ok());
    let line = match (field.starts_with("skus["), index) {
        (true, Some(index)) => {
            lines.get(index).copied().or_else(|| draft.skus.get(index).map(|sku| sku.line)).unwrap_or(draft.line)
        }
        _ => draft.line,
    };
    let column = match field.rsplit('.').next().unwrap_or_default() {
        "code" if field.starts_with("skus") => Column::SkuCode,
        "code" => Column::Code,
        "subtitle" => Column::Subtitle,
        "keywords" => Column::Keywords,
        "picture_keys" => Column::Pictures,
        "description_html" => Column::Description,
        "purchase_limit" => Column::Limit,
        "barcode" => Column::Barcode,
        "option_values" => Column::Value1,
        "price_fen" => Column::Price,
        "list_price_fen" => Column::ListPrice,
        "cost_fen" => Column::Cost,
        "weight_g" => Column::Weight,
        "volume_cm3" => Column::Volume,
        "initial_stock" => Column::Stock,
        "category_id" => Column::Category,
        "brand_id" => Column::Brand,
        "shop_id" => Column::Shop,
        "freight_template_id" => Column::Freight,
        other if other.starts_with("attributes") => Column::Attributes,
        other if other.starts_with("options") => Column::Option1,
        "tags" => Column::Tags,
        "skus" => Column::SkuCode,
        _ => Column::Name,
    };
    Problem::new(line, column.title(), error.message().to_owned())
}
