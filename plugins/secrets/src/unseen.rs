//! What the rules make of texts that they were not written with: `unseen.toml`. Values are drawn,
//! so no key stands there, and each text is tried with many.

use std::ops::Range;

use sdk::testing::Random;
use sdk::{Guardrail, Side, Verdict};

use crate::Secrets;
use crate::tests::Everything;

const UNSEEN: &str = include_str!("../unseen.toml");
const DRAWS: usize = 20;

/// Secrets that are not found, and texts without one in which something is.
const MISSED: &[&str] = &[];
const SPURIOUS: &[&str] = &[];
const LATER_MISSED: &[&str] = &[
    "net use",
    "bundler",
    "cookie",
    "set-cookie",
    "japanese chat",
    "slash pair",
    "table",
];
const LATER_SPURIOUS: &[&str] = &[];
const LAST_MISSED: &[&str] = &["ldap", "vpn", "cisco", "snmp", "pin of a safe"];
const LAST_SPURIOUS: &[&str] = &[];

#[test]
fn what_is_found_in_unseen_texts() {
    let mut random = Random(2026);
    let cases: toml::Table = UNSEEN.parse().expect("unseen.toml must parse");
    let lists = [
        ("secrets", MISSED),
        ("others", SPURIOUS),
        ("later_secrets", LATER_MISSED),
        ("later_others", LATER_SPURIOUS),
        ("last_secrets", LAST_MISSED),
        ("last_others", LAST_SPURIOUS),
    ];
    let known = lists.map(|(_, known)| known.to_vec());
    let wrong = lists.map(|(list, _)| wrong(list, &cases, &mut random));
    assert_eq!(wrong, known);
}

#[test]
fn unseen_texts_stream_and_nothing_of_them_is_passed_over() {
    let mut random = Random(7);
    let cases: toml::Table = UNSEEN.parse().expect("unseen.toml must parse");
    let rows = cases
        .values()
        .flat_map(|list| list.as_array().into_iter().flatten());
    let texts = rows.map(|row| draw(row[1].as_str().unwrap_or_default(), &mut random).0);
    let texts: Vec<String> = texts.collect();
    assert!(texts.len() > 300, "{} texts", texts.len());
    sdk::testing::streams::<Secrets>(&texts);
    let ends = [' ', '\n', '=', ':', ',', '"', '(', '.'];
    let pieces = texts.iter().flat_map(|text| text.split_inclusive(ends));
    let pieces: Vec<&str> = pieces.collect();
    for round in 0..20_000 {
        let most = if round % 200 == 0 { 300 } else { 9 };
        let count = 1 + random.below(most);
        let text: String = (0..count)
            .map(|_| pieces[random.below(pieces.len())])
            .collect();
        let subject = sdk::testing::subject(Side::Input, &text);
        let closer = sdk::window::check::<Everything>(&subject);
        assert_eq!(Secrets::check(subject), closer, "{text:?}");
    }
}

/// Names of the texts of a list that the rules are wrong about.
fn wrong<'a>(list: &str, cases: &'a toml::Table, random: &mut Random) -> Vec<&'a str> {
    let rows = cases[list].as_array().expect("a list");
    let (mut names, mut times) = (Vec::new(), 0);
    for row in rows {
        let (name, text) = (row[0].as_str(), row[1].as_str());
        let (name, text) = (name.expect("a name"), text.expect("a text"));
        let failed = (0..DRAWS).filter(|_| !right(text, random)).count();
        times += failed;
        if failed > 0 {
            println!("{list}: {name}: wrong {failed} of {DRAWS}");
        }
        // Chance makes a value now and then that looks like words.
        if failed * 3 > DRAWS {
            names.push(name);
        }
    }
    println!(
        "{list}: {} of {} are right, of all draws {:.3}",
        rows.len() - names.len(),
        rows.len(),
        1.0 - times as f64 / (rows.len() * DRAWS) as f64
    );
    names
}

/// Whether all that is marked as secret is taken out, or nothing if nothing is marked.
fn right(template: &str, random: &mut Random) -> bool {
    let (text, secrets) = draw(template, random);
    let edits = match Secrets::check(sdk::testing::subject(Side::Input, &text)) {
        Verdict::Redact(edits) => edits,
        _ => Vec::new(),
    };
    let spans = edits.iter().map(|edit| &edit.finding.span);
    let spans: Vec<_> = spans.map(|it| it.start as usize..it.end as usize).collect();
    if secrets.is_empty() {
        return spans.is_empty();
    }
    let covers = |secret: &Range<usize>| {
        let over = spans
            .iter()
            .filter(|it| it.start < secret.end && secret.start < it.end);
        let left: usize = over
            .map(|it| it.end.min(secret.end) - it.start.max(secret.start))
            .sum();
        // A sign at the border may stay: it tells nothing.
        left + 4 >= secret.len()
    };
    secrets.iter().all(covers)
}

/// The text with its values drawn, and where its secrets are.
fn draw(template: &str, random: &mut Random) -> (String, Vec<Range<usize>>) {
    let (mut text, mut secrets, mut start) = (String::new(), Vec::new(), 0);
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        match c {
            '«' => start = text.len(),
            '»' => secrets.push(start..text.len()),
            '{' => {
                if let Some((piece, behind)) = piece(&rest[1..], random) {
                    text += &piece;
                    rest = behind;
                    continue;
                }
                text.push(c);
            }
            _ => text.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    (text, secrets)
}

/// What stands for `w20}` and the like, and what is behind it.
fn piece<'a>(rest: &'a str, random: &mut Random) -> Option<(String, &'a str)> {
    const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";
    let (kind, behind) = rest.split_once('}')?;
    if kind == "uuid" {
        let parts = [8, 4, 4, 4, 12].map(|length| some("0123456789abcdef", length, random));
        return Some((parts.join("-"), behind));
    }
    let digits = kind.find(|c: char| c.is_ascii_digit())?;
    let length = kind[digits..].parse().ok()?;
    let set = match &kind[..digits] {
        "w" => [CAPITALS, SMALL, "0123456789"].concat(),
        "a" => [SMALL, "0123456789"].concat(),
        "A" => [CAPITALS, "0123456789"].concat(),
        "l" => SMALL.to_owned(),
        "h" => "0123456789abcdef".to_owned(),
        "H" => "0123456789ABCDEF".to_owned(),
        "d" => "0123456789".to_owned(),
        "u" => [CAPITALS, SMALL, "0123456789_-"].concat(),
        "b" => [CAPITALS, SMALL, "0123456789+/"].concat(),
        "t" => [CAPITALS, SMALL, "0123456789_-~."].concat(),
        "q" => [CAPITALS, "234567"].concat(),
        "s" => [CAPITALS, SMALL, "0123456789!#$%&()*+-=@^_|"].concat(),
        "bech" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".to_owned(),
        _ => return None,
    };
    Some((some(&set, length, random), behind))
}

fn some(set: &str, length: usize, random: &mut Random) -> String {
    let pick = |_| char::from(set.as_bytes()[random.below(set.len())]);
    (0..length).map(pick).collect()
}
