//! For the tests of guests: subjects, `cases.toml`, and streams cut at random.

use serde::Deserialize;

use crate::{Edit, Guardrail, GuestSession, Run, Side, Step, Subject, Verdict};

/// One line of a guest's `cases.toml`: an input and the verdict that it must get.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// `input`, `retrieved` or `output` (the default).
    #[serde(default)]
    pub side: Option<String>,
    /// The text to judge.
    pub text: String,
    /// The text with its edits made; the same text for a pass; absent for a block.
    #[serde(default)]
    pub becomes: Option<String>,
    /// The label of the block.
    #[serde(default)]
    pub blocked: Option<String>,
    /// A label that people are shown beside the text.
    #[serde(default)]
    pub flagged: Option<String>,
    /// It needs what only the host does, such as reading what a text hides; left out here.
    #[serde(default)]
    pub host: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// Reads a guest's cases; panics with the place if they do not parse.
pub fn read(cases: &str) -> Vec<Case> {
    let cases: Cases = toml::from_str(cases).expect("cases.toml must parse");
    cases.case
}

/// The texts of the cases.
pub fn texts(cases: &str) -> Vec<String> {
    read(cases).into_iter().map(|case| case.text).collect()
}

/// Judges every case and panics with all that went wrong.
pub fn cases<G: Guardrail>(cases: &str) {
    let mut wrong = Vec::new();
    for case in read(cases).into_iter().filter(|case| !case.host) {
        let sides = match case.side.as_deref() {
            None | Some("output") => Side::Output,
            Some("input") => Side::Input,
            Some("retrieved") => Side::Retrieved,
            Some(other) => panic!("{}: no side is called {other}", case.name),
        };
        let want = match (&case.becomes, &case.blocked) {
            (Some(text), None) => text.clone(),
            (None, Some(label)) => format!("blocked as {label}"),
            (None, None) => case.text.clone(),
            (Some(_), Some(_)) => panic!("{}: becomes and blocked", case.name),
        };
        let verdict = G::check(subject(sides, &case.text));
        if let Some(label) = &case.flagged
            && !noted(&case.text, &verdict).contains(label)
        {
            wrong.push(format!("{}: not flagged as {label}", case.name));
        }
        let got = outcome(&case.text, &verdict);
        if got != want {
            wrong.push(format!(
                "{}\n   text {}\n   want {want}\n    got {got}",
                case.name, case.text
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The labels that people are shown and that change nothing.
fn noted(text: &str, verdict: &Verdict) -> Vec<String> {
    let stays = |edit: &&Edit| {
        let span = &edit.finding.span;
        text.get(span.start as usize..span.end as usize) == Some(edit.replacement.as_str())
    };
    match verdict {
        Verdict::Flag(found) => found.iter().map(|it| it.label.clone()).collect(),
        Verdict::Redact(edits) => {
            let notes = edits.iter().filter(stays);
            notes.map(|edit| edit.finding.label.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// What becomes of a text under a verdict, in words.
pub fn outcome(text: &str, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass | Verdict::Flag(_) => text.to_owned(),
        Verdict::Redact(edits) => apply(text, edits),
        Verdict::Block(reason) => format!("blocked as {}", reason.finding.label),
    }
}

/// Makes edits; panics if the host would refuse them.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let span = &edit.finding.span;
        assert!(
            at <= span.start as usize && span.start < span.end,
            "edits are out of order"
        );
        out.push_str(&text[at..span.start as usize]);
        out.push_str(&edit.replacement);
        at = span.end as usize;
    }
    out + &text[at..]
}

/// A subject with a view that folds what the host folds, as far as tests need it: fullwidth
/// forms, a few Cyrillic letters, odd spaces; invisible characters are left out.
pub fn subject(side: Side, text: &str) -> Subject {
    let mut view = String::with_capacity(text.len());
    let mut map: Vec<Run> = Vec::new();
    for (at, c) in text.char_indices() {
        let folded = fold(c);
        let verbatim = folded == Some(c);
        if !(verbatim && map.last().is_some_and(|run| run.verbatim)) {
            map.push(Run {
                view: crate::offset(view.len()),
                text: crate::offset(at),
                verbatim,
            });
        }
        view.extend(folded);
    }
    Subject {
        side,
        text: text.to_owned(),
        view,
        runs: map,
        decoded: Vec::new(),
    }
}

fn fold(c: char) -> Option<char> {
    match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => None,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}' => None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        '\u{2010}' | '\u{2011}' => Some('-'),
        'а' => Some('a'),
        'е' => Some('e'),
        'о' => Some('o'),
        'р' => Some('p'),
        'с' => Some('c'),
        'і' => Some('i'),
        other => Some(other),
    }
}

/// Streams every text, and all of them joined in several ways, cut in many ways, and panics
/// where the pieces are not together what `check` makes of the whole, or where a session holds
/// more than [`HELD`] bytes.
pub fn streams<G: Guardrail>(texts: &[String]) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut subjects = texts.to_vec();
    for joint in ["", " ", "\n", "x", "，"] {
        subjects.push(texts.join(joint));
    }
    for round in 0..10 {
        let mut mixed = String::new();
        for _ in 0..12 {
            mixed += &texts[random.below(texts.len())];
            mixed += [" ", "\n", ", ", "  ", ": "][round % 5];
        }
        subjects.push(mixed);
    }
    for text in &subjects {
        let whole = outcome(text, &G::check(subject(Side::Output, text)));
        for longest in [1, 3, 7, 64, 300, 1000] {
            let streamed = stream::<G>(text, longest, &mut random);
            assert_eq!(streamed, whole, "pieces of up to {longest} of {text:?}");
        }
    }
}

/// What a session of the guards here may hold, in bytes of texts without invisible characters.
pub const HELD: usize = 2 * crate::window::WINDOW;

fn stream<G: Guardrail>(text: &str, longest: usize, random: &mut Random) -> String {
    let session = G::Session::new(Side::Output);
    let (mut out, mut held, mut rest) = (String::new(), String::new(), text);
    while !rest.is_empty() {
        let mut cut = (1 + random.below(longest)).min(rest.len());
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        held += &rest[..cut];
        rest = &rest[cut..];
        let step = session.push(subject(Side::Output, &held));
        take(step, &mut held, &mut out);
        assert!(
            held.len() <= HELD,
            "{} bytes are held of {text:?}",
            held.len()
        );
    }
    let step = session.finish(subject(Side::Output, &held));
    take(step, &mut held, &mut out);
    out + &held
}

fn take(step: Step, held: &mut String, out: &mut String) {
    match step {
        Step::Hold => {}
        Step::Emit(emission) => {
            let upto = emission.upto as usize;
            out.push_str(&apply(&held[..upto], &emission.edits));
            held.drain(..upto);
        }
        Step::Stop(reason) => panic!("stopped as {}", reason.finding.label),
    }
}

/// Numbers that are the same in each run (xorshift64*).
pub struct Random(pub u64);

impl Random {
    /// Below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}
