//! US social security numbers, under the rules of which areas, groups and serials are given out.

use std::sync::LazyLock;

use regex::Regex;
use sdk::window::Hit;

use crate::context::{called, lead, stands_alone};
use crate::hit;

pub const LABEL: &str = "US_SSN";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([0-9]{3})([- .]?)([0-9]{2})([- .]?)([0-9]{4})").expect("the pattern is constant")
});
const NAMES: [&str; 9] = [
    "ssn",
    "ssns",
    "ss#",
    "ss #",
    "itin",
    "social security*",
    "social sec",
    "tax id",
    "taxpayer id",
];

pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    for found in NUMBER.captures_iter(&text[from..]) {
        let part = |group: usize| found.get(group).map_or("", |part| part.as_str());
        let span = found.get(0).expect("the whole match is there").range();
        let span = span.start + from..span.end + from;
        let (area, group, serial) = (part(1), part(3), part(5));
        let valid = !matches!(area, "000" | "666") && !area.starts_with('9');
        if !valid || group == "00" || serial == "0000" || part(2) != part(4) {
            continue;
        }
        if !stands_alone(text, span.start, span.end) {
            continue;
        }
        let named = called(lead(text, span.start, 60), &NAMES, 40);
        if named || part(2) == "-" {
            hits.push(hit(span, LABEL, if named { 0.95 } else { 0.7 }));
        }
    }
}
