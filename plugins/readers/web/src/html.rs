//! Web pages as Markdown.

mod blocks;
mod elements;
mod page;
mod table;

pub use blocks::fence;
pub use table::put_cell;

use crate::outcome::{Budget, Refusal, Text};
use crate::tokens::Tokens;

/// Reads a page. `xml`: it is XHTML.
pub fn read(text: &str, xml: bool, budget: &Budget) -> Result<Text, Refusal> {
    let tokens = || {
        if xml {
            Tokens::xml(text)
        } else {
            Tokens::html(text)
        }
    };
    let mut said = page::page(tokens(), false, budget)?;
    if said.unclosed || said.text.is_empty() {
        said = page::page(tokens(), true, budget)?;
    }
    if said.titled || said.title.is_empty() || said.text.is_empty() {
        return Text::markdown(said.text, budget);
    }
    Text::markdown(format!("# {}\n\n{}", said.title, said.text), budget)
}

/// The Markdown of a part of a page, as feeds and mails hold it; empty if it says nothing.
pub fn fragment(text: &str, budget: &Budget) -> Result<String, Refusal> {
    let said = page::page(Tokens::html(text), true, budget)?;
    Ok(said.text)
}

/// A Markdown text with its headings two levels further down, to stand below another's.
pub fn lowered(text: &str) -> String {
    let mut fence = "";
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let mark = &line[..line.len() - line.trim_start_matches('`').len()];
        if fence.is_empty() && mark.len() >= 3 {
            fence = mark;
        } else if mark == fence {
            fence = "";
        }
        if fence.is_empty() && line.starts_with('#') {
            let marks = line.bytes().take_while(|b| *b == b'#').count();
            out.push_str(if marks < 5 { "##" } else { "" });
        }
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests;
