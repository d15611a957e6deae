//! Constraint: what an answer must look like, and how it is held to that while it is made.
//!
//! A constraint is compiled to a grammar (crate `llguidance`: Earley over a lexer of derivatives).
//! Before each token the grammar gives a mask of the tokens that may come, which is made on another
//! thread while the model computes; tokens that may not come are taken out before penalties and
//! sampling. Whatever the model would rather say, the answer fits, or is the beginning of one that
//! does if it ran out of tokens.

mod grammar;
mod guide;
mod masks;
mod schema;

use serde_json::{Value, json};

use super::EngineError;

pub(crate) use grammar::Grammars;
pub(crate) use guide::{Guide, Progress};
pub(crate) use masks::Masks;

/// The longest regular expression, in bytes.
const REGEX_BYTES: usize = 16 * 1024;
/// Most choices, and how long they may be together.
const CHOICES: usize = 1024;
const CHOICES_BYTES: usize = 32 * 1024;

/// The names that requests give the constraints.
const FORMAT: &str = "response_format";
const SCHEMA: &str = "response_format.json_schema.schema";
const REGEX: &str = "guided_regex";
const CHOICE: &str = "guided_choice";

/// What an answer must look like. Holding one means that it is within bounds and that its schema
/// has no keyword that would be ignored.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    form: Form,
    param: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Schema(Value),
    Regex(String),
}

/// A constraint that this box cannot hold an answer to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ConstraintError {
    /// Where in the request, as `response_format.json_schema.schema.properties.age.not`.
    param: String,
    reason: String,
}

impl ConstraintError {
    fn new(param: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            param: param.into(),
            reason: reason.into(),
        }
    }

    /// The part of the request that is at fault, with the path within it.
    pub fn param(&self) -> &str {
        &self.param
    }
}

impl Constraint {
    /// Whether such an answer is JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.form, Form::Schema(_))
    }

    /// Any JSON object.
    pub fn json_object() -> Self {
        Self {
            form: Form::Schema(json!({ "type": "object" })),
            param: FORMAT,
        }
    }

    /// JSON that fits `schema` (JSON Schema 2020-12, the keywords that llguidance implements).
    /// Properties come in the order of the schema. Fails on a schema that is too large or has a
    /// keyword that could not be kept.
    pub fn json_schema(schema: Value) -> Result<Self, ConstraintError> {
        schema::check(&schema, SCHEMA)?;
        Ok(Self {
            form: Form::Schema(schema),
            param: SCHEMA,
        })
    }

    /// A text that the whole of the regular expression matches (syntax of the crate `regex`,
    /// without look-around).
    pub fn regex(expression: &str) -> Result<Self, ConstraintError> {
        let wrong = |reason: &str| Err(ConstraintError::new(REGEX, reason));
        if expression.is_empty() {
            return wrong("the regular expression is empty");
        }
        if expression.len() > REGEX_BYTES {
            return wrong("the regular expression is longer than 16 KiB");
        }
        let escapes = expression.bytes().rev().take_while(|byte| *byte == b'\\');
        if escapes.count() % 2 == 1 {
            return wrong("the regular expression ends in a single backslash");
        }
        Ok(Self {
            form: Form::Regex(expression.to_owned()),
            param: REGEX,
        })
    }

    /// One of these texts.
    pub fn choice(texts: &[String]) -> Result<Self, ConstraintError> {
        let wrong = |reason: &str| Err(ConstraintError::new(CHOICE, reason));
        if texts.is_empty() || texts.iter().any(String::is_empty) {
            return wrong("there must be at least one choice, and none may be empty");
        }
        let bytes: usize = texts.iter().map(String::len).sum();
        if texts.len() > CHOICES || bytes > CHOICES_BYTES {
            return wrong("there are more than 1,024 choices, or more than 32 KiB of them");
        }
        let all: Vec<String> = texts.iter().map(|text| literal(text)).collect();
        Ok(Self {
            form: Form::Regex(all.join("|")),
            param: CHOICE,
        })
    }
}

/// A regular expression for exactly this text.
fn literal(text: &str) -> String {
    let mut expression = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            expression.push(c);
        } else {
            expression.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
        }
    }
    expression
}

/// An error while an answer was held to its constraint.
fn broken() -> EngineError {
    EngineError::Compute {
        reason: "the answer's constraint could not be followed".to_owned(),
    }
}

#[cfg(test)]
mod tests;
