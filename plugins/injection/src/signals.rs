//! Signals: meanings that stand close together, and what they weigh.

use std::ops::Range;

use sdk::Side;

use crate::lexicon::{ABOUT, AI, Mask, NOT, PRETEND, TALK, WHY};
use crate::rules::{Part, RULES, Rule};
use crate::words::Word;

/// What kind of attack a signal speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Orders that replace the ones in force.
    Override,
    /// Asks for the system prompt.
    Extraction,
    /// Talks the model out of its limits.
    Jailbreak,
    /// Text that people cannot see, or that imitates the chat's own signs.
    Disguise,
    /// Wants data carried away.
    Exfiltration,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 5] = [
        Class::Override,
        Class::Extraction,
        Class::Jailbreak,
        Class::Disguise,
        Class::Exfiltration,
    ];

    /// The label of its findings.
    pub fn label(self) -> &'static str {
        match self {
            Class::Override => "PROMPT_INJECTION",
            Class::Extraction => "SYSTEM_PROMPT_EXTRACTION",
            Class::Jailbreak => "JAILBREAK",
            Class::Disguise => "DISGUISED_INSTRUCTIONS",
            Class::Exfiltration => "DATA_EXFILTRATION",
        }
    }

    /// What the person who asked is told.
    pub fn message(self, side: Side) -> &'static str {
        match (self, side) {
            (_, Side::Retrieved) => "This passage gives instructions to the assistant.",
            (Class::Override, _) => "This looks like an attempt to replace the assistant's rules.",
            (Class::Extraction, _) => "This asks for the assistant's own instructions.",
            (Class::Jailbreak, _) => "This looks like an attempt to remove the assistant's limits.",
            (Class::Disguise, _) => "This contains hidden text or signs of the chat's own format.",
            (Class::Exfiltration, _) => "This asks to send data to another place.",
        }
    }
}

/// A signal that was found.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Which of the rules, so that none counts twice.
    pub rule: usize,
    /// What it weighs, 0 to 1.
    pub weight: f32,
    /// What it speaks for.
    pub class: Class,
    /// Whether it is half of a persona without limits.
    pub part: Part,
    /// Bytes of the text that was read.
    pub span: Range<usize>,
}

/// Numbers of rules of words are below this; those of other signals begin here.
pub const RULES_END: usize = 100;

/// What is left of a jailbreak's weight in a text that neither speaks to a model nor of one.
const UNSPOKEN: f32 = 0.3;

/// Everything that the rules see in the words, from the first on. Whoever needs no more may stop
/// asking.
pub fn find(words: &[Word]) -> impl Iterator<Item = Signal> {
    // Filters, guards and limits are everyday words of machines and laws. They speak of a model's
    // only where a model is spoken to or of.
    let spoken_to = words
        .iter()
        .any(|word| word.mask & (AI | TALK | PRETEND) != 0);
    let begins = |(_, word): &(usize, &Word)| word.mask & BEGINNERS != 0;
    words
        .iter()
        .enumerate()
        .filter(begins)
        .flat_map(move |(first, word)| {
            beginning(word.mask).filter_map(move |number| signal(words, first, number, spoken_to))
        })
}

/// What a rule sees from a word on.
fn signal(words: &[Word], first: usize, number: usize, spoken_to: bool) -> Option<Signal> {
    let rule = &RULES[number];
    let last = follow(words, first, rule)?;
    if rule.deniable && denied(words, first) {
        return None;
    }
    let share = if rule.class == Class::Jailbreak && !spoken_to {
        UNSPOKEN
    } else {
        1.0
    };
    Some(Signal {
        rule: number,
        weight: rule.weight * certainty(words, first, last) * share,
        class: rule.class,
        part: rule.part,
        span: words[first].span.start..words[last].span.end,
    })
}

/// The rules whose first meaning a word has, by number.
fn beginning(mask: Mask) -> impl Iterator<Item = usize> {
    let mut rules: u128 = 0;
    let mut meanings = mask;
    while meanings != 0 {
        rules |= BEGINNINGS[meanings.trailing_zeros() as usize];
        meanings &= meanings - 1;
    }
    std::iter::from_fn(move || {
        let number = (rules != 0).then(|| rules.trailing_zeros() as usize);
        rules &= rules.wrapping_sub(1);
        number
    })
}

/// For each meaning, a bit for each rule that begins with it.
static BEGINNINGS: [u128; 64] = beginnings();

/// Meanings with which rules begin.
const BEGINNERS: Mask = beginners();

const fn beginners() -> Mask {
    let (mut mask, mut number) = (0, 0);
    while number < RULES.len() {
        mask |= RULES[number].slots[0].0;
        number += 1;
    }
    mask
}

const fn beginnings() -> [u128; 64] {
    assert!(RULES.len() <= 128, "a rule has a bit");
    let mut table = [0; 64];
    let mut number = 0;
    while number < RULES.len() {
        let mut meaning = 0;
        while meaning < 64 {
            if RULES[number].slots[0].0 >> meaning & 1 == 1 {
                table[meaning] |= 1 << number;
            }
            meaning += 1;
        }
        number += 1;
    }
    table
}

/// The word on which the rule that begins at `first` is complete.
fn follow(words: &[Word], first: usize, rule: &Rule) -> Option<usize> {
    let mut at = first;
    for (mask, gap) in &rule.slots[1..] {
        let limit = words[at].place + gap + 1;
        at = (at + 1..words.len())
            .take_while(|next| words[*next].place <= limit)
            .find(|next| words[*next].mask & mask != 0 && words[*next].place > words[at].place)?;
    }
    Some(at)
}

/// "Do not", "never" in the two words before, and no "why" before that.
fn denied(words: &[Word], first: usize) -> bool {
    let place = words[first].place;
    words[..first]
        .iter()
        .rev()
        .take_while(|word| word.place + 3 > place)
        .any(|word| {
            word.mask & NOT != 0
                && !words[..first]
                    .iter()
                    .rev()
                    .take(4)
                    .any(|w| w.mask & WHY != 0)
        })
}

/// Less if the words are quoted and the text around them speaks about attacks.
fn certainty(words: &[Word], first: usize, last: usize) -> f32 {
    let near = words[first].place.saturating_sub(25)..words[last].place + 25;
    let about = words[first.saturating_sub(20)..]
        .iter()
        .take(20 + 20 + last - first)
        .filter(|word| near.contains(&word.place) && word.mask & ABOUT != 0)
        .count();
    match (words[first].quoted, about) {
        (true, 2..) => 0.3,
        (true, 1) => 0.6,
        (false, 3..) => 0.7,
        _ => 1.0,
    }
}
