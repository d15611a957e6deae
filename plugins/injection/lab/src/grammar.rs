//! Sentences from templates: `{this|that}` picks one, `{slot}` draws from `slots.txt`, `\n` ends
//! a line.

use std::collections::HashMap;

use sdk::testing::Random;

/// The slots by name.
pub struct Grammar(HashMap<String, Vec<String>>);

/// Picks within picks, at most; a slot that names itself would not end.
const DEPTH: usize = 12;

impl Grammar {
    /// Reads `name: one | other` lines.
    pub fn new(slots: &str) -> Grammar {
        let mut map = HashMap::new();
        for line in templates(slots) {
            if let Some((name, values)) = line.split_once(": ") {
                let values = values.split(" | ").map(|v| v.trim().to_owned()).collect();
                map.insert(name.to_owned(), values);
            }
        }
        Grammar(map)
    }

    /// One sentence of a template.
    pub fn fill(&self, template: &str, random: &mut Random) -> String {
        let mut out = String::new();
        self.expand(template, random, 0, &mut out);
        out.replace("\\n", "\n").trim().to_owned()
    }

    fn expand(&self, template: &str, random: &mut Random, depth: usize, out: &mut String) {
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let Some(close) = closing(&rest[open..]) else {
                break;
            };
            let inner = &rest[open + 1..open + close];
            let choices = alternatives(inner);
            if choices.len() > 1 && depth < DEPTH {
                let pick = choices[random.below(choices.len())];
                self.expand(pick, random, depth + 1, out);
            } else if let Some(values) = self.0.get(inner).filter(|_| depth < DEPTH) {
                let pick = &values[random.below(values.len())];
                self.expand(pick, random, depth + 1, out);
            } else {
                // Braces that are meant as such, as in code.
                out.push('{');
                self.expand(inner, random, depth + 1, out);
                out.push('}');
            }
            rest = &rest[open + close + 1..];
        }
        out.push_str(rest);
    }
}

/// Where the brace that opens the text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Parts between bars that stand in no inner braces.
fn alternatives(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The lines that are no remarks.
pub fn templates(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| {
        !line.trim().is_empty() && !line.starts_with("# ") && !line.starts_with("## ")
    })
}
