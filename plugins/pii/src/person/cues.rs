//! Words beside a name: what addresses or introduces someone, and what never is a name.

mod lists;

use lists::{ACTS, BODILY, GREETINGS, ROLES, THINGS, TITLES, WHOSE};

const TITLE: u32 = 1;
const GREETING: u32 = 2;
const ROLE: u32 = 4;
const ACT: u32 = 8;
const WHOSE_NAME: u32 = 16;
const THING: u32 = 32;
const UNIT: u32 = 64;
const INTRODUCTION: u32 = 128;
/// Bits of a slot that say what a word is; the others are its hash.
const FLAGS: u32 = 255;
/// Slots of the table; a power of two, about a fifth of them used.
const SLOTS: usize = 2048;
/// Bytes of the longest word.
const LONGEST: usize = 16;

/// All lists of this file and the rooms of addresses, made by the compiler: one look says what a
/// word is.
static TABLE: [u32; SLOTS] = {
    let mut table = [0; SLOTS];
    fill(&mut table, &TITLES, TITLE);
    fill(&mut table, &GREETINGS, GREETING);
    fill(&mut table, &ROLES, ROLE);
    fill(&mut table, &ACTS, ACT);
    fill(&mut table, &WHOSE, WHOSE_NAME);
    fill(&mut table, &THINGS, THING);
    fill(&mut table, &crate::address::UNITS, UNIT);
    fill(&mut table, &INTRODUCTIONS, INTRODUCTION);
    table
};

const fn fill(table: &mut [u32; SLOTS], words: &[&str], flag: u32) {
    let mut at = 0;
    while at < words.len() {
        let hash = hash(words[at].as_bytes());
        let slot = slot(table, hash);
        table[slot] |= hash & !FLAGS | flag;
        at += 1;
    }
}

const fn hash(word: &[u8]) -> u32 {
    let (mut state, mut at) = (0x811c_9dc5_u32, 0);
    while at < word.len() {
        state = (state ^ word[at].to_ascii_lowercase() as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    state
}

const fn slot(table: &[u32; SLOTS], hash: u32) -> usize {
    let mut slot = (hash >> 15 ^ hash) as usize % SLOTS;
    while table[slot] != 0 && table[slot] & !FLAGS != hash & !FLAGS {
        slot = (slot + 1) % SLOTS;
    }
    slot
}

/// Whether a word, whatever the case of its ASCII letters, is in one of the lists.
fn among(lists: u32, word: &str) -> bool {
    word.len() <= LONGEST && TABLE[slot(&TABLE, hash(word.as_bytes()))] & lists != 0
}

/// Words that introduce someone by name, if those before them say so, too.
const INTRODUCTIONS: [&str; 31] = [
    "is",
    "ist",
    "es",
    "est",
    "è",
    "name",
    "names",
    "nombre",
    "nom",
    "vorname",
    "nachname",
    "surname",
    "apellido",
    "am",
    "i'm",
    "i’m",
    "heiße",
    "heisse",
    "llamo",
    "chiamo",
    "appelle",
    "m'appelle",
    "chamo",
    "called",
    "named",
    "says",
    "said",
    "asked",
    "replied",
    "wrote",
    "by",
];

/// Whether someone's name may follow a word.
pub fn introduces(word: &str) -> bool {
    among(INTRODUCTION | TITLE | GREETING | ROLE, word)
}

/// Whether a word is a title before a name, or greets or signs.
pub fn leads(word: &str) -> bool {
    among(TITLE | GREETING, word)
}

/// A room, a floor or a box, which a number follows.
pub fn unit(word: &str) -> bool {
    among(UNIT, word)
}

/// A short word in lower case, ASCII letters at least; nothing of a long one.
pub struct Lower([u8; 16], usize);

impl Lower {
    /// The word in lower case.
    pub fn of(word: &str) -> Lower {
        let mut lower = Lower([0; 16], 0);
        if word.len() <= lower.0.len() {
            lower.1 = word.len();
            lower.0[..word.len()].copy_from_slice(word.as_bytes());
            lower.0.make_ascii_lowercase();
        }
        lower
    }

    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }

    /// As text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

/// Whether a word is a title before a name.
pub fn title(word: &str) -> bool {
    among(TITLE, word)
}

/// Whether what follows the word is someone who is spoken to or who signs.
pub fn greeting(word: &str) -> bool {
    among(GREETING, word)
}

/// Whether the word says what someone is.
pub fn role(word: &str) -> bool {
    among(ROLE, word)
}

/// Whether only someone with a body does that.
pub fn bodily(word: &str) -> bool {
    BODILY.contains(&word)
}

/// Whether only people, or their words, do that.
pub fn acts(word: &str) -> bool {
    word.len() <= 10 && among(ACT, word)
}

/// Whether a name of this is someone's.
pub fn whose(word: &str) -> bool {
    among(WHOSE_NAME, word)
}

/// Whether the word makes what is before it a place, a firm or a thing.
pub fn thing(word: &str) -> bool {
    among(THING, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_list_and_no_other_word() {
        let lists: [(&[&str], u32); 6] = [
            (&TITLES, TITLE),
            (&GREETINGS, GREETING),
            (&ROLES, ROLE),
            (&ACTS, ACT),
            (&WHOSE, WHOSE_NAME),
            (&THINGS, THING),
        ];
        for (list, flag) in lists {
            for word in list {
                assert!(among(flag, word), "{word}");
                assert!(among(flag, &word.to_ascii_uppercase()), "{word}");
            }
        }
        for word in ["", "xylophone", "a", "drr", "suites of rooms and more"] {
            assert!(!among(FLAGS, word), "{word}");
        }
    }
}
