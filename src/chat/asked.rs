//! What a question asks for, as far as its words tell, and what the house says where the documents
//! do not.
//!
//! A greeting asks for nothing, and neither does "shorter, please": such questions are for the
//! model. Whether the documents hold an answer is only a question where some word says what is
//! looked for.

mod lists;

use unicode_segmentation::UnicodeSegmentation;

use lists::{Language, TASKS};

/// Words that say what is looked for, up to which a question may lean on the one before it.
const FEW: usize = 3;

/// One question.
pub(super) struct Asked {
    language: Language,
    /// Its words that say what is looked for, as they stand, without those between them.
    telling: String,
    /// How many these are.
    count: usize,
}

impl Asked {
    pub(super) fn of(question: &str) -> Self {
        let language = Language::of(question);
        let lower = question.to_lowercase().replace('’', "'");
        // `l'armoire` is an article and a word.
        let mut rest = match language {
            Language::French => lower.replace('\'', " "),
            _ => lower,
        };
        for phrase in language.courtesies() {
            rest = without(&rest, phrase);
        }
        let (mut telling, mut count) = (String::new(), 0);
        for chunk in rest.split_whitespace() {
            // `Q-19` is one name.
            let whole = chunk.contains(char::is_numeric);
            let chunk = chunk.trim_matches(|c: char| !c.is_alphanumeric());
            let mut tells = 0;
            for word in chunk.split_word_bounds() {
                let is_word = word.contains(char::is_alphanumeric);
                let tell = is_word && (whole || !is_idle(language, word));
                tells += usize::from(tell);
                let kept = tell || whole && !is_word;
                telling.push_str(if kept { word } else { " " });
            }
            telling.push(' ');
            count += if whole { tells.min(1) } else { tells };
        }
        let telling = telling.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            language,
            telling,
            count,
        }
    }

    /// The words that say what is looked for; empty if none does.
    pub(super) fn telling(&self) -> &str {
        &self.telling
    }

    /// Whether it asks for something that documents may hold.
    pub(super) fn is_about_something(&self) -> bool {
        self.count > 0
    }

    /// Whether it may be meant to go on with the question before it.
    pub(super) fn is_short(&self) -> bool {
        self.count <= FEW
    }

    /// What the house says where the documents say nothing.
    pub(super) fn unsaid(&self) -> &'static str {
        self.language.unsaid()
    }
}

/// A word that joins others, asks, or says what is to be done with the answer.
fn is_idle(language: Language, word: &str) -> bool {
    let lone = word.chars().count() == 1 && word.is_ascii() && !word.as_bytes()[0].is_ascii_digit();
    lone || language.joins(word) || listed(TASKS, word)
}

/// `text` without a phrase of whole words.
fn without(text: &str, phrase: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(phrase) {
        let end = at + phrase.len();
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        // What is written without spaces has no borders of words to go by.
        let spaced = phrase.is_ascii() || phrase.chars().all(|c| c < '\u{0E00}');
        let cut = spaced
            && (inside(text[..at].chars().next_back()) || inside(text[end..].chars().next()));
        if !cut {
            rest.push_str(&text[from..at]);
            from = end;
        }
    }
    rest.push_str(&text[from..]);
    rest
}

/// Whether a list of words set apart by spaces holds this one.
fn listed(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_asks_for_nothing() {
        for question in [
            "Hello!",
            "Hi, how are you?",
            "Good morning",
            "Thanks a lot.",
            "Who are you?",
            "ok",
            "Shorter, please.",
            "Summarise this document.",
            "Can you explain that?",
            "Hallo!",
            "Guten Tag, wie geht es dir?",
            "Vielen Dank",
            "Kannst du das bitte zusammenfassen?",
            "Bonjour",
            "Merci beaucoup !",
            "¡Hola!",
            "Muchas gracias",
            "Buenos días, ¿qué tal?",
            "你好",
            "谢谢！",
            "شكرا",
            "👍",
            "",
        ] {
            let asked = Asked::of(question);
            assert!(
                !asked.is_about_something(),
                "{question}: {:?}",
                asked.telling
            );
        }
    }

    #[test]
    fn a_question_says_what_is_looked_for() {
        for (question, telling) in [
            ("Where is the spare impeller kept?", "spare impeller kept"),
            ("What does Q-19 say?", "q-19"),
            ("Hello, when does the canteen open?", "canteen open"),
            ("Wo liegt der Schlüssel für Halle 2?", "schlüssel halle 2"),
            ("Où est la clé de l'armoire ?", "clé armoire"),
            ("¿Dónde está la llave del armario?", "llave armario"),
            ("备用叶轮在哪里?", "备用叶轮"),
        ] {
            let asked = Asked::of(question);
            assert_eq!(asked.telling(), telling, "{question}");
        }
        assert!(Asked::of("And in winter?").is_short());
        assert!(!Asked::of("Where is the spare impeller of pump two kept?").is_short());
    }

    #[test]
    fn the_house_answers_in_the_language_of_the_question() {
        for (question, language) in [
            ("Where is the key?", Language::English),
            ("impeller", Language::English),
            ("Wo ist der Schlüssel?", Language::German),
            ("Où est la clé ?", Language::French),
            ("Quelle est la durée du préavis ?", Language::French),
            ("¿Dónde está la llave?", Language::Spanish),
            ("Cuántos días de vacaciones hay", Language::Spanish),
            ("钥匙在哪里？", Language::Chinese),
            ("أين المفتاح؟", Language::Arabic),
        ] {
            let asked = Asked::of(question);
            assert_eq!(asked.language, language, "{question}");
            assert!(asked.unsaid().len() > 20);
        }
    }
}
