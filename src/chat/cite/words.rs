//! The words of a sentence, as far as they say something, in a form in which they are compared.
//!
//! Some may not be missing from a quote, for without them it says something else: numbers,
//! identifiers, names, times, and words such as "above" or "only". Denials are told apart: there
//! are many ways to say no.

use unicode_segmentation::UnicodeSegmentation;

/// Words that join others and say nothing of their own, in English and German.
const GLUE: &str = " a about according again also an and any are as at be because been being but by \
    can could did do document documents does either find for found from get gets give given gives \
    go goes had has have he her here his how i if in information into is it its just keep keeps \
    kept lie lies located make makes may me mention mentioned mentions might must my of on onto or \
    our out passage passages per please provided put said say says shall she should situated so \
    stand stands stated states stored such take takes text that the their them then there these \
    they this those to up upon use used very via was we were what when where which while who whom \
    whose why will with would yes you your \
    als also am an auf aus auch bei beim bis das dass dem den der des die dies diese dieser dieses \
    dokument dokumente durch ein eine einem einen einer eines er es für haben hat hatte ich ihr im \
    ins ist ja kann können laut man mit muss müssen nach oder sein sich sie sind so soll sollen \
    sowie um und vom von war waren wenn werden wie wir wird wo wurde wurden zu zum zur über ";

/// Words that turn a statement round, or say when it holds.
const TELLING: &str = " above after all always before below closed daily down each evening every fewer \
    first friday half hour hourly inside last least left less maximum minimum minute monday month \
    monthly more morning most night noon off once only open outside over right saturday shut sunday \
    thursday today tomorrow tuesday twice under until wednesday week weekday weekend weekly within \
    without year yearly day afternoon spring summer autumn winter january february march april june \
    july august september october november december fourth fifth third second \
    abend alle dienstag donnerstag erst erste ersten freitag geschlossen höchstens immer jahr \
    jährlich jede jeden jeder jedes letzte letzten mehr mindestens minute mittwoch monat monatlich \
    montag morgen nacht nur offen samstag sonntag sonnabend stunde stunden stündlich tag tage \
    täglich unter vor weniger woche wochen wöchentlich zweite zweiten dritte dritten januar februar \
    märz mai juni juli oktober dezember ";

const DENIALS: &str = " cannot neither never no nobody none nor not nothing nowhere without \
    nicht nichts nie niemals niemand nirgends weder ohne nein ";

/// Words for numbers, from one on.
const NUMBERS: [&str; 2] = [
    "one two three four five six seven eight nine ten eleven twelve",
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
];

/// Endings of inflection, the longest first.
const ENDINGS: [&str; 6] = ["ing", "es", "ed", "en", "s", "e"];

/// How a word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chat) enum Kind {
    Plain,
    /// Without it a quote says something else.
    Fixed,
    Denial,
}

/// One word that says something.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::chat) struct Word {
    pub stem: String,
    pub kind: Kind,
    /// Counts the commas and their like before it.
    pub clause: usize,
}

/// The words of one sentence, in their order.
pub(in crate::chat) fn words(sentence: &str) -> Vec<Word> {
    let mut reader = Reader::default();
    for chunk in sentence.split_whitespace() {
        reader.chunk(chunk);
    }
    reader.words
}

#[derive(Default)]
struct Reader {
    words: Vec<Word>,
    clause: usize,
    /// Whether a word has come since the sentence, or what follows a colon, began.
    begun: bool,
}

impl Reader {
    /// Takes what stands between two spaces.
    fn chunk(&mut self, chunk: &str) {
        if !self.begun && is_list_mark(chunk) {
            return;
        }
        let bare = chunk.trim_matches(|c: char| !c.is_alphanumeric());
        if is_mask(chunk) {
            // What a guard put in the place of a secret stands in no document.
        } else if bare.contains(char::is_numeric) {
            self.number(chunk, bare);
        } else if !self.is_interjection(chunk, bare) {
            for word in bare.unicode_words() {
                self.word(word);
            }
        }
        let colon = chunk.ends_with(':');
        if colon || chunk.ends_with([',', ';', '—', '–']) || matches!(bare, "but" | "aber") {
            self.clause += 1;
        }
        self.begun = (self.begun || !bare.is_empty()) && !colon;
    }

    /// "No, it is open." denies the question and not the statement.
    fn is_interjection(&self, chunk: &str, bare: &str) -> bool {
        let says_no = matches!(bare.to_lowercase().as_str(), "no" | "nein");
        self.words.is_empty() && !self.begun && says_no && chunk.len() > bare.len()
    }

    /// A number, several of them, or an identifier such as `P-101`, which is one whole.
    fn number(&mut self, chunk: &str, bare: &str) {
        let small = |part: &str| part.chars().any(char::is_lowercase);
        let letters = bare.contains(char::is_alphabetic);
        if letters && !small(bare) {
            return self.add(&bare.to_lowercase(), Kind::Fixed);
        }
        let below_zero = chunk.starts_with(['-', '−']);
        for (at, part) in bare.split(['-', '–', '/']).enumerate() {
            let word = part.trim_start_matches(|c: char| c.is_numeric() || ".,:".contains(c));
            let (digits, word) = part.split_at(part.len() - word.len());
            if digits.is_empty() && word.contains(char::is_numeric) {
                self.add(&word.to_lowercase(), Kind::Fixed);
                continue;
            }
            let sign = if below_zero && at == 0 { "-" } else { "" };
            if !digits.is_empty() {
                self.add(&format!("{sign}{}", without_grouping(digits)), Kind::Fixed);
            }
            word.unicode_words().for_each(|word| self.word(word));
        }
    }

    fn word(&mut self, word: &str) {
        let lower = word.to_lowercase().replace('’', "'");
        let lower = lower.strip_suffix("'s").unwrap_or(&lower);
        let large = word.starts_with(char::is_uppercase) && self.begun;
        self.begun = true;
        if is_denial(lower) {
            self.add("no", Kind::Denial);
        } else if let Some(number) = number_word(lower) {
            self.add(&number.to_string(), Kind::Fixed);
        } else if lower.chars().count() == 1 && lower.is_ascii() {
            // A letter that stands alone and large names something, as in "hall B".
            if large && lower != "i" {
                self.add(lower, Kind::Fixed);
            }
        } else if !listed(GLUE, lower) {
            let lower = one_of_all(lower);
            let fixed = large || listed(TELLING, lower.strip_suffix('s').unwrap_or(lower));
            // What lasts is not the last.
            let fixed = lower != "lasts" && (fixed || listed(TELLING, lower));
            let kind = if fixed { Kind::Fixed } else { Kind::Plain };
            self.add(&stem(lower), kind);
        }
    }

    fn add(&mut self, stem: &str, kind: Kind) {
        self.words.push(Word {
            stem: stem.to_owned(),
            kind,
            clause: self.clause,
        });
    }
}

/// Whether a list of words set apart by spaces holds this one.
fn listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// The ways to say "every" as one.
fn one_of_all(word: &str) -> &str {
    match word {
        "each" => "every",
        "jeder" | "jeden" | "jedes" | "jedem" => "jede",
        other => other,
    }
}

fn is_denial(word: &str) -> bool {
    word.ends_with("n't") || word.starts_with("kein") || listed(DENIALS, word)
}

/// The number of a list item.
fn is_list_mark(chunk: &str) -> bool {
    let number = chunk.strip_suffix(['.', ')']);
    number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// A placeholder such as `[CREDIT_CARD]`.
fn is_mask(chunk: &str) -> bool {
    let inside = chunk
        .trim_matches(|c: char| !c.is_alphanumeric() && !"[]".contains(c))
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inside.is_some_and(|label| label.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
}

fn number_word(word: &str) -> Option<usize> {
    let place = |list: &&str| list.split(' ').position(|listed| listed == word);
    NUMBERS.iter().find_map(place).map(|at| at + 1)
}

/// `1,000` as `1000`; a comma before any other number of digits is kept.
fn without_grouping(digits: &str) -> String {
    let digits = digits.trim_end_matches(['.', ',', ':']);
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = first.len() <= 3 && digits.contains(',') && groups.all(|group| group.len() == 3);
    if grouped {
        digits.replace(',', "")
    } else {
        digits.to_owned()
    }
}

/// A word without its endings, so that "greased" and "greasing" meet.
pub(super) fn stem(word: &str) -> String {
    let mut stem = word;
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| {
        let least = if *ending == "s" { 3 } else { 4 };
        let rest = stem.strip_suffix(ending)?;
        let hissing = *ending == "s" && rest.ends_with('s');
        (rest.chars().count() >= least && !hissing).then_some(single(rest))
    }) {
        stem = shorter;
    }
    stem.to_owned()
}

/// "runn" of "running" as "run"; "fill" and "press" stay.
fn single(stem: &str) -> &str {
    let mut letters = stem.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && "bdgmnprt".contains(last) => {
            &stem[..stem.len() - 1]
        }
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sentence: &str) -> String {
        let mark = |word: &Word| match word.kind {
            Kind::Plain => word.stem.clone(),
            Kind::Fixed => format!("+{}", word.stem),
            Kind::Denial => "!".to_owned(),
        };
        words(sentence)
            .iter()
            .map(mark)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn words_are_told_apart_by_what_they_do() {
        for (sentence, expected) in [
            (
                "The pump is greased every 250 hours.",
                "pump grea +every +250 +hour",
            ),
            ("Greasing pumps, he greases.", "grea pump grea"),
            ("It runs, running, pressing", "run run press"),
            ("Pump P-101 stands in hall B.", "pump +p-101 hall +b"),
            (
                "A 250-hour test at 3.5 bar, 1,000 times.",
                "+250 +hour test +3.5 bar +1000 time",
            ),
            ("It doesn't run, and cannot.", "! run !"),
            ("No, the valve is open.", "valv +open"),
            ("No valve is open.", "! valv +open"),
            ("Der Filter wird nicht gewechselt.", "+filter ! gewechselt"),
            ("Write to [EMAIL], then [AWS_ACCESS_KEY].", "writ"),
            (
                "Ask Müller's team: Two keys hang there.",
                "ask +müller team +2 key hang",
            ),
            (
                "On 2026-03-01 at 08:00 it was -5 °C.",
                "+2026 +03 +01 +08:00 +-5 +c",
            ),
            ("3. Pumps and 3. halls", "pump +3 hall"),
            ("It is.", ""),
        ] {
            assert_eq!(shown(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn clauses_are_counted() {
        let clauses: Vec<usize> = words("Open it, not the door: there but here lurks danger; run")
            .iter()
            .map(|word| word.clause)
            .collect();
        assert_eq!(clauses, [0, 1, 1, 3, 3, 4]);
    }
}
