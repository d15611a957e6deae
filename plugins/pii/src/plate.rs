//! Licence plates, under their words or as a whole message: the shapes of Germany, Turkey, the
//! United Kingdom and India.

use std::sync::LazyLock;

use regex::Regex;
use sdk::window::Hit;

use crate::context::{Topics, stands_alone};
use crate::{hit, lexicon};

pub const LABEL: &str = "LICENSE_PLATE";

static PLATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"[A-Za-zÄÖÜäöü]{1,3}[ -][A-Za-z]{1,2}[ -]?[0-9]{1,4}[HhEe]?",
        r"|[0-9]{2} ?[A-Za-z]{1,3} ?[0-9]{2,4}",
        r"|[A-Za-z]{2}[0-9]{2} ?[A-Za-z]{3}",
        r"|[A-Za-z]{2}[ -]?[0-9]{1,2}[ -]?[A-Za-z]{1,3}[ -]?[0-9]{4}",
    ))
    .expect("the pattern is constant")
});

/// Adds the plates in `text[from..]`.
pub fn find(topics: &Topics<'_>, begin: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let from = begin.start;
    let text = topics.text;
    let whole = text[..from].trim().is_empty();
    if !whole && topics.before(begin.end) & lexicon::PLATE == 0 {
        return;
    }
    for found in PLATE.find_iter(&text[from..]) {
        let span = found.start() + from..found.end() + from;
        // Turkey's provinces.
        let province = found
            .as_str()
            .get(..2)
            .and_then(|head| head.parse::<u8>().ok());
        let shape = province.is_none_or(|province| (1..=81).contains(&province));
        if !shape || !stands_alone(text, span.start, span.end) {
            continue;
        }
        let whole = text[..span.start].trim().is_empty() && text[span.end..].is_empty();
        if whole || topics.around(span.start).near & lexicon::PLATE != 0 {
            hits.push(hit(span, LABEL, if whole { 0.35 } else { 0.85 }));
        }
    }
}
