//! XML: RSS and Atom feeds, XHTML pages, and the bare text of what else there is.

use crate::entities;
use crate::html;
use crate::outcome::{Budget, Refusal, Text};
use crate::tokens::{Token, Tokens, same};

/// Reads an XML document.
pub fn read(text: &str, budget: &Budget) -> Result<Text, Refusal> {
    let root = Tokens::xml(text).find_map(|token| match token {
        Token::Start { tag, .. } => Some(local(tag.name).to_ascii_lowercase()),
        _ => None,
    });
    match root.as_deref() {
        Some("html") => html::read(text, true, budget),
        Some("rss" | "feed" | "rdf") => feed(text, budget),
        Some(_) => bare(text, budget),
        None => Err(Refusal::Unreadable(
            "This file has no XML in it. Save it again from where it comes from.".to_owned(),
        )),
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What a field of a feed or of an entry is.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Title,
    Date,
    Author,
    Summary,
    Content,
}

fn field(name: &str) -> Option<Field> {
    // Titles of media and the like are not the entry's.
    let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
    if ["media", "itunes", "image", "podcast"].contains(&prefix) {
        return None;
    }
    match local(name) {
        "title" => Some(Field::Title),
        "pubDate" | "published" | "updated" | "date" => Some(Field::Date),
        "creator" | "author" => Some(Field::Author),
        "description" | "summary" | "subtitle" => Some(Field::Summary),
        "encoded" | "content" => Some(Field::Content),
        _ => None,
    }
}

/// The feed itself or one entry.
#[derive(Default)]
struct Entry {
    title: String,
    date: String,
    author: String,
    summary: String,
    content: String,
}

impl Entry {
    fn set(&mut self, field: Field, text: String) {
        let place = match field {
            Field::Title => &mut self.title,
            Field::Date => &mut self.date,
            Field::Author => &mut self.author,
            Field::Summary => &mut self.summary,
            Field::Content => &mut self.content,
        };
        if place.trim().is_empty() {
            *place = text;
        }
    }

    fn put(&self, level: &str, budget: &Budget, out: &mut String) -> Result<(), Refusal> {
        let mut blocks = Vec::new();
        let title = one_line(&self.title, budget)?;
        if !title.is_empty() {
            blocks.push(format!("{level} {title}"));
        }
        let by: Vec<String> = [
            one_line(&self.author, budget)?,
            one_line(&self.date, budget)?,
        ]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
        if !by.is_empty() {
            blocks.push(by.join(", "));
        }
        // A summary beside the whole text is its beginning.
        let mut text = html::fragment(&self.content, budget)?;
        if text.is_empty() {
            text = html::fragment(&self.summary, budget)?;
        }
        if !text.is_empty() {
            blocks.push(html::lowered(&text));
        }
        for block in blocks {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(&block);
        }
        budget.allows(out.len())
    }
}

fn one_line(text: &str, budget: &Budget) -> Result<String, Refusal> {
    let text = html::fragment(text, budget)?;
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn feed(text: &str, budget: &Budget) -> Result<Text, Refusal> {
    let mut tokens = Tokens::xml(text);
    let mut out = String::new();
    let (mut head, mut entry) = (Entry::default(), None::<Entry>);
    let mut started = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Start { tag, closed: false } => match local(tag.name) {
                "item" | "entry" => {
                    if !started {
                        head.put("#", budget, &mut out)?;
                        started = true;
                    }
                    if let Some(entry) = entry.replace(Entry::default()) {
                        entry.put("##", budget, &mut out)?;
                    }
                }
                // The picture of a feed has a title of its own.
                "image" | "textinput" | "textInput" => {
                    inside(&mut tokens, text, tag.name);
                }
                _ => {
                    if let Some(field) = field(tag.name) {
                        let value = inside(&mut tokens, text, tag.name);
                        entry.as_mut().unwrap_or(&mut head).set(field, value);
                    }
                }
            },
            Token::End(name) if matches!(local(name), "item" | "entry") => {
                if let Some(entry) = entry.take() {
                    entry.put("##", budget, &mut out)?;
                }
            }
            _ => {}
        }
    }
    if !started {
        head.put("#", budget, &mut out)?;
    }
    if let Some(entry) = entry {
        entry.put("##", budget, &mut out)?;
    }
    Text::markdown(out, budget)
}

/// What stands up to the end of the element that was just opened: its characters, or its source if
/// there are elements in it.
fn inside(tokens: &mut Tokens<'_>, text: &str, name: &str) -> String {
    let start = tokens.consumed();
    let (mut open, mut elements) = (1usize, false);
    let mut characters = String::new();
    for token in tokens.by_ref() {
        match token {
            Token::Text { text, raw: true } => characters.push_str(text),
            Token::Text { text, raw: false } => entities::decode(text, false, &mut characters),
            Token::Start { tag, closed } => {
                elements = true;
                open += usize::from(same(tag.name, name) && !closed);
            }
            Token::End(ended) => open -= usize::from(same(ended, name)),
        }
        if open == 0 {
            break;
        }
    }
    if elements {
        let source = text.get(start..tokens.consumed()).unwrap_or_default();
        return source
            .rsplit_once("</")
            .map_or(source, |(source, _)| source)
            .to_owned();
    }
    characters
}

/// The texts of a document, each with the name of its element.
fn bare(text: &str, budget: &Budget) -> Result<Text, Refusal> {
    let mut out = String::new();
    let mut name = "";
    for token in Tokens::xml(text) {
        match token {
            Token::Start { tag, .. } => name = local(tag.name),
            Token::End(_) => name = "",
            Token::Text { text, raw } => {
                let mut decoded = String::new();
                if raw {
                    decoded.push_str(text);
                } else {
                    entities::decode(text, false, &mut decoded);
                }
                let words = decoded.split_whitespace().collect::<Vec<_>>().join(" ");
                if words.is_empty() {
                    continue;
                }
                let name = std::mem::take(&mut name);
                if !name.is_empty() {
                    out.push_str(name);
                    out.push_str(": ");
                }
                out.push_str(&words);
                out.push('\n');
            }
        }
        budget.allows(out.len())?;
    }
    let text = Text::markdown(out, budget)?;
    Ok(Text {
        markdown: false,
        ..text
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::outcome::{Budget, Refusal};

    #[test]
    fn documents_of_xml() {
        for (xml, becomes) in [
            (
                "<rss><channel><title>Works</title><image><title>Logo</title></image><item><title>Pump &amp;amp; seal</title>\
              <pubDate>Mon</pubDate><dc:creator>Ina</dc:creator><description>&lt;p&gt;short</description>\
              <content:encoded><![CDATA[<h2>Why</h2><p>Long.]]></content:encoded></item><item><title>Two</title></item>",
                "# Works\n\n## Pump & seal\n\nIna, Mon\n\n#### Why\n\nLong.\n\n## Two",
            ),
            (
                "<?xml version='1.0'?><feed xmlns='x'><title>F</title><subtitle>Sub</subtitle><entry><title>E</title>\
              <author><name>Bo</name></author><updated>2024</updated><content type='xhtml'><div><p>a <b>b</b></p></div></content></entry></feed>",
                "# F\n\nSub\n\n## E\n\nBo, 2024\n\na b",
            ),
            (
                "<order id='1'><part>seal</part><n>2</n> and more</order>",
                "part: seal\nn: 2\nand more\n",
            ),
            ("<html xmlns='x'><body><p>page</p></body></html>", "page"),
        ] {
            let read = read(xml, &Budget::default()).map(|read| read.text);
            assert_eq!(read.as_deref(), Ok(becomes));
        }
        assert!(matches!(
            read("no tags", &Budget::default()),
            Err(Refusal::Unreadable(_))
        ));
    }
}
