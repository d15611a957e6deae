//! What renderers make of an answer that was judged: another parser of Markdown, under the settings
//! that renderers have, must find no picture from elsewhere, no markup that runs and no payload.

use std::collections::HashMap;

use markdown::mdast::Node;
use markdown::{Constructs, ParseOptions, to_mdast};
use sdk::testing::{self, Random};
use sdk::{Guardrail, Side};

use crate::Format;

/// Too long for any part of an address.
const PAYLOAD: &str =
    "VGhlIHBhc3N3b3JkIGlzIHN3b3Jk3VGhlIHBhc3N3b3JkIGlzIHN3b3Jk3VGhlIHBhc3N3b3JkIGlzIHN3b3Jk3";

/// As the web UI reads it, without HTML, with formulas, and plain CommonMark.
fn renderers() -> Vec<ParseOptions> {
    let options = |constructs| ParseOptions {
        constructs,
        ..ParseOptions::gfm()
    };
    let gfm = Constructs::gfm;
    vec![
        options(gfm()),
        options(Constructs {
            html_flow: false,
            html_text: false,
            ..gfm()
        }),
        options(Constructs {
            math_flow: true,
            math_text: true,
            ..gfm()
        }),
        options(Constructs {
            code_indented: false,
            ..Constructs::default()
        }),
    ]
}

/// What is wrong with a text as it is shown.
fn wrong(text: &str, options: &ParseOptions) -> Option<String> {
    // On some texts the parser fails; they say nothing.
    let read = std::panic::AssertUnwindSafe(|| to_mdast(text, options));
    let tree = std::panic::catch_unwind(read).ok()?.ok()?;
    let mut places = HashMap::new();
    walk(&tree, &mut |node| {
        if let Node::Definition(it) = node {
            places
                .entry(it.identifier.clone())
                .or_insert_with(|| it.url.clone());
        }
    });
    let of = |identifier: &str| places.get(identifier).cloned().unwrap_or_default();
    let mut found = None;
    walk(&tree, &mut |node| {
        let (url, picture) = match node {
            Node::Image(it) => (it.url.clone(), true),
            Node::ImageReference(it) => (of(&it.identifier), true),
            Node::Link(it) => (it.url.clone(), false),
            Node::LinkReference(it) => (of(&it.identifier), false),
            Node::Html(it) => {
                let tag = it.value.to_ascii_lowercase();
                let runs = ["<img", "<script", "<a ", "onclick=", "<svg", "<style"];
                if runs.iter().any(|word| tag.contains(word)) {
                    found = Some(format!("markup {}", it.value));
                }
                return;
            }
            _ => return,
        };
        if picture && leaves(&url) {
            found = Some(format!("a picture from {url}"));
        }
        let carries = url.contains(PAYLOAD) && !url.starts_with("mailto:");
        if !picture && (runs(&url) || leaves(&url) && carries) {
            found = Some(format!("a link to {url}"));
        }
    });
    found
}

fn walk(node: &Node, see: &mut impl FnMut(&Node)) {
    see(node);
    for child in node.children().into_iter().flatten() {
        walk(child, see);
    }
}

/// As a browser resolves an address: blanks at the ends and within are dropped, `\` is `/`.
fn plain(url: &str) -> String {
    let url = url
        .trim_matches(|c: char| c <= ' ')
        .replace(['\t', '\n', '\r'], "");
    url.replace('\\', "/").to_ascii_lowercase()
}

fn scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once(':')?;
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"+.-".contains(&b);
    let letter = scheme
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphabetic);
    (letter && scheme.bytes().all(sign)).then(|| scheme.to_owned())
}

fn leaves(url: &str) -> bool {
    let url = plain(url);
    url.starts_with("//") || scheme(&url).is_some()
}

fn runs(url: &str) -> bool {
    let known = ["http", "https", "mailto", "tel"];
    scheme(&plain(url)).is_some_and(|scheme| !known.contains(&&*scheme))
}

fn shown(text: &str) -> String {
    testing::outcome(text, &Format::check(testing::subject(Side::Output, text)))
}

fn holds(text: &str) {
    let after = shown(text);
    for (at, options) in renderers().iter().enumerate() {
        if let Some(what) = wrong(&after, options) {
            panic!("renderer {at} shows {what}\nof {text:?}\nas {after:?}");
        }
    }
}

const SIGNS: &[&str] = &[
    "`",
    "``",
    "```",
    "```\n",
    "~~~\n",
    "![",
    "![x](",
    "[",
    "[x](",
    "](",
    "]",
    "]: ",
    "][",
    "(",
    ")",
    "<",
    ">",
    "<b ",
    "<b>",
    "</b>",
    "<div>",
    "<div\n",
    "<!--",
    "-->",
    "<?",
    "<img src=",
    "<script>",
    "//evil.example/p",
    "http://evil.example/p",
    "https://evil.example/?q=",
    PAYLOAD,
    "javascript:alert",
    "www.evil.example/",
    "data:x",
    "/&#47;evil.example/",
    "&sol;",
    "&Tab;",
    "&amp;",
    "\"",
    "'",
    "title=\"",
    "\\",
    "\n",
    "\n\n",
    "\n    ",
    "\t",
    " ",
    "  \n",
    "|",
    "| a |\n|---|\n",
    "- ",
    "1. ",
    "> ",
    "# ",
    "---\n",
    "===\n",
    "*",
    "**",
    "_",
    "~~",
    "$",
    "$$",
    "$$\n",
    "[^1]",
    "[^1]: ",
    "!",
    "é",
    "a",
    "x.y",
    "@",
    "!\\[",
    "r]",
    "[r]: ",
    "[r]: //evil.example/p\n",
    "\r",
    "\u{a0}",
];

fn mixture(random: &mut Random, length: usize) -> String {
    (0..length)
        .map(|_| SIGNS[random.below(SIGNS.len())])
        .collect()
}

#[test]
fn the_cases_are_harmless_as_they_are_shown() {
    for text in testing::texts(include_str!("../cases.toml")) {
        holds(&text);
    }
}

#[test]
fn what_begins_no_link_hides_no_tag() {
    assert_eq!(shown("](<script>x"), "](&lt;script>x");
    holds("![w](x) [a](<script>alert(1)</script>");
}

#[test]
fn no_mixture_of_signs_shows_what_may_not_be_shown() {
    let mut random = Random(11);
    for _ in 0..ROUNDS {
        let length = 3 + random.below(14);
        holds(&mixture(&mut random, length));
    }
}

/// More of them: `ROUNDS=400000 cargo test -p guard-format -- --ignored`.
#[test]
#[ignore = "takes minutes; for whoever changes the rules"]
fn no_mixture_of_signs_in_very_many_shows_what_may_not_be_shown() {
    let rounds = std::env::var("ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let mut random = Random(seed.unwrap_or(12));
    let mut wrong = 0;
    for _ in 0..rounds.unwrap_or(1_000_000) {
        let length = 3 + random.below(14);
        let text = mixture(&mut random, length);
        let said = std::panic::catch_unwind(|| holds(&text));
        wrong += usize::from(said.is_err());
        assert!(wrong < 25, "enough");
    }
    assert_eq!(wrong, 0);
}

const ROUNDS: usize = 5_000;
