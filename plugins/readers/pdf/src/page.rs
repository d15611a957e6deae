//! Pages: which there are, and what they draw.

mod form;
mod matrix;
mod painter;
mod state;
mod tree;

pub(crate) use painter::{Glyph, Painter};
pub(crate) use tree::pages;
