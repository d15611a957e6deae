//! Numbered and bulleted lists: what Word would write before a paragraph.

use std::collections::{HashMap, HashSet};

use crate::problem::Problem;
use crate::xml::{Event, Tag, Xml};

const LEVELS: usize = 9;

/// Kinds of lists, and lists. Word stops at a few thousand.
const LISTS: usize = 20_000;

#[derive(Default)]
pub(super) struct Numbering {
    kinds: HashMap<String, Kind>,
    lists: HashMap<String, List>,
    /// How far each kind has counted.
    counts: HashMap<String, [u32; LEVELS]>,
    /// The lists that have begun: their own starts count once.
    begun: HashSet<(String, usize)>,
}

type Kind = [Level; LEVELS];

#[derive(Default)]
struct List {
    kind: String,
    starts: HashMap<usize, u32>,
}

#[derive(Clone, Default)]
struct Level {
    format: String,
    /// `%1.%2)`
    text: String,
    start: Option<u32>,
}

impl Numbering {
    pub(super) fn read(source: &str) -> Result<Numbering, Problem> {
        let mut numbering = Numbering::default();
        let mut at = Place::default();
        let mut xml = Xml::new(source);
        while let Some(event) = xml.next()? {
            if numbering.kinds.len() > LISTS || numbering.lists.len() > LISTS {
                break;
            }
            if let Event::Start(tag) = event {
                numbering.start(&tag, &mut at);
            }
        }
        Ok(numbering)
    }

    fn start(&mut self, tag: &Tag, at: &mut Place) {
        let value = || tag.get("val").unwrap_or_default().into_owned();
        match tag.name {
            "abstractNum" => {
                at.kind = tag.get("abstractNumId").unwrap_or_default().into_owned();
                at.list = None;
            }
            "num" => at.list = Some(tag.get("numId").unwrap_or_default().into_owned()),
            "lvl" | "lvlOverride" => at.level = tag.number("ilvl").unwrap_or(0).min(LEVELS - 1),
            "abstractNumId" => self.list(at).kind = value(),
            "startOverride" => {
                let start = tag.number("val").unwrap_or(1);
                let level = at.level;
                self.list(at).starts.insert(level, start);
            }
            // A level within a list overrides the kind's; few do, and they say the same in general.
            "numFmt" if at.list.is_none() => self.level(at).format = value(),
            "lvlText" if at.list.is_none() => self.level(at).text = value(),
            "start" if at.list.is_none() => self.level(at).start = tag.number("val"),
            _ => {}
        }
    }

    fn list(&mut self, at: &Place) -> &mut List {
        let id = at.list.clone().unwrap_or_default();
        self.lists.entry(id).or_default()
    }

    fn level(&mut self, at: &Place) -> &mut Level {
        let kind = self.kinds.entry(at.kind.clone()).or_default();
        &mut kind[at.level]
    }

    /// Counts the next paragraph of a list. Its mark; `None` if it has none.
    pub(super) fn next(&mut self, id: &str, level: usize) -> Option<String> {
        let level = level.min(LEVELS - 1);
        let list = self.lists.get(id)?;
        let kind = self.kinds.get(&list.kind)?;
        let counts = self.counts.entry(list.kind.clone()).or_default();
        let first = |at: usize| kind[at].start.unwrap_or(1);
        let own = list.starts.get(&level).copied();
        match own.filter(|_| self.begun.insert((id.to_owned(), level))) {
            Some(start) => counts[level] = start,
            None if counts[level] == 0 => counts[level] = first(level),
            None => counts[level] = counts[level].saturating_add(1),
        }
        for (above, count) in counts.iter_mut().enumerate().take(level) {
            if *count == 0 {
                *count = first(above);
            }
        }
        counts[level + 1..].fill(0);
        match kind[level].format.as_str() {
            "bullet" => Some("-".to_owned()),
            "none" => None,
            _ => Some(label(kind, &kind[level].text, counts)).filter(|label| !label.is_empty()),
        }
    }
}

#[derive(Default)]
struct Place {
    kind: String,
    list: Option<String>,
    level: usize,
}

fn label(kind: &Kind, text: &str, counts: &[u32; LEVELS]) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let level = chars
            .next()
            .and_then(|digit| digit.to_digit(10))
            .unwrap_or(0) as usize;
        if let Some(at) = level.checked_sub(1).filter(|at| *at < LEVELS) {
            out += &written(counts[at], &kind[at].format);
        }
    }
    out.trim().to_owned()
}

fn written(number: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(number),
        "upperLetter" => letters(number).to_uppercase(),
        "lowerRoman" => roman(number),
        "upperRoman" => roman(number).to_uppercase(),
        "decimalZero" => format!("{number:02}"),
        _ => number.to_string(),
    }
}

/// a to z, then aa to zz as Word does.
fn letters(number: u32) -> String {
    let at = number.saturating_sub(1);
    let letter = char::from(b'a' + (at % 26) as u8);
    std::iter::repeat_n(letter, (at / 26 + 1).min(10) as usize).collect()
}

fn roman(mut number: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if number > 4_000 {
        return number.to_string();
    }
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while number >= value {
            out += sign;
            number -= value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_word_does() {
        for (number, format, want) in [
            (3, "decimal", "3"),
            (3, "decimalZero", "03"),
            (28, "lowerLetter", "bb"),
            (4, "upperRoman", "IV"),
            (1994, "lowerRoman", "mcmxciv"),
            (9_000, "lowerRoman", "9000"),
        ] {
            assert_eq!(written(number, format), want);
        }
    }

    #[test]
    fn a_list_counts_by_level_and_begins_anew_where_it_says() {
        let source = r#"<n><abstractNum abstractNumId="7">
            <lvl ilvl="0"><start val="1"/><numFmt val="decimal"/><lvlText val="%1."/></lvl>
            <lvl ilvl="1"><numFmt val="lowerLetter"/><lvlText val="%1.%2)"/></lvl>
            <lvl ilvl="2"><numFmt val="bullet"/><lvlText val="o"/></lvl></abstractNum>
            <num numId="1"><abstractNumId val="7"/></num>
            <num numId="2"><abstractNumId val="7"/><lvlOverride ilvl="0"><startOverride val="5"/></lvlOverride></num></n>"#;
        let mut numbering = Numbering::read(source).unwrap();
        for (id, level, want) in [
            ("1", 0, Some("1.")),
            ("1", 1, Some("1.a)")),
            ("1", 1, Some("1.b)")),
            ("1", 0, Some("2.")),
            ("1", 1, Some("2.a)")),
            ("1", 2, Some("-")),
            ("2", 0, Some("5.")),
            ("2", 0, Some("6.")),
            ("3", 0, None),
        ] {
            assert_eq!(numbering.next(id, level).as_deref(), want, "{id} {level}");
        }
    }
}
