//! How numbers are written in their countries, and what only looks like it. Numbers that are
//! kept for films and examples are used where a country has them.

use sdk::testing::{outcome, streams, subject};
use sdk::{Guardrail, Side};

use crate::Pii;

/// Forms that are numbers to call wherever they stand.
const ANYWHERE: &[(&str, &[&str])] = &[
    (
        "North America",
        &[
            "555-234-0199",
            "(555) 234-0199",
            "(555)234-0199",
            "555.234.0199",
            "1-555-234-0199",
            "001-555-234-0199",
            "+1 (555) 234-0199",
            "555-234-0199x4587",
            "555-012-3456",
            "123-456-7890",
            "(555) 234 0199 ext. 12",
            "555 234 0199",
            "1-800-234-0199",
        ],
    ),
    (
        "United Kingdom",
        &[
            "020 7946 0958",
            "(020) 7946 0958",
            "0161 496 0123",
            "01632 960 123",
            "(01632) 960123",
            "07700 900 123",
            "07700900123",
            "0800 496 0123",
            "+44 (0)20 7946 0958",
        ],
    ),
    (
        "Germany",
        &[
            "030 23125 123",
            "030/23125123",
            "(030) 23125123",
            "0171 3920012",
            "0171-3920012",
            "01713920012",
            "06322 39 49 87",
            "030 23125-0",
            "0049 30 23125123",
        ],
    ),
    ("Austria", &["01 5123456", "0664 123 45 67", "0316/123456"]),
    (
        "Switzerland",
        &[
            "044 668 18 00",
            "079 123 45 67",
            "+41 (0)44 668 18 00",
            "0800 123 456",
        ],
    ),
    (
        "France",
        &[
            "01 99 00 12 34",
            "01.99.00.12.34",
            "01-99-00-12-34",
            "0612345678",
            "0 800 123 456",
        ],
    ),
    (
        "Belgium",
        &["02 123 45 67", "0475 12 34 56", "0475/12.34.56"],
    ),
    (
        "Netherlands",
        &["06-12345678", "06 12 34 56 78", "020-1234567", "0612345687"],
    ),
    ("Italy", &["06 1234567", "02 1234 5678", "0349 4243123"]),
    ("Spain", &["612 34 56 78", "91 123 45 67", "612-345-678"]),
    ("Poland", &["22 123 45 67", "601-234-567"]),
    ("Sweden", &["08-123 456 78", "070-123 45 67", "0157-548 89"]),
    ("Norway", &["412 34 567", "905 12 345"]),
    ("Denmark", &["24-35-43-54"]),
    ("Finland", &["040 1234567", "09 1234 567"]),
    ("Ireland", &["01 234 5678", "087 123 4567"]),
    (
        "Hungary",
        &["06 20 123 4567", "06-1-234-5678", "(52) 343-346."],
    ),
    (
        "Russia",
        &["8 (495) 123-45-67", "8 800 123-45-67", "495 123-45-67"],
    ),
    (
        "Turkey",
        &["0532 123 45 67", "0 532 123 45 67", "(0212) 123 45 67"],
    ),
    (
        "Israel",
        &["03-1234567", "052-1234567", "050-123-4567", "1-800-123-456"],
    ),
    (
        "Australia",
        &[
            "(02) 5550 1234",
            "02 5550 1234",
            "0491 570 156",
            "0491570156",
            "1300 975 707",
        ],
    ),
    ("New Zealand", &["(03) 234-3434", "021 123 4567"]),
    (
        "India",
        &[
            "098765 43210",
            "09876543210",
            "080-23456789",
            "022 2345 6789",
            "98765 43210.",
        ],
    ),
    ("China", &["138 1234 5678", "010-12345678", "021 1234 5678"]),
    ("Japan", &["03-1234-5678", "090-1234-5678"]),
    ("Korea", &["010-1234-5678", "02-123-4567"]),
    (
        "Brazil",
        &["(11) 91234-5678", "11 91234-5678", "11 3456-7890"],
    ),
    ("Mexico", &["(55) 1234 5678", "55-1234-5678"]),
    ("South Africa", &["083 434 3434", "011 123 4567"]),
    ("Nigeria", &["0803 123 4567", "08031234567"]),
    ("Indonesia", &["0812-3456-7890", "(021) 1234567"]),
];

/// Forms that amounts have too: numbers to call where a clause ends, and behind "at".
const CLOSING: &[(&str, &str)] = &[
    ("Poland", "601 234 567"),
    ("Spain", "612 345 678"),
    ("Portugal", "912 345 678"),
    ("Italy", "349 424 3123"),
    ("Italy in two groups", "349 4243123"),
    ("Greece", "697 123 4567"),
    ("Chile", "9 1234 5678"),
    ("Brazil", "11 91234 5678"),
    ("Singapore", "9123 4567"),
    ("India", "98765 43210"),
];

/// Forms that other numbers have too: behind "at", a name or on a line of a letterhead.
const REACHED: &[(&str, &str)] = &[
    ("Norway, Denmark", "22 33 44 55"),
    ("Iceland, Estonia", "434 3434"),
    ("Cyprus", "99 577450"),
    ("Tunisia", "31 343 347"),
    ("Mexico", "55 1234 5678"),
    ("Portugal's towns", "21 234 3434"),
];

/// Numbers that no one answers.
const NO_ONE: &[&str] = &[
    "on 2024-11-03 and 03.11.2024, from 2019-2024, in 1620-21",
    "order 0612345678, order no. 555-234-0199, invoice 601 234 567, ticket 4711-0815-42",
    "ISBN 0-306-40615-2, 0306406152, 0679783261 and 978-3-16-148410-0",
    "version 10.0.19045.3803, 3.11.0, 9.0.2416, v2024.10.1",
    "pages 381-397 (1950), pp. 1234-1245, 12 (4), 345-367, 998-1003",
    "601 234 567 inhabitants, 912 345 678 euros, 12 345 678 zł, $612 345 678, 697 123 000.",
    "at 300-1200 K, at 1200 1500 and 1800 K, on 100 200 and 300 cells, at 434 3400 m",
    "50.1109, 8.6821 or 12.5 x 30.2 x 100.25 mm, 10 000 000 m, 6 371 000 m",
    "1732313736, 1732313736123, 20241122221536, 0x1f, 1e10, 4294967296",
    "12 15 18 22 27 33, 601 234 567 890, 212 555 212 555, 9123 4567 8912 1111",
    "https://example.com/contact/601234567 and https://example.com/tel/434-3434",
    "under 2019 2020 and at 1998 2004 it was the same",
    "CAS 7732-18-5, EAN 4006381333931, DOI 10.1000/182, RFC 2119, ISO 8601",
];

fn becomes(text: &str) -> String {
    outcome(text, &Pii::check(subject(Side::Output, text)))
}

#[test]
fn numbers_are_found_as_their_countries_write_them() {
    let mut missed = Vec::new();
    let mut texts = Vec::new();
    for (country, forms) in ANYWHERE {
        for form in *forms {
            for (begin, end) in [
                ("It is ", " these days"),
                ("So, ", ", then"),
                ("", ""),
                ("(", ")"),
            ] {
                // Some need the end of a clause, which they bring.
                let end = if form.ends_with('.') { "" } else { end };
                let text = format!("{begin}{form}{end}");
                let number = form.trim_end_matches('.');
                let (is, called) = (becomes(&text), text.replace(number, "[PHONE]"));
                // Some are ids of another country if they are all that is asked about.
                if is != called && !(begin.is_empty() && is != text) {
                    missed.push(format!("{country}: {text} -> {is}"));
                }
                texts.push(text);
            }
        }
    }
    for (country, form) in CLOSING {
        for text in [
            format!("It is {form}."),
            format!("We are at {form} all day"),
            format!("({form})"),
        ] {
            if becomes(&text) != text.replace(form, "[PHONE]") {
                missed.push(format!("{country}: {text} -> {}", becomes(&text)));
            }
            texts.push(text);
        }
    }
    for (country, form) in REACHED {
        for text in [
            format!("We are at {form} all day"),
            format!("Zorblat Kowalczyk, {form}, of the second floor"),
            format!("Zorblat Works\n{form}\nBeside the mill"),
        ] {
            if !becomes(&text).contains("[PHONE]") {
                missed.push(format!("{country}: {text} -> {}", becomes(&text)));
            }
            texts.push(text);
        }
    }
    assert!(missed.is_empty(), "{}\n{}", missed.len(), missed.join("\n"));
    streams::<Pii>(&texts);
}

#[test]
fn numbers_that_no_one_answers_stay() {
    for text in NO_ONE {
        for text in [
            (*text).to_owned(),
            format!("It says {text}."),
            format!("Look\n{text}\n"),
        ] {
            assert!(
                !becomes(&text).contains("[PHONE]"),
                "{text} -> {}",
                becomes(&text)
            );
        }
    }
}
