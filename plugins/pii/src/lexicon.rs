//! Words that announce something, and what: each word is a set of topics, one bit a topic.
//!
//! A list is words with spaces between; `-` joins two that must follow each other, `*` at the end
//! stands for any ending.

use std::sync::LazyLock;

/// A set of topics.
pub type Mask = u128;

/// A telephone number.
pub const PHONE: Mask = 1;
/// A payment card.
pub const CARD: Mask = 1 << 1;
/// A date of birth.
pub const BIRTH: Mask = 1 << 2;
/// A version or a place in a document, which an address of a machine looks like.
pub const VERSION: Mask = 1 << 3;
/// An address of a machine.
pub const IP: Mask = 1 << 4;
/// A licence plate.
pub const PLATE: Mask = 1 << 5;
/// A postal code.
pub const POSTAL: Mask = 1 << 6;
/// An address where someone lives or works.
pub const ADDRESS: Mask = 1 << 7;
/// A number that is no one's: an order, an invoice.
pub const GOODS: Mask = 1 << 8;

/// Topics before those of the kinds of [`crate::ids`].
const OWN: usize = 9;

/// The topic of the kind of that rank.
pub const fn of_id(rank: usize) -> Mask {
    1 << (OWN + rank)
}

const TOPICS: [(Mask, &str); OWN] = [
    (
        PHONE,
        "tel telephone* phone* contact reach called calling dialed dialled voicemail texted \
         messages helpline mobile* cell cellphone fax desk call dial ring whatsapp sms text \
         hotline telefon* handy* mobil* rufnummer durchwahl téléphone tél portable appeler appelez \
         teléfono telefono móvil movil celular llam* llám* cellulare telefone contact-no \
         contact-number my-number new-number reach-me reach-us registered-number registered \
         messages-to number-is cep gsm tlf puhelin* telefoonnummer numer-telefonu ☎ 📞 电话* 手机* \
         電話* 전화* телефон*",
    ),
    (
        CARD,
        "card cards cc credit debit visa mastercard maestro amex karte* kreditkarte* carte tarjeta \
         cartão cartao carta kart kaart creditcard",
    ),
    (
        BIRTH,
        "dob d-o birth-date birthdate birthday birth born geboren geb geburtsdatum geburtstag \
         nacido nacida nació nacio nacimiento né née nee naissance nato nata nascita nascido \
         nascida nascimento geboortedatum geborene født född urodzony urodzona urodzenia \
         date-of-birth 出生* 생년월일* родился родилась рождения",
    ),
    (
        VERSION,
        "v version versions release build firmware section chapter § clause rev revision driver \
         kapitel abschnitt",
    ),
    (
        IP,
        "ip ips ipv4 ipv6 address host server gateway src dst source destination unspecified local",
    ),
    (
        PLATE,
        "plate plates licence-plate license-plate number-plate registration kennzeichen \
         autokennzeichen plaka* plakası matrícula matricula immatriculation targa kenteken \
         vehicle",
    ),
    (
        POSTAL,
        "zip zipcode zip-code postcode post-code postal-code plz postleitzahl code-postal cap \
         código-postal codigo-postal postnummer postcode-is pin-code",
    ),
    (
        ADDRESS,
        "address addresses lives live lived living located resides residing reside moved-to home-is \
         adresse* anschrift wohnt wohne wohnhaft domicilio dirección direccion habite indirizzo \
         endereço adres ship-to deliver-to delivered-to arrived-at stay-at staying-at",
    ),
    (
        GOODS,
        "order invoice ticket item sku serial part ref reference rechnung bestellung artikel* \
         tracking case batch",
    ),
];

/// Shortest beginning that an entry with a star may be, in bytes.
const STEM: usize = 3;
/// Slots; a power of two, less than half of them used.
const SLOTS: usize = 4096;

/// Hashes of words, of pairs and of beginnings, each with its topics.
pub struct Lexicon {
    /// Places in `entries`, one more than that; 0 is free.
    slots: Vec<u16>,
    entries: Vec<(u64, Mask)>,
    /// One bit for each slot that an entry begins its search in: most words are none.
    begun: [u64; SLOTS / 64],
}

/// All words of this guard.
pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon {
        slots: vec![0; SLOTS],
        entries: Vec::with_capacity(SLOTS / 2),
        begun: [0; SLOTS / 64],
    };
    let ids = crate::ids::all().enumerate();
    let ids = ids.map(|(rank, id)| (of_id(rank), id.words));
    for (topic, words) in TOPICS.into_iter().chain(ids) {
        for word in words.split_whitespace() {
            let entry = match (word.strip_suffix('*'), word.split_once('-')) {
                (Some(stem), _) => stemmed(hash(stem)),
                (None, Some((first, second))) => paired(hash(first), hash(second)),
                (None, None) => hash(word),
            };
            lexicon.add(entry, topic);
        }
    }
    lexicon
});

impl Lexicon {
    fn add(&mut self, hash: u64, topic: Mask) {
        let begin = hash as usize % SLOTS;
        self.begun[begin / 64] |= 1 << (begin % 64);
        let slot = self.slot(hash);
        if self.slots[slot] == 0 {
            self.entries.push((hash, 0));
            self.slots[slot] = u16::try_from(self.entries.len()).expect("a list has few words");
        }
        self.entries[usize::from(self.slots[slot]) - 1].1 |= topic;
    }

    /// The slot of a hash, or the free one where it would be.
    fn slot(&self, hash: u64) -> usize {
        let mut slot = hash as usize % SLOTS;
        loop {
            match self.slots[slot] {
                0 => return slot,
                entry if self.entries[usize::from(entry) - 1].0 == hash => return slot,
                _ => slot = (slot + 1) % SLOTS,
            }
        }
    }

    fn get(&self, hash: u64) -> Mask {
        let begin = hash as usize % SLOTS;
        if self.begun[begin / 64] >> (begin % 64) & 1 == 0 {
            return 0;
        }
        match self.slots[self.slot(hash)] {
            0 => 0,
            entry => self.entries[usize::from(entry) - 1].1,
        }
    }

    /// The topics of a word and of it with the one before; also the word's hash, for the next.
    pub fn word(&self, before: u64, word: &str) -> (Mask, u64) {
        let mut topics = 0;
        let mut state = SEED;
        if word.is_ascii() {
            for (at, byte) in word.bytes().enumerate() {
                if at >= STEM {
                    topics |= self.get(stemmed(state));
                }
                state = mix(state, u32::from(byte.to_ascii_lowercase()));
            }
        } else {
            for (at, c) in word.char_indices() {
                if at >= STEM {
                    topics |= self.get(stemmed(state));
                }
                state = step(state, c);
            }
        }
        topics |= self.get(stemmed(state)) | self.get(state) | self.get(paired(before, state));
        (topics, state)
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn step(state: u64, c: char) -> u64 {
    let lower = match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        _ if c.is_ascii() => c,
        _ => c.to_lowercase().next().unwrap_or(c),
    };
    mix(state, u32::from(lower))
}

fn mix(state: u64, sign: u32) -> u64 {
    (state ^ u64::from(sign)).wrapping_mul(0x100_0000_01b3)
}

fn hash(word: &str) -> u64 {
    word.chars().fold(SEED, step)
}

fn stemmed(hash: u64) -> u64 {
    hash.rotate_left(17) ^ 0x5bd1_e995
}

fn paired(first: u64, second: u64) -> u64 {
    first.rotate_left(31) ^ second
}
