//! The words that a piece of HTML shows: all text between its tags, and what stands for pictures.
//!
//! Simple on purpose, and no code of the reader's: the two are compared.

/// What is not shown.
const UNSHOWN: [&str; 4] = ["head", "style", "script", "title"];

/// Entities by name, as far as letters of mails use them.
const NAMED: [(&str, char); 13] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
];

/// The text of `html`; each tag parts words.
pub(super) fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out += &unescaped(&rest[..at]);
        let tag = &rest[at + 1..];
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        let name = tag
            .split(|c: char| c.is_whitespace() || c == '/')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        rest = match UNSHOWN.contains(&name.as_str()) {
            true => behind(after, &name),
            false => after,
        };
        if parts_words(&name) {
            out.push(' ');
        }
        if name == "img" {
            out += &format!(" {} ", alternative(tag));
        }
    }
    out + &unescaped(rest)
}

/// All tags but those within words.
fn parts_words(name: &str) -> bool {
    !["b", "i", "em", "strong", "u", "span", "font", "a", ""].contains(&name)
}

/// What follows the end of the element.
fn behind<'a>(text: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    let lower = text.to_ascii_lowercase();
    let Some(at) = lower.find(&end) else {
        return "";
    };
    text[at..].split_once('>').map_or("", |(_, after)| after)
}

fn alternative(tag: &str) -> String {
    let Some((_, after)) = tag.split_once("alt=\"") else {
        return String::new();
    };
    unescaped(after.split('"').next().unwrap_or_default())
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out += &rest[..at];
        let after = &rest[at + 1..];
        match after
            .split_once(';')
            .and_then(|(name, rest)| Some((sign(name)?, rest)))
        {
            Some((sign, behind)) => {
                out.push(sign);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn sign(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return number.ok().and_then(char::from_u32);
    }
    let named = NAMED.iter().find(|(known, _)| *known == name);
    named.map(|(_, sign)| *sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_all_that_counts() {
        for (html, shown) in [
            ("<p>One<p>two", "One two"),
            ("in<b>side</b> a word", "inside a word"),
            (
                "<head><title>x</title></head><STYLE>p{}</Style>seen",
                "seen",
            ),
            ("<img src=\"cid:1\" alt=\"a &amp; b.png\">", "a & b.png"),
            (
                "M&uuml;ller &#x41;&#66; &nosuch; & <3",
                "Müller AB &nosuch; &",
            ),
            ("<!-- unseen -->seen<", "seen"),
            ("<script>never closed", ""),
        ] {
            let words: Vec<String> = text(html).split_whitespace().map(str::to_owned).collect();
            assert_eq!(words.join(" "), shown, "{html}");
        }
    }
}
