use sdk::testing::{Random, outcome, subject};
use sdk::{Guardrail, Side};

use super::{LONGEST, Need, all};
use crate::Pii;

fn becomes(text: &str) -> String {
    outcome(text, &Pii::check(subject(Side::Input, text)))
}

/// Valid numbers of each country, from the offices' own descriptions and examples, in a sentence
/// with its word; and the same with one digit changed.
const EXAMPLES: [(&str, &str, &str, &str); 27] = [
    (
        "US_SSN",
        "my social security number is",
        "536-90-4399",
        "666-90-4399",
    ),
    ("US_ITIN", "ITIN", "912-70-1234", "912-10-1234"),
    ("US_NPI", "NPI", "1234567893", "1234567894"),
    ("CA_SIN", "SIN", "130 692 544", "130 692 545"),
    ("UK_NHS", "NHS number", "943 476 5919", "943 476 5918"),
    (
        "UK_NINO",
        "national insurance",
        "AB 12 34 56 C",
        "AB 12 34 56 E",
    ),
    ("DE_TAX_ID", "Steuer-ID", "86095742719", "86095742718"),
    ("DE_ID_CARD", "Personalausweis", "T220001293", "T220001294"),
    (
        "DE_SOCIAL_SECURITY",
        "Rentenversicherung",
        "15070649C103",
        "15070649C104",
    ),
    (
        "FR_NIR",
        "sécurité sociale",
        "1 84 12 76 451 089 46",
        "1 84 12 76 451 089 47",
    ),
    ("ES_NIF", "DNI", "12345678Z", "12345678A"),
    ("ES_NIE", "NIE", "X1234567L", "X1234567M"),
    (
        "IT_FISCAL_CODE",
        "codice fiscale",
        "RSSMRA85T10A562S",
        "RSSMRA85T10A562T",
    ),
    ("NL_BSN", "BSN", "111222333", "111222334"),
    (
        "BE_NATIONAL_NUMBER",
        "rijksregisternummer",
        "85.07.30-033.28",
        "85.07.30-033.29",
    ),
    ("PL_PESEL", "PESEL", "44051401359", "44051401358"),
    ("BR_CPF", "CPF", "111.444.777-35", "111.444.777-36"),
    (
        "BR_CNPJ",
        "CNPJ",
        "11.222.333/0001-81",
        "11.222.333/0001-82",
    ),
    ("IN_AADHAAR", "Aadhaar", "2341 2341 2346", "2341 2341 2347"),
    ("IN_PAN", "PAN", "ABCPE1234F", "ABCP1234F"),
    (
        "SE_PERSONNUMMER",
        "personnummer",
        "811218-9876",
        "811218-9877",
    ),
    (
        "FI_PERSONAL_IDENTITY_CODE",
        "hetu",
        "131052-308T",
        "131052-308U",
    ),
    ("CH_AHV", "AHV", "756.9217.0769.85", "756.9217.0769.84"),
    ("SG_NRIC_FIN", "NRIC", "S1234567D", "S1234567E"),
    ("AU_TFN", "tax file number", "123 456 782", "123 456 783"),
    ("AU_ABN", "ABN", "51 824 753 556", "51 824 753 557"),
    (
        "CN_RESIDENT_ID",
        "身份证 ",
        "11010519491231002X",
        "110105194912310021",
    ),
];

#[test]
fn numbers_of_each_country_are_found_and_wrong_ones_are_not() {
    let mut wrong = Vec::new();
    for (label, word, valid, invalid) in EXAMPLES {
        let want = format!("Here: {word} [{label}], as asked.");
        let got = becomes(&format!("Here: {word} {valid}, as asked."));
        if got != want {
            wrong.push(format!("{valid}: {got}"));
        }
        let got = becomes(&format!("Here: {word} {invalid}, as asked."));
        if got.contains(&format!("[{label}]")) {
            wrong.push(format!("{invalid}: {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Numbers of one kind at random whose check digits are right.
fn numbers(written: &str, valid: fn(&[u8]) -> bool, random: &mut Random) -> Option<String> {
    for _ in 0..20_000 {
        let number: String = written
            .bytes()
            .map(|sign| match sign {
                b'9' => char::from(b'0' + random.below(10) as u8),
                b'A' => char::from(b'A' + random.below(26) as u8),
                b'X' => char::from(b"0123456789ABCDEFGHJKLMNPRTVWXYZ"[random.below(31)]),
                other => char::from(other),
            })
            .collect();
        let compact: Vec<u8> = number.bytes().filter(u8::is_ascii_alphanumeric).collect();
        if valid(&compact) {
            return Some(number);
        }
    }
    None
}

/// Whether the check of a number has a check digit at all: one that takes every tenth or less.
fn checked(written: &str, valid: fn(&[u8]) -> bool, random: &mut Random) -> bool {
    let mut right = 0;
    for _ in 0..400 {
        let number: Vec<u8> = written
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|sign| match sign {
                b'A' => b'A' + random.below(26) as u8,
                _ => b'0' + random.below(10) as u8,
            })
            .collect();
        right += usize::from(valid(&number));
    }
    right < 80
}

#[test]
fn random_numbers_with_right_check_digits_are_found_and_a_changed_digit_is_seen() {
    let mut random = Random(0x5eed_0001);
    let (mut found, mut refused) = (0, 0);
    for id in all().filter(|id| matches!(id.need, Need::Alone | Need::Begins)) {
        let written = id.shapes[0];
        if written.contains('X') || !checked(written, id.valid, &mut random) {
            continue;
        }
        // Some offices have numbers without check digits too, under their words.
        let loose = all().any(|other| {
            other.label == id.label && matches!(other.need, Need::Words | Need::Whole)
        });
        let word = id.words.split_whitespace().next().unwrap_or_default();
        let word = word.trim_end_matches('*').replace('-', " ");
        for _ in 0..3 {
            let Some(number) = numbers(written, id.valid, &mut random) else {
                continue;
            };
            let got = becomes(&format!("It says {word}: {number} there"));
            assert!(!got.contains(&number), "{} {number}: {got}", id.label);
            found += 1;
            // The last digit is a check digit in nearly all of them; of those that it does not
            // change the check of, there is nothing to see.
            let Some(at) = number.rfind(|c: char| c.is_ascii_digit()) else {
                continue;
            };
            let digit = (number.as_bytes()[at] - b'0' + 1) % 10;
            let changed = format!("{}{digit}{}", &number[..at], &number[at + 1..]);
            let compact: Vec<u8> = changed.bytes().filter(u8::is_ascii_alphanumeric).collect();
            if !loose && !(id.valid)(&compact) {
                let got = becomes(&format!("It says {word}: {changed} there"));
                assert!(
                    !got.contains(&format!("[{}]", id.label)),
                    "{changed}: {got}"
                );
                refused += 1;
            }
        }
    }
    assert!(
        found >= 90 && refused >= 60,
        "{found} found, {refused} refused"
    );
}

#[test]
fn shapes_are_within_the_lengths_that_are_looked_at() {
    for id in all() {
        assert!(
            !id.words.is_empty() && !id.shapes.is_empty(),
            "{}",
            id.label
        );
        for shape in id.shapes {
            assert!(
                (super::SHORTEST..=LONGEST).contains(&shape.len()),
                "{shape}"
            );
            assert!(shape.bytes().all(|c| matches!(
                c,
                b'9' | b'A' | b'X' | b' ' | b'-' | b'.' | b'/' | b':' | b'+'
            )));
        }
    }
    assert!(all().count() + 9 <= 128, "a topic is a bit of 128");
}
