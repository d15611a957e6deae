//! Words of streets, of rooms and of boxes.

use crate::person::Name;
use crate::words::{Last, small, without_dots};

/// Kinds of streets behind a name or before it, in lower case.
pub const TYPES: &str = "al alameda aleja allee alley allée av avda ave avenida avenue bd blvd boulevard bridge \
    bulevardul cadde caddesi calle camino carrer carretera cesta chemin cir circle close \
    corso court crescent ct dr drift drive dűlő esplanade estrada fasor gade gardens gata \
    gate grove highway hwy impasse körút lane largo ln loop mahallesi mews mill mnt náměstí \
    odos osiedle parkway paseo pass passage piazza piazzetta pkwy pl plac place plaza praca \
    praça promenade pst puiestee quai quay rapids rd rkp road row rua rue rúa sokak sq \
    square st str strada strasse straße street tee ter terrace trail travessa trg trl tér \
    třída ul ulica ulice utca vei vej via viale vicolo väg walk way wharf yard út útja \
    şoseaua λεωφόρος οδός πλατεία проспект ул улица";

/// Endings of street names that are one word: Hauptstraße, Koskikatu, Kerkstraat.
const ENDINGS: [&str; 48] = [
    "straße", "strasse", "str", "gasse", "weg", "platz", "allee", "damm", "ufer", "gata", "gatan",
    "götu", "gade", "gården", "vej", "vejen", "veien", "vägen", "väg", "gränd", "katu", "kuja",
    "tie", "polku", "straat", "laan", "plein", "gracht", "kade", "steeg", "dreef", "singel",
    "utca", "gate", "stien", "torget", "stræde", "allé", "vegur", "braut", "stígur", "gatvė",
    "iela", "tänav", "puiestee", "ulica", "sokak", "caddesi",
];
/// Those of them that hardly another word has, so that no number is needed.
const SURE: [&str; 12] = [
    "straße", "strasse", "gasse", "straat", "gatan", "vägen", "katu", "utca", "gracht", "stræde",
    "vejen", "veien",
];

/// Rooms and boxes that a number follows.
pub const UNITS: [&str; 22] = [
    "apartado",
    "apartment",
    "appartement",
    "apt",
    "bldg",
    "box",
    "bus",
    "cabin",
    "fl",
    "flat",
    "floor",
    "lejl",
    "piso",
    "postboks",
    "postbox",
    "postbus",
    "postfach",
    "rm",
    "room",
    "ste",
    "suite",
    "unit",
];

/// What a word is among the words of streets.
pub struct Streets<'a> {
    word: &'a str,
    /// Without what stands behind it.
    name: Name,
}

impl Streets<'_> {
    /// Looks a word up, once for all of them.
    pub fn of(word: &str) -> Streets<'_> {
        let bare = without_dots(word);
        let name = match bare.len() {
            // No word of streets is so long.
            31.. => Name::default(),
            _ => Name::of(bare),
        };
        Streets { word, name }
    }

    /// A word that makes a street of the words around it.
    pub fn kind(&self) -> bool {
        self.word.len() <= 20 && self.name.street()
    }

    /// A small word inside of a street's name.
    pub fn inside(&self) -> bool {
        let bare = without_dots(self.word);
        small(bare) && (self.name.particle() || self.name.small_street())
    }
}

/// A word that makes a street of the words around it.
pub fn street(word: &str) -> bool {
    word.len() <= 20 && Name::of(without_dots(word)).street()
}

/// A street's name in one word.
pub fn one_word(word: &str) -> bool {
    ends(word, &ENDINGS)
}

/// The same, and hardly anything else.
pub fn sure(word: &str) -> bool {
    ends(word, &SURE)
}

/// The last two bytes of all endings.
static LAST: Last = Last::of(&ENDINGS);

/// `endings` are some of [`ENDINGS`].
fn ends(word: &str, endings: &[&str]) -> bool {
    if !(6..=40).contains(&word.len()) {
        return false;
    }
    let word = without_dots(word);
    if !LAST.has(word) {
        return false;
    }
    let last = word.as_bytes().last();
    let mut endings = endings.iter().filter(|end| end.as_bytes().last() == last);
    endings.any(|end| word.len() >= end.len() + 3 && word.ends_with(end))
}

/// A room, a floor or a box, which a number follows.
pub fn unit(word: &str) -> bool {
    crate::person::unit(without_dots(word))
}

/// The number of a house: up to six digits, with a letter or another number behind a sign.
pub fn house_number(word: &str) -> bool {
    let word = word
        .trim_end_matches(['.', ','])
        .trim_start_matches(['#', '№']);
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=6).contains(&digits) {
        return false;
    }
    match word.as_bytes()[digits..] {
        [] => true,
        [letter] => letter.is_ascii_alphabetic(),
        [b'-' | b'/', ref rest @ ..] => {
            rest.len() <= 4 && rest.iter().all(u8::is_ascii_alphanumeric)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_streets() {
        assert!(UNITS.iter().all(|word| unit(word)) && !unit("house"));
        for (word, is) in [
            ("Street", true),
            ("Rue", true),
            ("ul.", true),
            ("Banana", false),
        ] {
            assert_eq!(street(word), is, "{word}");
        }
        for (word, is) in [
            ("Hauptstraße", true),
            ("Hauptstr.", true),
            ("Kerkstraat", true),
            ("Street", false),
        ] {
            assert_eq!(one_word(word), is, "{word}");
        }
        for (word, is) in [
            ("12", true),
            ("12b", true),
            ("12-14", true),
            ("1.5", false),
            ("1234567", false),
        ] {
            assert_eq!(house_number(word), is, "{word}");
        }
    }
}
