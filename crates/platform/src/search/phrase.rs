//! What people type. Suggestions come from product names, pinned words and questions several people asked; hot words
//! from the pinned ones and the questions asked most lately; history is a member's own.
//! A question counts once a day per member, and counts are halved daily: what is not asked again is forgotten.

use super::words;
use crate::ctx::Ctx;
use db::{Arg, Tx, args};
use kernel::{Id, Instant, MallId, Result, days};
use std::collections::HashSet;

/// Longer questions are not kept.
const LONGEST_PHRASE: usize = 32;
/// Words of history per member.
const HISTORY: i64 = 20;
/// A question is suggested to others from this count on, so that nobody reads what one person typed.
const SHARED_FROM: i64 = 3;
/// Rows looked at for one suggestion; a one-letter prefix may match very many.
const SCANNED: i64 = 1_000;
/// Pinned words weigh from here downwards, in their order.
const PINNED_FROM: i64 = 1_000_000_000;

fn tidy(phrase: &str) -> Option<String> {
    let tidy = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
    (1..=LONGEST_PHRASE).contains(&tidy.chars().count()).then_some(tidy)
}

fn fold(phrase: &str) -> String {
    words::fold(phrase, LONGEST_PHRASE)
}

/// Up to `limit` phrases that begin with `prefix`, the best first: pinned, then by how often they are asked, short ones
/// before long ones.
pub fn suggest(tx: &mut Tx<'_>, mall_id: MallId, prefix: &str, limit: i64) -> Result<Vec<String>> {
    let Some(prefix) = tidy(prefix) else {
        return Ok(Vec::new());
    };
    let prefix = fold(&prefix);
    let found: Vec<(String,)> = tx.all(
        "select phrase
         from (select phrase, source, weight
               from search_phrase
               where mall_id = $1
                 and phrase >= $2
                 and phrase < $3
               limit $4) begins
         where source <> 'query' or weight >= $5
         order by case source when 'pinned' then 0 else 1 end, weight desc, length(phrase), phrase
         limit $6",
        // The highest character closes the range: everything that begins with the prefix sorts before it.
        &args![mall_id, &prefix, format!("{prefix}\u{10FFFF}"), SCANNED, SHARED_FROM, limit],
    )?;
    Ok(found.into_iter().map(|(phrase,)| phrase).collect())
}

/// Up to `limit` words to show in an empty search box: the pinned ones in their order, then what is asked most.
pub fn hot(tx: &mut Tx<'_>, mall_id: MallId, limit: i64) -> Result<Vec<String>> {
    let mut by_source = |source: &str, least: i64| -> Result<Vec<(String,)>> {
        tx.all(
            "select phrase
             from search_phrase
             where mall_id = $1
               and source = $2
               and weight >= $3
             order by weight desc, phrase
             limit $4",
            &args![mall_id, source, least, limit],
        )
    };
    let mut found = by_source("pinned", 0)?;
    found.extend(by_source("query", SHARED_FROM)?);
    let mut seen = HashSet::new();
    found.retain(|(phrase,)| seen.insert(fold(phrase)));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found.into_iter().map(|(phrase,)| phrase).collect())
}

/// Makes these the pinned words, in this order; others are pinned no more.
pub fn pin(tx: &mut Tx<'_>, mall_id: MallId, phrases: &[&str], now: Instant) -> Result<()> {
    unpin(tx, mall_id)?;
    let mut seen = HashSet::new();
    let tidied = phrases.iter().filter_map(|phrase| tidy(phrase)).filter(|phrase| seen.insert(phrase.clone()));
    let rows: Vec<Vec<Arg>> = (0..)
        .zip(tidied)
        .map(|(place, phrase)| args![mall_id, phrase, "pinned", PINNED_FROM - place, now].to_vec())
        .collect();
    write_phrases(tx, &rows, "set source = excluded.source, weight = excluded.weight")
}

/// Removes every pinned word.
pub fn unpin(tx: &mut Tx<'_>, mall_id: MallId) -> Result<()> {
    tx.exec("delete from search_phrase where mall_id = $1 and source = 'pinned'", &args![mall_id])?;
    Ok(())
}

/// Makes the words of names suggestible: `三人位布艺沙发` is suggested for 三人位…, 布艺… and 沙发.
pub fn suggestible(tx: &mut Tx<'_>, mall_id: MallId, names: &[&str], now: Instant) -> Result<()> {
    let mut phrases: Vec<String> = names.iter().flat_map(|name| words::endings(name, LONGEST_PHRASE)).collect();
    phrases.sort();
    phrases.dedup();
    let rows: Vec<Vec<Arg>> =
        phrases.into_iter().map(|phrase| args![mall_id, phrase, "product", 1i64, now].to_vec()).collect();
    write_phrases(
        tx,
        &rows,
        "set source = case search_phrase.source when 'query' then 'product' else search_phrase.source end",
    )
}

fn write_phrases(tx: &mut Tx<'_>, rows: &[Vec<Arg>], on_conflict: &str) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    tx.insert_many(
        "insert into search_phrase (mall_id, phrase, source, weight, updated_at) values",
        &format!("on conflict (mall_id, phrase) do update {on_conflict}"),
        rows,
    )?;
    Ok(())
}

/// Remembers that a member asked for something that exists: in the member's history, and once a day in the counts.
/// Call it when the question found something, so that slips of the finger are not suggested to others.
pub fn record_query(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, phrase: &str) -> Result<()> {
    let Some(phrase) = tidy(phrase) else {
        return Ok(());
    };
    let (mall_id, now) = (ctx.mall_id, ctx.now);
    let before: Option<Instant> = tx.opt(
        "select searched_at
         from search_history
         where mall_id = $1
           and member_id = $2
           and phrase = $3",
        &args![mall_id, member_id, &phrase],
    )?;
    tx.exec(
        "insert into search_history (mall_id, member_id, phrase, searched_at)
         values ($1, $2, $3, $4)
         on conflict (mall_id, member_id, phrase) do update set searched_at = excluded.searched_at",
        &args![mall_id, member_id, &phrase, now],
    )?;
    if before.is_none() {
        tx.exec(
            "delete from search_history
             where mall_id = $1
               and member_id = $2
               and phrase not in (select phrase
                                  from search_history
                                  where mall_id = $1
                                    and member_id = $2
                                  order by searched_at desc, phrase
                                  limit $3)",
            &args![mall_id, member_id, HISTORY],
        )?;
    }
    if before.is_none_or(|at| now - at >= days(1)) {
        let row = args![mall_id, fold(&phrase), "query", 1i64, now].to_vec();
        write_phrases(
            tx,
            &[row],
            "set weight = case search_phrase.source when 'pinned' then search_phrase.weight else search_phrase.weight + 1 end",
        )?;
    }
    Ok(())
}

/// What a member asked lately, newest first.
pub fn history(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<String>> {
    let found: Vec<(String,)> = tx.all(
        "select phrase
         from search_history
         where mall_id = $1
           and member_id = $2
         order by searched_at desc, phrase
         limit $3",
        &args![mall_id, member_id, HISTORY],
    )?;
    Ok(found.into_iter().map(|(phrase,)| phrase).collect())
}

/// Forgets what a member asked.
pub fn clear_history(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<()> {
    tx.exec(
        "delete from search_history
         where mall_id = $1
           and member_id = $2",
        &args![mall_id, member_id],
    )?;
    Ok(())
}

/// Gives a guest's history to the member that signed in; what both asked is kept once, of all the newest.
pub fn merge_history(tx: &mut Tx<'_>, mall_id: MallId, guest: Id, member: Id) -> Result<()> {
    tx.exec(
        "insert into search_history (mall_id, member_id, phrase, searched_at)
         select mall_id, $3, phrase, searched_at
         from search_history
         where mall_id = $1
           and member_id = $2
         on conflict (mall_id, member_id, phrase) do update
         set searched_at = greatest(excluded.searched_at, search_history.searched_at)",
        &args![mall_id, guest, member],
    )?;
    clear_history(tx, mall_id, guest)?;
    tx.exec(
        "delete from search_history
         where mall_id = $1
           and member_id = $2
           and phrase not in (select phrase
                              from search_history
                              where mall_id = $1
                                and member_id = $2
                              order by searched_at desc, phrase
                              limit $3)",
        &args![mall_id, member, HISTORY],
    )?;
    Ok(())
}

/// The daily halving: counts of at least a day's age lose half, what reaches zero is forgotten. Safe to call often and
/// from several nodes: a row is halved once a day.
pub fn age_phrases(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<()> {
    tx.exec(
        "update search_phrase
         set weight = weight / 2, updated_at = $2
         where mall_id = $1
           and source = 'query'
           and updated_at <= $3",
        &args![mall_id, now, now - days(1)],
    )?;
    tx.exec(
        "delete from search_phrase
         where mall_id = $1
           and source = 'query'
           and weight = 0",
        &args![mall_id],
    )?;
    Ok(())
}
