//! The syntax of PDF (ISO 32000-1, 7.2 and 7.3): bytes to objects.

mod lexer;
mod object;
mod parser;

pub(crate) use lexer::{is_regular, is_space};
pub(crate) use object::{Dict, Object, Stream};
pub(crate) use parser::{Item, Parser};
