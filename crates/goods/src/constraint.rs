//! What a violated constraint of these tables means to people. Verbs check first and say it better; these are the last
//! line, where two writers met.

use db::Constraint;

/// Named checks and unique keys of the goods tables.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint { name: "brand_name_taken", code: "brand.name_taken", message: "已经有同名的品牌了" },
    Constraint {
        name: "sku_code_taken", code: "sku.code_taken", message: "规格编码已经被用了，请换一个"
    },
    Constraint {
        name: "product_code_taken", code: "product.code_taken", message: "商品编码已经被用了，请换一个"
    },
    Constraint { name: "sku_price_in_range", code: "sku.price_out_of_range", message: "价格超出范围" },
    Constraint { name: "sku_list_price_in_range", code: "sku.price_out_of_range", message: "划线价超出范围" },
    Constraint { name: "product_prices_ordered", code: "sku.price_out_of_range", message: "价格超出范围" },
    Constraint { name: "stock_on_hand_in_range", code: "inventory.out_of_range", message: "库存数量超出范围" },
    Constraint {
        name: "stock_reserved_within_on_hand",
        code: "inventory.below_reserved",
        message: "库存不能少于已被订单占用的数量",
    },
    Constraint { name: "review_once", code: "review.already_written", message: "这件商品已经评价过了" },
    Constraint {
        name: "media_folder_name_taken", code: "media.folder_taken", message: "已经有同名的文件夹了"
    },
    Constraint { name: "page_slug_taken", code: "page.slug_taken", message: "已经有同名的页面了" },
];
