//! Words and what they may mean, in English, German, Spanish, French, Italian, Portuguese and
//! Dutch, and terms of Chinese and Japanese, which put no spaces between words.

use std::sync::LazyLock;

use crate::letters;
use crate::words::Word;

/// A set of meanings.
pub type Mask = u64;

macro_rules! meanings {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        #[derive(Clone, Copy)]
        #[repr(u8)]
        #[allow(
            non_camel_case_types,
            clippy::upper_case_acronyms,
            reason = "each is the number of the mask of its name"
        )]
        enum Bit { $($name),+ }
        $($(#[doc = $doc])+ pub const $name: Mask = 1 << Bit::$name as u8;)+
        /// Every meaning by its name.
        const NAMES: &[(&str, Mask)] = &[$((stringify!($name), $name)),+];
    };
}

meanings! {
    /// Set aside: ignore, forget, override.
    SET_ASIDE;
    /// Keep to: follow, obey.
    KEEP_TO;
    /// Not, never.
    NOT;
    /// What came before: previous, above, earlier.
    BEFORE;
    /// All of it, or yours.
    ALL;
    /// Yours, this, the: says that it is the one in force.
    YOUR;
    /// Instructions, rules, prompts.
    ORDERS;
    /// Limits: filters, restrictions, safeguards.
    LIMITS;
    /// Of the system, hidden, initial.
    SYSTEM;
    /// Prompt, message, text.
    PROMPT;
    /// Print, show, reveal, repeat.
    REVEAL;
    /// New, different, real.
    NEW;
    /// Everything, anything.
    EVERYTHING;
    /// You, your in the meaning of the one addressed.
    YOU;
    /// Are, will be, become.
    ARE;
    /// Now, from now on.
    NOW;
    /// Pretend, act, role-play.
    PRETEND;
    /// A model: AI, assistant, chatbot.
    MODEL;
    /// A named escape: jailbreak, DAN.
    ESCAPE;
    /// Mode, as in developer mode.
    MODE;
    /// Developer, debug, god, maintenance, admin.
    DEVELOPER;
    /// Without, no, free of.
    WITHOUT;
    /// Unfiltered, uncensored, unrestricted.
    UNBOUND;
    /// Ethical, moral, legal, safe.
    MORAL;
    /// Illegal, unethical, harmful.
    IMMORAL;
    /// Refuse, decline, reject.
    REFUSE;
    /// Tell, mention, say.
    TELL;
    /// The person: user, human, reader.
    USER;
    /// Send, forward, post.
    SEND;
    /// Links and addresses: url, http, email, link.
    ADDRESS;
    /// Conversation, history, data, secrets.
    PRIVATE;
    /// Do, as in "do anything now".
    DO;
    /// Answer, respond, reply.
    ANSWER;
    /// Instead, rather, only.
    INSTEAD;
    /// Character, persona, role.
    ROLE;
    /// Were, was told, given, received.
    GIVEN;
    /// What.
    WHAT;
    /// Talk about attacks: injection, attack, detect, example.
    ABOUT;
    /// Company and policy names that jailbreaks speak to.
    OPENAI;
    /// Policy, policies.
    POLICY;
    /// Warnings, disclaimers, apologies.
    WARNINGS;
    /// Stop, end, begin of a task or section.
    BOUNDARY;
    /// Read, summarise, process: what a model does with a document.
    READ;
    /// If, when.
    WHEN;
    /// Must, have to, should.
    MUST;
    /// Break, escape, free yourself.
    BREAK_OUT;
    /// Enabled, activated, unlocked.
    ENABLED;
    /// Why.
    WHY;
    /// Your, yours alone: speaks to the model about what it has.
    YOURS;
    /// My, as in words put into the model's mouth, or said by the asker of himself.
    MY;
    /// Switched off, lifted, removed.
    OFF;
    /// Priority, precedence, more important.
    PRIORITY;
    /// Bound, limited, restricted.
    BOUND;
    /// Complete, continue, fill in, begin with.
    COMPLETE;
    /// Word for word, in full.
    VERBATIM;
    /// The system prompt in one word.
    SYSTEM_PROMPT;
    /// Two, both, twice.
    TWO;
    /// Stay, remain, keep.
    STAY;
    /// Longer, anymore.
    LONGER;
    /// Test, employee, permission: claims of authority.
    AUTHORITY;
    /// An artificial intelligence, by a name that nothing else has.
    AI;
    /// Answer, request: what a chat is made of.
    TALK;
}

/// A line per meaning: its name, a colon, words; a star at the end of one stands for any ending.
const WORDS: &str = include_str!("words.txt");

/// Terms of scripts without spaces.
const TERMS: &[(Mask, &[&str])] = &[
    (
        SET_ASIDE,
        &[
            "忽略",
            "无视",
            "無視",
            "忘记",
            "忘記",
            "忘れ",
            "不要遵守",
            "抛开",
        ],
    ),
    (
        BEFORE,
        &[
            "之前",
            "以前",
            "上面",
            "以上",
            "前面",
            "先前",
            "これまで",
            "上記",
            "前の",
        ],
    ),
    (
        ORDERS,
        &[
            "指令",
            "指示",
            "提示",
            "规则",
            "規則",
            "命令",
            "ルール",
            "プロンプト",
            "要求",
        ],
    ),
    (SYSTEM, &["系统", "系統", "システム", "初始"]),
    (PROMPT, &["提示", "プロンプト", "指令", "消息"]),
    (
        REVEAL,
        &[
            "显示",
            "顯示",
            "打印",
            "输出",
            "输出",
            "告诉",
            "透露",
            "重复",
            "表示",
            "教えて",
            "出力",
        ],
    ),
    (ALL, &["所有", "全部", "すべて", "一切"]),
];

/// The terms in a text without spaces between words, in any order; places are not set.
pub fn unspaced_terms(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for (mask, terms) in TERMS {
        for term in *terms {
            words.extend(text.match_indices(term).map(|(at, term)| Word {
                span: at..at + term.len(),
                place: 0,
                mask: *mask,
                quoted: false,
            }));
        }
    }
    words
}

/// A listed word or stem.
struct Entry {
    letters: &'static str,
    stem: bool,
    mask: Mask,
}

/// The listed words, found by their numbers.
struct Lexicon {
    entries: Vec<Entry>,
    /// The numbers of entries, each at its place or behind it.
    slots: Box<[Slot; SLOTS]>,
    /// Places that numbers of entries have, a bit each: most words stop here.
    bits: Box<[u64; PLACES / 64]>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    number: u32,
    /// 0 is nobody, 1 the first.
    entry: u32,
}

/// A power of two, some times the number of entries.
const SLOTS: usize = 1 << 13;
/// A power of two, many times the number of entries.
const PLACES: usize = 1 << 15;

/// Keeps beginnings of words apart from whole words.
const BEGINNING: u32 = 0x5bd1_e995;

/// Letters by which listed stems are found; none is shorter.
pub const BEGIN: usize = 4;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon {
        entries: Vec::new(),
        slots: Box::new([Slot::default(); SLOTS]),
        bits: Box::new([0; PLACES / 64]),
    };
    for line in WORDS.lines() {
        let Some((name, words)) = line.split_once(": ") else {
            continue;
        };
        let Some((_, mask)) = NAMES.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        for word in words.split_ascii_whitespace() {
            let letters = word.trim_end_matches('*');
            lexicon.add(letters, letters.len() < word.len(), *mask);
        }
    }
    lexicon
});

impl Lexicon {
    fn add(&mut self, letters: &'static str, stem: bool, mask: Mask) {
        let same = |entry: &&mut Entry| entry.letters == letters && entry.stem == stem;
        if let Some(entry) = self.entries.iter_mut().find(same) {
            entry.mask |= mask;
            return;
        }
        let number = if stem {
            let first: String = letters.chars().take(BEGIN).collect();
            letters::number(&first) ^ BEGINNING
        } else {
            letters::number(letters)
        };
        let place = place(number);
        self.bits[place / 64] |= 1 << (place % 64);
        let mut at = place % SLOTS;
        while self.slots[at].entry != 0 {
            at = (at + 1) % SLOTS;
        }
        self.entries.push(Entry {
            letters,
            stem,
            mask,
        });
        self.slots[at] = Slot {
            number,
            entry: u32::try_from(self.entries.len()).expect("the lists are short"),
        };
    }

    /// Gives each entry of a number to `take`.
    #[inline(always)]
    fn each(&self, number: u32, mut take: impl FnMut(&Entry)) {
        let mut at = place(number) % SLOTS;
        while self.slots[at].entry != 0 {
            if self.slots[at].number == number {
                take(&self.entries[self.slots[at].entry as usize - 1]);
            }
            at = (at + 1) % SLOTS;
        }
    }
}

fn place(number: u32) -> usize {
    (number.wrapping_mul(0x9e37_79b1) >> 17) as usize
}

/// The lists.
#[derive(Clone, Copy)]
pub struct Known {
    lexicon: &'static Lexicon,
}

/// The numbers by which a word may be listed.
#[derive(Clone, Copy)]
pub struct Numbers {
    /// Of its first [`BEGIN`] letters; of all, if it has fewer.
    pub beginning: u32,
    /// Of the letters before the last apostrophe; "assistant's" is listed as "assistant".
    pub bare: u32,
    /// Of all of its letters.
    pub whole: u32,
}

impl Known {
    /// The lists; they are made when they are first needed.
    pub fn new() -> Known {
        Known { lexicon: &LEXICON }
    }

    #[inline(always)]
    fn bit(&self, number: u32) -> u64 {
        let place = place(number);
        self.lexicon.bits[place / 64] >> (place % 64) & 1
    }

    /// Whether a word may be listed.
    #[inline(always)]
    pub fn may_be(&self, numbers: &Numbers) -> bool {
        let beginning = self.bit(numbers.beginning ^ BEGINNING);
        (beginning | self.bit(numbers.whole) | self.bit(numbers.bare)) != 0
    }

    /// What a word may mean.
    pub fn meaning(&self, word: &str, numbers: &Numbers) -> Mask {
        let mut mask = 0;
        for number in [numbers.whole, numbers.bare] {
            self.lexicon.each(number, |entry| mask |= entry.mask);
        }
        self.lexicon.each(numbers.beginning ^ BEGINNING, |entry| {
            // A number is made of all letters of a word, but only of the first of a stem.
            if begins(word, entry.letters) {
                mask |= entry.mask;
            }
        });
        mask
    }
}

/// Whether a word begins with a stem.
fn begins(word: &str, stem: &str) -> bool {
    match word.as_bytes().get(..stem.len()) {
        Some(bytes) if bytes.is_ascii() => bytes.eq_ignore_ascii_case(stem.as_bytes()),
        _ => {
            let mut lower = word.chars().flat_map(char::to_lowercase);
            stem.chars().all(|letter| lower.next() == Some(letter))
        }
    }
}

/// Whether the word is listed, or its stem is, with nothing behind it.
fn listed(word: &str) -> bool {
    let first: String = word.chars().take(BEGIN).collect();
    let mut listed = false;
    for number in [letters::number(word), letters::number(&first) ^ BEGINNING] {
        LEXICON.each(number, |entry| listed |= entry.letters == word);
    }
    listed
}

/// Known words in letters that were written apart, longest first, left to right.
pub fn words_in(letters: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let longest = letters[at..]
            .char_indices()
            .map(|(offset, c)| offset + c.len_utf8())
            .take(16)
            .filter(|len| *len >= 3 && listed(&letters[at..at + len]))
            .last();
        let next = letters[at..].chars().next().map_or(1, char::len_utf8);
        if let Some(len) = longest {
            found.push((at, len));
        }
        at += longest.unwrap_or(next);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_names_a_meaning_and_every_meaning_has_words() {
        for line in WORDS
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (name, _) = line.split_once(": ").expect("a line is a name and words");
            assert!(NAMES.iter().any(|(known, _)| *known == name), "{name}");
        }
        for (name, _) in NAMES {
            assert!(WORDS.contains(&format!("\n{name}: ")), "{name}");
        }
    }

    fn meaning(word: &str) -> Mask {
        let mut read = crate::words::read(word, &mut ());
        read.words.pop().map_or(0, |word| word.mask)
    }

    #[test]
    fn a_stem_takes_any_ending_and_a_word_none() {
        assert_eq!(meaning("ignoring"), SET_ASIDE);
        assert_ne!(meaning("assistant's") & MODEL, 0);
        assert_eq!(meaning("assistantship"), 0);
    }
}
