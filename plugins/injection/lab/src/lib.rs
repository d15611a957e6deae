//! Measures the injection guard on labelled texts and trains its model.
//!
//! It reads texts as the host does, with the host's own view and decoder, and as the guard does,
//! with the guard's own features, so that what is learned and measured is what runs.

mod csv;
mod grammar;
pub mod held;
pub mod host;
mod insert;
mod learn;
mod lessons;
mod own;
pub mod report;
pub mod rows;
pub mod train;

#[path = "../../../../src/pipeline"]
#[allow(dead_code, reason = "the host uses more of it")]
mod pipeline {
    pub mod decode;
    pub mod view;

    /// What a text hides.
    pub fn hidden(text: &str, view: &view::View) -> Vec<decode::Decoded> {
        decode::decode(text, view).list
    }
}
