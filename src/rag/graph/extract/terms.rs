//! Terms: what a document defines, and what it abbreviates.

use std::ops::Range;

use super::fold::fold;
use super::short::short;
use super::tables::{PLAIN, has};
use super::text::{Shape, Token};

/// Words of a term, at most.
const LONGEST: usize = 6;

/// What a block says about words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Saying {
    /// `“X” means …`: tokens of the term and of what defines it.
    Defined {
        term: Range<usize>,
        body: Range<usize>,
    },
    /// `… (the “X”)`: tokens of the term; what stands before `upto` is what it is a word for.
    Called {
        term: Range<usize>,
        upto: usize,
        body: Range<usize>,
        article: bool,
    },
    /// `Long Form (LF)`: tokens of both.
    Short {
        short: Range<usize>,
        long: Range<usize>,
    },
}

/// Between a term and what defines it.
const VERBS: &[(&[&str], bool)] = &[
    (&["shall", "mean"], true),
    (&["means"], true),
    (&["mean"], false),
    (&["refers", "to"], true),
    (&["is", "defined", "as"], true),
    (&["are", "defined", "as"], true),
    (&["stands", "for"], true),
    (&["has", "the", "meaning"], false),
    (&["bezeichnet"], true),
    (&["bezeichnen"], false),
    (&["bedeutet"], true),
    (&["ist", "definiert", "als"], true),
    (&["désigne"], true),
    (&["désignent"], false),
    (&["signifie"], true),
    (&["est", "défini", "comme"], true),
    (&["est", "définie", "comme"], true),
    (&["significa"], true),
    (&["se", "define", "como"], true),
    (&["se", "entiende", "por"], false),
    (&["se", "refiere", "a"], true),
];

/// Labels before a colon that define nothing.
const LABELS: &str = include_str!("words/no_terms.txt");

/// What the block says about words. `glossary`: the heading above says that words are explained.
pub(super) fn sayings(tokens: &[Token<'_>], glossary: bool) -> Vec<Saying> {
    let mut sayings = Vec::new();
    sayings.extend(listed(tokens, glossary));
    for at in 0..tokens.len() {
        let saying = match tokens[at].text {
            "(" => short(tokens, at).or_else(|| called(tokens, at)),
            _ => quoted(tokens, at)
                .and_then(|term| defined(tokens, term))
                .or_else(|| plain(tokens, at)),
        };
        sayings.extend(saying);
    }
    sayings
}

/// The heading says that what is under it explains words.
pub(super) fn is_glossary(heading: &str) -> bool {
    let folded = fold(heading);
    let words = [
        "glossary",
        "definitions",
        "terms and definitions",
        "terminology",
        "glossar",
        "begriffe",
        "begriffsbestimmungen",
        "definitionen",
        "glossaire",
        "glosario",
        "definiciones",
        "abbreviations",
        "abkurzungen",
    ];
    words
        .iter()
        .any(|word| folded == *word || folded.ends_with(&format!(" {word}")))
}

/// The term between the quotation marks or asterisks that begin at `at`.
fn quoted(tokens: &[Token<'_>], at: usize) -> Option<Range<usize>> {
    let mut from = at;
    let closing: &[&str] = match tokens[at].text {
        "\"" => &["\""],
        "“" => &["”"],
        "„" => &["“", "”"],
        "«" => &["»"],
        "»" => &["«"],
        "‘" => &["’"],
        "*" if tokens.get(at + 1)?.is("*") => {
            from += 1;
            &["*"]
        }
        _ => return None,
    };
    from += 1;
    let end = (from..tokens.len().min(from + LONGEST + 1))
        .find(|at| closing.contains(&tokens[*at].text))?;
    let fine = end > from && tokens[from..end].iter().all(is_word);
    fine.then_some(from..end)
}

pub(super) fn is_word(token: &Token<'_>) -> bool {
    !matches!(token.shape, Shape::Sign | Shape::Other)
        || matches!(token.text, "&" | "/" | "-" | "'")
}

/// Behind the closing marks of a term.
fn behind(tokens: &[Token<'_>], mut at: usize) -> usize {
    while tokens
        .get(at)
        .is_some_and(|token| matches!(token.text, "\"" | "”" | "“" | "»" | "«" | "’" | "*" | ","))
    {
        at += 1;
    }
    at
}

/// Where the sentence ends that token `at` is in.
fn sentence_end(tokens: &[Token<'_>], at: usize) -> usize {
    (at..tokens.len())
        .find(|at| tokens[*at].first)
        .unwrap_or(tokens.len())
}

fn verb(tokens: &[Token<'_>], at: usize, strict: bool) -> Option<usize> {
    let rest = tokens.get(at..)?;
    let fits = |words: &[&str]| {
        rest.len() > words.len() && rest.iter().zip(words).all(|(token, word)| token.is(word))
    };
    let (words, _) = VERBS
        .iter()
        .find(|(words, certain)| (*certain || !strict) && fits(words))?;
    Some(at + words.len())
}

fn defined(tokens: &[Token<'_>], term: Range<usize>) -> Option<Saying> {
    let from = verb(tokens, behind(tokens, term.end), false)?;
    let end = sentence_end(tokens, from);
    (end > from).then_some(Saying::Defined {
        term,
        body: from..end,
    })
}

/// `Sandbagging means …`, `The term impeller refers to …`, at the beginning of a sentence.
fn plain(tokens: &[Token<'_>], at: usize) -> Option<Saying> {
    let token = &tokens[at];
    let marked = at > 0 && tokens[at - 1].first && tokens[at - 1].shape == Shape::Sign;
    if !(token.first || marked) {
        return None;
    }
    let named = ["term", "word", "Begriff", "terme", "término"];
    let led = tokens
        .get(at + 1)
        .is_some_and(|next| named.contains(&next.text));
    let from = if led { at + 2 } else { at };
    if !led && (!token.is_capital() || has(PLAIN, &fold(token.text))) {
        return None;
    }
    let end =
        (from + 1..tokens.len().min(from + 5)).find(|end| verb(tokens, *end, true).is_some())?;
    let words = tokens.get(from..end)?;
    let fine = words.iter().all(|token| {
        is_word(token) && !has(PLAIN, &fold(token.text)) && token.shape != Shape::Number
    });
    let body = verb(tokens, end, true)?;
    let loose = matches!(
        tokens.get(body)?.text,
        "that"
            | "of"
            | "to"
            | "well"
            | "dass"
            | "que"
            | ","
            | "."
            | "nothing"
            | "more"
            | "we"
            | "you"
            | "it"
            | "there"
    );
    let until = sentence_end(tokens, body);
    (fine && !loose && until > body + 2).then_some(Saying::Defined {
        term: from..end,
        body: body..until,
    })
}

/// A line of a list of words: `- **Impeller**: the part that …`.
fn listed(tokens: &[Token<'_>], glossary: bool) -> Option<Saying> {
    let mut at = 0;
    let bullet = tokens
        .first()
        .is_some_and(|token| matches!(token.text, "-" | "*" | "+" | "•"))
        && tokens.get(1)?.spaced;
    at += usize::from(bullet);
    let bold = quoted(tokens, at).filter(|_| tokens[at].is("*"));
    let term = match &bold {
        Some(term) => term.clone(),
        None => {
            let end = (at..tokens.len().min(at + LONGEST))
                .find(|end| tokens[*end].is(":") || is_dash(tokens, *end))?;
            at..end
        }
    };
    let mut colon = term.end;
    let inside = bold.is_some() && tokens[term.end - 1].is(":");
    while tokens.get(colon).is_some_and(|token| token.is("*")) {
        colon += 1;
    }
    let sign = tokens.get(colon)?;
    if !(sign.is(":") || is_dash(tokens, colon))
        || inside
        || sign.is(":") && sign.spaced
        || term.is_empty()
    {
        return None;
    }
    let body = colon + 1..sentence_end(tokens, colon + 1);
    let label = fold(tokens[term.start].text);
    let words = tokens[body.clone()]
        .iter()
        .filter(|token| is_word(token))
        .count();
    let small = tokens[body.clone()]
        .iter()
        .filter(|token| token.shape == Shape::Lower)
        .count();
    let fine = tokens[term.clone()]
        .iter()
        .all(|token| is_word(token) && token.shape != Shape::Number)
        && !has(LABELS, &label)
        && !has(PLAIN, &label)
        && words >= 5
        && small * 2 >= words
        && tokens[term.start].shape != Shape::Number;
    (fine && (bold.is_some() || glossary)).then_some(Saying::Defined { term, body })
}

fn is_dash(tokens: &[Token<'_>], at: usize) -> bool {
    let token = &tokens[at];
    token.spaced
        && at > 0
        && matches!(token.text, "–" | "—" | "-")
        && tokens.get(at + 1).is_some_and(|next| next.spaced)
}

/// `(the “Supplier”)`, `(nachfolgend „Lieferant“)`.
fn called(tokens: &[Token<'_>], at: usize) -> Option<Saying> {
    let close = (at + 1..tokens.len().min(at + 12)).find(|at| tokens[*at].is(")"))?;
    let open =
        (at + 1..close).find(|at| matches!(tokens[*at].text, "\"" | "“" | "„" | "«" | "*"))?;
    let term = quoted(tokens, open)?;
    if behind(tokens, term.end) != close {
        return None;
    }
    let words = [
        "the",
        "a",
        "an",
        "each",
        "this",
        "hereinafter",
        "hereafter",
        "collectively",
        "together",
        "referred",
        "to",
        "as",
        "called",
        "also",
        "known",
        "or",
        "nachfolgend",
        "im",
        "folgenden",
        "der",
        "die",
        "das",
        "kurz",
        "genannt",
        "ci-après",
        "le",
        "la",
        "les",
        "en",
        "adelante",
        "el",
        "simply",
    ];
    let led = &tokens[at + 1..open];
    let fine = led.iter().all(|token| {
        words.contains(&token.text.to_lowercase().as_str()) || token.is(",") || token.is("*")
    });
    let capital = tokens[term.start].is_capital();
    let start = (0..=at).rev().find(|at| tokens[*at].first).unwrap_or(0);
    let article = led.iter().any(|token| !token.is("*"));
    (fine && capital && start < at).then_some(Saying::Called {
        term,
        upto: at,
        body: start..at,
        article,
    })
}

#[cfg(test)]
mod tests {
    use super::super::text::{blocks, tokens};
    use super::*;

    fn said(text: &str, glossary: bool) -> Vec<String> {
        let tokens = tokens(text, blocks(text)[0]);
        let words = |range: Range<usize>| {
            text[tokens[range.start].start..tokens[range.end - 1].end()].to_owned()
        };
        let say = |saying| match saying {
            Saying::Defined { term, .. } => format!("{} =", words(term)),
            Saying::Called { term, upto, .. } => {
                format!("{} <- {}", words(term), words(upto - 2..upto))
            }
            Saying::Short { short, long } => format!("{} < {}", words(short), words(long)),
        };
        sayings(&tokens, glossary).into_iter().map(say).collect()
    }

    #[test]
    fn definitions_are_found() {
        for (text, found) in [
            (
                "“Confidential Information” means all that is not public.",
                "Confidential Information =",
            ),
            (
                "\"Working Day\" shall mean a day that is no holiday.",
                "Working Day =",
            ),
            (
                "Der Begriff „Werktag“ bezeichnet jeden Tag außer Sonntag.",
                "Werktag =",
            ),
            ("« Client » désigne toute personne qui achète.", "Client ="),
            ("Sandbagging means hiding what one can do.", "Sandbagging ="),
            (
                "The term impeller refers to the turning part of a pump.",
                "impeller =",
            ),
            (
                "- **Impeller**: the part of a pump that turns.",
                "Impeller =",
            ),
            (
                "Acme Robotics GmbH (the “Supplier”) delivers.",
                "Supplier <- Robotics GmbH",
            ),
            (
                "der Acme GmbH (nachfolgend „Lieferant“)",
                "Lieferant <- Acme GmbH",
            ),
            (
                "a service level agreement (SLA) is",
                "SLA < service level agreement",
            ),
            (
                "the World Health Organization (WHO)",
                "WHO < World Health Organization",
            ),
            (
                "the Department of Defense (DoD)",
                "DoD < Department of Defense",
            ),
            (
                "a CPU (central processing unit) is",
                "CPU < central processing unit",
            ),
            ("Extensible markup language (XML)", ""),
            ("This means that we go.", ""),
            ("Anger means nothing.", ""),
            ("He came (SLA) late.", ""),
            ("Note: the pump is in hall two today.", ""),
            ("It was warm (the \"best\" day).", ""),
        ] {
            assert_eq!(said(text, false).join("; "), found, "{text}");
        }
        let line = "Impeller: the part of a pump that turns.";
        assert_eq!(said(line, true), ["Impeller ="]);
        assert_eq!(said(line, false), [""; 0]);
    }

    #[test]
    fn labels_are_in_order() {
        assert!(LABELS.lines().is_sorted_by(|a, b| a < b));
    }
}
