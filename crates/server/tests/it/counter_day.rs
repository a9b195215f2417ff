//! A day at two stores: three clerks, a hundred members and people nobody knows, sold to at the same time in every way there
//! is, some of it brought back, one stretch without a network. At the end stock, drawers, points, balances and the finance
//! report agree to the unit and the fen.

use crate::counter::{Till, cash, order_of, till};
use std::collections::HashMap;
use std::sync::Arc;
use testkit::{MemberClient, Product, Store, TestMall, Value, json, minutes, on_both_engines};
use tokio::task::JoinSet;

/// What the clerks wrote down themselves, to hold against what the mall says.
#[derive(Default)]
struct Notebook {
    /// Pieces that left the shelf of a store, by product.
    gone: HashMap<(usize, usize), i64>,
    sold_fen: HashMap<usize, i64>,
    back_fen: HashMap<usize, i64>,
    /// Cash in each till.
    cash_fen: HashMap<usize, i64>,
    /// By member: what the balance paid, less what came back.
    balance_fen: HashMap<usize, i64>,
}

struct Day {
    stores: Vec<Store>,
    goods: Vec<Product>,
    tills: Vec<Till>,
    members: Vec<MemberClient>,
}

const STOCK: i64 = 400;
const GIFT_FEN: i64 = 50_000;

async fn open(mall: &TestMall) -> Day {
    crate::points::open_programme(mall).await;
    let stores = vec![mall.store("湖滨店").await, mall.store("城西店").await];
    let mut goods = Vec::new();
    for (name, price) in [("龙井", 8_800), ("茶杯", 3_333), ("茶点", 1_990)] {
        let product = mall.product(name).price_fen(price).stock(0).create().await;
        for store in &stores {
            store.receive(mall, &product, STOCK).await;
        }
        goods.push(product);
    }
    let tills = vec![
        till(mall, &stores[0], 50_000).await,
        till(mall, &stores[0], 30_000).await,
        till(mall, &stores[1], 40_000).await,
    ];
    let members = mall.members(100).await;
    for member in &members {
        let gift = json!({ "account": "gift", "amount": GIFT_FEN, "reason": "开业" });
        mall.staff().post(&format!("/admin/v1/members/{}/adjustments", member.id), gift).await.ok();
    }
    Day { stores, goods, tills, members }
}

/// What one customer bought, and what became of it.
struct Bought {
    member: Option<usize>,
    till: usize,
    product: usize,
    pieces: i64,
    total: i64,
    cash: i64,
    balance: i64,
    order: String,
}

impl Day {
    /// The customer number `n` at a till; how they pay and how much follow from the number.
    async fn serve(&self, n: usize, till_at: usize) -> Bought {
        let till = &self.tills[till_at];
        let round = n / 100;
        let member = (!(n + round).is_multiple_of(5)).then_some(n % self.members.len());
        let (product, pieces) = (n % self.goods.len(), 1 + i64::try_from(n % 3).unwrap());
        let basket = [(&self.goods[product], pieces)];
        let who = member.map(|at| &self.members[at]);
        let total = till.quote(&basket, who, json!({})).await["total_fen"].as_i64().unwrap();
        let mut body = till.sale(&basket, total, json!([]));
        body["member_id"] = json!(who.map(|member| member.id));
        let code = json!({ "kind": "code", "auth_code": "130000000000000000" });
        let with = |mut tender: Value, amount: i64| {
            tender["amount_fen"] = json!(amount);
            tender
        };
        let cash = |amount: i64| with(json!({ "kind": "cash", "tendered_fen": amount + 50 }), amount);
        let part = total / 3;
        let (tenders, in_cash, from_balance) = match ((n + round) % 4, who) {
            (0, _) => (vec![cash(total)], total, 0),
            (1, _) => (vec![cash(part), with(code, total - part)], part, 0),
            (2, Some(who)) => {
                let shown = who.get("/api/v1/me/member-code").await.ok()["code"].clone();
                let balance = json!({ "kind": "balance", "member_code": shown });
                (vec![with(balance, part), cash(total - part)], total - part, part)
            }
            _ => (vec![with(json!({ "kind": "other", "note": "商场卡" }), part), with(code, total - part)], 0, 0),
        };
        body["tenders"] = json!(tenders);
        let sale = till.clerk.post("/admin/v1/counter/sales", body).await.ok();
        assert_eq!(sale["state"], "paid");
        let order = order_of(&sale);
        Bought { member, till: till_at, product, pieces, total, cash: in_cash, balance: from_balance, order }
    }

    fn store_of(&self, till: usize) -> usize {
        usize::from(till == 2)
    }
}

impl Notebook {
    fn sold(&mut self, day: &Day, one: &Bought) {
        let store = day.store_of(one.till);
        *self.gone.entry((store, one.product)).or_default() += one.pieces;
        *self.sold_fen.entry(store).or_default() += one.total;
        *self.cash_fen.entry(one.till).or_default() += one.cash;
        if let Some(member) = one.member {
            *self.balance_fen.entry(member).or_default() += one.balance;
        }
    }
}

#[test]
fn a_day_at_two_stores_adds_up_to_the_unit_and_the_fen() {
    on_both_engines(async |mall| {
        let day = Arc::new(open(&mall).await);
        let mut book = Notebook::default();
        // Three clerks at once, each with a row of customers; every member comes twice.
        let mut bought: Vec<Bought> = Vec::new();
        for round in 0..2 {
            let mut at_work = JoinSet::new();
            for till in 0..day.tills.len() {
                let day = day.clone();
                at_work.spawn(async move {
                    let mut row = Vec::new();
                    for n in (round * 100 + till..round * 100 + 100).step_by(3) {
                        row.push(day.serve(n, till).await);
                    }
                    row
                });
            }
            bought.extend(at_work.join_all().await.into_iter().flatten());
            mall.clock.advance(minutes(20));
        }
        bought.iter().for_each(|one| book.sold(&day, one));
        mall.run_jobs().await;
        // An hour without a network at the second store, told afterwards, one of them twice.
        let tea = &day.goods[0];
        let till = &day.tills[2];
        let mut alone = till.sale(&[(tea, 1)], 8_800, cash(8_800));
        alone["rung_at"] = json!((mall.clock_now() + 0).to_string());
        mall.clock.advance(minutes(60));
        for key in ["alone-1", "alone-2", "alone-1"] {
            till.clerk.post_once("/admin/v1/counter/sales", key, alone.clone()).await.ok();
        }
        *book.gone.entry((1, 0)).or_default() += 2;
        *book.sold_fen.entry(1).or_default() += 17_600;
        *book.cash_fen.entry(2).or_default() += 17_600;
        // Every ninth customer brings one piece back.
        for one in bought.iter().step_by(9) {
            let till = &day.tills[one.till];
            let back = json!({ "shift_id": till.shift, "reason": "no_reason",
                "lines": [{ "line_id": "1", "quantity": 1, "sellable_quantity": 1 }] });
            let path = format!("/admin/v1/counter/sales/{}/return", one.order);
            let returned = till.clerk.post(&path, back).await.ok();
            let by = |channel: &str| {
                let refunds = returned["refunds"].as_array().unwrap().iter();
                refunds
                    .filter(|one| one["channel"] == channel)
                    .map(|one| one["amount_fen"].as_i64().unwrap())
                    .sum::<i64>()
            };
            let store = day.store_of(one.till);
            *book.gone.entry((store, one.product)).or_default() -= 1;
            *book.back_fen.entry(store).or_default() += returned["refund_fen"].as_i64().unwrap();
            *book.cash_fen.entry(one.till).or_default() -= by("cash");
            if let Some(member) = one.member {
                *book.balance_fen.entry(member).or_default() -= by("balance");
            }
        }
        mall.run_jobs().await;
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        mall.run_jobs().await;
        adds_up(&mall, &day, &book).await;
    });
}

async fn adds_up(mall: &TestMall, day: &Day, book: &Notebook) {
    for (store_at, store) in day.stores.iter().enumerate() {
        for (product_at, product) in day.goods.iter().enumerate() {
            let gone = book.gone.get(&(store_at, product_at)).copied().unwrap_or(0);
            assert_eq!(mall.stock_at(product, store.location_id).await, (STOCK - gone, 0), "{}", product.name);
        }
    }
    let owner = mall.staff();
    let mut drawers = 0;
    for (at, till) in day.tills.iter().enumerate() {
        let float = [50_000, 30_000, 40_000][at];
        let expected = float + book.cash_fen[&at];
        let closed = till.close(expected, None).await.ok();
        assert_eq!((&closed["expected_fen"], &closed["difference_fen"]), (&json!(expected), &json!(0)));
        drawers += closed["cash_sales_fen"].as_i64().unwrap();
    }
    for (at, member) in day.members.iter().enumerate() {
        let spent = book.balance_fen.get(&at).copied().unwrap_or(0);
        assert_eq!(member.get("/api/v1/balance").await.ok()["total_fen"], GIFT_FEN - spent);
    }
    // The settlement of each store, and the report of the whole, say the same.
    let date = mall.clock_now().date_at_offset(testkit::hours(8));
    let report = owner.get(&format!("/admin/v1/finance/report?by=store&from={date}&to={date}")).await.ok();
    let mut cash_received = 0;
    for (at, store) in day.stores.iter().enumerate() {
        let settled = owner.get(&format!("/admin/v1/counter/settlement?store_id={}", store.id)).await.ok();
        let (sold, back) = (book.sold_fen[&at], book.back_fen.get(&at).copied().unwrap_or(0));
        assert_eq!((&settled["sold_fen"], &settled["returned_fen"]), (&json!(sold), &json!(back)));
        let sum = |what: &str| -> i64 {
            settled["channels"].as_array().unwrap().iter().map(|one| one[what].as_i64().unwrap()).sum()
        };
        assert_eq!((sum("received_fen"), sum("returned_fen")), (sold, back));
        assert_eq!(settled["cash_given_elsewhere_fen"], 0);
        let cash = settled["channels"].as_array().unwrap().iter().find(|one| one["channel"] == "cash").unwrap();
        assert_eq!(cash["received_fen"], settled["drawer_sales_fen"]);
        cash_received += cash["received_fen"].as_i64().unwrap();
        let row = report["rows"].as_array().unwrap().iter().find(|row| row["key"] == store.id.to_string()).unwrap();
        assert_eq!((&row["sales_fen"], &row["refunded_fen"]), (&json!(sold), &json!(back)), "{row}");
    }
    assert_eq!(cash_received, drawers);
    // Points: what the ledger says is what the orders earned, and nobody unknown holds any.
    let drift = mall.number("select count(*) from ledger_balance b join member m on m.mall_id = b.mall_id and m.id = b.member_id where b.mall_id = $1 and m.kind = 'guest' and b.amount <> 0");
    assert_eq!(drift.await, 0);
    let posted = mall.number("select coalesce(cast(sum(amount) as bigint), 0) from ledger_posting where mall_id = $1 and account = 'points' and member_id <> 0").await;
    let earned = mall.number("select coalesce(cast(sum(points_given - points_taken - points_spent + points_returned) as bigint), 0) from order_reward where mall_id = $1").await;
    assert!(posted > 0);
    assert_eq!(posted, earned);
    let (app, mall_id) = (mall.world.app().clone(), mall.id);
    let found = app.db.read(move |tx| people::ledger::drift(tx, mall_id)).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
}
