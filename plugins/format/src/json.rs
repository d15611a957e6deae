//! JSON as RFC 8259 has it, read as it comes: nothing is decoded or copied until it is asked for.

mod keys;
pub mod number;
mod parser;
mod tape;

#[cfg(test)]
pub(crate) mod tests;

pub use parser::{Fault, Parser};
pub use tape::{Kind, Node, Tape};

/// Values within values, at most.
pub const DEPTH: usize = 64;
/// Values and keys of one text, at most: as many as fit into a megabyte.
pub const VALUES: usize = 1 << 19;
