//! Writes the terms of a document. Only what changed is written: saving a product with a new price touches no term.

use super::words;
use db::{Arg, Tx, args};
use kernel::{Id, MallId, Result};
use std::collections::BTreeMap;

/// Makes a document findable by its fields: `(text, weight)`, a title weighs more than a subtitle. Replaces what was
/// indexed for it before. `kind` is the noun searched for: `product`.
pub fn index(tx: &mut Tx<'_>, mall_id: MallId, kind: &'static str, doc_id: Id, fields: &[(&str, i64)]) -> Result<()> {
    let mut wanted = terms(fields);
    // Two steps on purpose: asked for term and weight by document, SQLite reads the whole mall along the primary key.
    let known: Vec<String> = tx.all(
        "select term
         from search_term
         where mall_id = $1
           and kind = $2
           and doc_id = $3",
        &args![mall_id, kind, doc_id],
    )?;
    let present: Vec<(String, i64)> = if known.is_empty() {
        Vec::new()
    } else {
        tx.all(
            "select term, weight
             from search_term
             where mall_id = $1
               and kind = $2
               and term = any($3)
               and doc_id = $4",
            &args![mall_id, kind, known, doc_id],
        )?
    };
    let mut gone: Vec<String> = Vec::new();
    for (term, weight) in present {
        match wanted.get(&term) {
            Some(now) if *now == weight => drop(wanted.remove(&term)),
            Some(_) => {}
            None => gone.push(term),
        }
    }
    if !gone.is_empty() {
        tx.exec(
            "delete from search_term
             where mall_id = $1
               and kind = $2
               and term = any($3)
               and doc_id = $4",
            &args![mall_id, kind, gone, doc_id],
        )?;
    }
    if wanted.is_empty() {
        return Ok(());
    }
    // In order of the key, so that two writers cannot wait for each other.
    let rows: Vec<Vec<Arg>> =
        wanted.into_iter().map(|(term, weight)| args![mall_id, kind, term, doc_id, weight].to_vec()).collect();
    tx.insert_many(
        "insert into search_term (mall_id, kind, term, doc_id, weight) values",
        "on conflict (mall_id, kind, term, doc_id) do update set weight = excluded.weight",
        &rows,
    )?;
    Ok(())
}

/// The terms of a document that is about to be written, and how much each counts. Cutting words takes a while: do it
/// outside the transaction and hand the terms to [`index_new`].
pub fn terms(fields: &[(&str, i64)]) -> BTreeMap<String, i64> {
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    for (text, weight) in fields {
        for (term, says) in words::tokens(text) {
            *wanted.entry(term).or_default() += says * weight;
        }
    }
    wanted
}

/// Makes documents findable that were not there before, many at once.
pub fn index_new(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    kind: &'static str,
    documents: &[(Id, &BTreeMap<String, i64>)],
) -> Result<()> {
    // In order of the key, as above; neighbours in the table are written together.
    let mut all: Vec<(&str, Id, i64)> = documents
        .iter()
        .flat_map(|(id, terms)| terms.iter().map(move |(term, weight)| (term.as_str(), *id, *weight)))
        .collect();
    all.sort_unstable();
    let rows: Vec<Vec<Arg>> =
        all.into_iter().map(|(term, id, weight)| args![mall_id, kind, term, id, weight].to_vec()).collect();
    tx.insert_many("insert into search_term (mall_id, kind, term, doc_id, weight) values", "", &rows)?;
    Ok(())
}

/// Makes a document unfindable.
pub fn remove(tx: &mut Tx<'_>, mall_id: MallId, kind: &'static str, doc_id: Id) -> Result<()> {
    tx.exec(
        "delete from search_term
         where mall_id = $1
           and kind = $2
           and doc_id = $3",
        &args![mall_id, kind, doc_id],
    )?;
    Ok(())
}
