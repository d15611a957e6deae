//! Dates of birth: a date that the words before it call so.

use std::sync::LazyLock;

use regex::Regex;
use sdk::window::Hit;

use crate::context::{Topics, stands_alone};
use crate::segment::month;
use crate::{hit, lexicon};

pub const LABEL: &str = "DATE_OF_BIRTH";

static NUMERIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:[12][0-9]|3[01]|0?[1-9])",
        r"|(?:[12][0-9]|3[01]|0?[1-9])[-/.] ?(?:[12][0-9]|3[01]|0?[1-9])[-/.] ?",
        r"(?:(?:19|20)[0-9]{2}|[0-9]{2}))",
    ))
    .expect("the pattern is constant")
});
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:([0-9]{1,2})(?:st|nd|rd|th|er|º|\.)? (?:(?:of|de|del|di) )?)?",
        r"([A-Za-zÀ-ž]{3,12})\.?(?: ([0-9]{1,2})(?:st|nd|rd|th)?,?)?",
        r"(?: (?:of|de|del))? ((?:19|20)[0-9]{2})",
    ))
    .expect("the pattern is constant")
});

pub fn find(topics: &Topics<'_>, begin: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let from = begin.start;
    if topics.before(begin.end) & lexicon::BIRTH == 0 {
        return;
    }
    let text = topics.text;
    for found in NUMERIC.find_iter(&text[from..]) {
        offer(topics, found.start() + from..found.end() + from, hits);
    }
    for found in WRITTEN.captures_iter(&text[from..]) {
        if found.get(2).is_some_and(|word| month(word.as_str())) {
            let whole = found.get(0).expect("the whole match is there");
            offer(topics, whole.start() + from..whole.end() + from, hits);
        }
    }
}

fn offer(topics: &Topics<'_>, span: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    if stands_alone(topics.text, span.start, span.end)
        && topics.around(span.start).near & lexicon::BIRTH != 0
    {
        hits.push(hit(span, LABEL, 0.9));
    }
}
