//! Messages to members about their after-sales, one per event, after commit.

use crate::flows::message;
use kernel::{Fen, Result};
use people::message::MessageKind;
use platform::App;
use platform::job::Handlers;
use platform::outbox::Event;
use serde_json::json;
use trade::after_sale::{self, AboutAfterSale, AfterSale, Kind, Status};

/// Events that members are told of, with the name of each subscription. What they did themselves they know, and that
/// money arrived is told by its refund.
const TOLD: [(&str, &str); 6] = [
    ("after_sale.approved", "tell_after_sale_approved"),
    ("after_sale.rejected", "tell_after_sale_rejected"),
    ("after_sale.received", "tell_after_sale_received"),
    ("after_sale.exchanged", "tell_after_sale_exchanged"),
    ("after_sale.refunding", "tell_after_sale_refunding"),
    ("after_sale.escalated", "tell_after_sale_escalated"),
];

/// The subscriptions.
pub fn messages(handlers: &mut Handlers) {
    for (event, name) in TOLD {
        handlers.subscribe(event, name, tell);
    }
    handlers.subscribe("after_sale.cancelled", "tell_after_sale_lapsed", tell);
}

/// The subscriber of all of them.
pub async fn tell(app: App, event: Event) -> Result<()> {
    let about: AboutAfterSale = event.read()?;
    let word = event.kind.clone();
    message::tell(app, event, MessageKind::AfterSale, about.order_id, move |tx, ctx, _, goods| {
        let after = after_sale::find(tx, ctx.mall_id, about.after_sale_id)?;
        let log = after_sale::events(tx, ctx.mall_id, after.id)?;
        let lapsed = log.iter().any(|entry| entry.kind == "lapsed");
        Ok(words(&word, &after, goods, lapsed).map(|(title, text)| {
            let facts = json!({ "after_sale_id": after.id, "event": word, "amount_fen": refund(&after).0 });
            (title.to_owned(), text, facts)
        }))
    })
    .await
}

fn refund(after: &AfterSale) -> Fen {
    Fen(after.goods.0 + after.freight.0)
}

fn words(event: &str, after: &AfterSale, goods: &str, lapsed: bool) -> Option<(&'static str, String)> {
    let why = after.answer.as_deref().map_or_else(String::new, |answer| format!("：{answer}"));
    let amount = refund(after);
    Some(match event {
        "after_sale.approved" if after.kind == Kind::RefundOnly => {
            ("售后已同意", format!("“{goods}”的退款 ¥{amount} 已发起，原路退回。"))
        }
        // Brought back to a counter: it is there already.
        "after_sale.approved" if after.status != Status::Approved => return None,
        "after_sale.approved" => ("请寄回商品", format!("“{goods}”的售后已同意，请按地址寄回并填写运单号。")),
        "after_sale.rejected" => {
            ("售后没有通过", format!("“{goods}”的售后申请没有通过{why}。有异议可以申请平台处理。"))
        }
        "after_sale.received" if after.kind == Kind::Exchange => {
            ("商家已收到商品", format!("“{goods}”已验收，换的商品会尽快发出。"))
        }
        "after_sale.received" => ("商家已收到商品", format!("“{goods}”已验收，退款 ¥{amount} 原路退回。")),
        "after_sale.exchanged" => ("换货已发出", format!("“{goods}”换的商品已发出，请留意查收。")),
        "after_sale.refunding" => ("换货改为退款", format!("“{goods}”没有可换的商品，退款 ¥{amount} 原路退回。")),
        "after_sale.escalated" => ("平台正在处理", format!("“{goods}”的售后由平台处理，请耐心等待结果。")),
        "after_sale.cancelled" if lapsed => ("售后已关闭", format!("“{goods}”没有在期限内寄回，售后已关闭。")),
        _ => return None,
    })
}
