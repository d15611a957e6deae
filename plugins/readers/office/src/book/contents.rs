//! The table of contents of a book, new (`nav`) or old (`ncx`): what chapters without a heading of
//! their own are called.

use std::collections::HashMap;

use crate::output::line;
use crate::problem::Problem;
use crate::relations::resolved;
use crate::xml::{Event, Xml};

#[derive(Default)]
pub(super) struct Contents(HashMap<String, String>);

impl Contents {
    pub(super) fn read(source: &str, path: &str) -> Result<Contents, Problem> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut labels = HashMap::new();
        let mut add = |href: &str, label: &str| {
            let label = line(label);
            if !label.is_empty() {
                labels
                    .entry(resolved(folder, &plain(href)))
                    .or_insert(label);
            }
        };
        let mut label = String::new();
        let mut xml = Xml::html(source);
        while let Some(event) = xml.next()? {
            let Event::Start(tag) = event else { continue };
            match tag.name {
                "a" => {
                    let href = tag.get("href").unwrap_or_default();
                    add(&href, &xml.text()?);
                }
                "text" => label = xml.text()?,
                "content" => add(&tag.get("src").unwrap_or_default(), &label),
                _ => {}
            }
        }
        Ok(Contents(labels))
    }

    pub(super) fn label(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }
}

/// A reference without its fragment, its escapes read.
pub(super) fn plain(href: &str) -> String {
    let href = href.split('#').next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(href.len());
    let mut rest = href.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .filter(|_| *first == b'%');
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn references_are_paths() {
        for (href, want) in [
            ("a%20b.xhtml#c", "a b.xhtml"),
            ("a%zz", "a%zz"),
            ("%", "%"),
            ("%C3%A9", "é"),
        ] {
            assert_eq!(plain(href), want);
        }
    }
}
