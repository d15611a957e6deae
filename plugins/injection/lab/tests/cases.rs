//! The cases of the guard, judged as the host has them judged: with its view and its decoder.

use guard_injection::Injection;
use injection_lab::host;
use sdk::{Guardrail, Side};

#[test]
fn the_cases_hold() {
    let mut wrong = Vec::new();
    for case in sdk::testing::read(include_str!("../../cases.toml")) {
        let side = match case.side.as_deref() {
            Some("input") => Side::Input,
            Some("retrieved") => Side::Retrieved,
            _ => Side::Output,
        };
        let verdict = Injection::check(host::subject(side, &case.text));
        let want = match &case.blocked {
            Some(label) => format!("blocked as {label}"),
            None => case.text.clone(),
        };
        let got = sdk::testing::outcome(&case.text, &verdict);
        if got != want {
            wrong.push(format!("{}\n  want {want}\n   got {got}", case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
