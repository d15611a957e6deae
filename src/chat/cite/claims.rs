//! Which sentences of an answer claim something that a document would have to say.
//!
//! Courtesies, questions, headings and the admission that the documents do not say it claim
//! nothing about the documents' subject; to mark them as unsupported would only tire the reader.

use std::ops::Range;

use super::words::{Kind, stem, words};

/// Words that are polite or lead over, beside those that [`super::words`] leaves out.
const POLITE: &str = " sure certainly course hope help helps glad happy welcome thank thanks sorry \
    please note let know feel free ask further more assistance hello hi good great question here \
    summary answer summarize conclusion overall therefore thus however additionally following \
    gern gerne hoffe hilft hilfe danke bitte sicher natürlich hallo gut zusammenfassung antwort \
    folgende folgenden voici bien sûr espère aide merci bonjour claro espero ayude gracias hola ";

/// Where somebody looked.
const SOURCES: [&str; 9] = [
    "document",
    "passage",
    "text",
    "context",
    "dokument",
    "unterlagen",
    "espace de travail",
    "文档",
    "مستند",
];
/// What a source does that answers.
const SAYING: [&str; 22] = [
    "say", "said", "mention", "contain", "provid", "state", "specif", "hold", "describ", "answer",
    "include", "cover", "steh", "sagen", "sagt", "enth", "erwähn", "disent", "contien", "dice",
    "提", "تذكر",
];
/// What is said of what no source says, whichever these are.
const UNSAID: [&str; 14] = [
    "no information",
    "no mention",
    "no details",
    "not mentioned",
    "not specified",
    "not stated",
    "not provided",
    "keine information",
    "keine angab",
    "nicht erwähnt",
    "aucune information",
    "pas mentionn",
    "ninguna información",
    "no se menciona",
];
/// What somebody says who does not know.
const OWN: [&str; 10] = [
    "i don't",
    "i do not",
    "i cannot",
    "i can't",
    "i am not",
    "i'm not",
    "ich weiß",
    "ich kann",
    "je ne",
    "no sé",
];
const DENIALS: [&str; 19] = [
    "not", "no", "cannot", "n't", "nothing", "none", "nowhere", "without", "unable", "nicht",
    "nichts", "kein", "keine", "keinen", "ne", "aucun", "aucune", "ningún", "ninguna",
];

/// Whether a sentence says something that can be true or not.
pub(super) fn is_claim(sentence: &str) -> bool {
    let bare = sentence.trim_end_matches(['"', '”', '’', '\'', ')', ']', '*', '_', '`', ' ']);
    if bare.ends_with(['?', '？', '؟', ':', '：']) || sentence.starts_with('#') {
        return false;
    }
    let says = |said: &str| !POLITE.split(' ').any(|polite| stem(polite) == said);
    let words = words(sentence);
    let telling = words
        .iter()
        .filter(|word| word.kind != Kind::Denial && says(&word.stem));
    telling.count() >= 2 && !is_admission(sentence)
}

/// Whether it only says that the documents, or the speaker, have no answer.
fn is_admission(sentence: &str) -> bool {
    let lower = sentence.to_lowercase().replace('’', "'");
    let denies = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .any(|word| DENIALS.contains(&word) || word.ends_with("n't") || word.starts_with("n'"));
    let names = |list: &[&str]| list.iter().any(|word| lower.contains(word));
    let unspaced = lower.contains('没') || lower.contains("لا ");
    let looked = (denies || unspaced) && names(&SOURCES) && names(&SAYING);
    looked || names(&UNSAID) || names(&OWN)
}

/// Where an answer has fenced code.
pub(super) fn code(answer: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut at, mut open) = (0, None);
    for line in answer.split_inclusive('\n') {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            match open.take() {
                None => open = Some(at),
                Some(start) => found.push(start..at + line.len()),
            }
        }
        at += line.len();
    }
    found.extend(open.map(|start| start..answer.len()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_claims_nothing_is_not_marked() {
        for (sentence, claims) in [
            ("The spare impeller is kept in cabinet 9.", true),
            ("Cabinet 9.", true),
            ("Das Tor wird um 23 Uhr geschlossen.", true),
            ("Nobody enters the cold store.", true),
            ("It is not kept in hall two.", true),
            ("Confidential documents are not shredded here.", true),
            ("No text leaves the office.", true),
            ("The interest rate is not specified.", false),
            ("Sure!", false),
            ("I hope this helps.", false),
            ("Hello Ada!", false),
            ("Let me know if you have further questions.", false),
            ("Do you mean the impeller of pump two?", false),
            ("Here is what I found:", false),
            ("## Spare parts and tools", false),
            ("The documents do not say where the key is.", false),
            (
                "There is no information about the gearbox in the passages.",
                false,
            ),
            ("I don't know where the gearbox is.", false),
            (
                "Dazu steht in den Dokumenten nichts über das Getriebe.",
                false,
            ),
            (
                "Les documents ne disent rien de la clé de l'armoire.",
                false,
            ),
            ("Los documentos no dicen nada de la llave.", false),
            ("Yes.", false),
            ("[EMAIL_1]", false),
        ] {
            assert_eq!(is_claim(sentence), claims, "{sentence}");
        }
    }

    #[test]
    fn code_is_found_between_its_fences() {
        let answer = "So:\n```sh\nrun it\n```\nThen.\n```\nopen";
        let found: Vec<&str> = code(answer).into_iter().map(|at| &answer[at]).collect();
        assert_eq!(found, ["```sh\nrun it\n```\n", "```\nopen"]);
    }
}
