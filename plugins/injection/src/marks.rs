//! Marks that belong to a chat's own format, and markup that carries data away.

use crate::rules::Part;
use crate::signals::{Class, RULES_END, Signal};

/// Signs that chat templates put around messages. A text that contains one, followed by a role
/// or an order, pretends to be a message of its own.
const TEMPLATE: [&str; 20] = [
    "<|im_start|>",
    "<|im_end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|begin_of_text|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[/inst]",
    "[inst]",
    "<<sys>>",
    "<</sys>>",
    "<system>",
    "</system>",
    "[system]",
    "<|channel|>",
];

/// A line that begins so speaks in another's name.
const ROLES: [&str; 8] = [
    "system:",
    "### system",
    "### instruction",
    "assistant:",
    "### response",
    "system message:",
    "[system message]",
    "developer:",
];

/// Finds marks in a text, which is lower case.
pub fn find(text: &str) -> Vec<Signal> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(['<', '[']) {
        if let Some(mark) = TEMPLATE.iter().find(|mark| text[at..].starts_with(**mark)) {
            let weight = if opens(&text[at + mark.len()..]) {
                0.75
            } else {
                0.4
            };
            found.push(signal(0, weight, Class::Disguise, at, mark.len()));
        }
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lead = line.len() - line.trim_start_matches([' ', '\t', '*', '-', '>']).len();
        if let Some(role) = ROLES.iter().find(|role| line[lead..].starts_with(*role)) {
            found.push(signal(1, 0.3, Class::Disguise, at + lead, role.len()));
        }
        at += line.len();
    }
    found.extend(image(text));
    found.extend(script(text));
    found
}

/// A role right behind a sign.
fn opens(rest: &str) -> bool {
    let rest = rest.trim_start();
    ["system", "user", "assistant", "developer", "you "]
        .iter()
        .any(|role| rest.starts_with(role))
}

/// `![…](https://host/?q={data})`: a picture whose address carries something to fill in, or has
/// the reader told to fill it in.
fn image(text: &str) -> Vec<Signal> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("](http").take(64) {
        let start = text[..at].rfind('[').unwrap_or(at);
        let end = text[at..].find(')').map_or(text.len(), |len| at + len);
        let Some((_, query)) = text[at..end.min(at + 2000)].split_once('?') else {
            continue;
        };
        let blank = query.contains(['{', '<', '[', '$'])
            || [
                "data",
                "secret",
                "prompt",
                "history",
                "conversation",
                "summary",
                "password",
            ]
            .iter()
            .any(|word| query.contains(word));
        let picture = text[..start].ends_with('!');
        if blank {
            let weight = if picture { 0.7 } else { 0.45 };
            found.push(signal(2, weight, Class::Exfiltration, start, end - start));
        }
    }
    found
}

/// Scripts that read what the page knows and call out.
fn script(text: &str) -> Vec<Signal> {
    let reads = [
        "document.cookie",
        "localstorage",
        "document.location",
        "xmlhttprequest",
    ];
    let runs = [
        "<script",
        "onerror=",
        "javascript:",
        "onload=",
        "fetch(",
        "eval(",
    ];
    if !text.contains(['<', '(']) {
        return Vec::new();
    }
    let read = reads.iter().find_map(|word| text.find(word));
    let run = runs.iter().find_map(|word| text.find(word));
    match (read, run) {
        (Some(read), Some(run)) => {
            vec![signal(3, 0.55, Class::Exfiltration, read.min(run), 8)]
        }
        _ => Vec::new(),
    }
}

fn signal(number: usize, weight: f32, class: Class, at: usize, len: usize) -> Signal {
    Signal {
        rule: RULES_END + number,
        weight,
        class,
        part: Part::Other,
        span: at..at + len,
    }
}
