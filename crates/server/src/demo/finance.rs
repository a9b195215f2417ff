//! Something on the desks of finance: a completed order whose member asked for an invoice, and a bill of yesterday with a
//! payment that nobody at the mall knows of, with what moved on the account. Compared again, the bill of the stand-in settles
//! it. And a quiet day of each of the other channels.

use crate::flows::invoice as flow;
use db::{Tx, args};
use kernel::ports::{BillKind, BillLine, BillState};
use kernel::{Fen, Id, Result, hours};
use platform::{App, Ctx};
use trade::invoice::{self, NewInvoice, Title, TitleKind};
use trade::reconcile::{self, Window};

/// Writes it all.
pub(super) fn seed(tx: &mut Tx<'_>, app: &App, ctx: &Ctx) -> Result<()> {
    ask_for_an_invoice(tx, app, ctx)?;
    let day = ctx.now.day_at_offset(hours(8)) - 1;
    let run = reconcile::begin(tx, ctx, "wechat", day)?;
    let window = Window::of(day, hours(8));
    let stray = BillLine {
        kind: BillKind::Payment,
        number: "ZH20260001".into(),
        channel_number: format!("42000021{}", ctx.id()),
        amount: Fen(8_800),
        fee: Fen(53),
        state: BillState::Done,
        at: Some(window.from + hours(15)),
    };
    reconcile::take_lines(tx, ctx, "wechat", day, run, &[stray])?;
    reconcile::finish(tx, ctx, "wechat", window, Fen(53))?;
    funds(tx, ctx, day, window)?;
    for (channel, offset) in [("alipay", hours(8)), ("unionpay", hours(9))] {
        let quiet = ctx.now.day_at_offset(offset) - 2;
        reconcile::begin(tx, ctx, channel, quiet)?;
        reconcile::finish(tx, ctx, channel, Window::of(quiet, offset), Fen::ZERO)?;
    }
    Ok(())
}

/// What moved on the account that day: the same payment and its fee, and a withdrawal.
fn funds(tx: &mut Tx<'_>, ctx: &Ctx, day: i64, window: Window) -> Result<()> {
    let book = reconcile::WECHAT_FUNDS;
    let run = reconcile::begin(tx, ctx, book, day)?;
    let line = |kind, number: &str, fen, hour| BillLine {
        kind,
        number: number.to_owned(),
        channel_number: format!("42000021{}", ctx.id()),
        amount: Fen(fen),
        fee: Fen::ZERO,
        state: BillState::Done,
        at: Some(window.from + hours(hour)),
    };
    let lines = [
        line(BillKind::Payment, "ZH20260001", 8_800, 15),
        line(BillKind::Fee, "ZH20260001", 53, 15),
        line(BillKind::Other, "TX20260001", -500_000, 17),
    ];
    reconcile::take_lines(tx, ctx, book, day, run, &lines)?;
    reconcile::finish(tx, ctx, book, window, Fen(53))
}

fn ask_for_an_invoice(tx: &mut Tx<'_>, app: &App, ctx: &Ctx) -> Result<()> {
    let completed: Option<(Id, Id)> = tx.opt(
        "select id, member_id from trade_order where mall_id = $1 and status = 'completed' order by id limit 1",
        &args![ctx.mall_id],
    )?;
    let Some((order_id, member_id)) = completed else { return Ok(()) };
    let found = invoice::shares(tx, ctx.mall_id, &[order_id])?;
    let Some(share) = found.get(&order_id).filter(|share| share.is_open()) else { return Ok(()) };
    let title = Title {
        kind: TitleKind::Company,
        name: "杭州青禾文化传播有限公司".into(),
        tax_number: Some("91350100M000100Y43".into()),
        address: None,
        phone: None,
        bank: None,
        account: None,
        email: None,
    };
    let new = NewInvoice { order_ids: vec![order_id], title, expected: share.amount };
    let id = invoice::request(tx, ctx, &app.sealer, member_id, &new)?;
    flow::enqueue(tx, ctx, id, ctx.now)
}
