//! Small words inside names and streets, and words behind numbers.

use crate::person::Name;

/// Particles between the parts of a name, in lower case.
pub const PARTICLES: &str = "van von de der den del della di da dos das do du la le el al bin ibn bint ben af av zu \
    zum ter ten te y e i und san st abu mac dal degli lo";

/// Words of streets that are written small, or in languages that write them so.
pub const STREETS: &str = "street road avenue lane drive way court square boulevard rue allée chemin impasse place \
    quai calle avenida plaza paseo carrer rúa via viale piazza corso largo rua travessa \
    praça ulica ul os al pl út útja utca u tér krt tn mnt pst tee tänav trg cesta ulice \
    náměstí nám třída vei veien gate gata väg vägen gade vej strada apt suite";

/// Kinds of telephones, behind a number.
const LINES: [&str; 13] = [
    "ext", "x", "office", "fax", "mobile", "home", "work", "cell", "desk", "direct", "phone",
    "tel", "mobil",
];

/// The last two bytes of some endings, a bit for the hash of each: whether a word may end so is
/// said without a look at them all.
pub struct Last([u64; 16]);

impl Last {
    /// Those of a list.
    pub const fn of(endings: &[&str]) -> Last {
        Last([0; 16]).and(endings)
    }

    /// And those of another.
    pub const fn and(mut self, endings: &[&str]) -> Last {
        let mut at = 0;
        while at < endings.len() {
            let bit = Last::bit(endings[at].as_bytes());
            self.0[bit / 64] |= 1 << (bit % 64);
            at += 1;
        }
        self
    }

    const fn bit(word: &[u8]) -> usize {
        (word[word.len() - 1] as usize * 37 + word[word.len() - 2] as usize) % 1024
    }

    /// Whether a word may have one of the endings.
    pub fn has(&self, word: &str) -> bool {
        word.len() >= 2 && {
            let bit = Last::bit(word.as_bytes());
            self.0[bit / 64] >> (bit % 64) & 1 == 1
        }
    }
}

/// A word without the dots and commas that stand behind it.
pub fn without_dots(word: &str) -> &str {
    let bytes = word.as_bytes();
    let mut len = bytes.len();
    while len > 0 && matches!(bytes[len - 1], b'.' | b',') {
        len -= 1;
    }
    &word[..len]
}

/// Whether a small word may stand inside a name.
pub fn inside_name(word: &str) -> bool {
    small(word) && Name::of(word).particle()
}

/// Whether a small word may stand inside a street or its number.
pub fn inside_street(word: &str) -> bool {
    let word = without_dots(word);
    small(word) && {
        let name = Name::of(word);
        name.particle() || name.small_street()
    }
}

/// Neither long nor with a capital.
pub fn small(word: &str) -> bool {
    word.len() <= 12 && word.starts_with(char::is_lowercase)
}

/// Whether a word behind a number says what line it is.
pub fn set_of_digits(word: &str) -> bool {
    word.len() <= 6 && LINES.contains(&word)
}
