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

/// The listed words by their first two bytes.
static LEXICON: LazyLock<Vec<Vec<Entry>>> = LazyLock::new(|| {
    let mut lexicon: Vec<Vec<Entry>> = Vec::new();
    lexicon.resize_with(DRAWERS, Vec::new);
    for line in WORDS.lines() {
        let Some((name, words)) = line.split_once(": ") else {
            continue;
        };
        let Some((_, mask)) = NAMES.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        for word in words.split_ascii_whitespace() {
            let letters = word.trim_end_matches('*');
            let stem = letters.len() < word.len();
            let drawer = &mut lexicon[drawer(letters)];
            match drawer
                .iter_mut()
                .find(|entry| entry.letters == letters && entry.stem == stem)
            {
                Some(entry) => entry.mask |= mask,
                None => drawer.push(Entry {
                    letters,
                    stem,
                    mask: *mask,
                }),
            }
        }
    }
    lexicon
});

const DRAWERS: usize = 1024;

/// Numbers that a word must have, or one of its beginnings, to be worth looking up: a bit each.
static NUMBERS: LazyLock<Box<[u64; NUMBERS_WORDS]>> = LazyLock::new(|| {
    let mut bits = Box::new([0; NUMBERS_WORDS]);
    for entry in LEXICON.iter().flatten() {
        let letters = entry.letters.chars();
        let place = if entry.stem {
            place(letters::number(&letters.take(letters::STEM).collect::<String>()) ^ BEGINNING)
        } else {
            place(letters::number(entry.letters))
        };
        bits[place / 64] |= 1 << (place % 64);
    }
    bits
});

const NUMBERS_WORDS: usize = 512;

/// Keeps beginnings of words apart from whole words.
const BEGINNING: u32 = 0x5bd1_e995;

/// Letters of the shortest stem.
const SHORTEST_STEM: usize = 3;

fn place(number: u32) -> usize {
    (number.wrapping_mul(0x9e37_79b1) >> 17) as usize
}

/// Whether a word may be listed, asked while its letters are read.
pub struct Known {
    bits: &'static [u64; NUMBERS_WORDS],
    any: u64,
}

impl Default for Known {
    fn default() -> Known {
        Known {
            bits: &NUMBERS,
            any: 0,
        }
    }
}

impl Known {
    /// Takes the number of the whole word.
    #[inline(always)]
    pub fn whole(&mut self, number: u32) {
        let place = place(number);
        self.any |= self.bits[place / 64] >> (place % 64) & 1;
    }

    /// Takes the number of its first `count` letters.
    #[inline(always)]
    pub fn beginning(&mut self, number: u32, count: usize) {
        if (SHORTEST_STEM..=letters::STEM).contains(&count) {
            self.whole(number ^ BEGINNING);
        }
    }

    /// Whether any may be listed.
    pub fn any(&self) -> bool {
        self.any != 0
    }
}

fn drawer(word: &str) -> usize {
    let byte = |at: usize| usize::from(word.as_bytes().get(at).copied().unwrap_or(0));
    (byte(0) * 31 + byte(1)) % DRAWERS
}

/// What a word in lower case may mean.
pub fn meaning(word: &str) -> Mask {
    let bare = word.strip_suffix("'s").unwrap_or(word);
    LEXICON[drawer(word)]
        .iter()
        .filter(|entry| {
            if entry.stem {
                bare.starts_with(entry.letters)
            } else {
                word == entry.letters || bare == entry.letters
            }
        })
        .fold(0, |mask, entry| mask | entry.mask)
}

/// Whether the word is listed, or its stem is, with nothing behind it.
fn listed(word: &str) -> bool {
    LEXICON[drawer(word)]
        .iter()
        .any(|entry| entry.letters == word)
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

    #[test]
    fn a_stem_takes_any_ending_and_a_word_none() {
        assert_eq!(meaning("ignoring"), SET_ASIDE);
        assert_ne!(meaning("assistant's") & MODEL, 0);
        assert_eq!(meaning("assistantship"), 0);
    }
}
