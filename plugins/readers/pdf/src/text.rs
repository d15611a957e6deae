//! Blocks to one text in Markdown, with the pages in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::layout::{Block, Kind};

/// Where pages share lines at their ends, this many there are looked at.
const EDGE: usize = 2;
/// Letters of a heading.
const HEADING: usize = 150;

/// The text of all pages.
#[derive(Debug, Default)]
pub(crate) struct Composed {
    pub(crate) text: String,
    /// Numbers of pages that have text, from 1, and where they begin.
    pub(crate) pages: Vec<(u32, usize)>,
}

/// `None` if the text would be longer than `limit` bytes.
pub(crate) fn compose(mut pages: Vec<Vec<Block>>, limit: usize) -> Option<Composed> {
    drop_repeated(&mut pages);
    let style = Style::of(&pages);
    let mut out = Composed::default();
    for (number, blocks) in (1u32..).zip(&pages) {
        let mut first = true;
        for block in blocks {
            let text = style.render(block);
            if text.is_empty() {
                continue;
            }
            if !out.text.is_empty() {
                out.text.push('\n');
            }
            if first {
                out.pages.push((number, out.text.len()));
                first = false;
            }
            out.text.push_str(&text);
            if out.text.len() > limit {
                return None;
            }
        }
    }
    Some(out)
}

/// What the whole file tells about its parts.
struct Style {
    body: f32,
    /// Sizes of headings in halves, the biggest first.
    headings: Vec<i32>,
    /// Whether bold lines are rare enough to be headings.
    bold_is_heading: bool,
    /// Words that are written with a hyphen somewhere within a line.
    hyphenated: BTreeSet<String>,
}

impl Style {
    fn of(pages: &[Vec<Block>]) -> Style {
        let mut sizes: BTreeMap<i32, usize> = BTreeMap::new();
        let (mut all, mut bold) = (0, 0);
        let mut hyphenated = BTreeSet::new();
        for block in pages.iter().flatten() {
            let length = block.length();
            *sizes.entry(halves(block.size)).or_default() += length;
            all += length;
            bold += if block.bold { length } else { 0 };
            block.collect_hyphenated(&mut hyphenated);
        }
        let body = sizes.iter().max_by_key(|(_, count)| **count);
        let body = body.map_or(10.0, |(size, _)| *size as f32 / 2.0);
        let mut style = Style {
            body,
            headings: Vec::new(),
            bold_is_heading: bold * 5 < all,
            hyphenated,
        };
        let blocks = pages.iter().flatten();
        let big = blocks
            .filter(|block| style.is_big(block))
            .map(|block| halves(block.size));
        let big: BTreeSet<i32> = big.collect();
        style.headings = big.into_iter().rev().collect();
        style
    }

    fn is_big(&self, block: &Block) -> bool {
        block.size > 1.12 * self.body && block.may_be_heading()
    }

    /// The level of a heading; `None` for everything else.
    fn level(&self, block: &Block) -> Option<usize> {
        if self.is_big(block) {
            let rank = self
                .headings
                .iter()
                .position(|size| *size == halves(block.size));
            return rank.map(|rank| rank.min(3) + 1);
        }
        let alone = matches!(&block.kind, Kind::Text(lines) if lines.len() == 1);
        let heading = alone
            && block.bold
            && self.bold_is_heading
            && block.size > 0.95 * self.body
            && block.may_be_heading();
        heading.then(|| self.headings.len().min(3) + 1)
    }

    fn render(&self, block: &Block) -> String {
        match &block.kind {
            Kind::Table(rows) => table(rows),
            Kind::Text(lines) => {
                let text = self.paragraph(lines);
                match self.level(block) {
                    Some(level) => {
                        let text = text.trim_end().replace('\n', " ");
                        format!("{} {text}\n", "#".repeat(level))
                    }
                    None => text,
                }
            }
        }
    }

    /// Lines one below the other, with words that were parted at their ends in one piece again.
    fn paragraph(&self, lines: &[String]) -> String {
        let mut text = String::new();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            if let Some(stem) = parted(&text, line) {
                let (head, tail) = line.split_once(' ').unwrap_or((line, ""));
                let whole = format!("{}{head}", last_word(&text));
                text.truncate(stem + 1);
                if !self.hyphenated.contains(&bare(&whole)) {
                    text.truncate(stem);
                }
                text.push_str(head);
                text.push('\n');
                text.push_str(tail);
            } else {
                text.push_str(if line.starts_with('#') { "\\" } else { "" });
                text.push_str(line);
            }
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }
}

fn halves(size: f32) -> i32 {
    (size * 2.0).round() as i32
}

/// Where the hyphen is, if a word goes on in the next line.
fn parted(text: &str, next: &str) -> Option<usize> {
    let text = text.strip_suffix('\n')?;
    let stem = text.strip_suffix(['-', '\u{ad}', '\u{2010}'])?;
    let before = stem.chars().next_back()?;
    let after = next.chars().next()?;
    (before.is_alphabetic() && after.is_lowercase()).then_some(stem.len())
}

/// The last word, or the end of one that is longer than words are.
fn last_word(text: &str) -> &str {
    let mut from = text.len().saturating_sub(80);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let end = text.get(from..).unwrap_or_default();
    end.split_whitespace().next_back().unwrap_or_default()
}

/// In small letters, without the signs around it.
fn bare(word: &str) -> String {
    word.trim_matches(|sign: char| !sign.is_alphanumeric())
        .to_lowercase()
}

fn table(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        text.push('|');
        for cell in row {
            text.push(' ');
            text.push_str(&cell.replace('|', "\\|"));
            text.push_str(if cell.is_empty() { "|" } else { " |" });
        }
        text.push('\n');
        if at == 0 {
            text.push('|');
            text.push_str(&" --- |".repeat(row.len()));
            text.push('\n');
        }
    }
    text
}

impl Block {
    fn length(&self) -> usize {
        match &self.kind {
            Kind::Text(lines) => lines.iter().map(String::len).sum(),
            Kind::Table(rows) => rows.iter().flatten().map(String::len).sum(),
        }
    }

    fn may_be_heading(&self) -> bool {
        let Kind::Text(lines) = &self.kind else {
            return false;
        };
        let letters = lines.iter().flat_map(|line| line.chars());
        let ends = lines
            .last()
            .is_some_and(|line| line.ends_with(['.', ',', ';', ':']));
        lines.len() <= 3
            && self.length() <= HEADING
            && !ends
            && letters.filter(|sign| sign.is_alphabetic()).count() >= 2
    }

    fn collect_hyphenated(&self, words: &mut BTreeSet<String>) {
        let Kind::Text(lines) = &self.kind else {
            return;
        };
        let all = lines.iter().flat_map(|line| line.split_whitespace());
        let inner = all
            .map(bare)
            .filter(|word| word.contains('-') && words_fit(word));
        for word in inner {
            if words.len() < 20_000 {
                words.insert(word);
            }
        }
    }
}

fn words_fit(word: &str) -> bool {
    word.len() <= 60
}

/// Lines at the top and at the bottom that most pages share stay on the first of them only;
/// numbers in them do not count.
fn drop_repeated(pages: &mut [Vec<Block>]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages.iter() {
        for line in edges(page).into_iter().collect::<BTreeSet<_>>() {
            *counts.entry(line).or_default() += 1;
        }
    }
    let enough = (pages.len() / 2).max(3);
    counts.retain(|_, count| *count >= enough);
    let mut seen = BTreeSet::new();
    for page in pages.iter_mut() {
        let repeated: BTreeSet<String> = edges(page).into_iter().collect();
        let repeated = repeated
            .into_iter()
            .filter(|line| counts.contains_key(line));
        for line in repeated.collect::<Vec<_>>() {
            if !seen.insert(line.clone()) {
                remove(page, &line);
            }
        }
    }
}

/// The first and last lines of a page, with `#` for each number.
fn edges(page: &[Block]) -> Vec<String> {
    let lines = || page.iter().filter_map(text_lines).flatten();
    let first = lines().take(EDGE);
    let last = page
        .iter()
        .rev()
        .filter_map(text_lines)
        .flat_map(|lines| lines.iter().rev());
    first
        .chain(last.take(EDGE))
        .map(|line| masked(line))
        .collect()
}

fn text_lines(block: &Block) -> Option<&Vec<String>> {
    match &block.kind {
        Kind::Text(lines) => Some(lines),
        Kind::Table(_) => None,
    }
}

fn masked(line: &str) -> String {
    let mut masked = String::new();
    for sign in line.chars().take(200) {
        if !sign.is_numeric() {
            masked.push(sign);
        } else if !masked.ends_with('#') {
            masked.push('#');
        }
    }
    masked
}

fn remove(page: &mut [Block], line: &str) {
    for block in page.iter_mut() {
        if let Kind::Text(lines) = &mut block.kind
            && let Some(at) = lines.iter().position(|text| masked(text) == line)
        {
            lines.remove(at);
            return;
        }
    }
}
