//! Files that are built here, read whole.

mod builder;
mod documents;
mod hostile;
mod reading;

use crate::{Limits, Text, Trouble, read};

/// Reads with the limits that the plugin has.
fn open(bytes: &[u8]) -> Result<Text, Trouble> {
    read("a.pdf", bytes, Limits::of(bytes.len()))
}
