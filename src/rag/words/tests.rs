//! Words of many languages, and texts that are none.

use proptest::prelude::*;

use super::*;

fn language(code: &str) -> Option<Language> {
    (!code.is_empty()).then(|| Language::from_code(code).expect("a language"))
}

/// The terms of a text that a question finds, and how many there are.
fn shared(document: &str, code: &str, asked: &str, languages: &[&str]) -> Vec<String> {
    let terms = terms(document, language(code));
    let languages: Vec<Language> = languages.iter().filter_map(|code| language(code)).collect();
    let forms = question(asked, &languages)
        .into_iter()
        .flat_map(|word| word.forms);
    forms.filter(|form| terms.contains(form)).collect()
}

#[test]
fn words_are_folded_so_that_spellings_meet() {
    for (text, expected) in [
        (
            "Where IS the spare impeller?",
            "where is the spare impeller",
        ),
        ("Zürich, Ångström, naïve", "zurich angstrom naive"),
        ("Straße ＡＢＣ ﬁne Łódź", "strasse abc fine lodz"),
        (
            "the company's and the company’s",
            "the company and the company",
        ),
        ("don't O’Brien", "don't o'brien"),
        ("Ёлка", "елка"),
        ("مُحَمَّد محــمد", "محمد محمد"),
        ("إسلام اسلام", "اسلام اسلام"),
        ("١٢٣ ۴۵", "123 45"),
        (
            "Boxes of switches, classes, bodies",
            "box of switch class body",
        ),
        ("bus gas glass virus", "bus gas glass virus"),
        ("co\u{AD}operate", "cooperate"),
        ("— … !", ""),
    ] {
        assert_eq!(terms(text, None).join(" "), expected, "{text}");
    }
}

#[test]
fn words_are_stemmed_by_the_language_of_the_text() {
    for (code, text, expected) in [
        (
            "en",
            "Retrieving retrieval relations",
            "retriev retriev relat",
        ),
        (
            "de",
            "Häuser Hauses Haus Müller Mueller",
            "haus haus haus mull mull",
        ),
        ("es", "educación educacion educaciones", "educ educ educ"),
        ("fr", "l'école d’écoles qu'il", "ecol ecol il"),
        (
            "it",
            "dell'università l’università un'arte",
            "univers univers arte",
        ),
        ("ru", "книги книгами", "книг книг"),
        ("tr", "kitaplar kitap", "kitap kitap"),
        ("el", "σκύλος σκύλους", "σκυλ σκυλ"),
        ("ar", "المدرسة مدرسة مدرسه", "مدرس مدرس مدرس"),
        // What is in another script is foreign to the rules of the language.
        ("ru", "pumps насосы", "pump насос"),
        ("ja", "pumps", "pump"),
    ] {
        assert_eq!(terms(text, language(code)).join(" "), expected, "{text}");
    }
}

#[test]
fn scripts_without_spaces_become_pairs() {
    for (text, expected) in [
        ("黑豹队", "黑 黑豹 豹 豹队 队"),
        ("黑 豹", "黑 豹"),
        ("第3章", "第 3 章"),
        ("NFL黑豹", "nfl 黑 黑豹 豹"),
        ("コーヒーの本", "コー ーヒ ヒー ーの の本 本"),
        ("ｶﾞｽ", "ガス"),
        ("한국어를 API를", "한국 국어 어를 api 를"),
        ("\u{1112}\u{1161}\u{11ab}글", "한글"),
        ("โรงเรียน", "โรง งเร\u{e35} เร\u{e35}ย ยน"),
        ("ກາເມືອງ", "ກາ າເມ\u{eb7} ເມ\u{eb7}ອ ອງ"),
    ] {
        assert_eq!(terms(text, None).join(" "), expected, "{text}");
    }
}

#[test]
fn identifiers_are_kept_whole_and_in_parts() {
    for (text, expected) in [
        ("Q-19", "q19 q 19"),
        ("A-7/3", "a7/3 a 7 3"),
        ("ISO‑9001:2015", "iso9001:2015 iso 9001 2015"),
        ("foo_bar", "foobar foo bar"),
        ("v1.2.3", "v1.2.3 v1 v 1 2 3"),
        ("10-20 2024-01-05", "10-20 10 20 2024-01-05 2024 01 05"),
        ("3.5 0,25", "3.5 0,25"),
        ("1,000 1.000.000 1’000", "1000 1000000 1000"),
        ("U.S. e.g. U.S.A.", "us eg usa"),
        ("R&D C++ C# b.", "r&d r d c++ c c# c b"),
        (
            "NullPointerException McDonald iPhone",
            "nullpointerexception null pointer exception mcdonald iphone",
        ),
        ("a@example.com", "aexamplecom a example com"),
        ("the end.Next one", "the endnext end next one"),
        ("and/or high-speed", "and or high speed"),
    ] {
        assert_eq!(terms(text, None).join(" "), expected, "{text}");
    }
}

#[test]
fn a_question_finds_an_identifier_however_it_is_written() {
    for document in ["Q-19", "Q_19", "q19", "Q‑19", "q 19"] {
        for asked in ["Q-19", "q_19", "Q 19", "q-19?"] {
            let found = shared(document, "en", asked, &["en"]);
            assert!(
                found.iter().any(|term| term.contains("19")),
                "{document} {asked}"
            );
        }
    }
    assert_eq!(shared("Q-19", "", "Q19", &[]), ["q19"]);
    assert!(shared("Q-19", "", "Q18", &[]).is_empty());
    assert!(!shared("1-2", "", "12", &[]).contains(&"12".to_owned()));
}

#[test]
fn one_question_finds_documents_of_several_languages() {
    let languages = ["de", "en", "es", "ar"];
    for (code, document, asked) in [
        ("de", "Die Häuser", "Haus"),
        ("en", "retrieving", "retrieval"),
        ("es", "las canciones", "canción"),
        ("ar", "المدرسة", "مدرسه"),
        ("", "pumps", "pump"),
        ("fr", "pompe", "pompe"),
    ] {
        assert!(
            !shared(document, code, asked, &languages).is_empty(),
            "{asked}"
        );
    }
    // Nobody told it of the German document.
    assert!(shared("Die Häuser", "de", "Häuser", &["en"]).is_empty());
}

#[test]
fn a_compound_is_found_by_its_beginning() {
    let found = shared("Der Verteidigungsspieler", "de", "Verteidigung", &["de"]);
    assert_eq!(found, ["verte~"]);
    assert!(shared("The unforgettable", "en", "unforgiven", &["en"]).is_empty());
    let german = [Language::from_code("de").expect("a language")];
    let asked = question("Verteidigung", &german);
    let weights: Vec<f32> = asked.iter().map(|word| word.weight).collect();
    assert_eq!(weights, [1.0, BEGINNING]);
}

#[test]
fn a_word_that_is_asked_for_twice_counts_twice() {
    let asked = question("the pump, the Pumps", &[]);
    let words: Vec<(&str, f32)> = asked
        .iter()
        .map(|word| (word.forms[0].as_str(), word.weight))
        .collect();
    assert_eq!(words, [("the", 2.0), ("pump", 2.0)]);
}

#[test]
fn a_word_without_end_is_cut() {
    assert_eq!(terms(&"ä".repeat(500), None), ["a".repeat(64)]);
    assert_eq!(terms(&"字a".repeat(3), None).len(), 6);
    assert_eq!(terms(&format!("a{}", "\u{301}".repeat(5000)), None), ["a"]);
    let longest = terms(&"a-1-".repeat(5000), None);
    assert_eq!(longest.len(), 10_000, "the parts, and no whole");
}

proptest! {
    /// Whatever a document says, the same words find it.
    #[test]
    fn a_text_is_found_by_its_own_words(
        text in "(\\PC{0,12}|[a-zA-Z0-9äßéığ’'._/@&+#-]{0,12}|[а-яіїёα-ώ]{1,9}|[\u{600}-\u{6ff}]{1,9}|[ก-๎가-힣一-丏ァ-ヶ]{1,9}|[\u{900}-\u{97f}\u{b80}-\u{bff}\u{531}-\u{587}\u{5d0}-\u{5ea}]{1,9}| ){0,12}",
        code in prop::sample::select(vec![
            "ar", "ca", "cs", "da", "de", "el", "en", "eo", "es", "et", "fa", "fi", "fr", "hi", "hu",
            "hy", "id", "it", "lt", "nb", "ne", "nl", "pl", "pt", "ro", "ru", "sv", "ta", "tr", "uk",
            "yi", "zh", "",
        ]),
    ) {
        let language = language(code);
        let languages: Vec<Language> = language.into_iter().collect();
        let terms = terms(&text, language);
        for term in &terms {
            prop_assert!(!term.is_empty() && term.len() <= LONGEST);
        }
        let asked = question(&text, &languages);
        prop_assert_eq!(asked.is_empty(), terms.is_empty());
        for word in asked.iter().filter(|word| !word.forms[0].ends_with('~')) {
            let found = word.forms.iter().any(|form| terms.contains(form));
            prop_assert!(found, "{:?} of {:?}", word.forms, text);
        }
    }
}
