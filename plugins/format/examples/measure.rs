//! What judging an answer costs: `cargo run --release -p guard-format --example measure`.

#![allow(
    clippy::disallowed_methods,
    reason = "a program that measures reads the clock"
)]

use std::time::Instant;

use guard_format::Format;
use sdk::{Guardrail, Side};

fn main() {
    let clean = "The quarterly meeting notes say that the pump in the north hall was repaired, \
        and that the [invoice](https://box.example/invoice) has been `paid` on time.\n"
        .repeat(13);
    println!(
        "{:24} {:>9.2} µs",
        format!("{} bytes, clean", clean.len()),
        time(&clean, 2000) * 1e6
    );
    for unit in [
        "[", "![", "](", "`", "<", "<a ", "http://", "]: ", "```\n", "\\", "(((", "![a](", "<img ",
        "`a",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        println!(
            "{:24} {:>9.2} ms",
            format!("1 MiB of {unit:?}"),
            time(&text, 2) * 1e3
        );
    }
}

/// The fastest of some rounds, in seconds.
fn time(text: &str, rounds: usize) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let subject = sdk::testing::subject(Side::Output, text);
        let start = Instant::now();
        let verdict = Format::check(subject);
        best = best.min(start.elapsed().as_secs_f64());
        std::hint::black_box(verdict);
    }
    best
}
