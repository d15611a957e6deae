//! XML as a stream of tags and texts. Lenient, without recursion; no entity is known but the five
//! of XML, those of characters, and the names of HTML where that is asked for.

mod entity;
mod tag;

use std::borrow::Cow;

use crate::problem::Problem;
pub(crate) use tag::Tag;

/// Open elements at one time. Word nests under a hundred; in HTML they need no end.
const DEPTH: usize = 1_000;

/// Elements of HTML that have no end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

pub(crate) enum Event<'a> {
    Start(Tag<'a>),
    /// The name of the element without its prefix. An element without content has its end as well.
    End(&'a str),
    Text(Cow<'a, str>),
}

pub(crate) struct Xml<'a> {
    source: &'a str,
    at: usize,
    depth: usize,
    html: bool,
    /// The end that an empty element still owes.
    owed: Option<&'a str>,
}

impl<'a> Xml<'a> {
    pub(crate) fn new(source: &'a str) -> Xml<'a> {
        Xml {
            source,
            at: 0,
            depth: 0,
            html: false,
            owed: None,
        }
    }

    /// With the names and the elements without end of HTML.
    pub(crate) fn html(source: &'a str) -> Xml<'a> {
        Xml {
            html: true,
            ..Xml::new(source)
        }
    }

    pub(crate) fn next(&mut self) -> Result<Option<Event<'a>>, Problem> {
        if let Some(name) = self.owed.take() {
            return Ok(Some(Event::End(name)));
        }
        loop {
            let rest = self.source.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(None);
            }
            let (event, length) = self.read(rest);
            self.at += length;
            match event {
                Some(Event::Start(tag))
                    if !self.html && !self.closed(&tag) && self.depth >= DEPTH =>
                {
                    return Err(Problem::unreadable(
                        "The parts of this file are nested too deeply. Save it again from the program that made it.",
                    ));
                }
                Some(Event::Start(tag)) => {
                    if self.closed(&tag) {
                        self.owed = Some(tag.name);
                    } else {
                        self.depth += 1;
                    }
                    return Ok(Some(Event::Start(tag)));
                }
                Some(Event::End(name)) if self.html && VOID.contains(&name) => {}
                Some(Event::End(name)) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Some(Event::End(name)));
                }
                Some(text) => return Ok(Some(text)),
                None => {}
            }
        }
    }

    /// Goes on to the end of the element that was just opened.
    pub(crate) fn skip(&mut self) -> Result<(), Problem> {
        let mut open = 1;
        while open > 0 {
            match self.next()? {
                Some(Event::Start(_)) => open += 1,
                Some(Event::End(_)) => open -= 1,
                Some(Event::Text(_)) => {}
                None => break,
            }
        }
        Ok(())
    }

    /// The text of the element that was just opened, up to its end.
    pub(crate) fn text(&mut self) -> Result<String, Problem> {
        let (mut open, mut text) = (1, String::new());
        while open > 0 {
            match self.next()? {
                Some(Event::Start(_)) => open += 1,
                Some(Event::End(_)) => open -= 1,
                Some(Event::Text(part)) => text += &part,
                None => break,
            }
        }
        Ok(text)
    }

    /// Goes on behind the end of an element whose content is no markup (a script).
    pub(crate) fn skip_raw(&mut self, name: &str) {
        if self.owed.take().is_some() {
            return;
        }
        self.depth = self.depth.saturating_sub(1);
        let rest = self.source.get(self.at..).unwrap_or_default();
        let end = rest
            .match_indices("</")
            .find(|(at, _)| {
                let tail = rest.get(at + 2..at + 2 + name.len());
                tail.is_some_and(|tail| tail.eq_ignore_ascii_case(name))
            })
            .map_or(rest.len(), |(at, _)| at);
        let close = rest.get(end..).and_then(|tail| tail.find('>'));
        self.at += close.map_or(rest.len(), |close| end + close + 1);
    }

    fn closed(&self, tag: &Tag) -> bool {
        tag.closed || (self.html && VOID.contains(&tag.name))
    }

    /// What stands at the start of `rest`, and its length; `None` for what says nothing.
    fn read(&self, rest: &'a str) -> (Option<Event<'a>>, usize) {
        if !rest.starts_with('<') {
            let length = rest.find('<').unwrap_or(rest.len());
            let text = entity::decoded(&rest[..length], self.html);
            return (Some(Event::Text(text)), length);
        }
        if let Some(inner) = rest.strip_prefix("<![CDATA[") {
            let length = inner.find("]]>").unwrap_or(inner.len());
            let text = Event::Text(Cow::Borrowed(&inner[..length]));
            return (Some(text), (9 + length + 3).min(rest.len()));
        }
        if rest.starts_with("<!--") {
            return (None, rest.find("-->").map_or(rest.len(), |end| end + 3));
        }
        if rest.starts_with("<?") {
            return (None, rest.find("?>").map_or(rest.len(), |end| end + 2));
        }
        if rest.starts_with("<!") {
            return (None, declaration(rest));
        }
        if !rest.starts_with("</") && !tag::begins(&rest[1..]) {
            return (Some(Event::Text(Cow::Borrowed("<"))), 1);
        }
        let length = tag::length(rest);
        let inner = rest[1..length].trim_end_matches('>');
        if let Some(name) = inner.strip_prefix('/') {
            return (Some(Event::End(tag::local(name.trim()))), length);
        }
        match Tag::new(inner) {
            Some(tag) => (Some(Event::Start(tag)), length),
            None => (Some(Event::Text(Cow::Borrowed("<"))), 1),
        }
    }
}

/// The length of a declaration, with what stands in its brackets. Nothing of it is read.
fn declaration(rest: &str) -> usize {
    let mut open = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'[' => open += 1,
            b']' => open = open.saturating_sub(1),
            b'>' if open == 0 => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests;
