//! Aliases: which names are of one thing, and how that is named in short.

use std::collections::BTreeMap;
use std::collections::HashMap;

use super::fold::{bare, fold};
use super::people::is_given;
use super::tables::{COMMON, ORGANISATIONS, PLAIN, has, place};
use super::text::{Shape, Token};
use super::walk::Walk;
use crate::domain::graph::EntityKind;

/// Short names by their first word.
#[derive(Debug, Default)]
pub(super) struct Aliases(HashMap<String, Vec<Alias>>);

#[derive(Debug)]
struct Alias {
    /// Folded.
    words: Vec<String>,
    /// How its first word is written.
    shape: Shape,
    name: u32,
}

impl Aliases {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, words: &[&str], shape: Shape, name: u32) {
        let Some(first) = words.first() else { return };
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.0
            .entry((*first).to_owned())
            .or_default()
            .push(Alias { words, shape, name });
    }

    /// The longest alias that these tokens begin with, none of them at `limit` or behind.
    pub(super) fn at(&self, tokens: &[Token<'_>], limit: usize) -> Option<(usize, u32)> {
        let token = tokens.first()?;
        if matches!(token.shape, Shape::Sign | Shape::Other) {
            return None;
        }
        let folded = fold(bare(token.text));
        let single = folded
            .strip_suffix('s')
            .filter(|_| token.shape == Shape::Title || token.text.ends_with('s'));
        let found = self.0.get(&folded).or_else(|| self.0.get(single?))?;
        let fits = |alias: &&Alias| {
            let rest = tokens.get(..alias.words.len())?;
            let shape = token.shape == alias.shape
                || alias.shape == Shape::Lower && token.shape == Shape::Title && token.first
                || alias.shape == Shape::Upper && token.text.ends_with('s') && token.text.len() > 2;
            let goes_on = rest
                .iter()
                .skip(1)
                .all(|token| token.spaced || token.shape == Shape::Sign);
            let same = rest.iter().zip(&alias.words).skip(1).all(|(token, word)| {
                let folded = fold(bare(token.text));
                folded == *word || folded.strip_suffix('s') == Some(word)
            });
            (shape && goes_on && same && rest.last()?.end() <= limit).then_some(())
        };
        let best = found
            .iter()
            .filter(|alias| fits(alias).is_some())
            .max_by_key(|alias| alias.words.len())?;
        Some((best.words.len(), best.name))
    }
}

/// Brings the names of one thing together, and gathers what to look for in short.
pub(super) fn of(walk: &mut Walk) -> Aliases {
    join_people(walk);
    let mut aliases = Aliases::default();
    for (number, name) in (0u32..).zip(&walk.names) {
        let words: Vec<&str> = name.folded.split(' ').collect();
        let shape = shape_of(&name.label);
        let lone = words.len() == 1;
        let company = name.kind == EntityKind::Organisation
            && (!lone || words[0].len() > 3 && !is_word(words[0]))
            && shape != Shape::Lower;
        if name.coined || company {
            aliases.add(&words, shape, number);
        }
    }
    for (surname, number) in surnames(walk) {
        aliases.add(&[surname.as_str()], Shape::Title, number);
    }
    aliases
}

fn shape_of(label: &str) -> Shape {
    let first = label
        .split(|c: char| c.is_whitespace())
        .next()
        .unwrap_or_default();
    let capital = first.chars().next().is_some_and(char::is_uppercase);
    let small = first.chars().any(char::is_lowercase);
    match (capital, small || first.chars().nth(1).is_none()) {
        (false, _) if first.starts_with(|c: char| c.is_ascii_digit()) => Shape::Number,
        (false, _) => Shape::Lower,
        (true, true) => Shape::Title,
        (true, false) => Shape::Upper,
    }
}

fn is_word(word: &str) -> bool {
    has(PLAIN, word)
        || has(COMMON, word)
        || has(ORGANISATIONS, word)
        || is_given(word)
        || place(word).is_some()
}

/// First and last word of each full name of a person.
fn people(walk: &Walk) -> Vec<(u32, String, String)> {
    let full = |(number, name): (u32, &super::walk::Name)| {
        let (first, rest) = name.folded.split_once(' ')?;
        let last = rest.rsplit(' ').next()?;
        let person = name.kind == EntityKind::Person;
        person.then(|| (number, first.to_owned(), last.to_owned()))
    };
    (0u32..).zip(&walk.names).filter_map(full).collect()
}

/// `A. Weber` and `Weber` are Anna Weber, if the document has no other Weber.
fn join_people(walk: &mut Walk) {
    let people = people(walk);
    let mut by_word: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, (_, first, last)) in people.iter().enumerate() {
        by_word.entry(last).or_default().push(at);
        if first != last && first.len() > 1 {
            by_word.entry(first).or_default().push(at);
        }
    }
    let mut same = walk.same.clone();
    for (number, first, last) in &people {
        let alike = by_word
            .get(last.as_str())
            .into_iter()
            .flatten()
            .map(|at| &people[*at]);
        let longer = |(_, other, end): &&(u32, String, String)| {
            end == last
                && other.len() > 1
                && other != first
                && (first.len() == 1 && other.starts_with(first.as_str()))
        };
        let others: Vec<u32> = alike
            .filter(longer)
            .map(|(number, ..)| *number)
            .take(2)
            .collect();
        if let [one] = others.as_slice() {
            same[*number as usize] = *one;
        }
    }
    for (number, name) in (0u32..).zip(&walk.names) {
        if name.kind != EntityKind::Person || name.folded.contains(' ') {
            continue;
        }
        let mut whole: Vec<u32> = Vec::new();
        for at in by_word
            .get(name.folded.as_str())
            .into_iter()
            .flatten()
            .take(50)
        {
            whole.push(same[people[*at].0 as usize]);
        }
        whole.sort_unstable();
        whole.dedup();
        if let [one] = whole.as_slice() {
            same[number as usize] = *one;
        }
    }
    walk.same = same;
}

/// Last words of people's names that only one of them has, and that are no other word.
fn surnames(walk: &Walk) -> Vec<(String, u32)> {
    let mut by_last: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (number, _, last) in people(walk) {
        by_last
            .entry(last)
            .or_default()
            .push(walk.same[number as usize]);
    }
    let mut surnames = Vec::new();
    for (last, mut people) in by_last {
        people.sort_unstable();
        people.dedup();
        if let [one] = people.as_slice()
            && last.chars().count() > 2
            && !is_word(&last)
        {
            surnames.push((last, *one));
        }
    }
    surnames
}
