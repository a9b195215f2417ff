//! The process dies before and after every commit of a payment, a refund and a payout. It is started again over the same
//! database, the people outside either try again or walk away, the channel repeats its notices, and time passes. In the end
//! every order is settled one way, no money went back twice, the ledger balances and the bill agrees with the books.

use db::testing::Moment;
use people::ledger::{self, Account, Entry};
use testkit::{Engine, LocalNotice, MemberClient, Product, TestMall, Value, World, days, json, minutes};

/// What the people outside know: their keys and what they were told so far.
#[derive(Clone, Default)]
struct Known {
    tag: String,
    total: i64,
    order: Option<String>,
    payment: Option<String>,
    transfer: Option<String>,
    /// Notices the channel repeats until they are taken.
    notices: Vec<LocalNotice>,
}

/// One flow with its people.
#[derive(Clone)]
struct Scene {
    ann: MemberClient,
    tea: Product,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flow {
    Sale,
    Payout,
}

impl Flow {
    fn steps(self) -> usize {
        match self {
            Flow::Sale => 8,
            Flow::Payout => 4,
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Delivers what the channel has to say; what is not taken is said again later.
async fn hear(mall: &TestMall, known: &mut Known) {
    known.notices.extend(mall.wechat.finish_refunds());
    while let Some(notice) = known.notices.first().cloned() {
        if !mall.deliver(&notice).await.status.is_success() {
            break;
        }
        known.notices.remove(0);
    }
}

/// One step of a flow; doing it again is what a person does whose page hung.
async fn step(mall: &TestMall, scene: &Scene, known: &mut Known, flow: Flow, at: usize) {
    let ann = scene.ann.at(mall);
    match (flow, at) {
        (Flow::Sale, 0) => {
            let body = json!({ "source": "now", "items": [{ "sku_id": scene.tea.sku().id, "quantity": 1 }],
                "delivery": ann.express(), "expected_total_fen": known.total });
            let placed = ann.post_once("/api/v1/orders", &format!("place-{}", known.tag), body).await.ok();
            known.order = text(&placed["orders"][0]["id"]);
        }
        (Flow::Sale, 1) => {
            let Some(order) = &known.order else { return };
            let body = json!({ "channel": "wechat", "scene": "native" });
            let key = format!("pay-{}", known.tag);
            let answer = ann.post_once(&format!("/api/v1/orders/{order}/pay"), &key, body).await;
            known.payment = answer.status.is_success().then(|| text(&answer.json()["payment_id"])).flatten();
        }
        (Flow::Sale, 2) => {
            let Some(payment) = known.payment.clone() else { return };
            if known.notices.is_empty() && ann.payment(&payment).await["status"] == "pending" {
                known.notices.push(mall.wechat.pay(&payment));
            }
            hear(mall, known).await;
        }
        (Flow::Sale, 4) => {
            let Some(order) = &known.order else { return };
            // The second time the order is closed already, which is what staff wanted.
            let path = format!("/admin/v1/orders/{order}/refund");
            mall.staff_again().await.post(&path, json!({ "reason": "缺货" })).await;
        }
        (Flow::Sale, 6) | (Flow::Payout, 2) => hear(mall, known).await,
        (Flow::Payout, 0) => {
            let path = format!("/admin/v1/members/{}/transfers", ann.id);
            let body = json!({ "amount_fen": 1_000, "remark": known.tag.chars().take(20).collect::<String>() });
            let key = format!("payout-{}", known.tag);
            let made = mall.staff_again().await.post_once(&path, &key, body).await;
            if made.status.is_success() {
                known.transfer = text(&made.json()["id"]);
            }
        }
        (Flow::Payout, 1) => {
            let Some(transfer) = &known.transfer else { return };
            let seen = ann.get(&format!("/api/v1/transfers/{transfer}")).await.ok();
            if seen["status"] == "waiting" && known.notices.is_empty() {
                known.notices.push(mall.wechat.transfers.confirm(&format!("T{transfer}")));
            }
            hear(mall, known).await;
        }
        _ => drop(mall.run_jobs().await),
    }
}

/// One run of a flow, dying at a commit; answers the mall as it is afterwards and whether it died.
async fn run(
    mall: TestMall,
    scene: &Scene,
    flow: Flow,
    tag: &str,
    death: Option<(u64, Moment)>,
    tries_again: bool,
) -> (TestMall, bool) {
    let mut mall = mall;
    let ann = scene.ann.at(&mall);
    let mut known = Known { tag: tag.to_owned(), ..Known::default() };
    match flow {
        Flow::Sale => known.total = ann.quote(&[(&scene.tea, 1)]).await.ok()["total_fen"].as_i64().unwrap(),
        Flow::Payout => earn(&mall, &ann).await,
    }
    if let Some((commit, moment)) = death {
        mall.world.app().db.death().plan(commit, moment);
    }
    let (mut at, mut died) = (0, false);
    // After the flow time passes three times: unpaid orders close, sweeps ask the channel, it repeats its notices.
    while at < flow.steps() + 3 {
        let alive = if at < flow.steps() {
            mall.world.until_death(step(&mall, scene, &mut known, flow, at)).await
        } else {
            mall.world.until_death(time_passes(&mall, &mut known)).await
        };
        if alive.is_some() {
            at += 1;
            continue;
        }
        died = true;
        mall = mall.in_world(&mall.world.restarted().await);
        if !tries_again {
            at = at.max(flow.steps());
        }
    }
    (mall, died)
}

async fn time_passes(mall: &TestMall, known: &mut Known) {
    mall.clock.advance(minutes(31));
    mall.run_jobs().await;
    hear(mall, known).await;
}

async fn earn(mall: &TestMall, ann: &MemberClient) {
    let (ctx, member_id) = (mall.ctx(), ann.id);
    let earned = mall.world.app().db.write(move |tx| {
        let (source_id, account) = (ctx.id(), Account::Commission);
        ledger::credit(tx, &ctx, &Entry { account, member_id, kind: "earned", source_id, amount: 5_000, note: "测试" })
    });
    assert!(earned.await.unwrap());
}

/// What must hold after each run, whatever died.
async fn check(mall: &TestMall, what: &str) {
    let broken = mall.world.broken_promises().await;
    assert!(broken.is_empty(), "{what}: {broken:?}");
    let kept = mall
        .number("select coalesce(cast(sum(paid_fen - refunded_fen) as bigint), 0) from trade_order where mall_id = $1")
        .await;
    assert_eq!(mall.wechat.balance().0, kept, "{what}: what the channel holds is what the orders keep");
    for (promise, sql) in [
        ("no order hangs", "select count(*) from trade_order where mall_id = $1 and status = 'unpaid'"),
        ("no payment hangs", "select count(*) from payment where mall_id = $1 and status in ('pending', 'refunding')"),
        ("no refund hangs", "select count(*) from refund where mall_id = $1 and status <> 'done'"),
        (
            "no payment is refunded twice",
            "select count(*) from (select payment_id from refund where mall_id = $1 group by payment_id having count(*) > 1) twice",
        ),
        (
            "no transfer hangs",
            "select count(*) from transfer where mall_id = $1 and status in ('requested', 'accepted', 'arriving', 'cancelling')",
        ),
        (
            "no payout is made twice",
            "select count(*) from (select remark from transfer where mall_id = $1 group by remark having count(*) > 1) twice",
        ),
        ("no job waits", "select count(*) from job where mall_id = $1 and state <> 'ready'"),
    ] {
        assert_eq!(mall.number(sql).await, 0, "{what}: {promise}");
    }
    let refunds = mall.number("select count(*) from refund where mall_id = $1").await;
    assert_eq!(mall.wechat.refund_count() as i64, refunds, "{what}: the channel knows the same refunds");
    // What left the account is on its way or arrived, and nothing else is.
    let left = mall
        .number(
            "select coalesce(cast(-sum(amount) as bigint), 0) from ledger_posting
         where mall_id = $1 and account = 'commission' and kind <> 'earned'",
        )
        .await;
    let under_way = mall
        .number(
            "select coalesce(cast(sum(amount_fen) as bigint), 0) from transfer
         where mall_id = $1 and status not in ('failed', 'cancelled')",
        )
        .await;
    assert_eq!(left, under_way, "{what}: commission is in one place");
    let arrived = mall
        .number(
            "select coalesce(cast(sum(amount_fen) as bigint), 0) from transfer where mall_id = $1 and status = 'done'",
        )
        .await;
    assert_eq!(mall.wechat.transfers.paid_out().0, arrived, "{what}: what arrived is booked");
}

/// Both sides of a commit, with people who try again and people who walk away; half of them in turn where a restart costs
/// more.
fn cases(engine: Engine, commit: u64) -> Vec<(Moment, bool)> {
    let (first, second) = if commit.is_multiple_of(2) { (true, false) } else { (false, true) };
    let some = vec![(Moment::Before, first), (Moment::After, second)];
    let others = [(Moment::Before, second), (Moment::After, first)];
    match engine {
        Engine::Sqlite => some.into_iter().chain(others).collect(),
        Engine::Postgres => some,
    }
}

/// Dies at every commit of a flow, on both sides of it, with people who try again and people who walk away.
fn dies_everywhere(engine: Engine, flow: Flow) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new(engine, |_| {}).await;
        let mut mall = world.found("first").await;
        let ann = mall.member().await;
        ann.open_in_mini_program("ann").await;
        let tea = mall.product("龙井").price_fen(6_600).stock(10_000).create().await;
        let scene = Scene { ann, tea };
        let before = mall.world.app().db.death().commits();
        mall = run(mall, &scene, flow, "whole", None, true).await.0;
        check(&mall, "nobody died").await;
        let commits = mall.world.app().db.death().commits() - before;
        let (mut deaths, mut commit) = (0, 1);
        // The count of the whole run bounds the loop; a run in which nobody died any more has passed its last commit.
        while commit <= commits {
            let mut any = false;
            for (moment, tries_again) in cases(engine, commit) {
                let what = format!("{flow:?} on {}: {moment:?} commit {commit}, again: {tries_again}", engine.name());
                let tag = format!("{commit}-{moment:?}-{tries_again}");
                let died;
                (mall, died) = run(mall, &scene, flow, &tag, Some((commit, moment)), tries_again).await;
                if !died {
                    // The plan must not strike later.
                    mall = mall.in_world(&mall.world.restarted().await);
                }
                check(&mall, &what).await;
                any |= died;
                deaths += usize::from(died);
            }
            if !any {
                break;
            }
            commit += 1;
        }
        assert!(deaths >= 2 * flow.steps(), "only {deaths} deaths");
        // The next mornings the bills are held against the books.
        for _ in 0..2 {
            mall.clock.advance(days(1));
            mall.run_jobs().await;
        }
        let open = mall.number("select count(*) from bill_difference where mall_id = $1 and status = 'open'").await;
        assert_eq!(open, 0, "the bills agree");
        mall.world.finish().await;
    });
}

#[test]
fn a_sale_and_its_refund_survive_a_death_at_every_commit_on_sqlite() {
    dies_everywhere(Engine::Sqlite, Flow::Sale);
}

#[test]
fn a_sale_and_its_refund_survive_a_death_at_every_commit_on_postgres() {
    dies_everywhere(Engine::Postgres, Flow::Sale);
}

#[test]
fn a_payout_survives_a_death_at_every_commit() {
    dies_everywhere(Engine::Sqlite, Flow::Payout);
    dies_everywhere(Engine::Postgres, Flow::Payout);
}
