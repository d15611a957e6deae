//! What judging an answer costs: `cargo run --release -p guard-format --example measure`.

#![allow(
    clippy::disallowed_methods,
    reason = "a program that measures reads the clock"
)]

use std::time::Instant;

use guard_format::Format;
use sdk::{Guardrail, GuestSession, Side, Step, Verdict};

fn main() {
    let clean = "The quarterly meeting notes say that the pump in the north hall was repaired, \
        and that the [invoice](https://box.example/invoice) has been `paid` on time.\n"
        .repeat(13);
    println!(
        "{:24} {:>9.2} µs",
        format!("{} bytes, clean", clean.len()),
        time(&clean, 2000) * 1e6
    );
    println!("{:24} {:>9.2} µs", "a token of that", tokens(&clean) * 1e6);
    for unit in [
        "[", "![", "](", "`", "<", "<a ", "http://", "]: ", "```\n", "\\", "(((", "![a](", "<img ",
        "`a",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        println!(
            "{:24} {:>9.2} ms",
            format!("1 MiB of {unit:?}"),
            time(&text, 5) * 1e3
        );
    }
    values();
}

/// What one push of four characters takes on average, in seconds.
fn tokens(text: &str) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..50 {
        let session = <Format as Guardrail>::Session::new(Side::Output);
        let (mut held, mut spent, mut count) = (String::new(), 0.0, 0.0);
        for at in (0..text.len()).step_by(4) {
            held += &text[at..text.len().min(at + 4)];
            let subject = sdk::testing::subject(Side::Output, &held);
            let start = Instant::now();
            let step = session.push(subject);
            spent += start.elapsed().as_secs_f64();
            count += 1.0;
            if let Step::Emit(emission) = step {
                held.drain(..emission.upto as usize);
            }
        }
        best = best.min(spent / count);
    }
    best
}

/// Hostile values of a megabyte, and schemas that make much of them. A thread reads its settings
/// once, so each has its own.
fn values() {
    let mib = 1 << 20;
    let many = |unit: &str, open: &str, close: &str| {
        let body = unit.repeat((mib - 16) / unit.len());
        format!("{open}{}{close}", body.trim_end_matches(','))
    };
    let keys: Vec<_> = (0..mib / 11).map(|at| format!("\"{at:06x}\":1")).collect();
    let choices: Vec<_> = (0..2000).map(|at| format!("{{\"const\":{at}}}")).collect();
    let choices = format!("{{\"items\":{{\"anyOf\":[{}]}}}}", choices.join(","));
    let names: Vec<_> = (0..3000).map(|at| format!("\"{at:06x}\":{{}}")).collect();
    let names = format!("{{\"properties\":{{{}}}}}", names.join(","));
    let tree = r##"{"anyOf":[{"items":{"$ref":"#"},"maxItems":1},{"items":{"$ref":"#"}}]}"##;
    let numbers = r#"{"items":{"type":"integer","minimum":-1e999,"maximum":12345678901234567890}}"#;
    let strings = r#"{"items":{"minLength":2,"maxLength":9}}"#;
    let deep = format!("{}{}", "[".repeat(64), "]".repeat(64));
    for (name, text, schema) in [
        (
            "2 KB of objects",
            many("{\"id\":1,\"name\":\"pump\"},", "[", "]")[..2049].to_owned() + "]",
            "{}",
        ),
        ("[0,0,…", many("0,", "[", "]"), numbers),
        ("[[[[…", "[".repeat(mib), "{}"),
        (
            "[[…]],[[…]]",
            format!("[{}]", vec![deep[1..127].to_owned(); 8000].join(",")),
            tree,
        ),
        ("a million keys", format!("{{{}}}", keys.join(",")), &*names),
        ("a long number", "7".repeat(mib), numbers),
        (
            "long numbers",
            many(&format!("{},", "3".repeat(4000)), "[", "]"),
            numbers,
        ),
        ("a long string", many("a", "\"", "\""), "{\"maxLength\":5}"),
        ("escapes", many("\\u0041", "\"", "\""), "{\"maxLength\":5}"),
        ("strings", many("\"ab\",", "[", "]"), strings),
        ("many choices", many("99999,", "[", "]"), &*choices),
        ("strings of signs", many("\"<a](![\",", "[", "]"), "{}"),
        ("a string of signs", many("<a ![](", "\"", "\""), "{}"),
        ("a string of h", many("h", "\"", "\""), "{}"),
    ] {
        let schema = schema.to_owned();
        let label = name.to_owned();
        let measured = std::thread::spawn(move || {
            sdk::host::set("json_schema", &schema);
            let first = time("", 1);
            (first, time(&text, 5), said(&text))
        });
        let (first, spent, verdict) = measured.join().expect("no guard panics");
        println!(
            "{label:24} {:>9.2} ms (settings {:.2} ms): {verdict}",
            spent * 1e3,
            first * 1e3
        );
    }
}

fn said(text: &str) -> String {
    match Format::check(sdk::testing::subject(Side::Output, text)) {
        Verdict::Block(reason) => reason.message,
        _ => "released".to_owned(),
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
