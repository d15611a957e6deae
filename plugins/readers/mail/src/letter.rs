//! A mail, however it was kept, and its Markdown.

use std::borrow::Cow;

use reader_web::html::lowered;
use reader_web::{Budget, Refusal};

use crate::attachments;

/// Mails in mails that are looked into.
pub const DEPTH: usize = 3;

/// One mail.
#[derive(Debug, Default)]
pub struct Letter<'a> {
    /// What it is about, on one line.
    pub subject: String,
    /// Who, to whom, when: names of lines and what they say.
    pub lines: Vec<(&'static str, String)>,
    /// Its text as Markdown.
    pub body: String,
    /// What came with it.
    pub attached: Vec<Attached<'a>>,
    /// What it says is encrypted.
    pub encrypted: bool,
}

/// One attachment.
#[derive(Debug)]
pub struct Attached<'a> {
    /// As it was called; empty if it was not.
    pub name: String,
    /// What is in it.
    pub content: Content<'a>,
}

/// What is in an attachment.
#[derive(Debug)]
pub enum Content<'a> {
    /// A file.
    Bytes(Cow<'a, [u8]>),
    /// A mail.
    Letter(Box<Letter<'a>>),
    /// Not looked into.
    Unread,
}

/// The Markdown of a mail that is `depth` mails deep. `left`: attachments that may still be looked into.
pub fn put(
    letter: &Letter<'_>,
    depth: usize,
    left: &mut usize,
    budget: &Budget,
) -> Result<String, Refusal> {
    let mut out = String::new();
    let subject = one_line(&letter.subject);
    if !subject.is_empty() {
        out = format!("# {subject}");
    }
    let lines: Vec<String> = letter
        .lines
        .iter()
        .map(|(name, text)| (name, one_line(text)))
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!("{name}: {text}"))
        .collect();
    block(&lines.join("\n"), &mut out);
    block(&letter.body, &mut out);
    if !letter.attached.is_empty() {
        let names: Vec<String> = letter
            .attached
            .iter()
            .map(|one| format!("- {}", title(one)))
            .collect();
        block(&format!("## Attachments\n\n{}", names.join("\n")), &mut out);
    }
    budget.allows(out.len())?;
    for one in &letter.attached {
        let text = inside(one, depth, left, budget)?;
        if !text.trim().is_empty() {
            let title = title(one);
            // A mail says itself what it is about.
            let said = text.lines().next().and_then(|line| line.strip_prefix("# "));
            if said != Some(&title) {
                block(&format!("### {title}"), &mut out);
            }
            block(&lowered(&text), &mut out);
        }
        budget.allows(out.len())?;
    }
    Ok(out)
}

/// The text of an attachment; empty if it is none that is read.
fn inside(
    one: &Attached<'_>,
    depth: usize,
    left: &mut usize,
    budget: &Budget,
) -> Result<String, Refusal> {
    if *left == 0 || depth >= DEPTH {
        return Ok(String::new());
    }
    *left -= 1;
    match &one.content {
        Content::Unread => Ok(String::new()),
        Content::Letter(letter) => put(letter, depth + 1, left, budget),
        Content::Bytes(bytes) if attachments::is_mail(&one.name) => {
            let letter = crate::letter_of(bytes, budget);
            let text = letter.map(|letter| put(&letter, depth + 1, left, budget));
            // Called a mail, but a text.
            let own = || attachments::text(bytes).unwrap_or_default();
            match text.unwrap_or(Ok(String::new())) {
                Ok(text) if text.is_empty() => Ok(own()),
                text => text,
            }
        }
        Content::Bytes(bytes) => {
            Ok(attachments::attachment(&one.name, bytes, budget).unwrap_or_default())
        }
    }
}

fn title(one: &Attached<'_>) -> String {
    let name = match &one.content {
        Content::Letter(letter) if one.name.is_empty() => one_line(&letter.subject),
        _ => one_line(&one.name),
    };
    if name.is_empty() {
        "attachment".to_owned()
    } else {
        name
    }
}

fn block(text: &str, out: &mut String) {
    let text = text.trim_matches(['\r', '\n']).trim_end();
    if !text.trim().is_empty() {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(text);
    }
}

/// White space joined, controls left out.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = words.join(" ");
    line.retain(|c| !c.is_control());
    line
}

/// Plain text as Markdown: its lines as they are.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim_end();
        let marks = line.bytes().take_while(|b| *b == b'#').count();
        let heading = (1..=6).contains(&marks) && line.as_bytes().get(marks) == Some(&b' ');
        if heading || line.starts_with("```") || line.starts_with("~~~") {
            out.push('\\');
        }
        out.extend(line.chars().filter(|c| !c.is_control() || *c == '\t'));
        out.push('\n');
    }
    out.trim_matches('\n').to_owned()
}
