//! What changes between two contents of a page, said in words before anyone publishes.

use super::block::{BlockSource, PlacedBlock};
use super::version::Content;
use serde_json::Value;

/// One sentence per change, from the top of the page to its end.
pub(super) fn changes(before: &Content, after: &Content) -> Vec<String> {
    let mut said = Vec::new();
    if before.title != after.title {
        said.push(format!("页面名称由“{}”改为“{}”", before.title, after.title));
    }
    let place = |blocks: &[PlacedBlock], id: &str| blocks.iter().position(|placed| placed.id == id);
    let moved = moved(&before.blocks, &after.blocks);
    for (at, placed) in after.blocks.iter().enumerate() {
        let name = name(&placed.block);
        let Some(was_at) = place(&before.blocks, &placed.id) else {
            said.push(format!("新增{name}，在第 {} 个", at + 1));
            continue;
        };
        let was = &before.blocks[was_at];
        if placed.hidden != was.hidden {
            said.push(format!("{}{name}", if placed.hidden { "隐藏" } else { "重新显示" }));
        }
        let parts = differing(&was.block, &placed.block);
        if !parts.is_empty() {
            said.push(format!("修改{name}：{}", parts.join("、")));
        }
        if moved.contains(&placed.id.as_str()) {
            said.push(format!("{name}从第 {} 个移到第 {} 个", was_at + 1, at + 1));
        }
    }
    let gone = before.blocks.iter().filter(|was| place(&after.blocks, &was.id).is_none());
    said.extend(gone.map(|was| format!("删除{}", name(&was.block))));
    said
}

/// `商品“春茶上新”`.
fn name(block: &BlockSource) -> String {
    let (kind, title) = match block {
        BlockSource::Banner { items } => ("轮播图", items.first().map_or("", |item| item.title.as_str())),
        BlockSource::Categories { .. } => ("分类入口", ""),
        BlockSource::Products { title, .. } => ("商品", title.as_str()),
        BlockSource::Text { title, .. } => ("文字", title.as_str()),
        BlockSource::Pictures { .. } => ("图片组", ""),
        BlockSource::Hotspot { title, .. } => ("热区图", title.as_str()),
        BlockSource::Video { title, .. } => ("视频", title.as_str()),
        BlockSource::Notice { text, .. } => ("公告", text.as_str()),
        BlockSource::Stores { title, .. } => ("门店", title.as_str()),
        BlockSource::Coupons { title, .. } => ("优惠券", title.as_str()),
        BlockSource::Limited { title, .. } => ("限时购", title.as_str()),
        BlockSource::Recommended { title, .. } => ("猜你喜欢", title.as_str()),
        BlockSource::Spacer { .. } => ("留白", ""),
    };
    let title: String = title.chars().take(12).collect();
    if title.is_empty() { kind.to_owned() } else { format!("{kind}“{title}”") }
}

/// Names of the fields whose values differ; a block of another kind differs as a whole.
fn differing(before: &BlockSource, after: &BlockSource) -> Vec<&'static str> {
    let (Ok(Value::Object(before)), Ok(Value::Object(after))) =
        (serde_json::to_value(before), serde_json::to_value(after))
    else {
        return Vec::new();
    };
    let mut parts: Vec<&str> = after
        .iter()
        .filter(|(field, value)| before.get(*field) != Some(*value))
        .map(|(field, _)| word(field))
        .collect();
    parts.dedup();
    parts
}

fn word(field: &str) -> &'static str {
    match field {
        "title" => "标题",
        "subtitle" => "副标题",
        "text" => "文字",
        "items" => "图片",
        "picture_key" => "图片",
        "spots" => "热区",
        "category_ids" => "分类",
        "store_ids" => "门店",
        "template_ids" => "优惠券",
        "source" => "商品来源",
        "limit" => "商品数量",
        "layout" => "排列方式",
        "more" | "link" => "链接",
        "columns" => "列数",
        "height" => "高度",
        "video_key" => "视频",
        "poster_key" => "封面",
        _ => "类型",
    }
}

/// Ids of the blocks that were picked up and put elsewhere: those outside the longest run that kept its order.
fn moved<'a>(before: &[PlacedBlock], after: &'a [PlacedBlock]) -> Vec<&'a str> {
    let kept: Vec<(usize, &str)> = after
        .iter()
        .filter_map(|placed| before.iter().position(|was| was.id == placed.id).map(|at| (at, placed.id.as_str())))
        .collect();
    // length of the longest rising run that ends here, and where it came from
    let mut runs: Vec<(usize, Option<usize>)> = Vec::with_capacity(kept.len());
    for (at, (place, _)) in kept.iter().enumerate() {
        let best = (0..at).filter(|earlier| kept[*earlier].0 < *place).max_by_key(|earlier| runs[*earlier].0);
        runs.push((best.map_or(1, |earlier| runs[earlier].0 + 1), best));
    }
    let mut still = vec![false; kept.len()];
    let mut end = (0..kept.len()).max_by_key(|at| runs[*at].0);
    while let Some(at) = end {
        still[at] = true;
        end = runs[at].1;
    }
    kept.iter().zip(still).filter(|(_, still)| !still).map(|((_, id), _)| *id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(blocks: &[(&str, BlockSource)]) -> Content {
        let place =
            |(id, block): &(&str, BlockSource)| PlacedBlock { id: (*id).into(), hidden: false, block: block.clone() };
        Content { title: "首页".into(), blocks: blocks.iter().map(place).collect() }
    }

    fn text(title: &str, text: &str) -> BlockSource {
        BlockSource::Text { title: title.into(), text: text.into() }
    }

    #[test]
    fn every_kind_of_change_is_said_once() {
        let before =
            content(&[("a", text("甲", "一")), ("b", text("乙", "二")), ("c", BlockSource::Spacer { height: 8 })]);
        let mut after =
            content(&[("c", BlockSource::Spacer { height: 8 }), ("a", text("甲", "壹")), ("d", text("丁", ""))]);
        after.blocks[1].hidden = true;
        after.title = "春天的首页".into();
        assert_eq!(
            changes(&before, &after),
            [
                "页面名称由“首页”改为“春天的首页”",
                "留白从第 3 个移到第 1 个",
                "隐藏文字“甲”",
                "修改文字“甲”：文字",
                "新增文字“丁”，在第 3 个",
                "删除文字“乙”",
            ]
        );
    }

    #[test]
    fn a_block_taken_to_the_top_is_the_only_one_that_moved() {
        let all: Vec<(&str, BlockSource)> = ["a", "b", "c", "d"].iter().map(|id| (*id, text(id, ""))).collect();
        let mut turned = all.clone();
        turned.rotate_right(1);
        assert_eq!(changes(&content(&all), &content(&turned)), ["文字“d”从第 4 个移到第 1 个"]);
        assert!(changes(&content(&all), &content(&all)).is_empty());
    }
}
