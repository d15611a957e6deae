//! The commonest given and family names of some sixty countries, and which of them are also
//! words, months or places; and the
//! commonest words that are written with a capital and are no names. The lists are in `names/`; their source is told in the README.
//!
//! The table is built by the compiler: a guest that starts has nothing to prepare.

use crate::words::Last;

/// Slots of the table; a power of two, about a third of them used.
const SLOTS: usize = 1 << 15;
const GIVEN: u32 = 1;
const FAMILY: u32 = 2;
/// A given name that is another word too.
const GIVEN_WORD: u32 = 4;
/// A family name that is another word too.
const FAMILY_WORD: u32 = 16;
const COMMON: u32 = 8;
const PARTICLE: u32 = 32;
const SMALL_STREET: u32 = 64;
const STREET: u32 = 128;
/// Bits of a slot that say what a word is; the others are its hash.
const FLAGS: u32 = 255;

static TABLE: [u32; SLOTS] = {
    let mut table = [0; SLOTS];
    fill(&mut table, include_bytes!("../../names/given.txt"), GIVEN);
    fill(&mut table, include_bytes!("../../names/family.txt"), FAMILY);
    fill(
        &mut table,
        include_bytes!("../../names/given_words.txt"),
        GIVEN_WORD,
    );
    fill(
        &mut table,
        include_bytes!("../../names/family_words.txt"),
        FAMILY_WORD,
    );
    fill(&mut table, include_bytes!("../../names/common.txt"), COMMON);
    fill(&mut table, crate::words::PARTICLES.as_bytes(), PARTICLE);
    fill(&mut table, crate::words::STREETS.as_bytes(), SMALL_STREET);
    fill(&mut table, crate::address::TYPES.as_bytes(), STREET);
    table
};

const fn fill(table: &mut [u32; SLOTS], words: &[u8], flag: u32) {
    let (mut at, mut state) = (0, SEED);
    while at <= words.len() {
        if at == words.len() || words[at] <= b' ' {
            if state != SEED {
                let slot = slot(table, state);
                table[slot] |= state & !FLAGS | flag;
            }
            state = SEED;
        } else {
            state = step(state, words[at]);
        }
        at += 1;
    }
}

const SEED: u32 = 0x811c_9dc5;

const fn step(state: u32, byte: u8) -> u32 {
    (state ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn slot(table: &[u32; SLOTS], hash: u32) -> usize {
    let mut slot = (hash >> 15 ^ hash) as usize % SLOTS;
    while table[slot] != 0 && table[slot] & !FLAGS != hash & !FLAGS {
        slot = (slot + 1) % SLOTS;
    }
    slot
}

/// What a word is as a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Name(u32);

impl Name {
    /// Looks a word up, whatever its case.
    pub fn of(word: &str) -> Name {
        let mut state = SEED;
        for c in word.chars() {
            if c.is_ascii() {
                state = step(state, c.to_ascii_lowercase() as u8);
                continue;
            }
            let mut add = |c: char| {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    state = step(state, byte);
                }
            };
            match c {
                // The letters of western Europe, without a look at the tables of Unicode.
                '\u{c0}'..='\u{de}' if c != '×' => {
                    add(char::from_u32(u32::from(c) + 0x20).unwrap_or(c));
                }
                '\u{df}'..='\u{ff}' => add(c),
                _ => c.to_lowercase().for_each(add),
            }
        }
        Name(TABLE[slot(&TABLE, state)] & FLAGS)
    }

    /// Given to people and to nothing else.
    pub fn given(self) -> bool {
        self.0 & (GIVEN | COMMON) == GIVEN
    }

    /// A family's and nothing else.
    pub fn family(self) -> bool {
        self.0 & (FAMILY | COMMON) == FAMILY
    }

    /// A given name that may also be another word.
    pub fn maybe_given(self) -> bool {
        self.0 & (GIVEN | GIVEN_WORD) != 0
    }

    /// Begins sentences or headings, or is a weekday, a people or a place: no name without more.
    pub fn common(self) -> bool {
        self.0 & COMMON != 0
    }

    /// Stands between the parts of a name.
    pub fn particle(self) -> bool {
        self.0 & PARTICLE != 0
    }

    /// A kind of street that is written small.
    pub fn small_street(self) -> bool {
        self.0 & SMALL_STREET != 0
    }

    /// A kind of street.
    pub fn street(self) -> bool {
        self.0 & STREET != 0
    }

    /// A family name that may also be another word.
    pub fn maybe_family(self) -> bool {
        self.0 & (FAMILY | FAMILY_WORD) != 0
    }
}

/// How the end of a word speaks for a family name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Not.
    None,
    /// Behind another name.
    Weak,
    /// By itself.
    Strong,
}

/// Endings that make a family name in its language and hardly any other word.
const STRONG: [&str; 53] = [
    "ović", "ević", "ić", "ičová", "ová", "dóttir", "dottir", "sson", "nsen", "enko", "shvili",
    "opoulos", "opoulou", "escu", "qvist", "quist", "ström", "wicz", "czyk", "ński", "ńska",
    "wski", "wska", "vsky", "nsky", "inen", "oğlu", "zadeh", "ovich", "evich", "akov", "nikov",
    "ilov", "irov", "imov", "anov", "onov", "inov", "chev", "shev", "yev", "iev", "akova",
    "nikova", "ilova", "irova", "imova", "anova", "onova", "inova", "yeva", "ieva", "remova",
];
/// Endings that other words have too.
const WEAK: [&str; 54] = [
    "ov", "ova", "ev", "eva", "in", "ina", "ski", "ska", "sky", "skiy", "skaya", "ský", "ská",
    "cki", "cka", "sen", "son", "ez", "mann", "meier", "meyer", "maier", "bauer", "berger",
    "hofer", "stein", "berg", "feld", "bach", "ian", "yan", "idis", "iadis", "akis", "nen", "ić",
    "ic", "ini", "elli", "etti", "ucci", "ault", "eau", "oux", "vist", "gaard", "strom", "dze",
    "uk", "thy", "escu", "dijk", "veld", "stra",
];
/// Words that end so and are none.
const NOT: [&str; 30] = [
    "casanova",
    "moldova",
    "genova",
    "terranova",
    "padova",
    "nova",
    "kiev",
    "lesson",
    "session",
    "person",
    "reason",
    "season",
    "salesperson",
    "chairperson",
    "spokesperson",
    "comparison",
    "poison",
    "prison",
    "mission",
    "permission",
    "commission",
    "discussion",
    "version",
    "chitchat",
    "lesson's",
    "whisky",
    "frisky",
    "london",
    "berlin",
    "dublin",
];

/// The last two bytes of all of those; most words end otherwise.
static LAST: Last = Last::of(&WEAK).and(&STRONG);

/// What the end of `word` says; `word` begins with a capital.
pub fn ending(word: &str) -> Ending {
    if word.len() < 6 {
        return Ending::None;
    }
    if !LAST.has(word) {
        return Ending::None;
    }
    let last = word.as_bytes().last();
    let ends = |list: &[&str]| {
        let mut list = list.iter().filter(|end| end.as_bytes().last() == last);
        list.any(|end| word.len() >= end.len() + 3 && word.ends_with(end))
    };
    if !ends(&WEAK) && !ends(&STRONG) || NOT.iter().any(|not| word.eq_ignore_ascii_case(not)) {
        return Ending::None;
    }
    if word.len() >= 7 && ends(&STRONG) {
        Ending::Strong
    } else {
        Ending::Weak
    }
}

#[cfg(test)]
mod tests {
    use super::{Ending, Name, SLOTS, TABLE, ending};

    #[test]
    fn the_table_knows_names_and_words() {
        for (word, given, family) in [
            ("Maria", true, false),
            ("MARIA", true, false),
            ("Jürgen", true, false),
            ("JÜRGEN", true, false),
            ("Juergen", true, false),
            ("Kowalczyk", false, true),
            ("Will", false, false),
            ("Young", false, false),
            ("Xylophone", false, false),
            ("", false, false),
        ] {
            let name = Name::of(word);
            assert_eq!((name.given(), name.family()), (given, family), "{word}");
        }
        assert!(Name::of("Will").maybe_given() && Name::of("Young").maybe_family());
    }

    #[test]
    fn a_name_is_one_in_capitals_and_in_small_letters() {
        for name in include_str!("../../names/given.txt").split_whitespace() {
            let (upper, lower) = (name.to_uppercase(), name.to_lowercase());
            // "SS" is not "ß" again, nor "İ" a plain i.
            if upper.to_lowercase() == lower {
                assert_eq!(Name::of(&upper), Name::of(&lower), "{name}");
            }
        }
    }

    #[test]
    fn the_table_is_not_crowded() {
        let used = TABLE.iter().filter(|slot| **slot != 0).count();
        assert!(used * 10 < SLOTS * 6, "{used} of {SLOTS}");
    }

    #[test]
    fn endings_are_heard() {
        for (word, said) in [
            ("Sigmundsdóttir", Ending::Strong),
            ("Stojanović", Ending::Strong),
            ("Fenstermann", Ending::Weak),
            ("Session", Ending::None),
            ("Table", Ending::None),
        ] {
            assert_eq!(ending(word), said, "{word}");
        }
    }
}
