//! The file as a whole: where its objects are, how its streams are packed and encrypted.

mod crypt;
mod digest;
mod document;
mod filters;
mod lzw;
mod predictor;
mod rebuild;
mod xref;

pub(crate) use document::{Broken, Document};
