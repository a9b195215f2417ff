//! The two halves of the balance by chance: topped up with a gift, spent alone and beside a channel, taken back, refunded by
//! the piece and as a whole, principal sent home. A reference of ten lines says what each half holds; the ledger, the
//! statement, the finance report and the reconciliation say the same, fen by fen.
//! `HEFANG_FUZZ_SEED` repeats a run, `HEFANG_FUZZ_ROUNDS` makes it longer.

use crate::after_sale::{ask, decide, id_of, money_arrives};
use crate::balance;
use crate::hostile::{Dice, from_environment};
use std::collections::BTreeMap;
use testkit::{MemberClient, Order, Product, TestMall, Value, days, hours, json, minutes, on_both_engines};

const AMOUNT: i64 = 20_001;
const GIFT: i64 = 3_334;

struct Taken {
    order: Order,
    principal: i64,
    gift: i64,
    back: i64,
}

struct TopUp {
    purchase: String,
    refunded: i64,
}

/// What should be, by the rules: principal is spent before gift, gift comes back before principal.
#[derive(Default)]
struct Reference {
    principal: i64,
    gift: i64,
    moves: BTreeMap<(&'static str, &'static str), i64>,
    taken: Vec<Taken>,
    top_ups: Vec<TopUp>,
    paid: i64,
    returned: i64,
}

impl Reference {
    fn post(&mut self, kind: &'static str, principal: i64, gift: i64) {
        self.principal += principal;
        self.gift += gift;
        for (account, amount) in [("principal", principal), ("gift", gift)] {
            if amount != 0 {
                *self.moves.entry((account, kind)).or_default() += amount;
            }
        }
    }

    fn take(&mut self, amount: i64) -> (i64, i64) {
        let principal = amount.min(self.principal);
        self.post("balance_paid", -principal, principal - amount);
        (principal, amount - principal)
    }

    /// The balance's part of what an order gives back comes before the channel's.
    fn give_back(&mut self, at: usize, refund: i64) {
        let taken = &mut self.taken[at];
        let amount = refund.min(taken.principal + taken.gift - taken.back);
        let gift = (taken.back + amount).min(taken.gift) - taken.back.min(taken.gift);
        taken.back += amount;
        self.returned += amount;
        self.post("balance_refunded", amount - gift, gift);
    }

    fn send_home(&mut self, at: usize, amount: i64) {
        let top_up = &mut self.top_ups[at];
        let due = |refunded: i64| GIFT * refunded / AMOUNT;
        let gift = (due(top_up.refunded + amount) - due(top_up.refunded)).min(self.gift);
        top_up.refunded += amount;
        self.post("top_up_refunded", -amount, -gift);
    }
}

struct Walk<'a> {
    mall: &'a TestMall,
    ann: MemberClient,
    goods: Vec<Product>,
    plan: String,
    is: Reference,
}

impl Walk<'_> {
    async fn place(&self, dice: &mut Dice) -> Order {
        let pieces = [1 + dice.roll(3) as i64, 1 + dice.roll(2) as i64];
        let items: Vec<(&Product, i64)> = self.goods.iter().zip(pieces).collect();
        self.ann.place_order(&items).await.ok()
    }

    async fn step(&mut self, dice: &mut Dice) -> &'static str {
        let held = self.is.principal + self.is.gift;
        match dice.roll(8) {
            0 | 1 if held < 200_000 => {
                let purchase = balance::top_up(self.mall, &self.ann, &self.plan, AMOUNT).await;
                self.is.post("top_up", AMOUNT, GIFT);
                self.is.top_ups.push(TopUp { purchase, refunded: 0 });
                "top up"
            }
            2 => {
                let order = self.place(dice).await;
                let body = balance::by_password(order.total_fen, "135792");
                let path = format!("/api/v1/orders/{}/pay-from-balance", order.id);
                if held < order.total_fen {
                    self.ann.post(&path, body).await.refused("balance.not_enough");
                    return "too little";
                }
                self.ann.post(&path, body).await.ok();
                let (principal, gift) = self.is.take(order.total_fen);
                self.is.paid += order.total_fen;
                self.is.taken.push(Taken { order, principal, gift, back: 0 });
                "paid from the balance"
            }
            way @ 3..=5 if held > 0 => {
                let order = self.place(dice).await;
                let part = 1 + dice.roll(usize::try_from(held.min(order.total_fen - 1)).unwrap()) as i64;
                let mut body = balance::by_password(order.total_fen, "135792");
                body["amount_fen"] = part.into();
                let path = format!("/api/v1/orders/{}/balance-part", order.id);
                self.ann.post(&path, body).await.ok();
                let (principal, gift) = self.is.take(part);
                if way == 5 {
                    self.ann.delete(&path).await.ok();
                    self.is.post("balance_released", principal, gift);
                    return "a part taken and given up";
                }
                self.ann.pay(&order).await;
                self.is.paid += part;
                self.is.taken.push(Taken { order, principal, gift, back: 0 });
                "paid in two parts"
            }
            6 if !self.is.taken.is_empty() => {
                let at = dice.roll(self.is.taken.len());
                let refund = self.refund(dice, at).await;
                self.is.give_back(at, refund);
                "refunded"
            }
            _ if !self.is.top_ups.is_empty() => {
                let at = dice.roll(self.is.top_ups.len());
                let most = (AMOUNT - self.is.top_ups[at].refunded).min(self.is.principal);
                if most <= 0 {
                    return "nothing to send home";
                }
                let amount = 1 + dice.roll(usize::try_from(most).unwrap()) as i64;
                let path = format!("/admin/v1/purchases/{}/refund", self.is.top_ups[at].purchase);
                let body = json!({ "amount_fen": amount, "reason": "会员申请" });
                self.mall.staff_again().await.post(&path, body).await.ok();
                money_arrives(self.mall).await;
                self.is.send_home(at, amount);
                "principal sent home"
            }
            _ => "nothing",
        }
    }

    /// Some pieces of an order, or all of it; answers what went back by balance and channel together.
    async fn refund(&self, dice: &mut Dice, at: usize) -> i64 {
        let order = &self.is.taken[at].order;
        let refunded = async || {
            let refunds = self.ann.order(order).await["refunds"].clone();
            refunds.as_array().unwrap().iter().map(|refund| refund["amount_fen"].as_i64().unwrap()).sum::<i64>()
        };
        let before = refunded().await;
        if self.ann.status_of(order).await != "to_ship" {
            return 0;
        }
        if dice.roll(3) == 0 {
            self.mall.staff_again().await.refund(order, "缺货").await.ok();
        } else {
            let options = self.ann.get(&format!("/api/v1/orders/{}/after-sale-options", order.id)).await.ok();
            let open = options["lines"].as_array().unwrap().iter().find(|line| line["unsent"].as_i64() > Some(0));
            let line: i64 = open.unwrap()["line"]["id"].as_str().unwrap().parse().unwrap();
            let how = ("refund_only", "unsent", "changed_mind");
            let after = ask(&self.ann, order, how, &[(line, 1)]).await.ok();
            decide(self.mall, &id_of(&after), "approve", json!({})).await.ok();
        }
        money_arrives(self.mall).await;
        refunded().await - before
    }

    /// What the member sees and what the ledger holds.
    async fn holds(&self, note: &str) {
        assert_eq!(balance::held(&self.ann).await, (self.is.principal, self.is.gift), "{note}");
        let (mut path, mut left) = ("/api/v1/balance/statement".to_owned(), self.is.principal + self.is.gift);
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
        loop {
            let page = self.ann.get(&path).await.ok();
            for line in page["items"].as_array().unwrap() {
                assert_eq!(line["balance"].as_i64(), Some(left), "{note}: {line}");
                let word = |name: &str| line[name].as_str().unwrap().to_owned();
                let amount = line["amount"].as_i64().unwrap();
                *sums.entry((word("account"), word("kind"))).or_default() += amount;
                left -= amount;
            }
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/balance/statement?cursor={next}");
        }
        assert_eq!(left, 0, "{note}: the statement begins with nothing");
        let want =
            |((account, kind), amount): (&(&str, &str), &i64)| ((account.to_string(), kind.to_string()), *amount);
        assert_eq!(sums, self.is.moves.iter().map(want).collect(), "{note}");
        const POSTED: [&str; 2] = [
            "select cast(coalesce(sum(amount), 0) as bigint) from ledger_posting where mall_id = $1 and account = 'principal' and member_id <> 0",
            "select cast(coalesce(sum(amount), 0) as bigint) from ledger_posting where mall_id = $1 and account = 'gift' and member_id <> 0",
        ];
        let posted = (self.mall.number(POSTED[0]).await, self.mall.number(POSTED[1]).await);
        assert_eq!(posted, (self.is.principal, self.is.gift), "{note}");
    }

    /// Reports and reconciliation.
    async fn told(&self, note: &str) {
        let desk = self.mall.staff_with(&["finance.view"], None).await;
        let span = "from=2026-11-01&to=2027-01-31";
        for by in ["day", "channel"] {
            let report = desk.get(&format!("/admin/v1/finance/report?by={by}&{span}")).await.ok();
            for account in report["accounts"].as_array().unwrap() {
                let name = account["account"].as_str().unwrap();
                let mine = self.is.moves.iter().filter(|((account, _), _)| *account == name);
                let mine: BTreeMap<&str, i64> = mine.map(|((_, kind), amount)| (*kind, *amount)).collect();
                if !matches!(name, "principal" | "gift") {
                    continue;
                }
                let moves = account["moves"].as_array().unwrap().iter();
                let told = moves.map(|one| (one["kind"].as_str().unwrap(), one["amount"].as_i64().unwrap())).collect();
                assert_eq!(mine, told, "{note}: {account}");
                let closing = if name == "gift" { self.is.gift } else { self.is.principal };
                assert_eq!((account["opening"].as_i64(), account["closing"].as_i64()), (Some(0), Some(closing)));
            }
            if by == "channel" {
                let rows = report["rows"].as_array().unwrap();
                let row = rows.iter().find(|row| row["key"] == "balance").cloned().unwrap_or_default();
                let fen = |name: &str| row["money"][name].as_i64().unwrap_or(0);
                assert_eq!((fen("received_fen"), fen("received_order_fen")), (self.is.paid, self.is.paid), "{note}");
                assert_eq!(fen("returned_fen"), self.is.returned, "{note}: {row}");
            }
            let (sent_in, sent_home) = (AMOUNT * self.is.top_ups.len() as i64, self.home());
            let total = &report["total"]["money"];
            assert_eq!(total["top_up_fen"].as_i64(), Some(sent_in), "{note}");
            assert_eq!(total["top_up_returned_fen"].as_i64(), Some(sent_home), "{note}");
        }
    }

    fn home(&self) -> i64 {
        self.is.top_ups.iter().map(|top_up| top_up.refunded).sum()
    }

    async fn reconciled(&self, note: &str) {
        let desk = self.mall.staff_with(&["finance.view"], None).await;
        let days = desk.get("/admin/v1/reconciliation/days?channel=balance").await.ok();
        let days = days["items"].as_array().unwrap();
        assert!(days.iter().all(|day| day["state"] == "done"), "{note}");
        for side in ["ours", "theirs"] {
            let sum = |name: &str| days.iter().map(|day| day[side][name].as_i64().unwrap()).sum::<i64>();
            assert_eq!((sum("paid_fen"), sum("refunded_fen")), (self.is.paid, self.is.returned), "{note}: {side}");
        }
        let open = desk.get("/admin/v1/reconciliation/differences?status=all").await.ok();
        let none: [Value; 0] = [];
        assert_eq!(open["items"].as_array().unwrap()[..], none, "{note}");
    }
}

#[test]
fn both_halves_of_the_balance_add_up_in_statement_ledger_reports_and_reconciliation() {
    let seed = from_environment("HEFANG_FUZZ_SEED", 20_261_126);
    let rounds = from_environment("HEFANG_FUZZ_ROUNDS", 45);
    on_both_engines(async |mall| {
        let mut dice = Dice(seed);
        let plan = balance::plan(&mall, AMOUNT, GIFT).await;
        let goods = vec![
            mall.product("龙井").price_fen(3_007).stock(5_000).create().await,
            mall.product("盖碗").price_fen(1_999).stock(5_000).create().await,
        ];
        let ann = mall.member().await;
        balance::set_password(&mall, &ann).await;
        let mut walk = Walk { mall: &mall, ann, goods, plan, is: Reference::default() };
        for step in 0..rounds {
            let what = walk.step(&mut dice).await;
            let note = format!("HEFANG_FUZZ_SEED={seed}, step {step}: {what}");
            walk.holds(&note).await;
            if step % 9 == 8 {
                walk.told(&note).await;
            }
            mall.clock.advance(minutes(7) + if dice.roll(8) == 0 { hours(9) } else { 0 });
            mall.run_jobs().await;
        }
        // The days are over: kept, and held against the ledger.
        let note = format!("HEFANG_FUZZ_SEED={seed}, in the end");
        for _ in 0..3 {
            mall.clock.advance(days(1));
            mall.run_jobs().await;
        }
        walk.holds(&note).await;
        walk.told(&note).await;
        walk.reconciled(&note).await;
    });
}
