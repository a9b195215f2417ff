//! The columns of the table: their titles, and where they stand in a given file. The template and the export write the
//! same titles that the import reads.

use super::parse::Mistake;
use kernel::{Error, Result};
use platform::sheet::{self, Cell, Sheet};

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    Code,
    Name,
    Subtitle,
    Category,
    Brand,
    Pictures,
    Description,
    Tags,
    Keywords,
    Attributes,
    Option1,
    Value1,
    Option2,
    Value2,
    Option3,
    Value3,
    SkuCode,
    Barcode,
    Price,
    ListPrice,
    Cost,
    Stock,
    Weight,
    Volume,
    SkuPicture,
    Freight,
    Return7d,
    Limit,
    Status,
    Shop,
}

/// Every column in the order of the template, with its title and other titles it is known by.
pub const ALL: &[(Column, &str, &[&str])] = &[
    (Column::Code, "商品编码", &["货号", "商品货号", "SPU编码"]),
    (Column::Name, "商品名称", &["名称", "标题", "商品标题"]),
    (Column::Subtitle, "副标题", &["一句话介绍", "卖点"]),
    (Column::Category, "分类", &["商品分类", "类目"]),
    (Column::Brand, "品牌", &[]),
    (Column::Pictures, "商品图", &["图片", "主图", "商品图片"]),
    (Column::Description, "商品详情", &["详情"]),
    (Column::Tags, "标签", &[]),
    (Column::Keywords, "搜索词", &["关键词"]),
    (Column::Attributes, "参数", &["商品参数", "属性"]),
    (Column::Option1, "规格名1", &["规格1名称"]),
    (Column::Value1, "规格值1", &["规格1值"]),
    (Column::Option2, "规格名2", &["规格2名称"]),
    (Column::Value2, "规格值2", &["规格2值"]),
    (Column::Option3, "规格名3", &["规格3名称"]),
    (Column::Value3, "规格值3", &["规格3值"]),
    (Column::SkuCode, "规格编码", &["SKU编码", "SKU"]),
    (Column::Barcode, "条码", &["条形码"]),
    (Column::Price, "售价", &["价格", "销售价"]),
    (Column::ListPrice, "划线价", &["原价", "市场价"]),
    (Column::Cost, "成本价", &["成本"]),
    (Column::Stock, "库存", &["库存数量"]),
    (Column::Weight, "重量(克)", &["重量", "重量（克）", "重量g"]),
    (Column::Volume, "体积(cm³)", &["体积", "体积（cm³）"]),
    (Column::SkuPicture, "规格图", &["规格图片"]),
    (Column::Freight, "运费模板", &[]),
    (Column::Return7d, "七天无理由", &["7天无理由"]),
    (Column::Limit, "每单限购", &["限购"]),
    (Column::Status, "状态", &["上下架"]),
    (Column::Shop, "店铺", &["所属店铺"]),
];

impl Column {
    pub fn title(self) -> &'static str {
        ALL.iter().find(|(column, ..)| *column == self).map_or("", |(_, title, _)| title)
    }
}

/// Titles in order, for the template and the export.
pub fn titles() -> Vec<&'static str> {
    ALL.iter().map(|(_, title, _)| *title).collect()
}

/// Where the columns stand in one file.
#[derive(Debug, Clone)]
pub struct Layout(Vec<(Column, usize)>);

impl Layout {
    /// # Errors
    /// `import.columns_missing` (400) without the code; `import.columns_unknown` when no column is known at all.
    pub fn of(sheet: &Sheet) -> Result<Self> {
        let found: Vec<(Column, usize)> = ALL
            .iter()
            .filter_map(|(column, title, others)| {
                let names: Vec<&str> = std::iter::once(title).chain(*others).copied().collect();
                Some((*column, sheet.column(&names)?))
            })
            .collect();
        let layout = Layout(found);
        if layout.0.is_empty() {
            let message = "第一行没有认识的表头，请下载模板对照着填";
            return Err(Error::invalid("import.columns_unknown", message).at("file"));
        }
        if !layout.has(Column::Code) {
            let message = "缺少“商品编码”这一列。商品靠它认出来：编码相同的行是同一件商品";
            return Err(Error::invalid("import.columns_missing", message).at("file"));
        }
        Ok(layout)
    }

    pub fn has(&self, column: Column) -> bool {
        self.0.iter().any(|(known, _)| *known == column)
    }

    /// The text of a cell; empty when there is no such column.
    pub fn cell<'a>(&self, cells: &'a [String], column: Column) -> &'a str {
        let place = self.0.iter().find(|(known, _)| *known == column).map(|(_, place)| *place);
        place.and_then(|place| cells.get(place)).map_or("", |cell| cell.trim())
    }
}

/// An amount as people type it, in fen: `19.9`, `¥1,200.00`, `１９．９元`.
pub fn fen(text: &str) -> Result<i64, Mistake> {
    let plain: String = text.chars().filter_map(sheet::plain_digit).collect();
    let plain = plain.trim_start_matches(['¥', '￥']).trim_end_matches('元').trim();
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 2 || whole.len() > 10 {
        return Err(Mistake(format!("“{text}”不是金额，写成 19.90 这样，最多两位小数")));
    }
    let part = format!("{part:0<2}");
    let parsed = whole.parse::<i64>().ok().zip(part.parse::<i64>().ok());
    parsed.map(|(yuan, fen)| yuan * 100 + fen).ok_or_else(|| Mistake(format!("“{text}”不是金额")))
}

/// A count without fractions.
pub fn whole(text: &str) -> Result<i64, Mistake> {
    sheet::whole(text).ok_or_else(|| Mistake(format!("“{text}”要是 0 或以上的整数")))
}

/// `是` or `否`.
pub fn yes(text: &str) -> Result<bool, Mistake> {
    match text {
        "是" | "支持" | "1" | "true" | "TRUE" | "√" => Ok(true),
        "否" | "不支持" | "0" | "false" | "FALSE" | "×" => Ok(false),
        other => Err(Mistake(format!("“{other}”请写成 是 或 否"))),
    }
}

/// Rows of the template: one product without options, one with two.
pub fn examples() -> Vec<Vec<Cell>> {
    let row = |pairs: &[(Column, &str)]| -> Vec<Cell> {
        let of = |column: Column| pairs.iter().find(|(known, _)| *known == column).map(|(_, text)| *text);
        ALL.iter().map(|(column, ..)| of(*column).map_or(Cell::Empty, Cell::text)).collect()
    };
    let tea = [
        (Column::Code, "T001"),
        (Column::Name, "明前龙井"),
        (Column::Subtitle, "头采，豆香清长"),
        (Column::Category, "茶/绿茶"),
        (Column::Pictures, "T001/1.jpg;T001/2.jpg"),
        (Column::Description, "产自西湖，手工炒制。"),
        (Column::Tags, "新品;店主推荐"),
        (Column::Attributes, "产地:杭州;净含量:100g"),
        (Column::Price, "199.00"),
        (Column::Stock, "50"),
        (Column::Weight, "180"),
        (Column::Return7d, "是"),
        (Column::Status, "下架"),
    ];
    let shirt = |colour, size, code, stock| {
        row(&[
            (Column::Code, "S001"),
            (Column::Name, "亚麻衬衫"),
            (Column::Category, "服饰"),
            (Column::Pictures, "S001.jpg"),
            (Column::Option1, "颜色"),
            (Column::Value1, colour),
            (Column::Option2, "尺码"),
            (Column::Value2, size),
            (Column::SkuCode, code),
            (Column::Price, "299"),
            (Column::Stock, stock),
            (Column::Status, "上架"),
        ])
    };
    vec![
        row(&tea),
        shirt("米白", "M", "S001-W-M", "10"),
        shirt("米白", "L", "S001-W-L", "8"),
        shirt("墨绿", "M", "S001-G-M", "12"),
    ]
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (text, amount) in
            [("19.9", 1_990), ("0", 0), ("¥1,200.00", 120_000), ("１９．９元", 1_990), ("199.905", -1), ("", -1)]
        {
            assert_eq!(fen(text).unwrap_or(-1), amount, "{text}");
        }
        for wrong in ["-1", "1e3", "一百", "1.2.3", "99999999999", "NaN"] {
            assert!(fen(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            (whole("12").ok(), whole("12.0").ok(), whole("1.5").ok(), whole("-3").ok()),
            (Some(12), Some(12), None, None)
        );
    }

    #[test]
    fn every_column_is_listed_once() {
        let mut titles: Vec<&str> =
            ALL.iter().flat_map(|(_, title, others)| std::iter::once(title).chain(*others)).copied().collect();
        let count = titles.len();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), count);
    }
}
