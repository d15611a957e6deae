//! How the rules of `tokenizer.json` say that spaces are written.

use serde_json::Value;

use super::super::Prefix;
use super::{EngineError, unsupported};

/// SentencePiece's space.
const LOWER: &str = "\u{2581}";

/// Where a space is put before a text, by the two ways that files have of writing SentencePiece's
/// rule: a normalizer that prepends and replaces, or a pre-tokenizer called Metaspace.
pub(super) fn prefix(normalizer: &Value, rule: &Value) -> Result<Prefix, EngineError> {
    let (mut prefix, mut replaced) = (Prefix::Never, false);
    for step in steps(normalizer, "normalizers") {
        let [from, to] = [&step["pattern"]["String"], &step["content"]];
        match kind(step) {
            "Prepend" if step["prepend"] == LOWER => prefix = Prefix::Always,
            "Replace" if from == " " && to == LOWER => replaced = true,
            other => return Err(unsupported(&format!("its texts are changed by `{other}`"))),
        }
    }
    for step in steps(rule, "pretokenizers") {
        match kind(step) {
            "Metaspace" if step["replacement"] == LOWER && step["split"] == false => {
                replaced = true;
                prefix = scheme(step);
            }
            // Cuts at plain spaces, of which the normalizer has left none.
            "Split" if replaced && step["pattern"]["String"] == " " => {}
            other => return Err(unsupported(&format!("its words are cut by `{other}`"))),
        }
    }
    match replaced {
        true => Ok(prefix),
        false => Err(unsupported("it does not say how spaces are written")),
    }
}

fn scheme(step: &Value) -> Prefix {
    match (
        step["prepend_scheme"].as_str(),
        step["add_prefix_space"].as_bool(),
    ) {
        (Some("first"), _) => Prefix::First,
        (Some("never"), _) | (None, Some(false)) => Prefix::Never,
        _ => Prefix::Always,
    }
}

/// Whether the last step of cutting words writes bytes as letters.
pub(super) fn ends_in_bytes(rule: &Value) -> bool {
    steps(rule, "pretokenizers")
        .last()
        .is_some_and(|step| kind(step) == "ByteLevel")
}

/// The steps of a rule: those in its list, or itself.
fn steps<'r>(rule: &'r Value, list: &str) -> Vec<&'r Value> {
    match rule {
        Value::Null => Vec::new(),
        rule => match rule[list].as_array() {
            Some(all) => all.iter().collect(),
            None => vec![rule],
        },
    }
}

fn kind(step: &Value) -> &str {
    step["type"].as_str().unwrap_or("nothing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_ways_of_writing_spaces_are_understood() {
        let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": LOWER});
        let prepend = json!({"type": "Prepend", "prepend": LOWER});
        let both = json!({"type": "Sequence", "normalizers": [prepend, replace]});
        let space = |scheme: &str, split: bool| {
            json!({"type": "Metaspace", "replacement": LOWER, "prepend_scheme": scheme,
                   "split": split})
        };
        let cut = json!({"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated"});
        let lower = json!({"type": "Lowercase"});
        let none = Value::Null;
        for (normalizer, rule, expected) in [
            (&both, &none, Some(Prefix::Always)),
            (&replace, &cut, Some(Prefix::Never)),
            (&none, &space("first", false), Some(Prefix::First)),
            (&none, &space("always", false), Some(Prefix::Always)),
            (&none, &space("never", false), Some(Prefix::Never)),
            (&none, &space("first", true), None),
            (&none, &cut, None),
            (&none, &none, None),
            (&prepend, &none, None),
            (&lower, &space("first", false), None),
            (&replace, &lower, None),
            (&json!(7), &json!([1]), None),
        ] {
            let found = prefix(normalizer, rule).ok();
            assert_eq!(found, expected, "{normalizer} {rule}");
        }
    }
}
