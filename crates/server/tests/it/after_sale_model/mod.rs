//! The order and after-sale machines beside a small model of them: members, staff, clocks and the channel do things by
//! chance; the model says what may succeed and where everything stands then. The same seed tells the same story
//! (`HEFANG_FUZZ_SEED`, `HEFANG_FUZZ_ROUNDS`); a failure prints it with the steps that led there.

mod reference;

use crate::after_sale::{ask, decide};
use crate::hostile::{Dice, from_environment};
use reference::{After, DAY, Line, Model};
use testkit::{MemberClient, Order, Product, Reply, TestMall, Value, json, minutes, on_both_engines};

struct Story<'a> {
    mall: &'a TestMall,
    ann: &'a MemberClient,
    order: Order,
    model: Model,
    dice: Dice,
    steps: Vec<String>,
}

impl Story<'_> {
    #[track_caller]
    fn agree(&mut self, what: String, expected: bool, reply: &Reply) -> bool {
        self.steps.push(format!("{what} → {}", reply.status));
        assert_eq!(reply.status.is_success(), expected, "{:#?}\n{:#?}\n{reply:?}", self.steps, self.model);
        assert!(reply.status.as_u16() < 500, "{reply:?}");
        expected
    }

    fn some_after(&mut self) -> Option<usize> {
        (!self.model.afters.is_empty()).then(|| self.dice.roll(self.model.afters.len()))
    }

    async fn ask(&mut self) {
        let ways = [
            ("refund_only", "unsent", "changed_mind"),
            ("refund_only", "sent", "quality"),
            ("return_refund", "sent", "quality"),
            ("exchange", "sent", "quality"),
            ("refund_only", "sent", "agreed"),
            ("return_refund", "sent", "agreed"),
        ];
        let how = *self.dice.pick(&ways);
        let mut asked = Vec::new();
        for line in 0..self.model.lines.len() {
            if self.dice.roll(2) == 0 {
                asked.push((line, 1 + self.dice.roll(3) as i64));
            }
        }
        if asked.is_empty() {
            return;
        }
        let wire: Vec<(i64, i64)> = asked.iter().map(|(line, pieces)| (*line as i64 + 1, *pieces)).collect();
        let open = ["to_ship", "shipped", "completed"].contains(&self.model.order);
        let expected = open && self.model.is_free(how.1, &asked);
        let reply = ask(self.ann, &self.order, how, &wire).await;
        if self.agree(format!("ask {how:?} {asked:?}"), expected, &reply) {
            let after = After {
                id: reply.json()["id"].as_str().unwrap().to_owned(),
                kind: how.0,
                stage: how.1,
                is_shops_fault: how.2 == "quality",
                freight: 0,
                status: "requested",
                asked,
                accepted: Vec::new(),
                sent_back: false,
                is_final: false,
                due: self.model.now + 2 * DAY,
                updated: self.model.now,
                failed: false,
            };
            self.model.afters.push(after);
            self.model.claim(self.model.afters.len() - 1, 1);
        }
    }

    async fn member(&mut self, verb: &str) {
        let Some(at) = self.some_after() else { return };
        let after = self.model.afters[at].clone();
        let body = match verb {
            "send-back" => json!({ "carrier_code": "sf", "tracking_number": format!("SF77{:08}", self.steps.len()) }),
            "escalate" => json!({ "reason": "不同意" }),
            _ => json!({}),
        };
        let in_time = self.model.now <= after.updated + 7 * DAY;
        let expected = match verb {
            "send-back" => after.status == "approved",
            "escalate" => {
                after.status == "rejected"
                    && !after.is_final
                    && in_time
                    && self.model.is_free(after.stage, &after.asked)
            }
            _ => ["requested", "approved", "escalated"].contains(&after.status) && !after.sent_back,
        };
        let reply = self.ann.post(&format!("/api/v1/after-sales/{}/{verb}", after.id), body).await;
        if !self.agree(format!("member {verb} {at}"), expected, &reply) {
            return;
        }
        match verb {
            "send-back" => {
                self.model.afters[at].sent_back = true;
                self.model.set(at, "returning", self.model.now + 10 * DAY);
            }
            "escalate" => {
                self.model.claim(at, 1);
                self.model.set(at, "escalated", 0);
            }
            _ => {
                self.model.claim(at, -1);
                self.model.set(at, "cancelled", 0);
            }
        }
    }

    async fn staff(&mut self, verb: &str) {
        let Some(at) = self.some_after() else { return };
        let after = self.model.afters[at].clone();
        let mut accepted = Vec::new();
        let body = match verb {
            "receive" => {
                let mut lines = Vec::new();
                for (line, pieces) in &after.asked {
                    let taken = self.dice.roll(usize::try_from(*pieces).unwrap() + 1) as i64;
                    let sellable = self.dice.roll(usize::try_from(taken).unwrap() + 1) as i64;
                    accepted.push(taken);
                    lines.push(json!({ "line_id": (line + 1).to_string(), "sellable_quantity": sellable,
                        "damaged_quantity": taken - sellable }));
                }
                json!({ "lines": lines, "note": "看过了" })
            }
            "reship" => json!({ "carrier_code": "sf", "tracking_number": format!("SF88{:08}", self.steps.len()) }),
            "decline" | "escalate" => json!({ "reason": "再看看" }),
            _ => json!({}),
        };
        let escalated = after.status == "escalated";
        let expected = match verb {
            "approve" => (after.status == "requested" || escalated) && !after.sent_back,
            "decline" => after.status == "requested" || escalated,
            "escalate" => ["requested", "returning"].contains(&after.status),
            "receive" => {
                after.kind != "refund_only"
                    && (["approved", "returning"].contains(&after.status) || (escalated && after.sent_back))
            }
            _ => after.status == "received",
        };
        let reply = decide(self.mall, &after.id, verb, body).await;
        if !self.agree(format!("staff {verb} {at} {accepted:?}"), expected, &reply) {
            return;
        }
        let model = &mut self.model;
        match verb {
            "approve" => model.approve(at),
            "escalate" => model.set(at, "escalated", 0),
            "decline" => {
                model.claim(at, -1);
                model.afters[at].is_final |= escalated;
                model.set(at, "rejected", 0);
            }
            "receive" if accepted.iter().sum::<i64>() == 0 => {
                model.claim(at, -1);
                model.afters[at].is_final |= escalated;
                model.set(at, "rejected", 0);
            }
            "receive" if after.kind == "exchange" => {
                for ((line, pieces), taken) in after.asked.iter().zip(&accepted) {
                    model.lines[*line].claimed -= pieces - taken;
                }
                model.afters[at].accepted = accepted;
                model.set(at, "received", model.now + 10 * DAY);
            }
            "receive" => {
                let asked: Vec<i64> = after.asked.iter().map(|(_, pieces)| *pieces).collect();
                model.give_back(at, &asked, &accepted);
            }
            "reship" => {
                for ((line, _), taken) in after.asked.iter().zip(&after.accepted) {
                    model.lines[*line].claimed -= taken;
                }
                model.set(at, "exchanged", 0);
            }
            _ => model.give_back(at, &after.accepted, &after.accepted),
        }
    }

    async fn ship(&mut self) {
        let line = self.dice.roll(self.model.lines.len());
        let pieces = 1 + self.dice.roll(3) as i64;
        let expected = self.model.order == "to_ship" && pieces <= self.model.lines[line].free("to_ship", "unsent");
        let number = format!("SF66{:08}", self.steps.len());
        let reply = self.mall.staff_again().await.ship_lines(&self.order, &number, &[(line as i64 + 1, pieces)]).await;
        if self.agree(format!("ship {line} ×{pieces}"), expected, &reply) {
            self.model.lines[line].shipped += pieces;
            if self.model.all_sent() {
                self.model.order = "shipped";
            }
        }
    }

    async fn whole(&mut self) {
        let open = self.model.lines.iter().any(|line| line.claimed > 0);
        let expected = ["to_ship", "shipped"].contains(&self.model.order) && !open;
        let reply = self.mall.staff_again().await.refund(&self.order, "缺货").await;
        if self.agree("refund all that is left".into(), expected, &reply) {
            let model = &mut self.model;
            for line in &mut model.lines {
                line.unsent = line.quantity() - line.shipped;
                line.refunded = line.quantity();
            }
            model.refunded = self.order.total_fen;
            model.order = "closed";
        }
    }

    async fn confirm(&mut self) {
        let reply = self.ann.confirm(&self.order).await;
        if self.agree("confirm".into(), self.model.order == "shipped", &reply) {
            self.model.order = "completed";
        }
    }

    async fn time_passes(&mut self) {
        let span = *self.dice.pick(&[minutes(31), DAY, 3 * DAY, 8 * DAY]);
        self.mall.clock.advance(span);
        self.model.now += span;
        self.mall.run_jobs().await;
        self.model.strike();
        self.steps.push(format!("{} hours pass", span / 3_600_000));
    }

    async fn channel(&mut self) {
        self.mall.run_jobs().await;
        let arrives = self.dice.roll(3) > 0;
        let notices = if arrives { self.mall.wechat.finish_refunds() } else { self.mall.wechat.fail_refunds() };
        for notice in &notices {
            self.mall.deliver(notice).await.status(204);
            self.mall.deliver(notice).await.status(204);
        }
        for after in self.model.afters.iter_mut().filter(|after| after.status == "refunding" && !after.failed) {
            if arrives { after.status = "refunded" } else { after.failed = true }
        }
        self.steps.push(format!("the channel: {} {}", notices.len(), if arrives { "arrive" } else { "fail" }));
    }

    async fn settle_by_hand(&mut self) {
        let page = self.mall.staff_again().await.get("/admin/v1/refunds?state=failed").await.ok();
        for row in page["items"].as_array().unwrap() {
            let path = format!("/admin/v1/refunds/{}/settle", row["id"].as_str().unwrap());
            self.mall.staff_again().await.post(&path, json!({ "method": "bank", "note": "尾号 1" })).await.ok();
        }
        for after in self.model.afters.iter_mut().filter(|after| after.failed) {
            (after.status, after.failed) = ("refunded", false);
        }
        self.steps.push("failed refunds are settled by hand".into());
    }

    async fn compare(&self) {
        let told = format!("{:#?}\n{:#?}", self.steps, self.model);
        let order = self.mall.staff_again().await.order(&self.order).await;
        assert_eq!(order["status"], self.model.order, "{told}");
        for (line, seen) in self.model.lines.iter().zip(order["lines"].as_array().unwrap()) {
            let seen = |name: &str| seen[name].as_i64().unwrap();
            let to_ship = line.quantity() - line.shipped - line.unsent - line.withheld;
            assert_eq!(
                (
                    seen("shipped_quantity"),
                    seen("refunded_quantity"),
                    seen("claimed_quantity"),
                    seen("to_ship_quantity")
                ),
                (line.shipped, line.refunded, line.claimed, to_ship),
                "{told}"
            );
        }
        let list = self.ann.get("/api/v1/after-sales").await.ok();
        let page: Vec<&Value> = list["items"].as_array().unwrap().iter().collect();
        for after in self.model.afters.iter().rev().take(20) {
            let seen = page.iter().find(|one| one["id"] == after.id.as_str()).unwrap();
            assert_eq!(seen["status"], after.status, "{told}");
        }
        let refunded =
            self.mall.number("select refunded_fen from trade_order where mall_id = $1 order by id desc limit 1");
        assert_eq!(refunded.await, self.model.refunded, "{told}");
        assert!((0..=self.order.total_fen).contains(&self.model.refunded), "{told}");
        assert_eq!(self.mall.world.broken_promises().await, [""; 0], "{told}");
    }
}

async fn begin<'a>(mall: &'a TestMall, ann: &'a MemberClient, dice: Dice, items: &[Product]) -> Story<'a> {
    let order = ann.buy(&[(&items[0], 3), (&items[1], 4)]).await.order;
    let seen = ann.order(&order).await;
    let line = |line: &Value| {
        let (payable, quantity) = (line["payable_fen"].as_i64().unwrap(), line["quantity"].as_i64().unwrap());
        let shares = (0..quantity).map(|unit| payable / quantity + i64::from(unit < payable % quantity)).collect();
        Line { shares, ..Line::default() }
    };
    let model = Model {
        order: "to_ship",
        lines: seen["lines"].as_array().unwrap().iter().map(line).collect(),
        freight: seen["freight_fen"].as_i64().unwrap(),
        afters: Vec::new(),
        refunded: 0,
        now: mall.clock_now().0,
    };
    Story { mall, ann, order, model, dice, steps: Vec::new() }
}

#[test]
fn order_and_after_sale_stand_where_the_model_says() {
    let seed = from_environment("HEFANG_FUZZ_SEED", 1_125);
    let rounds = from_environment("HEFANG_FUZZ_ROUNDS", 4);
    on_both_engines(async |mall| {
        let rules = json!({ "name": "商城", "accent": "#112233", "order_expiry_minutes": 30, "auto_confirm_days": 60 });
        mall.staff().put("/admin/v1/settings/mall", rules).await.ok();
        mall.charge_freight(799, 0).await;
        let promotion = json!({ "name": "满减", "rule": { "kind": "spend_save",
            "steps": [{ "need": { "spend_fen": 5_000 }, "off_fen": 777 }] } });
        let made = mall.staff().post("/admin/v1/promotions", promotion).await.ok();
        crate::offers::publish(&mall, made["id"].as_str().unwrap()).await;
        let mut items = Vec::new();
        for (name, price) in [("茶", 3_333), ("杯", 1_007)] {
            items.push(mall.product(name).price_fen(price).stock(10_000).create().await);
        }
        for round in 0..rounds {
            let rules = json!({ "window_days": 365,
                "return_address": { "name": "退货组", "phone": "0571-88001234", "address": "杭州市上城区望江路 1 号" } });
            mall.staff_again().await.put("/admin/v1/after-sale-rules", rules).await.ok();
            let ann = mall.member().await;
            let dice = Dice((seed + round).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            let mut story = begin(&mall, &ann, dice, &items).await;
            story.steps.push(format!("HEFANG_FUZZ_SEED={}", seed + round));
            for _ in 0..45 {
                match story.dice.roll(20) {
                    0..4 => story.ask().await,
                    4 => story.member("cancel").await,
                    5..7 => story.member("send-back").await,
                    7 => story.member("escalate").await,
                    8 | 9 => story.staff("approve").await,
                    10 => story.staff("decline").await,
                    11 | 12 => story.staff("receive").await,
                    13 => story.staff("reship").await,
                    14 => story.staff("refund-instead").await,
                    15 => story.staff("escalate").await,
                    16 => story.ship().await,
                    17 => story.channel().await,
                    18 => story.time_passes().await,
                    _ => match story.dice.roll(5) {
                        0 => story.whole().await,
                        1 => story.confirm().await,
                        2 => story.settle_by_hand().await,
                        _ => story.ship().await,
                    },
                }
                story.compare().await;
            }
            // In the end the channel is asked until nothing is open.
            story.settle_by_hand().await;
            mall.run_jobs().await;
            story.model.strike();
            for notice in mall.wechat.finish_refunds() {
                mall.deliver(&notice).await.status(204);
            }
        }
    });
}
