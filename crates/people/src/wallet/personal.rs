//! What points, membership and balance keep of a member, in the words of the privacy centre. The books stay when an
//! account is gone, as numbers; birthday, notices and password go. Money that is left goes back to its owner first.

use crate::hooks::{PersonalData, Section, UnderWay};
use crate::ledger::{self, Account};
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use platform::{App, Ctx};
use serde_json::{Value, json};

/// This part of a member's data.
pub struct ClubData;

const POSTINGS: &[(&str, &str)] = &[("account", "账户"), ("amount", "变动"), ("note", "事由"), ("at", "时间")];
const GROWTH: &[(&str, &str)] = &[("amount", "成长值"), ("note", "事由"), ("at", "时间")];
const PURCHASES: &[(&str, &str)] =
    &[("title", "购买"), ("amount_fen", "金额（分）"), ("status", "状态"), ("created_at", "时间")];
const BIRTHDAY: &[(&str, &str)] = &[("birthday", "生日（月日）")];

impl PersonalData for ClubData {
    fn gather(&self, tx: &mut Tx<'_>, _: &App, mall_id: MallId, member: Id) -> Result<Vec<Section>> {
        let own = args![mall_id, member];
        let postings: Vec<(String, i64, String, kernel::Instant)> = tx.all(
            "select account, amount, note, at from ledger_posting where mall_id = $1 and member_id = $2 order by id",
            &own,
        )?;
        let growth: Vec<(i64, String, kernel::Instant)> = tx
            .all("select amount, note, at from growth_entry where mall_id = $1 and member_id = $2 order by id", &own)?;
        let purchases: Vec<(String, i64, String, kernel::Instant)> = tx.all(
            "select title, amount_fen, status, created_at from wallet_purchase
             where mall_id = $1 and member_id = $2 order by id",
            &own,
        )?;
        let birthday: Vec<(i64,)> = tx.all(
            "select birthday from membership where mall_id = $1 and member_id = $2 and birthday is not null",
            &own,
        )?;
        let four = |(a, b, c, d): (String, i64, String, kernel::Instant)| -> Vec<Value> {
            vec![json!(a), json!(b), json!(c), json!(d)]
        };
        let growth = growth.into_iter().map(|(amount, note, at)| vec![json!(amount), json!(note), json!(at)]);
        Ok(vec![
            Section {
                name: "ledger",
                title: "积分与余额",
                columns: POSTINGS,
                rows: postings.into_iter().map(four).collect(),
            },
            Section { name: "growth", title: "成长值", columns: GROWTH, rows: growth.collect() },
            Section {
                name: "purchases",
                title: "储值与付费会员",
                columns: PURCHASES,
                rows: purchases.into_iter().map(four).collect(),
            },
            Section {
                name: "birthday",
                title: "生日",
                columns: BIRTHDAY,
                rows: birthday.into_iter().map(|(birthday,)| vec![json!(birthday)]).collect(),
            },
        ])
    }

    fn under_way(&self, tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<Vec<UnderWay>> {
        let held = ledger::balance(tx, mall_id, member, Account::Principal)?;
        let left = UnderWay { kind: "balance".into(), id: member, state: "has_balance".into() };
        Ok(if held > 0 { vec![left] } else { Vec::new() })
    }

    fn erase(&self, tx: &mut Tx<'_>, ctx: &Ctx, member: Id) -> Result<()> {
        let own = args![ctx.mall_id, member];
        tx.exec("delete from membership where mall_id = $1 and member_id = $2", &own)?;
        tx.exec("delete from member_notice where mall_id = $1 and member_id = $2", &own)?;
        tx.exec("delete from check_in where mall_id = $1 and member_id = $2", &own)?;
        tx.exec("delete from member_gift where mall_id = $1 and member_id = $2", &own)?;
        tx.exec("delete from growth_entry where mall_id = $1 and member_id = $2", &own)?;
        tx.exec("delete from pay_password where mall_id = $1 and member_id = $2", &own)?;
        Ok(())
    }
}
