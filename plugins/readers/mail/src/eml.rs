//! Mails as they travel: RFC 5322 and MIME, by way of `mail-parser`.

use std::borrow::Cow;

use mail_parser::{Address, Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use reader_web::{Budget, Refusal, charset, html};

use crate::letter::{Attached, Content, DEPTH, Letter, plain};

/// Parts with parts in them that a mail may have: each may be one more level.
const NESTED: usize = 400;

/// Lines that may begin a part.
const PARTS: usize = 50_000;

/// Bytes before the text.
const HEAD: usize = 1 << 20;

/// Reads a mail.
pub fn read<'a>(bytes: &'a [u8], budget: &Budget) -> Result<Letter<'a>, Refusal> {
    // Files of mail folders begin with a line of their own.
    let bytes = match bytes.strip_prefix(b"From ") {
        Some(rest) => rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(bytes, |at| &rest[at + 1..]),
        None => bytes.trim_ascii_start(),
    };
    bounded(bytes)?;
    let parser = MessageParser::new()
        .with_minimal_headers()
        .default_header_ignore();
    let parsed = parser.parse(bytes);
    let Some(message) = parsed.filter(|message| !message.parts.is_empty()) else {
        return Err(Refusal::Unreadable(
            "This file is no mail: it has no lines such as From and Subject. Save the mail again."
                .to_owned(),
        ));
    };
    letter(message, bytes, 0, budget)
}

/// Refuses what would cost far more memory than its bytes.
fn bounded(bytes: &[u8]) -> Result<(), Refusal> {
    let refuse = |why: &str| Err(Refusal::Unreadable(why.to_owned()));
    let levels = bytes.windows(8).filter(|window| {
        window.eq_ignore_ascii_case(b"message/") || window.eq_ignore_ascii_case(b"multipar")
    });
    if levels.count() > NESTED {
        return refuse("This mail has too many mails in it. Save those that matter one by one.");
    }
    if bytes.windows(3).filter(|window| window == b"\n--").count() > PARTS {
        return refuse("This mail has too many parts. Save what matters of it as files.");
    }
    let head = &bytes[..bytes.len().min(HEAD + 4)];
    let ends = |blank: &[u8]| head.windows(blank.len()).any(|window| window == blank);
    if head.len() > HEAD && !ends(b"\n\r\n") && !ends(b"\n\n") {
        return refuse("The head of this mail is longer than 1 MiB. Save its text as a file.");
    }
    Ok(())
}

fn letter<'a>(
    mut message: Message<'a>,
    raw: &'a [u8],
    depth: usize,
    budget: &Budget,
) -> Result<Letter<'a>, Refusal> {
    let addresses = |address: Option<&Address<'_>>| address.map(addresses).unwrap_or_default();
    let lines = vec![
        ("From", addresses(message.from())),
        ("To", addresses(message.to())),
        ("Cc", addresses(message.cc())),
        ("Date", date(&message)),
    ];
    let subject = message.subject().unwrap_or_default().to_owned();
    let mut body = body(&message, &message.text_body, raw, budget)?;
    if body.trim().is_empty() {
        body = self::body(&message, &message.html_body, raw, budget)?;
    }
    let encrypted = message.parts.iter().any(is_encrypted);
    let ids = std::mem::take(&mut message.attachments);
    let mut attached = Vec::new();
    for id in ids {
        if let Some(part) = message.parts.get_mut(id as usize) {
            attached.push(attachment(part, raw, depth, budget)?);
        }
    }
    Ok(Letter {
        subject,
        lines,
        body,
        attached,
        encrypted,
    })
}

fn body(
    message: &Message<'_>,
    ids: &[u32],
    raw: &[u8],
    budget: &Budget,
) -> Result<String, Refusal> {
    let mut blocks = Vec::new();
    for part in ids.iter().filter_map(|id| message.parts.get(*id as usize)) {
        let block = match &part.body {
            PartType::Text(text) => {
                let text = unguessed(part, text, raw);
                if part.is_content_type("text", "rtf") {
                    let read = reader_web::rtf::read(text.as_bytes(), budget);
                    read.map(|read| read.text).unwrap_or_default()
                } else {
                    plain(&text)
                }
            }
            PartType::Html(text) => html::fragment(&unguessed(part, text, raw), budget)?,
            _ => continue,
        };
        if !block.trim().is_empty() {
            blocks.push(block);
        }
    }
    Ok(blocks.join("\n\n"))
}

/// The text of a part whose encoding nobody named, or named wrongly: as its bytes look.
fn unguessed<'t>(part: &MessagePart<'_>, text: &'t str, raw: &[u8]) -> Cow<'t, str> {
    let named = part
        .content_type()
        .is_some_and(|kind| kind.has_attribute("charset"));
    if named || part.encoding != Encoding::None || !text.contains('\u{fffd}') {
        return Cow::Borrowed(text);
    }
    match raw.get(part.offset_body as usize..part.offset_end as usize) {
        Some(bytes) => Cow::Owned(charset::decode(bytes, charset::named(bytes))),
        None => Cow::Borrowed(text),
    }
}

fn attachment<'a>(
    part: &mut MessagePart<'a>,
    raw: &'a [u8],
    depth: usize,
    budget: &Budget,
) -> Result<Attached<'a>, Refusal> {
    let kind = part.content_type().map(|kind| {
        let sub = kind.subtype().unwrap_or_default();
        format!("{}/{sub}", kind.ctype()).to_ascii_lowercase()
    });
    // Some programs name the folder too.
    let name = part.attachment_name().unwrap_or_default();
    let mut name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned();
    if name.is_empty()
        && let PartType::Text(_)
        | PartType::Html(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_) = part.body
    {
        name = unnamed(kind.as_deref().unwrap_or("text/plain"));
    }
    let content = match std::mem::take(&mut part.body) {
        PartType::Message(_) if depth >= DEPTH => Content::Unread,
        PartType::Message(message) => {
            Content::Letter(Box::new(letter(message, raw, depth + 1, budget)?))
        }
        PartType::Text(text) | PartType::Html(text) => Content::Bytes(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Content::Bytes(bytes),
        PartType::Multipart(_) => Content::Unread,
    };
    Ok(Attached { name, content })
}

/// What a part without a name is called.
fn unnamed(kind: &str) -> String {
    let name = match kind {
        "text/plain" => "text.txt",
        "text/html" => "page.html",
        "text/csv" => "table.csv",
        "text/rtf" | "application/rtf" => "text.rtf",
        "text/calendar" => "appointment.ics",
        "message/rfc822" => "mail.eml",
        other => other,
    };
    name.to_owned()
}

fn is_encrypted(part: &MessagePart<'_>) -> bool {
    part.is_content_type("multipart", "encrypted")
        || (part.is_content_type("application", "pkcs7-mime")
            || part.is_content_type("application", "x-pkcs7-mime"))
            && part
                .content_type()
                .and_then(|kind| kind.attribute("smime-type"))
                .is_none_or(|kind| kind.eq_ignore_ascii_case("enveloped-data"))
}

fn addresses(address: &Address<'_>) -> String {
    let all: Vec<String> = address
        .iter()
        .map(|one| match (one.name.as_deref(), one.address.as_deref()) {
            (Some(name), Some(address)) if !name.is_empty() => format!("{name} <{address}>"),
            (name, address) => address.or(name).unwrap_or_default().to_owned(),
        })
        .filter(|one| !one.is_empty())
        .collect();
    all.join(", ")
}

/// As `2000-05-17 19:35:05 -04:00`.
fn date(message: &Message<'_>) -> String {
    let Some(date) = message.date().filter(|date| date.is_valid()) else {
        return String::new();
    };
    let sign = if date.tz_before_gmt { '-' } else { '+' };
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} {sign}{:02}:{:02}",
        date.year,
        date.month,
        date.day,
        date.hour,
        date.minute,
        date.second,
        date.tz_hour,
        date.tz_minute
    )
}
