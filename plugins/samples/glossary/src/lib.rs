//! Searches for the long form of abbreviations too: those of the setting `terms`, and those that
//! somebody explained in a question ("the PTO (paid time off) rules").

use std::collections::BTreeMap;

use sdk::host;
use world_rewriter::{Description, Lifecycle, Query, Rewriter};

/// Under which key the learned ones are kept, and how many.
const KEPT: &str = "terms";
const LEARNED: usize = 500;
/// A question as short as this leans on the one before.
const SHORT: usize = 4;

/// The plugin.
pub struct Glossary;

world_rewriter::export!(Glossary);

impl Lifecycle for Glossary {
    fn describe() -> Description {
        Description {
            name: "glossary".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Rewriter for Glossary {
    fn rewrite(query: Query) -> Vec<String> {
        let mut terms = parse(&text(host::kv_get(KEPT)));
        if let Some((short, long)) = explained(&query.question)
            && terms.len() < LEARNED
            && terms.insert(short, long).is_none()
        {
            host::kv_set(KEPT, write(&terms).as_bytes());
        }
        terms.extend(parse(&host::config("terms").unwrap_or_default()));
        let mut queries = Vec::new();
        let longer = expand(&query.question, &terms);
        if longer != query.question {
            queries.push(longer);
        }
        if query.question.split_whitespace().count() <= SHORT
            && let Some(before) = query.earlier.last()
        {
            queries.push(format!("{before} {}", query.question));
        }
        queries
    }
}

fn text(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
}

/// `PTO=paid time off; SLA=service level agreement`.
fn parse(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let trimmed = pairs.map(|(short, long)| (short.trim().to_owned(), long.trim().to_owned()));
    trimmed
        .filter(|(short, long)| !short.is_empty() && !long.is_empty())
        .collect()
}

fn write(terms: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = terms
        .iter()
        .map(|(short, long)| format!("{short}={long}"))
        .collect();
    pairs.join(";")
}

/// An abbreviation with its long form in brackets behind it, whose words begin with its letters.
fn explained(question: &str) -> Option<(String, String)> {
    let (before, after) = question.split_once('(')?;
    let (long, _) = after.split_once(')')?;
    let short = before.split_whitespace().last()?;
    let first: String = long
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .collect();
    let fits = short.len() >= 2 && first.to_uppercase() == short && !long.contains([';', '=']);
    fits.then(|| (short.to_owned(), long.trim().to_owned()))
}

/// The question with long forms in the place of the short ones.
fn expand(question: &str, terms: &BTreeMap<String, String>) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        match terms.get(bare) {
            Some(long) => word.replacen(bare, long, 1),
            None => word.to_owned(),
        }
    };
    let words: Vec<String> = question.split_whitespace().map(word).collect();
    words.join(" ")
}
