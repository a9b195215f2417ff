//! From a question to SQL. A question is read strictly first and more generously when that finds nothing: every word of
//! it; then every pair of neighbouring characters (words that are cut differently); then at least a third of its words,
//! and of those documents only the ones with the most.
//!
//! The strict readings are joins on the key of `search_term`, rarest term first. Trap: both engines could instead walk
//! all products in the order of the sort and probe each; SQLite does, 100 times slower for rare words. Sorting by an
//! expression (`order by p.sales_count + 0 desc, p.id desc`) keeps the hits first; see ADR 0003.

use super::words::{Question, question};
use db::{Arg, Tx, args};
use kernel::{Id, MallId, Result};

/// More words than this add nothing to a question.
const MOST_TERMS: usize = 10;
/// Terms are counted up to here to find the rarest.
const COUNTED: i64 = 1_000;

/// How a question will be answered; made by [`plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    mall_id: MallId,
    kind: &'static str,
    reading: Reading,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reading {
    /// All of these, rarest first.
    All(Vec<String>),
    /// At least so many of these.
    Most(Vec<String>, i64),
    Nothing,
}

/// Reads a question and decides how to answer it; `None` when it is blank (no filter). A question of signs only, or one
/// that nothing matches, is a plan that finds nothing. `kind` is the noun given to [`index`](super::index).
pub fn plan(tx: &mut Tx<'_>, mall_id: MallId, kind: &'static str, text: &str) -> Result<Option<Plan>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let Question { words, pairs, loose } = question(text);
    let asked = words.len();
    for mut terms in [words, pairs] {
        terms.truncate(MOST_TERMS);
        if let Some(rarest_first) = ordered_if_all_known(tx, mall_id, kind, terms)? {
            let plan = Plan { mall_id, kind, reading: Reading::All(rarest_first) };
            if plan.finds_something(tx)? {
                return Ok(Some(plan));
            }
        }
    }
    let most: Option<i64> = tx.one(
        "select cast(max(n) as bigint)
         from (select count(*) as n
               from search_term
               where mall_id = $1
                 and kind = $2
                 and term = any($3)
               group by doc_id + 0) counted",
        &args![mall_id, kind, &loose],
    )?;
    let least = i64::try_from(asked.div_ceil(3)).unwrap_or(i64::MAX);
    let reading = match most {
        Some(most) if most >= least => Reading::Most(loose, most),
        _ => Reading::Nothing,
    };
    Ok(Some(Plan { mall_id, kind, reading }))
}

/// The terms from rare to common; `None` when there are none or one is unknown.
fn ordered_if_all_known(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    kind: &str,
    terms: Vec<String>,
) -> Result<Option<Vec<String>>> {
    if terms.is_empty() {
        return Ok(None);
    }
    let mut args = args![mall_id, kind, COUNTED].to_vec();
    let mut counts: Vec<String> = Vec::with_capacity(terms.len());
    for (position, term) in terms.iter().enumerate() {
        args.push(Arg::from(term));
        counts.push(format!(
            "select cast({position} as bigint), cast(count(*) as bigint)
             from (select doc_id from search_term where mall_id = $1 and kind = $2 and term = ${} limit $3) c{position}",
            args.len()
        ));
    }
    let mut counted: Vec<(i64, i64)> = tx.all(&counts.join(" union all "), &args)?;
    if counted.iter().any(|(_, n)| *n == 0) {
        return Ok(None);
    }
    counted.sort_by_key(|(position, n)| (*n, *position));
    let pick = |(position, _): &(i64, i64)| usize::try_from(*position).ok().and_then(|i| terms.get(i)).cloned();
    Ok(Some(counted.iter().filter_map(pick).collect()))
}

impl Plan {
    /// True when nothing held all the words and the closest were taken instead.
    pub fn is_loose(&self) -> bool {
        matches!(self.reading, Reading::Most(..))
    }

    /// `join (…) hit on hit.doc_id = {doc_id}`, with `hit.score` (higher is better). Its arguments are appended to
    /// `args`, numbered on from those already there.
    pub fn join(&self, doc_id: &str, args: &mut Vec<Arg>) -> String {
        format!("join ({}) hit on hit.doc_id = {doc_id}", self.hits(args))
    }

    /// The best hits with their scores, best first; documents of equal score newest first.
    pub fn top(&self, tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(Id, i64)>> {
        let mut args = args![limit].to_vec();
        let hits = self.hits(&mut args);
        tx.all(&format!("select doc_id, score from ({hits}) hit order by score desc, doc_id desc limit $1"), &args)
    }

    fn finds_something(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let mut args = Vec::new();
        let hits = self.hits(&mut args);
        let first: Option<Id> = tx.opt(&format!("select doc_id from ({hits}) hit limit 1"), &args)?;
        Ok(first.is_some())
    }

    fn hits(&self, args: &mut Vec<Arg>) -> String {
        let mut bind = |value: Arg| {
            args.push(value);
            format!("${}", args.len())
        };
        match &self.reading {
            Reading::All(terms) => {
                let (mall, kind) = (bind(self.mall_id.into()), bind(self.kind.into()));
                let mut from = String::from("search_term t0");
                let mut score = String::from("t0.weight");
                let first = bind(Arg::from(&terms[0]));
                for (n, term) in terms.iter().enumerate().skip(1) {
                    let term = bind(Arg::from(term));
                    from.push_str(&format!(
                        " join search_term t{n} on t{n}.mall_id = t0.mall_id and t{n}.kind = t0.kind \
                         and t{n}.term = {term} and t{n}.doc_id = t0.doc_id"
                    ));
                    score.push_str(&format!(" + t{n}.weight"));
                }
                format!(
                    "select t0.doc_id as doc_id, {score} as score from {from} \
                     where t0.mall_id = {mall} and t0.kind = {kind} and t0.term = {first}"
                )
            }
            Reading::Most(terms, least) => {
                let (mall, kind) = (bind(self.mall_id.into()), bind(self.kind.into()));
                let (terms, least) = (bind(terms.into()), bind((*least).into()));
                // `+ 0` keeps SQLite from grouping along the index by document, which would read the whole mall.
                format!(
                    "select doc_id + 0 as doc_id, cast(sum(weight) as bigint) as score from search_term \
                     where mall_id = {mall} and kind = {kind} and term = any({terms}) \
                     group by doc_id + 0 having count(*) >= {least}"
                )
            }
            Reading::Nothing => "select cast(0 as bigint) as doc_id, cast(0 as bigint) as score where 1 = 0".to_owned(),
        }
    }
}
