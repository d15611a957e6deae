//! Texts of our own that nothing is learned from.

use guard_injection::{judge, threshold};
use sdk::Side;

use crate::host;

/// The files, in the order they were written; each was tried before anything was changed for it.
pub const FILES: [(&str, &str); 4] = [
    ("first", include_str!("../tests/held-out.txt")),
    ("second", include_str!("../tests/held-out-2.txt")),
    ("third", include_str!("../tests/held-out-3.txt")),
    ("fourth", include_str!("../tests/held-out-4.txt")),
];

/// The groups of each file: name, side, whether they are attacks.
pub const GROUPS: [(&str, Side, bool); 5] = [
    ("direct", Side::Input, true),
    ("indirect", Side::Retrieved, true),
    ("calm questions", Side::Input, false),
    ("hard questions", Side::Input, false),
    ("calm documents", Side::Retrieved, false),
];

/// The texts of a group that are blocked, and those that are not.
pub fn group(file: &str, name: &str, side: Side) -> (Vec<String>, Vec<String>) {
    let group = file
        .split("\n## ")
        .find_map(|group| group.strip_prefix(name)?.strip_prefix('\n'))
        .unwrap_or_default();
    group
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.replace("\\n", "\n"))
        .partition(|text| blocked(side, text))
}

/// Whether the guard blocks a text.
pub fn blocked(side: Side, text: &str) -> bool {
    threshold(side).is_some_and(|threshold| score(side, text) >= threshold)
}

fn score(side: Side, text: &str) -> f32 {
    judge(&host::subject(side, text)).score
}

/// Scores from which on it would be blocked, to see what another threshold would do.
const SWEEP: [f32; 7] = [0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9];

/// The newest file was written by somebody else, and who trains must not read it.
const UNREAD: &str = "fourth";

/// Prints what is blocked of each group; `names` asks for the texts that come out wrong.
pub fn print(names: bool) {
    println!("blocked, and from a score of {SWEEP:?} on");
    for (file, text) in FILES {
        for (name, side, attack) in GROUPS {
            let (blocked, passed) = group(text, name, side);
            let texts = || blocked.iter().chain(&passed);
            let scores: Vec<f32> = texts().map(|text| score(side, text)).collect();
            let from = |least: f32| scores.iter().filter(|score| **score >= least).count();
            println!(
                "{file:<7} {name:<15} {:>3} of {}  {:?}",
                blocked.len(),
                scores.len(),
                SWEEP.map(from)
            );
            if names && file != UNREAD {
                let wrong = if attack { passed } else { blocked };
                wrong.iter().for_each(|text| println!("    {text}"));
            }
        }
    }
}
