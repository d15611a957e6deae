//! The parser against serde_json, which reads the same language with a few other limits.

use std::cmp::Ordering;

use sdk::testing::Random;

use super::number::{is_whole, order};
use super::{Fault, Parser};

fn read(text: &str) -> Result<(), Fault> {
    let mut parser = Parser::new(0);
    let at = parser.push(text)?;
    parser.finish(text)?;
    if at < text.len() {
        let what = "something stands behind the value";
        return Err(Fault { at, what });
    }
    Ok(())
}

/// What is refused here on purpose and read elsewhere, and what is read here alone.
fn agree(text: &str) {
    let (ours, theirs) = (read(text), serde_json::from_str::<serde_json::Value>(text));
    match (&ours, &theirs) {
        (Err(fault), Ok(_)) => assert!(
            fault.what.contains("twice") || fault.what.contains("too deep"),
            "{text:?}: {fault:?}"
        ),
        (Ok(()), Err(error)) => {
            assert!(
                error.to_string().contains("out of range"),
                "{text:?}: {error}"
            );
        }
        _ => {}
    }
}

/// A value as JSON, with at most `deep` within each other.
pub(crate) fn value(random: &mut Random, deep: usize) -> String {
    let blank = ["", "", " ", "\n", "\t "][random.below(5)];
    let kinds = if deep == 0 { 6 } else { 8 };
    let count = random.below(4);
    let inner = match random.below(kinds) {
        0 => "null".to_owned(),
        1 => "true".to_owned(),
        2 => "false".to_owned(),
        3 => [
            "0",
            "-0",
            "12",
            "-3.25",
            "1e5",
            "0.001E-2",
            "9007199254740993",
        ][random.below(7)]
        .to_owned(),
        4 => format!(
            "\"{}\"",
            ["", "a", "é€😀", "\\n\\\"", "\\ud83d\\ude00", "\\u0041"][random.below(6)]
        ),
        5 => format!("\"{}\"", "x".repeat(random.below(40))),
        6 => {
            let items: Vec<_> = (0..count).map(|_| value(random, deep - 1)).collect();
            format!("[{blank}{}]", items.join(","))
        }
        _ => {
            let member = |at: usize, random: &mut Random| {
                format!("{blank}\"k{at}\"{blank}:{}", value(random, deep - 1))
            };
            let members: Vec<_> = (0..count).map(|at| member(at, random)).collect();
            format!("{{{}{blank}}}", members.join(","))
        }
    };
    format!("{blank}{inner}{blank}")
}

#[test]
fn what_is_json_is_read() {
    let mut random = Random(1);
    for _ in 0..3000 {
        let text = value(&mut random, 5);
        assert_eq!(read(&text), Ok(()), "{text}");
    }
}

#[test]
fn what_was_changed_is_json_or_not_as_elsewhere() {
    let mut random = Random(2);
    let signs = "{}[]\",:\\0123.eE+-tfn u\u{1}é/";
    for _ in 0..40_000 {
        let mut text: Vec<char> = value(&mut random, 3).chars().collect();
        for _ in 0..=random.below(2) {
            let at = random.below(text.len() + 1);
            let sign = signs.chars().nth(random.below(signs.chars().count()));
            match random.below(3) {
                0 => text.extend(sign),
                1 if at < text.len() => drop(text.remove(at)),
                _ => text.insert(at, sign.expect("one of the signs")),
            }
        }
        agree(&text.into_iter().collect::<String>());
    }
}

#[test]
fn any_bytes_are_json_or_not_as_elsewhere() {
    let mut random = Random(3);
    let parts = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "u", "d83d", "dc00", "0", "1", "-", ".", "e",
        "+", "true", "nul", "l", " ", "\n", "\u{7f}", "\u{0}", "ü", "\"a\"", "\"a\":",
    ];
    for _ in 0..100_000 {
        let text: String = (0..random.below(9))
            .map(|_| parts[random.below(parts.len())])
            .collect();
        agree(&text);
    }
}

#[test]
fn a_cut_anywhere_changes_nothing() {
    let mut random = Random(4);
    for round in 0..2000 {
        let mut text = value(&mut random, 4);
        if round % 2 == 0 {
            text.insert(random.below(text.len()).min(1), ']');
        }
        let mut parser = Parser::new(0);
        let mut result = Ok(0);
        for (end, c) in text.char_indices() {
            result = result.and_then(|_| parser.push(&text[..end + c.len_utf8()]));
        }
        let whole = read(&text);
        let pieces = result.and_then(|at| parser.finish(&text).map(|()| at));
        match pieces {
            Ok(at) => assert_eq!(whole.is_ok(), at == text.len(), "{text}"),
            Err(fault) => assert_eq!(whole, Err(fault), "{text}"),
        }
    }
}

#[test]
fn what_would_mean_two_things_is_refused() {
    for (text, what) in [
        (r#"{"a":1,"a":2}"#, "twice"),
        (r#"{"a":1,"b":{},"\u0061":2}"#, "twice"),
        (r#"[{"a":{"b":1,"c":2,"b":3}}]"#, "twice"),
        (r#""\ud800""#, "surrogate"),
        (r#""\udc00\ud800""#, "surrogate"),
        ("[1,]", "value"),
        ("{\"a\":1,}", "key"),
        ("01", "behind"),
        ("1.", "number"),
        ("", "early"),
        ("[1}", "end"),
        ("nul", "early"),
        ("NaN", "value"),
        ("'a'", "value"),
        ("\"\u{1f}\"", "control"),
        ("// a\n1", "value"),
    ] {
        let fault = read(text).expect_err(text);
        assert!(fault.what.contains(what), "{text}: {fault:?}");
    }
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(read(&deep(super::DEPTH)), Ok(()));
    assert!(read(&deep(super::DEPTH + 1)).is_err());
    let many = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
    assert_eq!(read(&many(super::VALUES)), Ok(()));
    assert!(read(&many(super::VALUES + 1)).is_err());
}

#[test]
fn a_key_among_thousands_is_found_again() {
    let keys: Vec<_> = (0..5000).map(|at| format!("\"key{at}\":{at}")).collect();
    assert_eq!(read(&format!("{{{}}}", keys.join(","))), Ok(()));
    let twice = read(&format!("{{{},\"key17\":0}}", keys.join(",")));
    assert!(twice.is_err_and(|fault| fault.what.contains("twice")));
}

#[test]
fn numbers_are_compared_as_they_are_written() {
    use Ordering::{Equal, Greater, Less};
    for (left, right, order) in [
        ("1", "1.0", Equal),
        ("100", "1e2", Equal),
        ("0.001", "1e-3", Equal),
        ("10.50", "105e-1", Equal),
        ("-0", "0.0e9", Equal),
        ("0.5", "5", Less),
        ("-2", "1", Less),
        ("-2", "-3", Greater),
        ("9007199254740993", "9007199254740992", Greater),
        ("1e400", "1e401", Less),
        ("-1e400", "1e-400", Less),
        ("0.30000000000000001", "0.3", Greater),
        ("12", "9", Greater),
        ("0.10", "0.1000", Equal),
        ("100.001", "100.01", Less),
    ] {
        assert_eq!(super::number::order(left, right), order, "{left} {right}");
        assert_eq!(super::number::order(right, left), order.reverse());
    }
    for (text, whole) in [
        ("1", true),
        ("1.0", true),
        ("1.5", false),
        ("1.5e1", true),
        ("1e-1", false),
        ("0.0", true),
        ("100e-2", true),
        ("120e-2", false),
    ] {
        assert_eq!(is_whole(text), whole, "{text}");
    }
}

#[test]
fn numbers_are_ordered_as_floats_are_where_those_are_exact() {
    let mut random = Random(5);
    let mut number = || {
        let size = random.below(2_000_000) as f64 / 64.0 - 15_000.0;
        let text = match random.below(3) {
            0 => format!("{size}"),
            1 => format!("{size:e}"),
            _ => format!("{size:.10}"),
        };
        (size, text)
    };
    for _ in 0..20_000 {
        let ((left, a), (right, b)) = (number(), number());
        let order = order(&a, &b);
        assert_eq!(Some(order), left.partial_cmp(&right), "{a} {b}");
    }
}
