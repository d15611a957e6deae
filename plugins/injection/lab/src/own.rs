//! Texts of our own to learn from, made of the templates in `train/`.

use sdk::testing::Random;

use crate::grammar::{Grammar, templates};
use crate::insert::{self, Place};

/// A text of our own.
pub struct Own {
    /// What is judged.
    pub text: String,
    /// Whether it should be blocked on the side asked for.
    pub attack: bool,
    /// The attack, where only a part of the text is one.
    pub inside: String,
    /// The carrier from elsewhere, by number.
    pub carrier: Option<usize>,
    /// The same for all texts of one template, so that they are left out together.
    pub template: usize,
}

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("../../train/", $name, ".txt"))
    };
}

/// Texts per template: attacks, everyday things.
const EACH: usize = 14;

/// Questions: attacks and not.
pub fn questions(random: &mut Random) -> Vec<Own> {
    let grammar = Grammar::new(file!("slots"));
    let mut made = Vec::new();
    let mut template = 0;
    for (file, attack) in [
        (file!("attacks"), true),
        (file!("attacks-2"), true),
        (file!("world-attacks"), true),
        (file!("world-attacks-2"), true),
        (file!("tasks"), false),
        (file!("chat"), false),
        (file!("chat-2"), false),
        (file!("hard"), false),
        (file!("hard-2"), false),
        (file!("world-chat"), false),
        (file!("world-chat-2"), false),
        (file!("orders"), false),
    ] {
        // Orders on the answer are nobody's attack in a question, but few of them are asked.
        let orders = file.as_ptr() == file!("orders").as_ptr();
        // What attacks and talk about attacks have in common must not decide.
        let hard = [file!("hard"), file!("hard-2")]
            .map(str::as_ptr)
            .contains(&file.as_ptr());
        for line in templates(file) {
            template += 1;
            let each = match (orders, hard) {
                (true, _) => 4,
                (_, true) => 2 * EACH,
                _ => EACH,
            };
            if orders && !line.contains("{answer|reply|response|output|message}") {
                continue;
            }
            for _ in 0..each {
                let text = grammar.fill(line, random);
                made.push(Own {
                    text,
                    attack,
                    inside: String::new(),
                    carrier: None,
                    template,
                });
            }
        }
    }
    let talks = joined(&grammar, random, template);
    made.extend(talks);
    made
}

/// Longer questions: several harmless sentences, some with an attack among them.
fn joined(grammar: &Grammar, random: &mut Random, template: usize) -> Vec<Own> {
    let calm: Vec<&str> = templates(file!("tasks"))
        .chain(templates(file!("chat")))
        .chain(templates(file!("chat-2")))
        .chain(templates(file!("hard")))
        .chain(templates(file!("hard-2")))
        .collect();
    let attacks: Vec<&str> = templates(file!("attacks"))
        .chain(templates(file!("attacks-2")))
        .collect();
    let mut made = Vec::new();
    for nth in 0..900 {
        let attack = nth % 3 == 0;
        let mut sentences: Vec<String> = (0..2 + random.below(6))
            .map(|_| grammar.fill(calm[random.below(calm.len())], random))
            .collect();
        let mut line = random.below(calm.len());
        let mut inside = String::new();
        if attack {
            line = random.below(attacks.len());
            let at = random.below(sentences.len() + 1);
            inside = grammar.fill(attacks[line], random);
            sentences.insert(at, inside.clone());
        }
        made.push(Own {
            text: sentences.join([" ", "\n", "\n\n"][random.below(3)]),
            attack,
            inside,
            carrier: None,
            template: if attack {
                1 + line
            } else {
                template + 1 + line
            },
        });
    }
    made
}

/// Documents: as they should be, and with an attack or a task put in. `others` are carriers from
/// elsewhere that may be used too.
pub fn documents(random: &mut Random, others: &[String]) -> Vec<Own> {
    let grammar = Grammar::new(file!("slots"));
    let prose: Vec<Vec<&str>> = groups(file!("prose-2"))
        .into_iter()
        .chain([templates(file!("prose")).collect()])
        .collect();
    let groups: Vec<Vec<&str>> = groups(file!("papers"))
        .into_iter()
        .chain(groups(file!("papers-2")))
        .chain(groups(file!("world-papers")))
        .chain(groups(file!("world-papers-2")))
        .chain(groups(file!("world-prose")))
        .collect();
    let mut made = Vec::new();
    for nth in 0..7200 {
        // Running text is what most documents are made of.
        let group = if nth % 2 == 0 {
            &prose[nth / 2 % prose.len()]
        } else {
            &groups[nth / 2 % groups.len()]
        };
        made.push(Own {
            text: document(&grammar, group, random),
            attack: false,
            inside: String::new(),
            carrier: None,
            template: 1000 + nth,
        });
    }
    // Few papers are exactly of our kinds: each sentence also stands alone.
    for (nth, line) in prose.iter().chain(&groups).flatten().enumerate() {
        for _ in 0..4 {
            made.push(Own {
                text: grammar.fill(line, random),
                attack: false,
                inside: String::new(),
                carrier: None,
                template: 20_000 + nth,
            });
        }
    }
    made.extend(HOUSE.iter().flat_map(|text| house(text)));
    let mut template = 0;
    for (file, each) in [
        (file!("attacks"), 10),
        (file!("attacks-2"), 6),
        (file!("world-attacks"), 10),
        (file!("world-attacks-2"), 10),
        (file!("orders"), 24),
        (file!("orders-2"), 24),
        (file!("orders-3"), 24),
        (file!("orders-4"), 40),
        (file!("world-orders"), 40),
        (file!("tasks"), 20),
    ] {
        for line in templates(file) {
            template += 1;
            for nth in 0..each {
                let attack = grammar.fill(line, random);
                let from = (nth % 3 == 0 && !others.is_empty()).then(|| random.below(others.len()));
                let carrier = match from {
                    Some(from) => others[from].clone(),
                    None => {
                        let nth = random.below(groups.len() + prose.len());
                        let group = groups.get(nth).unwrap_or(&prose[nth % prose.len()]);
                        document(&grammar, group, random)
                    }
                };
                let text = match Place::ALL.get(random.below(4)) {
                    Some(place) => insert::into(&carrier, &attack, *place, random.below(1000)),
                    None => attack.clone(),
                };
                made.push(Own {
                    text,
                    attack: true,
                    inside: attack,
                    carrier: from,
                    template,
                });
            }
        }
    }
    made
}

/// The house's own papers.
const HOUSE: [&str; 1] = [file!("house")];

/// A paper in passages.
fn house(text: &'static str) -> impl Iterator<Item = Own> {
    let parts = text.split("\n\n").skip(1);
    parts.enumerate().map(|(nth, part)| Own {
        text: part.to_owned(),
        attack: false,
        inside: String::new(),
        carrier: None,
        template: 30_000 + nth,
    })
}

/// Lines by the group they stand in.
fn groups(file: &'static str) -> Vec<Vec<&'static str>> {
    file.split("\n## ")
        .skip(1)
        .map(|group| templates(group).skip(1).collect())
        .filter(|group: &Vec<&str>| !group.is_empty())
        .collect()
}

fn document(grammar: &Grammar, group: &[&str], random: &mut Random) -> String {
    let joint = [" ", "\n", " ", "\n\n"][random.below(4)];
    let lines: Vec<String> = (0..2 + random.below(9))
        .map(|_| grammar.fill(group[random.below(group.len())], random))
        .collect();
    lines.join(joint)
}
