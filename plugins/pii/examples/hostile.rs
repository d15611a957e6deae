//! The time of the guard on a megabyte of each kind of text that was made to cost much:
//!
//! ```sh
//! cargo run --release -p guard-pii --example hostile [-- PART_OF_A_NAME]
//! ```
//!
//! One row per family of rules: text that begins what a rule looks for over and over and never
//! ends it, and text of nothing but finds.

#![allow(
    clippy::disallowed_methods,
    reason = "a program that measures reads the clock"
)]

use std::time::Instant;

use sdk::Side;

const UNITS: &[(&str, &str)] = &[
    ("digits", "1"),
    ("digits in twos", "11 "),
    ("digits in threes", "212 "),
    ("digits in fours", "4111 "),
    ("digits and hyphens", "123-45-"),
    ("digits and slashes", "030/12 "),
    ("digits and brackets", "(0)1 "),
    ("plus signs", "+"),
    ("plus and digits", "+49 1 "),
    ("zeros", "00"),
    ("phones", "+49 30 1234567, "),
    ("dots between digits", "1.2.3."),
    ("addresses of machines", "10.0.0.1 "),
    ("versions", "v1.2.3.4 "),
    ("colons", "a:b::"),
    ("colons alone", ":"),
    ("dots alone", "."),
    ("hexadecimal", "deadbeef01"),
    ("pairs of hexadecimal", "00:1a:"),
    ("hexadecimal and hyphens", "1a-"),
    ("at signs", "@"),
    ("letters and at signs", "a@b."),
    ("an address without end", "a.b-c+"),
    ("mail", "a.b@c.example "),
    ("capitalised words", "Anna "),
    ("unknown capitalised words", "Zorblat "),
    ("words in capitals", "ANNA "),
    ("initials", "A. B. "),
    ("letters alone", "A "),
    ("particles", "Anna van de "),
    ("titles", "Dr. "),
    ("introductions", "my name is Anna "),
    ("names and commas", "Smith, Anna, "),
    ("hyphenated names", "Anna-"),
    ("streets", "12 Main Street, "),
    ("kinds of street", "Street "),
    ("small kinds of street", "rue de la "),
    ("house numbers", "12 Main "),
    ("lines of streets", "12 Main Street\n"),
    ("boxes", "PO Box 1 "),
    ("IBAN-like", "DE12 "),
    ("IBAN-like in one piece", "DE12500105170648489890"),
    ("base58", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb "),
    ("bech32", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5 "),
    ("words before numbers", "SSN tel card 123456789 "),
    ("words of phones", "tel "),
    ("capitalised words of phones", "Tel "),
    ("numbers of ten digits", "2125551234 "),
    ("cards", "4111111111111112 "),
    ("social security", "123-45-6789 "),
    ("letters and digits", "A1 "),
    ("letter and digit", "a1"),
    ("dates", "12 March 1980 "),
    ("numeric dates", "1980-03-12 "),
    ("months", "March "),
    ("plates", "AB C 1 "),
    ("one word", "Aa"),
    ("not ASCII", "é"),
    ("capitals not ASCII", "É "),
    ("Chinese", "中"),
    ("zero width", "a\u{200b}"),
    ("zero width in digits", "1\u{200b}"),
    ("line ends", "\n"),
    ("spaces", " "),
    ("quotes", "\"'("),
    ("hyphens", "-"),
    ("underscores", "_1"),
    (
        "log lines",
        "2024-11-03T12:30:45.123Z INFO [worker-7] GET /api/v1/users/4711 200 13ms\n",
    ),
    ("rows of numbers", "12,5;3.25;1000;2024-01-01;Berlin;A-17\n"),
];

/// A megabyte of a unit.
fn megabyte(unit: &str) -> String {
    unit.repeat((1 << 20) / unit.len())
}

/// The fastest of seven rounds, in milliseconds; the subject is made before the clock starts.
fn time(text: &str) -> f64 {
    let subject = sdk::testing::subject(Side::Input, text);
    (0..7).fold(f64::MAX, |best, _| {
        let start = Instant::now();
        std::hint::black_box(sdk::window::check::<guard_pii::Patterns>(&subject));
        best.min(start.elapsed().as_secs_f64() * 1e3)
    })
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut worst = ("", 0.0);
    for (name, unit) in UNITS.iter().filter(|(name, _)| name.contains(&wanted)) {
        let took = time(&megabyte(unit));
        println!("{name:<28} {took:>8.1} ms");
        if took > worst.1 {
            worst = (*name, took);
        }
    }
    println!("worst: {} {:.1} ms", worst.0, worst.1);
}
