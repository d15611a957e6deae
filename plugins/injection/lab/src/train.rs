//! From texts to the file of weights, with cross-validation on the way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use guard_injection::model::{BITS, CONSTANTS, Model};
use guard_injection::score::look;
use sdk::Side;
use sdk::testing::Random;

use crate::learn::{self, Doc, Labelled, Recipe, Weights};
use crate::own::{self, Own};
use crate::report::rate;
use crate::rows::{self, Class, Row};

/// Parts of cross-validation.
const FOLDS: u32 = 5;

/// A document and where it comes from.
pub struct Lesson {
    pub doc: Doc,
    pub source: &'static str,
    pub class: Option<Class>,
    /// The text or the attack in it, for the list of mistakes.
    pub text: String,
}

/// Trains both sides, prints what cross-validation says, writes `model.bin`.
pub fn train(folder: &Path, words: &[String]) {
    let Some(rows) = rows::load(folder) else {
        eprintln!("skipped: no shared sets at {}", folder.display());
        return;
    };
    let rows: Vec<Row> = rows.into_iter().filter(|row| !row.test).collect();
    let others: Vec<Row> = rows::others(&folder.join("../retrieval"))
        .into_iter()
        .filter(|row| !row.test && LANGUAGES.contains(&row.source))
        .collect();
    let mistakes = words.iter().any(|word| word == "mistakes");
    let learned: Vec<Weights> = [Side::Input, Side::Retrieved]
        .map(|side| learn_side(&rows, &others, side, mistakes))
        .into();
    if !words.iter().any(|word| word == "dry") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model.bin");
        fs::write(&path, bytes(&learned)).expect("the file of weights can be written");
        println!("wrote {}", path.display());
    }
}

/// How each side is learned.
fn recipe(side: Side) -> Recipe {
    Recipe {
        epochs: std::env::var("EP").map_or(20, |v| v.parse().unwrap()),
        step: std::env::var("ST").map_or(3.0, |v| v.parse().unwrap()),
        decay: std::env::var("DE").map_or(1e-3, |v| v.parse().unwrap()),
        dropped: std::env::var("DR").map_or(8, |v| v.parse().unwrap()),
        calm: v("CA", -3.0),
        each: std::env::var("EA").map_or(0.5, |v| v.parse().unwrap()),
        groups: std::env::var("GR").map_or(3, |v| v.parse().unwrap()),
        whole: if side == Side::Input { v("WH", 0.5) } else { 0.0 },
    }
}

fn learn_side(rows: &[Row], others: &[Row], side: Side, mistakes: bool) -> Weights {
    let lessons = lessons(rows, side);
    println!("{side:?}: {} texts", lessons.len());
    let docs: Vec<&Doc> = lessons.iter().map(|lesson| &lesson.doc).collect();
    let recipe = recipe(side);
    let docs_slice: Vec<Doc> = Vec::new();
    let _ = (&docs, &docs_slice);
    let all: Vec<Doc> = lessons.iter().map(|l| clone(&l.doc)).collect();
    let mut unseen = vec![[0.0; 5]; lessons.len()];
    let mut spans = vec![0..0; lessons.len()];
    for fold in 0..FOLDS {
        let weights = learn::learn(&all, recipe, |doc| {
            doc.group % FOLDS != fold && doc.carrier.is_none_or(|carrier| carrier % FOLDS != fold)
        });
        for (at, doc) in all.iter().enumerate() {
            if doc.group % FOLDS == fold {
                unseen[at] = learn::parts(doc, &weights);
                spans[at] = learn::span(doc, &weights);
            }
        }
    }
    for class in [true, false] {
        let mut found: Vec<f32> = unseen
            .iter()
            .zip(&all)
            .filter(|(_, doc)| doc.attack == class)
            .map(|(parts, _)| parts[1])
            .collect();
        found.sort_by(f32::total_cmp);
        let at = |share: f64| found[(share * (found.len() - 1) as f64) as usize];
        println!("attack {class}: {:?}", [0.02, 0.1, 0.5, 0.9, 0.98].map(at));
    }
    let joinable: Vec<([f32; 5], bool, f32)> = unseen
        .iter()
        .zip(&all)
        .map(|(parts, doc)| (*parts, doc.attack, doc.weight))
        .collect();
    let whole = side == Side::Input;
    let mut joint = learn::join(&joinable, [true, true, whole, true, true]);
    let logits: Vec<f32> = unseen
        .iter()
        .map(|parts| learn::dot(&joint, parts))
        .collect();
    let cut = cut(&lessons, &logits, side);
    if mistakes {
        let mut top: Vec<usize> = (0..lessons.len())
            .filter(|at| lessons[*at].class.is_some() && !lessons[*at].doc.attack)
            .collect();
        top.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
        for at in top.into_iter().take(12) {
            let text = lessons[at].text.get(spans[at].clone()).unwrap_or("?");
            println!(
                "TOP {:.1} {:?} {} {text:?}",
                logits[at], unseen[at], lessons[at].source
            );
        }
    }
    joint[0] -= cut;
    println!("joint {joint:?}, cut {cut}");
    let logits: Vec<f32> = logits.iter().map(|logit| logit - cut).collect();
    table(&lessons, &logits);
    if mistakes {
        for (lesson, logit) in lessons.iter().zip(&logits) {
            if lesson.class.is_some() && (*logit > 0.0) != lesson.doc.attack {
                let text: String = lesson.text.chars().take(300).collect();
                println!("{logit:.1} {} {text:?}", lesson.source);
            }
        }
    }
    let mut weights = learn::learn(&all, recipe, |_| true);
    joint[0] -= calm(others, side, &weights, &joint);
    weights.joint = joint;
    weights
}

fn clone(doc: &Doc) -> Doc {
    doc.clone()
}

/// The lowest joint logit at which everyday and hard texts are blocked no more often than wanted.
fn cut(lessons: &[Lesson], logits: &[f32], side: Side) -> f32 {
    let limits: &[(Class, f64)] = match side {
        Side::Input => &[(Class::Benign, 0.0095), (Class::Hard, 0.02)],
        _ => &[(Class::Carrier, 0.01)],
    };
    let mut cut = f32::MIN;
    let mut apply = |of: &dyn Fn(&Lesson) -> bool, share: f64| {
        let mut found: Vec<f32> = lessons
            .iter()
            .zip(logits)
            .filter(|(lesson, _)| of(lesson))
            .map(|(_, logit)| *logit)
            .collect();
        found.sort_by(|a, b| b.total_cmp(a));
        let may = (found.len() as f64 * share) as usize;
        if let Some(logit) = found.get(may) {
            cut = cut.max(*logit + 0.01);
        }
    };
    if side == Side::Retrieved {
        apply(&|lesson| lesson.class.is_none() && !lesson.doc.attack, 0.005);
    }
    for (class, share) in limits {
        apply(&|lesson| lesson.class == Some(*class), *share);
    }
    cut
}

fn table(lessons: &[Lesson], logits: &[f32]) {
    let mut counts: BTreeMap<(String, &str), (usize, usize)> = BTreeMap::new();
    for (lesson, logit) in lessons.iter().zip(logits) {
        let class = lesson
            .class
            .map_or(format!("own {}", lesson.doc.attack), |c| format!("{c:?}"));
        for source in ["= all", lesson.source] {
            let cell = counts.entry((class.clone(), source)).or_default();
            cell.0 += usize::from(*logit > 0.0);
            cell.1 += 1;
        }
    }
    println!("blocked in cross-validation");
    for ((class, source), (hits, of)) in counts {
        println!("  {class:<10} {source:<16} {}", rate(hits, of));
    }
}

/// Sets of other texts by which thresholds are checked. Nothing else is learned from them.
const LANGUAGES: [&str; 5] = ["arabic", "chinese", "english", "german", "spanish"];

/// How much the threshold has to rise so that at most one in a hundred of other texts is blocked.
fn calm(others: &[Row], side: Side, weights: &Weights, joint: &[f32; 5]) -> f32 {
    let mut logits: Vec<f32> = others
        .iter()
        .filter(|row| row.class.side() == side)
        .map(|row| {
            let text = Labelled {
                view: &row.text,
                attack: false,
                inside: "",
                weight: 1.0,
                group: 0,
                carrier: None,
                rules: 0.0,
            };
            let lesson = lesson(side, text, row.source, None);
            let logit = learn::dot(joint, &learn::parts(&lesson.doc, weights));
            if logit > 0.8 && std::env::var("SHOW").is_ok() {
                println!("OTHER {logit:.1} {} {:?}", row.source, lesson.text.get(learn::span(&lesson.doc, weights)));
            }
            logit
        })
        .collect();
    logits.sort_by(|a, b| b.total_cmp(a));
    let rise = logits.get(logits.len() / 100).copied().unwrap_or(0.0).max(0.0);
    println!("other texts: {} of {} blocked, threshold up by {rise}", logits.iter().filter(|l| **l > 0.0).count(), logits.len());
    rise
}

fn v(name: &str, or: f32) -> f32 { std::env::var(name).map_or(or, |v| v.parse().unwrap()) }

/// A number for a text or template by which folds are made.
fn group(text: &str) -> u32 {
    text.bytes().fold(17u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    }) >> 3
}

/// Everything to learn from on a side.
fn lessons(rows: &[Row], side: Side) -> Vec<Lesson> {
    let mut random = Random(0x0dd_5eed);
    let mut lessons = Vec::new();
    for row in rows {
        if row.class == Class::Unclear || row.class.side() != side {
            continue;
        }
        let weight = match row.class {
            Class::Indirect => 0.5,
            Class::Direct => v("WD", 2.0),
            _ => v("WB", 2.0),
        };
        let key = if row.attack.is_empty() {
            &row.text
        } else {
            &row.attack
        };
        let text = Labelled {
            view: &row.text,
            attack: row.class.attack(),
            inside: &row.attack,
            weight,
            group: group(key),
            carrier: (!row.carrier.is_empty()).then(|| group(&row.carrier)),
            rules: 0.0,
        };
        let alone = Labelled {
            view: &row.attack,
            carrier: None,
            inside: "",
            weight: 0.3,
            ..text
        };
        lessons.push(lesson(side, text, row.source, Some(row.class)));
        if !row.attack.is_empty() {
            lessons.push(lesson(side, alone, "alone", None));
        }
    }
    let carriers: Vec<String> = rows
        .iter()
        .filter(|row| row.class == Class::Carrier)
        .map(|row| row.text.clone())
        .collect();
    let own: Vec<Own> = if side == Side::Input {
        own::questions(&mut random)
    } else {
        own::documents(&mut random, &carriers)
    };
    for text in own {
        let labelled = Labelled {
            view: &text.text,
            attack: text.attack,
            inside: &text.inside,
            weight: v("WO", 0.5),
            group: (text.template as u32).wrapping_mul(2_654_435_761) >> 7,
            carrier: text.carrier.map(|nth| group(&carriers[nth])),
            rules: 0.0,
        };
        lessons.push(lesson(side, labelled, "own", None));
    }
    lessons
}

/// Reads a text for a side; its view and what the rules say of it are made here.
fn lesson(side: Side, text: Labelled<'_>, source: &'static str, class: Option<Class>) -> Lesson {
    let subject = crate::host::subject(side, text.view);
    let model = Model::of(side).expect("questions and passages are judged");
    let rules = look(&subject.view, &model).rules.score;
    Lesson {
        doc: learn::doc(&Labelled {
            view: &subject.view,
            rules,
            ..text
        }),
        source,
        class,
        text: text.view.to_owned(),
    }
}

/// The file of weights.
fn bytes(sides: &[Weights]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut tables = Vec::new();
    for weights in sides {
        let most = weights
            .table
            .iter()
            .fold(0.0f32, |most, w| most.max(w.abs()));
        let scale = most.max(1e-6) / 127.0;
        let mut constants = vec![scale, weights.stretch, weights.whole.0, weights.whole.1];
        constants.extend(weights.joint);
        constants.resize(CONSTANTS, 0.0);
        out.extend(constants.iter().flat_map(|number| number.to_le_bytes()));
        debug_assert_eq!(weights.table.len(), 1 << BITS);
        tables.extend(
            weights
                .table
                .iter()
                .map(|w| (w / scale).round() as i8 as u8),
        );
    }
    out.extend(tables);
    out
}
