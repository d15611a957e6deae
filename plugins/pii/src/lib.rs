//! Redacts what names or reaches a person.
//!
//! A pattern alone is not enough where there is a law to check: cards must pass Luhn and belong to
//! an issuer, IBANs must pass mod 97 at their country's length, ids their country's check digits.
//! Numbers without such a law need a distinctive form or a word before them that says what they
//! are; names and streets need a known part, a telling shape or a telling place.

mod address;
mod birth;
mod card;
mod context;
mod crypto;
mod email;
mod iban;
mod ids;
mod ip;
mod lexicon;
mod person;
mod phone;
mod plate;
mod postal;
mod segment;
mod sha256;
mod signs;
mod switches;
#[cfg(test)]
mod tests;
mod words;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sdk::window::{Cut, Hit, Rules, Stream, WINDOW, check};
use sdk::{Description, Guardrail, Lifecycle, Subject, Verdict};
use signs::{Places, Signs};

/// The guest.
pub struct Pii;

sdk::export!(Pii);

impl Lifecycle for Pii {
    fn describe() -> Description {
        Description {
            name: "pii".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: labels().into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Every label, once.
fn labels() -> Vec<&'static str> {
    let mut labels = vec![
        email::LABEL,
        phone::LABEL,
        card::LABEL,
        iban::LABEL,
        ip::LABEL,
        ip::CARD_LABEL,
        birth::LABEL,
        crypto::LABEL,
        plate::LABEL,
        person::LABEL,
        address::LABEL,
        postal::LABEL,
    ];
    for id in ids::all() {
        if !labels.contains(&id.label) {
            labels.push(id.label);
        }
    }
    labels
}

impl Guardrail for Pii {
    type Session = Stream<Patterns>;

    fn check(subject: Subject) -> Verdict {
        check::<Patterns>(&subject)
    }
}

/// Everything this guard looks for.
pub struct Patterns {
    switches: Rc<switches::Switches>,
    /// The segment that was cut last holds nothing; scanning follows at once.
    dull: Cell<bool>,
    /// It did not end; of a full window only what begins in the first half counts.
    open: Cell<bool>,
    /// What was read of the words before it.
    marks: RefCell<context::Marks>,
    /// Where the segment begins in the whole text.
    place: Cell<usize>,
    /// Where the digits of the segment are, if it has any.
    places: RefCell<Places>,
    /// Room for the words of a segment.
    words: RefCell<Vec<person::Word>>,
    /// What was seen of the words where it was cut.
    seen: Cell<segment::Seen>,
}

impl Default for Patterns {
    fn default() -> Self {
        Patterns {
            switches: switches::Switches::from_host(),
            dull: Cell::new(false),
            open: Cell::new(false),
            marks: RefCell::default(),
            place: Cell::new(0),
            seen: Cell::default(),
            places: RefCell::default(),
            words: RefCell::default(),
        }
    }
}

impl Rules for Patterns {
    fn segment(&self, rest: &str) -> Cut {
        let mut seen = self.seen.get();
        let end = segment::end(rest, self.place.get(), &mut seen);
        self.seen.set(seen);
        self.dull.set(end.dull);
        self.open
            .set(end.cut == Cut::More && rest.len() + 4 > WINDOW);
        end.cut
    }

    fn place(&self, before: usize) {
        self.place.set(before);
    }

    fn keeps(&self, label: &str) -> bool {
        self.switches.noted(label)
    }

    fn scan(&self, text: &str, from: usize, hits: &mut Vec<Hit>) {
        if self.dull.get() {
            return;
        }
        let signs = Signs::of(&text.as_bytes()[from..], &mut self.places.borrow_mut());
        let until = match self.open.get() {
            true => from + WINDOW / 2,
            false => text.len(),
        };
        let topics = context::Topics::of(text, from, self.place.get(), &self.marks);
        let streets = signs.capital
            && signs.len >= 6
            && self.switches.enabled(address::LABEL)
            && (signs.digits > 0 || address::may_be(&text[from..]));
        let mut addresses = streets.then(|| address::Addresses::of(&topics, from..until));
        match addresses.as_mut().and_then(Iterator::next) {
            // What follows an address is looked at again behind its end.
            Some(address) => {
                let upto = address.span.end.min(until);
                self.find(&topics, from..upto, &signs, hits);
                if hits.iter().any(|hit| beats(hit, &address)) {
                    hits.clear();
                    self.find(&topics, from..until, &signs, hits);
                    hits.extend(addresses.into_iter().flatten());
                }
                hits.push(address);
            }
            None => self.find(&topics, from..until, &signs, hits),
        }
        topics.leave();
        if self.switches.any_off() {
            hits.retain(|hit| self.switches.enabled(hit.label));
        }
    }
}

/// Whether of two that overlap the first stays, as the caller of the rules settles it.
fn beats(hit: &Hit, other: &Hit) -> bool {
    let apart = hit.span.end <= other.span.start || other.span.end <= hit.span.start;
    let surer = hit.score > other.score;
    let longer = hit.score >= other.score && hit.span.len() > other.span.len();
    !apart && (surer || longer)
}

impl Patterns {
    /// Everything but streets.
    fn find(
        &self,
        topics: &context::Topics<'_>,
        begin: std::ops::Range<usize>,
        signs: &Signs,
        hits: &mut Vec<Hit>,
    ) {
        numbers(topics, begin.clone(), (signs, &self.places.borrow()), hits);
        if signs.capital {
            person::find(topics.text, begin, &mut self.words.borrow_mut(), hits);
        }
    }
}

/// Everything that is made of digits or signs; `signs` and `places` are those from the
/// beginning of `begin` on.
fn numbers(
    topics: &context::Topics<'_>,
    begin: std::ops::Range<usize>,
    (signs, places): (&Signs, &Places),
    hits: &mut Vec<Hit>,
) {
    let text = topics.text;
    let from = begin.start;
    if signs.at {
        email::find(text, from, hits);
    }
    if signs.colons >= 2 || signs.dots >= 3 && signs.digits >= 4 {
        ip::find(topics, begin.clone(), hits);
    }
    if signs.colons >= 5 || signs.dashes >= 5 || signs.dots >= 2 && signs.len >= 14 {
        ip::find_cards(text, begin.clone(), hits);
    }
    if signs.long {
        crypto::find(text, from, hits);
    }
    if (1..=8).contains(&signs.digits) && signs.letters >= 1 && signs.len >= 5 {
        plate::find(topics, begin.clone(), hits);
    }
    if (3..=9).contains(&signs.digits) {
        postal::find(topics, from, hits);
    }
    if signs.digits >= 4 && (signs.groups >= 3 || signs.letters >= 3) {
        birth::find(topics, begin.clone(), hits);
    }
    if signs.digits >= 4 && signs.len >= 7 {
        ids::find(topics, begin.clone(), places, hits);
    }
    if signs.digits >= 6 {
        phone::find(topics, begin.clone(), places, hits);
    }
    if signs.digits >= 9 && signs.letters >= 2 {
        iban::find(text, begin.clone(), places, hits);
    }
    if signs.digits >= 12 {
        card::find(topics, begin, places, hits);
    }
}

/// A hit that ends where it ends.
fn hit(span: std::ops::Range<usize>, label: &'static str, score: f32) -> Hit {
    Hit {
        span,
        label,
        score,
        tail: None,
    }
}
