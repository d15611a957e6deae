//! Which tags of HTML may stand in an answer.

/// Attributes that neither fetch nor run anything.
const ATTRIBUTES: [&str; 16] = [
    "class", "id", "align", "valign", "width", "height", "colspan", "rowspan", "lang", "dir",
    "title", "start", "type", "open", "alt", "scope",
];
/// Tags that fetch, run or send, or in which text is read by other rules.
const ACTIVE: [&str; 56] = [
    "a",
    "animate",
    "animatetransform",
    "applet",
    "area",
    "audio",
    "base",
    "basefont",
    "bgsound",
    "body",
    "button",
    "canvas",
    "dialog",
    "embed",
    "fieldset",
    "foreignobject",
    "form",
    "frame",
    "frameset",
    "head",
    "html",
    "iframe",
    "image",
    "img",
    "input",
    "isindex",
    "keygen",
    "layer",
    "link",
    "listing",
    "map",
    "marquee",
    "math",
    "menuitem",
    "meta",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "option",
    "param",
    "picture",
    "plaintext",
    "portal",
    "pre",
    "script",
    "select",
    "set",
    "source",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "track",
    "use",
];
const MORE: [&str; 2] = ["video", "xmp"];

/// What is to become of a tag.
pub enum Tag {
    /// Too little is seen.
    More,
    Harmless,
    /// It may not be one.
    Active,
    /// A picture: the tag is so long.
    Picture(usize),
}

/// Judges `text`, which begins with `<`; as much as `limit` bytes of it. `end` is where the first
/// `>` stands.
pub fn judge(text: &str, end: Option<usize>, done: bool, limit: usize) -> Tag {
    let bytes = text.as_bytes();
    let (closes, from) = match bytes.get(1) {
        None if done => return Tag::Harmless,
        None => return Tag::More,
        Some(b'!' | b'?') => return Tag::Active,
        Some(b'/') => (true, 2),
        Some(_) => (false, 1),
    };
    let name = bytes[from..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b':')
        .count();
    if name == 0 {
        return if bytes.len() <= from && !done {
            Tag::More
        } else {
            Tag::Harmless
        };
    }
    if name > 24 {
        return Tag::Harmless;
    }
    if from + name == bytes.len() && !done {
        return Tag::More;
    }
    let name = text[from..from + name].to_ascii_lowercase();
    let active =
        ACTIVE.contains(&name.as_str()) || MORE.contains(&name.as_str()) || name.contains(':');
    if active && (closes || !matches!(name.as_str(), "img" | "image")) {
        return Tag::Active;
    }
    let rest = &bytes[from + name.len()..];
    let end = end.map(|end| end - (from + name.len()));
    let Some(end) = end.filter(|end| *end < limit) else {
        return match rest.len() >= limit || done {
            _ if !active
                && rest
                    .first()
                    .is_some_and(|b| !b.is_ascii_whitespace() && *b != b'/') =>
            {
                Tag::Harmless
            }
            true => Tag::Active,
            false => Tag::More,
        };
    };
    if active {
        return Tag::Picture(from + name.len() + end + 1);
    }
    if attributes(&text[from + name.len()..from + name.len() + end]) {
        Tag::Harmless
    } else {
        Tag::Active
    }
}

/// Whether all attributes may stand.
fn attributes(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'=')
        .all(|(at, _)| {
            let before = text[..at].trim_end();
            let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '-' || c == ':'));
            let name = &before[start.map_or(0, |start| {
                start + before[start..].chars().next().map_or(1, char::len_utf8)
            })..];
            ATTRIBUTES.contains(&name.to_ascii_lowercase().as_str())
        })
}
