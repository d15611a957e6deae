//! What a value must be: a subset of JSON Schema 2020-12, every keyword of which is checked. A
//! schema that says more than is checked here is refused, for nobody would notice what is not.

mod check;
mod compile;
mod pointer;
mod rule;

#[cfg(test)]
mod tests;

pub use check::Misfit;

use crate::json::{Parser, Tape};
use rule::Rule;

/// Bytes of a schema, at most.
pub const LIMIT: usize = 64 << 10;

/// A schema that was read.
pub struct Schema {
    text: String,
    nodes: Vec<crate::json::Node>,
    rules: Vec<Rule>,
    /// Names of properties that it knows, sorted: what may be said of a value's place.
    names: Vec<String>,
}

impl Schema {
    /// Reads a schema; what is wrong with it is said to the people who run the box.
    pub fn new(text: &str) -> Result<Schema, String> {
        if text.len() > LIMIT {
            return Err(format!("it is longer than {} KiB", LIMIT >> 10));
        }
        let mut parser = Parser::new(0);
        let read = parser.push(text).and_then(|at| {
            parser.finish(text)?;
            Ok(at)
        });
        match read {
            Ok(at) if at == text.len() => compile::compile(text, parser.nodes()),
            Ok(at) => Err(format!("at byte {at}: something stands behind it")),
            Err(fault) => Err(format!("at byte {}: {}", fault.at, fault.what)),
        }
    }

    /// Whether a value fits, and which part of it does not.
    pub fn check<'a>(&'a self, value: Tape<'a>) -> Result<(), Misfit<'a>> {
        check::check(self, value)
    }

    /// Where a part of a value lies, such as `/items/3/price`. Keys that the schema does not name
    /// are the answer's own words and become `*`.
    pub fn path(&self, value: Tape<'_>, node: u32, child: Option<&str>) -> String {
        pointer::path(&self.names, value, node, child)
    }

    fn tape(&self) -> Tape<'_> {
        Tape {
            text: &self.text,
            nodes: &self.nodes,
        }
    }
}
