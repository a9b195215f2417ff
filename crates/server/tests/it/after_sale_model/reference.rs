//! The reference: one order, its lines and its after-sales, as plain numbers and words. It knows the rules and nothing of
//! how the shop keeps them.

use testkit::days;

pub const DAY: i64 = days(1);

#[derive(Debug, Clone, Default)]
pub struct Line {
    pub shares: Vec<i64>,
    pub shipped: i64,
    pub refunded: i64,
    pub unsent: i64,
    pub claimed: i64,
    pub withheld: i64,
}

impl Line {
    pub fn quantity(&self) -> i64 {
        self.shares.len() as i64
    }
    pub fn free(&self, order: &str, stage: &str) -> i64 {
        match stage {
            "unsent" if order != "to_ship" => 0,
            "unsent" => self.quantity() - self.shipped - self.withheld - self.unsent,
            _ => self.shipped - (self.refunded - self.unsent) - (self.claimed - self.withheld),
        }
    }
    /// The share of the pieces that go back next.
    pub fn take(&mut self, pieces: i64) -> i64 {
        let from = usize::try_from(self.refunded).unwrap();
        self.refunded += pieces;
        self.shares[from..usize::try_from(self.refunded).unwrap()].iter().sum()
    }
}

#[derive(Debug, Clone)]
pub struct After {
    pub id: String,
    pub kind: &'static str,
    pub stage: &'static str,
    pub is_shops_fault: bool,
    /// What of the freight went back with it.
    pub freight: i64,
    pub status: &'static str,
    /// Line and pieces.
    pub asked: Vec<(usize, i64)>,
    pub accepted: Vec<i64>,
    pub sent_back: bool,
    pub is_final: bool,
    pub due: i64,
    pub updated: i64,
    /// The channel could not give it back.
    pub failed: bool,
}

#[derive(Debug)]
pub struct Model {
    pub order: &'static str,
    pub lines: Vec<Line>,
    pub freight: i64,
    pub afters: Vec<After>,
    pub refunded: i64,
    pub now: i64,
}

impl Model {
    pub fn is_whole(&self) -> bool {
        self.lines.iter().all(|line| line.refunded == line.quantity())
    }
    pub fn all_sent(&self) -> bool {
        self.lines.iter().all(|line| line.shipped + line.unsent == line.quantity())
    }
    pub fn claim(&mut self, at: usize, sign: i64) {
        let after = self.afters[at].clone();
        for (line, pieces) in after.asked {
            self.lines[line].claimed += sign * pieces;
            if after.stage == "unsent" {
                self.lines[line].withheld += sign * pieces;
            }
        }
    }
    pub fn is_free(&self, stage: &str, asked: &[(usize, i64)]) -> bool {
        asked.iter().all(|(line, pieces)| *pieces <= self.lines[*line].free(self.order, stage))
    }

    /// Accepted pieces go back; what was claimed beyond them is free.
    pub fn give_back(&mut self, at: usize, claimed: &[i64], accepted: &[i64]) {
        let after = self.afters[at].clone();
        let mut amount = 0;
        for (n, (line, _)) in after.asked.iter().enumerate() {
            let line = &mut self.lines[*line];
            line.claimed -= claimed[n];
            if after.stage == "unsent" {
                line.withheld -= claimed[n];
                line.unsent += accepted[n];
            }
            amount += line.take(accepted[n]);
        }
        if self.is_whole() && self.order == "to_ship" && self.lines.iter().all(|line| line.shipped == 0) {
            amount += self.freight;
        } else {
            let freight = self.freight_of_sent(at, accepted);
            self.afters[at].freight = freight;
            amount += freight;
        }
        self.afters[at].accepted = accepted.to_vec();
        self.refunded += amount;
        if self.order != "completed" {
            if self.is_whole() {
                self.order = "closed";
            } else if self.order == "to_ship" && self.lines.iter().any(|line| line.shipped > 0) && self.all_sent() {
                self.order = "shipped";
            }
        }
        self.set(at, if amount == 0 { "refunded" } else { "refunding" }, 0);
    }

    /// Of goods that were sent, the shop's fault brings back its part of the freight: counted over all pieces that were
    /// sent, rounded half up, less what went back before.
    fn freight_of_sent(&self, at: usize, accepted: &[i64]) -> i64 {
        let after = &self.afters[at];
        let sent: i64 = self.lines.iter().map(|line| line.quantity() - line.unsent).sum();
        let faulty: i64 = accepted.iter().sum();
        if after.stage != "sent" || !after.is_shops_fault || faulty == 0 || sent == 0 {
            return 0;
        }
        let before = |other: &&After| other.stage == "sent" && ["refunding", "refunded"].contains(&other.status);
        let others: Vec<&After> = self.afters.iter().filter(before).collect();
        let given: i64 = others.iter().map(|other| other.freight).sum();
        let earlier: i64 = others.iter().filter(|o| o.is_shops_fault).flat_map(|o| o.accepted.iter()).sum();
        let due = (2 * self.freight * (faulty + earlier).min(sent) + sent) / (2 * sent);
        (due - given).max(0)
    }

    pub fn set(&mut self, at: usize, status: &'static str, due: i64) {
        let now = self.now;
        let after = &mut self.afters[at];
        (after.status, after.due, after.updated) = (status, due, now);
    }

    pub fn approve(&mut self, at: usize) {
        let after = self.afters[at].clone();
        if after.kind == "refund_only" {
            let all: Vec<i64> = after.asked.iter().map(|(_, pieces)| *pieces).collect();
            self.give_back(at, &all, &all);
        } else {
            self.set(at, "approved", self.now + 7 * DAY);
        }
    }

    /// What the clocks do now.
    pub fn strike(&mut self) {
        let mut due: Vec<usize> =
            (0..self.afters.len()).filter(|at| self.afters[*at].due != 0 && self.afters[*at].due <= self.now).collect();
        due.sort_by_key(|at| self.afters[*at].due);
        for at in due {
            match self.afters[at].status {
                "requested" => self.approve(at),
                "approved" => {
                    self.claim(at, -1);
                    self.set(at, "cancelled", 0);
                }
                "returning" => self.set(at, "escalated", 0),
                "received" => {
                    let accepted = self.afters[at].accepted.clone();
                    self.give_back(at, &accepted, &accepted);
                }
                other => panic!("no clock runs in {other}"),
            }
        }
    }
}
