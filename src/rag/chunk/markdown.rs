//! Where Markdown may be cut: pulldown-cmark says where its blocks begin.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{Outline, Place, sentences};

/// The cuts, sections and headings of a Markdown text.
pub(super) fn outline(text: &str) -> Outline {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut walk = Walk {
        text,
        outline: Outline::default(),
        path: Vec::new(),
        title: None,
        head: None,
        depth: 0,
    };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        walk.event(&event, range);
    }
    walk.outline.glued.sort_unstable();
    walk.outline
}

struct Walk<'t> {
    text: &'t str,
    outline: Outline,
    /// The headings that are open, with their levels.
    path: Vec<(HeadingLevel, String)>,
    /// The heading that is being read.
    title: Option<String>,
    /// The head of a table that is being read, cell by cell.
    head: Option<Vec<String>>,
    /// Lists and quotes that are open around us.
    depth: usize,
}

impl Walk<'_> {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { .. }) => self.title = Some(String::new()),
            Event::End(TagEnd::Heading(level)) => self.heading(*level, range),
            Event::Text(words) | Event::Code(words) => {
                if let Some(title) = &mut self.title {
                    title.push_str(words);
                }
                if let Some(cell) = self.head.as_mut().and_then(|head| head.last_mut()) {
                    cell.push_str(words);
                }
            }
            Event::End(TagEnd::TableHead) => self.end_head(),
            Event::Start(tag) => self.start(tag, range),
            Event::End(TagEnd::List(_) | TagEnd::BlockQuote(_)) => self.depth -= 1,
            Event::Html(_) => self.cut(range.start, Place::Item),
            Event::Rule => self.cut(range.start, Place::Block),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        let block = if self.depth == 0 {
            Place::Block
        } else {
            Place::Sentence
        };
        match tag {
            Tag::Paragraph => {
                self.cut(range.start, block);
                sentences(self.text, range, &mut self.outline.cuts);
            }
            Tag::List(_) | Tag::BlockQuote(_) => {
                self.cut(range.start, block);
                self.depth += 1;
            }
            Tag::Item => {
                self.cut(range.start, Place::Item);
                sentences(self.text, range, &mut self.outline.cuts);
            }
            Tag::CodeBlock(_) | Tag::MetadataBlock(_) => {
                self.cut(range.start, block);
                self.lines(range);
            }
            Tag::Table(_) => {
                self.cut(range.start, block);
                self.outline.tables.push((range, String::new()));
            }
            Tag::TableHead => self.head = Some(Vec::new()),
            Tag::TableCell => {
                if let Some(head) = &mut self.head {
                    head.push(String::new());
                }
            }
            Tag::HtmlBlock | Tag::FootnoteDefinition(_) => {
                self.cut(range.start, block);
            }
            Tag::TableRow => self.cut(range.start, Place::Item),
            _ => {}
        }
    }

    fn end_head(&mut self) {
        let cells = self.head.take().unwrap_or_default();
        let named = cells.iter().map(|cell| cell.trim());
        let named: Vec<&str> = named.filter(|cell| !cell.is_empty()).collect();
        if let Some((_, head)) = self.outline.tables.last_mut() {
            *head = named.join(" | ").chars().take(200).collect();
        }
    }

    fn heading(&mut self, level: HeadingLevel, range: Range<usize>) {
        let title = self.title.take().unwrap_or_default();
        self.path.retain(|(above, _)| *above < level);
        self.path
            .push((level, title.trim().chars().take(200).collect()));
        let path = self.path.iter().map(|(_, title)| title.clone()).collect();
        let start = self.line_start(range.start);
        self.outline.cuts.push((start, Place::Section));
        self.outline.sections.push((start, path));
        // What follows belongs to it.
        let rest = &self.text[range.end..];
        let next = range.end + (rest.len() - rest.trim_start().len());
        if !rest.trim_start().starts_with('#') {
            self.outline.glued.push(self.line_start(next));
        }
    }

    fn lines(&mut self, range: Range<usize>) {
        let block = &self.text[range.clone()];
        let breaks = block
            .match_indices('\n')
            .map(|(at, _)| (range.start + at + 1, Place::Item));
        self.outline.cuts.extend(breaks);
    }

    fn cut(&mut self, at: usize, place: Place) {
        self.outline.cuts.push((self.line_start(at), place));
    }

    /// The start of the line, so that the marks of quotes and lists stay with what they mark.
    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }
}
