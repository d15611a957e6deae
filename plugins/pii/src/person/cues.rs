//! Words beside a name: what addresses or introduces someone, and what never is a name.

const TITLE: u32 = 1;
const GREETING: u32 = 2;
const ROLE: u32 = 4;
const ACT: u32 = 8;
const WHOSE_NAME: u32 = 16;
const THING: u32 = 32;
const UNIT: u32 = 64;
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

/// Titles before a name, in lower case, without the dot.
const TITLES: [&str; 66] = [
    "attorney",
    "aunt",
    "brother",
    "capt",
    "captain",
    "cardinal",
    "chancellor",
    "chef",
    "col",
    "colonel",
    "commander",
    "cpl",
    "detective",
    "doctor",
    "dom",
    "don",
    "doña",
    "dr",
    "dra",
    "duke",
    "eng",
    "fr",
    "frau",
    "fräulein",
    "gov",
    "governor",
    "herr",
    "herrn",
    "hr",
    "ing",
    "judge",
    "justice",
    "lady",
    "lieutenant",
    "lord",
    "lt",
    "madame",
    "mademoiselle",
    "maj",
    "meneer",
    "mevrouw",
    "miss",
    "mister",
    "mlle",
    "mme",
    "monsieur",
    "mr",
    "mrs",
    "ms",
    "mx",
    "officer",
    "pan",
    "pani",
    "prof",
    "professor",
    "rev",
    "reverend",
    "senator",
    "señor",
    "señora",
    "sgt",
    "signor",
    "signora",
    "sir",
    "sr",
    "sra",
];

/// Whether a word is a title before a name.
pub fn title(word: &str) -> bool {
    among(TITLE, word)
}

/// Greetings, farewells and the like: what follows is someone, in lower case and sorted.
const GREETINGS: [&str; 30] = [
    "attn",
    "beste",
    "bonjour",
    "cara",
    "caro",
    "cher",
    "ciao",
    "dear",
    "estimado",
    "geachte",
    "hallo",
    "hei",
    "hej",
    "hello",
    "hey",
    "hi",
    "hola",
    "kære",
    "liebe",
    "lieber",
    "née",
    "olá",
    "querida",
    "querido",
    "regards",
    "salut",
    "signed",
    "sincerely",
    "ynwa",
    "yours",
];

/// Whether what follows the word is someone who is spoken to or who signs.
pub fn greeting(word: &str) -> bool {
    among(GREETING, word)
}

/// What someone is to others or does, before the name; in lower case and sorted.
const ROLES: [&str; 74] = [
    "actor",
    "actress",
    "artist",
    "attorney",
    "author",
    "boss",
    "boyfriend",
    "brother",
    "captain",
    "ceo",
    "cfo",
    "chairman",
    "chairwoman",
    "champion",
    "client",
    "coach",
    "colleague",
    "comedian",
    "composer",
    "cousin",
    "cto",
    "dad",
    "daughter",
    "defendant",
    "director",
    "driver",
    "drummer",
    "employee",
    "father",
    "founder",
    "friend",
    "girlfriend",
    "goalkeeper",
    "grandfather",
    "grandmother",
    "guitarist",
    "husband",
    "inspector",
    "journalist",
    "lawyer",
    "manager",
    "mathematician",
    "mayor",
    "minister",
    "mom",
    "mother",
    "mum",
    "musician",
    "neighbor",
    "neighbour",
    "nephew",
    "niece",
    "novelist",
    "painter",
    "partner",
    "patient",
    "philosopher",
    "photographer",
    "physicist",
    "plaintiff",
    "player",
    "poet",
    "president",
    "rapper",
    "sculptor",
    "secretary",
    "singer",
    "sister",
    "son",
    "songwriter",
    "striker",
    "uncle",
    "wife",
    "writer",
];

/// Whether the word says what someone is.
pub fn role(word: &str) -> bool {
    among(ROLE, word)
}

/// Verbs of someone, in lower case and sorted.
const ACTS: [&str; 24] = [
    "agreed",
    "answered",
    "asked",
    "believes",
    "called",
    "complained",
    "emailed",
    "explained",
    "laughed",
    "lives",
    "married",
    "replied",
    "resides",
    "said",
    "says",
    "shouted",
    "signed",
    "smiled",
    "thinks",
    "told",
    "walked",
    "whispered",
    "writes",
    "wrote",
];

/// What a body does, which no firm does.
const BODILY: [&str; 9] = [
    "laughed",
    "lives",
    "married",
    "resides",
    "shouted",
    "smiled",
    "walked",
    "whispered",
    "wept",
];

/// Whether only someone with a body does that.
pub fn bodily(word: &str) -> bool {
    BODILY.contains(&word)
}

/// Whether only people, or their words, do that.
pub fn acts(word: &str) -> bool {
    word.len() <= 10 && among(ACT, word)
}

/// What else may stand before a colon and a name: "Full name: …".
const WHOSE: [&str; 25] = [
    "account",
    "applicant",
    "client",
    "contact",
    "customer",
    "employee",
    "family",
    "first",
    "full",
    "given",
    "her",
    "his",
    "holder",
    "last",
    "legal",
    "maiden",
    "middle",
    "my",
    "new",
    "patient",
    "real",
    "student",
    "their",
    "whole",
    "your",
];

/// Whether a name of this is someone's.
pub fn whose(word: &str) -> bool {
    among(WHOSE_NAME, word)
}

/// Words behind a name that make it a place, a firm or a thing; in lower case and sorted.
const THINGS: [&str; 131] = [
    "ab",
    "academy",
    "ag",
    "airlines",
    "airport",
    "airways",
    "area",
    "arena",
    "associates",
    "association",
    "avenue",
    "award",
    "band",
    "bank",
    "bay",
    "beach",
    "boulevard",
    "bridge",
    "bros",
    "brothers",
    "building",
    "bv",
    "camp",
    "capital",
    "castle",
    "cathedral",
    "center",
    "centre",
    "church",
    "city",
    "clinic",
    "close",
    "co",
    "college",
    "committee",
    "company",
    "conference",
    "consulting",
    "corp",
    "corporation",
    "council",
    "county",
    "court",
    "creek",
    "cup",
    "department",
    "disease",
    "district",
    "drive",
    "effect",
    "energy",
    "enterprises",
    "entertainment",
    "equation",
    "falls",
    "festival",
    "foods",
    "foundation",
    "gardens",
    "gate",
    "global",
    "gmbh",
    "group",
    "hall",
    "hill",
    "hills",
    "holdings",
    "hospital",
    "hotel",
    "house",
    "inc",
    "industries",
    "institute",
    "insurance",
    "international",
    "island",
    "islands",
    "kg",
    "laboratories",
    "labs",
    "lake",
    "lane",
    "law",
    "library",
    "limited",
    "llc",
    "llp",
    "logistics",
    "ltd",
    "media",
    "motors",
    "mountain",
    "museum",
    "networks",
    "oil",
    "orchestra",
    "park",
    "partners",
    "pharmaceuticals",
    "plaza",
    "plc",
    "press",
    "prize",
    "records",
    "river",
    "road",
    "school",
    "services",
    "software",
    "solutions",
    "sons",
    "square",
    "stadium",
    "station",
    "street",
    "studios",
    "syndrome",
    "systems",
    "technologies",
    "technology",
    "terrace",
    "test",
    "theater",
    "theatre",
    "theorem",
    "tower",
    "university",
    "valley",
    "ventures",
    "village",
    "way",
];

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
