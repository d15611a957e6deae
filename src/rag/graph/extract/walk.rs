//! Walk: over a text twice, for names that are known by themselves and then for short ones.

use std::collections::HashMap;
use std::ops::Range;

use super::aliases::Aliases;
use super::fold::{bare, fold};
use super::names::{Found, Line, name};
use super::tables::{LEADING, ORGANISATIONS, PLAIN, has};
use super::terms::{Saying, is_glossary, sayings};
use super::text::{Block, Token, blocks, tokens};
use super::{dates, ids};
use crate::domain::graph::{EdgeKind, EntityKind, Span};

/// Different names of a document that are looked at.
const NAMES: usize = 20_000;
/// Places of names in a document that are looked at.
const HITS: usize = 400_000;
/// Bytes of what defines a term, at most.
const LONGEST_BODY: usize = 600;
/// Bytes of a label, at most.
const LONGEST_LABEL: usize = 100;
/// Things that one definition leads to, at most.
const PER_BODY: usize = 8;
/// A block longer than this under a glossary is not one of its lines.
const LONG_LINE: usize = 600;

/// One way to name something.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) kind: EntityKind,
    /// As it is compared.
    pub(super) folded: String,
    /// As it was written first.
    pub(super) label: String,
    pub(super) definitions: Vec<Span>,
    /// It is the word or the letters for something, so that it is looked for everywhere.
    pub(super) coined: bool,
}

/// A place where a name stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) span: Span,
    /// Index into [`Walk::names`].
    pub(super) name: u32,
    /// Counts the sentences of the document.
    pub(super) sentence: u32,
}

/// What the text says about two names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tie {
    pub(super) kind: EdgeKind,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) span: Span,
}

/// All that was seen on the way.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) names: Vec<Name>,
    /// For each name the one under which it is kept.
    pub(super) same: Vec<u32>,
    pub(super) hits: Vec<Hit>,
    pub(super) ties: Vec<Tie>,
    index: HashMap<(EntityKind, String), u32>,
    sentence: u32,
}

/// Finds the names that need no other to be known.
pub(super) fn first(text: &str) -> Walk {
    let mut walk = Walk::default();
    let mut glossary = false;
    for block in blocks(text) {
        let part = &text[block.start..block.end];
        if block.heading || part.len() < 60 && is_glossary(part) {
            glossary = is_glossary(part);
        }
        let tokens = tokens(text, block);
        let sayings = sayings(&tokens, glossary);
        glossary &= part.len() < LONG_LINE;
        walk.block(text, block, &tokens, sayings);
        if walk.hits.len() >= HITS {
            break;
        }
    }
    walk.same = (0..).take(walk.names.len()).collect();
    walk
}

/// Finds the places where names stand in short.
pub(super) fn second(text: &str, aliases: &Aliases, walk: &mut Walk) {
    if aliases.is_empty() {
        return;
    }
    let mut known = std::mem::take(&mut walk.hits).into_iter().peekable();
    walk.sentence = 0;
    for block in blocks(text) {
        let tokens = tokens(text, block);
        let mut at = 0;
        while at < tokens.len() {
            walk.sentence += u32::from(tokens[at].first);
            while let Some(hit) = known.next_if(|hit| (hit.span.end as usize) <= tokens[at].start) {
                walk.hits.push(hit);
            }
            let limit = known
                .peek()
                .map_or(usize::MAX, |hit| hit.span.start as usize);
            match aliases.at(&tokens[at..], limit) {
                Some((length, name)) if walk.hits.len() < HITS => {
                    walk.hit(&tokens, at..at + length, name);
                    at += length;
                }
                _ => at += 1,
            }
        }
    }
    walk.hits.extend(known);
    walk.hits.sort_by_key(|hit| (hit.span.start, hit.span.end));
}

fn span(tokens: &[Token<'_>], range: Range<usize>) -> Span {
    let start = tokens[range.start].start;
    let end = tokens[range.end - 1].end();
    let offset = |at| u32::try_from(at).expect("a text is shorter than its limit of MiB");
    Span {
        start: offset(start),
        end: offset(end),
    }
}

/// What defines a term, cut where it goes on for long.
fn body(text: &str, tokens: &[Token<'_>], range: Range<usize>) -> Span {
    let whole = span(tokens, range);
    let (start, end) = (whole.start as usize, whole.end as usize);
    let end = text.floor_char_boundary(end.min(start + LONGEST_BODY));
    Span {
        end: u32::try_from(end).unwrap_or(whole.end),
        ..whole
    }
}

impl Walk {
    fn block(&mut self, text: &str, block: Block, tokens: &[Token<'_>], sayings: Vec<Saying>) {
        let folded: Vec<String> = tokens.iter().map(|token| fold(bare(token.text))).collect();
        let mut found = find(Line {
            tokens,
            folded: &folded,
            heading: block.heading,
        });
        let mut later = Vec::new();
        for saying in sayings {
            if let Some(tie) = self.say(text, tokens, saying, &mut found) {
                later.push(tie);
            }
        }
        found.sort_by_key(|one| one.from);
        let mut numbers = Vec::with_capacity(found.len());
        let mut sentence = self.sentence;
        let mut seen = 0;
        for one in &found {
            sentence += count_first(&tokens[seen..=one.from]);
            seen = one.from + 1;
            let Some(name) = self.intern(text, tokens, one) else {
                continue;
            };
            numbers.push((one.from..one.to, name));
            let span = span(tokens, one.from..one.to);
            self.hits.push(Hit {
                span,
                name,
                sentence,
            });
        }
        self.sentence = sentence + count_first(&tokens[seen.min(tokens.len())..]);
        for (term, range) in later {
            self.define(text, tokens, &term, range, &numbers);
        }
    }

    /// Takes in what the text says about a word; gives back a term with what defines it, for when
    /// all names are known.
    fn say(
        &mut self,
        text: &str,
        tokens: &[Token<'_>],
        saying: Saying,
        found: &mut Vec<Found>,
    ) -> Option<(Found, Range<usize>)> {
        match saying {
            Saying::Defined { term, body } => {
                let person = |one: &Found| one.kind != EntityKind::Term && overlaps(one, &term);
                if found.iter().any(person) {
                    return None;
                }
                Some((claim(tokens, found, term, EntityKind::Term)?, body))
            }
            Saying::Called {
                term,
                upto,
                body,
                article,
            } => {
                let before = found.iter().find(|one| one.to == upto).cloned();
                if before.is_none() && !article {
                    return None;
                }
                let kind = match &before {
                    Some(before) if !article => before.kind,
                    _ => EntityKind::Term,
                };
                let term = claim(tokens, found, term, kind)?;
                match before {
                    Some(before) => self.tie(text, tokens, article, &term, &before),
                    None => return Some((term, body)),
                }
                None
            }
            Saying::Short { short, long } => {
                let words = &tokens[long.clone()];
                let body = words.iter().any(|token| {
                    let folded = fold(token.text);
                    token.is_capital() && (has(ORGANISATIONS, &folded) || has(LEADING, &folded))
                });
                let kind = if body {
                    EntityKind::Organisation
                } else {
                    EntityKind::Term
                };
                let long = claim(tokens, found, long, kind)?;
                let short = claim(tokens, found, short, long.kind)?;
                self.tie(text, tokens, false, &short, &long);
                None
            }
        }
    }

    fn tie(&mut self, text: &str, tokens: &[Token<'_>], defines: bool, from: &Found, to: &Found) {
        let kind = if defines {
            EdgeKind::Definition
        } else {
            EdgeKind::SameAs
        };
        let whole = span(tokens, from.from.min(to.from)..from.to.max(to.to));
        if let (Some(from), Some(to)) = (
            self.intern(text, tokens, from),
            self.intern(text, tokens, to),
        ) && from != to
        {
            self.names[from as usize].coined = true;
            self.ties.push(Tie {
                kind,
                from,
                to,
                span: whole,
            });
        }
    }

    /// Keeps what defines a term, and ties the term to what is named in it.
    fn define(
        &mut self,
        text: &str,
        tokens: &[Token<'_>],
        term: &Found,
        range: Range<usize>,
        numbers: &[(Range<usize>, u32)],
    ) {
        let Some(from) = self.intern(text, tokens, term) else {
            return;
        };
        let name = &mut self.names[from as usize];
        name.coined = true;
        if name.definitions.len() < PER_BODY {
            name.definitions.push(body(text, tokens, range.clone()));
        }
        let inside = numbers
            .iter()
            .filter(|(tokens, _)| range.start <= tokens.start && tokens.end <= range.end);
        for (tokens_of, to) in inside.take(PER_BODY) {
            if *to != from {
                let whole = term.from.min(tokens_of.start)..term.to.max(tokens_of.end);
                let span = span(tokens, whole);
                self.ties.push(Tie {
                    kind: EdgeKind::Definition,
                    from,
                    to: *to,
                    span,
                });
            }
        }
    }

    /// The number of a name; none if the document has too many.
    fn intern(&mut self, text: &str, tokens: &[Token<'_>], found: &Found) -> Option<u32> {
        let key = (found.kind, found.name.clone());
        if let Some(number) = self.index.get(&key) {
            return Some(*number);
        }
        if self.names.len() >= NAMES {
            return None;
        }
        let number = u32::try_from(self.names.len()).ok()?;
        let span = span(tokens, found.from..found.to);
        let written = &text[span.start as usize..span.end as usize];
        let mut label = written.split_whitespace().collect::<Vec<_>>().join(" ");
        label.truncate(label.floor_char_boundary(LONGEST_LABEL));
        self.names.push(Name {
            kind: found.kind,
            folded: found.name.clone(),
            label: bare(&label).to_owned(),
            definitions: Vec::new(),
            coined: false,
        });
        self.index.insert(key, number);
        Some(number)
    }

    fn hit(&mut self, tokens: &[Token<'_>], range: Range<usize>, name: u32) {
        let sentence = self.sentence;
        self.hits.push(Hit {
            span: span(tokens, range),
            name,
            sentence,
        });
    }
}

fn count_first(tokens: &[Token<'_>]) -> u32 {
    let count = tokens.iter().filter(|token| token.first).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn overlaps(found: &Found, range: &Range<usize>) -> bool {
    found.from < range.end && range.start < found.to
}

/// The names of a block, none within another.
fn find(line: Line<'_, '_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.tokens.len() {
        let rest = &line.tokens[at..];
        let plain = |kind, (length, name)| Found {
            kind,
            from: at,
            to: at + length,
            name,
        };
        let one = dates::date(rest)
            .map(|made| plain(EntityKind::Date, made))
            .or_else(|| ids::id(rest).map(|made| plain(EntityKind::Id, made)))
            .or_else(|| name(line, at));
        match one {
            Some(one) => {
                at = one.to;
                found.push(one);
            }
            None => at += 1,
        }
    }
    found
}

/// The name that stands exactly here, or a new one in place of what stands within.
fn claim(
    tokens: &[Token<'_>],
    found: &mut Vec<Found>,
    range: Range<usize>,
    kind: EntityKind,
) -> Option<Found> {
    if let Some(one) = found
        .iter()
        .find(|one| one.from == range.start && one.to == range.end)
    {
        return Some(one.clone());
    }
    let within = |one: &Found| range.start <= one.from && one.to <= range.end;
    let words: Vec<&str> = tokens[range.clone()]
        .iter()
        .map(|token| bare(token.text))
        .collect();
    let loose = [words[0], words[words.len() - 1]]
        .iter()
        .any(|word| has(PLAIN, &fold(word)));
    if loose
        || found
            .iter()
            .any(|one| overlaps(one, &range) && !within(one))
    {
        return None;
    }
    found.retain(|one| !within(one));
    let name = fold(&words.join(" "));
    let one = Found {
        kind,
        from: range.start,
        to: range.end,
        name,
    };
    (one.name.len() > 1).then(|| {
        found.push(one.clone());
        one
    })
}
