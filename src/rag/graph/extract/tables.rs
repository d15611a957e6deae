//! Tables: the words by which names are known.
//!
//! Each is a text with one word a line, folded and in order, so that it is searched as it stands.

/// What stands before the name of a person and nothing else.
pub(super) const COURTESIES: &str = include_str!("words/courtesies.txt");
/// What stands before the name of a person, and also alone.
pub(super) const RANKS: &str = include_str!("words/ranks.txt");
/// What belongs to the name of one who is known by a given name.
pub(super) const CROWNS: &str = include_str!("words/crowns.txt");
/// Labels of forms and letters with a person behind the colon.
pub(super) const LABELS: &str = include_str!("words/labels.txt");
/// Small words inside the name of a person.
pub(super) const PARTICLES: &str = include_str!("words/particles.txt");
/// Words that begin sentences and are no part of a name, in four languages; days and months.
pub(super) const PLAIN: &str = include_str!("words/plain.txt");
/// What follows a name and is not its last word.
pub(super) const NO_SURNAMES: &str = include_str!("words/no_surnames.txt");
/// The last word of many organisations.
pub(super) const ORGANISATIONS: &str = include_str!("words/organisations.txt");
/// The first word of many organisations: `University of …`.
pub(super) const LEADING: &str = include_str!("words/leading.txt");
/// Words that make no name of those: a `High School` is none in particular.
pub(super) const COMMON: &str = include_str!("words/common.txt");
/// The last word of many places.
pub(super) const WATERS_AND_WAYS: &str = include_str!("words/waters_and_ways.txt");
/// The first word of many places.
pub(super) const BEFORE_PLACES: &str = include_str!("words/before_places.txt");
/// Organisations known by one word.
pub(super) const HOUSES: &str = include_str!("words/houses.txt");
/// Organisations known by their letters, as they are written.
pub(super) const LETTERS: &str = include_str!("words/letters.txt");
/// Given names that are hardly ever anything else.
pub(super) const GIVEN: &str = include_str!("words/given.txt");
/// Given names that are words or surnames too:
/// a person only with a surname, and not where a sentence begins.
pub(super) const ALSO_WORDS: &str = include_str!("words/also_words.txt");
/// Countries, continents, regions and large cities, by the names under which they are kept.
pub(super) const PLACES: &str = include_str!("words/places.txt");
/// Other names of the same places, each with the one that is kept behind a tabulator.
const OTHER_NAMES: &str = include_str!("words/other_names.txt");

/// Ends of the names of companies, as tokens apart by spaces; of two that fit the first counts.
pub(super) const FORMS: &str = include_str!("words/forms.txt");

/// Of those, the ones that are also words or parts of headings in capitals.
pub(super) const SHORT_FORMS: &str = include_str!("words/short_forms.txt");

/// Whether a table has a word.
pub(super) fn has(table: &str, word: &str) -> bool {
    line(table, word, |line| line).is_some()
}

/// The name under which a place is kept.
pub(super) fn place(folded: &str) -> Option<&'static str> {
    let other = line(OTHER_NAMES, folded, |line| {
        line.split('\t').next().unwrap_or(line)
    });
    match other {
        Some(line) => line.split_once('\t').map(|(_, name)| name),
        None => line(PLACES, folded, |line| line),
    }
}

/// The line of a table that has this key, by halves.
fn line<'t>(table: &'t str, wanted: &str, key: impl Fn(&'t str) -> &'t str) -> Option<&'t str> {
    let bytes = table.as_bytes();
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[..middle]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = bytes[middle..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(table.len(), |at| middle + at);
        let line = &table[start..end];
        match key(line).cmp(wanted) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn tables_are_folded_and_in_order() {
        let tables = [
            COURTESIES,
            RANKS,
            CROWNS,
            LABELS,
            PARTICLES,
            PLAIN,
            NO_SURNAMES,
            ORGANISATIONS,
            LEADING,
            COMMON,
            WATERS_AND_WAYS,
            BEFORE_PLACES,
            HOUSES,
            GIVEN,
            ALSO_WORDS,
            PLACES,
        ];
        for table in tables {
            assert!(table.lines().is_sorted_by(|a, b| a < b));
            for word in table.lines() {
                assert_eq!(fold(word), *word);
                assert!(has(table, word), "{word}");
            }
        }
        for table in [LETTERS, SHORT_FORMS, OTHER_NAMES] {
            assert!(table.lines().is_sorted_by(|a, b| a < b));
        }
        for (word, there) in [
            ("anna", true),
            ("", false),
            ("ann", false),
            ("zzz", false),
            ("aaron\nabdul", false),
        ] {
            assert_eq!(has(GIVEN, word), there, "{word}");
        }
    }

    #[test]
    fn other_names_lead_to_places() {
        for line in OTHER_NAMES.lines() {
            let (other, name) = line.split_once('\t').unwrap();
            assert!(has(PLACES, name), "{line}");
            assert_eq!(place(other), Some(name));
        }
        assert_eq!((place("munich"), place("atlantis")), (Some("munich"), None));
    }
}
