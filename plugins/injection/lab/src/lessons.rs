//! Everything there is to learn from on a side: the half for training of the shared sets, and
//! texts of our own.

use guard_injection::model::Model;
use guard_injection::score::look;
use sdk::Side;
use sdk::testing::Random;

use crate::host;
use crate::learn::{self, Doc, Labelled};
use crate::own::{self, Own};
use crate::rows::{Class, Row};

/// A document and where it comes from.
pub struct Lesson {
    /// What is learned from.
    pub doc: Doc,
    /// The set it comes from.
    pub source: &'static str,
    /// What the shared set says it is; none for our own.
    pub class: Option<Class>,
    /// Its view.
    pub text: String,
}

/// Seed of our own texts.
const SEED: u64 = 0x0dd_5eed;

/// How much a text counts: everyday ones are few and matter, put-in attacks are many alike.
fn weight(class: Class) -> f32 {
    match class {
        Class::Indirect => 0.5,
        Class::Direct => 1.0,
        _ => 4.0,
    }
}

/// Everything to learn from on a side.
pub fn lessons(rows: &[Row], side: Side) -> Vec<Lesson> {
    let mut lessons = Vec::new();
    for row in rows
        .iter()
        .filter(|row| row.class != Class::Unclear && row.class.side() == side)
    {
        if row.class == Class::Benign && twice(row, rows) {
            continue;
        }
        let key = if row.attack.is_empty() {
            &row.text
        } else {
            &row.attack
        };
        let text = Labelled {
            view: &row.text,
            attack: row.class.attack(),
            inside: &row.attack,
            weight: weight(row.class),
            group: group(key),
            carrier: (!row.carrier.is_empty()).then(|| group(&row.carrier)),
        };
        lessons.push(lesson(side, text, row.source, Some(row.class)));
        if !row.attack.is_empty() {
            let alone = Labelled {
                view: &row.attack,
                inside: "",
                weight: 0.3,
                carrier: None,
                ..text
            };
            lessons.push(lesson(side, alone, row.source, None));
        }
    }
    lessons.extend(ours(rows, side));
    lessons
}

fn ours(rows: &[Row], side: Side) -> Vec<Lesson> {
    let mut random = Random(SEED);
    let carriers: Vec<String> = rows
        .iter()
        .filter(|row| row.class == Class::Carrier)
        .map(|row| row.text.clone())
        .collect();
    let made: Vec<Own> = if side == Side::Input {
        own::questions(&mut random)
    } else {
        own::documents(&mut random, &carriers)
    };
    let own = |text: Own| {
        let labelled = Labelled {
            view: &text.text,
            attack: text.attack,
            inside: &text.inside,
            weight: 0.5,
            group: group(&text.template.to_string()),
            carrier: text.carrier.map(|nth| group(&carriers[nth])),
        };
        lesson(side, labelled, "own", None)
    };
    made.into_iter().map(own).collect()
}

/// Whether a row stands among the attacks of another set as well; two labels teach nothing.
fn twice(row: &Row, rows: &[Row]) -> bool {
    const LETTERS: usize = 60;
    let start = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.take(LETTERS).collect()
    };
    let own = start(&row.text);
    own.chars().count() == LETTERS
        && rows
            .iter()
            .any(|other| other.class == Class::Direct && start(&other.text) == own)
}

/// Reads a text for a side; its view and what the rules say of it are made here.
pub fn lesson(
    side: Side,
    text: Labelled<'_>,
    source: &'static str,
    class: Option<Class>,
) -> Lesson {
    let model = Model::of(side).expect("questions and passages are judged");
    let view = host::subject(Side::Output, text.view).view;
    let rules = look(&view, &model).rules.score;
    Lesson {
        doc: learn::doc(
            &Labelled {
                view: &view,
                ..text
            },
            rules,
        ),
        source,
        class,
        text: view,
    }
}

/// A number for a text by which folds are made.
fn group(text: &str) -> u32 {
    let number = text.bytes().fold(17u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    number.wrapping_mul(0x9e37_79b1) >> 3
}
