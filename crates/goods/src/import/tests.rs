//! Files as people send them: brought in once and twice, stopped in the middle, with mistakes in them.

use super::columns::{Layout, titles};
use super::lookup::Lookup;
use super::parse::parse;
use platform::sheet::{self, Cell, Format, Writer};

fn table(rows: &[&[(&str, &str)]]) -> Vec<u8> {
    let titles = titles();
    let mut writer = Writer::new(Format::Csv, &titles).unwrap();
    for row in rows {
        let of = |title: &str| row.iter().find(|(name, _)| *name == title).map_or(Cell::Empty, |(_, v)| Cell::text(*v));
        writer.row(&titles.iter().map(|title| of(title)).collect::<Vec<_>>()).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn rows_of_one_code_are_one_product_and_mistakes_stand_at_their_line() {
    let bytes = table(&[
        &[("商品编码", "S1"), ("商品名称", "衬衫"), ("规格名1", "颜色"), ("规格值1", "白"), ("售价", "299")],
        &[("商品编码", "T1"), ("商品名称", "茶"), ("售价", "一百")],
        &[("商品编码", "S1"), ("规格值1", "绿"), ("售价", "299.00"), ("库存", "1.5")],
        &[("商品名称", "没有编码")],
    ]);
    let sheet = sheet::read(&bytes).unwrap();
    let drafts = parse(&sheet, &Layout::of(&sheet).unwrap(), &Lookup::default());
    let codes: Vec<&str> = drafts.iter().map(|draft| draft.code.as_str()).collect();
    assert_eq!(codes, ["S1", "T1", ""]);
    let shirt = &drafts[0];
    assert_eq!(shirt.options, ["颜色"]);
    let skus: Vec<(&str, &str)> = shirt.skus.iter().map(|sku| (sku.code.as_str(), sku.values[0].as_str())).collect();
    assert_eq!(skus, [("S1-1", "白"), ("S1-2", "绿")]);
    let told: Vec<(i64, &str)> =
        drafts.iter().flat_map(|draft| &draft.problems).map(|p| (p.line, p.field.as_str())).collect();
    assert_eq!(told, [(4, "库存"), (3, "售价"), (5, "商品编码")]);
}

#[test]
fn a_file_without_our_columns_is_refused_at_once() {
    let sheet = sheet::read("a,b\n1,2\n".as_bytes()).unwrap();
    assert!(Layout::of(&sheet).unwrap_err().is("import.columns_unknown"));
    let sheet = sheet::read("商品名称,售价\n茶,2\n".as_bytes()).unwrap();
    assert!(Layout::of(&sheet).unwrap_err().is("import.columns_missing"));
    let sheet = sheet::read("货号*,价格\nT1,2\n".as_bytes()).unwrap();
    assert!(Layout::of(&sheet).is_ok(), "other titles are known too");
}
