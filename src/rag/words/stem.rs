//! Stem: a word without its endings, by the rules of its language (Snowball, Porter 2001).

use snowball_stemmers_rs::{Algorithm, Stemmer as Snowball};

use super::super::language::Language;
use super::fold;

/// What the words of a language are written in; others in its texts are foreign to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Other,
}

/// The stemmer of one language.
pub(super) struct Stemmer {
    rules: Option<(Snowball, Script)>,
    compounds: bool,
    elides: bool,
}

/// Letters of the beginning of a word that is a term of its own (McNamee & Mayfield 2004), and
/// letters of a stem that has one: what is shorter is seldom a compound.
const BEGINNING: usize = 5;
const LONG: usize = 8;

impl Stemmer {
    pub(super) fn of(language: Option<Language>) -> Self {
        let code = language.map_or("", Language::code);
        let rules = rules(code).map(|(rules, script)| (Snowball::create(rules), script));
        let compounds = matches!(
            code,
            "af" | "da" | "de" | "et" | "fi" | "hu" | "nb" | "nl" | "sv"
        );
        // The rules of French do so themselves.
        let elides = matches!(code, "ca" | "it");
        Self {
            rules,
            compounds,
            elides,
        }
    }

    /// The term that a word becomes.
    pub(super) fn term(&self, word: &str) -> String {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return fold::ungrouped(word).unwrap_or_else(|| fold::plain(word));
        }
        let mut lower = fold::lower(word);
        // The letters of `U.S.A`; what else has full stops is an identifier.
        lower.retain(|c| c != '.');
        if self.elides
            && let Some((_, rest)) = lower.split_once('\'')
            && rest.chars().nth(1).is_some()
        {
            lower = rest.to_owned();
        }
        match &self.rules {
            Some((rules, own)) if *own == script(&lower) => fold::bare(&rules.stem(&lower)),
            _ => singular(fold::bare(&lower)),
        }
    }

    /// The beginning of the word of a term in a document, if it may be a compound.
    pub(super) fn beginning(&self, term: &str) -> Option<String> {
        term.chars().nth(LONG - 1)?;
        self.start(term)
    }

    /// The beginning by which the word of a term in a question finds compounds.
    pub(super) fn start(&self, term: &str) -> Option<String> {
        if !self.compounds || !term.chars().all(char::is_alphabetic) {
            return None;
        }
        let (last, c) = term.char_indices().nth(BEGINNING - 1)?;
        // No word has this sign.
        Some(format!("{}~", &term[..last + c.len_utf8()]))
    }
}

/// The rules of a language, and the script of its words.
fn rules(code: &str) -> Option<(Algorithm, Script)> {
    let rules = match code {
        "ar" => (Algorithm::Arabic, Script::Arabic),
        "ca" => (Algorithm::Catalan, Script::Latin),
        "cs" => (Algorithm::Czech, Script::Latin),
        "da" => (Algorithm::Danish, Script::Latin),
        "de" => (Algorithm::German, Script::Latin),
        "el" => (Algorithm::Greek, Script::Greek),
        "en" => (Algorithm::English, Script::Latin),
        "eo" => (Algorithm::Esperanto, Script::Latin),
        "es" => (Algorithm::Spanish, Script::Latin),
        "et" => (Algorithm::Estonian, Script::Latin),
        "fa" => (Algorithm::Persian, Script::Arabic),
        "fi" => (Algorithm::Finnish, Script::Latin),
        "fr" => (Algorithm::French, Script::Latin),
        "hi" => (Algorithm::Hindi, Script::Other),
        "hu" => (Algorithm::Hungarian, Script::Latin),
        "hy" => (Algorithm::Armenian, Script::Other),
        "id" => (Algorithm::Indonesian, Script::Latin),
        "it" => (Algorithm::Italian, Script::Latin),
        "lt" => (Algorithm::Lithuanian, Script::Latin),
        "nb" => (Algorithm::Norwegian, Script::Latin),
        "ne" => (Algorithm::Nepali, Script::Other),
        "nl" => (Algorithm::Dutch, Script::Latin),
        "pl" => (Algorithm::Polish, Script::Latin),
        "pt" => (Algorithm::Portuguese, Script::Latin),
        "ro" => (Algorithm::Romanian, Script::Latin),
        "ru" => (Algorithm::Russian, Script::Cyrillic),
        "sv" => (Algorithm::Swedish, Script::Latin),
        "ta" => (Algorithm::Tamil, Script::Other),
        "tr" => (Algorithm::Turkish, Script::Latin),
        "uk" => (Algorithm::Ukrainian, Script::Cyrillic),
        "yi" => (Algorithm::Yiddish, Script::Other),
        _ => return None,
    };
    Some(rules)
}

fn script(word: &str) -> Script {
    match word.chars().find(|c| c.is_alphabetic()) {
        Some('\0'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}') => Script::Latin,
        Some('\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}') => Script::Greek,
        Some('\u{0400}'..='\u{052F}') => Script::Cyrillic,
        Some('\u{0600}'..='\u{077F}' | '\u{08A0}'..='\u{08FF}') => Script::Arabic,
        _ => Script::Other,
    }
}

/// Without the ending of an English plural (after Harman's S stemmer, 1991); French and Spanish
/// plurals mostly go by the same rule, and a word that only looks like one is folded alike on both
/// sides of a search.
fn singular(mut word: String) -> String {
    let long = word.len() > 3 && word.is_ascii();
    if !long || !word.ends_with('s') || word.ends_with("ss") || word.ends_with("us") {
        return word;
    }
    if word.ends_with("ies") && !word.ends_with("eies") && !word.ends_with("aies") {
        word.truncate(word.len() - 3);
        word.push('y');
        return word;
    }
    let hissing = ["xes", "ches", "shes", "sses"]
        .iter()
        .any(|end| word.ends_with(end));
    word.truncate(word.len() - if hissing { 2 } else { 1 });
    word
}
