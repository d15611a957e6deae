//! From texts to the file of weights, with cross-validation on the way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use guard_injection::model::{BITS, CONSTANTS, Model};
use sdk::Side;

use crate::learn::{self, Doc, Labelled, Recipe, Weights};
use crate::lessons::{Lesson, lesson, lessons};
use crate::report::rate;
use crate::rows::{self, Class, Row};

/// Parts of cross-validation.
const FOLDS: u32 = 5;

const SIDES: [Side; 2] = [Side::Input, Side::Retrieved];

/// How each side is learned; chosen by cross-validation.
fn recipe(side: Side) -> Recipe {
    let question = side == Side::Input;
    Recipe {
        epochs: 20,
        step: 3.0,
        decay: if question { 1e-3 } else { 3e-4 },
        dropped: if question { 8 } else { 5 },
        groups: 3,
        calm: if question { -2.5 } else { -1.5 },
        each: if question { 0.5 } else { 1.0 },
        whole: if question { 0.5 } else { 0.0 },
    }
}

/// Trains both sides, prints what cross-validation says, writes `model.bin`. `words` may ask for
/// the `mistakes` on rows for training.
pub fn train(folder: &Path, words: &[String]) {
    let Some(rows) = for_training(folder) else {
        return;
    };
    let others: Vec<Row> = rows::others(&folder.join("../retrieval"))
        .into_iter()
        .filter(|row| !row.test && LANGUAGES.contains(&row.source))
        .collect();
    let mistakes = words.iter().any(|word| word == "mistakes");
    let learned = SIDES.map(|side| learn_side(&rows, &others, side, mistakes));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model.bin");
    fs::write(&path, bytes(&learned)).expect("the file of weights can be written");
    println!("wrote {}", path.display());
}

/// The half for training.
fn for_training(folder: &Path) -> Option<Vec<Row>> {
    let Some(rows) = rows::load(folder) else {
        eprintln!("skipped: no shared sets at {}", folder.display());
        return None;
    };
    Some(rows.into_iter().filter(|row| !row.test).collect())
}

fn learn_side(rows: &[Row], others: &[Row], side: Side, mistakes: bool) -> Weights {
    let lessons = lessons(rows, side);
    println!("{side:?}: {} texts", lessons.len());
    let docs: Vec<&Doc> = lessons.iter().map(|lesson| &lesson.doc).collect();
    let unseen = cross_validate(&docs, side);
    let joinable: Vec<([f32; 5], bool, f32)> = unseen
        .iter()
        .zip(&docs)
        .map(|(parts, doc)| (*parts, doc.attack, doc.weight))
        .collect();
    let mut joint = learn::join(&joinable, [true, true, side == Side::Input, true, true]);
    let logits: Vec<f32> = unseen
        .iter()
        .map(|parts| learn::dot(&joint, parts))
        .collect();
    let cut = cut(&lessons, &logits, side);
    joint[0] -= cut;
    let logits: Vec<f32> = logits.iter().map(|logit| logit - cut).collect();
    table(&lessons, &logits);
    if mistakes {
        print_mistakes(&lessons, &logits);
    }
    let mut weights = learn::learn(&docs, recipe(side));
    joint[0] -= calm(others, side, &weights, &joint);
    weights.joint = joint;
    weights
}

/// The parts of each document's judgement, by weights that saw neither it nor its carrier.
fn cross_validate(docs: &[&Doc], side: Side) -> Vec<[f32; 5]> {
    let mut unseen = vec![[0.0; 5]; docs.len()];
    for fold in 0..FOLDS {
        let others: Vec<&Doc> = docs
            .iter()
            .filter(|doc| {
                let elsewhere = doc.carrier.is_none_or(|carrier| carrier % FOLDS != fold);
                doc.group % FOLDS != fold && elsewhere
            })
            .copied()
            .collect();
        let weights = learn::learn(&others, recipe(side));
        for (parts, doc) in unseen.iter_mut().zip(docs) {
            if doc.group % FOLDS == fold {
                *parts = learn::parts(doc, &weights);
            }
        }
    }
    unseen
}

fn print_mistakes(lessons: &[Lesson], logits: &[f32]) {
    for (lesson, logit) in lessons.iter().zip(logits) {
        if lesson.class.is_some() && (*logit > 0.0) != lesson.doc.attack {
            let text: String = lesson.text.chars().take(300).collect();
            println!("{logit:.1} {} {text:?}", lesson.source);
        }
    }
}

/// The lowest joint logit at which calm texts are blocked no more often than wanted.
fn cut(lessons: &[Lesson], logits: &[f32], side: Side) -> f32 {
    let limits: &[(Option<Class>, f64)] = match side {
        Side::Input => &[(Some(Class::Benign), 0.0155), (Some(Class::Hard), 0.02)],
        _ => &[(Some(Class::Carrier), 0.01), (None, 0.005)],
    };
    let mut cut = f32::MIN;
    for (class, share) in limits {
        let mut found: Vec<f32> = lessons
            .iter()
            .zip(logits)
            .filter(|(lesson, _)| lesson.class == *class && !lesson.doc.attack)
            .map(|(_, logit)| *logit)
            .collect();
        found.sort_by(|a, b| b.total_cmp(a));
        let may = (found.len() as f64 * share) as usize;
        if let Some(logit) = found.get(may) {
            cut = cut.max(*logit + 0.01);
        }
    }
    cut
}

/// Sets of other texts by which thresholds are checked. Nothing else is learned from them.
const LANGUAGES: [&str; 5] = ["arabic", "chinese", "english", "german", "spanish"];

/// How much the threshold has to rise so that few of other texts are blocked: one in a
/// hundred questions, one in fifty passages.
fn calm(others: &[Row], side: Side, weights: &Weights, joint: &[f32; 5]) -> f32 {
    let logit = |row: &Row| {
        let text = Labelled {
            view: &row.text,
            attack: false,
            inside: "",
            weight: 1.0,
            group: 0,
            carrier: None,
        };
        let doc = lesson(side, text, row.source, None).doc;
        learn::dot(joint, &learn::parts(&doc, weights))
    };
    let mut logits: Vec<f32> = others
        .iter()
        .filter(|row| row.class.side() == side)
        .map(logit)
        .collect();
    logits.sort_by(|a, b| b.total_cmp(a));
    let rise = logits
        .get(logits.len() / if side == Side::Input { 100 } else { 50 })
        .map_or(0.0, |l| l.max(0.0));
    let blocked = logits.iter().filter(|logit| **logit > 0.0).count();
    println!(
        "other texts: {blocked} of {} blocked, so the threshold goes up by {rise:.2}",
        logits.len()
    );
    rise
}

fn table(lessons: &[Lesson], logits: &[f32]) {
    let mut counts: BTreeMap<(String, &str), (usize, usize)> = BTreeMap::new();
    for (lesson, logit) in lessons.iter().zip(logits) {
        let class = match lesson.class {
            Some(class) => format!("{class:?}"),
            None if lesson.doc.attack => "own attack".to_owned(),
            None => "own calm".to_owned(),
        };
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

/// Trains without each source of attacks in turn and says what is found of it then.
pub fn left_out(folder: &Path) {
    let Some(rows) = for_training(folder) else {
        return;
    };
    println!("found of each source by a model that saw nothing of it, rules included");
    for side in SIDES {
        let joint = Model::of(side).map_or([0.0; 5], |model| model.joint);
        let lessons = lessons(&rows, side);
        let mut sources: Vec<&str> = lessons
            .iter()
            .filter(|lesson| lesson.class.is_some_and(Class::attack))
            .map(|lesson| lesson.source)
            .collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let others: Vec<&Doc> = lessons
                .iter()
                .filter(|lesson| lesson.source != source || !lesson.doc.attack)
                .map(|lesson| &lesson.doc)
                .collect();
            let weights = learn::learn(&others, recipe(side));
            let (mut hits, mut of) = (0, 0);
            for lesson in &lessons {
                if lesson.source == source && lesson.class.is_some_and(Class::attack) {
                    let parts = learn::parts(&lesson.doc, &weights);
                    hits += usize::from(learn::dot(&joint, &parts) > 0.0);
                    of += 1;
                }
            }
            println!("  {side:?} {source:<16} {}", rate(hits, of));
        }
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
